#include "lower.h"

#include <stdlib.h>
#include <string.h>

#define QP_LINE 76 /* RFC 2045 6.7 (5) */

static void
add_edit(struct edits *e, struct arena *a, struct span s, const char *p,
    uint32_t len)
{
	e->v = arena_more(a, e->v, e->n, &e->size, sizeof *e->v);
	e->v[e->n++] = (struct edit){s, p, len};
}

static int
by_start(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	if (x->span.from != y->span.from)
		return x->span.from < y->span.from ? -1 : 1;
	return (x->span.to > y->span.to) - (x->span.to < y->span.to);
}

/* Sorted; pure deletions that touch or overlap become one. */
static void
tidy(struct edits *e)
{
	uint32_t kept = 0;

	if (e->n == 0)
		return;
	qsort(e->v, e->n, sizeof *e->v, by_start);
	for (uint32_t i = 1; i < e->n; i++) {
		struct edit *last = &e->v[kept], *next = &e->v[i];

		if (next->span.from <= last->span.to && next->len == 0 &&
		    last->len == 0) {
			if (next->span.to > last->span.to)
				last->span.to = next->span.to;
		} else {
			e->v[++kept] = *next;
		}
	}
	e->n = kept + 1;
}

const char *
lower_refuse(const struct view *v, const struct doc *d)
{
	const struct part *q = &v->tree->part[d->part];
	const char *name = NULL;

	if (d->raw)
		return "the bytes belong to no part";
	if (d->odd & DECODE_SLOPPY && !d->subject && q->cte == CTE_BASE64)
		return "its base64 is not canonical";
	if (q->charset != NULL)
		name = decode_charset_name(
		    q->charset, (uint32_t)strlen(q->charset));
	if (d->odd & DECODE_STATEFUL && name != NULL &&
	    strcmp(name, "UTF-7") == 0)
		return "characters of UTF-7 share bytes";
	return NULL;
}

/* ---- shown text to UTF-8 ---- */

/* Elements that may go when all they show goes.  Not cells: a row would lose
   its shape; not lists, tables and the body: they hold others. */
static bool
may_go(enum html_tag tag)
{
	static const bool stays[HTML_HR + 1] = {[HTML_TD] = true,
	    [HTML_TH] = true,
	    [HTML_LIST] = true,
	    [HTML_TABLE] = true,
	    [HTML_BODY] = true,
	    [HTML_QUOTE] = true};

	return !stays[tag];
}

/* The cut that covers the span, or NULL: binary search. */
static const struct span *
cut_over(const struct span *cut, uint32_t n, struct span s)
{
	uint32_t lo = 0, hi = n;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (cut[mid].from <= s.from)
			lo = mid;
		else
			hi = mid;
	}
	return n > 0 && cut[lo].from <= s.from && s.to <= cut[lo].to ? &cut[lo]
								     : NULL;
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

static bool
within(struct span outer, struct span s)
{
	return outer.from <= s.from && s.to <= outer.to;
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
	    within(map_cover(&h->text.map, *c, NULL), e->whole);
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

static bool
in_named(const struct html *h, const struct cut *c, struct span s)
{
	for (uint32_t i = 0; i < c->nelem; i++)
		if (within(h->elem[c->elem[i]].whole, s))
			return true;
	return false;
}

/* Pictures that a cut covers go; so do those of a link whose words go. */
static bool
this_picture_goes(
    const struct html *h, const struct html_elem *e, const struct cut *c)
{
	const struct html_elem *up =
	    e->parent < h->nelem ? &h->elem[e->parent] : NULL;
	struct span s;

	if (picture_goes(h, e, c->span, c->n) || in_named(h, c, e->whole))
		return true;
	if (up == NULL || up->tag != HTML_A || !up->closed)
		return false;
	s = trim(h->text.p, up->shown);
	return s.to > s.from ? cut_over(c->span, c->n, s) != NULL
			     : picture_goes(h, up, c->span, c->n);
}

static void
html_pictures(struct edits *out, struct arena *a, const struct html *h,
    const struct cut *c, struct places *kept, struct places *gone)
{
	for (uint32_t i = 0; i < h->nelem; i++) {
		const struct html_elem *e = &h->elem[i];

		if (e->tag != HTML_IMG)
			continue;
		if (this_picture_goes(h, e, c)) {
			add_edit(out, a, e->whole, NULL, 0);
			gone->v[gone->n++] = e->whole.from;
		} else {
			kept->v[kept->n++] = e->whole.from;
		}
	}
}

static void
html_elements(struct edits *out, struct arena *a, const struct html *h,
    const struct cut *c)
{
	struct places kept = {arena_array(a, h->nelem + 1, 4), 0};
	struct places gone = {arena_array(a, h->nelem + 1, 4), 0};

	html_pictures(out, a, h, c, &kept, &gone);
	for (uint32_t i = 0; i < h->nelem; i++) {
		const struct html_elem *e = &h->elem[i];
		struct span s = trim(h->text.p, e->shown);

		if (e->tag == HTML_IMG || !e->closed || e->hidden ||
		    !may_go(e->tag) || any_within(&kept, e->whole))
			continue;
		/* It showed words, and they go; or it showed a picture that
		   goes; or it showed nothing, in the middle of a cut. */
		if (s.to > s.from ? cut_over(c->span, c->n, s) != NULL
				  : any_within(&gone, e->whole) ||
					picture_goes(h, e, c->span, c->n) ||
					in_named(h, c, e->whole))
			add_edit(out, a, e->whole, NULL, 0);
	}
}

/* Spans of UTF-8 that go. */
static void
to_utf8(struct edits *out, struct arena *a, const struct doc *d,
    const struct cut *c)
{
	const struct span *cut = c->span;

	for (uint32_t i = 0; i < c->n; i++) {
		uint32_t at = cut[i].from;
		struct span s;

		if (d->html == NULL) {
			add_edit(out, a, cut[i], NULL, 0);
			continue;
		}
		while (map_piece(&d->html->text.map, cut[i], &at, &s))
			add_edit(out, a, s, NULL, 0);
	}
	if (d->html != NULL)
		html_elements(out, a, d->html, c);
	tidy(out);
}

/* Spans of content that go.  Shift sequences between the characters stay, so
   that the state behind the cut is what it was. */
static void
to_content(struct edits *out, struct arena *a, const struct doc *d,
    const struct edits *utf8)
{
	for (uint32_t i = 0; i < utf8->n; i++) {
		struct span t = utf8->v[i].span, s;
		uint32_t at = t.from;

		if (!(d->odd & DECODE_STATEFUL)) {
			s = map_cover(&d->utf8.map, t, NULL);
			if (s.to > s.from)
				add_edit(out, a, s, NULL, 0);
			continue;
		}
		while (map_piece(&d->utf8.map, t, &at, &s))
			add_edit(out, a, s, NULL, 0);
	}
	tidy(out);
}

/* ---- content to source, by transfer encoding ---- */

struct body {            /* where the content came from */
	const char *p;   /* source bytes */
	struct span raw; /* the encoded body in it */
	const struct text *content;
	struct edits *out;
	struct arena *a;
};

static void
lower_identity(const struct body *b, const struct edits *e)
{
	for (uint32_t i = 0; i < e->n; i++)
		add_edit(b->out, b->a,
		    map_cover(&b->content->map, e->v[i].span, NULL), e->v[i].p,
		    e->v[i].len);
}

static uint32_t
line_start(const struct body *b, uint32_t at)
{
	while (at > b->raw.from && b->p[at - 1] != '\n')
		at--;
	return at;
}

static uint32_t
line_stop(const struct body *b, uint32_t at)
{
	while (at < b->raw.to && b->p[at] != '\n')
		at++;
	return at > b->raw.from && b->p[at - 1] == '\r' ? at - 1 : at;
}

static void
put_qp(struct text *out, const char *p, uint32_t n)
{
	static const char hex[] = "0123456789ABCDEF";

	for (uint32_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		char token[3] = {'=', hex[c >> 4], hex[c & 15]};
		bool plain =
		    (c > ' ' && c < 127 && c != '=') || c == '\n' || c == '\r';

		text_copy(out, plain ? &p[i] : token, plain ? 1 : 3, 0);
	}
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
put_soft_break(const struct body *b, struct text *out)
{
	const char *eol =
	    message_eol(b->p + b->raw.from, b->raw.to - b->raw.from);

	text_copy(out, "=", 1, 0);
	text_copy(out, eol, (uint32_t)strlen(eol), 0);
}

/* One deletion of quoted-printable tokens.  Where what is left of two lines
   would be too long for one a soft break comes between; a blank that would
   end a line, and so be lost, is encoded, or followed by a soft break. */
static void
lower_qp_one(const struct body *b, const struct edit *e)
{
	struct span s = map_cover(&b->content->map, e->span, NULL);
	uint32_t before = s.from - line_start(b, s.from);
	uint32_t after = line_stop(b, s.to) - s.to;
	struct text put = TEXT(b->a);
	bool lost = after == 0 && e->len == 0 && before > 0 &&
		    is_blank(b->p[s.from - 1]);

	if (lost && before + 2 <= QP_LINE) {
		s.from--;
		text_copy(&put, b->p[s.from] == ' ' ? "=20" : "=09", 3, 0);
	} else if (lost) {
		put_soft_break(b, &put);
	}
	put_qp(&put, e->p, e->len);
	if (before > 0 && after > 0 && before + put.len + after > QP_LINE &&
	    before + put.len < QP_LINE)
		put_soft_break(b, &put);
	add_edit(b->out, b->a, s, put.p, put.len);
}

static void
lower_qp(const struct body *b, const struct edits *e)
{
	for (uint32_t i = 0; i < e->n; i++)
		lower_qp_one(b, &e->v[i]);
}

/* Writes base64 with line ends as the body has them. */
struct base64 {
	struct text out;
	uint32_t col, width;
	const char *eol;
	unsigned char held[3];
	unsigned n;
};

static void
put_quantum(struct base64 *w)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t v =
	    (uint32_t)w->held[0] << 16 | (uint32_t)w->held[1] << 8 | w->held[2];

	for (unsigned i = 0; i < 4; i++) {
		char c = i <= w->n ? digit[v >> (18 - 6 * i) & 63] : '=';

		if (w->col >= w->width) {
			text_copy(&w->out, w->eol, (uint32_t)strlen(w->eol), 0);
			w->col = 0;
		}
		text_copy(&w->out, &c, 1, 0);
		w->col++;
	}
	memset(w->held, 0, sizeof w->held);
	w->n = 0;
}

static void
put_base64(struct base64 *w, const char *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		w->held[w->n++] = (unsigned char)p[i];
		if (w->n == 3)
			put_quantum(w);
	}
}

/* Of the encoded body up to `end`: what new lines keep to.  A body of one line
   stays one. */
static uint32_t
longest_line(const struct body *b, uint32_t end)
{
	uint32_t at = b->raw.from, most = 0, lines = 0;

	while (at < end) {
		uint32_t stop = line_stop(b, at);

		most = stop - at > most ? stop - at : most;
		lines++;
		at = stop;
		while (at < end && (b->p[at] == '\r' || b->p[at] == '\n'))
			at++;
	}
	return lines > 1 ? most : UINT32_MAX;
}

/* From the quantum of the first cut on all is encoded anew; what stands
   before it, and behind the last quantum, keeps its bytes. */
static void
lower_base64(const struct body *b, const struct edits *e)
{
	const struct map *map = &b->content->map;
	uint32_t first = e->v[0].span.from, at, n = b->content->len;
	struct base64 w = {.out = TEXT(b->a)};
	struct span raw, end;

	raw = map_cover(map, (struct span){first, first + 1}, NULL);
	end = map_cover(map, (struct span){n - 1, n}, NULL);
	at = map_back(map, raw).from;
	w.col = raw.from - line_start(b, raw.from);
	w.width = longest_line(b, end.to);
	w.eol = message_eol(b->p + b->raw.from, b->raw.to - b->raw.from);
	for (uint32_t i = 0; i < e->n; i++) {
		put_base64(&w, b->content->p + at, e->v[i].span.from - at);
		put_base64(&w, e->v[i].p, e->v[i].len);
		at = e->v[i].span.to;
	}
	put_base64(&w, b->content->p + at, n - at);
	if (w.n > 0)
		put_quantum(&w);
	add_edit(
	    b->out, b->a, (struct span){raw.from, end.to}, w.out.p, w.out.len);
}

static void
lower_body(const struct body *b, enum cte cte, const struct edits *e)
{
	static void (*const by_cte[])(const struct body *,
	    const struct edits *) = {[CTE_IDENTITY] = lower_identity,
	    [CTE_QP] = lower_qp,
	    [CTE_BASE64] = lower_base64};

	if (e->n > 0)
		by_cte[cte](b, e);
}

/* ---- header fields ---- */

static struct span
both(struct span a, struct span b)
{
	struct span s = {
	    a.from > b.from ? a.from : b.from, a.to < b.to ? a.to : b.to};

	if (s.to < s.from)
		s.to = s.from;
	return s;
}

/* A B word that loses part of its bytes: its payload anew. */
static void
shrink_b_word(struct edits *out, struct arena *a, const struct header_text *h,
    const struct word *w, const struct edits *e)
{
	struct base64 b = {.out = TEXT(a), .width = UINT32_MAX};
	uint32_t at = w->content.from;

	for (uint32_t i = 0; i < e->n; i++) {
		struct span s = both(e->v[i].span, w->content);

		if (s.to > s.from) {
			put_base64(&b, h->content.p + at, s.from - at);
			at = s.to;
		}
	}
	put_base64(&b, h->content.p + at, w->content.to - at);
	if (b.n > 0)
		put_quantum(&b);
	add_edit(out, a, w->payload, b.out.p, b.out.len);
}

/* Word i goes whole, and the blanks to its neighbour with it. */
static void
drop_word(
    struct edits *out, struct arena *a, const struct header_text *h, uint32_t i)
{
	struct span s = h->word[i].raw;

	if (i > 0 && h->word[i - 1].encoding != 0)
		s.from = h->word[i - 1].raw.to;
	else if (i + 1 < h->nword && h->word[i + 1].encoding != 0)
		s.to = h->word[i + 1].raw.from;
	add_edit(out, a, s, NULL, 0);
}

static void
lower_header(struct edits *out, struct arena *a, const struct header_text *h,
    const struct edits *e)
{
	for (uint32_t i = 0; i < h->nword; i++) {
		const struct word *w = &h->word[i];
		uint32_t gone = 0;

		for (uint32_t k = 0; k < e->n; k++) {
			struct span s = both(e->v[k].span, w->content);

			gone += s.to - s.from;
		}
		if (gone == 0)
			continue;
		if (w->encoding != 0 && gone == w->content.to - w->content.from)
			drop_word(out, a, h, i);
		else if (w->encoding == 'B')
			shrink_b_word(out, a, h, w, e);
		else
			for (uint32_t k = 0; k < e->n; k++) {
				struct span s = both(e->v[k].span, w->content);

				if (s.to > s.from)
					add_edit(out, a,
					    map_cover(&h->content.map, s, NULL),
					    NULL, 0);
			}
	}
}

/* A line of a folded field that loses all it has goes with its line end: an
   empty line would end the header. */
static void
drop_fold(const char *p, uint32_t end, struct span *s)
{
	uint32_t to = s->to;

	if (s->from == 0 || p[s->from - 1] != '\n')
		return;
	while (to < end && is_blank(p[to]))
		to++;
	if (to < end && p[to] != '\n' && p[to] != '\r') {
		if (!is_blank(p[s->to]))
			s->from++; /* the blank that makes it a fold */
		return;
	}
	s->to = to;
	s->from--;
	if (s->from > 0 && p[s->from - 1] == '\r')
		s->from--;
}

static void
lower_subject(const struct body *b, const struct header_text *h,
    const struct edits *content)
{
	uint32_t end = h->nword > 0 ? h->word[h->nword - 1].raw.to : 0;
	struct edits e = {0};

	lower_header(&e, b->a, h, content);
	tidy(&e);
	for (uint32_t i = 0; i < e.n; i++) {
		if (e.v[i].len == 0)
			drop_fold(b->p, end, &e.v[i].span);
		add_edit(b->out, b->a, e.v[i].span, e.v[i].p, e.v[i].len);
	}
}

/* ---- the whole ---- */

void
lower_doc(struct edits *bysource, const struct view *v, const struct doc *d,
    const struct cut *c)
{
	const struct part *q = &v->tree->part[d->part];
	const struct body b = {v->tree->source[q->source].p, q->body,
	    &d->content, &bysource[q->source], v->a};
	struct edits utf8 = {0}, content = {0};

	to_utf8(&utf8, v->a, d, c);
	to_content(&content, v->a, d, &utf8);
	if (d->subject)
		lower_subject(&b, d->field, &content);
	else
		lower_body(&b, q->cte, &content);
}

void
lower_sources(struct edits *bysource, const struct view *v)
{
	const struct tree *t = v->tree;

	for (uint32_t i = t->nsource; i-- > 0;) {
		tidy(&bysource[i]);
		if (i > 0) {
			const struct part *q = &t->part[t->source[i].part];
			const struct body b = {t->source[q->source].p, q->body,
			    t->source[i].content, &bysource[q->source], v->a};

			lower_body(&b, q->cte, &bysource[i]);
		}
	}
}
