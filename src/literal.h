#ifndef LITERAL_H
#define LITERAL_H

#include "map.h"
#include "pack.h"

/*
 * Required literals of a pattern, and Aho-Corasick over those of all rules: a
 * rule runs only where one of its literals stands (FACTS section 4: 31 ms a
 * message without, 0.2 ms with).
 */

/* A string that a match must hold, put through fold_case, since the search
   ignores case. */
struct literal {
	const char *p; /* not NUL-terminated */
	uint32_t len;
	/* Characters of the text, not of its folded form, that a match has
	   before it; max is UINT32_MAX where there may be any number. */
	uint32_t min, max;
	uint32_t way; /* of the pattern, in which it is required */
};

/* One of the alternatives that a pattern is made of, outside of all groups. */
struct literal_way {
	uint32_t from, to; /* in the pattern */
	bool anywhere;     /* it has no literal */
};

/* "Every match of way k of the pattern holds at least one of its literals, so
   far behind its start", unless that way is `anywhere`.  n == 0: nothing can be
   said, the rule always runs.  There is one way where alternatives need each
   other. */
struct literals {
	struct literal *v;
	struct literal_way *way;
	uint32_t n, nway;
	bool anywhere; /* one of the ways is */
	bool moves;    /* what a match is depends on where the search began */
};

/* Reads a PCRE2 pattern as compiled with PCRE2_UTF|PCRE2_UCP and the flags
   given ('i', 's', 'm', 'x' as letters).  Sound above all: what it does not
   understand makes it give up on that stretch, never guess.  Never fails. */
void literal_extract(struct literals *out, struct arena *, const char *pattern,
    uint32_t len, const char *flags);
/* The same, but where there is nothing better a literal may be one character
   that is no blank, and a way may be `anywhere`: for rules that run seldom,
   since it makes the search for all literals slow. */
void literal_extract_any(struct literals *out, struct arena *,
    const char *pattern, uint32_t len, const char *flags);

struct prefilter;
struct prefilter *prefilter_new(struct arena *);

/* Where literals stand in a text, as prefilter_scan found them: v is the
   caller's; n > room: some are left out. */
struct prefilter_found {
	struct prefilter_end {
		uint32_t state, end;
	} * v;
	uint32_t n, room;
};

/* One place of a literal of `id`: it starts at `from` in the folded text, and
   a match has min to max characters before it (as in struct literals). */
struct prefilter_place {
	uint32_t id, way, from, min, max;
};

/* id: any number below 2^24; the same literal may belong to many ids.  Adds
   literal i of l. */
void prefilter_add(
    struct prefilter *, const struct literals *l, uint32_t i, uint32_t id);
void prefilter_build(struct prefilter *);
/* One that was built, as part of a block (pack.h); where it stands. */
uint32_t prefilter_pack(struct pack *, const struct prefilter *);
/* What that points to, which may stand further behind. */
void prefilter_pack_rest(struct pack *, uint32_t at, const struct prefilter *);
/* Sets the bit of each id one of whose literals stands in p[0..n), which went
   through fold_case.  bits has room for the largest id.  found may be NULL;
   else where each literal stands. */
void prefilter_scan(const struct prefilter *, const char *p, uint32_t n,
    uint64_t *bits, struct prefilter_found *found);
/* Calls put() for each place of each literal of an id whose bit is set.  Their
   ends rise.  found is what prefilter_scan of the same prefilter filled. */
void prefilter_places(const struct prefilter *, const struct prefilter_found *,
    const uint64_t *bits,
    void (*put)(void *ctx, const struct prefilter_place *), void *ctx);

#endif
