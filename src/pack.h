#ifndef PACK_H
#define PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

/*
 * A structure as one block of bytes that can be kept and read again elsewhere:
 * its pointers are offsets in the block, and it is known where they stand.
 */
struct pack {
	struct arena *a;
	char *p;
	uint32_t len, size;
	uint32_t *fix; /* where pointers stand, other than NULL */
	uint32_t nfix, fix_size;
	uint32_t hot; /* set by who packs: most readers need no more */
};

#define PACK_ALIGN 16u

/* Appends n bytes, aligned; where they stand.  n may be 0. */
uint32_t pack_put(struct pack *, const void *p, size_t n);
/* The pointer at `at` of the block becomes one to `to`. */
void pack_point(struct pack *, uint32_t at, uint32_t to);
/* Appends n bytes that the pointer at `at` points to; NULL stays NULL. */
void pack_bytes(struct pack *, uint32_t at, const void *p, size_t n);
/* The same for a string with its NUL. */
void pack_string(struct pack *, uint32_t at, const char *s);
/* Pointers again: fix[0..nfix) of the block p[0..len), all in its first `hot`
   bytes.  False: one lies outside, and the block is of no use. */
bool pack_unpack(
    char *p, uint32_t len, uint32_t hot, const uint32_t *fix, uint32_t nfix);
/* A sum over n bytes that an accident changes; not against malice. */
uint64_t pack_sum(const void *p, size_t n);

#endif
