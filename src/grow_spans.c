#include "grow_private.h"

#include <stdlib.h>

/* Many spans of one text, in order. */

void
grow_add(struct spans *s, struct arena *a, struct span one)
{
	s->unsorted |= s->n > 0 && one.from < s->v[s->n - 1].to;
	s->v = arena_more(a, s->v, s->n, &s->size, sizeof *s->v);
	s->v[s->n++] = one;
}

static int
by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

void
grow_sort(struct spans *s)
{
	uint32_t kept = 0;

	if (s->n > 0)
		qsort(s->v, s->n, sizeof *s->v, by_start);
	for (uint32_t i = 1; i < s->n; i++) {
		if (s->v[i].from > s->v[kept].to)
			s->v[++kept] = s->v[i];
		else if (s->v[i].to > s->v[kept].to)
			s->v[kept].to = s->v[i].to;
	}
	if (s->n > 0)
		s->n = kept + 1;
	s->unsorted = false;
}

uint32_t
grow_merge(const char *p, struct span *v, uint32_t n)
{
	uint32_t kept = 0;

	if (n == 0)
		return 0;
	qsort(v, n, sizeof *v, by_start);
	for (uint32_t i = 1; i < n; i++) {
		struct span *last = &v[kept];

		if (v[i].from <= last->to ||
		    skip_blanks(p, v[i].from, last->to) >= v[i].from) {
			if (v[i].to > last->to)
				last->to = v[i].to;
		} else {
			v[++kept] = v[i];
		}
	}
	return kept + 1;
}

/* The first that ends behind `at`, or s->n. */
static uint32_t
first_behind(const struct spans *s, uint32_t at)
{
	uint32_t lo = 0, hi = s->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (s->v[mid].to <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool
grow_touches(const struct spans *s, struct span one)
{
	uint32_t i = s->unsorted ? 0 : first_behind(s, one.from);
	uint32_t end = s->unsorted || i == s->n ? s->n : i + 1;

	for (; i < end; i++)
		if (s->v[i].from < one.to && one.from < s->v[i].to)
			return true;
	return false;
}

bool
grow_holds(const struct spans *s, struct span one)
{
	uint32_t i = first_behind(s, one.to > 0 ? one.to - 1 : 0);

	return i < s->n && s->v[i].from <= one.from && one.to <= s->v[i].to;
}

/* Where protected spans stand next to the match, within what has grown. */
static struct span
room(struct span grown, struct span match, const struct spans *s)
{
	uint32_t i = s->unsorted ? 0 : first_behind(s, grown.from);

	for (; i < s->n && (s->unsorted || s->v[i].from < match.from); i++)
		if (s->v[i].to <= match.from && s->v[i].to > grown.from)
			grown.from = s->v[i].to;
	if (!s->unsorted)
		i = first_behind(s, match.from);
	else
		i = 0;
	for (; i < s->n && (s->unsorted || s->v[i].from < grown.to); i++)
		if (s->v[i].from >= match.to && s->v[i].from < grown.to)
			grown.to = s->v[i].from;
	return grown;
}

struct span
grow_clip(const char *p, uint32_t n, struct span grown, struct span match,
    const struct spans *protect)
{
	struct span s;

	if (grow_touches(protect, match))
		return match;
	s = room(grown, match, protect);
	if (s.from > grown.from) { /* from the next line on, if it was one */
		uint32_t below = next_line(p, match.from, s.from);

		if ((grown.from == 0 || p[grown.from - 1] == '\n') &&
		    p[s.from - 1] != '\n' && p[below - 1] == '\n')
			s.from = below;
		while (s.from < match.from && blank_line(p, n, s.from))
			s.from = next_line(p, match.from, s.from);
	}
	if (s.to < grown.to) {
		uint32_t start =
		    match.to + line_start(p + match.to, s.to - match.to);

		if (at_eol(p, n, grown.to) && start > match.to)
			s.to = start;
		while (s.to > match.to &&
		       (p[s.to - 1] == '\n' || p[s.to - 1] == '\r' ||
			   blank_before(p, s.to) > 0))
			s.to -= p[s.to - 1] == '\n' || p[s.to - 1] == '\r'
				    ? 1
				    : blank_before(p, s.to);
	}
	return s;
}
