#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "decode.h"

#define BASE 1000u
#define BIG (2u << 20)
#define S(s) (s), (uint32_t)(sizeof(s) - 1)
#define FFFD "\xef\xbf\xbd"

/* All that the tests open: one converter of each sort. */
static const char all_labels[] =
    "=?gbk?=?big5?=?euc-kr?=?euc-jp?=?shift_jis?=?iso-2022-jp?"
    "=?iso-2022-kr?=?iso-2022-cn?=?koi8-r?=?windows-1258?=?hz?=?euc-tw?";

static struct arena *arena;
static struct charsets *charsets;

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new(1u << 30);
	charsets = charsets_open(all_labels, sizeof all_labels - 1, NULL);
	return arena == NULL || charsets == NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	charsets_close(charsets);
	return 0;
}

/* A copy that ends where malloc's block ends, for ASan to watch. */
static char *
tight(const char *p, size_t n)
{
	char *q = malloc(n);

	assert_non_null(q);
	if (n > 0)
		memcpy(q, p, n);
	return q;
}

/* Runs cover the text, sources rise and stay inside, and each unit goes down
   to its bytes and comes back as itself. */
static void
check_map(const struct text *t, uint32_t n, uint32_t base)
{
	const struct map *m = &t->map;
	uint32_t at = 0, src = base;
	bool exact;

	assert_int_equal(m->out_len, t->len);
	for (uint32_t i = 0; i < m->n; i++) {
		const struct run *r = &m->v[i];
		uint32_t end = i + 1 < m->n ? m->v[i + 1].out : m->out_len;
		uint32_t units = (end - r->out) / r->ostep;

		assert_int_equal(r->out, at);
		assert_int_equal((end - r->out) % r->ostep, 0);
		assert_true(r->src >= src);
		assert_true(r->sstep > 0);
		at = end;
		src = r->src + units * r->sstep;
		assert_true(src <= base + n);
		for (uint32_t k = 0; k < units && k < 5; k++) {
			struct span u = {
			    r->out + k * r->ostep, r->out + (k + 1) * r->ostep};
			struct span s = map_cover(m, u, &exact), b;

			assert_true(exact);
			assert_int_equal(s.from, r->src + k * r->sstep);
			assert_int_equal(s.to - s.from, r->sstep);
			b = map_back(m, s);
			assert_int_equal(b.from, u.from);
			assert_int_equal(b.to, u.to);
		}
	}
	assert_int_equal(at, m->out_len);
}

static struct text
transfer(enum cte cte, const char *p, uint32_t n, unsigned odd)
{
	struct text t = TEXT(arena);
	char *q = tight(p, n);

	assert_int_equal(decode_transfer(&t, cte, q, n, BASE), odd);
	check_map(&t, n, BASE);
	free(q);
	return t;
}

static void
same(const struct text *t, const char *want, uint32_t n)
{
	if (t->len != n || (n > 0 && memcmp(t->p, want, n) != 0))
		print_error("got \"%.*s\", not \"%.*s\"\n", (int)t->len, t->p,
		    (int)n, want);
	assert_int_equal(t->len, n);
	if (n > 0)
		assert_memory_equal(t->p, want, n);
}

/* Text bytes [from, to) stand at src_from..src_to behind BASE. */
static void
covers(const struct text *t, uint32_t from, uint32_t to, uint32_t src_from,
    uint32_t src_to)
{
	struct span s = map_cover(&t->map, (struct span){from, to}, NULL);

	assert_int_equal(s.from - BASE, src_from);
	assert_int_equal(s.to - BASE, src_to);
}

struct sample {
	const char *in;
	uint32_t in_len;
	const char *out;
	uint32_t out_len;
	unsigned odd;
};

static void
run_samples(enum cte cte, const struct sample *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct text t = transfer(cte, s[i].in, s[i].in_len, s[i].odd);

		same(&t, s[i].out, s[i].out_len);
	}
}

static const struct sample qp[] = {
    {S(""), S(""), 0},
    {S("plain\r\ntext\n"), S("plain\r\ntext\n"), 0},
    {S("=E4=bd=A0!"), S("\xe4\xbd\xa0!"), 0},
    {S("a=\r\nb= \t\r\nc=\nd"), S("abcd"), 0},
    {S("a \t\r\nb  \nc "), S("a\r\nb\nc"), 0},
    {S("a=20\r\n"), S("a \r\n"), 0},
    {S("1=ZZ 2==41=4"), S("1=ZZ 2=A=4"), DECODE_SLOPPY},
    {S("end="), S("end"), DECODE_SLOPPY},
    {S("end=4"), S("end=4"), DECODE_SLOPPY},
    {S("a\rb\r\r\n"), S("a\rb\r\r\n"), 0},
    {S("a\0=00b"), S("a\0\0b"), 0},
    {S("==\r\nx"), S("=x"), DECODE_SLOPPY},
};

static void
test_qp(void **state)
{
	struct text t;

	(void)state;
	run_samples(CTE_QP, qp, sizeof qp / sizeof *qp);
	t = transfer(CTE_QP, S("ab=41=42=\r\ncd  \r\ne"), 0);
	same(&t, S("abABcd\r\ne"));
	covers(&t, 1, 3, 1, 5);
	covers(&t, 2, 4, 2, 8);
	covers(&t, 3, 5, 5, 12);  /* over the soft break */
	covers(&t, 4, 6, 11, 13); /* without it */
	covers(&t, 6, 8, 15, 17); /* the line end behind the padding */
	covers(&t, 8, 9, 17, 18);
}

static const struct sample base64[] = {
    {S(""), S(""), 0},
    {S("QUJD"), S("ABC"), 0},
    {S("QUJDREVG\r\nR0hJ\n"), S("ABCDEFGHI"), 0},
    {S("QQ=="), S("A"), 0},
    {S("QUI="), S("AB"), 0},
    {S("QU\r\nJD"), S("ABC"), 0},
    {S("QQ=\r\n="), S("A"), 0},
    {S("QUJD  \r\nQUJD"), S("ABCABC"), 0},
    {S("QQ==QUI="), S("AAB"), DECODE_SLOPPY},
    {S("QQ==QUJD"), S("AABC"), DECODE_SLOPPY},
    {S("QQ"), S("A"), DECODE_SLOPPY},
    {S("QUI"), S("AB"), DECODE_SLOPPY},
    {S("QUJDQ"), S("ABC"), DECODE_SLOPPY},
    {S("QR=="), S("A"), DECODE_SLOPPY},
    {S("QUJ="), S("AB"), DECODE_SLOPPY},
    {S("QQ="), S("A"), DECODE_SLOPPY},
    {S("=QUJD"), S("ABC"), DECODE_SLOPPY},
    {S("Q!U J-D"), S("ABC"), DECODE_SLOPPY},
    {S("QUJD\0\xff"), S("ABC"), DECODE_SLOPPY},
    {S("===="), S(""), DECODE_SLOPPY},
    {S("/+8="), S("\xff\xef"), 0},
};

static void
test_base64(void **state)
{
	struct text t;

	(void)state;
	run_samples(CTE_BASE64, base64, sizeof base64 / sizeof *base64);
	t = transfer(CTE_BASE64, S("QUJDREVG\r\nR0\r\nhJSg==\r\n"), 0);
	same(&t, S("ABCDEFGHIJ"));
	covers(&t, 0, 3, 0, 4);
	covers(&t, 1, 5, 0, 8);
	covers(&t, 6, 9, 10, 16); /* split over a line end */
	covers(&t, 9, 10, 16, 20);
	assert_int_equal(t.map.n, 3);
}

/* Against a plain encoder, at every length. */
static void
test_base64_all_bytes(void **state)
{
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
				  "qrstuvwxyz0123456789+/";
	unsigned char in[256 + 3];
	char out[512];

	(void)state;
	for (uint32_t n = 0; n <= 256; n++) {
		uint32_t o = 0;
		struct text t;

		memset(in, 0, sizeof in);
		for (uint32_t i = 0; i < n; i++)
			in[i] = (unsigned char)(i * 7 + n);
		for (uint32_t i = 0; i < n; i += 3) {
			uint32_t v =
			    (uint32_t)in[i] << 16 | in[i + 1] << 8 | in[i + 2];

			for (int k = 18; k >= 0; k -= 6)
				out[o++] = abc[v >> k & 63];
		}
		for (uint32_t k = 0; k < (3 - n % 3) % 3; k++)
			out[o - 1 - k] = '=';
		t = transfer(CTE_BASE64, out, o, 0);
		same(&t, (const char *)in, n);
	}
}

static void
test_cte(void **state)
{
	(void)state;
	assert_int_equal(decode_cte(S("base64")), CTE_BASE64);
	assert_int_equal(decode_cte(S(" \"Base64\" (x)\r\n")), CTE_BASE64);
	assert_int_equal(decode_cte(S("quoted-printable")), CTE_QP);
	assert_int_equal(decode_cte(S("QUOTED-Printable(c)")), CTE_QP);
	assert_int_equal(decode_cte(S("quoted-printabl")), CTE_IDENTITY);
	assert_int_equal(decode_cte(S("8bit")), CTE_IDENTITY);
	assert_int_equal(decode_cte(S("")), CTE_IDENTITY);
	assert_int_equal(decode_cte(S("\"")), CTE_IDENTITY);
}

static void
test_identity(void **state)
{
	struct text t = transfer(CTE_IDENTITY, S("a=41\r\n\0"), 0);

	(void)state;
	same(&t, S("a=41\r\n\0"));
	covers(&t, 1, 3, 1, 3);
}

/* ---- charsets ---- */

static const char *missing;

static struct text
charset(const char *label, const char *p, uint32_t n, unsigned odd)
{
	struct text t = TEXT(arena);
	char *q = tight(p, n);
	unsigned got;

	missing = NULL;
	got = decode_charset(
	    &t, charsets, label, (uint32_t)strlen(label), q, n, BASE, &missing);
	if (got != odd)
		print_error("%s: %x, not %x\n", label, got, odd);
	assert_int_equal(got, odd);
	check_map(&t, n, BASE);
	assert_true(decode_utf8_valid(t.p, t.len));
	free(q);
	return t;
}

struct text_sample {
	const char *label;
	struct sample s;
};

#define G DECODE_GUESSED
#define I DECODE_INVALID
#define ST DECODE_STATEFUL
static const struct text_sample texts[] = {
    {"", {S("abc\0"), S("abc\0"), 0}},
    {"utf-8", {S(""), S(""), 0}},
    {"utf-8", {S("caf\xc3\xa9"), S("café"), 0}},
    {"utf-8", {S("\xef\xbb\xbfok"), S("ok"), 0}},
    {"us-ascii", {S("caf\xc3\xa9"), S("café"), G}},
    {"", {S("caf\xc3\xa9"), S("café"), G}},
    {"iso-8859-1", {S("caf\xc3\xa9"), S("café"), G}},
    {"koi8-r", {S("caf\xc3\xa9"), S("café"), G}},
    {"no-such", {S("caf\xe9"), S("café"), G}},
    {"iso-8859-1", {S("caf\xe9 \x80"), S("café €"), 0}},
    {"windows-1252", {S("\x93x\x94\x81"), S("“x”" FFFD), I}},
    {"utf-8", {S("caf\xe9"), S("café"), G}},
    {"", {S("M\xe9nage"), S("Ménage"), G}},
    /* mostly UTF-8 */
    {"utf-8", {S("\xc3\xa9t\xc3\xa9 \xff."), S("été " FFFD "."), I}},
    {"utf-8", {S("你好世界\xe4\xbd"), S("你好世界" FFFD FFFD), I}},
    {"utf-8",
	{S("\xed\xa0\x80\xc0\x80\xf4\x90\x80\x80你好世界再见你好世界再见"),
	    S(FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD
		"你好世界再见你好世界再见"),
	    I}},
    /* GB18030 under all its names, and where nobody says so */
    {"gb2312", {S("\xc4\xe3\xba\xc3 x"), S("你好 x"), 0}},
    {"GBK", {S("\x81\x40\xc4\xe3"), S("丂你"), 0}},
    {"\"x-gbk\"", {S("\x81\x30\x81\x30\x95\x32\x82\x36"),
		      S("\xc2\x80\xf0\xa0\x80\x80"), 0}},
    {"", {S("\xc4\xe3\xba\xc3"), S("你好"), G}},
    {"utf-8", {S("\xc4\xe3\xba\xc3\xa3\xac"), S("你好，"), G}},
    {"gb18030", {S("\x84\x31\x95\x33\xc4\xe3"), S("你"), 0}},
    {"gbk", {S("\xc4\xe3\xff\xba\xc3"), S("你" FFFD "好"), I}},
    {"gbk", {S("\xc4\xe3\xba"), S("你" FFFD), I}},
    {"gbk", {S("\xc4\xe3\x81 \xba\xc3"), S("你" FFFD " 好"), I}},
    {"gb2312", {S("你好世"), S("你好世"), G}},
    {"gb2312", {S("caf\xc3\xa9!"), S("caf茅!"), 0}},
    {"gb2312", {S("\xc3\xa9\xc3\xa0 \xe2\x82\xac"), S("éà €"), G}},
    {"big5", {S("\xa7\x41\xa6\x6e"), S("你好"), 0}},
    {"cp950", {S("\x88\x62\x88\x66z"), S("\xc3\x8a\xcc\x84\xc3\x8az"), 0}},
    {"euc-kr", {S("\xbe\xc8\xb3\xe7 a"), S("안녕 a"), 0}},
    {"euc-jp", {S("\xa4\xa2\x8e\xb1\x8f\xb0\xa1"
		  "a"),
		   S("あｱ丂a"), 0}},
    {"sjis", {S("\x82\xa0\xb1\x83\x5c"), S("あｱソ"), 0}},
    {"cp932", {S("\x87\x40"), S("①"), 0}},
    {"euc-tw", {S("\xc4\xe3\x8e\xa1\xc4\xe3"), S("中中"), 0}},
    {"koi8-r", {S("\xf0\xd2\xc9 a"), S("При a"), 0}},
    {"cp1258", {S("a\xec\xd0"), S("a\xcc\x81\xc4\x90"), 0}},
    /* stateful */
    {"iso-2022-jp", {S("a \x1b$B$\"$$\x1b(B b\n"), S("a あい b\n"), ST}},
    {"iso-2022-jp", {S("\x1b$B$\"\x7f$"), S("あ\x7f" FFFD), ST | I}},
    {"iso-2022-jp", {S("a\x1b"), S("a" FFFD), ST | I}},
    {"iso-2022-jp", {S("caf\xc3\xa9"), S("café"), G}},
    {"iso-2022-kr", {S("\x1b$)C\x0e\x3e\x48\x33\x67\x0f a"), S("안녕 a"), ST}},
    {"iso-2022-cn", {S("\x1b$)A\x0e\x44\x63\x3a\x43\x0f."), S("你好."), ST}},
    {"hz-gb-2312", {S("a~{Dc:C~}~~b~\nc"), S("a你好~bc"), ST}},
    {"hz", {S("~{Dc\n~{Dc~"), S("你\n你~"), ST}},
    {"hz", {S("~{Dc:"), S("你:"), ST}},
    {"hz", {S("~{O~~}~"), S("晓~"), ST}},
    {"utf-7", {S("1 +- 2 +T2BZfQ-."), S("1 + 2 你好."), ST}},
    {"utf-7", {S("+2EDcAA-+2EA-!"), S("\xf0\xa0\x80\x80" FFFD "!"), ST | I}},
    {"utf-7", {S("+3AA +T2A"), S(FFFD " 你"), ST | I}},
    {"utf-16", {S("\x4f\x60\0a"), S("你a"), 0}},
    {"utf-16", {S("\xff\xfe\x60\x4f"
		  "a\0"),
		   S("你a"), 0}},
    {"utf-16le", {S("\x40\xd8\0\xdc"
		    "a"),
		     S("\xf0\xa0\x80\x80" FFFD), I}},
    {"utf-16be", {S("\xfe\xff\xdc\0\0a"), S(FFFD "a"), I}},
    {"utf-32", {S("\0\0\x4f\x60\0\x11\0\0"), S("你" FFFD), I}},
    {"utf-32", {S("\xff\xfe\0\0"
		  "a\0\0\0"),
		   S("a"), 0}},
};

static void
test_charset(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		const struct sample *s = &texts[i].s;
		struct text t =
		    charset(texts[i].label, s->in, s->in_len, s->odd);

		same(&t, s->out, s->out_len);
		assert_null(missing);
	}
}

static void
test_charset_maps(void **state)
{
	struct text t;

	(void)state;
	t = charset("gbk", S("ab\xc4\xe3\xba\xc3\x81\x30\x81\x30z"), 0);
	same(&t, S("ab你好\xc2\x80z"));
	covers(&t, 2, 5, 2, 4);
	covers(&t, 3, 7, 2, 6);
	covers(&t, 8, 10, 6, 10);
	covers(&t, 10, 11, 10, 11);
	t = charset("iso-2022-jp", S("a\x1b$B$\"$$\x1b(Bb"), ST);
	covers(&t, 0, 1, 0, 1);
	covers(&t, 1, 4, 4, 6);
	covers(&t, 4, 7, 6, 8);
	covers(&t, 7, 8, 11, 12);
	t = charset("hz", S("a~{Dc:C~}~~b"), ST);
	covers(&t, 4, 7, 5, 7);
	covers(&t, 7, 8, 9, 11);
	t = charset("utf-7", S("+T2BZfQ-."), ST);
	covers(&t, 0, 3, 1, 4);
	covers(&t, 3, 6, 4, 7);
	covers(&t, 6, 7, 8, 9);
	t = charset("utf-16",
	    S("\xff\xfe\x60\x4f"
	      "a\0"),
	    0);
	covers(&t, 0, 3, 2, 4);
	covers(&t, 3, 4, 4, 6);
	t = charset("cp950", S("\x88\x62z"), 0); /* two characters, one unit */
	assert_int_equal(t.map.v[0].ostep, 4);
	t = charset("koi8-r", S("\xf0 \xd2"), 0);
	covers(&t, 0, 2, 0, 1);
	covers(&t, 2, 3, 1, 2);
	covers(&t, 3, 5, 2, 3);
}

/* A trial that is taken back must leave what stood there before. */
static void
test_append(void **state)
{
	struct text t = TEXT(arena);

	(void)state;
	decode_charset(&t, charsets, S("utf-8"), S("ab"), BASE, NULL);
	assert_int_equal(decode_charset(&t, charsets, S(""),
			     S("c\xe9"
			       "a d"),
			     BASE + 2, NULL),
	    DECODE_GUESSED);
	assert_int_equal(decode_charset(&t, charsets, S("iso-2022-jp"),
			     S("x\xc3\xa9"), BASE + 7, NULL),
	    DECODE_GUESSED);
	same(&t, S("abcéa dxé"));
	check_map(&t, 10, BASE);
}

static const char *const names[][2] = {{"GB2312", "GB18030"},
    {"gb_2312-80", "GB18030"}, {"x-gbk", "GB18030"}, {"cp936", "GB18030"},
    {"MS936", "GB18030"}, {"euc-cn", "GB18030"}, {"csGB2312", "GB18030"},
    {"hz-gb-2312", "HZ"}, {"unicode-1-1-utf-7", "UTF-7"},
    {"Big5", "BIG5-HKSCS"}, {"cn-big5", "BIG5-HKSCS"}, {"x-big5", "BIG5-HKSCS"},
    {"iso-2022-jp-ms", "ISO-2022-JP-2"}, {"ISO-2022-JP-1", "ISO-2022-JP-2"},
    {"iso-2022-kr", "ISO-2022-KR"}, {"iso-2022-cn", "ISO-2022-CN"},
    {"x-euc-jp", "EUC-JP-MS"}, {"Shift_JIS", "CP932"}, {"x-sjis", "CP932"},
    {"ms_kanji", "CP932"}, {"windows-31j", "CP932"}, {"csWindows31J", "CP932"},
    {"EUC-KR", "UHC"}, {"ks_c_5601-1987", "UHC"}, {"ksc5601", "UHC"},
    {"cp949", "UHC"}, {"koi8-r", "KOI8-R"}, {"koi8-u", "KOI8-U"},
    {"windows-1251", "CP1251"}, {"cp1252", "windows-1252"},
    {"iso-8859-15", "ISO-8859-15"}, {"latin1", "ISO-8859-1"},
    {"ISO8859_2", "ISO-8859-2"}, {"utf-16le", "UTF-16LE"}, {"utf-32", "UTF-32"},
    {"macintosh", "MACINTOSH"}, {"x-mac-roman", "MACINTOSH"},
    {"ibm866", "CP866"}, {"tis-620", "CP874"}, {"windows-874", "CP874"},
    {"viscii", "VISCII"}, {"ansi_x3.4-1968", "US-ASCII"}, {"us", "US-ASCII"},
    {"646", "US-ASCII"}, {"iso646-us", "US-ASCII"}, {"'utf8'", "UTF-8"},
    {"unicode-1-1-utf-8", "UTF-8"}, {" UTF-8 ", "UTF-8"}};

static void
test_names(void **state)
{
	char label[300];
	const char *n;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		n = decode_charset_name(
		    names[i][0], (uint32_t)strlen(names[i][0]));
		if (n == NULL || strcmp(n, names[i][1]) != 0)
			print_error("%s\n", names[i][0]);
		assert_non_null(n);
		assert_string_equal(n, names[i][1]);
		/* our names are labels too: charsets_open gets them */
		assert_ptr_equal(
		    decode_charset_name(n, (uint32_t)strlen(n)), n);
	}
	assert_null(decode_charset_name(S("")));
	assert_null(decode_charset_name(S("utf-9")));
	assert_null(decode_charset_name(NULL, 0));
	memset(label, 'a', sizeof label);
	for (uint32_t i = 0; i < sizeof label; i++)
		assert_null(decode_charset_name(label, i));
	memset(label, '-', sizeof label);
	assert_null(decode_charset_name(label, sizeof label));
}

/* Each name that is listed opens, and none is opened that is not named. */
static void
test_open(void **state)
{
	struct text t = TEXT(arena);
	struct charsets *cs;
	char mail[100];
	const char *need = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		int n = snprintf(
		    mail, sizeof mail, "x; CharSet = \"%s\"\r\n", names[i][0]);

		if (names[i][0][0] == '\'' || names[i][0][0] == ' ')
			continue;
		cs = charsets_open(mail, (size_t)n, NULL);
		t = TEXT(arena);
		assert_false(decode_charset(&t, cs, names[i][0],
				 (uint32_t)strlen(names[i][0]),
				 S("\xa4\xff\xa4"), 0, NULL) &
			     DECODE_MISSING);
		charsets_close(cs);
	}
	cs = charsets_open(S("charset=utf-8"), NULL);
	t = TEXT(arena);
	assert_int_equal(
	    decode_charset(&t, cs, S("big5"), S("\xa7\x41"), 0, &need) &
		DECODE_MISSING,
	    DECODE_MISSING);
	assert_string_equal(need, "BIG5-HKSCS");
	need = NULL;
	assert_int_equal(
	    decode_charset(&t, cs, S("utf-8"), S("\xc4\xe3\xba\xc3"), 0, &need),
	    DECODE_MISSING | DECODE_GUESSED);
	assert_string_equal(need, "GB18030");
	charsets_close(cs);
	cs = charsets_open(S("nothing"), "HZ");
	t = TEXT(arena);
	assert_int_equal(
	    decode_charset(&t, cs, S("hz"), S("~{Dc~}"), 0, &need), ST);
	charsets_close(cs);
	charsets_close(NULL);
	t = TEXT(arena);
	assert_int_equal(
	    decode_charset(&t, NULL, S("hz"), S("~{Dc~}"), 0, &need),
	    DECODE_MISSING);
	same(&t, S("~{Dc~}"));
	cs = charsets_open(NULL, 0, NULL);
	assert_non_null(cs);
	charsets_close(cs);
}

/* ---- header fields ---- */

static struct header_text
header(const char *p, uint32_t n)
{
	struct header_text h;
	char *q = tight(p, n);

	decode_header(&h, arena, charsets, q, n, BASE);
	check_map(&h.content, n, BASE);
	check_map(&h.utf8, h.content.len, 0);
	assert_true(decode_utf8_valid(h.utf8.p, h.utf8.len));
	for (uint32_t i = 0, at = 0; i < h.nword; i++) {
		assert_int_equal(h.word[i].content.from, at);
		at = h.word[i].content.to;
		assert_true(h.word[i].raw.to <= BASE + n);
	}
	free(q);
	return h;
}

static const struct sample headers[] = {
    {S(""), S(""), 0},
    {S("plain text\r\n"), S("plain text"), 0},
    {S("folded\r\n text\n\tmore\n"), S("folded text\tmore"), 0},
    {S("=?utf-8?Q?caf=C3=A9_x?=\r\n"), S("café x"), 0},
    {S("=?UTF-8?b?5L2g5aW9?="), S("你好"), 0},
    {S("=?utf-8*en?Q?a b?= c"), S("a b c"), 0},
    {S("=?utf-8?Q?a?= \r\n =?utf-8?Q?b?= c"), S("ab c"), 0},
    {S("x=?utf-8?Q?a?=y =?us-ascii?Q?b?="), S("xay b"), 0},
    {S("=?utf-8?Q?a?==?gbk?B?xOM=?="), S("a你"), 0},
    /* characters split over words, between and inside quanta */
    {S("=?utf-8?B?5L0=?= =?UTF-8?B?oOWlvQ==?="), S("你好"), 0},
    {S("=?gb2312?Q?=C4?=\n =?GB2312?Q?=E3=BA=C3?="), S("你好"), 0},
    {S("=?iso-2022-jp?B?GyRCJCIbKEI=?="), S("あ"), ST},
    /* what is none */
    {S("=?utf-8?Q?a\r\n b?="), S("=?utf-8?Q?a b?="), 0},
    {S("=?utf-8?B?5L2g 5aW9?="), S("=?utf-8?B?5L2g 5aW9?="), 0},
    {S("=?utf-8?X?a?="), S("=?utf-8?X?a?="), 0},
    {S("a = ? =?=?=?"), S("a = ? =?=?=?"), 0},
    {S("=?=?utf-8?Q?a?="), S("=?a"), 0},
    {S("=?utf-8?Q?\?=x"), S("x"), 0},
    /* the best of what is broken */
    {S("=?nonsense?Q?caf=C3=A9?="), S("café"), G},
    {S("=?utf-8?B?5L2g5aW?= b"), S("你" FFFD FFFD " b"), DECODE_SLOPPY | I},
    {S("=?utf-8?Q?50%=ZZ?="), S("50%=ZZ"), DECODE_SLOPPY},
    {S("\xc4\xe3\xba\xc3 =?utf-8?Q?x?="), S("你好 x"), G},
    {S("caf\xc3\xa9\r\n"), S("café"), G},
    {S("a\nb\r\n"), S("a\nb"), 0},
};

static void
test_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		const struct sample *s = &headers[i];
		struct header_text h = header(s->in, s->in_len);

		same(&h.utf8, s->out, s->out_len);
		assert_int_equal(h.odd, s->odd);
		assert_null(h.missing);
	}
}

static void
stands(const char *raw, struct span s, const char *want)
{
	assert_int_equal(s.to - s.from, strlen(want));
	assert_memory_equal(raw + s.from - BASE, want, strlen(want));
}

static void
test_header_maps(void **state)
{
	static const char raw[] = "A =?utf-8*zh?B?5L0=?=\r\n "
				  "=?utf-8?Q?=A0_x?= b\r\n c\r\n";
	struct header_text h = header(S(raw));
	struct span s;

	(void)state;
	same(&h.utf8, S("A 你 x b c"));
	assert_int_equal(h.nword, 4);
	assert_int_equal(h.word[0].encoding, 0);
	assert_int_equal(h.word[1].encoding, 'B');
	assert_int_equal(h.word[2].encoding, 'Q');
	s = h.word[1].raw;
	stands(raw, s, "=?utf-8*zh?B?5L0=?=");
	s = h.word[1].charset;
	stands(raw, s, "utf-8");
	s = h.word[2].payload;
	stands(raw, s, "=A0_x");
	assert_int_equal(h.word[1].content.from, 2);
	assert_int_equal(h.word[1].content.to, 4);
	s = map_cover(&h.utf8.map, (struct span){2, 5}, NULL);
	s = map_cover(&h.content.map, s, NULL); /* over both words */
	assert_int_equal(s.from - BASE, strstr(raw, "5L0=") - raw);
	assert_int_equal(s.to - BASE, strstr(raw, "_x") - raw);
	s = map_cover(&h.content.map, (struct span){5, 6}, NULL);
	assert_int_equal(s.from - BASE, strstr(raw, "_x") - raw);
}

static void
test_header_missing(void **state)
{
	struct charsets *cs = charsets_open(S(""), NULL);
	struct header_text h;

	(void)state;
	decode_header(
	    &h, arena, cs, S("=?big5?B?p0E=?= =?euc-kr?Q?=BE=C8?="), 0);
	assert_int_equal(h.odd & DECODE_MISSING, DECODE_MISSING);
	assert_string_equal(h.missing, "BIG5-HKSCS");
	assert_int_equal(h.nword, 2);
	charsets_close(cs);
}

/* ---- helpers ---- */

static void
test_utf8(void **state)
{
	static const struct {
		const char *p;
		size_t n;
		unsigned len;
		uint32_t cp;
	} t[] = {{"a", 1, 1, 'a'}, {"\0", 1, 1, 0}, {"\xc3\xa9", 2, 2, 0xe9},
	    {"\xe4\xbd\xa0", 3, 3, 0x4f60}, {"\xf0\xa0\x80\x80", 4, 4, 0x20000},
	    {"\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff}, {"\xf4\x90\x80\x80", 4, 0, 0},
	    {"\xed\x9f\xbf", 3, 3, 0xd7ff}, {"\xed\xa0\x80", 3, 0, 0},
	    {"\xc0\x80", 2, 0, 0}, {"\xc1\xbf", 2, 0, 0},
	    {"\xe0\x9f\xbf", 3, 0, 0}, {"\xf0\x8f\xbf\xbf", 4, 0, 0},
	    {"\x80", 1, 0, 0}, {"\xe4\xbd", 2, 0, 0}, {"\xff", 1, 0, 0}};
	char b[4];
	uint32_t cp;

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char *q = tight(t[i].p, t[i].n);

		cp = 0;
		assert_int_equal(decode_utf8(q, t[i].n, &cp), t[i].len);
		assert_int_equal(decode_utf8_valid(q, t[i].n), t[i].len > 0);
		if (t[i].len > 0)
			assert_int_equal(cp, t[i].cp);
		free(q);
	}
	for (uint32_t i = 0; i < 0x110000; i++) {
		unsigned len = decode_put_utf8(b, i);

		assert_int_equal(decode_utf8(b, len, &cp), len);
		assert_int_equal(cp, i - 0xd800 < 0x800 ? 0xfffd : i);
	}
	assert_int_equal(decode_put_utf8(b, UINT32_MAX), 3);
}

/* ---- hostile input ---- */

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *const labels[] = {"", "utf-8", "us-ascii", "latin1", "gbk",
    "big5", "euc-kr", "euc-jp", "euc-tw", "sjis", "koi8-r", "cp1258",
    "iso-2022-jp", "iso-2022-kr", "iso-2022-cn", "hz", "utf-7", "utf-16",
    "utf-16le", "utf-32", "no-such"};

#define LABELS (sizeof labels / sizeof *labels)

/* p[0..n) through every door. */
static void
all_doors(const char *p, uint32_t n)
{
	static const enum cte ctes[] = {CTE_IDENTITY, CTE_QP, CTE_BASE64};
	struct charsets *cs = charsets_open(p, n, NULL);

	charsets_close(cs);
	for (size_t i = 0; i < 3; i++) {
		struct text t = TEXT(arena);

		decode_transfer(&t, ctes[i], p, n, BASE);
		check_map(&t, n, BASE);
	}
	for (size_t i = 0; i < LABELS; i++) {
		struct text t = TEXT(arena);

		decode_charset(&t, charsets, labels[i],
		    (uint32_t)strlen(labels[i]), p, n, BASE, NULL);
		check_map(&t, n, BASE);
		assert_true(decode_utf8_valid(t.p, t.len));
	}
	header(p, n);
}

static void
fresh_arena(void)
{
	arena_free(arena);
	arena = arena_new(1u << 30);
	assert_non_null(arena);
}

/* Every prefix of all samples. */
static void
test_truncated(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		for (uint32_t n = 0; n <= texts[i].s.in_len; n++) {
			char *q = tight(texts[i].s.in, n);

			all_doors(q, n);
			free(q);
		}
	fresh_arena();
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		for (uint32_t n = 0; n <= headers[i].in_len; n++) {
			char *q = tight(headers[i].in, n);

			all_doors(q, n);
			free(q);
		}
	fresh_arena();
}

/* Bytes at random, from alphabets that mean something to some decoder. */
static void
test_random(void **state)
{
	static const char *const abc[] = {"=?QqBb_41 \r\n*utf-8gbk",
	    "\x1b$()ABCJN\x0e\x0f!\"\n ~{}+-/\xa1\x8e\x8f",
	    "\x81\x30\x40\x7f\x80\xa1\xc3\xa9\xe4\xbd\xa0\xfe\xff z",
	    "\xd8\xdc\xfe\xff\x41\x11\xe4\xbd\xa0"};
	uint32_t seed = 12345;
	char b[64];

	(void)state;
	for (int round = 0; round < 4000; round++) {
		const char *a = abc[round % 4];
		uint32_t n = (uint32_t)round / 4 % sizeof b;
		char *q;

		for (uint32_t i = 0; i < n; i++) {
			seed = seed * 1103515245 + 12345;
			b[i] = a[(seed >> 16) % strlen(a)];
		}
		q = tight(b, n);
		all_doors(q, n);
		free(q);
		if (round % 500 == 499)
			fresh_arena();
	}
}

static const struct {
	const char *p;
	uint32_t n;
} floods[] = {{S("=")}, {S("(")}, {S("=?")}, {S("=?utf-8?Q?")},
    {S("=?gbk?q?=c4?=")}, {S("=?gbk")}, {S("charset=gbk;")}, {S(" ")},
    {S("\r")}, {S("\n ")}, {S("=41a")}, {S("= ")}, {S("Q")}, {S("Q=")},
    {S("QQ= ")}, {S("\x1b")}, {S("\x1b$B")}, {S("\x1b  ")}, {S("\x0e\x0f")},
    {S("~{")}, {S("~")}, {S("+")}, {S("+2EA-")}, {S("\xff")},
    {S("\xc4\xe3\xff")}, {S("\xc4\xe3 ")}, {S("\x81\x30")}, {S("\xe4\xbd")},
    {S("\xec")}, {S("\0")}, {S("\x88\x62")}};

/* What is quadratic takes minutes here, what is linear well under a second,
   also with sanitizers. */
static void
flood(const char *what, size_t which, double from)
{
	double took = seconds() - from;

	if (took > 10)
		print_error("%s, flood %zu: %.1f s\n", what, which, took);
	assert_true(took < 10);
}

static void
test_linear(void **state)
{
	static char b[BIG];
	struct header_text h;

	(void)state;
	for (size_t i = 0; i < sizeof floods / sizeof *floods; i++) {
		double from = seconds();
		struct text qp_text, b64_text;

		for (uint32_t k = 0; k < BIG; k++)
			b[k] = floods[i].p[k % floods[i].n];
		fresh_arena();
		qp_text = b64_text = TEXT(arena);
		decode_transfer(&qp_text, CTE_QP, b, BIG, BASE);
		decode_transfer(&b64_text, CTE_BASE64, b, BIG, BASE);
		flood("transfer", i, from);
		charsets_close(charsets_open(b, BIG, NULL));
		flood("open", i, from);
		decode_header(&h, arena, charsets, b, BIG, BASE);
		flood("header", i, from);
		all_doors(b, BIG / 32);
		flood("charset", i, from);
	}
	fresh_arena();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_qp),
	    cmocka_unit_test(test_base64),
	    cmocka_unit_test(test_base64_all_bytes),
	    cmocka_unit_test(test_cte),
	    cmocka_unit_test(test_identity),
	    cmocka_unit_test(test_charset),
	    cmocka_unit_test(test_charset_maps),
	    cmocka_unit_test(test_append),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_open),
	    cmocka_unit_test(test_header),
	    cmocka_unit_test(test_header_maps),
	    cmocka_unit_test(test_header_missing),
	    cmocka_unit_test(test_utf8),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_random),
	    cmocka_unit_test(test_linear),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
