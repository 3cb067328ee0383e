#ifndef HEADLINE_H
#define HEADLINE_H

#include "report.h"
#include "view.h"

/* From, Subject and Date of a message, for a list of messages. */
void headline(struct report *, struct arena *, const struct view *);

#endif
