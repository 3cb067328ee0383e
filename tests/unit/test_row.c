#include "row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tally.h"

static struct buf out = {.cap = 1u << 20};

static const char *
cell(const char *s, size_t n, unsigned width)
{
	out.len = 0;
	row_cell(&out, s, n, width);
	buf_put(&out, "", 1);
	assert_false(out.failed);
	return out.p;
}

static void
test_cells(void **state)
{
	(void)state;
	assert_string_equal(cell("abc", 3, 5), "abc  ");
	assert_string_equal(cell("abcde", 5, 5), "abcde");
	assert_string_equal(cell("abcdef", 6, 5), "abcd\u2026");
	assert_string_equal(cell(NULL, 0, 3), "   ");
	/* Two columns each; one that does not fit leaves a blank. */
	assert_string_equal(cell("张三李四", 12, 8), "张三李四");
	assert_string_equal(cell("张三李四", 12, 7), "张三李\u2026");
	assert_string_equal(cell("张三李四", 12, 6), "张三\u2026 ");
	assert_string_equal(cell("张", 3, 1), "\u2026");
	/* Marks take no column and stay with their letter. */
	assert_string_equal(cell("e\u0301a", 4, 3), "e\u0301a ");
	assert_string_equal(
	    cell("e\u0301e\u0301e\u0301", 9, 2), "e\u0301\u2026");
	/* What a terminal would obey, and bytes that are no text. */
	assert_string_equal(cell("\033[1m", 4, 8), "\\x1b[1m ");
	assert_string_equal(cell("a\nb", 3, 5), "a\\nb ");
	assert_string_equal(cell("\xff", 1, 5), "\\xff ");
	assert_string_equal(cell("\u202e", 3, 8), "\\u{202e}");
}

static void
add(struct tally *t, const struct rules *rules, enum verdict v,
    const char *from)
{
	struct pool_item item = {.len = 10,
	    .report = {.verdict = v,
		.category = UINT32_MAX,
		.from = from,
		.from_len = (uint32_t)strlen(from)}};

	tally_add(t, &item, rules);
}

static void
test_tally(void **state)
{
	static const struct rules rules;
	struct tally t;
	char name[3];

	(void)state;
	out.len = 0;
	assert_int_equal(tally_open(&t), 0);
	add(&t, &rules, VERDICT_CLEAN, "clean");
	add(&t, &rules, VERDICT_ERROR, "");
	add(&t, &rules, VERDICT_PROMO, "");
	for (int i = 0; i < 12; i++) {
		name[0] = (char)('z' - i);
		name[1] = '\0';
		add(&t, &rules, VERDICT_PROMO, name);
	}
	add(&t, &rules, VERDICT_PHISH, "o");
	tally_print(&out, &t);
	tally_close(&t);
	buf_put(&out, "", 1);
	assert_non_null(strstr(out.p,
	    "by category\n"
	    "  promo                                          13\n"
	    "  phish                                           1\n"));
	/* The more frequent first, then by name; ten of them. */
	assert_non_null(strstr(out.p,
	    "by sender\n"
	    "  o                                               2\n"
	    "  (nobody)                                        1\n"
	    "  p                                               1\n"));
	assert_non_null(strstr(out.p,
	    "  others                                          3\n\n"
	    "16 messages: 1 clean, 13 promotion, 1 phishing, 1 not judged\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cells), cmocka_unit_test(test_tally)};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	buf_free(&out);
	return rc;
}
