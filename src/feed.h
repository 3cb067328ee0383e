#ifndef FEED_H
#define FEED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "unpack.h"

/*
 * Bytes by their offset: of a regular file as it was when it was opened, or of
 * a stream (a pipe, or a packed file) as it comes in.  A stream goes through a
 * file without a name, in which what is behind us makes a hole.
 */
struct feed {
	int fd;         /* of the file, or that one */
	int packed_fd;  /* of a packed file, or -1 */
	uint64_t size;  /* of the file; of a stream: what has come so far */
	bool ended;     /* size is all */
	int stream;     /* or -1 */
	uint64_t freed; /* bytes of a stream that are gone */
	struct unpack unpack;
	uint64_t packed; /* bytes of a packed file; 0: it is none */
	bool failed;     /* the stream ended too early; why: */
	struct err fault;
};

/* Takes the descriptor over, also where it fails.  unpack: look whether it is
   packed. */
int feed_open(struct feed *, int fd, bool unpack, struct err *);
/* Reads n bytes at `at`, fewer only at the end: how many; -1: it cannot be
   read, or the file has become shorter.  A stream that breaks off ends there,
   and feed_fault says why. */
ssize_t feed_read(struct feed *, char *p, size_t n, uint64_t at, struct err *);
/* -1 where the end that was found is no true one. */
int feed_fault(const struct feed *, struct err *);
/* What is before `at` is not asked for again. */
void feed_done(struct feed *, uint64_t at);
void feed_close(struct feed *);

#endif
