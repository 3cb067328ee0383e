#include "lower_private.h"

#define QP_LINE 76 /* RFC 2045 6.7 (5) */

static void
put_soft_break(const struct body *b, struct text *out)
{
	const char *eol =
	    message_eol(b->p + b->raw.from, b->raw.to - b->raw.from);

	text_copy(out, "=", 1, 0);
	text_copy(out, eol, (uint32_t)strlen(eol), 0);
}

/* What takes the place of a deletion; col: how far the line has come. */
struct qp_put {
	struct text out;
	uint32_t col;
};

static void
qp_token(const struct body *b, struct qp_put *w, const char *p, uint32_t n)
{
	if (w->col + n >= QP_LINE) {
		put_soft_break(b, &w->out);
		w->col = 0;
	}
	text_copy(&w->out, p, n, 0);
	w->col += n;
}

static void
put_qp(const struct body *b, struct qp_put *w, const char *p, uint32_t n)
{
	static const char hex[] = "0123456789ABCDEF";

	for (uint32_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		char token[3] = {'=', hex[c >> 4], hex[c & 15]};

		if (c == '\n' || c == '\r') {
			text_copy(&w->out, &p[i], 1, 0);
			w->col = 0;
		} else if (c > ' ' && c < 127 && c != '=') {
			qp_token(b, w, &p[i], 1);
		} else {
			qp_token(b, w, token, 3);
		}
	}
}

/* The last edit: where the source went on, and the column there. */
struct qp_line {
	uint32_t at, col;
};

static uint32_t
qp_column(const struct body *b, const struct qp_line *line, uint32_t at)
{
	uint32_t start = at;

	while (start > line->at && b->p[start - 1] != '\n')
		start--;
	return start > line->at ? at - start : line->col + at - line->at;
}

/* What is left of the line behind a deletion, up to the next one at `stop`. */
static uint32_t
qp_rest(const struct body *b, uint32_t at, uint32_t stop)
{
	const char *lf = memchr(b->p + at, '\n', stop - at);
	uint32_t end = lf != NULL ? (uint32_t)(lf - b->p) : stop;

	return end - at - (lf != NULL && end > at && lf[-1] == '\r');
}

/* The token before *at goes behind a soft break: a full line has no room for
   the = of one. */
static void
qp_take_back(const struct body *b, struct qp_put *w, uint32_t *at)
{
	uint32_t n = *at - b->raw.from >= 3 && b->p[*at - 3] == '=' ? 3 : 1;

	*at -= n;
	put_soft_break(b, &w->out);
	text_copy(&w->out, b->p + *at, n, 0);
	w->col = n;
}

/* A blank that would end a line, and so be lost, is encoded, or followed by a
   soft break. */
static void
qp_keep_blank(const struct body *b, struct qp_put *w, uint32_t *at)
{
	uint32_t col = w->col;

	if (col + 2 > QP_LINE && col != QP_LINE) {
		put_soft_break(b, &w->out);
		w->col = 0;
		return;
	}
	--*at;
	w->col--;
	if (col == QP_LINE)
		put_soft_break(b, &w->out);
	text_copy(&w->out, b->p[*at] == ' ' ? "=20" : "=09", 3, 0);
	w->col += 3;
}

/* One deletion of quoted-printable tokens.  Where what is left of two lines
   would be too long for one a soft break comes between.  stop: where the next
   deletion starts; its soft break needs room for a =. */
static void
lower_qp_one(const struct body *b, const struct edit *e, uint32_t stop,
    struct qp_line *line)
{
	struct span s = map_cover(&b->content->map, e->span, NULL);
	uint32_t before = qp_column(b, line, s.from), to = s.to;
	uint32_t after = qp_rest(b, to, stop);
	uint32_t most =
	    to + after == stop && stop < b->raw.to ? QP_LINE - 1 : QP_LINE;
	struct qp_put w = {TEXT(b->a), before};
	bool room = s.from > line->at + 2; /* for a token of this line */

	if (after == 0 && e->len == 0 && before > 0 && s.from > line->at &&
	    is_blank(b->p[s.from - 1]))
		qp_keep_blank(b, &w, &s.from);
	put_qp(b, &w, e->p, e->len);
	if (w.out.len == 0 && before == QP_LINE && after > 0 && room)
		qp_take_back(b, &w, &s.from);
	if (w.col > 0 && after > 0 && w.col + after > most) {
		put_soft_break(b, &w.out);
		w.col = 0;
	}
	*line = (struct qp_line){to, w.col};
	lower_add(b->out, b->a, s, w.out.p, w.out.len);
}

static uint32_t
qp_start(const struct body *b, const struct edit *e)
{
	return map_cover(&b->content->map, e->span, NULL).from;
}

void
lower_qp(const struct body *b, const struct edits *e)
{
	struct qp_line line = {b->raw.from, 0};

	for (uint32_t i = 0; i < e->n; i++)
		lower_qp_one(b, &e->v[i],
		    i + 1 < e->n ? qp_start(b, &e->v[i + 1]) : b->raw.to,
		    &line);
}
