/* What rules see the second time, and the case folding of the search. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "fold.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* The same text twice: unchanged, fold_text says false. */
static const struct {
	const char *in, *want;
} texts[] = {
    /* ordinary text in one script */
    {"Plain text, 3.5 EUR; it's \"fine\".", NULL},
    {"可以考虑使用eSIM卡。扫描「二维码」、激活", NULL},
    {"がぎぐげご パピプ ラ・ミ ゟ々", "がぎぐげご パピプ ラ・ミ より々"},
    {"您好，我们（官方）有货！要吗？价格：面议；欢迎～", NULL},
    {"\u3000\u3000您好，ABC（abc）：1，2！？（\u3000）", NULL},
    {"，", NULL},
    {"か\u3099", NULL},
    {"한국어 텍스트 ㅋㅋㅋ ㈀", NULL},
    {"Привет, это карта, й ё ї. Wi-Fi карта", NULL},
    {"ГОСТ2020 Привет123 covid-19", NULL},
    {"Ελληνικά ΐ ά", NULL},
    {"ภาษาไทย น้ำ ทำ", NULL},
    {"हिन्दी क़ में", NULL},
    {"مرحبا آب العربية مَرحَبًا", NULL},
    {"עברית שָׁלוֹם", NULL},
    {"Հայերեն և", NULL},
    {"≠ ¨ ´ ☎ ✓ 😀 ℘", NULL},
    {"col·lecció 3·5 ラ·ミ kW·h", "col·leccio 3·5 ラ·ミ kW·h"},
    {"ﷺ", NULL},
    /* compatibility forms */
    {"Ｔｅｌｅｇｒａｍ：＠ｓｈｏｐ　１２", "Telegram:@shop 12"},
    {"您好，我们（官方）有货！要吗？价格：１００元；欢迎。",
	"您好，我们（官方）有货！要吗？价格:100元；欢迎。"},
    {"ｈｔｔｐｓ：／／ｔ．ｍｅ／ｓｈｏｐ", "https://t.me/shop"},
    {"ＴＧ：＠ｓｈｏｐ", "TG:@shop"},
    {"（ＴＧ）　，ｘ，，Ａ！您：０；？ａ～", "(TG)　,x,,A!您:0;?a~"},
    {"，．！，／；，＠）Ｚ？＝：［，", ",.!,/;,@)Z?=：[，"},
    {"Ⓣⓔⓛ 🅣🅔 🆃🅶 🅃🄶 ⒯⒢ 🄣🄖", "Tel TE TG TG tg TG"},
    {"🇹🇬", "TG"},
    {"𝐓𝐞𝐥 𝕋𝔾 ❶❷➂⑩ ½ ﬁ ²", "Tel TG 12310 1/2 fi 2"},
    {"ﾃﾚｸﾞﾗﾑ ﾊﾟ ㌕", "テレグラム パ ㌕"},
    {"t∶me–x—y −1 a∕b \u00a0", "t:me-x-y -1 a/b  "},
    /* invisible characters and marks */
    {"Te\u200ble\u00adgr\u2060am\ufeff", "Telegram"},
    {"V\u200dP\ufe0fN \U000e0041", "VPN "},
    {"\u202eTG\u202c \u2066x\u2069", "TG x"},
    {"é è Việt e\u0301 T\u0336G\u0336", "e e Viet e TG"},
    {"飞\u0336机 1\ufe0f\u20e3", "飞机 1"},
    {"\u3164\u115f\uffa0x", "x"},
    /* dots */
    {"T·e·l·e·g·r·a·m T•G", "Telegram TG"},
    {"Т·e·l T\u200b·\u200bG", "Tel TG"},
    {"T·e·l·egram", "Tel·egram"},
    /* look-alikes */
    {"еSІМ Тelegram Теlеgrаm", "eSIM Telegram Telegram"},
    {"ТМ5 5ТМ ТМ", "TM5 5TM ТМ"},
    {"\u0422\u039c", "TM"},
    {"ᴛᴇʟᴇɢʀᴀᴍ tёlegrøm µTorrent", "telegram telegrom uTorrent"},
    {"购买ТG群еSІМ卡Привет", "购买TG群eSIM卡Привет"},
    {"ТｅＬ", "TeL"},
};

static struct arena *
memory(void)
{
	struct arena *a = arena_new(256u << 20);

	assert_non_null(a);
	return a;
}

/* Every run of the map leads to the source it came from. */
static void
check_map(const struct text *t, const char *src, uint32_t n)
{
	uint32_t at = 0, out = 0;

	for (uint32_t i = 0; i < t->map.n; i++) {
		const struct run *r = &t->map.v[i];
		uint32_t end =
		    i + 1 < t->map.n ? t->map.v[i + 1].out : t->map.out_len;
		uint32_t units = (end - r->out) / r->ostep;

		assert_int_equal(r->out, out);
		assert_int_equal((end - r->out) % r->ostep, 0);
		assert_true(r->src >= at);
		at = r->src + units * r->sstep;
		assert_true(at <= n);
		out = end;
		if (r->ostep == 1 && r->sstep == 1 && (src[r->src] & 0x80) != 0)
			assert_memory_equal(t->p + r->out, src + r->src, units);
	}
	assert_int_equal(out, t->len);
	assert_int_equal(t->map.out_len, t->len);
}

static void
one_text(const char *in, const char *want)
{
	struct arena *a = memory();
	struct text t = TEXT(a);
	uint32_t n = (uint32_t)strlen(in);
	bool changed = fold_text(&t, in, n);

	if (changed != (want != NULL))
		fail_msg("\"%s\": changed %d", in, changed);
	if (!changed)
		assert_true(t.p == NULL && t.len == 0 && t.map.n == 0);
	else if (t.len != strlen(want) || memcmp(t.p, want, t.len) != 0)
		fail_msg("\"%s\" -> \"%.*s\", not \"%s\"", in, (int)t.len, t.p,
		    want);
	check_map(&t, in, n);
	arena_free(a);
}

static void
test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		one_text(texts[i].in, texts[i].want);
}

static void
test_map(void **state)
{
	static const char in[] = "ab\u200bＴＧ é x";
	struct arena *a = memory();
	struct text t = TEXT(a);
	bool exact;
	struct span s;

	(void)state;
	assert_true(fold_text(&t, in, sizeof in - 1));
	assert_int_equal(t.len, 8); /* abTG e x */
	s = map_cover(&t.map, (struct span){2, 4}, &exact);
	assert_true(exact && s.from == 5 && s.to == 11);
	s = map_cover(&t.map, (struct span){5, 6}, &exact);
	assert_true(exact && s.from == 12 && s.to == 14);
	s = map_cover(&t.map, (struct span){7, 8}, &exact);
	assert_true(exact && s.from == 15 && s.to == 16);
	arena_free(a);
}

/* A word is cut at 256 bytes; nothing is read twice or lost there. */
static void
test_long(void **state)
{
	static char in[200000], want[200000];
	uint32_t n = 0, k = 0;
	struct arena *a = memory();
	struct text t = TEXT(a);

	(void)state;
	while (k < 60000) {
		uint32_t piece = 1 + k % 700;

		memset(in + n, 'a', piece);
		memset(want + k, 'a', piece);
		n += piece;
		k += piece;
		memcpy(in + n, "\u00e9", 2);
		want[k++] = 'e';
		n += 2;
	}
	assert_true(fold_text(&t, in, n));
	assert_int_equal(t.len, k);
	assert_memory_equal(t.p, want, k);
	check_map(&t, in, n);
	arena_free(a);
}

static uint32_t seed = 1;

static uint32_t
dice(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(seed >> 4) * n >> 28);
}

static void
random_text(const char *p, uint32_t n)
{
	struct arena *a = memory();
	struct text t = TEXT(a);
	char *copy = malloc(n + 1u), *out = malloc(FOLD_CASE_ROOM(n));

	assert_true(copy != NULL && out != NULL);
	memcpy(copy, p, n);
	if (fold_text(&t, copy, n))
		check_map(&t, copy, n);
	assert_true(fold_case(out, copy, n) <= 3 * n);
	free(copy);
	free(out);
	arena_free(a);
}

/* Pieces of the texts above and noise, cut anywhere. */
static void
test_noise(void **state)
{
	char p[1024];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint32_t n = 0, want = dice(900);

		while (n < want) {
			const char *s = texts[dice(COUNT(texts))].in;
			uint32_t len = (uint32_t)strlen(s), at = dice(len);

			len = dice(len - at + 1) % 40;
			memcpy(p + n, s + at, len);
			n += len;
			p[n++] = (char)(dice(8) == 0 ? dice(256) : 'x');
		}
		random_text(p, n);
	}
}

/* Folding what is folded changes nothing more, character by character. */
static void
test_idempotent(void **state)
{
	struct arena *a = memory();
	uint8_t s[4];

	(void)state;
	for (int32_t c = 1; c < 0x30000; c++) {
		struct text t = TEXT(a), u = TEXT(a);

		if (c >= 0xd800 && c < 0xe000)
			continue;
		if (!fold_text(
			&t, (char *)s, (uint32_t)utf8proc_encode_char(c, s)))
			continue;
		if (t.len > 2 && memcmp(t.p, "\u03bc", 2) == 0)
			continue; /* in micrometres a look-alike */
		if (fold_text(&u, t.p, t.len))
			fail_msg("U+%04X: \"%.*s\" folds on", (unsigned)c,
			    (int)t.len, t.p);
	}
	arena_free(a);
}

static void
test_case(void **state)
{
	static const struct {
		const char *a, *b;
	} same[] = {
	    {"K", "\u212a"},
	    {"s", "ſ"},
	    {"Å", "\u212b"},
	    {"ß", "ẞ"},
	    {"θ", "ϑ"},
	    {"Θ", "ϴ"},
	    {"µ", "μ"},
	    {"Σ", "ς"},
	    {"Ꭰ", "ꭰ"},
	    {"ა", "Ა"},
	    {"Ǆ", "ǆ"},
	    {"ǅ", "ǆ"},
	    {"в", "\u1c80"},
	    {"Ж", "ж"},
	    {"ALL of this", "all OF tHIS"},
	    {"0123456789@[`{XYZAZaz", "0123456789@[`{xyzazAZ"},
	};
	char x[256], y[256];
	uint32_t n, m;

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		n = fold_case(x, same[i].a, (uint32_t)strlen(same[i].a));
		m = fold_case(y, same[i].b, (uint32_t)strlen(same[i].b));
		if (n != m || memcmp(x, y, n) != 0)
			fail_msg("%s, %s", same[i].a, same[i].b);
	}
	n = fold_case(x, "手机卡 ＡＢ 가", 21);
	assert_true(n == 21 && memcmp(x, "手机卡 ａｂ 가", n) == 0);
}

static bool
caseless_matters(int32_t c)
{
	return !(c >= 0xd800 && c < 0xf900) && !(c >= 0x3400 && c < 0xa000) &&
	       !(c >= 0xac00 && c < 0xd7a4) && !(c >= 0x17000 && c < 0x1d000);
}

/* All characters that PCRE2 takes for c fold to the same. */
static uint32_t
check_equals(int32_t c, const char *all, size_t n)
{
	char pattern[16], x[64], y[64], raw[4];
	uint32_t pairs = 0, xn, yn;
	pcre2_match_data *m = pcre2_match_data_create(1, NULL);
	PCRE2_SIZE at = 0, *o = pcre2_get_ovector_pointer(m);
	pcre2_code *re;
	int error;

	snprintf(pattern, sizeof pattern, "\\x{%x}", (unsigned)c);
	re = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
	    PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS, &error, &at, NULL);
	assert_non_null(re);
	pcre2_jit_compile(re, PCRE2_JIT_COMPLETE);
	xn = fold_case(
	    x, raw, (uint32_t)utf8proc_encode_char(c, (uint8_t *)raw));
	for (at = 0; pcre2_match(re, (PCRE2_SPTR)all, n, at, PCRE2_NO_UTF_CHECK,
			 m, NULL) > 0;
	     at = o[1]) {
		pairs++;
		yn = fold_case(y, all + o[0], (uint32_t)(o[1] - o[0]));
		if (xn != yn || memcmp(x, y, xn) != 0)
			fail_msg("U+%04X and %.*s", (unsigned)c,
			    (int)(o[1] - o[0]), all + o[0]);
	}
	pcre2_match_data_free(m);
	pcre2_code_free(re);
	return pairs;
}

static void
test_caseless(void **state)
{
	static char all[1 << 20];
	char out[64];
	uint32_t pairs = 0, chars = 0;
	size_t n = 0;

	(void)state;
	for (int32_t c = 0x20; c < 0x110000; c++) {
		uint32_t len;

		if (c >= 0xd800 && c < 0xe000)
			continue;
		len = (uint32_t)utf8proc_encode_char(c, (uint8_t *)all + n);
		assert_true(fold_case(out, all + n, len) <= 3 * len);
		if (c < 0x20000 && caseless_matters(c))
			n += len;
	}
	for (int32_t c = 0x20; c < 0x20000; c++)
		if (caseless_matters(c)) {
			pairs += check_equals(c, all, n);
			chars++;
		}
	assert_true(pairs > chars + 2500);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_map),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_noise),
	    cmocka_unit_test(test_idempotent),
	    cmocka_unit_test(test_case),
	    cmocka_unit_test(test_caseless),
	};

	return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
