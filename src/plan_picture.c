#include "plan_private.h"

/* ---- which part a cid: link means ---- */

/* Does the part's Content-ID say so?  It stands in < > (RFC 2045 7); %XX in a
   link (RFC 2392) is not read: who writes pictures writes plain ids. */
static bool
has_id(const struct view *v, uint32_t part, const char *id, uint32_t n)
{
	const struct part *q = &v->tree->part[part];
	const char *p = v->tree->source[q->source].p;

	for (uint32_t i = 0; i < q->header.n; i++) {
		const struct field *f = &q->header.field[i];
		uint32_t from = f->value.from, to = f->value.to;

		if (!message_field_is(p, f, "content-id"))
			continue;
		while (from < to && (p[from] <= ' ' || p[from] == '<'))
			from++;
		while (to > from && (p[to - 1] <= ' ' || p[to - 1] == '>'))
			to--;
		if (to - from == n && memcmp(p + from, id, n) == 0)
			return true;
	}
	return false;
}

static bool
is_picture(const struct part *q)
{
	return q->kind == PART_LEAF && !q->sealed && !q->lost &&
	       strncmp(q->type, "image/", 6) == 0;
}

/* The first one that is called so: an id is unique (RFC 2392). */
static uint32_t
picture_named(const struct view *v, const char *id, uint32_t n)
{
	for (uint32_t q = 0; q < v->tree->n; q++)
		if (is_picture(&v->tree->part[q]) && has_id(v, q, id, n))
			return q;
	return NO_PART;
}

/* The id a link names, or NULL. */
static const char *
cid_of(const struct html_link *l, uint32_t *n)
{
	if (l->url_len < 5 || strncasecmp(l->url, "cid:", 4) != 0)
		return NULL;
	*n = l->url_len - 4;
	return l->url + 4;
}

/* ---- pictures nobody shows any more ---- */

/* Is the stretch inside an edit that takes it?  Edits are sorted. */
static bool
is_gone(const struct edits *gone, struct span s)
{
	uint32_t lo = 0, hi = gone->n;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (gone->v[mid].span.from <= s.from)
			lo = mid;
		else
			hi = mid;
	}
	return gone->n > 0 && gone->v[lo].span.from <= s.from &&
	       s.to <= gone->v[lo].span.to;
}

/* Does a link that stays show the part? */
static bool
still_shown(const struct view *v, const struct edits *gone, uint32_t part)
{
	for (uint32_t i = 0; i < v->ndoc; i++) {
		const struct html *h = v->doc[i].html;

		for (uint32_t k = 0; h != NULL && k < h->nlink; k++) {
			uint32_t n;
			const char *id = cid_of(&h->link[k], &n);

			if (id != NULL && has_id(v, part, id, n) &&
			    !is_gone(&gone[i], h->link[k].value))
				return true;
		}
	}
	return false;
}

static void
add_part(struct plan *plan, struct arena *a, uint32_t part)
{
	struct elems *e = &plan->part;

	for (uint32_t i = 0; i < e->n; i++)
		if (e->v[i] == part)
			return;
	e->v = arena_more(a, e->v, e->n, &e->size, sizeof *e->v);
	e->v[e->n++] = part;
}

/* Looked at: the links that go times the pictures; both are few, or capped. */
#define MOST_PICTURES 200u

void
plan_pictures(struct plan *plan, struct arena *a, const struct view *v)
{
	uint32_t looked = 0;

	for (uint32_t i = 0; i < v->ndoc; i++) {
		const struct html *h = v->doc[i].html;

		for (uint32_t k = 0; h != NULL && k < h->nlink; k++) {
			uint32_t n, q;
			const char *id = cid_of(&h->link[k], &n);

			if (id == NULL ||
			    !is_gone(&plan->gone[i], h->link[k].value) ||
			    looked++ >= MOST_PICTURES)
				continue;
			q = picture_named(v, id, n);
			if (q != NO_PART && !still_shown(v, plan->gone, q))
				add_part(plan, a, q);
		}
	}
}

/* ---- a part's own header was hit ---- */

/* The pictures in HTML that show a part go. */
static void
cut_shown_by(struct planner *x, uint32_t part)
{
	for (uint32_t i = 0; i < x->view->ndoc; i++) {
		const struct html *h = x->view->doc[i].html;

		for (uint32_t k = 0; h != NULL && k < h->nlink; k++) {
			uint32_t n;
			const char *id = cid_of(&h->link[k], &n);

			if (id != NULL && has_id(x->view, part, id, n))
				plan_add_elem(x, &x->plan->elem[i],
				    h->link[k].elem, LIMIT_CUTS);
		}
	}
}

void
plan_part(struct planner *x, struct hit *h)
{
	const struct part *q = &x->view->tree->part[h->part];

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
	add_part(x->plan, x->a, h->part);
}
