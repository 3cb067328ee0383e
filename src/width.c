#include "width.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

#include "decode.h"

#define LEAST 40   /* columns: less is no table */
#define MOST 10000 /* more is a mistake */

/* Columns of the character at p; its length in *len. */
static uint32_t
one(const char *p, size_t n, size_t *len)
{
	uint32_t cp;
	unsigned k = decode_utf8(p, n, &cp);

	*len = k > 0 ? k : 1;
	return k > 0 ? (uint32_t)utf8proc_charwidth((int)cp) : 1;
}

uint32_t
width_of(const char *p, size_t n)
{
	uint32_t width = 0;
	size_t k;

	for (size_t at = 0; at < n; at += k)
		width += one(p + at, n - at, &k);
	return width;
}

/* Returns the columns that were written. */
static uint32_t
put_some(struct buf *out, const char *p, size_t n, uint32_t columns)
{
	bool whole = width_of(p, n) <= columns;
	uint32_t room = whole || columns == 0 ? columns : columns - 1;
	uint32_t width = 0;
	size_t at = 0, k;

	while (at < n) {
		uint32_t w = one(p + at, n - at, &k);

		if (width + w > room)
			break;
		width += w;
		at += k;
	}
	buf_put(out, p, at);
	if (whole || columns == 0)
		return width;
	buf_puts(out, "…");
	return width + 1;
}

void
width_put(struct buf *out, const char *p, size_t n, uint32_t columns)
{
	uint32_t width = put_some(out, p, n, columns);

	for (; width < columns; width++)
		buf_puts(out, " ");
}

void
width_cut(struct buf *out, const char *p, size_t n, uint32_t columns)
{
	put_some(out, p, n, columns);
}

uint32_t
width_terminal(int fd, uint32_t otherwise)
{
	struct winsize w;

	const char *set = getenv("COLUMNS");
	long n = 0;

	if (ioctl(fd, TIOCGWINSZ, &w) == 0)
		n = w.ws_col;
	else if (!isatty(fd))
		return otherwise;
	/* One that does not know its size. */
	if (n == 0 && set != NULL)
		n = strtol(set, NULL, 10);
	if (n <= 0 || n > MOST)
		return otherwise;
	return n > LEAST ? (uint32_t)n : LEAST;
}
