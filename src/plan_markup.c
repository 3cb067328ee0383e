#include "plan_private.h"

#define REACH (64u << 10) /* a tag or comment that is longer is left alone */

static bool
within(struct span outer, struct span s)
{
	return outer.from <= s.from && s.to <= outer.to;
}

/* The last element whose start tag begins at or before `at`: binary search. */
static uint32_t
elem_before(const struct html *h, uint32_t at)
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

/* ---- comments ---- */

/* The comment that holds a span, looked for from `low` on (HTML 13.2.5.43).
   What Outlook reads in one (<!--[if mso]>) is no comment to it: left. */
static bool
comment_round(const struct text *t, uint32_t low, struct span s, struct span *c)
{
	const char *open, *close;

	if (low > s.from) /* in a tag */
		return false;
	if (s.from - low > REACH)
		low = s.from - REACH;
	while ((open = memmem(t->p + low, t->len - low, "<!--", 4)) != NULL) {
		c->from = (uint32_t)(open - t->p);
		if (c->from > s.from)
			return false;
		close = memmem(open + 4, t->len - c->from - 4, "-->", 3);
		c->to = close != NULL ? (uint32_t)(close - t->p) + 3 : t->len;
		if (close != NULL && within(*c, s))
			return t->p[c->from + 4] != '[';
		low = c->to;
	}
	return false;
}

/* ---- attributes ---- */

struct attr {
	struct span name, value; /* the value without quotes */
};

static bool
is_white(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

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

/* Words of an attribute go by their unit, inside of it. */
static void
cut_words(
    struct planner *x, const struct hit *h, struct span value, enum unit unit)
{
	const char *p = x->view->doc[h->doc].utf8.p + value.from;
	uint32_t n = value.to - value.from;
	struct span s = {h->utf8.from - value.from, h->utf8.to - value.from};

	s = grow_tidy(p, n, grow_unit(p, n, s, unit));
	lower_add(&x->plan->utf8[h->doc], x->a,
	    (struct span){s.from + value.from, s.to + value.from}, NULL, 0);
}

/* The element whose start tag holds the hit. */
static bool
cut_tag(struct planner *x, struct hit *h, uint32_t elem, enum unit unit)
{
	const struct doc *d = &x->view->doc[h->doc];
	const struct html_elem *e = &d->html->elem[elem];
	struct attr attr = {0};
	uint32_t at = e->whole.from + 1, end;

	end = e->inner.from > e->whole.from ? e->inner.from : e->whole.to;
	if (!within((struct span){at, end}, h->utf8) || end - at > REACH)
		return false;
	while (at < end && !is_white(d->utf8.p[at]))
		at++;
	for (end--; at < end;) {
		at = next_attr(d->utf8.p, at, end, &attr);
		if (within(attr.value, h->utf8))
			break;
		attr = (struct attr){0};
	}
	if (attr.name.to > attr.name.from && is_words(d->utf8.p, attr.name) &&
	    (unit == UNIT_MATCH || e->tag != HTML_IMG)) {
		cut_words(x, h, attr.value, unit);
		return true;
	}
	/* An address: of a picture, or of a link that shows nothing. */
	if (!e->closed || e->hidden || e->shown.to > e->shown.from ||
	    (e->tag != HTML_IMG && e->tag != HTML_A))
		return false;
	plan_add_elem(x, &x->plan->elem[h->doc], elem, LIMIT_CUTS);
	return true;
}

bool
plan_markup(struct planner *x, struct hit *h, enum unit unit)
{
	const struct doc *d = &x->view->doc[h->doc];
	uint32_t elem = elem_before(d->html, h->utf8.from), low = 0;
	struct span c;

	if (x->plan->utf8[h->doc].n >= LIMIT_CUTS)
		return false;
	if (elem != UINT32_MAX) {
		const struct html_elem *e = &d->html->elem[elem];

		if (cut_tag(x, h, elem, unit))
			return true;
		low =
		    e->inner.from > e->whole.from ? e->inner.from : e->whole.to;
	}
	if (!comment_round(&d->utf8, low, h->utf8, &c))
		return false;
	lower_add(&x->plan->utf8[h->doc], x->a, c, NULL, 0);
	return true;
}
