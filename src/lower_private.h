#ifndef LOWER_PRIVATE_H
#define LOWER_PRIVATE_H

#include <stdlib.h>
#include <string.h>

#include "lower.h"

/*
 * What the files of this room share; no other room includes it.  lower.h is
 * its door and lower.c the way down; lower_html.c takes the first step, from
 * shown text to UTF-8, lower_utf7.c one from there to content, lower_qp.c,
 * lower_encode.c and lower_field.c the last, from content to source: of a body,
 * and of a header field.  lower_mend.c sees to fields that tell a body's
 * length.
 */

struct body {            /* where the content came from */
	const char *p;   /* source bytes */
	struct span raw; /* the encoded body in it */
	const struct text *content;
	struct edits *out;
	struct arena *a;
};

static inline bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* ---- lower.c ---- */

/* Sorted; pure deletions that touch or overlap become one, empty ones go. */
void lower_tidy(struct edits *);

/* ---- lower_html.c ---- */

/* Spans of UTF-8 that go. */
void lower_to_utf8(
    struct edits *out, struct arena *, const struct doc *, const struct cut *);

/* ---- lower_utf7.c ---- */

/* Edits of UTF-8 to edits of UTF-7 content. */
void lower_utf7(struct edits *out, struct arena *, const struct doc *,
    const struct edits *utf8);

/* ---- lower_qp.c ---- */

/* Deletions, and replacements, of content as edits of the encoded body. */
void lower_qp(const struct body *, const struct edits *);

/* ---- lower_encode.c ---- */

/* Writes base64 with line ends as the body has them. */
struct base64 {
	struct text out;
	uint32_t col, width;
	const char *eol;
	unsigned char held[3];
	unsigned n;
};

void base64_put(struct base64 *, const char *p, uint32_t n);

/* What is held, with padding. */
void base64_quantum(struct base64 *);

/* Edits of content to edits of source, by transfer encoding. */
void lower_body(const struct body *, enum cte, const struct edits *);

/* ---- lower_mend.c ---- */

/* By how much something becomes longer. */
struct delta {
	int64_t bytes, lines;
	bool any;
};

/* Parts by the source they are in, and what was mended inside of them. */
struct mends {
	struct delta *below;   /* of each part */
	uint32_t *prev, *last; /* before each part, of each source */
};
void lower_mends(struct mends *, const struct view *);

/* Fields that a source's edits make wrong are mended, or dropped, by more
   edits; WARN_* bits that say so. */
uint32_t lower_mend(
    struct mends *, struct edits *, const struct view *, uint32_t source);

/* ---- lower_field.c ---- */

/* The same for a header field. */
void lower_subject(const struct body *, const struct header_text *,
    const struct edits *content);

#endif
