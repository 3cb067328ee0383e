#include <strings.h>

#include "limits.h"
#include "lower_private.h"

/* Elements that may go when all they show goes.  Not cells: a row would lose
   its shape; not quotes and the body. */
static bool
may_go(enum html_tag tag)
{
	static const bool stays[HTML_HR + 1] = {[HTML_TD] = true,
	    [HTML_TH] = true,
	    [HTML_BODY] = true,
	    [HTML_QUOTE] = true};

	return !stays[tag];
}

/* The cut that covers the span, or NULL. */
static const struct span *
cut_over(const struct span *cut, uint32_t n, struct span s)
{
	uint32_t i = span_cover(cut, n, sizeof *cut, s);

	return i < n ? &cut[i] : NULL;
}

static struct span
trim(const char *p, struct span s)
{
	while (s.to > s.from && (unsigned char)p[s.to - 1] <= ' ')
		s.to--;
	while (s.from < s.to && (unsigned char)p[s.from] <= ' ')
		s.from++;
	return s;
}

/* Pictures that stay, in order of their place: an element with one of them
   inside is not empty. */
static uint32_t
kept_before(const uint32_t *kept, uint32_t n, uint32_t at)
{
	uint32_t lo = 0, hi = n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (kept[mid] < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

#define BESIDE 4096 /* how far text of the same line is looked for */

/* Does cut text stand on the same line on both sides of `at`?  A picture that
   only stands beside a cut stays. */
static bool
in_the_middle(const char *p, const struct span *c, uint32_t at)
{
	uint32_t i, low = c->from, high = c->to;

	if (at - low > BESIDE)
		low = at - BESIDE;
	if (high - at > BESIDE)
		high = at + BESIDE;
	for (i = at; i > low && p[i - 1] == ' ';)
		i--;
	if (i == low || p[i - 1] == '\n')
		return false;
	for (i = at; i < high && p[i] == ' ';)
		i++;
	return i < high && p[i] != '\n';
}

/* Is the element, which shows nothing, inside what a cut covers? */
static bool
picture_goes(const struct html *h, const struct html_elem *e,
    const struct span *cut, uint32_t n)
{
	const struct span *c = cut_over(cut, n, e->shown);

	return c != NULL && in_the_middle(h->text.p, c, e->shown.from) &&
	       span_within(map_cover(&h->text.map, *c, NULL), e->whole);
}

/* Places of pictures, in order. */
struct places {
	uint32_t *v, n;
};

static bool
any_within(const struct places *x, struct span s)
{
	return kept_before(x->v, x->n, s.to) != kept_before(x->v, x->n, s.from);
}

static int
by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->to < y->to) - (x->to > y->to);
}

/* Elements that are named, the outer ones: sorted and disjoint. */
static struct spans
named_elements(struct arena *a, const struct html *h, const struct cut *c)
{
	struct spans s = {arena_array(a, c->nelem + 1, sizeof *s.v), 0, 0, 0};
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->nelem; i++)
		s.v[s.n++] = h->elem[c->elem[i]].whole;
	if (s.n > 0)
		qsort(s.v, s.n, sizeof *s.v, by_start);
	for (uint32_t i = 0; i < s.n; i++)
		if (n == 0 || s.v[i].from >= s.v[n - 1].to)
			s.v[n++] = s.v[i];
	s.n = n;
	return s;
}

/* Pictures that a cut covers go; so do those of a link whose words go. */
static bool
this_picture_goes(const struct html *h, const struct html_elem *e,
    const struct cut *c, const struct spans *named)
{
	const struct html_elem *up =
	    e->parent < h->nelem ? &h->elem[e->parent] : NULL;
	struct span s;

	if (picture_goes(h, e, c->shown.v, c->shown.n) ||
	    cut_over(named->v, named->n, e->whole) != NULL)
		return true;
	if (up == NULL || up->tag != HTML_A || !up->closed)
		return false;
	s = trim(h->text.p, up->shown);
	return s.to > s.from ? cut_over(c->shown.v, c->shown.n, s) != NULL
			     : picture_goes(h, up, c->shown.v, c->shown.n);
}

static void
html_pictures(struct edits *out, struct arena *a, const struct html *h,
    const struct cut *c, const struct spans *named, struct places *kept,
    struct places *gone)
{
	for (uint32_t i = 0; i < h->nelem; i++) {
		const struct html_elem *e = &h->elem[i];

		if (e->tag != HTML_IMG)
			continue;
		if (this_picture_goes(h, e, c, named)) {
			lower_add(out, a, e->whole, NULL, 0);
			gone->v[gone->n++] = e->whole.from;
		} else {
			kept->v[kept->n++] = e->whole.from;
		}
	}
}

static bool
is_named(const char *p, const struct html_elem *e, const char *name)
{
	uint32_t n = (uint32_t)strlen(name);

	return e->whole.to - e->whole.from > n + 1 &&
	       strncasecmp(p + e->whole.from + 1, name, n) == 0;
}

/* <path/> in a drawing is closed by its slash (HTML 13.1.2.2). */
static bool
self_closed(const char *p, const struct html *h, const struct html_elem *e)
{
	if (e->inner.from < e->whole.from + 3 || p[e->inner.from - 2] != '/')
		return false;
	for (uint32_t i = 0; i < LIMIT_HTML_DEPTH && e->parent < h->nelem;
	     i++) {
		e = &h->elem[e->parent];
		if (is_named(p, e, "svg") || is_named(p, e, "math"))
			return true;
	}
	return false;
}

/* Elements without an end tag of their own: what they stand in does not go,
   since they go on behind it. */
static struct places
open_elements(struct arena *a, const struct html *h, const char *p)
{
	struct places open = {arena_array(a, h->nelem + 1, 4), 0};

	for (uint32_t i = 0; i < h->nelem; i++)
		if (!h->elem[i].closed && !self_closed(p, h, &h->elem[i]))
			open.v[open.n++] = h->elem[i].whole.from;
	return open;
}

/* What goes of an element whose text goes.  Where its start ended others that
   have no end tag, they must not go on behind it: its end tag stays if that
   ends them, else both. */
static struct span
elem_span(const struct html_elem *e)
{
	if (!e->ends || e->whole.to == e->inner.to)
		return e->whole;
	return (struct span){e->whole.from,
	    e->tag == HTML_P || e->tag == HTML_LI ? e->inner.to
						  : e->whole.from};
}

static void
html_elements(struct edits *out, struct arena *a, const struct html *h,
    const struct cut *c, const struct places *open)
{
	struct places kept = {arena_array(a, h->nelem + 1, 4), 0};
	struct places gone = {arena_array(a, h->nelem + 1, 4), 0};
	struct spans named = named_elements(a, h, c);

	html_pictures(out, a, h, c, &named, &kept, &gone);
	for (uint32_t i = 0; i < h->nelem; i++) {
		const struct html_elem *e = &h->elem[i];
		struct span s = trim(h->text.p, e->shown);

		if (e->tag == HTML_IMG || !e->closed || e->hidden ||
		    !may_go(e->tag) || any_within(&kept, e->whole) ||
		    any_within(open, e->whole))
			continue;
		/* It showed words, and they go; or it showed a picture that
		   goes; or it showed nothing, in the middle of a cut. */
		if (s.to > s.from
			? cut_over(c->shown.v, c->shown.n, s) != NULL
			: any_within(&gone, e->whole) ||
			      picture_goes(h, e, c->shown.v, c->shown.n) ||
			      cut_over(named.v, named.n, e->whole) != NULL)
			lower_add(out, a, elem_span(e), NULL, 0);
	}
}

/* Hidden elements whose text all goes. */
static void
hidden_elements(struct edits *out, struct arena *a, const struct html *h,
    const struct cut *c, const struct places *open)
{
	for (uint32_t i = 0; i < h->nelem && c->dark.n > 0; i++) {
		const struct html_elem *e = &h->elem[i];
		struct span s;

		if (!e->hidden || !e->closed || !may_go(e->tag) ||
		    any_within(open, e->whole))
			continue;
		s = trim(h->hidden.p, map_back(&h->hidden.map, e->inner));
		if (s.to > s.from && cut_over(c->dark.v, c->dark.n, s) != NULL)
			lower_add(out, a, elem_span(e), NULL, 0);
	}
}

/* The source of text that goes, without the tags between. */
static void
runs(struct edits *out, struct arena *a, const struct map *map,
    const struct spans *cut)
{
	for (uint32_t i = 0; i < cut->n; i++) {
		uint32_t at = cut->v[i].from;
		struct span s;

		while (map_piece(map, cut->v[i], &at, &s))
			lower_add(out, a, s, NULL, 0);
	}
}

/* Of overlapping edits only the outer ones stay: a stub for all of a text
   goes before what would be cut of it. */
static void
outer_only(struct edits *e)
{
	uint32_t kept = 0;

	for (uint32_t i = 1; i < e->n; i++) {
		struct edit *last = &e->v[kept], *next = &e->v[i];

		if (next->span.to <= last->span.to &&
		    next->span.from < last->span.to)
			continue;
		if (last->len == 0 && last->span.from >= next->span.from &&
		    last->span.to <= next->span.to)
			*last = *next;
		else
			e->v[++kept] = *next;
	}
	e->n = e->n > 0 ? kept + 1 : 0;
}

/* A < or & that is text must not become a tag or a reference with what comes
   to stand behind it: what parted them stays. */
static void
keep_apart(const char *p, uint32_t n, struct span *s)
{
	char next = s->to < n ? p[s->to] : ' ';
	bool letter = (next | 32) >= 'a' && (next | 32) <= 'z';

	if (s->from == 0 || (p[s->from - 1] != '<' && p[s->from - 1] != '&') ||
	    (!letter && memchr("/!?#", next, 4) == NULL))
		return;
	if (p[s->from] == '<' || p[s->from] == '&') {
		s->to = s->from;
		return;
	}
	while (++s->from < s->to && (p[s->from] & 0xc0) == 0x80)
		continue;
}

void
lower_to_utf8(struct edits *out, struct arena *a, const struct doc *d,
    const struct cut *c)
{
	const struct edits *given = &c->utf8;

	if (d->html != NULL) {
		struct places open = open_elements(a, d->html, d->utf8.p);

		runs(out, a, &d->html->text.map, &c->shown);
		runs(out, a, &d->html->hidden.map, &c->dark);
		html_elements(out, a, d->html, c, &open);
		hidden_elements(out, a, d->html, c, &open);
	} else {
		for (uint32_t i = 0; i < c->shown.n; i++)
			lower_add(out, a, c->shown.v[i], NULL, 0);
	}
	for (uint32_t i = 0; i < given->n; i++)
		lower_add(
		    out, a, given->v[i].span, given->v[i].p, given->v[i].len);
	lower_tidy(out);
	outer_only(out);
	if (d->html == NULL)
		return;
	for (uint32_t i = 0; i < out->n; i++)
		if (out->v[i].len == 0)
			keep_apart(d->utf8.p, d->utf8.len, &out->v[i].span);
	lower_tidy(out);
}
