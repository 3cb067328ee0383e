#include "width.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
widths(void **state)
{
	(void)state;
	assert_int_equal(width_of("", 0), 0);
	assert_int_equal(width_of("tea", 3), 3);
	assert_int_equal(width_of("日本", 6), 4);
	assert_int_equal(width_of("e\xcc\x81", 3), 1); /* combining */
	assert_int_equal(width_of("\xff", 1), 1);
}

static void
puts_it(const char *s, uint32_t columns, const char *want)
{
	struct buf out = BUF(4096);

	width_put(&out, s, strlen(s), columns);
	buf_put(&out, "", 1);
	assert_string_equal(out.p, want);
	assert_int_equal(width_of(out.p, strlen(out.p)), columns);
	buf_free(&out);
}

static void
fits(void **state)
{
	(void)state;
	puts_it("tea", 5, "tea  ");
	puts_it("tea", 3, "tea");
	puts_it("teas", 3, "te…");
	puts_it("日本短信卡", 10, "日本短信卡");
	puts_it("日本短信卡", 9, "日本短信…");
	/* Half a character does not fit. */
	puts_it("日本短信卡", 8, "日本短… ");
	puts_it("日本", 1, "…");
	puts_it("日本", 0, "");
	puts_it("", 3, "   ");
}

/* Always just the columns that were asked for. */
static void
any_width(void **state)
{
	static const char text[] = "a日e\xcc\x81本😀 卡b";

	(void)state;
	for (uint32_t n = 0; n < sizeof text; n++)
		for (uint32_t columns = 0; columns < 20; columns++) {
			struct buf out = BUF(4096);

			width_put(&out, text, n, columns);
			assert_int_equal(width_of(out.p, out.len), columns);
			buf_free(&out);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(widths),
	    cmocka_unit_test(fits),
	    cmocka_unit_test(any_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
