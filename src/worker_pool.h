#ifndef WORKER_POOL_H
#define WORKER_POOL_H

#include "report.h"

/*
 * Judges for many messages: sandboxed children that live on.  Messages are
 * handed over in lots, in memory that one child and its parent share; reports
 * come back over a pipe.  They are taken in the order in which the messages
 * were put, however many children there are.  A child that dies, is too slow
 * or babbles costs the message that it was at, and another one goes on.
 *
 *	while ((p = pool_room(pool, n)) == NULL)
 *		if (pool_take(pool, &item, true) == 1)
 *			... use item ...
 *	... n bytes to p ...
 *	pool_put(pool, &next, NULL);
 */
struct pool_item {
	const char *box, *id, *sum; /* copied; sum may be NULL */
	uint64_t offset;
	uint32_t len;
	/* Once judged: */
	struct report report; /* its verdict is `error` where: */
	const char *why;      /* it was not judged, or NULL */
	uint32_t us;          /* that it took */
};

struct pool;

/* want: WANT_* bits.  The rules, all of which the first message in a lot has
   compiled (70 ms), must last as long as the pool.  NULL: no memory. */
struct pool *pool_open(struct rules *, const struct settings *,
    unsigned workers, unsigned want, struct err *);
void pool_close(struct pool *);

/* Room for the bytes of the next message, LIMIT_LOT at most; NULL: there is
   none until more answers are taken. */
char *pool_room(struct pool *, uint32_t n);
/* The message whose bytes were put there.  large: its bytes are here instead,
   and it is judged at once.  item->why: it is not judged.  -1: no memory. */
int pool_put(
    struct pool *, const struct pool_item *, const char *large, struct err *);
/* No more messages come for now: what there is must not wait. */
void pool_flush(struct pool *);
/* The next message and its report, until the next call: 1; 0: none is ready,
   or (wait) none was put.  */
int pool_take(struct pool *, struct pool_item **, bool wait);

#endif
