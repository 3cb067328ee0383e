#include "test_grow.h"

#include "html.h"

static struct arena *arena;

static int
fresh(void **state)
{
	(void)state;
	arena_free(arena);
	arena = arena_new(64u << 20);
	return arena == NULL;
}

static int
gone(void **state)
{
	(void)state;
	arena_free(arena);
	arena = NULL;
	return 0;
}

/* ---- tidy ---- */

static void
separators(void **state)
{
	static const char *const v[][2] = {
	    {"a | «x» | c", "a | c"},
	    {"a · «x» · c", "a · c"},
	    {"a / «x» / c", "a / c"},
	    {"a - «x» - c", "a - c"},
	    {"a — «x» — c", "a — c"},
	    {"a｜«x»｜c", "a｜c"},
	    {"a | «x»", "a"},
	    {"a | «x»\nb", "a\nb"},
	    {"«x» | c", "c"},
	    {"- «x» | c", "- c"},
	    {"a: «x» | c", "a: c"},
	    {"a | «x» c", "a | c"},
	    {"a «x» | c", "a | c"},
	    {"a/«x»/c", "a//c"},
	    {"a-«x» b", "a- b"},
	    {"| a | «x» | c |", "| a | | c |"},
	    {"a,«x»,b", "a,b"},
	    {"a, «x», b", "a, b"},
	    {"a、«x»、b", "a、b"},
	    {"a，«x»，b", "a，b"},
	    {"a, «x».", "a."},
	    {"(a, «x»)", "(a)"},
	    {"(«x», a)", "(a)"},
	    {"«x», a", "a"},
	    {"a, «x»\n\nb", "a\n\nb"},
	    {"a, «x»\nb", "a,\nb"},
	    {"a, «x» b", "a, b"},
	    {"a «x», b", "a, b"},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		tidies(v[i][0], v[i][1]);
}

static void
links_and_lines(void **state)
{
	static const char *const v[][2] = {
	    {"a [«x»](b) c", "a c"},
	    {"a ![«x»](b) c", "a c"},
	    {"a **[«x»](b)** c", "a c"},
	    {"a [«x»](b\nc) d", "a (b\nc) d"},
	    {"a [«x»] (b) c", "a (b) c"},
	    {"a [b «x»](c) d", "a [b](c) d"},
	    {"a\n«x» ![b](c)\nd", "a\nd"},
	    {"a\n«x»![](c) ![b](c)\nd", "a\nd"},
	    {"a\n![b](c) «x»\nd", "a\n![b](c)\nd"},
	    {"a\n«x» ![b](c) d", "a\n![b](c) d"},
	    {"a\n●«x»\nb", "a\nb"},
	    {"a\n一、«x»\nb", "a\nb"},
	    {"a\n（1）«x»\nb", "a\nb"},
	    {"a\n\n«x»\n===\n\nb", "a\n\nb"},
	    {"a\n\n«xyz»\n---\n\nb", "a\n\nb"},
	    {"a\n\n«x»\n----------\n\nb", "a\n\n----------\n\nb"},
	    {"a\n\n---\n\n«x»\n\n---\n\nb", "a\n\n---\n\n---\n\nb"},
	    {"a\n\n---\n\n«x»\n\n===\n\nb", "a\n\n---\n\n===\n\nb"},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		tidies(v[i][0], v[i][1]);
}

/* Marks that open and close alike go where they are a pair round the cut. */
static void
pairs(void **state)
{
	static const char *const v[][2] = {
	    {"a \"yes\" «x» \"no\" b", "a \"yes\" \"no\" b"},
	    {"a \"yes\" \"«x»\" \"no\" b", "a \"yes\" \"no\" b"},
	    {"a \"yes\"«x»\"no\" b", "a \"yes\"\"no\" b"},
	    {"a `ls` «x» `cat` b", "a `ls` `cat` b"},
	    {"a **b** «x» **c** d", "a **b** **c** d"},
	    {"a *b* «x» *c* d", "a *b* *c* d"},
	    {"a ~~b~~ «x» ~~c~~ d", "a ~~b~~ ~~c~~ d"},
	    {"a_ «x» _b", "a_ _b"},
	    {"a_«x»_b", "a__b"},
	    {"5\" «x» 6\" b", "5\" 6\" b"},
	    {"don't 'b' «x» 'c' d", "don't 'b' 'c' d"},
	    {"don't say '«x»' here", "don't say here"},
	    {"a **b** and **«x»** d", "a **b** and d"},
	    {"a **\"«x»\"** d", "a d"},
	    {"2 * 3 *«x»* d", "2 * 3 d"},
	    {"* a *«x»* d", "* a d"},
	    {"a_b _«x»_ d", "a_b d"},
	    {"请**«x»**看", "请看"},
	    {"看**甲**«x»**乙**", "看**甲****乙**"},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		tidies(v[i][0], v[i][1]);
}

/* ---- what is never cut ---- */

static void
protects(const char *src)
{
	for (int crlf = 0; crlf < 2; crlf++) {
		struct marked m = read_mark(src, crlf);
		struct spans s = {0};

		grow_protected(&s, arena, m.p, m.n);
		assert_false(s.unsorted);
		for (uint32_t i = 0; i < m.n; i++) {
			bool want = m.s.from <= i && i < m.s.to;

			if (grow_touches(&s, (struct span){i, i + 1}) != want)
				fail_msg("%s\nbyte %u is%s protected", src, i,
				    want ? " not" : "");
		}
		free(m.p);
	}
}

static void
tails(void **state)
{
	static const char *const v[] = {
	    "a\n«-----Ursprüngliche Nachricht-----\nVon: b»",
	    "a\n«-------- Message d'origine --------\nb»",
	    "a\n«-----邮件原件-----\nb»",
	    "a\n«------------------ 原始邮件 ------------------\nb»",
	    "a\n«-----Исходное сообщение-----\nb»",
	    "a\n«-------- original message --------From: b»",
	    "a\n---------- Forwarded message ---------\nFrom: b\nDate: c\n«»",
	    "a\n-----Original Message\nb«»",
	    "a\n«From: b\nSent: Monday\nTo: c\n\nd»",
	    "a\n«发件人：b\n发送时间：c\n\nd»",
	    "a\n«**Von:** b\n**Gesendet:** c\n\nd»",
	    "a\nFrom: b\nDate: c\nSubject: d\n\ne«»",
	    "a\nFrom here:\nSent is what\n«»",
	    /* footers */
	    "a\n«-----\nTo unsubscribe, write to b.\n»",
	    "a\n«~--~--~---~\n\nYou received this message because b\n»",
	    "a\n«----\n退订请回复\n»",
	    "a\n-----\nTo subscribe, write.\n«»",
	    "a\nTo unsubscribe, write to b.\n«»",
	    /* the next entry of a digest */
	    "a\n«-- \nAnn\n\n»------------------------------\n\nb",
	    "a\n«-- \nAnn\n------------------------------\nb»",
	    /* code by indent */
	    "a\n\n«    code\n»b",
	    "a\n\n«\tcode\n\tmore\n»\nb",
	    "a\n    no code\nb«»",
	    "- a\n\n    its text\n\nb«»",
	    "- a\n\nb\n\n«    code\n»",
	    /* tables, and who is quoted */
	    "a\n«| b | c |\n|---|:-:|\n»| d | e |",
	    "a\n| b | c |\nd«»",
	    "a\n«On Monday b wrote:\n> c\n»d",
	    "a\nb\n«> c\n»d",
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		protects(v[i]);
}

static void
clips(const char *src, const char *want, struct span at, bool guard)
{
	struct marked a = read_mark(src, false), b = read_mark(want, false);
	struct spans s = {0};

	grow_add(&s, arena, at);
	s.unsorted = guard; /* the slow way gives the same */
	same_span(grow_clip(a.p, a.n, (struct span){0, a.n}, a.s, &s), &b, src);
	free(a.p);
	free(b.p);
}

static void
clipping(void **state)
{
	(void)state;
	for (int slow = 0; slow < 2; slow++) {
		clips("aa\nbb\n«x»\ncc", "aa\n«bb\nx\ncc»", (struct span){0, 3},
		    slow);
		clips("aa\nbb\n«x»\ncc", "aa\n«bb\nx\ncc»", (struct span){0, 1},
		    slow);
		clips("aa\n\n«x»\ncc", "aa\n\n«x\ncc»", (struct span){0, 2},
		    slow);
		clips("aa «x» bb", "aa« x bb»", (struct span){0, 2}, slow);
		clips("aa\n«x»\nbb\ncc", "«aa\nx\nbb»\ncc",
		    (struct span){9, 10}, slow);
		clips("aa\n«x»\n\nbb", "«aa\nx»\n\nbb", (struct span){6, 8},
		    slow);
		clips(
		    "aa\n«xy»\nbb", "aa\n«xy»\nbb", (struct span){4, 5}, slow);
	}
}

/* ---- headings ---- */

/* The text between « and » is cut already; want: what is left. */
static void
heads(const char *src, const char *want, bool all)
{
	struct marked m = read_mark(src, false);
	struct spans cut = {0};
	char left[400];
	size_t n = 0;
	uint32_t at = 0;

	grow_add(&cut, arena, m.s);
	grow_headings(&cut, arena, m.p, m.n, all);
	for (uint32_t i = 0; i <= cut.n; i++) {
		uint32_t to = i < cut.n ? cut.v[i].from : m.n;

		memcpy(left + n, m.p + at, to - at);
		n += to - at;
		at = i < cut.n ? cut.v[i].to : m.n;
	}
	left[n] = '\0';
	assert_string_equal(left, want);
	free(m.p);
}

static void
headings(void **state)
{
	static const char *const v[][2] = {
	    {"# A\n\n«x»\n\n# B\nb", "# B\nb"},
	    {"# A\n\n«x»\ny\n# B\nb", "# A\n\n\ny\n# B\nb"},
	    {"# A\n## B\n\n«x»\n\n# C\nc", "# C\nc"},
	    {"# A\na\n## B\n\n«x»\n\n# C\nc", "# A\na\n\n# C\nc"},
	    {"# A\n## B\n«x»\n## C\nc", "# A\n## C\nc"},
	    {"# A\n\n# B\n«x»\n# C\nc", "# A\n\n# C\nc"},
	    {"# A\n## B\n«x»\n", "# A\n"},
	    {"a\n# A\n«x»\n", "a\n"},
	    {"A\n===\n\n«x»\n\nB\n===\nb", "B\n===\nb"},
	    {"# A\n«x»\n\n---\n\nb", "---\n\nb"},
	    {"a\n\n一、甲\n\n«x»\n\n二、乙\n\nb", "a\n\n二、乙\n\nb"},
	    {"a «x» b\n# C\n# D\nd", "a  b\n# C\n# D\nd"},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		heads(v[i][0], v[i][1], true);
}

/* Where no unit says that there are sections. */
static void
sure_headings(void **state)
{
	static const char *const v[][2] = {
	    {"# A\n\n«x»\n\n# B\n\nb", "# B\n\nb"},
	    {"# A\n## B\n\n«x»\n\n# C\n\nc", "# C\n\nc"},
	    {"A\n===\n\n«x»\n\nB\n===\nb", "B\n===\nb"},
	    {"a\n\n一、甲\n\n«x»\n\n二、乙\n\nb", "a\n\n二、乙\n\nb"},
	    /* one alone may be anything */
	    {"a\n\n# A\n\n«x»\n\nb", "a\n\n# A\n\n\n\nb"},
	    {"a\n\nA\n===\n\n«x»\n\n---\n\nb", "a\n\nA\n===\n\n\n\n---\n\nb"},
	    /* a script's comments */
	    {"a\n# b\n«x»\n# c\n# d\n", "a\n# b\n\n# c\n# d\n"},
	    {"a\n\n# b\n# c\n\n«x»\n\n# d\n# e\n",
		"a\n\n# b\n# c\n\n\n\n# d\n# e\n"},
	    {"# a\n\n# b\n«x»\n\n# c\n\nd", "# a\n\n# b\n\n\n# c\n\nd"},
	    /* capitals, and whom it is to */
	    {"DEAR MOTHER\n\n«x»\n\nI AM WELL\n\na",
		"DEAR MOTHER\n\n\n\nI AM WELL\n\na"},
	    {"Dear all,\n-----\n\n«x»\n\nTea\n---\n\na\n\nCake\n----\n\nb",
		"Dear all,\n-----\n\n\n\nTea\n---\n\na\n\nCake\n----\n\nb"},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		heads(v[i][0], v[i][1], false);
}

/* ---- HTML ---- */

static struct html *
render(const char *src, const char *word, struct span *s)
{
	struct html *h = arena_alloc(arena, sizeof *h);
	const char *at;

	html_render(h, arena, src, (uint32_t)strlen(src));
	at = memmem(h->text.p, h->text.len, word, strlen(word));
	assert_non_null(at);
	s->from = (uint32_t)(at - h->text.p);
	s->to = s->from + (uint32_t)strlen(word);
	return h;
}

static void
html_units(void **state)
{
	static const struct {
		enum unit unit;
		const char *src, *want;
		bool elem;
	} v[] = {
	    {UNIT_SENTENCE, "<table><tr><td>a. b<td>X! c</table>", "X!", false},
	    {UNIT_SENTENCE, "<table><tr><td>a<td>b X<td>c.</table>", "b X",
		false},
	    {UNIT_SENTENCE, "<p>a. b<br>X c. d</p>", "b\nX c.", false},
	    {UNIT_SENTENCE, "<div>a<div>X b</div>c.</div>", "X b", false},
	    {UNIT_LINE, "<p>a<br>b X<br>c</p>", "b X", false},
	    {UNIT_PARAGRAPH, "<p>a</p><p>b<br>X</p><p>c</p>", "b\nX", false},
	    {UNIT_PARAGRAPH, "<p>a<br><br>b X<br>c</p>", "b X\nc", false},
	    {UNIT_PARAGRAPH, "<div>a<div>b X</div>c</div>", "b X", false},
	    {UNIT_CLAUSE, "<p>(a</p><p>X</p><p>b)</p>", "X", false},
	    {UNIT_ITEM, "<ul><li>a<li>b <b>X</b> c<li>d</ul>", "b X c", true},
	    {UNIT_ITEM, "<ul><li>a<ul><li>b X</ul><li>d</ul>", "b X", true},
	    {UNIT_ITEM, "<table><tr><td>a<td>X<tr><td>b</table>", "a\tX", true},
	    {UNIT_ITEM, "<p>a<br>b X<br>c</p>", "b X", false},
	    {UNIT_ELEMENT, "<p>a <a href=b>c X</a> d</p>", "c X", true},
	    {UNIT_ELEMENT, "<p>a <b>c <i>d</i> X</b> e</p>", "c d X", true},
	    {UNIT_ELEMENT, "<table><tr><td>a X</td></tr></table>", "a X",
		false},
	    {UNIT_ELEMENT, "a (b X) c", "(b X)", false},
	    {UNIT_SECTION, "<h1>A</h1>a<h2>B</h2>b X<h3>C</h3>c<h2>D</h2>d",
		"B\n\nb X\n\nC\n\nc", false},
	    {UNIT_SECTION, "<div><h2>A</h2><p>X</p></div><p>b</p>", "A\n\nX",
		false},
	    {UNIT_SECTION, "<h2>A</h2><p>X</p><hr><p>b</p>", "A\n\nX", false},
	    {UNIT_SECTION, "<p>a</p><p>X</p><p>b</p>", "X", false},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		struct span s, g;
		struct html *h = render(v[i].src, "X", &s);
		uint32_t elem;

		g = grow_html(h, s, v[i].unit, &elem);
		if (g.to - g.from != strlen(v[i].want) ||
		    memcmp(h->text.p + g.from, v[i].want, g.to - g.from) != 0)
			fail_msg("%s\ngot [%.*s], want [%s]", v[i].src,
			    (int)(g.to - g.from), h->text.p + g.from,
			    v[i].want);
		assert_int_equal(elem != UINT32_MAX, v[i].elem);
	}
}

static void
html_protected(void **state)
{
	static const struct {
		const char *src;
		bool want;
	} v[] = {
	    {"<p>a</p><pre>X</pre>", true},
	    {"<p>a <code>X</code></p>", true},
	    {"<blockquote>X</blockquote>", true},
	    {"<table><tr><th>X<th>b<tr><td>c<td>d</table>", true},
	    {"<table><tr><th>a<td>X<tr><td>c<td>d</table>", false},
	    {"<table><tr><th>X</th></tr></table>", false},
	    {"<p>a<br>-- <br>X</p>", true},
	    {"<p>a</p><p>-----Original Message-----<br>X</p>", true},
	    {"<p>&gt; X</p>", true},
	    {"<p>X</p>", false},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		struct span s;
		struct html *h = render(v[i].src, "X", &s);
		struct spans out = {0};

		grow_html_protected(&out, arena, h);
		if (grow_touches(&out, s) != v[i].want)
			fail_msg("%s", v[i].src);
	}
}

static void
html_headings(void **state)
{
	static const struct {
		const char *src;
		uint32_t want;
	} v[] = {
	    {"<h2>A</h2><p>X</p><h2>B</h2><p>b</p>", 1},
	    {"<h1>A</h1><h2>B</h2><p>X</p><h1>C</h1><p>c</p>", 2},
	    {"<h2>A</h2><p>X</p><p>a</p><h2>B</h2><p>b</p>", 0},
	    {"<h2>A</h2><p>X</p><img src=a><h2>B</h2><p>b</p>", 0},
	    {"<h2>A</h2><p>X</p><hr><p>b</p>", 1},
	    {"<h1>A</h1><p>X</p>", 0},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		struct span s;
		struct html *h = render(v[i].src, "X", &s);
		struct spans cut = {0};

		grow_add(&cut, arena, s);
		if (grow_html_headings(&cut, arena, h) != v[i].want)
			fail_msg("%s", v[i].src);
	}
}

/* ---- time ---- */

static void
hostile(void **state)
{
	static const char *const fill[] = {"a", "# a\n", "A\n===\n", "-----\n",
	    "--\n", "> a\n", "a:\n", "    a\n\n", "|-\n", " ", "\n", "From:\n",
	    "1. a\n\n", "-", "_"};
	enum { N = 1000000 };
	char *p = malloc(N);

	(void)state;
	assert_non_null(p);
	for (size_t f = 0; f < LEN(fill); f++) {
		struct spans s = {0}, cut = {0};
		size_t len = strlen(fill[f]);
		double t0 = seconds();

		fresh(NULL);
		for (size_t i = 0; i < N; i++)
			p[i] = fill[f][i % len];
		grow_protected(&s, arena, p, N);
		for (uint32_t i = 0; i < 2000; i++) {
			uint32_t at =
			    i * (N / 2000) / (uint32_t)len * (uint32_t)len;
			struct span one = {at, at + (uint32_t)len};

			grow_touches(&s, one);
			grow_add(&cut, arena, one);
		}
		grow_headings(&cut, arena, p, N, f % 2);
		if (seconds() - t0 > 2)
			fail_msg("%s: %.2f s", fill[f], seconds() - t0);
	}
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(separators),
	    cmocka_unit_test(links_and_lines),
	    cmocka_unit_test(pairs),
	    cmocka_unit_test_setup(tails, fresh),
	    cmocka_unit_test_setup(clipping, fresh),
	    cmocka_unit_test_setup(headings, fresh),
	    cmocka_unit_test_setup(sure_headings, fresh),
	    cmocka_unit_test_setup(html_units, fresh),
	    cmocka_unit_test_setup(html_protected, fresh),
	    cmocka_unit_test_setup(html_headings, fresh),
	    cmocka_unit_test_setup(hostile, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, gone);
}
