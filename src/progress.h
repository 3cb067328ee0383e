#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How far it is, on a line of the terminal that is drawn again and again; where
 * standard error is no terminal, nothing.
 */
struct progress {
	bool on, drawn;
	int64_t start, last; /* ms */
	uint64_t base;       /* what was done of other boxes */
};

void progress_start(struct progress *, bool quiet);
/* done of total (0: not known) of this box; messages and bytes in all. */
void progress_show(struct progress *, uint64_t done, uint64_t total,
    uint64_t messages, uint64_t bytes);
/* Before anything else is written to the terminal. */
void progress_clear(struct progress *);
/* Seconds since the start. */
double progress_seconds(const struct progress *);

#endif
