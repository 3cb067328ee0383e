#ifndef WALK_H
#define WALK_H

#include "box.h"
#include "progress.h"
#include "worker_pool.h"

/*
 * Through mailboxes, each message to a judge and its report to the caller, in
 * the order in which they stand there.  What cannot be read is said, and the
 * others go on.
 */
struct walk {
	const char *const *path;
	int npath;
	struct box_wish wish;
	struct rules *rules;
	const struct settings *settings;
	unsigned workers, want;
	/* The bytes of a message, before it is judged; or NULL.  Of one that
	   cannot be read, and whose item.len is 0, none.  -1: all ends. */
	int (*see)(void *ctx, const char *p, size_t n, struct err *);
	void (*answer)(void *ctx, struct pool_item *);
	void *ctx;
	struct progress progress;
	uint64_t messages, bytes;
	int status; /* EX_OK; 1: something could not be read; EX_NOINPUT */
};

/* -1: no memory, or see() failed.  An item that was not judged (item->why) was
   said. */
int walk(struct walk *, struct err *);
/* How many processors we may use, LIMIT_WORKERS at most. */
unsigned walk_workers(void);

#endif
