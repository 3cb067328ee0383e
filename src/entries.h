#ifndef ENTRIES_H
#define ENTRIES_H

#include "digest.h"
#include "sight.h"

/*
 * The entries of a list digest (RFC 1153, multipart/digest): each is judged as
 * a message of its own and cut in place; one that would be held is replaced by
 * a line that says so.
 */
struct entry {
	uint32_t number;  /* as the digest numbers it */
	const char *path; /* of its root: "1.2.1", "1#3" */
	struct text
	    made;      /* in text: a message made of it; map -> doc's UTF-8 */
	const char *p; /* the message */
	uint32_t len;
	uint32_t part;     /* the message/rfc822, or NO_PART: in text */
	uint32_t source;   /* where p lies, and … */
	uint32_t base;     /* … from which offset on */
	uint32_t doc;      /* in text: which, and … */
	struct span whole; /* … where in its UTF-8 */
	uint32_t toc_doc;  /* its line in a table of contents, if any: … */
	struct span toc;   /* … what stands for it: Subject and author … */
	struct span known; /* … and what the entry says itself */
	struct span line;  /* … all of it */
	bool pgp;          /* in text that a block of OpenPGP covers */
	bool open;         /* where it ends is not sure */
	struct sight *sight;
	struct report report;
	bool changed; /* its plan holds edits that are to be made */
	bool stub;
};

struct entries {
	struct entry *v;
	uint32_t n, size;
	const struct sight *outer;
	const uint32_t *of; /* the entry each part lies in, or UINT32_MAX */
};

/* Finds them; n is 0 where the message is no digest. */
void entries_find(struct entries *, struct arena *, struct sight *);
/* Takes the hits in entries from the match of the digest itself, and keeps its
   cuts out of them. */
void entries_set_apart(struct entries *, struct sight *);
/* A verdict for each.  why: the digest cannot be changed; or REFUSAL_NONE.
   false: there is no memory for all of them. */
bool entries_judge(
    struct entries *, const struct sight_with *, enum refusal why);
/* Their edits become edits of the digest's plan. */
void entries_plan(struct entries *, struct plan *, const struct sight_with *);
bool entries_changed(const struct entries *);
/* Those that were to be changed are only marked. */
void entries_refuse(struct entries *, const struct rules *, enum refusal);
/* The digest was edited and looked at again: REFUSAL_NONE where those that
   were changed are clean now, and all still there. */
enum refusal entries_again(const struct entries *, const struct sight_with *,
    const struct entries *again);
/* Their verdicts, rules and cuts become the digest's. */
void entries_report(struct entries *, struct report *, struct arena *);

/* Where a span of an entry's message is in the message itself; empty where it
   has no place of its own there. */
struct span entry_raw(
    const struct entries *, const struct entry *, struct span);

/* The path of a part or text of an entry's message in the message itself. */
const char *entry_path(const struct entry *, struct arena *, const char *path);

#endif
