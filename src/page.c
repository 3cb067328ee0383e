#include "page.h"

#include <string.h>

#include "fill.h"
#include "limits.h"
#include "mask.h"
#include "width.h"

struct page {
	struct buf *out;
	const struct report_reading *r;
	uint32_t columns;
	bool guarded;
	struct buf text;  /* masked */
	uint32_t *number; /* of the footnotes, by mark */
	uint32_t notes;
	uint32_t mark; /* the next one */
};

/* ---- footnotes ---- */

static bool
same(const struct report_mark *a, const struct report_mark *b)
{
	return a->len == b->len && memcmp(a->url, b->url, a->len) == 0;
}

/* Links to one place have one number.  Only the last few are compared: there
   may be many. */
static void
count_notes(struct page *x)
{
	const struct report_reading *r = x->r;

	for (uint32_t i = 0; i < r->nmark; i++) {
		uint32_t low = i > 200 ? i - 200 : 0;

		for (uint32_t k = low; k < i && x->number[i] == 0; k++)
			if (same(&r->mark[i], &r->mark[k]))
				x->number[i] = x->number[k];
		if (x->number[i] == 0)
			x->number[i] = ++x->notes;
	}
}

static void
put_notes(struct page *x)
{
	uint32_t told = 0;

	if (x->notes > 0)
		buf_puts(x->out, "\n");
	for (uint32_t i = 0; i < x->r->nmark; i++) {
		const struct report_mark *m = &x->r->mark[i];
		struct buf line = BUF(LIMIT_READING);

		if (x->number[i] <= told)
			continue;
		told = x->number[i];
		buf_printf(&line, "[%u] ", told);
		report_shown(&line, m->url, m->len);
		fill_kept(x->out, line.p, line.len, "");
		x->out->failed |= line.failed;
		buf_free(&line);
	}
}

/* ---- lines ---- */

/* The line from..to with its numbers. */
static void
compose(struct page *x, struct buf *line, uint32_t from, uint32_t to)
{
	const struct report_reading *r = x->r;

	while (x->mark < r->nmark && r->mark[x->mark].at <= to) {
		uint32_t at = r->mark[x->mark].at;

		if (at >= from) {
			report_escaped_part(
			    line, x->text.p, (struct span){from, at});
			buf_printf(line, "[%u]", x->number[x->mark]);
			from = at;
		}
		x->mark++;
	}
	report_escaped_part(line, x->text.p, (struct span){from, to});
}

/* A name of a field and a colon, or the start of a From_ line. */
static bool
looks_like_head(const char *p, size_t n)
{
	size_t k = 0;

	if (n >= 5 && memcmp(p, "From ", 5) == 0)
		return true;
	while (k < n && p[k] > ' ' && p[k] < 127 && p[k] != ':')
		k++;
	while (k < n && p[k] == ' ')
		k++;
	return k > 0 && k < n && p[k] == ':' && p[0] != ' ';
}

/* A line that ends the message for a reader of digests? */
static bool
misleads(const char *p, size_t n, bool after_empty)
{
	static const char hyphens[] = "------------------------------";

	return (n >= sizeof hyphens - 1 &&
		   memcmp(p, hyphens, sizeof hyphens - 1) == 0) ||
	       (after_empty && looks_like_head(p, n)) ||
	       (n >= 5 && memcmp(p, "From ", 5) == 0);
}

/* What was written from `at` on. */
static void
guard(struct page *x, size_t at)
{
	struct buf lines = BUF(LIMIT_ANSWER);
	bool empty = at == 0 || (at >= 2 && x->out->p[at - 2] == '\n');
	const char *p = x->out->p;

	for (size_t to; at < x->out->len && !x->out->failed; at = to) {
		const char *end = memchr(p + at, '\n', x->out->len - at);

		to = end != NULL ? (size_t)(end - p) + 1 : x->out->len;
		if (misleads(p + at, to - at, empty))
			buf_puts(&lines, " ");
		buf_put(&lines, p + at, to - at);
		empty = to - at == 1;
	}
	x->out->failed |= lines.failed;
	if (!x->out->failed) {
		x->out->len = 0;
		buf_put(x->out, lines.p, lines.len);
	}
	buf_free(&lines);
}

static void
put_lines(struct page *x)
{
	const struct report_reading *r = x->r;
	uint32_t from = 0, to;

	for (uint32_t i = 0; from < r->len; i++, from = to + 1) {
		const char *end = memchr(r->text + from, '\n', r->len - from);
		bool kept = i < r->nline && r->kind[i] == READING_KEPT;
		struct buf line = BUF(LIMIT_ANSWER);

		to = end != NULL ? (uint32_t)(end - r->text) : r->len;
		compose(x, &line, from, to);
		if (kept || x->columns == 0)
			fill_kept(x->out, line.p, line.len, "");
		else
			fill(x->out, line.p, line.len, x->columns, "");
		x->out->failed |= line.failed;
		buf_free(&line);
	}
}

void
page_text(struct buf *out, const struct report_reading *r, uint32_t columns,
    bool guarded)
{
	struct buf body = BUF(LIMIT_ANSWER);
	struct page x = {.out = &body,
	    .r = r,
	    .columns = columns,
	    .guarded = guarded,
	    .text = BUF(LIMIT_ANSWER)};
	struct buf numbers = BUF(LIMIT_ANSWER);

	buf_put(&x.text, r->text, r->len);
	if (x.text.failed || buf_room(&numbers, (r->nmark + 1) * 4u) == -1) {
		out->failed = true;
		goto out;
	}
	mask_secrets(x.text.p, r->text, r->len);
	x.number = (uint32_t *)(void *)numbers.p;
	memset(x.number, 0, (r->nmark + 1) * sizeof *x.number);
	count_notes(&x);
	put_lines(&x);
	if (r->len == 0)
		buf_puts(&body, "[no text]\n");
	put_notes(&x);
	if (guarded)
		guard(&x, 0);
	buf_put(out, body.p, body.len);
	out->failed |= body.failed;
out:
	buf_free(&numbers);
	buf_free(&x.text);
	buf_free(&body);
}

/* ---- fields ---- */

void
page_field(struct buf *out, const char *p, size_t n, bool handles)
{
	struct buf shown = BUF(64u << 10);

	report_shown(&shown, n > 0 ? p : "", n);
	if (handles)
		mask_handles(out, shown.p, shown.len,
		    (struct span){0, (uint32_t)shown.len});
	else
		buf_put(out, shown.p, shown.len);
	out->failed |= shown.failed;
	buf_free(&shown);
}

void
page_name(struct buf *out, const char *from, size_t n, uint32_t columns)
{
	const char *angle = memchr(from, '<', n);
	size_t k = angle != NULL ? (size_t)(angle - from) : n;

	while (k > 0 && strchr(" \"", from[k - 1]) != NULL)
		k--;
	if (k == 0) { /* <ann@news.example> */
		k = n;
	} else if (*from == '"') {
		from++;
		k--;
	}
	width_put(out, from, k, columns);
}
