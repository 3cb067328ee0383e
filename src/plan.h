#ifndef PLAN_H
#define PLAN_H

#include "lower.h"
#include "verdict.h"

/*
 * Hits -> units -> the smallest legal change of the raw message.
 */

struct elems {
	uint32_t *v, n, size;
};

struct plan {
	struct spans *cut;    /* for each doc: shown text that goes */
	struct spans *dark;   /* … hidden text that goes */
	struct elems *elem;   /* … elements without text */
	struct edits *utf8;   /* … edits of its characters, given otherwise */
	struct elems part;    /* parts whose body goes: pictures */
	struct edits *gone;   /* … all edits of its UTF-8: after plan_lower */
	bool replaced;        /* whole bodies became others: an entry's stub */
	struct edits *source; /* for each source: edits given otherwise */
	struct edit *edit;    /* of the message, sorted: after plan_lower */
	uint32_t nedit;
	uint32_t warn;        /* WARN_* about fields that were mended */
	enum refusal refusal; /* REFUSAL_NONE: the edits may be proposed */
};

/* An empty plan for a view. */
void plan_start(struct plan *, struct arena *, const struct view *);

/* What goes, by the cut lines of the rules: hits, units, tidy edges, the same
   in the other alternatives, pictures.  guard: as filled by verdict_make.
   Sets text_chars and gone_chars of the report. */
void plan_make(struct plan *, struct report *, struct match *,
    const struct settings *, const struct spans *guard);
/* Only what one rule finds, whatever the verdict and its share of the text:
   how `rules test` tries a cut. */
void plan_try(struct plan *, struct report *, struct match *,
    const struct spans *guard, uint32_t rule);
/* Spans of shown text, sorted and disjoint, on the borders of characters, for
   each doc; as they are, neither grown nor tidied; lowered. */
void plan_given(
    struct plan *, struct arena *, struct view *, const struct spans *cut);

/* Holds a text an inline block of OpenPGP?  Its signature covers the text. */
bool plan_holds_pgp(const char *p, uint32_t len);
/* May anything of this message be changed at all?  REFUSAL_NONE, or why not. */
enum refusal plan_refuses(const struct view *, const struct settings *);
/* Takes back all that goes from the texts. */
void plan_drop(struct plan *, const struct view *);
/* Names what goes in the cuts of the report. */
void plan_report(
    const struct plan *, struct report *, struct arena *, const struct view *);
/* Pictures, too: which go is known after plan_lower. */
void plan_report_parts(
    const struct plan *, struct report *, struct arena *, const struct view *);
/* Down to edits of the message.  mend: of header fields that tell a body's
   length, too; not for an entry, whose digest does it. */
void plan_lower(struct plan *, struct arena *, const struct view *, bool mend);

#endif
