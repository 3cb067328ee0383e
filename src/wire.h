#ifndef WIRE_H
#define WIRE_H

#include "report.h"

/*
 * A report over a pipe.  The reader believes nothing: every count and length
 * is checked against the bytes that are there, every rule index against the
 * loaded rules, every enum against its range.
 */

/* Appends; -1: no memory, or longer than the buffer's cap. */
int wire_write(struct buf *out, const struct report *);
/* The report in p[0..n), which must be all of it; strings are copied to the
   arena.  nrules: of the loaded rules; len: of the message.  -1: nonsense. */
int wire_read(struct report *, struct arena *, const char *p, size_t n,
    uint32_t nrules, uint32_t len);

#endif
