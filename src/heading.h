#ifndef HEADING_H
#define HEADING_H

#include "buf.h"

/* A header field that we write (RFC 5322 2.2.3, RFC 2047): folded, ASCII,
   encoded words where the text is not.  p[0..n): UTF-8 without controls.
   addresses: what stands in <> or has an @ stays as it is, since no address may
   be encoded; and quotes round a name that is encoded go. */
void heading_put(
    struct buf *out, const char *name, const char *p, size_t n, bool addresses);

#endif
