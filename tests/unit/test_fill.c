#include "fill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "limits.h"
#include "width.h"

static void
gives(const char *p, uint32_t columns, const char *want)
{
	struct buf out = BUF(1u << 20);

	fill(&out, p, strlen(p), columns, "");
	buf_put(&out, "", 1);
	assert_string_equal(out.p, want);
	buf_free(&out);
}

static void
words(void **state)
{
	(void)state;
	gives("", 20, "\n");
	gives("[", 20, "[\n");
	gives("[1", 20, "[1\n");
	gives("> ", 20, ">\n");
	gives("the kettle is on the stove again", 20,
	    "the kettle is on the\nstove again\n");
	gives("the kettle is on top of the stove", 20,
	    "the kettle is on top\nof the stove\n");
	gives("blanks at the end of it     and more", 23,
	    "blanks at the end of it\nand more\n");
	gives("  indented text that goes on here", 24,
	    "  indented text that\n  goes on here\n");
	gives("anunusuallylongwordwithoutanyblank", 20,
	    "anunusuallylongwordw\nithoutanyblank\n");
}

static void
fronts(void **state)
{
	(void)state;
	gives("> > quoted text that goes on here and here", 30,
	    "> > quoted text that goes on\n> > here and here\n");
	gives(">> two levels of quoted text are here", 24,
	    ">> two levels of quoted\n>> text are here\n");
	gives("* an item of a list that is long", 22,
	    "* an item of a list\n  that is long\n");
	gives("12. an item of a list that is long", 22,
	    "12. an item of a list\n    that is long\n");
	gives("> - an item that somebody quotes here", 24,
	    "> - an item that\n>   somebody quotes here\n");
	gives(">>>>>>>>>>>>>>>>>>>> far too deep", 24,
	    ">>>>>>>>>>>>>>>>>>>> far\ntoo deep\n");
}

static void
han(void **state)
{
	(void)state;
	gives("今天的会议改到下午三点在二楼举行", 20,
	    "今天的会议改到下午三\n点在二楼举行\n");
	/* A sign that closes takes the character before it along. */
	gives("今天的会议改到下午三。点在二楼举行", 20,
	    "今天的会议改到下午\n三。点在二楼举行\n");
	gives("今天的会议改到下午「三点」在二楼", 20,
	    "今天的会议改到下午\n「三点」在二楼\n");
	gives("今天的会议改到在office举行吧", 20,
	    "今天的会议改到在\noffice举行吧\n");
	/* Korean has blanks. */
	gives("오늘 회의는 오후 세시로 옮겨졌습니다", 20,
	    "오늘 회의는 오후\n세시로 옮겨졌습니다\n");
	gives("e\xcc\x81t\xc3\xa9 e\xcc\x81t\xc3\xa9 e\xcc\x81t\xc3\xa9 "
	      "e\xcc\x81t\xc3\xa9 e\xcc\x81t\xc3\xa9",
	    19,
	    "e\xcc\x81t\xc3\xa9 e\xcc\x81t\xc3\xa9 e\xcc\x81t\xc3\xa9 "
	    "e\xcc\x81t\xc3\xa9 e\xcc\x81t\xc3\xa9\n");
}

static void
addresses(void **state)
{
	(void)state;
	gives("see https://news.example/a/long/one/here for more", 20,
	    "see\nhttps://news.example/a/long/one/here\nfor more\n");
	gives("见https://news.example/a/long/one/here这里有更多的消息和", 20,
	    "见\nhttps://news.example/a/long/one/here\n"
	    "这里有更多的消息和\n");
}

/* Whatever stands in it: no line is too long for mail, nothing is lost but
   blanks. */
static void
anything(void **state)
{
	static const char *const some[] = {"a", " ", "。", "会", "\xcc\x81",
	    "> ", "* ", "\u200d", "://", "「", "1. ", "\xf0\x9f\x98\x80"};
	unsigned seed = 7;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct buf in = BUF(1u << 20), out = BUF(1u << 20);
		size_t n = 0, m = 0, line = 0;

		for (int k = i % 20 == 0 ? 3000 : 60; k > 0; k--) {
			seed = seed * 1103515245u + 12345;
			buf_puts(&in,
			    some[(i % 40 == 0 ? seed >> 29 & 4 : seed >> 16) %
				 12]);
		}
		fill(&out, in.p, in.len, 20 + (uint32_t)i % 60, "  ");
		for (size_t k = 0; k < in.len; k++)
			n += strchr(" >", in.p[k]) == NULL;
		for (size_t k = 0; k < out.len; k++) {
			m += strchr(" >\n", out.p[k]) == NULL;
			line = out.p[k] == '\n' ? 0 : line + 1;
			assert_true(line <= 990);
		}
		assert_int_equal(n, m);
		buf_free(&in);
		buf_free(&out);
	}
}

static void
kept(void **state)
{
	struct buf out = BUF(1u << 20);
	char line[2000];

	(void)state;
	fill(&out, NULL, 0, 20, "");
	fill_kept(&out, NULL, 0, "");
	assert_int_equal(out.len, 2);
	out.len = 0;
	fill_kept(&out, "a  |  b", 7, "");
	assert_int_equal(out.len, 8);
	assert_memory_equal(out.p, "a  |  b\n", 8);
	out.len = 0;
	memset(line, 'x', sizeof line);
	fill_kept(&out, line, sizeof line, "");
	assert_int_equal(out.len, sizeof line + 3);
	buf_free(&out);
}

/* No line is too long for mail, whatever it begins with; and what has no blank
   takes no longer than what has. */
static void
hostile(void **state)
{
	enum { LONG = 2000000 };
	char *p = malloc(LONG);
	struct buf out = BUF(16u << 20);
	size_t line = 0;

	(void)state;
	memset(p, 'b', LONG);
	memset(p, '>', 280);
	memcpy(p + 280, " ftp://", 7);
	fill(&out, p, LONG, 300, "");
	for (size_t i = 0; i < out.len; i++) {
		line = out.p[i] == '\n' ? 0 : line + 1;
		assert_true(line <= LIMIT_MAIL_LINE);
	}
	out.len = 0;
	memset(p, 'b', LONG);
	alarm(20);
	fill(&out, p, LONG, 30, "");
	alarm(0);
	assert_int_equal(out.len, LONG + (LONG + 29) / 30);
	buf_free(&out);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words),
	    cmocka_unit_test(fronts),
	    cmocka_unit_test(han),
	    cmocka_unit_test(addresses),
	    cmocka_unit_test(anything),
	    cmocka_unit_test(kept),
	    cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
