#include "plan_private.h"

#define REACH (64u << 10) /* a tag or comment that is longer is left alone */

uint32_t
plan_elem_before(const struct html *h, uint32_t at)
{
	uint32_t lo = 0, hi = h->nelem;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (h->elem[mid].whole.from <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo - 1; /* UINT32_MAX: none */
}

static bool
is_white(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static uint32_t
tag_end(const struct html_elem *e)
{
	return e->inner.from > e->whole.from ? e->inner.from : e->whole.to;
}

/* ---- what must stay ---- */

#define LINE 4096u /* how far the ends of a line are looked for */

/* The line round a place of shown text, within an element. */
static struct span
line_round(const struct text *t, struct span within, uint32_t at)
{
	struct span s = {at, at};

	while (s.from > within.from && at - s.from < LINE &&
	       t->p[s.from - 1] != '\n')
		s.from--;
	while (s.to < within.to && s.to - at < LINE && t->p[s.to] != '\n')
		s.to++;
	return s;
}

bool
plan_may_take(struct planner *x, uint32_t doc, uint32_t elem)
{
	const struct html *h = x->view->doc[doc].html;
	struct span s = h->elem[elem].shown, in = {0, 0};

	for (uint32_t i = elem; i < h->nelem; i = h->elem[i].parent) {
		const struct html_elem *e = &h->elem[i];

		if (e->tag == HTML_PRE || e->tag == HTML_CODE ||
		    e->tag == HTML_QUOTE)
			return false;
		if (in.to == in.from && plan_is_block(e->tag))
			in = e->shown;
	}
	if (!plan_may_cut(x, doc, s))
		return false;
	/* A guard keeps the line, whatever stands in it. */
	if (in.from <= s.from && s.from <= in.to)
		s = line_round(&h->text, in, s.from);
	return !grow_touches(&x->guard[doc], s);
}

/* ---- comments ---- */

/* Behind a comment's end, or UINT32_MAX: HTML 13.2.5.43 on. */
static uint32_t
comment_end(const struct text *t, uint32_t from)
{
	const char *p = t->p + from, *end = t->p + t->len, *at = p;

	for (; (at = memchr(at, '>', (size_t)(end - at))) != NULL; at++) {
		size_t n = (size_t)(at - p);

		if (n == 0 || (n == 1 && *p == '-') ||
		    (n >= 2 && memcmp(at - 2, "--", 2) == 0) ||
		    (n >= 3 && memcmp(at - 3, "--!", 3) == 0))
			return (uint32_t)(at + 1 - t->p);
		if (at + 1 == end)
			break;
	}
	return UINT32_MAX;
}

/* Behind an end tag, whose attributes are quoted as those of others. */
static uint32_t
end_tag(const struct text *t, uint32_t at)
{
	const char *q;

	while (at < t->len && t->p[at] != '>') {
		if (t->p[at++] != '=')
			continue;
		while (at < t->len && is_white(t->p[at]))
			at++;
		if (at == t->len || (t->p[at] != '"' && t->p[at] != '\''))
			continue;
		q = memchr(t->p + at + 1, t->p[at], t->len - at - 1);
		at = q != NULL ? (uint32_t)(q - t->p) + 1 : t->len;
	}
	return at < t->len ? at + 1 : at;
}

/* Behind what a < begins that is no start tag; *comment: that is one. */
static uint32_t
markup_end(const struct text *t, uint32_t at, bool *comment)
{
	const char *p = t->p + at, *end;
	uint32_t left = t->len - at;

	*comment = left > 3 && memcmp(p, "<!--", 4) == 0;
	if (*comment)
		return comment_end(t, at + 4);
	if (left > 2 && p[1] == '/' &&
	    ((p[2] | 32) >= 'a' && (p[2] | 32) <= 'z'))
		return end_tag(t, at);
	if (left < 2 || memchr("/!?", p[1], 3) == NULL)
		return at + 1;
	end = memchr(p, '>', left);
	return end != NULL ? (uint32_t)(end - t->p) + 1 : t->len;
}

/* All of a doc, in order: one pass.  What begins like one in a tag, or in a
   script, and ends behind it, is none. */
static void
list_comments(struct planner *x, const struct doc *d, struct spans *out)
{
	const struct html *h = d->html;
	const struct text *t = &d->utf8;
	uint32_t at = 0, k = 0;
	const char *open;
	struct span c;
	bool comment;

	while (at < t->len &&
	       (open = memchr(t->p + at, '<', t->len - at)) != NULL) {
		const struct html_elem *e;

		c.from = (uint32_t)(open - t->p);
		while (k < h->nelem && h->elem[k].whole.from <= c.from)
			k++;
		e = k > 0 ? &h->elem[k - 1] : NULL;
		if (e != NULL && c.from < tag_end(e)) {
			at = tag_end(e);
			continue;
		}
		c.to = at = markup_end(t, c.from, &comment);
		if (c.to == UINT32_MAX)
			return;
		if (e != NULL && e->closed && c.from < e->inner.to &&
		    c.to > e->inner.to)
			at = e->inner.to;
		else if (comment)
			grow_add(out, x->a, c);
	}
}

/* The comment that holds a span.  What Outlook reads in one (<!--[if mso]>) is
   no comment to it: left. */
static bool
comment_round(struct planner *x, uint32_t doc, struct span s, struct span *c)
{
	const struct doc *d = &x->view->doc[doc];
	const struct spans *all;
	uint32_t i;

	if (x->comment == NULL) {
		x->comment = arena_array(x->a, x->view->ndoc, sizeof *all);
		x->comment_known =
		    arena_array(x->a, x->view->ndoc, sizeof *x->comment_known);
	}
	if (!x->comment_known[doc])
		list_comments(x, d, &x->comment[doc]);
	x->comment_known[doc] = true;
	all = &x->comment[doc];
	i = span_cover(all->v, all->n, sizeof *all->v, s);
	if (i >= all->n)
		return false;
	*c = all->v[i];
	if (c->to - c->from > REACH || d->utf8.p[c->from + 4] == '[')
		return false;
	s = map_back(&d->html->text.map, *c);
	return s.to == s.from;
}

/* ---- attributes ---- */

struct attr {
	struct span name, value; /* the value without quotes */
};

/* The attribute at `at` (HTML 13.2.5.32 on), and where the next one starts. */
static uint32_t
next_attr(const char *p, uint32_t at, uint32_t end, struct attr *o)
{
	while (at < end && (is_white(p[at]) || p[at] == '/'))
		at++;
	o->name.from = at;
	while (at < end && !is_white(p[at]) && p[at] != '=' && p[at] != '/')
		at++;
	o->name.to = at;
	o->value = (struct span){at, at};
	while (at < end && is_white(p[at]))
		at++;
	if (at == end || p[at] != '=')
		return at;
	for (at++; at < end && is_white(p[at]);)
		at++;
	if (at < end && (p[at] == '"' || p[at] == '\'')) {
		const char *q = memchr(p + at + 1, p[at], end - at - 1);

		o->value.from = at + 1;
		o->value.to = q != NULL ? (uint32_t)(q - p) : end;
		return o->value.to < end ? o->value.to + 1 : end;
	}
	o->value.from = at;
	while (at < end && !is_white(p[at]))
		at++;
	o->value.to = at;
	return at;
}

/* Attributes that are words to a reader; others are addresses and settings,
   which mean the element. */
static bool
is_words(const char *p, struct span name)
{
	static const char *const words[] = {"alt", "title", "aria-label",
	    "summary", "placeholder", "content", "value", "label"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == name.to - name.from &&
		    strncasecmp(p + name.from, words[i], name.to - name.from) ==
			0)
			return true;
	return false;
}

/* Without its value a name says nothing, and where no quotes are round it the
   next attribute would become its value: it goes, with the blank before it.  A
   quotation mark that comes to stand first would quote what follows. */
static struct span
with_name(const char *p, const struct attr *a, struct span s)
{
	char first = s.to < a->value.to ? p[s.to] : '\0';

	if (p[a->value.from - 1] == '"' || p[a->value.from - 1] == '\'' ||
	    s.from > a->value.from ||
	    (first != '\0' && first != '"' && first != '\''))
		return s;
	s = (struct span){a->name.from, a->value.to};
	while (is_white(p[s.from - 1]))
		s.from--;
	return s;
}

/* Words of an attribute go by their unit, inside of it. */
static void
cut_words(struct planner *x, const struct hit *h, const struct attr *attr,
    enum unit unit)
{
	struct span value = attr->value;
	const char *all = x->view->doc[h->doc].utf8.p, *p = all + value.from;
	uint32_t n = value.to - value.from;
	struct span s = {h->utf8.from - value.from, h->utf8.to - value.from};

	s = grow_tidy(p, n, grow_unit(p, n, s, unit));
	s = (struct span){s.from + value.from, s.to + value.from};
	lower_add(
	    &x->plan->utf8[h->doc], x->a, with_name(all, attr, s), NULL, 0);
}

/* The attribute of a tag that holds a span in its value. */
static bool
attr_round(
    const char *p, const struct html_elem *e, struct span s, struct attr *attr)
{
	uint32_t at = e->whole.from + 1, end = tag_end(e);

	if (!span_within((struct span){at, end}, s) || end - at > REACH)
		return false;
	while (at < end && !is_white(p[at]))
		at++;
	for (end--; at < end;) {
		at = next_attr(p, at, end, attr);
		if (span_within(attr->value, s))
			return true;
	}
	*attr = (struct attr){0};
	return true;
}

/* The element whose start tag holds the hit. */
static bool
cut_attr(struct planner *x, struct hit *h, uint32_t elem, enum unit unit)
{
	const struct doc *d = &x->view->doc[h->doc];
	const struct html_elem *e = &d->html->elem[elem];
	struct attr attr = {0};
	bool words;

	if (!attr_round(d->utf8.p, e, h->utf8, &attr))
		return false;
	words = attr.name.to > attr.name.from &&
		is_words(d->utf8.p, attr.name) &&
		(unit == UNIT_MATCH || e->tag != HTML_IMG);
	/* An address: of a picture, or of a link that shows nothing. */
	if (!words && (!e->closed || e->hidden || e->shown.to > e->shown.from ||
			  (e->tag != HTML_IMG && e->tag != HTML_A)))
		return false;
	if (!plan_may_take(x, h->doc, elem)) {
		plan_refuse(x, REFUSAL_GUARD);
		return false;
	}
	if (words)
		cut_words(x, h, &attr, unit);
	else
		plan_add_elem(x, &x->plan->elem[h->doc], elem, LIMIT_CUTS);
	return true;
}

/* The element by its start tag, with what it shows. */
static bool
cut_element(struct planner *x, struct hit *h, uint32_t elem)
{
	const struct html_elem *e = &x->view->doc[h->doc].html->elem[elem];
	struct span start = {e->whole.from, e->inner.from};

	if (!span_within(start, h->utf8) || !e->closed || e->hidden ||
	    e->shown.to == e->shown.from || e->tag == HTML_BODY)
		return false;
	if (!plan_may_take(x, h->doc, elem)) {
		plan_refuse(x, REFUSAL_GUARD);
		return false;
	}
	h->grown = e->shown;
	x->grown[h->doc] = true;
	plan_add_span(x, &x->plan->cut[h->doc], e->shown);
	plan_add_elem(x, &x->plan->elem[h->doc], elem, LIMIT_CUTS);
	return true;
}

static bool
cut_tag(struct planner *x, struct hit *h, uint32_t elem, enum unit unit)
{
	if (unit == UNIT_ELEMENT && cut_element(x, h, elem))
		return true;
	return cut_attr(x, h, elem, unit);
}

bool
plan_markup(struct planner *x, struct hit *h, enum unit unit)
{
	const struct doc *d = &x->view->doc[h->doc];
	uint32_t elem = plan_elem_before(d->html, h->utf8.from);
	struct span c;

	if (x->plan->utf8[h->doc].n >= LIMIT_CUTS)
		return false;
	if (elem != UINT32_MAX && cut_tag(x, h, elem, unit))
		return true;
	if (!comment_round(x, h->doc, h->utf8, &c))
		return false;
	lower_add(&x->plan->utf8[h->doc], x->a, c, NULL, 0);
	return true;
}
