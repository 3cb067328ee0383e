#include "sight.h"

#include <string.h>

#include "clock.h"
#include "limits.h"

void
sight_look(
    struct sight *s, const struct sight_with *w, const char *p, uint32_t len)
{
	int64_t left = w->deadline - clock_ms();

	mime_parse(&s->tree, w->a, p, len);
	view_make(&s->view, w->a, &s->tree, w->charsets);
	match_run(
	    &s->match, w->a, w->rules, &s->view, left > 0 ? (uint32_t)left : 0);
	s->guard = arena_array(w->a, s->view.ndoc, sizeof *s->guard);
	plan_start(&s->plan, w->a, &s->view);
}

void
sight_decide(struct sight *s, struct report *r, const struct sight_with *w)
{
	verdict_make(
	    r, &s->match, w->set, s->guard, (w->want & WANT_HIDDEN) != 0);
	if (r->action != ACTION_CUT)
		return;
	plan_make(&s->plan, r, &s->match, w->set, s->guard);
	if (s->plan.refusal != REFUSAL_NONE)
		verdict_refuse(r, s->plan.refusal);
}

bool
sight_same_tree(const struct tree *x, const struct tree *y)
{
	if (x->n != y->n || y->odd || y->refused || y->limited)
		return false;
	for (uint32_t i = 0; i < x->n; i++) {
		const struct part *p = &x->part[i], *q = &y->part[i];

		if (p->kind != q->kind || p->parent != q->parent ||
		    p->cte != q->cte || p->header.n != q->header.n ||
		    strcmp(p->type, q->type) != 0)
			return false;
	}
	return true;
}

const char *
sight_edited(const struct sight *s, struct arena *a, const char *p,
    uint32_t len, uint32_t *outlen)
{
	struct text out = TEXT(a);
	uint32_t at = 0;

	if (edit_check(p, len, s->plan.edit, s->plan.nedit, LIMIT_KEEP) != NULL)
		return NULL;
	for (uint32_t i = 0; i < s->plan.nedit; i++) {
		const struct edit *e = &s->plan.edit[i];

		text_copy(&out, p + at, e->span.from - at, 0);
		text_copy(&out, e->p, e->len, 0);
		at = e->span.to;
	}
	text_copy(&out, p + at, len - at, 0);
	*outlen = out.len;
	return out.len > 0 ? out.p : "";
}

bool
sight_holds(const struct sight *s, const struct sight_with *w, const char *p,
    uint32_t len)
{
	struct sight *second = arena_alloc(w->a, sizeof *second);
	struct report r = {.category = UINT32_MAX};
	struct sight_with quiet = *w;
	uint32_t n;

	quiet.want = 0;
	if ((p = sight_edited(s, w->a, p, len, &n)) == NULL)
		return false;
	sight_look(second, &quiet, p, n);
	verdict_make(&r, &second->match, w->set, second->guard, false);
	return r.verdict == VERDICT_CLEAN && !second->match.timeout &&
	       sight_same_tree(&s->tree, &second->tree);
}
