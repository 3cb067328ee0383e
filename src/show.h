#ifndef SHOW_H
#define SHOW_H

#include "entries.h"

/* What explain and diff show of a message and its entries, into the report:
   hits with the text round them, texts with what goes, the tree.  want: WANT_*
   bits.  All from the arena. */
void show(struct report *, struct arena *, const struct sight *,
    const struct entries *, unsigned want);

#endif
