#ifndef GROW_H
#define GROW_H

#include "rules.h"

/*
 * A match grown to its unit, and the edges of a cut made tidy: pure functions
 * over shown text (valid UTF-8 p[0..n)).
 */

/* The unit round a span; the span itself where the unit is not there (a
   clause without brackets). */
struct span grow_unit(const char *p, uint32_t n, struct span, enum unit);

/* Is the unit one that grows? */
bool grow_knows(enum unit);

/* What belonged only to the cut text goes with it: the brackets and emphasis
   marks round it, bullet or numbering and line end of a line it empties, one
   of two empty lines, blanks at its edges. */
struct span grow_tidy(const char *p, uint32_t n, struct span);

/* Sorts spans and joins those with nothing but blanks between them; returns
   how many are left. */
uint32_t grow_merge(const char *p, struct span *v, uint32_t n);

/* Stretches that are never cut: quoted lines (>), what follows "-----Original
   Message-----", fenced code, a signature or list footer.  Appends to an array
   in the arena. */
struct spans {
	struct span *v;
	uint32_t n, size;
};
void grow_protected(struct spans *, struct arena *, const char *p, uint32_t n);
void grow_add(struct spans *, struct arena *, struct span);
bool grow_touches(const struct spans *, struct span);

/* Tidy spans in lines that a reader joins (RFC 3676): changed so that the
   paragraphs stay what they are, and that no line begins as a quote or a From_
   line that did not.  false: that cannot be.  how: FLOWED, or 0, where only
   From_ lines are cared for. */
#define FLOWED 1u
#define FLOWED_DELSP 2u
bool grow_flow(const char *p, uint32_t n, struct spans *, unsigned how);

/* Characters that are not blank, in p[from..to). */
uint32_t grow_chars(const char *p, struct span);

#endif
