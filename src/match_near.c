#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "match.h"

/*
 * near NAME A B… N: those hits of A that have one of B at most N characters
 * away, in the same text.  Distance is measured in what a reader sees.
 */

struct place {
	uint32_t doc;
	struct span at; /* in shown text */
	uint32_t reach; /* the furthest end of those before it, itself too */
};

struct seeker {
	struct match *m;
	const struct rule *rule;
	struct place *place; /* of the hits of B…, sorted */
	uint32_t n;
};

static int
by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->doc != y->doc)
		return x->doc < y->doc ? -1 : 1;
	if (x->at.from != y->at.from)
		return x->at.from < y->at.from ? -1 : 1;
	return 0;
}

static bool
one_of(const struct rule *r, uint32_t rule)
{
	for (uint32_t k = 1; k < r->nnear; k++)
		if (r->near[k] == rule)
			return true;
	return false;
}

/* A hit in a guarded place is none, but for rules that guards do not bind. */
static bool
counts(const struct seeker *s, const struct hit *h)
{
	return h->doc != NO_DOC && !s->m->skipped[h->rule] &&
	       (!h->guarded || s->rule->unguarded);
}

static void
find_places(struct seeker *s)
{
	struct match *m = s->m;
	uint32_t size = 0;

	for (uint32_t i = 0; i < m->nhit; i++) {
		const struct hit *h = &m->hit[i];

		if (!counts(s, h) || !one_of(s->rule, h->rule))
			continue;
		s->place =
		    arena_more(m->a, s->place, s->n, &size, sizeof *s->place);
		s->place[s->n++] = (struct place){h->doc, match_shown(m, h), 0};
	}
	if (s->n > 1)
		qsort(s->place, s->n, sizeof *s->place, by_place);
	for (uint32_t i = 0; i < s->n; i++) {
		struct place *p = &s->place[i];

		p->reach = p->at.to;
		if (i > 0 && p[-1].doc == p->doc && p[-1].reach > p->reach)
			p->reach = p[-1].reach;
	}
}

/* The first place of this text that starts at or after `from`. */
static uint32_t
first_from(const struct seeker *s, uint32_t doc, uint32_t from)
{
	uint32_t low = 0, high = s->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct place *p = &s->place[mid];

		if (p->doc < doc || (p->doc == doc && p->at.from < from))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* At most so many characters in p[from..to)? */
static bool
within(const char *p, uint32_t from, uint32_t to, uint32_t most)
{
	uint32_t n = 0;

	for (; from < to && n <= most; from++)
		n += ((unsigned char)p[from] & 0xc0) != 0x80;
	return n <= most;
}

static bool
has_neighbour(const struct seeker *s, const struct hit *h)
{
	const char *p = view_shown(&s->m->view->doc[h->doc])->p;
	struct span at = match_shown(s->m, h);
	uint32_t i = first_from(s, h->doc, at.from);

	if (i < s->n && s->place[i].doc == h->doc &&
	    within(p, at.to, s->place[i].at.from, s->rule->distance))
		return true;
	return i > 0 && s->place[i - 1].doc == h->doc &&
	       within(p, s->place[i - 1].reach, at.from, s->rule->distance);
}

static void
add_hits(struct seeker *s, uint32_t rule)
{
	struct match *m = s->m;
	uint32_t end = m->nhit;

	for (uint32_t i = 0; i < end && m->nhit < LIMIT_HITS; i++) {
		struct hit h = m->hit[i];

		if (h.rule != s->rule->near[0] || !counts(s, &h) ||
		    !has_neighbour(s, &h))
			continue;
		h.rule = rule;
		h.guarded = false;
		m->hit = arena_more(
		    m->a, m->hit, m->nhit, &m->hit_size, sizeof *m->hit);
		m->hit[m->nhit++] = h;
		m->count[rule]++;
	}
}

static void
one_rule(struct match *m, uint32_t rule)
{
	struct seeker s = {.m = m, .rule = &m->rules->rule[rule]};
	bool any = false;

	m->count[rule] = 0;
	for (uint32_t k = 1; k < s.rule->nnear; k++)
		any |= m->count[s.rule->near[k]] > 0;
	if (m->count[s.rule->near[0]] == 0 && !s.rule->unguarded)
		return;
	if (!any && !s.rule->unguarded)
		return;
	if (s.rule->broken || (s.rule->scored && s.rule->score == 0))
		return;
	find_places(&s);
	if (s.n > 0)
		add_hits(&s, rule);
}

void
match_near(struct match *m)
{
	m->nhit = m->nfound;
	for (uint32_t i = 0; i < m->rules->n; i++)
		if (m->rules->rule[i].type == RULE_NEAR)
			one_rule(m, i);
}
