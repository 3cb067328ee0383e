#ifndef MATCH_PRIVATE_H
#define MATCH_PRIVATE_H

#include "match.h"

/*
 * Between match.c and match_local.c: rules whose hits matter only near those
 * of others (rule.local) run only there, in a second round.  Words such as
 * "help" or a price stand in every mail, and beside a contact in few.
 */
struct region {
	uint32_t doc;
	struct span at; /* in shown text */
};
struct regions { /* sorted, disjoint */
	struct region *v;
	uint32_t n;
};

/* Round the hits so far of rules that are anchors. */
void match_regions(struct regions *, struct match *);
bool match_in_regions(const struct regions *, const struct unit_text *);

#endif
