#include "entries_private.h"

#include <string.h>

#include "limits.h"

/* ---- each by itself ---- */

static enum refusal
look_again(const struct entry *x, const struct sight_with *w)
{
	return sight_again(x->sight, w, x->p, x->len);
}

void
entry_refuse(struct entry *x, const struct rules *rules, enum refusal why)
{
	verdict_refuse(&x->report, rules, why);
	x->report.action = ACTION_MARK;
}

static bool
shows_text(const struct part *q)
{
	return q->kind == PART_LEAF && (strcmp(q->type, "text/plain") == 0 ||
					   strcmp(q->type, "text/html") == 0);
}

/* What a body becomes: the first text says what was removed, and so do its
   alternatives; other texts and pictures are empty.  What no rule reads stays:
   a contract is nothing that a text beside it can condemn. */
static void
replace_bodies(struct entry *x, const char *line)
{
	const struct tree *t = &x->sight->tree;
	uint32_t first = NO_PART;

	for (uint32_t i = 0; i < t->n; i++) {
		const struct part *q = &t->part[i];
		bool says = shows_text(q) &&
			    (first == NO_PART ||
				(q->parent == first && first != NO_PART &&
				    strcmp(t->part[first].type,
					"multipart/alternative") == 0));

		if (q->kind != PART_LEAF ||
		    (strncmp(q->type, "text/", 5) != 0 &&
			strncmp(q->type, "image/", 6) != 0))
			continue;
		if (says && first == NO_PART)
			first = q->parent != NO_PART ? q->parent : i;
		lower_replace(x->sight->plan.source, &x->sight->view, i,
		    says ? line : NULL);
	}
}

static void
drop_subject(struct entry *x, struct arena *a)
{
	const struct view *v = &x->sight->view;

	for (uint32_t i = 0; i < v->ndoc; i++)
		if (v->doc[i].subject && v->doc[i].utf8.len > 0)
			grow_add(&x->sight->plan.cut[i], a,
			    (struct span){0, v->doc[i].utf8.len});
}

/* Why an entry must not become one line; or REFUSAL_NONE. */
static enum refusal
stub_refuses(const struct entry *x)
{
	const struct view *v = &x->sight->view;

	if (x->open)
		return REFUSAL_OPEN;
	for (uint32_t i = 0; i < v->tree->n; i++)
		if (v->tree->part[i].sealed)
			return REFUSAL_SIGNED;
	for (uint32_t i = 0; i < v->ndoc; i++) {
		const struct text *t = view_shown(&v->doc[i]);

		if (plan_holds_pgp(t->p, t->len))
			return REFUSAL_SIGNED;
	}
	return REFUSAL_NONE;
}

const char *
entry_stub_line(const struct entry *x, const struct sight_with *w)
{
	const char *category = report_category(&x->report, w->rules);

	if (!w->set->digest_stub)
		return NULL;
	return arena_printf(w->a, "[simsift: entry %u removed, %s]", x->number,
	    category != NULL ? category : "promo");
}

uint32_t
entries_chars(const struct view *v)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < v->ndoc; i++) {
		const struct text *t = view_shown(&v->doc[i]);

		if (!v->doc[i].subject && !v->doc[i].raw)
			n += grow_chars(t->p, (struct span){0, t->len});
	}
	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

/* All its text went. */
static void
report_stub(struct entry *x, struct arena *a)
{
	const struct view *v = &x->sight->view;

	x->report.gone_chars = x->report.text_chars = entries_chars(v);
	x->report.ncut = 1;
	x->report.cut = arena_alloc(a, sizeof *x->report.cut);
	*x->report.cut = (struct report_cut){
	    "1", x->sight->tree.part[0].body, x->report.gone_chars};
}

static void
make_stub(struct entry *x, const struct sight_with *w)
{
	struct sight *s = x->sight;

	for (int subject = 0; subject < 2; subject++) {
		plan_start(&s->plan, w->a, &s->view);
		s->plan.replaced = true;
		x->report.ncut = 0;
		replace_bodies(x, entry_stub_line(x, w));
		if (subject > 0)
			drop_subject(x, w->a);
		plan_lower(&s->plan, w->a, &s->view, false);
		if (look_again(x, w) == REFUSAL_NONE) {
			x->stub = x->changed = true;
			report_stub(x, w->a);
			return;
		}
	}
	entry_refuse(x, w->rules, REFUSAL_AGAIN);
}

static void
cut_one(struct entry *x, const struct sight_with *w)
{
	struct sight *s = x->sight;
	struct report *r = &x->report;
	enum refusal why;

	plan_lower(&s->plan, w->a, &s->view, false);
	plan_report(&s->plan, r, w->a, &s->view);
	plan_report_parts(&s->plan, r, w->a, &s->view);
	why = look_again(x, w);
	x->changed = why == REFUSAL_NONE;
	if (!x->changed)
		verdict_refuse(r, w->rules, why);
}

static void
judge_one(struct entry *x, const struct sight_with *w, enum refusal why)
{
	struct sight *s = arena_alloc(w->a, sizeof *s);
	struct report *r = &x->report;

	/* Most are clean: of a large digest these are not kept. */
	if (w->want == 0 && arena_used(w->a) > LIMIT_ARENA / 4 &&
	    sight_again(NULL, w, x->p, x->len) == REFUSAL_NONE)
		return;
	x->sight = s;
	sight_look(s, w, x->p, x->len);
	sight_decide(s, r, w);
	if (r->action < ACTION_CUT)
		return;
	if (why == REFUSAL_NONE)
		why = plan_refuses(&s->view, NULL);
	if (why == REFUSAL_NONE && r->action == ACTION_CUT)
		cut_one(x, w);
	if (why == REFUSAL_NONE && r->action == ACTION_HOLD)
		why = stub_refuses(x);
	if (why != REFUSAL_NONE)
		entry_refuse(x, w->rules, why);
	else if (r->action == ACTION_HOLD)
		make_stub(x, w);
}

/* Why an entry must not be changed where it lies; or REFUSAL_NONE. */
static enum refusal
place_refuses(const struct entry *x, const struct sight *outer)
{
	const struct view *v = &outer->view;
	uint32_t in = x->part != NO_PART ? x->part : v->doc[x->doc].part;

	if (outer->tree.part[in].sealed || x->pgp)
		return REFUSAL_SIGNED;
	if (x->part == NO_PART && lower_refuse(v, &v->doc[x->doc]) != NULL)
		return REFUSAL_ENCODING;
	return REFUSAL_NONE;
}

#define RESERVE (16u << 20) /* of the arena, for the report */

/* Would an entry leave room for the report?  It takes of memory what it is of
   the digest, and a quarter more for its plan. */
static bool
has_room(const struct entries *e, const struct entry *x,
    const struct sight_with *w, size_t first)
{
	uint64_t all = e->outer->tree.source[0].len;
	uint64_t need = all > 0 ? (uint64_t)first * x->len / all * 5 / 4 : 0;

	return arena_used(w->a) + need + RESERVE <= LIMIT_ARENA;
}

bool
entries_judge(struct entries *e, const struct sight_with *w, enum refusal why)
{
	size_t first = arena_used(w->a);

	for (uint32_t i = 0; i < e->n; i++) {
		struct entry *x = &e->v[i];
		enum refusal here = place_refuses(x, e->outer);
		struct sight_with its = *w;

		if (!has_room(e, x, w, first))
			return false;
		its.made = x->part == NO_PART;
		judge_one(x, &its, here != REFUSAL_NONE ? here : why);
	}
	return true;
}

bool
entries_changed(const struct entries *e)
{
	for (uint32_t i = 0; i < e->n; i++)
		if (e->v[i].changed)
			return true;
	return false;
}

void
entries_refuse(struct entries *e, const struct rules *rules, enum refusal why)
{
	for (uint32_t i = 0; i < e->n; i++) {
		struct entry *x = &e->v[i];

		if (!x->changed && x->report.action < ACTION_CUT)
			continue;
		x->changed = x->stub = false;
		entry_refuse(x, rules, why);
	}
}

/* Is the entry as its edits make it, and so as it was looked at then? */
static bool
as_planned(const struct entry *x, const struct entry *again)
{
	const struct plan *plan = &x->sight->plan;
	uint32_t at = 0, to = 0;

	for (uint32_t i = 0; i <= plan->nedit; i++) {
		bool last = i == plan->nedit;
		struct edit d = last ? (struct edit){{x->len, x->len}, NULL, 0}
				     : plan->edit[i];
		uint32_t n = d.span.from - at;

		if (again->len - to < n + d.len ||
		    memcmp(again->p + to, x->p + at, n) != 0 ||
		    (d.len > 0 && memcmp(again->p + to + n, d.p, d.len) != 0))
			return false;
		to += n + d.len;
		at = d.span.to;
	}
	return to == again->len;
}

enum refusal
entries_again(const struct entries *e, const struct sight_with *w,
    const struct entries *again)
{
	enum refusal why;

	if (again->n != e->n)
		return REFUSAL_CHANGED;
	for (uint32_t i = 0; i < e->n; i++) {
		struct sight_with its = *w;

		its.made = e->v[i].part == NO_PART;
		if (!e->v[i].changed || as_planned(&e->v[i], &again->v[i]))
			continue;
		why = sight_again(NULL, &its, again->v[i].p, again->v[i].len);
		if (why != REFUSAL_NONE)
			return why;
	}
	return REFUSAL_NONE;
}
