#ifndef UNPACK_H
#define UNPACK_H

#include <stddef.h>
#include <sys/types.h>

#include "log.h"

/*
 * A packed file as a stream: gzip, bzip2, xz or zstd, unpacked by a sandboxed
 * child.  The child sees the file through a mapping, since it may not read: if
 * the file is cut short meanwhile, the child dies of it and nobody else.
 */
enum unpack_kind {
	UNPACK_NONE,
	UNPACK_GZIP,
	UNPACK_BZIP2,
	UNPACK_XZ,
	UNPACK_ZSTD
};

#define UNPACK_MAGIC 6 /* bytes that tell the kind */

enum unpack_kind unpack_kind(const char *p, size_t n);

struct unpack {
	pid_t pid;
	int fd; /* what is unpacked */
};

/* fd stays the caller's. */
int unpack_start(
    struct unpack *, enum unpack_kind, int fd, size_t size, struct err *);
/* At the end of the stream, or before (then what the child says of it is no
   fault): -1 where the file is damaged or cut short. */
int unpack_end(struct unpack *, bool whole, struct err *);

#endif
