#include "grow.h"

#include <string.h>

/*
 * Lines that a reader joins (format=flowed, RFC 3676): a blank at the end of a
 * line says that its paragraph goes on.  A cut must neither join paragraphs
 * nor split one, nor make a quote of what was none.
 */
static uint32_t
line_start(const char *p, uint32_t at)
{
	const char *lf = at > 0 ? memrchr(p, '\n', at) : NULL;

	return lf != NULL ? (uint32_t)(lf - p) + 1 : 0;
}

static bool
at_eol(const char *p, uint32_t n, uint32_t at)
{
	return at == n || p[at] == '\n' ||
	       (p[at] == '\r' && at + 1 < n && p[at + 1] == '\n');
}

/* Where the text of the line above ends, whose line end stands before `at`. */
static uint32_t
stop_above(const char *p, uint32_t at)
{
	at--;
	return at > 0 && p[at - 1] == '\r' ? at - 1 : at;
}

/* Is the line whose text ends at `stop` soft?  A signature mark is not. */
static bool
is_soft(const char *p, uint32_t stop)
{
	uint32_t start = line_start(p, stop);

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

/* Whole lines go, or all to the end of the text.  Where the paragraph ended
   with them, the line above ends it now. */
static void
whole_lines(const char *p, uint32_t n, struct span *s)
{
	uint32_t stop = stop_above(p, s->from), end = s->to;

	if (!is_soft(p, stop) || p[line_start(p, stop)] == '>')
		return;
	if (p[end - 1] == '\n')
		end = stop_above(p, end);
	else if (end < n)
		return;
	if (end > s->from && is_soft(p, end) && s->to < n)
		return;
	s->from = blanks_back(p, stop);
	s->to = end;
}

/* What stays of a line begins behind the cut.  false: what would be a quote or
   a From_ line, and there is no blank to keep it from being one. */
static bool
line_head(const char *p, uint32_t n, struct span *s, unsigned how)
{
	uint32_t left = n - s->to, stop;

	if ((left >= 5 && memcmp(p + s->to, "From ", 5) == 0) ||
	    (how & FLOWED && p[s->to] == '>')) {
		if (p[s->to - 1] != ' ')
			return false;
		s->to--;
		return true;
	}
	if (!(how & FLOWED_DELSP) || s->from == 0 || p[s->to - 1] != ' ')
		return true;
	/* A blank at the start of a line shows nothing, nor does the one at
	   the end of the line above: the words meet on one line. */
	stop = stop_above(p, s->from);
	if (is_soft(p, stop) && blanks_back(p, stop) + 1 == stop &&
	    p[line_start(p, stop)] != '>') {
		s->from = stop - 1;
		s->to--;
	}
	return true;
}

bool
grow_flow(const char *p, uint32_t n, struct span *s, unsigned how)
{
	uint32_t start = line_start(p, s->from);

	if (s->to == s->from)
		return true;
	if (p[s->to - 1] == '\n' || (s->to == n && s->from == start)) {
		if (how & FLOWED && s->from == start && s->from > 0)
			whole_lines(p, n, s);
		return true;
	}
	if (!at_eol(p, n, s->to))
		return s->from > start || line_head(p, n, s, how);
	if (how & FLOWED && s->from > start)
		line_tail(p, n, s, how & FLOWED_DELSP);
	return true;
}
