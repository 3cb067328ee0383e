#include "grow_private.h"

/* Items of a list, and sections, line by line. */

/* What can be seen from a span: its text, p[0..n) with the span in it, cut
   off at the reach. */
struct window {
	const char *p;
	uint32_t n;
	struct span s;
	uint32_t at; /* of p[0] in the text */
	bool first, last;
};

#define LINES 512 /* on either side */

static struct window
window_at(const char *p, uint32_t n, struct span s)
{
	uint32_t low = s.from > GROW_REACH ? s.from - GROW_REACH : 0;
	uint32_t high = n - s.to > GROW_REACH ? s.to + GROW_REACH : n;
	uint32_t from = s.from, to = s.to;

	for (int i = 0; i <= LINES && from > low; i++)
		from = low + line_start(p + low, from - low - (i > 0));
	for (int i = 0; i <= LINES && to < high; i++)
		to = next_line(p, high, to);
	return (struct window){p + from, to - from,
	    {s.from - from, s.to - from}, from,
	    from == 0 || p[from - 1] == '\n', to == n};
}

/* ---- item ---- */

static bool
ends_list(enum line_kind k)
{
	return k == LINE_HEADING || k == LINE_SEPARATOR || k == LINE_QUOTE ||
	       k == LINE_ROW;
}

/* The line in which the item begins, its columns in *indent; or NONE.  Upwards
   from a line that goes on: after a blank line only what is indented deeper
   than the bullet belongs to it. */
static uint32_t
item_start(const struct window *w, uint32_t *indent)
{
	uint32_t at = line_start(w->p, w->s.from), need = NONE;
	bool apart = false, own = true;

	for (;; own = false) {
		struct line l = grow_line(w->p, w->n, at);

		*indent = l.indent;
		if (l.kind == LINE_ITEM && (own || !apart || l.indent < need))
			return at > 0 || w->first ? at : NONE;
		if (ends_list(l.kind))
			return NONE;
		if (l.kind == LINE_BLANK)
			apart = true;
		else if (l.indent < need)
			need = l.indent;
		if (apart && need == 0)
			return NONE;
		if (at == 0)
			return NONE;
		at = line_start(w->p, at - 1);
	}
}

/* Behind its last line's text, or NONE where that is out of reach. */
static uint32_t
item_stop(const struct window *w, uint32_t at, uint32_t indent)
{
	uint32_t stop = line_stop(w->p, w->n, at);
	bool apart = false;

	for (at = next_line(w->p, w->n, at); at < w->n;
	     at = next_line(w->p, w->n, at)) {
		struct line l = grow_line(w->p, w->n, at);

		if (at < w->s.to)
			; /* the span is part of it */
		else if (l.kind == LINE_BLANK) {
			apart = true;
			continue;
		} else if (l.indent <= indent && (apart || l.kind != LINE_TEXT))
			return stop;
		apart = false;
		stop = line_stop(w->p, w->n, at);
	}
	return w->last ? stop : NONE;
}

bool
grow_item_unit(const char *p, uint32_t n, struct span *s)
{
	struct window w = window_at(p, n, *s);
	uint32_t indent, from = item_start(&w, &indent), stop;

	if (from == NONE)
		return false;
	stop = item_stop(&w, from, indent);
	if (stop == NONE)
		return false;
	s->from = w.at + from;
	if (w.at + stop > s->to)
		s->to = w.at + stop;
	return true;
}

/* ---- section ---- */

static bool
separates(const char *p, uint32_t n, uint32_t at)
{
	return grow_line(p, n, at).kind == LINE_SEPARATOR;
}

/* The heading above, or behind the separator above: *level is 0 then. */
static uint32_t
section_start(const struct window *w, uint32_t *level)
{
	uint32_t at = line_start(w->p, w->s.from);
	struct span whole;

	for (;;) {
		*level = grow_heading(w->p, w->n, at, &whole);
		if (*level > 0)
			return whole.from > 0 || w->first ? whole.from : NONE;
		if (at == 0)
			return NONE;
		/* The line of = under a heading separates nothing. */
		if (separates(w->p, w->n, at) &&
		    grow_heading(
			w->p, w->n, line_start(w->p, at - 1), &whole) == 0)
			return next_line(w->p, w->n, at);
		at = line_start(w->p, at - 1);
	}
}

/* The next line that ends it, or w->n. */
static uint32_t
section_stop(const struct window *w, uint32_t from, uint32_t level)
{
	struct span whole;
	uint32_t at = from, found;

	if (level > 0) {
		at = line_start(w->p, w->s.from);
		while (grow_heading(w->p, w->n, at, &whole) == 0)
			at = line_start(w->p, at - 1);
		at = whole.to;
	}
	for (; at<w->n; at = found> 0 ? whole.to : next_line(w->p, w->n, at)) {
		found = grow_heading(w->p, w->n, at, &whole);
		if (at < w->s.to)
			continue;
		if (found > 0 ? level == 0 || found <= level
			      : separates(w->p, w->n, at))
			return found > 0 ? whole.from : at;
	}
	return w->n;
}

/* A section between two lines of marks that look the same takes the one below
   with it. */
static uint32_t
with_separator(const struct window *w, uint32_t from, uint32_t stop)
{
	uint32_t above = from, len;

	do {
		if (above == 0)
			return stop;
		above = line_start(w->p, above - 1);
	} while (blank_line(w->p, from, above));
	if (stop == w->n || !separates(w->p, from, above))
		return stop;
	len = line_stop(w->p, from, above) - above;
	if (w->n - stop < len || !at_eol(w->p, w->n, stop + len) ||
	    memcmp(w->p + above, w->p + stop, len) != 0)
		return stop;
	return stop + len;
}

bool
grow_section_unit(const char *p, uint32_t n, struct span *s)
{
	struct window w = window_at(p, n, *s);
	uint32_t level, from = section_start(&w, &level), stop;

	if (from == NONE)
		return false;
	stop = section_stop(&w, from, level);
	/* Without a heading it is one only where something ends it. */
	if (stop == w.n && (level == 0 || !w.last))
		return false;
	stop = with_separator(&w, from, stop);
	while (from < w.s.from && blank_line(w.p, w.n, from))
		from = next_line(w.p, w.n, from);
	while (stop > w.s.to && stop > from &&
	       (w.p[stop - 1] == '\n' || w.p[stop - 1] == '\r' ||
		   blank_before(w.p, stop) > 0))
		stop -= w.p[stop - 1] == '\n' || w.p[stop - 1] == '\r'
			    ? 1
			    : blank_before(w.p, stop);
	s->from = w.at + from;
	if (w.at + stop > s->to)
		s->to = w.at + stop;
	return true;
}
