#include "grow_private.h"

#define REACH 4096 /* a link's target, a picture, is this near */

static const char *const emphasis[] = {"***", "**", "__", "~~", "*", "_", "`"};
/* Marks that open and close alike. */
static const char *const alike[] = {
    "***", "**", "__", "~~", "*", "_", "`", "\"", "'"};

/* Quotation marks, which enclose no clause, but go with what they enclose. */
static const struct pair quotes[] = {
    {"“", "”"}, {"‘", "’"}, {"«", "»"}, {"‹", "›"}, {"„", "“"}};

/* ---- brackets, quotation and emphasis marks round the span ---- */

static bool
peel_pair(
    const char *p, uint32_t n, struct span *s, const struct pair *v, size_t nv)
{
	uint32_t a = skip_blanks_back(p, s->from), b = skip_blanks(p, n, s->to);

	for (size_t i = 0; i < nv; i++) {
		uint32_t k = ends_at(p, a, v[i].open);
		uint32_t m = stands_at(p, n, b, v[i].close);

		if (k > 0 && m > 0) {
			*s = (struct span){a - k, b + m};
			return true;
		}
	}
	return false;
}

/* [x] has gone: so do its (target), and the ! of a picture. */
static void
with_target(const char *p, uint32_t n, struct span *s)
{
	uint32_t high = n - s->to > REACH ? s->to + REACH : n, end;

	if (p[s->from] != '[' || s->to >= n || p[s->to] != '(')
		return;
	end = grow_close(p, s->to + 1, high, 0);
	if (end == NONE || memchr(p + s->to, '\n', end - s->to) != NULL)
		return;
	s->to = end;
	if (s->from > 0 && p[s->from - 1] == '!')
		s->from--;
}

static bool
is_mark(char c)
{
	return memchr("*_~`\"'", c, 6) != NULL;
}

/* Letters and digits of a word that has no mark in it: of scripts with blanks
   between their words. */
static bool
in_word(unsigned char c)
{
	return c < 0x80 ? is_letter((char)c) || is_digit((char)c) : c < 0xe2;
}

/* Where a run of one mark ends. */
static uint32_t
run_end(const char *p, uint32_t to, uint32_t at)
{
	char c = p[at];

	while (at < to && p[at] == c)
		at++;
	return at;
}

/* Runs of a mark in a line before `to`: an odd number says that the last one
   opens.  Those between two blanks, and those in a word, are no marks (2 * 3,
   don't, a_b). */
static bool
odd_marks(const char *p, uint32_t n, uint32_t start, uint32_t to, uint32_t k)
{
	uint32_t at = grow_lead(p, n, start, false), end;
	char c = p[to - 1];
	bool odd = false;

	for (; at < to; at = end) {
		const char *next = memchr(p + at, c, to - at);
		bool before, behind;

		if (next == NULL)
			break;
		at = (uint32_t)(next - p);
		end = run_end(p, to, at);
		if (end == to)
			return end - at == k && !odd;
		before = at == start || blank_before(p, at) > 0;
		behind = blank_at(p, n, end) > 0;
		if (end - at != k || (before && behind) ||
		    ((c == '_' || c == '\'') && at > start &&
			in_word((unsigned char)p[at - 1]) &&
			in_word((unsigned char)p[end])))
			continue;
		odd = !odd;
	}
	return false;
}

/* May a mark open at `at`: does nothing stand before it, other marks aside,
   that it could close? */
static bool
may_open(const char *p, uint32_t at, uint32_t start)
{
	while (at > start && is_mark(p[at - 1]))
		at--;
	return at == start || blank_before(p, at) > 0 ||
	       (unsigned char)p[at - char_before(p, at)] >= 0xe2 ||
	       memchr("([{<|/:-", p[at - 1], 8) != NULL;
}

static bool
may_close(const char *p, uint32_t n, uint32_t at)
{
	while (at < n && is_mark(p[at]))
		at++;
	return at_eol(p, n, at) || blank_at(p, n, at) > 0 ||
	       !in_word((unsigned char)p[at]);
}

/* "x", **x**: the mark before the cut opens, the one behind it closes, and
   nothing stands between them and it.  "a" x "b" has two that do neither. */
static bool
peel_alike(const char *p, uint32_t n, struct span *s)
{
	uint32_t low = s->from > REACH ? s->from - REACH : 0, k = 0, start;

	if (s->from == 0 || s->to >= n || p[s->from - 1] != p[s->to] ||
	    !is_mark(p[s->to]))
		return false;
	for (size_t i = 0; i < N(alike) && k == 0; i++)
		if (stands_at(p, n, s->to, alike[i]) > 0)
			k = ends_at(p, s->from, alike[i]);
	start = low + line_start(p + low, s->from - low);
	if (k == 0 || start + k > s->from ||
	    (start == low && low > 0 && p[low - 1] != '\n') ||
	    !odd_marks(p, n, start, s->from, k) ||
	    !may_open(p, s->from - k, start) || !may_close(p, n, s->to + k))
		return false;
	*s = (struct span){s->from - k, s->to + k};
	return true;
}

static bool
peel(const char *p, uint32_t n, struct span *s)
{

	if (peel_pair(p, n, s, grow_brackets, NBRACKETS)) {
		with_target(p, n, s);
		return true;
	}
	return peel_pair(p, n, s, quotes, N(quotes)) || peel_alike(p, n, s);
}

/* ---- separators between inline items ---- */

/* With blanks round them, but for the last two. */
static const char *const dividers[] = {
    "|", "·", "•", "/", "-", "–", "—", "｜", "‖"};
#define TIGHT 7
static const char *const commas[] = {"，", "、", ","};

/* The blanks of one line, but not those between the cells of a table. */
static uint32_t
spaces(const char *p, uint32_t n, uint32_t at)
{
	while (at < n && p[at] != '\t' && blank_at(p, n, at) > 0)
		at += blank_at(p, n, at);
	return at;
}

static uint32_t
spaces_back(const char *p, uint32_t at)
{
	uint32_t k;

	while (at > 0 && p[at - 1] != '\t' && (k = blank_before(p, at)) > 0)
		at -= k;
	return at;
}

struct edges {
	const char *p;
	uint32_t n;
	struct span s;
	uint32_t a, b; /* behind the text before, at the text behind */
	bool first;    /* of its line, bullet aside; of a bracket */
	bool last;     /* of its line */
};

/* The divider between at and the blanks on both sides; its length, else 0. */
static uint32_t
divider_before(const struct edges *e, size_t i)
{
	uint32_t k = ends_at(e->p, e->a, dividers[i]);

	return k > 0 && (i >= TIGHT ||
			    (e->a < e->s.from &&
				spaces_back(e->p, e->a - k) < e->a - k))
		   ? k
		   : 0;
}

static uint32_t
divider_behind(const struct edges *e, size_t i)
{
	uint32_t k = stands_at(e->p, e->n, e->b, dividers[i]);

	return k > 0 && (i >= TIGHT ||
			    (e->b > e->s.to &&
				(spaces(e->p, e->n, e->b + k) > e->b + k ||
				    at_eol(e->p, e->n, e->b + k))))
		   ? k
		   : 0;
}

/* a | x | b: one of the two goes; x | b, a | x: the only one. */
static bool
drop_divider(struct edges *e)
{
	for (size_t i = 0; i < N(dividers); i++) {
		uint32_t before = divider_before(e, i);
		uint32_t behind = divider_behind(e, i);

		if (behind > 0 && (before > 0 || e->first)) {
			e->s.to = spaces(e->p, e->n, e->b + behind);
			return true;
		}
		if (before > 0 && e->last) {
			e->s.from = spaces_back(e->p, e->a - before);
			return true;
		}
	}
	return false;
}

/* Where a list of words ends: before these, or a blank line. */
static bool
list_ends(const struct edges *e)
{
	static const char *const ends[] = {".", ";", "!", "?", "。", "；", "！",
	    "？", ")", "）", "]", "】", "」", "』"};

	return any_at(e->p, e->n, e->b, ends, N(ends)) > 0 ||
	       (e->last && blank_line(e->p, e->n, skip_eol(e->p, e->n, e->b)));
}

/* a, x, b and a, x. and x, b: the same with commas. */
static bool
drop_comma(struct edges *e)
{
	uint32_t before = any_before(e->p, e->a, commas, N(commas));
	uint32_t behind = any_at(e->p, e->n, e->b, commas, N(commas));

	if (behind > 0 && (before > 0 || e->first)) {
		uint32_t to = e->b + behind;

		/* What stood behind the first comma stands there still. */
		e->s.to =
		    e->first || e->a < e->s.from ? spaces(e->p, e->n, to) : to;
		return true;
	}
	if (before > 0 && list_ends(e)) {
		e->s.from = e->a - before;
		e->s.to = e->b;
		return true;
	}
	return false;
}

/* ---- lines ---- */

/* Pictures and blanks only, up to the line's end: ![alt](target) */
static bool
only_pictures(const char *p, uint32_t n, uint32_t at, uint32_t *stop)
{
	uint32_t end = at;

	for (;;) {
		uint32_t high;

		at = skip_blanks(p, n, end);
		if (at_eol(p, n, at) || n - at < 2 || p[at] != '!' ||
		    p[at + 1] != '[')
			break;
		high = n - at > REACH ? at + REACH : n;
		end = grow_close(p, at + 2, high, 1);
		if (end == NONE || end >= n || p[end] != '(')
			return false;
		end = grow_close(p, end + 1, high, 0);
		if (end == NONE)
			return false;
	}
	*stop = at;
	return at_eol(p, n, at);
}

/* The line that stands above, NONE at the start. */
static uint32_t
line_above(const char *p, uint32_t start)
{
	return start > 0 ? line_start(p, start - 1) : NONE;
}

static uint32_t
skip_blank_lines(const char *p, uint32_t n, uint32_t at)
{
	while (at < n && blank_line(p, n, at))
		at = next_line(p, n, at);
	return at;
}

/* Columns: characters that are not Latin have two. */
static uint32_t
width(const char *p, struct span s)
{
	uint32_t w = 0;

	for (uint32_t at = s.from; at < s.to; at++)
		w += ((unsigned char)p[at] & 0xc0) == 0x80 ? 0
		     : (unsigned char)p[at] < 0xe0         ? 1
							   : 2;
	return w;
}

/* The line drawn under a heading that goes; - also divide what they stand
   between, and draw a heading only where they are about as long as it is. */
static void
with_underline(const char *p, uint32_t n, struct span *s)
{
	uint32_t above = line_above(p, s->from), end = s->to, wide, len;
	const char *lf = memchr(p + s->from, '\n', s->to - s->from);

	if (lf == NULL || lf != p + s->to - 1 || s->to == n ||
	    (above != NONE && !blank_line(p, s->from, above)))
		return;
	while (
	    end < n && (p[end] == '=' || p[end] == '-') && p[end] == p[s->to])
		end++;
	len = end - s->to;
	wide = width(p, (struct span){s->from, line_stop(p, n, s->from)});
	if (len >= 3 && blank_line(p, n, end) &&
	    (p[s->to] == '=' || (len <= wide + 2 && wide <= len + 2)))
		s->to = next_line(p, n, end);
}

/* A line that holds nothing else goes whole; of the empty lines above and
   below only one side stays. */
static struct span
whole_lines(const char *p, uint32_t n, struct span s)
{
	uint32_t above;

	s.from = line_start(p, s.from);
	s.to = skip_eol(p, n, skip_blanks(p, n, s.to));
	with_underline(p, n, &s);
	above = line_above(p, s.from);
	if (above != NONE && !blank_line(p, n, above))
		return s;
	s.to = skip_blank_lines(p, n, s.to);
	/* At the end of the text the empty lines above go instead. */
	while (s.to == n && s.from > 0) {
		above = line_start(p, s.from - 1);
		if (!blank_line(p, n, above))
			break;
		s.from = above;
	}
	return s;
}

/* ---- blanks ---- */

/* Does something stand there that no blank precedes? */
static bool
closes_at(const char *p, uint32_t n, uint32_t at)
{
	static const char *const marks[] = {".", ",", ";", ":", "!", "?", "。",
	    "，", "；", "：", "！", "？", "、", "…"};

	if (any_at(p, n, at, marks, N(marks)) > 0)
		return true;
	for (size_t i = 0; i < NBRACKETS; i++)
		if (stands_at(p, n, at, grow_brackets[i].close) > 0)
			return true;
	return false;
}

static bool
opens_before(const char *p, uint32_t at)
{
	for (size_t i = 0; i < NBRACKETS; i++)
		if (ends_at(p, at, grow_brackets[i].open) > 0)
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

/* The blanks at the edges of a cut within a line. */
static struct span
tidy_blanks(const char *p, uint32_t n, struct span s, uint32_t start)
{
	uint32_t a = skip_blanks_back(p, s.from), b = skip_blanks(p, n, s.to);

	if (at_eol(p, n, b))
		return (struct span){a > start ? a : s.from, b};
	if (b == s.to && a > start && closes_at(p, n, b))
		s.from = a; /* no blank before a full stop */
	else if (a < s.from || s.from == start || opens_before(p, s.from))
		s.to = b; /* the blanks before it are enough */
	return s;
}

/* The columns of a table keep their | */
static bool
in_table(const char *p, uint32_t n, uint32_t start)
{
	uint32_t text = skip_blanks(p, n, start);

	return text < n && p[text] == '|';
}

struct span
grow_tidy(const char *p, uint32_t n, struct span s)
{
	uint32_t start, lead, stop, low;
	struct edges e;

	while (peel(p, n, &s))
		continue;
	/* What a line begins with says nothing of what is this far behind. */
	low = s.from > GROW_REACH ? s.from - GROW_REACH : 0;
	start = low + line_start(p + low, s.from - low);
	lead = grow_lead(p, n, start, false);
	if (lead >= s.from && only_pictures(p, n, s.to, &stop)) {
		s.to = stop;
		return whole_lines(p, n, s);
	}
	e = (struct edges){
	    p, n, s, spaces_back(p, s.from), spaces(p, n, s.to), false, false};
	e.first = lead >= s.from || e.a <= start || opens_before(p, e.a) ||
		  ends_at(p, e.a, ":") > 0 || ends_at(p, e.a, "：") > 0;
	e.last = at_eol(p, n, e.b);
	if (!in_table(p, n, start) && (drop_divider(&e) || drop_comma(&e)))
		return e.s;
	return tidy_blanks(p, n, s, start);
}
