#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "limits.h"
#include "rules.h"

#define ROOM (256u << 20)
#define COUNT(v) (sizeof(v) / sizeof *(v))

/* --- tools --- */

static struct arena *arena;

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new(ROOM);
	return arena == NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* A copy that ends where malloc's block ends, for ASan to watch. */
static void
load_n(struct rules *r, const char *p, size_t n)
{
	char *tight = malloc(n > 0 ? n : 1);

	assert_non_null(tight);
	memcpy(tight, p, n);
	rules_load_text(r, "x.cf", tight, n);
	free(tight); /* nothing may point into it */
}

static void
start(struct rules *r, const char *text)
{
	rules_init(r, arena);
	load_n(r, text, strlen(text));
}

static void
load(struct rules *r, const char *text)
{
	start(r, text);
	rules_finish(r);
}

static struct rule *
get(const struct rules *r, const char *name)
{
	uint32_t i = rules_find(r, name);

	if (i == UINT32_MAX)
		fail_msg("no rule %s", name);
	return &r->rule[i];
}

static void
show(const struct rules *r)
{
	for (uint32_t i = 0; i < r->ncomplaint; i++)
		print_message("  %s:%u:%u: %s: %s\n", r->complaint[i].file,
		    r->complaint[i].line, r->complaint[i].column,
		    r->complaint[i].warning ? "warning" : "error",
		    r->complaint[i].text);
}

static void
clean(const struct rules *r)
{
	if (r->ncomplaint > 0)
		show(r);
	assert_int_equal(r->ncomplaint, 0);
	assert_false(r->degraded);
}

/* That there is one complaint, "LINE:COLUMN e|w", and its words. */
static void
one_complaint(const struct rules *r, const char *where, const char *words)
{
	const struct complaint *c = r->complaint;
	char got[64];

	if (r->ncomplaint != 1)
		show(r);
	assert_int_equal(r->ncomplaint, 1);
	snprintf(got, sizeof got, "%u:%u %c", c->line, c->column,
	    c->warning ? 'w' : 'e');
	if (strcmp(got, where) != 0 || strstr(c->text, words) == NULL)
		fail_msg("want %s %s\n got %s %s", where, words, got, c->text);
	assert_string_equal(c->file, "x.cf");
}

static void
is_pattern(const struct rule *u, const char *want)
{
	assert_non_null(u->pattern);
	assert_int_equal(u->pattern_len, strlen(want));
	assert_memory_equal(u->pattern, want, strlen(want));
}

/* A file of its own beside the test's others. */
static char dir[64];

static void
make_dir(void)
{
	snprintf(dir, sizeof dir, "/tmp/test_rules.XXXXXX");
	assert_non_null(mkdtemp(dir));
}

static char *
path(const char *name)
{
	return arena_printf(arena, "%s/%s", dir, name);
}

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(path(name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
drop_dir(const char *const *names)
{
	for (; *names != NULL; names++)
		unlink(path(*names));
	assert_int_equal(rmdir(dir), 0);
}

/* --- a whole file --- */

static const char sample[] =
    "# Shops that sell telephone cards inside other people's mail\n"
    "replace_start <\n"
    "replace_end   >\n"
    "replace_tag   MSG    (?:tg|messenger|纸飞机)\n"
    "replace_inter GAP    \\s?\n"
    "\n"
    "body      __CARD      /e-?sim|sim\\s?卡|手机(?:号)?卡/i\n"
    "tflags    __CARD      multiple maxhits=5 nosubject\n"
    "rawbody   SHOP_LINK   /\\[\\[<MSG>[^\\]\\n]{0,12}@\\w{4,32}\\]/\n"
    "replace_rules SHOP_LINK\n"
    "uri       SHOP_URI    m{^https?://t\\.me/s/[a-z]{2,9}}i\n"
    "full      HAS_TAIL    m,\\n--\\n,s\n"
    "header    FROM_SHOP   From:name =~ /\\bshop\\b/ix\n"
    "header    NO_DATE     Date !~ /\\d/ [if-unset: none 0]\n"
    "header    HAS_LIST    exists:List-Id\n"
    "header    BOTH        ToCc:addr:raw =~ /@example\\.org$/m\n"
    "mimeheader PIC_QR     Content-Type:raw =~ /name=.?qr/i\n"
    "meta      SELLS_CARD  __CARD > 1 && (SHOP_LINK || SHOP_URI)\n"
    "describe  SELLS_CARD  A card shop, pasted into a guide   # yes\n"
    "score     SELLS_CARD  5.5 4 3.25 -1\n"
    "score     FROM_SHOP   -0.5\n"
    "score     FROM_SHOP   (1.5)\n"
    "score     HAS_LIST    0\n"
    "tflags    NO_DATE     nice net\n"
    "lang en   describe HAS_LIST  came through a list\n"
    "lang de   describe HAS_LIST  kam über eine Liste\n"
    "lang en_GB describe HAS_TAIL has a tail\n"
    "body      T_TRIAL     /trial/\n"
    "test      SHOP_LINK   ok    [[TG @shop1234]\n"
    "test      SHOP_LINK   fail  a\\tb\\nc\\\\d\\e \\# e\n"
    "if (version >= 4.000000) && !plugin(Mail::SpamAssassin::Plugin::SPF)\n"
    "  if can(Mail::SpamAssassin::Conf::feature_bug6558_free)\n"
    "    body  NEW_ENOUGH  /yes/\n"
    "  else\n"
    "    body  TOO_OLD     /no/\n"
    "  endif\n"
    "else\n"
    "  body    TOO_OLD     /no/\n"
    "  ifplugin Simsift\n"
    "  nonsense\n"
    "  endif\n"
    "endif\n"
    "ifplugin Mail::SpamAssassin::Plugin::MIMEHeader\n"
    "  body    WITH_MIME   /yes/\n"
    "endif\n"
    "ifplugin Simsift\n"
    "category  SELLS_CARD  promo.card-shop\n"
    "cut       SHOP_LINK   match  when SELLS_CARD && !HAS_LIST\n"
    "cut       SHOP_URI    paragraph\n"
    "guard     __CARD      sentence\n"
    "action    promo       cut\n"
    "action    promo.bulk  hold\n"
    "action    promo       mark\n"
    "test      SHOP_LINK   cut   A plan.[[TG @shop1234]  =>  A plan.\n"
    "test      SHOP_LINK   cut   [[TG @shop1234]\\nx =>\n"
    "endif\n"
    "add_header all Level _STARS_\n"
    "report    A text that nobody needs here\n"
    "bayes_path /nowhere\n"
    "required_score 5\n"
    "whitelist_from *@example.org\n";

static void
test_sample_rules(void **state)
{
	struct rules r;
	struct rule *u;

	(void)state;
	load(&r, sample);
	clean(&r);
	u = get(&r, "__CARD");
	assert_int_equal(u->type, RULE_BODY);
	assert_int_equal(u->line, 7);
	assert_string_equal(u->file, "x.cf");
	assert_int_equal(u->pattern_col, 24);
	is_pattern(u, "e-?sim|sim\\s?卡|手机(?:号)?卡");
	assert_int_equal(u->re_flags, RE_CASELESS);
	assert_int_equal(
	    u->flags, RULE_HIDDEN | RULE_MULTIPLE | RULE_NOSUBJECT);
	assert_int_equal(u->maxhits, 5);
	u = get(&r, "SHOP_LINK");
	assert_int_equal(u->type, RULE_RAWBODY);
	is_pattern(
	    u, "\\[\\[(?:tg|messenger|纸飞机)[^\\]\\n]{0,12}@\\w{4,32}\\]");
	assert_int_equal(u->re_flags, 0);
	u = get(&r, "SHOP_URI");
	assert_int_equal(u->type, RULE_URI);
	is_pattern(u, "^https?://t\\.me/s/[a-z]{2,9}");
	u = get(&r, "HAS_TAIL");
	assert_int_equal(u->type, RULE_FULL);
	is_pattern(u, "\\n--\\n");
	assert_int_equal(u->re_flags, RE_DOTALL);
	assert_string_equal(u->describe, "has a tail");
	assert_float_equal(u->score, 1.0, 1e-9);
	assert_false(u->scored);
	assert_float_equal(get(&r, "T_TRIAL")->score, 0.01, 1e-9);
	assert_int_equal(rules_find(&r, "TOO_OLD"), UINT32_MAX);
	assert_int_equal(get(&r, "NEW_ENOUGH")->type, RULE_BODY);
	assert_int_equal(get(&r, "WITH_MIME")->type, RULE_BODY);
	rules_free(&r);
}

static void
test_sample_headers(void **state)
{
	struct rules r;
	struct rule *u;

	(void)state;
	load(&r, sample);
	u = get(&r, "FROM_SHOP");
	assert_int_equal(u->type, RULE_HEADER);
	assert_string_equal(u->header, "from");
	assert_int_equal(u->flags, RULE_HDR_NAME);
	assert_int_equal(u->re_flags, RE_CASELESS | RE_EXTENDED);
	assert_float_equal(u->score, 1.0, 1e-9);
	assert_true(u->scored);
	u = get(&r, "NO_DATE");
	assert_int_equal(u->flags, RULE_NEGATE | RULE_NICE);
	assert_string_equal(u->if_unset, "none 0");
	is_pattern(u, "\\d");
	assert_float_equal(u->score, -1.0, 1e-9);
	assert_int_equal(u->literals.n, 0);
	u = get(&r, "HAS_LIST");
	assert_int_equal(u->flags, RULE_EXISTS);
	assert_string_equal(u->header, "list-id");
	assert_null(u->pattern);
	assert_string_equal(u->describe, "came through a list");
	assert_true(u->scored);
	assert_float_equal(u->score, 0.0, 1e-9);
	u = get(&r, "BOTH");
	assert_string_equal(u->header, "ToCc");
	assert_int_equal(u->flags, RULE_HDR_ADDR | RULE_HDR_RAW);
	assert_int_equal(u->re_flags, RE_MULTILINE);
	u = get(&r, "PIC_QR");
	assert_int_equal(u->type, RULE_MIMEHEADER);
	assert_string_equal(u->header, "content-type");
	assert_int_equal(u->flags, RULE_HDR_RAW);
	rules_free(&r);
}

static void
test_sample_ours(void **state)
{
	struct rules r;
	struct rule *u;

	(void)state;
	load(&r, sample);
	u = get(&r, "SELLS_CARD");
	assert_int_equal(u->type, RULE_META);
	assert_int_equal(u->nmeta, 7);
	assert_string_equal(u->category, "promo.card-shop");
	assert_string_equal(u->describe, "A card shop, pasted into a guide");
	assert_float_equal(u->score, 5.5, 1e-9);
	assert_int_equal(r.nmeta_order, 1);
	assert_int_equal(r.ncut, 2);
	assert_int_equal(r.cut[0].rule, rules_find(&r, "SHOP_LINK"));
	assert_int_equal(r.cut[0].unit, UNIT_MATCH);
	assert_true(r.cut[0].has_when);
	assert_int_equal(r.cut[0].nwhen, 4);
	assert_int_equal(r.cut[1].unit, UNIT_PARAGRAPH);
	assert_false(r.cut[1].has_when);
	assert_int_equal(r.cut[1].line, 49);
	assert_int_equal(r.nguard, 1);
	assert_int_equal(r.guard[0].unit, UNIT_SENTENCE);
	assert_int_equal(r.naction, 2);
	assert_string_equal(r.action[0].prefix, "promo");
	assert_int_equal(r.action[0].action, ACTION_MARK);
	assert_int_equal(r.action[1].action, ACTION_HOLD);
	assert_int_equal(r.ntest, 4);
	assert_int_equal(r.test[0].kind, TEST_OK);
	assert_string_equal(r.test[0].text, "[[TG @shop1234]");
	assert_int_equal(r.test[1].kind, TEST_FAIL);
	assert_string_equal(r.test[1].text, "a\tb\nc\\d\\e # e");
	assert_int_equal(r.test[1].text_len, strlen(r.test[1].text));
	assert_int_equal(r.test[2].kind, TEST_CUT);
	assert_string_equal(r.test[2].text, "A plan.[[TG @shop1234]");
	assert_string_equal(r.test[2].after, "A plan.");
	assert_string_equal(r.test[3].text, "[[TG @shop1234]\nx");
	assert_int_equal(r.test[3].after_len, 0);
	rules_free(&r);
}

/* --- lines --- */

static void
test_line_ends(void **state)
{
	struct rules r;

	(void)state;
	load(&r, "\xef\xbb\xbf"
		 "body A /a/\r\n \t# only this\r\n\r\n"
		 "\t body\tB \t/b/i \r\nbody C /c/");
	clean(&r);
	is_pattern(get(&r, "A"), "a");
	assert_int_equal(get(&r, "A")->pattern_col, 9);
	is_pattern(get(&r, "B"), "b");
	assert_int_equal(get(&r, "B")->line, 4);
	assert_int_equal(get(&r, "B")->pattern_col, 12);
	is_pattern(get(&r, "C"), "c");
	load(&r, "");
	clean(&r);
	assert_int_equal(r.n, 0);
}

static void
test_comments(void **state)
{
	struct rules r;

	(void)state;
	load(&r, "body A /a\\#b/#c\n"
		 "body B /\\#\\#x/i \\# not a comment, an error\n"
		 "describe A one \\# two # three\n"
		 "body C /a\\\\\\#/ # as there: one backslash goes\n");
	is_pattern(get(&r, "A"), "a#b");
	assert_int_equal(get(&r, "A")->pattern_col, 9);
	assert_string_equal(get(&r, "A")->describe, "one # two");
	is_pattern(get(&r, "C"), "a\\\\#");
	/* the column is that of the file, not of the copy without \ */
	one_complaint(&r, "2:17 e", "behind the pattern");
	assert_string_equal(r.complaint[0].source,
	    "body B /\\#\\#x/i \\# not a comment, an error");
	assert_true(r.degraded);
}

static void
test_case_of_directives(void **state)
{
	struct rules r;

	(void)state;
	load(&r, "BODY A /a/\nReplace-Tag X y\nScore A 2\n");
	clean(&r);
	assert_float_equal(get(&r, "A")->score, 2, 1e-9);
	assert_int_equal(rules_find(&r, "a"), UINT32_MAX);
}

/* --- patterns --- */

static const struct {
	const char *line, *pattern;
	unsigned flags;
	uint32_t column;
} patterns[] = {
    {"body A /a\\/b/", "a\\/b", 0, 9},
    {"body A /x/ismx", "x",
	RE_CASELESS | RE_DOTALL | RE_MULTILINE | RE_EXTENDED, 9},
    {"body A /x/oaun", "x", 0, 9},
    {"body A /[^\\]]/", "[^\\]]", 0, 9},
    {"body A m{a{2}[{]}i", "a{2}[{]", RE_CASELESS, 10},
    {"body A m{[]}]\\}}", "[]}]\\}", 0, 10},
    {"body A m{[^]}[:alpha:]}]}", "[^]}[:alpha:]}]", 0, 10},
    {"body A m(a(b)[)]c)", "a(b)[)]c", 0, 10},
    {"body A m<(?:x)y>s", "(?:x)y", RE_DOTALL, 10},
    {"body A m[[a-z]+]", "[a-z]+", 0, 10},
    {"body A m,a/b\\,c,i", "a/b\\,c", RE_CASELESS, 10},
    {"body A m!a/b!", "a/b", 0, 10},
    {"body A m;[^;\\]", NULL, 0, 0},
    {"body A qr/x/i", "x", RE_CASELESS, 11},
    {"body A m'x'", "x", 0, 10},
    {"body A m\\#x\\#i", "x", RE_CASELESS, 11},
    {"header A Subject=~/x/", "x", 0, 20},
    {"header A Subject: =~ /x/", "x", 0, 23},
    {"header A Subject: =~ /x/ [if-unset:  y z ]", "x", 0, 23},
    {"header A Subject =~ /[if-unset: q]/", "[if-unset: q]", 0, 22},
};

static void
test_patterns(void **state)
{
	struct rules r;
	struct rule *u;

	(void)state;
	for (size_t i = 0; i < COUNT(patterns); i++) {
		load(&r, patterns[i].line);
		if (patterns[i].pattern == NULL) {
			assert_true(r.degraded);
			continue;
		}
		clean(&r);
		u = get(&r, "A");
		is_pattern(u, patterns[i].pattern);
		assert_int_equal(u->re_flags, patterns[i].flags);
		assert_int_equal(u->pattern_col, patterns[i].column);
	}
}

/* Rules that may hit where none of their literals stands have none. */
static void
test_literals_left_out(void **state)
{
	static const char *const lines[] = {
	    "header A Subject !~ /carrier/",
	    "header A exists:Subject",
	    "header A Subject =~ /carrier/ [if-unset: carrier]",
	    "mimeheader A Content-Id !~ /carrier/",
	};
	struct rules r;

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		load(&r, lines[i]);
		clean(&r);
		assert_int_equal(get(&r, "A")->literals.n, 0);
	}
	load(&r, "header A Subject =~ /carrier/");
	assert_true(get(&r, "A")->literals.n > 0);
	assert_non_null(r.prefilter);
}

static void
test_later_lines_override(void **state)
{
	struct rules r;
	struct rule *u;

	(void)state;
	load(&r, "score A 3\ndescribe A first\n"
		 "header A Subject:raw !~ /x/i [if-unset: q]\n"
		 "tflags A multiple nofold maxhits=3\n"
		 "describe A second\nbody A /y/s\nscore A 4\n"
		 "tflags A nice\n"
		 "meta B 1\nbody B /b/\nmeta C B\nmeta C 2\n");
	clean(&r);
	u = get(&r, "A");
	assert_int_equal(u->type, RULE_BODY);
	is_pattern(u, "y");
	assert_int_equal(u->re_flags, RE_DOTALL);
	assert_null(u->header);
	assert_null(u->if_unset);
	assert_int_equal(u->flags, RULE_NICE);
	assert_int_equal(u->maxhits, 0);
	assert_int_equal(u->line, 6);
	assert_string_equal(u->describe, "second");
	assert_float_equal(u->score, 4, 1e-9);
	assert_int_equal(get(&r, "B")->nmeta, 0);
	assert_int_equal(r.nmeta_order, 1);
	assert_int_equal(get(&r, "C")->nmeta, 1);
}

/* A broken line leaves what was there before. */
static void
test_broken_line_changes_nothing(void **state)
{
	struct rules r;

	(void)state;
	load(&r, "body A /good/\nscore A 2\nbody A /bad\nscore A two\n"
		 "meta A (\n");
	assert_int_equal(r.ncomplaint, 3);
	is_pattern(get(&r, "A"), "good");
	assert_float_equal(get(&r, "A")->score, 2, 1e-9);
	assert_false(get(&r, "A")->broken);
	load(&r, "body A /bad\nmeta B A\nscore A 2\n");
	one_complaint(&r, "1:8 e", "not closed: / is missing");
	assert_int_equal(get(&r, "A")->type, RULE_NONE);
	assert_true(get(&r, "A")->broken);
}

/* --- complaints, each by its place --- */

#define IN "ifplugin Simsift\n"
#define OUT "\nendif\n"
#define DEF "body A /a/\n"

static const struct {
	const char *text, *where, *words;
} complaints[] = {
    /* patterns */
    {"body", "1:5 e", "a rule name is missing"},
    {"body A", "1:7 e", "a pattern is expected"},
    {"body 9A /a/", "1:6 e", "not a rule name: 9A"},
    {"body A-B /a/", "1:6 e", "not a rule name"},
    {"  body  A  a", "1:12 e", "a pattern is expected"},
    {"body A m", "1:8 e", "a pattern is expected"},
    {"body A qr", "1:8 e", "a pattern is expected"},
    {"body A mXaX", "1:8 e", "a pattern is expected"},
    {"body A m\\a\\", "1:8 e", "a pattern is expected"},
    {"body A /", "1:8 e", "not closed: / is missing"},
    {"body A m{a{2}", "1:8 e", "not closed: } is missing"},
    {"body A m{[}", "1:8 e", "not closed: } is missing"},
    {"body A /a\\/", "1:8 e", "not closed"},
    {"body A /a\\", "1:8 e", "not closed"},
    {"body A //i", "1:8 e", "empty"},
    {"body A /a/iq", "1:12 e", "unknown flag q"},
    {"body A /a/b/c", "1:11 e", "unknown flag b"},
    {"body A /a/.+/i", "1:11 e", "text behind the pattern"},
    {"body A /a/ /b/", "1:12 e", "text behind the pattern"},
    {"body A /ab\xe9/", "1:9 w", "not UTF-8"},
    {"body A /\\#\xe9/", "1:9 w", "not UTF-8"},
    /* headers */
    {"header A", "1:9 e", "header field is expected"},
    {"header A =~ /x/", "1:10 e", "header field is expected"},
    {"header A Subject /x/", "1:18 e", "=~ or !~"},
    {"header A Subject = /x/", "1:18 e", "=~ or !~"},
    {"header A Subject =~", "1:20 e", "a pattern is expected"},
    {"header A Subject =~ [if-unset: x]", "1:21 e", "a pattern"},
    {"header A From:adr =~ /x/", "1:15 e", "unknown: adr"},
    {"header A From:domain =~ /x/", "1:15 w", "refused"},
    {"header A exists:", "1:17 e", "header field is expected"},
    {"header A exists:X =~ /x/", "1:18 e", "only a field"},
    {"mimeheader A exists:X", "1:21 e", "unknown: X"},
    {"header A To =~ /x/ [if-unset: \xff]", "1:31 e", "not UTF-8"},
    /* refused */
    {"header A eval:check_it('x')", "1:10 w", "a plugin"},
    {"body A eval:check_bayes('0.9')", "1:8 w", "a Bayes test"},
    {"header A eval:check_rbl('x','y')", "1:10 w", "a network test"},
    {"header A rbleval:x()", "1:10 w", "a network test"},
    {"loadplugin Foo::Bar /x.pm", "1:1 w", "plugins"},
    {" tryplugin Foo", "1:2 w", "plugins"},
    {"urirhssub A x.y. A 2", "1:1 w", "a network test"},
    {"askdns A x TXT /y/", "1:1 w", "a network test"},
    /* about rules */
    {DEF "score A", "2:8 e", "a score is missing"},
    {DEF "score A 1,5", "2:9 e", "not a score: 1,5"},
    {DEF "score A --1", "2:9 e", "not a score"},
    {DEF "score A 1 2", "2:9 e", "one score or four"},
    {DEF "score A 1 2 3 4 5", "2:9 e", "one score or four"},
    {DEF "score A 12345678901234567890", "2:9 e", "not a score"},
    {DEF "score A (1)", "2:9 e", "no score yet"},
    {DEF "describe A", "2:11 e", "a text is missing"},
    {DEF "tflags A", "2:9 e", "a flag is missing"},
    {DEF "tflags A multiple maxhits=x", "2:19 e", "maxhits="},
    {DEF "test A maybe x", "2:8 e", "ok, fail or cut"},
    {DEF "test A ok", "2:10 e", "a text is missing"},
    {"replace_tag", "1:12 e", "name of a tag"},
    {"replace_tag X", "1:14 e", "a pattern is missing"},
    {"replace_tag X \xff", "1:15 e", "not UTF-8"},
    {"replace_start", "1:14 e", "1 to 16 bytes"},
    {"replace_rules", "1:14 e", "a rule name is missing"},
    /* ours */
    {DEF IN "category A" OUT, "3:11 e", "a category is expected"},
    {DEF IN "category A a/b" OUT, "3:13 e", "letters, digits"},
    {DEF IN "category A a b" OUT, "3:14 e", "nothing may stand"},
    {DEF IN "cut A" OUT, "3:6 e", "a unit is expected"},
    {DEF IN "cut A word" OUT, "3:7 e", "a unit is expected"},
    {DEF IN "cut A match if A" OUT, "3:13 e", "only `when`"},
    {DEF IN "cut A match when" OUT, "3:17 e", "not complete"},
    {DEF IN "cut A match when A &&" OUT, "3:22 e", "not complete"},
    {DEF IN "guard A section" OUT, "3:9 e", "an item at most"},
    {DEF IN "guard A line x" OUT, "3:14 e", "nothing may stand"},
    {DEF IN "action promo burn" OUT, "3:14 e", "pass, mark, cut or hold"},
    {DEF IN "test A cut a -> b" OUT, "3:12 e", "\" => \" is missing"},
    {DEF IN "test A cut a=>b" OUT, "3:12 e", "\" => \" is missing"},
    {DEF IN "test A cut" OUT, "3:11 e", "a text is missing"},
    {DEF "cut A match", "2:1 e", "between `ifplugin Simsift`"},
    {DEF "  guard A item", "2:3 e", "between `ifplugin Simsift`"},
    {DEF "test A cut a => b", "2:8 e", "between `ifplugin Simsift`"},
    /* metas */
    {"meta A", "1:7 e", "not complete"},
    {"meta A 1 &&", "1:12 e", "not complete"},
    {"meta A 1 1", "1:10 e", "an operator is expected"},
    {"meta A 1 & 1", "1:10 e", "an operator is expected"},
    {"meta A (1 + 2", "1:8 e", "never closed"},
    {"meta A ((1) + 2", "1:8 e", "never closed"},
    {"meta A 1 + 2)", "1:13 e", "has no ("},
    {"meta A ()", "1:9 e", "a rule name or a number"},
    {"meta A 1 + * 2", "1:12 e", "a rule name or a number"},
    {"meta A 1 + 2X", "1:13 e", "an operator is expected"},
    {"meta A 1 ? 2 : 3", "1:10 e", "an operator is expected"},
    {"meta A A", "1:6 e", "A needs A"},
    {"meta A 1 + B", "1:12 w", "B is not defined anywhere"},
    /* conditions */
    {"if\nendif", "1:3 e", "a condition is missing"},
    {"endif", "1:1 e", "no if"},
    {" else", "1:2 e", "no if"},
    {"ifplugin Foo", "1:1 e", "no endif"},
    {DEF "  if 1\nif 0\nendif", "2:3 e", "no endif"},
    {"if 1\nendif x", "2:7 e", "nothing may stand behind endif"},
    {"if 1\nelse\nelse\nendif", "3:1 e", "second else"},
    {"ifplugin\nendif", "1:9 e", "name of a plugin"},
    {"if (verzion > 3)\nendif", "1:5 e", "unknown word"},
    {"if can\nendif", "1:7 e", "a ( is missing"},
    {"if can()\nendif", "1:8 e", "a name is missing"},
    {"if can(X::y\nendif", "1:12 e", "a ) is missing"},
    {"if version >=\nendif", "1:14 e", "not complete"},
    /* names */
    {"scor A 1", "1:1 w", "unknown: scor; score?"},
    {"boyd A /a/", "1:1 w", "unknown: boyd; body?"},
    {"  colour A red", "1:3 w", "unknown: colour"},
    {"lang", "1:5 e", "a language is missing"},
    {"lang en", "1:8 e", "a directive is missing"},
    {"required_score", "1:15 e", "a score is missing"},
    {"include x.cf", "1:9 e", "in files only"},
    {"score A 1", "1:7 w", "score for no rule: A"},
    {IN "cut A match" OUT, "2:5 w", "cut for no rule: A"},
    {IN "guard A match" OUT, "2:7 w", "guard for no rule: A"},
    {IN "category A x" OUT, "2:10 w", "category for no rule: A"},
    {DEF IN "cut A match when B" OUT, "3:18 w", "B is not defined"},
    {DEF IN "near B A 10" OUT, "3:10 e", "two rules are expected"},
    {DEF IN "near B A A" OUT, "3:11 e", "a number of characters is missing"},
    {DEF IN "near B A A 0" OUT, "3:13 e", "1 to 2000 characters"},
    {DEF IN "near B A A 2001" OUT, "3:16 e", "1 to 2000 characters"},
    {DEF IN "near B A A 9 9" OUT, "3:14 e", "nothing may stand behind"},
    {DEF IN "near B A C 9" OUT, "3:10 w", "C is not defined"},
    {DEF "meta M !A\n" IN "near B A M 9" OUT, "4:6 e", "M is a meta rule"},
    {DEF "meta M A > 1\n" IN "near B M A 9" OUT, "4:6 e", "no group"},
    {DEF "near B A A 9", "2:1 e", "between `ifplugin"},
    {DEF IN "near B N A 9\nnear N A A 9" OUT, "3:6 e", "must stand before"},
    {DEF IN "near B B A 9" OUT, "3:6 e", "must stand before"},
};

static void
test_complaints(void **state)
{
	struct rules r;

	(void)state;
	for (size_t i = 0; i < COUNT(complaints); i++) {
		load(&r, complaints[i].text);
		one_complaint(&r, complaints[i].where, complaints[i].words);
		assert_non_null(r.complaint[0].source);
		assert_int_equal(
		    r.refused, strstr(r.complaint[0].text, "refused") != NULL);
		if (strstr(r.complaint[0].text, "between `ifplugin") != NULL)
			assert_false(r.degraded); /* taken all the same */
		else
			assert_int_equal(r.degraded, !r.complaint[0].warning);
		rules_free(&r);
	}
}

static void
test_ours_outside_is_taken(void **state)
{
	struct rules r;

	(void)state;
	load(&r, DEF "cut A line\nguard A item\ncategory A promo\n"
		     "action promo hold\ntest A cut a => b\n"
		     "ifplugin Simsift\nelse\ncut A match\nendif\n"
		     "if !plugin(Simsift)\ncut A match\nelse\ncut A part\n"
		     "endif\n");
	assert_int_equal(r.ncomplaint, 5);
	assert_int_equal(r.ncut, 1);
	assert_int_equal(r.cut[0].unit, UNIT_PART);
	assert_int_equal(r.nguard, 1);
	assert_int_equal(r.naction, 1);
	assert_int_equal(r.ntest, 1);
	assert_string_equal(get(&r, "A")->category, "promo");
	assert_false(r.degraded);
}

static void
test_refused_rule_is_told_once(void **state)
{
	struct rules r;

	(void)state;
	load(&r, "header A eval:x()\nmeta B A\nscore A 1\nmeta C A + D\n"
		 "meta E D\n");
	assert_int_equal(r.ncomplaint, 2);
	assert_int_equal(r.refused, 1);
	assert_false(r.degraded);
	assert_int_equal(r.complaint[1].line, 4);
	assert_int_equal(r.complaint[1].column, 12);
	assert_true(get(&r, "A")->broken);
	/* what comes after may define it */
	load(&r, "header A eval:x()\nbody A /a/\n");
	assert_false(get(&r, "A")->broken);
	assert_int_equal(get(&r, "A")->type, RULE_BODY);
}

/* --- metas --- */

static const struct {
	const char *text;
	double value;
} expressions[] = {
    {"3", 3},
    {"0.25", 0.25},
    {"ONE", 1},
    {"NIL || THREE", 1},
    {"THREE && ONE", 1},
    {"NIL && ONE || ONE", 1},
    {"ONE || ONE && NIL", 1},
    {"(ONE || ONE) && NIL", 0},
    {"!NIL", 1},
    {"!THREE", 0},
    {"!!THREE", 1},
    {"!NIL == ONE", 1},
    {"-THREE + 1", -2},
    {"1 - -THREE", 4},
    {"--2", 2},
    {"2 + 3 * 4", 14},
    {"(2 + 3) * 4", 20},
    {"10 - 3 - 2", 5},
    {"12 / 3 / 2", 2},
    {"7 / 2", 3.5},
    {"1 / NIL", 0},
    {"ONE + THREE > 3", 1},
    {"ONE + THREE > 4", 0},
    {"ONE + THREE >= 4", 1},
    {"ONE < THREE", 1},
    {"ONE <= ONE", 1},
    {"ONE == THREE", 0},
    {"ONE != THREE", 1},
    {"1 < 2 == 1", 1},
    {"1 == 1 && 2 == 3", 0},
    {"THREE>2&&!NIL||NIL", 1},
    {"((((ONE))))", 1},
    {"! ( NIL || NIL )", 1},
    {"-(1 + 2) * 2", -6},
};

static double
value_of(void *ctx, uint32_t rule)
{
	const struct rules *r = ctx;
	const char *name = r->rule[rule].name;

	return strcmp(name, "ONE") == 0     ? 1
	       : strcmp(name, "THREE") == 0 ? 3
					    : 0;
}

static void
test_expressions(void **state)
{
	struct rules r;
	const struct rule *u;
	double got;

	(void)state;
	for (size_t i = 0; i < COUNT(expressions); i++) {
		load(&r, arena_printf(arena,
			     "body ONE /1/\nbody NIL /0/\nbody THREE /3/\n"
			     "meta M %s\n",
			     expressions[i].text));
		clean(&r);
		u = get(&r, "M");
		got = rules_eval(u->meta, u->nmeta, value_of, &r);
		if (got < expressions[i].value || got > expressions[i].value)
			fail_msg("%s = %g", expressions[i].text, got);
	}
	assert_true(rules_eval(NULL, 0, value_of, &r) <= 0);
}

static uint32_t
place_of(const struct rules *r, const char *name)
{
	uint32_t i = rules_find(r, name);

	for (uint32_t k = 0; k < r->nmeta_order; k++)
		if (r->meta_order[k] == i)
			return k;
	fail_msg("%s is not in the order", name);
	return 0;
}

static void
test_order(void **state)
{
	struct rules r;

	(void)state;
	load(&r, "meta A B && C\nmeta B C + D\nbody D /d/\nmeta C D\n"
		 "meta E 1\n");
	clean(&r);
	assert_int_equal(r.nmeta_order, 4);
	assert_true(place_of(&r, "C") < place_of(&r, "B"));
	assert_true(place_of(&r, "B") < place_of(&r, "A"));
	place_of(&r, "E");
}

static void
test_cycles(void **state)
{
	struct rules r;

	(void)state;
	load(&r, "meta A B\nmeta B !C\n meta C A + D\nmeta D 1\nmeta E A\n");
	one_complaint(&r, "1:6 e", "A needs B needs C needs A");
	assert_true(get(&r, "A")->broken);
	assert_true(get(&r, "B")->broken);
	assert_true(get(&r, "C")->broken);
	assert_false(get(&r, "D")->broken);
	assert_false(get(&r, "E")->broken);
	assert_int_equal(r.nmeta_order, 5);
	assert_true(place_of(&r, "A") < place_of(&r, "E"));
	load(&r, "meta A A + A\nmeta B C\nmeta C B + A\n");
	assert_int_equal(r.ncomplaint, 2);
}

/* 5,000 metas in a row, and in a ring: no recursion, no long message. */
static void
test_long_chain(void **state)
{
	struct rules r;
	char line[64];

	(void)state;
	for (int ring = 0; ring < 2; ring++) {
		rules_init(&r, arena);
		for (int i = 0; i < 5000; i++) {
			snprintf(line, sizeof line, "meta M%d M%d%s\n", i,
			    i < 4999 || ring ? (i + 1) % 5000 : 0,
			    i < 4999 || ring ? "" : " * 0 + 1");
			if (i == 4999 && !ring)
				snprintf(line, sizeof line, "meta M4999 1\n");
			load_n(&r, line, strlen(line));
		}
		rules_finish(&r);
		assert_int_equal(r.ncomplaint, ring);
		assert_int_equal(r.nmeta_order, 5000);
		assert_int_equal(get(&r, "M4321")->broken, ring);
	}
	assert_true(strlen(r.complaint[0].text) < 512);
	assert_non_null(strstr(r.complaint[0].text, "... needs M0"));
}

/* --- conditions --- */

static const struct {
	const char *condition;
	bool holds;
} conditions[] = {
    {"if 1", true},
    {"if 0", false},
    {"if (version >= 3.004002)", true},
    {"if version > 4.000001", false},
    {"if (version == 4)", true},
    {"if perl_version >= 5.010", true},
    {"if local_tests_only", true},
    {"if can(Mail::SpamAssassin::Conf::feature_bug6558_free)", true},
    {"if !can( Mail::SpamAssassin::Conf::feature_bug6558_free )", false},
    {"if can(Mail::SpamAssassin::Conf::feature_of_tomorrow)", false},
    {"if has(Mail::SpamAssassin::Conf::feature_bug6558_free)", false},
    {"if plugin(Mail::SpamAssassin::Plugin::ReplaceTags)", true},
    {"if plugin (Mail::SpamAssassin::Plugin::MIMEHeader) && 1", true},
    {"if !plugin(Mail::SpamAssassin::Plugin::DKIM)", true},
    {"if !(!plugin(Mail::SpamAssassin::Plugin::DKIM))", false},
    {"if plugin(Simsift)", true},
    {"ifplugin Simsift", true},
    {"ifplugin Mail::SpamAssassin::Plugin::ReplaceTags", true},
    {"ifplugin Mail::SpamAssassin::Plugin::DNSEval # {", false},
    {"IFPLUGIN Simsift", true},
};

static void
test_conditions(void **state)
{
	struct rules r;

	(void)state;
	for (size_t i = 0; i < COUNT(conditions); i++) {
		load(&r, arena_printf(arena,
			     "%s\nbody YES /y/\nelse\nbody NO /n/\nendif\n"
			     "body AFTER /a/\n",
			     conditions[i].condition));
		clean(&r);
		assert_int_equal(
		    rules_find(&r, "YES") != UINT32_MAX, conditions[i].holds);
		assert_int_equal(
		    rules_find(&r, "NO") == UINT32_MAX, conditions[i].holds);
		get(&r, "AFTER");
	}
}

/* Inside a false one nothing is read but if, else and endif. */
static void
test_skipped_blocks(void **state)
{
	static const char text[] = "if 0\nif gibberish ((\nbody A /\nelse\n"
				   "body B /b/\nendif\nnonsense\xff\0\n"
				   "elsewhere\nelse\nbody C /c/\nendif\n";
	struct rules r;

	(void)state;
	rules_init(&r, arena);
	load_n(&r, text, sizeof text - 1);
	rules_finish(&r);
	clean(&r);
	assert_int_equal(r.n, 1);
	get(&r, "C");
}

static void
test_many_conditions(void **state)
{
	enum { N = 10000 };
	char *text = arena_alloc(arena, N * 12 + 100), *p = text;
	struct rules r;

	(void)state;
	for (int i = 0; i < N; i++)
		p = stpcpy(p, "if 1\n");
	p = stpcpy(p, "body DEEP /d/\n");
	for (int i = 0; i < N; i++)
		p = stpcpy(p, "endif\n");
	stpcpy(p, "body AFTER /a/\n");
	load(&r, text);
	one_complaint(&r, "65:1 e", "more than 64 conditions");
	assert_int_equal(r.n, 1);
	get(&r, "AFTER");
	/* and left open */
	rules_init(&r, arena);
	load_n(&r, text, N * 5);
	rules_finish(&r);
	assert_int_equal(r.ncomplaint, 65);
}

/* --- replace_tag --- */

static const struct {
	const char *lines, *pattern;
} tagged[] = {
    {"body A /x<ONE>y<TWO>/\n", "x1y(?:2|zwei)"},
    {"body A /(?<n>a)<UNO>\\k<n>/\n", "(?<n>a)<UNO>\\k<n>"},
    {"body A /<NEST>/\n", "(?:1|1)"},
    {"body A /<LOOP>/\n", "<LOOP>"},
    {"body A /<pre P><ONE>-<TWO>/\n", "p1-p(?:2|zwei)"},
    {"body A /<post Q><ONE><TWO>z/\n", "1{1,2}(?:2|zwei){1,2}z"},
    {"body A /<inter W><ONE><ONE>-<ONE>/\n", "1\\W?1-1"},
    {"body A /a<inter W><post Q><ONE><ONE>/\n", "a1{1,2}\\W?1{1,2}"},
    {"header A Subject =~ /<ONE>/\n", "1"},
    {"uri A /<ONE\\/>/\n", "<ONE\\/>"},
    {"replace_start {{\nreplace_end }}\nbody A /{{ONE}}<ONE>a{2}/\n",
	"1<ONE>a{2}"},
};

static void
test_tags(void **state)
{
	struct rules r;

	(void)state;
	for (size_t i = 0; i < COUNT(tagged); i++) {
		load(&r,
		    arena_printf(arena,
			"replace_tag ONE eins\nreplace_tag ONE 1\n"
			"replace_tag TWO (?:2|zwei)\nreplace_tag LOOP <LOOP>\n"
			"replace_tag NEST (?:<ONE>|<ONE>)\nreplace_pre P p\n"
			"replace_post Q {1,2}\nreplace_inter W \\W?\n"
			"%sreplace_rules A\n",
			tagged[i].lines));
		is_pattern(get(&r, "A"), tagged[i].pattern);
		assert_false(r.degraded);
	}
	load(&r, "replace_tag X y\nbody A /<X>/\n");
	is_pattern(get(&r, "A"), "<X>");
	load(&r, "replace_rules A B\nreplace_tag X y\nbody A /<XX>/\nmeta B 1");
	one_complaint(&r, "3:9 w", "A: there is no replace_tag XX");
	load(&r, "replace_rules A\nbody A /<inter Z>x/\n");
	one_complaint(&r, "2:9 w", "there is no replace_inter Z");
	is_pattern(get(&r, "A"), "x");
}

static void
test_tags_that_grow(void **state)
{
	struct rules r;

	(void)state;
	load(&r, "replace_tag X <X><X><X><X><X><X><X><X>\n"
		 "replace_tag Y <X><X><X><X><X><X><X><X>\n"
		 "replace_rules A\nbody A /<Y><Y><Y><Y><Y><Y><Y><Y>/\n");
	one_complaint(&r, "4:9 w", "once its tags are replaced");
	assert_true(get(&r, "A")->broken);
}

/* --- ours --- */

static void
test_cuts_replace_each_other(void **state)
{
	struct rules r;

	(void)state;
	load(&r, "body A /a/\nbody B /b/\n" IN
		 "cut A match\ncut A line when B\ncut A item when B\n"
		 "cut B part\ncut A line when !B\n" OUT);
	clean(&r);
	assert_int_equal(r.ncut, 4);
	assert_int_equal(r.cut[0].unit, UNIT_MATCH);
	assert_int_equal(r.cut[1].unit, UNIT_ITEM);
	assert_int_equal(r.cut[2].unit, UNIT_PART);
	assert_int_equal(r.cut[3].unit, UNIT_LINE);
	assert_int_equal(r.cut[3].nwhen, 2);
	load(&r, "body A /a/\n" IN "cut A match\ncut A line when A\n"
		 "cut A sentence\nguard A line\nguard A match" OUT);
	assert_int_equal(r.ncut, 1);
	assert_int_equal(r.cut[0].unit, UNIT_SENTENCE);
	assert_int_equal(r.nguard, 1);
	assert_int_equal(r.guard[0].unit, UNIT_MATCH);
}

static void
test_unit_names(void **state)
{
	struct rules r;

	(void)state;
	for (int u = UNIT_MATCH; u <= UNIT_ELEMENT; u++) {
		load(&r, arena_printf(arena, DEF IN "cut A %s" OUT,
			     rules_unit_name((enum unit)u)));
		clean(&r);
		assert_int_equal(r.cut[0].unit, u);
		load(&r, arena_printf(arena, DEF IN "guard A %s" OUT,
			     rules_unit_name((enum unit)u)));
		assert_int_equal(r.nguard, u <= UNIT_ITEM);
	}
	for (int a = ACTION_PASS; a <= ACTION_HOLD; a++) {
		load(&r, arena_printf(arena, IN "action p.x %s" OUT,
			     rules_action_name((enum action)a)));
		clean(&r);
		assert_int_equal(r.action[0].action, a);
	}
	assert_string_equal(rules_type_name(RULE_MIMEHEADER), "mimeheader");
	assert_string_equal(rules_type_name(RULE_META), "meta");
}

static char seen[512];

static int
hook(void *ctx, const char *name, const char *value, struct err *why)
{
	size_t n = strlen(seen);

	assert_string_equal(ctx, "ctx");
	snprintf(seen + n, sizeof seen - n, "%s=%s;", name, value);
	if (strcmp(name, "vault") == 0 && value[0] != '/') {
		snprintf(why->text, sizeof why->text, "must start with /");
		return -1;
	}
	if (strcmp(name, "hinted") == 0)
		snprintf(why->text, sizeof why->text, "try harder");
	return strcmp(name, "hinted") != 0 && strcmp(name, "vaullt") != 0 &&
	       strcmp(name, "boddy") != 0 && strcmp(name, "report") != 0 &&
	       strcmp(name, "blocklist_to") != 0;
}

static void
with_hook(struct rules *r, const char *text)
{
	seen[0] = '\0';
	rules_init(r, arena);
	r->setting = hook;
	r->setting_ctx = (char[]){"ctx"};
	load_n(r, text, strlen(text));
	rules_finish(r);
}

static void
test_settings(void **state)
{
	struct rules r;

	(void)state;
	with_hook(&r,
	    "required_hits 4.5\nwhitelist_from a@b c@d # two\n"
	    "unblacklist_from_rcvd x\nblocklist_auth y\n"
	    "def_whitelist_auth z\n" IN
	    "keep-dkim 1\nvault  /var/x \nuse_nothing 0\nbody A /a/" OUT);
	clean(&r);
	assert_string_equal(seen,
	    "required_score=4.5;welcomelist_from=a@b c@d;"
	    "unblocklist_from_rcvd=x;blocklist_auth=y;keep_dkim=1;"
	    "vault=/var/x;use_nothing=0;");
	with_hook(&r, IN "vault  x" OUT);
	one_complaint(&r, "2:8 e", "vault: must start with /");
	assert_true(r.degraded);
	with_hook(&r, IN " vaullt x" OUT);
	one_complaint(&r, "2:2 w", "unknown: vaullt");
	with_hook(&r, IN "hinted x" OUT);
	one_complaint(&r, "2:1 w", "unknown: hinted; try harder");
	with_hook(&r, IN "boddy x" OUT);
	one_complaint(&r, "2:1 w", "unknown: boddy; body?");
	with_hook(&r, IN "report x" OUT); /* SpamAssassin's: skipped */
	clean(&r);
	with_hook(&r, "blacklist_to x\n");
	one_complaint(&r, "1:1 w", "blocklist_to is not used here");
	with_hook(&r, "vault /x\n"); /* outside: taken, as action is */
	one_complaint(&r, "1:1 e", "vault belongs between `ifplugin Simsift`");
	assert_false(r.degraded);
	assert_string_equal(seen, "vault=/x;");
	with_hook(&r, "vaullt /x\n");
	one_complaint(&r, "1:1 w", "unknown: vaullt");
}

static void
test_complaint_from_outside(void **state)
{
	struct rules r;

	(void)state;
	start(&r, DEF);
	rules_complain(&r, "y.cf", 0, 0, true, "%s is odd", "it");
	assert_false(r.degraded);
	rules_complain(&r, "y.cf", 3, 4, false, "%s is bad", "it");
	assert_true(r.degraded);
	assert_int_equal(r.ncomplaint, 2);
	assert_string_equal(r.complaint[1].file, "y.cf");
	assert_string_equal(r.complaint[1].text, "it is bad");
	assert_int_equal(r.complaint[1].column, 4);
	assert_null(r.complaint[1].source);
}

/* --- files --- */

static int
load_path(struct rules *r, const char *name, struct err *err)
{
	int ret;

	rules_init(r, arena);
	ret = rules_load_file(r, path(name), err);
	rules_finish(r);
	return ret;
}

static void
test_files(void **state)
{
	static const char *const names[] = {
	    "a.cf", "b.cf", "fifo", "big.cf", "odd.cf", NULL};
	struct rules r;
	struct err err;

	(void)state;
	make_dir();
	write_file("a.cf", "body A /a/\ninclude b.cf\nbody C /c/\n");
	write_file("b.cf", "body B /b/\nif 1\nbody A /later/");
	assert_int_equal(load_path(&r, "a.cf", &err), 0);
	assert_int_equal(r.n, 3);
	is_pattern(get(&r, "A"), "later");
	assert_string_equal(get(&r, "B")->file, path("b.cf"));
	assert_int_equal(get(&r, "C")->line, 3);
	assert_int_equal(r.ncomplaint, 1); /* the if ends with its file */
	assert_string_equal(r.complaint[0].file, path("b.cf"));
	assert_int_equal(r.complaint[0].line, 2);

	assert_int_equal(load_path(&r, "none.cf", &err), -1);
	assert_non_null(strstr(err.text, "none.cf"));
	assert_int_equal(mkfifo(path("fifo"), 0600), 0);
	assert_int_equal(load_path(&r, "fifo", &err), -1);
	assert_non_null(strstr(err.text, "not a regular file"));
	assert_int_equal(load_path(&r, "", &err), -1);
	write_file("big.cf", "");
	assert_int_equal(load_path(&r, "big.cf", &err), 0);
	assert_int_equal(truncate(path("big.cf"), LIMIT_RULE_FILE + 1), 0);
	assert_int_equal(load_path(&r, "big.cf", &err), -1);
	assert_non_null(strstr(err.text, "larger than 16 MB"));
	write_file("odd.cf", "include none.cf\ninclude\ninclude fifo\n");
	assert_int_equal(load_path(&r, "odd.cf", &err), 0);
	assert_int_equal(r.ncomplaint, 3);
	assert_int_equal(r.complaint[0].column, 9);
	assert_true(r.degraded);
	drop_dir(names);
}

static void
test_includes_ours(void **state)
{
	static const char *const names[] = {"a.cf", "b.cf", NULL};
	struct rules r;
	struct err err;

	(void)state;
	make_dir();
	write_file("a.cf", DEF IN "include b.cf" OUT);
	write_file("b.cf", "cut A line\n");
	assert_int_equal(load_path(&r, "a.cf", &err), 0);
	clean(&r);
	assert_int_equal(r.ncut, 1);
	drop_dir(names);
}

static void
test_include_loop(void **state)
{
	static const char *const names[] = {"a.cf", "b.cf", NULL};
	struct rules r;
	struct err err;

	(void)state;
	make_dir();
	write_file("a.cf", "include b.cf\nbody A /a/\n");
	write_file("b.cf", "include ./a.cf\nbody B /b/\n");
	assert_int_equal(load_path(&r, "a.cf", &err), 0);
	assert_int_equal(r.n, 2);
	assert_int_equal(r.ncomplaint, 1);
	assert_string_equal(r.complaint[0].file, path("b.cf"));
	assert_int_equal(r.complaint[0].line, 1);
	assert_int_equal(r.complaint[0].column, 9);
	assert_non_null(strstr(r.complaint[0].text, "includes itself"));
	/* twice, one after the other, is no loop */
	write_file("a.cf", "include b.cf\ninclude b.cf\n");
	write_file("b.cf", "body B /b/\n");
	assert_int_equal(load_path(&r, "a.cf", &err), 0);
	clean(&r);
	drop_dir(names);
}

static void
test_include_depth(void **state)
{
	const char *names[32] = {NULL};
	struct rules r;
	struct err err;
	char *text;

	(void)state;
	make_dir();
	for (int i = 0; i < 30; i++) {
		names[i] = arena_printf(arena, "%d.cf", i);
		text = arena_printf(
		    arena, "body R%d /r/\ninclude %d.cf\n", i, i + 1);
		write_file(names[i], text);
	}
	assert_int_equal(load_path(&r, "0.cf", &err), 0);
	assert_int_equal(r.n, LIMIT_INCLUDES + 1);
	assert_int_equal(r.ncomplaint, 1);
	assert_non_null(strstr(r.complaint[0].text, "more than 16 files"));
	drop_dir(names);
}

/* --- limits --- */

static void
test_long_lines(void **state)
{
	enum { LONG = 1 << 20 };
	char *text = arena_alloc(arena, LONG + 100), *p;
	struct rules r;

	(void)state;
	p = stpcpy(text, "body A /a/\nbody LONG /");
	memset(p, 'x', LONG);
	stpcpy(p + LONG, "/\nbody B /b/\n");
	load(&r, text);
	one_complaint(&r, "2:1 e", "longer than 65536 bytes");
	assert_true(strlen(r.complaint[0].source) < 100);
	assert_int_equal(r.n, 2);
	assert_int_equal(get(&r, "B")->line, 3);
	/* the longest that is taken */
	p = stpcpy(text, "body LONG /");
	memset(p, 'x', LIMIT_RULE_LINE - 12);
	stpcpy(p + LIMIT_RULE_LINE - 12, "/\n");
	load(&r, text);
	clean(&r);
	assert_int_equal(get(&r, "LONG")->pattern_len, LIMIT_RULE_LINE - 12);
}

static void
test_nuls(void **state)
{
	static const char text[] = "body A /a/\nbody B /\0/\nbody C /c/\n\0\n";
	struct rules r;

	(void)state;
	rules_init(&r, arena);
	load_n(&r, text, sizeof text - 1);
	rules_finish(&r);
	assert_int_equal(r.ncomplaint, 2);
	assert_int_equal(r.complaint[0].line, 2);
	assert_int_equal(r.complaint[0].column, 9);
	assert_int_equal(r.complaint[1].line, 4);
	assert_int_equal(r.complaint[1].column, 1);
	assert_int_equal(r.n, 2);
}

static void
test_names_too_long(void **state)
{
	char name[LIMIT_RULE_NAME + 3];
	struct rules r;

	(void)state;
	memset(name, 'A', sizeof name);
	name[LIMIT_RULE_NAME] = '\0';
	load(&r, arena_printf(arena, "body %s /a/\nmeta B %s\n", name, name));
	clean(&r);
	name[LIMIT_RULE_NAME] = 'A';
	name[LIMIT_RULE_NAME + 1] = '\0';
	load(&r, arena_printf(arena, "body %s /a/\n", name));
	one_complaint(&r, "1:6 e", "longer than 120");
	load(&r, arena_printf(arena, "meta B %s\n", name));
	one_complaint(&r, "1:8 e", "too long");
	load(&r, arena_printf(arena, "%s%s%s\n", name, name, name));
	one_complaint(&r, "1:1 w", "unknown: AAA");
}

static void
test_too_many_rules(void **state)
{
	char line[64];
	struct rules r;

	(void)state;
	rules_init(&r, arena);
	for (unsigned i = 0; i < LIMIT_RULES + 5; i++) {
		snprintf(line, sizeof line, "body R%u /r/\n", i);
		load_n(&r, line, strlen(line));
	}
	assert_int_equal(r.n, LIMIT_RULES);
	assert_int_equal(r.ncomplaint, 5);
	assert_non_null(strstr(r.complaint[0].text, "more than 20000 rules"));
	load_n(&r, "score R5 3\n", 11); /* those that are there go on */
	assert_float_equal(get(&r, "R5")->score, 3, 1e-9);
}

static void
test_huge_expressions(void **state)
{
	enum { N = 20000 };
	char *text = arena_alloc(arena, N * 3 + 100), *p;
	struct rules r;
	static const struct {
		const char *unit, *end;
	} shapes[] = {{"(", "1"}, {"!", "1"}, {"-", "1"}, {"1+", "1"},
	    {"1+(", "1"}, {")", ""}};

	(void)state;
	for (size_t i = 0; i < COUNT(shapes); i++) {
		p = stpcpy(text, "meta A ");
		for (int k = 0; k < N; k++)
			p = stpcpy(p, shapes[i].unit);
		stpcpy(p, shapes[i].end);
		load(&r, text);
		assert_int_equal(r.ncomplaint, 1);
		assert_true(r.degraded);
		assert_int_equal(get(&r, "A")->type, RULE_NONE);
	}
	p = stpcpy(text, "meta A 1"); /* 200 values at once are fine */
	for (int k = 0; k < 200; k++)
		p = stpcpy(p, "+(1");
	for (int k = 0; k < 200; k++)
		p = stpcpy(p, ")");
	load(&r, text);
	clean(&r);
	assert_true(rules_eval(get(&r, "A")->meta, get(&r, "A")->nmeta,
			value_of, &r) > 200.5);
}

static void
test_too_many_complaints(void **state)
{
	struct rules r;

	(void)state;
	rules_init(&r, arena);
	for (int i = 0; i < 3000; i++)
		load_n(&r, "bogus\n", 6);
	assert_false(r.degraded);
	assert_true(r.ncomplaint < LIMIT_COMPLAINTS);
	for (int i = 0; i < 3000; i++)
		load_n(&r, "body A /\n", 9); /* errors still find room */
	assert_true(r.ncomplaint <= LIMIT_COMPLAINTS);
	assert_false(r.complaint[r.ncomplaint - 1].warning);
	assert_true(r.degraded);
}

/* --- whatever comes --- */

static void
whatever(const char *p, size_t n)
{
	struct arena *own = arena_new(64u << 20);
	struct arena *before = arena;
	struct rules r;

	assert_non_null(own);
	arena = own;
	rules_init(&r, own);
	load_n(&r, p, n);
	rules_finish(&r);
	for (uint32_t i = 0; i < r.n; i++)
		rules_eval(r.rule[i].meta, r.rule[i].nmeta, value_of, &r);
	for (uint32_t i = 0; i < r.ncomplaint; i++) {
		assert_non_null(r.complaint[i].text);
		assert_true(r.complaint[i].column > 0);
		assert_true(r.complaint[i].source == NULL ||
			    r.complaint[i].column <=
				strlen(r.complaint[i].source) + 1 ||
			    memchr(p, 0, n) != NULL);
	}
	rules_free(&r);
	arena = before;
	arena_free(own);
}

static void
test_cut_off_anywhere(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof sample; n++)
		whatever(sample, n);
}

static void
test_mutations(void **state)
{
	static const char odd[] = "/\\#<>{}[]()!~=&|:. \t\n\r\0\xff\xe5"
				  "m_A1";
	char *text = malloc(sizeof sample);
	uint64_t seed = 88172645463325252u;
	size_t n = sizeof sample - 1;

	(void)state;
	assert_non_null(text);
	for (int round = 0; round < 3000; round++) {
		memcpy(text, sample, n);
		for (int k = 0; k < 1 + round % 12; k++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			text[seed % n] = odd[(seed >> 32) % (sizeof odd - 1)];
		}
		whatever(text, n);
	}
	free(text);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(test_sample_rules),
	    T(test_sample_headers),
	    T(test_sample_ours),
	    T(test_line_ends),
	    T(test_comments),
	    T(test_case_of_directives),
	    T(test_patterns),
	    T(test_literals_left_out),
	    T(test_later_lines_override),
	    T(test_broken_line_changes_nothing),
	    T(test_complaints),
	    T(test_ours_outside_is_taken),
	    T(test_refused_rule_is_told_once),
	    T(test_expressions),
	    T(test_order),
	    T(test_cycles),
	    T(test_long_chain),
	    T(test_conditions),
	    T(test_skipped_blocks),
	    T(test_many_conditions),
	    T(test_tags),
	    T(test_tags_that_grow),
	    T(test_cuts_replace_each_other),
	    T(test_unit_names),
	    T(test_settings),
	    T(test_complaint_from_outside),
	    T(test_files),
	    T(test_includes_ours),
	    T(test_include_loop),
	    T(test_include_depth),
	    T(test_long_lines),
	    T(test_nuls),
	    T(test_names_too_long),
	    T(test_too_many_rules),
	    T(test_huge_expressions),
	    T(test_too_many_complaints),
	    T(test_cut_off_anywhere),
	    T(test_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
