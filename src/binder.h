#ifndef BINDER_H
#define BINDER_H

#include <sha2.h>
#include <time.h>

#include "spool.h"
#include "worker_pool.h"

/*
 * Many messages bound to one: a reading digest.  The same messages give the
 * same bytes.  What was added is spooled, so that memory holds a line each.
 */
enum binder_format {
	BINDER_PLAIN,   /* one text to be read */
	BINDER_RFC1153, /* texts that can be taken apart again */
	BINDER_MIME     /* multipart/digest: the messages themselves */
};

struct bound {           /* a message in it */
	uint64_t at;     /* in the spool: its fields, behind them its body */
	uint32_t fields; /* bytes of them */
	uint64_t len;    /* of the body */
	int64_t time;    /* of its Date field; INT64_MIN: unknown */
	enum action action;
};

struct binder {
	enum binder_format format;
	uint32_t columns, most; /* most: messages, the last ones */
	const struct rules *rules;
	const char *to; /* an address, or NULL: oneself */
	time_t now;
	bool sent;       /* its Date is now; else that of its newest message */
	uint32_t unread; /* messages that could not be judged */
	struct spool spool;
	struct bound *v; /* a ring */
	uint32_t n, size;
	uint64_t added;
	SHA2_CTX sum;
	bool high, binary; /* what the messages hold: more than ASCII; more
			      than lines of 998 bytes */
	struct buf fields, body;
};

/* With the first fields above set. */
int binder_open(struct binder *, struct err *);
/* p[0..n): the message itself, for BINDER_MIME. */
int binder_add(struct binder *, const struct pool_item *, const char *p,
    size_t n, struct err *);
/* The digest to a descriptor. */
int binder_write(struct binder *, int fd, struct err *);
void binder_close(struct binder *);

#endif
