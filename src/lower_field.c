#include "lower_private.h"

static struct span
both(struct span a, struct span b)
{
	struct span s = {
	    a.from > b.from ? a.from : b.from, a.to < b.to ? a.to : b.to};

	if (s.to < s.from)
		s.to = s.from;
	return s;
}

/* A B word that loses part of its bytes: its payload anew, from where it
   differs on, since what is before it may be encoded in turn. */
static void
shrink_b_word(struct edits *out, const struct body *from,
    const struct header_text *h, const struct word *w, const struct edits *e)
{
	struct base64 b = {.out = TEXT(from->a), .width = UINT32_MAX};
	uint32_t at = w->content.from, same = 0;
	struct span old = w->payload;

	for (uint32_t i = 0; i < e->n; i++) {
		struct span s = both(e->v[i].span, w->content);

		if (s.to > s.from) {
			base64_put(&b, h->content.p + at, s.from - at);
			at = s.to;
		}
	}
	base64_put(&b, h->content.p + at, w->content.to - at);
	if (b.n > 0)
		base64_quantum(&b);
	while (same < b.out.len && old.from < old.to &&
	       from->p[old.from] == b.out.p[same]) {
		old.from++;
		same++;
	}
	lower_add(out, from->a, old, b.out.p + same, b.out.len - same);
}

static bool
shows(const struct header_text *h, uint32_t from, uint32_t to)
{
	struct span t = map_back(&h->utf8.map, (struct span){from, to});

	return from < to && t.to > t.from;
}

/* Do nothing but shifts of a stateful charset stay of a word?  By RFC 2047 (6.)
   each word begins and ends without. */
static bool
shows_nothing(
    const struct header_text *h, const struct word *w, const struct edits *e)
{
	uint32_t at = w->content.from;

	for (uint32_t i = 0; i < e->n; i++) {
		struct span s = both(e->v[i].span, w->content);

		if (s.to == s.from)
			continue;
		if (shows(h, at, s.from))
			return false;
		at = s.to;
	}
	return !shows(h, at, w->content.to);
}

static bool
is_cut(const struct word *w, const struct edits *e)
{
	bool cut = false;

	for (uint32_t k = 0; k < e->n && !cut; k++) {
		struct span s = both(e->v[k].span, w->content);

		cut = s.to > s.from;
	}
	return cut;
}

static bool
goes(const struct header_text *h, uint32_t i, const struct edits *e)
{
	const struct word *w = &h->word[i];

	return i < h->nword && w->encoding != 0 && is_cut(w, e) &&
	       shows_nothing(h, w, e);
}

/* Words from i on go whole, and the blanks to a neighbour with them; behind
   the last of them. */
static uint32_t
drop_words(struct edits *out, struct arena *a, const struct header_text *h,
    const struct edits *e, uint32_t i)
{
	struct span s = h->word[i].raw;
	uint32_t k = i;

	for (; goes(h, k, e); k++)
		s.to = h->word[k].raw.to;
	if (i > 0 && h->word[i - 1].encoding != 0)
		s.from = h->word[i - 1].raw.to;
	else if (k < h->nword && h->word[k].encoding != 0)
		s.to = h->word[k].raw.from;
	lower_add(out, a, s, NULL, 0);
	return k;
}

static void
shrink(struct edits *out, struct arena *a, const struct header_text *h,
    const struct word *w, const struct edits *e)
{
	for (uint32_t k = 0; k < e->n; k++) {
		struct span s = both(e->v[k].span, w->content);

		if (s.to > s.from)
			lower_add(out, a, map_cover(&h->content.map, s, NULL),
			    NULL, 0);
	}
}

static void
lower_header(struct edits *out, const struct body *b,
    const struct header_text *h, const struct edits *e)
{
	for (uint32_t i = 0, next; i < h->nword; i = next) {
		const struct word *w = &h->word[i];

		next = i + 1;
		if (goes(h, i, e))
			next = drop_words(out, b->a, h, e, i);
		else if (w->encoding == 'B' && is_cut(w, e))
			shrink_b_word(out, b, h, w, e);
		else
			shrink(out, b->a, h, w, e);
	}
}

/* A line of a folded field that loses all it has goes with its line end: an
   empty line would end the header, one of blanks does so for some. */
static void
drop_fold(const char *p, uint32_t end, struct span *s)
{
	uint32_t from = s->from, to = s->to;

	while (from > 0 && is_blank(p[from - 1]))
		from--;
	if (from == 0 || p[from - 1] != '\n')
		return;
	while (to < end && is_blank(p[to]))
		to++;
	if (to < end && p[to] != '\n' && p[to] != '\r') {
		if (from == s->from && !is_blank(p[s->to]))
			s->from++; /* the blank that makes it a fold */
		return;
	}
	s->to = to;
	s->from = from - 1;
	if (s->from > 0 && p[s->from - 1] == '\r')
		s->from--;
}

/* An encoded word stands between blanks (RFC 2047 5): does the deletion take
   all of those that part it from other text? */
static bool
joins_word(const char *p, struct span value, struct span s)
{
	if (s.from <= value.from || s.to >= value.to ||
	    memchr(" \t\r\n", p[s.from - 1], 4) != NULL ||
	    memchr(" \t\r\n", p[s.to], 4) != NULL)
		return false;
	return (s.from - value.from >= 2 &&
		   memcmp(p + s.from - 2, "?=", 2) == 0) ||
	       (value.to - s.to >= 2 && memcmp(p + s.to, "=?", 2) == 0);
}

/* Two deletions with nothing but blanks between them, as one. */
static bool
takes_next(const char *p, struct edit *e, const struct edit *next)
{
	uint32_t at = e->span.to;

	while (at < next->span.from && is_blank(p[at]))
		at++;
	if (e->len > 0 || next->len > 0 || at < next->span.from)
		return false;
	e->span.to = next->span.to;
	return true;
}

void
lower_subject(const struct body *b, const struct header_text *h,
    const struct edits *content)
{
	struct span value = {0};
	struct edits e = {0};

	if (h->nword > 0)
		value = (struct span){
		    h->word[0].raw.from, h->word[h->nword - 1].raw.to};
	lower_header(&e, b, h, content);
	lower_tidy(&e);
	for (uint32_t i = 0; i < e.n; i++) {
		struct edit x = e.v[i];

		while (i + 1 < e.n && takes_next(b->p, &x, &e.v[i + 1]))
			i++;
		if (x.len == 0 && joins_word(b->p, value, x.span))
			x = (struct edit){x.span, " ", 1};
		else if (x.len == 0)
			drop_fold(b->p, value.to, &x.span);
		lower_add(b->out, b->a, x.span, x.p, x.len);
	}
}
