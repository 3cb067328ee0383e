#include "entries_private.h"

#include <string.h>

#include "limits.h"

/* ---- finding them ---- */

static struct entry *
add_entry(struct entries *e, struct arena *a)
{
	struct entry *x;

	e->v = arena_more(a, e->v, e->n, &e->size, sizeof *e->v);
	x = &e->v[e->n++];
	*x = (struct entry){.part = NO_PART,
	    .made = TEXT(a),
	    .report = {.category = UINT32_MAX}};
	return x;
}

/* The entry that holds a part, or UINT32_MAX; parts come before what they
   hold. */
static uint32_t *
parts_of(const struct entries *e, struct arena *a, const struct tree *t)
{
	uint32_t *of = arena_array(a, t->n, sizeof *of);

	for (uint32_t i = 0; i < t->n; i++)
		of[i] = t->part[i].parent != NO_PART ? of[t->part[i].parent]
						     : UINT32_MAX;
	for (uint32_t k = 0; k < e->n; k++)
		if (e->v[k].part != NO_PART)
			of[e->v[k].part] = k;
	for (uint32_t i = 0; i < t->n; i++)
		if (t->part[i].parent != NO_PART &&
		    of[t->part[i].parent] != UINT32_MAX)
			of[i] = of[t->part[i].parent];
	return of;
}

/* The child of a message: the root of what it holds. */
static const struct part *
root_of(const struct tree *t, uint32_t part)
{
	for (uint32_t i = part + 1; i < t->n; i++)
		if (t->part[i].parent == part)
			return &t->part[i];
	return NULL;
}

/* Parts of a multipart/digest are messages (RFC 2046 5.1.5).  A digest in an
   entry of a digest is that entry's text. */
static void
find_parts(struct entries *e, struct arena *a, const struct tree *t)
{
	uint32_t *in = arena_array(a, t->n, sizeof *in), number = 0;

	for (uint32_t i = 1; i < t->n && e->n < LIMIT_ENTRIES; i++) {
		const struct part *q = &t->part[i], *up, *root;
		struct entry *x;

		if (q->parent == NO_PART)
			continue;
		up = &t->part[q->parent];
		in[i] = in[q->parent];
		if (in[i] || q->kind != PART_MESSAGE ||
		    strcmp(up->type, "multipart/digest") != 0 ||
		    (root = root_of(t, i)) == NULL)
			continue;
		in[i] = 1;
		number =
		    e->n > 0 && t->part[e->v[e->n - 1].part].parent == q->parent
			? number + 1
			: 1;
		x = add_entry(e, a);
		x->number = number;
		x->path = root->path;
		x->part = i;
		x->source = q->opened > 0 ? q->opened : q->source;
		x->base = q->opened > 0 ? 0 : q->body.from;
		x->p = t->source[x->source].p + x->base;
		x->len = q->opened > 0 ? t->source[x->source].len
				       : q->body.to - q->body.from;
	}
}

static bool
is_content_field(const char *p, uint32_t n)
{
	return n > 8 && strncasecmp(p, "content-", 8) == 0;
}

/* A message made of an entry in text: its own fields, but for those that say
   how it was encoded before it became part of this text. */
static void
make_message(struct entry *x, const struct text *t,
    const struct digest_entry *d, const struct part *in)
{
	const char *eol = message_eol(t->p, t->len);
	const char *head = arena_printf(t->a,
	    "MIME-Version: 1.0%sContent-Type: text/plain; charset=utf-8%s%s%s",
	    eol, in->flowed ? "; format=flowed" : "",
	    in->delsp ? "; delsp=yes" : "", eol);
	uint32_t at = d->head.from, end, text = at;
	bool skip = false;

	text_unit(&x->made, head, (uint32_t)strlen(head), at, 0);
	for (; at < d->head.to; at = end) {
		const char *lf = memchr(t->p + at, '\n', d->head.to - at);

		end = lf != NULL ? (uint32_t)(lf - t->p) + 1 : d->head.to;
		while (d->indented && at < end &&
		       (t->p[at] == ' ' || t->p[at] == '\t'))
			at++;
		if (at < end && t->p[at] != ' ' && t->p[at] != '\t')
			skip = is_content_field(t->p + at, end - at);
		text = at;
		if (!skip)
			text_copy(&x->made, t->p + at, end - at, at);
	}
	if (text < d->head.to && t->p[text] != '\n' && t->p[text] != '\r')
		text_unit(&x->made, eol, (uint32_t)strlen(eol), d->head.to, 0);
	text_copy(
	    &x->made, t->p + d->head.to, d->whole.to - d->head.to, d->head.to);
	x->p = x->made.p;
	x->len = x->made.len;
}

/* ---- their lines in the contents ---- */

#define FROM 1000 /* bytes of From that are looked at */

/* A field of an entry in text; the empty string where there is none. */
static struct span
field_of(const struct entry *x, struct arena *a, const char *name)
{
	struct header h = {0};

	message_header(&h, a, x->p, 0, x->len);
	for (uint32_t i = 0; i < h.n; i++)
		if (message_field_is(x->p, &h.field[i], name))
			return h.field[i].value;
	return (struct span){0, 0};
}

/* What stands in a name, without quotes and blanks. */
static uint32_t
bare_name(char *out, uint32_t room, const char *p, uint32_t n)
{
	uint32_t len = 0;

	for (uint32_t i = 0; i < n && len < room; i++)
		if ((unsigned char)p[i] > ' ' && p[i] != '"' && p[i] != '\\')
			out[len++] = p[i];
	return len;
}

static bool
is_author(const char *p, struct span name, const char *from, uint32_t n)
{
	char in[FROM], it[FROM];
	uint32_t have = bare_name(in, sizeof in, from, n);
	uint32_t want =
	    bare_name(it, sizeof it, p + name.from, name.to - name.from);

	return want == 0 || memmem(in, have, it, want) != NULL;
}

/*
 * A line in the contents is set apart only as far as the entry's own Subject
 * and From say the same, for only there it is judged with the entry: anybody
 * can write contents.  What else stands there belongs to the rest.
 */
static void
find_line(struct entry *x, const struct text *t,
    const struct digest_title *title, const char *from, uint32_t n)
{
	struct digest_common c;
	struct span name;
	uint32_t end;

	if (x->line.to == x->line.from || title->len == 0)
		return;
	digest_common(&c, t->p, x->line, title->p, title->len);
	if (c.line.to == c.line.from)
		return;
	end = digest_author(t->p, x->line, c.line.to, &name);
	/* Another Subject than this, which only begins like it. */
	if (end == 0 && c.title.to < title->len)
		return;
	x->toc = (struct span){x->line.from, end > 0 ? end : c.line.to};
	x->known = c.line;
	if (end > 0 && is_author(t->p, name, from, n))
		x->known.to = end;
}

static void
find_in_text(
    struct entries *e, struct arena *a, const struct view *v, uint32_t doc)
{
	const struct doc *d = &v->doc[doc];
	struct digest found = {0};
	uint32_t done = 0;
	bool pgp = false;

	digest_find(&found, a, d->utf8.p, d->utf8.len);
	for (uint32_t i = 0; i < found.n && e->n < LIMIT_ENTRIES; i++) {
		struct entry *x = add_entry(e, a);
		struct span from;

		x->number = found.v[i].number;
		x->path = arena_printf(a, "%s#%u", d->path, x->number);
		x->doc = x->toc_doc = doc;
		x->whole = found.v[i].whole;
		x->line = found.v[i].toc;
		x->open = found.v[i].open;
		pgp = pgp ||
		      plan_holds_pgp(d->utf8.p + done, x->whole.from - done);
		x->pgp = pgp;
		done = x->whole.to;
		make_message(x, &d->utf8, &found.v[i], &v->tree->part[d->part]);
		from = field_of(x, a, "from");
		find_line(x, &d->utf8,
		    &(struct digest_title){x->number,
			d->utf8.p + found.v[i].subject.from,
			found.v[i].subject.to - found.v[i].subject.from},
		    x->p + from.from, from.to - from.from);
	}
}

/* The Subject of an entry that is a part. */
static struct digest_title
title_of(const struct entry *x, const struct view *v, const char *root)
{
	struct digest_title t = {.number = x->number, .p = ""};

	for (uint32_t i = 0; i < v->ndoc; i++)
		if (v->doc[i].subject &&
		    &v->tree->part[v->doc[i].part].path[0] == root) {
			t.p = v->doc[i].utf8.p != NULL ? v->doc[i].utf8.p : "";
			t.len = v->doc[i].utf8.len;
		}
	return t;
}

static uint32_t
root_number(const struct tree *t, uint32_t part)
{
	return (uint32_t)(root_of(t, part) - t->part);
}

/* The table of contents of a multipart/digest stands in a part before it. */
static void
find_contents(struct entries *e, struct arena *a, struct view *v)
{
	struct digest_title *title = arena_array(a, e->n, sizeof *title);
	struct span *line = arena_array(a, e->n, sizeof *line);

	for (uint32_t k = 0; k < e->n; k++)
		title[k] = title_of(&e->v[k], v, e->v[k].path);
	for (uint32_t i = 0; i < v->ndoc; i++) {
		const struct doc *d = &v->doc[i];

		if (d->subject || d->raw || d->html != NULL ||
		    e->of[d->part] != UINT32_MAX)
			continue;
		memset(line, 0, e->n * sizeof *line);
		digest_contents(a, d->utf8.p, d->utf8.len, title, e->n, line);
		for (uint32_t k = 0; k < e->n; k++)
			if (line[k].to > 0 && e->v[k].line.to == 0) {
				e->v[k].toc_doc = i;
				e->v[k].line = line[k];
			}
	}
	for (uint32_t k = 0; k < e->n; k++) {
		uint32_t n, root = root_number(v->tree, e->v[k].part);
		const char *from = view_header(v, root, "from", false, &n);

		find_line(&e->v[k], &v->doc[e->v[k].toc_doc].utf8, &title[k],
		    from, from != NULL ? n : 0);
	}
}

/* One of several forms of the same: what is cut from one of them must go from
   the others, and these are not divided. */
static bool
has_twins(const struct tree *t, uint32_t part)
{
	for (uint32_t i = part; i != NO_PART; i = t->part[i].parent)
		if (strcmp(t->part[i].type, "multipart/alternative") == 0)
			return true;
	return false;
}

void
entries_find(struct entries *e, struct arena *a, struct sight *s)
{
	struct view *v = &s->view;

	*e = (struct entries){.outer = s};
	find_parts(e, a, &s->tree);
	e->of = parts_of(e, a, &s->tree);
	if (e->n > 0)
		find_contents(e, a, v);
	for (uint32_t i = 0; i < v->ndoc; i++) {
		const struct doc *d = &v->doc[i];

		if (!d->subject && !d->raw && d->html == NULL &&
		    e->of[d->part] == UINT32_MAX &&
		    !has_twins(v->tree, d->part))
			find_in_text(e, a, v, i);
	}
}

/* ---- the rest is judged without them ---- */

struct apart {
	const uint32_t *of;    /* for each part */
	struct spans *in_text; /* for each doc, sorted and disjoint */
	const struct view *view;
};

static bool
in_entry(void *ctx, const struct hit *h)
{
	const struct apart *x = ctx;
	const struct spans *in;

	if (h->doc == NO_DOC)
		return x->of[h->part] != UINT32_MAX;
	in = &x->in_text[h->doc];
	return x->of[x->view->doc[h->doc].part] != UINT32_MAX ||
	       span_cover(in->v, in->n, sizeof *in->v, h->utf8) < in->n;
}

void
entries_set_apart(struct entries *e, struct sight *s)
{
	struct arena *a = s->view.a;
	struct apart x = {.of = e->of,
	    .in_text = arena_array(a, s->view.ndoc, sizeof *x.in_text),
	    .view = &s->view};

	if (e->n == 0)
		return;
	for (uint32_t i = 0; i < e->n; i++) {
		const struct entry *one = &e->v[i];

		if (one->part == NO_PART)
			grow_add(&x.in_text[one->doc], a, one->whole);
		if (one->known.to > one->known.from)
			grow_add(&x.in_text[one->toc_doc], a, one->known);
	}
	for (uint32_t i = 0; i < s->view.ndoc; i++) {
		struct spans *v = &x.in_text[i];

		grow_sort(v);
		for (uint32_t k = 0; k < v->n; k++)
			grow_add(&s->guard[i], a, v->v[k]);
	}
	match_drop(&s->match, in_entry, &x);
}
