#ifndef PLAN_H
#define PLAN_H

#include "verdict.h"

/*
 * Hits -> units -> the smallest legal change of the raw message.
 */

struct plan {
	struct spans *cut; /* for each doc: shown text that goes */
	struct elems {     /* … and elements without text */
		uint32_t *v, n, size;
	} * elem;
	struct edit *edit; /* of the message, sorted */
	uint32_t nedit;
	enum refusal refusal; /* REFUSAL_NONE: the edits may be proposed */
};

/* guard: as filled by verdict_make.  Sets text_chars, gone_chars and cuts of
   the report. */
void plan_make(struct plan *, struct report *, struct match *,
    const struct settings *, const struct spans *guard);
/* Only what one rule finds, whatever the verdict and its share of the text:
   how `rules test` tries a cut. */
void plan_try(struct plan *, struct report *, struct match *,
    const struct spans *guard, uint32_t rule);
/* Spans of shown text, sorted and disjoint, on the borders of characters, for
   each doc; as they are, neither grown nor tidied. */
void plan_given(struct plan *, struct arena *, struct view *,
    const struct spans *cut);

#endif
