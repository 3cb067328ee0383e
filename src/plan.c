#include "plan_private.h"

void
plan_refuse(struct planner *x, enum refusal why)
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
	if (d->html == NULL)
		grow_protected(&x->never[doc], x->a, t->p, t->len);
	else
		grow_html_protected(&x->never[doc], x->a, d->html);
}

bool
plan_may_cut(struct planner *x, uint32_t doc, struct span s)
{
	if (!x->never_known[doc])
		find_never(x, doc);
	return !grow_touches(&x->never[doc], s) &&
	       !grow_touches(&x->guard[doc], s);
}

/* ---- hits to spans of shown text ---- */

/* Is it inside the unit found last?  Hits come in order, and a unit may be as
   long as the text. */
static bool
already(const struct spans *v, struct span s)
{
	return v->n > 0 && v->v[v->n - 1].from <= s.from &&
	       s.to <= v->v[v->n - 1].to;
}

void
plan_add_elem(struct planner *x, struct elems *e, uint32_t elem, uint32_t most)
{
	if (e->n >= most) {
		plan_refuse(x, REFUSAL_LIMIT);
		return;
	}
	e->v = arena_more(x->a, e->v, e->n, &e->size, sizeof *e->v);
	e->v[e->n++] = elem;
}

/* A link that shows no text, or a picture's own address: the element. */
static void
cut_elem(struct planner *x, struct hit *h, uint32_t elem)
{
	const struct html *html = x->view->doc[h->doc].html;

	h->refused = true;
	if (!html->elem[elem].closed) {
		plan_refuse(x, REFUSAL_ENCODING);
	} else if (!plan_may_take(x, h->doc, elem)) {
		plan_refuse(x, REFUSAL_GUARD);
	} else {
		h->refused = false;
		plan_add_elem(x, &x->plan->elem[h->doc], elem, LIMIT_CUTS);
	}
}

/* The unit round a match, up to what must stay; *elem: the element it is. */
static struct span
grow_to(struct planner *x, uint32_t doc, struct span match, enum unit unit,
    uint32_t *elem)
{
	const struct doc *d = &x->view->doc[doc];
	const struct text *t = view_shown(d);
	struct span s, g;

	*elem = UINT32_MAX;
	if (unit == UNIT_ENTRY || unit == UNIT_PART)
		s = (struct span){0, t->len};
	else
		s = d->html != NULL ? grow_html(d->html, match, unit, elem)
				    : grow_unit(t->p, t->len, match, unit);
	if (unit == UNIT_LINE && view_flowed(x->view, d))
		s = grow_flow_line(t->p, t->len, s);
	g = grow_clip(t->p, t->len, s, match, &x->never[doc]);
	g = grow_clip(t->p, t->len, g, match, &x->guard[doc]);
	if (g.from != s.from || g.to != s.to)
		*elem = UINT32_MAX;
	return g;
}

/* What goes from a doc. */
static struct cut
doc_cut(const struct plan *plan, uint32_t doc)
{
	const struct elems *e = &plan->elem[doc];

	return (struct cut){
	    plan->cut[doc], plan->dark[doc], e->v, e->n, plan->utf8[doc]};
}

static bool
doc_loses(const struct plan *plan, uint32_t doc)
{
	return plan->cut[doc].n > 0 || plan->dark[doc].n > 0 ||
	       plan->elem[doc].n > 0 || plan->utf8[doc].n > 0;
}

void
plan_add_span(struct planner *x, struct spans *list, struct span s)
{
	if (list->n >= LIMIT_CUTS)
		plan_refuse(x, REFUSAL_LIMIT);
	else
		grow_add(list, x->a, s);
}

/* Text that no reader shows has no quotes, code or signature. */
static void
cut_dark(struct planner *x, struct hit *h, enum unit unit)
{
	const struct text *t = &x->view->doc[h->doc].html->hidden;
	struct spans *dark = &x->plan->dark[h->doc];

	h->grown = h->at;
	if (already(dark, h->at))
		return;
	h->grown = grow_unit(t->p, t->len, h->at, unit);
	plan_add_span(x, dark, h->grown);
}

static void
cut_shown(struct planner *x, struct hit *h, struct span s, enum unit unit)
{
	struct spans *cut = &x->plan->cut[h->doc];
	uint32_t elem;

	h->grown = s;
	if (already(cut, s))
		return;
	h->refused = !plan_may_cut(x, h->doc, s);
	if (h->refused) {
		plan_refuse(x, REFUSAL_GUARD);
		return;
	}
	h->grown = grow_to(x, h->doc, s, unit, &elem);
	x->grown[h->doc] |= unit != UNIT_MATCH;
	x->section[h->doc] |= unit == UNIT_SECTION;
	plan_add_span(x, cut, h->grown);
	if (elem != UINT32_MAX)
		plan_add_elem(x, &x->plan->elem[h->doc], elem, LIMIT_CUTS);
}

static void
cut_hit(struct planner *x, struct hit *h, enum unit unit)
{
	const struct doc *d = &x->view->doc[h->doc];
	struct span s = match_shown(x->m, h);

	if (d->raw)
		return;
	h->asked = true;
	h->unit = unit;
	if (s.to > s.from) {
		cut_shown(x, h, s, unit);
	} else if (h->link != NO_LINK && d->html != NULL) {
		cut_elem(x, h, d->html->link[h->link].elem);
	} else if (h->layer == LAYER_HIDDEN && h->at.to > h->at.from) {
		cut_dark(x, h, unit);
	} else if (d->html == NULL || !plan_markup(x, h, unit)) {
		h->refused = true;
		plan_refuse(x, REFUSAL_NOTHING);
	}
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
			struct hit *h = &x->m->hit[k];

			if (h->rule != c->rule || h->guarded ||
			    x->m->skipped[h->rule])
				continue;
			if (h->doc != NO_DOC)
				cut_hit(x, h, c->unit);
			else
				plan_part(x, h);
		}
	}
}

static void
tidy_dark(struct spans *dark, const struct text *t)
{
	dark->n = grow_merge(t->p, dark->v, dark->n);
	for (uint32_t i = 0; i < dark->n; i++)
		dark->v[i] = grow_tidy(t->p, t->len, dark->v[i]);
	dark->n = grow_merge(t->p, dark->v, dark->n);
}

/* Lines of text/plain are more than text: see grow_flow. */
static void
flow_doc(struct planner *x, uint32_t doc)
{
	const struct doc *d = &x->view->doc[doc];
	const struct part *q = &x->view->tree->part[d->part];
	struct spans *cut = &x->plan->cut[doc];
	unsigned how = q->flowed ? FLOWED : 0;

	if (d->subject || d->html != NULL ||
	    (!q->flowed && q->cte != CTE_IDENTITY))
		return;
	how |= q->delsp ? FLOWED_DELSP : 0;
	if (!grow_flow(d->utf8.p, d->utf8.len, cut, how))
		plan_refuse(x, REFUSAL_ENCODING);
	for (uint32_t i = 0; i < cut->n; i++)
		if (!plan_may_cut(x, doc, cut->v[i]))
			plan_refuse(x, REFUSAL_GUARD);
}

/* Headings left without text go too, where none of them must stay; but who asks
   for the match alone gets that. */
static void
cut_headings(struct planner *x, uint32_t doc)
{
	const struct doc *d = &x->view->doc[doc];
	const struct text *t = view_shown(d);
	struct spans all = {0};

	if (d->subject || !x->grown[doc])
		return;
	for (uint32_t i = 0; i < x->plan->cut[doc].n; i++)
		grow_add(&all, x->a, x->plan->cut[doc].v[i]);
	if ((d->html != NULL ? grow_html_headings(&all, x->a, d->html)
			     : grow_headings(&all, x->a, t->p, t->len,
				   x->section[doc])) == 0)
		return;
	for (uint32_t i = 0; i < all.n; i++)
		if (!plan_may_cut(x, doc, all.v[i]))
			return;
	x->plan->cut[doc] = all;
}

/* Joined, tidied (but never over what must stay), joined again. */
static void
tidy_doc(struct planner *x, uint32_t doc)
{
	const struct text *t = view_shown(&x->view->doc[doc]);
	struct spans *cut = &x->plan->cut[doc], *dark = &x->plan->dark[doc];

	if (dark->n > 0)
		tidy_dark(dark, &x->view->doc[doc].html->hidden);
	if (cut->n == 0)
		return;
	cut->n = grow_merge(t->p, cut->v, cut->n);
	for (uint32_t i = 0; i < cut->n; i++) {
		struct span s = grow_tidy(t->p, t->len, cut->v[i]);

		if (plan_may_cut(x, doc, s))
			cut->v[i] = s;
	}
	cut->n = grow_merge(t->p, cut->v, cut->n);
	cut_headings(x, doc);
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
bool
plan_holds_pgp(const char *p, uint32_t len)
{
	static const char mark[] = "-----BEGIN PGP ";

	return len > 0 && memmem(p, len, mark, sizeof mark - 1) != NULL;
}

/* RFC 6376: the signature covers the body and, mostly, the Subject. */
static bool
signed_by_dkim(const struct view *v)
{
	const struct part *q = &v->tree->part[0];

	for (uint32_t i = 0; i < q->header.n; i++)
		if (message_field_is(v->tree->source[0].p, &q->header.field[i],
			"dkim-signature"))
			return true;
	return false;
}

enum refusal
plan_refuses(const struct view *v, const struct settings *s)
{
	const struct tree *t = v->tree;

	if (t->odd || t->refused || t->limited || v->limited)
		return REFUSAL_TREE;
	return s != NULL && s->keep_dkim && signed_by_dkim(v) ? REFUSAL_DKIM
							      : REFUSAL_NONE;
}

static void
check_parts(struct planner *x, const struct settings *s)
{
	const struct tree *t = x->view->tree;
	enum refusal why = plan_refuses(x->view, s);

	if (why != REFUSAL_NONE)
		plan_refuse(x, why);
	for (uint32_t i = 0; i < x->view->ndoc; i++) {
		const struct doc *d = &x->view->doc[i];
		const struct text *shown = view_shown(d);

		if (!doc_loses(x->plan, i))
			continue;
		if (t->part[d->part].sealed ||
		    plan_holds_pgp(shown->p, shown->len))
			plan_refuse(x, REFUSAL_SIGNED);
		if (lower_refuse(x->view, d) != NULL)
			plan_refuse(x, REFUSAL_ENCODING);
	}
}

/* The sentence at a place of shown text. */
static struct span
sentence_at(const struct text *t, uint32_t at)
{
	struct span s =
	    grow_unit(t->p, t->len, (struct span){at, at + 1}, UNIT_SENTENCE);

	if (s.to <= at)
		s.to = at + 1;
	return s;
}

/* Sentences in the middle of which something goes; what was put at an end of
   one, even right behind its full stop, tears nothing. */
static uint32_t
torn(const struct text *t, const struct spans *cut)
{
	uint32_t n = 0, last = 0;

	for (uint32_t i = 0; i < cut->n; i++) {
		struct span c = cut->v[i], s;

		if (c.from < last) /* in the same one */
			continue;
		s = sentence_at(t, c.from);
		if (s.to <= last || s.to <= c.to ||
		    grow_chars(t->p, (struct span){s.from, c.from}) < 2 ||
		    grow_chars(t->p, (struct span){c.to, s.to}) < 2)
			continue;
		last = s.to;
		n++;
	}
	return n;
}

#define FEW 3u /* places that no text is woven with */

/* Promotion in most sentences leaves no text worth to be read. */
static void
check_woven(struct planner *x, const struct settings *s)
{
	for (uint32_t i = 0; i < x->view->ndoc; i++) {
		const struct text *t = view_shown(&x->view->doc[i]);
		const struct spans *cut = &x->plan->cut[i];
		uint64_t n;

		if (cut->n < FEW || s->cut_max_sentences == 0)
			continue;
		n = torn(t, cut);
		if (n >= FEW &&
		    n * 100 >
			(uint64_t)s->cut_max_sentences *
			    grow_sentences(t->p, t->len,
				(uint32_t)(n * 100 / s->cut_max_sentences) + 1))
			plan_refuse(x, REFUSAL_WOVEN);
	}
}

/* A Subject may lose all but one word; what counts is the text. */
static void
check_share(struct planner *x, const struct settings *s)
{
	uint64_t all = x->report->text_chars, gone = x->report->gone_chars;

	if (gone * 100 > all * s->cut_max_percent)
		plan_refuse(x, REFUSAL_SHARE);
	else if ((all - gone) * 100 < all * s->keep_min_percent)
		plan_refuse(x, REFUSAL_LEFT);
}

/* ---- down to the message ---- */

static void
report_cut(struct report *r, struct arena *a, uint32_t *size,
    const struct view *v, const struct doc *d, struct span utf8, uint32_t chars)
{
	r->cut = arena_more(a, r->cut, r->ncut, size, sizeof *r->cut);
	r->cut[r->ncut++] = (struct report_cut){d->path,
	    view_raw_span(v, d, map_cover(&d->utf8.map, utf8, NULL)), chars};
}

/* Cuts of text by their spans; those without text by what they take. */
static void
report_doc(struct report *r, struct arena *a, uint32_t *size,
    const struct view *v, const struct plan *plan, uint32_t doc)
{
	const struct doc *d = &v->doc[doc];
	const struct text *t = view_shown(d);
	struct cut c = doc_cut(plan, doc);

	for (uint32_t k = 0; k < c.shown.n; k++)
		report_cut(r, a, size, v, d,
		    view_utf8_span(d, LAYER_SHOWN, c.shown.v[k]),
		    grow_chars(t->p, c.shown.v[k]));
	for (uint32_t k = 0; k < c.dark.n; k++)
		report_cut(r, a, size, v, d,
		    view_utf8_span(d, LAYER_HIDDEN, c.dark.v[k]), 0);
	for (uint32_t k = 0; k < c.nelem; k++) {
		const struct html_elem *e = &d->html->elem[c.elem[k]];

		if (e->shown.to == e->shown.from)
			report_cut(r, a, size, v, d, e->whole, 0);
	}
	for (uint32_t k = 0; k < c.utf8.n; k++)
		report_cut(r, a, size, v, d, c.utf8.v[k].span, 0);
}

void
plan_report_parts(const struct plan *plan, struct report *r, struct arena *a,
    const struct view *v)
{
	uint32_t size = r->ncut;

	for (uint32_t i = 0; i < plan->part.n; i++) {
		const struct part *q = &v->tree->part[plan->part.v[i]];

		r->cut = arena_more(a, r->cut, r->ncut, &size, sizeof *r->cut);
		r->cut[r->ncut++] = (struct report_cut){
		    q->path, q->source == 0 ? q->body : (struct span){0}, 0};
	}
}

void
plan_report(const struct plan *plan, struct report *r, struct arena *a,
    const struct view *v)
{
	uint32_t size = 0;

	r->ncut = 0;
	for (uint32_t i = 0; i < v->ndoc; i++)
		if (doc_loses(plan, i))
			report_doc(r, a, &size, v, plan, i);
}

void
plan_lower(struct plan *plan, struct arena *a, const struct view *v, bool mend)
{
	plan->gone = arena_array(a, v->ndoc, sizeof *plan->gone);
	for (uint32_t i = 0; i < v->ndoc; i++) {
		struct cut c = doc_cut(plan, i);

		if (doc_loses(plan, i))
			lower_doc(
			    plan->source, v, &v->doc[i], &c, &plan->gone[i]);
	}
	plan_pictures(plan, a, v);
	for (uint32_t i = 0; i < plan->part.n; i++)
		lower_replace(plan->source, v, plan->part.v[i], NULL);
	plan->warn = lower_sources(plan->source, v, mend);
	plan->edit = plan->source[0].v;
	plan->nedit = plan->source[0].n;
}

void
plan_drop(struct plan *plan, const struct view *v)
{
	for (uint32_t i = 0; i < v->ndoc; i++) {
		plan->cut[i].n = plan->dark[i].n = 0;
		plan->elem[i].n = plan->utf8[i].n = 0;
	}
	plan->part.n = 0;
}

/* ---- doors ---- */

void
plan_start(struct plan *plan, struct arena *a, const struct view *v)
{
	*plan = (struct plan){.cut = arena_array(a, v->ndoc, sizeof *plan->cut),
	    .dark = arena_array(a, v->ndoc, sizeof *plan->dark),
	    .elem = arena_array(a, v->ndoc, sizeof *plan->elem),
	    .utf8 = arena_array(a, v->ndoc, sizeof *plan->utf8),
	    .source = arena_array(a, v->tree->nsource, sizeof *plan->source)};
}

static void
start(struct planner *x, struct plan *plan, struct report *r, struct match *m,
    const struct spans *guard, uint32_t only)
{
	uint32_t n = m->view->ndoc;

	plan_start(plan, m->a, m->view);
	*x = (struct planner){.plan = plan,
	    .report = r,
	    .m = m,
	    .a = m->a,
	    .view = m->view,
	    .guard = guard,
	    .only = only};
	x->never = arena_array(m->a, n, sizeof *x->never);
	x->never_known = arena_array(m->a, n, sizeof *x->never_known);
	x->grown = arena_array(m->a, n, sizeof *x->grown);
	x->section = arena_array(m->a, n, sizeof *x->section);
}

/* Hits to tidy spans of each doc. */
static void
find_cuts(struct planner *x, const struct settings *s)
{
	bool any;

	collect(x);
	for (uint32_t i = 0; i < x->view->ndoc; i++)
		tidy_doc(x, i);
	plan_blocks(x);
	plan_twins(x);
	any = x->plan->part.n > 0;
	for (uint32_t i = 0; i < x->view->ndoc; i++) {
		if (x->plan->cut[i].n > 0)
			flow_doc(x, i);
		any |= doc_loses(x->plan, i);
	}
	count_chars(x);
	if (!any)
		plan_refuse(x, REFUSAL_NOTHING);
	check_parts(x, s);
}

void
plan_make(struct plan *plan, struct report *r, struct match *m,
    const struct settings *s, const struct spans *guard)
{
	struct planner x;

	start(&x, plan, r, m, guard, NO_RULE);
	find_cuts(&x, s);
	check_share(&x, s);
	check_woven(&x, s);
}

void
plan_try(struct plan *plan, struct report *r, struct match *m,
    const struct spans *guard, uint32_t rule)
{
	struct planner x;

	start(&x, plan, r, m, guard, rule);
	find_cuts(&x, NULL);
	if (plan->refusal == REFUSAL_NONE)
		plan_report(plan, r, m->a, m->view);
}

void
plan_given(
    struct plan *plan, struct arena *a, struct view *v, const struct spans *cut)
{
	struct match m = {.a = a, .view = v};
	struct report r = {0};
	struct planner x;

	start(&x, plan, &r, &m, NULL, NO_RULE);
	for (uint32_t i = 0; i < v->ndoc; i++)
		plan->cut[i] = cut[i];
	check_parts(&x, NULL);
	if (plan->refusal == REFUSAL_NONE)
		plan_lower(plan, a, v, true);
}
