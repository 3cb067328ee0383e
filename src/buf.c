#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
buf_room(struct buf *b, size_t len)
{
	size_t size;
	char *p;

	if (b->failed || len > b->cap || b->len > b->cap - len)
		goto fail;
	if (b->size - b->len >= len)
		return 0;
	size = b->size < 512 ? 1024 : b->size * 2;
	if (size < b->len + len)
		size = b->len + len;
	if (size > b->cap)
		size = b->cap;
	if ((p = realloc(b->p, size)) == NULL)
		goto fail;
	b->p = p;
	b->size = size;
	return 0;
fail:
	b->failed = true;
	return -1;
}

int
buf_put(struct buf *b, const void *p, size_t len)
{
	if (buf_room(b, len) == -1)
		return -1;
	if (len > 0)
		memcpy(b->p + b->len, p, len);
	b->len += len;
	return 0;
}

int
buf_puts(struct buf *b, const char *s)
{
	return buf_put(b, s, strlen(s));
}

int
buf_printf(struct buf *b, const char *fmt, ...)
{
	char small[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = true;
		return -1;
	}
	if ((size_t)n < sizeof small)
		return buf_put(b, small, (size_t)n);
	if (buf_room(b, (size_t)n + 1) == -1)
		return -1;
	va_start(ap, fmt);
	vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
	return 0;
}

void
buf_free(struct buf *b)
{
	free(b->p);
	*b = BUF(b->cap);
}
