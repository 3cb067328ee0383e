/*
 * rules lint, rules test, rules list.
 */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include "clock.h"
#include "grow.h"
#include "judge.h"
#include "limits.h"
#include "verdict.h"

#define RUNS 3u
#define SLOW_MS 20.0 /* on one unit of adversarial text */
#define ERROR_MS 200.0

/* What stands in most mail, so a literal that chooses nothing. */
static const char *const everywhere[] = {"the", "and", "you", "for", "http",
    "www", "com", "plan", "data", "mail", "href", "this", "with", "的", "是",
    "我", "您", "在", "有", "卡"};

#define N(a) (sizeof(a) / sizeof *(a))

/* ---- lint ---- */

static void
warn_at(struct rules *r, const struct rule *q, uint32_t column, bool warning,
    const char *why)
{
	rules_complain(
	    r, q->file, q->line, column, warning, "%s: %s", q->name, why);
}

static bool
has_pattern(const struct rule *q)
{
	return q->pattern != NULL && q->type != RULE_META &&
	       q->type != RULE_NONE && !(q->flags & RULE_EXISTS) && !q->broken;
}

static void
lint_literals(struct rules *r, const struct rule *q)
{
	const struct literals *l = &q->literals;

	/* Late rules run on few messages. */
	if (q->flags & (RULE_NEGATE | RULE_LATE | RULE_EVERYWHERE) ||
	    q->if_unset != NULL)
		return;
	if (l->n == 0) {
		warn_at(r, q, q->pattern_col, true,
		    "no literal that every match must hold: it runs on "
		    "every text");
		return;
	}
	for (uint32_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < N(everywhere); k++)
			if (l->v[i].len == strlen(everywhere[k]) &&
			    memcmp(l->v[i].p, everywhere[k], l->v[i].len) ==
				0) {
				warn_at(r, q, q->pattern_col, true,
				    "its literal is a word that stands in "
				    "most mail: it runs often");
				return;
			}
}

/* SpamAssassin matches bytes: a class of characters would be one of bytes. */
static void
lint_classes(struct rules *r, const struct rule *q)
{
	bool class = false;

	for (uint32_t i = 0; i < q->pattern_len; i++) {
		unsigned char c = (unsigned char)q->pattern[i];

		if (c == '\\')
			i++;
		else if (c == '[' && !class)
			class = true;
		else if (c == ']' && class)
			class = false;
		else if (c >= 0x80 && class) {
			warn_at(r, q, q->pattern_col, true,
			    "characters outside ASCII in [...] are not "
			    "portable to SpamAssassin: write (?:a|b)");
			return;
		}
	}
}

/* Of this process: a busy machine must not make a rule slow. */
static double
now(void)
{
	return (double)clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e6;
}

/* One unit full of `p`, with something at the end that does not match. */
static double
try_on(const struct rule *q, const char *p, uint32_t len, bool *limit)
{
	char text[LIMIT_CHUNK_MAX + 8];
	uint32_t n = 0;
	double start, best = 0;
	struct span s;

	while (len > 0 && n + len <= LIMIT_CHUNK_MAX) {
		memcpy(text + n, p, len);
		n += len;
	}
	memcpy(text + n, "\n!", 2);
	/* The best of some: a busy machine disturbs one of them. */
	for (unsigned i = 0; i < RUNS && (i == 0 || best > SLOW_MS); i++) {
		start = now();
		*limit |= re_match(q->re, text, n + 2, 0, &s) == -1;
		start = now() - start;
		best = i == 0 || start < best ? start : best;
	}
	return best;
}

static void
lint_speed(struct rules *r, const struct rule *q)
{
	static const char *const bait[] = {"a", "1", " ", "a ", "1 ", ".", "-",
	    "@", "[", "(", "ab1 ", "/", "卡", "卡 "};
	double worst = 0;
	bool limit = false;

	for (size_t i = 0; i < N(bait); i++) {
		double t =
		    try_on(q, bait[i], (uint32_t)strlen(bait[i]), &limit);

		worst = t > worst ? t : worst;
	}
	for (uint32_t i = 0; i < q->literals.n && i < 4; i++) {
		double t =
		    try_on(q, q->literals.v[i].p, q->literals.v[i].len, &limit);

		worst = t > worst ? t : worst;
	}
	if (worst > SLOW_MS || limit) {
		char why[160];

		snprintf(why, sizeof why,
		    "slow: %.1f ms on one text of %u bytes made to be hard%s",
		    worst, LIMIT_CHUNK_MAX,
		    limit ? ", and it runs into the match limit" : "");
		warn_at(r, q, q->pattern_col, worst <= ERROR_MS, why);
	}
}

static void
lint_pattern(struct rules *r, struct rule *q)
{
	struct re_fault fault;
	uint32_t col = q->pattern_col;

	if (!has_pattern(q))
		return;
	if (q->re == NULL && re_compile(&q->re, q->pattern, q->pattern_len,
				 q->re_flags, &fault) == -1) {
		/* After replace_rules an offset is not one of the file. */
		warn_at(r, q, col > 0 ? col + fault.offset : 0, fault.too_large,
		    fault.text);
		r->refused += fault.too_large;
		q->broken = true;
		return;
	}
	lint_literals(r, q);
	lint_classes(r, q);
	lint_speed(r, q);
}

static bool
category_is(const char *category, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(category, prefix, n) == 0 &&
	       (category[n] == '\0' || category[n] == '.');
}

static void
lint_category(struct rules *r, const struct rule *q)
{
	static const char *const known[] = {"promo", "phish", "obf", "keep"};

	if (q->category == NULL)
		return;
	for (size_t i = 0; i < N(known); i++)
		if (category_is(q->category, known[i]))
			return;
	warn_at(r, q, 0, true,
	    "its category begins with none of promo, phish, obf, keep");
}

static void
lint_actions(struct rules *r)
{
	for (uint32_t i = 0; i < r->naction; i++) {
		bool used = false;

		for (uint32_t k = 0; k < r->n; k++)
			used |= r->rule[k].category != NULL &&
				category_is(
				    r->rule[k].category, r->action[i].prefix);
		used |= verdict_refused(r->action[i].prefix);
		if (!used && strchr(r->action[i].prefix, '.') != NULL)
			rules_complain(r, "action", 0, 0, true,
			    "action %s: no rule has such a category",
			    r->action[i].prefix);
	}
}

/* A cut is made where the verdict's category has the action cut. */
static void
lint_cuts(struct rules *r)
{
	bool any = false;

	for (uint32_t i = 0; i < r->naction; i++)
		any |= r->action[i].action == ACTION_CUT;
	for (uint32_t i = 0; i < r->ncut; i++) {
		const struct rule_cut *c = &r->cut[i];
		const struct rule *q = &r->rule[c->rule];

		if (!any)
			rules_complain(r, c->file, c->line, 0, true,
			    "cut %s: no category has the action cut in these "
			    "files",
			    q->name);
		else if (q->type == RULE_NONE || q->broken ||
			 (q->scored && q->score == 0))
			rules_complain(r, c->file, c->line, 0, true,
			    "cut %s: that rule never runs", q->name);
		else if (q->type != RULE_BODY && q->type != RULE_RAWBODY &&
			 q->type != RULE_URI && q->type != RULE_NEAR)
			rules_complain(r, c->file, c->line, 0, true,
			    "cut %s: a %s rule has no place in the text",
			    q->name, rules_type_name(q->type));
	}
}

/* An entry and a part are no matter of the text. */
static void
lint_units(struct rules *r)
{
	for (uint32_t i = 0; i < r->ncut; i++)
		if (!grow_knows(r->cut[i].unit))
			rules_complain(r, r->cut[i].file, r->cut[i].line, 0,
			    true, "cut %s %s: only the match itself is cut",
			    r->rule[r->cut[i].rule].name,
			    rules_unit_name(r->cut[i].unit));
	for (uint32_t i = 0; i < r->nguard; i++)
		if (!grow_knows(r->guard[i].unit))
			rules_complain(r, r->guard[i].file, r->guard[i].line, 0,
			    true, "guard %s %s: only the match is guarded",
			    r->rule[r->guard[i].rule].name,
			    rules_unit_name(r->guard[i].unit));
}

static void
print_complaint(const struct complaint *c)
{
	struct buf b = BUF(LIMIT_RULE_LINE * 8);

	report_shown(&b, c->file, strlen(c->file));
	if (c->line > 0)
		buf_printf(&b, ":%u", c->line);
	if (c->line > 0 && c->column > 0)
		buf_printf(&b, ":%u", c->column);
	buf_printf(&b, ": %s: ", c->warning ? "warning" : "error");
	report_shown(&b, c->text, strlen(c->text));
	buf_puts(&b, "\n");
	if (c->source != NULL && c->column > 0) {
		size_t n = strlen(c->source), at = c->column - 1;
		/* A long line: what stands round the place. */
		size_t from = at > 60 && at < n ? at - 60 : 0;
		size_t end = n - from > 100 ? from + 100 : n;
		size_t lead;

		while (
		    from > 0 && ((unsigned char)c->source[from] & 0xc0) == 0x80)
			from--;
		buf_puts(&b, "  ");
		report_shown(&b, c->source + from, end - from);
		buf_puts(&b, "\n  ");
		for (lead = from; lead < at && lead < end; lead++) {
			unsigned char k = (unsigned char)c->source[lead];

			if (k < 0x80)
				buf_puts(&b, " ");
			else if (k >= 0xe0) /* wide, mostly */
				buf_puts(&b, "  ");
			else if (k >= 0xc0)
				buf_puts(&b, " ");
		}
		buf_puts(&b, "^\n");
	}
	fwrite(b.p, 1, b.len, stdout);
	buf_free(&b);
}

static void
print_counts(const struct rules *r, uint32_t errors, uint32_t warnings)
{
	uint32_t by_type[RULE_META + 1] = {0}, always = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		const struct rule *q = &r->rule[i];

		by_type[q->type]++;
		always += has_pattern(q) && q->literals.n == 0;
	}
	for (int t = RULE_HEADER; t <= RULE_META; t++)
		printf("%s%u %s", t > RULE_HEADER ? ", " : "", by_type[t],
		    rules_type_name((enum rule_type)t));
	printf("\n%u tests, %u without a literal, %u refused, %u errors, "
	       "%u warnings\n",
	    r->ntest, always, r->refused, errors, warnings);
}

static int
lint(struct rules *r, bool strict)
{
	uint32_t errors = 0, warnings = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		lint_pattern(r, &r->rule[i]);
		lint_category(r, &r->rule[i]);
	}
	lint_actions(r);
	lint_cuts(r);
	lint_units(r);
	for (uint32_t i = 0; i < r->ncomplaint; i++) {
		print_complaint(&r->complaint[i]);
		if (r->complaint[i].warning)
			warnings++;
		else
			errors++;
	}
	print_counts(r, errors, warnings);
	if (r->degraded)
		printf("while there are errors messages are marked at most\n");
	return errors > 0 || (strict && warnings > 0) ? 1 : 0;
}

/* ---- test ---- */

static void
fold_into(struct buf *out, const char *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		buf_put(out, p + i, 1);
		if (p[i] == '\n')
			buf_puts(out, " ");
	}
}

/* A message that holds the text where the rule looks. */
static void
make_message(struct buf *out, const struct rule *q, const struct rule_test *t)
{
	bool header = q->type == RULE_HEADER || q->type == RULE_MIMEHEADER;
	const char *name = q->header;

	if (header && (strcasecmp(name, "ALL") == 0 ||
			  strcasecmp(name, "MESSAGEID") == 0))
		name = "message-id";
	if (header && strcasecmp(name, "ToCc") == 0)
		name = "to";
	if (header) {
		buf_printf(out, "%s: ", name);
		fold_into(out, t->text, t->text_len);
		buf_puts(out, "\n");
	}
	buf_puts(out, "MIME-Version: 1.0\nContent-Type: text/plain; "
		      "charset=utf-8\n\n");
	if (!header) {
		buf_put(out, t->text, t->text_len);
		buf_puts(out, "\n");
	}
}

static bool
hits_rule(const struct report *r, uint32_t rule)
{
	for (uint32_t i = 0; i < r->nrule; i++)
		if (r->rule[i].rule == rule && r->rule[i].hits > 0)
			return true;
	return false;
}

/* The text without what was cut; blanks at its end do not matter. */
static bool
cut_gives(const struct report *r, const struct rule_test *t, struct buf *got)
{
	uint32_t at = 0, n = t->after_len;

	if (r->ntext != 1)
		return false;
	for (uint32_t i = 0; i < r->text[0].ngone; i++) {
		buf_put(
		    got, r->text[0].text + at, r->text[0].gone[i].from - at);
		at = r->text[0].gone[i].to;
	}
	buf_put(got, r->text[0].text + at, r->text[0].len - at);
	while (got->len > 0 && strchr(" \n", got->p[got->len - 1]) != NULL)
		got->len--;
	while (n > 0 && strchr(" \n", t->after[n - 1]) != NULL)
		n--;
	return !got->failed && got->len == n &&
	       (n == 0 || memcmp(got->p, t->after, n) == 0);
}

static bool
run_test(struct config *c, const struct rule_test *t, struct buf *got)
{
	const struct rule *q = &c->rules.rule[t->rule];
	struct arena *volatile a = arena_new(LIMIT_ARENA);
	struct buf message = BUF(LIMIT_MESSAGE);
	struct judge_job job = {.want = WANT_HIDDEN | WANT_TEXTS,
	    .time_ms = LIMIT_JUDGE_MS,
	    .only_cut = UINT32_MAX};
	volatile bool right = false;
	struct report r;

	make_message(&message, q, t);
	job.p = message.p;
	job.len = (uint32_t)message.len;
	job.charsets = charsets_open(message.p, message.len, NULL);
	if (t->kind == TEST_CUT)
		job.only_cut = t->rule;
	if (a == NULL)
		goto out;
	if (setjmp(*arena_oom(a)) == 0) {
		judge(&r, a, &c->rules, &c->settings, &job);
		if (t->kind == TEST_CUT)
			right = cut_gives(&r, t, got);
		else
			right = hits_rule(&r, t->rule) == (t->kind == TEST_OK);
	}
out:
	charsets_close((struct charsets *)(uintptr_t)job.charsets);
	buf_free(&message);
	arena_free(a);
	return right;
}

static int
test(struct config *c)
{
	static const char *const kind[] = {
	    [TEST_OK] = "ok", [TEST_FAIL] = "fail", [TEST_CUT] = "cut"};
	struct rules *r = &c->rules;
	uint32_t bad = 0;

	/* A test is about one rule: it waits for no other. */
	for (uint32_t i = 0; i < r->n; i++)
		if (r->rule[i].flags & RULE_LATE) {
			r->rule[i].flags &= ~(unsigned)RULE_LATE;
			r->rule[i].literals.n = 0; /* runs always */
		}
	printf("1..%u\n", r->ntest);
	for (uint32_t i = 0; i < r->ntest; i++) {
		const struct rule_test *t = &r->test[i];
		struct buf got = BUF(LIMIT_MESSAGE), line = BUF(LIMIT_MESSAGE);
		bool right = run_test(c, t, &got);

		bad += !right;
		printf("%sok %u - %s %s %s:%u\n", right ? "" : "not ", i + 1,
		    r->rule[t->rule].name, kind[t->kind], t->file, t->line);
		if (!right) {
			report_shown(&line, t->text, t->text_len);
			printf("#  text: %.*s\n", (int)line.len, line.p);
		}
		if (!right && t->kind == TEST_CUT) {
			line.len = 0;
			report_shown(&line, got.p, got.len);
			printf("# gives: %.*s\n", (int)line.len, line.p);
		}
		buf_free(&line);
		buf_free(&got);
	}
	return bad > 0 || r->degraded ? 1 : 0;
}

/* ---- list ---- */

/* The next one from *i on that no way before has, or NULL at the end. */
static const struct literal *
next_literal(const struct literals *l, uint32_t *i)
{
	while (*i < l->n) {
		const struct literal *q = &l->v[*i];
		uint32_t k = 0;

		while (k < *i && (l->v[k].len != q->len ||
				     memcmp(l->v[k].p, q->p, q->len) != 0))
			k++;
		if (k == (*i)++)
			return q;
	}
	return NULL;
}

static void
put_literals(struct buf *b, const struct literals *l)
{
	const struct literal *q;

	for (uint32_t i = 0; (q = next_literal(l, &i)) != NULL;) {
		buf_puts(b, i > 1 ? "|" : "");
		report_shown(b, q->p, q->len);
	}
}

static void
list_line(const struct rule *q, struct buf *b)
{
	char score[32] = "-"; /* one that never scores */

	if (!(q->flags & RULE_HIDDEN))
		snprintf(score, sizeof score, "%.1f", q->score);
	buf_printf(b, "%-28s %-10s %6s  %-22s ", q->name,
	    rules_type_name(q->type), score,
	    q->category != NULL ? q->category : "-");
	report_shown(b, q->file, strlen(q->file));
	buf_printf(b, ":%u  ", q->line);
	put_literals(b, &q->literals);
	buf_puts(b, "\n");
}

static void
list_json(const struct rule *q, struct buf *b)
{
	const struct literal *l;

	buf_puts(b, "{\"name\":");
	report_json_word(b, q->name);
	buf_printf(b, ",\"type\":\"%s\",\"score\":%.4g,\"category\":",
	    rules_type_name(q->type), q->flags & RULE_HIDDEN ? 0 : q->score);
	report_json_word(b, q->category);
	buf_puts(b, ",\"literals\":[");
	for (uint32_t i = 0; (l = next_literal(&q->literals, &i)) != NULL;) {
		buf_puts(b, i > 1 ? ",\"" : "\"");
		report_json_string(b, l->p, l->len);
		buf_puts(b, "\"");
	}
	buf_puts(b, "],\"file\":");
	report_json_word(b, q->file);
	buf_printf(b, ",\"line\":%u}\n", q->line);
}

static int
list(const struct rules *r, bool json)
{
	struct buf b = BUF(LIMIT_ANSWER);

	for (uint32_t i = 0; i < r->n; i++) {
		if (r->rule[i].type == RULE_NONE)
			continue;
		b.len = 0;
		if (json)
			list_json(&r->rule[i], &b);
		else
			list_line(&r->rule[i], &b);
		fwrite(b.p, 1, b.len, stdout);
	}
	buf_free(&b);
	return 0;
}

/* ---- the command ---- */

/* Files named after lint or test take the place of the usual sources. */
static int
load(struct config *c, const struct options *opt, struct err *err)
{
	struct conf_sources src = opt->sources;

	src.cached = false;
	src.file = opt->arg + 1;
	src.nfile = (uint32_t)(opt->narg - 1);
	if (conf_open(c, &src, err) == -1)
		return -1;
	return rules_late(&c->rules) == 0 ? 0 : err_set(err, "no memory");
}

int
cmd_rules(const struct options *opt)
{
	const char *what = opt->narg > 0 ? opt->arg[0] : "";
	struct config c;
	struct err err;
	volatile int status = EX_USAGE;

	if (opt->narg == 0 || (strcmp(what, "list") == 0 && opt->narg > 1)) {
		if (opt->narg == 0)
			log_error("rules needs lint, test or list (see simsift "
				  "rules --help)");
		else
			log_error("%s: rules list takes no name: it lists all "
				  "(-C DIR: those of a folder)",
			    opt->arg[1]);
		return EX_USAGE;
	}
	if (load(&c, opt, &err) == -1) {
		log_error("%s", err.text);
		status = EX_OSERR;
	} else if (setjmp(*arena_oom(c.arena)) != 0) {
		log_error("no memory");
		status = EX_OSERR;
	} else if (strcmp(what, "lint") == 0) {
		status = lint(&c.rules, opt->strict);
	} else if (strcmp(what, "test") == 0) {
		conf_log(&c.rules);
		status = test(&c);
	} else if (strcmp(what, "list") == 0 && opt->settings) {
		conf_print(&c.settings);
		status = 0;
	} else if (strcmp(what, "list") == 0) {
		conf_log(&c.rules);
		status = list(&c.rules, opt->json);
	} else {
		log_error(
		    "rules %s: no such command; lint, test or list", what);
	}
	conf_close(&c);
	if (fflush(stdout) == EOF) {
		if (errno != EPIPE)
			log_error("cannot write what rules prints: %s",
			    strerror(errno));
		status = EX_IOERR;
	}
	return status;
}
