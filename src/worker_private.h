#ifndef WORKER_PRIVATE_H
#define WORKER_PRIVATE_H

#include "report.h"

/* What one child for one message and the pool have in common. */
#define EXIT_SANDBOX 11 /* the walls could not be put up */
#define EXIT_MEMORY 12
#define EXIT_ANSWER 13

/* In a child: to SANDBOX_FD. */
void worker_write(const char *p, size_t n);
/* For tests of the parent (tests/fault): what a child may do wrong, if the
   message holds `SIMSIFT_CHILD: how` or the environment says so. */
void worker_misbehave(const char *p, size_t n);
#ifdef SIMSIFT_FAULTS
/* tests/fault/babble.c: what it may say that is not so, of a message of len
   bytes; and what becomes of its answer, behind `head` bytes of the pool's. */
void worker_lie(struct report *, struct arena *, uint32_t len);
void worker_babble(struct buf *answer, size_t head);
#else
#define worker_lie(report, arena, len) ((void)0)
#define worker_babble(answer, head) ((void)0)
#endif
/* Why it ended; 0: it ended well. */
int worker_explain(int status, struct err *);

#endif
