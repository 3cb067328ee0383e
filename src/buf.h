#ifndef BUF_H
#define BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Growable bytes with a hard cap, from malloc.  A failure (no memory, cap
 * reached) sticks: later calls do nothing, `failed` says so at the end.
 * Start with BUF(cap); end with buf_free.
 */
struct buf {
	char *p;
	size_t len, size, cap;
	bool failed;
};

#define BUF(limit) ((struct buf){.cap = (limit)})

/* Room for len more bytes; 0, or -1 and `failed`. */
int buf_room(struct buf *, size_t len);
int buf_put(struct buf *, const void *p, size_t len);
int buf_puts(struct buf *, const char *s);
int buf_printf(struct buf *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_free(struct buf *);

#endif
