#include "match_private.h"

#include <stdlib.h>

#include "limits.h"

#define CHAR_BYTES 4u /* of UTF-8, at most */

static int
by_place(const void *a, const void *b)
{
	const struct region *x = a, *y = b;

	if (x->doc != y->doc)
		return x->doc < y->doc ? -1 : 1;
	return (x->at.from > y->at.from) - (x->at.from < y->at.from);
}

static struct span
widened(struct span s)
{
	const uint32_t by = LIMIT_LATE * CHAR_BYTES;

	s.from = s.from > by ? s.from - by : 0;
	s.to = s.to < UINT32_MAX - by ? s.to + by : UINT32_MAX;
	return s;
}

/* Does nothing wait, or are there hits without a place: of rules that have
   none, or more than are kept? */
static bool
everywhere(const struct match *m)
{
	bool any = false;

	for (uint32_t i = 0; i < m->rules->n; i++) {
		const struct rule *r = &m->rules->rule[i];

		if (!(r->flags & RULE_FIRST) || r->type == RULE_NONE)
			continue;
		if (m->count[i] > LIMIT_HITS_RULE ||
		    (r->type != RULE_BODY && r->type != RULE_RAWBODY &&
			r->type != RULE_URI && m->count[i] > 0))
			return true;
		any = true;
	}
	return !any;
}

static void
add_hits(struct regions *r, struct match *m)
{
	uint32_t size = 0;

	for (uint32_t i = 0; i < m->nhit && !r->all; i++) {
		const struct hit *h = &m->hit[i];

		if (!(m->rules->rule[h->rule].flags & RULE_FIRST) ||
		    h->doc == NO_DOC)
			continue;
		/* A Subject is about all of it. */
		r->all = m->view->doc[h->doc].subject;
		r->v = arena_more(m->a, r->v, r->n, &size, sizeof *r->v);
		r->v[r->n++] =
		    (struct region){h->doc, widened(match_shown(m, h))};
	}
	/* Hits that were not kept have no place. */
	r->all |= m->nhit >= LIMIT_HITS;
}

bool
match_late(struct regions *r, struct match *m)
{
	uint32_t kept = 0;

	*r = (struct regions){.all = everywhere(m)};
	add_hits(r, m);
	if (r->all || r->n == 0)
		return r->all;
	qsort(r->v, r->n, sizeof *r->v, by_place);
	for (uint32_t i = 1; i < r->n; i++) {
		struct region *last = &r->v[kept], *next = &r->v[i];

		if (next->doc != last->doc || next->at.from > last->at.to)
			r->v[++kept] = *next;
		else if (next->at.to > last->at.to)
			last->at.to = next->at.to;
	}
	r->n = kept + 1;
	return true;
}

bool
match_in_regions(
    const struct match *m, const struct regions *r, const struct unit_text *u)
{
	uint32_t lo = 0, hi = r->n;
	struct span s = {0, UINT32_MAX};

	/* Hidden text and the source of HTML have no place in what is shown. */
	if (u->layer == LAYER_SHOWN ||
	    (u->layer == LAYER_UTF8 && m->view->doc[u->doc].html == NULL))
		s = view_layer_span(u, (struct span){0, u->len});
	/* The first region that ends behind the start of the unit. */
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		const struct region *x = &r->v[mid];

		if (x->doc < u->doc || (x->doc == u->doc && x->at.to <= s.from))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < r->n && r->v[lo].doc == u->doc && r->v[lo].at.from < s.to;
}
