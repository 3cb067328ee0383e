#ifndef RE_H
#define RE_H

#include "map.h"

/*
 * Regular expressions: the only door to PCRE2.  UTF and UCP always; subjects
 * are valid UTF-8 (checked once, where the text was made).
 */
struct re;

#define RE_CASELESS 0x01
#define RE_DOTALL 0x02
#define RE_MULTILINE 0x04
#define RE_EXTENDED 0x08
#define RE_BYTES 0x10 /* matches bytes, as SpamAssassin does */

struct re_fault {
	uint32_t offset; /* in the pattern */
	char text[160];
	bool too_large; /* for this engine; else it is wrong */
};

/* 0, or -1 with *fault.  From malloc: re_free. */
int re_compile(struct re **, const char *pattern, uint32_t len, unsigned flags,
    struct re_fault *fault);
/* Before a fork only: the child may not make memory executable. */
void re_jit(struct re *);
void re_free(struct re *);

/* 1 and *m; 0 no match; -1 a limit was hit: the rule is to be skipped and
   that said, never counted as a hit.  Searches from `start` on; look-behind
   sees what stands before. */
int re_match(const struct re *, const char *p, uint32_t n, uint32_t start,
    struct span *m);
/* The same, but a match must start in starts.from to starts.to, itself too;
   look-behind and look-ahead see all of the text. */
int re_match_within(const struct re *, const char *p, uint32_t n,
    struct span starts, struct span *m);
/* Writes at most 64 bytes. */
void re_version(char *out);

#endif
