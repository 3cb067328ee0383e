#include "grow_private.h"

#define LINES 512  /* of a paragraph, on either side */
#define REACH 4096 /* a clause's bracket is this near, or is none of it */

const struct pair grow_brackets[NBRACKETS] = {
    {"(", ")"},
    {"[", "]"},
    {"{", "}"},
    {"<", ">"},
    {"（", "）"},
    {"【", "】"},
    {"〖", "〗"},
    {"〔", "〕"},
    {"［", "］"},
    {"｛", "｝"},
    {"「", "」"},
    {"『", "』"},
    {"《", "》"},
    {"〈", "〉"},
};

const char *const grow_blanks[NBLANKS] = {
    " ", "\t", "\xe3\x80\x80", "\xc2\xa0"};

/* ---- line and paragraph ---- */

/* Lines from s.from down to low and from s.to up to high, as long as they are
   not blank; false, and the border at low or high, where that is too far. */
static bool
widen_up(const char *p, struct span *s, uint32_t low)
{
	bool blank = false;
	uint32_t lines = 0;

	for (uint32_t at = s->from; at > low && !blank && lines < LINES;) {
		uint32_t start = low + line_start(p + low, at - 1 - low);

		blank = blank_line(p, at, start);
		at = start;
		lines++;
		if (!blank)
			s->from = at;
	}
	return blank || s->from == 0;
}

static bool
widen_down(const char *p, uint32_t n, struct span *s, uint32_t high)
{
	bool blank = false;

	for (uint32_t lines = 0; s->to < high && !blank && lines < LINES;
	     lines++) {
		uint32_t below = skip_eol(p, n, s->to);

		blank = below >= n || blank_line(p, n, below);
		if (!blank)
			s->to = line_stop(p, below < high ? high : n, below);
	}
	return blank || s->to == n;
}

/* Up to reach bytes on either side; true where it ends by itself. */
static bool
line_within(const char *p, uint32_t n, struct span *s, uint32_t reach)
{
	uint32_t low = s->from > reach ? s->from - reach : 0;
	uint32_t high = n - s->to > reach ? s->to + reach : n;
	uint32_t stop = line_stop(p, high, s->to > s->from ? s->to - 1 : s->to);

	s->from = low + line_start(p + low, s->from - low);
	if (stop > s->to) /* the span may hold the line's end */
		s->to = stop;
	return (s->from > low || low == 0 || p[low - 1] == '\n') &&
	       (stop < high || at_eol(p, n, stop));
}

static bool
paragraph_within(const char *p, uint32_t n, struct span *s, uint32_t reach)
{
	uint32_t low = s->from > reach ? s->from - reach : 0;
	uint32_t high = n - s->to > reach ? s->to + reach : n;
	bool line = line_within(p, n, s, reach);

	return line && widen_up(p, s, low) && widen_down(p, n, s, high);
}

/* The line from the one border to the other. */
bool
grow_line_unit(const char *p, uint32_t n, struct span *s)
{
	struct span line = *s;
	bool found = line_within(p, n, &line, GROW_REACH);

	if (found)
		*s = line;
	return found;
}

static bool
paragraph_unit(const char *p, uint32_t n, struct span *s)
{
	struct span whole = *s;
	bool found = paragraph_within(p, n, &whole, GROW_REACH);

	if (found)
		*s = whole;
	return found;
}

/* ---- clause ---- */

/* Where the bracket of kind b opens that is still open at `at`. */
uint32_t
grow_open(const char *p, uint32_t at, uint32_t low, size_t b)
{
	uint32_t depth = 0;

	while (at > low) {
		uint32_t k;

		if (ends_at(p, at, grow_brackets[b].close) > 0)
			depth++;
		else if ((k = ends_at(p, at, grow_brackets[b].open)) > 0 &&
			 depth-- == 0)
			return at - k;
		at--;
	}
	return NONE;
}

uint32_t
grow_close(const char *p, uint32_t at, uint32_t high, size_t b)
{
	uint32_t depth = 0, k;

	for (; at < high; at++) {
		if (stands_at(p, high, at, grow_brackets[b].open) > 0)
			depth++;
		else if ((k = stands_at(p, high, at, grow_brackets[b].close)) >
			     0 &&
			 depth-- == 0)
			return at + k;
	}
	return NONE;
}

/* [text](target): the two groups of a Markdown link belong together, and the
   ! of a picture too. */
static struct span
whole_link(const char *p, struct span s, struct span within)
{
	uint32_t end;

	if (p[s.from] == '[' && s.to < within.to && p[s.to] == '(' &&
	    (end = grow_close(p, s.to + 1, within.to, 0)) != NONE)
		s.to = end;
	else if (p[s.from] == '(' && s.from > within.from &&
		 p[s.from - 1] == ']' &&
		 (end = grow_open(p, s.from - 1, within.from, 1)) != NONE)
		s.from = end;
	if (p[s.from] == '[' && s.from > within.from && p[s.from - 1] == '!')
		s.from--;
	return s;
}

static bool
clause_unit(const char *p, uint32_t n, struct span *s)
{
	struct span within = *s, best = *s;
	bool found = false;

	paragraph_within(p, n, &within, REACH);
	for (size_t b = 0; b < NBRACKETS; b++) {
		const char *open = grow_brackets[b].open;
		struct span g = {NONE, 0};

		if (memmem(p + within.from, s->from - within.from, open,
			strlen(open)) != NULL)
			g.from = grow_open(p, s->from, within.from, b);
		if (g.from == NONE)
			continue;
		g.to = grow_close(p, s->to, within.to, b);
		if (g.to == NONE || (found && g.from < best.from))
			continue;
		best = g;
		found = true;
	}
	if (found)
		*s = whole_link(p, best, within);
	return found;
}

#define DEPTH 4 /* links and brackets in each other */

/* Brackets that are an aside: a Markdown link is what its sentence says, what
   stands round it may be one. */
static bool
aside_unit(const char *p, uint32_t n, struct span *s)
{
	struct span g = *s;

	for (int depth = 0; depth < DEPTH && clause_unit(p, n, &g); depth++) {
		bool image = p[g.from] == '!';
		bool link = (p[g.from] == '[' || image) && p[g.to - 1] == ')';

		if (!link) {
			*s = g;
			return true;
		}
	}
	return false;
}

/* ---- all of them ---- */

/* Where a unit is not there, the next one of its row is tried. */
#define MOST 4

static const struct {
	enum unit unit;
	bool (*grow[MOST])(const char *, uint32_t, struct span *);
} units[] = {
    {UNIT_CLAUSE, {clause_unit}},
    {UNIT_ASIDE, {aside_unit, grow_sentence_unit}},
    {UNIT_SENTENCE, {grow_sentence_unit}},
    {UNIT_LINE, {grow_line_unit, grow_sentence_unit}},
    {UNIT_PARAGRAPH, {paragraph_unit, grow_line_unit, grow_sentence_unit}},
    {UNIT_ITEM, {grow_item_unit, grow_line_unit, grow_sentence_unit}},
    {UNIT_SECTION, {grow_section_unit, paragraph_unit, grow_line_unit,
		       grow_sentence_unit}},
    {UNIT_ELEMENT, {clause_unit}},
};

bool
grow_knows(enum unit unit)
{
	return unit != UNIT_ENTRY && unit != UNIT_PART;
}

struct span
grow_unit(const char *p, uint32_t n, struct span s, enum unit unit)
{
	struct span g = s;
	bool found = false;

	for (size_t i = 0; i < N(units); i++)
		for (size_t k = 0; units[i].unit == unit && k < MOST; k++)
			if (!found && units[i].grow[k] != NULL)
				found = units[i].grow[k](p, n, &g);
	/* A span that starts with a line end may start before its unit. */
	return (struct span){
	    g.from < s.from ? g.from : s.from, g.to > s.to ? g.to : s.to};
}

uint32_t
grow_chars(const char *p, struct span s)
{
	uint32_t n = 0;

	for (uint32_t at = s.from; at < s.to; at++)
		n += ((unsigned char)p[at] & 0xc0) != 0x80 &&
		     (unsigned char)p[at] > ' ';
	return n;
}
