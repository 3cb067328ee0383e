#include "grow_private.h"

/* Headings with nothing left under them. */

/* How a heading is made.  Capitals alone are a way to write, too. */
enum made { NOT, MARKS, DRAWN, NUMBERED, MADE };

/* A heading and what stands under it up to the next one of any level; a
   separator is a heading of level 0, which ends all sections and never goes. */
struct head {
	struct span line;
	uint32_t level;
	enum made made;
	uint32_t to;   /* of its own text */
	uint32_t last; /* end of the last cut in its section, or 0 */
	bool left;     /* there is something in its section */
};

struct heads {
	struct head *v;
	uint32_t n, size;
	bool before; /* there is something left above the first */
};

static void
add_head(struct heads *h, struct arena *a, struct span line, uint32_t level,
    uint32_t end)
{
	if (h->n > 0)
		h->v[h->n - 1].to = line.from;
	h->v = arena_more(a, h->v, h->n, &h->size, sizeof *h->v);
	h->v[h->n++] = (struct head){line, level, NOT, end, 0, false};
}

/* Is there anything but white space in p[from..to)? */
static bool
any_text(const char *p, uint32_t from, uint32_t to)
{
	while (from < to) {
		uint32_t k = p[from] == '\n' || p[from] == '\r'
				 ? 1
				 : blank_at(p, to, from);

		if (k == 0)
			return true;
		from += k;
	}
	return false;
}

/* What the cuts leave of s; *i: the first cut that may touch it. */
static bool
leaves(const char *p, struct span s, const struct spans *cut, uint32_t *i,
    uint32_t *last)
{
	uint32_t at = s.from;
	bool left = false;

	while (*i < cut->n && cut->v[*i].to <= s.from)
		++*i;
	for (uint32_t k = *i; k < cut->n && cut->v[k].from < s.to; k++) {
		const struct span *c = &cut->v[k];

		left = left || (c->from > at && any_text(p, at, c->from));
		at = c->to > at ? c->to : at;
		*last = c->to < s.to ? c->to : s.to;
		*i = k;
	}
	return left || (at < s.to && any_text(p, at, s.to));
}

static void
look_under(struct heads *h, const char *p, const struct spans *cut)
{
	uint32_t i = 0, none = 0;

	if (h->n > 0)
		h->before = leaves(
		    p, (struct span){0, h->v[0].line.from}, cut, &i, &none);
	for (uint32_t k = 0; k < h->n; k++) {
		struct head *x = &h->v[k];

		x->left |= leaves(
		    p, (struct span){x->line.to, x->to}, cut, &i, &x->last);
	}
}

/* From the last to the first: what stays leaves something to all above it
   whose section it is in.  stack: headings of the sections that are open
   upwards, each level once. */
static uint32_t
mark_gone(struct heads *h, bool *gone)
{
	bool left[16] = {false};
	uint32_t last[16] = {0}, n = 0;

	for (uint32_t i = h->n; i-- > 0;) {
		struct head *x = &h->v[i];

		for (uint32_t l = x->level + 1; l < 16; l++) {
			x->left |= left[l];
			if (last[l] > x->last)
				x->last = last[l];
			left[l] = false;
			last[l] = 0;
		}
		gone[i] = x->level > 0 && !x->left && x->last > 0;
		n += gone[i];
		if (x->level > 0) {
			left[x->level] |= !gone[i];
			if (x->last > last[x->level])
				last[x->level] = x->last;
		} else {
			memset(left, 0, sizeof left);
			memset(last, 0, sizeof last);
		}
	}
	return n;
}

/* Is the first one the title, and all that would be left? */
static bool
only_title(const struct heads *h, const bool *gone)
{
	if (!gone[0] || h->before)
		return false;
	for (uint32_t i = 1; i < h->n; i++)
		if (!gone[i])
			return false;
	return true;
}

static uint32_t
add_gone(struct heads *h, struct spans *cut, struct arena *a, const char *p,
    uint32_t n, bool whole)
{
	bool *gone = arena_array(a, h->n + 1, sizeof *gone);
	uint32_t count = mark_gone(h, gone);

	if (count > 0 && only_title(h, gone)) {
		gone[0] = false;
		count--;
	}
	for (uint32_t i = 0; i < h->n; i++) {
		struct span s = h->v[i].line;

		if (!gone[i])
			continue;
		if (whole && h->v[i].last > s.to)
			s.to = h->v[i].last;
		grow_add(cut, a, whole ? grow_tidy(p, n, s) : s);
	}
	if (count > 0)
		grow_sort(cut);
	return count;
}

/* ---- lines that are headings ---- */

static uint32_t
level_of_marks(const char *p, uint32_t n, uint32_t at)
{
	struct span whole;

	return at < n && grow_line(p, n, at).kind == LINE_HEADING
		   ? grow_heading(p, n, at, &whole)
		   : 0;
}

/* # lines that stand apart: between blank lines, or right under one another,
   each below the other's level.  In the middle of a text, or in a row, they are
   comments of a script. */
static bool
apart(const char *p, uint32_t n, uint32_t at, uint32_t next)
{
	uint32_t level = level_of_marks(p, n, at), near, above;

	above = at > 0 ? line_start(p, at - 1) : 0;
	if (at > 0 && !blank_line(p, n, above)) {
		near = level_of_marks(p, n, above);
		if (near == 0 || near >= level)
			return false;
	}
	near = level_of_marks(p, n, next);
	return next == n || blank_line(p, n, next) || near > level;
}

/* "Dear mother," is no heading, whatever is drawn under it. */
static bool
addresses(const char *p, uint32_t n, uint32_t at)
{
	static const char *const ends[] = {",", "，", "،", "!", "！"};

	return any_before(p, skip_blanks_back(p, line_stop(p, n, at)), ends,
		   N(ends)) > 0;
}

static enum made
how_made(const char *p, uint32_t n, uint32_t at, uint32_t level, uint32_t next)
{
	enum line_kind k = grow_line(p, n, at).kind;

	if (k == LINE_HEADING)
		return apart(p, n, at, next) ? MARKS : NOT;
	if (level >= 8)
		return NUMBERED;
	return level == 7 || addresses(p, n, at) ? NOT : DRAWN;
}

/* All lines that may be headings, and separators; made: how many of a kind. */
static void
find_heads(
    struct heads *h, struct arena *a, const char *p, uint32_t n, uint32_t *made)
{
	uint32_t done = 0, next;

	memset(made, 0, MADE * sizeof *made);
	for (uint32_t at = 0; at < n; at = next) {
		struct span whole;
		uint32_t level = grow_heading(p, n, at, &whole);

		next = level > 0 ? whole.to : next_line(p, n, at);
		if (level > 0) {
			if (whole.from < done)
				whole.from = done;
			add_head(h, a, whole, level, n);
			h->v[h->n - 1].made = how_made(p, n, at, level, next);
			made[h->v[h->n - 1].made]++;
			done = whole.to;
		} else if (grow_line(p, n, at).kind == LINE_SEPARATOR) {
			add_head(h, a, (struct span){at, next}, 0, n);
		}
	}
	made[NOT] = 0;
}

uint32_t
grow_headings(
    struct spans *cut, struct arena *a, const char *p, uint32_t n, bool all)
{
	struct heads found = {0}, h = {0};
	uint32_t made[MADE];

	if (cut->n == 0)
		return 0;
	find_heads(&found, a, p, n, made);
	for (uint32_t i = 0; i < found.n; i++) {
		const struct head *x = &found.v[i];

		if (all || x->level == 0 || made[x->made] > 1)
			add_head(&h, a, x->line, x->level, n);
	}
	look_under(&h, p, cut);
	return add_gone(&h, cut, a, p, n, true);
}

/* ---- HTML ---- */

/* Is the place within what a cut takes, white space at its end aside?  (Not
   much of it: a picture too many that stays does no harm.) */
static bool
inside_cut(const char *p, const struct spans *cut, uint32_t at)
{
	uint32_t lo = 0, hi = cut->n, end;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (cut->v[mid].to <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == cut->n || cut->v[lo].from >= at)
		return false;
	end = cut->v[lo].to - at > 64 ? at + 64 : cut->v[lo].to;
	return any_text(p, at, end);
}

/* Pictures that stay: they show no text, but they are something. */
static void
look_at_pictures(
    struct heads *h, const struct html *html, const struct spans *cut)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < html->nelem; i++) {
		const struct html_elem *e = &html->elem[i];

		if (e->tag != HTML_IMG || e->hidden)
			continue;
		while (k < h->n && h->v[k].line.to <= e->shown.from)
			k++;
		if (k > 0 && !inside_cut(html->text.p, cut, e->shown.from))
			h->v[k - 1].left = true;
	}
}

uint32_t
grow_html_headings(struct spans *cut, struct arena *a, const struct html *html)
{
	struct heads h = {0};
	uint32_t done = 0;

	if (cut->n == 0)
		return 0;
	for (uint32_t i = 0; i < html->nelem; i++) {
		const struct html_elem *e = &html->elem[i];

		if (e->hidden || e->shown.from < done ||
		    (e->tag != HTML_HEADING && e->tag != HTML_HR) ||
		    (e->tag == HTML_HEADING && e->shown.to == e->shown.from))
			continue;
		add_head(&h, a, e->shown, e->level, html->text.len);
		done = e->shown.to;
	}
	look_under(&h, html->text.p, cut);
	look_at_pictures(&h, html, cut);
	return add_gone(&h, cut, a, html->text.p, html->text.len, false);
}
