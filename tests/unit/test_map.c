#include "map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * Random maps against a model that knows, for each byte of text, the source
 * span of the unit it belongs to.
 */
enum { MOST = 2000 };

struct model {
	struct span of[MOST];  /* the source of each byte's unit */
	bool starts[MOST + 1]; /* a unit starts (or the text ends) here */
	uint32_t n, end;       /* end: of the source */
};

static struct arena *arena;
static uint32_t seed;

static uint32_t
rnd(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static void
add(struct map *m, struct model *o, uint32_t n, uint32_t ostep, uint32_t src,
    uint32_t sstep)
{
	map_append(m, arena, n, ostep, src, sstep);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < ostep; k++) {
			uint32_t from = src + i * sstep;

			o->starts[o->n] = k == 0;
			o->of[o->n++] = (struct span){from, from + sstep};
		}
	o->starts[o->n] = true;
}

/* Copies, entities, quanta, put-in blanks, and gaps between them. */
static void
random_map(struct map *m, struct model *o, uint32_t most, uint32_t source)
{
	*m = (struct map){0};
	o->n = o->end = 0;
	o->starts[0] = true;
	while (o->n + 24 < most) {
		uint32_t kind = rnd(6), n = 1 + rnd(5), left;
		uint32_t ostep = kind < 3 ? 1 : 1 + rnd(4);
		uint32_t sstep = kind < 2 ? 1 : kind == 5 ? 0 : 1 + rnd(5);

		if (rnd(3) == 0)
			o->end += rnd(4);
		left = source > o->end ? source - o->end : 0;
		if (n * sstep > left)
			break;
		add(m, o, n, ostep, o->end, sstep);
		o->end += n * sstep;
	}
	assert_int_equal(m->out_len, o->n);
}

static struct span
naive_cover(const struct model *o, struct span t)
{
	struct span s = {UINT32_MAX, 0};

	for (uint32_t i = t.from; i < t.to; i++) {
		if (o->of[i].from < s.from)
			s.from = o->of[i].from;
		if (o->of[i].to > s.to)
			s.to = o->of[i].to;
	}
	return s;
}

static void
same_span(struct span got, struct span want, const char *what)
{
	if (got.from != want.from || got.to != want.to)
		fail_msg("%s: got %u-%u, want %u-%u (seed %u)", what, got.from,
		    got.to, want.from, want.to, seed);
}

static struct span
random_span(uint32_t n)
{
	uint32_t a = rnd(n + 1), b = rnd(n + 1);

	return a < b ? (struct span){a, b} : (struct span){b, a};
}

static void
check_cover(const struct map *m, const struct model *o, struct span t)
{
	bool exact = false;
	struct span s = map_cover(m, t, &exact);

	if (t.from == t.to) {
		assert_int_equal(s.from, s.to);
		if (t.from < o->n)
			assert_int_equal(s.from, o->of[t.from].from);
		return;
	}
	same_span(s, naive_cover(o, t), "cover");
	assert_int_equal(exact, o->starts[t.from] && o->starts[t.to]);
}

/* The text of all units that the source span overlaps. */
static void
check_back(const struct map *m, const struct model *o, struct span s)
{
	struct span got = map_back(m, s), want = {UINT32_MAX, 0};

	for (uint32_t i = 0; i < o->n; i++)
		if (o->of[i].to > o->of[i].from && o->of[i].from < s.to &&
		    s.from < o->of[i].to) {
			if (want.from == UINT32_MAX)
				want.from = i;
			want.to = i + 1;
		}
	if (want.from != UINT32_MAX)
		same_span(got, want, "back");
	else
		assert_int_equal(got.from, got.to);
	assert_true(got.to <= o->n);
}

/* What was found in the text is found again from its source: all that was
   not put in. */
static void
check_there_and_back(const struct map *m, const struct model *o, struct span t)
{
	struct span b = map_back(m, map_cover(m, t, NULL));

	for (uint32_t i = t.from; i < t.to; i++)
		if (o->of[i].to > o->of[i].from)
			assert_true(b.from <= i && i < b.to);
}

static void
check_pieces(const struct map *m, const struct model *o, struct span t)
{
	static bool want[8 * MOST], got[8 * MOST];
	uint32_t at = t.from, last = 0;
	struct span s;

	memset(want, 0, sizeof want);
	memset(got, 0, sizeof got);
	for (uint32_t i = t.from; i < t.to; i++)
		memset(want + o->of[i].from, 1, o->of[i].to - o->of[i].from);
	while (map_piece(m, t, &at, &s)) {
		assert_true(s.from < s.to);
		assert_true(last == 0 || s.from > last); /* else one piece */
		last = s.to;
		memset(got + s.from, 1, s.to - s.from);
	}
	assert_memory_equal(got, want, sizeof got);
}

static void
check_monotone(const struct map *m, uint32_t n)
{
	struct span last = {0, 0};

	for (uint32_t i = 0; i < n; i++) {
		struct span s = map_cover(m, (struct span){i, i + 1}, NULL);

		assert_true(s.from >= last.from && s.to >= last.to);
		last = s;
	}
	for (uint32_t i = 0, end = 0; i < m->n; i++) {
		const struct run *r = &m->v[i];

		assert_true(r->ostep > 0);
		assert_true(i == 0 ? r->out == 0 : r->out > m->v[i - 1].out);
		assert_true(r->src >= end);
		end = r->src;
	}
}

static void
one_map(void **state)
{
	static struct model o;

	(void)state;
	seed = 1;
	for (int rounds = 0; rounds < 10000; rounds++) {
		struct map m;

		arena_free(arena);
		arena = arena_new(64u << 20);
		random_map(&m, &o, 30 + rnd(200), MOST);
		check_monotone(&m, o.n);
		for (int k = 0; k < 12; k++) {
			struct span t = random_span(o.n);

			check_cover(&m, &o, t);
			check_there_and_back(&m, &o, t);
			check_back(&m, &o, random_span(o.end + 3));
			if (k < 3)
				check_pieces(&m, &o, t);
		}
	}
}

static void
edges(void **state)
{
	struct map m = {0};
	uint32_t at = 0;
	struct span s;
	bool exact = false;

	(void)state;
	/* Nothing at all. */
	same_span(map_cover(&m, (struct span){0, 0}, &exact),
	    (struct span){0, 0}, "cover of nothing");
	same_span(map_cover(&m, (struct span){3, 9}, NULL), (struct span){0, 0},
	    "cover beyond nothing");
	same_span(map_back(&m, (struct span){0, 5}), (struct span){0, 0},
	    "back to nothing");
	assert_false(map_piece(&m, (struct span){0, 5}, &at, &s));

	map_append(&m, arena, 0, 1, 5, 1); /* no unit */
	map_append(&m, arena, 3, 0, 5, 1); /* no text */
	assert_int_equal(m.out_len, 0);
	map_append(&m, arena, 10, 1, 100, 1);
	same_span(map_cover(&m, (struct span){8, 50}, &exact),
	    (struct span){108, 110}, "cover over the end");
	same_span(map_cover(&m, (struct span){10, 10}, &exact),
	    (struct span){110, 110}, "cover at the end");
	same_span(map_cover(&m, (struct span){70, 90}, NULL),
	    (struct span){110, 110}, "cover behind the end");
	same_span(map_back(&m, (struct span){0, 100}), (struct span){0, 0},
	    "before the first");
	same_span(map_back(&m, (struct span){110, 200}), (struct span){10, 10},
	    "behind the last");
	same_span(map_back(&m, (struct span){0, UINT32_MAX}),
	    (struct span){0, 10}, "back of all");
}

/* What goes on alike is one run, however it was put together. */
static void
runs_merge(void **state)
{
	struct map m = {0};

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		map_append(&m, arena, 1, 1, 50 + i, 1);
	assert_int_equal(m.n, 1);
	map_append(&m, arena, 7, 1, 1060, 1); /* ten bytes gave no text */
	assert_int_equal(m.n, 2);
	map_append(&m, arena, 2, 3, 1067, 4);
	map_append(&m, arena, 5, 3, 1075, 4);
	assert_int_equal(m.n, 3);
	same_span(map_cover(&m, (struct span){1007 + 4, 1007 + 5}, NULL),
	    (struct span){1071, 1075}, "second quantum");
	assert_int_equal(m.out_len, 1007 + 21);
}

static void
text(void **state)
{
	struct text t = TEXT(arena);
	char *p;

	(void)state;
	text_copy(&t, "Hello", 5, 10);
	text_unit(&t, "&", 1, 15, 5);
	text_unit(&t, " ", 1, 20, 0);
	text_units(&t, "xyz123", 2, 3, 20, 4);
	text_copy(&t, NULL, 0, 28);
	p = text_room(&t, 100000);
	memset(p, 'r', 100000);
	text_wrote(&t, 100000, 1, 30, 3);
	assert_int_equal(t.len, 13 + 100000);
	assert_int_equal(t.map.out_len, t.len);
	assert_memory_equal(t.p, "Hello& xyz123rrr", 16);
	same_span(map_cover(&t.map, (struct span){4, 6}, NULL),
	    (struct span){14, 20}, "a letter and an entity");
	same_span(map_cover(&t.map, (struct span){6, 7}, NULL),
	    (struct span){20, 20}, "put in");
	same_span(map_cover(&t.map, (struct span){12, 14}, NULL),
	    (struct span){24, 33}, "end of a quantum and the first of a row");
	same_span(map_back(&t.map, (struct span){16, 17}), (struct span){5, 6},
	    "inside an entity");
}

static void
cover(void **state)
{
	static const struct {
		struct span span;
		const char *p;
	} v[] = {{{2, 4}, NULL}, {{4, 8}, NULL}, {{10, 11}, NULL}};
	static const struct {
		struct span s;
		uint32_t want;
	} w[] = {{{0, 1}, UINT32_MAX}, {{1, 3}, UINT32_MAX}, {{2, 4}, 0},
	    {{3, 3}, 0}, {{3, 5}, UINT32_MAX}, {{4, 8}, 1}, {{5, 6}, 1},
	    {{8, 8}, 1}, {{8, 9}, UINT32_MAX}, {{10, 11}, 2},
	    {{10, 12}, UINT32_MAX}};

	(void)state;
	for (size_t i = 0; i < sizeof w / sizeof *w; i++)
		assert_int_equal(
		    span_cover(v, 3, sizeof *v, w[i].s), w[i].want);
	assert_int_equal(
	    span_cover(NULL, 0, sizeof *v, (struct span){0, 0}), UINT32_MAX);
}

static int
start(void **state)
{
	(void)state;
	arena = arena_new(64u << 20);
	return arena == NULL;
}

static int
end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(edges, start, end),
	    cmocka_unit_test_setup_teardown(runs_merge, start, end),
	    cmocka_unit_test_setup_teardown(text, start, end),
	    cmocka_unit_test(cover),
	    cmocka_unit_test_setup_teardown(one_map, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
