/*
 * prop-cuts [-n COUNT] [-s SEED] [-k NUMBER] [-o DIR]: the property run.
 *
 * Random messages (cuts_gen.c), random spans of their texts given to
 * plan_given, and an oracle (cuts_check.c).  A message depends on SEED and its
 * number alone; -k runs one.  -o: each message that was cut as DIR/N.in and
 * DIR/N.out, and what failed, made small, as DIR/N.fail.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cuts.h"
#include "limits.h"

#define TRIES 20000u /* to make a failure smaller */
#define SHOWN 10u    /* failures that are made small */

struct trial { /* one message */
	struct failure failure;
	enum refusal refusal;
	const char *excuse; /* for the refusal */
	uint32_t cuts, edits;
	struct buf in, out; /* copies */
};

/* ---- where to cut ---- */

/* A border of characters at or before `at`; CR LF is one. */
static uint32_t
border(const struct text *t, uint32_t at)
{
	while (at > 0 && at < t->len &&
	       ((t->p[at] & 0xc0) == 0x80 ||
		   (t->p[at] == '\n' && t->p[at - 1] == '\r')))
		at--;
	return at;
}

static uint32_t
border_behind(const struct text *t, uint32_t at)
{
	while (at < t->len && border(t, at) != at)
		at++;
	return at;
}

static void
choose(
    struct spans *out, struct arena *a, struct draws *d, const struct text *t)
{
	uint32_t how = draw(d, 12), at = 0;

	if (t->len == 0 || how < 4)
		return;
	if (how == 4) {
		grow_add(out, a, (struct span){0, t->len});
		return;
	}
	for (int i = 0; i < 5 && at < t->len && chance(d, 70); i++) {
		uint32_t left = t->len - at;
		struct span s;

		s.from = at;
		if (!chance(d, 15))
			s.from = border(
			    t, at + draw(d, left < 120 ? left : left / 2));
		if (s.from < at)
			s.from = at;
		left = t->len - s.from;
		s.to = border_behind(t, s.from + 1 +
					    draw(d, chance(d, 20) ? left
						    : left < 40   ? left
								  : 40));
		grow_add(out, a, s);
		at = s.to;
	}
}

static struct spans *
choose_all(struct trial *x, const struct known *m, struct draws *d,
    const struct view *v)
{
	struct spans *cut = arena_array(m->a, v->ndoc + 1, sizeof *cut);

	for (uint32_t i = 0; i < v->ndoc; i++) {
		const struct doc *c = &v->doc[i];
		struct known_part *k =
		    known_by_path(m, v->tree->part[c->part].path);
		struct known_text *t = c->subject ? &k->subject : &k->body_text;

		choose(&cut[i], m->a, d, view_shown(c));
		if (c->subject && t->utf7 && !chance(d, 20))
			cut[i].n = 0; /* else it would all be refused */
		if (!c->subject && k->bare && cut[i].n > 0 &&
		    cut[i].v[0].from < strlen(BARE_START "\r\n"))
			cut[i].n = 0;
		t->cut = cut[i];
		t->shown = view_shown(c);
		x->cuts += cut[i].n;
	}
	return cut;
}

/* ---- refusals that are right ---- */

static bool
is_sealed(const struct known_part *k)
{
	return k->sealed;
}

static bool
is_utf7(const struct known_part *k)
{
	return k->subject.utf7 && k->subject.cut.n > 0;
}

static const struct excuse {
	enum refusal refusal;
	bool (*is)(const struct known_part *);
	const char *why;
} excuses[] = {
    {REFUSAL_SIGNED, is_sealed, "a signature covers the part"},
    {REFUSAL_ENCODING, is_utf7, "a Subject with words of UTF-7"},
    {REFUSAL_NONE, NULL, "two charsets are named in encoded messages only"},
};
#define NEXCUSE (sizeof excuses / sizeof *excuses)
#define excuse_hidden (excuses[NEXCUSE - 1].why)

static const char *
excuse(const struct known *m, enum refusal why)
{
	for (size_t i = 0; i < NEXCUSE; i++)
		for (uint32_t k = 0; k < m->npart; k++) {
			const struct known_part *q = &m->part[k];

			if (excuses[i].is != NULL &&
			    excuses[i].refusal == why &&
			    q->subject.cut.n + q->body_text.cut.n > 0 &&
			    excuses[i].is(q))
				return excuses[i].why;
		}
	return NULL;
}

/* ---- one message ---- */

/* The edits on the message, as the parent would. */
static bool
apply(struct trial *x, const struct plan *plan)
{
	const char *why = edit_check(
	    x->in.p, (uint32_t)x->in.len, plan->edit, plan->nedit, 0);

	x->edits = plan->nedit;
	if (why != NULL)
		return fail(&x->failure, "the edits are refused", "%s", why);
	edit_apply(
	    &x->out, x->in.p, (uint32_t)x->in.len, plan->edit, plan->nedit);
	return true;
}

/* Nothing to cut, no edit: before and after. */
static bool
check_nothing(struct trial *x, struct arena *a, struct view *v)
{
	struct spans *none = arena_array(a, v->ndoc + 1, sizeof *none);
	struct plan plan;

	plan_given(&plan, a, v, none);
	return plan.nedit == 0 ||
	       fail(&x->failure, "edits for no cut", "%u", plan.nedit);
}

static bool
check_again(struct trial *x, struct arena *a, const struct charsets *cs)
{
	struct tree tree;
	struct view view;

	mime_parse(&tree, a, x->out.p, (uint32_t)x->out.len);
	view_make(&view, a, &tree, cs);
	return check_nothing(x, a, &view);
}

static void
try_cuts(struct trial *x, struct known *m, struct draws *d,
    const struct charsets *cs)
{
	struct tree tree;
	struct view view;
	struct plan plan;
	struct spans *cut;

	mime_parse(&tree, m->a, x->in.p, (uint32_t)x->in.len);
	view_make(&view, m->a, &tree, cs);
	if (!check_read(&x->failure, m, &tree, &view) ||
	    !check_nothing(x, m->a, &view))
		return;
	cut = choose_all(x, m, d, &view);
	plan_given(&plan, m->a, &view, cut);
	x->refusal = plan.refusal;
	if (plan.refusal != REFUSAL_NONE) {
		x->excuse = excuse(m, plan.refusal);
		if (x->excuse == NULL)
			fail(&x->failure, "refused", "%s",
			    report_refusal_name(plan.refusal));
		return;
	}
	if (apply(x, &plan) && check_cut(&x->failure, m, &tree, &x->out))
		check_again(x, m->a, cs);
}

/* A converter that was not opened, since its label stands in an encoded
   message: a second judge gets one more. */
static const char *
lacking(const struct buf *in, struct arena *a, const struct charsets *cs)
{
	struct tree tree;
	struct view view;

	mime_parse(&tree, a, in->p, (uint32_t)in->len);
	view_make(&view, a, &tree, cs);
	return view.missing;
}

static void
try_message(struct trial *x, struct draws *d)
{
	struct arena *a = arena_new(LIMIT_ARENA);
	const char *missing;
	struct charsets *cs;
	struct known m;

	*x = (struct trial){.in = BUF(8u << 20), .out = BUF(8u << 20)};
	d->at = 0;
	known_make(&m, a, d);
	buf_put(&x->in, m.source[0].bytes.p, m.source[0].bytes.len);
	cs = charsets_open(x->in.p, x->in.len, NULL);
	if ((missing = lacking(&x->in, a, cs)) != NULL) {
		charsets_close(cs);
		cs = charsets_open(x->in.p, x->in.len, missing);
	}
	if (missing != NULL && lacking(&x->in, a, cs) != NULL)
		x->excuse = excuse_hidden;
	else
		try_cuts(x, &m, d, cs);
	charsets_close(cs);
	known_free(&m);
	arena_free(a);
}

static void
trial_free(struct trial *x)
{
	buf_free(&x->in);
	buf_free(&x->out);
}

/* ---- smaller ---- */

/* Does it still fail the same way?  Then it is the one to go on with. */
static bool
better(struct draws *best, struct draws *next, const char *what)
{
	struct trial x;
	bool same;

	try_message(&x, next);
	same = x.failure.what != NULL && strcmp(x.failure.what, what) == 0;
	trial_free(&x);
	if (!same)
		return false;
	best->n = next->n < next->at ? next->n : next->at;
	memcpy(best->v, next->v, best->n * sizeof *best->v);
	return true;
}

/* The choices from..from+n left out, or plain. */
static void
without(struct draws *next, const struct draws *best, uint32_t from, uint32_t n,
    bool leave)
{
	memcpy(next->v, best->v, best->n * sizeof *best->v);
	next->n = best->n;
	if (leave) {
		memmove(next->v + from, next->v + from + n,
		    (best->n - from - n) * sizeof *best->v);
		next->n -= n;
	} else {
		memset(next->v + from, 0, n * sizeof *next->v);
	}
}

static bool
all_zero(const struct draws *d, uint32_t from, uint32_t n)
{
	for (uint32_t i = from; i < from + n; i++)
		if (d->v[i] != 0)
			return false;
	return true;
}

static bool
pass(struct draws *best, struct draws *next, uint32_t size, const char *what,
    uint32_t *tries)
{
	bool any = false;

	for (uint32_t i = 0; i + size <= best->n && *tries < TRIES;) {
		++*tries;
		without(next, best, i, size, true);
		if (better(best, next, what)) {
			any = true;
			continue;
		}
		if (!all_zero(best, i, size)) {
			++*tries;
			without(next, best, i, size, false);
			any |= better(best, next, what);
		}
		i += size;
	}
	return any;
}

/* Single choices nearer to 0. */
static bool
lower_each(
    struct draws *best, struct draws *next, const char *what, uint32_t *tries)
{
	bool any = false;

	for (uint32_t i = 0; i < best->n && *tries < TRIES; i++)
		for (uint32_t by = best->v[i] / 2;
		     i < best->n && best->v[i] > 0 && *tries < TRIES; by /= 2) {
			++*tries;
			without(next, best, 0, 0, false);
			next->v[i] -= by > 0 ? by : 1;
			if (better(best, next, what))
				any = true;
			else if (by <= 1)
				break;
		}
	return any;
}

static void
shrink(struct draws *best, const char *what)
{
	struct draws next = {.replay = true};
	uint32_t tries = 0;
	bool any = true;

	next.v = calloc(best->n + 1, sizeof *next.v);
	if (next.v == NULL)
		abort();
	best->replay = true;
	while (any && tries < TRIES) {
		any = false;
		for (uint32_t size = 256; size > 0; size /= 2)
			any |= pass(best, &next, size, what, &tries);
		any |= lower_each(best, &next, what, &tries);
	}
	draws_free(&next);
}

/* ---- the run ---- */

struct totals {
	uint64_t seed, messages, changed, cuts, edits, failed;
	uint64_t excused[NEXCUSE];
	const char *dir;
};

static void
write_file(const char *dir, uint64_t k, const char *end, const struct buf *b)
{
	char name[4096];
	FILE *f;

	snprintf(
	    name, sizeof name, "%s/%06llu.%s", dir, (unsigned long long)k, end);
	f = fopen(name, "wb");
	if (f == NULL || fwrite(b->p, 1, b->len, f) != b->len)
		perror(name);
	if (f != NULL)
		fclose(f);
}

static void
indented(const char *p, size_t n)
{
	printf("#   | ");
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\r')
			printf("\\r");
		else if (p[i] == '\0')
			printf("\\0");
		else
			putchar(p[i]);
		if (p[i] == '\n')
			printf("#   | ");
	}
	printf("\n");
}

static void
complain(struct totals *t, uint64_t k, struct draws *d, const char *what)
{
	struct trial x;

	printf("# seed %llu, message %llu: %s\n", (unsigned long long)t->seed,
	    (unsigned long long)k, what);
	if (t->failed > SHOWN)
		return;
	shrink(d, what);
	try_message(&x, d);
	printf("# %u choices, %u spans:\n", d->n, x.cuts);
	indented(x.failure.more, strlen(x.failure.more));
	printf("# message:\n");
	indented(x.in.p, x.in.len);
	if (x.out.len > 0)
		printf("# result:\n");
	if (x.out.len > 0)
		indented(x.out.p, x.out.len);
	if (t->dir != NULL)
		write_file(t->dir, k, "fail", &x.in);
	trial_free(&x);
	fflush(stdout);
}

static void
run_one(struct totals *t, uint64_t k)
{
	struct draws d;
	struct trial x;

	draws_seed(&d, t->seed, k);
	try_message(&x, &d);
	t->messages++;
	t->cuts += x.cuts;
	t->edits += x.edits;
	t->changed += x.edits > 0;
	for (size_t i = 0; i < NEXCUSE; i++)
		t->excused[i] += x.excuse == excuses[i].why;
	if (x.edits > 0 && t->dir != NULL) {
		write_file(t->dir, k, "in", &x.in);
		write_file(t->dir, k, "out", &x.out);
	}
	if (x.failure.what != NULL) {
		t->failed++;
		complain(t, k, &d, x.failure.what);
	}
	trial_free(&x);
	draws_free(&d);
}

static void
say(const struct totals *t)
{
	printf("# %llu messages, %llu changed: %llu spans, %llu edits\n",
	    (unsigned long long)t->messages, (unsigned long long)t->changed,
	    (unsigned long long)t->cuts, (unsigned long long)t->edits);
	for (size_t i = 0; i < NEXCUSE; i++)
		printf("# %llu refused: %s\n",
		    (unsigned long long)t->excused[i], excuses[i].why);
	printf("# %llu failed\n", (unsigned long long)t->failed);
}

int
main(int argc, char **argv)
{
	struct totals t = {.seed = 1};
	uint64_t from = 0, count = 1000;
	int opt;

	while ((opt = getopt(argc, argv, "n:s:k:o:")) != -1) {
		if (opt == 'n')
			count = strtoull(optarg, NULL, 10);
		else if (opt == 's')
			t.seed = strtoull(optarg, NULL, 10);
		else if (opt == 'k')
			from = strtoull(optarg, NULL, 10);
		else if (opt == 'o')
			t.dir = optarg;
		else
			return 64;
		if (opt == 'k')
			count = 1;
	}
	charset_init();
	for (uint64_t k = from; k < from + count; k++)
		run_one(&t, k);
	charset_done();
	say(&t);
	return t.failed > 0;
}
