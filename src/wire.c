#include "wire.h"

#include <string.h>

#include "date.h"
#include "limits.h"

#define MAGIC 0x31465353u /* SSF1 */
#define END 0x21444e45u   /* END! */

/* One description of the format serves both directions: each xfer_* writes
   the value, or reads it. */
struct wire {
	struct buf *out; /* writing */
	const char *p;   /* reading */
	size_t n;
	struct arena *a;
	uint32_t nrules, len;
	bool bad;
};

static void
xfer(struct wire *w, void *v, size_t n)
{
	if (w->out != NULL) {
		buf_put(w->out, v, n);
	} else if (w->n < n) {
		w->bad = true;
		memset(v, 0, n);
	} else {
		memcpy(v, w->p, n);
		w->p += n;
		w->n -= n;
	}
}

static void
xfer_u32(struct wire *w, uint32_t *v)
{
	xfer(w, v, sizeof *v);
}

/* A number that must be below `end`. */
static void
xfer_below(struct wire *w, uint32_t *v, uint32_t end)
{
	xfer_u32(w, v);
	if (w->out == NULL && *v >= end) {
		w->bad = true;
		*v = 0;
	}
}

#define XFER_ENUM(w, field, end)                 \
	do {                                     \
		uint32_t v_ = (uint32_t)(field); \
		xfer_below(w, &v_, end);         \
		(field) = v_;                    \
	} while (0)

static void
xfer_score(struct wire *w, double *v)
{
	xfer(w, v, sizeof *v);
	if (w->out == NULL && !(*v > -1e6 && *v < 1e6)) { /* NaN too */
		w->bad = true;
		*v = 0;
	}
}

static void
xfer_span(struct wire *w, struct span *s, uint32_t end)
{
	xfer_u32(w, &s->from);
	xfer_u32(w, &s->to);
	if (w->out == NULL && (s->from > s->to || s->to > end)) {
		w->bad = true;
		*s = (struct span){0};
	}
}

static void
xfer_bytes(struct wire *w, const char **p, uint32_t *len)
{
	xfer_u32(w, len);
	if (w->out != NULL) {
		buf_put(w->out, *p, *len);
		return;
	}
	if (*len > w->n) {
		w->bad = true;
		*len = 0;
	}
	*p = arena_dup(w->a, w->p, *len);
	w->p += *len;
	w->n -= *len;
}

/* A sender or subject. */
static void
xfer_headline(struct wire *w, const char **p, uint32_t *len)
{
	xfer_bytes(w, p, len);
	w->bad |= *len > LIMIT_HEADLINE;
}

/* A C string, or NULL: at the reader's end it holds no NUL inside. */
static void
xfer_string(struct wire *w, const char **s)
{
	uint32_t len = *s != NULL ? (uint32_t)strlen(*s) : 0;
	uint32_t there = *s != NULL;

	xfer_below(w, &there, 2);
	xfer_bytes(w, s, &len);
	if (w->out != NULL)
		return;
	w->bad |= memchr(*s, '\0', len) != NULL || (there == 0 && len > 0);
	if (there == 0)
		*s = NULL;
}

/* The count of an array whose elements take at least `least` bytes: memory is
   only asked for what the bytes can hold. */
static void *
xfer_array(struct wire *w, void *v, uint32_t *n, uint32_t cap, size_t least,
    size_t size)
{
	xfer_u32(w, n);
	if (w->out != NULL)
		return v;
	if (*n > cap || *n > w->n / least) {
		w->bad = true;
		*n = 0;
	}
	return *n > 0 ? arena_array(w->a, *n, size) : NULL;
}

static void
xfer_rule(struct wire *w, struct report_rule *r)
{
	xfer_below(w, &r->rule, w->nrules);
	xfer_u32(w, &r->hits);
	XFER_ENUM(w, r->state, RULE_BROKEN + 1);
}

static void
xfer_cut(struct wire *w, struct report_cut *c)
{
	xfer_string(w, &c->part);
	xfer_span(w, &c->raw, w->len);
	xfer_u32(w, &c->chars);
}

static void
xfer_hit(struct wire *w, struct report_hit *h)
{
	xfer_below(w, &h->rule, w->nrules);
	xfer_string(w, &h->part);
	xfer_string(w, &h->what);
	xfer_bytes(w, &h->text, &h->len);
	xfer_span(w, &h->match, h->len);
	xfer_span(w, &h->raw, w->len);
	XFER_ENUM(w, h->folded, 2);
	XFER_ENUM(w, h->guarded, 2);
	XFER_ENUM(w, h->asked, 2);
	XFER_ENUM(w, h->refused, 2);
	XFER_ENUM(w, h->unit, UNIT_ELEMENT + 1);
	xfer_span(w, &h->grown, h->len);
	xfer_u32(w, &h->grown_chars);
}

/* An index of a rule, or UINT32_MAX. */
static void
xfer_category(struct wire *w, uint32_t *category)
{
	uint32_t v = *category + 1; /* 0: none */

	xfer_below(w, &v, w->nrules + 1);
	*category = v - 1;
}

static void
xfer_entry(struct wire *w, struct report_entry *e)
{
	xfer_u32(w, &e->number);
	xfer_string(w, &e->path);
	XFER_ENUM(w, e->verdict, VERDICT_ERROR + 1);
	XFER_ENUM(w, e->action, ACTION_HOLD + 1);
	XFER_ENUM(w, e->refusal, REFUSAL_MAX);
	xfer_score(w, &e->score);
	xfer_category(w, &e->category);
}

static void
xfer_text(struct wire *w, struct report_text *t)
{
	xfer_string(w, &t->part);
	xfer_string(w, &t->what);
	xfer_bytes(w, &t->text, &t->len);
	t->gone =
	    xfer_array(w, t->gone, &t->ngone, LIMIT_EDITS, 8, sizeof *t->gone);
	for (uint32_t i = 0, at = 0; i < t->ngone; i++) {
		xfer_span(w, &t->gone[i], t->len);
		w->bad |= t->gone[i].from < at;
		at = t->gone[i].to;
	}
}

static void
xfer_edit(struct wire *w, struct edit *e)
{
	xfer_span(w, &e->span, w->len);
	xfer_bytes(w, &e->p, &e->len);
}

static void
xfer_reading(struct wire *w, struct report *r)
{
	uint32_t there = r->reading != NULL;
	struct report_reading *g;

	xfer_below(w, &there, 2);
	if (there == 0)
		return;
	if (w->out == NULL)
		r->reading = arena_alloc(w->a, sizeof *r->reading);
	g = r->reading;
	xfer_bytes(w, &g->text, &g->len);
	xfer_bytes(w, &g->kind, &g->nline);
	xfer_headline(w, &g->to, &g->to_len);
	w->bad |= g->len > LIMIT_READING_MOST;
	g->mark =
	    xfer_array(w, g->mark, &g->nmark, LIMIT_LINKS, 8, sizeof *g->mark);
	for (uint32_t i = 0, at = 0, all = 0; i < g->nmark; i++) {
		xfer_below(w, &g->mark[i].at, g->len + 1);
		xfer_bytes(w, &g->mark[i].url, &g->mark[i].len);
		all += g->mark[i].len; /* an answer has less than 4 GB */
		w->bad |= all > LIMIT_READING_URLS;
		w->bad |= g->mark[i].at < at;
		at = g->mark[i].at;
	}
}

static void
xfer_lists(struct wire *w, struct report *r)
{
	r->rule =
	    xfer_array(w, r->rule, &r->nrule, LIMIT_RULES, 12, sizeof *r->rule);
	for (uint32_t i = 0; i < r->nrule; i++)
		xfer_rule(w, &r->rule[i]);
	r->cut =
	    xfer_array(w, r->cut, &r->ncut, LIMIT_EDITS, 20, sizeof *r->cut);
	for (uint32_t i = 0; i < r->ncut; i++)
		xfer_cut(w, &r->cut[i]);
	r->edit =
	    xfer_array(w, r->edit, &r->nedit, LIMIT_EDITS, 12, sizeof *r->edit);
	for (uint32_t i = 0; i < r->nedit; i++)
		xfer_edit(w, &r->edit[i]);
	r->entry = xfer_array(
	    w, r->entry, &r->nentry, LIMIT_ENTRIES, 36, sizeof *r->entry);
	for (uint32_t i = 0; i < r->nentry; i++)
		xfer_entry(w, &r->entry[i]);
	r->token = xfer_array(
	    w, r->token, &r->ntoken, LIMIT_TOKENS, 8, sizeof *r->token);
	for (uint32_t i = 0; i < r->ntoken; i++)
		xfer_span(w, &r->token[i], w->len);
	r->hit =
	    xfer_array(w, r->hit, &r->nhit, LIMIT_HITS, 60, sizeof *r->hit);
	for (uint32_t i = 0; i < r->nhit; i++)
		xfer_hit(w, &r->hit[i]);
	r->text = xfer_array(
	    w, r->text, &r->ntext, LIMIT_PARTS * 2, 24, sizeof *r->text);
	for (uint32_t i = 0; i < r->ntext; i++)
		xfer_text(w, &r->text[i]);
}

static void
xfer_report(struct wire *w, struct report *r)
{
	uint32_t magic = MAGIC, end = END;

	xfer_u32(w, &magic);
	w->bad |= magic != MAGIC;
	XFER_ENUM(w, r->verdict, VERDICT_ERROR + 1);
	XFER_ENUM(w, r->action, ACTION_HOLD + 1);
	XFER_ENUM(w, r->refusal, REFUSAL_MAX);
	XFER_ENUM(w, r->may_hold, 2);
	xfer_score(w, &r->score);
	xfer_score(w, &r->required);
	xfer_category(w, &r->category);
	xfer_u32(w, &r->warn);
	xfer_u32(w, &r->text_chars);
	xfer_u32(w, &r->gone_chars);
	xfer_below(w, &r->field_at, w->len + 1);
	xfer_below(w, &r->body_at, w->len + 1);
	xfer_headline(w, &r->from, &r->from_len);
	xfer_headline(w, &r->subject, &r->subject_len);
	xfer_string(w, &r->date);
	w->bad |= r->date != NULL && strlen(r->date) > DATE_BYTES;
	xfer_string(w, &r->need);
	xfer_string(w, &r->tree);
	if (!w->bad)
		xfer_lists(w, r);
	if (!w->bad)
		xfer_reading(w, r);
	xfer_u32(w, &end);
	w->bad |= end != END || (w->out == NULL && w->n != 0);
}

int
wire_write(struct buf *out, const struct report *r)
{
	struct report copy = *r;
	struct wire w = {
	    .out = out, .nrules = UINT32_MAX - 1, .len = UINT32_MAX - 1};

	xfer_report(&w, &copy);
	return w.bad || out->failed ? -1 : 0;
}

int
wire_read(struct report *r, struct arena *a, const char *p, size_t n,
    uint32_t nrules, uint32_t len)
{
	struct wire w = {.p = p, .n = n, .a = a, .nrules = nrules, .len = len};

	memset(r, 0, sizeof *r);
	xfer_report(&w, r);
	return w.bad ? -1 : 0;
}
