#ifndef GROW_H
#define GROW_H

#include "html.h"
#include "rules.h"

/*
 * A match grown to its unit, and the edges of a cut made tidy: pure functions
 * over shown text (valid UTF-8 p[0..n)).
 *
 * A unit has a reach: 4 KB on either side for clause and sentence, 32 KB and
 * 512 lines for the others.  One whose end is not that near is not there, and
 * the next smaller one is taken: section, paragraph, line, sentence, match;
 * item, line.
 * So a call costs 64 KB of reading at most, however long the text is: 5,000
 * hits in a line of 24 MB take less than a second.
 */
#define GROW_REACH 32768u

/* The unit round a span; the span itself where the unit is not there (a
   clause without brackets), and for entry and part, which are no matter of
   the text. */
struct span grow_unit(const char *p, uint32_t n, struct span, enum unit);

/* Is the unit one that grows in text? */
bool grow_knows(enum unit);

/* The same in HTML, over html->text: no unit of text runs over the border of
   a block or cell.  *elem: the element that is the unit and may go as a whole,
   or UINT32_MAX. */
struct span grow_html(
    const struct html *, struct span shown, enum unit, uint32_t *elem);

/* What belonged only to the cut text goes with it: the brackets, quotation and
   emphasis marks round it, a Markdown link's target, one of two separators
   between inline items, bullet or numbering and line end of a line it empties,
   one of two empty lines, blanks at its edges. */
struct span grow_tidy(const char *p, uint32_t n, struct span);

/* Sorts spans and joins those with nothing but blanks between them; returns
   how many are left. */
uint32_t grow_merge(const char *p, struct span *v, uint32_t n);

struct spans {
	struct span *v;
	uint32_t n, size;
	bool unsorted; /* grow_add was not called in order, or they overlap */
};
void grow_add(struct spans *, struct arena *, struct span);
/* In order and disjoint again: a search then takes log n. */
void grow_sort(struct spans *);
bool grow_touches(const struct spans *, struct span);
/* Does one of them, which are sorted, hold all of it?  log n. */
bool grow_holds(const struct spans *, struct span);

/* Stretches that are never cut: quoted lines (>) and the line that says whose
   they are, what follows "-----Original Message-----" in any language or the
   header of a reply, code (fenced, or indented by four), the head of a table,
   a signature or list footer.  Appends in order to an array in the arena; one
   pass over the text. */
void grow_protected(struct spans *, struct arena *, const char *p, uint32_t n);
/* The same of html->text, with <pre>, <code>, <blockquote> and rows of <th>. */
void grow_html_protected(struct spans *, struct arena *, const struct html *);

/* A grown span cut back to the nearest protected ones on either side of the
   match; a border that was one of lines stays one.  The match itself where it
   touches a protected span.  log n where these are sorted. */
struct span grow_clip(const char *p, uint32_t n, struct span grown,
    struct span match, const struct spans *protect);

/* Headings with nothing left under them (to the next one of their level or
   higher) go too, with the cuts below them; those whose only sections all went
   as well.  But not the title where it would be all that is left.  Lines of
   text are headings where two or more are made alike: with # and apart from the
   text, drawn with a line, or numbered; with `all` each that may be one, as
   for the unit section.  cut is sorted before and after; returns how many
   headings went.  One pass. */
uint32_t grow_headings(
    struct spans *cut, struct arena *, const char *p, uint32_t n, bool all);
uint32_t grow_html_headings(
    struct spans *cut, struct arena *, const struct html *);

/* Tidy spans in lines that a reader joins (RFC 3676): changed so that the
   paragraphs stay what they are, and that no line begins as a quote or a From_
   line that did not.  false: that cannot be.  how: FLOWED, or 0, where only
   From_ lines are cared for. */
#define FLOWED 1u
#define FLOWED_DELSP 2u
bool grow_flow(const char *p, uint32_t n, struct spans *, unsigned how);

/* Unit line in such text: the lines from `line` up and down that a reader joins
   (RFC 3676 4.1), within reach; `line` as it is where it is none. */
struct span grow_flow_line(const char *p, uint32_t n, struct span line);

/* Sentences of a text, but no more than `most`: one pass. */
uint32_t grow_sentences(const char *p, uint32_t n, uint32_t most);

/* Characters that are not blank, in p[from..to). */
uint32_t grow_chars(const char *p, struct span);

#endif
