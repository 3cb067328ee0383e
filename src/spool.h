#ifndef SPOOL_H
#define SPOOL_H

#include "buf.h"
#include "log.h"

/* Bytes in a file without a name: what is more than memory should hold. */
struct spool {
	int fd;
	uint64_t len;
	struct buf waiting; /* the last of them, not written yet */
};

int spool_open(struct spool *, struct err *);
int spool_put(struct spool *, const char *p, size_t n, struct err *);
/* n bytes from `at` on, all of which are there. */
int spool_get(struct spool *, char *p, size_t n, uint64_t at, struct err *);
/* All is in the file. */
int spool_flush(struct spool *, struct err *);
/* What is before `at` is not asked for again. */
void spool_done(struct spool *, uint64_t at);
void spool_close(struct spool *);

#endif
