#include "judge.h"

#include <string.h>
#include <strings.h>

#include "clock.h"
#include "headline.h"
#include "limits.h"
#include "reading.h"
#include "show.h"

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
	if (s->plan.refusal == REFUSAL_NONE)
		r->warn |= s->plan.warn;
}

/* ---- fields that somebody else called ours ---- */

static void
put_edit(struct report *r, struct arena *a, uint32_t *size, struct edit e)
{
	r->edit = arena_more(a, r->edit, r->nedit, size, sizeof *r->edit);
	r->edit[r->nedit++] = e;
}

static bool
field_begins(const char *p, const struct field *f, const char *with)
{
	size_t n = strlen(with);

	return f->name.to - f->name.from >= n &&
	       strncasecmp(p + f->name.from, with, n) == 0;
}

/* Those that may be ours after all. */
static void
find_tokens(
    struct report *r, struct arena *a, const struct sight *s, const char *p)
{
	const struct header *h = &s->tree.part[0].header;

	r->body_at = h->body;
	if (h->cut_short)
		return;
	for (uint32_t i = 0; i < h->n && r->ntoken < LIMIT_TOKENS; i++) {
		if (!message_field_is(p, &h->field[i], "x-simsift-token"))
			continue;
		if (r->token == NULL)
			r->token =
			    arena_array(a, LIMIT_TOKENS, sizeof *r->token);
		r->token[r->ntoken++] = h->field[i].whole;
	}
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
		if (field_begins(p, f, "x-simsift"))
			put_edit(r, a, &size, (struct edit){f->whole, NULL, 0});
	}
	while (k < s->plan.nedit)
		put_edit(r, a, &size, s->plan.edit[k++]);
}

/* ---- the verdict, and what is done ---- */

/* A message on its way, and its entries where it is a digest. */
struct pass {
	struct sight *s;
	struct entries e;
	const struct sight_with *w;
	const struct judge_job *job;
	bool rest; /* something goes that is in no entry */
};

/* Promise 4: looked at again, what was changed is below the threshold, and
   the tree is the same; else why not. */
static enum refusal
look_again(const struct pass *x, struct arena *a)
{
	struct sight *second = arena_alloc(a, sizeof *second);
	struct report r = {.category = UINT32_MAX};
	struct sight_with quiet = *x->w;
	struct entries again;
	const char *p;
	uint32_t n;

	quiet.a = a;
	quiet.want = 0;
	p = sight_edited(x->s, &quiet, x->job->p, x->job->len, &n);
	if (p == NULL)
		return REFUSAL_CHANGED;
	sight_look(second, &quiet, p, n);
	/* No time for the second look says nothing of what it would find. */
	if (second->match.timeout)
		return REFUSAL_TIME;
	if (!sight_same_tree(&x->s->tree, &second->tree) ||
	    !sight_same_texts(x->s, second, a, x->e.of))
		return REFUSAL_CHANGED;
	entries_find(&again, a, second);
	entries_set_apart(&again, second);
	verdict_make(&r, &second->match, x->w->set, second->guard, false);
	if (x->rest && r.verdict != VERDICT_CLEAN)
		return REFUSAL_AGAIN;
	return entries_again(&x->e, &quiet, &again);
}

/* Its memory is given back.  Where there is none the verdict of the first look
   stands, and nothing is cut. */
static enum refusal
check_again(const struct pass *x)
{
	volatile enum refusal why = REFUSAL_LIMIT;
	struct arena *a = arena_new(sight_room(x->w));

	if (a != NULL && setjmp(*arena_oom(a)) == 0)
		why = look_again(x, a);
	arena_free(a);
	return why;
}

/* More than the wire takes? */
static bool
too_many(const struct pass *x, const struct report *r)
{
	uint64_t cuts = r->ncut;

	for (uint32_t i = 0; i < x->e.n; i++)
		cuts += x->e.v[i].changed ? x->e.v[i].report.ncut : 0;
	return cuts > LIMIT_EDITS || x->s->plan.nedit > LIMIT_EDITS;
}

/* Nothing is changed: what was to go is marked. */
static void
change_nothing(struct pass *x, struct report *r, enum refusal why)
{
	x->s->plan.nedit = 0;
	entries_refuse(&x->e, x->w->rules, why);
	if (x->rest)
		verdict_refuse(r, x->w->rules, why);
}

static void
make_edits(struct pass *x, struct report *r)
{
	struct sight *s = x->s;
	enum refusal why;

	entries_plan(&x->e, &s->plan, x->w);
	plan_lower(&s->plan, x->w->a, &s->view, true);
	plan_report_parts(&s->plan, r, x->w->a, &s->view);
	why = too_many(x, r) ? REFUSAL_LIMIT : check_again(x);
	if (why == REFUSAL_NONE)
		r->warn |= s->plan.warn;
	else
		change_nothing(x, r, why);
}

/* False: there was no memory for all of them. */
static bool
judge_entries(struct pass *x)
{
	enum refusal why = plan_refuses(&x->s->view, x->w->set);
	volatile bool done = false;
	jmp_buf outer;

	memcpy(&outer, arena_oom(x->w->a), sizeof outer);
	if (setjmp(*arena_oom(x->w->a)) == 0)
		done = entries_judge(&x->e, x->w, why);
	memcpy(arena_oom(x->w->a), &outer, sizeof outer);
	return done;
}

/* What looks safe because the rest went is more dangerous than before. */
static bool
phish_stays(const struct pass *x, const struct report *r)
{
	bool any = r->verdict == VERDICT_PHISH;

	for (uint32_t i = 0; i < x->e.n; i++)
		any |= x->e.v[i].report.verdict == VERDICT_PHISH &&
		       !x->e.v[i].stub;
	return any;
}

/* ---- a digest as one message ---- */

#define LIST_FIELD 1000 /* bytes of it that are looked at */

/* The verdict on all that was found, in entries or not.  The match is left as
   it is. */
static void
judge_whole(const struct pass *x, struct report *r)
{
	struct arena *a = x->w->a;
	struct match m = x->s->match;
	struct spans *guard = arena_array(a, x->s->view.ndoc, sizeof *guard);
	uint32_t n = m.rules->n;

	m.hit = arena_array(a, m.nhit, sizeof *m.hit);
	m.count = arena_array(a, n, sizeof *m.count);
	m.hit_size = m.nhit;
	if (m.nhit > 0)
		memcpy(m.hit, x->s->match.hit, m.nhit * sizeof *m.hit);
	if (n > 0)
		memcpy(m.count, x->s->match.count, n * sizeof *m.count);
	verdict_make(r, &m, x->w->set, guard, false);
}

/* Does one of the words stand in the value of a field? */
static bool
has_word(const char *p, struct span s, const char *const *word)
{
	uint32_t end = s.to - s.from < LIST_FIELD ? s.to : s.from + LIST_FIELD;

	for (; *word != NULL; word++) {
		size_t n = strlen(*word);

		for (uint32_t at = s.from; at + n <= end; at++)
			if (strncasecmp(p + at, *word, n) == 0)
				return true;
	}
	return false;
}

/*
 * Does a list manager say that he sent it (RFC 2919, RFC 2369; RFC 2142 6)?
 * Anybody can write a text that divides into entries, and so spread what is
 * over the threshold.  But in a true digest one post is about phones and
 * another one says how to reach its author, and that must not be marked.  No
 * text can tell them apart, be its contents ever so complete, for they cost
 * nothing; fields can, a little: who forges these shows himself as a list,
 * which a receiver can refuse or sort away.
 */
static bool
is_from_list(const struct sight *s)
{
	static const char *const any[] = {"", NULL},
				 *const often[] = {"list", "bulk", NULL},
				 *const role[] = {"-request@", "-bounces@",
				     "-owner@", "owner-", NULL};
	static const struct {
		const char *name, *const *words;
	} fields[] = {{"list-id", any}, {"list-post", any}, {"list-owner", any},
	    {"list-archive", any}, {"mailing-list", any}, {"precedence", often},
	    {"from", role}, {"sender", role}};
	const struct header *h = &s->tree.part[0].header;
	const char *p = s->tree.source[0].p;

	for (uint32_t i = 0; i < h->n; i++)
		for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
			if (message_field_is(p, &h->field[i], fields[k].name) &&
			    has_word(p, h->field[i].value, fields[k].words))
				return true;
	return false;
}

/* Only marked: in which part of it the fault lies nobody knows. */
static void
mark_whole(struct report *r, const struct report *whole, enum refusal why)
{
	r->verdict = whole->verdict;
	r->category = whole->category;
	r->score = whole->score;
	r->rule = whole->rule;
	r->nrule = whole->nrule;
	r->warn |= whole->warn;
	r->action = whole->action < ACTION_MARK ? whole->action : ACTION_MARK;
	if (whole->action > ACTION_MARK)
		r->refusal = why;
}

/* So many posts about one trade speak of topics here and of contacts there, and
   are no promotion for it: measured, one digest of honest posts in twelve. */
#define MANY 3u

static void
decide_entries(struct pass *x, struct report *r)
{
	struct report whole = {.category = UINT32_MAX};
	bool judged;

	judge_whole(x, &whole);
	entries_set_apart(&x->e, x->s);
	sight_decide(x->s, r, x->w);
	x->rest = r->action == ACTION_CUT;
	if (x->rest)
		plan_report(&x->s->plan, r, x->w->a, &x->s->view);
	else
		plan_drop(&x->s->plan, &x->s->view);
	judged = judge_entries(x);
	if (!judged)
		change_nothing(x, r, REFUSAL_LIMIT);
	else if (phish_stays(x, r))
		change_nothing(x, r, REFUSAL_PHISH);
	else if (r->action != ACTION_HOLD &&
		 (x->rest || entries_changed(&x->e)))
		make_edits(x, r);
	entries_report(&x->e, r, x->w->a);
	if (r->verdict == VERDICT_CLEAN && whole.verdict != VERDICT_CLEAN &&
	    (!judged || (x->e.n < MANY && !is_from_list(x->s))))
		mark_whole(r, &whole, judged ? REFUSAL_SPLIT : REFUSAL_LIMIT);
}

static void
decide(struct pass *x, struct report *r)
{
	struct sight *s = x->s;

	entries_find(&x->e, x->w->a, s);
	if (x->e.n > 0) {
		decide_entries(x, r);
		return;
	}
	sight_decide(s, r, x->w);
	x->rest = r->action == ACTION_CUT;
	if (!x->rest)
		return;
	plan_report(&s->plan, r, x->w->a, &s->view);
	make_edits(x, r);
}

/* What one rule would cut, whatever else there is. */
static void
try_rule(struct pass *x, struct report *r, uint32_t rule)
{
	struct sight *s = x->s;

	verdict_make(r, &s->match, x->w->set, s->guard, false);
	plan_try(&s->plan, r, &s->match, s->guard, rule);
	r->action = ACTION_PASS;
	s->plan.nedit = 0;
}

/* What is left once the message is cut, as somebody reads it. */
static void
read_what_is_left(struct pass *x, struct report *r)
{
	struct arena *a = x->w->a;
	struct buf out = BUF(LIMIT_MESSAGE + (1u << 20));
	struct tree tree;
	struct view view;
	const char *p;

	if (r->action != ACTION_CUT) {
		reading_make(r, a, &x->s->view);
		return;
	}
	if (edit_apply(&out, x->job->p, x->job->len, r->edit, r->nedit) == 0) {
		p = arena_dup(a, out.p, out.len);
		mime_parse(&tree, a, p, (uint32_t)out.len);
		view_make(&view, a, &tree, x->job->charsets);
		reading_make(r, a, &view);
	}
	buf_free(&out);
}

/* Where there is no memory for it the verdict stands. */
static void
read_for_digest(struct pass *x, struct report *r)
{
	jmp_buf outer;

	memcpy(&outer, arena_oom(x->w->a), sizeof outer);
	if (setjmp(*arena_oom(x->w->a)) == 0)
		read_what_is_left(x, r);
	else
		r->reading = NULL;
	memcpy(arena_oom(x->w->a), &outer, sizeof outer);
}

void
judge(struct report *r, struct arena *a, struct rules *rules,
    const struct settings *set, const struct judge_job *job)
{
	const struct sight_with w = {.a = a,
	    .rules = rules,
	    .set = set,
	    .charsets = job->charsets,
	    .deadline = clock_ms() + job->time_ms,
	    .want = job->want};
	struct pass x = {.s = arena_alloc(a, sizeof *x.s), .w = &w, .job = job};

	*r = (struct report){.category = UINT32_MAX,
	    .required = set->required_score,
	    .field_at = message_from_line(job->p, job->len)};
	if (is_mbox(job->p, job->len)) {
		r->warn |= WARN_MBOX;
		return;
	}
	sight_look(x.s, &w, job->p, job->len);
	r->need = x.s->view.missing;
	if (job->only_cut != UINT32_MAX)
		try_rule(&x, r, job->only_cut);
	else
		decide(&x, r);
	warn(r, x.s);
	all_edits(r, a, x.s, job->p);
	find_tokens(r, a, x.s, job->p);
	if (job->want & WANT_HEADLINE || r->verdict != VERDICT_CLEAN)
		headline(r, a, &x.s->view);
	show(r, a, x.s, &x.e, job->want);
	if (job->want & WANT_READING && r->action != ACTION_HOLD)
		read_for_digest(&x, r);
}
