#ifndef TALLY_H
#define TALLY_H

#include "row.h"

/*
 * What a scan found, counted: by verdict, category and sender.
 */
struct tally {
	uint64_t messages, bytes;
	uint64_t verdict[VERDICT_ERROR + 1];
	struct tally_table *category, *sender;
};

/* -1: no memory. */
int tally_open(struct tally *);
void tally_close(struct tally *);
void tally_add(struct tally *, const struct pool_item *, const struct rules *);
/* Some lines; the more frequent first. */
void tally_print(struct buf *, const struct tally *);

#endif
