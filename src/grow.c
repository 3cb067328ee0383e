#include "grow.h"

#include <stdlib.h>
#include <string.h>

#define REACH 4096 /* a clause's bracket is this near, or is none of it */

/* Bracket pairs, Latin and CJK. */
static const struct {
	const char *open, *close;
} brackets[] = {
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

static const char *const emphasis[] = {"***", "**", "__", "~~", "*", "_", "`"};

/* Blanks within a line. */
static const char *const blanks[] = {" ", "\t", "\xe3\x80\x80", "\xc2\xa0"};

/* Quotation marks, which enclose no clause, but go with what they enclose. */
static const struct {
	const char *open, *close;
} quotes[] = {{"“", "”"}, {"‘", "’"}, {"«", "»"}, {"„", "“"}, {"\"", "\""}};

#define N(a) (sizeof(a) / sizeof *(a))
#define NONE SIZE_MAX

/* Length of `word` where it stands at / ends at an offset, else 0. */
static uint32_t
stands_at(const char *p, uint32_t n, uint32_t at, const char *word)
{
	size_t len = strlen(word);

	return n - at >= len && memcmp(p + at, word, len) == 0 ? (uint32_t)len
							       : 0;
}

static uint32_t
ends_at(const char *p, uint32_t at, const char *word)
{
	size_t len = strlen(word);

	return at >= len && memcmp(p + at - len, word, len) == 0 ? (uint32_t)len
								 : 0;
}

static uint32_t
blank_at(const char *p, uint32_t n, uint32_t at)
{
	uint32_t k = 0;

	for (size_t i = 0; i < N(blanks) && k == 0; i++)
		k = stands_at(p, n, at, blanks[i]);
	return k;
}

static uint32_t
skip_blanks(const char *p, uint32_t n, uint32_t at)
{
	for (uint32_t k; at < n && (k = blank_at(p, n, at)) > 0;)
		at += k;
	return at;
}

static uint32_t
skip_blanks_back(const char *p, uint32_t at)
{
	for (size_t i = 0; i < N(blanks); i++) {
		uint32_t k = ends_at(p, at, blanks[i]);

		if (k > 0) {
			at -= k;
			i = NONE; /* start over */
		}
	}
	return at;
}

static bool
at_eol(const char *p, uint32_t n, uint32_t at)
{
	return at == n || p[at] == '\n' ||
	       (p[at] == '\r' && at + 1 < n && p[at + 1] == '\n');
}

static uint32_t
line_start(const char *p, uint32_t at)
{
	const char *lf = at > 0 ? memrchr(p, '\n', at) : NULL;

	return lf != NULL ? (uint32_t)(lf - p) + 1 : 0;
}

/* The end of the line's text, before its line end. */
static uint32_t
line_stop(const char *p, uint32_t n, uint32_t at)
{
	const char *lf = memchr(p + at, '\n', n - at);
	uint32_t end = lf != NULL ? (uint32_t)(lf - p) : n;

	return end > at && p[end - 1] == '\r' ? end - 1 : end;
}

/* Behind the line end that stands at `at`. */
static uint32_t
skip_eol(const char *p, uint32_t n, uint32_t at)
{
	if (at < n && p[at] == '\r')
		at++;
	return at < n && p[at] == '\n' ? at + 1 : at;
}

static bool
blank_line(const char *p, uint32_t n, uint32_t start)
{
	return at_eol(p, n, skip_blanks(p, n, start));
}

/* ---- units ---- */

static struct span
line_unit(const char *p, uint32_t n, struct span s)
{
	uint32_t stop = line_stop(p, n, s.to > s.from ? s.to - 1 : s.to);

	s.from = line_start(p, s.from);
	if (stop > s.to) /* the span may hold the line's end */
		s.to = stop;
	return s;
}

/* The paragraph, but no more than `reach` bytes on either side; lines whole. */
static struct span
paragraph_within(const char *p, uint32_t n, struct span s, uint32_t reach)
{
	uint32_t low = s.from > reach ? s.from - reach : 0;
	uint32_t high = n - s.to > reach ? s.to + reach : n;

	s = line_unit(p, n, s);
	while (s.from > low) {
		uint32_t above = line_start(p, s.from - 1);

		if (blank_line(p, n, above))
			break;
		s.from = above;
	}
	while (s.to < high) {
		uint32_t below = skip_eol(p, n, s.to);

		if (below >= n || blank_line(p, n, below))
			break;
		s.to = line_stop(p, n, below);
	}
	return s;
}

static struct span
paragraph_unit(const char *p, uint32_t n, struct span s)
{
	return paragraph_within(p, n, s, n);
}

/* Where the bracket of kind b opens that is still open at `at`. */
static uint32_t
open_before(const char *p, uint32_t at, uint32_t low, size_t b)
{
	uint32_t depth = 0;

	while (at > low) {
		uint32_t k;

		if (ends_at(p, at, brackets[b].close) > 0)
			depth++;
		else if ((k = ends_at(p, at, brackets[b].open)) > 0 &&
			 depth-- == 0)
			return at - k;
		at--;
	}
	return UINT32_MAX;
}

static uint32_t
close_after(const char *p, uint32_t at, uint32_t high, size_t b)
{
	uint32_t depth = 0, k;

	for (; at < high; at++) {
		if (stands_at(p, high, at, brackets[b].open) > 0)
			depth++;
		else if ((k = stands_at(p, high, at, brackets[b].close)) > 0 &&
			 depth-- == 0)
			return at + k;
	}
	return UINT32_MAX;
}

/* [text](target): the two groups of a Markdown link belong together, and the
   ! of a picture too. */
static struct span
whole_link(const char *p, struct span s, struct span within)
{
	uint32_t end;

	if (p[s.from] == '[' && s.to < within.to && p[s.to] == '(' &&
	    (end = close_after(p, s.to + 1, within.to, 0)) != UINT32_MAX)
		s.to = end;
	else if (p[s.from] == '(' && s.from > within.from &&
		 p[s.from - 1] == ']' &&
		 (end = open_before(p, s.from - 1, within.from, 1)) !=
		     UINT32_MAX)
		s.from = end;
	if (p[s.from] == '[' && s.from > within.from && p[s.from - 1] == '!')
		s.from--;
	return s;
}

static struct span
clause_unit(const char *p, uint32_t n, struct span s)
{
	struct span within = paragraph_within(p, n, s, REACH), best = s;
	bool found = false;

	if (s.from - within.from > REACH)
		within.from = s.from - REACH;
	if (within.to - s.to > REACH)
		within.to = s.to + REACH;
	for (size_t b = 0; b < N(brackets); b++) {
		struct span g = {open_before(p, s.from, within.from, b), 0};

		if (g.from == UINT32_MAX)
			continue;
		g.to = close_after(p, s.to, within.to, b);
		if (g.to == UINT32_MAX || (found && g.from < best.from))
			continue;
		best = g;
		found = true;
	}
	return found ? whole_link(p, best, within) : s;
}

static const struct {
	enum unit unit;
	struct span (*grow)(const char *, uint32_t, struct span);
} units[] = {
    {UNIT_CLAUSE, clause_unit},
    {UNIT_LINE, line_unit},
    {UNIT_PARAGRAPH, paragraph_unit},
};

bool
grow_knows(enum unit unit)
{
	for (size_t i = 0; i < N(units); i++)
		if (units[i].unit == unit)
			return true;
	return unit == UNIT_MATCH;
}

struct span
grow_unit(const char *p, uint32_t n, struct span s, enum unit unit)
{
	for (size_t i = 0; i < N(units); i++)
		if (units[i].unit == unit)
			return units[i].grow(p, n, s);
	return s;
}

/* ---- tidy edges ---- */

/* One pair of brackets or emphasis marks round the span and blanks. */
static bool
peel(const char *p, uint32_t n, struct span *s)
{
	uint32_t a = skip_blanks_back(p, s->from), b = skip_blanks(p, n, s->to);
	uint32_t k, m;

	for (size_t i = 0; i < N(brackets); i++) {
		k = ends_at(p, a, brackets[i].open);
		m = stands_at(p, n, b, brackets[i].close);
		if (k > 0 && m > 0) {
			*s = (struct span){a - k, b + m};
			return true;
		}
	}
	for (size_t i = 0; i < N(quotes); i++) {
		k = ends_at(p, a, quotes[i].open);
		m = stands_at(p, n, b, quotes[i].close);
		if (k > 0 && m > 0) {
			*s = (struct span){a - k, b + m};
			return true;
		}
	}
	for (size_t i = 0; i < N(emphasis); i++) {
		k = ends_at(p, a, emphasis[i]);
		m = stands_at(p, n, b, emphasis[i]);
		if (k > 0 && m > 0) {
			*s = (struct span){a - k, b + m};
			return true;
		}
	}
	return false;
}

/* Behind the bullet, numbering or heading marks that start a line. */
static uint32_t
skip_lead(const char *p, uint32_t n, uint32_t at)
{
	static const char *const bullets[] = {
	    "-", "*", "+", "•", "·", "●", "▪", "◦", "■", "★", "☆"};
	uint32_t k = 0, start;

	start = at = skip_blanks(p, n, at);
	while (at < n && p[at] == '#')
		at++;
	if (at > start)
		return skip_blanks(p, n, at);
	while (at < n && p[at] >= '0' && p[at] <= '9' && at - start < 4)
		at++;
	if (at > start)
		return at < n && (p[at] == '.' || p[at] == ')')
			   ? skip_blanks(p, n, at + 1)
			   : start;
	for (size_t i = 0; i < N(bullets) && k == 0; i++)
		k = stands_at(p, n, at, bullets[i]);
	return k > 0 && blank_at(p, n, at + k) > 0 ? skip_blanks(p, n, at + k)
						   : at;
}

/* A line that holds nothing else goes whole; of the empty lines above and
   below only one side stays. */
static struct span
whole_lines(const char *p, uint32_t n, struct span s)
{
	uint32_t low = line_start(p, s.from), above, at;

	s.from = low;
	s.to = skip_eol(p, n, skip_blanks(p, n, s.to));
	above = low > 0 ? line_start(p, low - 1) : 0;
	if (low > 0 && !blank_line(p, n, above))
		return s;
	for (at = s.to; at < n && blank_line(p, n, at);)
		at = skip_eol(p, n, skip_blanks(p, n, at));
	s.to = at;
	/* At the end of the text the empty lines above go instead. */
	while (s.to == n && s.from > 0) {
		above = line_start(p, s.from - 1);
		if (!blank_line(p, n, above))
			break;
		s.from = above;
	}
	return s;
}

/* Does something stand there that no blank precedes? */
static bool
closes_at(const char *p, uint32_t n, uint32_t at)
{
	static const char *const marks[] = {".", ",", ";", ":", "!", "?", "。",
	    "，", "；", "：", "！", "？", "、", "…"};

	for (size_t i = 0; i < N(marks); i++)
		if (stands_at(p, n, at, marks[i]) > 0)
			return true;
	for (size_t i = 0; i < N(brackets); i++)
		if (stands_at(p, n, at, brackets[i].close) > 0)
			return true;
	return false;
}

static bool
opens_before(const char *p, uint32_t at)
{
	for (size_t i = 0; i < N(brackets); i++)
		if (ends_at(p, at, brackets[i].open) > 0)
			return true;
	/* Emphasis opens where nothing stands before it. */
	for (size_t i = 0; i < N(emphasis); i++) {
		uint32_t k = ends_at(p, at, emphasis[i]);

		if (k > 0)
			return at == k || p[at - k - 1] == '\n' ||
			       skip_blanks_back(p, at - k) < at - k;
	}
	return false;
}

struct span
grow_tidy(const char *p, uint32_t n, struct span s)
{
	uint32_t a, b, start;

	while (peel(p, n, &s))
		continue;
	start = line_start(p, s.from);
	b = skip_blanks(p, n, s.to);
	if (at_eol(p, n, b) && skip_lead(p, n, start) >= s.from)
		return whole_lines(p, n, s);
	a = skip_blanks_back(p, s.from);
	if (at_eol(p, n, b))
		return (struct span){a > start ? a : s.from, b};
	if (b == s.to && a > start && closes_at(p, n, b))
		s.from = a; /* no blank before a full stop */
	else if (a < s.from || s.from == start || opens_before(p, s.from))
		s.to = b; /* the blanks before it are enough */
	return s;
}

static int
by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

uint32_t
grow_merge(const char *p, struct span *v, uint32_t n)
{
	uint32_t kept = 0;

	if (n == 0)
		return 0;
	qsort(v, n, sizeof *v, by_start);
	for (uint32_t i = 1; i < n; i++) {
		struct span *last = &v[kept];

		if (v[i].from <= last->to ||
		    skip_blanks(p, v[i].from, last->to) >= v[i].from) {
			if (v[i].to > last->to)
				last->to = v[i].to;
		} else {
			v[++kept] = v[i];
		}
	}
	return kept + 1;
}

/* ---- what is never cut ---- */

void
grow_add(struct spans *s, struct arena *a, struct span one)
{
	s->v = arena_more(a, s->v, s->n, &s->size, sizeof *s->v);
	s->v[s->n++] = one;
}

bool
grow_touches(const struct spans *s, struct span one)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->v[i].from < one.to && one.from < s->v[i].to)
			return true;
	return false;
}

/* Lines from which on all is somebody else's, or the list's. */
static bool
starts_tail(const char *p, uint32_t n, uint32_t at)
{
	static const char *const marks[] = {"-----Original Message-----",
	    "----- Original Message -----", "_______________________________"};

	if (n - at >= 3 && memcmp(p + at, "-- ", 3) == 0 &&
	    at_eol(p, n, at + 3))
		return true;
	for (size_t i = 0; i < N(marks); i++)
		if (stands_at(p, n, at, marks[i]) > 0)
			return true;
	return false;
}

void
grow_protected(struct spans *s, struct arena *a, const char *p, uint32_t n)
{
	uint32_t fence = UINT32_MAX, next, quote = UINT32_MAX;

	for (uint32_t at = 0; at < n; at = next) {
		uint32_t text = skip_blanks(p, n, at);
		bool fenced = stands_at(p, n, text, "```") > 0 ||
			      stands_at(p, n, text, "~~~") > 0;

		next = skip_eol(p, n, line_stop(p, n, at));
		if (next == at)
			next = at + 1;
		if (fence == UINT32_MAX && starts_tail(p, n, at)) {
			grow_add(s, a, (struct span){at, n});
			break;
		}
		if (fenced && fence == UINT32_MAX) {
			fence = at;
		} else if (fenced) {
			grow_add(s, a, (struct span){fence, next});
			fence = UINT32_MAX;
		}
		if (text < n && p[text] == '>') {
			if (quote == UINT32_MAX)
				quote = at;
		} else if (quote != UINT32_MAX) {
			grow_add(s, a, (struct span){quote, at});
			quote = UINT32_MAX;
		}
	}
	if (quote != UINT32_MAX)
		grow_add(s, a, (struct span){quote, n});
	/* A fence that is never closed goes to the end (CommonMark 4.5). */
	if (fence != UINT32_MAX)
		grow_add(s, a, (struct span){fence, n});
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
