#include "decode.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CONVERTERS 16u /* a message with more charsets is no mail */
#define LABELS 20000u  /* looked up before the fork; the rest costs a second */
#define LABEL_LEN 64u  /* of a charset label as it stands in the mail */
#define RUN_MIN 16u    /* characters fed to iconv after a fault … */
#define RUN_MAX 4096u  /* … and after a while without */
#define SURE 3u /* characters of three bytes: UTF-8 in spite of the label */
#define REPLACEMENT 0xfffdu

/* ---- UTF-8 ---- */

unsigned
decode_utf8(const char *s, size_t n, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)s;
	unsigned len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t c;

	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	if (p[0] < 0xc2 || p[0] > 0xf4 || n < len)
		return 0;
	c = p[0] & (0x7fu >> len);
	for (unsigned i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	*cp = c;
	return c < least[len] || c > 0x10ffff || (c & ~0x7ffu) == 0xd800 ? 0
									 : len;
}

unsigned
decode_put_utf8(char out[4], uint32_t cp)
{
	static const unsigned char mark[] = {0, 0, 0xc0, 0xe0, 0xf0};
	unsigned len;

	if (cp > 0x10ffff || (cp & ~0x7ffu) == 0xd800)
		cp = REPLACEMENT;
	len = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	for (unsigned i = len; i-- > 1; cp >>= 6)
		out[i] = (char)(0x80 | (cp & 0x3f));
	out[0] = (char)(mark[len] | cp);
	return len;
}

/* How many bytes below 0x80 lead. */
static size_t
ascii_run(const char *p, size_t n)
{
	size_t i = 0;
	uint64_t w;

	for (; n - i >= sizeof w; i += sizeof w) {
		memcpy(&w, p + i, sizeof w);
		if ((w & 0x8080808080808080u) != 0)
			break;
	}
	while (i < n && (unsigned char)p[i] < 0x80)
		i++;
	return i;
}

/* What speaks for UTF-8, and against it. */
struct tally {
	size_t wide; /* characters of two bytes or more */
	size_t sure; /* of three or more: hardly ever seen by accident */
	size_t bad;
};

/* How many bytes are valid from the start. */
static size_t
valid_prefix(const char *p, size_t n, struct tally *t)
{
	size_t i = 0;
	unsigned len;
	uint32_t cp;

	for (;;) {
		i += ascii_run(p + i, n - i);
		for (; i < n && (p[i] & 0x80) != 0; i += len) {
			if ((len = decode_utf8(p + i, n - i, &cp)) == 0)
				return i;
			t->wide++;
			t->sure += len > 2;
		}
		if (i == n)
			return n;
	}
}

bool
decode_utf8_valid(const char *p, size_t n)
{
	return valid_prefix(p, n, &(struct tally){0}) == n;
}

static struct tally
tally_of(const char *p, size_t n)
{
	struct tally t = {0};

	for (size_t i = 0; (i += valid_prefix(p + i, n - i, &t)) < n; i++)
		t.bad++;
	return t;
}

/* One character from srclen bytes. */
static void
put(struct text *out, uint32_t cp, uint32_t src, uint32_t srclen)
{
	char b[4];

	text_unit(out, b, decode_put_utf8(b, cp), src, srclen);
}

/* n bytes that are no text. */
static unsigned
put_bad(struct text *out, uint32_t src, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		put(out, REPLACEMENT, src + i, 1);
	return n > 0 ? DECODE_INVALID : 0;
}

/* ---- transfer encodings ---- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_eol(char c)
{
	return c == '\n' || c == '\r';
}

enum cte
decode_cte(const char *name, uint32_t len)
{
	uint32_t from = 0, to;

	while (from < len && (is_blank(name[from]) || is_eol(name[from]) ||
				 name[from] == '"' || name[from] == '\''))
		from++;
	for (to = from; to < len && name[to] > ' ' &&
			memchr("\"';(", name[to], 4) == NULL;)
		to++;
	if (to - from == 6 && strncasecmp(name + from, "base64", 6) == 0)
		return CTE_BASE64;
	if (to - from == 16 &&
	    strncasecmp(name + from, "quoted-printable", 16) == 0)
		return CTE_QP;
	return CTE_IDENTITY;
}

/* 64 + value; 0: not of the alphabet. */
static const unsigned char b64_table[256] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 126, 0, 0, 0, 127, 116, 117, 118, 119, 120, 121, 122, 123,
    124, 125, 0, 0, 0, 0, 0, 0, 0, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74,
    75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 0, 0, 0, 0, 0,
    0, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105,
    106, 107, 108, 109, 110, 111, 112, 113, 114, 115};

static unsigned
b64(char c)
{
	return b64_table[(unsigned char)c];
}

/* Whole quanta without a break: p[0..n) -> 3 bytes each; how many. */
static uint32_t
b64_quanta(char *o, const char *p, uint32_t n)
{
	const uint32_t flags = 64u << 18 | 64u << 12 | 64u << 6 | 64u;
	uint32_t count = 0;

	for (; n >= 4; n -= 4, p += 4, o += 3, count++) {
		unsigned a = b64(p[0]), b = b64(p[1]), c = b64(p[2]),
			 d = b64(p[3]);
		uint32_t v;

		if ((a & b & c & d & 64) == 0)
			break;
		v = (a << 18) + (b << 12) + (c << 6) + d - flags;
		o[0] = (char)(v >> 16);
		o[1] = (char)(v >> 8);
		o[2] = (char)v;
	}
	return count;
}

/* A quantum that is split, padded or short. */
struct quantum {
	uint32_t bits, have; /* have: characters so far */
	uint32_t from, to;   /* where they stand */
};

/* Its have - 1 bytes; bits that no byte takes must be 0. */
static unsigned
b64_flush(struct text *out, struct quantum *q, uint32_t base)
{
	uint32_t left = 4 - q->have, v = q->bits << 6 * left, n = 3 - left;
	char b[3] = {(char)(v >> 16), (char)(v >> 8), (char)v};
	unsigned odd =
	    q->have == 1 || (left > 0 && (v & ((1u << 8 * left) - 1)) != 0);

	if (q->have > 1)
		text_unit(out, b, n, base + q->from, q->to - q->from);
	q->have = q->bits = 0;
	return odd ? DECODE_SLOPPY : 0;
}

/* `=` at p[i]: takes the second one too where there are two; how many bytes. */
static uint32_t
b64_padding(struct text *out, struct quantum *q, const char *p, uint32_t n,
    uint32_t i, uint32_t base, unsigned *odd)
{
	uint32_t k = i + 1;

	if (q->have < 2) {
		*odd |= DECODE_SLOPPY;
		q->have = q->bits = 0;
		return 1;
	}
	if (q->have == 2) {
		while (k < n && (is_blank(p[k]) || is_eol(p[k])))
			k++;
		if (k == n || p[k] != '=') {
			*odd |= DECODE_SLOPPY;
			k = i;
		}
		k++;
	}
	q->to = k;
	*odd |= b64_flush(out, q, base);
	return k - i;
}

/* What is no base64 at p[i]; how many bytes. */
static uint32_t
b64_skip(const char *p, uint32_t n, uint32_t i, unsigned *odd)
{
	uint32_t k = i;

	if (is_eol(p[i]))
		return 1;
	while (k < n && is_blank(p[k]))
		k++;
	if (k == i || (k < n && !is_eol(p[k])))
		*odd |= DECODE_SLOPPY;
	return k == i ? 1 : k - i;
}

static unsigned
decode_base64(struct text *out, const char *p, uint32_t n, uint32_t base)
{
	struct quantum q = {0};
	unsigned odd = 0;
	bool ended = false;

	text_room(out, n / 4 * 3 + 6);
	for (uint32_t i = 0, count; i < n;) {
		if (q.have == 0 &&
		    (count = b64_quanta(out->p + out->len, p + i, n - i)) > 0) {
			text_wrote(out, count, 3, base + i, 4);
			i += count * 4;
			odd |= ended ? DECODE_SLOPPY : 0;
		} else if (b64(p[i]) != 0) {
			q.from = q.have == 0 ? i : q.from;
			q.bits = q.bits << 6 | (b64(p[i]) & 63);
			q.to = ++i;
			if (++q.have == 4)
				odd |= b64_flush(out, &q, base);
			odd |= ended ? DECODE_SLOPPY : 0;
		} else if (p[i] == '=') {
			i += b64_padding(out, &q, p, n, i, base, &odd);
			ended = true;
		} else {
			i += b64_skip(p, n, i, &odd);
		}
	}
	if (q.have == 0)
		return odd;
	return odd | b64_flush(out, &q, base) | DECODE_SLOPPY;
}

static unsigned
hex(char c)
{
	unsigned d = (unsigned char)c - '0', x = ((unsigned char)c | 32) - 'a';

	return d < 10 ? d : x < 6 ? x + 10 : 16;
}

/* =XX in a row: how many. */
static uint32_t
qp_units(char *o, const char *p, uint32_t n)
{
	uint32_t count = 0;

	for (; n >= 3 && p[0] == '='; n -= 3, p += 3) {
		unsigned h = hex(p[1]), l = hex(p[2]);

		if ((h | l) > 15)
			break;
		o[count++] = (char)(h << 4 | l);
	}
	return count;
}

/* p[i..to) of a line, from a `=` on; how many bytes.  A soft break is what is
   left when the blanks before the line end are gone. */
static uint32_t
qp_equals(struct text *out, const char *p, uint32_t i, uint32_t to,
    uint32_t base, unsigned *odd)
{
	uint32_t count = qp_units(text_room(out, to - i), p + i, to - i);

	if (count > 0) {
		text_wrote(out, count, 1, base + i, 3);
		return count * 3;
	}
	*odd |= DECODE_SLOPPY;
	text_copy(out, "=", 1, base + i);
	return 1;
}

/* A line without its end: true where a soft break ends it. */
static bool
qp_line(struct text *out, const char *p, uint32_t i, uint32_t to, uint32_t base,
    unsigned *odd)
{
	const char *eq;
	uint32_t len;

	while (i < to && is_blank(p[to - 1]))
		to--;
	while (i < to) {
		eq = memchr(p + i, '=', to - i);
		len = eq == NULL ? to - i : (uint32_t)(eq - p) - i;
		text_copy(out, p + i, len, base + i);
		i += len;
		if (i + 1 == to && p[i] == '=')
			return true;
		if (i < to)
			i += qp_equals(out, p, i, to, base, odd);
	}
	return false;
}

static unsigned
decode_qp(struct text *out, const char *p, uint32_t n, uint32_t base)
{
	unsigned odd = 0;

	text_room(out, n);
	for (uint32_t i = 0, end, next; i < n; i = next) {
		const char *lf = memchr(p + i, '\n', n - i);

		end = next = lf == NULL ? n : (uint32_t)(lf - p);
		if (lf != NULL) {
			next++;
			end -= end > i && p[end - 1] == '\r';
		}
		if (!qp_line(out, p, i, end, base, &odd))
			text_copy(out, p + end, next - end, base + end);
		else if (lf == NULL) /* its line end went to the delimiter? */
			odd |= DECODE_SLOPPY;
	}
	return odd;
}

unsigned
decode_transfer(
    struct text *out, enum cte cte, const char *p, uint32_t n, uint32_t base)
{
	switch (cte) {
	case CTE_QP:
		return decode_qp(out, p, n, base);
	case CTE_BASE64:
		return decode_base64(out, p, n, base);
	case CTE_IDENTITY:
		break;
	}
	text_copy(out, p, n, base);
	return 0;
}

/* ---- charsets: names ---- */

enum kind { ASCII, UTF8, LATIN, SINGLE, MULTI, GB, ISO2022, HZ, UTF7, WIDE };

/* Those that are no plain single-byte ones of iconv.  Characters are one byte
   below `lead` and two from there on, but `width` from odd to odd_to.  ISO2022:
   width is what follows ESC N.  WIDE: the unit, and odd for little endian. */
static const struct codec {
	const char *name;
	enum kind kind;
	unsigned char lead, odd, odd_to, width;
} codecs[] = {
    {"US-ASCII", ASCII, 0, 0, 0, 0},
    {"UTF-8", UTF8, 0, 0, 0, 0},
    {"ISO-8859-1", LATIN, 0, 0, 0, 0},
    {"windows-1252", LATIN, 0, 0, 0, 0},
    {"GB18030", GB, 0x81, 0, 0, 4},
    {"BIG5-HKSCS", MULTI, 0x81, 0, 0, 0},
    {"UHC", MULTI, 0x81, 0, 0, 0},
    {"EUC-JP-MS", MULTI, 0x8e, 0x8f, 0x8f, 3},
    {"EUC-TW", MULTI, 0xa1, 0x8e, 0x8e, 4},
    {"CP932", MULTI, 0x81, 0xa0, 0xdf, 1},
    {"ISO-2022-JP-2", ISO2022, 0, 0, 0, 1},
    {"ISO-2022-KR", ISO2022, 0, 0, 0, 0},
    {"ISO-2022-CN", ISO2022, 0, 0, 0, 2},
    {"ISO-2022-CN-EXT", ISO2022, 0, 0, 0, 2},
    {"HZ", HZ, 0, 0, 0, 0},
    {"UTF-7", UTF7, 0, 0, 0, 0},
    {"UTF-16", WIDE, 0, 0, 0, 2},
    {"UTF-16BE", WIDE, 0, 0, 0, 2},
    {"UTF-16LE", WIDE, 0, 1, 0, 2},
    {"UTF-32", WIDE, 0, 0, 0, 4},
    {"UTF-32BE", WIDE, 0, 0, 0, 4},
    {"UTF-32LE", WIDE, 0, 1, 0, 4},
};

/* By their places in the table. */
#define ASCII_CODEC (&codecs[0])
#define UTF8_CODEC (&codecs[1])
#define LATIN_CODEC (&codecs[2])
#define GB_CODEC (&codecs[4])

static const struct codec single = {NULL, SINGLE, 0, 0, 0, 0};

#define LENGTH(v) (sizeof(v) / sizeof *(v))

/* Sorted; labels as plain_label leaves them.  The supersets that senders mean:
   GB18030 for GB2312, CP932 for Shift_JIS, UHC for EUC-KR. */
static const struct alias {
	char label[18];
	const char *name;
} aliases[] = {{"646", "US-ASCII"}, {"ansix341968", "US-ASCII"},
    {"ansix341986", "US-ASCII"}, {"arabic", "ISO-8859-6"},
    {"ascii", "US-ASCII"}, {"big5", "BIG5-HKSCS"}, {"big5eten", "BIG5-HKSCS"},
    {"big5hkscs", "BIG5-HKSCS"}, {"chinese", "GB18030"},
    {"cnbig5", "BIG5-HKSCS"}, {"cp1250", "CP1250"}, {"cp1251", "CP1251"},
    {"cp1252", "windows-1252"}, {"cp1253", "CP1253"}, {"cp1254", "CP1254"},
    {"cp1255", "CP1255"}, {"cp1256", "CP1256"}, {"cp1257", "CP1257"},
    {"cp1258", "CP1258"}, {"cp31j", "CP932"}, {"cp437", "CP437"},
    {"cp50220", "ISO-2022-JP-2"}, {"cp50221", "ISO-2022-JP-2"},
    {"cp51932", "EUC-JP-MS"}, {"cp819", "ISO-8859-1"}, {"cp850", "CP850"},
    {"cp852", "CP852"}, {"cp866", "CP866"}, {"cp874", "CP874"},
    {"cp932", "CP932"}, {"cp936", "GB18030"}, {"cp949", "UHC"},
    {"cp950", "BIG5-HKSCS"}, {"cpkanji", "CP932"}, {"cyrillic", "ISO-8859-5"},
    {"euccn", "GB18030"}, {"eucjp", "EUC-JP-MS"}, {"eucjpms", "EUC-JP-MS"},
    {"euckr", "UHC"}, {"eucpkdfmtjapanese", "EUC-JP-MS"}, {"euctw", "EUC-TW"},
    {"gb", "GB18030"}, {"gb18030", "GB18030"}, {"gb180302000", "GB18030"},
    {"gb2312", "GB18030"}, {"gb23121980", "GB18030"}, {"gb231280", "GB18030"},
    {"gbk", "GB18030"}, {"greek", "ISO-8859-7"}, {"hebrew", "ISO-8859-8"},
    {"hz", "HZ"}, {"hzgb2312", "HZ"}, {"iso10646ucs2", "UTF-16"},
    {"iso2022cn", "ISO-2022-CN"}, {"iso2022cnext", "ISO-2022-CN-EXT"},
    {"iso2022jp", "ISO-2022-JP-2"}, {"iso2022jp1", "ISO-2022-JP-2"},
    {"iso2022jp2", "ISO-2022-JP-2"}, {"iso2022jpms", "ISO-2022-JP-2"},
    {"iso2022kr", "ISO-2022-KR"}, {"iso58gb231280", "GB18030"},
    {"iso646us", "US-ASCII"}, {"iso88591", "ISO-8859-1"},
    {"iso885910", "ISO-8859-10"}, {"iso885911", "CP874"},
    {"iso885913", "ISO-8859-13"}, {"iso885914", "ISO-8859-14"},
    {"iso885915", "ISO-8859-15"}, {"iso885916", "ISO-8859-16"},
    {"iso88592", "ISO-8859-2"}, {"iso88593", "ISO-8859-3"},
    {"iso88594", "ISO-8859-4"}, {"iso88595", "ISO-8859-5"},
    {"iso88596", "ISO-8859-6"}, {"iso88597", "ISO-8859-7"},
    {"iso88598", "ISO-8859-8"}, {"iso88598e", "ISO-8859-8"},
    {"iso88598i", "ISO-8859-8"}, {"iso88599", "ISO-8859-9"},
    {"isoir58", "GB18030"}, {"isolatin1", "ISO-8859-1"},
    {"isolatin2", "ISO-8859-2"}, {"jis", "ISO-2022-JP-2"}, {"koi8", "KOI8-R"},
    {"koi8r", "KOI8-R"}, {"koi8ru", "KOI8-U"}, {"koi8u", "KOI8-U"},
    {"korean", "UHC"}, {"ksc5601", "UHC"}, {"ksc56011987", "UHC"},
    {"ksc56011989", "UHC"}, {"l1", "ISO-8859-1"}, {"latin1", "ISO-8859-1"},
    {"latin10", "ISO-8859-16"}, {"latin2", "ISO-8859-2"},
    {"latin3", "ISO-8859-3"}, {"latin4", "ISO-8859-4"},
    {"latin5", "ISO-8859-9"}, {"latin6", "ISO-8859-10"},
    {"latin7", "ISO-8859-13"}, {"latin8", "ISO-8859-14"},
    {"latin9", "ISO-8859-15"}, {"mac", "MACINTOSH"}, {"macintosh", "MACINTOSH"},
    {"macroman", "MACINTOSH"}, {"shiftjis", "CP932"}, {"sjis", "CP932"},
    {"tis620", "CP874"}, {"ucs2", "UTF-16"}, {"uhc", "UHC"},
    {"ujis", "EUC-JP-MS"}, {"unicode", "UTF-16"}, {"unicode11utf7", "UTF-7"},
    {"unicode11utf8", "UTF-8"}, {"unicode20utf8", "UTF-8"}, {"us", "US-ASCII"},
    {"usascii", "US-ASCII"}, {"utf16", "UTF-16"}, {"utf16be", "UTF-16BE"},
    {"utf16le", "UTF-16LE"}, {"utf32", "UTF-32"}, {"utf32be", "UTF-32BE"},
    {"utf32le", "UTF-32LE"}, {"utf7", "UTF-7"}, {"utf8", "UTF-8"},
    {"viscii", "VISCII"}};

/* Lower case letters and digits only, without x- and cs, and cp for windows-,
   ms- and ibm.  false: too long for one of ours. */
static bool
plain_label(char out[sizeof aliases->label], const char *p, uint32_t len)
{
	static const struct {
		char from[8], to[3];
	} prefix[] = {
	    {"cs", ""}, {"windows", "cp"}, {"ms", "cp"}, {"ibm", "cp"}};
	char b[40];
	uint32_t n = 0, k;

	if (len > LABEL_LEN)
		return false;
	for (uint32_t i = 0; i < len && n < sizeof b - 1; i++) {
		if (p[i] == '-' && n == 1 && (b[0] == 'x'))
			n = 0;
		else if (p[i] >= '0' && p[i] <= '9')
			b[n++] = p[i];
		else if ((p[i] | 32) >= 'a' && (p[i] | 32) <= 'z')
			b[n++] = (char)(p[i] | 32);
	}
	b[n] = '\0';
	for (size_t i = 0; i < LENGTH(prefix); i++) {
		k = (uint32_t)strlen(prefix[i].from);
		if (strncmp(b, prefix[i].from, k) != 0)
			continue;
		memmove(b + strlen(prefix[i].to), b + k, n - k + 1);
		memcpy(b, prefix[i].to, strlen(prefix[i].to));
		n = (uint32_t)strlen(b);
	}
	if (n >= sizeof aliases->label)
		return false;
	memcpy(out, b, n + 1);
	return true;
}

static int
by_label(const void *key, const void *row)
{
	return strcmp(key, ((const struct alias *)row)->label);
}

const char *
decode_charset_name(const char *label, uint32_t len)
{
	char key[sizeof aliases->label];
	const struct alias *a = NULL;

	if (plain_label(key, label, len))
		a = bsearch(
		    key, aliases, LENGTH(aliases), sizeof *aliases, by_label);
	return a != NULL ? a->name : NULL;
}

static const struct codec *
codec_of(const char *name)
{
	for (size_t i = 0; i < LENGTH(codecs); i++)
		if (strcmp(codecs[i].name, name) == 0)
			return &codecs[i];
	return &single;
}

/* ---- charsets: converters ---- */

struct charsets {
	struct {
		const char *name;
		iconv_t cd;
	} v[CONVERTERS];
	uint32_t n;
};

#define NO_CONVERTER ((iconv_t)-1)

/* What iconv has to know to decode it; NULL: nothing. */
static const char *
converter_of(const char *name)
{
	switch (codec_of(name)->kind) {
	case SINGLE:
	case MULTI:
	case GB:
	case ISO2022:
		return name;
	case HZ:
		return "GB18030";
	default:
		return NULL;
	}
}

static iconv_t
find(const struct charsets *cs, const char *name)
{
	for (uint32_t i = 0; cs != NULL && i < cs->n; i++)
		if (strcmp(cs->v[i].name, name) == 0)
			return cs->v[i].cd;
	return NO_CONVERTER;
}

static void
open_label(struct charsets *cs, const char *label, uint32_t len)
{
	const char *name = decode_charset_name(label, len);
	iconv_t cd;

	if (name == NULL || (name = converter_of(name)) == NULL ||
	    cs->n == CONVERTERS || find(cs, name) != NO_CONVERTER ||
	    (cd = iconv_open("UTF-8", name)) == NO_CONVERTER)
		return;
	cs->v[cs->n].name = name;
	cs->v[cs->n++].cd = cd;
}

static bool
is_label(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
	       (c != '\0' && memchr("-_.:+", c, 5) != NULL);
}

static uint32_t
label_len(const char *p, size_t n)
{
	uint32_t len = 0;

	while (len < n && len < LABEL_LEN && is_label(p[len]))
		len++;
	return len;
}

/* Both `charset=` and `=?` hold a `=`: is a label behind the one at p[i]? */
static bool
label_at(const char *p, size_t n, size_t i, struct span *label)
{
	size_t k = i, to = i + 1;

	if (to < n && p[to] == '?') {
		to++;
	} else {
		while (
		    k > 0 && i - k < 4 &&
		    (is_blank(p[k - 1]) || is_eol(p[k - 1]) || p[k - 1] == '*'))
			k--;
		if (k < 7 || strncasecmp(p + k - 7, "charset", 7) != 0)
			return false;
		while (to < n && to - i < 8 &&
		       (is_blank(p[to]) || is_eol(p[to]) || p[to] == '"' ||
			   p[to] == '\''))
			to++;
	}
	label->from = (uint32_t)(to - i);
	label->to = label->from + label_len(p + to, n - to);
	return label->to > label->from;
}

struct charsets *
charsets_open(const char *p, size_t n, const char *extra)
{
	struct charsets *cs = calloc(1, sizeof *cs);
	const char *eq = p, *end = p + n;
	uint32_t labels = 0;
	struct span s;

	if (cs == NULL)
		return NULL;
	if (extra != NULL)
		open_label(cs, extra, (uint32_t)strnlen(extra, LABEL_LEN + 1));
	if (!decode_utf8_valid(p, n))
		open_label(cs, "GB18030", 7);
	while (labels < LABELS && cs->n < CONVERTERS && eq < end &&
	       (eq = memchr(eq, '=', (size_t)(end - eq))) != NULL) {
		if (label_at(p, n, (size_t)(eq - p), &s)) {
			open_label(cs, eq + s.from, s.to - s.from);
			labels++;
		}
		eq++;
	}
	return cs;
}

void
charsets_close(struct charsets *cs)
{
	if (cs == NULL)
		return;
	while (cs->n > 0)
		iconv_close(cs->v[--cs->n].cd);
	free(cs);
}

/* ---- charsets: bytes -> UTF-8 ---- */

struct conv {
	struct text *out;
	const struct codec *codec;
	iconv_t cd;
	const char *p;
	uint32_t n, base;
	uint32_t limit; /* characters for one call */
};

static unsigned
decode_utf8_text(struct conv *c)
{
	bool marked = c->n >= 3 && memcmp(c->p, "\xef\xbb\xbf", 3) == 0;
	uint32_t i = marked ? 3 : 0, len;
	struct tally t = {0};
	unsigned odd = 0;

	while (i < c->n) {
		len = (uint32_t)valid_prefix(c->p + i, c->n - i, &t);
		text_copy(c->out, c->p + i, len, c->base + i);
		i += len;
		if (i < c->n)
			odd |= put_bad(c->out, c->base + i++, 1);
	}
	return odd;
}

/* One call of iconv, written behind the text but not yet part of it.  Some
   converters (Big5-HKSCS) hold a character back until they are flushed, which
   would lose the state of the stateful ones. */
static uint32_t
pour(struct conv *c, const char *p, uint32_t len, uint32_t *used)
{
	union {
		const char *from;
		char *iconv_wants;
	} in = {p};
	size_t left = len, room = (size_t)len * 4 + 16;
	char *o = text_room(c->out, (uint32_t)room);

	iconv(c->cd, &in.iconv_wants, &left, &o, &room);
	if (c->codec->kind != ISO2022)
		iconv(c->cd, NULL, NULL, &o, &room);
	*used = len - (uint32_t)left;
	return (uint32_t)(o - (c->out->p + c->out->len));
}

static uint32_t
lead_len(char c)
{
	unsigned char b = (unsigned char)c;

	return b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
}

/* Takes over what pour wrote, where each w bytes gave one character. */
static bool
take_over(
    struct text *out, uint32_t olen, uint32_t used, uint32_t w, uint32_t src)
{
	const char *o = out->p + out->len, *end = o + olen;
	uint32_t chars = 0, len, count;

	for (uint32_t i = 0; i < olen; i++)
		chars += (o[i] & 0xc0) != 0x80;
	if (chars * w != used)
		return false;
	for (; o < end; src += count * w) {
		len = lead_len(*o);
		for (count = 0; o < end && lead_len(*o) == len; o += len)
			count++;
		text_wrote(out, count, len, src, w);
	}
	return true;
}

/* Characters of w bytes each; how many bytes could be read. */
static uint32_t
convert(struct conv *c, const char *p, uint32_t len, uint32_t w, uint32_t src)
{
	uint32_t used, done, olen = pour(c, p, len, &used);

	if (take_over(c->out, olen, used, w, src))
		return used;
	for (done = 0; done < len; done += w) { /* not one for one */
		olen = pour(c, p + done, w, &used);
		if (used < w)
			break;
		text_wrote(c->out, olen > 0, olen, src + done, w);
	}
	return done;
}

/* The same, and past a fault behind it: how many bytes, at least one.  Runs are
   short after a fault, so that many faults do not cost many long runs. */
static uint32_t
step(struct conv *c, const char *p, uint32_t len, uint32_t w, uint32_t src,
    unsigned *odd)
{
	uint32_t used = len > 0 ? convert(c, p, len, w, src) : 0, bad = 1;

	if (used == len && len > 0) {
		c->limit = c->limit < RUN_MAX ? c->limit * 2 : RUN_MAX;
		return used;
	}
	/* a pair that stands for nothing is skipped as a pair */
	if (len - used >= 2 && w == 2 &&
	    (c->codec->kind > GB || (p[used + 1] & 0x80) != 0))
		bad = 2;
	c->limit = RUN_MIN;
	*odd |= put_bad(c->out, src + used, bad);
	return used + bad;
}

static bool
between(char c, unsigned from, unsigned to)
{
	return (unsigned char)c - from <= to - from;
}

/* Bytes of the character at p by its first bytes; 0: none, or cut off. */
static uint32_t
char_width(const struct codec *k, const char *p, uint32_t left)
{
	uint32_t w = between(*p, k->lead, 0xfe) ? 2 : 1;

	if (k->kind == SINGLE)
		return 1;
	if (k->odd != 0 && between(*p, k->odd, k->odd_to))
		w = k->width;
	if (k->kind == GB && w == 2 && left > 1 && between(p[1], '0', '9'))
		w = 4;
	if (w > left || (unsigned char)*p == 0xff)
		return 0;
	if (k->kind != GB || w == 1)
		return w;
	if (w == 4)
		return between(p[2], 0x81, 0xfe) && between(p[3], '0', '9') ? 4
									    : 0;
	return between(p[1], 0x40, 0xfe) && p[1] != 0x7f ? 2 : 0;
}

/* Characters of equal width from p on: how many bytes. */
static uint32_t
equal_run(const struct conv *c, const char *p, uint32_t left, uint32_t *w)
{
	uint32_t len = *w = char_width(c->codec, p, left), most = c->limit * *w;

	if (len == 0)
		return 0;
	while (len < most && len < left &&
	       (c->codec->kind == SINGLE || (p[len] & 0x80) != 0) &&
	       char_width(c->codec, p + len, left - len) == *w)
		len += *w;
	return len;
}

static unsigned
decode_multi(struct conv *c)
{
	unsigned odd = 0;

	for (uint32_t i = 0, len, w; i < c->n;) {
		const char *p = c->p + i;

		len = c->codec->kind == SINGLE
			  ? 0
			  : (uint32_t)ascii_run(p, c->n - i);
		text_copy(c->out, p, len, c->base + i);
		if ((i += len) == c->n)
			break;
		len = equal_run(c, c->p + i, c->n - i, &w);
		i += step(c, c->p + i, len, w, c->base + i, &odd);
	}
	return odd;
}

/* An escape sequence or a shift at p[i]: feeds it, notes the width of what
   follows; how many bytes, 0 where it is none. */
static uint32_t
shift(struct conv *c, uint32_t i, uint32_t *w)
{
	const char *p = c->p + i;
	uint32_t left = c->n - i, len = 1, used, olen;

	if (*p == 0x1b) {
		while (len < left && len < 4 && between(p[len], 0x20, 0x2f))
			len++;
		len += left > 1 && p[1] == 'N' ? 1u + c->codec->width : 1;
	}
	if (len > left)
		return 0;
	olen = pour(c, p, len, &used);
	if (used < len)
		return 0;
	text_wrote(c->out, olen > 0, olen, c->base + i, len);
	if (*p == 0x0e)
		*w = 2;
	else if (*p == 0x0f || p[1] == '(')
		*w = 1;
	else if (p[1] == '$' && (len == 3 || p[2] == '('))
		*w = 2;
	return len;
}

/* Between shifts all characters have one width. */
static unsigned
decode_2022(struct conv *c)
{
	uint32_t w = 1, len, most;
	unsigned odd = 0;

	for (uint32_t i = 0; i < c->n; i += len) {
		const char *p = c->p + i;

		len = 0;
		if ((*p == 0x1b || *p == 0x0e || *p == 0x0f) &&
		    (len = shift(c, i, &w)) > 0)
			continue;
		most = c->n - i < c->limit * w ? c->n - i : c->limit * w;
		while (len < most && between(p[len], w == 1 ? ' ' : '!', '~'))
			len++;
		len -= len % w;
		if (len > 0)
			len = step(c, p, len, w, c->base + i, &odd);
		else
			len = step(c, p, 1, 1, c->base + i, &odd);
	}
	return odd;
}

/* RFC 1843, which glibc lacks: pairs are GB2312 without the high bits.  A `~`
   may be the second byte of a pair. */
static unsigned
decode_hz(struct conv *c)
{
	bool pairs = false;
	unsigned odd = 0;
	char b[512];

	for (uint32_t i = 0, n; i < c->n;) {
		const char *p = c->p + i;
		uint32_t left = c->n - i, src = c->base + i;

		if (left > 1 && *p == '~' && memchr("{}~\n", p[1], 4) != NULL) {
			pairs = p[1] == '{' || (pairs && p[1] == '~');
			text_unit(c->out, p, p[1] == '~', src, 2);
			i += 2;
			continue;
		}
		for (n = 0;
		     pairs && n + 1 < left && n < sizeof b &&
		     between(p[n], '!', '}') && between(p[n + 1], '!', '~');
		     n += 2) {
			b[n] = (char)(p[n] | 0x80);
			b[n + 1] = (char)(p[n + 1] | 0x80);
		}
		if (n > 0) {
			i += step(c, b, n, 2, src, &odd);
			continue;
		}
		pairs = pairs && *p != '\n';
		odd |= *p & 0x80 ? put_bad(c->out, src, 1) : 0;
		text_copy(c->out, p, (*p & 0x80) == 0, src);
		i++;
	}
	return odd;
}

/* UTF-16 units that come one by one: a high surrogate waits for its low one. */
struct pair {
	uint32_t high, from, to;
};

static bool
lone(struct text *out, struct pair *s)
{
	if (s->high == 0)
		return false;
	put(out, REPLACEMENT, s->from, s->to - s->from);
	s->from = s->to;
	s->high = 0;
	return true;
}

static unsigned
put_utf16(struct text *out, struct pair *s, uint32_t u, uint32_t to)
{
	bool low = (u & 0xfc00) == 0xdc00, bad = !low && lone(out, s);

	s->to = to;
	if ((u & 0xfc00) == 0xd800) {
		s->high = u;
		return bad ? DECODE_INVALID : 0;
	}
	bad |= low && s->high == 0;
	if (low && s->high != 0)
		u = 0x10000 + ((s->high & 0x3ff) << 10 | (u & 0x3ff));
	put(out, u, s->from, to - s->from);
	*s = (struct pair){0, to, to};
	return bad ? DECODE_INVALID : 0;
}

/* Base64 of UTF-16 from p[i] on, behind the `+`; how many bytes. */
static uint32_t
utf7_shifted(struct conv *c, uint32_t i, unsigned *odd)
{
	struct pair s = {0, c->base + i, c->base + i};
	uint32_t bits = 0, have = 0, k = i;

	for (; k < c->n && b64(c->p[k]) != 0; k++) {
		bits = bits << 6 | (b64(c->p[k]) & 63);
		have += 6;
		if (have < 16)
			continue;
		have -= 16;
		*odd |= put_utf16(
		    c->out, &s, bits >> have & 0xffff, c->base + k + 1);
	}
	if (lone(c->out, &s))
		*odd |= DECODE_INVALID;
	return k - i + (k < c->n && c->p[k] == '-');
}

static unsigned
decode_utf7(struct conv *c)
{
	unsigned odd = 0;
	uint32_t len;

	for (uint32_t i = 0; i < c->n;) {
		const char *p = c->p + i;
		uint32_t left = c->n - i;

		for (len = 0;
		     len < left && p[len] != '+' && (p[len] & 0x80) == 0;)
			len++;
		text_copy(c->out, p, len, c->base + i);
		i += len;
		if (i == c->n)
			break;
		left -= len;
		p += len;
		if (*p != '+') {
			odd |= put_bad(c->out, c->base + i++, 1);
		} else if (left > 1 && p[1] == '-') {
			text_unit(c->out, p, 1, c->base + i, 2);
			i += 2;
		} else if (left > 1 && b64(p[1]) != 0) {
			i += 1 + utf7_shifted(c, i + 1, &odd);
		} else {
			text_copy(c->out, p, 1, c->base + i++);
		}
	}
	return odd;
}

static uint32_t
wide_unit(const char *p, uint32_t w, bool little)
{
	uint32_t v = 0;

	for (uint32_t i = 0; i < w; i++)
		v = v << 8 | (unsigned char)p[little ? w - 1 - i : i];
	return v;
}

static unsigned
decode_wide(struct conv *c)
{
	uint32_t w = c->codec->width, i = 0, cp, low, len;
	bool little = c->codec->odd != 0;
	unsigned odd = 0;

	for (int end = 0; c->n >= w && i == 0 && end < 2; end++)
		if (wide_unit(c->p, w, end) == 0xfeff) {
			little = end;
			i = w;
		}
	for (; c->n - i >= w; i += len) {
		len = w;
		cp = wide_unit(c->p + i, w, little);
		if (w == 2 && (cp & 0xfc00) == 0xd800 && c->n - i >= 4 &&
		    ((low = wide_unit(c->p + i + 2, 2, little)) & 0xfc00) ==
			0xdc00) {
			cp = 0x10000 + ((cp & 0x3ff) << 10 | (low & 0x3ff));
			len = 4;
		}
		if (cp > 0x10ffff || (cp & ~0x7ffu) == 0xd800)
			odd = DECODE_INVALID;
		put(c->out, cp, c->base + i, len);
	}
	return odd | put_bad(c->out, c->base + i, c->n - i);
}

/* ISO-8859-1 as everybody writes it: windows-1252. */
static unsigned
decode_latin(struct conv *c)
{
	static const uint16_t c1[32] = {0x20ac, 0, 0x201a, 0x192, 0x201e,
	    0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0,
	    0x17d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	    0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178};
	unsigned odd = 0;

	for (uint32_t i = 0, len; i < c->n; i++) {
		unsigned char b;
		uint32_t cp;

		len = (uint32_t)ascii_run(c->p + i, c->n - i);
		text_copy(c->out, c->p + i, len, c->base + i);
		if ((i += len) == c->n)
			break;
		b = (unsigned char)c->p[i];
		cp = b < 0xa0 ? c1[b - 0x80] : b;
		odd |= cp == 0 ? DECODE_INVALID : 0;
		put(c->out, cp == 0 ? REPLACEMENT : cp, c->base + i, 1);
	}
	return odd;
}

static unsigned
decode_as(struct conv *c, const struct codec *k, iconv_t cd)
{
	static unsigned (*const decoder[])(struct conv *) = {
	    [ASCII] = decode_utf8_text,
	    [UTF8] = decode_utf8_text,
	    [LATIN] = decode_latin,
	    [SINGLE] = decode_multi,
	    [MULTI] = decode_multi,
	    [GB] = decode_multi,
	    [ISO2022] = decode_2022,
	    [HZ] = decode_hz,
	    [UTF7] = decode_utf7,
	    [WIDE] = decode_wide,
	};
	struct conv run = *c;

	run.codec = k;
	run.cd = cd;
	run.limit = RUN_MIN;
	if (cd != NO_CONVERTER)
		iconv(cd, NULL, NULL, NULL, NULL);
	if (k->kind == GB && run.n >= 4 &&
	    memcmp(run.p, "\x84\x31\x95\x33", 4) == 0) {
		run.p += 4; /* a byte order mark */
		run.base += 4;
		run.n -= 4;
	}
	return decoder[k->kind](&run);
}

/* Could it be Chinese in GB18030?  All characters are well formed, and most
   have a high second byte: an accented letter before a plain one has not. */
static bool
gb_shape(const struct conv *c)
{
	size_t chars = 0, high = 0;
	uint32_t i = 0, w;

	for (;; i += w, chars++) {
		i += (uint32_t)ascii_run(c->p + i, c->n - i);
		if (i == c->n)
			break;
		if ((w = char_width(GB_CODEC, c->p + i, c->n - i)) < 2)
			return false;
		high += w == 4 || (c->p[i + 1] & 0x80) != 0;
	}
	return chars > 0 && high * 2 >= chars;
}

/* At least two thirds of what is not ASCII are Han or their punctuation. */
static bool
mostly_han(const char *p, uint32_t n)
{
	static const uint32_t han[][2] = {{0x3000, 0x303f}, {0x3400, 0x9fff},
	    {0xf900, 0xfaff}, {0xff00, 0xffef}, {0x20000, 0x3ffff}};
	size_t all = 0, good = 0;
	uint32_t cp;

	for (uint32_t i = 0, len; i < n; i += len) {
		i += (uint32_t)ascii_run(p + i, n - i);
		if (i == n || (len = decode_utf8(p + i, n - i, &cp)) == 0)
			break;
		all++;
		for (size_t k = 0; k < LENGTH(han); k++)
			good += cp >= han[k][0] && cp <= han[k][1];
	}
	return all > 0 && good * 3 >= all * 2;
}

/* Decodes on trial: what did not please is taken back. */
struct mark {
	uint32_t len, n, out_len;
};

static struct mark
mark(const struct text *t)
{
	return (struct mark){t->len, t->map.n, t->map.out_len};
}

static void
take_back(struct text *t, struct mark m)
{
	t->len = m.len;
	t->map.n = m.n;
	t->map.out_len = m.out_len;
}

static bool
is_gb(struct conv *c, iconv_t cd)
{
	struct mark m = mark(c->out);

	if (decode_as(c, GB_CODEC, cd) == 0 &&
	    mostly_han(c->out->p + m.len, c->out->len - m.len))
		return true;
	take_back(c->out, m);
	return false;
}

/* By the bytes alone.  UTF-8 with a fault comes first, since cut off UTF-8 is
   often valid GB18030 too, full of rare Han. */
static unsigned
guess(struct conv *c, const struct charsets *cs, const struct codec *k,
    const struct tally *t, const char **missing)
{
	unsigned odd =
	    k->kind == UTF8 || t->wide + t->bad == 0 ? 0 : DECODE_GUESSED;
	iconv_t cd = find(cs, "GB18030");

	if (t->bad == 0 || t->sure > t->bad)
		return odd | decode_as(c, UTF8_CODEC, NO_CONVERTER);
	if (gb_shape(c)) {
		if (cd != NO_CONVERTER && is_gb(c, cd))
			return DECODE_GUESSED;
		if (cd == NO_CONVERTER) {
			odd |= DECODE_MISSING;
			*missing = *missing != NULL ? *missing : "GB18030";
		}
	}
	if (k->kind == UTF8 && t->wide > 0)
		return odd | decode_as(c, UTF8_CODEC, NO_CONVERTER);
	return odd | DECODE_GUESSED | decode_as(c, LATIN_CODEC, NO_CONVERTER);
}

/* As labelled; where it does not decode but is UTF-8, that. */
static unsigned
trust(struct conv *c, const struct codec *k, iconv_t cd, const struct tally *t)
{
	struct mark m = mark(c->out);
	unsigned odd = decode_as(c, k, cd);

	if ((odd & DECODE_INVALID) != 0 && t->bad == 0 && t->wide > 0) {
		take_back(c->out, m);
		decode_as(c, UTF8_CODEC, NO_CONVERTER);
		return DECODE_GUESSED;
	}
	if (k->kind >= ISO2022 && k->kind <= UTF7)
		odd |= DECODE_STATEFUL;
	return odd;
}

unsigned
decode_charset(struct text *out, const struct charsets *cs, const char *label,
    uint32_t len, const char *p, uint32_t n, uint32_t base,
    const char **missing)
{
	const char *name = decode_charset_name(label, len), *need,
		   *lacks = NULL;
	const struct codec *k = name != NULL ? codec_of(name) : ASCII_CODEC;
	struct conv c = {.out = out, .p = p, .n = n, .base = base};
	struct tally t = tally_of(p, n);
	iconv_t cd = NO_CONVERTER;
	unsigned odd;

	if (k->kind < ISO2022 && t.wide + t.bad == 0) {
		text_copy(out, p, n, base);
		return 0;
	}
	need = name != NULL ? converter_of(name) : NULL;
	if (need != NULL)
		cd = find(cs, need);
	if (k->kind <= UTF8 ||
	    (t.bad == 0 && (k->kind <= SINGLE || t.sure >= SURE))) {
		odd = guess(&c, cs, k, &t, &lacks);
	} else if (need != NULL && cd == NO_CONVERTER) {
		lacks = name;
		odd = DECODE_MISSING | guess(&c, cs, k, &t, &lacks);
	} else {
		odd = trust(&c, k, cd, &t);
	}
	if (lacks != NULL && missing != NULL)
		*missing = lacks;
	return odd;
}

/* ---- RFC 2047 ---- */

/* An encoded word at p[i], which is a `=`; raw.to is 0 where it is none. */
static struct word
word_at(const char *p, uint32_t n, uint32_t i)
{
	struct word w = {.raw.from = i}, none = {0};
	uint32_t k = i + 2;

	if (n - i < 8 || p[i + 1] != '?')
		return none;
	w.charset = (struct span){k, k + label_len(p + k, n - k)};
	k = w.charset.to;
	if (k < n && p[k] == '*') /* RFC 2231: a language */
		k += 1 + label_len(p + k + 1, n - k - 1);
	if (n - k < 5 || p[k] != '?' || p[k + 2] != '?')
		return none;
	w.encoding = (char)(p[k + 1] & ~0x20);
	if (w.encoding != 'B' && w.encoding != 'Q')
		return none;
	w.payload.from = k += 3;
	while (k < n && p[k] != '?' && !is_eol(p[k]) &&
	       (w.encoding == 'Q' || !is_blank(p[k])))
		k++;
	if (n - k < 2 || p[k] != '?' || p[k + 1] != '=')
		return none;
	w.payload.to = k;
	w.raw.to = k + 2;
	return w;
}

static unsigned
decode_q(struct text *out, const char *p, uint32_t n, uint32_t base)
{
	uint32_t i = 0, len, count;
	unsigned odd = 0;

	text_room(out, n);
	for (; i < n; i += len) {
		len = 1;
		count = qp_units(out->p + out->len, p + i, n - i);
		if (count > 0) {
			text_wrote(out, count, 1, base + i, 3);
			len = count * 3;
			continue;
		}
		odd |= p[i] == '=' ? DECODE_SLOPPY : 0;
		text_copy(out, p[i] == '_' ? " " : p + i, 1, base + i);
	}
	return odd;
}

/* The line ends of folds give nothing, nor does the last one. */
static void
put_literal(
    struct text *out, const char *p, uint32_t n, struct span raw, uint32_t base)
{
	for (uint32_t i = raw.from, to, next; i < raw.to; i = next) {
		const char *lf = memchr(p + i, '\n', raw.to - i);

		to = next = lf != NULL ? (uint32_t)(lf - p) + 1 : raw.to;
		if (lf != NULL && (next == n || is_blank(p[next]))) {
			to--;
			to -= to > i && p[to - 1] == '\r';
		}
		text_copy(out, p + i, to - i, base + i);
	}
}

static bool
only_blanks(const char *p, struct span s)
{
	while (s.from < s.to && (is_blank(p[s.from]) || is_eol(p[s.from])))
		s.from++;
	return s.from == s.to;
}

/* Its bytes go to content; spans were offsets in the value until here. */
static void
add_word(struct header_text *h, struct word w, const char *p, uint32_t n,
    uint32_t base)
{
	const char *payload = p + w.payload.from;
	uint32_t len = w.payload.to - w.payload.from;

	w.content.from = h->content.len;
	if (w.encoding == 'B')
		h->odd |= decode_base64(
		    &h->content, payload, len, base + w.payload.from);
	else if (w.encoding == 'Q')
		h->odd |=
		    decode_q(&h->content, payload, len, base + w.payload.from);
	else
		put_literal(&h->content, p, n, w.raw, base);
	w.content.to = h->content.len;
	for (size_t i = 0; i < 3; i++) {
		struct span *s[] = {&w.raw, &w.charset, &w.payload};

		s[i]->from += base;
		s[i]->to += base;
	}
	h->word = arena_more(
	    h->content.a, h->word, h->nword, &h->size, sizeof *h->word);
	h->word[h->nword++] = w;
}

static void
split_words(struct header_text *h, const char *p, uint32_t n, uint32_t base)
{
	struct span text = {0, 0};
	bool behind_word = false;
	struct word w = {0};

	for (uint32_t i = 0; i < n; i = w.raw.to != 0 ? w.raw.to : i + 1) {
		const char *eq = memchr(p + i, '=', n - i);

		if (eq == NULL)
			break;
		i = (uint32_t)(eq - p);
		w = word_at(p, n, i);
		if (w.raw.to == 0)
			continue;
		text.to = i;
		if (text.from < i && !(behind_word && only_blanks(p, text)))
			add_word(h, (struct word){.raw = text}, p, n, base);
		add_word(h, w, p, n, base);
		behind_word = true;
		text.from = w.raw.to;
	}
	text.to = n;
	if (text.from < n)
		add_word(h, (struct word){.raw = text}, p, n, base);
}

/* Do two words go on in one charset? */
static bool
joined(const struct word *a, const struct word *b, const char *p, uint32_t base)
{
	uint32_t len = a->charset.to - a->charset.from;

	return a->encoding != 0 && b->encoding != 0 &&
	       b->charset.to - b->charset.from == len &&
	       strncasecmp(p + (a->charset.from - base),
		   p + (b->charset.from - base), len) == 0;
}

void
decode_header(struct header_text *out, struct arena *a,
    const struct charsets *cs, const char *p, uint32_t n, uint32_t base)
{
	const char *missing = NULL;

	*out = (struct header_text){.content = TEXT(a), .utf8 = TEXT(a)};
	split_words(out, p, n, base);
	for (uint32_t i = 0, k; i < out->nword; i = k) {
		const struct word *w = &out->word[i];
		struct span s = w->content;

		for (k = i + 1;
		     k < out->nword && joined(w, &out->word[k], p, base); k++)
			s.to = out->word[k].content.to;
		if (s.from == s.to)
			continue;
		out->odd |= decode_charset(&out->utf8, cs,
		    p + (w->charset.from - base),
		    w->charset.to - w->charset.from, out->content.p + s.from,
		    s.to - s.from, s.from, &missing);
		if (out->missing == NULL)
			out->missing = missing;
	}
}
