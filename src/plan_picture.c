#include <stdlib.h>

#include "plan_private.h"

/*
 * Pictures in parts of their own, shown by cid: links (RFC 2392).  A part is
 * called by its Content-ID, and may be by its Content-Location (RFC 2557);
 * its body goes where nothing that stays names it any more.
 */

/* ---- names ---- */

/* A Content-ID, or what a cid: link calls. */
struct cid {
	const char *p;
	uint32_t n;
	uint32_t of; /* a part; or a doc, whose link it is */
	uint32_t link;
	bool used; /* something that stays names it */
};

static int
compare(const struct cid *x, const struct cid *y)
{
	uint32_t n = x->n < y->n ? x->n : y->n;
	int c = n > 0 ? memcmp(x->p, y->p, n) : 0;

	return c != 0 ? c : (x->n > y->n) - (x->n < y->n);
}

static int
by_name(const void *a, const void *b)
{
	const struct cid *x = a, *y = b;
	int c = compare(x, y);

	if (c != 0 || x->of != y->of)
		return c != 0 ? c : (x->of > y->of) - (x->of < y->of);
	return (x->link > y->link) - (x->link < y->link);
}

/* The first that is called so, or v->n. */
static uint32_t
first_named(const struct plan_cids *v, const struct cid *name)
{
	uint32_t lo = 0, hi = v->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (compare(&v->v[mid], name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < v->n && compare(&v->v[lo], name) == 0 ? lo : v->n;
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %XX as the byte it is.  Some write a link as the id is, some write ids as
   links are: both are read alike. */
static struct cid
decoded(struct arena *a, const char *p, uint32_t n)
{
	struct cid c = {.p = p, .n = n};
	char *o;

	if (n == 0 || memchr(p, '%', n) == NULL)
		return c;
	c.p = o = arena_alloc(a, n);
	c.n = 0;
	for (uint32_t i = 0; i < n; i++) {
		bool is = p[i] == '%' && n - i > 2 && hex(p[i + 1]) >= 0 &&
			  hex(p[i + 2]) >= 0;

		o[c.n++] =
		    is ? (char)(hex(p[i + 1]) * 16 + hex(p[i + 2])) : p[i];
		i += is ? 2 : 0;
	}
	return c;
}

static void
add_cid(struct plan_cids *v, struct arena *a, struct cid c)
{
	v->v = arena_more(a, v->v, v->n, &v->size, sizeof *v->v);
	v->v[v->n++] = c;
}

static void
sort_cids(struct plan_cids *v)
{
	if (v->n > 0)
		qsort(v->v, v->n, sizeof *v->v, by_name);
}

/* A field's value without blanks and < > (RFC 2045 7). */
static struct span
bare_value(const char *p, const struct field *f)
{
	struct span s = f->value;

	while (s.from < s.to && (p[s.from] <= ' ' || p[s.from] == '<'))
		s.from++;
	while (s.to > s.from && (p[s.to - 1] <= ' ' || p[s.to - 1] == '>'))
		s.to--;
	return s;
}

/* The names that fields of a part give it. */
static void
names_of_part(
    struct plan_cids *out, struct arena *a, const struct view *v, uint32_t part)
{
	const struct part *q = &v->tree->part[part];
	const char *p = v->tree->source[q->source].p;

	for (uint32_t i = 0; i < q->header.n; i++) {
		const struct field *f = &q->header.field[i];
		struct span s;
		struct cid c;

		if (!message_field_is(p, f, "content-id"))
			continue;
		s = bare_value(p, f);
		c = decoded(a, p + s.from, s.to - s.from);
		c.of = part;
		if (c.n > 0)
			add_cid(out, a, c);
	}
}

/* A picture whose body may go.  In base64, as all mail has them: what is left
   is then known by it (match.c), and filtering twice is filtering once. */
static bool
is_picture(const struct part *q)
{
	return q->kind == PART_LEAF && !q->sealed && !q->lost &&
	       q->cte == CTE_BASE64 && strncmp(q->type, "image/", 6) == 0;
}

/* The id a link names; false: it is no cid: link. */
static bool
cid_of(struct arena *a, const struct html_link *l, struct cid *c)
{
	if (l->url_len < 5 || strncasecmp(l->url, "cid:", 4) != 0)
		return false;
	*c = decoded(a, l->url + 4, l->url_len - 4);
	return true;
}

/* ---- what stays, and what it names ---- */

struct pictures {
	const struct plan *plan;
	const struct view *v;
	struct arena *a;
	struct plan_cids names;
	bool *goes; /* for each part */
	bool all;   /* a name could not be read: it may be any */
};

static bool
is_gone(const struct edits *gone, struct span s)
{
	return span_cover(gone->v, gone->n, sizeof *gone->v, s) < gone->n;
}

static void
use(struct pictures *x, const char *p, uint32_t n)
{
	struct cid c = decoded(x->a, p, n);
	uint32_t i = first_named(&x->names, &c);

	if (i < x->names.n)
		x->names.v[i].used = true;
}

static void
use_links(struct pictures *x, uint32_t doc)
{
	const struct html *h = x->v->doc[doc].html;
	struct cid c;

	for (uint32_t k = 0; h != NULL && k < h->nlink; k++)
		if (cid_of(x->a, &h->link[k], &c) &&
		    !is_gone(&x->plan->gone[doc], h->link[k].value))
			use(x, c.p, c.n);
}

#define LONGEST 998u /* a line of a header (RFC 5322 2.1.1) */

/* The name that stands in text behind cid:, up to what cannot be in one. */
static uint32_t
name_end(const struct text *t, uint32_t at)
{
	uint32_t end = at;

	while (end < t->len && end - at < LONGEST &&
	       (unsigned char)t->p[end] > ' ' &&
	       memchr("\"'()<>", t->p[end], 6) == NULL)
		end++;
	return end;
}

/* A name as it stands in text; not read: references, escapes, and names that
   begin anew inside. */
static void
use_raw(struct pictures *x, const char *p, uint32_t n)
{
	x->all |=
	    n > 0 && (memchr(p, '&', n) != NULL || memchr(p, '\\', n) != NULL ||
			 memmem(p, n, "cid:", 4) != NULL);
	use(x, p, n);
	while (n > 0 && memchr(",;", p[n - 1], 2) != NULL)
		n--;
	use(x, p, n);
}

/* Names in style sheets, style= and background=, wherever they stand.  Plain
   text shows no pictures, though it may have [cid:name] in their place. */
static void
use_text(struct pictures *x, uint32_t doc)
{
	const struct text *t = &x->v->doc[doc].utf8;
	uint32_t at = 0, to;
	const char *colon;

	while (at < t->len &&
	       (colon = memchr(t->p + at, ':', t->len - at)) != NULL) {
		at = (uint32_t)(colon - t->p) + 1;
		if (at < 4 || strncasecmp(t->p + at - 4, "cid", 3) != 0)
			continue;
		to = name_end(t, at);
		if (!is_gone(&x->plan->gone[doc], (struct span){at - 4, to}))
			use_raw(x, t->p + at, to - at);
		at = to;
	}
}

static bool
shows_pictures(const struct doc *d)
{
	return !d->subject && !d->raw && strcmp(d->what, "text/plain") != 0;
}

/* ---- Content-Location ---- */

#define MOST_WORK (64u << 20) /* bytes; beyond, the picture stays */

/* Does text that stays have these bytes? */
static bool
stands(const struct pictures *x, uint32_t doc, const char *p, uint32_t n)
{
	const struct text *t = &x->v->doc[doc].utf8;
	uint32_t at = 0;
	const char *hit;

	while (at < t->len &&
	       (hit = memmem(t->p + at, t->len - at, p, n)) != NULL) {
		at = (uint32_t)(hit - t->p) + n;
		if (!is_gone(&x->plan->gone[doc], (struct span){at - n, at}))
			return true;
	}
	return false;
}

/* Is the part named by its place?  Links may be relative: what stands behind
   the last slash is looked for. */
static bool
used_by_place(struct pictures *x, uint32_t part, uint64_t *work)
{
	const struct part *q = &x->v->tree->part[part];
	const char *p = x->v->tree->source[q->source].p;

	for (uint32_t i = 0; i < q->header.n; i++) {
		const struct field *f = &q->header.field[i];
		struct span s;
		const char *slash;

		if (!message_field_is(p, f, "content-location"))
			continue;
		s = bare_value(p, f);
		slash = memrchr(p + s.from, '/', s.to - s.from);
		if (slash != NULL && slash + 1 < p + s.to)
			s.from = (uint32_t)(slash - p) + 1;
		for (uint32_t k = 0; s.to > s.from && k < x->v->ndoc; k++) {
			if (!shows_pictures(&x->v->doc[k]))
				continue;
			*work += x->v->doc[k].utf8.len;
			if (*work > MOST_WORK ||
			    stands(x, k, p + s.from, s.to - s.from))
				return true;
		}
	}
	return false;
}

/* ---- pictures nobody shows any more ---- */

/* The pictures that links which go have shown: the first one that is called
   so, as an id is unique (RFC 2392).  Attachments are there for themselves. */
static bool
find_going(struct pictures *x)
{
	bool any = x->plan->part.n > 0;

	for (uint32_t q = 0; q < x->v->tree->n; q++)
		names_of_part(&x->names, x->a, x->v, q);
	sort_cids(&x->names);
	for (uint32_t i = 0; i < x->v->ndoc; i++) {
		const struct html *h = x->v->doc[i].html;

		for (uint32_t k = 0;
		     h != NULL && x->plan->gone[i].n > 0 && k < h->nlink; k++) {
			uint32_t first;
			struct cid c;

			if (!cid_of(x->a, &h->link[k], &c) ||
			    !is_gone(&x->plan->gone[i], h->link[k].value) ||
			    (first = first_named(&x->names, &c)) == x->names.n)
				continue;
			first = x->names.v[first].of;
			if (!x->v->tree->part[first].attachment &&
			    is_picture(&x->v->tree->part[first]))
				any = x->goes[first] = true;
		}
	}
	for (uint32_t i = 0; i < x->plan->part.n; i++)
		x->goes[x->plan->part.v[i]] = true;
	return any;
}

/* Those that are named where nothing goes stay. */
static void
keep_used(struct pictures *x)
{
	struct plan_cids *v = &x->names;

	for (uint32_t i = 0; i < x->v->ndoc; i++) {
		use_links(x, i);
		if (shows_pictures(&x->v->doc[i]))
			use_text(x, i);
	}
	for (uint32_t i = 0; i < v->n; i++) {
		if (i > 0 && compare(&v->v[i], &v->v[i - 1]) == 0)
			v->v[i].used = v->v[i - 1].used;
		if (v->v[i].used || x->all)
			x->goes[v->v[i].of] = false;
	}
}

void
plan_pictures(struct plan *plan, struct arena *a, const struct view *v)
{
	struct pictures x = {.plan = plan, .v = v, .a = a};
	struct elems *e = &plan->part;
	uint64_t work = 0;

	x.goes = arena_array(a, v->tree->n, sizeof *x.goes);
	if (!find_going(&x))
		return;
	keep_used(&x);
	e->n = 0;
	for (uint32_t i = 0; i < v->tree->n; i++) {
		if (!x.goes[i] || used_by_place(&x, i, &work))
			continue;
		e->v = arena_more(a, e->v, e->n, &e->size, sizeof *e->v);
		e->v[e->n++] = i;
	}
}

/* ---- a part's own header was hit ---- */

#define FEW 64u /* elements in a link that are looked through */

/* Does the link show nothing but the picture it leads to? */
static bool
shows_only(struct planner *x, const struct cid *link)
{
	const struct html *h = x->view->doc[link->of].html;
	uint32_t me = h->link[link->link].elem, last = me, k = link->link + 1;
	const struct html_elem *e = &h->elem[me];
	struct cid c;

	if (e->tag == HTML_IMG)
		return true;
	if (e->tag != HTML_A || !e->closed || e->shown.to > e->shown.from)
		return false;
	while (last + 1 < h->nelem && last - me < FEW &&
	       span_within(e->whole, h->elem[last + 1].whole)) {
		if (h->elem[++last].tag != HTML_IMG)
			continue;
		while (k < h->nlink && h->link[k].elem < last)
			k++;
		if (k == h->nlink || h->link[k].elem != last ||
		    !cid_of(x->a, &h->link[k], &c) || compare(&c, link) != 0)
			return false;
	}
	return last - me < FEW;
}

/* All cid: links of the message, by what they name. */
static struct plan_cids *
cid_links(struct planner *x)
{
	if (x->links != NULL)
		return x->links;
	x->links = arena_alloc(x->a, sizeof *x->links);
	*x->links = (struct plan_cids){0};
	for (uint32_t i = 0; i < x->view->ndoc; i++) {
		const struct html *h = x->view->doc[i].html;
		struct cid c;

		for (uint32_t k = 0; h != NULL && k < h->nlink; k++) {
			if (!cid_of(x->a, &h->link[k], &c))
				continue;
			c.of = i;
			c.link = k;
			add_cid(x->links, x->a, c);
		}
	}
	sort_cids(x->links);
	return x->links;
}

/* One that shows a part, but for one in a link that went before it. */
static void
cut_link(struct planner *x, const struct cid *c)
{
	const struct html *h = x->view->doc[c->of].html;
	struct elems *e = &x->plan->elem[c->of];
	uint32_t elem = h->link[c->link].elem;

	if (e->n > 0 &&
	    span_within(h->elem[e->v[e->n - 1]].whole, h->elem[elem].whole))
		return;
	if (shows_only(x, c) && plan_may_take(x, c->of, elem))
		plan_add_elem(x, e, elem, LIMIT_CUTS);
}

/* The <img> in HTML that show a part go, and links round nothing else.  What
   shows it and may not go, a background, a link with words, keeps it. */
static void
cut_shown_by(struct planner *x, uint32_t part)
{
	struct plan_cids *links = cid_links(x), names = {0};

	names_of_part(&names, x->a, x->view, part);
	for (uint32_t i = 0; i < names.n; i++)
		for (uint32_t k = first_named(links, &names.v[i]);
		     k < links->n && compare(&links->v[k], &names.v[i]) == 0 &&
		     !links->v[k].used;
		     k++) {
			links->v[k].used = true;
			cut_link(x, &links->v[k]);
		}
}

void
plan_part(struct planner *x, struct hit *h)
{
	const struct part *q = &x->view->tree->part[h->part];
	struct elems *e = &x->plan->part;

	h->asked = true;
	h->unit = UNIT_PART;
	h->refused = !is_picture(q);
	if (q->sealed)
		plan_refuse(x, REFUSAL_SIGNED);
	else if (h->refused)
		plan_refuse(x, REFUSAL_NOTHING);
	if (h->refused)
		return;
	cut_shown_by(x, h->part);
	e->v = arena_more(x->a, e->v, e->n, &e->size, sizeof *e->v);
	e->v[e->n++] = h->part;
}
