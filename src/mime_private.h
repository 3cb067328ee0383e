#ifndef MIME_PRIVATE_H
#define MIME_PRIVATE_H

#include "mime.h"

/*
 * The second opinion on a tree: libetpan's.  The only file that includes its
 * headers; only mime.c asks.
 */

/* Must it be kept away from these bytes (nesting, comments, parts)? */
bool mime_etpan_refuse(const struct tree *, uint32_t source);
/* Does it find the same entities at the same offsets? */
bool mime_etpan_agrees(const struct tree *, struct arena *, uint32_t source);

#endif
