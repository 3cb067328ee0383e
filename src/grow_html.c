#include "grow_private.h"

#define STEPS 4096 /* elements that are looked through for a heading */

/* ---- where a span stands ---- */

/* The innermost element that has it between its tags, or NONE: the last one
   that starts before it, or one of those this is in. */
static uint32_t
innermost(const struct html *h, struct span src)
{
	uint32_t lo = 0, hi = h->nelem;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (h->elem[mid].whole.from <= src.from)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo > 0 ? lo - 1 : NONE;
}

static bool
holds(const struct html_elem *e, struct span src)
{
	return e->inner.from <= src.from && src.to <= e->inner.to;
}

static bool
is_cell(enum html_tag t)
{
	return t == HTML_TD || t == HTML_TH;
}

static bool
is_item(const struct html_elem *e)
{
	return e->tag == HTML_LI || e->tag == HTML_DD || e->tag == HTML_TR;
}

/* Those that hold too much to be taken for one thing. */
static bool
is_element(const struct html_elem *e)
{
	static const bool holder[HTML_HR + 1] = {[HTML_BODY] = true,
	    [HTML_LIST] = true,
	    [HTML_TABLE] = true,
	    [HTML_QUOTE] = true};

	return e->closed && !e->hidden && !holder[e->tag];
}

/* The innermost element round the span of which `is` is true, or NONE. */
static uint32_t
element_round(
    const struct html *h, struct span s, bool (*is)(const struct html_elem *))
{
	struct span src = map_cover(&h->text.map, s, NULL);
	uint32_t i = innermost(h, src);

	while (i < h->nelem && !(holds(&h->elem[i], src) && is(&h->elem[i])))
		i = h->elem[i].parent;
	return i < h->nelem ? i : NONE;
}

/* ---- units of text, within a block ---- */

/* Line ends and tabs that stand for the border of a block or a cell have no
   source; those of <br> and <pre> have. */
static bool
is_border(const struct html *h, uint32_t at)
{
	struct span one = {at, at + 1};

	if (h->text.p[at] != '\n' && h->text.p[at] != '\t')
		return false;
	one = map_cover(&h->text.map, one, NULL);
	return one.to == one.from;
}

/* The block round the span; the text where its borders are far away. */
static struct span
block(const struct html *h, struct span s)
{
	uint32_t n = h->text.len;
	uint32_t low = s.from > GROW_REACH ? s.from - GROW_REACH : 0;
	uint32_t high = n - s.to > GROW_REACH ? s.to + GROW_REACH : n;
	struct span b = s;

	while (b.from > low && !is_border(h, b.from - 1))
		b.from--;
	while (b.to < high && !is_border(h, b.to))
		b.to++;
	if (b.from == low)
		b.from = 0;
	if (b.to == high)
		b.to = n;
	return b;
}

static struct span
text_unit_of(const struct html *h, struct span s, enum unit unit)
{
	struct span b = block(h, s), g;

	g = grow_unit(h->text.p + b.from, b.to - b.from,
	    (struct span){s.from - b.from, s.to - b.from}, unit);
	return (struct span){g.from + b.from, g.to + b.from};
}

/* ---- section ---- */

static uint32_t
heading_before(const struct html *h, struct span s)
{
	uint32_t i = innermost(h, map_cover(&h->text.map, s, NULL));

	for (int steps = 0; i < h->nelem && steps < STEPS; steps++, i--) {
		const struct html_elem *e = &h->elem[i];

		if (e->hidden)
			continue;
		if (e->tag == HTML_HR)
			break;
		if (e->tag == HTML_HEADING && e->shown.to > e->shown.from &&
		    e->shown.from <= s.from)
			return i;
	}
	return NONE;
}

/* Where the innermost element that holds heading and span ends: what stands
   behind it is not the section's. */
static uint32_t
common_end(const struct html *h, uint32_t head, struct span s)
{
	struct span src = map_cover(&h->text.map, s, NULL);
	uint32_t i = h->elem[head].parent;

	while (i < h->nelem && !holds(&h->elem[i], src))
		i = h->elem[i].parent;
	return i < h->nelem ? h->elem[i].shown.to : h->text.len;
}

static bool
html_section(const struct html *h, struct span *s)
{
	uint32_t head = heading_before(h, *s), end;
	int steps = 0;

	if (head == NONE)
		return false;
	end = common_end(h, head, *s);
	for (uint32_t i = head + 1; i < h->nelem && steps < STEPS;
	     i++, steps++) {
		const struct html_elem *e = &h->elem[i];

		if (e->hidden || e->shown.from < s->to)
			continue;
		if (e->shown.from >= end)
			break;
		if (e->tag == HTML_HR ||
		    (e->tag == HTML_HEADING && e->shown.to > e->shown.from &&
			e->level <= h->elem[head].level))
			end = e->shown.from;
	}
	if (steps == STEPS)
		return false;
	while (end > s->to && (unsigned char)h->text.p[end - 1] <= ' ')
		end--;
	s->from = h->elem[head].shown.from;
	if (end > s->to)
		s->to = end;
	return true;
}

/* ---- all of them ---- */

static struct span
whole_element(const struct html *h, uint32_t i, struct span s, uint32_t *elem)
{
	const struct html_elem *e = &h->elem[i];

	if (e->closed && !is_cell(e->tag))
		*elem = i;
	if (e->shown.from < s.from)
		s.from = e->shown.from;
	if (e->shown.to > s.to)
		s.to = e->shown.to;
	return s;
}

struct span
grow_html(const struct html *h, struct span s, enum unit unit, uint32_t *elem)
{
	uint32_t i = NONE;

	*elem = UINT32_MAX;
	if (unit == UNIT_MATCH || unit == UNIT_ENTRY || unit == UNIT_PART)
		return s;
	if (unit == UNIT_ITEM)
		i = element_round(h, s, is_item);
	else if (unit == UNIT_ELEMENT)
		i = element_round(h, s, is_element);
	if (i != NONE)
		return whole_element(h, i, s, elem);
	if (unit == UNIT_SECTION) {
		if (html_section(h, &s))
			return s;
		unit = UNIT_PARAGRAPH;
	}
	return text_unit_of(h, s, unit);
}

/* ---- what is never cut ---- */

/* The nearest of a tag above, a few steps up, or NONE. */
static uint32_t
above(const struct html *h, uint32_t i, enum html_tag tag)
{
	for (int steps = 0; steps < 6 && i < h->nelem; steps++) {
		i = h->elem[i].parent;
		if (i < h->nelem && h->elem[i].tag == tag)
			return i;
	}
	return NONE;
}

/* Rows all of whose cells are <th>, in a table that has other rows: some mail
   is laid out in <th> alone. */
static void
protect_head_rows(struct spans *s, struct arena *a, const struct html *h)
{
	enum { HEAD = 1, BODY = 2 };
	uint8_t *cells = arena_array(a, h->nelem + 1, sizeof *cells);

	for (uint32_t i = 0; i < h->nelem; i++) {
		uint8_t bit = h->elem[i].tag == HTML_TH ? HEAD : BODY;
		uint32_t row, table;

		if (!is_cell(h->elem[i].tag))
			continue;
		row = above(h, i, HTML_TR);
		table = above(h, i, HTML_TABLE);
		if (row != NONE)
			cells[row] |= bit;
		if (table != NONE)
			cells[table] |= bit;
	}
	for (uint32_t i = 0; i < h->nelem; i++) {
		uint32_t table = above(h, i, HTML_TABLE);

		if (h->elem[i].tag == HTML_TR && cells[i] == HEAD &&
		    table != NONE && (cells[table] & BODY))
			grow_add(s, a, h->elem[i].shown);
	}
}

void
grow_html_protected(struct spans *s, struct arena *a, const struct html *h)
{
	for (uint32_t i = 0; i < h->nelem; i++) {
		const struct html_elem *e = &h->elem[i];

		if (e->tag == HTML_PRE || e->tag == HTML_CODE ||
		    e->tag == HTML_QUOTE)
			grow_add(s, a, e->shown);
	}
	protect_head_rows(s, a, h);
	grow_protect_lines(s, a, h->text.p, h->text.len, true);
	if (s->unsorted)
		grow_sort(s);
}
