#ifndef TEST_GROW_H
#define TEST_GROW_H

/* For test_grow*.c: texts with a span in them. */
#include "grow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "buf.h"

#define LEN(v) (sizeof(v) / sizeof((v)[0]))

/* A text with a span in it, written as one string: before «span» behind.  The
   text ends where malloc's block ends, for ASan to watch. */
struct marked {
	char *p;
	uint32_t n;
	struct span s;
};

static inline struct marked
read_mark(const char *src, bool crlf)
{
	struct marked m = {malloc(2 * strlen(src) + 1), 0, {0, 0}};

	assert_non_null(m.p);
	for (; *src != '\0'; src++) {
		if (strncmp(src, "«", 2) == 0 || strncmp(src, "»", 2) == 0) {
			*(strncmp(src, "«", 2) == 0 ? &m.s.from : &m.s.to) =
			    m.n;
			src++;
			continue;
		}
		if (crlf && *src == '\n')
			m.p[m.n++] = '\r';
		m.p[m.n++] = *src;
	}
	m.p = realloc(m.p, m.n > 0 ? m.n : 1);
	assert_non_null(m.p);
	return m;
}

static inline void
same_span(struct span got, const struct marked *want, const char *src)
{
	if (got.from != want->s.from || got.to != want->s.to)
		fail_msg("%s\ngot [%.*s], want [%.*s]", src,
		    (int)(got.to - got.from), want->p + got.from,
		    (int)(want->s.to - want->s.from), want->p + want->s.from);
}

static inline double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What is left when the span has gone with what belonged to it. */
static inline void
tidies(const char *src, const char *want)
{
	for (int crlf = 0; crlf < 2; crlf++) {
		struct marked a = read_mark(src, crlf),
			      b = read_mark(want, crlf);
		struct buf out = BUF(1u << 20);
		struct span s = grow_tidy(a.p, a.n, a.s);

		assert_true(s.from <= a.s.from && a.s.to <= s.to);
		assert_true(s.to <= a.n);
		buf_put(&out, a.p, s.from);
		buf_put(&out, a.p + s.to, a.n - s.to);
		if (out.len != b.n || (b.n > 0 && memcmp(out.p, b.p, b.n) != 0))
			fail_msg("%s\ngot  [%.*s]\nwant [%.*s]", src,
			    (int)out.len, out.p, (int)b.n, b.p);
		buf_free(&out);
		free(a.p);
		free(b.p);
	}
}

#endif
