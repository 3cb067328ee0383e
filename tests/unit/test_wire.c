#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "limits.h"

enum { RULES = 40, LENGTH = 5000 };

static struct arena *arena;

static int
start(void **state)
{
	(void)state;
	arena = arena_new(64u << 20);
	return arena == NULL;
}

static int
end(void **state)
{
	(void)state;
	arena_free(arena);
	arena = NULL;
	return 0;
}

/* ---- there and back ---- */

static struct report_rule rules[] = {
    {0, 3, RULE_RAN}, {39, 1, RULE_BROKEN}, {7, 0, RULE_SLOW}};
static struct report_cut cuts[] = {{"1/subject", {20, 40}, 12},
    {"1.2", {100, 180}, 44}, {NULL, {5000, 5000}, 0}};
static struct edit edits[] = {
    {{0, 10}, NULL, 0}, {{20, 40}, "ab\0c", 4}, {{4999, 5000}, "", 0}};
static struct report_hit hits[] = {{.rule = 3,
				       .part = "1.2",
				       .what = "text/html",
				       .text = "line with a hit in it",
				       .len = 21,
				       .match = {12, 15},
				       .raw = {100, 103},
				       .folded = true,
				       .asked = true,
				       .refused = true,
				       .unit = UNIT_ELEMENT,
				       .grown = {5, 21},
				       .grown_chars = 13},
    {.rule = 39,
	.part = "raw",
	.what = NULL,
	.text = "",
	.len = 0,
	.match = {0, 0},
	.raw = {0, 5000},
	.guarded = true}};
static struct report_entry entries[] = {
    {1, "1#1", VERDICT_CLEAN, ACTION_PASS, REFUSAL_NONE, -2.5, UINT32_MAX},
    {UINT32_MAX, "1.2.3.1", VERDICT_PHISH, ACTION_HOLD, REFUSAL_MAX - 1, 7.25,
	39},
    {0, NULL, VERDICT_PROMO, ACTION_MARK, REFUSAL_SIGNED, 5, 0}};
static struct span tokens[] = {{0, 120}, {4000, LENGTH}};
static struct span gone[] = {{0, 0}, {2, 5}, {5, 9}};
static struct report_text texts[] = {
    {"1", "text/plain", "shown text", 10, gone, 3},
    {"1/subject", "subject", "t\0u", 3, NULL, 0}};

static struct report_mark marks[] = {
    {0, "https://x.example/", 18}, {8, "", 0}, {8, "a\0b", 3}};
static struct report_reading reading = {.text = "a line\n\n",
    .len = 8,
    .kind = "fk",
    .nline = 2,
    .mark = marks,
    .nmark = 3,
    .to = "me@x.example",
    .to_len = 12};

static struct report
full_report(void)
{
	return (struct report){.verdict = VERDICT_PHISH,
	    .action = ACTION_HOLD,
	    .refusal = REFUSAL_TIME,
	    .score = -12.25,
	    .required = 5.5,
	    .category = 39,
	    .warn = 0xffffffffu,
	    .text_chars = 4000,
	    .gone_chars = 99,
	    .field_at = LENGTH,
	    .rule = rules,
	    .nrule = 3,
	    .cut = cuts,
	    .ncut = 3,
	    .edit = edits,
	    .nedit = 3,
	    .token = tokens,
	    .ntoken = 2,
	    .body_at = LENGTH,
	    .from = "A\0B",
	    .from_len = 3,
	    .subject = "two\nlines",
	    .subject_len = 9,
	    .need = "GB18030",
	    .entry = entries,
	    .nentry = 3,
	    .hit = hits,
	    .nhit = 2,
	    .text = texts,
	    .ntext = 2,
	    .tree = "1 text/plain\n",
	    .reading = &reading};
}

static void
same_reading(const struct report_reading *a, const struct report_reading *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a == NULL)
		return;
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->text, b->text, a->len);
	assert_int_equal(a->nline, b->nline);
	assert_memory_equal(a->kind, b->kind, a->nline);
	assert_int_equal(a->to_len, b->to_len);
	assert_memory_equal(a->to, b->to, a->to_len);
	assert_int_equal(a->nmark, b->nmark);
	for (uint32_t i = 0; i < a->nmark; i++) {
		assert_int_equal(a->mark[i].at, b->mark[i].at);
		assert_int_equal(a->mark[i].len, b->mark[i].len);
		assert_memory_equal(
		    a->mark[i].url, b->mark[i].url, a->mark[i].len);
	}
}

static void
same_string(const char *a, const char *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a != NULL)
		assert_string_equal(a, b);
}

static void
same_span(struct span a, struct span b)
{
	assert_int_equal(a.from, b.from);
	assert_int_equal(a.to, b.to);
}

static void
same_lists(const struct report *a, const struct report *b)
{
	assert_int_equal(a->nrule, b->nrule);
	for (uint32_t i = 0; i < a->nrule; i++) {
		assert_int_equal(a->rule[i].rule, b->rule[i].rule);
		assert_int_equal(a->rule[i].hits, b->rule[i].hits);
		assert_int_equal(a->rule[i].state, b->rule[i].state);
	}
	assert_int_equal(a->ncut, b->ncut);
	for (uint32_t i = 0; i < a->ncut; i++) {
		same_string(a->cut[i].part, b->cut[i].part);
		same_span(a->cut[i].raw, b->cut[i].raw);
		assert_int_equal(a->cut[i].chars, b->cut[i].chars);
	}
	assert_int_equal(a->ntoken, b->ntoken);
	for (uint32_t i = 0; i < a->ntoken; i++)
		same_span(a->token[i], b->token[i]);
	assert_int_equal(a->from_len, b->from_len);
	if (a->from_len > 0)
		assert_memory_equal(a->from, b->from, a->from_len);
	assert_int_equal(a->subject_len, b->subject_len);
	if (a->subject_len > 0)
		assert_memory_equal(a->subject, b->subject, a->subject_len);
	assert_int_equal(a->nedit, b->nedit);
	for (uint32_t i = 0; i < a->nedit; i++) {
		same_span(a->edit[i].span, b->edit[i].span);
		assert_int_equal(a->edit[i].len, b->edit[i].len);
		if (a->edit[i].len > 0)
			assert_memory_equal(
			    a->edit[i].p, b->edit[i].p, a->edit[i].len);
	}
}

static void
same_entries(const struct report *a, const struct report *b)
{
	assert_int_equal(a->nentry, b->nentry);
	for (uint32_t i = 0; i < a->nentry; i++) {
		const struct report_entry *x = &a->entry[i], *y = &b->entry[i];

		assert_int_equal(x->number, y->number);
		same_string(x->path, y->path);
		assert_int_equal(x->verdict, y->verdict);
		assert_int_equal(x->action, y->action);
		assert_int_equal(x->refusal, y->refusal);
		assert_true(x->score == y->score);
		assert_int_equal(x->category, y->category);
	}
}

static void
same_words(const struct report *a, const struct report *b)
{
	assert_int_equal(a->nhit, b->nhit);
	for (uint32_t i = 0; i < a->nhit; i++) {
		const struct report_hit *x = &a->hit[i], *y = &b->hit[i];

		assert_int_equal(x->rule, y->rule);
		same_string(x->part, y->part);
		same_string(x->what, y->what);
		assert_int_equal(x->len, y->len);
		if (x->len > 0)
			assert_memory_equal(x->text, y->text, x->len);
		same_span(x->match, y->match);
		same_span(x->raw, y->raw);
		assert_int_equal(x->folded, y->folded);
		assert_int_equal(x->guarded, y->guarded);
		assert_int_equal(x->asked, y->asked);
		assert_int_equal(x->refused, y->refused);
		assert_int_equal(x->unit, y->unit);
		same_span(x->grown, y->grown);
		assert_int_equal(x->grown_chars, y->grown_chars);
	}
	assert_int_equal(a->ntext, b->ntext);
	for (uint32_t i = 0; i < a->ntext; i++) {
		const struct report_text *x = &a->text[i], *y = &b->text[i];

		same_string(x->part, y->part);
		same_string(x->what, y->what);
		assert_int_equal(x->len, y->len);
		assert_memory_equal(x->text, y->text, x->len);
		assert_int_equal(x->ngone, y->ngone);
		for (uint32_t k = 0; k < x->ngone; k++)
			same_span(x->gone[k], y->gone[k]);
	}
}

static void
same_report(const struct report *a, const struct report *b)
{
	assert_int_equal(a->verdict, b->verdict);
	assert_int_equal(a->action, b->action);
	assert_int_equal(a->refusal, b->refusal);
	assert_true(a->score == b->score && a->required == b->required);
	assert_int_equal(a->category, b->category);
	assert_int_equal(a->warn, b->warn);
	assert_int_equal(a->text_chars, b->text_chars);
	assert_int_equal(a->gone_chars, b->gone_chars);
	assert_int_equal(a->field_at, b->field_at);
	assert_int_equal(a->body_at, b->body_at);
	same_string(a->need, b->need);
	same_string(a->tree, b->tree);
	same_lists(a, b);
	same_reading(a->reading, b->reading);
	same_entries(a, b);
	same_words(a, b);
}

static struct buf
written(const struct report *r)
{
	struct buf b = BUF(1u << 24);

	assert_int_equal(wire_write(&b, r), 0);
	return b;
}

/* From a block of just that size; nothing may point into it later. */
static int
read_tight(struct report *r, const char *p, size_t n)
{
	char *tight = malloc(n > 0 ? n : 1);
	int rc;

	assert_non_null(tight);
	memcpy(tight, p, n);
	rc = wire_read(r, arena, tight, n, RULES, LENGTH);
	memset(tight, 'X', n);
	free(tight);
	return rc;
}

static void
round_trip(void **state)
{
	const struct report r = full_report(), none = {.category = UINT32_MAX};
	struct buf b = written(&r);
	struct report back;

	(void)state;
	assert_int_equal(read_tight(&back, b.p, b.len), 0);
	same_report(&r, &back);
	buf_free(&b);
	b = written(&none);
	assert_int_equal(read_tight(&back, b.p, b.len), 0);
	same_report(&none, &back);
	buf_free(&b);
}

static void
write_without_room(void **state)
{
	const struct report r = full_report();
	struct buf all = written(&r);

	(void)state;
	for (size_t cap = 0; cap <= all.len; cap++) {
		struct buf b = BUF(cap);

		assert_int_equal(wire_write(&b, &r), cap < all.len ? -1 : 0);
		buf_free(&b);
	}
	buf_free(&all);
}

/* ---- what is out of range is refused ---- */

/* One check serves both ends. */
static void
reading_too_long(void **state)
{
	struct report_mark many[300] = {{0}};
	struct report_reading g = {.len = LIMIT_READING_MOST + 1};
	const struct report r = {.category = UINT32_MAX, .reading = &g};
	struct buf b = BUF(LIMIT_ANSWER);
	char *text = calloc(1, g.len);

	(void)state;
	g.text = text;
	assert_int_equal(wire_write(&b, &r), -1);
	b.len = 0;
	g = (struct report_reading){.text = "", .mark = many, .nmark = 300};
	for (int i = 0; i < 300; i++)
		many[i] =
		    (struct report_mark){.url = text, .len = LIMIT_READING_URL};
	assert_int_equal(wire_write(&b, &r), -1);
	b.len = 0;
	g.nmark = LIMIT_READING_URLS / LIMIT_READING_URL;
	assert_int_equal(wire_write(&b, &r), 0);
	buf_free(&b);
	free(text);
}

static void
refused(const struct report *r, const char *why)
{
	struct buf b = written(r);
	struct report back;

	if (read_tight(&back, b.p, b.len) != -1)
		fail_msg("taken, though %s", why);
	buf_free(&b);
}

static void
ranges(void **state)
{
	struct report_rule rule = {RULES, 1, RULE_RAN};
	struct report_cut cut = {"1", {0, LENGTH + 1}, 0};
	struct edit edit = {{9, 8}, NULL, 0};
	struct report_hit hit = hits[0];
	struct report_entry entry = entries[0];
	struct report_text text = texts[0];
	struct span span[2] = {{0, 4}, {3, 5}};
	struct span token[LIMIT_TOKENS + 1] = {{0, LENGTH + 1}};
	static const char headline[LIMIT_HEADLINE + 1];
	struct buf b = BUF(1u << 20);
	struct report r;

	(void)state;
#define REFUSED(what, why)         \
	do {                       \
		r = full_report(); \
		what;              \
		refused(&r, why);  \
	} while (0)
	REFUSED(r.verdict = VERDICT_ERROR + 1, "there is no such verdict");
	REFUSED(r.action = ACTION_HOLD + 1, "there is no such action");
	REFUSED(r.refusal = REFUSAL_MAX, "there is no such refusal");
	REFUSED(r.score = (double)NAN, "the score is no number");
	REFUSED(r.required = (double)INFINITY, "the score is infinite");
	REFUSED(r.score = -1e30, "the score is absurd");
	REFUSED(r.category = RULES, "there is no such rule");
	REFUSED(r.field_at = LENGTH + 1, "the field is outside");
	REFUSED(r.body_at = LENGTH + 1, "the body is outside");
	REFUSED((r.token = token, r.ntoken = 1), "the token is outside");
	token[0] = (struct span){9, 8};
	REFUSED((r.token = token, r.ntoken = 1), "the token is turned round");
	token[0] = (struct span){0, 8};
	REFUSED((r.token = token, r.ntoken = LIMIT_TOKENS + 1),
	    "there are too many tokens");
	REFUSED((r.rule = &rule, r.nrule = 1), "there is no such rule");
	rule = (struct report_rule){0, 1, RULE_BROKEN + 1};
	REFUSED((r.rule = &rule, r.nrule = 1), "there is no such state");
	REFUSED((r.cut = &cut, r.ncut = 1), "the cut is outside");
	REFUSED((r.edit = &edit, r.nedit = 1), "the edit is turned round");
	edit.span = (struct span){LENGTH, UINT32_MAX};
	REFUSED((r.edit = &edit, r.nedit = 1), "the edit is outside");
	REFUSED((r.hit = &hit, r.nhit = 1, hit.rule = RULES), "no such rule");
	hit = hits[0];
	REFUSED((r.hit = &hit, r.nhit = 1, hit.match.to = 22), "match outside");
	hit = hits[0];
	REFUSED((r.hit = &hit, r.nhit = 1, hit.raw.to = 5001), "raw outside");
	hit = hits[0];
	REFUSED((r.hit = &hit, r.nhit = 1, hit.grown.to = 22), "grown outside");
	hit = hits[0];
	REFUSED((r.hit = &hit, r.nhit = 1, hit.unit = UNIT_ELEMENT + 1),
	    "there is no such unit");
	REFUSED((r.entry = &entry, r.nentry = 1, entry.category = RULES),
	    "the entry's category is no rule");
	entry = entries[0];
	REFUSED((r.entry = &entry, r.nentry = 1, entry.refusal = REFUSAL_MAX),
	    "the entry has no such refusal");
	entry = entries[0];
	REFUSED(
	    (r.entry = &entry, r.nentry = 1, entry.verdict = VERDICT_ERROR + 1),
	    "the entry has no such verdict");
	entry = entries[0];
	REFUSED(
	    (r.entry = &entry, r.nentry = 1, entry.action = ACTION_HOLD + 1),
	    "the entry has no such action");
	entry = entries[0];
	REFUSED((r.entry = &entry, r.nentry = 1, entry.score = (double)NAN),
	    "the entry's score is no number");
	/* The writer says no to these, as the reader does. */
	text.gone = span;
	text.ngone = 2;
	r = full_report();
	r.text = &text;
	r.ntext = 1;
	assert_int_equal(wire_write(&b, &r), -1);
	b.len = 0;
	r = full_report();
	r.from = headline;
	r.from_len = sizeof headline;
	assert_int_equal(wire_write(&b, &r), -1);
	b.len = 0;
	span[1] = (struct span){4, 11};
	REFUSED((r.text = &text, r.ntext = 1), "the span is outside");
	buf_free(&b);
#undef REFUSED
}

/* ---- hostile bytes: -1, or all in range; and little memory ---- */

static void
inside(struct span s, uint32_t to)
{
	assert_true(s.from <= s.to && s.to <= to);
}

static void
whole_string(const char *s)
{
	if (s != NULL)
		assert_true(strlen(s) < 1u << 20);
}

/* Touches every byte, for ASan. */
static void
whole_bytes(const char *p, uint32_t n)
{
	unsigned sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += (unsigned char)p[i];
	assert_true(sum < UINT32_MAX);
}

static void
check_lists(const struct report *r)
{
	assert_true(r->body_at <= LENGTH && r->ntoken <= LIMIT_TOKENS);
	for (uint32_t i = 0; i < r->ntoken; i++)
		inside(r->token[i], LENGTH);
	assert_true(
	    r->from_len <= LIMIT_HEADLINE && r->subject_len <= LIMIT_HEADLINE);
	whole_bytes(r->from, r->from_len);
	whole_bytes(r->subject, r->subject_len);
	assert_true(r->nrule <= LIMIT_RULES && r->ncut <= LIMIT_EDITS &&
		    r->nedit <= LIMIT_EDITS && r->nhit <= LIMIT_HITS);
	for (uint32_t i = 0; i < r->nrule; i++)
		assert_true(r->rule[i].rule < RULES);
	for (uint32_t i = 0; i < r->ncut; i++) {
		inside(r->cut[i].raw, LENGTH);
		whole_string(r->cut[i].part);
	}
	for (uint32_t i = 0; i < r->nedit; i++) {
		inside(r->edit[i].span, LENGTH);
		whole_bytes(r->edit[i].p, r->edit[i].len);
	}
	assert_true(r->nentry <= LIMIT_ENTRIES);
	for (uint32_t i = 0; i < r->nentry; i++) {
		const struct report_entry *x = &r->entry[i];

		assert_true(x->verdict <= VERDICT_ERROR &&
			    x->action <= ACTION_HOLD &&
			    x->refusal < REFUSAL_MAX);
		assert_true(x->category == UINT32_MAX || x->category < RULES);
		assert_true(x->score > -1e6 && x->score < 1e6);
		whole_string(x->path);
	}
	for (uint32_t i = 0; i < r->nhit; i++) {
		const struct report_hit *h = &r->hit[i];

		assert_true(h->rule < RULES);
		inside(h->match, h->len);
		inside(h->grown, h->len);
		assert_true(h->unit <= UNIT_ELEMENT);
		inside(h->raw, LENGTH);
		whole_string(h->part);
		whole_string(h->what);
		whole_bytes(h->text, h->len);
	}
	for (uint32_t i = 0; i < r->ntext; i++) {
		const struct report_text *t = &r->text[i];
		uint32_t at = 0;

		whole_string(t->part);
		whole_string(t->what);
		whole_bytes(t->text, t->len);
		for (uint32_t k = 0; k < t->ngone; k++) {
			inside(t->gone[k], t->len);
			assert_true(t->gone[k].from >= at);
			at = t->gone[k].to;
		}
	}
}

static int
hostile(const char *p, size_t n)
{
	struct report r;
	int rc;

	end(NULL);
	start(NULL);
	if (setjmp(*arena_oom(arena)) != 0)
		fail_msg("%zu bytes ask for 64 MB", n);
	rc = read_tight(&r, p, n);
	assert_true(rc == 0 || rc == -1);
	assert_true(arena_used(arena) <= (256u << 10) + 8 * n);
	if (rc == -1)
		return rc;
	assert_true(r.verdict <= VERDICT_ERROR && r.action <= ACTION_HOLD);
	assert_true(r.refusal < REFUSAL_MAX);
	assert_true(r.score > -1e6 && r.score < 1e6 && r.required < 1e6);
	assert_true(r.category == UINT32_MAX || r.category < RULES);
	assert_true(r.field_at <= LENGTH);
	whole_string(r.need);
	whole_string(r.tree);
	check_lists(&r);
	return rc;
}

static void
prefixes_and_tails(void **state)
{
	const struct report r = full_report();
	struct buf b = written(&r);

	(void)state;
	for (size_t n = 0; n < b.len; n++)
		assert_int_equal(hostile(b.p, n), -1);
	assert_int_equal(hostile(b.p, b.len), 0);
	for (size_t n = 1; n < b.len; n++)
		assert_int_equal(hostile(b.p + n, b.len - n), -1);
	buf_puts(&b, "x");
	assert_int_equal(hostile(b.p, b.len), -1);
	b.len--;
	buf_put(&b, b.p, 0);
	for (int i = 0; i < 100; i++)
		buf_put(&b, "\0\0\0\0", 4);
	assert_int_equal(hostile(b.p, b.len), -1);
	buf_free(&b);
}

static void
flipped_bytes(void **state)
{
	const struct report r = full_report();
	struct buf b = written(&r);

	(void)state;
	for (size_t i = 0; i < b.len; i++) {
		char was = b.p[i];

		for (int bit = 0; bit < 8; bit++) {
			b.p[i] = (char)(was ^ (1 << bit));
			hostile(b.p, b.len);
			/* The magic words are four bytes at both ends. */
			if (i < 4 || i >= b.len - 4)
				assert_int_equal(hostile(b.p, b.len), -1);
		}
		b.p[i] = (char)~was;
		hostile(b.p, b.len);
		b.p[i] = was;
	}
	buf_free(&b);
}

/* Each place may be a count: 4 billion, 2 billion, a few more, none. */
static void
absurd_counts(void **state)
{
	static const uint32_t count[] = {UINT32_MAX, UINT32_MAX - 1, 1u << 31,
	    (1u << 31) - 1, 1u << 28, LIMIT_EDITS, LIMIT_EDITS + 1, 1000, 1, 0};
	const struct report r = full_report();
	struct buf b = written(&r);

	(void)state;
	for (size_t i = 0; i + 4 <= b.len; i++) {
		char was[4];

		memcpy(was, b.p + i, 4);
		for (size_t k = 0; k < sizeof count / sizeof *count; k++) {
			memcpy(b.p + i, &count[k], 4);
			hostile(b.p, b.len);
		}
		memcpy(b.p + i, was, 4);
	}
	buf_free(&b);
}

static uint32_t
rnd(uint32_t below)
{
	static uint32_t seed = 23;

	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static void
random_garbage(void **state)
{
	const struct report r = full_report();
	struct buf b = written(&r);

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char s[700];
		size_t n = rnd(sizeof s);

		/* All of it, or behind a good beginning. */
		for (size_t i = 0; i < n; i++)
			s[i] = (char)(rnd(3) ? rnd(4) : rnd(256));
		if (round % 2) {
			size_t keep = rnd((uint32_t)b.len);

			memcpy(s, b.p, keep < n ? keep : n);
		}
		assert_int_equal(hostile(s, n), -1);
		if (n < b.len) { /* a piece of it goes over the report */
			struct buf c = written(&r);

			memcpy(c.p + rnd((uint32_t)(b.len - n)), s,
			    n < 12 ? n : 12);
			hostile(c.p, c.len);
			buf_free(&c);
		}
	}
	buf_free(&b);
}

/* A large answer of nothing but counts. */
static void
much_of_nothing(void **state)
{
	size_t n = 4u << 20;
	char *p = calloc(1, n);
	const struct report none = {.category = UINT32_MAX};
	struct buf b = written(&none);
	uint32_t many = LIMIT_HITS;

	(void)state;
	assert_non_null(p);
	memcpy(p, b.p, b.len);
	for (size_t i = 0; i + 4 < b.len; i++) {
		memcpy(p + i, &many, 4);
		hostile(p, n);
		memcpy(p + i, b.p + i, 4);
	}
	free(p);
	buf_free(&b);
}

/* Who, what and when come back as they were, and not longer than they may be. */
static void
headlines(void **state)
{
	char text[LIMIT_HEADLINE + 1], date[] = "2026-11-02T10:11:12+01:00!";
	struct report r = {.category = UINT32_MAX}, back;
	struct buf b;

	(void)state;
	memset(text, 'x', sizeof text);
	r.from = "a\0b";
	r.from_len = 3;
	r.subject = text;
	r.subject_len = LIMIT_HEADLINE;
	date[25] = '\0';
	r.date = date;
	b = written(&r);
	assert_int_equal(wire_read(&back, arena, b.p, b.len, RULES, LENGTH), 0);
	assert_int_equal(back.from_len, 3);
	assert_memory_equal(back.from, "a\0b", 3);
	assert_int_equal(back.subject_len, LIMIT_HEADLINE);
	assert_string_equal(back.date, date);
	buf_free(&b);

	b = (struct buf)BUF(1u << 20);
	r.subject_len++;
	assert_int_equal(wire_write(&b, &r), -1);
	r.subject_len = 0;
	date[25] = '!';
	assert_int_equal(wire_write(&b, &r), -1);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(reading_too_long, start, end),
	    cmocka_unit_test_setup_teardown(headlines, start, end),
	    cmocka_unit_test_setup_teardown(round_trip, start, end),
	    cmocka_unit_test_setup_teardown(write_without_room, start, end),
	    cmocka_unit_test_setup_teardown(ranges, start, end),
	    cmocka_unit_test_setup_teardown(prefixes_and_tails, start, end),
	    cmocka_unit_test_setup_teardown(flipped_bytes, start, end),
	    cmocka_unit_test_setup_teardown(absurd_counts, start, end),
	    cmocka_unit_test_setup_teardown(random_garbage, start, end),
	    cmocka_unit_test_setup_teardown(much_of_nothing, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
