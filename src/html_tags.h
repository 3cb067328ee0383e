#ifndef HTML_TAGS_H
#define HTML_TAGS_H

/*
 * Tags: what we know of each, and how one is read.  For html.c alone.
 * Names lie in the rows: pointers would cost relocations at each start.
 */

#include <endian.h>
#include <string.h>
#include <strings.h>

#include "html.h"

struct bytes {
	const char *p;
	uint32_t n;
};

/* ---- what we know of elements -------------------------------------------- */

enum { /* an element of a group ends an open one of the same group */
	G_NONE,
	G_CELL, /* these three: a row also ends a cell, a section both */
	G_ROW,
	G_SECTION,
	G_P,
	G_LI,
	G_DD,
	G_OPTION,
	G_HEADING,
	NGROUPS
};

enum { HREF = 1, SRC, ACTION, BACKGROUND, STYLE, HIDDEN, NATTRS };

enum {
	LINE = 1 << 0,     /* stands on lines of its own */
	PARA = 1 << 1,     /* with empty lines around it */
	VOID = 1 << 2,     /* has no content */
	RAW = 1 << 3,      /* no markup inside, only its end tag counts */
	SHOW = 1 << 4,     /* RAW, but a reader sees it */
	REFS = 1 << 5,     /* RAW, but character references count */
	KEEP = 1 << 6,     /* white space is kept */
	OPTIONAL = 1 << 7, /* the end tag may be left out */
	ENDS_P = 1 << 8,   /* cannot stand inside <p> */
	FENCE = 1 << 9,    /* end tags inside do not close what is outside */
	GRID = 1 << 10,    /* the same for the parts of a table */
	PART = 1 << 11, /* part of a table: only GRID holds its end tag back */
	SOFT = 1 << 12, /* between two <li>: the second still ends the first */
	FORMAT = 1 << 13, /* <b> and the like: ends even inside a later block */
	INERT = 1 << 14,  /* never shown */
	BLOCK = LINE | ENDS_P,
};

struct kind {
	char name[12];
	uint8_t tag, group;
	uint8_t link; /* the attribute that holds a link */
	uint16_t flags;
};

static const struct kind kinds[] = {
    {"a", HTML_A, 0, HREF, FORMAT},
    {"address", 0, 0, 0, BLOCK | SOFT},
    {"applet", 0, 0, 0, FENCE},
    {"area", 0, 0, HREF, VOID},
    {"article", 0, 0, 0, BLOCK},
    {"aside", 0, 0, 0, BLOCK},
    {"b", HTML_B, 0, 0, FORMAT},
    {"base", 0, 0, 0, VOID},
    {"basefont", 0, 0, 0, VOID},
    {"bgsound", 0, 0, 0, VOID},
    {"big", 0, 0, 0, FORMAT},
    {"blockquote", HTML_QUOTE, 0, 0, BLOCK},
    {"body", HTML_BODY, 0, 0, OPTIONAL},
    {"br", HTML_BR, 0, 0, VOID},
    {"button", 0, 0, 0, FENCE},
    {"caption", 0, G_CELL, 0, LINE | PART | FENCE | OPTIONAL},
    {"center", 0, 0, 0, BLOCK},
    {"code", HTML_CODE, 0, 0, FORMAT},
    {"col", 0, 0, 0, VOID},
    {"colgroup", 0, G_CELL, 0, PART | OPTIONAL},
    {"datalist", 0, 0, 0, INERT},
    {"dd", HTML_DD, G_DD, 0, BLOCK | OPTIONAL},
    {"details", 0, 0, 0, BLOCK},
    {"dialog", 0, 0, 0, BLOCK},
    {"dir", HTML_LIST, 0, 0, BLOCK},
    {"div", HTML_DIV, 0, 0, BLOCK | SOFT},
    {"dl", HTML_LIST, 0, 0, BLOCK},
    {"dt", HTML_DD, G_DD, 0, BLOCK | OPTIONAL},
    {"em", 0, 0, 0, FORMAT},
    {"embed", 0, 0, 0, VOID},
    {"fieldset", 0, 0, 0, BLOCK},
    {"figcaption", 0, 0, 0, BLOCK},
    {"figure", 0, 0, 0, BLOCK},
    {"font", 0, 0, 0, FORMAT},
    {"footer", 0, 0, 0, BLOCK},
    {"form", 0, 0, ACTION, BLOCK},
    {"frame", 0, 0, 0, VOID},
    {"h1", HTML_HEADING, G_HEADING, 0, BLOCK | PARA},
    {"h2", HTML_HEADING, G_HEADING, 0, BLOCK | PARA},
    {"h3", HTML_HEADING, G_HEADING, 0, BLOCK | PARA},
    {"h4", HTML_HEADING, G_HEADING, 0, BLOCK | PARA},
    {"h5", HTML_HEADING, G_HEADING, 0, BLOCK | PARA},
    {"h6", HTML_HEADING, G_HEADING, 0, BLOCK | PARA},
    {"head", 0, 0, 0, OPTIONAL},
    {"header", 0, 0, 0, BLOCK},
    {"hgroup", 0, 0, 0, BLOCK},
    {"hr", HTML_HR, 0, 0, BLOCK | VOID},
    {"html", 0, 0, 0, OPTIONAL},
    {"i", 0, 0, 0, FORMAT},
    {"iframe", 0, 0, 0, RAW},
    {"image", HTML_IMG, 0, SRC, VOID},
    {"img", HTML_IMG, 0, SRC, VOID},
    {"input", 0, 0, 0, VOID},
    {"kbd", HTML_CODE, 0, 0, 0},
    {"keygen", 0, 0, 0, VOID},
    {"legend", 0, 0, 0, BLOCK},
    {"li", HTML_LI, G_LI, 0, BLOCK | OPTIONAL},
    {"link", 0, 0, 0, VOID},
    {"listing", HTML_PRE, 0, 0, BLOCK | KEEP},
    {"main", 0, 0, 0, BLOCK},
    {"marquee", 0, 0, 0, FENCE},
    {"menu", HTML_LIST, 0, 0, BLOCK},
    {"meta", 0, 0, 0, VOID},
    {"nav", 0, 0, 0, BLOCK},
    {"nobr", 0, 0, 0, FORMAT},
    {"noembed", 0, 0, 0, RAW},
    {"noframes", 0, 0, 0, RAW},
    {"object", 0, 0, 0, FENCE},
    {"ol", HTML_LIST, 0, 0, BLOCK},
    {"optgroup", 0, 0, 0, LINE | OPTIONAL},
    {"option", 0, G_OPTION, 0, LINE | OPTIONAL},
    {"p", HTML_P, G_P, 0, BLOCK | PARA | OPTIONAL | SOFT},
    {"param", 0, 0, 0, VOID},
    {"plaintext", HTML_PRE, 0, 0, BLOCK | RAW | SHOW | KEEP},
    {"pre", HTML_PRE, 0, 0, BLOCK | KEEP},
    {"s", 0, 0, 0, FORMAT},
    {"samp", HTML_CODE, 0, 0, 0},
    {"script", 0, 0, 0, RAW},
    {"search", 0, 0, 0, BLOCK},
    {"section", 0, 0, 0, BLOCK},
    {"small", 0, 0, 0, FORMAT},
    {"source", 0, 0, 0, VOID},
    {"span", HTML_SPAN, 0, 0, 0},
    {"strike", 0, 0, 0, FORMAT},
    {"strong", HTML_B, 0, 0, FORMAT},
    {"style", 0, 0, 0, RAW},
    {"summary", 0, 0, 0, BLOCK},
    {"table", HTML_TABLE, 0, 0, BLOCK | PART | GRID | FENCE},
    {"tbody", 0, G_SECTION, 0, LINE | PART | OPTIONAL},
    {"td", HTML_TD, G_CELL, 0, PART | FENCE | OPTIONAL},
    {"template", 0, 0, 0, FENCE | GRID | INERT},
    {"textarea", 0, 0, 0, RAW | SHOW | REFS | KEEP},
    {"tfoot", 0, G_SECTION, 0, LINE | PART | OPTIONAL},
    {"th", HTML_TH, G_CELL, 0, PART | FENCE | OPTIONAL},
    {"thead", 0, G_SECTION, 0, LINE | PART | OPTIONAL},
    {"title", 0, 0, 0, RAW},
    {"tr", HTML_TR, G_ROW, 0, LINE | PART | OPTIONAL},
    {"track", 0, 0, 0, VOID},
    {"tt", HTML_CODE, 0, 0, FORMAT},
    {"u", 0, 0, 0, FORMAT},
    {"ul", HTML_LIST, 0, 0, BLOCK},
    {"wbr", 0, 0, 0, VOID},
    {"xmp", HTML_PRE, 0, 0, BLOCK | RAW | SHOW | KEEP},
};

static const struct kind other_kind; /* of a name that is not here */

enum { NKINDS = sizeof kinds / sizeof kinds[0] };

/* ---- characters ---------------------------------------------------------- */

enum {
	C_BLANK = 1,
	C_NEWLINE = 2,
	C_WHITE = 3,
	C_AMP = 4,
	C_CUT = 8,
	C_IS = 16
};

static const uint8_t class[256] = {
    ['\t'] = C_BLANK,
    [' '] = C_BLANK,
    ['\f'] = C_BLANK,
    ['\n'] = C_NEWLINE,
    ['\r'] = C_NEWLINE,
    ['&'] = C_AMP,
    ['/'] = C_CUT, /* ends a name of a tag or attribute */
    ['>'] = C_CUT,
    ['='] = C_IS,
};

static uint8_t
class_at(const char *p, uint32_t at)
{
	return class[(uint8_t)p[at]];
}

static uint32_t
skip(const char *p, uint32_t at, uint32_t n, unsigned classes)
{
	while (at < n && (class_at(p, at) & classes) != 0)
		at++;
	return at;
}

static uint32_t
skip_to(const char *p, uint32_t at, uint32_t n, unsigned classes)
{
	while (at < n && (class_at(p, at) & classes) == 0)
		at++;
	return at;
}

static bool
is_digit(char c)
{
	return (uint8_t)(c - '0') < 10;
}

static bool
is_letter(char c)
{
	return (uint8_t)((c | 32) - 'a') < 26;
}

static bool
is_alnum(char c)
{
	return is_letter(c) || is_digit(c);
}

/* Offset of c in [from, to), else to. */
static uint32_t
find(const char *p, uint32_t from, uint32_t to, char c)
{
	const char *q = from < to ? memchr(p + from, c, to - from) : NULL;

	return q != NULL ? (uint32_t)(q - p) : to;
}

static bool
is_word(struct bytes b, const char *word)
{
	return b.n > 0 && (b.p[0] | 32) == word[0] && strlen(word) == b.n &&
	       strncasecmp(b.p, word, b.n) == 0;
}

/* ---- reading ------------------------------------------------------------- */

struct tag {
	const struct kind *kind;
	uint32_t key; /* its number, or a hash of an unknown name */
	struct span whole, attr[NATTRS];
	unsigned has; /* 1 << attribute */
};

static uint64_t
first_eight(const char *name)
{
	uint64_t word;

	memcpy(&word, name, sizeof word);
	return be64toh(word);
}

static void
find_kind(struct tag *t, struct bytes name, uint64_t word, uint32_t hash)
{
	uint32_t lo = 0, hi = NKINDS;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (first_eight(kinds[mid].name) <= word)
			lo = mid;
		else
			hi = mid;
	}
	if (first_eight(kinds[lo].name) == word &&
	    is_word(name, kinds[lo].name)) {
		t->kind = &kinds[lo];
		t->key = lo;
	} else {
		t->kind = &other_kind;
		t->key = hash | 1u << 31;
	}
}

static uint32_t
tag_name(struct bytes in, uint32_t from, struct tag *t)
{
	uint32_t hash = 2166136261u, at = from;
	uint64_t word = 0;

	for (; at < in.n && !(class_at(in.p, at) & (C_WHITE | C_CUT)); at++) {
		uint8_t c = (uint8_t)in.p[at];

		c |= is_letter((char)c) ? 32 : 0;
		hash = (hash ^ c) * 16777619u;
		if (at - from < 8)
			word |= (uint64_t)c << (56 - 8 * (at - from));
	}
	find_kind(t, (struct bytes){in.p + from, at - from}, word, hash);
	return at;
}

/* Of two attributes with one name the first counts. */
static void
keep_attribute(
    struct bytes in, struct tag *t, struct span name, struct span value)
{
	static const char names[NATTRS][12] = {[HREF] = "href",
	    [SRC] = "src",
	    [ACTION] = "action",
	    [BACKGROUND] = "background",
	    [STYLE] = "style",
	    [HIDDEN] = "hidden"};
	struct bytes b = {in.p + name.from, name.to - name.from};

	for (int i = HREF; i < NATTRS; i++)
		if (is_word(b, names[i]) && (t->has & 1u << i) == 0) {
			t->has |= 1u << i;
			t->attr[i] = value;
		}
}

/* One attribute; the offset behind it, n where the input ends first. */
static uint32_t
attribute(struct bytes in, uint32_t at, struct tag *t)
{
	struct span name = {at, at}, value;
	const char *p = in.p;
	char quote;

	at = skip_to(p, at + 1, in.n, C_WHITE | C_CUT | C_IS);
	value.from = value.to = name.to = at;
	at = skip(p, at, in.n, C_WHITE);
	if (at < in.n && p[at] == '=') {
		at = skip(p, at + 1, in.n, C_WHITE);
		quote = at < in.n ? p[at] : '\0';
		value.from = at;
		if (quote == '"' || quote == '\'') {
			value.from++;
			value.to = find(p, at + 1, in.n, quote);
			at = value.to < in.n ? value.to + 1 : in.n;
		} else {
			while (at < in.n && p[at] != '>' &&
			       (class_at(p, at) & C_WHITE) == 0)
				at++;
			value.to = at;
		}
	}
	keep_attribute(in, t, name, value);
	return at;
}

/* The tag whose name begins at `at`; false if the input ends in it. */
static bool
read_tag(struct bytes in, uint32_t from, uint32_t at, struct tag *t)
{
	t->has = 0;
	for (at = tag_name(in, at, t);;) {
		while (at < in.n &&
		       ((class_at(in.p, at) & C_WHITE) != 0 || in.p[at] == '/'))
			at++;
		if (at >= in.n)
			return false;
		if (in.p[at] == '>')
			break;
		at = attribute(in, at, t);
	}
	t->whole = (struct span){from, at + 1};
	return true;
}

/* Where the end tag of raw text begins. */
static uint32_t
raw_end(struct bytes in, uint32_t at, const char *name)
{
	uint32_t len = (uint32_t)strlen(name), after;

	for (; (at = find(in.p, at, in.n, '<')) < in.n; at++) {
		after = at + 2 + len;
		if (after < in.n && in.p[at + 1] == '/' &&
		    (class_at(in.p, after) & (C_WHITE | C_CUT)) != 0 &&
		    strncasecmp(in.p + at + 2, name, len) == 0)
			break;
	}
	return at;
}

static uint32_t
comment_end(struct bytes in, uint32_t from)
{
	uint32_t at = from, len;

	for (; (at = find(in.p, at, in.n, '>')) < in.n; at++) {
		len = at - from;
		if (len == 0 || (len == 1 && in.p[from] == '-') ||
		    (len >= 2 && memcmp(in.p + at - 2, "--", 2) == 0) ||
		    (len >= 3 && memcmp(in.p + at - 3, "--!", 3) == 0))
			return at + 1;
	}
	return in.n;
}

#endif
