#include "verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "judge.h"
#include "limits.h"

static struct config config;
static struct arena *arena;

static void
load(const char *text)
{
	char name[] = "/tmp/test-verdict-XXXXXX";
	const char *file = name;
	int fd = mkstemp(name);
	struct err err;

	assert_true(fd != -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	conf_close(&config);
	assert_int_equal(
	    conf_open(&config,
		&(struct conf_sources){.file = &file, .nfile = 1}, &err),
	    0);
	unlink(name);
}

static struct report
judged(const char *rules, const char *mail, unsigned want)
{
	struct charsets *cs = charsets_open(mail, strlen(mail), NULL);
	struct report r;

	if (rules != NULL)
		load(rules);
	arena_free(arena);
	arena = arena_new(LIMIT_ARENA);
	assert_non_null(arena);
	judge(&r, arena, &config.rules, &config.settings,
	    &(struct judge_job){.p = mail,
		.len = (uint32_t)strlen(mail),
		.want = want,
		.charsets = cs,
		.time_ms = 3000,
		.only_cut = UINT32_MAX});
	charsets_close(cs);
	return r;
}

static int
tear_down(void **state)
{
	(void)state;
	conf_close(&config);
	arena_free(arena);
	return 0;
}

/* Verdict, action, category and score in one line. */
static void
gives(const char *rules, const char *mail, const char *want)
{
	struct report r = judged(rules, mail, 0);
	const char *category = report_category(&r, &config.rules);
	char got[300];

	snprintf(got, sizeof got, "%s %s %s %.2f",
	    report_verdict_name(r.verdict), rules_action_name(r.action),
	    category != NULL ? category : "-", r.score);
	if (strcmp(got, want) != 0)
		fail_msg("%s\n%s\ngot  %s\nwant %s", rules, mail, got, want);
}

#define MAIL "From: ann@news.example\nSubject: News\n\n"
#define OURS(lines) "ifplugin Simsift\n" lines "endif\n"

static void
scores(void **state)
{
	static const char one[] = MAIL "red green\n\nred\n\nred blue\n";

	(void)state;
	gives("body RED /red/\nscore RED 5\n", one, "promo mark promo 5.00");
	gives("body RED /red/\nscore RED 4.99\n", one, "clean pass - 4.99");
	gives("body RED /black/\nscore RED 5\n", one, "clean pass - 0.00");
	gives("body RED /red/\n", one, "clean pass - 1.00");
	gives("body RED /red/\nscore RED 5\nrequired_score 5.5\n", one,
	    "clean pass - 5.00");
	gives("body RED /red/\nscore RED 0\nmeta M RED\nscore M 9\n", one,
	    "clean pass - 0.00");
	gives("body __RED /red/\nscore __RED 9\n", one, "clean pass - 0.00");
	gives("body __RED /red/\nmeta M __RED\nscore M 6\n", one,
	    "promo mark promo 6.00");
	/* what speaks for a message */
	gives("body RED /red/\nscore RED 6\nbody BLUE /blue/\nscore BLUE -2\n"
	      "tflags BLUE nice\n",
	    one, "clean pass - 4.00");
	/* several hits of one rule */
	gives("body RED /red/\nscore RED 2\ntflags RED multiple\n", one,
	    "promo mark promo 6.00");
	gives("body RED /red/\nscore RED 2\ntflags RED multiple maxhits=2\n",
	    one, "clean pass - 4.00");
	gives("body RED /red/\nscore RED 2\ntflags RED maxhits=2\n", one,
	    "clean pass - 2.00");
	gives("body __R /red/\ntflags __R multiple\nmeta M (__R == 3)\n"
	      "score M 7\n",
	    one, "promo mark promo 7.00");
}

/* 0.1 + 4.1 + 0.8 is 4.999999999999999 in binary; a report that says 5.0 of
   5.0 must not call the message clean (SpamAssassin rounds to 0.001). */
static void
decimal_sums(void **state)
{
	static const char rules[] =
	    "body A /red/\nscore A 0.1\nbody B /green/\nscore B 4.1\n"
	    "body C /blue/\nscore C 0.8\n";

	(void)state;
	gives(rules, MAIL "red green blue\n", "promo mark promo 5.00");
}

static void
categories(void **state)
{
	static const char mail[] = MAIL "red green blue\n";
#define THREE(a, b, c)                                            \
	"body A /red/\nscore A " a "\nbody B /green/\nscore B " b \
	"\nbody C /blue/\nscore C " c "\n"

	(void)state;
	/* the most points */
	gives(THREE("2", "3", "1") OURS("category A promo.a\ncategory B "
					"promo.b\ncategory C promo.c\n"),
	    mail, "promo mark promo.b 6.00");
	/* of equal ones the first */
	gives(THREE("3", "3", "1") OURS("category A promo.a\ncategory B "
					"promo.b\n"),
	    mail, "promo mark promo.a 7.00");
	/* obf and keep never, and none without points */
	gives(THREE("1", "4", "3") OURS("category A promo.a\ncategory B "
					"obf.x\ncategory C keep.bill\n"),
	    mail, "promo mark promo.a 8.00");
	gives(THREE("6", "4", "-3") OURS("category B obf\ncategory C "
					 "promo.c\n"),
	    mail, "promo mark promo 7.00");
	/* phish before all */
	gives(THREE("9", "1", "0.5") OURS("category A promo.a\ncategory B "
					  "phish.x\ncategory C phish.y\n"),
	    mail, "phish mark phish.x 10.50");
	gives(THREE("9", "0.5", "1") OURS("category A promo.a\ncategory B "
					  "phish.x\ncategory C phish\n"),
	    mail, "phish mark phish 10.50");
	/* a word that only begins alike is no phish, no keep */
	gives(THREE("9", "1", "1") OURS("category A promo.a\ncategory B "
					"phishing.x\ncategory C keeper\n"),
	    mail, "promo mark promo.a 11.00");
}

static void
actions(void **state)
{
	static const char mail[] = MAIL "red\n";
#define RED(category) \
	"body RED /red/\nscore RED 5\n" OURS("category RED " category "\n")

	(void)state;
	/* nothing said: mark */
	gives(RED("promo.a"), mail, "promo mark promo.a 5.00");
	gives(RED("promo.a") OURS("action promo pass\n"), mail,
	    "promo pass promo.a 5.00");
	gives(RED("promo.a") OURS("action promo hold\n"), mail,
	    "promo hold promo.a 5.00");
	/* the longest prefix, in whatever order */
	gives(RED("promo.a.b") OURS("action promo.a hold\naction promo mark\n"),
	    mail, "promo hold promo.a.b 5.00");
	gives(RED("promo.a.b") OURS("action promo mark\naction promo.a hold\n"),
	    mail, "promo hold promo.a.b 5.00");
	gives(RED("promo.a") OURS("action promo hold\naction promo.a.b "
				  "pass\n"),
	    mail, "promo hold promo.a 5.00");
	/* of equal ones the later */
	gives(RED("promo.a") OURS("action promo hold\naction promo pass\n"),
	    mail, "promo pass promo.a 5.00");
	/* whole words of a category only */
	gives(RED("promotion.a") OURS("action promo hold\n"), mail,
	    "promo mark promotion.a 5.00");
	gives(RED("promo.ab") OURS("action promo.a hold\n"), mail,
	    "promo mark promo.ab 5.00");
	/* no category: that of promo */
	gives("body RED /red/\nscore RED 5\n" OURS("action promo hold\n"), mail,
	    "promo hold promo 5.00");
}

static void
phish_is_never_cut(void **state)
{
	static const char mail[] = MAIL "red\n\nmuch more text than that\n";

	(void)state;
	gives(RED("phish.x") OURS("action phish cut\ncut RED match\n"), mail,
	    "phish mark phish.x 5.00");
	gives(RED("phish.x") OURS("action phish hold\n"), mail,
	    "phish hold phish.x 5.00");
}

static void
wanted_now_is_not_held(void **state)
{
	static const char mail[] = MAIL "red code\n";
#define WITH(keep, action)                         \
	RED("promo.a")                             \
	"body CODE /code/\nscore CODE 0.1\n" OURS( \
	    "category CODE " keep "\naction promo " action "\n")

	(void)state;
	gives(WITH("keep.otp", "hold"), mail, "promo mark promo.a 5.10");
	gives(WITH("keep.otp.bank", "hold"), mail, "promo mark promo.a 5.10");
	gives(WITH("keep.esim-delivery", "hold"), mail,
	    "promo mark promo.a 5.10");
	gives(WITH("keep.bill", "hold"), mail, "promo hold promo.a 5.10");
	gives(WITH("keep.otpx", "hold"), mail, "promo hold promo.a 5.10");
	gives(WITH("keep.otp", "pass"), mail, "promo pass promo.a 5.10");
	gives(RED("phish.x") "body CODE /code/\nscore CODE 0.1\n" OURS(
		  "category CODE keep.otp\naction phish hold\n"),
	    mail, "phish hold phish.x 5.10");
	/* one that did not hit says nothing */
	gives(
	    WITH("keep.otp", "hold"), MAIL "red\n", "promo hold promo.a 5.00");
}

static void
while_rules_are_missing(void **state)
{
	static const char mail[] = MAIL "red\n\nmuch more text than that\n";
	struct report r;

	(void)state;
	gives(RED("promo.a") OURS("action promo hold\n") "body BROKEN /(/\n",
	    mail, "promo mark promo.a 5.00");
	r = judged(RED("promo.a") OURS(
		       "action promo cut\ncut RED match\n") "body BROKEN /(/\n",
	    mail, 0);
	assert_int_equal(r.action, ACTION_MARK);
	assert_int_equal(r.refusal, REFUSAL_DEGRADED);
	assert_true(r.warn & WARN_RULES);
	assert_int_equal(r.nedit + r.ncut, 0);
	gives(RED("promo.a") OURS("action promo pass\n") "body BROKEN /(/\n",
	    mail, "promo pass promo.a 5.00");
}

/* ---- what becomes of a cut that is refused ---- */

/* Most of the text, little left, in most sentences. */
static void
refused_actions(void **state)
{
	static const struct {
		enum refusal why;
		const char *name; /* of the action line; NULL: none */
	} v[] = {{REFUSAL_SHARE, "refused.share"},
	    {REFUSAL_LEFT, "refused.left"}, {REFUSAL_WOVEN, "refused.woven"},
	    {REFUSAL_TREE, NULL}, {REFUSAL_SIGNED, NULL},
	    {REFUSAL_ENCODING, NULL}, {REFUSAL_AGAIN, NULL},
	    {REFUSAL_CHANGED, NULL}, {REFUSAL_LIMIT, NULL},
	    {REFUSAL_GUARD, NULL}, {REFUSAL_DEGRADED, NULL},
	    {REFUSAL_NOTHING, NULL}, {REFUSAL_TIME, NULL}, {REFUSAL_DKIM, NULL},
	    {REFUSAL_TWIN, NULL}, {REFUSAL_PHISH, NULL}, {REFUSAL_SPLIT, NULL},
	    {REFUSAL_OPEN, NULL}};

	(void)state;
	assert_int_equal(sizeof v / sizeof *v, REFUSAL_MAX - 1);
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		enum action most =
		    v[i].name != NULL ? ACTION_HOLD : ACTION_MARK;
		struct report r = {.action = ACTION_CUT,
		    .may_hold = true,
		    .ncut = 3,
		    .nedit = 4,
		    .gone_chars = 5};
		char line[100];

		load("");
		verdict_refuse(&r, &config.rules, v[i].why);
		assert_int_equal(r.action, most);
		assert_int_equal(r.refusal, v[i].why);
		assert_int_equal(r.ncut + r.nedit + r.gone_chars, 0);
		/* short-lived mail that is wanted */
		r.may_hold = false;
		verdict_refuse(&r, &config.rules, v[i].why);
		assert_int_equal(r.action, ACTION_MARK);
		/* as an action line says; of another refusal nothing */
		snprintf(line, sizeof line,
		    "ifplugin Simsift\naction %s mark\nendif\n",
		    v[i].name != NULL ? v[i].name : "refused.x");
		load(line);
		r.may_hold = true;
		verdict_refuse(&r, &config.rules, v[i].why);
		assert_int_equal(r.action, ACTION_MARK);
	}
}

/* What would be left behind is held only where a line says so. */
static void
refused_again(void **state)
{
	static const struct {
		const char *line;
		bool may_hold;
		enum action action;
	} v[] = {{"", true, ACTION_MARK},
	    {"action refused.again hold\n", true, ACTION_HOLD},
	    {"action refused hold\n", true, ACTION_HOLD},
	    {"action refused.again hold\n", false, ACTION_MARK},
	    {"action refused.share hold\n", true, ACTION_MARK}};

	(void)state;
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		struct report r = {.may_hold = v[i].may_hold};
		char text[200];

		snprintf(text, sizeof text, "ifplugin Simsift\n%sendif\n",
		    v[i].line);
		load(text);
		verdict_refuse(&r, &config.rules, REFUSAL_AGAIN);
		assert_int_equal(r.action, v[i].action);
	}
}

/* The longest name decides among those, too. */
static void
refused_names(void **state)
{
	static const struct {
		const char *lines;
		enum action action;
	} v[] = {
	    {"action refused mark\n", ACTION_MARK},
	    {"action refused mark\naction refused.share hold\n", ACTION_HOLD},
	    {"action refused.share hold\naction refused mark\n", ACTION_HOLD},
	    {"action refused.left mark\n", ACTION_HOLD},
	    {"action promo mark\n", ACTION_HOLD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		struct report r = {.may_hold = true};
		char text[200];

		snprintf(text, sizeof text, "ifplugin Simsift\n%sendif\n",
		    v[i].lines);
		load(text);
		verdict_refuse(&r, &config.rules, REFUSAL_SHARE);
		assert_int_equal(r.action, v[i].action);
	}
}

/* In a message: half of its text would go. */
static void
refused_in_a_message(void **state)
{
	static const char mail[] = MAIL "red and much more of it\n\ntea\n";
#define CUT_RED RED("promo.a") OURS("cut RED line\naction promo cut\n")

	(void)state;
	gives(CUT_RED, mail, "promo hold promo.a 5.00");
	gives(CUT_RED OURS("action refused.share mark\n"), mail,
	    "promo mark promo.a 5.00");
	gives(CUT_RED OURS("cut_max_percent 100\n"), mail,
	    "promo hold promo.a 5.00");
	gives(CUT_RED OURS("cut_max_percent 100\naction refused.left mark\n"),
	    mail, "promo mark promo.a 5.00");
	gives(CUT_RED OURS("cut_max_percent 100\nkeep_min_percent 0\n"), mail,
	    "promo cut promo.a 5.00");
	gives(CUT_RED "body CODE /tea/\nscore CODE 0.01\n" OURS(
		  "category CODE keep.otp\n"),
	    mail, "promo mark promo.a 5.01");
}

/* ---- guards ---- */

#define SHOP                                                \
	"body SHOP /shop/\nscore SHOP 5\nscore CODE 0.01\n" \
	"body CODE /LPA:1\\$/\n"

static void
guards(void **state)
{
	static const char g[] = SHOP OURS(
	    "category SHOP promo.a\nguard CODE paragraph\naction promo hold\n");

	(void)state;
	gives(g, MAIL "the shop\n", "promo hold promo.a 5.00");
	gives(g, MAIL "LPA:1$x the shop\n", "clean pass - 0.01");
	gives(g, MAIL "LPA:1$x\nthe shop\n", "clean pass - 0.01");
	/* not in another paragraph, part or the Subject */
	gives(g, MAIL "LPA:1$x\n\nthe shop\n", "promo hold promo.a 5.01");
	gives(g, MAIL "LPA:1$x the shop\n\nthe shop\n",
	    "promo hold promo.a 5.01");
	gives(g, "Subject: LPA:1$x\n\nthe shop\n", "promo hold promo.a 5.01");
	gives(g, "Subject: the shop\n\nLPA:1$x\n", "promo hold promo.a 5.01");
	gives(g,
	    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nLPA:1$x\n"
	    "--b\n\nthe shop\n--b--\n",
	    "promo hold promo.a 5.01");
	gives(g, "Subject: the shop\n\nLPA:1$x the shop\n",
	    "promo hold promo.a 5.01");
}

#define NEAR                                                       \
	"body __A /shop/\nbody __B /card/\nbody CODE /LPA:1\\$/\n" \
	"score CODE 0.01\nscore SHOP 5\n"
#define NEAR_GUARD "near SHOP __A __B 20\nguard CODE line\n"

/* What is guarded is no neighbour either. */
static void
guards_and_near(void **state)
{
	static const char g[] = NEAR OURS(NEAR_GUARD "category SHOP promo.a\n"),
			  phish[] =
			      NEAR OURS(NEAR_GUARD "category SHOP phish.a\n");

	(void)state;
	gives(g, MAIL "card shop\n", "promo mark promo.a 5.00");
	gives(g, MAIL "LPA:1$x card\nshop\n", "clean pass - 0.01");
	gives(g, MAIL "LPA:1$x shop\ncard\n", "clean pass - 0.01");
	gives(g, MAIL "LPA:1$x card\nshop card\n", "promo mark promo.a 5.01");
	gives(phish, MAIL "LPA:1$x card\nshop\n", "phish mark phish.a 5.01");
	gives(phish, MAIL "LPA:1$x shop card\n", "phish mark phish.a 5.01");
}

static void
guard_units(void **state)
{
	static const char line[] = SHOP OURS("guard CODE line\n"),
			  clause[] = SHOP OURS("guard CODE clause\n");

	(void)state;
	gives(line, MAIL "LPA:1$x shop\n", "clean pass - 0.01");
	gives(line, MAIL "LPA:1$x\nshop\n", "promo mark promo 5.01");
	gives(clause, MAIL "(LPA:1$x shop)\n", "clean pass - 0.01");
	gives(clause, MAIL "(LPA:1$x) shop\n", "promo mark promo 5.01");
}

/* A spammer may write a code next to his offer: it must not make him safe. */
static void
guards_are_no_shield(void **state)
{
	static const char big[] = SHOP OURS("guard CODE section\n");

	(void)state;
	gives(SHOP OURS("category SHOP phish.x\nguard CODE paragraph\n"),
	    MAIL "LPA:1$x the shop\n", "phish mark phish.x 5.01");
	load(big);
	assert_true(config.rules.degraded);
	assert_int_equal(config.rules.nguard, 0);
}

static void
guards_and_other_rules(void **state)
{
	(void)state;
	/* what speaks for the message counts inside a guard, too */
	gives("body SHOP /shop/\nscore SHOP 6\nbody NICE /order/\n"
	      "score NICE -2\nbody CODE /LPA/\nscore CODE 0.01\n" OURS(
		  "guard CODE paragraph\n"),
	    MAIL "LPA order\n\nshop\n", "clean pass - 4.01");
	/* metas see what is left */
	gives("body __SHOP /shop/\nbody __SIM /sim/\nmeta M __SHOP && __SIM\n"
	      "score M 6\nbody __CODE /LPA/\n" OURS("guard __CODE paragraph\n"),
	    MAIL "LPA shop\n\nsim\n", "clean pass - 0.00");
	gives("body __SHOP /shop/\nbody __SIM /sim/\nmeta M __SHOP && __SIM\n"
	      "score M 6\nbody __CODE /LPA/\n" OURS("guard __CODE paragraph\n"),
	    MAIL "LPA shop\n\nsim shop\n", "promo mark promo 6.00");
	/* a guard's own hit counts: another may hang on it */
	gives("body __CODE /LPA/\nmeta M __CODE\nscore M 6\n" OURS(
		  "guard __CODE paragraph\n"),
	    MAIL "LPA\n", "promo mark promo 6.00");
	/* one of two hits is left */
	gives("body SHOP /shop/\nscore SHOP 3\ntflags SHOP multiple\nbody "
	      "__CODE /LPA/\n" OURS("guard __CODE line\n"),
	    MAIL "LPA shop\nshop\nshop\n", "promo mark promo 6.00");
}

static void
guarded_hits_are_shown_as_such(void **state)
{
	struct report r = judged(SHOP OURS("guard CODE line\n"),
	    MAIL "LPA:1$x shop\nshop\n", WANT_HITS);
	uint32_t shop = rules_find(&config.rules, "SHOP");
	int guarded = 0, free_ones = 0;

	(void)state;
	for (uint32_t i = 0; i < r.nhit; i++)
		if (r.hit[i].rule == shop)
			*(r.hit[i].guarded ? &guarded : &free_ones) += 1;
	assert_int_equal(guarded, 1);
	assert_int_equal(free_ones, 1);
}

/* ---- what the report names ---- */

static void
named_rules(void **state)
{
	static const char rules[] =
	    "body __H /red/\nbody A /red/\nscore A 1\nbody B /none/\n"
	    "score B 1\nmeta __M __H\n";
	struct report r = judged(rules, MAIL "red\n", 0);

	(void)state;
	assert_int_equal(r.nrule, 1);
	assert_int_equal(r.rule[0].rule, rules_find(&config.rules, "A"));
	assert_int_equal(r.rule[0].hits, 1);
	r = judged(NULL, MAIL "red\n", WANT_HIDDEN);
	assert_int_equal(r.nrule, 3);
	assert_true(r.score == 1.0);
}

static void
nothing_at_all(void **state)
{
	(void)state;
	gives("", MAIL "red\n", "clean pass - 0.00");
	gives("body RED /red/\n", "", "clean pass - 0.00");
	gives("required_score -1\n", MAIL "red\n", "promo mark promo 0.00");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scores),
	    cmocka_unit_test(decimal_sums),
	    cmocka_unit_test(categories),
	    cmocka_unit_test(actions),
	    cmocka_unit_test(phish_is_never_cut),
	    cmocka_unit_test(wanted_now_is_not_held),
	    cmocka_unit_test(while_rules_are_missing),
	    cmocka_unit_test(refused_actions),
	    cmocka_unit_test(refused_again),
	    cmocka_unit_test(refused_names),
	    cmocka_unit_test(refused_in_a_message),
	    cmocka_unit_test(guards),
	    cmocka_unit_test(guards_and_near),
	    cmocka_unit_test(guard_units),
	    cmocka_unit_test(guards_are_no_shield),
	    cmocka_unit_test(guards_and_other_rules),
	    cmocka_unit_test(guarded_hits_are_shown_as_such),
	    cmocka_unit_test(named_rules),
	    cmocka_unit_test(nothing_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
