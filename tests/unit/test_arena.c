#include "arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#define LEN(v) (sizeof(v) / sizeof((v)[0]))

static struct arena *
made(size_t cap)
{
	struct arena *a = arena_new(cap);

	assert_non_null(a);
	return a;
}

static uint32_t
rnd(void)
{
	static uint32_t seed = 7;

	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

static void
zeroed_and_aligned(void **state)
{
	static const size_t size[] = {
	    0, 1, 15, 16, 17, 4095, 16383, 16384, 16385, 65536, 65537, 200000};
	struct arena *a = made(16u << 20);

	(void)state;
	for (size_t i = 0; i < LEN(size); i++)
		for (int k = 0; k < 5; k++) {
			unsigned char *p = arena_alloc(a, size[i]);

			assert_non_null(p);
			assert_int_equal((uintptr_t)p % 16, 0);
			for (size_t n = 0; n < size[i]; n++)
				assert_int_equal(p[n], 0);
			memset(p, 0xa5, size[i]);
		}
	arena_free(a);
	arena_free(NULL);
}

/* Blocks of all sizes keep their bytes, whatever else grows. */
static void
blocks_do_not_overlap(void **state)
{
	enum { BLOCKS = 200, ROUNDS = 4000 };
	struct {
		unsigned char *p, fill;
		size_t len;
	} v[BLOCKS] = {0};
	struct arena *a = made(512u << 20);

	(void)state;
	assert_int_equal(setjmp(*arena_oom(a)), 0);
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t i = rnd() % BLOCKS;
		size_t len = rnd() % 8 == 0 ? rnd() % 60000 : rnd() % 300;

		for (size_t k = 0; k < v[i].len; k++)
			if (v[i].p[k] != v[i].fill)
				fail_msg("byte %zu of block %u", k, i);
		if (rnd() % 2 == 0 && v[i].len + len < 100000) {
			v[i].p =
			    arena_grow(a, v[i].p, v[i].len, v[i].len + len);
			memset(v[i].p + v[i].len, v[i].fill, len);
			v[i].len += len;
		} else {
			v[i].p = arena_alloc(a, len);
			v[i].len = len;
			v[i].fill = (unsigned char)round;
			memset(v[i].p, v[i].fill, len);
		}
	}
	arena_free(a);
}

static void
growing(void **state)
{
	struct arena *a = made(64u << 20);
	char *p = arena_grow(a, NULL, 0, 10), *q;
	size_t used;

	(void)state;
	memcpy(p, "0123456789", 10);
	assert_ptr_equal(arena_grow(a, p, 10, 10), p);
	assert_ptr_equal(arena_grow(a, p, 10, 3), p);
	q = arena_grow(a, p, 10, 100);
	assert_memory_equal(q, "0123456789", 10);
	/* A large block that doubles takes little more than it needs. */
	q = arena_grow(a, q, 100, 20000);
	for (size_t n = 20000; n < 16u << 20; n *= 2) {
		q[n - 1] = 'e';
		q = arena_grow(a, q, n, n * 2);
		assert_int_equal(q[n - 1], 'e');
		assert_memory_equal(q, "0123456789", 10);
	}
	used = arena_used(a);
	assert_true(used < 40u << 20);
	arena_free(a);
}

/* More large blocks than are looked through: the oldest are copied. */
static void
growing_an_old_large_block(void **state)
{
	struct arena *a = made(64u << 20);
	char *first = arena_alloc(a, 20000);

	(void)state;
	memset(first, 'f', 20000);
	for (int i = 0; i < 200; i++)
		memset(arena_alloc(a, 20000), 'x', 20000);
	first = arena_grow(a, first, 20000, 40000);
	for (int i = 0; i < 20000; i++)
		assert_int_equal(first[i], 'f');
	arena_free(a);
}

static void
doubling_arrays(void **state)
{
	struct arena *a = made(64u << 20);
	struct {
		uint32_t id, twice;
		char pad[20];
	} *v = NULL;
	uint32_t size = 0;

	(void)state;
	for (uint32_t n = 0; n < 50000; n++) {
		v = arena_more(a, v, n, &size, sizeof *v);
		assert_true(size > n);
		v[n].id = n;
		v[n].twice = 2 * n;
	}
	for (uint32_t n = 0; n < 50000; n++)
		assert_true(v[n].id == n && v[n].twice == 2 * n);
	arena_free(a);
}

static void
copies_and_words(void **state)
{
	struct arena *a = made(1u << 20);
	char *s = arena_dup(a, "a\0b", 3), long_one[3001];

	(void)state;
	assert_memory_equal(s, "a\0b", 4);
	assert_string_equal(arena_dup(a, NULL, 0), "");
	assert_string_equal(arena_printf(a, "%s-%d", "n", 7), "n-7");
	assert_string_equal(arena_printf(a, "%s", ""), "");
	memset(long_one, 'y', 3000);
	long_one[3000] = '\0';
	s = arena_printf(a, "<%s>", long_one);
	assert_int_equal(strlen(s), 3002);
	assert_int_equal(s[3001], '>');
	arena_free(a);
}

/* The cap holds whatever is asked, and the owner's place is jumped to. */
static void
out_of_memory(void **state)
{
	static const size_t too_much[] = {
	    (1u << 20) + 1, 1u << 30, SIZE_MAX / 2, SIZE_MAX - 20, SIZE_MAX};
	static struct arena *a;
	static volatile size_t i;
	static volatile int jumps;
	static char *p;

	(void)state;
	a = made(1u << 20);
	jumps = 0;
	for (i = 0; i < LEN(too_much); i++) {
		if (setjmp(*arena_oom(a)) != 0) {
			jumps++;
			continue;
		}
		arena_alloc(a, too_much[i]);
		fail_msg("%zu bytes were given", too_much[i]);
	}
	for (i = 0; i < 2; i++) {
		if (setjmp(*arena_oom(a)) != 0) {
			jumps++;
			continue;
		}
		arena_array(a, SIZE_MAX / 4, i == 0 ? 8 : 4);
		fail_msg("the product of count and size overflows");
	}
	if (setjmp(*arena_oom(a)) == 0) {
		p = arena_alloc(a, 30000);
		memset(p, 'k', 30000);
		arena_grow(a, p, 30000, 2u << 20);
		fail_msg("grown above the cap");
	}
	jumps++;
	for (int k = 0; k < 30000; k++) /* what was there is there */
		assert_int_equal(p[k], 'k');
	if (setjmp(*arena_oom(a)) == 0)
		for (;;)
			assert_true(
			    (arena_alloc(a, 1000), arena_used(a)) <= 1u << 20);
	assert_int_equal(jumps, LEN(too_much) + 3);
	assert_true(arena_used(a) <= 1u << 20);
	arena_free(a);
}

/* No owner: the process ends so that the caller tries again later. */
static void
nobody_to_tell(void **state)
{
	pid_t pid = fork();
	int status = 0;

	(void)state;
	if (pid == 0) {
		arena_alloc(arena_new(1000), 2000);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EX_TEMPFAIL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(zeroed_and_aligned),
	    cmocka_unit_test(blocks_do_not_overlap),
	    cmocka_unit_test(growing),
	    cmocka_unit_test(growing_an_old_large_block),
	    cmocka_unit_test(doubling_arrays),
	    cmocka_unit_test(copies_and_words),
	    cmocka_unit_test(out_of_memory),
	    cmocka_unit_test(nobody_to_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
