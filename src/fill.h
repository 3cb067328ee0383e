#ifndef FILL_H
#define FILL_H

#include "buf.h"

/*
 * Lines folded to a width: between words, and between the characters of a
 * script that has none, but not before a sign that closes nor behind one that
 * opens (JIS X 4051, "kinsoku").  What a line begins with is kept: `>` of a
 * quote on each line, blanks and a bullet as blanks.  An address stays in one
 * piece, however long.  No line gets more than LIMIT_MAIL_LINE bytes.
 */

/* p[0..n): UTF-8 without line ends and controls.  Appends lines with their
   ends; each begins with `front`, which counts. */
void fill(struct buf *out, const char *p, size_t n, uint32_t columns,
    const char *front);
/* The same, as it is: only where it has too many bytes it is broken. */
void fill_kept(struct buf *out, const char *p, size_t n, const char *front);

#endif
