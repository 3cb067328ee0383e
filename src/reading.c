#include "reading_private.h"

#include <string.h>
#include <strings.h>

#include "limits.h"

#define ADDRESS_MOST 60u /* bytes of an address that may stand in a line */
#define TAB 8u

/* Of two alternatives the plain one says next to nothing: "see it in a
   browser". */
#define PLAIN_LEAST 200u /* characters; less … */
#define PLAIN_SHARE 4u   /* … and the other one has so many times more */

/* ---- lines ---- */

void
reading_begin(struct reading *g, char kind)
{
	if (g->text.len > LIMIT_READING)
		g->full = true;
	if (g->gap && g->nline > 0) {
		g->gap = false;
		reading_begin(g, READING_FILL);
		reading_end(g);
	}
	g->gap = false;
	g->line = true;
	g->kind =
	    arena_more(g->a, g->kind, g->nline, &g->line_size, sizeof *g->kind);
	g->kind[g->nline++] = kind;
}

void
reading_end(struct reading *g)
{
	if (g->line)
		text_copy(&g->text, "\n", 1, 0);
	g->line = false;
}

void
reading_blank(struct reading *g)
{
	g->gap = true;
}

/* Bytes of p[0..n) for which there is room, in whole characters. */
static uint32_t
room_for(struct reading *g, const char *p, uint32_t n)
{
	uint32_t most = LIMIT_READING_MOST - LIMIT_READING_URL, k;

	k = g->text.len < most ? most - g->text.len : 0;
	if (n <= k)
		return n;
	g->full = true;
	while (k > 0 && ((unsigned char)p[k] & 0xc0) == 0x80)
		k--;
	return k;
}

void
reading_put(struct reading *g, const char *p, uint32_t n)
{
	uint32_t from = 0;

	n = room_for(g, p, n);
	for (uint32_t i = 0; i < n; i++) {
		if (p[i] != '\n')
			continue;
		text_copy(&g->text, p + from, i - from, 0);
		text_copy(&g->text, " ", 1, 0);
		from = i + 1;
	}
	text_copy(&g->text, p + from, n - from, 0);
}

void
reading_puts(struct reading *g, const char *s)
{
	reading_put(g, s, (uint32_t)strlen(s));
}

void
reading_quote(struct reading *g, uint32_t depth)
{
	for (uint32_t i = 0; i < depth && i < QUOTES_MOST; i++)
		reading_puts(g, ">");
	if (depth > 0)
		reading_puts(g, " ");
}

/* ---- links ---- */

void
reading_mark(struct reading *g, const char *url, uint32_t n)
{
	struct report_reading *o = g->out;

	if (n > LIMIT_READING_URL || o->nmark == LIMIT_LINKS ||
	    n > LIMIT_READING_URLS - g->url_size || g->full)
		return;
	g->url_size += n;
	o->mark =
	    arena_more(g->a, o->mark, o->nmark, &g->mark_size, sizeof *o->mark);
	o->mark[o->nmark++] = (struct report_mark){
	    .at = g->text.len, .url = arena_dup(g->a, url, n), .len = n};
}

/* Bytes of the address at p: its scheme, and what may stand in one.  What ends
   the sentence round it is none of it. */
static uint32_t
address_at(const char *p, uint32_t n)
{
	static const char *const schemes[] = {"https://", "http://"};
	uint32_t k = 0, start = 0;
	bool opened;

	for (size_t i = 0; i < 2 && k == 0; i++)
		if (n > strlen(schemes[i]) &&
		    strncasecmp(p, schemes[i], strlen(schemes[i])) == 0)
			start = k = (uint32_t)strlen(schemes[i]);
	if (k == 0)
		return 0;
	while (k < n && p[k] > ' ' && p[k] < 127 &&
	       strchr("<>\"{}|\\^`", p[k]) == NULL)
		k++;
	opened = memchr(p, '(', k) != NULL;
	while (k > start && (strchr(".,;:!?'*_]", p[k - 1]) != NULL ||
				(p[k - 1] == ')' && !opened)))
		k--;
	return k > start ? k : 0;
}

/* "https://host/…" */
static void
put_short(struct reading *g, const char *p, uint32_t n)
{
	const char *host = memmem(p, n, "//", 2);
	uint32_t k = (uint32_t)(host - p) + 2;

	while (k < n && k < ADDRESS_MOST && strchr("/?#", p[k]) == NULL)
		k++;
	reading_put(g, p, k);
	reading_puts(g, "/…");
}

void
reading_prose(struct reading *g, const char *p, uint32_t n, bool linked)
{
	uint32_t from = 0, k;

	for (uint32_t i = 0; i < n; i++) {
		if ((p[i] | 0x20) != 'h' || (k = address_at(p + i, n - i)) == 0)
			continue;
		if (k > ADDRESS_MOST) {
			reading_put(g, p + from, i - from);
			put_short(g, p + i, k);
			if (!linked || i + k < n)
				reading_mark(g, p + i, k);
			from = i + k;
		}
		i += k - 1;
	}
	reading_put(g, p + from, n - from);
}

/* ---- plain text ---- */

/* A line of it: without its line end, its quotes counted and taken off. */
struct line {
	const char *p;
	uint32_t n, quotes;
	bool soft; /* it goes on in the next one */
};

static uint32_t
next_line(struct line *l, const struct text *t, uint32_t at, bool flowed)
{
	const char *end = memchr(t->p + at, '\n', t->len - at);
	uint32_t to = end != NULL ? (uint32_t)(end - t->p) : t->len;
	uint32_t next = end != NULL ? to + 1 : to;

	*l = (struct line){.p = t->p + at, .n = to - at};
	while (l->n > 0 && l->p[l->n - 1] == '\r')
		l->n--;
	if (!flowed)
		return next;
	for (; l->n > 0 && *l->p == '>'; l->p++, l->n--)
		l->quotes++;
	if (l->n > 0 && *l->p == ' ') { /* stuffed */
		l->p++;
		l->n--;
	}
	l->soft = l->n > 0 && l->p[l->n - 1] == ' ' &&
		  !(l->n == 3 && memcmp(l->p, "-- ", 3) == 0);
	return next;
}

/* Blanks at its end, and tabs, which a terminal puts anywhere. */
static void
put_line(struct reading *g, const char *p, uint32_t n)
{
	uint32_t from = 0, column = 0;

	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	for (uint32_t i = 0; i < n; i++, column++) {
		if (p[i] != '\t') {
			column -= ((unsigned char)p[i] & 0xc0) == 0x80;
			continue;
		}
		reading_prose(g, p + from, i - from, false);
		reading_put(g, "        ", TAB - column % TAB);
		column += TAB - column % TAB - 1;
		from = i + 1;
	}
	reading_prose(g, p + from, n - from, false);
}

static bool
is_empty(const char *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (p[i] != ' ' && p[i] != '\t')
			return false;
	return true;
}

/* Code, tables and what somebody has indented stay as they are. */
static bool
is_verbatim(const struct line *l, bool fenced)
{
	return fenced || (l->n > 0 && (*l->p == '\t' || *l->p == '|')) ||
	       (l->n > 4 && memcmp(l->p, "    ", 4) == 0);
}

static bool
is_fence(const struct line *l)
{
	return l->n >= 3 &&
	       (memcmp(l->p, "```", 3) == 0 || memcmp(l->p, "~~~", 3) == 0);
}

/* The lines of a paragraph that a soft line end joins. */
static uint32_t
put_flowed(struct reading *g, const struct text *t, uint32_t at, struct line *l,
    bool delsp)
{
	while (l->soft && at < t->len && !g->full) {
		struct line more;
		uint32_t next = next_line(&more, t, at, true);

		if (more.quotes != l->quotes ||
		    (more.n == 3 && memcmp(more.p, "-- ", 3) == 0))
			break;
		reading_prose(g, l->p, l->n - delsp, false);
		at = next;
		*l = more;
	}
	return at;
}

static void
reading_plain(struct reading *g, const struct doc *d)
{
	const struct part *q = &g->v->tree->part[d->part];
	const struct text *t = &d->utf8;
	bool flowed = q->flowed, fenced = false;
	struct line l;

	for (uint32_t at = 0; at < t->len && !g->full;) {
		at = next_line(&l, t, at, flowed);
		if (l.quotes == 0 && is_empty(l.p, l.n)) {
			reading_blank(g);
			continue;
		}
		reading_begin(
		    g, is_verbatim(&l, fenced) ? READING_KEPT : READING_FILL);
		fenced ^= is_fence(&l);
		reading_quote(g, l.quotes);
		if (flowed)
			at = put_flowed(g, t, at, &l, q->delsp);
		put_line(g, l.p, l.n);
		reading_end(g);
	}
}

/* ---- which texts ---- */

static const struct field *
field_of(const struct view *v, uint32_t part, const char *name)
{
	const struct part *q = &v->tree->part[part];

	for (uint32_t i = 0; i < q->header.n; i++)
		if (message_field_is(v->tree->source[q->source].p,
			&q->header.field[i], name))
			return &q->header.field[i];
	return NULL;
}

static bool
is_body(const struct view *v, const struct doc *d)
{
	return !d->subject && !d->raw && !v->tree->part[d->part].attachment;
}

/* Characters of a text that are seen. */
static uint32_t
visible(const struct doc *d)
{
	const struct text *t = view_shown(d);
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->len; i++)
		n += (unsigned char)t->p[i] > ' ' &&
		     ((unsigned char)t->p[i] & 0xc0) != 0x80;
	return n;
}

/* What the alternatives of a multipart hold. */
struct choice {
	uint32_t plain, html; /* characters */
};

/* By multipart; counted once, since there may be many. */
static struct choice *
weigh(struct arena *a, const struct view *v)
{
	struct choice *c = arena_array(a, v->tree->n + 1, sizeof *c);
	uint32_t multi;

	for (uint32_t i = 0; i < v->ndoc; i++) {
		const struct doc *d = &v->doc[i];

		if (!is_body(v, d) ||
		    mime_alternative(v->tree, d->part, &multi) == NO_PART)
			continue;
		*(d->html != NULL ? &c[multi].html : &c[multi].plain) +=
		    visible(d);
	}
	return c;
}

static bool
is_chosen(const struct view *v, const struct doc *d, const struct choice *all)
{
	const struct choice *c;
	uint32_t multi;
	bool plain;

	if (!is_body(v, d))
		return false;
	if (mime_alternative(v->tree, d->part, &multi) == NO_PART)
		return true;
	c = &all[multi];
	plain = c->plain > 0 &&
		(c->plain >= PLAIN_LEAST || c->html / PLAIN_SHARE <= c->plain);
	return plain == (d->html == NULL);
}

/* The head of a message inside the message. */
static void
put_inner_head(struct reading *g, const struct doc *d)
{
	struct view v = *g->v;
	uint32_t n;
	const char *from = view_header(&v, d->part, "from", false, &n);

	reading_blank(g);
	reading_begin(g, READING_FILL);
	reading_puts(g, "---");
	if (d->utf8.len > 0 && d->utf8.p[0] != ' ')
		reading_puts(g, " ");
	reading_put(g, d->utf8.p, d->utf8.len);
	reading_end(g);
	while (n > 0 && from[n - 1] == '\n')
		n--;
	if (n > 0) {
		reading_begin(g, READING_FILL);
		reading_puts(g, "--- ");
		reading_put(g, from, n < LIMIT_HEADLINE ? n : LIMIT_HEADLINE);
		reading_end(g);
	}
	reading_blank(g);
}

static void
put_texts(struct reading *g)
{
	const struct view *v = g->v;
	const struct choice *c = weigh(g->a, v);

	for (uint32_t i = 0; i < v->ndoc && !g->full; i++) {
		const struct doc *d = &v->doc[i];

		if (d->subject && d->part != 0)
			put_inner_head(g, d);
		else if (!is_chosen(v, d, c))
			continue;
		else if (d->html != NULL)
			reading_html(g, d);
		else
			reading_plain(g, d);
		reading_blank(g);
	}
}

/* ---- attachments ---- */

/* Bytes of a part without its transfer encoding. */
static uint32_t
size_of(const struct view *v, const struct part *q)
{
	const char *p = v->tree->source[q->source].p;
	uint32_t n = 0;

	if (q->cte != CTE_BASE64)
		return q->body.to - q->body.from;
	for (uint32_t i = q->body.from; i < q->body.to; i++)
		n += decode_b64(p[i]) != 0;
	return n / 4 * 3 + (n % 4 > 0 ? n % 4 - 1 : 0);
}

static const char *
name_of(struct reading *g, uint32_t part, uint32_t *n)
{
	static const char *const where[][2] = {
	    {"content-disposition", "filename"}, {"content-type", "name"}};
	const struct part *q = &g->v->tree->part[part];
	const char *p = g->v->tree->source[q->source].p, *name = NULL;
	struct header_text h;

	for (size_t i = 0; i < 2 && name == NULL; i++) {
		const struct field *f = field_of(g->v, part, where[i][0]);

		if (f != NULL)
			name = mime_parameter(g->a, p + f->value.from,
			    f->value.to - f->value.from, where[i][1]);
	}
	if (name == NULL)
		return NULL;
	*n = (uint32_t)strlen(name);
	decode_header(&h, g->a, g->v->charsets, name,
	    *n < LIMIT_HEADLINE ? *n : LIMIT_HEADLINE, 0);
	*n = h.utf8.len;
	return h.utf8.p;
}

static void
put_attachment(struct reading *g, uint32_t part)
{
	const struct part *q = &g->v->tree->part[part];
	uint32_t n = 0, size = size_of(g->v, q);
	const char *name = name_of(g, part, &n);

	reading_begin(g, READING_FILL);
	reading_puts(g, "[attachment: ");
	if (name != NULL) {
		reading_put(g, name, n);
		reading_puts(g, ", ");
	}
	reading_puts(g, arena_printf(g->a, "%.80s, ", q->type));
	if (size < 10000)
		reading_puts(g, arena_printf(g->a, "%u bytes]", size));
	else
		reading_puts(g, arena_printf(g->a, "%u KB]", size / 1000));
	reading_end(g);
}

/* What is no text of the message; pictures that belong to its HTML, and keys
   and signatures, are not worth a line. */
static void
put_attachments(struct reading *g)
{
	const struct tree *t = g->v->tree;

	reading_blank(g);
	for (uint32_t i = 0; i < t->n && !g->full; i++) {
		const struct part *q = &t->part[i];
		bool text = strncmp(q->type, "text/", 5) == 0;

		if (q->kind != PART_LEAF || (text && !q->attachment))
			continue;
		if (!q->attachment &&
		    (field_of(g->v, i, "content-id") != NULL ||
			strstr(q->type, "signature") != NULL))
			continue;
		put_attachment(g, i);
	}
}

void
reading_make(struct report *r, struct arena *a, const struct view *v)
{
	struct reading g = {.a = a, .v = v, .text = TEXT(a)};
	struct view copy = *v;
	uint32_t n;
	const char *to = view_header(&copy, 0, "to", false, &n);

	r->reading = g.out = arena_alloc(a, sizeof *r->reading);
	put_texts(&g);
	put_attachments(&g);
	if (g.full) {
		static const char rest[] =
		    "[the rest is longer than a digest shows]";

		reading_begin(&g, READING_FILL);
		text_copy(&g.text, rest, sizeof rest - 1, 0);
		reading_end(&g);
	}
	while (n > 0 && to[n - 1] == '\n')
		n--;
	g.out->to = to;
	g.out->to_len = n < LIMIT_HEADLINE ? n : LIMIT_HEADLINE;
	while (g.out->to_len < n && g.out->to_len > 0 &&
	       ((unsigned char)to[g.out->to_len] & 0xc0) == 0x80)
		g.out->to_len--;
	g.out->text = g.text.p;
	g.out->len = g.text.len;
	g.out->kind = g.kind;
	g.out->nline = g.nline;
}
