#ifndef MATCH_PRIVATE_H
#define MATCH_PRIVATE_H

#include "match.h"

/*
 * Between match.c and match_late.c: rules with `late` run in a second round,
 * and only near hits of rules with `first`.  Words such as "help" or a price
 * stand in every mail; here they tell something only beside the topic.
 */
struct region {
	uint32_t doc;
	struct span at; /* in shown text */
};
struct regions { /* sorted, disjoint */
	struct region *v;
	uint32_t n;
	bool all; /* the whole message */
};

/* Where late rules are wanted; false: nowhere. */
bool match_late(struct regions *, struct match *);
bool match_in_regions(
    const struct match *, const struct regions *, const struct unit_text *);

#endif
