#include <stdlib.h>

#include "plan_private.h"

/*
 * Alternatives say the same in other words: what was cut from one is looked
 * for in the others between the words that stood round it.
 */

#define ANCHOR 32u     /* bytes before and behind a cut that are compared */
#define LEAST 8u       /* of them; fewer only at an end of both texts */
#define SLACK 512u     /* the other may have this much more, such as links */
#define MOST_PLACES 64 /* where the same words stand round it */
#define MOST_CUTS 500u /* of a doc that are looked for */
#define MOST_TEXT (4u << 20)   /* longer texts are not compared */
#define MOST_WORK (256u << 20) /* bytes that are searched, in all */
#define PAIR 1024u             /* two texts that are compared, as bytes */

struct twins {
	struct planner *x;
	uint64_t work;
};

/* false: the search would take too long; then nothing is cut. */
static bool
may_search(struct twins *w, uint64_t bytes)
{
	w->work += bytes;
	if (w->work > MOST_WORK)
		plan_refuse(w->x, REFUSAL_LIMIT);
	return w->work <= MOST_WORK;
}

static bool
is_link(char c)
{
	return c > ' ' && c < 127 && strchr("<>()[]{}\"'`|\\^", c) == NULL;
}

/* Bytes at p[at] that one alternative shows and another does not: a link's
   address, a picture's name in Markdown. */
static uint32_t
unsaid(const struct text *t, uint32_t at)
{
	uint32_t end = at, most = t->len - at < 2048 ? t->len - at : 2048;
	const char *p = t->p + at, *q;

	if (most > 7 &&
	    (memcmp(p, "http://", 7) == 0 || memcmp(p, "https://", 8) == 0)) {
		while (end < at + most && is_link(t->p[end]))
			end++;
		return end - at;
	}
	if (most > 2 && p[0] == '!' && p[1] == '[' &&
	    (q = memchr(p, ']', most)) != NULL)
		return (uint32_t)(q - p);
	return 0;
}

/* Letters and digits only, ASCII ones in lower case: what is left alike when
   one text is marked up and the other is not. */
static void
letters(struct text *out, const struct text *in)
{
	for (uint32_t at = 0, skip; at < in->len; at++) {
		unsigned char c = (unsigned char)in->p[at];
		char low = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);

		if ((c == 'h' || c == '!') && (skip = unsaid(in, at)) > 0)
			at += skip - 1;
		else if (c == 0xc2 && at + 1 < in->len &&
			 (unsigned char)in->p[at + 1] == 0xa0)
			at++; /* a blank that does not break */
		else if (c >= 0x80 || (low >= 'a' && low <= 'z') ||
			 (low >= '0' && low <= '9'))
			text_copy(out, &low, 1, at);
	}
}

struct side {
	uint32_t doc;
	struct text t; /* letters; map -> shown */
};

/* Is the place in shown text cut?  Spans are sorted. */
static bool
is_cut(const struct spans *cut, struct span s)
{
	return span_cover(cut->v, cut->n, sizeof *cut->v, s) < cut->n;
}

/* Where the letters of shown span s are. */
static struct span
in_letters(const struct side *a, struct span s)
{
	return map_back(&a->t.map, s);
}

/* How many letters before and behind c tell its place; false: too few. */
static bool
anchors(const struct text *t, struct span c, uint32_t *before, uint32_t *after)
{
	*before = c.from < ANCHOR ? c.from : ANCHOR;
	*after = t->len - c.to < ANCHOR ? t->len - c.to : ANCHOR;
	return (*before >= LEAST || *after == ANCHOR) &&
	       (*after >= LEAST || *before == ANCHOR);
}

/* The next stretch of b, from *at on, between what stands before and behind c
   in a; false where there is none.  Few letters are the same place only where
   both texts begin or end with them. */
static bool
between(struct twins *w, const struct side *a, struct span c,
    const struct side *b, uint32_t *at, struct span *out)
{
	const struct text *x = &a->t, *y = &b->t;
	uint32_t before, after, most, left;
	const char *hit;

	if (!anchors(x, c, &before, &after) || y->len == 0 ||
	    (before<LEAST && * at> 0) || !may_search(w, y->len - *at))
		return false;
	hit = memmem(y->p + *at, y->len - *at, x->p + c.from - before, before);
	if (hit == NULL || (before < LEAST && hit != y->p))
		return false;
	out->from = out->to = (uint32_t)(hit - y->p) + before;
	*at = out->from + 1 - (before > 0);
	most = c.to - c.from + SLACK + after;
	left = y->len - out->from;
	if (after < LEAST) {
		if (left <= most && left >= after &&
		    memcmp(y->p + y->len - after, x->p + c.to, after) == 0)
			out->to = y->len - after;
		return true;
	}
	if (!may_search(w, most))
		return false;
	hit = memmem(
	    y->p + out->from, left < most ? left : most, x->p + c.to, after);
	if (hit != NULL)
		out->to = (uint32_t)(hit - y->p);
	return true;
}

/* The shown text of letters. */
static struct span
in_shown(const struct side *b, struct span s)
{
	return map_cover(&b->t.map, s, NULL);
}

/* Does a word end, or begin, at this place of letters?  Those of CJK are words
   themselves; others join where they stand together in shown text. */
static bool
word_border(const struct side *b, uint32_t at)
{
	const unsigned char *p = (const unsigned char *)b->t.p;
	uint32_t k = at;

	if (at == 0 || at >= b->t.len)
		return true;
	if ((p[at] & 0xc0) == 0x80)
		return false;
	while (--k > 0 && (p[k] & 0xc0) == 0x80)
		continue;
	if (p[at] >= 0xe0 || p[k] >= 0xe0)
		return true;
	return in_shown(b, (struct span){k, at}).to <
	       in_shown(b, (struct span){at, at + 1}).from;
}

static bool
whole_words(const struct side *b, struct span s)
{
	return word_border(b, s.from) && word_border(b, s.to);
}

/* Does b say there what a says in c, or most of it, word by word? */
static bool
says(const struct side *a, struct span c, const struct side *b, struct span s)
{
	uint32_t n = s.to - s.from, from = c.from;
	const char *hit;

	if (n * 2 < c.to - c.from || !whole_words(b, s))
		return false;
	for (int i = 0; i < MOST_PLACES && c.to - from >= n; i++) {
		hit = memmem(a->t.p + from, c.to - from, b->t.p + s.from, n);
		if (hit == NULL)
			return false;
		from = (uint32_t)(hit - a->t.p);
		if (whole_words(a, (struct span){from, from + n}))
			return true;
		from++;
	}
	return false;
}

/* What b still shows of stretch s, which may be cut in part: is it, or all of
   the stretch, words of c in a and nothing else? */
static bool
same_words(const struct planner *x, const struct side *a, struct span c,
    const struct side *b, struct span s, struct span *left)
{
	const struct spans *cut = &x->plan->cut[b->doc];
	bool any = false;

	for (uint32_t at = s.from; at < s.to; at++) {
		if (is_cut(cut, in_shown(b, (struct span){at, at + 1})))
			continue;
		if (!any)
			left->from = at;
		left->to = at + 1;
		any = true;
	}
	return any && (says(a, c, b, s) || says(a, c, b, *left));
}

static void
cut_too(struct planner *x, const struct side *b, struct span s)
{
	const struct text *t = view_shown(&x->view->doc[b->doc]);
	struct spans *cut = &x->plan->cut[b->doc];
	struct span shown = grow_tidy(t->p, t->len, in_shown(b, s));

	if (!plan_may_cut(x, b->doc, shown)) {
		plan_refuse(x, REFUSAL_TWIN);
		return;
	}
	grow_add(cut, x->a, shown);
	cut->n = grow_merge(t->p, cut->v, cut->n);
}

static bool
is_word(char c)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* A name or address of the cut text, which no other text should show: what
   stands behind an @, or behind the :// of a link. */
static bool
next_token(const struct text *t, struct span *at)
{
	while (at->from < at->to) {
		uint32_t end = ++at->from;
		bool link = end > 2 && memcmp(t->p + end - 3, "://", 3) == 0;

		if (t->p[end - 1] != '@' && !link)
			continue;
		while (end < at->to &&
		       (link ? is_link(t->p[end]) : is_word(t->p[end])))
			end++;
		if (end - at->from >= 5) {
			at->to = end;
			return true;
		}
	}
	return false;
}

/* Does the doc show these bytes where nothing of them is cut? */
static bool
shows(struct twins *w, uint32_t doc, const char *p, uint32_t n)
{
	const struct text *t = view_shown(&w->x->view->doc[doc]);
	uint32_t from = 0;
	const char *hit;

	if (!may_search(w, t->len))
		return false;
	while (from < t->len &&
	       (hit = memmem(t->p + from, t->len - from, p, n)) != NULL) {
		from = (uint32_t)(hit - t->p) + n;
		if (!is_cut(
			&w->x->plan->cut[doc], (struct span){from - n, from}))
			return true;
	}
	return false;
}

/* Does a link of the doc that stays lead there? */
static bool
links_to(struct twins *w, uint32_t doc, const char *p, uint32_t n)
{
	const struct html *h = w->x->view->doc[doc].html;

	for (uint32_t i = 0; h != NULL && i < h->nlink; i++) {
		const struct html_link *l = &h->link[i];
		struct span s = h->elem[l->elem].shown;

		if (!may_search(w, l->url_len))
			return false;
		if (l->url_len >= n && memmem(l->url, l->url_len, p, n) &&
		    (s.to == s.from || !is_cut(&w->x->plan->cut[doc], s)))
			return true;
	}
	return false;
}

/* Is anything by which the cut text is known, and which a itself shows nowhere
   else, still there in b? */
static bool
still_there(struct twins *w, const struct side *a, struct span shown,
    const struct side *b)
{
	const struct text *t = view_shown(&w->x->view->doc[a->doc]);
	struct span at = shown;

	for (; next_token(t, &at); at = (struct span){at.to, shown.to}) {
		uint32_t n = at.to - at.from;

		if (shows(w, b->doc, t->p + at.from, n) &&
		    !shows(w, a->doc, t->p + at.from, n) &&
		    !links_to(w, a->doc, t->p + at.from, n))
			return true;
		if (w->work > MOST_WORK)
			break;
	}
	return false;
}

/* One cut of a: it goes wherever b has it between the same words. */
static void
spread_one(struct twins *w, const struct side *a, struct span shown,
    const struct side *b)
{
	struct span c = in_letters(a, shown), s, left;
	uint32_t at = 0;

	for (int i = 0; i < MOST_PLACES && between(w, a, c, b, &at, &s); i++)
		if (same_words(w->x, a, c, b, s, &left))
			cut_too(w->x, b, left);
	if (still_there(w, a, shown, b))
		plan_refuse(w->x, REFUSAL_TWIN);
}

/* What goes from a goes from b. */
static void
spread(struct twins *w, const struct side *a, const struct side *b)
{
	const struct spans *cut = &w->x->plan->cut[a->doc];
	const struct text *t = view_shown(&w->x->view->doc[a->doc]);

	if (cut->n > MOST_CUTS)
		plan_refuse(w->x, REFUSAL_LIMIT);
	for (uint32_t i = 0; i < cut->n && i < MOST_CUTS; i++)
		if (may_search(w, PAIR + cut->v[i].to - cut->v[i].from) &&
		    grow_chars(t->p, cut->v[i]) > 0)
			spread_one(w, a, cut->v[i], b);
}

static bool
comparable(const struct planner *x, uint32_t doc)
{
	const struct doc *d = &x->view->doc[doc];

	return !d->subject && !d->raw && view_shown(d)->len <= MOST_TEXT;
}

/* Letters are made once for each doc that needs them. */
static const struct side *
side_of(struct planner *x, struct side *all, uint32_t doc)
{
	struct side *s = &all[doc];

	if (s->t.a == NULL) {
		*s = (struct side){doc, TEXT(x->a)};
		letters(&s->t, view_shown(&x->view->doc[doc]));
	}
	return s;
}

/* A doc of a multipart/alternative, by its multipart, and which child of it. */
struct member {
	uint32_t multipart, child, doc;
};

static int
by_multipart(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->multipart != y->multipart)
		return x->multipart < y->multipart ? -1 : 1;
	return (x->doc > y->doc) - (x->doc < y->doc);
}

static uint32_t
members(struct planner *x, struct member *v)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < x->view->ndoc; i++) {
		v[n].doc = i;
		v[n].child = mime_alternative(
		    x->view->tree, x->view->doc[i].part, &v[n].multipart);
		n += v[n].child != NO_PART && comparable(x, i);
	}
	if (n > 0)
		qsort(v, n, sizeof *v, by_multipart);
	return n;
}

/* The docs of one multipart, each that loses something with each other one. */
static void
spread_all(
    struct twins *w, struct side *all, const struct member *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < n; k++) {
			if (w->x->plan->cut[v[i].doc].n == 0)
				break;
			if (v[k].child == v[i].child)
				continue;
			if (!may_search(w, PAIR))
				return;
			spread(w, side_of(w->x, all, v[i].doc),
			    side_of(w->x, all, v[k].doc));
		}
}

void
plan_twins(struct planner *x)
{
	uint32_t ndoc = x->view->ndoc, n, end;
	struct member *v = arena_array(x->a, ndoc + 1, sizeof *v);
	struct side *all = arena_array(x->a, ndoc, sizeof *all);
	struct twins w = {.x = x};

	n = members(x, v);
	for (uint32_t i = 0; i < n; i = end) {
		for (end = i + 1;
		     end < n && v[end].multipart == v[i].multipart;)
			end++;
		spread_all(&w, all, &v[i], end - i);
	}
}
