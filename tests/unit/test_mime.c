#include "mime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "limits.h"

#define LEN(v) (sizeof(v) / sizeof((v)[0]))

static struct arena *arena;
static struct tree tree;
static char *copy; /* ends where malloc's block ends, for ASan to watch */

/* ---- what must hold for any input ---- */

static void
check_part(uint32_t i)
{
	const struct part *q = &tree.part[i], *up;
	const struct mime_source *s = &tree.source[q->source];
	uint32_t children = 0;

	assert_true(q->head.from <= q->head.to);
	assert_int_equal(q->head.to, q->body.from);
	assert_true(q->body.from <= q->body.to && q->body.to <= s->len);
	assert_non_null(q->type);
	assert_non_null(q->path);
	for (uint32_t k = i + 1; k < tree.n; k++)
		children += tree.part[k].parent == i;
	if (q->kind == PART_MULTIPART)
		assert_int_equal(children, q->children);
	if (q->parent == NO_PART) {
		/* The message, or the message read another way. */
		assert_true(i == 0 || s->last_wins);
		assert_int_equal(q->depth, 0);
		return;
	}
	up = &tree.part[q->parent];
	assert_true(q->parent < i);
	assert_int_equal(q->depth, up->depth + 1);
	if (q->source == up->source) {
		assert_true(up->body.from <= q->head.from);
		assert_true(
		    q->body.to <= up->body.to || q->body.to == q->body.from);
	} else {
		assert_int_equal(q->source, up->opened);
	}
	if (tree.part[i - 1].parent == q->parent &&
	    tree.part[i - 1].source == q->source)
		assert_true(tree.part[i - 1].body.to <= q->head.from);
}

static void
parse_n(const char *p, size_t n)
{
	free(copy);
	arena_free(arena);
	arena = arena_new(512u << 20);
	copy = malloc(n > 0 ? n : 1);
	assert_non_null(arena);
	assert_non_null(copy);
	memcpy(copy, p, n);
	mime_parse(&tree, arena, copy, (uint32_t)n);
	assert_true(tree.n > 0 && tree.n <= LIMIT_PARTS);
	for (uint32_t i = 0; i < tree.n && i < 300; i++)
		check_part(i);
}

static void
parse(const char *s)
{
	parse_n(s, strlen(s));
}

/* ---- trees in words ---- */

/* A line a part: path, type, letters, and the body of a leaf in braces. */
static void
put_part(struct buf *out, const struct part *q)
{
	const char *p = tree.source[q->source].p;

	buf_printf(out, "%s %s%s%s%s%s%s", q->path, q->type,
	    q->lost ? " lost" : "", q->sealed ? " sealed" : "",
	    q->attachment ? " attached" : "", q->flowed ? " flowed" : "",
	    q->delsp ? " delsp" : "");
	buf_puts(out, q->cte == CTE_QP       ? " qp"
		      : q->cte == CTE_BASE64 ? " b64"
					     : "");
	if (q->charset != NULL)
		buf_printf(out, " %s", q->charset);
	if (q->kind == PART_LEAF) {
		buf_puts(out, " {");
		buf_put(out, p + q->body.from, q->body.to - q->body.from);
		buf_puts(out, "}");
	}
	buf_puts(out, "\n");
}

static void
same(const struct buf *got, const char *want, const char *of)
{
	if (got->len != strlen(want) || memcmp(got->p, want, got->len) != 0)
		fail_msg("%s\ngot:\n%.*s\nwant:\n%s", of, (int)got->len, got->p,
		    want);
}

enum sound { ODD, SOUND, EITHER };

static void
splits(const char *src, enum sound sound, const char *want)
{
	struct buf out = BUF(1u << 20);

	parse_n(src, strlen(src));
	for (uint32_t i = 0; i < tree.n; i++)
		put_part(&out, &tree.part[i]);
	same(&out, want, src);
	buf_free(&out);
	assert_false(tree.refused);
	assert_false(tree.limited);
	if (sound != EITHER && tree.odd != (sound == ODD))
		fail_msg("%s\nodd is %d", src, tree.odd);
}

/* The same with CRLF; offsets are other ones, the tree is the same. */
static void
with_crlf(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\n')
			buf_puts(out, "\r");
		buf_put(out, s, 1);
	}
	buf_put(out, "", 1);
}

static void
splits_both(const char *src, enum sound sound, const char *want)
{
	struct buf a = BUF(1u << 20), b = BUF(1u << 20);

	splits(src, sound, want);
	with_crlf(&a, src);
	/* Lines of a tree end in LF, those of bodies in CRLF. */
	for (const char *s = want; *s != '\0'; s++) {
		bool inside = false;

		for (const char *k = s; k > want && *k != '}'; k--)
			inside |= *k == '{';
		if (*s == '\n' && inside)
			buf_puts(&b, "\r");
		buf_put(&b, s, 1);
	}
	buf_put(&b, "", 1);
	splits(a.p, sound, b.p);
	buf_free(&a);
	buf_free(&b);
}

#define MIXED "Content-Type: multipart/mixed; boundary=b1\n\n"

static void
well_formed(void **state)
{
	(void)state;
	splits("", SOUND, "1 text/plain {}\n");
	splits_both("A: b\n\none\ntwo", SOUND, "1 text/plain {one\ntwo}\n");
	splits_both("A: b\n\n", SOUND, "1 text/plain {}\n");
	splits_both(
	    "Subject: s\nContent-Type: TEXT/Html; charset=\"UTF-8\"\n\n<p>\n",
	    SOUND, "1 text/html UTF-8 {<p>\n}\n");
	/* preamble, epilogue, a line that only looks like a delimiter */
	splits_both(MIXED "preamble\n--b1\n\none\n\n--b1\nContent-Type: "
			  "text/html\n\ntwo\n- \n-- \n--\n--b1--\nepilogue\n",
	    SOUND,
	    "1 multipart/mixed\n1.1 text/plain {one\n}\n"
	    "1.2 text/html {two\n- \n-- \n--}\n");
	/* transport padding */
	splits_both(MIXED "--b1 \t\n\none\n--b1   \n\ntwo\n--b1--  \n", SOUND,
	    "1 multipart/mixed\n1.1 text/plain {one}\n1.2 text/plain {two}\n");
	/* no final newline; nothing behind the last delimiter */
	splits_both(MIXED "--b1\n\none\n--b1--", SOUND,
	    "1 multipart/mixed\n1.1 text/plain {one}\n");
	/* no closing delimiter, and no trap in it */
	splits_both(MIXED "--b1\n\none\n--b1\n\ntwo\n", EITHER,
	    "1 multipart/mixed\n1.1 text/plain {one}\n"
	    "1.2 text/plain {two\n}\n");
	/* an empty body */
	splits_both(MIXED "--b1\nA: b\n\n\n--b1\nC: d\n\n--b1--\n", SOUND,
	    "1 multipart/mixed\n1.1 text/plain {}\n1.2 text/plain {}\n");
}

static void
mixed_line_ends(void **state)
{
	(void)state;
	splits("Content-Type: multipart/mixed; boundary=b1\r\n\n--b1\r\n"
	       "\r\none\n--b1\n\ntwo\r\n--b1--\r\n",
	    SOUND,
	    "1 multipart/mixed\n1.1 text/plain {one}\n"
	    "1.2 text/plain {two}\n");
}

static void
nul_bytes(void **state)
{
	static const char src[] = MIXED "--b1\n\no\0ne\n--b1\n\ntwo\n--b1--\n";

	(void)state;
	parse_n(src, sizeof src - 1);
	assert_int_equal(tree.n, 3);
	assert_false(tree.odd);
	assert_memory_equal(copy + tree.part[1].body.from, "o\0ne", 4);
	assert_int_equal(tree.part[1].body.to - tree.part[1].body.from, 4);
}

static void
nested(void **state)
{
	(void)state;
	splits_both(MIXED
	    "--b1\nContent-Type: multipart/alternative; boundary=\"b 2\"\n\n"
	    "--b 2\n\nplain\n--b 2\nContent-Type: text/html\n\n<p>\n--b 2--\n"
	    "\n--b1\nContent-Type: image/png\nContent-Disposition: "
	    "attachment;\n filename=x.png\nContent-Transfer-Encoding: base64\n"
	    "\nAAAA\n--b1--\n",
	    SOUND,
	    "1 multipart/mixed\n1.1 multipart/alternative\n"
	    "1.1.1 text/plain {plain}\n1.1.2 text/html {<p>}\n"
	    "1.2 image/png attached b64 {AAAA}\n");
	/* the inner one is not closed: the outer delimiter ends it */
	splits_both(MIXED
	    "--b1\nContent-Type: multipart/mixed; boundary=b2\n\n--b2\n\nin\n"
	    "--b1\n\nout\n--b1--\n",
	    SOUND,
	    "1 multipart/mixed\n1.1 multipart/mixed\n1.1.1 text/plain {in}\n"
	    "1.2 text/plain {out}\n");
}

static void
messages(void **state)
{
	(void)state;
	/* default type of multipart/digest (RFC 2046 5.1.5) */
	splits_both(
	    "Content-Type: multipart/digest; boundary=b1\n\n--b1\n\n"
	    "Subject: one\n\nfirst\n--b1\nContent-Type: text/plain\n\nsecond\n"
	    "--b1--\n",
	    SOUND,
	    "1 multipart/digest\n1.1 message/rfc822\n"
	    "1.1.1 text/plain {first}\n1.2 text/plain {second}\n");
	splits_both(
	    "Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\n"
	    "Subject: x\n\ndeep\n",
	    SOUND,
	    "1 message/rfc822\n1.1 message/rfc822\n1.1.1 text/plain "
	    "{deep\n}\n");
	/* a message that is a multipart ends where its part ends */
	splits_both(MIXED
	    "--b1\nContent-Type: message/rfc822\n\nContent-Type: "
	    "multipart/mixed; boundary=b2\n\n--b2\n\nin\n--b2--\ntail\n"
	    "--b1\n\nout\n--b1--\n",
	    SOUND,
	    "1 multipart/mixed\n1.1 message/rfc822\n1.1.1 multipart/mixed\n"
	    "1.1.1.1 text/plain {in}\n1.2 text/plain {out}\n");
}

/* The usual form: no header of the part's own, a Content-Type in the entry's
   (libetpan skips the empty line and takes that one for the part's). */
static void
digest_entries(void **state)
{
	(void)state;
	splits_both("Content-Type: multipart/digest; boundary=b1\n\n--b1\n\n"
		    "From: ann\nContent-Type: text/plain; charset=utf-8\n\n"
		    "first\n--b1\n\nFrom: bob\nContent-Type: text/html\n\n"
		    "second\n--b1--\n",
	    SOUND,
	    "1 multipart/digest\n1.1 message/rfc822\n"
	    "1.1.1 text/plain utf-8 {first}\n1.2 message/rfc822\n"
	    "1.2.1 text/html {second}\n");
}

static void
encoded_messages(void **state)
{
	const struct part *q;

	(void)state;
	/* "Subject: hi\n\nhello\n" */
	splits("Content-Type: message/rfc822\nContent-Transfer-Encoding: "
	       "base64\n\nU3ViamVjdDogaGkKCmhlbGxvCg==\n",
	    SOUND, "1 message/rfc822 b64\n1.1 text/plain {hello\n}\n");
	assert_int_equal(tree.nsource, 2);
	assert_int_equal(tree.part[0].opened, 1);
	assert_int_equal(tree.part[1].source, 1);
	assert_int_equal(tree.source[1].part, 0);
	assert_memory_equal(tree.source[1].p, "Subject: hi\n\nhello\n", 19);
	/* its map leads back to the bytes of the message */
	q = &tree.part[1];
	{
		struct span raw =
		    map_cover(&tree.source[1].content->map, q->body, NULL);

		assert_memory_equal(copy + raw.from, "CmhlbGxvCg==", 12);
		assert_int_equal(raw.to - raw.from, 12);
	}
	splits("Content-Type: message/rfc822\nContent-Transfer-Encoding: "
	       "quoted-printable\n\nContent-Type: text/html=3B charset=3Dx\n\n"
	       "=3Cp=3E\n",
	    SOUND, "1 message/rfc822 qp\n1.1 text/html x {<p>\n}\n");
	/* two of them, each with a source of its own */
	splits(MIXED "--b1\nContent-Type: message/rfc822\n"
		     "Content-Transfer-Encoding: base64\n\nQTogYgoKb25l\n"
		     "--b1\nContent-Type: message/rfc822\n"
		     "Content-Transfer-Encoding: base64\n\nQTogYgoKdHdv\n"
		     "--b1--\n",
	    SOUND,
	    "1 multipart/mixed\n1.1 message/rfc822 b64\n"
	    "1.2 message/rfc822 b64\n1.1.1 text/plain {one}\n"
	    "1.2.1 text/plain {two}\n");
	/* nothing in it */
	splits("Content-Type: message/rfc822\nContent-Transfer-Encoding: "
	       "base64\n\n",
	    SOUND, "1 message/rfc822 b64\n1.1 text/plain {}\n");
}

static void
put_base64(struct buf *out, const char *p, size_t n)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		unsigned char c[3] = {0};
		uint32_t v;

		memcpy(c, p + i, n - i < 3 ? n - i : 3);
		v = (uint32_t)c[0] << 16 | (uint32_t)c[1] << 8 | c[2];
		for (unsigned k = 0; k < 4; k++)
			buf_put(out,
			    n - i < k ? "=" : &digit[v >> (18 - 6 * k) & 63],
			    1);
		if (i % 54 == 51)
			buf_puts(out, "\n");
	}
	buf_puts(out, "\n");
}

static void
encoded_in_encoded(void **state)
{
	struct buf in = BUF(1u << 20), out = BUF(1u << 20);

	(void)state;
	buf_puts(&in, "Subject: deepest\n\ntext\n");
	for (uint32_t level = 1; level <= LIMIT_OPENED + 2; level++) {
		out.len = 0;
		buf_puts(&out, "Content-Type: message/rfc822\n"
			       "Content-Transfer-Encoding: base64\n\n");
		put_base64(&out, in.p, in.len);
		parse_n(out.p, out.len);
		assert_int_equal(tree.limited, level > LIMIT_OPENED);
		assert_int_equal(tree.nsource,
		    1 + (level > LIMIT_OPENED ? LIMIT_OPENED : level));
		in.len = 0;
		buf_put(&in, out.p, out.len);
	}
	buf_free(&in);
	buf_free(&out);
}

/* ---- FACTS 1: where readers differ ---- */

static void
tail_behind_a_dash(void **state)
{
	(void)state;
	splits_both(
	    MIXED "--b1\n\none\n--b1\n\nshown\n-- \nits end\n- x\nlast\n", ODD,
	    "1 multipart/mixed\n1.1 text/plain {one}\n"
	    "1.2 text/plain {shown\n-- \nits end\n- x\nlast\n}\n");
}

static void
part_of_no_bytes(void **state)
{
	(void)state;
	splits_both(MIXED "--b1\n--b1\nContent-Transfer-Encoding: base64\n\n"
			  "aGk=\n--b1--\n",
	    ODD,
	    "1 multipart/mixed\n1.1 text/plain {}\n"
	    "1.2 text/plain b64 {aGk=}\n");
	splits(MIXED "--b1\n\none\n--b1\n\n--b1\nContent-Type: text/html\n\n"
		     "two\n--b1--\n",
	    ODD,
	    "1 multipart/mixed\n1.1 text/plain {one}\n1.2 text/plain {}\n"
	    "1.3 text/html {two}\n");
	splits_both(MIXED "--b1\n--b1--\n", ODD,
	    "1 multipart/mixed\n1.1 text/plain {}\n");
}

static void
delimiters_out_of_place(void **state)
{
	(void)state;
	/* in the epilogue */
	splits_both(MIXED "--b1\n\none\n--b1--\n\n--b1\n\nepilogue\n", ODD,
	    "1 multipart/mixed\n1.1 text/plain {one}\n");
	splits_both(MIXED "--b1\n\none\n--b1--\n--b1--\n", EITHER,
	    "1 multipart/mixed\n1.1 text/plain {one}\n");
	/* not at a line's start */
	splits_both(MIXED "x--b1\n\nno part\n--b1\n\none\n--b1--\n", EITHER,
	    "1 multipart/mixed\n1.1 text/plain {one}\n");
	/* a longer word */
	splits_both(MIXED "--b1\n\none\n--b1x\ntwo\n--b1--\n", EITHER,
	    "1 multipart/mixed\n1.1 text/plain {one\n--b1x\ntwo}\n");
	splits_both(MIXED "--b1\n\none\n--b1--x\ntwo\n--b1--\n", EITHER,
	    "1 multipart/mixed\n1.1 text/plain {one\n--b1--x\ntwo}\n");
	/* the delimiter of the outer one inside the inner one's text */
	splits_both(MIXED
	    "--b1\nContent-Type: multipart/mixed; boundary=b1\n\n--b1\n\nin\n"
	    "--b1--\n--b1--\n",
	    EITHER,
	    "1 multipart/mixed\n1.1 multipart/mixed\n"
	    "1.1.1 text/plain {in}\n");
}

/* The boundary never comes: text for every reader. */
static void
never_there(void **state)
{
	(void)state;
	splits_both(MIXED "no delimiter at all\nhere\n", SOUND,
	    "1 multipart/mixed lost {no delimiter at all\nhere\n}\n");
	splits_both(MIXED, SOUND, "1 multipart/mixed lost {}\n");
	splits_both("Content-Type: multipart/mixed\n\n--b1\n\none\n", SOUND,
	    "1 multipart/mixed lost {--b1\n\none\n}\n");
	splits_both("Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\none",
	    EITHER, "1 multipart/mixed lost {--\n\none}\n");
}

static void
boundary_hard_to_read(void **state)
{
	static const struct {
		const char *type, *line;
	} v[] = {{"; ; boundary=b1;", "b1"},
	    {"; boundary*0=b; boundary*1=1", "b1"},
	    {"; boundary*=us-ascii'en'b%31", "b1"}, {"; x=y boundary=b1", "b1"},
	    {"; boundary==_x:y/z", "=_x:y/z"}, {"; boundary=a:b", "a:b"},
	    {"; boundary=a/b", "a/b"}, {"; boundary=\"b1", "b1"},
	    {" boundary=b1", NULL}};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		char src[300];
		bool cut = v[i].line == NULL;

		snprintf(src, sizeof src,
		    "Content-Type: multipart/mixed%s\n\n--%s\n\none\n--%s--\n",
		    v[i].type, cut ? "b1" : v[i].line, cut ? "b1" : v[i].line);
		splits(
		    src, EITHER, "1 multipart/mixed\n1.1 text/plain {one}\n");
	}
	/* What libetpan dies of. */
	parse("Content-Type: multipart/mixed; boundary=\"\\\"\"\n\n--\"\n\none"
	      "\n--\"--\n");
	assert_int_equal(tree.n, 2);
	assert_int_equal(tree.part[1].body.to - tree.part[1].body.from, 3);
}

static void
boundary_written_well(void **state)
{
	static const char *const type[] = {"; boundary=b1", ";boundary=\"b1\"",
	    ";\n\tboundary=\"b1\"", "; charset=x; boundary=b1",
	    "; BOUNDARY=b1; x=\"a;b\"", "; boundary = b1",
	    "; boundary=b1 (a comment; with = signs)",
	    " (boundary=no) ; boundary=b1", "; boundary=\"b\\1\"",
	    "; name=\"x;boundary=no\"; boundary=b1"};

	(void)state;
	for (size_t i = 0; i < LEN(type); i++) {
		char src[300];

		snprintf(src, sizeof src,
		    "Content-Type: multipart/mixed%s\n\n--b1\n\none\n--b1--\n",
		    type[i]);
		parse_n(src, strlen(src));
		if (tree.n != 2 ||
		    tree.part[1].body.to - tree.part[1].body.from != 3)
			fail_msg("%s: %u parts", src, tree.n);
	}
}

static void
header_traps(void **state)
{
	(void)state;
	/* a From_ line is the mailbox's */
	splits(
	    "From ann Mon Nov  2 10:00:00 2026\nContent-Type: text/html\n\nx",
	    SOUND, "1 text/html {x}\n");
	/* a line without a colon does not end the header */
	splits_both("Subject: s\nthis is no field\n" MIXED
		    "--b1\n\none\n--b1--\n",
	    ODD, "1 multipart/mixed\n1.1 text/plain {one}\n");
	splits_both(MIXED "--b1\nno field\nContent-Type: text/html\n\none\n"
			  "--b1--\n",
	    ODD, "1 multipart/mixed\n1.1 text/html {one}\n");
	/* of two the first counts, and the other is looked at as well */
	splits_both("Content-Type: text/html\nContent-Type: text/plain\n\nx",
	    ODD, "1 text/html {x}\n1 text/plain {x}\n");
	splits_both("Content-Type: text/html\nContent-Type: text/html\n\nx",
	    SOUND, "1 text/html {x}\n");
	splits_both("Content-Transfer-Encoding: \"base64\"\n\naGk=\n", SOUND,
	    "1 text/plain b64 {aGk=\n}\n");
	/* types that are none */
	splits("Content-Type: text\n\nx", SOUND, "1 text/plain {x}\n");
	splits("Content-Type:\n\nx", SOUND, "1 text/plain {x}\n");
	splits("Content-Type: ;charset=x\n\nx", SOUND, "1 text/plain x {x}\n");
	/* a multipart that says it is encoded is never split */
	splits("Content-Transfer-Encoding: base64\n" MIXED
	       "--b1\n\none\n--b1--\n",
	    ODD, "1 multipart/mixed lost b64 {--b1\n\none\n--b1--\n}\n");
}

/* A part without a header whose text starts like one: libetpan takes it for
   the header, so that it may be odd; the text must be seen in any case. */
static void
text_like_a_header(void **state)
{
	(void)state;
	splits_both(MIXED "--b1\n\nSubject: text\n\none\n--b1--\n", EITHER,
	    "1 multipart/mixed\n1.1 text/plain {Subject: text\n\none}\n");
	splits_both("\nSubject: text\n\none\n", EITHER,
	    "1 text/plain {Subject: text\n\none\n}\n");
}

static void
line_ends_of_their_own(void **state)
{
	(void)state;
	/* CR alone: no header */
	parse("A: b\rContent-Type: text/html\r\rx");
	assert_int_equal(tree.n, 1);
	assert_string_equal(tree.part[0].type, "text/plain");
	/* CR CR LF */
	parse("Content-Type: multipart/mixed; boundary=b1\r\r\n\r\r\n--b1"
	      "\r\r\n\r\r\none\r\r\n--b1--\r\r\n");
	assert_true(tree.odd || tree.n == 2);
}

static void
seals_and_forms(void **state)
{
	(void)state;
	splits_both("Content-Type: multipart/signed; boundary=b1\n\n--b1\n"
		    "Content-Type: message/rfc822\n\nA: b\n\nin\n--b1\n"
		    "Content-Type: application/pgp-signature\n\nsig\n--b1--\n",
	    SOUND,
	    "1 multipart/signed sealed\n1.1 message/rfc822 sealed\n"
	    "1.1.1 text/plain sealed {in}\n"
	    "1.2 application/pgp-signature sealed {sig}\n");
	splits("Content-Type: Application/PKCS7-Mime\n\nx", SOUND,
	    "1 application/pkcs7-mime sealed {x}\n");
	splits("Content-Type: text/plain; format=Flowed; delsp=YES\n\nx", SOUND,
	    "1 text/plain flowed delsp {x}\n");
	splits("Content-Type: text/plain; delsp=yes\n\nx", SOUND,
	    "1 text/plain {x}\n");
	splits("Content-Disposition: inline; filename=attachment\n\nx", SOUND,
	    "1 text/plain {x}\n");
	splits("Content-Disposition: (c) ATTACHMENT\n\nx", SOUND,
	    "1 text/plain attached {x}\n");
}

/* ---- well-formed mail of any shape ---- */

static uint32_t seed = 17;

static uint32_t
rnd(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

struct made {
	struct buf out, want;
	const char *eol;
	uint32_t boundaries;
};

static void
line(struct made *m, const char *s)
{
	buf_puts(&m->out, s);
	buf_puts(&m->out, m->eol);
}

static void
make_text(struct made *m)
{
	static const char *const lines[] = {"A line of text.", "", "--", "-- ",
	    "- item", "From here on", "--=_x", "Subject: no field", "...",
	    "\xe5\x8d\xa1", "a tab\there", "--b0", "----------"};
	size_t from = m->out.len;

	line(m, "first"); /* else: text_like_a_header */
	for (uint32_t n = 1 + rnd(6); n > 0; n--)
		line(m, lines[rnd(LEN(lines))]);
	buf_puts(&m->out, "end");
	buf_puts(&m->want, " {");
	buf_put(&m->want, m->out.p + from, m->out.len - from);
	buf_puts(&m->want, "}\n");
}

static void make_entity(
    struct made *m, const char *path, uint32_t depth, bool digest);

static void
make_multipart(struct made *m, const char *path, uint32_t depth)
{
	static const char *const sub[] = {
	    "mixed", "alternative", "digest", "related", "mixed"};
	uint32_t kind = rnd(LEN(sub)), n = 1 + rnd(3);
	char b[60], text[200];

	snprintf(b, sizeof b, "=_%u_%u_x", ++m->boundaries, rnd(10000));
	snprintf(text, sizeof text,
	    "Content-Type: multipart/%s; boundary=\"%s\"", sub[kind], b);
	line(m, text);
	line(m, "");
	buf_printf(&m->want, "%s multipart/%s\n", path, sub[kind]);
	if (rnd(3) == 0)
		line(m, "This is a preamble.");
	for (uint32_t i = 1; i <= n; i++) {
		buf_printf(
		    &m->out, "--%s%s%s", b, rnd(5) == 0 ? "  " : "", m->eol);
		snprintf(text, sizeof text, "%s.%u", path, i);
		make_entity(m, text, depth + 1, kind == 2);
		buf_puts(&m->out, m->eol);
	}
	buf_printf(&m->out, "--%s--", b);
	if (rnd(3) == 0)
		buf_printf(&m->out, "%sAn epilogue.", m->eol);
}

static void
make_entity(struct made *m, const char *path, uint32_t depth, bool digest)
{
	uint32_t kind = depth > 5 ? 3 : rnd(5);
	char text[200];

	if (rnd(2) == 0)
		line(m, "X-Field: folded");
	if (rnd(4) == 0)
		buf_printf(&m->out, "X-Other: a%s b%s", m->eol, m->eol);
	if (kind == 0 || (kind < 3 && depth == 0)) {
		make_multipart(m, path, depth);
		return;
	}
	if (kind == 1 || (digest && rnd(2) == 0)) {
		line(m, digest ? "X-Entry: 1" /* else: digest_entries */
			       : "Content-Type: message/rfc822");
		line(m, "");
		buf_printf(&m->want, "%s message/rfc822\n", path);
		line(m, "Subject: inside");
		snprintf(text, sizeof text, "%s.1", path);
		make_entity(m, text, depth + 1, false);
		return;
	}
	if (kind == 2 || digest) {
		line(m, "Content-Type: text/html; charset=utf-8");
		buf_printf(&m->want, "%s text/html utf-8", path);
	} else {
		buf_printf(&m->want, "%s text/plain", path);
	}
	line(m, "");
	make_text(m);
}

static void
any_shape(void **state)
{
	(void)state;
	for (int round = 0; round < 4000; round++) {
		struct made m = {.out = BUF(1u << 20),
		    .want = BUF(1u << 20),
		    .eol = round % 2 ? "\r\n" : "\n"};
		struct buf got = BUF(1u << 20);

		line(&m, "From: ann@news.example");
		line(&m, "MIME-Version: 1.0");
		make_entity(&m, "1", 0, false);
		if (rnd(2) == 0 && m.boundaries > 0)
			buf_puts(&m.out, m.eol);
		parse_n(m.out.p, m.out.len);
		for (uint32_t i = 0; i < tree.n; i++)
			put_part(&got, &tree.part[i]);
		buf_put(&m.want, "", 1);
		buf_put(&m.out, "", 1);
		if (tree.part[0].kind != PART_LEAF)
			same(&got, m.want.p, m.out.p);
		if (tree.odd || tree.refused || tree.limited)
			fail_msg("odd, in round %d:\n%s", round, m.out.p);
		buf_free(&m.out);
		buf_free(&m.want);
		buf_free(&got);
	}
}

/* ---- caps ---- */

static void
levels(void **state)
{
	struct buf b = BUF(1u << 20);

	(void)state;
	for (uint32_t n = LIMIT_NESTING - 1; n <= LIMIT_NESTING + 1; n++) {
		b.len = 0;
		for (uint32_t i = 1; i < n; i++)
			buf_printf(&b,
			    "Content-Type: multipart/mixed; boundary=n%u.\n\n"
			    "--n%u.\n",
			    i, i);
		buf_puts(&b, "\ntext\n");
		parse_n(b.p, b.len);
		assert_int_equal(tree.limited, n > LIMIT_NESTING);
		assert_true(tree.n <= LIMIT_NESTING);
		if (n > LIMIT_NESTING)
			assert_true(tree.refused);
		b.len = 0;
		for (uint32_t i = 1; i < n; i++)
			buf_puts(&b, "Content-Type: message/rfc822\n\n");
		buf_puts(&b, "A: b\n\ntext\n");
		parse_n(b.p, b.len);
		assert_int_equal(tree.limited, n > LIMIT_NESTING);
		if (n <= LIMIT_NESTING)
			assert_int_equal(tree.n, n);
	}
	buf_free(&b);
}

static void
parts(void **state)
{
	struct buf b = BUF(8u << 20);

	(void)state;
	for (uint32_t n = LIMIT_PARTS - 1; n <= LIMIT_PARTS + 1; n++) {
		b.len = 0;
		buf_puts(&b, MIXED);
		for (uint32_t i = 1; i < n; i++)
			buf_printf(&b, "--b1\n\n%u\n", i);
		buf_puts(&b, "--b1--\n");
		parse_n(b.p, b.len);
		assert_int_equal(tree.n, n < LIMIT_PARTS ? n : LIMIT_PARTS);
		assert_int_equal(tree.limited, n > LIMIT_PARTS);
		assert_int_equal(tree.refused, n > LIMIT_PARTS);
	}
	buf_free(&b);
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What libetpan recurses on or goes quadratic in is kept away from it. */
static void
bombs(void **state)
{
	static const struct {
		const char *head, *unit;
		uint32_t times;
	} v[] = {{"", "Content-Type: message/rfc822\n\n", 30000},
	    {"Content-Type: text/plain ", "(", 120000},
	    {"A: b\n\nContent-Type: text/plain ", "(", 200000},
	    {"", "Content-Type: multipart/mixed; boundary=b\n\n--b\n", 20000},
	    {MIXED, "--b1\n", 200000}, {MIXED, "--b1\n\n", 200000},
	    {"", "A: b\n", 300000}, {"", "no colon\n", 300000},
	    {"Content-Type: text/plain", "; a=b", 200000},
	    {"Content-Type: multipart/mixed; boundary=\"", "x", 300000},
	    {MIXED, "--b2\n", 300000},
	    {"Content-Type: message/rfc822\n\n", "message/rfc822\n", 100000},
	    {"Content-Type: message/rfc822\n\n", "A: b\n message/rfc822\n\n",
		100000},
	    {"", ":", 4000000}, {"A: b\n\n", ":a\n", 1000000},
	    {MIXED, "-", 4000000}, {MIXED, "-\n", 2000000},
	    {MIXED, "- -\n-", 1000000}};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		struct buf b = BUF(32u << 20);
		double t0 = seconds();

		buf_puts(&b, v[i].head);
		for (uint32_t k = 0; k < v[i].times; k++)
			buf_puts(&b, v[i].unit);
		parse_n(b.p, b.len);
		if (seconds() - t0 > 1)
			fail_msg("%s%s…: %.1f s", v[i].head, v[i].unit,
			    seconds() - t0);
		assert_true(arena_used(arena) < 64u << 20);
		buf_free(&b);
	}
}

/* ---- parameters ---- */

static void
parameter(const char *value, const char *want)
{
	size_t n = strlen(value);
	char *tight = malloc(n > 0 ? n : 1);
	const char *got;

	assert_non_null(tight);
	memcpy(tight, value, n);
	got = mime_parameter(arena, tight, (uint32_t)n, "boundary");
	free(tight);
	if (got == NULL ? want != NULL : want == NULL || strcmp(got, want) != 0)
		fail_msg("%s: got %s, want %s", value,
		    got != NULL ? got : "nothing",
		    want != NULL ? want : "nothing");
}

static void
parameters(void **state)
{
	static const char *const v[][2] = {
	    {"", NULL}, {"a/b", NULL},
	    {"boundary=x", NULL}, /* no type before it */
	    {"a/b; boundary", NULL}, {"a/b; boundary;", NULL},
	    {"a/b; boundary=", ""}, {"a/b; boundary=x", "x"},
	    {"a/b;boundary=x;", "x"}, {"a/b ; BounDary = x ; c=d", "x"},
	    {"a/b;\r\n\tboundary=x\r\n", "x"},
	    {"a/b; xboundary=y; boundaryx=z; boundary=x", "x"},
	    {"a/b; boundary=x; boundary=y", "x"}, {"a/b; ; ; boundary=x", "x"},
	    {"a/b;;;boundary=x", "x"}, {"a/b; c boundary=x", "x"},
	    {"a/b; c= ; boundary=x", "x"}, {"a/b; =c; boundary=x", "x"},
	    /* quotes and escapes */
	    {"a/b; boundary=\"x y;z=\"", "x y;z="},
	    {"a/b; boundary=\"\"; c=d", ""},
	    {"a/b; boundary=\"a\\\"b\\\\c\\d\"", "a\"b\\cd"},
	    {"a/b; boundary=\"x", "x"}, {"a/b; boundary=\"x\\", "x\\"},
	    {"a/b; boundary=\"x\r\n y\"", "x y"},
	    {"a/b; c=\"; boundary=no\"; boundary=x", "x"},
	    {"a/b; c=\"\\\"; boundary=no\"; boundary=x", "x"},
	    {"a/b; boundary=\"\\\"\"", "\""},
	    /* comments */
	    {"a/b (c; boundary=no); boundary=x", "x"},
	    {"a/b; (c) boundary (d) = (e) x (f)", "x"},
	    {"a/b; (n(e(s)t)ed) boundary=x", "x"},
	    {"a/b; (\\)) boundary=x", "x"},
	    {"a/b; (never closed; boundary=x", NULL},
	    {"a/b; boundary=x (", "x"}, {"a/b (", NULL}, {"a/b (\\", NULL},
	    /* RFC 2231 */
	    {"a/b; boundary*=us-ascii'en'x%20y", "x y"},
	    {"a/b; boundary*=''x", "x"},
	    {"a/b; boundary*=utf-8''%E5%8D%A1", "卡"},
	    {"a/b; boundary*0=x; boundary*1=y; boundary*2=z", "xyz"},
	    {"a/b; boundary*0=\"x \"; boundary*1=\"y\"", "x y"},
	    {"a/b; boundary*0*=us-ascii'en'x%20; boundary*1*=%79; "
	     "boundary*2=z",
		"x yz"},
	    {"a/b; boundary*0=x%41", "x%41"}, /* not marked as extended */
	};

	(void)state;
	arena_free(arena);
	arena = arena_new(1u << 20);
	for (size_t i = 0; i < LEN(v); i++)
		parameter(v[i][0], v[i][1]);
}

/* What was decoded once is not decoded again with the next piece. */
static void
continued_parameters(void **state)
{
	static const char *const v[][2] = {
	    {"a/b; boundary*0*=us-ascii'en'x%25; boundary*1*=41", "x%41"},
	    {"a/b; boundary*0*=us-ascii''it%27s%27; boundary*1*=y", "it's'y"},
	    {"a/b; boundary*0=x%41; boundary*1*=%42", "x%41B"},
	    {"a/b; boundary*0=it's'x; boundary*1*=%42", "it's'xB"},
	    /* one in two forms: either, never both in a row */
	    {"a/b; boundary=x; boundary*0=y", "x"},
	    /* not hexadecimal: as it stands */
	    {"a/b; boundary*=us-ascii''x%zzy", "x%zzy"},
	    {"a/b; boundary*=us-ascii''x%4", "x%4"},
	};

	(void)state;
	arena_free(arena);
	arena = arena_new(1u << 20);
	for (size_t i = 0; i < LEN(v); i++)
		parameter(v[i][0], v[i][1]);
}

/* Pieces in any order: only what must always hold is asked. */
static void
shuffled(void **state)
{
	static const char *const piece[] = {"--b1\n", "--b1--\n", "--b2\n",
	    "--b2--\r\n", "\n", "\r\n", "text\n",
	    "Content-Type: ", "multipart/mixed; boundary=b1\n",
	    "multipart/digest; boundary=b2\n", "message/rfc822\n",
	    "Content-Transfer-Encoding: base64\n", "QTogYgoKeA==\n",
	    "Content-Type: multipart/mixed; boundary=b1\n\n",
	    "Content-Type: message/rfc822\n\n", "-", "\"", "(", ")", "\\", ";",
	    "boundary=", " ", "\r", "From x\n",
	    "Content-Type: multipart/mixed; boundary=\"b2\"\n\n--b2\n"};

	(void)state;
	for (int round = 0; round < 12000; round++) {
		char s[4000];
		size_t n = 0;

		for (uint32_t i = 2 + rnd(30); i > 0; i--)
			n += (size_t)sprintf(
			    s + n, "%s", piece[rnd(LEN(piece))]);
		parse_n(s, n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(well_formed),
	    cmocka_unit_test(mixed_line_ends),
	    cmocka_unit_test(nul_bytes),
	    cmocka_unit_test(nested),
	    cmocka_unit_test(messages),
	    cmocka_unit_test(digest_entries),
	    cmocka_unit_test(encoded_messages),
	    cmocka_unit_test(encoded_in_encoded),
	    cmocka_unit_test(tail_behind_a_dash),
	    cmocka_unit_test(part_of_no_bytes),
	    cmocka_unit_test(delimiters_out_of_place),
	    cmocka_unit_test(never_there),
	    cmocka_unit_test(boundary_hard_to_read),
	    cmocka_unit_test(boundary_written_well),
	    cmocka_unit_test(header_traps),
	    cmocka_unit_test(text_like_a_header),
	    cmocka_unit_test(line_ends_of_their_own),
	    cmocka_unit_test(seals_and_forms),
	    cmocka_unit_test(any_shape),
	    cmocka_unit_test(levels),
	    cmocka_unit_test(parts),
	    cmocka_unit_test(bombs),
	    cmocka_unit_test(parameters),
	    cmocka_unit_test(continued_parameters),
	    cmocka_unit_test(shuffled),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	arena_free(arena);
	free(copy);
	return failed;
}
