#ifndef READING_PRIVATE_H
#define READING_PRIVATE_H

#include "reading.h"

/* What the files of this room share; no other room includes it. */
struct reading {
	struct arena *a;
	const struct view *v;
	struct report_reading *out;
	struct text text;
	char *kind;
	uint32_t nline, line_size, mark_size;
	uint32_t url_size; /* bytes of all addresses */
	bool gap;          /* an empty line goes before the next one */
	bool line;         /* a line was begun */
	bool full;
};

#define QUOTES_MOST 9u

/* ---- reading.c ---- */

/* A line; in front of the first of a text nothing is empty. */
void reading_begin(struct reading *, char kind);
void reading_end(struct reading *);
void reading_blank(struct reading *);
/* Text of a line: controls that would be line ends become blanks. */
void reading_put(struct reading *, const char *p, uint32_t n);
void reading_puts(struct reading *, const char *s);
/* `depth` signs and a blank, or nothing. */
void reading_quote(struct reading *, uint32_t depth);
/* A footnote for an address belongs here. */
void reading_mark(struct reading *, const char *url, uint32_t n);
/* Text with addresses in it: long ones are shortened and become footnotes.
   linked: its end is the end of a link, which has its footnote already. */
void reading_prose(struct reading *, const char *p, uint32_t n, bool linked);

/* ---- reading_html.c ---- */

void reading_html(struct reading *, const struct doc *);

#endif
