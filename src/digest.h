#ifndef DIGEST_H
#define DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "map.h"

/*
 * The entries of a plain-text list digest: RFC 1153 and what list managers
 * make of it (Mailman, ezmlm, LISTSERV, Majordomo, Yahoo Groups).
 *
 * All spans are byte offsets into the text; line ends are LF or CRLF.
 * What lies in no entry (masthead, table of contents, digest footer, "End of")
 * is the list's own, or was made to look like it: it wants judging, too.
 */
struct digest_entry {
	uint32_t number;     /* as "Message: 3" says, or its place from 1 */
	struct span whole;   /* "Message: 3" if there, head, body; no blank
			        lines at its end */
	struct span head;    /* first to last field, and the empty line */
	struct span body;    /* to the end of the last line that is not blank */
	struct span toc;     /* "Subject (Name)" in the table of contents, all
			        its lines, no line end; empty: none is sure */
	struct span subject; /* value of the first Subject in head */
	bool open;           /* the last one, and nothing shows its end */
	bool indented;       /* Yahoo: fields of head have blanks before them */
};

struct digest {
	struct digest_entry *v;
	uint32_t n, size;
};

/*
 * Fills in the entries, in the order of the text and disjoint; n is 0 where
 * the text (valid UTF-8) is no digest.  At most LIMIT_ENTRIES; what is beyond
 * belongs to no entry.
 *
 * Anybody can write a separator and a header block into his message.  Such a
 * block is taken for what it is where entries are numbered ("Message: 3") and
 * it does not fit in; else it makes an entry of its own, since a true entry
 * must never be part of another one.
 */
void digest_find(struct digest *, struct arena *, const char *p, uint32_t n);

/*
 * The table of contents where the entries are parts of their own
 * (multipart/digest): p is the part before them.  line[i] becomes the text of
 * the line that has title[i]'s number and begins like it; else it is left.
 */
struct digest_title {
	uint32_t number;
	const char *p; /* the Subject */
	uint32_t len;
};
void digest_contents(struct arena *, const char *p, uint32_t n,
    const struct digest_title *title, uint32_t count, struct span *line);

/* How far a line of the contents says what a Subject says, from the start of
   both on: white space aside, and "Re:" and "[list]" that one of them lacks.
   Empty: they differ at once. */
struct digest_common {
	struct span line;  /* in the text of the line */
	struct span title; /* in the Subject */
};
void digest_common(struct digest_common *, const char *p, struct span line,
    const char *title, uint32_t n);
/* Where a span of the Subject is in the line; empty: not in what they have in
   common. */
struct span digest_place(const char *p, const struct digest_common *,
    const char *title, struct span s);
/* The name of its author behind a title that ends at `at`: "(Name)", ezmlm's
   "3 by: Name", also behind dots for what was left out.  *name: without these.
   Where it ends, which is where the line does; 0: no such thing. */
uint32_t digest_author(
    const char *p, struct span line, uint32_t at, struct span *name);

#endif
