#include "plan_private.h"

/*
 * Pictures of a block all of whose text goes by a unit: the code beside a
 * contact goes with the paragraph, and all pictures of a section with it.  Who
 * asks for the match alone gets that.
 */

struct block {
	struct planner *x;
	uint32_t doc;
	const struct html *h;
	struct spans grown; /* of shown text: units */
	struct spans held;  /* of source: what holds its pictures, too */
};

static struct span
trim(const struct text *t, struct span s)
{
	while (s.to > s.from && (unsigned char)t->p[s.to - 1] <= ' ')
		s.to--;
	while (s.from < s.to && (unsigned char)t->p[s.from] <= ' ')
		s.from++;
	return s;
}

/* ---- units that hold more than text ---- */

/* The innermost element from i up that has the source between its tags, or
   none. */
static uint32_t
holder(const struct html *h, uint32_t i, struct span src)
{
	while (i < h->nelem && !span_within(h->elem[i].inner, src))
		i = h->elem[i].parent;
	return i;
}

/* Behind the pictures that follow the section's text, up to the next heading,
   ruler or text, or the end of what the section is in. */
static uint32_t
behind_pictures(
    const struct block *b, struct span s, struct span src, uint32_t head)
{
	const struct html *h = b->h;
	uint32_t up = holder(h, h->elem[head].parent, src);
	uint32_t end = up < h->nelem ? h->elem[up].inner.to : UINT32_MAX;
	uint32_t to = src.to, at = s.to;

	for (uint32_t i = plan_elem_before(h, src.to) + 1; i < h->nelem; i++) {
		const struct html_elem *e = &h->elem[i];

		while (
		    at < e->shown.from && (unsigned char)h->text.p[at] <= ' ')
			at++;
		if (e->whole.from >= end || e->tag == HTML_HR ||
		    e->tag == HTML_HEADING || e->shown.to > e->shown.from ||
		    at < e->shown.from)
			break;
		if (e->tag == HTML_IMG)
			to = e->whole.to;
	}
	return to;
}

/* A section begins with its heading. */
static void
add_section(struct block *b, struct span s)
{
	const struct html *h = b->h;
	struct span src = map_cover(&h->text.map, s, NULL);
	uint32_t i = plan_elem_before(h, src.from);

	while (i < h->nelem && h->elem[i].tag != HTML_HEADING)
		i = h->elem[i].parent;
	if (i >= h->nelem || trim(&h->text, h->elem[i].shown).from != s.from)
		return;
	src.to = behind_pictures(b, s, src, i);
	grow_add(&b->held, b->x->a, src);
}

/* Where the element is a cell, that stays, but nothing in it: see grow_html. */
static void
add_cell(struct block *b, struct span s)
{
	const struct html *h = b->h;
	struct span src = map_cover(&h->text.map, s, NULL);
	uint32_t i = holder(h, plan_elem_before(h, src.from), src);

	while (i < h->nelem && !h->elem[i].closed)
		i = holder(h, h->elem[i].parent, src);
	if (i < h->nelem &&
	    (h->elem[i].tag == HTML_TD || h->elem[i].tag == HTML_TH) &&
	    span_within(s, trim(&h->text, h->elem[i].shown)))
		grow_add(&b->held, b->x->a, h->elem[i].inner);
}

static void
add_hit(struct block *b, const struct hit *h)
{
	struct span s = trim(&b->h->text, h->grown);

	if (s.to == s.from)
		return;
	grow_add(&b->grown, b->x->a, s);
	if (h->unit == UNIT_SECTION)
		add_section(b, s);
	else if (h->unit == UNIT_ELEMENT)
		add_cell(b, s);
}

/* ---- pictures ---- */

/* Elements that go anyway: no need to name what they hold. */
static struct spans
named(const struct block *b)
{
	const struct elems *e = &b->x->plan->elem[b->doc];
	struct spans s = {0};

	for (uint32_t i = 0; i < e->n; i++)
		grow_add(&s, b->x->a, b->h->elem[e->v[i]].whole);
	grow_sort(&s);
	return s;
}

static bool
covered(const struct spans *all, struct span s)
{
	return span_cover(all->v, all->n, sizeof *all->v, s) < all->n;
}

static bool
all_goes(const struct block *b, uint32_t block)
{
	struct span s;

	if (block >= b->h->nelem)
		return false;
	s = trim(&b->h->text, b->h->elem[block].shown);
	return s.to > s.from && covered(&b->x->plan->cut[b->doc], s) &&
	       covered(&b->grown, s);
}

static void
cut_pictures(struct block *b)
{
	const struct html *h = b->h;
	struct spans gone = named(b);
	uint32_t *in = arena_array(b->x->a, h->nelem, sizeof *in);

	for (uint32_t i = 0; i < h->nelem; i++) {
		const struct html_elem *e = &h->elem[i];

		in[i] = plan_is_block(e->tag)  ? i
			: e->parent < h->nelem ? in[e->parent]
					       : UINT32_MAX;
		if (e->tag == HTML_IMG && !covered(&gone, e->whole) &&
		    (covered(&b->held, e->whole) || all_goes(b, in[i])) &&
		    plan_may_take(b->x, b->doc, i))
			plan_add_elem(
			    b->x, &b->x->plan->elem[b->doc], i, LIMIT_CUTS);
	}
}

void
plan_blocks(struct planner *x)
{
	struct block *all = arena_array(x->a, x->view->ndoc, sizeof *all);

	for (uint32_t i = 0; i < x->m->nhit; i++) {
		const struct hit *h = &x->m->hit[i];
		struct span s;

		if (!h->asked || h->refused || h->unit == UNIT_MATCH ||
		    h->doc == NO_DOC || x->view->doc[h->doc].html == NULL)
			continue;
		s = match_shown(x->m, h);
		if (s.to == s.from)
			continue;
		all[h->doc].x = x;
		all[h->doc].doc = h->doc;
		all[h->doc].h = x->view->doc[h->doc].html;
		add_hit(&all[h->doc], h);
	}
	for (uint32_t i = 0; i < x->view->ndoc; i++) {
		if (all[i].x == NULL || x->plan->refusal != REFUSAL_NONE)
			continue;
		all[i].grown.n = grow_merge(
		    all[i].h->text.p, all[i].grown.v, all[i].grown.n);
		grow_sort(&all[i].held);
		cut_pictures(&all[i]);
	}
}
