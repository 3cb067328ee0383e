#include "lower.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "grow.h"
#include "limits.h"
#include "plan.h"

/*
 * Lines of quoted-printable that a cut joins: RFC 2045 6.7 (5) allows 76
 * columns, the = of a soft break among them.
 */
#define HEAD                                           \
	"Content-Type: text/plain; charset=us-ascii\n" \
	"Content-Transfer-Encoding: quoted-printable\n\n"

/* Each X, and each line end but the last. */
static struct spans
what_to_cut(struct arena *a, const struct text *t)
{
	struct spans cut = {0};

	for (uint32_t i = 0; i + 1 < t->len; i++)
		if (t->p[i] == 'X' || t->p[i] == '\n')
			grow_add(&cut, a, (struct span){i, i + 1});
	return cut;
}

static void
joined(const char *body, const char *want)
{
	struct buf in = BUF(1u << 16), out = BUF(1u << 16);
	struct arena *a = arena_new(LIMIT_ARENA);
	struct charsets *cs = charsets_open("", 0, NULL);
	struct tree tree;
	struct view view;
	struct plan plan;
	struct spans cut;

	buf_printf(&in, "%s%s", HEAD, body);
	mime_parse(&tree, a, in.p, (uint32_t)in.len);
	view_make(&view, a, &tree, cs);
	assert_int_equal(view.ndoc, 1);
	cut = what_to_cut(a, view_shown(&view.doc[0]));
	plan_given(&plan, a, &view, &cut);
	assert_int_equal(plan.refusal, REFUSAL_NONE);
	assert_int_equal(
	    edit_apply(&out, in.p, (uint32_t)in.len, plan.edit, plan.nedit), 0);
	buf_put(&out, "", 1);
	assert_string_equal(out.p + strlen(HEAD), want);
	charsets_close(cs);
	arena_free(a);
	buf_free(&in);
	buf_free(&out);
}

#define TEN(c) c c c c c c c c c c
#define SEVENTY(c) TEN(c) TEN(c) TEN(c) TEN(c) TEN(c) TEN(c) TEN(c)

static void
lines_with_room(void **state)
{
	(void)state;
	joined("aaa\nbbb\n", "aaabbb\n");
	joined(SEVENTY("a") "\nbbbbbb\n", SEVENTY("a") "bbbbbb\n");
	joined(SEVENTY("a") "aaaaa\n" SEVENTY("b") "\n",
	    SEVENTY("a") "aaaaa=\n" SEVENTY("b") "\n");
}

/* A full line has no room for a =: its last token goes to the next line, as
   far as that has room. */
static void
full_line(void **state)
{
	(void)state;
	joined(SEVENTY("a") "aaaaaz\nbbb\n", SEVENTY("a") "aaaaa=\nzbbb\n");
	joined(SEVENTY("a") "aaa=3D\nbbb\n", SEVENTY("a") "aaa=\n=3Dbbb\n");
	joined(SEVENTY("a") "aaaaaz\n" SEVENTY("b") "bbbbb\n",
	    SEVENTY("a") "aaaaa=\nz" SEVENTY("b") "bbbbb\n");
	joined(SEVENTY("a") "aaa=20\n" SEVENTY("b") "bbb\n",
	    SEVENTY("a") "aaa=\n=20" SEVENTY("b") "bbb\n");
}

static void
two_full_lines(void **state)
{
	(void)state;
	joined(SEVENTY("a") "aaaaaz\n" SEVENTY("b") "bbbbbb\n",
	    SEVENTY("a") "aaaaa=\nz=\n" SEVENTY("b") "bbbbbb\n");
	joined(SEVENTY("a") "aaa=20\n" SEVENTY("b") "bbbb\n",
	    SEVENTY("a") "aaa=\n=20=\n" SEVENTY("b") "bbbb\n");
	joined(SEVENTY("a") "aaa=20\n" SEVENTY("b") "bbbbb=\nc\n",
	    SEVENTY("a") "aaa=\n=20=\n" SEVENTY("b") "bbbbb=\nc\n");
}

/* Behind the rest of a line comes another cut, which may need a = too. */
static void
next_cut(void **state)
{
	(void)state;
	joined(SEVENTY("a") "aaaaaz\n" SEVENTY("b") "bbbbX\n" SEVENTY("c") "\n",
	    SEVENTY("a") "aaaaa=\nz" SEVENTY("b") "bbbb=\n" SEVENTY("c") "\n");
	joined(
	    SEVENTY("a") "aaaaaz\n" SEVENTY("b") "bbbbbX\n" SEVENTY("c") "\n",
	    SEVENTY("a") "aaaaa=\nz=\n" SEVENTY("b") "bbbbb=\n" SEVENTY(
		"c") "\n");
	joined(
	    SEVENTY("a") "aaaaaz\n" SEVENTY("b") "bbbbby\n" SEVENTY("c") "\n",
	    SEVENTY("a") "aaaaa=\nz=\n" SEVENTY("b") "bbbbb=\ny" SEVENTY(
		"c") "\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_with_room),
	    cmocka_unit_test(full_line),
	    cmocka_unit_test(two_full_lines),
	    cmocka_unit_test(next_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
