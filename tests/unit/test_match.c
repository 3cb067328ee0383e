#include "match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "limits.h"

#define LEN(v) (sizeof(v) / sizeof((v)[0]))

static struct arena *arena;
static struct rules rules;
static struct tree tree;
static struct view view;
static struct match match;
static struct charsets *cs;

static void
drop(void)
{
	if (arena == NULL)
		return;
	rules_free(&rules);
	arena_free(arena);
	charsets_close(cs);
	arena = NULL;
}

static void
run_timed(const char *text, const char *mail, size_t n, uint32_t ms)
{
	drop();
	arena = arena_new(LIMIT_ARENA);
	assert_non_null(arena);
	rules_init(&rules, arena);
	rules_load_text(&rules, "x.cf", text, strlen(text));
	rules_finish(&rules);
	cs = charsets_open(mail, n, NULL);
	mime_parse(&tree, arena, mail, (uint32_t)n);
	view_make(&view, arena, &tree, cs);
	match_run(&match, arena, &rules, &view, ms);
}

static void
run(const char *text, const char *mail)
{
	run_timed(text, mail, strlen(mail), 3000);
}

static uint32_t
count(const char *name)
{
	uint32_t i = rules_find(&rules, name);

	assert_int_not_equal(i, UINT32_MAX);
	return match.count[i];
}

/* How often a rule X hits. */
static void
hits(const char *rule, const char *mail, uint32_t want)
{
	run(rule, mail);
	if (count("X") != want)
		fail_msg(
		    "%s\n%s\n%u hits, want %u", rule, mail, count("X"), want);
}

#define BODY "Subject: Moving day\nFrom: \"Ann B\" <ann@news.example>\n\n"

static void
body_rules(void **state)
{
	(void)state;
	hits("body X /tea/", BODY "tea and tea\n\ntea\n", 3);
	hits("body X /TEA/", BODY "tea\n", 0);
	hits("body X /TEA/i", BODY "tea\n", 1);
	/* the lines of a paragraph are one, paragraphs stay apart */
	hits("body X /tea at four/", BODY "tea\nat  \r\n  four\n", 1);
	hits("body X /tea\\s+at/", BODY "tea\n\nat\n", 0);
	hits("body X /^at/", BODY "tea\n\nat\nat\n", 1);
	/* the Subject is the first of them, but not for all */
	hits("body X /Moving/", BODY "x\n", 1);
	hits("body X /Moving/\ntflags X nosubject", BODY "x\n", 0);
	hits("body X /Moving/\ntflags X nosubject", BODY "Moving\n", 1);
	hits("rawbody X /Moving/", BODY "x\n", 0);
	/* an empty match is none too many */
	hits("body X /q*/", BODY "aa\n", 3 + 11);
	hits("body X /tea/", BODY, 0);
	hits("body X /tea/", "", 0);
}

static void
scored_zero(void **state)
{
	(void)state;
	hits("body X /tea/\nscore X 0", BODY "tea\n", 0);
	hits("body X /tea/\nscore X 0.1", BODY "tea\n", 1);
	hits("body __A /tea/\nmeta X __A\n", BODY "tea\n", 1);
	hits("body __A /tea/\nmeta X __A\nscore X 0\n", BODY "tea\n", 0);
}

static void
other_types(void **state)
{
	static const char html[] =
	    "Content-Type: text/html\n\n<p>Tea <a href=\"http://a.example/x\">"
	    "here</a> http://b.example/y</p><p style=\"display:none\">dark</p>";

	(void)state;
	hits("rawbody X /<p>/", html, 1);
	hits("body X /<p>/", html, 0);
	hits("body X /Tea here/", html, 1);
	hits("body X /dark/", html, 1);
	hits("uri X m{//a\\.example/}", html, 1);
	hits("uri X m{//b\\.example/}", html, 1);
	hits("uri X /Tea/", html, 0);
	hits("full X /text\\/html.*<p>/s", html, 1);
	hits("full X /nothing/", html, 0);
	hits("mimeheader X Content-Type =~ /html/", html, 1);
	hits("mimeheader X Content-Type =~ /plain/", html, 0);
	hits("mimeheader X Content-Type =~ /x-b/",
	    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
	    "text/x-a\n\n1\n--b\nContent-Type: text/x-b\n\n2\n--b--\n",
	    1);
}

static void
header_rules(void **state)
{
	static const char mail[] =
	    "From: \"Ann B\" <ann@news.example>\nTo: bob@b.example\nCc: "
	    "=?utf-8?Q?Z=C3=B6?= <zoe@z.example>\nSubject: =?utf-8?B?w7Y=?=\n"
	    "Message-Id: <1@x>\nX-Two: one\nX-Two: two\n\ntext\n";
	static const struct {
		const char *rule;
		uint32_t want;
	} v[] = {
	    {"header X From =~ /Ann B/", 1},
	    {"header X From:addr =~ /^ann\\@news\\.example$/", 1},
	    {"header X From:name =~ /^Ann B$/", 1},
	    {"header X Subject =~ /ö/", 1},
	    {"header X Subject:raw =~ /w7Y=/", 1},
	    {"header X Subject =~ /w7Y=/", 0},
	    {"header X Cc:name =~ /^Zö$/", 1},
	    {"header X ToCc =~ /zoe/", 1},
	    {"header X ToCc =~ /bob/", 1},
	    {"header X MESSAGEID =~ /1\\@x/", 1},
	    {"header X ALL =~ /X-Two: two/", 1},
	    {"header X X-Two =~ /one\\ntwo/", 1},
	    {"header X exists:X-Two", 1},
	    {"header X exists:X-Three", 0},
	    {"header X X-Three =~ /x/", 0},
	    {"header X X-Three !~ /x/", 1},
	    {"header X X-Two !~ /one/", 0},
	    {"header X X-Two !~ /three/", 1},
	    {"header X X-Three =~ /none/ [if-unset: none]", 1},
	    {"header X X-Two =~ /none/ [if-unset: none]", 0},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		hits(v[i].rule, mail, v[i].want);
}

static void
folded_text(void **state)
{
	(void)state;
	hits("body X /eSIM/", BODY "ｅＳＩＭ\n", 1);
	hits("body X /eSIM/\ntflags X nofold", BODY "ｅＳＩＭ\n", 0);
	hits("body X /eSIM/", BODY "e\xe2\x80\x8bSIM eSIM\n", 2);
	hits("rawbody X /eSIM/", BODY "ｅＳＩＭ\n", 0);
	hits("header X Subject =~ /eSIM/", "Subject: ｅＳＩＭ\n\nx\n", 1);
	hits("header X Subject =~ /eSIM/\ntflags X nofold",
	    "Subject: ｅＳＩＭ\n\nx\n", 0);
	/* both ways at one place: once */
	hits("body X /[eｅ][SＳ]IM/", BODY "eSIM ｅSIM\n", 2);
}

/* Each hit names the text it stands for. */
static void
places(void **state)
{
	static const char mail[] =
	    "Subject: the [TG x] day\nContent-Type: text/html\n\n"
	    "<p>one [T<b>G</b>\n x] two</p><p>[TG&#32;x]</p>";
	static const char *const want[] = {
	    "[TG x]", "[T<b>G</b>\n x]", "[TG&#32;x]"};

	(void)state;
	run("body X /\\[TG x\\]/", mail);
	assert_int_equal(match.nhit, 3);
	for (uint32_t i = 0; i < match.nhit; i++) {
		const struct hit *h = &match.hit[i];
		const struct doc *d = &view.doc[h->doc];
		uint32_t n = h->utf8.to - h->utf8.from;

		assert_int_equal(n, strlen(want[i]));
		assert_memory_equal(d->utf8.p + h->utf8.from, want[i], n);
	}
}

/* ---- pieces of a long text overlap: a hit counts once ---- */

static void
fill(struct buf *b, size_t to)
{
	while (b->len < to)
		buf_puts(b, "word ");
}

static void
one_hit_in_the_overlap(void **state)
{
	(void)state;
	for (size_t at = 1600; at < 2300; at += 7) {
		struct buf b = BUF(1u << 20);

		buf_puts(&b, BODY);
		fill(&b, sizeof BODY - 1 + at);
		buf_puts(&b, "[TG @shop] ");
		fill(&b, at + 3000);
		buf_put(&b, "\n", 2);
		hits("body X /\\[TG \\@shop\\]/", b.p, 1);
		buf_free(&b);
	}
}

static void
two_hits_in_the_overlap(void **state)
{
	(void)state;
	for (size_t at = 1600; at < 2300; at += 7) {
		struct buf b = BUF(1u << 20);

		buf_puts(&b, BODY);
		fill(&b, sizeof BODY - 1 + at);
		buf_puts(&b, "[TG @one] and [TG @two] and [TG @three] ");
		fill(&b, at + 3000);
		buf_put(&b, "\n", 2);
		run("body X /\\[TG \\@\\w+\\]/", b.p);
		if (count("X") != 3)
			fail_msg("%u hits where 3 are, at %zu", count("X"), at);
		buf_free(&b);
	}
}

static void
folded_hits_in_the_overlap(void **state)
{
	(void)state;
	for (size_t at = 1600; at < 2300; at += 7) {
		struct buf b = BUF(1u << 20);

		buf_puts(&b, BODY);
		fill(&b, sizeof BODY - 1 + at);
		buf_puts(&b, "ｅＳＩＭ ");
		fill(&b, at + 3000);
		buf_put(&b, "\n", 2);
		run("body X /eSIM/", b.p);
		if (count("X") != 1)
			fail_msg("%u hits where 1 is, at %zu", count("X"), at);
		buf_free(&b);
	}
}

/* ---- limits ---- */

static void
too_many_hits(void **state)
{
	struct buf b = BUF(1u << 20);

	(void)state;
	buf_puts(&b, BODY);
	for (uint32_t i = 0; i < LIMIT_HITS_RULE * 3; i++)
		buf_puts(&b, "tea ");
	buf_put(&b, "\n", 2);
	run("body X /tea/\nbody Y /tea/", b.p);
	assert_true(count("X") >= LIMIT_HITS_RULE);
	assert_true(match.nhit <= 2 * LIMIT_HITS_RULE + 2);
	assert_false(match.timeout);
	buf_free(&b);
}

static void
slow_rule(void **state)
{
	struct buf b = BUF(1u << 20);
	uint32_t x, not_x;

	(void)state;
	buf_puts(&b, BODY);
	for (int i = 0; i < 3000; i++)
		buf_puts(&b, "a");
	buf_put(&b, "\n", 2);
	run("body X /(?:a+)+[bc]/\nbody Y /aaaa/\ntflags Y multiple\n"
	    "meta M X\nmeta N Y\n",
	    b.p);
	x = rules_find(&rules, "X");
	assert_true(match.skipped[x]);
	assert_int_equal(count("X"), 0);
	assert_int_equal(count("M"), 0);
	assert_true(count("Y") > 0);
	assert_int_equal(count("N"), 1);
	/* A limit is no hit where the match is negated, either. */
	b.len = 0;
	buf_puts(&b, "Subject: ");
	for (int i = 0; i < 3000; i++)
		buf_puts(&b, "a");
	buf_put(&b, "\n\nx\n", 5);
	run("header X Subject !~ /(?:a+)+[bc]/\n"
	    "mimeheader Y Subject !~ /(?:a+)+[bc]/",
	    b.p);
	not_x = rules_find(&rules, "X");
	assert_true(match.skipped[not_x]);
	assert_int_equal(count("X"), 0);
	assert_int_equal(count("Y"), 0);
	buf_free(&b);
}

/* The clock ran out: what was not looked at is no hit. */
static void
no_time(void **state)
{
	static const char mail[] = BODY "tea\n";
	static const char *const v[] = {"body X /tea/",
	    "header X Subject =~ /Moving/", "header X Subject !~ /tea/",
	    "mimeheader X Subject =~ /Moving/", "mimeheader X Subject !~ /tea/",
	    "full X /tea/"};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		run_timed(v[i], mail, sizeof mail - 1, 0);
		assert_true(match.timeout);
		if (count("X") != 0)
			fail_msg("%s: hits without time", v[i]);
	}
}

static void
broken_rule(void **state)
{
	(void)state;
	run("body X /(?<n>tea/\nbody Y /tea/", BODY "tea\n");
	assert_int_equal(count("Y"), 1);
	assert_true(rules.degraded);
}

static void
expressions(void **state)
{
	(void)state;
	hits("body __A /tea/\ntflags __A multiple\nmeta X (__A > 1)",
	    BODY "tea tea\n", 1);
	hits("body __A /tea/\nmeta X (__A > 1)", BODY "tea\n", 0);
	hits("body __A /tea/\nbody __B /cake/\nmeta X __A && !__B",
	    BODY "tea\n", 1);
	hits("body __A /tea/\nmeta __M !__A\nmeta X !__M", BODY "tea\n", 1);
}

#define OURS "ifplugin Simsift\n"
#define NEAR10 \
	"body A /tea/\nbody B /milk|sugar/\n" OURS "near X A B 10\nendif\n"

static void
near_rules(void **state)
{
	(void)state;
	hits(NEAR10, BODY "tea with milk\n", 1);
	hits(NEAR10, BODY "milk, then tea\n", 1);
	hits(NEAR10, BODY "tea alone, and a long way on: milk\n", 0);
	/* Ten characters between, not eleven; bytes do not matter. */
	hits(NEAR10, BODY "tea1234567890milk\n", 1);
	hits(NEAR10, BODY "tea12345678901milk\n", 0);
	hits(NEAR10,
	    BODY "tea\xe8\x8c\xb6\xe8\x8c\xb6\xe8\x8c\xb6\xe8\x8c\xb6milk\n",
	    1);
	/* Beyond the paragraph, but not beyond the text. */
	hits(NEAR10, BODY "tea\n\nmilk\n", 1);
	hits(NEAR10, "Subject: tea\n\nmilk\n", 0);
	/* Each hit of the first counts. */
	hits(NEAR10, BODY "tea milk tea\n\nand nothing at all here: tea\n", 2);
	/* A long one reaches further than one that starts later. */
	hits("body A /tea/\nbody B /milk.*|sugar/\n" OURS
	     "near X A B 3\nendif\n",
	    BODY "milk sugar and much of it tea\n", 1);
	hits("body A /tea/\nbody B /milk/\nbody C /rum/\n" OURS
	     "near X A B C 10\nendif\n",
	    BODY "tea and rum\n", 1);
	/* Near rules of near rules: both at the same tea. */
	hits("body A /tea/\nbody B /milk/\nbody C /rum/\n" OURS
	     "near N A B 9\nnear X N C 9\nendif\n",
	    BODY "milk tea, but not at this one, then: tea rum\n", 0);
	hits("body A /tea/\nbody B /milk/\nbody C /rum/\n" OURS
	     "near N A B 9\nnear X N C 9\nendif\n",
	    BODY "milk tea rum\n", 1);
	hits("body A /tea/\n" OURS "near X A A 10\nendif\n", BODY "tea\n", 1);
	hits("body A /tea/\nbody B /milk/\nscore B 0\n" OURS
	     "near X A B 10\nendif\n",
	    BODY "tea milk\n", 0);
	hits("body A /tea/\nbody B /milk/\nmeta X N > 1\ntflags N "
	     "multiple\n" OURS "near N A B 10\nendif\n",
	    BODY "tea milk tea\n", 1);
}

/* A meta that only joins rules by || stands for any of them. */
static void
near_groups(void **state)
{
#define GROUPS                                                         \
	"body A /tea/\nbody B /coffee/\nbody C /milk/\nbody D /rum/\n" \
	"meta DRINK (A || B)\nmeta WITH MORE || C\nmeta MORE D\n" OURS \
	"near X DRINK WITH 10\nendif\n"
	(void)state;
	hits(GROUPS, BODY "coffee with rum\n", 1);
	hits(GROUPS, BODY "tea with milk, coffee\n", 2);
	hits(GROUPS, BODY "tea and coffee\n", 0);
	hits("body A /tea/\nbody B /milk/\nmeta G A || B\n" OURS
	     "near X G G 10\nendif\n",
	    BODY "tea milk\n", 2);
	/* Near rules in a group; a group that needs itself. */
	hits("body A /tea/\nbody B /milk/\nbody C /rum/\nmeta G N || C\n" OURS
	     "near N A B 9\nnear X B G 9\nendif\n",
	    BODY "milk tea\n", 1);
	hits("body A /tea/\nmeta G H || A\nmeta H G || A\n" OURS
	     "near X A G 9\nendif\n",
	    BODY "tea\n", 0);
}

/* What alternatives show counts once, where hits are counted. */
static void
alternatives(void **state)
{
#define ALT(plain, html)                                                   \
	"Content-Type: multipart/alternative; boundary=b\n\n--b\n\n" plain \
	"\n--b\nContent-Type: text/html\n\n" html "\n--b--\n"
#define TWICE "body A /tea/\ntflags A multiple\nmeta X A > 1\n"
	(void)state;
	hits(TWICE, ALT("tea", "<p>tea</p>"), 0);
	hits(TWICE, ALT("tea", "<p>tea or tea</p>"), 1);
	hits(TWICE, ALT("tea, tea", "<p>milk</p>"), 1);
	hits(TWICE, "Subject: tea\n" ALT("tea", "<p>tea</p>"), 1);
	hits(TWICE,
	    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntea\n--b"
	    "\n\ntea\n--b--\n",
	    1);
}

/* What waits for another rule costs nothing where that does not hit. */
static void
late_rules(void **state)
{
#define LATE "body X /tea/\ntflags X late multiple\n"
	(void)state;
	hits(LATE, BODY "tea\n", 1);
	hits(LATE "body A /milk/\ntflags A first\n", BODY "tea\n", 0);
	hits(LATE "body A /milk/\ntflags A first\n", BODY "tea\n\nmilk\n", 1);
	hits(LATE "body A /milk/\ntflags A first\n", BODY "milk\n\ntea tea\n",
	    2);
	hits(LATE "uri A /shop/\ntflags A first\n",
	    BODY "tea http://shop.example/\n", 1);
	hits(LATE "header A Subject =~ /day/\ntflags A first\n", BODY "tea\n",
	    1);
	hits(LATE "body A /milk/\ntflags A first\n" OURS
		  "near Y X A 20\nendif\n",
	    BODY "milk tea\n", 1);
	assert_int_equal(count("Y"), 1);
}

/* HTML: what the reader sees between them; a link is its element. */
static void
near_in_html(void **state)
{
	static const char html[] = "Content-Type: text/html\n\n"
				   "<p>tea <span style=\"color: red; margin: 0 "
				   "0 0 0\">milk</span></p>";
	static const char link[] =
	    "Content-Type: text/html\n\n"
	    "<p>tea <a href=\"http://shop.example/a\">buy</a></p>"
	    "<p>something else that is not short</p>"
	    "<a href=\"http://shop.example/b\">buy</a>";

	(void)state;
	hits(NEAR10, html, 1);
	hits("uri A /shop/\nbody B /tea/\n" OURS "near X A B 10\nendif\n", link,
	    1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(body_rules),
	    cmocka_unit_test(scored_zero),
	    cmocka_unit_test(other_types),
	    cmocka_unit_test(header_rules),
	    cmocka_unit_test(folded_text),
	    cmocka_unit_test(places),
	    cmocka_unit_test(one_hit_in_the_overlap),
	    cmocka_unit_test(two_hits_in_the_overlap),
	    cmocka_unit_test(folded_hits_in_the_overlap),
	    cmocka_unit_test(too_many_hits),
	    cmocka_unit_test(slow_rule),
	    cmocka_unit_test(no_time),
	    cmocka_unit_test(broken_rule),
	    cmocka_unit_test(expressions),
	    cmocka_unit_test(near_rules),
	    cmocka_unit_test(near_groups),
	    cmocka_unit_test(alternatives),
	    cmocka_unit_test(near_in_html),
	    cmocka_unit_test(late_rules),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	drop();
	return failed;
}
