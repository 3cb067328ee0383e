#include "match_private.h"

#include <string.h>

#include "fold.h"
#include "limits.h"

#define SHIFTS 64u /* of case folding in a text: a dozen would be many */

void
windows_init(struct windows *w, struct arena *a, const struct rules *rules)
{
	*w = (struct windows){.a = a, .rules = rules};
	w->found.room = LIMIT_PLACES;
	w->found.v = arena_array(a, LIMIT_PLACES, sizeof *w->found.v);
	w->shifts.room = SHIFTS;
	w->shifts.v = arena_array(a, SHIFTS, sizeof *w->shifts.v);
	w->first = arena_array(a, rules->n, sizeof *w->first);
	w->count = arena_array(a, rules->n, sizeof *w->count);
}

void
windows_forget(struct windows *w)
{
	w->p = NULL;
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

/* A match of a rule's way may start here. */
static void
add_raw(struct windows *w, uint32_t rule, uint32_t way, struct window at)
{
	uint32_t *slot = &w->slot[w->rules->rule[rule].first_way + way];

	if (w->nraw == LIMIT_PLACES_USED) {
		w->full = true;
		return;
	}
	if (*slot == 0) {
		w->here = arena_more(
		    w->a, w->here, w->nhere, &w->here_size, sizeof *w->here);
		w->here[w->nhere++] =
		    (struct way_here){.rule = rule, .way = way};
		*slot = w->nhere;
		w->count[rule]++;
	}
	w->here[*slot - 1].count++;
	w->raw =
	    arena_more(w->a, w->raw, w->nraw, &w->raw_size, sizeof *w->raw);
	w->raw[w->nraw++] = (struct raw_window){*slot - 1, at};
}

/* A match that holds the literal at this place starts so far before it. */
static void
add_place(void *ctx, const struct prefilter_place *q)
{
	struct windows *w = ctx;
	uint32_t at = place_in_text(w, q->from);
	struct window x = {.to = back(w->p, at, q->min)};

	if (q->max != UINT32_MAX)
		x.from = back(w->p, x.to, q->max - q->min);
	add_raw(w, q->id, q->way, x);
}

/* Ways that have no literal start anywhere. */
static void
add_anywhere(struct windows *w, uint32_t rule)
{
	const struct literals *l = &w->rules->rule[rule].literals;

	for (uint32_t k = 0; l->anywhere && k < l->nway; k++)
		if (l->way[k].anywhere)
			add_raw(w, rule, k, (struct window){0, w->n});
}

/* Puts one among a way's windows, which are sorted and apart from each other;
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

/* The windows of each way in a row. */
static void
sort_windows(struct windows *w)
{
	uint32_t at = 0;

	if (w->nraw > w->size) {
		w->size = w->nraw * 2;
		w->v = arena_array(w->a, w->size, sizeof *w->v);
	}
	for (uint32_t i = 0; i < w->nhere; i++) {
		w->here[i].first = at;
		at += w->here[i].count;
		w->here[i].count = 0;
	}
	for (uint32_t i = 0; i < w->nraw; i++) {
		struct way_here *h = &w->here[w->raw[i].here];

		h->count = insert(w->v + h->first, h->count, w->raw[i].at);
	}
}

/* The ways of each rule in a row, by number: that is what counts where several
   match at one place. */
static void
sort_ways(struct windows *w, const uint64_t *bits, uint32_t words)
{
	uint32_t at = 0;

	if (w->nhere > w->order_size) {
		w->order_size = w->nhere * 2;
		w->order = arena_array(w->a, w->order_size, sizeof *w->order);
	}
	for (uint32_t i = 0; i < words; i++)
		for (uint64_t b = bits[i]; b != 0; b &= b - 1) {
			uint32_t rule = i * 64 + (uint32_t)__builtin_ctzll(b);

			w->first[rule] = at;
			at += w->count[rule];
			w->count[rule] = 0;
		}
	for (uint32_t i = 0; i < w->nhere; i++) {
		const struct way_here *h = &w->here[i];
		struct way_here *v = w->order + w->first[h->rule];
		uint32_t k = w->count[h->rule]++;

		for (; k > 0 && v[k - 1].way > h->way; k--)
			v[k] = v[k - 1];
		v[k] = *h;
	}
}

/* Makes the counts zero; false: nothing to do. */
static bool
begin(struct windows *w, const uint64_t *bits, uint32_t words)
{
	uint64_t any = 0;

	for (uint32_t i = 0; i < w->nhere; i++)
		w->slot[w->rules->rule[w->here[i].rule].first_way +
			w->here[i].way] = 0;
	w->nhere = w->nraw = 0;
	w->full = false;
	if (w->nslot < w->rules->nway) { /* late rules have theirs now */
		w->nslot = w->rules->nway;
		w->slot = arena_array(w->a, w->nslot, sizeof *w->slot);
	}
	for (uint32_t i = 0; i < words; i++) {
		any |= bits[i];
		for (uint64_t b = bits[i]; b != 0; b &= b - 1)
			w->count[i * 64 + (uint32_t)__builtin_ctzll(b)] = 0;
	}
	return any != 0;
}

void
windows_make(struct windows *w, const struct prefilter *f, const char *p,
    uint32_t n, const uint64_t *bits, uint32_t words)
{
	if (w->found.n > w->found.room || w->shifts.n > w->shifts.room ||
	    n > LIMIT_FIELD || !begin(w, bits, words))
		return;
	w->p = p;
	w->n = n;
	prefilter_places(f, &w->found, bits, add_place, w);
	for (uint32_t i = 0; i < words; i++)
		for (uint64_t b = bits[i]; b != 0; b &= b - 1)
			add_anywhere(w, i * 64 + (uint32_t)__builtin_ctzll(b));
	sort_windows(w);
	sort_ways(w, bits, words);
	if (w->full)
		w->p = NULL;
}

#define ANY UINT32_MAX

/* A way of a rule's pattern, or ANY: all of it. */
static int
compile(
    const struct rule *r, uint32_t way, struct re **re, struct re_fault *fault)
{
	uint32_t from = 0, to = r->pattern_len;

	if (way != ANY) {
		from = r->literals.way[way].from;
		to = r->literals.way[way].to;
	}
	return re_compile(re, r->pattern + from, to - from, r->re_flags, fault);
}

/* The same, compiled when it is first needed; NULL: does not compile. */
static const struct re *
compiled(struct match *m, uint32_t rule, uint32_t way)
{
	struct rule *r = &m->rules->rule[rule];
	bool whole = way == ANY || r->way == NULL;
	struct re **re = whole ? &r->re : &r->way[way];
	struct re_fault fault;

	if (*re == NULL && !r->broken &&
	    compile(r, whole ? ANY : way, re, &fault) == -1) {
		r->broken = true;
		m->rules->degraded |= !fault.too_large;
		m->skipped[rule] = true;
	}
	return r->broken ? NULL : *re;
}

/* One that fails is broken where it is met, not before. */
static void
prepare(const struct rule *r, uint32_t way, struct re **re, bool jit)
{
	struct re_fault fault;

	if (*re == NULL && compile(r, way, re, &fault) == -1)
		*re = NULL;
	if (*re != NULL && jit)
		re_jit(*re);
}

void
match_prepare(struct rules *rules, bool jit)
{
	if (rules_late(rules) == -1)
		return; /* match_run will say so */
	for (uint32_t i = 0; i < rules->n; i++) {
		struct rule *r = &rules->rule[i];

		if (!match_enabled(r) || r->pattern == NULL)
			continue;
		for (uint32_t k = 0; r->way != NULL && k < r->literals.nway;
		     k++)
			prepare(r, k, &r->way[k], jit);
		if (r->way == NULL)
			prepare(r, ANY, &r->re, jit);
	}
}

/* The first match of a way from `start` on, if it is not known yet. */
static int
find_next(struct match *m, struct way_here *h, uint32_t start)
{
	const struct windows *w = &m->private->windows;
	const struct re *re;

	if (h->state == WAY_NONE ||
	    (h->state == WAY_MATCH && h->next.from >= start))
		return 0;
	if ((re = compiled(m, h->rule, h->way)) == NULL)
		return -2;
	h->state = WAY_NONE;
	if (h->count > LIMIT_WINDOWS) {
		int rc = re_match(re, w->p, w->n, start, &h->next);

		h->state = rc == 1 ? WAY_MATCH : WAY_NONE;
		return rc < 0 ? -1 : 0;
	}
	for (uint32_t i = 0; i < h->count; i++) {
		struct window x = w->v[h->first + i];
		int rc;

		if (x.to < start)
			continue;
		rc = re_match_within(re, w->p, w->n,
		    (struct span){x.from > start ? x.from : start, x.to},
		    &h->next);
		if (rc == 0)
			continue;
		h->state = WAY_MATCH;
		return rc < 0 ? -1 : 0;
	}
	return 0;
}

/* The next match of a rule without literals that tells how one starts. */
static int
match_at_starts(struct match *m, uint32_t rule, const char *p, uint32_t n,
    uint32_t at, struct span *s)
{
	const struct re_starts *starts = m->rules->rule[rule].starts;
	const struct re *re;
	int rc = 0;

	for (; rc == 0 && (at = re_next_start(starts, p, n, at)) < n; at++) {
		if ((re = compiled(m, rule, ANY)) == NULL)
			return -2;
		rc = re_match_within(re, p, n, (struct span){at, at}, s);
	}
	return rc;
}

int
windows_match(struct match *m, uint32_t rule, const char *p, uint32_t n,
    uint32_t start, struct span *s)
{
	struct windows *w = &m->private->windows;
	const struct rule *r = &m->rules->rule[rule];
	struct way_here *v = w->order + w->first[rule];
	const struct way_here *best = NULL;
	const struct re *re;

	if (p == NULL || w->p != p || w->n != n || r->literals.n == 0 ||
	    r->literals.moves) {
		if (r->starts != NULL && !m->rules->whole_units)
			return match_at_starts(m, rule, p, n, start, s);
		re = compiled(m, rule, ANY);
		return re != NULL ? re_match(re, p, n, start, s) : -2;
	}
	for (uint32_t i = 0; i < w->count[rule]; i++) {
		int rc = find_next(m, &v[i], start);

		if (rc != 0)
			return rc;
		if (v[i].state == WAY_MATCH &&
		    (best == NULL || v[i].next.from < best->next.from))
			best = &v[i];
	}
	if (best == NULL)
		return 0;
	*s = best->next;
	return 1;
}
