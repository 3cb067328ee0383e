#include "match_private.h"

#include <string.h>

#include "fold.h"
#include "limits.h"

#define SHIFTS 64u /* of case folding in a text: a dozen would be many */

void
windows_init(struct windows *w, struct arena *a, uint32_t rules)
{
	*w = (struct windows){.a = a};
	w->found.room = LIMIT_PLACES;
	w->found.v = arena_array(a, LIMIT_PLACES, sizeof *w->found.v);
	w->shifts.room = SHIFTS;
	w->shifts.v = arena_array(a, SHIFTS, sizeof *w->shifts.v);
	w->first = arena_array(a, rules, sizeof *w->first);
	w->count = arena_array(a, rules, sizeof *w->count);
}

void
windows_scan(struct windows *w, const struct prefilter *f, const char *p,
    uint32_t n, uint64_t *bits)
{
	size_t need = FOLD_CASE_ROOM(n);

	w->p = NULL;
	if (need > w->room) {
		w->room = need * 2;
		w->lower = arena_alloc(w->a, w->room);
	}
	prefilter_scan(f, w->lower,
	    fold_case_shifts(w->lower, p, n, &w->shifts), bits, &w->found);
}

static bool
inside(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* So many characters before `at`, which is between two; the text's start if
   there are fewer. */
static uint32_t
back(const char *p, uint32_t at, uint32_t chars)
{
	for (; chars > 0 && at > 0; chars--)
		while (inside(p[--at]) && at > 0)
			;
	return at;
}

/* The place in the text, between two characters, for one in its folded form.
   Literals that are part of a match start between two there, too; what does
   not may be taken for the character before it. */
static uint32_t
place_in_text(const struct windows *w, uint32_t at)
{
	const struct fold_shifts *s = &w->shifts;
	uint32_t i = s->n;
	int64_t to;

	while (i > 0 && s->v[i - 1].at > at)
		i--;
	to = (int64_t)at - (i > 0 ? s->v[i - 1].by : 0);
	if (to > w->n)
		to = w->n;
	while (to > 0 && to < w->n && inside(w->p[to]))
		to--;
	return (uint32_t)to;
}

/* A match that holds the literal at this place starts here. */
static void
add_place(void *ctx, const struct prefilter_place *q)
{
	struct windows *w = ctx;
	uint32_t at;
	struct window *x;

	if (w->nraw == LIMIT_PLACES_USED) {
		w->full = true;
		return;
	}
	at = place_in_text(w, q->from);
	w->raw =
	    arena_more(w->a, w->raw, w->nraw, &w->raw_size, sizeof *w->raw);
	x = &w->raw[w->nraw++];
	x->rule = q->id;
	x->to = back(w->p, at, q->min);
	x->from = q->max == UINT32_MAX ? 0 : back(w->p, at, q->max);
	w->count[q->id]++;
}

/* Puts one among a rule's windows, which are sorted and apart from each other;
   it belongs behind or near the last of them. */
static uint32_t
insert(struct window *v, uint32_t n, struct window x)
{
	uint32_t i = n, k;

	while (i > 0 && v[i - 1].from > x.to)
		i--;
	for (k = i; k > 0 && v[k - 1].to >= x.from; k--) {
		if (v[k - 1].from < x.from)
			x.from = v[k - 1].from;
		if (v[k - 1].to > x.to)
			x.to = v[k - 1].to;
	}
	memmove(&v[k + 1], &v[i], (n - i) * sizeof *v);
	v[k] = x;
	return n - (i - k) + 1;
}

/* Those of each rule in a row. */
static void
sort_out(struct windows *w, const uint64_t *bits, uint32_t words)
{
	uint32_t at = 0;

	if (w->nraw > w->size) {
		w->size = w->nraw * 2;
		w->v = arena_array(w->a, w->size, sizeof *w->v);
	}
	for (uint32_t i = 0; i < words; i++)
		for (uint64_t b = bits[i]; b != 0; b &= b - 1) {
			uint32_t rule = i * 64 + (uint32_t)__builtin_ctzll(b);

			w->first[rule] = at;
			at += w->count[rule];
			w->count[rule] = 0;
		}
	for (uint32_t i = 0; i < w->nraw; i++) {
		uint32_t rule = w->raw[i].rule;

		w->count[rule] =
		    insert(w->v + w->first[rule], w->count[rule], w->raw[i]);
	}
}

void
windows_make(struct windows *w, const struct prefilter *f, const char *p,
    uint32_t n, const uint64_t *bits, uint32_t words)
{
	uint64_t any = 0;

	if (w->found.n > w->found.room || w->shifts.n > w->shifts.room ||
	    n > LIMIT_FIELD)
		return;
	for (uint32_t i = 0; i < words; i++) {
		any |= bits[i];
		for (uint64_t b = bits[i]; b != 0; b &= b - 1)
			w->count[i * 64 + (uint32_t)__builtin_ctzll(b)] = 0;
	}
	if (any == 0)
		return;
	w->p = p;
	w->n = n;
	w->nraw = 0;
	w->full = false;
	prefilter_places(f, &w->found, bits, add_place, w);
	if (w->full)
		w->p = NULL;
	else
		sort_out(w, bits, words);
}

int
windows_match(const struct windows *w, const struct rule *r, uint32_t rule,
    const char *p, uint32_t n, uint32_t start, struct span *m)
{
	const struct window *v;
	uint32_t count;

	if (p == NULL || w->p != p || w->n != n || r->literals.n == 0 ||
	    r->literals.moves || w->count[rule] > LIMIT_WINDOWS)
		return re_match(r->re, p, n, start, m);
	v = w->v + w->first[rule];
	count = w->count[rule];
	for (uint32_t i = 0; i < count; i++) {
		struct span s = {v[i].from, v[i].to};
		int rc;

		if (s.to < start)
			continue;
		if (s.from < start)
			s.from = start;
		if ((rc = re_match_within(r->re, p, n, s, m)) != 0)
			return rc;
	}
	return 0;
}
