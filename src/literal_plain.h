#ifndef LITERAL_PLAIN_H
#define LITERAL_PLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

/*
 * The quick way to a required literal: the longest run of plain characters
 * outside of all groups.  Most patterns have one, and the filter reads its
 * rules anew for each message: 10,000 instructions a pattern the thorough
 * way, 500 this way.  False where the pattern has none that is rare enough,
 * or has anything in it that is not understood at a glance.
 */
struct plain_run {
	uint32_t from, len; /* in the pattern, as written */
};

/* *one_way: the whole was understood, and has no alternative outside of
   groups. */
bool literal_plain(
    struct plain_run *, bool *one_way, const char *pattern, uint32_t n);

/* Moves *at to the end of the group it is in: its closing parenthesis, or the
   pattern's end.  Does nothing where that is not understood at a glance. */
void literal_plain_skip(const char *pattern, uint32_t n, uint32_t *at);

/* A copy of the run p[0..n), ASCII letters small. */
const char *literal_plain_copy(struct arena *, const char *p, uint32_t n);

#endif
