#include <iconv.h>
#include <string.h>
#include <strings.h>

#include "cuts.h"

#define NO_ICONV ((void *)-1)

static const char *const words[NSCRIPT][10] = {
    [SCRIPT_ASCII] = {"the", "office", "moves", "next", "week,", "please",
	"pack", "your", "desk.", "by"},
    [SCRIPT_LATIN] = {"früh", "Schlüssel", "für", "übermorgen", "naïve", "café",
	"déjà", "élève", "mañana", "señor"},
    [SCRIPT_CENTRAL] = {"źródło", "łąka", "żółw", "příští", "týden", "čeština",
	"řeka", "őszi", "kérdés", "świat"},
    [SCRIPT_CYRILLIC] = {"собрание", "переносится", "на", "пятницу",
	"приходите", "вовремя", "этаж", "где", "у", "секретаря"},
    [SCRIPT_GREEK] = {"καλημέρα", "σύσκεψη", "την", "Παρασκευή", "όροφος",
	"τρία", "ώρα", "και", "μολύβι", "χαρτί"},
    [SCRIPT_HEBREW] = {"שלום", "פגישה", "ביום", "שישי", "קומה", "שלוש", "בוקר",
	"טוב", "עט", "נייר"},
    [SCRIPT_ARABIC] = {"مرحبا", "اجتماع", "يوم", "الجمعة", "الطابق", "الثالث",
	"صباح", "قلم", "ورق", "من"},
    [SCRIPT_TURKISH] = {"toplantı", "değişti", "cuma", "günü", "üçüncü",
	"şehir", "İstanbul", "ağaç", "çay", "kağıt"},
    [SCRIPT_BALTIC] = {"ūdens", "rītdien", "žemė", "šalis", "ķermenis", "ļoti",
	"ņem", "ģimene", "ąžuolas", "įmonė"},
    [SCRIPT_VIETNAMESE] = {"cuộc", "họp", "chuyển", "sang", "thứ", "sáu",
	"tầng", "ba", "buổi", "sáng"},
    [SCRIPT_HAN] = {"会议", "改到", "星期五", "下午", "请大家", "带好",
	"笔记本", "地点", "三楼", "谢谢。"},
    [SCRIPT_HAN_OLD] = {"會議", "改到", "星期五", "下午", "請大家", "帶好",
	"筆記本", "地點", "三樓", "謝謝。"},
    [SCRIPT_KANA] = {"会議は", "金曜日", "の", "午後に", "変更", "されました",
	"場所は", "三階の", "ガイド", "です。"},
    [SCRIPT_HANGUL] = {"회의가", "금요일", "오후로", "바뀌었", "습니다",
	"장소는", "삼층", "회의실", "감사", "합니다"},
    [SCRIPT_EMOJI] = {"😀", "📱", "👩‍👧", "🇩🇪", "𠀀𠀁", "é", "x̂", "𝐀𝐁",
	"🚀!", "☎️"},
};

struct charset charsets_known[] = {
    {"utf-8", "UTF-8", .wide = false},
    {"us-ascii", "US-ASCII", .wide = false},
    {"iso-8859-1", "ISO-8859-1", .wide = false},
    {"gb2312", "EUC-CN", .wide = false},
    {"gbk", "GBK", .wide = false},
    {"gb18030", "GB18030", .wide = false},
    {"iso-8859-2", "ISO-8859-2", .wide = false},
    {"iso-8859-5", "ISO-8859-5", .wide = false},
    {"iso-8859-7", "ISO-8859-7", .wide = false},
    {"iso-8859-15", "ISO-8859-15", .wide = false},
    {"windows-1250", "CP1250", .wide = false},
    {"windows-1251", "CP1251", .wide = false},
    {"windows-1252", "CP1252", .wide = false},
    {"windows-1253", "CP1253", .wide = false},
    {"windows-1254", "CP1254", .wide = false},
    {"windows-1255", "CP1255", .wide = false},
    {"windows-1256", "CP1256", .wide = false},
    {"windows-1257", "CP1257", .wide = false},
    {"windows-1258", "CP1258", .composed = true},
    {"koi8-r", "KOI8-R", .wide = false},
    {"koi8-u", "KOI8-U", .wide = false},
    {"big5", "BIG5", .wide = false},
    {"euc-jp", "EUC-JP", .wide = false},
    {"euc-kr", "EUC-KR", .wide = false},
    {"euc-tw", "EUC-TW", .wide = false},
    {"shift_jis", "CP932", .wide = false},
    {"cp949", "CP949", .wide = false},
    {"utf-16", "UTF-16", .wide = true},
    {"utf-16le", "UTF-16LE", .wide = true},
    {"utf-16be", "UTF-16BE", .wide = true},
    {"utf-32", "UTF-32", .wide = true},
    {"iso-2022-jp", "ISO-2022-JP", .stateful = true},
    {"iso-2022-kr", "ISO-2022-KR", .stateful = true},
    {"hz-gb-2312", "EUC-CN", .stateful = true, .hz = true},
    {"utf-7", "UTF-7", .stateful = true},
};
const uint32_t ncharsets = sizeof charsets_known / sizeof *charsets_known;

/* What is guessed at rightly without a label. */
struct charset charsets_raw[NRAW] = {
    {"us-ascii", "US-ASCII", .wide = false},
    {"utf-8", "UTF-8", .wide = false},
    {"", "GB18030", .scripts = 1u << SCRIPT_ASCII | 1u << SCRIPT_HAN},
    {"", "CP1252", .scripts = 1u << SCRIPT_ASCII | 1u << SCRIPT_LATIN},
};

static int
run(void *cd, struct buf *out, const char *p, size_t n)
{
	union {
		const char *from;
		char *iconv_wants;
	} in = {p};
	size_t left = n, room = n * 8 + 64;
	char *o;
	int rc = 0;

	if (cd == NO_ICONV || buf_room(out, room) == -1)
		return -1;
	o = out->p + out->len;
	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &in.iconv_wants, &left, &o, &room) == (size_t)-1 ||
	    left > 0 || iconv(cd, NULL, NULL, &o, &room) == (size_t)-1)
		rc = -1;
	out->len = (size_t)(o - out->p);
	return rc;
}

/* One stretch of Han for HZ. */
static int
hz_pairs(const struct charset *c, struct buf *out, const char *p, size_t n)
{
	size_t at;

	buf_puts(out, "~{");
	at = out->len;
	if (run(c->to, out, p, n) == -1)
		return -1;
	for (; at < out->len; at++)
		out->p[at] &= 0x7f;
	return buf_puts(out, "~}");
}

static int
hz_encode(const struct charset *c, struct buf *out, const char *p, size_t n)
{
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i; k < n && (p[k] & 0x80) != 0; k++)
			continue;
		if (k > i && hz_pairs(c, out, p + i, k - i) == -1)
			return -1;
		if (k == i) {
			buf_put(out, p + i, 1);
			if (p[k++] == '~')
				buf_puts(out, "~");
		}
	}
	return 0;
}

static int
hz_decode(const struct charset *c, struct buf *out, const char *p, size_t n)
{
	bool pairs = false;

	for (size_t i = 0; i < n; i++) {
		char two[2];

		if (i + 1 < n && p[i] == '~' && memchr("{}~", p[i + 1], 3)) {
			i++;
			if (p[i] == '~')
				buf_puts(out, "~");
			else
				pairs = p[i] == '{';
		} else if (!pairs || p[i] == '\n') {
			buf_put(out, p + i, 1);
			pairs = false;
		} else {
			if (i + 1 == n)
				return -1;
			two[0] = (char)(p[i] | 0x80);
			two[1] = (char)(p[++i] | 0x80);
			if (run(c->from, out, two, 2) == -1)
				return -1;
		}
	}
	return 0;
}

int
charset_encode(
    const struct charset *c, struct buf *out, const char *p, size_t n)
{
	return c->hz ? hz_encode(c, out, p, n) : run(c->to, out, p, n);
}

int
charset_decode(
    const struct charset *c, struct buf *out, const char *p, size_t n)
{
	int rc = 0;

	if (c->hz)
		return hz_decode(c, out, p, n);
	if (!c->composed)
		return run(c->from, out, p, n);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = run(c->from, out, p + i, 1);
	return rc;
}

/* Does each word of the script come back? */
static bool
writes(const struct charset *c, unsigned script)
{
	bool all = true;

	for (int i = 0; all && i < 10; i++) {
		const char *w = words[script][i];
		struct buf there = BUF(4096), back = BUF(4096);

		all = charset_encode(c, &there, w, strlen(w)) == 0 &&
		      charset_decode(c, &back, there.p, there.len) == 0 &&
		      (c->composed || (back.len == strlen(w) &&
					  memcmp(back.p, w, back.len) == 0));
		buf_free(&there);
		buf_free(&back);
	}
	return all;
}

static void
open_one(struct charset *c)
{
	uint32_t most = c->scripts;

	c->to = iconv_open(c->name, "UTF-8");
	c->from = iconv_open("UTF-8", c->name);
	c->scripts = 0;
	for (unsigned k = 0; k < NSCRIPT; k++)
		if ((most == 0 || (most & 1u << k) != 0) && writes(c, k))
			c->scripts |= 1u << k;
}

static void
close_one(struct charset *c)
{
	if (c->to != NO_ICONV)
		iconv_close(c->to);
	if (c->from != NO_ICONV)
		iconv_close(c->from);
}

void
charset_init(void)
{
	for (uint32_t i = 0; i < ncharsets; i++)
		open_one(&charsets_known[i]);
	for (uint32_t i = 0; i < NRAW; i++)
		open_one(&charsets_raw[i]);
}

void
charset_done(void)
{
	for (uint32_t i = 0; i < ncharsets; i++)
		close_one(&charsets_known[i]);
	for (uint32_t i = 0; i < NRAW; i++)
		close_one(&charsets_raw[i]);
}

const struct charset *
charset_find(const char *label, uint32_t len)
{
	for (uint32_t i = 0; i < ncharsets; i++)
		if (strlen(charsets_known[i].label) == len &&
		    strncasecmp(charsets_known[i].label, label, len) == 0)
			return &charsets_known[i];
	return NULL;
}

/* Mostly words that are not ASCII, where it has some. */
const char *
charset_word(struct draws *d, const struct charset *c)
{
	unsigned have[NSCRIPT], n = 0;

	for (unsigned i = 0; i < NSCRIPT; i++)
		if ((c->scripts & 1u << i) != 0)
			have[n++] = i;
	return words[n > 1 && chance(d, 60) ? have[1 + draw(d, n - 1)]
					    : SCRIPT_ASCII][draw(d, 10)];
}

bool
charset_spaced(const char *word)
{
	return (unsigned char)*word < 0xe3;
}
