#ifndef LOWER_H
#define LOWER_H

#include "edit.h"
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

/* What goes from a doc: spans of shown text, sorted and disjoint; and elements
   of its HTML that show no text, such as a link round a picture. */
struct cut {
	const struct span *span;
	uint32_t n;
	const uint32_t *elem;
	uint32_t nelem;
};

/* Appends to the edits of the source its part lies in. */
void lower_doc(struct edits *bysource, const struct view *, const struct doc *,
    const struct cut *);

/* Edits of opened messages become edits of the source they lie in, down to
   the message itself: bysource[0], sorted. */
void lower_sources(struct edits *bysource, const struct view *);

#endif
