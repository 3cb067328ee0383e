#include "plan.h"

#include <string.h>

#include "limits.h"
#include "lower.h"

#define NO_RULE UINT32_MAX

struct planner {
	struct plan *plan;
	struct report *report;
	struct match *m;
	const struct view *view;
	const struct spans *guard;
	struct spans *never; /* for each doc: code, quotes, footers */
	bool *never_known;
	uint32_t only; /* a rule, or NO_RULE: all that apply */
};

static void
refuse(struct planner *x, enum refusal why)
{
	if (x->plan->refusal == REFUSAL_NONE)
		x->plan->refusal = why;
}

/* ---- where a cut may be ---- */

static void
find_never(struct planner *x, uint32_t doc)
{
	const struct doc *d = &x->view->doc[doc];
	const struct text *t = view_shown(d);

	x->never_known[doc] = true;
	if (d->subject)
		return;
	if (d->html == NULL) {
		grow_protected(&x->never[doc], x->m->a, t->p, t->len);
		return;
	}
	for (uint32_t i = 0; i < d->html->nelem; i++) {
		const struct html_elem *e = &d->html->elem[i];

		if (e->tag == HTML_PRE || e->tag == HTML_CODE ||
		    e->tag == HTML_QUOTE)
			grow_add(&x->never[doc], x->m->a, e->shown);
	}
}

static bool
may_cut(struct planner *x, uint32_t doc, struct span s)
{
	if (!x->never_known[doc])
		find_never(x, doc);
	return !grow_touches(&x->never[doc], s) &&
	       !grow_touches(&x->guard[doc], s);
}

/* ---- hits to spans of shown text ---- */

/* What a hit stands for in shown text: a link's hit is its element's. */
static struct span
hit_span(const struct doc *d, const struct hit *h)
{
	if (h->link != NO_LINK && d->html != NULL)
		return d->html->elem[d->html->link[h->link].elem].shown;
	return view_shown_span(d, h->utf8);
}

/* Is it inside the unit found last?  Hits come in order, and a unit may be as
   long as the text. */
static bool
already(const struct spans *v, struct span s)
{
	return v->n > 0 && v->v[v->n - 1].from <= s.from &&
	       s.to <= v->v[v->n - 1].to;
}

/* A link that shows no text, or a picture's own address: the element. */
static void
cut_elem(struct planner *x, const struct hit *h, uint32_t elem)
{
	struct elems *e = &x->plan->elem[h->doc];
	const struct html *html = x->view->doc[h->doc].html;

	if (!html->elem[elem].closed) {
		refuse(x, REFUSAL_ENCODING);
		return;
	}
	if (!may_cut(x, h->doc, html->elem[elem].shown)) {
		refuse(x, REFUSAL_GUARD);
		return;
	}
	if (e->n >= LIMIT_CUTS) {
		refuse(x, REFUSAL_LIMIT);
		return;
	}
	e->v = arena_more(x->m->a, e->v, e->n, &e->size, sizeof *e->v);
	e->v[e->n++] = elem;
}

/* What goes from a doc. */
static struct cut
doc_cut(const struct planner *x, uint32_t doc)
{
	const struct spans *s = &x->plan->cut[doc];
	const struct elems *e = &x->plan->elem[doc];

	return (struct cut){s->v, s->n, e->v, e->n};
}

static void
cut_hit(struct planner *x, const struct hit *h, enum unit unit)
{
	const struct doc *d = &x->view->doc[h->doc];
	const struct text *t = view_shown(d);
	struct span s = hit_span(d, h);

	if (d->raw)
		return;
	if (s.to == s.from && h->link != NO_LINK && d->html != NULL) {
		cut_elem(x, h, d->html->link[h->link].elem);
		return;
	}
	if (s.to == s.from) { /* hidden text: nothing to grow from */
		refuse(x, REFUSAL_NOTHING);
		return;
	}
	if (already(&x->plan->cut[h->doc], s))
		return;
	s = grow_unit(t->p, t->len, s, unit);
	if (!may_cut(x, h->doc, s)) {
		refuse(x, REFUSAL_GUARD);
		return;
	}
	if (x->plan->cut[h->doc].n >= LIMIT_CUTS) {
		refuse(x, REFUSAL_LIMIT);
		return;
	}
	grow_add(&x->plan->cut[h->doc], x->m->a, s);
}

static void
collect(struct planner *x)
{
	const struct rules *rules = x->m->rules;

	for (uint32_t i = 0; i < rules->ncut; i++) {
		const struct rule_cut *c = &rules->cut[i];

		if (x->only != NO_RULE
			? c->rule != x->only
			: c->has_when && !match_true(x->m, c->when, c->nwhen))
			continue;
		for (uint32_t k = 0; k < x->m->nhit; k++) {
			const struct hit *h = &x->m->hit[k];

			if (h->rule == c->rule && h->doc != NO_DOC &&
			    !h->guarded && !x->m->skipped[h->rule])
				cut_hit(x, h, c->unit);
		}
	}
}

/* Joined, tidied (but never over what must stay), joined again. */
static void
tidy_doc(struct planner *x, uint32_t doc)
{
	const struct text *t = view_shown(&x->view->doc[doc]);
	struct spans *cut = &x->plan->cut[doc];

	cut->n = grow_merge(t->p, cut->v, cut->n);
	for (uint32_t i = 0; i < cut->n; i++) {
		struct span s = grow_tidy(t->p, t->len, cut->v[i]);

		if (may_cut(x, doc, s))
			cut->v[i] = s;
	}
	cut->n = grow_merge(t->p, cut->v, cut->n);
}

static void
count_chars(struct planner *x)
{
	for (uint32_t i = 0; i < x->view->ndoc; i++) {
		const struct doc *d = &x->view->doc[i];
		const struct text *t = view_shown(d);

		if (d->subject || d->raw)
			continue;
		x->report->text_chars +=
		    grow_chars(t->p, (struct span){0, t->len});
		for (uint32_t k = 0; k < x->plan->cut[i].n; k++)
			x->report->gone_chars +=
			    grow_chars(t->p, x->plan->cut[i].v[k]);
	}
}

/* ---- may the whole be done? ---- */

/* An inline block (RFC 4880 6.2, 7): its signature covers the text. */
static bool
holds_pgp(const struct text *t)
{
	static const char mark[] = "-----BEGIN PGP ";

	return t->len > 0 &&
	       memmem(t->p, t->len, mark, sizeof mark - 1) != NULL;
}

static void
check_parts(struct planner *x)
{
	const struct tree *t = x->view->tree;

	if (t->odd || t->refused || t->limited || x->view->limited)
		refuse(x, REFUSAL_TREE);
	for (uint32_t i = 0; i < x->view->ndoc; i++) {
		const struct doc *d = &x->view->doc[i];

		if (x->plan->cut[i].n == 0 && x->plan->elem[i].n == 0)
			continue;
		if (t->part[d->part].sealed || holds_pgp(view_shown(d)))
			refuse(x, REFUSAL_SIGNED);
		if (lower_refuse(x->view, d) != NULL)
			refuse(x, REFUSAL_ENCODING);
	}
}

/* RFC 6376: the signature covers the body and, mostly, the Subject. */
static bool
signed_by_dkim(struct view *v)
{
	uint32_t n;

	return view_header(v, 0, "dkim-signature", true, &n) != NULL;
}

/* A Subject may lose all but one word; what counts is the text. */
static void
check_share(struct planner *x, const struct settings *s)
{
	uint64_t all = x->report->text_chars, gone = x->report->gone_chars;

	if (gone * 100 > all * s->cut_max_percent)
		refuse(x, REFUSAL_SHARE);
	else if ((all - gone) * 100 < all * s->keep_min_percent)
		refuse(x, REFUSAL_LEFT);
}

static void
report_cut(struct planner *x, uint32_t *size, const struct doc *d,
    struct span utf8, uint32_t chars)
{
	struct report *r = x->report;

	r->cut = arena_more(x->m->a, r->cut, r->ncut, size, sizeof *r->cut);
	r->cut[r->ncut++] = (struct report_cut){d->path,
	    view_raw_span(x->view, d, map_cover(&d->utf8.map, utf8, NULL)),
	    chars};
}

static void
report_cuts(struct planner *x)
{
	uint32_t size = 0;

	for (uint32_t i = 0; i < x->view->ndoc; i++) {
		const struct doc *d = &x->view->doc[i];
		const struct text *t = view_shown(d);
		struct cut c = doc_cut(x, i);

		for (uint32_t k = 0; k < c.n; k++)
			report_cut(x, &size, d,
			    view_utf8_span(d, LAYER_SHOWN, c.span[k]),
			    grow_chars(t->p, c.span[k]));
		for (uint32_t k = 0; k < c.nelem; k++)
			report_cut(
			    x, &size, d, d->html->elem[c.elem[k]].whole, 0);
	}
}

static void
lower(struct planner *x)
{
	uint32_t n = x->view->tree->nsource;
	struct edits *bysource = arena_array(x->m->a, n, sizeof *bysource);

	for (uint32_t i = 0; i < x->view->ndoc; i++) {
		struct cut c = doc_cut(x, i);

		if (c.n > 0 || c.nelem > 0)
			lower_doc(bysource, x->view, &x->view->doc[i], &c);
	}
	lower_sources(bysource, x->view);
	x->plan->edit = bysource[0].v;
	x->plan->nedit = bysource[0].n;
}

static void
start(struct planner *x, struct plan *plan, struct report *r, struct match *m,
    const struct spans *guard, uint32_t only)
{
	uint32_t n = m->view->ndoc;

	*plan = (struct plan){0};
	*x = (struct planner){.plan = plan,
	    .report = r,
	    .m = m,
	    .view = m->view,
	    .guard = guard,
	    .only = only};
	plan->cut = arena_array(m->a, n, sizeof *plan->cut);
	plan->elem = arena_array(m->a, n, sizeof *plan->elem);
	x->never = arena_array(m->a, n, sizeof *x->never);
	x->never_known = arena_array(m->a, n, sizeof *x->never_known);
}

/* Hits to tidy spans of each doc. */
static void
find_cuts(struct planner *x)
{
	bool any = false;

	collect(x);
	for (uint32_t i = 0; i < x->view->ndoc; i++) {
		if (x->plan->cut[i].n > 0)
			tidy_doc(x, i);
		any |= x->plan->cut[i].n > 0 || x->plan->elem[i].n > 0;
	}
	count_chars(x);
	if (!any)
		refuse(x, REFUSAL_NOTHING);
	check_parts(x);
}

void
plan_make(struct plan *plan, struct report *r, struct match *m,
    const struct settings *s, const struct spans *guard)
{
	struct planner x;

	start(&x, plan, r, m, guard, NO_RULE);
	find_cuts(&x);
	check_share(&x, s);
	if (s->keep_dkim && signed_by_dkim(m->view))
		refuse(&x, REFUSAL_DKIM);
	if (plan->refusal != REFUSAL_NONE)
		return;
	lower(&x);
	report_cuts(&x);
}

void
plan_try(struct plan *plan, struct report *r, struct match *m,
    const struct spans *guard, uint32_t rule)
{
	struct planner x;

	start(&x, plan, r, m, guard, rule);
	find_cuts(&x);
	if (plan->refusal == REFUSAL_NONE)
		report_cuts(&x);
}

void
plan_given(struct plan *plan, struct arena *a, struct view *v,
    const struct spans *cut)
{
	struct match m = {.a = a, .view = v};
	struct report r = {0};
	struct planner x;

	start(&x, plan, &r, &m, NULL, NO_RULE);
	for (uint32_t i = 0; i < v->ndoc; i++)
		plan->cut[i] = cut[i];
	check_parts(&x);
	if (plan->refusal == REFUSAL_NONE)
		lower(&x);
}
