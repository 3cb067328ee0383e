#include "show.h"

#include <string.h>

#include "limits.h"

#define SHOWN_RULE 20u  /* places of one rule that explain shows … */
#define SHOWN_HIDDEN 2u /* … and of one that never scores */

/* What is shown of which message. */
struct shower {
	struct report *r;
	struct arena *a;
	const struct sight *s;
	const struct entries *e;
	const struct entry *entry; /* or NULL: the message itself */
	uint32_t text_size;
};

static const char *
path_of(const struct shower *x, const struct doc *d)
{
	return x->entry != NULL ? entry_path(x->entry, x->a, d->path) : d->path;
}

static struct span
raw_of(const struct shower *x, const struct doc *d, struct span utf8)
{
	struct span s =
	    view_raw_span(&x->s->view, d, map_cover(&d->utf8.map, utf8, NULL));

	return x->entry != NULL ? entry_raw(x->e, x->entry, s) : s;
}

static const struct text *
layer_text(const struct doc *d, const struct hit *h)
{
	if (d->html == NULL || h->layer == LAYER_UTF8)
		return &d->utf8;
	return h->layer == LAYER_HIDDEN ? &d->html->hidden : &d->html->text;
}

static bool
continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* What the unit made of it, where that is text of the same kind. */
static void
show_growth(struct report_hit *o, const struct doc *d, const struct hit *h,
    const struct text *t, struct span shown)
{
	struct span g = h->grown;

	o->asked = h->asked;
	o->refused = h->refused;
	o->unit = h->unit;
	if (!h->asked || g.to <= g.from ||
	    (d->html != NULL && h->layer == LAYER_UTF8))
		return;
	o->grown_chars = grow_chars(t->p, g);
	g.from = g.from > shown.from ? g.from : shown.from;
	g.to = g.to < shown.to ? g.to : shown.to;
	if (g.from < g.to)
		o->grown =
		    (struct span){g.from - shown.from, g.to - shown.from};
}

/* The match with some text round it, on its line where that can be. */
static void
show_hit(const struct shower *x, struct report_hit *o, const struct hit *h)
{
	const struct doc *d = &x->s->view.doc[h->doc];
	const struct text *t = layer_text(d, h);
	uint32_t from = h->at.from, to = h->at.to, low, high;

	low = from > LIMIT_CONTEXT / 2 ? from - LIMIT_CONTEXT / 2 : 0;
	high =
	    t->len - to > LIMIT_CONTEXT / 2 ? to + LIMIT_CONTEXT / 2 : t->len;
	if (high - low > LIMIT_CONTEXT * 8)
		high = low + LIMIT_CONTEXT * 8;
	while (from > low && t->p[from - 1] != '\n')
		from--;
	while (from < h->at.from && continues(t->p[from]))
		from++;
	while (to < high && t->p[to] != '\n')
		to++;
	if (to > high)
		to = high;
	while (to > from && to < t->len && continues(t->p[to]))
		to--;
	o->rule = h->rule;
	o->part = path_of(x, d);
	o->what = d->what;
	o->text = t->p + from;
	o->len = to - from;
	o->match = (struct span){
	    h->at.from - from, (h->at.to < to ? h->at.to : to) - from};
	o->raw = d->raw ? (struct span){0} : raw_of(x, d, h->utf8);
	o->folded = h->folded;
	o->guarded = h->guarded;
	show_growth(o, d, h, t, (struct span){from, to});
}

static void
show_hits(struct shower *x)
{
	const struct match *m = &x->s->match;
	uint32_t *shown = arena_array(x->a, m->rules->n, sizeof *shown);
	struct report *r = x->r;

	for (uint32_t i = 0; i < m->nhit && r->nhit < LIMIT_SHOWN; i++) {
		const struct hit *h = &m->hit[i];
		bool hidden = m->rules->rule[h->rule].flags & RULE_HIDDEN;

		/* Topic words may stand in each line: a few of them tell. */
		if (h->doc == NO_DOC ||
		    shown[h->rule]++ >= (hidden ? SHOWN_HIDDEN : SHOWN_RULE))
			continue;
		show_hit(x, &r->hit[r->nhit++], h);
	}
}

/* The texts of which something goes; of an entry that goes whole, all. */
static void
show_texts(struct shower *x)
{
	const struct view *v = &x->s->view;
	struct report *r = x->r;

	for (uint32_t i = 0; i < v->ndoc; i++) {
		const struct doc *d = &v->doc[i];
		const struct text *t = view_shown(d);
		struct spans cut = x->s->plan.cut[i];

		if (x->entry != NULL && x->entry->stub && !d->subject)
			grow_add(&cut, x->a, (struct span){0, t->len});
		if (cut.n == 0)
			continue;
		r->text = arena_more(
		    x->a, r->text, r->ntext, &x->text_size, sizeof *r->text);
		r->text[r->ntext++] = (struct report_text){
		    path_of(x, d), d->what, t->p, t->len, cut.v, cut.n};
	}
}

/* What rules found in a text: those that score, or those that never do. */
static struct spans
found_in(const struct shower *x, uint32_t doc, bool hidden)
{
	const struct match *m = &x->s->match;
	const struct doc *d = &x->s->view.doc[doc];
	struct spans found = {0};

	for (uint32_t i = 0; i < m->nhit; i++) {
		const struct hit *h = &m->hit[i];
		const struct rule *r = &m->rules->rule[h->rule];
		struct span s;

		if (h->doc != doc || d->raw || h->guarded ||
		    ((r->flags & RULE_HIDDEN) != 0) != hidden ||
		    (!hidden && r->score <= 0))
			continue;
		s = match_shown(m, h);
		if (s.from < s.to && s.to <= view_shown(d)->len)
			grow_add(&found, x->a, s);
	}
	grow_sort(&found);
	return found;
}

static bool
any_scores(const struct shower *x)
{
	for (uint32_t i = 0; i < x->s->view.ndoc; i++)
		if (found_in(x, i, false).n > 0)
			return true;
	return false;
}

/* All texts, with what was found in them.  Words of the trade are marked only
   where nothing else is: they may stand in each line. */
static void
show_whole(struct shower *x)
{
	const struct view *v = &x->s->view;
	bool hidden = !any_scores(x);
	struct report *r = x->r;

	for (uint32_t i = 0; i < v->ndoc; i++) {
		const struct doc *d = &v->doc[i];
		struct spans found = found_in(x, i, hidden);
		const struct text *t = view_shown(d);

		if (found.n > LIMIT_EDITS)
			found.n = LIMIT_EDITS;
		if (r->ntext == LIMIT_PARTS)
			return;
		r->text = arena_more(
		    x->a, r->text, r->ntext, &x->text_size, sizeof *r->text);
		r->text[r->ntext++] = (struct report_text){
		    path_of(x, d), d->what, t->p, t->len, found.v, found.n};
	}
}

static void
show_tree(struct report *r, struct arena *a, const struct tree *t)
{
	static const char *const cte[] = {[CTE_IDENTITY] = "as-is",
	    [CTE_QP] = "quoted-printable",
	    [CTE_BASE64] = "base64"};
	struct text out = TEXT(a);

	for (uint32_t i = 0; i < t->n; i++) {
		const struct part *q = &t->part[i];
		const char *line = arena_printf(a,
		    "%*s%-8s %-24.80s %-16s header %u-%u body %u-%u%s%.40s%s%s"
		    "%s\n",
		    (int)(q->depth < 20 ? q->depth : 20) * 2, "", q->path,
		    q->type, cte[q->cte], q->head.from, q->head.to,
		    q->body.from, q->body.to,
		    q->charset != NULL ? " charset " : "",
		    q->charset != NULL ? q->charset : "",
		    q->sealed ? " sealed" : "", q->lost ? " lost" : "",
		    q->source > 0 ? " (offsets in the decoded message)" : "");

		text_copy(&out, line, (uint32_t)strlen(line), 0);
	}
	text_copy(&out, "", 1, 0);
	r->tree = out.p;
}

void
show(struct report *r, struct arena *a, const struct sight *s,
    const struct entries *e, unsigned want)
{
	struct shower x = {.r = r, .a = a, .s = s, .e = e};

	if (want & WANT_REASONS && r->verdict != VERDICT_CLEAN)
		want |= WANT_HITS;

	if (want & WANT_TREE)
		show_tree(r, a, &s->tree);
	if (want & WANT_HITS) {
		r->hit = arena_array(a, LIMIT_SHOWN, sizeof *r->hit);
		show_hits(&x);
	}
	if (want & WANT_WHOLE)
		show_whole(&x);
	if (want & WANT_TEXTS && r->ncut > 0)
		show_texts(&x);
	for (uint32_t i = 0; i < e->n; i++) {
		x.entry = &e->v[i];
		x.s = x.entry->sight;
		if (x.entry->report.verdict == VERDICT_CLEAN)
			continue;
		if (want & WANT_HITS)
			show_hits(&x);
		if (want & WANT_WHOLE)
			show_whole(&x);
		if (want & WANT_TEXTS && x.entry->changed &&
		    r->action == ACTION_CUT)
			show_texts(&x);
	}
}
