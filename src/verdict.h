#ifndef VERDICT_H
#define VERDICT_H

#include "grow.h"
#include "match.h"
#include "report.h"

/*
 * Hits -> score, category, guards, action.  Policy lives here only.
 */

/* Fills verdict, score, category, action and the rules of the report.
   hidden: rules that never score are named there, too.
   guard: an array with an element for each doc of the view; gets the spans of
   shown text that no cut may touch. */
void verdict_make(struct report *, struct match *, const struct settings *,
    struct spans *guard, bool hidden);
/* What becomes of a message whose cut was refused: it is marked; held, where
   promotion is most of the text, unless `action refused mark` or a guard says
   otherwise. */
void verdict_refuse(struct report *, const struct rules *, enum refusal);
/* Do `action` lines mean refusals by that name: refused, refused.share? */
bool verdict_refused(const char *name);

#endif
