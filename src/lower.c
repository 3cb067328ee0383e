#include "lower_private.h"

void
lower_add(struct edits *e, struct arena *a, struct span s, const char *p,
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

/* What shows some text may be no byte, or one that has to stay. */
static void
drop_empty(struct edits *e)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < e->n; i++)
		if (e->v[i].len > 0 || e->v[i].span.to > e->v[i].span.from)
			e->v[kept++] = e->v[i];
	e->n = kept;
}

void
lower_tidy(struct edits *e)
{
	uint32_t kept = 0;

	drop_empty(e);
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

static bool
is_utf7(const char *label, uint32_t len)
{
	const char *name = decode_charset_name(label, len);

	return name != NULL && strcmp(name, "UTF-7") == 0;
}

/* Of a field: a run may go on in the next word. */
static bool
has_utf7_word(const struct view *v, const struct doc *d)
{
	const char *p = v->tree->source[v->tree->part[d->part].source].p;

	for (uint32_t i = 0; i < d->field->nword; i++) {
		struct span s = d->field->word[i].charset;

		if (s.to > s.from && is_utf7(p + s.from, s.to - s.from))
			return true;
	}
	return false;
}

/* Is its content UTF-7, and did not turn out to be something else? */
static bool
in_utf7(const struct view *v, const struct doc *d)
{
	const char *label = v->tree->part[d->part].charset;

	return (d->odd & DECODE_STATEFUL) != 0 && !d->subject &&
	       label != NULL && is_utf7(label, (uint32_t)strlen(label));
}

const char *
lower_refuse(const struct view *v, const struct doc *d)
{
	const struct part *q = &v->tree->part[d->part];

	if (d->raw)
		return "the bytes belong to no part";
	if (d->odd & DECODE_SLOPPY && !d->subject && q->cte == CTE_BASE64)
		return "its base64 is not canonical";
	if (d->subject && has_utf7_word(v, d))
		return "characters of UTF-7 may share bytes of two words";
	if (in_utf7(v, d) && (d->odd & DECODE_INVALID) != 0)
		return "its UTF-7 is not well-formed";
	return NULL;
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

		if (!(d->odd & DECODE_STATEFUL) || utf8->v[i].len > 0) {
			s = map_cover(&d->utf8.map, t, NULL);
			if (s.to > s.from || utf8->v[i].len > 0)
				lower_add(
				    out, a, s, utf8->v[i].p, utf8->v[i].len);
			continue;
		}
		while (map_piece(&d->utf8.map, t, &at, &s))
			lower_add(out, a, s, NULL, 0);
	}
	lower_tidy(out);
}

void
lower_doc(struct edits *bysource, const struct view *v, const struct doc *d,
    const struct cut *c, struct edits *gone)
{
	const struct part *q = &v->tree->part[d->part];
	const struct body b = {v->tree->source[q->source].p, q->body,
	    &d->content, &bysource[q->source], v->a};
	struct edits content = {0};

	*gone = (struct edits){0};
	lower_to_utf8(gone, v->a, d, c);
	if (in_utf7(v, d))
		lower_utf7(&content, v->a, d, gone);
	else
		to_content(&content, v->a, d, gone);
	if (d->subject)
		lower_subject(&b, d->field, &content);
	else
		lower_body(&b, q->cte, &content);
}

uint32_t
lower_sources(struct edits *bysource, const struct view *v, bool mend)
{
	const struct tree *t = v->tree;
	struct mends all;
	uint32_t warn = 0;

	lower_mends(&all, v);
	for (uint32_t i = t->nsource; i-- > 0;) {
		lower_tidy(&bysource[i]);
		if (mend)
			warn |= lower_mend(&all, &bysource[i], v, i);
		if (i > 0) {
			const struct part *q = &t->part[t->source[i].part];
			const struct body b = {t->source[q->source].p, q->body,
			    t->source[i].content, &bysource[q->source], v->a};

			lower_body(&b, q->cte, &bysource[i]);
		}
	}
	return warn;
}
