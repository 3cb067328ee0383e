#ifndef PAGE_H
#define PAGE_H

#include "report.h"

/*
 * A message as it is read in a digest.  The texts are strangers': secrets are
 * masked, what a terminal would obey is shown as escapes.
 */

/* The text, folded, with its links as numbers and what they stand for below.
   columns: 0 is none, no line is folded.  guarded: a line that a reader of
   digests takes for the end of this message, or for the start of another one,
   gets a blank in front (RFC 1153). */
void page_text(struct buf *out, const struct report_reading *, uint32_t columns,
    bool guarded);
/* The text of a header field; handles: shortened, too. */
void page_field(struct buf *out, const char *p, size_t n, bool handles);
/* The name in the text of a From field, else all of it. */
void page_name(struct buf *out, const char *from, size_t n, uint32_t columns);

#endif
