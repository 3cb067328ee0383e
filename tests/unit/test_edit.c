#include "edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "limits.h"

#define LEN(v) (sizeof(v) / sizeof((v)[0]))

static char filler[2000];

static void
refused(const struct edit *v, uint32_t n, uint32_t len, unsigned keep,
    const char *what)
{
	if (edit_check(NULL, len, v, n, keep) == NULL)
		fail_msg("taken, though %s", what);
}

static void
taken(const struct edit *v, uint32_t n, uint32_t len, unsigned keep)
{
	const char *why = edit_check(NULL, len, v, n, keep);

	if (why != NULL)
		fail_msg("refused: %s", why);
}

static void
good_ones(void **state)
{
	const struct edit touching[] = {{{0, 10}, NULL, 0}, {{10, 20}, "ab", 2},
	    {{20, 20}, "c", 1}, {{20, 20}, "d", 1}, {{99, 100}, NULL, 0},
	    {{100, 100}, "e", 1}};

	(void)state;
	taken(NULL, 0, 0, 100);
	taken(NULL, 0, 50, 100);
	taken(touching, LEN(touching), 100, 33);
	taken(&(struct edit){{0, 0}, NULL, 0}, 1, 0, 100);
}

static void
one_bad_edit(void **state)
{
	static const struct {
		struct edit e;
		const char *why;
	} bad[] = {
	    {{{5, 4}, NULL, 0}, "it ends before it starts"},
	    {{{90, 101}, NULL, 0}, "it ends behind the message"},
	    {{{101, 101}, NULL, 0}, "it stands behind the message"},
	    {{{0, UINT32_MAX}, NULL, 0}, "it ends far behind the message"},
	    {{{UINT32_MAX, UINT32_MAX}, NULL, 0}, "it stands far behind"},
	    {{{UINT32_MAX, 3}, NULL, 0}, "it goes round"},
	    {{{10, 20}, NULL, 4}, "its bytes are missing"},
	    {{{10, 20}, filler, 10 + LIMIT_GROWTH + 1}, "it grows too much"},
	    {{{10, 10}, filler, LIMIT_GROWTH + 1}, "it puts in too much"},
	    {{{10, 20}, filler, UINT32_MAX}, "it puts in 4 GB"},
	};

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++)
		refused(&bad[i].e, 1, 100, 0, bad[i].why);
	taken(&(struct edit){{10, 20}, filler, 10 + LIMIT_GROWTH}, 1, 100, 0);
	taken(&(struct edit){{10, 10}, filler, LIMIT_GROWTH}, 1, 100, 0);
}

static void
order(void **state)
{
	const struct edit swapped[] = {{{20, 30}, NULL, 0}, {{5, 9}, NULL, 0}},
			  over[] = {{{5, 20}, NULL, 0}, {{19, 30}, NULL, 0}},
			  twice[] = {{{5, 20}, NULL, 0}, {{5, 20}, NULL, 0}},
			  inside[] = {{{5, 20}, NULL, 0}, {{9, 9}, "x", 1}},
			  last[] = {{{1, 2}, NULL, 0}, {{3, 4}, NULL, 0},
			      {{5, 6}, NULL, 0}, {{5, 7}, NULL, 0}};

	(void)state;
	refused(swapped, 2, 100, 0, "not in order");
	refused(over, 2, 100, 0, "they overlap");
	refused(twice, 2, 100, 0, "they are the same");
	refused(inside, 2, 100, 0, "one is inside the other");
	refused(last, 4, 100, 0, "the last one overlaps");
}

/* Each grows a little, all together too much; and sums near 2^32. */
static void
sums(void **state)
{
	struct edit v[400];
	uint32_t n = 0;

	(void)state;
	for (; n < LIMIT_GROWTH + 1; n++)
		v[n] = (struct edit){{n * 2, n * 2}, "x", 1};
	taken(v, LIMIT_GROWTH, 1000, 0);
	refused(v, LIMIT_GROWTH + 1, 1000, 0, "they add 257 bytes");
	v[n++] = (struct edit){{900, 901}, NULL, 0};
	taken(v, n, 1000, 0);

	v[0] = (struct edit){{0, UINT32_MAX - 1}, filler, 100};
	v[1] = (struct edit){
	    {UINT32_MAX - 1, UINT32_MAX - 1}, filler, LIMIT_GROWTH};
	taken(v, 2, UINT32_MAX - 1, 0);
	refused(v, 2, UINT32_MAX - 1, 1, "almost all of 4 GB would go");
	/* 1 + 256 would be 0 in 8 bits, 2^32 in 32: neither may wrap. */
	v[0] = (struct edit){{0, UINT32_MAX}, filler, UINT32_MAX};
	taken(v, 1, UINT32_MAX, 100);
	v[1] = (struct edit){{UINT32_MAX, UINT32_MAX}, filler, 256};
	taken(v, 2, UINT32_MAX, 100);
	v[2] = (struct edit){{UINT32_MAX, UINT32_MAX}, filler, 1};
	refused(v, 3, UINT32_MAX, 100, "they add 257 bytes to 4 GB");
}

static void
what_is_left(void **state)
{
	struct edit e = {{0, 67}, NULL, 0};

	(void)state;
	taken(&e, 1, 100, 33);
	e.span.to = 68;
	refused(&e, 1, 100, 33, "32 of 100 are left");
	e.p = filler;
	e.len = 1; /* what is put in counts as left */
	taken(&e, 1, 100, 33);
	e = (struct edit){{0, 100}, NULL, 0};
	refused(&e, 1, 100, 1, "nothing is left");
	taken(&e, 1, 100, 0);
	e.span.to = 1;
	refused(&e, 1, 100, 100, "one byte goes");
}

/* Forged fields of ours, however long, count neither as removed nor as there;
   only whole ones do, and nothing that merely stands beside them. */
static void
forged_fields(void **state)
{
	static const struct {
		const char *before, *gone, *behind;
		bool ok;
	} v[] = {
	    {"", "X-Simsift: 0123456789012345678901234567890123456789\n",
		"A: b\n\ntext\n", true},
	    {"A: b\n", "x-SIMSIFT-Token: 0123456789\n 0123456789\n\t0123\n",
		"\ntext\n", true},
	    {"", "X-Simsift: 01234567890123456789\nX-Simsift: 0123456789\n",
		"\nt\n", true},
	    {"", "X-Simsift: 0\nSubject: 0123456789012345678901234567890\n",
		"\nt\n", false},
	    {"", "X-Simsif: 0123456789012345678901234567890123456789\n",
		"\nt\n", false},
	    {"A: ", "X-Simsift: 0123456789012345678901234567890123456\n",
		"\nt\n", false},
	    {"", "X-Simsift: 0123456789012345678901234567890123456", "\nt\n",
		false},
	    {"", "X-Simsift: 0\n\n0123456789012345678901234567890123456\n",
		"t\n", false},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		struct buf m = BUF(1000);
		uint32_t from = (uint32_t)strlen(v[i].before);
		struct edit e = {
		    {from, from + (uint32_t)strlen(v[i].gone)}, NULL, 0};
		const char *why;

		buf_puts(&m, v[i].before);
		buf_puts(&m, v[i].gone);
		buf_puts(&m, v[i].behind);
		why = edit_check(m.p, (uint32_t)m.len, &e, 1, 33);
		if ((why == NULL) != v[i].ok)
			fail_msg("%.*s: %s", (int)m.len, m.p,
			    why != NULL ? why : "taken");
		/* With other bytes in its place it is an edit like others. */
		e.p = "x";
		e.len = 1;
		assert_non_null(edit_check(m.p, (uint32_t)m.len, &e, 1, 33));
		buf_free(&m);
	}
}

static void
too_many(void **state)
{
	uint32_t n = LIMIT_EDITS + 1;
	struct edit *v = calloc(n, sizeof *v);

	(void)state;
	assert_non_null(v);
	for (uint32_t i = 0; i < n; i++)
		v[i].span = (struct span){i * 4, i * 4 + 1};
	taken(v, LIMIT_EDITS, n * 4, 33);
	refused(v, n, n * 4, 33, "there are too many");
	free(v);
}

static uint32_t
rnd(uint32_t below)
{
	static uint32_t seed = 5;

	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* Applied one by one from behind, which needs no other offsets. */
static size_t
naive_apply(char *s, size_t n, const struct edit *v, uint32_t count)
{
	while (count-- > 0) {
		const struct edit *e = &v[count];

		memmove(
		    s + e->span.from + e->len, s + e->span.to, n - e->span.to);
		if (e->len > 0)
			memcpy(s + e->span.from, e->p, e->len);
		n = n - (e->span.to - e->span.from) + e->len;
	}
	return n;
}

static void
applying(void **state)
{
	(void)state;
	for (int round = 0; round < 20000; round++) {
		char src[120], want[4000], *tight;
		uint32_t len = rnd(sizeof src), n = 0, at = 0;
		struct edit v[10];
		struct buf out = BUF(sizeof want);
		size_t wanted;

		for (uint32_t i = 0; i < len; i++)
			src[i] = (char)rnd(256);
		while (n < LEN(v) && at <= len && rnd(12) != 0) {
			uint32_t from = at + rnd(len - at + 1);
			uint32_t to = from + rnd(len - from + 1);
			uint32_t put = rnd(3) == 0 ? rnd(30) : 0;

			v[n++] = (struct edit){{from, to},
			    put > 0 ? filler + rnd(1000) : NULL, put};
			at = to;
		}
		memcpy(want, src, len);
		wanted = naive_apply(want, len, v, n);
		tight = malloc(len > 0 ? len : 1);
		assert_non_null(tight);
		memcpy(tight, src, len);
		taken(v, n, len, 0);
		assert_int_equal(edit_apply(&out, tight, len, v, n), 0);
		assert_int_equal(out.len, wanted);
		assert_true(wanted == 0 || memcmp(out.p, want, wanted) == 0);
		buf_free(&out);
		free(tight);
	}
}

static void
applying_without_room(void **state)
{
	struct buf out = BUF(9);
	const struct edit e = {{0, 1}, "12345", 5};

	(void)state;
	assert_int_equal(edit_apply(&out, "abcdef", 6, &e, 1), -1);
	buf_free(&out);
	out = BUF(10);
	assert_int_equal(edit_apply(&out, "abcdef", 6, &e, 1), 0);
	assert_memory_equal(out.p, "12345bcdef", 10);
	buf_free(&out);
	assert_int_equal(edit_apply(&out, NULL, 0, NULL, 0), 0);
	assert_int_equal(out.len, 0);
	buf_free(&out);
}

/* A picture that goes leaves the text, however large it was. */
static void
pictures(void **state)
{
	static const char head[] = "A: b\n\n", png[] = "iVBORw0KGgoAAAAN",
			  tail[] = "\n--b--\n";
	char m[4000] = "";
	uint32_t from = sizeof head - 1, to = 3000;
	struct edit e = {{from, to}, NULL, 0};

	(void)state;
	memcpy(m, head, from);
	memset(m + from, 'A', to - from);
	memcpy(m + from, png, sizeof png - 1);
	memcpy(m + to, tail, sizeof tail - 1);
	assert_null(edit_check(m, to + sizeof tail - 1, &e, 1, 33));
	m[from + 99] = ' '; /* words */
	assert_non_null(edit_check(m, to + sizeof tail - 1, &e, 1, 33));
	m[from + 99] = 'A';
	m[from] = 'j'; /* some other file */
	assert_non_null(edit_check(m, to + sizeof tail - 1, &e, 1, 33));
	m[from] = 'i';
	m[from - 1] = 'x'; /* not from its start */
	assert_non_null(edit_check(m, to + sizeof tail - 1, &e, 1, 33));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_ones),
	    cmocka_unit_test(pictures),
	    cmocka_unit_test(one_bad_edit),
	    cmocka_unit_test(order),
	    cmocka_unit_test(sums),
	    cmocka_unit_test(what_is_left),
	    cmocka_unit_test(forged_fields),
	    cmocka_unit_test(too_many),
	    cmocka_unit_test(applying),
	    cmocka_unit_test(applying_without_room),
	};

	for (size_t i = 0; i < sizeof filler; i++)
		filler[i] = (char)('A' + i % 26);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
