#include "test_grow.h"

static struct arena *arena;

/* ---- units ---- */

static void
unit_of(enum unit unit, const char *src, const char *want)
{
	for (int crlf = 0; crlf < 2; crlf++) {
		struct marked a = read_mark(src, crlf),
			      b = read_mark(want, crlf);

		assert_int_equal(a.n, b.n);
		same_span(grow_unit(a.p, a.n, a.s, unit), &b, src);
		free(a.p);
		free(b.p);
	}
}

static void
match_unit(void **state)
{
	(void)state;
	unit_of(UNIT_MATCH, "one (two «x» three)\nfour",
	    "one (two «x» three)\nfour");
	unit_of(UNIT_MATCH, "«»", "«»");
}

static void
line_unit(void **state)
{
	(void)state;
	unit_of(
	    UNIT_LINE, "one\ntwo «x» three\nfour", "one\n«two x three»\nfour");
	unit_of(UNIT_LINE, "«x»", "«x»");
	unit_of(UNIT_LINE, "one «x»", "«one x»");
	unit_of(UNIT_LINE, "one «x»\n\n", "«one x»\n\n");
	unit_of(UNIT_LINE, "«x» one", "«x one»");
	unit_of(UNIT_LINE, "a\none «x\ny» two\nb", "a\n«one x\ny two»\nb");
	unit_of(UNIT_LINE, "a\n«»b\nc", "a\n«b»\nc");
	unit_of(UNIT_LINE, "a\n«»\nc", "a\n«»\nc");
	unit_of(UNIT_LINE, "a\n«»", "a\n«»");
	unit_of(UNIT_LINE, "一\n二「«三»」\n四", "一\n«二「三」»\n四");
}

static void
paragraph_unit(void **state)
{
	(void)state;
	unit_of(UNIT_PARAGRAPH, "p\n\none\ntwo «x»\nthree\n\nq",
	    "p\n\n«one\ntwo x\nthree»\n\nq");
	unit_of(UNIT_PARAGRAPH, "one\n«x»", "«one\nx»");
	unit_of(UNIT_PARAGRAPH, "«x»\none\n", "«x\none»\n");
	/* lines of blanks only are empty */
	unit_of(
	    UNIT_PARAGRAPH, "p\n \t\none «x»\n　\nq", "p\n \t\n«one x»\n　\nq");
	unit_of(
	    UNIT_PARAGRAPH, "p\n\n\n\n«x»\n\n\n\nq", "p\n\n\n\n«x»\n\n\n\nq");
	unit_of(UNIT_PARAGRAPH, "a «x\n\ny» b\nc\n\nd", "«a x\n\ny b\nc»\n\nd");
}

static void
clause_unit(void **state)
{
	static const char *const v[][2] = {
	    {"see (the «x» shop) now", "see «(the x shop)» now"},
	    {"see [«x»] now", "see «[x]» now"},
	    {"see {«x»} now", "see «{x}» now"},
	    {"see <«x»> now", "see «<x>» now"},
	    {"看（去«x»店）吧", "看«（去x店）»吧"},
	    {"看【«x»】吧", "看«【x】»吧"},
	    {"看〖«x»〗吧", "看«〖x〗»吧"},
	    {"看「«x»」吧", "看«「x」»吧"},
	    {"看『«x»』吧", "看«『x』»吧"},
	    {"看《«x»》吧", "看«《x》»吧"},
	    {"看［«x»］吧", "看«［x］»吧"},
	    /* the innermost one */
	    {"a (b [c «x» d] e) f", "a (b «[c x d]» e) f"},
	    {"a [b (c) «x» (d) e] f", "a «[b (c) x (d) e]» f"},
	    {"a [b 【c «x» d】 e] f", "a [b «【c x d】» e] f"},
	    {"((«x»))", "(«(x)»)"},
	    {"((a) «x» (b))", "«((a) x (b))»"},
	    /* one that is not closed does not count */
	    {"a [b (c «x» d] e", "a «[b (c x d]» e"},
	    {"a (b «x» c", "a (b «x» c"},
	    {"a b «x» c) d", "a b «x» c) d"},
	    {"a) «x» (b", "a) «x» (b"},
	    {"no bracket «x» at all", "no bracket «x» at all"},
	    /* over line ends, not over empty lines */
	    {"(a\n«x»\nb)", "«(a\nx\nb)»"},
	    {"(a\n\n«x»\n\nb)", "(a\n\n«x»\n\nb)"},
	    /* the span may be the bracket, or a piece of it */
	    {"a («x) b» c] d", "a («x) b» c] d"},
	    /* Markdown: text, target and picture belong together */
	    {"go [«x»](https://a.example/b) now",
		"go «[x](https://a.example/b)» now"},
	    {"go [x](https://«a.example»/b) now",
		"go «[x](https://a.example/b)» now"},
	    {"go ![«x»](https://a.example/b.png) now",
		"go «![x](https://a.example/b.png)» now"},
	    {"go ![x](https://a.example/«b».png) now",
		"go «![x](https://a.example/b.png)» now"},
	    {"go [a ![p](q) «x»](r) now", "go «[a ![p](q) x](r)» now"},
	    {"go [«x»] (not a target) now", "go «[x]» (not a target) now"},
	    {"go [«x»](never closed", "go «[x]»(never closed"},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		unit_of(UNIT_CLAUSE, v[i][0], v[i][1]);
}

/* A span with the line end in it, the last of a paragraph or of the text: what
   is behind it is not read. */
/* Brackets, but not a link's; else the sentence. */
static void
aside_unit(void **state)
{
	static const char *const v[][2] = {
	    {"Ann (ask «@shop») left. Bob too.",
		"Ann «(ask @shop)» left. Bob too."},
	    {"\xe6\xa0\x87\xe9\xa2\x98\xef\xbc\x9f\xe3\x80\x8c"
	     "V «shop»\xe3\x80\x8d",
		"\xe6\xa0\x87\xe9\xa2\x98\xef\xbc\x9f«\xe3\x80\x8c"
		"V shop\xe3\x80\x8d»"},
	    {"Ann left. Get it [at «the shop»](http://a.b). Bob too.",
		"Ann left. «Get it [at the shop](http://a.b).» Bob too."},
	    {"Ann left. Get it [here](http://«a.b»). Bob too.",
		"Ann left. «Get it [here](http://a.b).» Bob too."},
	    {"Ann ([here](http://«a.b»)) left. Bob too.",
		"Ann «([here](http://a.b))» left. Bob too."},
	    {"Ann [[TG «@shop»](http://a.b) ![QR](http://c.d)] left. Bob.",
		"Ann «[[TG @shop](http://a.b) ![QR](http://c.d)]» left. Bob."},
	    {"Ann left. Ask «@shop» for one. Bob too.",
		"Ann left. «Ask @shop for one.» Bob too."},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		unit_of(UNIT_ASIDE, v[i][0], v[i][1]);
}

static void
clause_with_line_end(void **state)
{
	static const char *const v[] = {"a «x\n»", "«x\n\n»", "(a «x\n»",
	    "a «x\n»\nb) c", "«\n»", "a\n\n«\n»(b)"};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		unit_of(UNIT_CLAUSE, v[i], v[i]);
}

/* A bracket far away is no clause's. */
static void
clause_reach(void **state)
{
	enum { N = 6000 };
	char *p = malloc(2 * N);
	struct span s = {N, N + 1}, g;

	(void)state;
	assert_non_null(p);
	memset(p, 'a', 2 * N);
	p[0] = '(';
	p[2 * N - 1] = ')';
	g = grow_unit(p, 2 * N, s, UNIT_CLAUSE);
	assert_int_equal(g.to - g.from, 1);
	p[N - 1000] = '(';
	p[N + 1000] = ')';
	g = grow_unit(p, 2 * N, s, UNIT_CLAUSE);
	assert_int_equal(g.to - g.from, 2001);
	free(p);
}

/* ---- tidy edges ---- */

static void
all_tidy(const char *const v[][2], size_t n)
{
	for (size_t i = 0; i < n; i++)
		tidies(v[i][0], v[i][1]);
}

static void
blanks(void **state)
{
	static const char *const v[][2] = {
	    {"one «x» two", "one two"},
	    {"one «x»two", "one two"},
	    {"one«x» two", "one two"},
	    {"one«x»two", "onetwo"},
	    {"one  «x»  two", "one  two"},
	    {"«x» two", "two"},
	    {"a\n«x»  two", "a\ntwo"},
	    {"one «x»", "one"},
	    {"one «x»  \ntwo", "one\ntwo"},
	    {"one\t«x»\ntwo", "one\ntwo"},
	    {"一　«x»　二", "一　二"},
	    {"一«x»二", "一二"},
	    {"  indented «x» line", "  indented line"},
	};

	(void)state;
	all_tidy(v, LEN(v));
}

static void
before_punctuation(void **state)
{
	static const char *const v[][2] = {
	    {"one «x», two", "one, two"},
	    {"one «x». Two", "one. Two"},
	    {"one («x»); two", "one; two"},
	    {"go «x»! now", "go! now"},
	};

	(void)state;
	all_tidy(v, LEN(v));
}

static void
brackets(void **state)
{
	static const char *const v[][2] = {
	    {"one («x») two", "one two"},
	    {"one ( «x» ) two", "one two"},
	    {"one [«x»]", "one"},
	    {"one {«x»}\ntwo", "one\ntwo"},
	    {"一（«x»）二", "一二"},
	    {"一【　«x»】二", "一二"},
	    {"一「«x»」", "一"},
	    {"one [(«x»)] two", "one two"},
	    {"one (y and «x») two", "one (y and) two"},
	    {"one («x»] two", "one (] two"},
	    {"one )«x»( two", "one )( two"},
	    {"one (\n«x»\n) two", "one (\n) two"},
	};

	(void)state;
	all_tidy(v, LEN(v));
}

static void
emphasis(void **state)
{
	static const char *const v[][2] = {
	    {"one **«x»** two", "one two"},
	    {"one *«x»* two", "one two"},
	    {"one ***«x»*** two", "one two"},
	    {"one __«x»__ two", "one two"},
	    {"one _«x»_ two", "one two"},
	    {"one ~~«x»~~ two", "one two"},
	    {"one `«x»` two", "one two"},
	    {"one **[«x»]** two", "one two"},
	    {"one (**«x»**) two", "one two"},
	    {"a\n\n**«x»**\n\nb", "a\n\nb"},
	};

	(void)state;
	all_tidy(v, LEN(v));
}

/* An opener keeps no blank behind it: in Markdown it would open nothing. */
static void
behind_an_opener(void **state)
{
	static const char *const v[][2] = {
	    {"one («x» and y) two", "one (and y) two"},
	    {"one **«x» y** two", "one **y** two"},
	    {"一（«x» 和）二", "一（和）二"},
	};

	(void)state;
	all_tidy(v, LEN(v));
}

static void
leads(void **state)
{
	static const char *const v[][2] = {
	    {"a\n- «x»\n- b", "a\n- b"},
	    {"a\n* «x»\n* b", "a\n* b"},
	    {"a\n+ «x»\nb", "a\nb"},
	    {"a\n  - «x»\nb", "a\nb"},
	    {"a\n• «x»\nb", "a\nb"},
	    {"a\n● «x»\nb", "a\nb"},
	    {"a\n1. «x»\n2. b", "a\n2. b"},
	    {"a\n12) «x»\nb", "a\nb"},
	    {"a\n# «x»\n\nb", "a\n\nb"},
	    {"a\n### «x»\nb", "a\nb"},
	    {"- [«x»]\nb", "b"},
	    {"a\n- **«x»**", "a\n"},
	    /* what has text of its own keeps its lead */
	    {"a\n- b «x»\nc", "a\n- b\nc"},
	    {"a\n- «x» b\nc", "a\n- b\nc"},
	    {"a\n# b «x»\nc", "a\n# b\nc"},
	    {"a\n1. «x» b\nc", "a\n1. b\nc"},
	    {"2026 «x»\nb", "2026\nb"},
	};

	(void)state;
	all_tidy(v, LEN(v));
}

static void
lines(void **state)
{
	static const char *const v[][2] = {
	    {"one\n«x»\ntwo", "one\ntwo"},
	    {"one\n  «x»  \ntwo", "one\ntwo"},
	    {"one\n\n«x»\n\ntwo", "one\n\ntwo"},
	    {"one\n\n«x»\ntwo", "one\n\ntwo"},
	    {"one\n«x»\n\ntwo", "one\n\ntwo"},
	    {"one\n\n\n«x»\n\n\ntwo", "one\n\n\ntwo"},
	    {"one\n \n«x»\n\t\ntwo", "one\n \ntwo"},
	    {"one\n\n«x\ny»\n\ntwo", "one\n\ntwo"},
	    /* start and end of the text */
	    {"«x»", ""},
	    {"«x»\n", ""},
	    {"«x»\n\n", ""},
	    {"«x»\ntwo", "two"},
	    {"«x»\n\ntwo", "two"},
	    {"\n\n«x»\n\ntwo", "\n\ntwo"},
	    {"one\n«x»", "one\n"},
	    {"one\n\n«x»", "one\n"},
	    {"one\n\n«x»\n", "one\n"},
	    {"one\n\n\n«x»\n\n\n", "one\n"},
	    {"\n\n«x»\n\n", ""},
	    {"one\n«x»\n\n", "one\n\n"},
	};

	(void)state;
	all_tidy(v, LEN(v));
}

/* ---- merge ---- */

static void
merges(const char *p, struct span *v, uint32_t n, const char *want)
{
	struct buf out = BUF(10000);

	n = grow_merge(p, v, n);
	for (uint32_t i = 0; i < n; i++)
		buf_printf(&out, "%u-%u ", v[i].from, v[i].to);
	buf_put(&out, "", 1);
	assert_string_equal(out.p, want);
	buf_free(&out);
}

static void
merging(void **state)
{
	static const char p[] = "ab cd\tef\ngh\xe3\x80\x80ij  kl";
	struct span sorted[] = {{0, 2}, {3, 5}, {6, 8}, {9, 11}, {14, 16}},
		    mixed[] = {{14, 16}, {0, 2}, {9, 11}},
		    over[] = {{3, 8}, {0, 4}, {4, 5}},
		    inside[] = {{5, 6}, {0, 16}, {2, 3}},
		    twice[] = {{6, 8}, {6, 8}, {6, 7}},
		    touching[] = {{0, 1}, {1, 2}},
		    apart[] = {{0, 1}, {2, 3}, {7, 8}};

	(void)state;
	merges(p, NULL, 0, "");
	merges(p, sorted, 5, "0-8 9-16 ");
	merges(p, mixed, 3, "0-2 9-16 ");
	merges(p, over, 3, "0-8 ");
	merges(p, inside, 3, "0-16 ");
	merges(p, twice, 3, "6-8 ");
	merges(p, touching, 2, "0-2 ");
	merges(p, apart, 3, "0-1 2-3 7-8 ");
}

/* ---- what is never cut ---- */

/* want: the protected bytes in brackets of control characters. */
static void
protects(const char *src)
{
	for (int crlf = 0; crlf < 2; crlf++) {
		struct marked m = read_mark(src, crlf);
		struct spans s = {0};

		arena_free(arena);
		arena = arena_new(1u << 20);
		grow_protected(&s, arena, m.p, m.n);
		for (uint32_t i = 0; i < m.n; i++) {
			bool want = m.s.from <= i && i < m.s.to;

			if (grow_touches(&s, (struct span){i, i + 1}) != want)
				fail_msg("%s\nbyte %u is%s protected", src, i,
				    want ? " not" : "");
		}
		free(m.p);
	}
}

static void protected(void **state)
{
	static const char *const v[] = {
	    "one\n«> two\n> three\n»four",
	    "«> one\n»two",
	    "one\n«> two»",
	    "one\n«>> two\n > three\n»four",
	    "one\n«  > two\n»three",
	    "one > two\n->\n«»",
	    "one\n«```\ncode\n```\n»two",
	    "one\n«~~~ c\ncode\n~~~\n»two",
	    "one\n«```\n-- \ncode\n```\n»two",
	    "one\n«```\n> q\n```\n»two",
	    "one\n«-- \nAnn\nhttps://a.example»",
	    "one\n--\ntwo«»",
	    "one\n-- x\ntwo«»",
	    "one\n«-----Original Message-----\nFrom: bob\n\ntext»",
	    "one\n«_______________________________________________\nlist»",
	    "one\n___\ntwo«»",
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		protects(v[i]);
	protects("«»");
	protects("«>»");
	protects("\n\n«»");
}

static void
touching(void **state)
{
	struct spans s = {0};

	(void)state;
	arena_free(arena);
	arena = arena_new(1u << 20);
	assert_false(grow_touches(&s, (struct span){0, 100}));
	grow_add(&s, arena, (struct span){10, 20});
	grow_add(&s, arena, (struct span){30, 30});
	assert_true(grow_touches(&s, (struct span){0, 11}));
	assert_true(grow_touches(&s, (struct span){19, 25}));
	assert_true(grow_touches(&s, (struct span){12, 13}));
	assert_false(grow_touches(&s, (struct span){0, 10}));
	assert_false(grow_touches(&s, (struct span){20, 25}));
}

static void
characters(void **state)
{
	static const char p[] = "a b\n卡\t é.";

	(void)state;
	assert_int_equal(grow_chars(p, (struct span){0, sizeof p - 1}), 5);
	assert_int_equal(grow_chars(p, (struct span){4, 7}), 1);
	assert_int_equal(grow_chars(p, (struct span){2, 2}), 0);
}

/* ---- any text ---- */

static uint32_t
rnd(uint32_t below)
{
	static uint32_t seed = 31;

	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static bool
on_char(const char *p, uint32_t n, uint32_t at)
{
	return at == n || ((unsigned char)p[at] & 0xc0) != 0x80;
}

static void
check_grown(const char *p, uint32_t n, struct span s, struct span g)
{
	assert_true(g.from <= s.from && s.to <= g.to && g.to <= n);
	assert_true(on_char(p, n, g.from) && on_char(p, n, g.to));
}

static void
any_text(void **state)
{
	static const char *const piece[] = {"a", "b ", "\n", "\n\n", "\r\n",
	    " ", "\t", "(", ")", "[", "](", "【", "】", "!", "**", "*", "_",
	    "- ", "1. ", "# ", "> ", "```\n", "-- \n", "卡", "　", "\xc2\xa0",
	    "\r", "•"};

	(void)state;
	for (int round = 0; round < 60000; round++) {
		char s[300], *p;
		uint32_t n = 0;
		struct span one, g;

		for (uint32_t i = rnd(25); i > 0; i--)
			n += (uint32_t)sprintf(
			    s + n, "%s", piece[rnd(LEN(piece))]);
		p = malloc(n > 0 ? n : 1);
		assert_non_null(p);
		memcpy(p, s, n);
		one.from = rnd(n + 1);
		one.to = one.from + rnd(n - one.from + 1);
		while (!on_char(p, n, one.from))
			one.from--;
		while (!on_char(p, n, one.to))
			one.to++;
		g = grow_unit(p, n, one, UNIT_LINE);
		assert_true(g.from <= g.to && g.to <= n);
		g = grow_unit(p, n, one, UNIT_PARAGRAPH);
		assert_true(g.from <= g.to && g.to <= n);
		if (one.to > one.from) {
			g = grow_unit(p, n, one, UNIT_CLAUSE);
			check_grown(p, n, one, g);
		}
		g = grow_tidy(p, n, one);
		check_grown(p, n, one, g);
		/* no word goes but that of a link's target */
		for (uint32_t i = g.from; i < g.to; i++)
			if ((i < one.from || i >= one.to) &&
			    memmem(p, n, "](", 2) == NULL)
				assert_true(p[i] != 'a' && p[i] != 'b');
		free(p);
	}
}

/* 100 KB of openers and as many closers round the span. */
static void
fast(void **state)
{
	static const char *const v[][2] = {{"(", ")"}, {"[", "]"}, {"( ", " )"},
	    {"[", "("}, {"(", "("}, {"**", "**"}, {"【", "】"}, {" ", " "},
	    {"\n", "\n"}, {"[(", ")]"}, {"> \n", "\n> "}, {"](", ")["}};
	enum { N = 100000 };

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		size_t a = strlen(v[i][0]), b = strlen(v[i][1]);
		char *p = malloc(2 * N + 10);
		uint32_t n = 0, at;
		struct spans s = {0};
		double t0 = seconds();

		assert_non_null(p);
		for (; n + a <= N; n += (uint32_t)a)
			memcpy(p + n, v[i][0], a);
		p[at = n++] = 'x';
		for (; n + b <= 2 * N; n += (uint32_t)b)
			memcpy(p + n, v[i][1], b);
		grow_tidy(p, n, (struct span){at, at + 1});
		arena_free(arena);
		arena = arena_new(64u << 20);
		grow_protected(&s, arena, p, n);
		for (int k = 0; k < 20; k++) {
			grow_unit(p, n, (struct span){at, at + 1}, UNIT_CLAUSE);
			grow_unit(
			    p, n, (struct span){at, at + 1}, UNIT_PARAGRAPH);
		}
		if (seconds() - t0 > 1)
			fail_msg("%s x %s: %.1f s", v[i][0], v[i][1],
			    seconds() - t0);
		free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(match_unit),
	    cmocka_unit_test(line_unit),
	    cmocka_unit_test(paragraph_unit),
	    cmocka_unit_test(clause_unit),
	    cmocka_unit_test(aside_unit),
	    cmocka_unit_test(clause_with_line_end),
	    cmocka_unit_test(clause_reach),
	    cmocka_unit_test(blanks),
	    cmocka_unit_test(before_punctuation),
	    cmocka_unit_test(brackets),
	    cmocka_unit_test(emphasis),
	    cmocka_unit_test(behind_an_opener),
	    cmocka_unit_test(leads),
	    cmocka_unit_test(lines),
	    cmocka_unit_test(merging),
	    cmocka_unit_test(protected),
	    cmocka_unit_test(touching),
	    cmocka_unit_test(characters),
	    cmocka_unit_test(any_text),
	    cmocka_unit_test(fast),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	arena_free(arena);
	return failed;
}
