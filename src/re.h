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
/* The bytes that a match may start with, and the pairs of bytes. */
struct re_starts {
	uint8_t first[256];    /* 0, or 1 */
	uint64_t pair[1024];   /* a bit each: the second byte is the higher */
	bool no_letter_before; /* for the caller: no ASCII letter */
};
/* False: unknown, or it matches nothing at all.  Of what stands before a match
   only \b and \B are thought of: for patterns that ask no more. */
bool re_starts(const struct re *, struct re_starts *);
/* The next place from `at` on where a match may start; n: none. */
uint32_t re_next_start(
    const struct re_starts *, const char *p, uint32_t n, uint32_t at);
/* Writes at most 64 bytes. */
void re_version(char *out);

#endif
