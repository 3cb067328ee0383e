#ifndef JUDGED_H
#define JUDGED_H

#include "judge.h"
#include "wire.h"

/* Rules, loaded once: of the folder in FUZZ_FILTERS, or a few of our own. */
static inline struct config *
judged_config(void)
{
	static const char *const line[] = {"body TG /@[a-z]{3,9}shop/i",
	    "score TG 6", "ifplugin Simsift", "category TG promo.telegram",
	    "cut TG sentence", "endif", "action promo cut"};
	static struct config config;
	struct conf_sources from = {.line = (const char **)(uintptr_t)line,
	    .nline = sizeof line / sizeof *line};
	struct err err;

	if (config.arena != NULL)
		return &config;
	from.dir = getenv("FUZZ_FILTERS");
	if (from.dir == NULL)
		from.dir = "/nonexistent";
	else
		from.nline = 0;
	if (conf_open(&config, &from, &err) == -1)
		abort();
	return &config;
}

static inline struct rules *
judged_rules(void)
{
	return &judged_config()->rules;
}

static inline void
judge_want(
    struct report *r, struct arena *a, const char *p, uint32_t n, unsigned want)
{
	static struct charsets *open;
	struct judge_job job = {.p = p,
	    .len = n,
	    .want = want,
	    .time_ms = LIMIT_JUDGE_MS,
	    .only_cut = UINT32_MAX};

	if (open == NULL)
		open = charsets_open_usual();
	job.charsets = open;
	judge(r, a, judged_rules(), &judged_config()->settings, &job);
}

static inline void
judge_one(struct report *r, struct arena *a, const char *p, uint32_t n)
{
	judge_want(
	    r, a, p, n, WANT_HITS | WANT_TEXTS | WANT_TREE | WANT_HEADLINE);
}

/* A message and the true answer about it. */
static inline void
judged(struct buf *in, struct buf *answer)
{
	static const char text[] =
	    "Subject: Moving [@simshop]\n\n"
	    "Put both side by side. Ask @simshop now. Then go on.\n\n"
	    "The second paragraph stays, and there is enough of it.\n";
	static struct buf true_answer = {.cap = LIMIT_ANSWER};
	struct arena *a;
	struct report r;

	if (true_answer.len == 0 && (a = arena_new(LIMIT_ARENA)) != NULL) {
		judge_one(&r, a, text, sizeof text - 1);
		if (wire_write(&true_answer, &r) == -1)
			abort();
		arena_free(a);
	}
	buf_put(in, text, sizeof text - 1);
	buf_put(answer, true_answer.p, true_answer.len);
}

#endif
