#include "plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "judge.h"
#include "limits.h"

#define LEN(v) (sizeof(v) / sizeof((v)[0]))

static struct config config;
static struct arena *arena;
static struct buf result = {.cap = 64u << 20};

static void
load(const char *text)
{
	char name[] = "/tmp/test-plan-XXXXXX";
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
	assert_false(config.rules.degraded);
}

static int
tear_down(void **state)
{
	(void)state;
	conf_close(&config);
	arena_free(arena);
	buf_free(&result);
	return 0;
}

/* What is left is in `result`. */
static struct report
judge_with(const char *mail, size_t n, unsigned want, uint32_t only)
{
	struct charsets *cs = charsets_open(mail, n, NULL);
	struct report r;

	arena_free(arena);
	arena = arena_new(LIMIT_ARENA);
	assert_non_null(arena);
	judge(&r, arena, &config.rules, &config.settings,
	    &(struct judge_job){.p = mail,
		.len = (uint32_t)n,
		.want = want,
		.charsets = cs,
		.time_ms = 3000,
		.only_cut = only});
	charsets_close(cs);
	buf_free(&result);
	assert_int_equal(
	    edit_apply(&result, mail, (uint32_t)n, r.edit, r.nedit), 0);
	return r;
}

static struct report
judged(const char *mail)
{
	return judge_with(mail, strlen(mail), 0, UINT32_MAX);
}

static void
result_is(const char *want)
{
	if (result.len != strlen(want) ||
	    memcmp(result.p, want, result.len) != 0)
		fail_msg(
		    "got:\n%.*s\nwant:\n%s", (int)result.len, result.p, want);
}

/* Cut, to the letter; and a second time there is nothing more to do. */
static struct report
cuts(const char *mail, const char *want)
{
	struct report r = judged(mail), second;
	char *once;

	if (r.action != ACTION_CUT)
		fail_msg("%s\nnot cut: action %d (%s)", mail, r.action,
		    report_refusal_name(r.refusal));
	result_is(want);
	once = strndup(result.p, result.len);
	assert_non_null(once);
	second = judged(once);
	assert_int_equal(second.verdict, VERDICT_CLEAN);
	assert_int_equal(second.nedit, 0);
	free(once);
	return judged(mail);
}

static void
refuses(const char *mail, enum action action, enum refusal why)
{
	struct report r = judged(mail);

	if (r.action != action || r.refusal != why)
		fail_msg("%s\naction %d, want %d; %s, want %s", mail, r.action,
		    action, report_refusal_name(r.refusal),
		    report_refusal_name(why));
	assert_int_equal(r.nedit + r.ncut, 0);
}

#define OURS(lines) "ifplugin Simsift\n" lines "endif\n"
#define TOKEN                                                    \
	"body TOKEN /\\[TG \\@shop88\\]/\nscore TOKEN 5\n" OURS( \
	    "category TOKEN promo.telegram\naction promo cut\n")
#define CUT TOKEN OURS("cut TOKEN match\n")
#define FILL "The office moves to the second floor next week, says Ann.\n"

/* ---- what is cut ---- */

static void
all_places(void **state)
{
	struct report r;

	(void)state;
	load(CUT);
	r = cuts("Subject: Moving [TG @shop88]\n\n" FILL "Tea [TG @shop88] at "
		 "four.\n\n[TG @shop88]\n\n" FILL,
	    "Subject: Moving\n\n" FILL "Tea at four.\n\n" FILL);
	assert_int_equal(r.ncut, 3);
	assert_string_equal(r.cut[0].part, "1/subject");
	assert_string_equal(r.cut[1].part, "1");
	assert_int_equal(r.cut[1].chars, 11);
	assert_int_equal(r.gone_chars, 22);
	assert_true(r.cut[1].raw.from > r.cut[0].raw.to);
	assert_true(r.text_chars > 100);
}

static void
units(void **state)
{
	(void)state;
	load(TOKEN OURS("cut TOKEN line\n"));
	cuts("\n" FILL "Tea [TG @shop88] at four.\n" FILL, "\n" FILL FILL);
	load(TOKEN OURS("cut TOKEN paragraph\n"));
	cuts("\n" FILL "\nTea [TG @shop88]\nat four.\n\n" FILL FILL,
	    "\n" FILL "\n" FILL FILL);
	load(TOKEN OURS("cut TOKEN clause\n"));
	cuts("\n" FILL "Tea (see [TG @shop88]) at four.\n" FILL,
	    "\n" FILL "Tea at four.\n" FILL);
}

static void
conditions(void **state)
{
	static const char rules[] =
	    "body TOKEN /\\[TG \\@shop88\\]/\nscore TOKEN 1\n"
	    "body __SIM /SIM/\nmeta M TOKEN && __SIM\nscore M 5\n" OURS(
		"category M promo.x\naction promo cut\n"
		"cut TOKEN match when M\n");

	(void)state;
	load(rules);
	cuts("\nA SIM card. " FILL "Tea [TG @shop88] at four.\n" FILL,
	    "\nA SIM card. " FILL "Tea at four.\n" FILL);
	{
		struct report r = judged("\n" FILL "Tea [TG @shop88]\n");

		assert_int_equal(r.verdict, VERDICT_CLEAN);
		assert_int_equal(r.nedit, 0);
	}
}

static void
neighbours_are_one_cut(void **state)
{
	struct report r;

	(void)state;
	load(CUT);
	r = cuts("\n" FILL "Tea [TG @shop88] [TG @shop88][TG @shop88] at "
		 "four.\n" FILL,
	    "\n" FILL "Tea at four.\n" FILL);
	assert_int_equal(r.ncut, 1);
}

#define ALTERNATIVE(plain, html)                                          \
	"Content-Type: multipart/alternative; boundary=b\n\n--b\n\n" FILL \
	    plain "\n--b\nContent-Type: text/html\n\n<p>" FILL html       \
	"\n--b--\n"

static void
both_alternatives_or_none(void **state)
{
	struct report r;

	(void)state;
	load(CUT);
	r = cuts(ALTERNATIVE("Tea [TG @shop88].", "Tea <b>[TG @shop88]</b>."),
	    ALTERNATIVE("Tea.", "Tea."));
	assert_int_equal(r.ncut, 2);
	refuses(ALTERNATIVE("> Tea [TG @shop88].", "Tea [TG @shop88]."),
	    ACTION_MARK, REFUSAL_GUARD);
}

static void
inside_messages(void **state)
{
	(void)state;
	load(CUT);
	cuts("Subject: fwd\nContent-Type: message/rfc822\n\nSubject: in "
	     "[TG @shop88]\n\n" FILL "Tea [TG @shop88]\n",
	    "Subject: fwd\nContent-Type: message/rfc822\n\nSubject: in\n\n" FILL
	    "Tea\n");
}

/* ---- what is not ---- */

static void
never_in_these(void **state)
{
	static const char *const v[] = {
	    "\n" FILL FILL "> Tea [TG @shop88]\n",
	    "\n" FILL FILL "```\n[TG @shop88]\n```\n",
	    "\n" FILL FILL "-- \nAnn [TG @shop88]\n",
	    "\n" FILL FILL "-----Original Message-----\n[TG @shop88]\n",
	    "Content-Type: text/html\n\n<p>" FILL FILL
	    "<pre>[TG @shop88]</pre>",
	    "Content-Type: text/html\n\n<p>" FILL FILL
	    "<code>[TG @shop88]</code>",
	    "Content-Type: text/html\n\n<p>" FILL FILL
	    "<blockquote>[TG @shop88]</blockquote>",
	    /* and not the others either */
	    "\n" FILL "Tea [TG @shop88].\n\n> Tea [TG @shop88]\n",
	};

	(void)state;
	load(CUT);
	for (size_t i = 0; i < LEN(v); i++)
		refuses(v[i], ACTION_MARK, REFUSAL_GUARD);
}

static void
sealed(void **state)
{
	(void)state;
	load(CUT);
	refuses("Content-Type: multipart/signed; boundary=b\n\n--b\n\n" FILL
		"Tea [TG @shop88]\n--b\nContent-Type: "
		"application/pgp-signature\n\nsig\n--b--\n",
	    ACTION_MARK, REFUSAL_SIGNED);
	refuses("\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n" FILL
		"Tea [TG @shop88]\n-----BEGIN PGP SIGNATURE-----\n\nx\n"
		"-----END PGP SIGNATURE-----\n",
	    ACTION_MARK, REFUSAL_SIGNED);
	/* what stands beside the signed part may be cut */
	cuts("Content-Type: multipart/mixed; boundary=a\n\n--a\n\n" FILL
	     "Tea [TG @shop88].\n--a\nContent-Type: multipart/signed; "
	     "boundary=b\n\n--b\n\n" FILL "\n--b\nContent-Type: "
	     "application/pgp-signature\n\nsig\n--b--\n--a--\n",
	    "Content-Type: multipart/mixed; boundary=a\n\n--a\n\n" FILL
	    "Tea.\n--a\nContent-Type: multipart/signed; "
	    "boundary=b\n\n--b\n\n" FILL "\n--b\nContent-Type: "
	    "application/pgp-signature\n\nsig\n--b--\n--a--\n");
}

static void
dkim(void **state)
{
	static const char mail[] =
	    "DKIM-Signature: v=1; a=x\nSubject: s\n\n" FILL FILL
	    "Tea [TG @shop88]\n";

	(void)state;
	load(CUT OURS("keep_dkim 1\n"));
	refuses(mail, ACTION_MARK, REFUSAL_DKIM);
	load(CUT);
	assert_int_equal(judged(mail).action, ACTION_CUT);
}

static void
odd_structure(void **state)
{
	(void)state;
	load(CUT);
	refuses("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" FILL FILL
		"Tea [TG @shop88]\n--b--\n\n--b\n\nepilogue\n",
	    ACTION_MARK, REFUSAL_TREE);
	refuses("Subject: s\nno field\nTo: bob\n\n" FILL FILL
		"Tea [TG @shop88]\n",
	    ACTION_MARK, REFUSAL_TREE);
}

static void
encodings_without_borders(void **state)
{
	(void)state;
	load(CUT);
	cuts("Content-Type: text/plain; charset=utf-7\n\n" FILL FILL
	     "Gr+APwA3w-e [TG +AEA-shop88]\n",
	    "Content-Type: text/plain; charset=utf-7\n\n" FILL FILL
	    "Gr+APwA3w-e\n");
	/* half of a pair of surrogates */
	refuses("Content-Type: text/plain; charset=utf-7\n\n" FILL FILL
		"Gr+2D0-e [TG +AEA-shop88]\n",
	    ACTION_MARK, REFUSAL_ENCODING);
}

/* Shares of the visible text. */
static void
shares(void **state)
{
	static const char mail[] =
	    "\n0123456789012345678901234567890123456789\n[TG @shop88]\n";
	struct report r;

	(void)state;
	load(CUT); /* 10 of 50 */
	r = judged(mail);
	assert_int_equal(r.action, ACTION_CUT);
	assert_int_equal(r.text_chars, 51);
	assert_int_equal(r.gone_chars, 11);
	load(CUT OURS("cut_max_percent 21\n"));
	refuses(mail, ACTION_HOLD, REFUSAL_SHARE);
	load(CUT OURS("cut_max_percent 22\n"));
	assert_int_equal(judged(mail).action, ACTION_CUT);
	load(CUT OURS("keep_min_percent 79\n"));
	refuses(mail, ACTION_HOLD, REFUSAL_LEFT);
}

/* What must remain is a share of the visible text, not of the bytes. */
static void
shares_of_text(void **state)
{
	(void)state;
	load(CUT OURS("keep_min_percent 70\n"));
	cuts("Content-Type: text/html\n\n<p>" FILL "<p><a href=\"https://"
	     "a.example/a-very-long-path/that/goes/on/and/on/and/on/and/on/"
	     "and/on/and/on/and/on\">[TG @shop88]</a>",
	    "Content-Type: text/html\n\n<p>" FILL "<p>");
}

static void
nothing_to_cut(void **state)
{
	(void)state;
	load(TOKEN);
	refuses("\n" FILL FILL "[TG @shop88]\n", ACTION_MARK, REFUSAL_NOTHING);
	/* what is a comment to most is text to Outlook */
	load("rawbody TOKEN /\\[TG @shop88\\]/\nscore TOKEN 5\n"
	     "ifplugin Simsift\ncategory TOKEN promo.telegram\n"
	     "cut TOKEN match\naction promo cut\nendif\n");
	refuses("Content-Type: text/html\n\n<p>" FILL FILL
		"<!--[if mso]><p>[TG @shop88]</p><![endif]-->",
	    ACTION_MARK, REFUSAL_NOTHING);
}

/* Promise 4: what would still be promotion afterwards is not cut. */
static void
left_behind(void **state)
{
	(void)state;
	load(CUT "body OTHER /shop99/\nscore OTHER 6\n");
	refuses(
	    "\n" FILL FILL "[TG @shop88] shop99\n", ACTION_MARK, REFUSAL_AGAIN);
	/* the cut itself makes a new one of what stood before and behind */
	load(CUT "body OTHER /sim\\s+card/\nscore OTHER 6\n");
	refuses("\n" FILL FILL "sim [TG @shop88] card\n", ACTION_MARK,
	    REFUSAL_AGAIN);
	/* the cut would make a delimiter */
	load(CUT);
	refuses("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" FILL FILL
		"[TG @shop88]--b\n\n" FILL "--b--\n",
	    ACTION_MARK, REFUSAL_CHANGED);
}

static void
guarded(void **state)
{
	static const char rules[] =
	    CUT "body CODE /LPA/\nscore CODE 0.01\nscore TOKEN 9\n" OURS(
		"guard CODE line\ncut TOKEN paragraph\n");

	(void)state;
	/* The hit is outside of the guard, its paragraph is not: it grows up
	   to the guard. */
	load(rules);
	cuts("\n" FILL "LPA:1$x\n[TG @shop88]\n\n" FILL FILL,
	    "\n" FILL "LPA:1$x\n\n" FILL FILL);
	load(CUT "body CODE /LPA/\nscore CODE 0.01\nscore TOKEN 9\n" OURS(
	    "guard CODE line\n"));
	cuts("\n" FILL "LPA:1$x\n[TG @shop88]\n\n" FILL FILL,
	    "\n" FILL "LPA:1$x\n\n" FILL FILL);
}

/* Many places, many quotes: no quadratic. */
static void
many(void **state)
{
	struct buf b = BUF(8u << 20);
	struct report r;

	(void)state;
	load(CUT);
	buf_puts(&b, "\n");
	for (int i = 0; i < 1500; i++)
		buf_puts(&b, FILL "[TG @shop88] x\n> quoted\n\n");
	r = judge_with(b.p, b.len, 0, UINT32_MAX);
	assert_int_equal(r.action, ACTION_CUT);
	assert_int_equal(r.ncut, 1500);
	buf_free(&b);
}

/* ---- the same from each alternative ---- */

#define THREE(plain, html, other)                                              \
	"Content-Type: multipart/alternative; boundary=b\n\n--b\n\n" FILL FILL \
	    plain "\n--b\nContent-Type: text/html\n\n<p>" FILL FILL html       \
	"</p>\n--b\nContent-Type: text/plain\n\n" FILL FILL other "\n--b--\n"

/* The rule finds it as the first one shows it, not as the others do. */
static void
twins(void **state)
{
	(void)state;
	load("body TOKEN /TG \\@shop88 (?=behind)/\nscore TOKEN 5\n" OURS(
	    "category TOKEN promo.telegram\naction promo cut\n"
	    "cut TOKEN match\n"));
	/* other marks, blanks and capitals are the same words */
	cuts(THREE("The gate TG @shop88 behind the hut is locked.",
		 "The gate <b>tg @shop88</b> &nbsp;behind the hut is locked.",
		 "The gate TG\n@shop88\nBehind the hut is locked."),
	    THREE("The gate behind the hut is locked.",
		"The gate behind the hut is locked.",
		"The gate\nBehind the hut is locked."));
	/* not there: nothing goes from that one */
	cuts(THREE("The gate TG @shop88 behind the hut is locked.",
		 "The gate behind the hut is locked.",
		 "The gate by the hut is open."),
	    THREE("The gate behind the hut is locked.",
		"The gate behind the hut is locked.",
		"The gate by the hut is open."));
	/* one shows the handle elsewhere, too: it cannot be told from there */
	refuses(THREE("The gate TG @shop88 behind the hut is locked.",
		    "The gate is locked; ask at @shop88 for the keys.",
		    "The gate is locked."),
	    ACTION_MARK, REFUSAL_TWIN);
	/* between the same words, but in code */
	refuses(
	    THREE("The gate TG @shop88 behind the hut is locked.",
		"The gate <code>tg @shop88</code> behind the hut is locked.",
		"The gate is locked."),
	    ACTION_MARK, REFUSAL_TWIN);
}

/* So many that it takes too long to compare them all. */
static void
many_twins(void **state)
{
	struct buf b = BUF(8u << 20);

	(void)state;
	load(CUT);
	buf_puts(&b, "Content-Type: multipart/alternative; boundary=b\n\n");
	for (int i = 0; i < 1000; i++)
		buf_puts(&b, "--b\n\n" FILL "Tea [TG @shop88] at four.\n");
	buf_puts(&b, "--b--\n");
	buf_put(&b, "", 1);
	refuses(b.p, ACTION_MARK, REFUSAL_LIMIT);
	buf_free(&b);
}

/* Parts beside each other are no alternatives. */
static void
no_twins(void **state)
{
#define MIXED(one, two)                                                      \
	"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" FILL FILL one \
	"\n--b\n\n" FILL FILL two "\n--b--\n"
	(void)state;
	load("body TOKEN /TG \\@shop88 (?=behind)/\nscore TOKEN 5\n" OURS(
	    "category TOKEN promo.telegram\naction promo cut\n"
	    "cut TOKEN match\n"));
	cuts(MIXED("The gate TG @shop88 behind the hut is locked.",
		 "The gate tg @shop88 behind the hut is locked."),
	    MIXED("The gate behind the hut is locked.",
		"The gate tg @shop88 behind the hut is locked."));
}

/* ---- hits that show no text ---- */

#define RAW                                                   \
	"rawbody TOKEN /\\bshop88\\b/\nscore TOKEN 5\n" OURS( \
	    "category TOKEN promo.telegram\naction promo cut\n")
#define HTML(body) "Content-Type: text/html\n\n<p>" FILL FILL "</p>\n" body "\n"

static void
markup(void **state)
{
	static const char *const v[][3] = {
	    /* comments go whole */
	    {"match", "<p>Tea<!-- ask shop88 --> at four.</p>",
		"<p>Tea at four.</p>"},
	    {"match", "<!-- a --><!-- shop88 --><!-- b -->",
		"<!-- a --><!-- b -->"},
	    /* words of an attribute by their unit */
	    {"match", "<p title=\"ask shop88 now\">Tea</p>",
		"<p title=\"ask now\">Tea</p>"},
	    {"sentence", "<p title='At four. Ask shop88.'>Tea</p>",
		"<p title='At four.'>Tea</p>"},
	    {"line", "<p title=\"shop88\">Tea</p>", "<p title=\"\">Tea</p>"},
	    /* a picture's name stands for the picture */
	    {"element", "<p>Tea <img src=a.png alt=\"shop88\"> at four.</p>",
		"<p>Tea  at four.</p>"},
	    {"match", "<p>Tea <img src=a.png alt=\"of shop88\"></p>",
		"<p>Tea <img src=a.png alt=\"of\"></p>"},
	    /* its address is it, with any unit */
	    {"match", "<p>Tea <img src=\"https://x.example/shop88\"></p>",
		"<p>Tea </p>"},
	    {"match", "<p>Tea <a href=\"https://x.example/shop88\"></a></p>",
		"<p>Tea </p>"},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		char rules[500], mail[500], want[500];

		snprintf(
		    rules, sizeof rules, RAW OURS("cut TOKEN %s\n"), v[i][0]);
		snprintf(mail, sizeof mail, HTML("%s"), v[i][1]);
		snprintf(want, sizeof want, HTML("%s"), v[i][2]);
		load(rules);
		cuts(mail, want);
	}
}

static void
markup_that_stays(void **state)
{
	static const char *const v[] = {
	    /* Outlook shows it */
	    "<!--[if mso]><p>shop88</p><![endif]-->",
	    /* settings, not words */
	    "<p class=\"shop88\">Tea</p>",
	    "<p id=shop88>Tea</p>",
	    /* no end: nobody knows where it is */
	    "<p>Tea</p><!-- shop88",
	    "<p>Tea</p><style>.shop88 {}</style>",
	};

	(void)state;
	load(RAW OURS("cut TOKEN match\n"));
	for (size_t i = 0; i < LEN(v); i++) {
		char mail[500];

		snprintf(mail, sizeof mail, HTML("%s"), v[i]);
		refuses(mail, ACTION_MARK, REFUSAL_NOTHING);
	}
}

/* Text that is not shown goes without regard to quotes and code; what is shown
   beside it stays. */
static void
hidden_text(void **state)
{
	(void)state;
	load(CUT);
	cuts(HTML("<div style=\"display:none\">[TG @shop88]</div><p>Tea</p>"),
	    HTML("<p>Tea</p>"));
	cuts(HTML("<p>Tea <span hidden>> old [TG @shop88] news</span></p>"),
	    HTML("<p>Tea <span hidden>> old news</span></p>"));
}

/* ---- pictures ---- */

#define RELATED(html, fields, picture)                           \
	"Content-Type: multipart/related; boundary=b\n\n--b\n"   \
	"Content-Type: text/html\n\n<p>" FILL FILL "</p>\n" html \
	"\n--b\nContent-Type: image/png\n" fields                \
	"Content-Transfer-Encoding: base64\n\n" picture "\n--b--\n"
#define QR "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
#define ID "Content-ID: <qr@news.example>\n"
#define URI                                                               \
	"uri TOKEN /t\\.me\\/shop88/\nscore TOKEN 5\n" OURS(              \
	    "category TOKEN promo.telegram\naction promo cut\ncut TOKEN " \
	    "element\n")
#define LINK(id) \
	"<p><a href=\"https://t.me/shop88\"><img src=\"cid:" id "\"></a></p>"

/* The part of a picture goes with the last <img> that shows it. */
static void
pictures_with_their_parts(void **state)
{
	static const char other[] = "<p><img src=\"cid:qr@news.example\"></p>";
	struct report r;
	char mail[1000], want[1000];

	(void)state;
	load(URI);
	r = cuts(RELATED(LINK("qr@news.example"), ID, QR), RELATED("", ID, ""));
	assert_int_equal(r.ncut, 2);
	assert_string_equal(r.cut[1].part, "1.2");
	/* another one still shows it */
	snprintf(mail, sizeof mail, RELATED("%s%s", ID, QR),
	    LINK("qr@news.example"), other);
	snprintf(want, sizeof want, RELATED("%s", ID, QR), other);
	cuts(mail, want);
	/* no such part, or none of a picture */
	cuts(RELATED(LINK("tea@news.example"), ID, QR), RELATED("", ID, QR));
	cuts(RELATED(LINK("qr@news.example"), "X-Other: " ID, QR),
	    RELATED("", "X-Other: " ID, QR));
}

/* However many there are. */
static void
many_pictures(void **state)
{
	struct buf b = BUF(8u << 20), want = BUF(8u << 20);
	const int most = 1000;

	(void)state;
	load(URI);
	buf_puts(&b, "Content-Type: multipart/related; boundary=b\n\n--b\n"
		     "Content-Type: text/html\n\n");
	for (int i = 0; i < 100; i++)
		buf_puts(&b, "<p>" FILL FILL "</p>\n");
	assert_int_equal(buf_put(&want, b.p, b.len), 0);
	for (int i = 0; i < most; i++) {
		buf_printf(&b, LINK("qr%d@news.example") "\n", i);
		buf_puts(&want, "\n");
	}
	for (int i = 0; i < most; i++) {
		static const char part[] =
		    "\n--b\nContent-Type: image/png\n"
		    "Content-Transfer-Encoding: base64\n"
		    "Content-ID: <qr%d@news.example>\n\n";

		buf_printf(&b, part, i);
		buf_puts(&b, QR);
		buf_printf(&want, part, i);
	}
	buf_puts(&b, "\n--b--\n");
	buf_puts(&want, "\n--b--\n");
	buf_put(&b, "", 1);
	buf_put(&want, "", 1);
	cuts(b.p, want.p);
	buf_free(&b);
	buf_free(&want);
}

/* A part's own header says what it is: it goes, and what shows it. */
static void
parts_by_their_header(void **state)
{
#define DISPOSITION(name) "Content-Disposition: inline; filename=" name "\n"
#define BY_NAME                                                          \
	"mimeheader TOKEN Content-Disposition =~ /shop88/\nscore TOKEN " \
	"5\n" OURS("category TOKEN promo.telegram\naction promo cut\n"   \
		   "cut TOKEN part\n")
	struct report r;

	(void)state;
	load(BY_NAME);
	r = cuts(RELATED("<p>Tea <img src=\"cid:qr@news.example\"></p>",
		     ID DISPOSITION("shop88.png"), QR),
	    RELATED("<p>Tea </p>", ID DISPOSITION("shop88.png"), ""));
	assert_int_equal(r.ncut, 2);
}

/* ---- rules test ---- */

static void
trying_one_rule(void **state)
{
	static const char mail[] =
	    "\n[TG @shop88]\nTea (see [WX @shop99]) at four.\n";
	struct report r;

	(void)state;
	load("body TOKEN /\\[TG \\@shop88\\]/\nscore TOKEN 0.1\n"
	     "body OTHER /\\[WX \\@shop99\\]/\nscore OTHER 0.1\n" OURS(
		 "cut TOKEN match\ncut OTHER clause\n"));
	r = judge_with(mail, sizeof mail - 1, WANT_TEXTS,
	    rules_find(&config.rules, "OTHER"));
	assert_int_equal(r.action, ACTION_PASS);
	assert_int_equal(r.nedit, 0);
	assert_int_equal(r.ntext, 1);
	assert_int_equal(r.text[0].ngone, 1);
	assert_memory_equal(
	    r.text[0].text + r.text[0].gone[0].from, "(see [WX @shop99]", 17);
	r = judge_with(mail, sizeof mail - 1, WANT_TEXTS,
	    rules_find(&config.rules, "TOKEN"));
	assert_int_equal(r.ntext, 1);
	assert_int_equal(r.text[0].gone[0].from, 0);
	assert_int_equal(r.text[0].gone[0].to, 13);
}

/* ---- fields that tell a body's length ---- */

static void
lengths_are_said(void **state)
{
	static const struct {
		const char *before, *after; /* fields */
		uint32_t warn;
	} v[] = {
	    {"Content-Length: 133\n", "Content-Length: 120\n",
		WARN_LENGTH_MENDED},
	    {"Content-Length: 132\n", "Content-Length: 119\n",
		WARN_LENGTH_MENDED},
	    {"LINES:3 \n", "LINES:3 \n", WARN_LENGTH_MENDED},
	    {"content-length: 131\n", "", WARN_LENGTH_GONE},
	    {"Content-Length: 133 x\n", "", WARN_LENGTH_GONE},
	    {"Content-Length:\n", "", WARN_LENGTH_GONE},
	    {"Content-Length: 99999999999999999999\n", "", WARN_LENGTH_GONE},
	    {"Lines: 4\n", "", WARN_LENGTH_GONE},
	    {"Content-MD5: x\nLines: 3\n", "Lines: 3\n",
		WARN_MD5_GONE | WARN_LENGTH_MENDED},
	    {"", "", 0},
	};

	(void)state;
	load(CUT);
	assert_int_equal(strlen(FILL FILL "Tea [TG @shop88]\n"), 133);
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		char src[600], want[600];
		struct report r;

		snprintf(src, sizeof src, "%s\n" FILL FILL "Tea [TG @shop88]\n",
		    v[i].before);
		snprintf(
		    want, sizeof want, "%s\n" FILL FILL "Tea\n", v[i].after);
		r = cuts(src, want);
		assert_int_equal(r.warn, v[i].warn);
	}
	/* not cut, nothing said */
	assert_int_equal(judged("Content-Length: 1\n\n[TG @shop88]\n").warn, 0);
}

/* ---- forged fields ---- */

static void
forged_fields(void **state)
{
	struct report r;

	(void)state;
	load(CUT);
	r = judged("X-Simsift: verdict=clean\n folded\nSubject: s\n"
		   "X-SIMSIFT-Token: x\nX-Sims: stays\n\n" FILL);
	assert_int_equal(r.verdict, VERDICT_CLEAN);
	assert_int_equal(r.nedit, 2);
	result_is("Subject: s\nX-Sims: stays\n\n" FILL);
	r = cuts("From ann\nX-Simsift: a\nSubject: [TG @shop88] s\n"
		 "X-Simsift: b\n\n" FILL,
	    "From ann\nSubject: s\n\n" FILL);
	assert_int_equal(r.field_at, 9);
}

/* What stands between two cells is shown, but by no byte of the message; the
   blank that makes a fold stays. */
static void
cuts_of_no_byte(void **state)
{
	static const struct {
		const char *mail;
		struct span subject, body;
	} v[] = {
	    {"Subject:\n s\n\nHello.\n", {0, 1}, {0}},
	    {"Subject:\n =?utf-8?Q?s?=\n\nHello.\n", {0, 1}, {0}},
	    {"Subject: s\nContent-Type: text/html\n\n"
	     "<table><tr><td>a<td>b</table>\n",
		{0}, {1, 2}},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		uint32_t n = (uint32_t)strlen(v[i].mail);
		struct charsets *cs = charsets_open(v[i].mail, n, NULL);
		struct arena *a = arena_new(LIMIT_ARENA);
		struct span s[] = {v[i].subject, v[i].body};
		struct spans cut[2] = {{.v = &s[0], .n = s[0].to > 0},
		    {.v = &s[1], .n = s[1].to > 0}};
		struct tree tree;
		struct view view;
		struct plan plan;

		mime_parse(&tree, a, v[i].mail, n);
		view_make(&view, a, &tree, cs);
		assert_int_equal(view.ndoc, 2);
		plan_given(&plan, a, &view, cut);
		assert_int_equal(plan.refusal, REFUSAL_NONE);
		assert_int_equal(plan.nedit, 0);
		charsets_close(cs);
		arena_free(a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_places),
	    cmocka_unit_test(units),
	    cmocka_unit_test(conditions),
	    cmocka_unit_test(neighbours_are_one_cut),
	    cmocka_unit_test(both_alternatives_or_none),
	    cmocka_unit_test(inside_messages),
	    cmocka_unit_test(never_in_these),
	    cmocka_unit_test(sealed),
	    cmocka_unit_test(dkim),
	    cmocka_unit_test(odd_structure),
	    cmocka_unit_test(encodings_without_borders),
	    cmocka_unit_test(shares),
	    cmocka_unit_test(shares_of_text),
	    cmocka_unit_test(nothing_to_cut),
	    cmocka_unit_test(left_behind),
	    cmocka_unit_test(guarded),
	    cmocka_unit_test(many),
	    cmocka_unit_test(twins),
	    cmocka_unit_test(no_twins),
	    cmocka_unit_test(markup),
	    cmocka_unit_test(markup_that_stays),
	    cmocka_unit_test(hidden_text),
	    cmocka_unit_test(pictures_with_their_parts),
	    cmocka_unit_test(many_pictures),
	    cmocka_unit_test(many_twins),
	    cmocka_unit_test(parts_by_their_header),
	    cmocka_unit_test(trying_one_rule),
	    cmocka_unit_test(lengths_are_said),
	    cmocka_unit_test(forged_fields),
	    cmocka_unit_test(cuts_of_no_byte),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
