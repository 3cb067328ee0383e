#ifndef PATTERN_H
#define PATTERN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads a PCRE2 pattern item by item for literal.c, which asks only what text
 * an item can match.  It does not check patterns: what PCRE2 would refuse may
 * be read as anything, but what PCRE2 takes is read as PCRE2 does, or failed
 * is set.
 */
#define PATTERN_CHARS 16u

struct pattern {
	const char *p;
	uint32_t n, at;
	bool failed; /* not understood: nothing can be said */
	bool x;      /* blanks and # are skipped */
	bool quoted; /* inside \Q...\E */
	bool moves;  /* \G or \K was read: where a search starts matters, or
	                a match is said to start elsewhere than it does */
	bool refers; /* to groups: by number, by name, by a condition */
};

enum pattern_kind {
	PATTERN_SOME,  /* anything may stand there */
	PATTERN_CHAR,  /* one of c[0..n) */
	PATTERN_EMPTY, /* takes no text */
};

#define PATTERN_MANY UINT32_MAX
struct pattern_atom {
	enum pattern_kind kind;
	uint32_t least, most; /* characters it takes; most may be MANY */
	uint32_t n;
	int32_t c[PATTERN_CHARS];
};

struct pattern_times {
	uint32_t min, max;
	bool vague; /* versions of PCRE2 differ, or one upon the other */
};

enum pattern_group {
	PATTERN_PLAIN,
	PATTERN_LOOK, /* takes no text */
	PATTERN_CALL, /* recursion, back reference: up to the parenthesis */
	PATTERN_COND, /* a condition comes first */
	PATTERN_FLAGS /* (?i): no group at all, up to the parenthesis */
};

static inline bool
pattern_more(const struct pattern *ps)
{
	return !ps->failed && ps->at < ps->n;
}

static inline char
pattern_peek(const struct pattern *ps, uint32_t ahead)
{
	return ps->at < ps->n && ps->n - ps->at > ahead ? ps->p[ps->at + ahead]
							: '\0';
}

/* Does the unquoted character c come next? */
static inline bool
pattern_next(const struct pattern *ps, char c)
{
	return pattern_more(ps) && !ps->quoted && ps->p[ps->at] == c;
}

/* What stands there without meaning: comments, blanks under x, \E. */
void pattern_skip(struct pattern *);
/* To behind the next c. */
void pattern_skip_to(struct pattern *, char c);
/* An item that is no group; there must be one. */
void pattern_atom(struct pattern *, struct pattern_atom *);
/* How often the item just read: once, if nothing says otherwise. */
struct pattern_times pattern_times(struct pattern *);
/* Reads a group's parenthesis and what makes it special. */
enum pattern_group pattern_group(struct pattern *);

#endif
