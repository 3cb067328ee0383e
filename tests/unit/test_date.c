#include "date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_dates(void **state)
{
	static const char *const pairs[][2] = {
	    {"Mon, 2 Nov 2026 10:11:12 +0100", "2026-11-02T10:11:12+01:00"},
	    {" 02 Nov 2026 10:11:12 -0930 (X)\n", "2026-11-02T10:11:12-09:30"},
	    {"Mon,  2 nov 26 1:11 GMT", "2026-11-02T01:11:00+00:00"},
	    {"Mon, 2-Nov-99 10:11:12 EST", "1999-11-02T10:11:12-05:00"},
	    {"2 November 2026\n 10:11:60 +2560", "2026-11-02T10:11:60+00:00"},
	    {"", ""},
	    {"yesterday", ""},
	    {"Mon, 42 Nov 2026 10:11:12 +0100", ""},
	    {"Mon, 2 Nov 2026 25:11:12 +0100", ""},
	    {"Mon, 2 Nov 2026", ""},
	    {"Mon, 2 Nov 2026 10", ""},
	    {"Mon, 2", ""},
	    {",", ""},
	    {"\0\0\0", ""},
	};
	char out[DATE_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		out[0] = '\0';
		assert_int_equal(
		    date_iso(out, pairs[i][0], strlen(pairs[i][0])),
		    pairs[i][1][0] != '\0');
		assert_string_equal(out, pairs[i][1]);
	}
	assert_false(date_iso(out, NULL, 0));
	assert_false(date_iso(out, "2 \0Nov 2026 10:11:12", 20));
}

static void
test_mail(void **state)
{
	static const char *const pairs[][2] = {
	    {"2026-11-02T10:11:12+01:00", "Mon, 2 Nov 2026 10:11:12 +0100"},
	    {"1999-12-31T23:59:60-09:30", "Fri, 31 Dec 1999 23:59:60 -0930"},
	    {"2026-11-02T10:11:12", ""}, {"2026-13-02T10:11:12+01:00", ""},
	    {"yesterday, long before noon", ""}};
	char out[DATE_MAIL];
	int64_t t;

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		out[0] = '\0';
		assert_int_equal(
		    date_mail(out, &t, pairs[i][0]), pairs[i][1][0] != '\0');
		assert_string_equal(out, pairs[i][1]);
	}
	assert_true(date_mail(out, &t, "1970-01-01T01:00:00+01:00"));
	assert_true(t == 0);
	assert_true(date_mail(out, &t, "1969-12-31T23:00:00-01:00"));
	assert_true(t == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dates), cmocka_unit_test(test_mail)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
