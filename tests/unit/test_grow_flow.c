#include "grow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "buf.h"

/*
 * Random flowed text with a token in it, read as a reader does (RFC 3676 4.1,
 * 4.2): without the token the paragraphs are those that were there.
 */
#define LEN(v) (sizeof(v) / sizeof((v)[0]))
#define TOKEN "[TG @shop88]"

static uint32_t
rnd(uint32_t below)
{
	static uint32_t seed = 7;

	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* Words with one blank between them; none at the edges. */
static void
put_paragraph(struct buf *out, const struct buf *in, size_t depth)
{
	struct buf b = BUF(1u << 20);

	for (size_t i = 0; i < in->len;) {
		if (in->len - i >= sizeof TOKEN - 1 &&
		    memcmp(in->p + i, TOKEN, sizeof TOKEN - 1) == 0) {
			i += sizeof TOKEN - 1;
			continue;
		}
		if (in->p[i] != ' ')
			buf_put(&b, in->p + i, 1);
		else if (b.len > 0 && b.p[b.len - 1] != ' ')
			buf_puts(&b, " ");
		i++;
	}
	if (b.len > 0 && b.p[b.len - 1] == ' ')
		b.len--;
	if (b.len > 0)
		buf_printf(out, "%zu:%.*s\n", depth, (int)b.len, b.p);
	buf_free(&b);
}

static void
read_flowed(struct buf *out, const char *p, size_t n, bool delsp)
{
	struct buf para = BUF(1u << 20);
	size_t depth = 0;
	bool open = false;

	for (size_t i = 0; i < n;) {
		const char *lf = memchr(p + i, '\n', n - i);
		size_t stop = lf != NULL ? (size_t)(lf - p) : n, d = 0;
		bool soft;

		for (; i < stop && p[i] == '>'; i++)
			d++;
		if (i < stop && p[i] == ' ')
			i++;
		soft = stop > i && p[stop - 1] == ' ' && lf != NULL;
		if (open && d != depth) {
			put_paragraph(out, &para, depth);
			para.len = 0;
		}
		depth = d;
		buf_put(&para, p + i, stop - i - (soft && delsp));
		if (!soft) {
			put_paragraph(out, &para, depth);
			para.len = 0;
		}
		open = soft;
		i = stop + 1;
	}
	put_paragraph(out, &para, depth);
	buf_free(&para);
}

static void
make_text(struct buf *out, bool delsp)
{
	static const char *const word[] = {
	    "tea", "at", "four", "keys.", "> 5", "From", "a", "茶"};
	uint32_t lines = 2 + rnd(6);

	for (uint32_t i = 0; i < lines; i++) {
		uint32_t words = rnd(4), left = words;
		bool token = rnd(3) == 0, soft = rnd(2) && words + token > 0;

		if (rnd(8) == 0) {
			buf_puts(out, "> ");
			token = false; /* quotes are never cut */
			soft &= words > 0;
		} else if (rnd(4) == 0)
			buf_puts(out, " ");
		for (uint32_t at = rnd(words + 1); left + token > 0;) {
			if (token && left == at) {
				buf_puts(out, TOKEN);
				token = false;
			} else {
				const char *w = word[rnd(LEN(word))];

				/* a writer stuffs these */
				if (out->len == 0 ||
				    out->p[out->len - 1] == '\n')
					buf_puts(out, w[0] == '>' || w[0] == 'F'
							  ? " "
							  : "");
				buf_puts(out, w);
				left--;
			}
			buf_puts(out, left + token > 0 ? " " : "");
		}
		buf_puts(out, soft ? delsp && rnd(2) ? "  " : " " : "");
		buf_puts(out, i + 1 < lines || rnd(3) ? "\n" : "");
	}
}

static void
paragraphs_stay(void **state)
{
	uint32_t cuts = 0, refused = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		bool delsp = round % 2;
		struct buf b = BUF(1u << 20), left = BUF(1u << 20),
			   want = BUF(1u << 20), got = BUF(1u << 20);
		struct span v[16];
		uint32_t n = 0, at = 0;
		struct spans cut;
		bool can;

		make_text(&b, delsp);
		for (const char *t = b.p;
		     (t = memmem(t, b.len - (size_t)(t - b.p), TOKEN,
			  sizeof TOKEN - 1)) != NULL;
		     t++) {
			uint32_t k = (uint32_t)(t - b.p);

			v[n++] = (struct span){k, k + sizeof TOKEN - 1};
		}
		n = grow_merge(b.p, v, n);
		for (uint32_t i = 0; i < n; i++)
			v[i] = grow_tidy(b.p, (uint32_t)b.len, v[i]);
		n = grow_merge(b.p, v, n);
		cut = (struct spans){.v = v, .n = n, .size = LEN(v)};
		can = grow_flow(b.p, (uint32_t)b.len, &cut,
		    FLOWED | (delsp ? FLOWED_DELSP : 0));
		n = cut.n;
		for (uint32_t i = 0; i < n; i++) {
			buf_put(&left, b.p + at, v[i].from - at);
			at = v[i].to;
		}
		buf_put(&left, b.p + at, b.len - at);
		read_flowed(&want, b.p, b.len, delsp);
		read_flowed(&got, left.p, left.len, delsp);
		if (can &&
		    (got.len != want.len ||
			(got.len > 0 && memcmp(got.p, want.p, got.len) != 0)))
			fail_msg("delsp %d\n[%.*s]\nbecomes\n[%.*s]\nreads\n"
				 "[%.*s]\nnot\n[%.*s]",
			    delsp, (int)b.len, b.p, (int)left.len, left.p,
			    (int)got.len, got.p, (int)want.len, want.p);
		cuts += n;
		refused += !can;
		buf_free(&b);
		buf_free(&left);
		buf_free(&want);
		buf_free(&got);
	}
	assert_true(cuts > 10000);
	print_message("refused %u of %u\n", refused, cuts);
	assert_true(refused < cuts / 100);
}

/* Unit line: text between « and » is a line, and what a reader joins to it. */
static void
lines(void **state)
{
	static const struct {
		const char *text, *line, *want;
	} v[] = {
	    {"a\nb \nx \nc\nd\n", "x ", "b \nx \nc"},
	    {"b \r\nx \r\nc\r\nd\r\n", "x ", "b \r\nx \r\nc"},
	    {"a\nx\nb\n", "x", "x"},
	    {"x \nb", "x ", "x \nb"},
	    {"b \n\nx \n\nc\n", "x ", "x "},
	    {"b \nx \n-- \nc\n", "x ", "b \nx "},
	    {"-- \nx\n", "x", "x"},
	    {"> b \nx \n> c\n", "x ", "x "},
	    {"> b \n> x \n>> c\n", "> x ", "> b \n> x "},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		const char *p = v[i].text, *at = strstr(p, v[i].line);
		struct span s = {(uint32_t)(at - p), 0};

		s.to = s.from + (uint32_t)strlen(v[i].line);
		s = grow_flow_line(p, (uint32_t)strlen(p), s);
		if (strlen(v[i].want) != s.to - s.from ||
		    memcmp(p + s.from, v[i].want, s.to - s.from) != 0)
			fail_msg(
			    "%s: [%.*s]", p, (int)(s.to - s.from), p + s.from);
	}
}

/* Short lines without an end: not those of thousands for each hit. */
static void
many_lines(void **state)
{
	enum { N = 120000 };
	char *p = malloc(N);
	clock_t t0 = clock();

	(void)state;
	assert_non_null(p);
	for (uint32_t i = 0; i < N; i++)
		p[i] = "a \n"[i % 3];
	for (uint32_t i = 0; i < 2000; i++) {
		struct span s = {i * 60, i * 60 + 2};
		struct span g = grow_flow_line(p, N, s);

		if (i > 100 && i < 1900)
			assert_true(g.from == s.from && g.to == s.to);
	}
	assert_true(clock() - t0 < 2 * CLOCKS_PER_SEC);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paragraphs_stay),
	    cmocka_unit_test(lines),
	    cmocka_unit_test(many_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
