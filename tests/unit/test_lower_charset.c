#include "plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "limits.h"

/*
 * Every cut there can be: for each pair of borders between characters of a
 * text, in every charset and transfer encoding, what is left decodes to the
 * text without the characters between them.  iconv of the whole is the judge,
 * and decoders of transfer encodings that refuse what is not canonical.
 */
#define LEN(v) (sizeof(v) / sizeof((v)[0]))

enum way { EIGHT, QP, QP_CRLF, B64, B64_NARROW, B64_WIDE, B64_ONE, WAYS };

/* ---- the judges ---- */

static void
recoded(
    struct buf *out, const char *to, const char *from, const char *p, size_t n)
{
	iconv_t cd = iconv_open(to, from);
	char *in = malloc(n + 1), *ip = in, *op;
	size_t left = n, room = n * 8 + 64;

	if (cd == (iconv_t)-1)
		fail_msg("iconv: no %s to %s", from, to);
	if (n > 0)
		memcpy(in, p, n);
	assert_int_equal(buf_room(out, room), 0);
	op = out->p + out->len;
	if (iconv(cd, &ip, &left, &op, &room) == (size_t)-1 || left > 0 ||
	    iconv(cd, NULL, NULL, &op, &room) == (size_t)-1)
		fail_msg("not %s: %.*s", from, (int)n, p);
	out->len = (size_t)(op - out->p);
	iconv_close(cd);
	free(in);
}

/* RFC 1843, which iconv lacks: ASCII at the end of each line. */
static void
to_hz(struct buf *out, const char *p, size_t n)
{
	struct buf b = BUF(1u << 20);
	bool pairs = false;

	recoded(&b, "EUC-CN", "UTF-8", p, n);
	for (size_t i = 0; i < b.len; i++) {
		char pair[2] = {b.p[i] & 0x7f, 0};

		if ((b.p[i] & 0x80) != 0) {
			pair[1] = b.p[++i] & 0x7f;
			buf_puts(out, pairs ? "" : "~{");
			pairs = true;
			buf_put(out, pair, 2);
			continue;
		}
		buf_puts(out, pairs ? "~}" : "");
		pairs = false;
		buf_put(out, pair, 1);
		buf_puts(out, pair[0] == '~' ? "~" : "");
	}
	buf_puts(out, pairs ? "~}" : "");
	buf_free(&b);
}

static void
from_hz(struct buf *out, const char *p, size_t n)
{
	struct buf b = BUF(1u << 20);
	bool pairs = false;

	for (size_t i = 0; i < n; i++) {
		if (pairs && p[i] == '\n')
			fail_msg("HZ: pairs at the end of a line");
		if (pairs && i + 1 < n && memcmp(p + i, "~}", 2) != 0) {
			char pair[2] = {
			    p[i] | (char)0x80, p[i + 1] | (char)0x80};

			buf_put(&b, pair, 2);
			i++;
		} else if (p[i] != '~') {
			buf_put(&b, p + i, 1);
		} else {
			i++;
			assert_true(i < n);
			assert_non_null(memchr("{}~", p[i], 3));
			pairs = p[i] == '{';
			buf_puts(&b, p[i] == '~' ? "~" : "");
		}
	}
	assert_false(pairs);
	recoded(out, "UTF-8", "EUC-CN", b.p, b.len);
	buf_free(&b);
}

static void
encode_charset(struct buf *out, const char *name, const char *p, size_t n)
{
	if (strcmp(name, "HZ") == 0)
		to_hz(out, p, n);
	else
		recoded(out, name, "UTF-8", p, n);
}

static void
decode_charset_(struct buf *out, const char *name, const char *p, size_t n)
{
	if (strcmp(name, "HZ") == 0)
		from_hz(out, p, n);
	else if (n > 0)
		recoded(out, "UTF-8", name, p, n);
}

/* RFC 1468: ASCII at the end of a line. */
static void
check_line_ends(const char *name, const char *p, size_t n)
{
	bool ascii = true;

	if (strncmp(name, "ISO-2022-JP", 11) != 0)
		return;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == 0x1b && i + 2 < n && p[i + 1] != 'N' &&
		    p[i + 1] != '.')
			ascii = memcmp(p + i, "\x1b(B", 3) == 0;
		if (p[i] == '\n' && !ascii)
			fail_msg("%s: not ASCII at the end of a line", name);
	}
	assert_true(ascii);
}

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789+/";

static void
put_base64(struct buf *out, const char *p, size_t n, size_t width)
{
	size_t col = 0;

	for (size_t i = 0; i < n; i += 3) {
		unsigned char c[3] = {0};
		unsigned v;

		memcpy(c, p + i, n - i < 3 ? n - i : 3);
		v = (unsigned)c[0] << 16 | (unsigned)c[1] << 8 | c[2];
		for (unsigned k = 0; k < 4; k++) {
			if (width > 0 && col == width) {
				buf_puts(out, "\n");
				col = 0;
			}
			buf_put(out,
			    n - i < k ? "=" : &digits[v >> (18 - 6 * k) & 63],
			    1);
			col++;
		}
	}
	buf_puts(out, "\n");
}

/* Lines of `width` but the last; padding only where it belongs. */
static void
from_base64(struct buf *out, const char *p, size_t n, size_t width)
{
	unsigned v = 0, have = 0, pads = 0;
	size_t col = 0;

	for (size_t i = 0; i < n; i++) {
		const char *d = memchr(digits, p[i], 64);
		char b;

		if (p[i] == '\n') {
			if (col != width && i + 1 != n)
				fail_msg("a line of %zu digits, not %zu: %.*s",
				    col, width, (int)n, p);
			col = 0;
			continue;
		}
		if (width > 0 && ++col > width)
			fail_msg("a line of %zu digits: %.*s", col, (int)n, p);
		if (p[i] == '=') {
			pads++;
			continue;
		}
		if (d == NULL || pads > 0)
			fail_msg("not base64: %.*s", (int)n, p);
		v = v << 6 | (unsigned)(d - digits);
		if ((have += 6) >= 8) {
			b = (char)(v >> (have -= 8) & 0xff);
			buf_put(out, &b, 1);
		}
	}
	assert_int_equal((have == 4) * 2u + (have == 2), pads);
	assert_true(have < 6 && (v & ((1u << have) - 1)) == 0);
}

static void
put_qp(struct buf *out, const char *p, size_t n, const char *eol, bool binary)
{
	size_t col = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		char token[4] = {(char)c, 0};

		if (c == '\n' && !binary) {
			buf_puts(out, eol);
			col = 0;
			continue;
		}
		if (c <= ' ' || c > 126 || c == '=' || binary)
			snprintf(token, sizeof token, "=%02X", c);
		if (c == ' ' && i + 1 < n && p[i + 1] != '\n')
			snprintf(token, sizeof token, " ");
		if (col + strlen(token) > 75) {
			buf_printf(out, "=%s", eol);
			col = 0;
		}
		buf_puts(out, token);
		col += strlen(token);
	}
}

static void
from_qp(struct buf *out, const char *p, size_t n, const char *eol)
{
	size_t k = strlen(eol), col = 0;

	for (size_t i = 0; i < n; i++, col++) {
		unsigned v;
		char b;

		if (n - i >= k && memcmp(p + i, eol, k) == 0) {
			if (i > 0 && p[i - 1] == ' ')
				fail_msg(
				    "a blank ends a line: %.*s", (int)n, p);
			if (col > 76)
				fail_msg("a line of %zu: %.*s", col, (int)n, p);
			buf_puts(out, i > 0 && p[i - 1] == '=' ? "" : eol);
			i += k - 1;
			col = (size_t)-1;
		} else if (p[i] != '=') {
			assert_true(p[i] >= ' ' && p[i] <= '~');
			buf_put(out, p + i, 1);
		} else if (n - i > k && memcmp(p + i + 1, eol, k) == 0) {
			continue;
		} else {
			assert_true(n - i > 2);
			assert_int_equal(sscanf(p + i + 1, "%2X", &v), 1);
			b = (char)v;
			buf_put(out, &b, 1);
			i += 2;
			col += 2;
		}
	}
	if (col > 76 || (n > 0 && p[n - 1] == ' '))
		fail_msg("the last line: %.*s", (int)n, p);
}

/* ---- one message, all its cuts ---- */

static const size_t width[WAYS] = {
    [B64] = 76, [B64_NARROW] = 61, [B64_WIDE] = 75, [B64_ONE] = 0};

struct mail {
	const char *name; /* of the charset, for iconv */
	enum way way;
	struct buf raw;
	size_t head;
	const struct doc *doc;
	struct view view;
};

static void
make_mail(struct buf *out, const char *label, const struct buf *bytes,
    enum way way, bool binary)
{
	static const char *const cte[WAYS] = {[EIGHT] = "8bit",
	    [QP] = "quoted-printable",
	    [QP_CRLF] = "quoted-printable"};
	const char *eol = way == QP_CRLF ? "\r\n" : "\n";

	buf_printf(out,
	    "Content-Type: text/plain; charset=%s%s"
	    "Content-Transfer-Encoding: %s%s%s",
	    label, eol, cte[way] != NULL ? cte[way] : "base64", eol, eol);
	if (way == EIGHT)
		buf_put(out, bytes->p, bytes->len);
	else if (way <= QP_CRLF)
		put_qp(out, bytes->p, bytes->len, eol, binary);
	else
		put_base64(out, bytes->p, bytes->len, width[way]);
}

static void
check_cuts(const struct mail *m, struct arena *a, const struct spans *cut)
{
	const struct text *t = view_shown(m->doc);
	struct buf got = BUF(1u << 20), bytes = BUF(1u << 20),
		   text = BUF(1u << 20), want = BUF(1u << 20);
	struct view v = m->view;
	struct plan plan;
	const char *body;
	size_t n;

	v.a = a;
	plan_given(&plan, a, &v, cut);
	assert_int_equal(plan.refusal, REFUSAL_NONE);
	assert_null(edit_check(
	    m->raw.p, (uint32_t)m->raw.len, plan.edit, plan.nedit, 0));
	edit_apply(&got, m->raw.p, (uint32_t)m->raw.len, plan.edit, plan.nedit);
	assert_true(got.len >= m->head);
	body = got.p + m->head;
	n = got.len - m->head;
	if (m->way == EIGHT)
		buf_put(&bytes, body, n);
	else if (m->way <= QP_CRLF)
		from_qp(&bytes, body, n, m->way == QP_CRLF ? "\r\n" : "\n");
	else
		from_base64(&bytes, body, n, width[m->way]);
	decode_charset_(&text, m->name, bytes.p, bytes.len);
	check_line_ends(m->name, bytes.p, bytes.len);
	for (uint32_t i = 0, at = 0; i <= cut->n; i++) {
		uint32_t to = i < cut->n ? cut->v[i].from : t->len;

		buf_put(&want, t->p + at, to - at);
		at = i < cut->n ? cut->v[i].to : to;
	}
	if (text.len != want.len ||
	    (text.len > 0 && memcmp(text.p, want.p, text.len) != 0))
		fail_msg("%s, way %d, cut %u-%u\ngot  [%.*s]\nwant [%.*s]\n"
			 "body [%.*s]",
		    m->name, (int)m->way, cut->v[0].from, cut->v[0].to,
		    (int)text.len, text.p, (int)want.len, want.p, (int)n, body);
	buf_free(&got);
	buf_free(&bytes);
	buf_free(&text);
	buf_free(&want);
}

/* A border between characters; not inside a line end, nor between the two
   that one code of Big5-HKSCS stands for. */
static bool
is_border(const struct doc *d, uint32_t i)
{
	const struct text *t = &d->utf8;
	bool exact;

	map_cover(&t->map, (struct span){i, i}, &exact);
	if (i == t->len)
		return true;
	return exact && ((unsigned char)t->p[i] & 0xc0) != 0x80 &&
	       (t->p[i] != '\n' || i == 0 || t->p[i - 1] != '\r');
}

static void
all_cuts(const struct mail *m)
{
	uint32_t n = m->doc->utf8.len;

	for (uint32_t i = 0; i < n; i++) {
		struct arena *a = arena_new(LIMIT_ARENA);
		struct span s = {i, 0};

		assert_non_null(a);
		for (s.to = i + 1; s.to <= n; s.to++)
			if (is_border(m->doc, i) && is_border(m->doc, s.to))
				check_cuts(m, a, &(struct spans){.v = &s, .n = 1});
		arena_free(a);
	}
}

static uint32_t
rnd(uint32_t below)
{
	static uint32_t seed = 41;

	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* Several cuts at once, at random: what they leave between them is short. */
static void
several_cuts(const struct mail *m)
{
	struct arena *a = arena_new(LIMIT_ARENA);
	uint32_t n = m->doc->utf8.len;

	assert_non_null(a);
	for (int round = 0; round < 200; round++) {
		struct span v[200];
		struct spans cut = {.v = v, .size = 200};
		uint32_t most = 1 + rnd(40), at = rnd(most);

		while (at < n && cut.n < 200) {
			struct span s = {at, at + 1 + rnd(most)};

			at = s.to + 1 + rnd(most);
			if (s.to <= n && is_border(m->doc, s.from) &&
			    is_border(m->doc, s.to))
				v[cut.n++] = s;
		}
		if (cut.n > 0)
			check_cuts(m, a, &cut);
	}
	arena_free(a);
}

static void
check_mail(const char *label, const char *name, const struct buf *bytes,
    const char *text, enum way way)
{
	bool binary =
	    strncmp(name, "UTF-16", 6) == 0 || strncmp(name, "UTF-32", 6) == 0;
	struct mail m = {.name = name, .way = way, .raw = BUF(1u << 20)};
	struct arena *a = arena_new(LIMIT_ARENA);
	struct charsets *cs;
	struct tree tree;

	if (binary && way == EIGHT) {
		arena_free(a);
		return;
	}
	make_mail(&m.raw, label, bytes, way, binary);
	cs = charsets_open(m.raw.p, m.raw.len, NULL);
	assert_non_null(cs);
	mime_parse(&tree, a, m.raw.p, (uint32_t)m.raw.len);
	view_make(&m.view, a, &tree, cs);
	assert_int_equal(m.view.ndoc, 1);
	m.head = tree.part[0].body.from;
	m.doc = &m.view.doc[0];
	/* the line ends of a CRLF body read as they are */
	if (way != QP_CRLF &&
	    (m.doc->utf8.len != strlen(text) ||
		memcmp(m.doc->utf8.p, text, strlen(text)) != 0))
		fail_msg(
		    "%s: [%.*s]", label, (int)m.doc->utf8.len, m.doc->utf8.p);
	all_cuts(&m);
	several_cuts(&m);
	charsets_close(cs);
	arena_free(a);
	buf_free(&m.raw);
}

static void
check_all_ways(const char *label, const char *name, const struct buf *bytes,
    const char *text)
{
	for (int way = 0; way < WAYS; way++)
		check_mail(label, name, bytes, text, (enum way)way);
}

static void
every_charset(void **state)
{
	static const char han[] =
	    "办公室 moves，a=b\n下周~搬到二楼。\n\nEnd 完";
	static const char trad[] = "請大家 pack 桌子，\n下星期見。x y\n中";
	static const char jp[] = "来週は 2F に移ります。\n机をa+b\n\nカー";
	static const char kr[] = "다음 주에 2F 이층\nabc 정리\n해";
	static const char ru[] = "На 2F, этаж\nа b = в\nя";
	static const char latin[] = "Grüße, naïve = é\nab cß\n";
	static const struct {
		const char *label, *name, *text;
	} v[] = {
	    {"utf-8", "UTF-8", "Grüße 办公室 😀=b\n カ€x\ny"},
	    {"GB18030", "GB18030", "办公室 moves，\n𠀀𠀁 ä ë😀\nEnd 完"},
	    {"gb2312", "GBK", han},
	    {"hz-gb-2312", "HZ", han},
	    {"iso-2022-cn", "ISO-2022-CN", han},
	    {"iso-2022-cn", "ISO-2022-CN", "办公 x請大家 y\n你啊\n完"},
	    {"iso-2022-cn-ext", "ISO-2022-CN-EXT", "办公 x請大家 y\n你啊\n完"},
	    {"big5", "BIG5", trad},
	    {"big5-hkscs", "BIG5-HKSCS", "請大家 pack 㗎，Ê̄ 喺度\n嘅 x"},
	    {"euc-tw", "EUC-TW", trad},
	    {"iso-2022-jp", "ISO-2022-JP", jp},
	    {"iso-2022-jp-2", "ISO-2022-JP-2", "来週 é 2F ä\n机 한 办 α\nx 丂"},
	    {"euc-jp", "EUC-JP", "来週は 2F ｶﾅ\n丂 a=b\nカー"},
	    {"shift_jis", "SHIFT_JIS", "来週は 2F ｶﾅ\nソ表a\n\nカー"},
	    {"cp932", "CP932", "①来週は 2F ｶﾅ\nソ表a\n髙カー"},
	    {"iso-2022-kr", "ISO-2022-KR", kr},
	    {"euc-kr", "EUC-KR", kr},
	    {"ks_c_5601-1987", "UHC", "다음 똠 2F\nabc 펲시\n해"},
	    {"koi8-r", "KOI8-R", ru},
	    {"koi8-u", "KOI8-U", "На ї, є\nа b = в\nґ"},
	    {"windows-1250", "CP1250", "Žluťoučký = kůň\nx\n"},
	    {"windows-1251", "CP1251", ru},
	    {"windows-1252", "CP1252", "Grüße “x” = €\nab\n"},
	    {"windows-1253", "CP1253", "Γειά = x\nσου\n"},
	    {"windows-1254", "CP1254", "İstanbul ş = ğ\nx\n"},
	    {"windows-1255", "CP1255", "שלום = x\nעולם\n"},
	    {"windows-1256", "CP1256", "سلام = x\nدنيا\n"},
	    {"windows-1257", "CP1257", "ąčę = x\nž\n"},
	    {"windows-1258", "CP1258", "Đư â = ơ\nă\n"},
	    {"iso-8859-1", "ISO-8859-1", latin},
	    {"iso-8859-2", "ISO-8859-2", "Žluťoučký = kůň\nx\n"},
	    {"iso-8859-5", "ISO-8859-5", ru},
	    {"iso-8859-7", "ISO-8859-7", "Γειά = x\nσου\n"},
	    {"iso-8859-9", "ISO-8859-9", "İstanbul ş = ğ\nx\n"},
	    {"iso-8859-15", "ISO-8859-15", "œuf = €\nx\n"},
	    {"tis-620", "TIS-620", "สวัสดี = x\nครับ\n"},
	    {"viscii", "VISCII", "Tiếng Việt = đẹp\nế\n"},
	    {"utf-7", "UTF-7", "Grüße a+b +é- 办公室/😀=x\n卡\né- 1+-"},
	    {"utf-7", "UTF-7", "+办-a公/é+\n室ab😀😀x+"},
	    {"utf-16", "UTF-16", "办公 x😀\nGrüße\n"},
	    {"utf-16", "UTF-16BE", "办公 x😀\nGrüße\n"},
	    {"utf-16le", "UTF-16LE", "办公 x😀\nGrüße\n"},
	    {"utf-16be", "UTF-16BE", "办公 x😀\nGrüße\n"},
	    {"utf-32", "UTF-32", "办公 x😀\nGr\n"},
	    {"utf-32le", "UTF-32LE", "办公 x😀\nGr\n"},
	    {"utf-32be", "UTF-32BE", "办公 x😀\nGr\n"},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		struct buf b = BUF(1u << 20);

		encode_charset(&b, v[i].name, v[i].text, strlen(v[i].text));
		check_all_ways(v[i].label, v[i].name, &b, v[i].text);
		buf_free(&b);
	}
}

/* ---- the same in a Subject ---- */

/* The text in encoded words of three characters each, every other one B. */
static void
put_words(
    struct buf *out, const char *label, const char *name, const char *text)
{
	size_t n = strlen(text), at = 0;

	for (int word = 0; at < n; word++) {
		struct buf b = BUF(1u << 20);
		size_t to = at;

		for (int k = 0; k < 3 && to < n; k++)
			for (to++; to < n &&
				   ((unsigned char)text[to] & 0xc0) == 0x80;)
				to++;
		encode_charset(&b, name, text + at, to - at);
		buf_printf(out, "%s=?%s?%c?", word == 0 ? "" : "\n ", label,
		    word % 2 ? 'B' : 'Q');
		if (word % 2)
			put_base64(out, b.p, b.len, 0);
		out->len -= word % 2; /* the line end */
		for (size_t i = 0; word % 2 == 0 && i < b.len; i++)
			buf_printf(out, "=%02X", (unsigned char)b.p[i]);
		buf_puts(out, "?=");
		buf_free(&b);
		at = to;
	}
}

static void
check_subject(struct view *v, const char *raw, size_t n, struct span s)
{
	const struct text *t = &v->doc[0].utf8;
	struct buf got = BUF(1u << 20), want = BUF(1u << 20);
	struct spans cut[2] = {{.v = &s, .n = 1, .size = 1}};
	struct header h;
	struct header_text text;
	struct plan plan;

	plan_given(&plan, v->a, v, cut);
	assert_int_equal(plan.refusal, REFUSAL_NONE);
	assert_null(edit_check(raw, (uint32_t)n, plan.edit, plan.nedit, 0));
	edit_apply(&got, raw, (uint32_t)n, plan.edit, plan.nedit);
	message_header(&h, v->a, got.p, 0, (uint32_t)got.len);
	assert_int_equal(h.n, 2);
	assert_true(h.ended);
	decode_header(&text, v->a, v->charsets, got.p + h.field[0].value.from,
	    h.field[0].value.to - h.field[0].value.from, h.field[0].value.from);
	buf_put(&want, t->p, s.from);
	buf_put(&want, t->p + s.to, t->len - s.to);
	if (want.len > 1 && (text.utf8.len != want.len ||
				memcmp(text.utf8.p, want.p, want.len) != 0))
		fail_msg("cut %u-%u\n got [%.*s]\nwant [%.*s]\n%.*s", s.from,
		    s.to, (int)text.utf8.len, text.utf8.p, (int)want.len,
		    want.p, (int)got.len, got.p);
	/* a word with nothing in it goes */
	assert_null(memmem(got.p, got.len, "GyRCGyhC", 8));
	assert_null(memmem(got.p, got.len, "?Q?\?=", 5));
	assert_null(memmem(got.p, got.len, "?B?\?=", 5));
	buf_free(&got);
	buf_free(&want);
}

static void
subjects(void **state)
{
	static const struct {
		const char *label, *name, *text;
	} v[] = {{"utf-8", "UTF-8", "Grüße 办公室下周 an x"},
	    {"gb2312", "GBK", "办公室 moves 下周搬到"},
	    {"iso-2022-jp", "ISO-2022-JP", "来週は 2F 二階に移ります"},
	    {"big5", "BIG5", "請大家 pack 桌子"},
	    {"koi8-r", "KOI8-R", "На 2F, этаж"},
	    {"shift_jis", "SHIFT_JIS", "来週は 2F ソ表"},
	    {"hz-gb-2312", "HZ", "办公室 moves 下周搬到"}};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		struct buf raw = BUF(1u << 20);
		struct arena *a = arena_new(LIMIT_ARENA);
		struct charsets *cs;
		struct tree tree;
		struct view view;

		buf_puts(&raw, "Subject: ");
		put_words(&raw, v[i].label, v[i].name, v[i].text);
		buf_puts(&raw, "\nTo: bob@news.example\n\nHello.\n");
		cs = charsets_open(raw.p, raw.len, NULL);
		mime_parse(&tree, a, raw.p, (uint32_t)raw.len);
		view_make(&view, a, &tree, cs);
		assert_int_equal(view.ndoc, 2);
		for (uint32_t k = 1; k < view.doc[0].utf8.len; k++)
			for (uint32_t to = k + 1; to <= view.doc[0].utf8.len;
			     to++)
				if (is_border(&view.doc[0], k) &&
				    is_border(&view.doc[0], to))
					check_subject(&view, raw.p, raw.len,
					    (struct span){k, to});
		charsets_close(cs);
		arena_free(a);
		buf_free(&raw);
	}
}

/* Lines that need soft breaks, with blanks where lines break. */
static void
long_lines(void **state)
{
	static const struct {
		const char *label, *name, *text;
	} v[] = {
	    {"utf-8", "UTF-8",
		"The office moves to the second floor next week, so please "
		"pack  your desk = by Thursday \nevening. Grüße an alle, die "
		"schon    früher gehen müssen oder später kommen werden. \n"
		"a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d "
		"e f g h i j k l m n o p\n\n"},
	    {"iso-8859-1", "ISO-8859-1",
		"ääääääääää ääääääääääääääääää ä ä ä ä ä ä äääääääää a a a a "
		"ää = =====  ä  ä  ä  ä  ä  ä  ä  ä  ä  ä  ä  ä  ä  ä  ä  ä "},
	    {"iso-2022-jp", "ISO-2022-JP",
		"来週は二階に移ります。 机を片付けてください。 来週は abc "
		"二階に移ります。\n来週は二階に移ります。机を片付けて"},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		struct buf b = BUF(1u << 20);

		encode_charset(&b, v[i].name, v[i].text, strlen(v[i].text));
		check_all_ways(v[i].label, v[i].name, &b, v[i].text);
		buf_free(&b);
	}
}

/* As other writers do it: runs that end by themselves, characters in a run
   that could stand for themselves, pairs split between digits, empty runs. */
static void
utf7_by_others(void **state)
{
	static const char *const v[] = {
	    "Gr+APwA3w-e, +U55RbFukAEEAQg- x+AGI.+AGM-d\n+2D3eAAAh 1",
	    "+AGI.+AGM.+AGQ-+AGU +AGY.",
	    "a+AGI-b+-+AGM-c+-d-\n+AOQ-",
	    "+AGEAYgBjAGQAZQBmAGcAaA-+2D3eANg93gA-x+AFs.+AF0-/+//0-",
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		struct buf b = BUF(1u << 20), text = BUF(1u << 20);

		buf_puts(&b, v[i]);
		recoded(&text, "UTF-8", "UTF-7", b.p, b.len);
		buf_put(&text, "", 1);
		check_all_ways("utf-7", "UTF-7", &b, text.p);
		buf_free(&b);
		buf_free(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_charset),
	    cmocka_unit_test(subjects),
	    cmocka_unit_test(long_lines),
	    cmocka_unit_test(utf7_by_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
