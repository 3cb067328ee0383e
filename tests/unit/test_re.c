#include "re.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define LEN(v) (sizeof(v) / sizeof((v)[0]))

static struct re *
compiled(const char *pattern, unsigned flags)
{
	struct re_fault fault;
	struct re *re = NULL;

	if (re_compile(
		&re, pattern, (uint32_t)strlen(pattern), flags, &fault) == -1)
		fail_msg("%s: %s", pattern, fault.text);
	assert_non_null(re);
	return re;
}

/* From a block of just that size, so that a read too far is seen. */
static int
match_tight(const struct re *re, const char *p, uint32_t n, uint32_t start,
    struct span *m)
{
	char *copy = malloc(n > 0 ? n : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, p, n);
	rc = re_match(re, copy, n, start, m);
	free(copy);
	return rc;
}

static void
finds(const char *pattern, unsigned flags, const char *p, uint32_t start,
    uint32_t from, uint32_t to)
{
	for (int jit = 0; jit < 2; jit++) {
		struct re *re = compiled(pattern, flags);
		struct span m = {99, 99};

		if (jit)
			re_jit(re);
		if (match_tight(re, p, (uint32_t)strlen(p), start, &m) != 1)
			fail_msg("%s: not found in %s", pattern, p);
		if (m.from != from || m.to != to)
			fail_msg("%s in %s: got %u-%u, want %u-%u", pattern, p,
			    m.from, m.to, from, to);
		re_free(re);
	}
}

static void
finds_not(const char *pattern, unsigned flags, const char *p, uint32_t start)
{
	struct re *re = compiled(pattern, flags);
	struct span m;

	if (match_tight(re, p, (uint32_t)strlen(p), start, &m) != 0)
		fail_msg("%s: found in %s", pattern, p);
	re_free(re);
}

static void
flags(void **state)
{
	(void)state;
	finds("sim", 0, "a sim", 0, 2, 5);
	finds_not("SIM", 0, "a sim", 0);
	finds("SIM", RE_CASELESS, "a sim", 0, 2, 5);
	finds("СИМ", RE_CASELESS, "сим", 0, 0, 6);
	finds_not("a.b", 0, "a\nb", 0);
	finds("a.b", RE_DOTALL, "a\nb", 0, 0, 3);
	finds_not("^b$", 0, "a\nb\nc", 0);
	finds("^b$", RE_MULTILINE, "a\nb\nc", 0, 2, 3);
	finds("a b # c", RE_EXTENDED, "ab", 0, 0, 2);
	finds("A . ^b", RE_CASELESS | RE_DOTALL | RE_MULTILINE | RE_EXTENDED,
	    "xa\nb", 0, 1, 4);
}

/* Characters, not bytes; properties of all scripts. */
static void
unicode(void **state)
{
	(void)state;
	finds("^.$", 0, "卡", 0, 0, 3);
	finds("\\p{Han}{2}", 0, "x手机", 0, 1, 7);
	finds("\\w+", 0, "§ñandú!", 0, 2, 9);
	finds("\\d", 0, "x٣", 0, 1, 3);
	finds("[【〖]", 0, "a〖b", 0, 1, 4);
	finds("\\bSIM\\b", 0, "eSIM SIM", 0, 5, 8);
}

static void
starts(void **state)
{
	(void)state;
	finds("b", 0, "abab", 2, 3, 4);
	finds_not("a", 0, "abab", 3);
	finds_not("^a", 0, "aa", 1); /* the start is no start of text */
	finds("(?<=a)b", 0, "ab", 1, 1, 2);
	finds_not("(?<!a)b", 0, "ab", 1);
	finds("", 0, "ab", 2, 2, 2);
	finds("$", 0, "ab", 0, 2, 2);
	finds("", 0, "", 0, 0, 0);
}

static void
no_text(void **state)
{
	struct re *re = compiled("^$", 0);
	struct span m = {7, 7};

	(void)state;
	assert_int_equal(re_match(re, NULL, 0, 0, &m), 1);
	assert_int_equal(m.from + m.to, 0);
	re_free(re);
	re = compiled("x", 0);
	assert_int_equal(re_match(re, NULL, 0, 0, &m), 0);
	re_free(re);
	re_free(NULL);
}

static void
nuls(void **state)
{
	struct re_fault fault;
	struct re *re = NULL;
	struct span m;

	(void)state;
	assert_int_equal(re_compile(&re, "a\0b", 3, 0, &fault), 0);
	assert_int_equal(match_tight(re, "x\0a\0b", 5, 0, &m), 1);
	assert_int_equal(m.from, 2);
	assert_int_equal(match_tight(re, "ab", 2, 0, &m), 0);
	re_free(re);
}

static void
faults(void **state)
{
	static const struct {
		const char *pattern;
		uint32_t low, high;
	} v[] = {{"ab(cd", 5, 5}, {"ab)", 2, 3}, {"a[b", 3, 3}, {"*a", 0, 1},
	    {"x{3,1}", 1, 6}, {"\\p{Nonsense}", 1, 12},
	    {"(?<n>a)(?<n>b)", 8, 12}, {"(?<=a*)b", 0, 8}, {"(?=ab\\K)", 1, 8},
	    {"a\\Cb", 1, 3}, {"\xff", 0, 1}, {"a\xe5", 1, 2}, {"\\", 1, 1}};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		struct re_fault fault;
		struct re *re = NULL;

		if (re_compile(&re, v[i].pattern,
			(uint32_t)strlen(v[i].pattern), 0, &fault) != -1)
			fail_msg("%s compiles", v[i].pattern);
		assert_null(re);
		assert_true(fault.text[0] != '\0');
		if (fault.offset < v[i].low || fault.offset > v[i].high)
			fail_msg("%s: fault at %u", v[i].pattern, fault.offset);
	}
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What would run for ever is given up, and that is no hit. */
static void
limits(void **state)
{
	static const char *const v[] = {"(?:a+)+[xy]", "(?:a|aa)+[xy]",
	    "(a*)*[xy]", "(?:(?:a?){9}){9}[xy]", "(?:.*,){9}P"};
	char p[2049];

	(void)state;
	memset(p, 'a', sizeof p - 1);
	p[sizeof p - 1] = '\0';
	for (size_t i = 0; i < LEN(v) * 2; i++) {
		struct re *re = compiled(v[i / 2], 0);
		double t0 = seconds();
		struct span m = {1, 1};
		int rc;

		if (i % 2)
			re_jit(re);
		rc = match_tight(re, p, sizeof p - 1, 0, &m);
		if (rc == 1 || (i / 2 < 2 && rc != -1))
			fail_msg("%s gives %d", v[i / 2], rc);
		if (seconds() - t0 > 2)
			fail_msg("%s takes %.1f s", v[i / 2], seconds() - t0);
		/* The same pattern is of use again. */
		assert_int_equal(
		    match_tight(re, ",,,,,,,,,P aax", 14, 0, &m), 1);
		re_free(re);
	}
}

/* Deep recursion in the pattern needs heap, not our stack. */
static void
deep(void **state)
{
	struct re *re = compiled("^(\\((?:[^()]|(?1))*\\))$", 0);
	enum { N = 100000 };
	char *p = malloc(2 * N);
	struct span m;

	(void)state;
	assert_non_null(p);
	memset(p, '(', N);
	memset(p + N, ')', N);
	assert_int_equal(match_tight(re, "((()()))", 8, 0, &m), 1);
	assert_int_not_equal(match_tight(re, p, 2 * N, 0, &m), 1);
	free(p);
	re_free(re);
}

static void
version(void **state)
{
	char s[64];

	(void)state;
	memset(s, 'x', sizeof s);
	re_version(s);
	assert_non_null(memchr(s, '\0', sizeof s));
	assert_non_null(strchr(s, '.'));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(flags),
	    cmocka_unit_test(unicode),
	    cmocka_unit_test(starts),
	    cmocka_unit_test(no_text),
	    cmocka_unit_test(nuls),
	    cmocka_unit_test(faults),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(deep),
	    cmocka_unit_test(version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
