#include "view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "limits.h"

#define LEN(v) (sizeof(v) / sizeof((v)[0]))

static struct arena *arena;
static struct tree tree;
static struct view view;
static struct charsets *cs;
static char *copy;

static void
drop(void)
{
	arena_free(arena);
	charsets_close(cs);
	free(copy);
	arena = NULL;
	cs = NULL;
	copy = NULL;
}

static void
see_n(const char *mail, size_t n)
{
	drop();
	arena = arena_new(LIMIT_ARENA);
	copy = malloc(n > 0 ? n : 1);
	assert_non_null(arena);
	assert_non_null(copy);
	memcpy(copy, mail, n);
	cs = charsets_open(copy, n, NULL);
	assert_non_null(cs);
	mime_parse(&tree, arena, copy, (uint32_t)n);
	view_make(&view, arena, &tree, cs);
}

static void
see(const char *mail)
{
	see_n(mail, strlen(mail));
}

static void
same(const struct buf *got, const char *want, const char *of)
{
	if (got->len != strlen(want) ||
	    (got->len > 0 && memcmp(got->p, want, got->len) != 0))
		fail_msg("%s\ngot:\n%.*s\nwant:\n%s", of, (int)got->len, got->p,
		    want);
}

/* path what {shown text} */
static void
docs(const char *mail, const char *want)
{
	struct buf out = BUF(1u << 20);

	see(mail);
	for (uint32_t i = 0; i < view.ndoc; i++) {
		const struct doc *d = &view.doc[i];

		buf_printf(&out, "%s %s {", d->path, d->what);
		buf_put(&out, view_shown(d)->p, view_shown(d)->len);
		buf_puts(&out, "}\n");
	}
	same(&out, want, mail);
	buf_free(&out);
}

/* The units of a kind, in order. */
static void
units(const char *mail, enum unit_kind kind, const char *want)
{
	struct buf out = BUF(1u << 20);

	see(mail);
	for (uint32_t i = 0; i < view.nunit; i++) {
		const struct unit_text *u = &view.unit[i];

		if (u->kind != kind)
			continue;
		buf_puts(&out, "[");
		buf_put(&out, u->p, u->len);
		buf_puts(&out, "]\n");
	}
	same(&out, want, mail);
	buf_free(&out);
}

static void
which_docs(void **state)
{
	(void)state;
	docs("Subject: s\n\ntext\n",
	    "1/subject subject { s}\n1 text/plain {text\n}\n");
	docs("\ntext", "1 text/plain {text}\n");
	docs("", "1 text/plain {}\n");
	docs("Content-Type: image/png\n\nx", "");
	docs("Content-Type: multipart/alternative; boundary=b\n\n--b\n\nplain\n"
	     "--b\nContent-Type: text/html\n\n<p>rich\n--b\nContent-Type: "
	     "application/pdf\n\n%PDF\n--b--\n",
	    "1.1 text/plain {plain}\n1.2 text/html {rich}\n");
	/* the Subject of a message inside counts, that of a part does not */
	docs("Subject: out\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
	     "Subject: part\n\nx\n--b\nContent-Type: message/rfc822\n\n"
	     "Subject: in\n\ny\n--b--\n",
	    "1/subject subject { out}\n1.1 text/plain {x}\n"
	    "1.2.1/subject subject { in}\n1.2.1 text/plain {y}\n");
	/* a multipart that lost its boundary is text */
	docs("Content-Type: multipart/mixed; boundary=b\n\nno such\n",
	    "1 text/plain {no such\n}\n");
}

static void
odd_mail_is_seen_raw(void **state)
{
	bool found = false;

	(void)state;
	see("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n\n"
	    "--b\n\nbehind the end\n");
	assert_true(tree.odd);
	for (uint32_t i = 0; i < view.ndoc; i++) {
		const struct doc *d = &view.doc[i];

		if (d->raw && memmem(d->utf8.p, d->utf8.len, "behind the end",
				  14) != NULL)
			found = true;
	}
	assert_true(found);
}

static void
paragraphs(void **state)
{
	(void)state;
	units("\none\ntwo  three\t\n four\n\nfive\n\n\n six \n", IN_BODY,
	    "[one two three four]\n[five]\n[six]\n");
	units("\none\r\ntwo\r\n\r\nthree\r\n", IN_BODY, "[one two]\n[three]\n");
	units("\n\n\n  \n", IN_BODY, "");
	units("Subject: a\n b\n\none\n", IN_BODY, "[a b]\n[one]\n");
	units("Content-Type: text/plain; format=flowed; delsp=yes\n\nab \ncd "
	      "e \n\nf\n",
	    IN_BODY, "[abcd e]\n[f]\n");
	units("Content-Type: text/plain; format=flowed\n\nab \ncd\n", IN_BODY,
	    "[ab cd]\n");
	units("Content-Type: text/html\n\n<p>one<br>two</p><p>three<p hidden>"
	      "dark</p>",
	    IN_BODY, "[one two]\n[three]\n[dark]\n");
}

static void
links(void **state)
{
	(void)state;
	units("\nsee https://a.example/x?y=1&z#f, and (http://b.example/) or "
	      "[c](https://c.example/d(e)f) <ftp://g.example>\n",
	    IN_URI,
	    "[https://a.example/x?y=1&z#f]\n[http://b.example/]\n"
	    "[https://c.example/d(e)f]\n[ftp://g.example]\n");
	/* without a scheme: as SpamAssassin has it */
	units("\nt.me/shop88 or www.a.example/b. and/or 1/2 x.y/z\n", IN_URI,
	    "[http://t.me/shop88]\n[http://www.a.example/b]\n");
	units("\n: // http:/ / a/b ./c ../d\n", IN_URI, "");
	units("\n卡https://t.me/x卡\n", IN_URI, "[https://t.me/x]\n");
	units("Content-Type: text/html\n\n<a href=\"https://a.example/?a&amp;"
	      "b\">x</a><img src=' y.png '><a href=\"\">z</a>",
	    IN_URI, "[https://a.example/?a&b]\n[y.png]\n");
	units("Content-Type: text/plain; charset=utf-16le\n"
	      "Content-Transfer-Encoding: base64\n\n"
	      "dAAuAG0AZQAvAHMAaABvAHAA\n",
	    IN_URI, "[http://t.me/shop]\n");
}

/* Pieces of raw text: none too long, none left out, each with the end of the
   one before it, on borders of characters. */
static void
pieces(void **state)
{
	static const char *const unit[] = {
	    "word ", "line of text\n", "卡", "a>b", "x"};

	(void)state;
	for (size_t i = 0; i < LEN(unit); i++) {
		struct buf b = BUF(1u << 20);
		uint32_t at = 0, n = 0;

		buf_puts(&b, "Content-Type: text/plain; charset=utf-8\n\n");
		while (b.len < 30000)
			buf_puts(&b, unit[i]);
		see_n(b.p, b.len);
		for (uint32_t k = 0; k < view.nunit; k++) {
			const struct unit_text *u = &view.unit[k];

			if (u->kind != IN_RAWBODY)
				continue;
			assert_true(u->len <= LIMIT_CHUNK_MAX);
			assert_true(u->base <= at);
			assert_true(
			    n == 0 || at - u->base <= LIMIT_OVERLAP + 4);
			assert_true(
			    n == 0 || at - u->base >= LIMIT_OVERLAP / 2);
			assert_true(
			    decode_utf8_valid(u->p, u->len)); /* whole ones */
			assert_memory_equal(
			    u->p, view.doc[0].utf8.p + u->base, u->len);
			at = u->base + u->len;
			n++;
		}
		assert_int_equal(at, view.doc[0].utf8.len);
		for (uint32_t k = 0; k < view.nunit; k++)
			if (view.unit[k].kind == IN_BODY)
				assert_true(
				    view.unit[k].len <= LIMIT_PARAGRAPH);
		buf_free(&b);
	}
}

/* ---- down again ---- */

/* The raw bytes of a word that a unit shows. */
static void
stands_at(const char *mail, const char *word, const char *raw)
{
	bool found = false;

	see(mail);
	for (uint32_t i = 0; i < view.nunit; i++) {
		const struct unit_text *u = &view.unit[i];
		const char *hit = u->len > 0
				      ? memmem(u->p, u->len, word, strlen(word))
				      : NULL;
		const struct doc *d = &view.doc[u->doc];
		struct span s;

		if (hit == NULL || u->kind == IN_URI)
			continue;
		s.from = (uint32_t)(hit - u->p);
		s.to = s.from + (uint32_t)strlen(word);
		s = view_utf8_span(d, u->layer, view_layer_span(u, s));
		s = view_raw_span(&view, d, map_cover(&d->utf8.map, s, NULL));
		if (s.to - s.from != strlen(raw) ||
		    memcmp(copy + s.from, raw, strlen(raw)) != 0)
			fail_msg("%s\n%s: got %.*s, want %s", mail, word,
			    (int)(s.to - s.from), copy + s.from, raw);
		found = true;
	}
	if (!found)
		fail_msg("%s\nno %s", mail, word);
}

static void
raw_spans(void **state)
{
	(void)state;
	stands_at("\none\n  two\nthree\n", "one two", "one\n  two");
	stands_at("Content-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=\n"
		  "=C3=9Fe=20an\n",
	    "üß", "=C3=BC=\n=C3=9F");
	/* quanta are not split */
	stands_at("Content-Transfer-Encoding: base64\n\nb25lIHR3byB0aHJlZQ==\n",
	    "two", "IHR3byB0");
	stands_at("Content-Type: text/plain; charset=gb18030\n\n\xbf\xa8x\n",
	    "卡", "\xbf\xa8");
	stands_at("Content-Type: text/html\n\n<p>one <b>t</b>wo &amp; three",
	    "two & t", "t</b>wo &amp; t");
	stands_at("Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= an\n\n", "üß",
	    "=C3=BC=C3=9F");
	/* hidden text has a map, too */
	stands_at("Content-Type: text/html\n\n<p hidden>da&#114;k</p>", "dark",
	    "da&#114;k");
	/* in a message inside, opened from base64: the quanta of it */
	stands_at("Content-Type: message/rfc822\nContent-Transfer-Encoding: "
		  "base64\n\nQTogYgoKb25lIHR3byB0aHJlZQ==\n",
	    "two", "IHR3byB0");
}

/* Text in words of a hit's layer comes back to the same shown text. */
static void
shown_spans(void **state)
{
	(void)state;
	see("Content-Type: text/html\n\n<p>one <b>two</b> "
	    "three</p><p>four</p>");
	{
		const struct doc *d = &view.doc[0];
		const struct text *t = view_shown(d);

		for (uint32_t from = 0; from < t->len; from++)
			for (uint32_t to = from + 1; to <= t->len; to++) {
				struct span s = {from, to}, u, back;

				u = view_utf8_span(d, LAYER_SHOWN, s);
				back = view_shown_span(d, u);
				if (t->p[from] > ' ')
					assert_true(back.from <= from);
				if (t->p[to - 1] > ' ')
					assert_true(back.to >= to);
			}
	}
}

/* ---- header fields ---- */

static void
header(const char *name, uint32_t part, bool raw, const char *want)
{
	uint32_t n;
	const char *p = view_header(&view, part, name, raw, &n);

	if (want == NULL) {
		assert_null(p);
		assert_int_equal(n, 0);
		return;
	}
	if (p == NULL || n != strlen(want) || memcmp(p, want, n) != 0)
		fail_msg("%s: got [%.*s], want [%s]", name, (int)n,
		    p != NULL ? p : "", want);
}

static void
headers(void **state)
{
	(void)state;
	see("To: bob\nCc: =?utf-8?Q?Z=C3=B6?=\nX-A:  one\n two \nX-a: three\n"
	    "X-Bin: \xff\nResent-Message-Id: <2>\nContent-Type: "
	    "multipart/mixed; boundary=b\n\n--b\nX-A: inner\n\nx\n--b--\n");
	header("to", 0, false, "bob\n");
	header("cc", 0, false, "Zö\n");
	header("cc", 0, true, " =?utf-8?Q?Z=C3=B6?=\n");
	header("ToCc", 0, false, "bob\nZö\n");
	header("x-a", 0, false, "one two\nthree\n");
	header("x-a", 1, false, "inner\n");
	header("MESSAGEID", 0, false, "<2>\n");
	header("x-none", 0, false, NULL);
	header("to", 7, false, NULL);
	{
		uint32_t n;
		const char *p = view_header(&view, 0, "x-bin", false, &n);

		assert_true(decode_utf8_valid(p, n));
		p = view_header(&view, 0, "x-bin", true, &n);
		assert_true(decode_utf8_valid(p, n));
		p = view_header(&view, 0, "ALL", false, &n);
		assert_non_null(memmem(p, n, "To: bob\n", 8));
		assert_non_null(memmem(p, n, "Cc: Zö\n", 8));
		assert_null(memmem(p, n, "inner", 5));
		p = view_full(&view, &n);
		assert_true(decode_utf8_valid(p, n));
		assert_non_null(memmem(p, n, "X-A: inner", 10));
	}
}

/* All text that rules see is valid UTF-8, whatever the bytes are. */
static void
any_bytes(void **state)
{
	static const char *const piece[] = {"Content-Type: text/plain",
	    "; charset=", "gb18030", "utf-8", "iso-2022-jp", "\n", "\n\n",
	    "Content-Transfer-Encoding: ", "base64", "quoted-printable",
	    "Subject: ", "=?utf-8?B?", "w7Y=", "?=", "=C3", "\xff", "\xe5\x8d",
	    "\x1b$B", "text/html", "<a href=", "<p>", "&#", "http://", "t.me/",
	    " ", "\0x", "\xbf\xa8"};
	uint32_t seed = 53;

	(void)state;
	for (int round = 0; round < 8000; round++) {
		char s[1200];
		size_t n = 0;

		for (int i = 0; i < 30; i++) {
			const char *w;

			seed = seed * 1664525u + 1013904223u;
			w = piece[(seed >> 16) % LEN(piece)];
			memcpy(s + n, w, strlen(w) + (w[0] == '\0'));
			n += strlen(w) + (w[0] == '\0');
		}
		see_n(s, n);
		for (uint32_t i = 0; i < view.nunit; i++)
			assert_true(decode_utf8_valid(
			    view.unit[i].len > 0 ? view.unit[i].p : "",
			    view.unit[i].len));
		for (uint32_t i = 0; i < view.ndoc; i++) {
			const struct text *t = view_shown(&view.doc[i]);

			assert_true(
			    decode_utf8_valid(t->len > 0 ? t->p : "", t->len));
		}
	}
}

/* Paragraphs, however many, leave room for links. */
static void
links_of_long_mail(void **state)
{
	struct buf b = BUF(4u << 20);
	uint32_t found = 0;

	(void)state;
	buf_puts(&b, "A: b\n\n");
	for (uint32_t i = 0; i < LIMIT_LINKS * 2; i++)
		buf_puts(&b, "Line.\n\n");
	buf_puts(&b, "See https://shop.example/.\n");
	buf_put(&b, "", 1);
	see(b.p);
	for (uint32_t i = 0; i < view.nunit; i++)
		found += view.unit[i].kind == IN_URI;
	assert_int_equal(found, 1);
	assert_false(view.limited);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(which_docs),
	    cmocka_unit_test(odd_mail_is_seen_raw),
	    cmocka_unit_test(paragraphs),
	    cmocka_unit_test(links),
	    cmocka_unit_test(links_of_long_mail),
	    cmocka_unit_test(pieces),
	    cmocka_unit_test(raw_spans),
	    cmocka_unit_test(shown_spans),
	    cmocka_unit_test(headers),
	    cmocka_unit_test(any_bytes),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	drop();
	return failed;
}
