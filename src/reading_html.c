/*
 * Rendered HTML as lines: what elements say of a text that is flat by now.
 */
#include "reading_private.h"

#include <string.h>
#include <strings.h>

#include "limits.h"

#define INDENT 2u /* of a list in a list */
#define DEEP 6u

/* By the bytes of the shown text: what begins and ends there. */
struct place {
	uint32_t item, link; /* index of the element or link + 1 */
	int16_t quote, kept, list;
};

struct depth {
	int quote, kept, list;
};

struct page {
	struct reading *g;
	struct depth last; /* of the line before */
	const struct doc *d;
	const struct html *h;
	struct place *at; /* [text.len + 1] */
	uint32_t *count;  /* of the items of a list, by element */
};

static void
step(int16_t *v, int by)
{
	if (*v > -1000 && *v < 1000)
		*v = (int16_t)(*v + by);
}

static void
note_elements(struct page *x)
{
	for (uint32_t i = 0; i < x->h->nelem; i++) {
		const struct html_elem *e = &x->h->elem[i];
		struct place *from, *to;

		if (e->hidden || e->shown.from >= e->shown.to ||
		    e->shown.to > x->h->text.len)
			continue;
		from = &x->at[e->shown.from];
		to = &x->at[e->shown.to];
		if (e->tag == HTML_QUOTE) {
			step(&from->quote, 1);
			step(&to->quote, -1);
		} else if (e->tag == HTML_PRE) {
			step(&from->kept, 1);
			step(&to->kept, -1);
		} else if (e->tag == HTML_LIST) {
			step(&from->list, 1);
			step(&to->list, -1);
		} else if (e->tag == HTML_LI) {
			from->item = i + 1;
		}
	}
}

static bool
is_address(const struct html_link *l)
{
	static const char *const schemes[] = {
	    "http://", "https://", "mailto:", "ftp://"};

	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (l->url_len > strlen(schemes[i]) &&
		    strncasecmp(l->url, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return false;
}

/* Without what is not worth a difference. */
static void
bare(const char **p, uint32_t *n)
{
	static const char *const heads[] = {
	    "https://", "http://", "mailto:", "www."};

	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		uint32_t k = (uint32_t)strlen(heads[i]);

		if (*n > k && strncasecmp(*p, heads[i], k) == 0) {
			*p += k;
			*n -= k;
		}
	}
	while (*n > 0 && (*p)[*n - 1] == '/')
		--*n;
}

/* Does the text say where the link leads, and is it short enough to stay? */
static bool
says_itself(const struct page *x, const struct html_link *l)
{
	const struct html_elem *e = &x->h->elem[l->elem];
	const char *shown = x->h->text.p + e->shown.from, *url = l->url;
	uint32_t n = e->shown.to - e->shown.from, k = l->url_len;

	if (l->url_len > 60)
		return false;
	bare(&shown, &n);
	bare(&url, &k);
	return n == k && strncasecmp(shown, url, n) == 0;
}

static void
note_links(struct page *x)
{
	for (uint32_t i = 0; i < x->h->nlink; i++) {
		const struct html_link *l = &x->h->link[i];
		const struct html_elem *e = &x->h->elem[l->elem];

		if (e->tag != HTML_A || e->hidden || !is_address(l) ||
		    e->shown.from >= e->shown.to ||
		    e->shown.to > x->h->text.len || says_itself(x, l) ||
		    x->at[e->shown.to].link != 0)
			continue;
		x->at[e->shown.to].link = i + 1;
	}
}

/* ---- characters nobody sees ---- */

/* Bytes of what newsletters fill the preview of a mail program with. */
static uint32_t
padding(const char *p, uint32_t n)
{
	static const char *const signs[] = {"\u00ad", "\u200b", "\u034f",
	    "\ufeff", "\u2060", "\u200c", "\u2007"};

	if (n < 2 || (unsigned char)p[0] < 0xc2)
		return 0;
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
		uint32_t k = (uint32_t)strlen(signs[i]);

		/* Between letters it belongs to the script. */
		if (n >= k && memcmp(p, signs[i], k) == 0)
			return i == 5 && n > k && (unsigned char)p[k] >= 0xd6 &&
				       (unsigned char)p[k] < 0xe2
				   ? 0
				   : k;
	}
	return 0;
}

static uint32_t
blank(const char *p, uint32_t n)
{
	if (n > 0 && (*p == ' ' || *p == '\t'))
		return 1;
	return n > 1 && memcmp(p, "\u00a0", 2) == 0 ? 2 : 0;
}

/* A stretch of a line without links; blanks that follow each other are one. */
static void
put_words(struct page *x, uint32_t from, uint32_t to, bool linked)
{
	const char *p = x->h->text.p;
	struct text t = TEXT(x->g->a);
	uint32_t k;

	for (uint32_t i = from; i < to; i += k) {
		if ((k = padding(p + i, to - i)) > 0)
			continue;
		if ((k = blank(p + i, to - i)) == 0) {
			text_copy(&t, p + i, k = 1, 0);
			continue;
		}
		if (t.len == 0 || t.p[t.len - 1] != ' ')
			text_copy(&t, p[i] == '\t' ? "  " : " ",
			    p[i] == '\t' ? 2 : 1, 0);
	}
	reading_prose(x->g, t.p, t.len, linked);
}

/* ---- lines ---- */

static bool
is_ordered(const struct page *x, uint32_t list)
{
	struct span s = x->h->elem[list].whole;
	const char *p = x->d->utf8.p;

	return s.from + 3 < x->d->utf8.len &&
	       strncasecmp(p + s.from, "<ol", 3) == 0;
}

static void
put_bullet(struct page *x, uint32_t item)
{
	uint32_t list = x->h->elem[item].parent;

	while (list != UINT32_MAX && list < x->h->nelem &&
	       x->h->elem[list].tag != HTML_LIST &&
	       x->h->elem[list].tag != HTML_LI)
		list = x->h->elem[list].parent;
	if (list < x->h->nelem && is_ordered(x, list))
		reading_puts(
		    x->g, arena_printf(x->g->a, "%u. ", ++x->count[list]));
	else
		reading_puts(x->g, "* ");
}

/* Is there nothing to see? */
static bool
is_empty(const char *p, uint32_t n)
{
	uint32_t k;

	for (uint32_t i = 0; i < n; i += k)
		if ((k = padding(p + i, n - i)) == 0 &&
		    (k = blank(p + i, n - i)) == 0)
			return false;
	return true;
}

static void
add(struct depth *d, const struct place *p)
{
	d->quote += p->quote;
	d->kept += p->kept;
	d->list += p->list;
}

/* What the line that begins here has in front. */
static void
put_front(struct page *x, struct depth d, uint32_t item)
{
	uint32_t deep = d.list > 1 ? (uint32_t)d.list - 1 : 0;

	if (d.quote != x->last.quote || (d.kept > 0) != (x->last.kept > 0) ||
	    (d.list > 0) != (x->last.list > 0))
		reading_blank(x->g);
	x->last = d;
	reading_begin(x->g, d.kept > 0 ? READING_KEPT : READING_FILL);
	reading_quote(x->g, d.quote > 0 ? (uint32_t)d.quote : 0);
	for (uint32_t i = 0; i < deep && i < DEEP; i++)
		reading_puts(x->g, "  ");
	if (item > 0)
		put_bullet(x, item - 1);
	else if (d.list > 0 && d.kept <= 0)
		reading_puts(x->g, "  ");
}

static void
put_piece(struct page *x, const struct depth *d, struct span s, bool linked)
{
	if (d->kept > 0)
		reading_put(x->g, x->h->text.p + s.from, s.to - s.from);
	else
		put_words(x, s.from, s.to, linked);
}

/* The line at..to, and the depth where the next one begins. */
static void
put_html_line(struct page *x, struct depth *d, uint32_t at, uint32_t to)
{
	uint32_t from = at;

	add(d, &x->at[at]);
	if (is_empty(x->h->text.p + at, to - at))
		reading_blank(x->g);
	else
		put_front(x, *d, x->at[at].item);
	for (uint32_t i = at + 1; i <= to; i++) {
		uint32_t link = x->at[i].link;

		if (link > 0 && x->g->line) {
			put_piece(x, d, (struct span){from, i}, true);
			reading_mark(x->g, x->h->link[link - 1].url,
			    x->h->link[link - 1].url_len);
			from = i;
		}
		if (i < to)
			add(d, &x->at[i]);
	}
	if (x->g->line)
		put_piece(x, d, (struct span){from, to}, false);
	reading_end(x->g);
	if (to > at && to < x->h->text.len)
		add(d, &x->at[to]);
}

void
reading_html(struct reading *g, const struct doc *d)
{
	struct page x = {.g = g, .d = d, .h = d->html};
	const struct text *t = &d->html->text;
	struct depth depth = {0};
	uint32_t to;

	if (t->len == 0)
		return;
	x.at = arena_array(g->a, (size_t)t->len + 1, sizeof *x.at);
	x.count = arena_array(g->a, (size_t)x.h->nelem + 1, sizeof *x.count);
	note_elements(&x);
	note_links(&x);
	for (uint32_t at = 0; at < t->len && !g->full; at = to + 1) {
		const char *end = memchr(t->p + at, '\n', t->len - at);

		to = end != NULL ? (uint32_t)(end - t->p) : t->len;
		put_html_line(&x, &depth, at, to);
	}
}
