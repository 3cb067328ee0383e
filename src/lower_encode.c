#include "lower_private.h"

#define BASE64_LINE 76 /* RFC 2045 6.8 */

static void
lower_identity(const struct body *b, const struct edits *e)
{
	for (uint32_t i = 0; i < e->n; i++)
		lower_add(b->out, b->a,
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

/* Without a map, which would take a run for each character. */
static void
put_plain(struct text *t, const char *p, uint32_t n)
{
	memcpy(text_room(t, n), p, n);
	t->len += n;
}

void
base64_quantum(struct base64 *w)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t v =
	    (uint32_t)w->held[0] << 16 | (uint32_t)w->held[1] << 8 | w->held[2];

	for (unsigned i = 0; i < 4; i++) {
		char c = i <= w->n ? digit[v >> (18 - 6 * i) & 63] : '=';

		if (w->col >= w->width) {
			put_plain(&w->out, w->eol, (uint32_t)strlen(w->eol));
			w->col = 0;
		}
		put_plain(&w->out, &c, 1);
		w->col++;
	}
	memset(w->held, 0, sizeof w->held);
	w->n = 0;
}

void
base64_put(struct base64 *w, const char *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		w->held[w->n++] = (unsigned char)p[i];
		if (w->n == 3)
			base64_quantum(w);
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
		base64_put(&w, b->content->p + at, e->v[i].span.from - at);
		base64_put(&w, e->v[i].p, e->v[i].len);
		at = e->v[i].span.to;
	}
	base64_put(&w, b->content->p + at, n - at);
	if (w.n > 0)
		base64_quantum(&w);
	lower_add(
	    b->out, b->a, (struct span){raw.from, end.to}, w.out.p, w.out.len);
}

void
lower_body(const struct body *b, enum cte cte, const struct edits *e)
{
	static void (*const by_cte[])(const struct body *,
	    const struct edits *) = {[CTE_IDENTITY] = lower_identity,
	    [CTE_QP] = lower_qp,
	    [CTE_BASE64] = lower_base64};

	if (e->n > 0)
		by_cte[cte](b, e);
}

void
lower_replace(struct edits *bysource, const struct view *v, uint32_t part,
    const char *text)
{
	const struct part *q = &v->tree->part[part];
	const char *p = v->tree->source[q->source].p;
	const char *eol = message_eol(p, v->tree->source[q->source].len);
	struct text out = TEXT(v->a);
	struct base64 w = {.out = TEXT(v->a), .width = BASE64_LINE, .eol = eol};

	if (text != NULL) {
		text_copy(&out, text, (uint32_t)strlen(text), 0);
		text_copy(&out, eol, (uint32_t)strlen(eol), 0);
	}
	if (q->cte == CTE_BASE64 && out.len > 0) {
		base64_put(&w, out.p, out.len);
		if (w.n > 0)
			base64_quantum(&w);
		out = w.out;
	}
	lower_add(&bysource[q->source], v->a, q->body, out.p, out.len);
}
