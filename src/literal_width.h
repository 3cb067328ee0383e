#ifndef LITERAL_WIDTH_H
#define LITERAL_WIDTH_H

#include "pattern.h"

/*
 * How many characters a piece of a pattern takes.  Under CASELESS, too, a
 * character of the pattern takes one of the text, though their bytes may
 * differ in number.
 */
#define WIDTH_FAR UINT16_MAX /* there may be any number */
#define WIDTH_DEPTH 40u      /* groups in groups */

struct width {
	uint16_t min, max;
};

#define WIDTH_ANY ((struct width){0, WIDTH_FAR})

static inline uint16_t
width_cap(uint32_t n)
{
	return n < WIDTH_FAR ? (uint16_t)n : WIDTH_FAR;
}

/* One behind the other.  A minimum that is too large is said to be smaller. */
static inline struct width
width_add(struct width a, struct width b)
{
	uint32_t min = (uint32_t)a.min + b.min;

	if (min >= WIDTH_FAR)
		min = WIDTH_FAR - 1;
	return (struct width){
	    (uint16_t)min, width_cap((uint32_t)a.max + b.max)};
}

/* One or the other. */
static inline struct width
width_either(struct width a, struct width b)
{
	return (struct width){
	    a.min < b.min ? a.min : b.min, a.max > b.max ? a.max : b.max};
}

/* So many of them in a row. */
struct width width_times(struct width, struct pattern_times);
/* Of an atom, once. */
struct width width_atom(const struct pattern_atom *);

/* Of what stands from ps->at on to the end of the group that it is in, all
   alternatives; moves there: to its closing parenthesis, or the pattern's
   end.  WIDTH_ANY, and ps->failed, where that is not understood. */
struct width width_rest(struct pattern *ps);
/* Of what stands before ps->p[to), outside of all groups and alternatives;
   WIDTH_ANY where nothing can be said. */
struct width width_before(const char *pattern, uint32_t n, uint32_t to);

#endif
