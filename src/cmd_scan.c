/*
 * scan: looks through mailboxes; changes nothing, unless asked to (--apply).
 */
#include "cmd.h"

#include <errno.h>
#include <sched.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "apply.h"
#include "box.h"
#include "limits.h"
#include "message.h"
#include "progress.h"
#include "tally.h"
#include "vault.h"
#include "worker_pool.h"

#define FLUSH (64u << 10)
#define FEW 4             /* messages that are not worth a pool */
#define ROWS (256u << 20) /* bytes of rows that wait: one may be large */

struct scan {
	const struct options *opt;
	struct config config;
	struct pool *pool;
	struct apply *apply; /* or NULL: a dry run */
	enum action action;
	struct box_wish wish;
	struct buf out; /* rows that were not written yet */
	struct tally tally;
	struct progress progress;
	unsigned few;     /* messages that were judged without the pool */
	bool found;       /* the table has its head */
	bool *broken;     /* of each rule: it was said that it is */
	bool trouble;     /* something could not be read */
	bool broken_pipe; /* nobody reads our output any more */
	struct err wrong; /* what parse_words says */
};

static void
trouble(struct scan *s, const char *what)
{
	progress_clear(&s->progress);
	log_error("%s", what);
	s->trouble = true;
}

/* ---- rows ---- */

static void
write_rows(struct scan *s)
{
	if (s->out.len > 0 && !s->broken_pipe) {
		progress_clear(&s->progress);
		s->broken_pipe =
		    message_print(s->out.p, s->out.len, "scan") == -1;
	}
	s->out.len = 0;
}

static void
put_row(struct scan *s, const struct pool_item *item)
{
	const struct rules *rules = &s->config.rules;
	bool found = item->report.verdict == VERDICT_PROMO ||
		     item->report.verdict == VERDICT_PHISH;
	size_t before = s->out.len;

	if (s->opt->json) {
		row_json(&s->out, item, rules, s->opt->timing);
	} else if (found) {
		if (!s->found)
			row_head(&s->out);
		s->found = true;
		row_text(&s->out, item, rules);
	}
	if (s->out.failed) {
		progress_clear(&s->progress);
		log_error("%s: no memory for its row", item->id);
		s->trouble = true;
		s->out.failed = false;
		s->out.len = before;
	}
	if (s->out.len >= FLUSH)
		write_rows(s);
}

/* Rules that do not compile are seen when messages are judged.  Without them
   nothing is cut or held, and who cleans a box must not think it clean. */
static void
say_broken(struct scan *s, const struct report *r)
{
	for (uint32_t i = 0; i < r->nrule; i++) {
		uint32_t n = r->rule[i].rule;

		if (r->rule[i].state != RULE_BROKEN || s->broken[n])
			continue;
		progress_clear(&s->progress);
		conf_log_broken(&s->config.rules.rule[n]);
		s->broken[n] = true;
		s->trouble |= s->opt->apply;
	}
}

/* A message that cannot be judged is a row too, with the verdict `error`. */
static void
answer(struct scan *s, struct pool_item *item)
{
	if (item->why == NULL && item->report.warn & WARN_MBOX)
		item->why = "a whole mailbox, not one message";
	if (item->why != NULL) {
		progress_clear(&s->progress);
		log_error("%s: not judged: %s", item->id, item->why);
		s->trouble = true;
		item->report = (struct report){
		    .verdict = VERDICT_ERROR, .category = UINT32_MAX};
	}
	say_broken(s, &item->report);
	tally_add(&s->tally, item, &s->config.rules);
	if (s->apply != NULL && !apply_message(s->apply, item) && !s->opt->sum)
		item->sum = NULL; /* it is for those acted on */
	put_row(s, item);
}

/* What is ready; or, before a wait, at least one. */
static void
take_answers(struct scan *s, bool wait)
{
	struct pool_item *item;

	while (pool_take(s->pool, &item, false) == 1)
		answer(s, item);
	if (!wait)
		return;
	write_rows(s);
	if (pool_take(s->pool, &item, true) == 1)
		answer(s, item);
}

/* ---- messages ---- */

static void
put_sum(struct pool_item *item, const char *p, char sum[ROW_SUM])
{
	SHA256Data((const uint8_t *)p, item->len, sum);
	item->sum = sum;
}

/* Too large for the pool's memory: read into our own. */
static char *
read_large(struct box *b, const struct box_item *from, struct err *err)
{
	char *p = malloc(from->len + 1);

	if (p == NULL) {
		err_set(err, "no memory");
		return NULL;
	}
	if (box_read(b, from, p, from->len, err) == (int64_t)from->len)
		return p;
	free(p);
	return NULL;
}

static int
put_message(
    struct scan *s, struct box *b, const struct box_item *from, struct err *err)
{
	struct pool_item item = {
	    .box = from->box, .id = from->id, .offset = from->offset};
	bool fits = from->len <= LIMIT_LOT && s->few == FEW,
	     large = from->len > LIMIT_MESSAGE;
	char *room, *own = NULL, sum[ROW_SUM];
	struct err why;
	int rc;

	if (!fits && s->few < FEW)
		s->few++;
	item.len = large ? 0 : (uint32_t)from->len;
	while ((room = pool_room(s->pool, fits ? item.len : 0)) == NULL)
		take_answers(s, true);
	if (large) {
		err_set(&why, "larger than %u bytes", LIMIT_MESSAGE);
		item.why = why.text;
	} else if (!fits && (own = read_large(b, from, &why)) == NULL) {
		item.why = why.text;
	} else if (fits && box_read(b, from, room, item.len, &why) !=
			       (int64_t)item.len) {
		item.why = why.text;
	}
	if (item.why == NULL && (s->opt->sum || s->apply != NULL))
		put_sum(&item, fits ? room : own, sum);
	rc = pool_put(s->pool, &item, own, err);
	free(own);
	return rc;
}

static void
show_progress(struct scan *s, const struct box *b)
{
	uint64_t total, done = box_done(b, &total);

	progress_show(
	    &s->progress, done, total, s->tally.messages, s->tally.bytes);
}

/* All answers there are still to come. */
static void
take_rest(struct scan *s)
{
	struct pool_item *item;

	pool_flush(s->pool);
	while (!s->broken_pipe) {
		take_answers(s, false);
		if (pool_take(s->pool, &item, true) != 1)
			break;
		answer(s, item);
	}
}

static void
read_box(struct scan *s, struct box *b)
{
	struct box_item item;
	struct err err;
	int rc;

	while (!s->broken_pipe && (rc = box_next(b, &item, &err)) != 0) {
		if (rc == -1 || put_message(s, b, &item, &err) == -1)
			trouble(s, err.text);
		take_answers(s, false);
		show_progress(s, b);
	}
}

static void
scan_box(struct scan *s, const char *path)
{
	struct box *b = NULL;
	struct err err;

	if (s->apply == NULL && apply_waits(path)) {
		err_set(&err,
		    "%s: a change of it is not finished: scan --apply "
		    "does that",
		    path);
		trouble(s, err.text);
	}
	if ((s->apply != NULL && apply_box(s->apply, path, &err) == -1) ||
	    box_open(&b, path, &s->wish, &err) == -1 ||
	    (s->apply != NULL && apply_kind(s->apply, b, &err) == -1)) {
		trouble(s, err.text);
		box_close(b);
		return;
	}
	read_box(s, b);
	if (s->apply != NULL) {
		take_rest(s);
		apply_box_end(s->apply);
	}
	box_close(b);
}

/* ---- the command ---- */

/* "OFF:LEN", or "OFF:" for all from there on. */
static bool
parse_range(struct box_wish *w, const char *s)
{
	char *end;

	w->has_range = true;
	w->to = UINT64_MAX;
	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	w->from = strtoull(s, &end, 10);
	if (*end != ':' || errno != 0)
		return false;
	if (*++end == '\0')
		return true;
	if (*end < '0' || *end > '9')
		return false;
	w->to = strtoull(end, &end, 10);
	if (*end != '\0' || errno != 0)
		return false;
	w->to = w->to < UINT64_MAX - w->from ? w->from + w->to : UINT64_MAX;
	return true;
}

static const char *
wrong_value(
    struct scan *s, const char *option, const char *value, const char *what)
{
	err_set(&s->wrong, "%s %s: this takes %s", option, value, what);
	return s->wrong.text;
}

/* … with those about changes. */
static const char *
parse_changes(struct scan *s)
{
	const struct options *opt = s->opt;

	if (opt->undo && (opt->apply || opt->json || opt->range != NULL ||
			     opt->type != NULL))
		return "--undo: with -V and boxes only";
	if (!opt->apply && (opt->move != NULL || opt->action != NULL))
		return "--move and --action: with --apply";
	if (opt->apply && opt->range != NULL)
		return "--range: not with --apply";
	if (opt->move != NULL && opt->move[0] == '\0')
		return "--move: the name of a folder";
	if (opt->action == NULL)
		return NULL;
	if (strcmp(opt->action, "cut") == 0)
		s->action = ACTION_CUT;
	else if (strcmp(opt->action, "hold") == 0)
		s->action = ACTION_HOLD;
	else
		return wrong_value(s, "--action", opt->action, "cut or hold");
	return NULL;
}

/* What is wrong with the words of the command line, or NULL. */
static const char *
parse_words(struct scan *s, unsigned *workers)
{
	const struct options *opt = s->opt;
	const char *why;
	cpu_set_t cpus;
	char *end;

	if (opt->wrong != NULL)
		return opt->wrong;
	if ((why = parse_changes(s)) != NULL || opt->undo)
		return why;
	if (opt->narg == 0)
		return "scan needs a mailbox, a file or a folder";
	s->wish.deep = opt->deep;
	if (opt->type != NULL)
		s->wish.kind = box_kind_of(opt->type);
	if (s->wish.kind == BOX_KINDS)
		return wrong_value(s, "--type", opt->type,
		    "auto, mbox, maildir, mh, folder or file");
	if (opt->range != NULL && !parse_range(&s->wish, opt->range))
		return wrong_value(s, "--range", opt->range,
		    "OFFSET:LENGTH in bytes, as in 0:1000000");
	if (opt->range != NULL && opt->narg > 1)
		return "--range: of one mailbox";
	*workers = sched_getaffinity(0, sizeof cpus, &cpus) == 0
		       ? (unsigned)CPU_COUNT(&cpus)
		       : 1;
	if (opt->workers != NULL) {
		unsigned long n = strtoul(opt->workers, &end, 10);

		if (*opt->workers < '1' || *opt->workers > '9' ||
		    *end != '\0' || n > LIMIT_WORKERS)
			return wrong_value(
			    s, "-j", opt->workers, "a number from 1 to 256");
		*workers = (unsigned)n;
	}
	if (*workers > LIMIT_WORKERS)
		*workers = LIMIT_WORKERS;
	return NULL;
}

static void
sum_up(struct scan *s)
{
	double t;

	take_rest(s);
	t = progress_seconds(&s->progress);
	if (!s->opt->json)
		tally_print(&s->out, &s->tally);
	if (!s->opt->json && s->apply != NULL)
		apply_sum_up(s->apply, &s->out);
	write_rows(s);
	progress_clear(&s->progress);
	/* Not on standard output, which is the same each time. */
	if (!s->opt->json && !s->opt->quiet && !s->broken_pipe)
		fprintf(stderr, "%.1f seconds, %.0f messages/s, %.1f MB/s\n", t,
		    (double)s->tally.messages / t,
		    (double)s->tally.bytes / 1e6 / t);
}

static void
say(void *ctx, bool bad, const char *text)
{
	struct scan *s = ctx;

	progress_clear(&s->progress);
	if (bad)
		log_error("%s", text);
	else
		log_warn("%s", text);
	s->trouble |= bad;
}

/* What apply is to know; false: said. */
static bool
wish_for(struct scan *s, struct apply_wish *w)
{
	struct err err;

	*w = (struct apply_wish){.rules = &s->config.rules,
	    .move = s->opt->move,
	    .action = s->action,
	    .say = say,
	    .ctx = s};
	if (setjmp(*arena_oom(s->config.arena)) != 0)
		err_set(&err, "no memory");
	else
		w->vault = vault_path(s->config.arena, s->opt->vault,
		    s->config.settings.vault, &err);
	if (w->vault == NULL)
		log_error("%s", err.text);
	return w->vault != NULL;
}

static int
undo(struct scan *s)
{
	const struct options *opt = s->opt;
	struct apply_wish wish;
	struct err err;
	int status;

	if (conf_open(&s->config, &opt->sources, &err) == -1) {
		log_error("%s", err.text);
		return EX_OSERR;
	}
	if (!wish_for(s, &wish))
		return 1;
	status = apply_undo(&wish, opt->arg, opt->narg, &s->out);
	if (!opt->quiet)
		write_rows(s);
	return s->broken_pipe ? EX_IOERR : status != 0 ? status : s->trouble;
}

/* The vault, and what is to be changed; false: nothing can be, and that was
   said. */
static bool
open_apply(struct scan *s)
{
	struct apply_wish wish;
	struct err err;

	s->config.settings.cut_held = s->action == ACTION_CUT;
	if (!s->opt->apply)
		return true;
	if (!wish_for(s, &wish))
		return false;
	if (apply_open(&s->apply, &wish, &err) == 0)
		return true;
	log_error("%s", err.text);
	return false;
}

static int
run(struct scan *s, unsigned workers)
{
	const struct options *opt = s->opt;
	struct stat st;
	struct err err;
	int status = EX_OK;

	if (conf_open(&s->config, &opt->sources, &err) == -1)
		goto no_memory;
	conf_log(&s->config.rules);
	s->trouble = opt->apply && s->config.rules.degraded;
	s->broken = calloc(s->config.rules.n + 1u, sizeof *s->broken);
	if (s->broken == NULL) {
		err_set(&err, "no memory");
		goto no_memory;
	}
	if (!open_apply(s))
		return 1;
	s->pool = pool_open(&s->config.rules, &s->config.settings, workers,
	    WANT_HEADLINE | (opt->apply ? WANT_REASONS : 0), &err);
	if (s->pool == NULL)
		goto no_memory;
	if (tally_open(&s->tally) == -1) {
		err_set(&err, "no memory");
		goto no_memory;
	}
	for (int i = 0; i < opt->narg && !s->broken_pipe; i++) {
		const char *path = opt->arg[i];

		if (strcmp(path, "-") != 0 && stat(path, &st) == -1) {
			progress_clear(&s->progress);
			log_error("%s: %s", path, strerror(errno));
			status = EX_NOINPUT;
			continue;
		}
		scan_box(s, path);
	}
	sum_up(s);
	return s->broken_pipe    ? EX_IOERR
	       : status != EX_OK ? status
				 : s->trouble;
no_memory:
	log_error("%s", err.text);
	return EX_OSERR;
}

int
cmd_scan(const struct options *opt)
{
	struct scan s = {.opt = opt, .out = BUF(ROWS)};
	const char *wrong;
	unsigned workers = 1;
	int status;

	if ((wrong = parse_words(&s, &workers)) != NULL) {
		log_error("%s", wrong);
		return EX_USAGE;
	}
	progress_start(&s.progress, opt->quiet);
	status = opt->undo ? undo(&s) : run(&s, workers);
	apply_close(s.apply);
	if (status == EX_OK && s.trouble)
		status = 1;
	pool_close(s.pool);
	tally_close(&s.tally);
	buf_free(&s.out);
	conf_close(&s.config);
	free(s.broken);
	return status;
}
