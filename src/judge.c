#include "judge.h"

#include <string.h>
#include <strings.h>

#include "clock.h"
#include "limits.h"
#include "plan.h"

#define SHOWN_RULE 20u  /* places of one rule that explain shows … */
#define SHOWN_HIDDEN 2u /* … and of one that never scores */

/* Everything about one message on its way from bytes to a plan. */
struct sight {
	struct tree tree;
	struct view view;
	struct match match;
	struct spans *guard;
	struct plan plan;
};

/* The flow: text climbs up, spans climb down. */
static void
look(struct sight *s, struct report *r, struct arena *a, struct rules *rules,
    const struct settings *set, const struct judge_job *job, int64_t deadline)
{
	int64_t left = deadline - clock_ms();

	mime_parse(&s->tree, a, job->p, job->len);
	view_make(&s->view, a, &s->tree, job->charsets);
	match_run(&s->match, a, rules, &s->view, left > 0 ? (uint32_t)left : 0);
	s->guard = arena_array(a, s->view.ndoc, sizeof *s->guard);
	verdict_make(
	    r, &s->match, set, s->guard, (job->want & WANT_HIDDEN) != 0);
	if (job->only_cut != UINT32_MAX)
		plan_try(&s->plan, r, &s->match, s->guard, job->only_cut);
	else if (r->action == ACTION_CUT)
		plan_make(&s->plan, r, &s->match, set, s->guard);
}

static void
start(struct report *r)
{
	*r = (struct report){.category = UINT32_MAX};
}

/* "Mon Nov  2 10:11:12 2026" at the end of a From_ line (RFC 4155). */
static bool
has_date(const char *p, uint32_t n)
{
	static const char form[] = "Aaa Aaa bd dd:dd:dd dddd";
	uint32_t len = sizeof form - 1;

	while (n > 0 && (p[n - 1] == '\n' || p[n - 1] == '\r'))
		n--;
	if (n <= len + 5)
		return false;
	for (uint32_t i = 0; i < len; i++) {
		char c = p[n - len + i];
		bool digit = c >= '0' && c <= '9';
		bool fits = form[i] == 'A'   ? c >= 'A' && c <= 'Z'
			    : form[i] == 'a' ? c >= 'a' && c <= 'z'
			    : form[i] == 'd' ? digit
			    : form[i] == 'b' ? digit || c == ' '
					     : c == form[i];

		if (!fits)
			return false;
	}
	return true;
}

/* A second From_ line with a date, after an empty line, before a field: a
   whole mailbox was handed over. */
static bool
is_mbox(const char *p, uint32_t n)
{
	uint32_t at = message_from_line(p, n), end;
	const char *hit;

	while (at > 0 && at < n &&
	       (hit = memmem(p + at, n - at, "\nFrom ", 6)) != NULL) {
		uint32_t k = (uint32_t)(hit - p);
		bool after_empty =
		    p[k - 1] == '\n' ||
		    (k > 1 && p[k - 1] == '\r' && p[k - 2] == '\n');

		at = k + 1;
		end = at + message_from_line(p + at, n - at);
		if (after_empty && has_date(p + at, end - at))
			for (at = end; at < n && p[at] > ' ' && p[at] < 127;
			     at++)
				if (p[at] == ':' && at > end)
					return true;
		at = end;
	}
	return false;
}

static void
warn(struct report *r, const struct sight *s)
{
	const struct {
		bool is;
		uint32_t bit;
	} table[] = {
	    {s->tree.odd, WARN_MIME_ODD},
	    {s->tree.refused, WARN_MIME_REFUSED},
	    {s->tree.limited, WARN_MIME_LIMIT},
	    {s->view.limited, WARN_TEXT},
	    {s->view.missing != NULL, WARN_CHARSET},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		r->warn |= table[i].is ? table[i].bit : 0;
	for (uint32_t i = 0; i < s->tree.n; i++)
		r->warn |= s->tree.part[i].sealed ? WARN_SIGNED : 0;
	for (uint32_t i = 0; i < s->view.ndoc; i++)
		if (s->view.doc[i].odd & (DECODE_SLOPPY | DECODE_INVALID))
			r->warn |= WARN_DECODE;
}

/* ---- fields that somebody else called ours ---- */

static void
put_edit(struct report *r, struct arena *a, uint32_t *size, struct edit e)
{
	r->edit = arena_more(a, r->edit, r->nedit, size, sizeof *r->edit);
	r->edit[r->nedit++] = e;
}

/* The plan's edits and the removal of X-Simsift* fields, in order. */
static void
all_edits(
    struct report *r, struct arena *a, const struct sight *s, const char *p)
{
	const struct header *h = &s->tree.part[0].header;
	uint32_t size = 0, k = 0;

	r->edit = NULL;
	r->nedit = 0;
	for (uint32_t i = 0; i < h->n; i++) {
		const struct field *f = &h->field[i];

		while (k < s->plan.nedit &&
		       s->plan.edit[k].span.from < f->whole.from)
			put_edit(r, a, &size, s->plan.edit[k++]);
		if (f->name.to - f->name.from >= 9 &&
		    strncasecmp(p + f->name.from, "x-simsift", 9) == 0)
			put_edit(r, a, &size, (struct edit){f->whole, NULL, 0});
	}
	while (k < s->plan.nedit)
		put_edit(r, a, &size, s->plan.edit[k++]);
}

/* ---- promise 4: judged again, the result is clean, and the same tree ---- */

static bool
same_tree(const struct tree *x, const struct tree *y)
{
	if (x->n != y->n || y->odd || y->refused || y->limited)
		return false;
	for (uint32_t i = 0; i < x->n; i++) {
		const struct part *p = &x->part[i], *q = &y->part[i];

		if (p->kind != q->kind || p->parent != q->parent ||
		    p->cte != q->cte || p->header.n != q->header.n ||
		    strcmp(p->type, q->type) != 0)
			return false;
	}
	return true;
}

static bool
holds(const struct sight *s, struct arena *a, struct rules *rules,
    const struct settings *set, const struct judge_job *job, int64_t deadline)
{
	struct judge_job again = *job;
	struct sight *second = arena_alloc(a, sizeof *second);
	struct report result;
	uint32_t at = 0;
	struct text out = TEXT(a);

	if (edit_check(job->p, job->len, s->plan.edit, s->plan.nedit,
		LIMIT_KEEP) != NULL)
		return false;
	for (uint32_t i = 0; i < s->plan.nedit; i++) {
		const struct edit *e = &s->plan.edit[i];

		text_copy(&out, job->p + at, e->span.from - at, 0);
		text_copy(&out, e->p, e->len, 0);
		at = e->span.to;
	}
	text_copy(&out, job->p + at, job->len - at, 0);
	again.p = out.p;
	again.len = out.len;
	start(&result);
	look(second, &result, a, rules, set, &again, deadline);
	return result.verdict == VERDICT_CLEAN && !second->match.timeout &&
	       same_tree(&s->tree, &second->tree);
}

/* No memory for the second look: the verdict of the first one stands, and
   nothing is cut. */
static void
check_again(const struct report *r, struct sight *s, struct arena *a,
    struct rules *rules, const struct settings *set,
    const struct judge_job *job, int64_t deadline)
{
	jmp_buf outer;

	if (r->action != ACTION_CUT || s->plan.refusal != REFUSAL_NONE)
		return;
	memcpy(&outer, arena_oom(a), sizeof outer);
	if (setjmp(*arena_oom(a)) != 0)
		s->plan.refusal = REFUSAL_LIMIT;
	else if (!holds(s, a, rules, set, job, deadline))
		s->plan.refusal = REFUSAL_AGAIN;
	memcpy(arena_oom(a), &outer, sizeof outer);
}

/* ---- what explain and diff show ---- */

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

/* The match with some text round it, on its line where that can be. */
static void
show_hit(struct report_hit *o, const struct view *v, const struct hit *h)
{
	const struct doc *d = &v->doc[h->doc];
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
	o->part = d->path;
	o->what = d->what;
	o->text = t->p + from;
	o->len = to - from;
	o->match = (struct span){
	    h->at.from - from, (h->at.to < to ? h->at.to : to) - from};
	o->raw = d->raw ? (struct span){0}
			: view_raw_span(
			      v, d, map_cover(&d->utf8.map, h->utf8, NULL));
	o->folded = h->folded;
	o->guarded = h->guarded;
}

static void
show_hits(struct report *r, struct arena *a, const struct sight *s)
{
	uint32_t *shown = arena_array(a, s->match.rules->n, sizeof *shown);

	r->hit = arena_array(a, LIMIT_SHOWN, sizeof *r->hit);
	for (uint32_t i = 0; i < s->match.nhit && r->nhit < LIMIT_SHOWN; i++) {
		const struct hit *h = &s->match.hit[i];
		bool hidden = s->match.rules->rule[h->rule].flags & RULE_HIDDEN;

		/* Topic words may stand in each line: a few of them tell. */
		if (h->doc == NO_DOC ||
		    shown[h->rule]++ >= (hidden ? SHOWN_HIDDEN : SHOWN_RULE))
			continue;
		r->hit[r->nhit].rule = h->rule;
		show_hit(&r->hit[r->nhit++], &s->view, h);
	}
}

static void
show_texts(struct report *r, struct arena *a, const struct sight *s)
{
	r->text = arena_array(a, s->view.ndoc, sizeof *r->text);
	for (uint32_t i = 0; i < s->view.ndoc; i++) {
		const struct doc *d = &s->view.doc[i];
		const struct text *t = view_shown(d);

		if (r->ncut == 0 || s->plan.cut[i].n == 0)
			continue;
		r->text[r->ntext++] = (struct report_text){d->path, d->what,
		    t->p, t->len, s->plan.cut[i].v, s->plan.cut[i].n};
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
judge(struct report *r, struct arena *a, struct rules *rules,
    const struct settings *set, const struct judge_job *job)
{
	struct sight *s = arena_alloc(a, sizeof *s);
	int64_t deadline = clock_ms() + job->time_ms;

	start(r);
	r->required = set->required_score;
	r->field_at = message_from_line(job->p, job->len);
	if (is_mbox(job->p, job->len)) {
		r->warn |= WARN_MBOX;
		return;
	}
	look(s, r, a, rules, set, job, deadline);
	if (s->view.missing != NULL)
		r->need = s->view.missing;
	if (job->only_cut != UINT32_MAX)
		r->action = ACTION_PASS;
	check_again(r, s, a, rules, set, job, deadline);
	if (r->action == ACTION_CUT && s->plan.refusal != REFUSAL_NONE) {
		verdict_refuse(r, s->plan.refusal);
		s->plan.nedit = 0;
	}
	warn(r, s);
	all_edits(r, a, s, job->p);
	if (job->want & WANT_HITS)
		show_hits(r, a, s);
	if (job->want & WANT_TEXTS)
		show_texts(r, a, s);
	if (job->want & WANT_TREE)
		show_tree(r, a, &s->tree);
}
