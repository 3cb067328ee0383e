#include "lower.h"

#include <setjmp.h>
#include <stdarg.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "judge.h"
#include "limits.h"

/*
 * Small messages through judge(); the edits are applied, and the result is
 * decoded again.
 */
#define LEN(v) (sizeof(v) / sizeof((v)[0]))
#define TOKEN "[TG @shop88]"

static struct config config;
static struct arena *arena;
static struct buf result = {.cap = 64u << 20};
static char *copy; /* ends where malloc's block ends, for ASan to watch */

static const char rule_text[] =
    "body TOKEN /\\[TG \\@shop88\\]|\\x{5361}\\x{5E97}|\\x{30AB}\\x{30FC}/\n"
    "score TOKEN 5\n"
    "ifplugin Simsift\n"
    "category TOKEN promo.telegram\n"
    "cut TOKEN match\n"
    "action promo cut\n"
    "cut_max_sentences 100\n" /* cutting is tested, not policy */
    "endif\n";

static int
load_rules(void **state)
{
	char name[] = "/tmp/test-lower-XXXXXX";
	const char *file = name;
	int fd = mkstemp(name), rc;
	struct err err;

	(void)state;
	if (fd == -1 || write(fd, rule_text, sizeof rule_text - 1) == -1)
		return -1;
	close(fd);
	rc = conf_open(
	    &config, &(struct conf_sources){.file = &file, .nfile = 1}, &err);
	unlink(name);
	return rc != 0 || config.rules.degraded;
}

static int
drop_rules(void **state)
{
	(void)state;
	conf_close(&config);
	arena_free(arena);
	buf_free(&result);
	free(copy);
	return 0;
}

/* Judges, applies the edits to `result`; the report is left to the caller. */
static struct report
judged(const char *p, size_t n)
{
	struct charsets *cs = charsets_open(p, n, NULL);
	struct report r;

	arena_free(arena);
	arena = arena_new(LIMIT_ARENA);
	assert_non_null(arena);
	assert_non_null(cs);
	free(copy);
	copy = malloc(n > 0 ? n : 1);
	assert_non_null(copy);
	memcpy(copy, p, n);
	judge(&r, arena, &config.rules, &config.settings,
	    &(struct judge_job){.p = copy,
		.len = (uint32_t)n,
		.charsets = cs,
		.time_ms = 3000,
		.only_cut = UINT32_MAX});
	charsets_close(cs);
	buf_free(&result);
	assert_int_equal(
	    edit_apply(&result, copy, (uint32_t)n, r.edit, r.nedit), 0);
	return r;
}

static void
cuts_n(const char *p, size_t n)
{
	struct report r = judged(p, n);

	if (r.action != ACTION_CUT)
		fail_msg("not cut, action %d (%s):\n%.*s", r.action,
		    report_refusal_name(r.refusal), (int)n, p);
}

/* Text of a doc of a message: path "1", "1.2", "1/subject". */
static const struct text *
text_of(const char *p, size_t n, const char *path)
{
	static struct tree tree;
	static struct view view;
	struct charsets *cs = charsets_open(p, n, NULL);
	const struct text *t = NULL;

	mime_parse(&tree, arena, p, (uint32_t)n);
	assert_false(tree.odd || tree.refused || tree.limited);
	view_make(&view, arena, &tree, cs);
	charsets_close(cs);
	for (uint32_t i = 0; i < view.ndoc; i++)
		if (strcmp(view.doc[i].path, path) == 0)
			t = view_shown(&view.doc[i]);
	if (t == NULL)
		fail_msg("no text %s", path);
	return t;
}

static void
same(const char *what, const char *got, size_t n, const char *want, size_t k)
{
	if (n != k || (n > 0 && memcmp(got, want, n) != 0))
		fail_msg("%s\ngot  [%.*s]\nwant [%.*s]", what, (int)n, got,
		    (int)k, want);
}

/* ---- encoders ---- */

static void
put_base64(
    struct buf *out, const char *p, size_t n, uint32_t width, const char *eol)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t col = 0;

	for (size_t i = 0; i < n; i += 3) {
		unsigned char c[3] = {0};
		uint32_t v;

		memcpy(c, p + i, n - i < 3 ? n - i : 3);
		v = (uint32_t)c[0] << 16 | (uint32_t)c[1] << 8 | c[2];
		if (width > 0 && col >= width) {
			buf_puts(out, eol);
			col = 0;
		}
		for (unsigned k = 0; k < 4; k++)
			buf_put(out,
			    n - i < k ? "=" : &digit[v >> (18 - 6 * k) & 63],
			    1);
		col += 4;
	}
	buf_puts(out, eol);
}

static void
put_qp(struct buf *out, const char *p, size_t n, uint32_t width, bool lower,
    const char *eol)
{
	uint32_t col = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		bool last = i + 1 == n || p[i + 1] == '\n' || p[i + 1] == '\r';
		char token[4] = {(char)c, 0, 0, 0};

		if (c == '\r' && i + 1 < n && p[i + 1] == '\n')
			continue;
		if (c == '\n') {
			buf_puts(out, eol);
			col = 0;
			continue;
		}
		if (c < ' ' || c > 126 || c == '=' || (c == ' ' && last))
			snprintf(
			    token, sizeof token, lower ? "=%02x" : "=%02X", c);
		if (col + strlen(token) > width - !last) {
			buf_printf(out, "=%s", eol);
			col = 0;
		}
		buf_puts(out, token);
		col += (uint32_t)strlen(token);
	}
}

static uint32_t
longest_line(const char *p, size_t n)
{
	uint32_t most = 0;
	size_t at = 0;

	for (size_t i = 0; i <= n; i++)
		if (i == n || p[i] == '\n') {
			size_t len = i - at;

			if (len > 0 && i > 0 && p[i - 1] == '\r')
				len--;
			if (len > most)
				most = (uint32_t)len;
			at = i + 1;
		}
	return most;
}

/* ---- the same cut in every encoding ---- */

static uint32_t
rnd(uint32_t below)
{
	static uint32_t seed = 41;

	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* Sentences with tokens between them. */
static void
make_text(struct buf *out, const char *eol, bool ascii)
{
	static const char *const piece[] = {"The office moves next week.",
	    "Tea at four", "a = b == c", "see you there", "12:30", "x",
	    "a rather long word: incomprehensibilities-of-the-first-order",
	    "卡片一张", "Grüße", "—", "naïve"};
	uint32_t tokens = 0;

	for (uint32_t i = 0; i < 40; i++) {
		buf_puts(out, piece[rnd(ascii ? 7 : LEN(piece))]);
		if (rnd(9) == 0 && tokens < 4) {
			buf_puts(out, rnd(2) ? " " : "");
			buf_puts(out, TOKEN);
			tokens++;
		}
		if (rnd(4) == 0)
			buf_puts(out, eol);
		else if (rnd(30) == 0)
			buf_printf(out, " %s%s", eol, eol);
		else
			buf_puts(out, " ");
	}
	if (tokens == 0)
		buf_puts(out, " " TOKEN);
	buf_puts(out, rnd(2) ? eol : " End.");
}

#define HEAD "From: ann@news.example%sSubject: s%s"
#define TYPE "Content-Type: text/plain; charset=utf-8%s"

static void
head(struct buf *out, const char *eol, const char *cte)
{
	buf_printf(out, HEAD TYPE, eol, eol, eol);
	buf_printf(out, "Content-Transfer-Encoding: %s%s%s", cte, eol, eol);
}

/* What stands before the first edit and behind the last is untouched. */
static void
check_untouched(const struct report *r, size_t n)
{
	size_t behind;

	if (r->nedit == 0)
		return;
	assert_memory_equal(copy, result.p, r->edit[0].span.from);
	behind = n - r->edit[r->nedit - 1].span.to;
	assert_memory_equal(
	    copy + n - behind, result.p + result.len - behind, behind);
}

static void
check_encoding(const struct buf *m, const char *want, size_t k, uint32_t width)
{
	struct report r = judged(m->p, m->len);
	const struct text *t;

	if (r.action != ACTION_CUT)
		fail_msg("not cut (%s):\n%.*s", report_refusal_name(r.refusal),
		    (int)m->len, m->p);
	check_untouched(&r, m->len);
	t = text_of(result.p, result.len, "1");
	same(m->p, t->p, t->len, want, k);
	if (width > 0 && longest_line(result.p, result.len) > width)
		fail_msg("a line of %u:\n%.*s",
		    longest_line(result.p, result.len), (int)result.len,
		    result.p);
}

static void
encodings(void **state)
{
	static const uint32_t widths[] = {76, 60, 64, 72, 4, 20, 0};

	(void)state;
	for (int round = 0; round < 150; round++) {
		const char *eol = round % 2 ? "\r\n" : "\n";
		struct buf text = BUF(1u << 20), m = BUF(1u << 20),
			   want = BUF(1u << 20);
		uint32_t width = widths[rnd(LEN(widths))];
		const struct text *t;

		make_text(&text, eol, false);
		head(&m, eol, "8bit");
		buf_put(&m, text.p, text.len);
		cuts_n(m.p, m.len);
		t = text_of(result.p, result.len, "1");
		buf_put(&want, t->p, t->len);
		assert_null(memmem(t->p, t->len, TOKEN, sizeof TOKEN - 1));

		m.len = 0;
		head(&m, eol, "quoted-printable");
		put_qp(&m, text.p, text.len, 76 - rnd(30), rnd(2), eol);
		check_encoding(&m, want.p, want.len, 76);

		m.len = 0;
		head(&m, eol, "base64");
		put_base64(&m, text.p, text.len, width, eol);
		check_encoding(
		    &m, want.p, want.len, width > 0 ? width + 48 : 0);
		buf_free(&text);
		buf_free(&m);
		buf_free(&want);
	}
}

static void
converted(struct buf *out, const char *to, const char *p, size_t n)
{
	iconv_t cd = iconv_open(to, "UTF-8");
	char *in = strndup(p, n), *ip = in, *op;
	size_t left = n;

	assert_true(cd != (iconv_t)-1);
	assert_non_null(in);
	assert_int_equal(buf_room(out, n * 4 + 16), 0);
	op = out->p;
	{
		size_t room = n * 4 + 16;

		assert_int_equal(iconv(cd, &ip, &left, &op, &room), 0);
		iconv(cd, NULL, NULL, &op, &room);
	}
	out->len = (size_t)(op - out->p);
	iconv_close(cd);
	free(in);
}

/* In other charsets, stateful ones too: the same text remains. */
static void
charsets(void **state)
{
	static const struct {
		const char *name, *text;
	} v[] = {
	    {"GB18030", "办公室下周搬到二楼。请大家收拾好桌子，"},
	    {"Big5", "請大家收拾好桌子，下星期見。"},
	    {"ISO-2022-JP", "来週は二階に移ります。机を片付けてください。"},
	    {"Shift_JIS", "来週は二階に移ります。机を片付けてください。"},
	    {"EUC-KR", "다음 주에 이층으로 옮깁니다. 정리해 주세요."},
	    {"KOI8-R", "На следующей неделе переезжаем на второй этаж."},
	    {"UTF-16LE", "办公室 moves 下周 to the second floor."},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		for (int round = 0; round < 3; round++) {
			struct buf text = BUF(1u << 20), want = BUF(1u << 20),
				   raw = BUF(1u << 20), m = BUF(1u << 20);

			buf_printf(&text, "%s " TOKEN " %s\n%s%s" TOKEN "\n%s",
			    v[i].text, v[i].text, v[i].text, v[i].text,
			    v[i].text);
			buf_printf(&want, "%s %s\n%s%s\n%s", v[i].text,
			    v[i].text, v[i].text, v[i].text, v[i].text);
			converted(&raw, v[i].name, text.p, text.len);
			buf_printf(&m,
			    "Subject: s\nContent-Type: text/plain; "
			    "charset=%s\nContent-Transfer-Encoding: %s\n\n",
			    v[i].name,
			    round == 0   ? "base64"
			    : round == 1 ? "quoted-printable"
					 : "8bit");
			if (round == 0)
				put_base64(&m, raw.p, raw.len, 76, "\n");
			else if (round == 2)
				buf_put(&m, raw.p, raw.len);
			else if (strcmp(v[i].name, "UTF-16LE") != 0)
				put_qp(&m, raw.p, raw.len, 76, false, "\n");
			if (strcmp(v[i].name, "UTF-16LE") != 0 || round == 0)
				check_encoding(&m, want.p, want.len, 0);
			buf_free(&text);
			buf_free(&want);
			buf_free(&raw);
			buf_free(&m);
		}
}

/* The shop's name is itself in the charset: shifts round it. */
static void
stateful(void **state)
{
	struct buf m = BUF(10000), raw = BUF(10000);
	const struct text *t;

	(void)state;
	buf_puts(&m, "Subject: s\nContent-Type: text/plain; charset=iso-2022-"
		     "jp\n\n");
	converted(&raw, "ISO-2022-JP",
	    "二階に移ります。カーabcカー机を片付けて カー\nください。end",
	    strlen("二階に移ります。カーabcカー机を片付けて "
		   "カー\nください。end"));
	buf_put(&m, raw.p, raw.len);
	cuts_n(m.p, m.len);
	t = text_of(result.p, result.len, "1");
	same("stateful", t->p, t->len,
	    "二階に移ります。abc机を片付けて\nください。end",
	    strlen("二階に移ります。abc机を片付けて\nください。end"));
	buf_free(&m);
	buf_free(&raw);
}

/* ---- quoted-printable, to the letter ---- */

static void
becomes(const char *src, const char *want)
{
	cuts_n(src, strlen(src));
	same(src, result.p, result.len, want, strlen(want));
}

#define QP                                          \
	"Content-Type: text/plain; charset=utf-8\n" \
	"Content-Transfer-Encoding: quoted-printable\n\n"
#define FILL "The office moves to the second floor next week, says Ann.\n"
#define B64                                         \
	"Content-Type: text/plain; charset=utf-8\n" \
	"Content-Transfer-Encoding: base64\n\n"

static void
quoted_printable(void **state)
{
	(void)state;
	/* over a soft break, in lower case, half encoded */
	becomes(QP FILL "Tea =5BTG =40sh=\nop88=5D at four.\n",
	    QP FILL "Tea at four.\n");
	becomes(QP FILL "Tea =5bTG=20@shop88] at=20four.\n",
	    QP FILL "Tea at=20four.\n");
	/* all but the break is gone */
	becomes(QP FILL "Tea at four [TG =\n@shop88]\nand cake.\n",
	    QP FILL "Tea at four\nand cake.\n");
	/* two lines would be too long for one */
	{
		static const char long_ones[] = QP FILL
		    "Tea at four in the office on the second floor of th=\n"
		    "e house [TG @shop88]=\n in which we have been since "
		    "the first of the month.\n";

		cuts_n(long_ones, sizeof long_ones - 1);
	}
	assert_true(longest_line(result.p, result.len) <= 76);
}

static void
quoted_printable_sloppy(void **state)
{
	(void)state;
	/* Bytes that should have been encoded: what is left is as it was. */
	becomes(
	    QP FILL "a=ZZ b [TG @shop88] c = d\n", QP FILL "a=ZZ b c = d\n");
	becomes(
	    QP FILL "Grüße [TG @shop88] an alle\n", QP FILL "Grüße an alle\n");
}

/* ---- base64 ---- */

/* A first line that is shorter than the others must not let all that follows
   the cut run into one line. */
static void
base64_first_line_short(void **state)
{
	struct buf text = BUF(1u << 20), b = BUF(1u << 20), m = BUF(1u << 20);

	(void)state;
	for (int i = 0; i < 100; i++)
		buf_puts(&text, FILL);
	buf_put(&b, text.p, 78); /* column 64 of the second line */
	buf_puts(&b, " " TOKEN "\n");
	buf_put(&b, text.p, text.len);
	buf_puts(&m, B64);
	put_base64(&m, b.p, 30, 0, "\n"); /* 40 characters */
	put_base64(&m, b.p + 30, b.len - 30, 76, "\n");
	cuts_n(m.p, m.len);
	if (longest_line(result.p, result.len) > 76)
		fail_msg("a line of %u characters",
		    longest_line(result.p, result.len));
	buf_free(&text);
	buf_free(&b);
	buf_free(&m);
}

static void
base64_refused(void **state)
{
	static const char *const v[] = {"!", " x", "=", "A"};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		struct buf m = BUF(1u << 20);
		struct report r;

		buf_puts(&m, B64);
		put_base64(
		    &m, FILL FILL TOKEN, strlen(FILL FILL TOKEN), 76, "\n");
		buf_puts(&m, v[i]);
		buf_puts(&m, "\n");
		r = judged(m.p, m.len);
		assert_int_equal(r.verdict, VERDICT_PROMO);
		assert_int_equal(r.action, ACTION_MARK);
		assert_int_equal(r.refusal, REFUSAL_ENCODING);
		assert_int_equal(r.nedit, 0);
		buf_free(&m);
	}
}

/* ---- the Subject ---- */

/* The new raw Subject, and how it reads.  No line of it may be blank: it
   would end the header for some. */
static void
subject(const char *src, const char *want, const char *reads)
{
	struct buf m = BUF(10000), w = BUF(10000);
	const struct text *t;

	buf_printf(
	    &m, "From: ann@news.example\nSubject: %s\nTo: bob\n\n" FILL, src);
	cuts_n(m.p, m.len);
	if (want != NULL) {
		buf_printf(&w,
		    "From: ann@news.example\nSubject: %s\nTo: bob\n\n" FILL,
		    want);
		same(src, result.p, result.len, w.p, w.len);
	}
	assert_null(memmem(result.p, result.len, "\n \n", 3));
	assert_null(memmem(result.p, result.len, "\n\t\n", 3));
	t = text_of(result.p, result.len, "1/subject");
	{
		uint32_t from = 0, to = t->len;

		while (from < to && t->p[from] == ' ')
			from++;
		while (to > from && (unsigned char)t->p[to - 1] <= ' ')
			to--;
		same(src, t->p + from, to - from, reads, strlen(reads));
	}
	buf_free(&m);
	buf_free(&w);
}

static void
plain_subject(void **state)
{
	(void)state;
	subject("Moving day [TG @shop88]", "Moving day", "Moving day");
	subject("Moving [TG @shop88] day", "Moving day", "Moving day");
	subject("[TG @shop88] Moving day", "Moving day", "Moving day");
	subject("Grüße [TG @shop88] an alle", "Grüße an alle", "Grüße an alle");
	/* over a fold, and alone on a line of it */
	subject("Moving [TG\n @shop88] day", NULL, "Moving day");
	subject("Moving day\n [TG @shop88]", NULL, "Moving day");
	subject("Moving\n [TG @shop88]\n day", NULL, "Moving day");
	subject("[TG @shop88]\n Moving day", NULL, "Moving day");
}

static void
encoded_subject(void **state)
{
	(void)state;
	/* a part of a Q word, a part of a B word ("Grüße [TG @shop88]") */
	subject("=?utf-8?Q?Gr=C3=BC=C3=9Fe_[TG_=40shop88]_an?= alle", NULL,
	    "Grüße an alle");
	subject("=?utf-8?B?R3LDvMOfZSBbVEcgQHNob3A4OF0=?=",
	    "=?utf-8?B?R3LDvMOfZQ==?=", "Grüße");
	/* over two words: =?…?B?"Grüße [TG"?= =?…?B?" @shop88] an"?= */
	subject("=?utf-8?B?R3LDvMOfZSBbVEc=?=\n =?utf-8?B?IEBzaG9wODhdIGFu?=",
	    NULL, "Grüße an");
	/* whole words: first, middle, last, alone on their line */
	subject("=?utf-8?Q?[TG_@shop88]?= =?utf-8?Q?Gr=C3=BC=C3=9Fe?=", NULL,
	    "Grüße");
	subject("=?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n =?utf-8?Q?[TG_@shop88]?=\n "
		"=?utf-8?Q?_an?=",
	    NULL, "Grüße an");
	subject("=?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n =?utf-8?B?W1RHIEBzaG9wODhd?=",
	    "=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße");
	subject(
	    "Moving day\n =?utf-8?B?W1RHIEBzaG9wODhd?=", NULL, "Moving day");
	subject("Moving =?utf-8?B?W1RHIEBzaG9wODhd?= day", NULL, "Moving day");
	/* a Q word and plain text with a half each */
	subject("Gr =?utf-8?Q?[TG?= @shop88] an", NULL, "Gr an");
}

static void
subject_in_charsets(void **state)
{
	struct buf raw = BUF(1000), b = BUF(1000);
	static const char text[] = "二階に移ります カー です";

	(void)state;
	converted(&raw, "ISO-2022-JP", text, sizeof text - 1);
	buf_puts(&b, "=?iso-2022-jp?B?");
	put_base64(&b, raw.p, raw.len, 0, "");
	buf_puts(&b, "?=");
	buf_put(&b, "", 1);
	subject(b.p, NULL, "二階に移ります です");
	raw.len = b.len = 0;
	converted(&raw, "GB18030", "搬家通知 卡店", strlen("搬家通知 卡店"));
	buf_puts(&b, "=?gb2312?B?");
	put_base64(&b, raw.p, raw.len, 0, "");
	buf_puts(&b, "?=");
	buf_put(&b, "", 1);
	subject(b.p, NULL, "搬家通知");
	buf_free(&raw);
	buf_free(&b);
}

/* ---- HTML ---- */

#define HTML "Content-Type: text/html; charset=utf-8\n\n"
#define P                                                     \
	"<p>The office moves to the second floor next week, " \
	"says Ann from the news desk.</p>\n"

static void
html(void **state)
{
	(void)state;
	becomes(HTML P "<p>Tea <b>[TG @shop88]</b> at four.</p>\n",
	    HTML P "<p>Tea at four.</p>\n");
	/* an element that is emptied goes, its neighbour stays */
	becomes(HTML P "<p>[TG @shop88]</p>\n" P, HTML P "\n" P);
	becomes(HTML P "<ul><li>one<li><a href=\"https://t.me/x\">"
		       "[TG @shop88]</a></ul>\n" P,
	    HTML P "<ul><li>one</ul>\n" P);
	/* the tags inside the hit stay balanced */
	becomes(HTML P "<p>Tea [TG <i>@shop88]</i> at <i>four</i>.</p>\n",
	    HTML P "<p>Tea at <i>four</i>.</p>\n");
	/* a cell keeps its row */
	becomes(HTML P "<table><tr><td>[TG @shop88]</td><td>x</td></tr>"
		       "</table>" P,
	    HTML P "<table><tr><td></td><td>x</td></tr></table>" P);
	/* a picture that stays keeps its element */
	becomes(HTML P "<p><img src=\"map.png\">[TG @shop88]</p>" P,
	    HTML P "<p><img src=\"map.png\"></p>" P);
	/* references and comments inside of it */
	becomes(HTML P "<p>Tea &#91;TG<!-- x --> @sho&#112;88] at 4.</p>\n",
	    HTML P "<p>Tea <!-- x -->at 4.</p>\n");
}

/* The new base64 takes what it is long, not a map's run a character. */
static void
base64_memory(void **state)
{
	static const char digit[] = "VGhlIG1pbnV0ZXMgYXJlIGluIHRoZSBmaWxlLiBb";
	struct buf b = BUF(4u << 20);

	(void)state;
	buf_puts(&b, "Content-Type: text/plain\n"
		     "Content-Transfer-Encoding: base64\n\n"
		     "W1RHIEBzaG9wODhdIGlzIGhlcmUuICAg\n"); /* TOKEN is here. */
	for (uint32_t i = 0; i < 30000; i++)
		buf_printf(&b, "%s\n", digit);
	cuts_n(b.p, b.len);
	assert_true(arena_used(arena) < 16 * b.len);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(encodings),
	    cmocka_unit_test(charsets),
	    cmocka_unit_test(stateful),
	    cmocka_unit_test(quoted_printable),
	    cmocka_unit_test(quoted_printable_sloppy),
	    cmocka_unit_test(base64_first_line_short),
	    cmocka_unit_test(base64_refused),
	    cmocka_unit_test(base64_memory),
	    cmocka_unit_test(plain_subject),
	    cmocka_unit_test(encoded_subject),
	    cmocka_unit_test(subject_in_charsets),
	    cmocka_unit_test(html),
	};

	return cmocka_run_group_tests(tests, load_rules, drop_rules);
}
