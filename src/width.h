#ifndef WIDTH_H
#define WIDTH_H

#include "buf.h"

/* Columns on a terminal: a Han character takes two, a combining one none.
   The text is what report_shown made: no control characters. */

uint32_t width_of(const char *p, size_t n);
/* Appends the text in just so many columns: padded with blanks, or shortened
   with an ellipsis at its end. */
void width_put(struct buf *out, const char *p, size_t n, uint32_t columns);
/* The same without padding. */
void width_cut(struct buf *out, const char *p, size_t n, uint32_t columns);
/* Columns of the terminal at fd; `otherwise` where it is none. */
uint32_t width_terminal(int fd, uint32_t otherwise);

#endif
