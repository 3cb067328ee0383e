#include "plan_private.h"

/*
 * Alternatives say the same in other words: what was cut from one is looked
 * for in the others between the words that stood round it.
 */

#define ANCHOR 32u     /* bytes before and behind a cut that are compared */
#define SLACK 512u     /* the other may have this much more, such as links */
#define MOST_PLACES 64 /* where the same words stand round it */
#define MOST_CUTS 500u /* of a doc that are looked for */
#define MOST_TEXT (4u << 20) /* longer texts are not compared */

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
	uint32_t lo = 0, hi = cut->n;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (cut->v[mid].from <= s.from)
			lo = mid;
		else
			hi = mid;
	}
	return cut->n > 0 && cut->v[lo].from <= s.from && s.to <= cut->v[lo].to;
}

/* Where the letters of shown span s are. */
static struct span
in_letters(const struct side *a, struct span s)
{
	return map_back(&a->t.map, s);
}

/* The next stretch of b, from *at on, between what stands before and behind c
   in a; false where there is none. */
static bool
between(const struct side *a, struct span c, const struct side *b, uint32_t *at,
    struct span *out)
{
	const struct text *x = &a->t, *y = &b->t;
	uint32_t before = c.from < ANCHOR ? c.from : ANCHOR;
	uint32_t after = x->len - c.to < ANCHOR ? x->len - c.to : ANCHOR;
	uint32_t most = c.to - c.from + SLACK + after, left;
	const char *hit;

	if (before == 0 && *at > 0)
		return false;
	hit = memmem(y->p + *at, y->len - *at, x->p + c.from - before, before);
	if (y->len == 0 || hit == NULL)
		return false;
	out->from = out->to = (uint32_t)(hit - y->p) + before;
	*at = out->from + 1 - (before > 0);
	left = y->len - out->from;
	if (after == 0) {
		out->to = left <= most ? y->len : out->from;
		return true;
	}
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

/* What b still shows of stretch s: is it some of the words of c in a, and
   nothing else? */
static bool
same_words(const struct planner *x, const struct side *a, struct span c,
    const struct side *b, struct span s, struct span *left)
{
	const struct spans *cut = &x->plan->cut[b->doc];
	uint32_t i = c.from;
	bool any = false;

	for (uint32_t at = s.from; at < s.to; at++) {
		if (is_cut(cut, in_shown(b, (struct span){at, at + 1})))
			continue;
		while (i < c.to && a->t.p[i] != b->t.p[at])
			i++;
		if (i++ >= c.to)
			return false;
		if (!any)
			left->from = at;
		left->to = at + 1;
		any = true;
	}
	return any;
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
shows(const struct planner *x, uint32_t doc, const char *p, uint32_t n)
{
	const struct text *t = view_shown(&x->view->doc[doc]);
	uint32_t from = 0;
	const char *hit;

	while (from < t->len &&
	       (hit = memmem(t->p + from, t->len - from, p, n)) != NULL) {
		from = (uint32_t)(hit - t->p) + n;
		if (!is_cut(&x->plan->cut[doc], (struct span){from - n, from}))
			return true;
	}
	return false;
}

/* Does a link of the doc that stays lead there? */
static bool
links_to(const struct planner *x, uint32_t doc, const char *p, uint32_t n)
{
	const struct html *h = x->view->doc[doc].html;

	for (uint32_t i = 0; h != NULL && i < h->nlink; i++) {
		const struct html_link *l = &h->link[i];
		struct span s = h->elem[l->elem].shown;

		if (l->url_len >= n && memmem(l->url, l->url_len, p, n) &&
		    (s.to == s.from || !is_cut(&x->plan->cut[doc], s)))
			return true;
	}
	return false;
}

/* Is anything by which the cut text is known, and which a itself shows nowhere
   else, still there in b? */
static bool
still_there(const struct planner *x, const struct side *a, struct span shown,
    const struct side *b)
{
	const struct text *t = view_shown(&x->view->doc[a->doc]);
	struct span at = shown;

	for (; next_token(t, &at); at = (struct span){at.to, shown.to}) {
		uint32_t n = at.to - at.from;

		if (shows(x, b->doc, t->p + at.from, n) &&
		    !shows(x, a->doc, t->p + at.from, n) &&
		    !links_to(x, a->doc, t->p + at.from, n))
			return true;
	}
	return false;
}

/* One cut of a: it goes wherever b has it between the same words. */
static void
spread_one(struct planner *x, const struct side *a, struct span shown,
    const struct side *b)
{
	struct span c = in_letters(a, shown), s, left;
	uint32_t at = 0;

	for (int i = 0; i < MOST_PLACES && between(a, c, b, &at, &s); i++)
		if (same_words(x, a, c, b, s, &left))
			cut_too(x, b, left);
	if (still_there(x, a, shown, b))
		plan_refuse(x, REFUSAL_TWIN);
}

/* What goes from a goes from b. */
static void
spread(struct planner *x, const struct side *a, const struct side *b)
{
	const struct spans *cut = &x->plan->cut[a->doc];

	if (cut->n > MOST_CUTS)
		plan_refuse(x, REFUSAL_LIMIT);
	for (uint32_t i = 0; i < cut->n && i < MOST_CUTS; i++)
		if (grow_chars(
			view_shown(&x->view->doc[a->doc])->p, cut->v[i]) > 0)
			spread_one(x, a, cut->v[i], b);
}

/* The child of a multipart/alternative a doc lies in; NO_PART: none. */
static uint32_t
alternative_of(const struct tree *t, uint32_t part, uint32_t *multipart)
{
	while (part != NO_PART) {
		uint32_t up = t->part[part].parent;

		if (up != NO_PART &&
		    strcmp(t->part[up].type, "multipart/alternative") == 0) {
			*multipart = up;
			return part;
		}
		if (t->part[part].kind == PART_MESSAGE)
			break;
		part = up;
	}
	return NO_PART;
}

static bool
loses(const struct planner *x, uint32_t doc)
{
	return x->plan->cut[doc].n > 0;
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

void
plan_twins(struct planner *x)
{
	const struct tree *t = x->view->tree;
	struct side *all = NULL;

	for (uint32_t i = 0; i < x->view->ndoc; i++) {
		uint32_t up = 0, other = 0, mine;

		if (!loses(x, i) || !comparable(x, i))
			continue;
		mine = alternative_of(t, x->view->doc[i].part, &up);
		for (uint32_t k = 0; mine != NO_PART && k < x->view->ndoc;
		     k++) {
			uint32_t his;

			if (k == i || !comparable(x, k))
				continue;
			his = alternative_of(t, x->view->doc[k].part, &other);
			if (his == NO_PART || his == mine || other != up)
				continue;
			if (all == NULL)
				all = arena_array(
				    x->a, x->view->ndoc, sizeof *all);
			spread(x, side_of(x, all, i), side_of(x, all, k));
		}
	}
}
