#ifndef ROW_H
#define ROW_H

#include "worker_pool.h"

/* A message that scan looked at, as a line. */

#define ROW_SUM 65 /* bytes of a SHA-256 in hexadecimal, with the NUL */

/* An object and a line end.  timing: how long it took, too, which is never
   the same twice. */
void row_json(
    struct buf *, const struct pool_item *, const struct rules *, bool timing);
/* A line of a table of 80 columns, and its head. */
void row_text(struct buf *, const struct pool_item *, const struct rules *);
void row_head(struct buf *);
/* Strangers' text in so many columns of a terminal, filled up with blanks or
   cut off; what a terminal would obey is shown as escapes. */
void row_cell(struct buf *, const char *p, size_t n, unsigned width);

#endif
