#include "sight.h"

#include <string.h>

#include "clock.h"
#include "limits.h"

/* What an entry in text does not say in its fields was left out by the list
   manager: rules that count for a field that is missing say nothing of it. */
static void
drop_missing(struct match *m)
{
	uint32_t n;

	for (uint32_t i = 0; i < m->rules->n; i++) {
		const struct rule *r = &m->rules->rule[i];

		if (m->count[i] > 0 && r->type == RULE_HEADER &&
		    (r->flags & RULE_NEGATE || r->if_unset != NULL) &&
		    view_header(m->view, 0, r->header, false, &n) == NULL)
			m->count[i] = 0;
	}
	match_metas(m);
}

void
sight_look(
    struct sight *s, const struct sight_with *w, const char *p, uint32_t len)
{
	int64_t left = w->deadline - clock_ms();

	mime_parse(&s->tree, w->a, p, len);
	view_make(&s->view, w->a, &s->tree, w->charsets);
	match_run(
	    &s->match, w->a, w->rules, &s->view, left > 0 ? (uint32_t)left : 0);
	if (w->made)
		drop_missing(&s->match);
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
		verdict_refuse(r, w->rules, s->plan.refusal);
}

/* Fields of a header that a cut does not drop. */
static uint32_t
lasting_fields(const struct tree *t, const struct part *q)
{
	static const char *const may_go[] = {
	    "content-length", "lines", "content-md5"};
	const char *p = t->source[q->source].p;
	uint32_t n = q->header.n;

	for (uint32_t i = 0; i < q->header.n; i++)
		for (size_t k = 0; k < sizeof may_go / sizeof *may_go; k++)
			n -=
			    message_field_is(p, &q->header.field[i], may_go[k]);
	return n;
}

bool
sight_same_tree(const struct tree *x, const struct tree *y)
{
	if (x->n != y->n || y->odd || y->refused || y->limited)
		return false;
	for (uint32_t i = 0; i < x->n; i++) {
		const struct part *p = &x->part[i], *q = &y->part[i];

		if (p->kind != q->kind || p->parent != q->parent ||
		    p->cte != q->cte ||
		    lasting_fields(x, p) != lasting_fields(y, q) ||
		    strcmp(p->type, q->type) != 0)
			return false;
	}
	return true;
}

/* ---- looked at again ---- */

/* Bytes at the start and the end of an attachment that the second look sees. */
#define BOTH_ENDS (8u << 10)

/* Is it a leaf that no rule reads: neither text nor a message? */
static bool
unread(const struct part *q)
{
	return q->kind == PART_LEAF && q->source == 0 && !q->lost &&
	       strncmp(q->type, "text/", 5) != 0 &&
	       q->body.to - q->body.from > 4 * BOTH_ENDS;
}

/* The lines in the middle of an attachment.  They hold no delimiter, or the
   attachment would have ended there, and no cut touches them: where the tree
   before them is the same they mean the same. */
static struct span
middle(const char *p, struct span body)
{
	struct span s = {body.from + BOTH_ENDS, body.to - BOTH_ENDS};
	const char *first = memchr(p + s.from, '\n', s.to - s.from);
	const char *last = memrchr(p + s.from, '\n', s.to - s.from);

	if (first == NULL || last == first)
		return (struct span){0, 0};
	return (struct span){
	    (uint32_t)(first - p) + 1, (uint32_t)(last - p) + 1};
}

/* The plan's edits, and the middles of large attachments left out: what is
   cut from 1 MB of text beside 24 MB need not be judged with these. */
static uint32_t
second_edits(struct edit **out, const struct sight *s, struct arena *a,
    const struct rules *rules, const char *p)
{
	struct edit *v = arena_array(a, s->plan.nedit + s->tree.n, sizeof *v);
	uint32_t n = 0, k = 0;
	bool all = false;

	for (uint32_t i = 0; i < rules->n; i++)
		all |= rules->rule[i].type == RULE_FULL;
	for (uint32_t i = 0; i < s->tree.n && !all; i++) {
		const struct part *q = &s->tree.part[i];
		struct span m = {0, 0};

		if (unread(q))
			m = middle(p, q->body);
		while (k < s->plan.nedit && s->plan.edit[k].span.to <= m.from)
			v[n++] = s->plan.edit[k++];
		if (m.to == m.from ||
		    (k < s->plan.nedit && s->plan.edit[k].span.from < m.to))
			continue;
		v[n++] = (struct edit){m, NULL, 0};
	}
	while (k < s->plan.nedit)
		v[n++] = s->plan.edit[k++];
	*out = v;
	return n;
}

static int
put_text(void *ctx, const char *p, size_t n)
{
	text_copy(ctx, p, (uint32_t)n, 0);
	return 0;
}

const char *
sight_edited(const struct sight *s, const struct sight_with *w, const char *p,
    uint32_t len, uint32_t *outlen)
{
	struct text out = TEXT(w->a);
	struct edit *v;
	uint32_t n;

	/* A stub leaves little of an entry; much of the digest must stay. */
	if (edit_check(p, len, s->plan.edit, s->plan.nedit,
		s->plan.replaced ? 0 : LIMIT_KEEP) != NULL)
		return NULL;
	n = second_edits(&v, s, w->a, w->rules, p);
	(void)edit_write(p, 0, len, v, n, put_text, &out);
	*outlen = out.len;
	return out.len > 0 ? out.p : "";
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A text after its edits; without white space where `bare`. */
static struct text
rest(struct arena *a, const struct text *t, const struct edits *e, bool bare)
{
	struct text out = TEXT(a);
	uint32_t at = 0, n = 0, put = 0;
	char *o;

	for (uint32_t i = 0; i < e->n; i++)
		put += e->v[i].len;
	o = text_room(&out, t->len + put);
	for (uint32_t i = 0; i <= e->n; i++) {
		uint32_t to = i < e->n ? e->v[i].span.from : t->len;

		for (; at < to; at++)
			if (!bare || !is_space(t->p[at]))
				o[n++] = t->p[at];
		if (i == e->n)
			break;
		if (e->v[i].len > 0)
			memcpy(o + n, e->v[i].p, e->v[i].len);
		n += e->v[i].len;
		at = e->v[i].span.to;
	}
	text_wrote(&out, n, 1, 0, 1);
	return out;
}

/* Of a field, blanks aside: those between words go with a word. */
static bool
same_text(struct arena *a, const struct doc *was, const struct edits *gone,
    const struct doc *got)
{
	static const struct edits none;
	struct text want = rest(a, &was->utf8, gone, was->subject);
	struct text have = got->utf8;

	if (was->subject)
		have = rest(a, &got->utf8, &none, true);
	return want.len == have.len &&
	       (want.len == 0 || memcmp(want.p, have.p, want.len) == 0);
}

bool
sight_same_texts(const struct sight *x, const struct sight *y, struct arena *a,
    const uint32_t *skip)
{
	if (x->plan.replaced)
		return true;
	if (x->view.ndoc != y->view.ndoc)
		return false;
	for (uint32_t i = 0; i < x->view.ndoc; i++) {
		const struct doc *d = &x->view.doc[i];

		if (d->html == NULL &&
		    (skip == NULL || skip[d->part] == UINT32_MAX) &&
		    !same_text(a, d, &x->plan.gone[i], &y->view.doc[i]))
			return false;
	}
	return true;
}

static enum refusal
look_again(const struct sight *s, const struct sight_with *w, const char *p,
    uint32_t len)
{
	struct sight *second = arena_alloc(w->a, sizeof *second);
	struct report r = {.category = UINT32_MAX};

	if (s != NULL && (p = sight_edited(s, w, p, len, &len)) == NULL)
		return REFUSAL_CHANGED;
	sight_look(second, w, p, len);
	if (second->match.timeout)
		return REFUSAL_TIME;
	verdict_make(&r, &second->match, w->set, second->guard, false);
	if (r.verdict != VERDICT_CLEAN)
		return REFUSAL_AGAIN;
	if (s != NULL && (!sight_same_tree(&s->tree, &second->tree) ||
			     !sight_same_texts(s, second, w->a, NULL)))
		return REFUSAL_CHANGED;
	return REFUSAL_NONE;
}

size_t
sight_room(const struct sight_with *w)
{
	size_t used = arena_used(w->a);

	return used < LIMIT_ARENA ? LIMIT_ARENA - used : 0;
}

enum refusal
sight_again(const struct sight *s, const struct sight_with *w, const char *p,
    uint32_t len)
{
	struct arena *a = arena_new(sight_room(w));
	struct sight_with own = *w;
	enum refusal why;

	own.a = a;
	own.want = 0;
	if (a == NULL || setjmp(*arena_oom(a)) != 0) {
		arena_free(a);
		longjmp(*arena_oom(w->a), 1);
	}
	why = look_again(s, &own, p, len);
	arena_free(a);
	return why;
}
