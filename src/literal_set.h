#ifndef LITERAL_SET_H
#define LITERAL_SET_H

#include "limits.h"
#include "literal_width.h"

/*
 * Sets of strings for literal.c, in a pool of their own: a pattern's sets are
 * thrown away all at once.  An empty set says nothing.
 */
#define SET_STRINGS LIMIT_LITERALS /* of one set */
#define SET_LONGEST 48u            /* bytes of a string */
#define SET_POOL (64u << 10) /* bytes: twice what word lists of 5 KB take */

struct str {
	const char *p;
	uint16_t len;
	struct width before; /* characters; exact sets do not use it */
};

struct set {
	const struct str *v;
	uint32_t n;
	struct width before; /* to be added to that of each string */
};

/* Where the sets of a pattern live. */
struct sets {
	bool *failed;  /* set where there is no room */
	bool any;      /* strings of one or two letters are of use, too */
	uint32_t used; /* of the pool */
	uint32_t made; /* strings joined so far */
	_Alignas(8) char pool[SET_POOL];
};

/* A set to be filled, without doubles. */
struct build {
	struct str v[SET_STRINGS];
	uint32_t n;
	uint64_t seen; /* bits of what is in it: most are new at a glance */
	bool dead;     /* too many, or a part of it unknown */
};

/* Of the pool; NULL: no room. */
void *set_take(struct sets *, uint32_t len);
void set_start(struct build *);
void set_add(struct build *, struct str);
void set_unite(struct build *, const struct set *);
struct set set_end(struct sets *, const struct build *);
/* a becomes each of a followed by each of b.  False: too many or too long. */
bool set_multiply(struct sets *, struct set *a, const struct set *b);
/* The better the higher: the lightest string counts, then their number.  At
   most `floor`: it is no better, and need not be known.  0: of no use. */
uint32_t set_score(const struct sets *, const struct set *, uint32_t floor);
/* A set of at most eight strings, each of six letters or more, will do. */
#define SET_GOOD (12 * SET_STRINGS / 8 + SET_STRINGS - 8)
/* Takes those out of v[0..n) that hold another one; returns how many stay. */
uint32_t set_drop_longer(struct str *v, uint32_t n);

#endif
