/* Where matches are looked for: the same hits as in all of the text. */
#include "match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "limits.h"

static struct hit hits[2][64];
static uint32_t nhit[2];

static void
run(const char *rule, const char *mail, bool whole)
{
	struct arena *a = arena_new(LIMIT_ARENA);
	struct charsets *cs = charsets_open(mail, strlen(mail), NULL);
	struct match m;
	struct rules rules;
	struct tree tree;
	struct view view;

	assert_non_null(a);
	rules_init(&rules, a);
	rules_load_text(&rules, "x.cf", rule, strlen(rule));
	rules_finish(&rules);
	assert_int_equal(rules.ncomplaint, 0);
	rules.whole_units = whole;
	mime_parse(&tree, a, mail, (uint32_t)strlen(mail));
	view_make(&view, a, &tree, cs);
	match_run(&m, a, &rules, &view, 3000);
	assert_true(m.nhit <= 64);
	nhit[whole] = m.nhit;
	if (m.nhit > 0)
		memcpy(hits[whole], m.hit, m.nhit * sizeof *m.hit);
	rules_free(&rules);
	charsets_close(cs);
	arena_free(a);
}

/* So many hits of a body rule in a text, in windows and without. */
static void
finds(const char *pattern, const char *text, uint32_t want)
{
	char rule[2048], mail[8192];

	snprintf(rule, sizeof rule, "body X %s\n", pattern);
	snprintf(mail, sizeof mail,
	    "Content-Type: text/plain; charset=utf-8\n\n%s\n", text);
	run(rule, mail, false);
	run(rule, mail, true);
	if (nhit[0] != want || nhit[1] != want)
		fail_msg("%s on %s: %u hits, %u in the whole, want %u", pattern,
		    text, nhit[0], nhit[1], want);
	for (uint32_t i = 0; i < want; i++)
		if (hits[0][i].at.from != hits[1][i].at.from ||
		    hits[0][i].at.to != hits[1][i].at.to)
			fail_msg("%s on %s: %u-%u, in the whole %u-%u", pattern,
			    text, hits[0][i].at.from, hits[0][i].at.to,
			    hits[1][i].at.from, hits[1][i].at.to);
}

static void
places(void **state)
{
	(void)state;
	finds("/tea/", "tea tea tea", 3);
	finds("/.{3}tea/", "tea tea", 1); /* too near to the start */
	finds("/.{0,3}tea/", "tea xtea xxxxtea", 3);
	finds("/.{2,3}tea.{2}/", "teateateatea", 1);
	finds("/tea.*pot/", "a tea pot, a tea, a pot", 1);
	finds("/.*tea/", "one tea two tea three", 1);
	finds("/(?:tea|coffee) pot/", "tea pots, coffee pots", 2);
	finds(
	    "/\\d{1,4} (?:euros|pounds)/", "1 euros 22 pounds 55555 euros", 3);
	finds("/^tea/", "tea and tea", 1);
	finds("/tea$/", "tea and tea", 1);
	finds("/teapot/", "tea pot", 0);
}

/* What stands round a window is seen. */
static void
edges(void **state)
{
	(void)state;
	finds("/(?<!x)tea/", "tea xtea ytea", 2);
	finds("/(?<=aaaa)tea(?!x)/", "aaaatea aaatea aaaateax", 1);
	finds("/\\btea\\b/", "tea teas atea tea", 2);
	finds("/(?<=teat)ea/", "teatea", 1);
	finds("/(?=.{5}pot)tea/", "tea__pot tea_pot", 1);
}

/* Characters whose bytes differ by case stand before literals, and in them. */
static void
other_case(void **state)
{
	(void)state;
	finds("/[a-zß]{2}tea/i", "ſ\u212atea SStea ßßtea", 3);
	finds("/kilo/i", "\u212ailo kilo KILO \u212a\u212aILO", 4);
	finds("/straße/i", "STRAẞE straße strasse", 2);
	finds("/.{1,3}straße/i", "İİSTRAẞE ȺⱥȺstraße", 2);
	finds("/ⱥtea/i", "ȺTEA ⱥtea ȺȺⱥtea", 3);
	finds("/ſea\\w{2}pot/i", "seaK\u212aPOT SEAİİpot", 2);
	finds("/(?:ﬁ|x)tea/i", "fitea ﬁtea xtea", 2);
	finds("/.tea/", "İtea ﬃtea ΐtea", 3);
	finds("/\\Rtea|.tea/", "İtea", 1);
}

/* Alternatives: the leftmost match, and of those the first. */
static void
ways(void **state)
{
	(void)state;
	finds("/tea|teapot|a teapot/", "a teapot teapot", 2);
	finds("/teapot|tea/", "teapot tea", 2);
	finds("/pot|teapot/", "teapot teapot", 2);
	finds("/\\w*pot|tea/", "tea teapot pot", 3);
	finds("/(tea)\\1|(pot)\\2/", "teatea potpot teapot", 2);
	finds("/(?i)tea|POT/", "TEA pot", 2);
	finds("/tea(?i)pot|CUP/", "teaPOT cup", 2);
	finds("/a(?:tea|pot)|b(?:tea|pot)|tea/", "btea apot atea tea", 4);
}

/* Where a match depends on where the search began, it is as in the whole. */
static void
moves(void **state)
{
	(void)state;
	finds("/\\Gtea/", "teatea tea", 2);
	finds("/tea\\Kpot/", "teapot teapot", 2);
	finds("/.tea\\K/", " tea tea", 1);
}

static void
folded(void **state)
{
	(void)state;
	finds("/\\d telegram/", "1 ｔｅｌｅｇｒａｍ 2 telegram", 2);
	finds("/.{2}esim/i", "xxｅＳＩＭ yye\xe2\x80\x8bsim", 2);
}

/* More places than are kept, and more windows. */
static void
many(void **state)
{
	static char text[2200];

	(void)state;
	for (uint32_t i = 0; i + 4 < 2000; i += 4)
		memcpy(text + i, "tea ", 5);
	memcpy(text + 1996, "x", 2);
	finds("/tea x|tea y/", text, 1);
	for (uint32_t i = 0; i + 3 < 2000; i += 3)
		memcpy(text + i, "卡", 4);
	strcat(text, "x");
	finds("/.?卡x/", text, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(places),
	    cmocka_unit_test(edges),
	    cmocka_unit_test(other_case),
	    cmocka_unit_test(ways),
	    cmocka_unit_test(moves),
	    cmocka_unit_test(folded),
	    cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
