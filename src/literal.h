#ifndef LITERAL_H
#define LITERAL_H

#include "map.h"

/*
 * Required literals of a pattern, and Aho-Corasick over those of all rules: a
 * rule runs only where one of its literals stands (FACTS section 4: 31 ms a
 * message without, 0.2 ms with).
 */

/* "Every match of the pattern holds at least one of these", each put through
   fold_case, since the search ignores case.  n == 0: nothing can be said, the
   rule always runs. */
struct literals {
	const char **v; /* not NUL-terminated */
	uint32_t *len;
	uint32_t n;
};

/* Reads a PCRE2 pattern as compiled with PCRE2_UTF|PCRE2_UCP and the flags
   given ('i', 's', 'm', 'x' as letters).  Sound above all: what it does not
   understand makes it give up on that stretch, never guess.  Never fails. */
void literal_extract(struct literals *out, struct arena *, const char *pattern,
    uint32_t len, const char *flags);

struct prefilter;
struct prefilter *prefilter_new(struct arena *);
/* id: any number below 2^24; the same literal may belong to many ids. */
void prefilter_add(
    struct prefilter *, const char *lit, uint32_t len, uint32_t id);
void prefilter_build(struct prefilter *);
/* Sets the bit of each id one of whose literals stands in p[0..n), which went
   through fold_case.  bits has room for the largest id. */
void prefilter_scan(
    const struct prefilter *, const char *p, uint32_t n, uint64_t *bits);

#endif
