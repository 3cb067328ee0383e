#include "mask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define LEN(v) (sizeof(v) / sizeof((v)[0]))

/* In a block of just that size, for ASan to watch. */
static char *
masked(const char *text)
{
	size_t n = strlen(text);
	char *tight = malloc(n > 0 ? n : 1), *out = calloc(1, n + 1);

	assert_non_null(tight);
	assert_non_null(out);
	memcpy(tight, text, n);
	memcpy(out, text, n);
	mask_secrets(out, tight, n);
	free(tight);
	return out;
}

static void
gives(const char *text, const char *want)
{
	char *got = masked(text);

	if (strcmp(got, want) != 0)
		fail_msg("%s: got %s, want %s", text, got, want);
	free(got);
}

static void
hides(const char *text, const char *secret)
{
	char *got = masked(text);

	if (strstr(got, secret) != NULL)
		fail_msg("shown: %s", got);
	free(got);
}

static void
lpa(void **state)
{
	(void)state;
	gives("LPA:1$smdp.example$K2-XY7 now", "LPA:1$******************* now");
	gives("d=LPA%3A1%24smdp%24AB-9&x", "d=LPA%3A1%24***********&x");
	gives("data=LPA:1$a.example$B$$1\" alt",
	    "data=LPA:1$**************\" alt");
	gives("LPA:2$a", "LPA:2$a");
	/* A line end inside of it: a reader would put it together. */
	gives("LPA:1$a.example$\nK2-XY7\nnow", "LPA:1$**********\n******\nnow");
	gives("LPA:1$a.exam\r\n ple$K2 now", "LPA:1$******\r\n ****** now");
	gives("LPA:1$a.example$K2\nnow", "LPA:1$************\nnow");
	gives("LPA:1$a.example\nnow", "LPA:1$*********\nnow");
	/* As it is read, not as it is written. */
	hides("LPA :1$h.example$K2-XY7", "K2");
	hides("LPA : 1 $h.example$K2-XY7", "K2");
	hides("ＬＰＡ：１＄h.example＄K2-XY7", "K2");
	hides("L\u200bPA:\u20601\ufeff$h.example$K2-XY7", "K2");
	hides("LPA%253A1%2524h.example%2524K2-XY7", "K2");
	hides("lpa%2525253A1%24h.example%24K2-XY7", "K2");
	/* Without its LPA: */
	hides("scan 1$smdp.example$K2-XY7 now", "K2");
	hides("data=1%2524smdp.example%2524K2-XY7", "K2");
	gives("costs 1$ or 21$a.b$c", "costs 1$ or 21$a.b$c");
	gives("1$ and 2.5$ more", "1$ and 2.5$ more");
}

/* PUKs are numbers like any other; they stand near their word. */
static void
numbers(void **state)
{
	(void)state;
	hides("PUK: 12345678", "12345678");
	hides("PUK1 87654321", "87654321");
	hides("SIM-PIN 0417", "0417");
	hides("Your transfer PIN is 550182.", "550182");
	hides("ПИН-код: 4821", "4821");
	hides("Kennwort: 482913", "482913");
	hides("senha: 482913", "482913");
	hides("codice: 482913", "482913");
	hides("Kod PIN: 4821", "4821");
	hides("doğrulama kodu 482913", "482913");
	hides("授权码：482913", "482913");
	hides("確認コード 482913", "482913");
	hides("暗証番号は4821です", "4821");
	hides("비밀번호: 482913", "482913");
	hides("รหัส 482913", "482913");
	hides("ओटीपी 482913", "482913");
	hides("الرمز 482913", "482913");
	gives("room 4021", "room 4021");
	/* Digits of other scripts. */
	gives("验证码：４８２１", "验证码：************");
	gives("رمز ٤٨٢١", "رمز ********");
	gives("कोड ४८२१", "कोड ************");
	/* Blanks and hyphens that do not break. */
	hides("OTP 990\u00a0417", "417");
	hides("OTP 990\u202f417", "990");
	hides("code 48\u201121\u201133", "33");
	gives("部屋 ４８２１", "部屋 ４８２１");
	hides("code 12345678901", "901");
	hides("code: 48.21.33", "33");
	gives("code: 4 8 2 1 3 3", "code: * * * * * *");
	hides("PIN: 4\u200b8\u200b2\u200b1", "8");
	hides("code\u200b: 12\u200b3456", "56");
	hides("c\u200bode 4821", "4821");
	hides("Ｃｏｄｅ 4821", "4821");
	gives("4 8 2 1 3 3", "4 8 2 1 3 3");
}

/* Behind a word for it and a colon. */
static void
letters(void **state)
{
	(void)state;
	gives("your code: A7K-92X", "your code: ***-***");
	hides("验证码：a7k92x", "a7k");
	hides("Your code is:  A7\u200bK92X!", "92X");
	gives("code: none", "code: none");
	gives("ref: A7K-92X", "ref: A7K-92X");
}

/* Two megabytes of each: what is not linear takes minutes, and a word looked
   for round each number takes half of one. */
static void
long_texts(void **state)
{
	static const char *const piece[] = {"1234 5678 x\n", "code 1 ",
	    "1\u200b", "\u200b", "code:", "matchingid", "LPA ", "%25", "1$a",
	    "4.", "pin", "activation code ", "验", "codeA7:"};
	size_t room = 2u << 20;
	char *p = malloc(room), *out = malloc(room);
	clock_t start = clock();

	(void)state;
	assert_non_null(p);
	assert_non_null(out);
	for (size_t i = 0; i < LEN(piece); i++) {
		size_t len = strlen(piece[i]), n = 0;

		for (; n + len <= room; n += len)
			memcpy(p + n, piece[i], len);
		memcpy(out, p, n);
		mask_secrets(out, p, n);
	}
	free(p);
	free(out);
	assert_true((clock() - start) / CLOCKS_PER_SEC < 20);
}

static void
activation(void **state)
{
	static const char *const v[] = {"Activation code: K2XY-7788-QQ01",
	    "Activation Code is K2XY-7788-QQ01", "Matching ID K2XY-7788-QQ01",
	    "激活码：K2XY-7788-QQ01", "Aktivierungscode: K2XY-7788-QQ01",
	    "Код активации K2XY-7788-QQ01",
	    "código de activación: K2XY-7788-QQ01",
	    "アクティベーションコード：K2XY-7788-QQ01"};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		hides(v[i], "K2XY");
	gives("Activation code: K2XY-7788", "Activation code: ****-****");
	gives("an activation code comes with iPhone15",
	    "an activation code comes with iPhone15");
	gives("what an activation code is", "what an activation code is");
}

/* Whatever it is given, it writes asterisks only, and only inside. */
static void
any_bytes(void **state)
{
	static const char *const piece[] = {"LPA:1$", "code", "PIN", "4821",
	    "12345678", "-", " ", "激活码", "\xff", "\xe5", "@",
	    "telegram.dog/", "QQ", "abc", "X9-Y8Z7", "activation code", "\n",
	    ".", ":", "1$a.b$c", "\u200b", "％24", "%2524", "＄", "１"};
	uint32_t seed = 5;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char s[200] = "", *got;
		struct buf out = BUF(4096);
		size_t n;

		for (int i = 0; i < 8; i++) {
			seed = seed * 1664525u + 1013904223u;
			strcat(s, piece[(seed >> 16) % LEN(piece)]);
		}
		n = strlen(s);
		got = masked(s);
		for (size_t i = 0; i < n; i++)
			assert_true(got[i] == s[i] || got[i] == '*');
		for (uint32_t from = 0; from <= n; from += 7)
			mask_handles(
			    &out, got, n, (struct span){from, (uint32_t)n});
		assert_false(out.failed);
		buf_free(&out);
		free(got);
	}
}

static void
shortened(const char *text, const char *want)
{
	struct buf out = BUF(4096);
	size_t n = strlen(text);
	char *tight = malloc(n > 0 ? n : 1);

	memcpy(tight, text, n);
	mask_handles(&out, tight, n, (struct span){0, (uint32_t)n});
	free(tight);
	buf_put(&out, "", 1);
	if (strcmp(out.p, want) != 0)
		fail_msg("%s: got %s, want %s", text, out.p, want);
	buf_free(&out);
}

static void
handles(void **state)
{
	(void)state;
	shortened("【TG客服@eshop88】", "【TG客服@e…88】");
	shortened("[TG @shop88](https://t.me/s/shop88)",
	    "[TG @s…88](hxxps://t[.]me/s/s…88)");
	shortened("TG@shop88 now", "TG@s…88 now");
	shortened("＠shop88", "＠s…88");
	shortened("@abc", "@a…");
	shortened("@ab", "@ab");
	shortened("https://t.me/+AbCd12345", "hxxps://t[.]me/+A…45");
	shortened(
	    "https://t.me/joinchat/AbCd12345", "hxxps://t[.]me/joinchat/A…45");
	shortened("wa.me/8613800138000", "wa[.]me/8…00");
	shortened("微信：sim88899", "微信：s…99");
	shortened("http://x.example/ www.y.example",
	    "hxxp://x.example/ www[.]y.example");
	shortened("QQ 123456789", "QQ 1…89");
	shortened("WhatsApp +86 138 0013 8000 ask", "WhatsApp +8…00 ask");
}

static void
no_handles(void **state)
{
	static const char *const v[] = {"\"Sales\" <a@x.example>",
	    "write to ann.b@news.example.", "QQ is a messenger",
	    "Telegram channels", "at 4 @ the hall", "微信支付", "tg 12", "",
	    "@", "telegram.dog/", "the weight", "BigQQ 123456"};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		shortened(v[i], v[i]);
}

/* A handle of which a part is shown is shortened all the same. */
static void
parts_of_handles(void **state)
{
	static const char text[] = "ask @eshop88 now";

	(void)state;
	for (uint32_t from = 0; from < sizeof text - 1; from++)
		for (uint32_t to = from; to < sizeof text; to++) {
			struct buf out = BUF(4096);

			mask_handles(&out, text, sizeof text - 1,
			    (struct span){from, to});
			buf_put(&out, "", 1);
			assert_null(strstr(out.p, "sho"));
			buf_free(&out);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lpa),
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(letters),
	    cmocka_unit_test(activation),
	    cmocka_unit_test(long_texts),
	    cmocka_unit_test(any_bytes),
	    cmocka_unit_test(handles),
	    cmocka_unit_test(no_handles),
	    cmocka_unit_test(parts_of_handles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
