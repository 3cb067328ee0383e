#ifndef EDIT_H
#define EDIT_H

#include "buf.h"
#include "map.h"

/*
 * Edits of a message: spans of the original and the bytes that take their
 * place.  The child proposes them, the parent checks and applies them; both
 * with this code.
 */
struct edit {
	struct span span;
	const char *p; /* may be NULL where len is 0 */
	uint32_t len;
};

/* NULL where the edits may be applied to the message p[0..len) (p NULL: its
   bytes are not looked at), else the
   reason: not sorted, overlapping, out of range, a replacement more than
   LIMIT_GROWTH longer than what it replaces (each, and all together), or less
   than `keep_percent` of the message left.  Whole X-Simsift fields count
   neither as removed nor as there: who forges them, however long, must not
   switch the filter off; nor do whole pictures in base64. */
const char *edit_check(const char *p, uint32_t len, const struct edit *v,
    uint32_t n, unsigned keep_percent);

/* Does it do nothing but take out whole fields that begin with X-Simsift? */
bool edit_own_field(const char *p, uint32_t len, const struct edit *);

/* The edited message from byte `at` on, where no edit may start before, piece
   by piece; some are empty.  What put says: 0, or -1 and no more comes. */
typedef int edit_put(void *ctx, const char *p, size_t n);
int edit_write(const char *p, uint32_t at, uint32_t len, const struct edit *v,
    uint32_t n, edit_put *put, void *ctx);
/* Appends the edited message.  The edits were checked.  -1: no memory. */
int edit_apply(struct buf *out, const char *p, uint32_t len,
    const struct edit *v, uint32_t n);

#endif
