#include "when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LEN(v) (sizeof(v) / sizeof((v)[0]))

/* Sat, 28 Nov 2026 16:53:54 UTC */
#define NOW 1795884834

static void
typed(void **state)
{
	static const struct {
		const char *s;
		int64_t seconds;
	} good[] = {{"90s", 90}, {"30m", 1800}, {"12h", 43200}, {"2d", 172800},
	    {"4w", 2419200}, {"0d", 0}, {"9999999d", 9999999 * 86400LL}};
	static const char *const bad[] = {"", "d", "2", "2 d", "-2d", "2dd",
	    "2D", "1.5d", "99999999d", "2d ", "two days", "+2d", "1h30m"};
	struct err err;
	int64_t v;

	(void)state;
	for (size_t i = 0; i < LEN(good); i++) {
		assert_int_equal(when_parse(good[i].s, &v, &err), 0);
		assert_true(v == good[i].seconds);
	}
	for (size_t i = 0; i < LEN(bad); i++) {
		assert_int_equal(when_parse(bad[i], &v, &err), -1);
		assert_non_null(strstr(err.text, "as in 2d"));
	}
}

typedef void two_times(char *, time_t, time_t);

static void
is(two_times *f, time_t then, const char *want)
{
	char out[WHEN_ROOM];

	f(out, then, NOW);
	assert_string_equal(out, want);
}

static void
columns(void **state)
{
	(void)state;
	is(when_column, NOW, "Nov 28 16:53");
	is(when_column, NOW - 86400 * 20, "Nov  8 16:53");
	is(when_column, NOW - 86400 * 365, "Nov 28  2025");
	is(when_column, NOW + 86400 * 40, "Jan  7  2027");
	is(when_column, 0, "Jan  1  1970");
	is(when_brief, NOW - 3600, "15:53");
	is(when_brief, NOW - 90000, "Nov 27");
}

static void
in_mail(void **state)
{
	char out[WHEN_ROOM];

	(void)state;
	when_mail(out, NOW);
	assert_string_equal(out, "Sat, 28 Nov 2026 16:53:54 +0000");
	when_iso(out, NOW);
	assert_string_equal(out, "2026-11-28T16:53:54Z");
	setenv("TZ", "America/St_Johns", 1);
	tzset();
	when_mail(out, NOW);
	assert_string_equal(out, "Sat, 28 Nov 2026 13:23:54 -0330");
	setenv("TZ", "UTC", 1);
	tzset();
}

/* Times that no calendar has must not write beyond the room. */
static void
far_away(void **state)
{
	static const time_t v[] = {INT64_MAX, INT64_MIN, 253402300800, -1};
	char out[WHEN_ROOM];

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		when_column(out, v[i], NOW);
		when_brief(out, v[i], NOW);
		when_mail(out, v[i]);
		when_iso(out, v[i]);
		assert_true(strlen(out) < sizeof out);
	}
}

static void
stretches(void **state)
{
	char out[WHEN_ROOM];

	(void)state;
	when_stretch(out, 86400);
	assert_string_equal(out, "24 h");
	when_stretch(out, 600);
	assert_string_equal(out, "10 min");
	when_stretch(out, 86400 * 7);
	assert_string_equal(out, "7 days");
}

static void
since(void **state)
{
	static const char *const bad[] = {"2026-13-01", "2026-02-30",
	    "2026-11-28 10:00", "tomorrow", "", "2026-11"};
	struct err err;
	int64_t v;

	(void)state;
	setenv("TZ", "UTC-2", 1);
	tzset();
	assert_int_equal(when_since("2026-11-28", NOW, &v, &err), 0);
	assert_true(v == NOW - NOW % 86400 - 7200);
	assert_int_equal(when_since("2d", NOW, &v, &err), 0);
	assert_true(v == NOW - 2 * 86400);
	for (size_t i = 0; i < LEN(bad); i++)
		assert_int_equal(when_since(bad[i], NOW, &v, &err), -1);
	setenv("TZ", "UTC", 1);
	tzset();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(typed),
	    cmocka_unit_test(columns),
	    cmocka_unit_test(in_mail),
	    cmocka_unit_test(far_away),
	    cmocka_unit_test(stretches),
	    cmocka_unit_test(since),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
