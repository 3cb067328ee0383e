/* Required literals: sound above all; and the search for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "limits.h"
#include "literal.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct arena *arena;

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new(1u << 30);
	return arena == NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* The set, in any order, with | between; NULL: nothing can be said. */
static const struct {
	const char *pattern, *want, *flags;
} cases[] = {
    {"Telegram", "telegram", ""},
    {"e-?SIM|SIM\\s?卡|接码", "e-sim|esim|sim|接码", "i"},
    {"手机(?:号)?卡", "手机卡|手机号卡", ""},
    {"卡", "卡", ""},
    {"TG", "tg", ""},
    {"a", NULL, ""},
    {"a:", NULL, ""},
    {"   ", NULL, ""},
    {"", NULL, ""},
    {"foo|", NULL, ""},
    {"(foo|)bar", "bar", ""},
    {"(foo|bar)baz", "foobaz|barbaz", ""},
    {"[eE][sS]im", "esim", ""},
    {"[ab]cde", "acde|bcde", ""},
    {"[a-z]cde", "cde", ""},
    {"[^a]cde", "cde", ""},
    {"[]x]cde", "]cde|xcde", ""},
    {"[a\\E-z]cde", "cde", ""},
    {"[\\Qa-\\Ez]cde", NULL, ""},
    {"[[:alpha:]]cde", "cde", ""},
    {"[[:<:]]cde", NULL, ""},
    {"[a-[:digit:]]cde", NULL, ""},
    {"[\\x{41}\\n]cde", "cde", ""},
    {"[\\x{41}\\x3a]cde", "acde|:cde", ""},
    {"[abc", NULL, ""},
    {"[\\b]abc", "\babc", ""},
    {"STRASSE", "strasse", ""},
    {"Straße", "strasse", "i"},
    {"abc?def", "abdef|abcdef", ""},
    {"abc*def", "def", ""},
    {"abc+def", "cdef", ""},
    {"abcde+f", "abcde", ""},
    {"ab+cdef", "bcdef", ""},
    {"abc{2}d", "abccd", ""},
    {"abcd{2,3}e", "abcdd", ""},
    {"abcd{0}e", "abce", ""},
    {"abcd{,2}e", "abc", ""},
    {"abcd{ 2 }e", "abc", ""},
    {"abcd{x}e", "abcd{x}e", ""},
    {"abcd{}e", "abcd{}e", ""},
    {"abcd{0}{ 2}e", "abc", ""},
    {"abcd{2}{3}e", "abc", ""},
    {"abc.{1,20000}def", "abc", ""},
    {"abc??d", "abd|abcd", ""},
    {"(?:abc)++d", "abcd", ""},
    {"\\Qa.b\\E+cde", "bcde", ""},
    {"\\Qa|b)*", "a|b)*", ""},
    {"a\\Ebc\\E*d", "ab", ""},
    {"abc\\d+def", "abc", ""},
    {"abc\\bdef", "abcdef", ""},
    {"^abc$", "abc", "m"},
    {"abc\\x64\\x{65}\\146\\o{147}", "abcde", ""},
    {"abc\\tdef\\.\\/", "abc\tdef./", ""},
    {"\\cAabc", "\001abc", ""},
    {"\\p{Han}abc\\pLde", "abc", ""},
    {"\\N{U+41}abc\\Rde", "abc", ""},
    {"\\yabc", "abc", ""},
    {"\\Cabc", NULL, ""},
    {"abc\\", NULL, ""},
    {"(abc)\\1def", "abc", ""},
    {"abc\\g{-1}defg\\k<n>h", "defg", ""},
    {"(?=xyz)abc(?<!uvw)def", "abcdef", ""},
    {"(?!xyz)", NULL, ""},
    {"(?<n>abc)(?P<m>d)(?'o'e)(?>f)(?|g)", "abcdefg", ""},
    {"(?(1)abc|def)ghi", "ghi", ""},
    {"(?(?=a(b|c))abc|def)ghi", "ghi", ""},
    {"(?(DEFINE)abc)ghi", "ghi", ""},
    {"(?R)abc(?1)(?-1)(?&n)(?P>n)(?P=n)", "abc", ""},
    {"(*ACCEPT)abc", NULL, ""},
    {"abc(*pla:x)", NULL, ""},
    {"abc(?C1)", NULL, ""},
    {"abc(?#c|d)def", "abcdef", ""},
    {"abc(?#)*def", "def", ""},
    {"a b c # d\ndef", "abcdef", "x"},
    {"abcd # e\n ? f", "abcf|abcdf", "x"},
    {"abcd+ ? ef", "abc", "x"},
    {"[ ]abc\\ #", " abc ", "x"},
    {"abc def", NULL, "xx"},
    {"(?x: a b )c d", "abc d", ""},
    {"(?x) a b (?-x) c", "ab c", ""},
    {"(?i)ABC(?-i:D)", "abcd", ""},
    {"(?^)abc", "abc", ""},
    {"(?xx)abc", NULL, ""},
    {"(a(?x)b c|d e)f g", "abcf g|def g", ""},
    {"abc)", NULL, ""},
    {"(abc", NULL, ""},
    {"*abc", NULL, ""},
    {"https?://[a-z]+\\.(?:xyz|top)", ".xyz|.top", ""},
    {"(?:TG|Telegram)\\s*[:：]", "tg|telegram", ""},
    {"\xff"
     "abc",
	NULL, ""},
};

static bool
in_list(const char *list, const char *s, uint32_t len)
{
	for (;;) {
		const char *end = list + strcspn(list, "|");

		if ((uint32_t)(end - list) == len && memcmp(list, s, len) == 0)
			return true;
		if (*end == '\0')
			return false;
		list = end + 1;
	}
}

static void
check_case(const char *pattern, const char *want, const char *flags)
{
	struct literals l;
	uint32_t n = want != NULL;

	for (const char *s = want; s != NULL && *s != '\0'; s++)
		n += *s == '|';
	literal_extract(&l, arena, pattern, (uint32_t)strlen(pattern), flags);
	if (want != NULL && strcmp(want, "a|b)*") == 0)
		n = 1;
	for (uint32_t i = 0; i < l.n; i++)
		if (want == NULL ||
		    (!in_list(want, l.v[i].p, l.v[i].len) && n > 1) ||
		    (n == 1 && strncmp(want, l.v[i].p, l.v[i].len) != 0))
			fail_msg(
			    "%s: \"%.*s\"", pattern, (int)l.v[i].len, l.v[i].p);
	if (l.n != n)
		fail_msg("%s: %u literals, not %u", pattern, l.n, n);
}

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_case(cases[i].pattern, cases[i].want, cases[i].flags);
}

/* How many characters a match has before a literal; -1: any number. */
static const struct {
	const char *pattern, *literal;
	int min, max;
} distances[] = {
    {"telegram", "telegram", 0, 0},
    {".{2}telegram", "telegram", 2, 2},
    {"\\d{1,3} ?telegram", "telegram", 1, 4},
    {"\\d+telegram", "telegram", 1, -1},
    {"[ab]?c{2}telegram", "telegram", 2, 3},
    {"(?:a|bcd|\\d\\d)telegram", "telegram", 1, 3},
    {"(?:\\d|(?:x.){1,2})+telegram", "telegram", 1, -1},
    {"\\Rtelegram", "telegram", 1, 2},
    {"\\Xtelegram", "telegram", 1, -1},
    {"(x)\\1telegram", "telegram", 1, -1},
    {"(?=abc)(?<!x)\\b^telegram", "telegram", 0, 0},
    {"(?(?=a)..|.)telegram", "telegram", 0, 2},
    {"(?(?=a)(?:.|...))telegram", "telegram", 0, 3},
    {"\\d(?:\\d\\dtelegram|\\dtelegram)", "telegram", 2, 3},
    {"(?:.telegram){2,3}", "telegram", 1, 1},
    {"(?:..[ab]telegram\\d){3}", "telegram", 3, 3},
    {"\\d{3}(?i)telegram", "telegram", 3, 3},
    {"\\p{L}\\N{U+41}\\x41\\Qé\\Etelegram", "aételegram", 2, 2},
    {"ß.telegram", "telegram", 2, 2},
    {"(?:.(?#c)\\E){2}telegram", "telegram", 2, 2},
    {"(?:\\d|[^x]|(?:\\w|..(?:.|....)))telegram", "telegram", 1, 6},
};

static void
test_distances(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(distances); i++) {
		const char *p = distances[i].pattern;
		struct literals l;
		uint32_t k = 0;

		literal_extract(&l, arena, p, (uint32_t)strlen(p), "i");
		while (k < l.n && (l.v[k].len != strlen(distances[i].literal) ||
				      memcmp(l.v[k].p, distances[i].literal,
					  l.v[k].len) != 0))
			k++;
		if (k == l.n)
			fail_msg("%s: no %s", p, distances[i].literal);
		if (l.v[k].min != (uint32_t)distances[i].min ||
		    l.v[k].max != (uint32_t)distances[i].max)
			fail_msg("%s: %u-%d", p, l.v[k].min, (int)l.v[k].max);
	}
}

/* Ways that need each other are one. */
static void
test_ways(void **state)
{
	static const struct {
		const char *p;
		uint32_t ways;
	} v[] = {
	    {"telegram|wechat", 2},
	    {"(?:telegram|wechat)", 1},
	    {"telegram(?:a|b)|(wechat)|whatsapp", 3},
	    {"(telegram)\\1|wechat", 1},
	    {"telegram|(wechat)(?1)", 1},
	    {"telegram(?i)|wechat", 1},
	    {"telegram\\Q|x\\E|wechat", 2},
	    {"telegram[|]|wechat(?#|)", 2},
	    {"telegram\\||wechat", 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++) {
		struct literals l;

		literal_extract(
		    &l, arena, v[i].p, (uint32_t)strlen(v[i].p), "");
		if (l.nway != v[i].ways)
			fail_msg("%s: %u ways", v[i].p, l.nway);
	}
}

/* Limits: many alternatives, depth, length. */
static void
test_limits(void **state)
{
	static char p[70000];
	struct literals l;
	uint32_t n = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		n +=
		    (uint32_t)sprintf(p + n, "%sword%03d", i > 0 ? "|" : "", i);
		literal_extract(&l, arena, p, n, "");
		assert_int_equal(l.n, i < (int)LIMIT_LITERALS ? i + 1 : 0);
	}
	memset(p, '(', 30000);
	memset(p + 30000, ')', 30000);
	literal_extract(&l, arena, p, 60000, "");
	assert_int_equal(l.n, 0);
	memset(p, 'x', sizeof p);
	literal_extract(&l, arena, p, sizeof p, "");
	assert_true(l.n == 0 || l.v[0].len <= 64);
	memset(p, '[', sizeof p);
	literal_extract(&l, arena, p, sizeof p, "");
	assert_int_equal(l.n, 0);
}

static uint32_t seed = 1;

static uint32_t
dice(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(seed >> 4) * n >> 28);
}

/*
 * A random pattern, and a text that it matches, made together.
 */
struct made {
	char p[4096], t[4096]; /* pattern, text */
	uint32_t pn, tn;
	bool x, full; /* x flag; too long, to be thrown away */
};

static void
to_pattern(struct made *m, const char *s)
{
	uint32_t n = (uint32_t)strlen(s);

	if (sizeof m->p - m->pn <= n) {
		m->full = true;
		return;
	}
	memcpy(m->p + m->pn, s, n);
	m->pn += n;
}

static void
to_text(struct made *m, const char *s)
{
	uint32_t n = (uint32_t)strlen(s);

	if (sizeof m->t - m->tn <= n) {
		m->full = true;
		return;
	}
	memcpy(m->t + m->tn, s, n);
	m->tn += n;
}

/* Pattern, and texts that match it without regard to case. */
static const struct {
	const char *p, *t[3];
} leaves[] = {
    {"a", {"a", "A", "A"}},
    {"k", {"k", "K", "\u212a"}},
    {"S", {"s", "S", "ſ"}},
    {"ß", {"ß", "ẞ", "ß"}},
    {"σ", {"σ", "ς", "Σ"}},
    {"θ", {"θ", "ϑ", "ϴ"}},
    {"в", {"в", "В", "\u1c80"}},
    {"é", {"é", "É", "é"}},
    {"卡", {"卡", "卡", "卡"}},
    {"tele", {"tele", "TELE", "tElE"}},
    {"手机", {"手机", "手机", "手机"}},
    {"\\Qx.y\\E", {"x.y", "X.Y", "x.Y"}},
    {"\\Qab\\E", {"ab", "AB", "aB"}},
    {"\\x41", {"a", "A", "a"}},
    {"\\x{5361}", {"卡", "卡", "卡"}},
    {"\\072", {":", ":", ":"}},
    {"\\o{101}", {"a", "A", "a"}},
    {"\\t", {"\t", "\t", "\t"}},
    {"\\@", {"@", "@", "@"}},
    {"{", {"{", "{", "{"}},
    {"x{y}", {"x{y}", "X{Y}", "x{Y}"}},
    {"]", {"]", "]", "]"}},
    {".", {"q", "卡", "\u00e9"}},
    {"\\d", {"1", "2", "\u0663"}},
    {"\\w", {"a", "卡", "_"}},
    {"\\s", {" ", "\t", "\u3000"}},
    {"\\N", {"x", "y", "z"}},
    {"\\R", {"\n", "\r\n", "\r"}},
    {"\\X", {"e", "x", "卡"}},
    {"\\p{Han}", {"卡", "机", "手"}},
    {"\\PL", {"1", "-", " "}},
    {"(?:\\b|)", {"", "", ""}},
    {"[ab]", {"a", "b", "B"}},
    {"[k]", {"k", "K", "\u212a"}},
    {"[a-c]", {"a", "b", "C"}},
    {"[]x]", {"]", "x", "X"}},
    {"[^]x]", {"a", "卡", "-"}},
    {"[\\d\\-z]", {"1", "-", "Z"}},
    {"[[:alpha:]_]", {"a", "_", "Z"}},
    {"[a\\]b]", {"a", "]", "b"}},
    {"[\\Q]\\E^]", {"]", "^", "]"}},
    {"[手机卡]", {"手", "机", "卡"}},
    {"[ſx]", {"s", "S", "x"}},
    {"[a\\E-c]", {"a", "b", "c"}},
    {"[--/]", {"-", ".", "/"}},
    {"[x-]", {"x", "-", "X"}},
    {"(?#)", {"", "", ""}},
    {"(?=)", {"", "", ""}},
    {"(?!(?:a|[)])(?<!.).\\A..)", {"", "", ""}},
    {"\\E", {"", "", ""}},
    {"(?i)", {"", "", ""}},
};

static void make_choice(struct made *, int depth);

static void
make_leaf(struct made *m)
{
	uint32_t i = dice(COUNT(leaves));

	to_pattern(m, leaves[i].p);
	to_text(m, leaves[i].t[dice(3)]);
}

/* Groups of one way or another, none of which changes what is matched. */
static void
make_group(struct made *m, int depth)
{
	static const char *const opens[] = {"(", "(?:", "(?i:", "(?<a>",
	    "(?'b'", "(?P<c>", "(?|", "(?s-m:", "(?=)(?:", "(?#x|(y)(",
	    "(?-x:", "(?^i:"};
	static const char *const blanks[] = {"", " ", "\t", "#(\n"};
	bool x = m->x;
	uint32_t i = dice(COUNT(opens) + 2);

	if (i < COUNT(opens)) {
		to_pattern(m, opens[i]);
		if (i >= COUNT(opens) - 2)
			m->x = false;
	} else {
		to_pattern(m, i == COUNT(opens) ? "(?x:" : "((?x)");
		m->x = true;
	}
	make_choice(m, depth - 1);
	if (m->x)
		to_pattern(m, blanks[dice(COUNT(blanks))]);
	to_pattern(m, ")");
	m->x = x;
}

/* Once, and how it may be repeated; the text repeats what was made. */
static void
make_item(struct made *m, int depth)
{
	static const struct {
		const char *p;
		uint32_t min, max;
	} times[] = {{"?", 0, 1}, {"*", 0, 3}, {"+", 1, 3}, {"{2}", 2, 2},
	    {"{1,3}", 1, 3}, {"{0,2}", 0, 2}, {"{2,}", 2, 4}, {"??", 0, 1},
	    {"+?", 1, 3}, {"{0}", 0, 0}, {"{1}", 1, 1}, {"\\E?", 0, 1},
	    {"(?#c)*", 0, 2}, {"{3,4}?", 3, 4}};
	uint32_t from = m->tn, i = dice(COUNT(times) * 2), n, len;

	to_pattern(m, "(?:");
	if (depth > 0 && dice(2) == 0)
		make_group(m, depth);
	else
		make_leaf(m);
	to_pattern(m, ")");
	if (i >= COUNT(times) || m->full)
		return;
	if (m->x && dice(2) == 0)
		to_pattern(m, " # )*\n ");
	to_pattern(m, times[i].p);
	n = times[i].min + dice(times[i].max - times[i].min + 1);
	len = m->tn - from;
	if (sizeof m->t - m->tn <= n * len) {
		m->full = true;
		return;
	}
	for (uint32_t k = 1; k < n; k++)
		memcpy(m->t + from + k * len, m->t + from, len);
	m->tn = from + n * len;
}

static void
make_sequence(struct made *m, int depth)
{
	for (uint32_t n = dice(6); n > 0 && !m->full; n--) {
		if (m->x && dice(3) == 0)
			to_pattern(m, " ");
		if (dice(2) == 0)
			make_leaf(m);
		else
			make_item(m, depth);
	}
}

static void
make_choice(struct made *m, int depth)
{
	uint32_t n = dice(3) == 0 ? 1 + dice(4) : 1, taken = dice(n);

	for (uint32_t i = 0; i < n && !m->full; i++) {
		uint32_t tn = m->tn;

		if (i > 0)
			to_pattern(m, "|");
		make_sequence(m, depth);
		if (i != taken)
			m->tn = tn;
		else if (i < taken)
			continue;
	}
}

/* 1 match, 0 none, -1 PCRE2 refuses the pattern. */
static int
matches(const char *p, uint32_t n, const char *t, uint32_t tn, uint32_t x,
    uint32_t *from)
{
	pcre2_match_data *m = pcre2_match_data_create(1, NULL);
	PCRE2_SIZE at;
	int rc = -1;
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)p, n,
	    PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_DOTALL |
		PCRE2_DUPNAMES | x,
	    &rc, &at, NULL);

	rc = -1;
	if (re != NULL)
		rc = pcre2_match(re, (PCRE2_SPTR)t, tn, 0, 0, m, NULL) >= 0;
	if (rc == 1)
		*from = (uint32_t)pcre2_get_ovector_pointer(m)[0];
	pcre2_code_free(re);
	pcre2_match_data_free(m);
	return rc;
}

/* Does one of the literals stand as far behind `from` as it should?  Where it
   is part of a match it begins with a character of the text. */
static bool
holds_one(const struct literals *l, const char *t, uint32_t tn, uint32_t from)
{
	char *folded = malloc(FOLD_CASE_ROOM(tn));
	uint32_t n, chars = 0;
	bool found = false;

	assert_non_null(folded);
	for (uint32_t at = from; at < tn && !found; at++) {
		if ((t[at] & 0xc0) == 0x80)
			continue;
		n = fold_case(folded, t + at, tn - at);
		for (uint32_t i = 0; i < l->n && !found; i++)
			found = chars >= l->v[i].min && chars <= l->v[i].max &&
				n >= l->v[i].len &&
				memcmp(folded, l->v[i].p, l->v[i].len) == 0;
		chars++;
	}
	free(folded);
	return found;
}

static bool
check_sound(const char *p, uint32_t pn, const char *t, uint32_t tn, bool x,
    const struct literals *l)
{
	uint32_t from = 0;
	bool match = matches(p, pn, t, tn, x ? PCRE2_EXTENDED : 0, &from) == 1;

	if (match && l->n > 0 && !l->anywhere &&
	    !holds_one(l, t, tn, l->moves ? 0 : from))
		fail_msg("unsound: /%.*s/%s on \"%.*s\": \"%.*s\" %u-%u...",
		    (int)pn, p, x ? "x" : "", (int)tn, t, (int)l->v[0].len,
		    l->v[0].p, l->v[0].min, l->v[0].max);
	return match;
}

static void
test_sound(void **state)
{
	static struct made m;
	uint32_t said = 0, near = 0, matched = 0, n = 24000;

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		struct arena *a = arena_new(1u << 20);
		struct literals l;
		bool x = dice(4) == 0;

		assert_non_null(a);
		m = (struct made){.x = x};
		make_choice(&m, 4);
		(i % 2 ? literal_extract : literal_extract_any)(
		    &l, a, m.p, m.pn, x ? "ix" : "i");
		said += l.n > 0;
		for (uint32_t k = 0; k < l.n; k++)
			near += l.v[k].max != UINT32_MAX;
		if (!m.full)
			matched += check_sound(m.p, m.pn, m.t, m.tn, x, &l);
		arena_free(a);
	}
	assert_true(matched > n * 9 / 10); /* not those that got too long */
	assert_true(said > n / 4);
	assert_true(near > n / 4);
}

/* Prefixes and mutations: no crash, and what PCRE2 takes stays sound on the
   text of the whole pattern. */
static void
test_broken(void **state)
{
	static const char bits[] = "()[]{}|?*+\\^$.#-,:<>'=!QEKxPgk01 \n&R";
	static struct made m;

	(void)state;
	for (uint32_t i = 0; i < 2000; i++) {
		struct arena *a = arena_new(16u << 20);
		struct literals l;

		assert_non_null(a);
		m = (struct made){0};
		while (m.pn == 0)
			make_choice(&m, 3);
		for (uint32_t k = 0; k < 40; k++) {
			uint32_t len = k < 20 ? dice(m.pn + 1) : m.pn;
			char *copy = malloc(len + 1u);

			assert_non_null(copy);
			memcpy(copy, m.p, len);
			for (uint32_t j = dice(4); j > 0 && len > 0; j--)
				copy[dice(len)] = bits[dice(sizeof bits - 1)];
			if (k % 8 == 0 && len > 0)
				copy[dice(len)] = (char)dice(256);
			literal_extract(&l, a, copy, len, k % 2 ? "x" : "");
			check_sound(copy, len, m.t, m.tn, k % 2, &l);
			free(copy);
		}
		arena_free(a);
	}
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t k = 0; k <= strlen(cases[i].pattern); k++) {
			struct literals l;
			char *copy = malloc(k + 1);

			assert_non_null(copy);
			memcpy(copy, cases[i].pattern, k);
			literal_extract(
			    &l, arena, copy, (uint32_t)k, cases[i].flags);
			free(copy);
		}
}

/*
 * The search
 */
#define LITS 60

static void
add_literal(struct prefilter *f, const char *p, uint32_t len, uint32_t id)
{
	struct literal one = {.p = p, .len = len, .max = UINT32_MAX};

	prefilter_add(f, &(struct literals){.v = &one, .n = 1}, 0, id);
}

/* ids: several for one literal, several literals for one. */
static void
search_round(uint32_t letters)
{
	struct arena *a = arena_new(16u << 20);
	struct prefilter *f;
	static char lit[LITS][12], text[300];
	uint32_t len[LITS], id[LITS], count = 1 + dice(LITS), n = dice(300);

	assert_non_null(a);
	f = prefilter_new(a);
	for (uint32_t i = 0; i < count; i++) {
		len[i] = 1 + dice(11);
		id[i] = dice(200);
		for (uint32_t k = 0; k < len[i]; k++)
			lit[i][k] = (char)(dice(2) ? 'a' + dice(letters)
						   : 0xe5 + dice(letters));
		add_literal(f, lit[i], len[i], id[i]);
	}
	prefilter_build(f);
	for (uint32_t k = 0; k < n; k++)
		text[k] = (char)(dice(2) ? 'a' + dice(letters)
					 : 0xe5 + dice(letters));
	for (uint32_t from = 0; from <= n; from += 1 + dice(100)) {
		uint64_t bits[4] = {0}, want[4] = {0};
		char *copy = malloc(n - from + 1u);

		assert_non_null(copy);
		memcpy(copy, text + from, n - from);
		for (uint32_t i = 0; i < count; i++)
			if (memmem(copy, n - from, lit[i], len[i]) != NULL)
				want[id[i] / 64] |= (uint64_t)1 << id[i] % 64;
		prefilter_scan(f, copy, n - from, bits, NULL);
		assert_memory_equal(bits, want, sizeof bits);
		free(copy);
	}
	arena_free(a);
}

static void
test_search(void **state)
{
	(void)state;
	for (int i = 0; i < 10000; i++)
		search_round(1 + dice(4));
}

static void
test_search_edges(void **state)
{
	struct prefilter *f = prefilter_new(arena);
	uint64_t bits[2] = {0};
	char word[16];

	(void)state;
	prefilter_scan(f, "abc", 3, bits, NULL); /* not even built */
	prefilter_build(f);
	prefilter_scan(f, "abc", 3, bits, NULL);
	assert_true(bits[0] == 0);
	f = prefilter_new(arena);
	add_literal(f, "he", 2, 1);
	add_literal(f, "she", 3, 2);
	add_literal(f, "hers", 4, 3);
	add_literal(f, "his", 3, 4);
	add_literal(f, "she", 3, 70);
	prefilter_build(f);
	prefilter_scan(f, "ushers", 6, bits, NULL);
	assert_true(bits[0] == 0xe && bits[1] == 1u << 6);
	prefilter_scan(f, "his", 3, bits, NULL);
	assert_true(bits[0] == 0x1e);
	f = prefilter_new(arena); /* the empty literal stands everywhere */
	add_literal(f, "", 0, 5);
	prefilter_build(f);
	bits[0] = 0;
	prefilter_scan(f, "", 0, bits, NULL);
	assert_true(bits[0] == 1u << 5);
	f = prefilter_new(arena); /* more than a scan remembers */
	for (uint32_t i = 0; i < 40000; i++)
		add_literal(
		    f, word, (uint32_t)sprintf(word, "w%05u", i), i % 64);
	prefilter_build(f);
	bits[0] = 0;
	prefilter_scan(f, "w00001w39999w39999", 18, bits, NULL);
	assert_true(bits[0] == ((uint64_t)1 << 1 | (uint64_t)1 << 39999 % 64));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_distances),
	    cmocka_unit_test(test_ways),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_sound),
	    cmocka_unit_test(test_broken),
	    cmocka_unit_test(test_search),
	    cmocka_unit_test(test_search_edges),
	};

	return cmocka_run_group_tests_name("literal", tests, set_up, tear_down);
}
