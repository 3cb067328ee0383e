#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "match.h"

/*
 * near NAME A B… N: those hits of A that have one of B at most N characters
 * away, in the same text.  Distance is measured in what a reader sees.  Either
 * may be a group of rules.
 */

#define IS_NEAR 1u
#define IS_BESIDE 2u

struct place {
	uint32_t doc;
	struct span at; /* in shown text */
	uint32_t reach; /* the furthest end of those before it, itself too */
};

struct seeker {
	struct match *m;
	const struct rule *rule;
	uint8_t *is;         /* of each rule: IS_NEAR, IS_BESIDE */
	struct place *place; /* of the hits of B…, sorted */
	uint32_t n, size;
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

	s->n = 0;
	for (uint32_t i = 0; i < m->nhit; i++) {
		const struct hit *h = &m->hit[i];

		if (!(s->is[h->rule] & IS_BESIDE) || !counts(s, h))
			continue;
		s->place = arena_more(
		    m->a, s->place, s->n, &s->size, sizeof *s->place);
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

		if (!(s->is[h.rule] & IS_NEAR) || !counts(s, &h) ||
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

static bool
any_hit(const struct match *m, const uint32_t *rule, uint32_t n)
{
	for (uint32_t k = 0; k < n; k++)
		if (m->count[rule[k]] > 0)
			return true;
	return false;
}

static void
set_sides(struct seeker *s, bool on)
{
	const struct rule *u = s->rule;

	for (uint32_t k = 0; k < u->nnear; k++)
		s->is[u->near[k]] = on ? IS_NEAR : 0;
	for (uint32_t k = 0; k < u->nbeside; k++)
		s->is[u->beside[k]] = on ? s->is[u->beside[k]] | IS_BESIDE : 0;
}

static void
one_rule(struct seeker *s, uint32_t rule)
{
	struct match *m = s->m;
	const struct rule *u = s->rule = &m->rules->rule[rule];

	m->count[rule] = 0;
	/* What is guarded is not in the counts. */
	if (!u->unguarded && (!any_hit(m, u->near, u->nnear) ||
				 !any_hit(m, u->beside, u->nbeside)))
		return;
	if (u->broken || (u->scored && u->score == 0))
		return;
	set_sides(s, true);
	find_places(s);
	if (s->n > 0)
		add_hits(s, rule);
	set_sides(s, false);
}

void
match_near(struct match *m)
{
	struct seeker s = {.m = m};

	m->nhit = m->nfound;
	for (uint32_t i = 0; i < m->rules->n; i++) {
		if (m->rules->rule[i].type != RULE_NEAR)
			continue;
		if (s.is == NULL)
			s.is = arena_alloc(m->a, m->rules->n);
		one_rule(&s, i);
	}
}
