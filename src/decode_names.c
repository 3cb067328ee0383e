#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "decode_private.h"

#define CONVERTERS 16u /* a message with more charsets is no mail */
#define LABELS 20000u  /* looked up before the fork; the rest costs a second */
#define LABEL_LEN 64u  /* of a charset label as it stands in the mail */

/* ---- names ---- */

/* ASCII_CODEC and the like count on the first places. */
const struct codec charset_codecs[] = {
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

static const struct codec single = {NULL, SINGLE, 0, 0, 0, 0};

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

const struct codec *
charset_codec(const char *name)
{
	for (size_t i = 0; i < LENGTH(charset_codecs); i++)
		if (strcmp(charset_codecs[i].name, name) == 0)
			return &charset_codecs[i];
	return &single;
}

/* ---- converters ---- */

struct charsets {
	struct {
		const char *name;
		iconv_t cd;
	} v[CONVERTERS];
	uint32_t n;
};

const char *
charset_needs(const char *name)
{
	switch (charset_codec(name)->kind) {
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

iconv_t
charset_converter(const struct charsets *cs, const char *name)
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

	if (name == NULL || (name = charset_needs(name)) == NULL ||
	    cs->n == CONVERTERS ||
	    charset_converter(cs, name) != NO_CONVERTER ||
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

uint32_t
charset_label_len(const char *p, size_t n)
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
	label->to = label->from + charset_label_len(p + to, n - to);
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

struct charsets *
charsets_open_usual(void)
{
	static const char *const usual[] = {"GB18030", "Big5", "EUC-KR",
	    "Shift_JIS", "EUC-JP", "ISO-2022-JP", "ISO-2022-KR", "KOI8-R",
	    "windows-1250", "windows-1251", "windows-1254", "windows-1255",
	    "windows-1256", "ISO-8859-2", "ISO-8859-9", "ISO-8859-15"};
	struct charsets *cs = calloc(1, sizeof *cs);

	for (size_t i = 0; cs != NULL && i < sizeof usual / sizeof *usual; i++)
		open_label(cs, usual[i], (uint32_t)strlen(usual[i]));
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
