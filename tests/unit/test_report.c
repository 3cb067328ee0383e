#include "report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode.h"
#include "judge.h"
#include "limits.h"

#define LEN(v) (sizeof(v) / sizeof((v)[0]))

/* Through a block of just that size, for ASan to watch. */
static struct buf
through(void (*f)(struct buf *, const char *, size_t), const char *p, size_t n)
{
	struct buf out = BUF(1u << 20);
	char *tight = malloc(n > 0 ? n : 1);

	assert_non_null(tight);
	memcpy(tight, p, n);
	f(&out, tight, n);
	free(tight);
	buf_put(&out, "", 1);
	assert_false(out.failed);
	return out;
}

static void
shown_n(const char *p, size_t n, const char *want)
{
	struct buf out = through(report_shown, p, n);

	if (strcmp(out.p, want) != 0)
		fail_msg("%.*s: got %s, want %s", (int)n, p, out.p, want);
	buf_free(&out);
}

static void
shown(const char *p, const char *want)
{
	shown_n(p, strlen(p), want);
}

static void
json(const char *p, size_t n, const char *want)
{
	struct buf out = through(report_json_string, p, n);

	if (strcmp(out.p, want) != 0)
		fail_msg("%.*s: got %s, want %s", (int)n, p, out.p, want);
	buf_free(&out);
}

/* ---- escapes ---- */

static void
plain_text(void **state)
{
	(void)state;
	shown("", "");
	shown("Tea at four, naïve 卡 😀 \"x\"", "Tea at four, naïve 卡 😀 \"x\"");
	json("a/b 卡 😀", 12, "a/b 卡 😀");
	json("\"\\", 2, "\\\"\\\\");
}

static void
controls(void **state)
{
	(void)state;
	shown("a\nb\tc\rd", "a\\nb\\tc\\rd");
	shown_n("\0\1\x1b[31m\x7f", 8, "\\x00\\x01\\x1b[31m\\x7f");
	shown("\xc2\x9b\x41\xc2\x85", "\\x9bA\\x85"); /* C1 */
	json("\0\n\x1b\x7f\xc2\x9b", 6, "\\u0000\\u000a\\u001b\\u007f\\u009b");
}

static void
bidi(void **state)
{
	static const uint32_t cp[] = {0x61c, 0x200e, 0x200f, 0x2028, 0x2029,
	    0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068,
	    0x2069, 0xfeff, 0xe0041, 0xe007f};

	(void)state;
	for (size_t i = 0; i < LEN(cp); i++) {
		char src[10] = {'a'}, want[20], js[40];
		unsigned n = decode_put_utf8(src + 1, cp[i]);

		src[1 + n] = 'b';
		snprintf(want, sizeof want, "a\\u{%x}b", cp[i]);
		shown_n(src, n + 2, want);
		if (cp[i] > 0xffff)
			snprintf(js, sizeof js, "a\\u%04x\\u%04xb",
			    0xd800 + ((cp[i] - 0x10000) >> 10),
			    0xdc00 + ((cp[i] - 0x10000) & 0x3ff));
		else
			snprintf(js, sizeof js, "a\\u%04xb", cp[i]);
		json(src, n + 2, js);
	}
}

static void
invalid_bytes(void **state)
{
	(void)state;
	shown_n("a\xff\x80z", 4, "a\\xff\\x80z");
	shown_n("\xe5\x8d", 2, "\\xe5\\x8d");                   /* cut off */
	shown_n("\xc0\xaf", 2, "\\xc0\\xaf");                   /* overlong */
	shown_n("\xed\xa0\x80", 3, "\\xed\\xa0\\x80");          /* surrogate */
	shown_n("\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80"); /* too high */
	json("a\xff", 2, "a\\ufffd");
	json("\xe5\x8d", 2, "\\ufffd\\ufffd");
}

/* Whatever goes in, what comes out is one line of valid UTF-8 without
   anything that moves the cursor. */
static void
any_bytes(void **state)
{
	uint32_t seed = 47;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char s[40];
		size_t n = (size_t)round % sizeof s;
		struct buf a, b;

		for (size_t i = 0; i < n; i++) {
			seed = seed * 1664525u + 1013904223u;
			s[i] = (char)(seed >> 20);
			if (seed % 3 == 0)
				s[i] = "\xe2\x80\xae\x1b\n\0\"\\"[seed % 8];
		}
		a = through(report_shown, s, n);
		b = through(report_json_string, s, n);
		assert_true(decode_utf8_valid(a.p, a.len));
		assert_true(decode_utf8_valid(b.p, b.len));
		for (size_t i = 0; i + 1 < a.len; i++)
			assert_true(
			    (unsigned char)a.p[i] >= ' ' && a.p[i] != 127);
		for (size_t i = 0; i + 1 < b.len; i++) {
			assert_true((unsigned char)b.p[i] >= ' ');
			if (b.p[i] == '\\') /* an escape, whole */
				assert_non_null(strchr("\"\\u", b.p[++i]));
			else
				assert_true(b.p[i] != '"');
		}
		assert_null(strstr(a.p, "\xe2\x80\xae"));
		assert_null(strstr(b.p, "\xe2\x80\xae"));
		buf_free(&a);
		buf_free(&b);
	}
}

/* ---- secrets ---- */

static void
activation_codes(void **state)
{
	(void)state;
	shown("scan LPA:1$rsp.example.com$K2-XY7 now",
	    "scan LPA:1$********************** now");
	shown("lpa:1$abc", "lpa:1$***");
	shown("LPA:1$a LPA:1$bc", "LPA:1$* LPA:1$**");
	shown("<a href=\"https://x.example/q?d=LPA%3A1%24smdp%24AB-9\">",
	    "<a href=\"https://x.example/q?d=LPA%3A1%24***********\">");
	shown("d=LPA:1%24smdp%24AB", "d=LPA:1%24*********");
	shown("d=LPA%3a1$smdp$AB&x=1", "d=LPA%3a1$*******&x=1");
	shown("LPA:1$", "LPA:1$");
	shown("LPA:2 is not one", "LPA:2 is not one");
	json("LPA:1$abc\"", 10, "LPA:1$***\\\"");
}

/* The digits `secret` must not be in what is shown. */
static void
masks(const char *text, const char *secret)
{
	struct buf out = through(report_shown, text, strlen(text));

	if (strstr(out.p, secret) != NULL)
		fail_msg("shown: %s", out.p);
	buf_free(&out);
}

static void
keeps(const char *text)
{
	shown(text, text);
}

static void
codes(void **state)
{
	(void)state;
	shown("Your code: 4821", "Your code: ****");
	shown("PIN 0417, PUK 12345678", "PIN ****, PUK ********");
	shown("OTP is 48-21-33.", "OTP is **-**-**.");
	shown("code 482 913", "code *** ***");
	shown("482913 is your code", "****** is your code");
	shown("password: 99887766", "password: ********");
	json("code 4821", 9, "code ****");
}

static void
codes_in_languages(void **state)
{
	static const char *const v[] = {"Tu código es 482913",
	    "Su clave: 482913", "Your one-time passcode 482913",
	    "Ваш код: 482913", "пароль 482913", "验证码482913，请勿泄露",
	    "驗證碼：482913", "校验码 482913", "密码：482913",
	    "認証コード：482913", "인증번호 [482913]", "Mã xác nhận: 482913",
	    "şifre: 482913", "رمز التحقق: 482913", "कोड 482913",
	    "Kode OTP: 482913", "Votre code est 482913",
	    "Ihr Code lautet 482913"};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		masks(v[i], "482913");
}

/* Words begin in upper case as well, in every script that has it. */
static void
codes_in_upper_case(void **state)
{
	static const char *const v[] = {"CODE: 482913", "Код: 482913",
	    "КОД 482913", "Пароль: 482913", "Şifre: 482913", "CÓDIGO: 482913",
	    "Código: 482913", "MÃ 482913"};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		masks(v[i], "482913");
}

/* The word may stand a sentence away from the digits. */
static void
codes_further_away(void **state)
{
	static const char *const v[] = {
	    "482913 is your Telegram verification code",
	    "G-482913 is your Google verification code.",
	    "482913 is your Facebook confirmation code",
	    "Use 482913 to finish signing in: this is your code",
	    "Ваш одноразовый код для входа в личный кабинет: 482913",
	    "Your verification code for signing in to the account is 482913"};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		masks(v[i], "482913");
}

/* Other digits near by do not make a code longer than codes are. */
static void
codes_beside_numbers(void **state)
{
	static const char *const v[] = {"Your code: 482913 2026-11-22 10:15",
	    "code 482913 12345678", "2026-11-22 10:15 code 482913",
	    "PIN 482913 0176 1234567", "code: 482913 - 0176-5551234"};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		masks(v[i], "482913");
}

static void
no_codes(void **state)
{
	static const char *const v[] = {"It is 2026 now.", "On 2026-11-22.",
	    "Monday, 2 November 2026", "1,299.00 USD", "¥1299", "costs 1299",
	    "Room 4021, ext. 5550", "call 400-820-8888", "since 1998",
	    "The office moves in 2026.", "order 88231", "ISO 8601", "code 12",
	    "code 123"};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		keeps(v[i]);
}

/* Short words are words of their own; long ones may end another. */
static void
words_in_words(void **state)
{
	(void)state;
	keeps("Shopping since 1998");
	keeps("Opinion, 2026");
	keeps("spinning wheels 4021");
	masks("Bestätigungscode: 482913", "482913");
	masks("Ihr Zugangscode ist 482913", "482913");
	masks("SIM-PIN: 4829", "4829");
	masks("PIN4829", "4829");
}

/* A stretch of a text: what is known by the words before it stays hidden. */
static void
parts_of_texts(void **state)
{
	static const char text[] = "scan LPA:1$smdp.example$AB-99 then [TG "
				   "@shop]; your code is 482913 today";
	size_t n = sizeof text - 1;

	(void)state;
	for (uint32_t from = 0; from <= n; from++) {
		struct buf out = BUF(1000), js = BUF(1000);
		struct span s = {from, (uint32_t)n};

		report_shown_part(&out, text, n, s);
		report_json_part(&js, text, n, s);
		buf_put(&out, "", 1);
		buf_put(&js, "", 1);
		assert_null(strstr(out.p, "99"));
		assert_null(strstr(out.p, "13"));
		assert_null(strstr(js.p, "99"));
		assert_null(strstr(js.p, "13"));
		buf_free(&out);
		buf_free(&js);
	}
}

/* ---- the added field ---- */

static struct rules rules;
static struct arena *arena;
static struct report_rule hit[200];

/* n rules with names of `len` characters, all hit. */
static struct report
with_rules(uint32_t n, int len)
{
	struct report r = {.verdict = VERDICT_PROMO,
	    .action = ACTION_CUT,
	    .score = 8.25,
	    .required = 5,
	    .category = 0,
	    .ncut = 5,
	    .rule = hit,
	    .nrule = n};

	arena_free(arena);
	arena = arena_new(16u << 20);
	rules_init(&rules, arena);
	rules.rule = arena_array(arena, n + 1, sizeof *rules.rule);
	rules.n = n + 1;
	for (uint32_t i = 0; i <= n; i++) {
		rules.rule[i].name =
		    arena_printf(arena, "R%0*u", len - 1, i + 1);
		rules.rule[i].category = "promo.telegram";
		rules.rule[i].file = "a \"b\".cf";
		rules.rule[i].line = i + 1;
		rules.rule[i].score = 1.5;
		hit[i] = (struct report_rule){i, 1, RULE_RAN};
	}
	return r;
}

static void
field_is(
    const struct report *r, const char *eol, const char *id, const char *want)
{
	struct buf out = BUF(1u << 20);

	report_field(&out, r, &rules, eol, id);
	buf_put(&out, "", 1);
	assert_false(out.failed);
	assert_string_equal(out.p, want);
	buf_free(&out);
}

static void
field(void **state)
{
	struct report r = with_rules(2, 6);

	(void)state;
	field_is(&r, "\n", "q7f3a",
	    "X-Simsift: verdict=promo; action=cut; category=promo.telegram; "
	    "score=8.2/5.0;\n cuts=5; rules=R00001,R00002; id=q7f3a\n");
	field_is(&r, "\r\n", NULL,
	    "X-Simsift: verdict=promo; action=cut; category=promo.telegram; "
	    "score=8.2/5.0;\r\n cuts=5; rules=R00001,R00002\r\n");
	r = (struct report){.category = UINT32_MAX, .required = 5};
	field_is(&r, "\n", NULL,
	    "X-Simsift: verdict=clean; action=pass; score=0.0/5.0\n");
}

/* A rule that was skipped did not count, and is not named. */
static void
skipped_rules(void **state)
{
	struct report r = with_rules(3, 6);

	(void)state;
	hit[0].state = RULE_SLOW;
	hit[2].state = RULE_BROKEN;
	r.ncut = 0;
	field_is(&r, "\n", NULL,
	    "X-Simsift: verdict=promo; action=cut; category=promo.telegram; "
	    "score=8.2/5.0;\n rules=R00002\n");
	hit[1].state = RULE_SLOW;
	field_is(&r, "\n", NULL,
	    "X-Simsift: verdict=promo; action=cut; category=promo.telegram; "
	    "score=8.2/5.0\n");
}

static void
more_than_twenty(void **state)
{
	static const uint32_t n[] = {20, 21, 100, 199};

	(void)state;
	for (size_t i = 0; i < LEN(n); i++) {
		struct report r = with_rules(n[i], 6);
		struct buf out = BUF(1u << 20);
		char more[20];

		report_status(&out, &r, &rules, "id1");
		buf_put(&out, "", 1);
		assert_non_null(strstr(out.p, "R00020"));
		assert_null(strstr(out.p, "R00021"));
		snprintf(more, sizeof more, "+%u; id=id1", n[i] - 20);
		if (n[i] > 20)
			assert_non_null(strstr(out.p, more));
		else
			assert_null(strchr(out.p, '+'));
		assert_null(strchr(out.p, '\n'));
		buf_free(&out);
	}
}

/* No line is longer than 78, and unfolded it is the status line. */
static void
folding(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 60; n++)
		for (int len = 2; len < 50; len += 3) {
			struct report r = with_rules(n, len);
			struct buf out = BUF(1u << 20);

			report_field(&out, &r, &rules, "\n", "0123abcd");
			for (size_t i = 0, at = 0; i < out.len; i++) {
				if (out.p[i] != '\n')
					continue;
				if (i - at > 78)
					fail_msg("%u rules: a line of %zu:\n"
						 "%.*s",
					    n, i - at, (int)out.len, out.p);
				if (at > 0)
					assert_int_equal(out.p[at], ' ');
				assert_true(i > at + 1);
				at = i + 1;
			}
			buf_free(&out);
		}
}

static void
json_object(void **state)
{
	struct report r = with_rules(2, 4);
	struct report_cut cut = {"1.2", {10, 30}, 7};
	struct buf out = BUF(1u << 20);

	(void)state;
	r.cut = &cut;
	r.ncut = 1;
	hit[1].state = RULE_SLOW;
	report_json(&out, &r, &rules);
	buf_put(&out, "", 1);
	assert_string_equal(out.p,
	    ",\"verdict\":\"promo\",\"category\":\"promo.telegram\","
	    "\"score\":8.25,\"action\":\"cut\",\"rules\":[{\"name\":\"R001\","
	    "\"score\":1.5,\"file\":\"a \\\"b\\\".cf\",\"line\":1}],"
	    "\"cuts\":[{\"part\":\"1.2\",\"offset\":10,\"length\":20}]");
	buf_free(&out);
	r = (struct report){.category = UINT32_MAX};
	report_json(&out, &r, &rules);
	buf_put(&out, "", 1);
	assert_string_equal(out.p,
	    ",\"verdict\":\"clean\",\"category\":null,\"score\":0,"
	    "\"action\":\"pass\",\"rules\":[],\"cuts\":[]");
	buf_free(&out);
	report_json_word(&out, NULL);
	report_json_word(&out, "a\"");
	buf_put(&out, "", 1);
	assert_string_equal(out.p, "null\"a\\\"\"");
	buf_free(&out);
}

static void
names(void **state)
{
	uint32_t all = 0xffffffff;
	int n = 0;

	(void)state;
	for (int i = 0; i <= VERDICT_ERROR; i++)
		assert_non_null(report_verdict_name(i));
	for (int i = 0; i < REFUSAL_MAX; i++)
		assert_non_null(report_refusal_name(i));
	while (report_warn_name(&all) != NULL)
		n++;
	assert_int_equal(n, 15);
	assert_int_equal(all, 0);
}

/* ---- what explain is given: no secret comes out of it ---- */

static void
hits_of_a_message(void **state)
{
	static const char mail[] =
	    "Subject: s\n\nYour code LPA:1$a-very-long-name-of-a-server."
	    "of-the-carrier.example.com$ABCDEF-GHIJKL-MNOPQR-STUVWX-XYZ-SECRET"
	    " and then [TG @shop88] and then 482913 is your code.\n";
	static const char text[] = "body TOKEN /\\[TG \\@shop88\\]/\n";
	struct settings set = {
	    .required_score = 5, .cut_max_percent = 40, .keep_min_percent = 33};
	struct charsets *cs = charsets_open(mail, sizeof mail - 1, NULL);
	struct report r;

	(void)state;
	arena_free(arena);
	arena = arena_new(LIMIT_ARENA);
	rules_init(&rules, arena);
	rules_load_text(&rules, "x.cf", text, sizeof text - 1);
	rules_finish(&rules);
	judge(&r, arena, &rules, &set,
	    &(struct judge_job){.p = mail,
		.len = sizeof mail - 1,
		.want = WANT_HITS,
		.charsets = cs,
		.time_ms = 3000,
		.only_cut = UINT32_MAX});
	assert_int_equal(r.nhit, 1);
	for (int way = 0; way < 2; way++) {
		const struct report_hit *h = &r.hit[0];
		struct buf out = BUF(1u << 20);

		if (way == 0)
			report_shown(&out, h->text, h->len);
		else
			report_json_string(&out, h->text, h->len);
		buf_put(&out, "", 1);
		assert_non_null(strstr(out.p, "[TG @shop88]"));
		if (strstr(out.p, "SECRET") != NULL)
			fail_msg("shown: %s", out.p);
		assert_null(strstr(out.p, "482913"));
		buf_free(&out);
	}
	rules_free(&rules);
	charsets_close(cs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_text),
	    cmocka_unit_test(controls),
	    cmocka_unit_test(bidi),
	    cmocka_unit_test(invalid_bytes),
	    cmocka_unit_test(any_bytes),
	    cmocka_unit_test(activation_codes),
	    cmocka_unit_test(codes),
	    cmocka_unit_test(codes_in_languages),
	    cmocka_unit_test(codes_in_upper_case),
	    cmocka_unit_test(codes_further_away),
	    cmocka_unit_test(codes_beside_numbers),
	    cmocka_unit_test(no_codes),
	    cmocka_unit_test(words_in_words),
	    cmocka_unit_test(parts_of_texts),
	    cmocka_unit_test(field),
	    cmocka_unit_test(skipped_rules),
	    cmocka_unit_test(more_than_twenty),
	    cmocka_unit_test(folding),
	    cmocka_unit_test(json_object),
	    cmocka_unit_test(names),
	    cmocka_unit_test(hits_of_a_message),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	arena_free(arena);
	return failed;
}
