#include "plan.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "judge.h"
#include "limits.h"

#define LEN(v) (sizeof(v) / sizeof((v)[0]))

/*
 * Random HTML, well-formed or not, with what a rule finds in tags, attributes
 * and comments: what is cut shows the same words and has the same links, and
 * is clean.
 */
#define MAILS 10000
#define FOUND "shop88"

static const char *const pieces[] = {"<p>", "</p>", "<div>", "</div>", "<b>",
    "</b>", "tea ", "four ", "plan ", " ", "\n", FOUND, " " FOUND " ", "<!--",
    "-->", "<!-- " FOUND " -->", "<!---->", "<!-->", "--!>", "<!--[if mso]>",
    "<![endif]-->", "<script>", "</script>", "<style>", "</style>", "<pre>",
    "</pre>", "<code>", "</code>", "<blockquote>", "</blockquote>", "<a ",
    "</a>", "<a href=\"https://news.example/plan\">",
    "<a href=x title=" FOUND ">", "<img alt=" FOUND " src=a.png>",
    "<img src='b.png' alt='a " FOUND " b'>", "<img src=" FOUND ">",
    "<b title=", "<b title=\"", "<i title='", "\"", "'", "=", ">", "/>", "/",
    "<", "</", "</p title=" FOUND ">", "&amp;", "&lt;", "<br>", "<hr>",
    "<table><tr><td>", "</td></tr></table>", "<li>", "<ul>", "</ul>",
    "<textarea>", "</textarea>", "<title>", "</title>", "<?", "<!", "<![CDATA[",
    "]]>", "alt=" FOUND, " title=\"" FOUND "\"", " href=" FOUND,
    "content=" FOUND "\"", "<span style=\"display:none\">", "</span>",
    "\xc3\xa9", "\xe4\xb8\xad"};

static struct config config;

static void
load(void)
{
	static const char rules[] =
	    "rawbody TOKEN /" FOUND "/\nscore TOKEN 5\nifplugin Simsift\n"
	    "category TOKEN promo.telegram\ncut TOKEN match\n"
	    "action promo cut\nendif\n";
	char name[] = "/tmp/test-plan-markup-XXXXXX";
	const char *file = name;
	int fd = mkstemp(name);
	struct err err;

	assert_true(fd != -1);
	assert_int_equal(write(fd, rules, sizeof rules - 1), sizeof rules - 1);
	close(fd);
	assert_int_equal(
	    conf_open(&config,
		&(struct conf_sources){.file = &file, .nfile = 1}, &err),
	    0);
	unlink(name);
}

static struct report
judged(struct arena *a, const char *p, size_t n, struct buf *out)
{
	struct charsets *cs = charsets_open(p, n, NULL);
	struct report r;

	judge(&r, a, &config.rules, &config.settings,
	    &(struct judge_job){.p = p,
		.len = (uint32_t)n,
		.charsets = cs,
		.time_ms = 3000,
		.only_cut = UINT32_MAX});
	charsets_close(cs);
	if (edit_check(p, (uint32_t)n, r.edit, r.nedit, LIMIT_KEEP) == NULL)
		assert_int_equal(
		    edit_apply(out, p, (uint32_t)n, r.edit, r.nedit), 0);
	return r;
}

/* Letters of a text without what was looked for. */
static void
words(struct text *out, const char *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (n - i >= 6 && memcmp(p + i, FOUND, 6) == 0)
			i += 5;
		else if (isalnum((unsigned char)p[i]) || (p[i] & 0x80))
			text_copy(out, p + i, 1, i);
	}
}

/* What a reader sees: words, and the links that show some, but for those whose
   address has what was looked for. */
static char *
seen(struct arena *a, const char *mail, size_t n)
{
	const char *body = memmem(mail, n, "\n\n", 2);
	struct text out = TEXT(a);
	struct html h;

	assert_non_null(body);
	html_render(&h, a, body + 2, (uint32_t)(mail + n - body - 2));
	words(&out, h.text.p, h.text.len);
	for (uint32_t i = 0; i < h.nlink; i++) {
		const struct html_link *l = &h.link[i];
		const struct html_elem *e = &h.elem[l->elem];
		struct text shown = TEXT(a);

		words(&shown, h.text.p + e->shown.from,
		    e->shown.to - e->shown.from);
		if (e->tag != HTML_A || shown.len == 0 ||
		    memmem(l->url, l->url_len, FOUND, 6) != NULL)
			continue;
		text_copy(&out, "\n", 1, 0);
		text_copy(&out, l->url, l->url_len, 0);
	}
	text_copy(&out, "", 1, 0);
	return out.p;
}

static void
make(struct buf *mail)
{
	int n = 1 + rand() % 24;

	buf_put(mail, "Content-Type: text/html; charset=utf-8\n\n", 40);
	for (int i = 0; i < 6; i++)
		buf_put(mail, "<p>The office moves next week.</p>\n", 35);
	while (n-- > 0) {
		const char *s = pieces[(size_t)rand() % LEN(pieces)];

		/* A letter stays there, so that no tag begins. */
		if (*s == *FOUND && mail->p[mail->len - 1] == '<')
			continue;
		buf_put(mail, s, strlen(s));
	}
}

static void
the_rest_stays(void **state)
{
	unsigned cut = 0;

	(void)state;
	load();
	srand(1);
	for (int i = 0; i < MAILS; i++) {
		struct buf mail = BUF(1u << 20), once = BUF(1u << 20);
		struct buf twice = BUF(1u << 20);
		struct arena *a = arena_new(LIMIT_ARENA);
		struct report r;

		make(&mail);
		r = judged(a, mail.p, mail.len, &once);
		if (r.action == ACTION_CUT) {
			char *was = seen(a, mail.p, mail.len);
			char *is = seen(a, once.p, once.len);

			cut++;
			if (strcmp(was, is) != 0)
				fail_msg(
				    "mail %d: %s\n %.*s\nbecame: %s\n%.*s\n", i,
				    was, (int)mail.len - 251, mail.p + 251, is,
				    (int)once.len, once.p);
			r = judged(a, once.p, once.len, &twice);
			assert_int_equal(r.verdict, VERDICT_CLEAN);
			assert_int_equal(r.nedit, 0);
		}
		arena_free(a);
		buf_free(&mail);
		buf_free(&once);
		buf_free(&twice);
	}
	conf_close(&config);
	assert_true(cut > MAILS / 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_rest_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
