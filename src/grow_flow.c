#include "grow_private.h"

/*
 * Lines that a reader joins (format=flowed, RFC 3676): a blank at the end of a
 * line says that its paragraph goes on.  A cut must neither join paragraphs
 * nor split one, nor make a quote of what was none.
 */

/* Where the text of the line above ends, whose line end stands before `at`. */
static uint32_t
stop_above(const char *p, uint32_t at)
{
	at--;
	return at > 0 && p[at - 1] == '\r' ? at - 1 : at;
}

/* Is the line whose text ends at `stop` soft?  A signature mark is not, nor is
   a line of nothing but the blank that a writer puts before any text. */
static bool
is_soft(const char *p, uint32_t stop)
{
	uint32_t start = line_start(p, stop);

	while (start < stop && p[start] == '>')
		start++;
	start += start < stop && p[start] == ' ';
	if (stop == start || p[stop - 1] != ' ')
		return false;
	return stop - start != 3 || memcmp(p + start, "-- ", 3) != 0;
}

static uint32_t
blanks_back(const char *p, uint32_t at)
{
	while (at > 0 && p[at - 1] == ' ')
		at--;
	return at;
}

/* The cut ends where its line ends, and something stays before it. */
static void
line_tail(const char *p, uint32_t n, struct span *s, bool delsp)
{
	bool soft = s->to < n && is_soft(p, s->to);
	bool blank = p[s->from - 1] == ' ';

	if (!soft) {
		s->from = blanks_back(p, s->from);
		return;
	}
	/* The blank that makes it soft stays; with DelSp it shows nothing, and
	   the one between the words stays too. */
	if (!blank || delsp)
		s->to--;
	if (!blank && delsp && s->to > s->from && p[s->from] == ' ')
		s->from++;
}

/* Does a paragraph end inside of the cut? */
static bool
ends_paragraph(const char *p, const struct span *s)
{
	const char *at = p + s->from, *end = p + s->to, *lf;

	for (; (lf = memchr(at, '\n', (size_t)(end - at))) != NULL; at = lf + 1)
		if (!is_soft(p, stop_above(p, (uint32_t)(lf - p) + 1)))
			return true;
	return false;
}

/* Whole lines go, or all to the end of the text.  Where the paragraph ended
   with them, the line above ends it now.  false: the quote above, which must
   not change, would go on in the one below. */
static bool
whole_lines(const char *p, uint32_t n, struct span *s, bool delsp)
{
	uint32_t stop = stop_above(p, s->from), end = s->to;

	if (!is_soft(p, stop))
		return true;
	if (p[line_start(p, stop)] == '>')
		return s->to == n || p[s->to] != '>';
	if (p[end - 1] == '\n')
		end = stop_above(p, end);
	else if (end < n)
		return true;
	if (s->to < n && !ends_paragraph(p, s)) {
		/* With DelSp the line may have held the blank between words. */
		if (delsp && blanks_back(p, end) + 1 < end &&
		    blanks_back(p, stop) + 1 == stop) {
			s->from = stop - 1;
			s->to = end - 2;
		}
		return true;
	}
	s->from = blanks_back(p, stop);
	s->to = end;
	return true;
}

/* With DelSp: do words of the line above and of this one meet without a blank,
   but for the one behind the cut?  One at the end of a line shows nothing. */
static bool
words_meet(const char *p, const struct span *s, uint32_t start)
{
	uint32_t stop;

	if (start == 0 || p[s->to - 1] != ' ')
		return false;
	stop = stop_above(p, start);
	return is_soft(p, stop) && blanks_back(p, stop) + 1 == stop &&
	       p[line_start(p, stop)] != '>';
}

/* What stays of a line begins behind the cut.  false: what would be a quote or
   a From_ line, and there is no blank to keep it from being one; or the line
   above would go on here, where its paragraph ended inside of the cut. */
static bool
line_head(const char *p, uint32_t n, struct span *s, unsigned how)
{
	bool from = n - s->to >= 5 && memcmp(p + s->to, "From ", 5) == 0;

	if (how & FLOWED && s->from > 0 && ends_paragraph(p, s) &&
	    is_soft(p, stop_above(p, s->from)))
		return false;
	if (how & FLOWED_DELSP && words_meet(p, s, s->from)) {
		/* A blank at the start of a line shows nothing, either. */
		s->from = stop_above(p, s->from) - 1;
		s->to--;
	} else if (from || (how & FLOWED && p[s->to] == '>')) {
		if (p[s->to - 1] != ' ')
			return false;
		s->to--;
	}
	return true;
}

/* The start of the line where it is at `at` or one before, else something that
   is further before: lines may be as long as the text. */
static uint32_t
near_start(const char *p, uint32_t at)
{
	uint32_t start = at;

	while (start > 0 && at - start < 2 && p[start - 1] != '\n')
		start--;
	return start;
}

static bool
flow_one(const char *p, uint32_t n, struct span *s, unsigned how)
{
	uint32_t start = near_start(p, s->from);

	if (s->to == s->from)
		return true;
	if (p[s->to - 1] == '\n' || (s->to == n && s->from == start)) {
		if (how & FLOWED && s->from == start && s->from > 0)
			return whole_lines(p, n, s, how & FLOWED_DELSP);
		return true;
	}
	if (!at_eol(p, n, s->to)) {
		if (s->from == start)
			return line_head(p, n, s, how);
		if (how & FLOWED_DELSP && s->from == start + 1 &&
		    p[start] == ' ' && words_meet(p, s, start))
			s->to--;
		return true;
	}
	if (how & FLOWED && s->from > start)
		line_tail(p, n, s, how & FLOWED_DELSP);
	return true;
}

bool
grow_flow(const char *p, uint32_t n, struct spans *cut, unsigned how)
{
	bool can = true;
	uint32_t were;

	/* Those that meet are one, which may end another way: once more. */
	for (int i = 0; i < 2; i++) {
		were = cut->n;
		for (uint32_t k = 0; k < cut->n; k++)
			can &= flow_one(p, n, &cut->v[k], how);
		cut->n = grow_merge(p, cut->v, cut->n);
		if (cut->n == were)
			break;
	}
	return can;
}

/* ---- the line that a reader sees ---- */

#define LINES 512 /* of the text for it, on either side */

static uint32_t
quote_depth(const char *p, uint32_t n, uint32_t start)
{
	uint32_t at = start;

	while (at < n && p[at] == '>')
		at++;
	return at - start;
}

/* Does the line that ends at `stop` go on in the one that starts at `below`?
   Not in an empty one, a signature mark, or a quote of another depth. */
static bool
goes_on(const char *p, uint32_t n, uint32_t stop, uint32_t below)
{
	return below < n && is_soft(p, stop) && !blank_line(p, n, below) &&
	       !(stands_at(p, n, below, "-- ") && at_eol(p, n, below + 3)) &&
	       quote_depth(p, n, line_start(p, stop)) ==
		   quote_depth(p, n, below);
}

struct span
grow_flow_line(const char *p, uint32_t n, struct span line)
{
	uint32_t low = line.from > GROW_REACH ? line.from - GROW_REACH : 0;
	uint32_t high = n - line.to > GROW_REACH ? line.to + GROW_REACH : n;
	struct span s = line;
	uint32_t lines = 0;

	if ((s.from > 0 && p[s.from - 1] != '\n') || !at_eol(p, n, s.to))
		return line;
	while (s.from > low) {
		uint32_t stop = stop_above(p, s.from);
		uint32_t start = low + line_start(p + low, stop - low);

		if ((start == low && low > 0) || lines++ == LINES)
			return line;
		if (!goes_on(p, n, stop, s.from))
			break;
		s.from = start;
	}
	for (lines = 0;
	     s.to < high && goes_on(p, n, s.to, skip_eol(p, n, s.to));
	     lines++) {
		s.to = line_stop(p, high, skip_eol(p, n, s.to));
		if ((s.to == high && high < n) || lines == LINES)
			return line;
	}
	return s;
}
