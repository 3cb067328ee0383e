#ifndef ARENA_H
#define ARENA_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Memory that goes all at once: one arena a message, one for the rules.
 *
 * arena_alloc and its kin never return NULL.  Where there is no memory, or the
 * cap is reached, they jump to the place the owner named:
 *
 *	if (setjmp(*arena_oom(a)) != 0)
 *		... no memory: give up on this message, keep the mail ...
 *
 * so that the code in between has one way to run out of memory, not hundreds.
 * An arena whose owner named no place ends the process with EX_TEMPFAIL.
 */
struct arena;

/* cap: bytes it may take from malloc in all.  NULL: no memory. */
struct arena *arena_new(size_t cap);
void arena_free(struct arena *);
jmp_buf *arena_oom(struct arena *);

/* Bytes are zeroed, and aligned for any type. */
void *arena_alloc(struct arena *, size_t len);
void *arena_array(struct arena *, size_t n, size_t size);
/* Grow what was the newest or a large block in place where that can be done;
   else copy.  Bytes above old_len are not zeroed. */
void *arena_grow(struct arena *, void *p, size_t old_len, size_t new_len);
/* A copy with a NUL behind it (for our own strings; mail may hold NULs). */
char *arena_dup(struct arena *, const void *p, size_t len);
char *arena_printf(struct arena *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
size_t arena_used(const struct arena *);

/* Make room for one more element of an array that grows by doubling:
   v is NULL or from this arena, n elements used, *size have room. */
void *arena_more(
    struct arena *, void *v, uint32_t n, uint32_t *size, size_t elem);

#endif
