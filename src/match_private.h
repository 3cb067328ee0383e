#ifndef MATCH_PRIVATE_H
#define MATCH_PRIVATE_H

#include "fold.h"
#include "match.h"

/*
 * match_window.c: where in a text a match of a rule may start.  Every match
 * holds one of the rule's literals, so many characters behind its start: so it
 * starts in a window before one of the places where these stand, and need not
 * be looked for elsewhere.  Large alternations are tried at a handful of
 * places instead of at 2,000.
 */
struct window {
	uint32_t from, to; /* bytes of the text; `to` itself, too */
};

/* A way of a rule whose literals stand in the text. */
struct way_here {
	uint32_t rule, way;
	uint32_t first, count; /* its windows */
	/* The first match at or after `searched`. */
	enum { WAY_UNKNOWN, WAY_MATCH, WAY_NONE } state;
	struct span next;
};

struct windows {
	struct arena *a;
	const struct rules *rules;
	/* Of the text that was scanned last. */
	char *lower; /* its fold_case */
	size_t room;
	struct prefilter_found found;
	struct fold_shifts shifts;
	/* The text that windows are known for, or NULL. */
	const char *p;
	uint32_t n;
	struct raw_window { /* one a place */
		uint32_t here;
		struct window at;
	} * raw;
	uint32_t nraw, raw_size;
	bool full; /* too many */
	/* Ways as they were met; slot: by number of a way, 1 + its index here,
	   or 0. */
	struct way_here *here;
	uint32_t nhere, here_size;
	uint32_t *slot, nslot;
	/* By rule: its ways are first[rule] to first[rule] + count[rule] of
	   `order`, by number; for candidates only. */
	struct way_here *order;
	uint32_t order_size;
	uint32_t *first, *count;
	struct window *v; /* of a way: sorted, apart from each other */
	uint32_t size;
};

void windows_init(struct windows *, struct arena *, const struct rules *);
/* prefilter_scan of p[0..n), which must stay.  Windows are not known then. */
void windows_scan(struct windows *, const struct prefilter *, const char *p,
    uint32_t n, uint64_t *bits);
/* Windows in the text scanned last, of the rules whose bits are set. */
void windows_make(struct windows *, const struct prefilter *, const char *p,
    uint32_t n, const uint64_t *bits, uint32_t words);
/* No text's windows are known. */
void windows_forget(struct windows *);
/* re_match of a rule, compiled if it is not yet: in its windows, if these are
   known and it has literals; else anywhere.  `start` must not be less than in
   the call before, for the same rule and text.  -2: does not compile. */
int windows_match(struct match *, uint32_t rule, const char *p, uint32_t n,
    uint32_t start, struct span *);

/* Has a pattern, and is to run.  SpamAssassin: a rule with score 0 does not,
   and is 0 in metas. */
bool match_enabled(const struct rule *);

/* match_address.c.  RULE_HDR_ADDR, RULE_HDR_NAME: p[0..n) becomes the addresses
   or names of all addresses in it, a line each. */
void match_narrow(struct arena *, unsigned flags, const char **p, uint32_t *n);

struct match_private {
	uint64_t *bits; /* of the candidates in the present text */
	uint64_t *mask[RULE_META + 1]; /* rules that may run, by type */
	uint64_t *always;              /* of these, those without a literal */
	uint64_t *late;                /* … that wait for one with `first` */
	bool late_now;
	bool has[2][RULE_META + 1]; /* rules, late ones too, of a type */
	uint32_t words;
	int64_t *spent; /* ns, by rule */
	int64_t cpu;    /* ns of this process when it began */
	/* First hits of this unit, and of the one before it. */
	uint32_t unit_start, look_back;
	struct windows windows;
};

/*
 * match_late.c: rules with `late` run in a second round,
 * and only near hits of rules with `first`.  Words such as "help" or a price
 * stand in every mail; here they tell something only beside the topic.
 */
struct region {
	uint32_t doc;
	struct span at; /* in shown text */
};
struct regions { /* sorted, disjoint */
	struct region *v;
	uint32_t n;
	bool all; /* the whole message */
};

/* Where late rules are wanted; false: nowhere. */
bool match_late(struct regions *, struct match *);
bool match_in_regions(
    const struct match *, const struct regions *, const struct unit_text *);

/* match_twice.c: m->twice anew, from the hits that count. */
void match_twice(struct match *);

#endif
