#ifndef LOWER_H
#define LOWER_H

#include "edit.h"
#include "grow.h"
#include "view.h"

/*
 * Cuts on their way down: shown text -> UTF-8 -> content -> the bytes of the
 * message, each step the smallest legal change (RFC 2045 6.7, 6.8; RFC 2047).
 */

struct edits {
	struct edit *v;
	uint32_t n, size;
};

/* What is wrong with a doc's encoding, so that it cannot be cut; or NULL. */
const char *lower_refuse(const struct view *, const struct doc *);

/* What goes from a doc: spans of shown and of hidden text, sorted and disjoint;
   elements of its HTML that show no text, such as a link round a picture; and
   edits of its UTF-8 where no text is shown (comments, attributes) or text is
   put in its place (ASCII). */
struct cut {
	struct spans shown, dark;
	const uint32_t *elem;
	uint32_t nelem;
	struct edits utf8;
};

void lower_add(
    struct edits *, struct arena *, struct span, const char *p, uint32_t len);

/* Appends to the edits of the source its part lies in.  gone: is filled with
   the edits of the doc's UTF-8, sorted. */
void lower_doc(struct edits *bysource, const struct view *, const struct doc *,
    const struct cut *, struct edits *gone);

/* The body of a part, whatever it holds, becomes `text` (ASCII; encoded as the
   body was), or nothing. */
void lower_replace(struct edits *bysource, const struct view *, uint32_t part,
    const char *text);

/* Edits of opened messages become edits of the source they lie in, down to
   the message itself: bysource[0], sorted.  mend: header fields that tell a
   changed body's length or sum are mended or dropped; WARN_* bits say so. */
uint32_t lower_sources(struct edits *bysource, const struct view *, bool mend);

#endif
