#include "buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
is(const struct buf *b, const char *want)
{
	assert_false(b->failed);
	assert_int_equal(b->len, strlen(want));
	assert_memory_equal(b->p, want, b->len);
}

static void
putting(void **state)
{
	struct buf b = BUF(100);

	(void)state;
	assert_int_equal(buf_put(&b, NULL, 0), 0);
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_puts(&b, "one "), 0);
	assert_int_equal(buf_put(&b, "two!", 3), 0);
	assert_int_equal(buf_printf(&b, " %d%%", 3), 0);
	assert_int_equal(buf_puts(&b, ""), 0);
	is(&b, "one two 3%");
	buf_free(&b);
	assert_null(b.p);
	assert_int_equal(b.len + b.size, 0);
	assert_int_equal(b.cap, 100);
	assert_int_equal(buf_puts(&b, "again"), 0);
	is(&b, "again");
	buf_free(&b);
}

static void
long_words(void **state)
{
	char s[2001];

	(void)state;
	memset(s, 'w', 2000);
	s[2000] = '\0';
	/* Round the size of the buffer that printf uses first. */
	for (int n = 500; n < 530; n++) {
		struct buf b = BUF(1u << 20);

		assert_int_equal(buf_printf(&b, "[%.*s]", n, s), 0);
		assert_int_equal(b.len, (size_t)n + 2);
		assert_int_equal(b.p[0], '[');
		assert_int_equal(b.p[n + 1], ']');
		assert_int_equal(buf_puts(&b, "."), 0);
		assert_int_equal(b.p[n + 2], '.');
		buf_free(&b);
	}
}

/* A failure sticks, and what was put before it stays. */
static void
caps(void **state)
{
	struct buf b = BUF(8), none = BUF(0);

	(void)state;
	assert_int_equal(buf_puts(&b, "12345678"), 0);
	assert_int_equal(buf_put(&b, "", 0), 0);
	assert_int_equal(buf_puts(&b, "9"), -1);
	assert_true(b.failed);
	assert_int_equal(b.len, 8);
	assert_memory_equal(b.p, "12345678", 8);
	assert_int_equal(buf_put(&b, "", 0), -1);
	assert_int_equal(buf_printf(&b, "x"), -1);
	assert_true(b.size <= b.cap);
	buf_free(&b);
	assert_false(b.failed);

	assert_int_equal(buf_put(&none, "", 0), 0);
	assert_int_equal(buf_puts(&none, "1"), -1);
	assert_null(none.p);
	buf_free(&none);
}

static void
huge_lengths(void **state)
{
	struct buf b = BUF(SIZE_MAX);
#ifdef __SANITIZE_ADDRESS__ /* its malloc ends the process */
	static const size_t n[] = {SIZE_MAX, SIZE_MAX - 2};
#else
	static const size_t n[] = {SIZE_MAX, SIZE_MAX - 2, SIZE_MAX / 2 + 1};
#endif

	(void)state;
	for (size_t i = 0; i < sizeof n / sizeof *n; i++) {
		assert_int_equal(buf_puts(&b, "abc"), 0);
		/* No room: by arithmetic, or since malloc has not that much. */
		assert_int_equal(buf_room(&b, n[i]), -1);
		assert_true(b.failed);
		assert_memory_equal(b.p, "abc", 3);
		buf_free(&b);
	}
}

static void
many_pieces(void **state)
{
	struct buf b = BUF(300000);
	uint32_t seed = 3;
	size_t sum = 0;

	(void)state;
	for (int i = 0; sum < 250000; i++) {
		char s[900];
		size_t n;

		seed = seed * 1664525u + 1013904223u;
		n = (seed >> 16) % sizeof s;
		memset(s, i & 127, n);
		assert_int_equal(buf_put(&b, s, n), 0);
		sum += n;
		assert_int_equal(b.len, sum);
		assert_true(b.size >= b.len && b.size <= b.cap);
		if (n > 0)
			assert_int_equal(b.p[b.len - n], i & 127);
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(putting),
	    cmocka_unit_test(long_words),
	    cmocka_unit_test(caps),
	    cmocka_unit_test(huge_lengths),
	    cmocka_unit_test(many_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
