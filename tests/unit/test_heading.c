#include "heading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode.h"

static void
gives(const char *text, bool addresses, const char *want)
{
	struct buf out = BUF(1u << 20);

	heading_put(&out, "Name", text, strlen(text), addresses);
	buf_put(&out, "", 1);
	assert_string_equal(out.p, want);
	buf_free(&out);
}

static void
fields(void **state)
{
	(void)state;
	gives("", false, "Name:\n");
	gives("Moving day", false, "Name: Moving day\n");
	gives("a  b", false, "Name: a b\n");
	gives("Café", false, "Name: =?UTF-8?B?Q2Fmw6k=?=\n");
	gives("a Café and a Café", false,
	    "Name: a =?UTF-8?B?Q2Fmw6k=?= and a =?UTF-8?B?Q2Fmw6k=?=\n");
	gives("Café Café b", false, "Name: =?UTF-8?B?Q2Fmw6kgQ2Fmw6k=?= b\n");
	gives(
	    "=?UTF-8?Q?x?=", false, "Name: =?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?=\n");
	gives("Ann <a@b.example>", true, "Name: Ann <a@b.example>\n");
	gives("\"Café, The\" <a@b.example>", true,
	    "Name: =?UTF-8?B?Q2Fmw6ksIFRoZQ==?= <a@b.example>\n");
	gives("\"Shop, The\" <a@b.example>", true,
	    "Name: \"Shop, The\" <a@b.example>\n");
	gives("\"Shop <a@b.example>", true,
	    "Name: =?UTF-8?B?U2hvcCA8YUBiLmV4YW1wbGU+?=\n");
	gives("\"", true, "Name:\n");
	gives("Café<a@b.example>,c@d.example", true,
	    "Name: =?UTF-8?B?Q2Fmw6k=?= <a@b.example>,c@d.example\n");
}

/* Long text is folded, and a reader gets back what was written. */
static void
folds(void **state)
{
	static const char *const texts[] = {
	    "seven words that are long enough to be folded once or even more "
	    "often than that, as it may well be",
	    "会议时间调整的通知以及其他需要大家注意的若干事项和其他的消息一二三"
	    "四五六七八九十"
	    "会议时间调整的通知以及其他需要大家注意的若干事项和其他的消息"};
	struct arena *a = arena_new(1u << 20);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct buf out = BUF(1u << 20);
		struct header_text h;
		size_t line = 0;

		heading_put(&out, "Name", texts[i], strlen(texts[i]), false);
		for (size_t k = 0; k < out.len; k++) {
			line = out.p[k] == '\n' ? 0 : line + 1;
			assert_true(line <= 78);
		}
		decode_header(&h, a, NULL, out.p + 6, (uint32_t)out.len - 7, 0);
		assert_int_equal(h.utf8.len, strlen(texts[i]));
		assert_memory_equal(h.utf8.p, texts[i], h.utf8.len);
		buf_free(&out);
	}
	arena_free(a);
}

/* What has no blank is encoded before a line gets too long for mail. */
static void
long_words(void **state)
{
	char text[1600];
	size_t line = 0;

	(void)state;
	memset(text, 'x', sizeof text);
	for (int addresses = 0; addresses < 2; addresses++) {
		struct buf out = BUF(1u << 20);

		heading_put(&out, "Name", text, sizeof text, addresses);
		for (size_t i = 0; i < out.len; i++) {
			line = out.p[i] == '\n' ? 0 : line + 1;
			assert_true(line <= 78);
		}
		assert_true(out.len > sizeof text);
		buf_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields),
	    cmocka_unit_test(folds),
	    cmocka_unit_test(long_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
