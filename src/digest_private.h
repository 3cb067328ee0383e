#ifndef DIGEST_PRIVATE_H
#define DIGEST_PRIVATE_H

#include "digest.h"

/* A line: its text is p[from..stop), the next one starts at next. */
struct digest_line {
	uint32_t from, stop, next;
};

/* The line that starts at `at` <= n. */
struct digest_line digest_line(const char *p, uint32_t n, uint32_t at);
/* Nothing but blanks? */
bool digest_blank(const char *p, struct digest_line);
/* The first byte of p[at..stop) that is no blank, or stop. */
uint32_t digest_skip(const char *p, uint32_t at, uint32_t stop);
/* Does word (lower case, ASCII) stand at p[at..stop), in any case? */
bool digest_word(const char *p, uint32_t at, uint32_t stop, const char *word);
/* Reads digits; false where there are none, or more than nine. */
bool digest_number(
    const char *p, uint32_t *at, uint32_t stop, uint32_t *number);

/* The start of a title, as it is compared: without white space and "Re:",
   ASCII letters small; once with and once without "[list]" before it. */
struct digest_key {
	struct {
		char c[64];
		uint32_t n;
	} v[2];
};

void digest_key(struct digest_key *, const char *p, struct span);
/* Do a line of the contents and a subject with the same number agree: in
   eight characters, or in all that the shorter has? */
bool digest_fits(const struct digest_key *toc, const struct digest_key *);
/* The same where there is no number to go by: the line is the subject, at
   most with "(...)" behind it, or is its start. */
bool digest_is(const struct digest_key *toc, const struct digest_key *);

/* Does the line say that it stands for several: "Subject (2)",
   "Subject (2 msgs)"? */
bool digest_several(const struct digest_key *toc, const struct digest_key *);

/* The table of contents. */
struct digest_item {
	struct span text;  /* all its lines, behind its number */
	struct span title; /* without ezmlm's lines "3 by: Name" */
	uint32_t number;   /* 0: none */
	uint32_t by;       /* lines "3 by: Name" */
	uint32_t taken;    /* entries that it stands for */
	struct digest_key key;
};

struct digest_toc {
	struct digest_item *v;
	uint32_t n, size;
	bool numbered; /* numbers rise from item to item */
};

/* Reads it from what comes before the first entry. */
void digest_toc(struct digest_toc *, struct arena *, const char *p, uint32_t n);

#endif
