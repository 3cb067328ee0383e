#ifndef GROW_PRIVATE_H
#define GROW_PRIVATE_H

#include <string.h>
#include <strings.h>

#include "grow.h"

/* Lines, blanks and brackets of shown text, for grow*.c alone. */

#define N(a) (sizeof(a) / sizeof *(a))
#define NONE UINT32_MAX

struct pair {
	const char *open, *close;
};

/* Bracket pairs, Latin and CJK: the first two are those of a Markdown link. */
#define NBRACKETS 14
extern const struct pair grow_brackets[NBRACKETS];
/* Blanks within a line. */
#define NBLANKS 4
extern const char *const grow_blanks[NBLANKS];

/* Length of `word` where it stands at / ends at an offset, else 0. */
static inline uint32_t
stands_at(const char *p, uint32_t n, uint32_t at, const char *word)
{
	size_t len;

	if (at >= n || p[at] != *word)
		return 0;
	len = strlen(word);
	return n - at >= len && memcmp(p + at, word, len) == 0 ? (uint32_t)len
							       : 0;
}

static inline uint32_t
ends_at(const char *p, uint32_t at, const char *word)
{
	size_t len = strlen(word);

	return at >= len && memcmp(p + at - len, word, len) == 0 ? (uint32_t)len
								 : 0;
}

/* The one of the words that stands there: its length, else 0. */
static inline uint32_t
any_at(const char *p, uint32_t n, uint32_t at, const char *const *v, size_t nv)
{
	uint32_t k = 0;

	for (size_t i = 0; i < nv && k == 0; i++)
		k = stands_at(p, n, at, v[i]);
	return k;
}

static inline uint32_t
any_before(const char *p, uint32_t at, const char *const *v, size_t nv)
{
	uint32_t k = 0;

	for (size_t i = 0; i < nv && k == 0; i++)
		k = ends_at(p, at, v[i]);
	return k;
}

static inline uint32_t
blank_at(const char *p, uint32_t n, uint32_t at)
{
	if (at < n && (unsigned char)p[at] < 0x80)
		return p[at] == ' ' || p[at] == '\t';
	return any_at(p, n, at, grow_blanks, NBLANKS);
}

static inline uint32_t
blank_before(const char *p, uint32_t at)
{
	if (at > 0 && (unsigned char)p[at - 1] < 0x80)
		return p[at - 1] == ' ' || p[at - 1] == '\t';
	return any_before(p, at, grow_blanks, NBLANKS);
}

static inline uint32_t
skip_blanks(const char *p, uint32_t n, uint32_t at)
{
	for (uint32_t k; at < n && (k = blank_at(p, n, at)) > 0;)
		at += k;
	return at;
}

static inline uint32_t
skip_blanks_back(const char *p, uint32_t at)
{
	for (uint32_t k; (k = blank_before(p, at)) > 0;)
		at -= k;
	return at;
}

static inline bool
at_eol(const char *p, uint32_t n, uint32_t at)
{
	return at == n || p[at] == '\n' ||
	       (p[at] == '\r' && at + 1 < n && p[at + 1] == '\n');
}

static inline uint32_t
line_start(const char *p, uint32_t at)
{
	const char *lf = at > 0 ? memrchr(p, '\n', at) : NULL;

	return lf != NULL ? (uint32_t)(lf - p) + 1 : 0;
}

/* The end of the line's text, before its line end. */
static inline uint32_t
line_stop(const char *p, uint32_t n, uint32_t at)
{
	const char *lf = memchr(p + at, '\n', n - at);
	uint32_t end = lf != NULL ? (uint32_t)(lf - p) : n;

	return end > at && p[end - 1] == '\r' ? end - 1 : end;
}

/* Behind the line end that stands at `at`. */
static inline uint32_t
skip_eol(const char *p, uint32_t n, uint32_t at)
{
	if (at < n && p[at] == '\r')
		at++;
	return at < n && p[at] == '\n' ? at + 1 : at;
}

/* Start of the line below the one `at` is in; n at the last. */
static inline uint32_t
next_line(const char *p, uint32_t n, uint32_t at)
{
	const char *lf = memchr(p + at, '\n', n - at);

	return lf != NULL ? (uint32_t)(lf - p) + 1 : n;
}

static inline bool
blank_line(const char *p, uint32_t n, uint32_t start)
{
	return at_eol(p, n, skip_blanks(p, n, start));
}

/* Lengths of UTF-8 characters: from the first byte, back from the last. */
static inline uint32_t
char_len(const char *p, uint32_t n, uint32_t at)
{
	uint32_t end = at + 1;

	while (end < n && ((unsigned char)p[end] & 0xc0) == 0x80)
		end++;
	return end - at;
}

static inline uint32_t
char_before(const char *p, uint32_t at)
{
	uint32_t from = at;

	while (from > 0 && ((unsigned char)p[--from] & 0xc0) == 0x80)
		continue;
	return at - from;
}

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ---- what a line is ---- */

enum line_kind {
	LINE_TEXT,
	LINE_BLANK,
	LINE_ITEM,      /* bullet or numbering */
	LINE_HEADING,   /* # */
	LINE_ROW,       /* | */
	LINE_QUOTE,     /* > */
	LINE_SEPARATOR, /* three or more of one mark */
	LINE_FENCE,     /* ``` */
};

struct line {
	enum line_kind kind;
	uint32_t indent; /* columns */
	uint32_t text;   /* offset behind bullet, numbering, # */
};

/* The line that starts at an offset. */
struct line grow_line(const char *p, uint32_t n, uint32_t at);
/* Behind bullet, numbering or heading marks; strict: "1.x" is none. */
uint32_t grow_lead(const char *p, uint32_t n, uint32_t at, bool strict);
/* Level of the heading that the line is (1 the highest), or 0; *whole: its
   lines, with those drawn over and under it. */
uint32_t grow_heading(
    const char *p, uint32_t n, uint32_t at, struct span *whole);

/* Where the bracket of a kind opens that is open at `at`; behind the one that
   closes it; or NONE. */
uint32_t grow_open(const char *p, uint32_t at, uint32_t low, size_t bracket);
uint32_t grow_close(const char *p, uint32_t at, uint32_t high, size_t bracket);

/* Units, of grow.c, grow_sentence.c, grow_list.c: false, and the span as it
   was, where there is none within reach. */
bool grow_line_unit(const char *p, uint32_t n, struct span *s);
bool grow_sentence_unit(const char *p, uint32_t n, struct span *s);
bool grow_item_unit(const char *p, uint32_t n, struct span *s);
bool grow_section_unit(const char *p, uint32_t n, struct span *s);

/* Lines of somebody else's in grow_protect.c's sense, for HTML too. */
void grow_protect_lines(
    struct spans *, struct arena *, const char *p, uint32_t n, bool html);

#endif
