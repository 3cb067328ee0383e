#include "test_grow.h"

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
all_units(enum unit unit, const char *const v[][2], size_t n)
{
	for (size_t i = 0; i < n; i++)
		unit_of(unit, v[i][0], v[i][1]);
}

/* ---- sentence ---- */

static void
latin_sentence(void **state)
{
	static const char *const v[][2] = {
	    {"One. Two «x» two. Three.", "One. «Two x two.» Three."},
	    {"«x» one. Two.", "«x one.» Two."},
	    {"One. Two «x»", "One. «Two x»"},
	    {"One. Two «x».", "One. «Two x.»"},
	    {"One. Two «x.» Three.", "One. «Two x.» Three."},
	    {"One! Two «x»? Three.", "One! «Two x?» Three."},
	    {"One?! Two «x»!!! Three.", "One?! «Two x!!!» Three."},
	    {"One... Two «x»... Three", "One... «Two x...» Three"},
	    {"One… Two «x»… Three", "One… «Two x…» Three"},
	    {"wait... and «x» go... on. Then.",
		"«wait... and x go... on.» Then."},
	    {"«x»", "«x»"},
	    {"One. «x. Two» y. Three.", "One. «x. Two y.» Three."},
	    /* lines and paragraphs */
	    {"One. Two\n«x» two. Three.", "One. «Two\nx two.» Three."},
	    {"One.\nTwo «x»\ntwo.\nThree.", "One.\n«Two x\ntwo.»\nThree."},
	    {"one\n\ntwo «x»\n\nthree.", "one\n\n«two x»\n\nthree."},
	    {"one\n \ntwo «x»\n\t\nthree.", "one\n \n«two x»\n\t\nthree."},
	    {"One\n# two «x»\nthree.", "One\n# «two x»\nthree."},
	    {"one «x»\n# two.", "«one x»\n# two."},
	    {"one «x»\n- two.", "«one x»\n- two."},
	    {"one «x»\n1. two.", "«one x»\n1. two."},
	    {"one «x»\n| two |", "«one x»\n| two |"},
	    {"one «x»\n> two.", "«one x»\n> two."},
	    {"> one\ntwo «x»\nthree", "> one\n«two x\nthree»"},
	    {"# one\ntwo «x»", "# one\n«two x»"},
	    {"----\ntwo «x»\n----\n", "----\n«two x»\n----\n"},
	    {"- one\n- two «x». Three.\n- four",
		"- one\n- «two x.» Three.\n- four"},
	    {"1. one «x» is.\n2. two", "1. «one x is.»\n2. two"},
	    {"- one\n  goes «x» on.\n- two", "- «one\n  goes x on.»\n- two"},
	    {"«- one» x. Two.", "«- one x.» Two."},
	};

	(void)state;
	all_units(UNIT_SENTENCE, v, LEN(v));
}

static void
no_sentence_end(void **state)
{
	static const char *const before[] = {"Mr. ", "Mrs. ", "Dr. ", "No. 5 ",
	    "e.g. ", "i.e. ", "z.B. ", "d.h. ", "т.е. ", "Nr. 7 ", "vs. ",
	    "bzw. ", "U.S. ", "J. ", "J. R. ", "А. ", "3.5 ", "1.234,50 ",
	    "t.me/x ", "https://a.example/b?c=d!e ", "ann@news.example ",
	    "www.a.example ", "etc. and ", "usw. und ", "p.m. on ",
	    "и т.д. потом ", "am 3. Mai ", "am 24. Dezember ", "v1.2.3 ",
	    "wait... and ", ".NET ", "a.m. on ", "(ca. 5) ", "Prof. Dr. "};

	(void)state;
	for (size_t i = 0; i < LEN(before); i++) {
		char src[200], want[200];

		sprintf(src, "One. Two %s«x» two. Three.", before[i]);
		sprintf(want, "One. «Two %sx two.» Three.", before[i]);
		unit_of(UNIT_SENTENCE, src, want);
		sprintf(src, "One. «x» %stwo. Three.", before[i]);
		sprintf(want, "One. «x %stwo.» Three.", before[i]);
		unit_of(UNIT_SENTENCE, src, want);
	}
}

static void
still_a_sentence_end(void **state)
{
	static const char *const v[][2] = {
	    {"We met etc. Two «x».", "We met etc. «Two x.»"},
	    {"It was 2026. Two «x».", "It was 2026. «Two x.»"},
	    {"Costs 3.5. Two «x».", "Costs 3.5. «Two x.»"},
	    {"See a.example. Two «x».", "See a.example. «Two x.»"},
	    {"So do I. Two «x».", "So do I. «Two x.»"},
	    {"Get a SIM. eSIM «x» too.", "Get a SIM. «eSIM x too.»"},
	    {"Nr. «x»", "«Nr. x»"},
	};

	(void)state;
	all_units(UNIT_SENTENCE, v, LEN(v));
}

static void
other_sentence(void **state)
{
	static const char *const v[][2] = {
	    {"一。二«x»二。三。", "一。«二x二。»三。"},
	    {"一！二«x»二？三。", "一！«二x二？»三。"},
	    {"一；二«x»二；三。", "一；«二x二；»三。"},
	    {"一……二«x»二……三。", "一……«二x二……»三。"},
	    {"一。　二«x»二。　三。", "一。　«二x二。»　三。"},
	    {"一！！二«x»！！！三", "一！！«二x！！！»三"},
	    {"一!二«x»?三", "一!«二x?»三"},
	    {"价3.5元«x»。三", "«价3.5元x。»三"},
	    {"一。二\n«x»二。三", "一。«二\nx二。»三"},
	    {"一。«x。»二。", "一。«x。»二。"},
	    {"甲、«x»、乙。三", "«甲、x、乙。»三"},
	    {"أ؟ ب «x» ب؟ ج", "أ؟ «ب x ب؟» ج"},
	    {"ا۔ ب «x» ب۔ ج", "ا۔ «ب x ب۔» ج"},
	    {"क। ख «x» ख। ग", "क। «ख x ख।» ग"},
	    {"Да. Нет «x» нет. Да.", "Да. «Нет x нет.» Да."},
	};

	(void)state;
	all_units(UNIT_SENTENCE, v, LEN(v));
}

static void
sentence_and_brackets(void **state)
{
	static const char *const v[][2] = {
	    /* a sentence in a quotation of several */
	    {"他说：“一。二«x»。三。”四。", "他说：“一。«二x。»三。”四。"},
	    {"他说：“一«x»。二。”三。", "他说：“«一x。»二。”三。"},
	    {"他说«x»：“一。二。”三。", "«他说x：“一。二。”»三。"},
	    {"他说：“一。”二«x»。", "他说：“一。”«二x。»"},
	    {"「一。二«x»」三。", "「一。«二x»」三。"},
	    {"He said: “Go.” Then «x» he went. So.",
		"He said: “Go.” «Then x he went.» So."},
	    {"“Go.” he said «x». So.", "«“Go.” he said x.» So."},
	    {"\"Go. Now «x».\" So.", "\"Go. «Now x.»\" So."},
	    {"One. \"Go «x» on\" he said. So.",
		"One. «\"Go x on\" he said.» So."},
	    {"One (see «x» there) is. Two.", "«One (see x there) is.» Two."},
	    {"One. (Two «x».) Three.", "One. («Two x.») Three."},
	    {"One (a. B «x». C.) is. Two.", "One (a. «B x.» C.) is. Two."},
	    {"One (a. B.) two «x». C.", "«One (a. B.) two x.» C."},
	    /* those of one piece */
	    {"One. Two [a! b](https://a.example/c. d) «x». E.",
		"One. «Two [a! b](https://a.example/c. d) x.» E."},
	    {"看《好！走》«x»。三", "«看《好！走》x。»三"},
	    /* never closed */
	    {"One ( two. Three «x». Four.", "One ( two. «Three x.» Four."},
	    {"One. Two «x» :( is. Three.", "One. «Two x :( is.» Three."},
	    {"A 5\" one. Two «x». Three.", "A 5\" one. «Two x.» Three."},
	    /* emphasis */
	    {"**Buy «x».** Two.", "«**Buy x.**» Two."},
	    {"**Buy «x». Two.** Three.", "**«Buy x.» Two.** Three."},
	    {"One. *Two «x».* Three.", "One. «*Two x.*» Three."},
	};

	(void)state;
	all_units(UNIT_SENTENCE, v, LEN(v));
}

/* ---- item ---- */

static void
items(void **state)
{
	static const char *const v[][2] = {
	    {"- a\n- b «x»\n- c", "- a\n«- b x»\n- c"},
	    {"* a\n* «x»", "* a\n«* x»"},
	    {"• a\n• b «x»\n• c", "• a\n«• b x»\n• c"},
	    {"1. a\n2. b «x»\n3. c", "1. a\n«2. b x»\n3. c"},
	    {"1) a\n2) b «x»\n3) c", "1) a\n«2) b x»\n3) c"},
	    {"一、a\n二、b «x»\n三、c", "一、a\n«二、b x»\n三、c"},
	    {"（一）a\n（二）b «x»\n（三）c", "（一）a\n«（二）b x»\n（三）c"},
	    {"①a\n②b «x»\n③c", "①a\n«②b x»\n③c"},
	    {"1、a\n2、b«x»\n3、c", "1、a\n«2、bx»\n3、c"},
	    /* lines that go on */
	    {"- a\n- b\n  goes «x» on\n- c", "- a\n«- b\n  goes x on»\n- c"},
	    {"- a\n- b «x»\nlazily on\n- c", "- a\n«- b x\nlazily on»\n- c"},
	    {"- a\n- b\n\n  second «x»\n\n- c",
		"- a\n«- b\n\n  second x»\n\n- c"},
	    {"- a\n- b «x»\n\n  second\n\n- c",
		"- a\n«- b x\n\n  second»\n\n- c"},
	    /* children */
	    {"- a «x»\n  - b\n    - c\n- d", "«- a x\n  - b\n    - c»\n- d"},
	    {"- a\n  - b «x»\n    - c\n  - d",
		"- a\n«  - b x\n    - c»\n  - d"},
	    {"- a\n  - b\n  on «x»\n- c", "- a\n«  - b\n  on x»\n- c"},
	    {"- a\n  - b\n\n  on «x»\n- c", "«- a\n  - b\n\n  on x»\n- c"},
	    /* the end of the list */
	    {"- a\n- b «x»\n\ntext", "- a\n«- b x»\n\ntext"},
	    {"- a\n\n- b «x»\n\n- c", "- a\n\n«- b x»\n\n- c"},
	    {"- b «x»\n# h", "«- b x»\n# h"},
	    {"- b «x»\n----\nc", "«- b x»\n----\nc"},
	    {"- b «x»\n> c", "«- b x»\n> c"},
	    /* more than one */
	    {"- a\n- b «x\n- c» d\n- e", "- a\n«- b x\n- c d»\n- e"},
	    /* no list: the line */
	    {"a\nb «x»\nc", "a\n«b x»\nc"},
	    {"- a\n\nb «x» c\n", "- a\n\n«b x c»\n"},
	    {"# a\nb «x»", "# a\n«b x»"},
	    {"-a «x»\n-b", "«-a x»\n-b"},
	    {"3.5 «x»\nb", "«3.5 x»\nb"},
	};

	(void)state;
	all_units(UNIT_ITEM, v, LEN(v));
}

/* ---- section ---- */

static void
sections(void **state)
{
	static const char *const v[][2] = {
	    {"# A\na\n\n# B\nb «x»\n\nc\n\n# D\nd",
		"# A\na\n\n«# B\nb x\n\nc»\n\n# D\nd"},
	    {"# A\n«x»\n## B\nb\n# C\nc", "«# A\nx\n## B\nb»\n# C\nc"},
	    {"# A\na\n## B\nb «x»\n# C\nc", "# A\na\n«## B\nb x»\n# C\nc"},
	    {"# A\na\n## B\nb «x»\n### C\nc\n## D",
		"# A\na\n«## B\nb x\n### C\nc»\n## D"},
	    {"# A\na «x»\n", "«# A\na x»\n"},
	    {"# A «x»\na\n# B", "«# A x\na»\n# B"},
	    /* drawn with a line */
	    {"A\n===\na\n\nB\n===\nb «x»\n\nC\n===\nc",
		"A\n===\na\n\n«B\n===\nb x»\n\nC\n===\nc"},
	    {"A\n---\na «x»\n\nB\n---\nb", "«A\n---\na x»\n\nB\n---\nb"},
	    {"A\n===\n\nB\n---\na «x»\n\nC\n===\nb",
		"A\n===\n\n«B\n---\na x»\n\nC\n===\nb"},
	    {"=====\nALPHA\n=====\na «x»\n\n=====\nBETA\n=====\nb",
		"«=====\nALPHA\n=====\na x»\n\n=====\nBETA\n=====\nb"},
	    /* plain ones */
	    {"a\n\nALPHA NEWS\n\nb «x»\n\nc\n\nBETA NEWS\n\nd",
		"a\n\n«ALPHA NEWS\n\nb x\n\nc»\n\nBETA NEWS\n\nd"},
	    {"一、开头\n\n甲\n\n二、中间\n\n乙«x»\n\n丙\n\n三、结尾\n\n丁",
		"一、开头\n\n甲\n\n«二、中间\n\n乙x\n\n丙»\n\n三、结尾\n\n丁"},
	    {"一、甲\n\n（一）乙\n\n丙«x»\n\n（二）丁\n\n戊",
		"一、甲\n\n«（一）乙\n\n丙x»\n\n（二）丁\n\n戊"},
	    {"1. Start\n\na\n\n2. End\n\nb «x»\n\nc\n\n3. Rest\n\nd",
		"1. Start\n\na\n\n«2. End\n\nb x\n\nc»\n\n3. Rest\n\nd"},
	    /* a list whose items stand apart has no headings */
	    {"p\n\n1. a\n\n2. b «x»\n\n3. c\n\nq",
		"p\n\n1. a\n\n«2. b x»\n\n3. c\n\nq"},
	    /* lines of marks */
	    {"a\n\n-----\n\nb «x»\n\nc\n\n-----\n\nd",
		"a\n\n-----\n\n«b x\n\nc\n\n-----»\n\nd"},
	    {"# A\na «x»\n\n* * *\n\nb", "«# A\na x»\n\n* * *\n\nb"},
	    {"a\n━━━━\nb «x»\n━━━━\nc", "a\n━━━━\n«b x\n━━━━»\nc"},
	    {"a\n~~~~~\n\nb «x»\n# C\nc", "a\n~~~~~\n\n«b x»\n# C\nc"},
	    /* nothing that ends it: the paragraph */
	    {"a\n\nb «x»\nc\n\nd", "a\n\n«b x\nc»\n\nd"},
	    {"a\n\n-----\n\nb «x»\n\nc", "a\n\n-----\n\n«b x»\n\nc"},
	    {"#tag a\n\nb «x»\n\nc", "#tag a\n\n«b x»\n\nc"},
	    {"I AM.\n\nb «x»\n\nc", "I AM.\n\n«b x»\n\nc"},
	};

	(void)state;
	all_units(UNIT_SECTION, v, LEN(v));
}

static void
not_of_text(void **state)
{
	(void)state;
	unit_of(UNIT_ENTRY, "a (b «x» c)\nd", "a (b «x» c)\nd");
	unit_of(UNIT_PART, "a (b «x» c)\nd", "a (b «x» c)\nd");
	unit_of(UNIT_ELEMENT, "a (b «x» c)\nd", "a «(b x c)»\nd");
	assert_true(grow_knows(UNIT_SECTION) && grow_knows(UNIT_ITEM));
	assert_false(grow_knows(UNIT_ENTRY) || grow_knows(UNIT_PART));
}

/* ---- reach ---- */

static const enum unit all[] = {UNIT_CLAUSE, UNIT_ASIDE, UNIT_SENTENCE,
    UNIT_LINE, UNIT_PARAGRAPH, UNIT_ITEM, UNIT_SECTION, UNIT_ELEMENT};

/* What is larger than the reach is not there; what is smaller is. */
static void
reach(void **state)
{
	enum { N = 200000, AT = 100000 };
	char *p = malloc(N);
	struct span s = {AT, AT + 1}, g;

	(void)state;
	assert_non_null(p);
	memset(p, 'a', N);
	for (size_t i = 0; i < LEN(all); i++) {
		g = grow_unit(p, N, s, all[i]);
		assert_int_equal(g.to - g.from, 1);
	}
	memcpy(p + AT - 1002, ". ", 2);
	memcpy(p + AT + 999, ". ", 2);
	g = grow_unit(p, N, s, UNIT_PARAGRAPH);
	assert_int_equal(g.from, AT - 1000);
	assert_int_equal(g.to, AT + 1000);
	p[AT - 20001] = p[AT + 20000] = '\n';
	g = grow_unit(p, N, s, UNIT_SECTION);
	assert_int_equal(g.from, AT - 20000);
	assert_int_equal(g.to, AT + 20000);
	free(p);
}

/* What 2,000 calls may take; ASan makes each byte read cost three times. */
#ifdef __SANITIZE_ADDRESS__
#define SECONDS 5
#else
#define SECONDS 1
#endif

static void
many_in(const char *fill, enum unit unit, char *p, uint32_t n, uint32_t spans)
{
	uint32_t len = (uint32_t)strlen(fill);
	double t0 = seconds();

	for (uint32_t k = 0; k < spans; k++) {
		uint32_t at = k * (n / spans) / len * len;
		struct span s = {at, at + len};

		s = grow_unit(p, n, s, unit);
		assert_true(s.from <= at && s.to <= n);
	}
	if (seconds() - t0 > SECONDS)
		fail_msg(
		    "%s, unit %d: %.2f s", fill, (int)unit, seconds() - t0);
}

/* 2,000 spans in 5 MB of one line; fewer in other texts made to be hard. */
static void
many(void **state)
{
	static const char *const fill[] = {"a", "a. ", "。", " ", "a ", "(",
	    ")", "[", "- a\n", "# a\n", "a\n", "\n", " \n", "| a |\n",
	    "-----\n", "\"", "1. a\n\n", "  - a\n", "A\n===\n", "*", "> a\n"};
	enum { N = 5000000 };
	char *p = malloc(N);

	(void)state;
	assert_non_null(p);
	for (size_t f = 0; f < LEN(fill); f++) {
		size_t len = strlen(fill[f]);

		for (size_t i = 0; i < N; i++)
			p[i] = fill[f][i % len];
		for (size_t u = 0; u < LEN(all); u++)
			many_in(fill[f], all[u], p, N, f < 3 ? 2000 : 300);
	}
	free(p);
}

/* ---- any text ---- */

static uint32_t
rnd(uint32_t below)
{
	static uint32_t seed = 77;

	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static void
any_text(void **state)
{
	static const char *const piece[] = {"a", "b ", "\n", "\n\n", "\r\n",
	    " ", "\t", "(", ")", "[", "](", "”", "“", "\"", "!", "**", "*",
	    ". ", "- ", "1. ", "# ", "> ", "```\n", "---\n", "===\n", "卡",
	    "。", "　", "…", "\r", "•", "| ", "   "};

	(void)state;
	for (int round = 0; round < 60000; round++) {
		char *p = malloc(400);
		uint32_t n = 0, from, to;

		assert_non_null(p);
		for (uint32_t i = rnd(30); i > 0; i--)
			n += (uint32_t)sprintf(
			    p + n, "%s", piece[rnd(LEN(piece))]);
		p = realloc(p, n > 0 ? n : 1);
		assert_non_null(p);
		from = rnd(n + 1);
		to = from + rnd(n - from + 1);
		while (from > 0 && from < n &&
		       ((unsigned char)p[from] & 0xc0) == 0x80)
			from--;
		while (to < n && ((unsigned char)p[to] & 0xc0) == 0x80)
			to++;
		for (size_t u = 0; u < LEN(all); u++) {
			struct span g =
			    grow_unit(p, n, (struct span){from, to}, all[u]);

			if (g.from > from || to > g.to || g.to > n)
				fail_msg("%.*s: %u-%u: %u-%u", (int)n, p, from,
				    to, g.from, g.to);
			assert_true(g.from == n ||
				    ((unsigned char)p[g.from] & 0xc0) != 0x80);
			assert_true(g.to == n ||
				    ((unsigned char)p[g.to] & 0xc0) != 0x80);
		}
		free(p);
	}
}

/* How many sentences a text has; and in no more than one pass. */
static void
sentences(void **state)
{
	static const struct {
		const char *text;
		uint32_t want;
	} v[] = {
	    {"", 0},
	    {" \n\t\n", 0},
	    {"one", 1},
	    {"One. Two! Three", 3},
	    {"One goes\non here. Two", 2},
	    {"One\n\nTwo", 2},
	    {"- one\n- two\n1. three", 3},
	    {"Mr. A goes 3.5 km... on", 1},
	    {"一。二！三", 3},
	    {"# A\nb", 2},
	    {"One.  \r\n\r\n Two.", 2},
	};
	static const char *const fill[] = {
	    " ", "\n", "a. ", "It is so. ", ".", "( ", "a\n", ". )", "。"};
	enum { N = 4000000 };
	char *p = malloc(N);

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		if (grow_sentences(v[i].text, (uint32_t)strlen(v[i].text),
			100) != v[i].want)
			fail_msg("%s", v[i].text);
	assert_int_equal(grow_sentences("a. b. c.", 8, 2), 2);
	assert_non_null(p);
	for (size_t f = 0; f < LEN(fill); f++) {
		double t0 = seconds();

		for (size_t i = 0; i < N; i++)
			p[i] = fill[f][i % strlen(fill[f])];
		grow_sentences(p, N, N);
		if (seconds() - t0 > 2)
			fail_msg("%s: %.2f s", fill[f], seconds() - t0);
	}
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(latin_sentence),
	    cmocka_unit_test(no_sentence_end),
	    cmocka_unit_test(still_a_sentence_end),
	    cmocka_unit_test(other_sentence),
	    cmocka_unit_test(sentence_and_brackets),
	    cmocka_unit_test(items),
	    cmocka_unit_test(sections),
	    cmocka_unit_test(not_of_text),
	    cmocka_unit_test(reach),
	    cmocka_unit_test(many),
	    cmocka_unit_test(any_text),
	    cmocka_unit_test(sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
