#ifndef READING_H
#define READING_H

#include "report.h"
#include "view.h"

/* What somebody reads of a message, for a digest: its texts as lines, with the
   places of its links, and the names of its attachments.  HTML has become text:
   lists with bullets, quotes with `>`; the lines of format=flowed are joined;
   of alternatives the plain one is taken, unless there is nothing in it.  All
   from the arena. */
void reading_make(struct report *, struct arena *, const struct view *);

#endif
