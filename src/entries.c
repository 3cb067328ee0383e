#include "entries.h"

#include <stdlib.h>
#include <string.h>

#include "limits.h"

/* ---- finding them ---- */

static struct entry *
add_entry(struct entries *e, struct arena *a)
{
	struct entry *x;

	e->v = arena_more(a, e->v, e->n, &e->size, sizeof *e->v);
	x = &e->v[e->n++];
	*x = (struct entry){.part = NO_PART, .made = TEXT(a)};
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
make_message(
    struct entry *x, const struct text *t, const struct digest_entry *d)
{
	const char *eol = message_eol(t->p, t->len);
	const char *head = arena_printf(t->a,
	    "MIME-Version: 1.0%sContent-Type: text/plain; charset=utf-8%s", eol,
	    eol);
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

static void
find_in_text(
    struct entries *e, struct arena *a, const struct view *v, uint32_t doc)
{
	const struct doc *d = &v->doc[doc];
	struct digest found = {0};

	digest_find(&found, a, d->utf8.p, d->utf8.len);
	for (uint32_t i = 0; i < found.n && e->n < LIMIT_ENTRIES; i++) {
		struct entry *x = add_entry(e, a);

		x->number = found.v[i].number;
		x->path = arena_printf(a, "%s#%u", d->path, x->number);
		x->doc = x->toc_doc = doc;
		x->whole = found.v[i].whole;
		x->toc = found.v[i].toc;
		make_message(x, &d->utf8, &found.v[i]);
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

/* The table of contents of a multipart/digest stands in a part before it. */
static void
find_contents(struct entries *e, struct arena *a, const struct view *v)
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
			if (line[k].to > 0 && e->v[k].toc.to == 0) {
				e->v[k].toc_doc = i;
				e->v[k].toc = line[k];
			}
	}
}

void
entries_find(struct entries *e, struct arena *a, const struct sight *s)
{
	const struct view *v = &s->view;

	*e = (struct entries){.outer = s};
	find_parts(e, a, &s->tree);
	e->of = parts_of(e, a, &s->tree);
	if (e->n > 0)
		find_contents(e, a, v);
	for (uint32_t i = 0; i < v->ndoc; i++) {
		const struct doc *d = &v->doc[i];

		if (!d->subject && !d->raw && d->html == NULL &&
		    e->of[d->part] == UINT32_MAX)
			find_in_text(e, a, v, i);
	}
}

/* ---- the rest is judged without them ---- */

struct apart {
	const uint32_t *of;    /* for each part */
	struct spans *in_text; /* for each doc, sorted */
	const struct view *view;
};

static int
by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

static bool
covered(const struct spans *s, struct span one)
{
	uint32_t lo = 0, hi = s->n;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (s->v[mid].from <= one.from)
			lo = mid;
		else
			hi = mid;
	}
	return s->n > 0 && s->v[lo].from <= one.from && one.to <= s->v[lo].to;
}

static bool
in_entry(void *ctx, const struct hit *h)
{
	const struct apart *x = ctx;

	if (h->doc == NO_DOC)
		return x->of[h->part] != UINT32_MAX;
	return x->of[x->view->doc[h->doc].part] != UINT32_MAX ||
	       covered(&x->in_text[h->doc], h->utf8);
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
		if (one->toc.to > one->toc.from)
			grow_add(&x.in_text[one->toc_doc], a, one->toc);
	}
	for (uint32_t i = 0; i < s->view.ndoc; i++) {
		struct spans *v = &x.in_text[i];

		if (v->n == 0)
			continue;
		qsort(v->v, v->n, sizeof *v->v, by_start);
		for (uint32_t k = 0; k < v->n; k++)
			grow_add(&s->guard[i], a, v->v[k]);
	}
	match_drop(&s->match, in_entry, &x);
}

/* ---- each by itself ---- */

static bool
holds(const struct entry *x, const struct sight_with *w)
{
	return sight_holds(x->sight, w, x->p, x->len);
}

static void
refuse(struct entry *x, const struct rules *rules, enum refusal why)
{
	verdict_refuse(&x->report, rules, why);
	x->report.action = ACTION_MARK;
}

static bool
shows_text(const struct part *q)
{
	return q->kind == PART_LEAF && (strcmp(q->type, "text/plain") == 0 ||
					   strcmp(q->type, "text/html") == 0);
}

/* What a body becomes: the first text says what was removed, and so do its
   alternatives; all else is empty. */
static void
replace_bodies(struct entry *x, const char *line)
{
	const struct tree *t = &x->sight->tree;
	uint32_t first = NO_PART;

	for (uint32_t i = 0; i < t->n; i++) {
		const struct part *q = &t->part[i];
		bool says = shows_text(q) &&
			    (first == NO_PART ||
				(q->parent == first && first != NO_PART &&
				    strcmp(t->part[first].type,
					"multipart/alternative") == 0));

		if (q->kind != PART_LEAF)
			continue;
		if (says && first == NO_PART)
			first = q->parent != NO_PART ? q->parent : i;
		lower_replace(x->sight->plan.source, &x->sight->view, i,
		    says ? line : NULL);
	}
}

static void
drop_subject(struct entry *x, struct arena *a)
{
	const struct view *v = &x->sight->view;

	for (uint32_t i = 0; i < v->ndoc; i++)
		if (v->doc[i].subject && v->doc[i].utf8.len > 0)
			grow_add(&x->sight->plan.cut[i], a,
			    (struct span){0, v->doc[i].utf8.len});
}

static bool
has_sealed(const struct tree *t)
{
	for (uint32_t i = 0; i < t->n; i++)
		if (t->part[i].sealed)
			return true;
	return false;
}

/* The line that stands for an entry; NULL where none is wanted. */
static const char *
stub_line(const struct entry *x, const struct sight_with *w)
{
	const char *category = report_category(&x->report, w->rules);

	if (!w->set->digest_stub)
		return NULL;
	return arena_printf(w->a, "[simsift: entry %u removed, %s]", x->number,
	    category != NULL ? category : "promo");
}

static uint32_t
shown_chars(const struct view *v)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < v->ndoc; i++) {
		const struct text *t = view_shown(&v->doc[i]);

		if (!v->doc[i].subject && !v->doc[i].raw)
			n += grow_chars(t->p, (struct span){0, t->len});
	}
	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

/* All its text went. */
static void
report_stub(struct entry *x, struct arena *a)
{
	const struct view *v = &x->sight->view;

	x->report.gone_chars = x->report.text_chars = shown_chars(v);
	x->report.ncut = 1;
	x->report.cut = arena_alloc(a, sizeof *x->report.cut);
	*x->report.cut = (struct report_cut){
	    "1", x->sight->tree.part[0].body, x->report.gone_chars};
}

static void
make_stub(struct entry *x, const struct sight_with *w)
{
	struct sight *s = x->sight;

	for (int subject = 0; subject < 2; subject++) {
		plan_start(&s->plan, w->a, &s->view);
		s->plan.replaced = true;
		x->report.ncut = 0;
		replace_bodies(x, stub_line(x, w));
		if (subject > 0)
			drop_subject(x, w->a);
		plan_lower(&s->plan, w->a, &s->view, false);
		if (holds(x, w)) {
			x->stub = x->changed = true;
			report_stub(x, w->a);
			return;
		}
	}
	refuse(x, w->rules, REFUSAL_AGAIN);
}

static void
judge_one(struct entry *x, const struct sight_with *w, enum refusal why)
{
	struct sight *s = arena_alloc(w->a, sizeof *s);
	struct report *r = &x->report;

	x->sight = s;
	*r = (struct report){.category = UINT32_MAX};
	sight_look(s, w, x->p, x->len);
	sight_decide(s, r, w);
	if (r->action < ACTION_CUT)
		return;
	if (why == REFUSAL_NONE)
		why = plan_refuses(&s->view, NULL);
	if (why == REFUSAL_NONE && r->action == ACTION_HOLD &&
	    has_sealed(&s->tree))
		why = REFUSAL_SIGNED;
	if (why != REFUSAL_NONE) {
		refuse(x, w->rules, why);
		return;
	}
	if (r->action == ACTION_CUT) {
		plan_lower(&s->plan, w->a, &s->view, false);
		plan_report(&s->plan, r, w->a, &s->view);
		plan_report_parts(&s->plan, r, w->a, &s->view);
		x->changed = holds(x, w);
		if (!x->changed)
			verdict_refuse(r, w->rules, REFUSAL_AGAIN);
	}
	if (r->action == ACTION_HOLD && !has_sealed(&s->tree))
		make_stub(x, w);
}

void
entries_judge(struct entries *e, const struct sight_with *w, enum refusal why)
{
	const struct sight *s = e->outer;

	for (uint32_t i = 0; i < e->n; i++) {
		struct entry *x = &e->v[i];
		uint32_t in =
		    x->part != NO_PART ? x->part : s->view.doc[x->doc].part;

		judge_one(x, w, s->tree.part[in].sealed ? REFUSAL_SIGNED : why);
	}
}

/* ---- into the plan of the digest ---- */

/* The text of a cut in another place where line ends and blanks may differ. */
static struct span
find_loose(const struct text *t, struct span in, const char *p, uint32_t n)
{
	while (n > 0 && (unsigned char)*p <= ' ') {
		p++;
		n--;
	}
	for (uint32_t at = in.from; n > 0 && at < in.to; at++) {
		uint32_t i = 0, k = at;

		for (;;) {
			while (i < n && (unsigned char)p[i] <= ' ')
				i++;
			if (i == n)
				return (struct span){at, k};
			while (k < in.to && (unsigned char)t->p[k] <= ' ')
				k++;
			if (k == in.to || t->p[k] != p[i])
				break;
			i++;
			k++;
		}
	}
	return (struct span){0, 0};
}

/* What an entry's Subject lost its line in the contents loses. */
static void
cut_contents(struct entry *x, struct plan *plan, const struct view *outer,
    struct arena *a)
{
	const struct text *t = &outer->doc[x->toc_doc].utf8;
	const struct view *v = &x->sight->view;

	for (uint32_t i = 0; i < v->ndoc; i++) {
		const struct spans *cut = &x->sight->plan.cut[i];

		for (uint32_t k = 0; v->doc[i].subject && k < cut->n; k++) {
			struct span s = find_loose(t, x->toc,
			    v->doc[i].utf8.p + cut->v[k].from,
			    cut->v[k].to - cut->v[k].from);

			if (s.to == s.from)
				continue;
			s = grow_tidy(t->p + x->toc.from,
			    x->toc.to - x->toc.from,
			    (struct span){
				s.from - x->toc.from, s.to - x->toc.from});
			s.from += x->toc.from;
			s.to += x->toc.from;
			lower_add(&plan->utf8[x->toc_doc], a, s, NULL, 0);
		}
	}
}

static void
plan_one(struct entries *e, struct entry *x, struct plan *plan,
    const struct sight_with *w)
{
	const struct plan *mine = &x->sight->plan;
	const char *line = stub_line(x, w);

	for (uint32_t i = 0; i < mine->nedit; i++) {
		struct edit d = mine->edit[i];

		if (x->part != NO_PART) {
			d.span.from += x->base;
			d.span.to += x->base;
			lower_add(
			    &plan->source[x->source], w->a, d.span, d.p, d.len);
		} else {
			d.span = map_cover(&x->made.map, d.span, NULL);
			lower_add(
			    &plan->utf8[x->doc], w->a, d.span, d.p, d.len);
		}
	}
	if (x->toc.to == x->toc.from)
		return;
	if (x->stub)
		lower_add(&plan->utf8[x->toc_doc], w->a, x->toc, line,
		    line != NULL ? (uint32_t)strlen(line) : 0);
	else
		cut_contents(x, plan, &e->outer->view, w->a);
}

void
entries_plan(struct entries *e, struct plan *plan, const struct sight_with *w)
{
	for (uint32_t i = 0; i < e->n; i++)
		if (e->v[i].changed)
			plan_one(e, &e->v[i], plan, w);
}

bool
entries_changed(const struct entries *e)
{
	for (uint32_t i = 0; i < e->n; i++)
		if (e->v[i].changed)
			return true;
	return false;
}

void
entries_refuse(struct entries *e, const struct rules *rules, enum refusal why)
{
	for (uint32_t i = 0; i < e->n; i++) {
		struct entry *x = &e->v[i];

		if (!x->changed)
			continue;
		x->changed = x->stub = false;
		refuse(x, rules, why);
	}
}

bool
entries_hold(const struct entries *e, const struct sight_with *w,
    const struct entries *again)
{
	if (again->n != e->n)
		return false;
	for (uint32_t i = 0; i < e->n; i++) {
		struct sight *s;
		struct report r = {.category = UINT32_MAX};

		if (!e->v[i].changed)
			continue;
		s = arena_alloc(w->a, sizeof *s);
		sight_look(s, w, again->v[i].p, again->v[i].len);
		verdict_make(&r, &s->match, w->set, s->guard, false);
		if (r.verdict != VERDICT_CLEAN || s->match.timeout)
			return false;
	}
	return true;
}

/* ---- into the report of the digest ---- */

struct span
entry_raw(const struct entries *e, const struct entry *x, struct span s)
{
	const struct view *v = &e->outer->view;

	if (x->part == NO_PART) {
		const struct doc *d = &v->doc[x->doc];

		s = map_cover(&x->made.map, s, NULL);
		return view_raw_span(v, d, map_cover(&d->utf8.map, s, NULL));
	}
	if (x->source > 0)
		return (struct span){0, 0};
	return (struct span){s.from + x->base, s.to + x->base};
}

const char *
entry_path(const struct entry *x, struct arena *a, const char *path)
{
	return arena_printf(a, "%s%s", x->path, path + 1);
}

/* Rules of an entry that counts are rules of the digest. */
static void
add_rules(struct report *r, struct arena *a, const struct report *mine)
{
	uint32_t size = r->nrule, k;

	for (uint32_t i = 0; i < mine->nrule; i++) {
		for (k = 0; k < r->nrule; k++)
			if (r->rule[k].rule == mine->rule[i].rule)
				break;
		if (k < r->nrule) {
			r->rule[k].hits += mine->rule[i].hits;
			continue;
		}
		r->rule =
		    arena_more(a, r->rule, r->nrule, &size, sizeof *r->rule);
		r->rule[r->nrule++] = mine->rule[i];
	}
}

static void
add_cuts(struct entries *e, struct entry *x, struct report *r, struct arena *a,
    uint32_t *size)
{
	const struct report *mine = &x->report;

	for (uint32_t i = 0; i < mine->ncut; i++) {
		struct report_cut c = mine->cut[i];

		c.raw = entry_raw(e, x, c.raw);
		c.part = entry_path(x, a, c.part);
		r->cut = arena_more(a, r->cut, r->ncut, size, sizeof *r->cut);
		r->cut[r->ncut++] = c;
	}
}

/* The digest is what its worst part is. */
static void
add_verdict(struct report *r, const struct report *mine)
{
	if (mine->verdict > r->verdict ||
	    (mine->verdict == r->verdict && mine->score > r->score)) {
		r->verdict = mine->verdict;
		r->category = mine->category;
		r->score = mine->score;
	}
	if (r->refusal == REFUSAL_NONE)
		r->refusal = mine->refusal;
	r->warn |= mine->warn;
}

void
entries_report(struct entries *e, struct report *r, struct arena *a)
{
	uint32_t size = r->ncut;
	bool cut = entries_changed(e) && r->action != ACTION_HOLD;

	r->entry = arena_array(a, e->n, sizeof *r->entry);
	r->nentry = e->n;
	for (uint32_t i = 0; i < e->n; i++) {
		struct entry *x = &e->v[i];
		const struct report *mine = &x->report;

		r->entry[i] = (struct report_entry){x->number, x->path,
		    mine->verdict, mine->action, mine->refusal, mine->score,
		    mine->category};
		if (mine->verdict == VERDICT_CLEAN)
			continue;
		add_verdict(r, mine);
		add_rules(r, a, mine);
		if (cut && x->changed) {
			add_cuts(e, x, r, a, &size);
			r->gone_chars += mine->gone_chars;
		} else if (r->action < ACTION_MARK) {
			r->action = ACTION_MARK;
		}
	}
	if (e->n > 0)
		r->text_chars = shown_chars(&e->outer->view);
	if (cut)
		r->action = ACTION_CUT;
}
