/*
 * filter, check, hold: the same run, three ways to answer.
 *
 * filter never exits 0 with less than the whole message, and never anything
 * but 0 or 75: procmail and Sieve throw the output away on any other status,
 * fdm the message.
 */
#include "cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "limits.h"
#include "message.h"
#include "rewrite.h"
#include "sandbox.h"
#include "worker.h"

#define HELD (64u << 10) /* bytes that wait for a write */

struct errand {
	const struct options *opt;
	struct message message;
	struct conf_sources sources;
	struct config config;
	struct arena *arena;
	struct report report;
	struct vault vault;
	const char *vault_path;
	bool judged;
	struct rewrite new; /* what goes out: rewrite_of */
};

static struct rewrite *
rewrite_of(struct errand *r)
{
	struct rewrite *w = &r->new;

	w->p = r->message.bytes.p;
	w->len = (uint32_t)r->message.bytes.len;
	w->report = &r->report;
	w->rules = &r->config.rules;
	w->arena = r->arena;
	w->vault = &r->vault;
	w->header = r->opt->header;
	return w;
}

#define LARGE (1u << 20)

/* The sum of a large message takes as long as judging it, and this process has
   nothing else to do; that of a small one is only made where it is needed. */
static void
meanwhile(void *ctx)
{
	struct errand *r = ctx;

	if (r->message.bytes.len >= LARGE)
		rewrite_name(rewrite_of(r));
}

/* ---- the vault ---- */

/* -1: nothing says where it is.  That, too, may take memory. */
static int
find_vault(struct errand *r, struct err *err)
{
	if (setjmp(*arena_oom(r->arena)) != 0)
		return err_set(err, "no memory");
	r->vault_path =
	    vault_path(r->arena, r->opt->vault, r->config.settings.vault, err);
	return r->vault_path != NULL ? 0 : -1;
}

/* The original is on disk, or -1. */
static int
keep_original(struct errand *r, enum action action, struct err *err)
{
	if (find_vault(r, err) == -1 ||
	    vault_open(&r->vault, r->vault_path, true, err) != 0 ||
	    rewrite_keep(rewrite_of(r), action, getenv("SENDER"),
		getenv("RECIPIENT"), err) != 0)
		return -1;
	return 0;
}

/* Does one of the fields that say so hold?  Nothing is opened for a message
   that has none. */
static bool
is_ours(struct errand *r, struct vault_found *f)
{
	struct err err;
	bool ours;

	if (r->report.ntoken == 0 || r->opt->no_vault ||
	    find_vault(r, &err) == -1)
		return false;
	ours = vault_open(&r->vault, r->vault_path, false, &err) == 0 &&
	       rewrite_find_token(rewrite_of(r), f);
	vault_close(&r->vault);
	if (ours)
		log_info("passed as it is: the token of %s holds", f->id);
	return ours;
}

static int
judge_message(struct errand *r, unsigned want, struct err *err)
{
	if (setjmp(*arena_oom(r->arena)) != 0)
		return err_set(err, "no memory for the report");
	return worker_judge_while(&r->report, r->arena, &r->config.rules,
	    &r->config.settings, r->message.bytes.p,
	    (uint32_t)r->message.bytes.len, want, meanwhile, r, err);
}

/* Patterns are compiled where they are first needed: in the child. */
static void
log_broken(const struct errand *r)
{
	for (uint32_t i = 0; i < r->report.nrule; i++)
		if (r->report.rule[i].state == RULE_BROKEN)
			conf_log_broken(
			    &r->config.rules.rule[r->report.rule[i].rule]);
}

/* It works without them; but who reads the log should know. */
static void
log_walls(void)
{
	unsigned has = sandbox_kernel();

	if (!(has & SANDBOX_SECCOMP))
		log_warn("the kernel has no seccomp: mail is judged with one "
			 "wall less (simsift doctor)");
	if (!(has & SANDBOX_LANDLOCK))
		log_info("the kernel has no Landlock: mail is judged with one "
			 "wall less (simsift doctor)");
}

/* Rules, then a judge.  What goes wrong is logged; the message goes on. */
static void
judge_or_say(struct errand *r)
{
	struct vault_found token;
	struct err err;
	uint32_t warn;
	const char *name;

	r->sources = r->opt->sources;
	r->sources.keep_later = true;
	if (conf_open(&r->config, &r->sources, &err) == -1 ||
	    (r->arena = arena_new(LIMIT_ARENA)) == NULL) {
		log_error("not judged: %s",
		    r->arena == NULL && r->config.arena != NULL ? "no memory"
								: err.text);
		return;
	}
	conf_log(&r->config.rules);
	if (r->config.rules.n == 0 && r->config.rules.degraded) {
		log_error("not judged: there are no rules");
		return;
	}
	if (r->message.bytes.len > r->config.settings.limit_message) {
		log_warn("not judged: the message is larger than "
			 "limit_message (%u bytes)",
		    r->config.settings.limit_message);
		return;
	}
	log_walls();
	if (judge_message(r, WANT_REASONS, &err) == -1) {
		log_error("not judged: %s", err.text);
		return;
	}
	r->judged = !(r->report.warn & WARN_MBOX);
	if (r->judged && is_ours(r, &token))
		rewrite_pass_ours(rewrite_of(r), &token);
	log_broken(r);
	warn = r->report.warn & (WARN_MBOX | WARN_TIME | WARN_SKIPPED);
	while ((name = report_warn_name(&warn)) != NULL)
		log_warn("%s", name);
}

static void
log_verdict(const struct errand *r)
{
	struct buf line = BUF(LIMIT_FIELD);

	report_status(&line, &r->report, &r->config.rules, r->new.shown);
	if (!line.failed)
		log_info("%.*s", (int)line.len, line.p);
	if (r->report.refusal != REFUSAL_NONE)
		log_info("not cut: %s", report_refusal_name(r->report.refusal));
	buf_free(&line);
}

/* The result goes out in pieces, so that it takes no memory: what is long
   straight from the message, what is short by way of `held`. */
struct outlet {
	struct buf held;
	struct err *err;
};

static int
flush(struct outlet *o)
{
	size_t n = o->held.len;

	o->held.len = 0;
	return message_write(STDOUT_FILENO, o->held.p, n, o->err);
}

static int
put(void *ctx, const char *p, size_t n)
{
	struct outlet *o = ctx;

	if (n > o->held.size - o->held.len && flush(o) == -1)
		return -1;
	if (n >= o->held.size)
		return message_write(STDOUT_FILENO, p, n, o->err);
	return buf_put(&o->held, p, n);
}

/* The message with its edits and the field. */
static int
write_result(struct errand *r, const struct buf *field, struct err *err)
{
	struct outlet o = {BUF(HELD), err};

	/* Without memory the pieces go out one by one. */
	(void)buf_room(&o.held, HELD);
	if (rewrite_write(rewrite_of(r), field, put, &o) == -1)
		return -1;
	return flush(&o);
}

static int
read_message(struct errand *r, struct err *err)
{
	if (isatty(STDIN_FILENO))
		log_warn("reading a message from the terminal; Ctrl-D ends it");
	if (message_read(&r->message, STDIN_FILENO, LIMIT_MESSAGE, err) == 0)
		return 0;
	message_drain(STDIN_FILENO);
	return -1;
}

/* The message is out of our hands: time for the next one's rules.  The process
   ends here: the kernel takes the memory back faster than free
   does, page by page, after a fork. */
_Noreturn static void
end_run(struct errand *r, int status)
{
	conf_keep(&r->config, &r->sources);
	_exit(status);
}

/* What was read goes out whole, or the caller keeps what it has.  field: of
   a result; NULL: the message as it came. */
static int
write_message(struct errand *r, const struct buf *field)
{
	const struct buf *in = &r->message.bytes;
	struct err err;
	int rc;

	if (r->message.spool != -1)
		rc = message_write_spool(STDOUT_FILENO, &r->message, &err);
	else if (field != NULL)
		rc = write_result(r, field, &err);
	else
		rc = message_write(STDOUT_FILENO, in->p, in->len, &err);
	if (rc == 0 && close(STDOUT_FILENO) == -1)
		rc = err_errno(&err, "cannot write the message");
	if (rc == -1)
		log_error("%s", err.text);
	return rc == -1 ? EX_TEMPFAIL : EX_OK;
}

static void
keep_or_mark(struct errand *r)
{
	struct err err;

	if (r->report.action != ACTION_CUT || r->opt->no_vault ||
	    keep_original(r, ACTION_CUT, &err) == 0)
		return;
	log_error("not cut, the original cannot be kept: %s", err.text);
	rewrite_uncut(rewrite_of(r));
}

int
cmd_filter(const struct options *opt)
{
	struct errand r = {.opt = opt};
	struct buf field = BUF(LIMIT_FIELD);
	bool edited = false;
	struct err err;

	if (opt->wrong != NULL) {
		if (isatty(STDIN_FILENO)) {
			log_error("%s", opt->wrong);
			return EX_USAGE;
		}
		log_error("%s; left out", opt->wrong);
	}
	if (read_message(&r, &err) == -1) {
		log_error("%s", err.text);
		end_run(&r, EX_TEMPFAIL);
	}
	if (r.message.spool != -1) {
		log_warn("not judged: the message is larger than %u bytes",
		    LIMIT_MESSAGE);
		end_run(&r, write_message(&r, NULL));
	}
	judge_or_say(&r);
	if (r.judged && (r.report.action != ACTION_PASS || opt->header ||
			    r.report.nedit > 0)) {
		rewrite_name(rewrite_of(&r));
		keep_or_mark(&r);
		if (r.report.action != ACTION_PASS)
			log_verdict(&r);
		edited = rewrite_field(rewrite_of(&r), &field) == 0;
		if (!edited)
			log_error("no memory for the result: passed unchanged");
	}
	end_run(&r, write_message(&r, edited ? &field : NULL));
}

/* For the commands that answer by their status.  False: there is trouble. */
static bool
read_and_judge(struct errand *r)
{
	struct err err;

	if (r->opt->wrong != NULL) {
		log_error("%s", r->opt->wrong);
		return false;
	}
	if (read_message(r, &err) == -1) {
		log_error("%s", err.text);
		return false;
	}
	if (r->message.spool != -1) {
		log_warn("not judged: the message is larger than %u bytes",
		    LIMIT_MESSAGE);
		return false;
	}
	judge_or_say(r);
	return r->judged;
}

/* As grep: 0 promotion, 1 clean, 75 trouble. */
int
cmd_check(const struct options *opt)
{
	struct buf line = BUF(LIMIT_FIELD);
	struct errand r = {.opt = opt};
	int status = EX_TEMPFAIL;

	if (!read_and_judge(&r))
		goto out;
	status = r.report.verdict == VERDICT_CLEAN ? 1 : 0;
	rewrite_name(rewrite_of(&r));
	report_status(&line, &r.report, &r.config.rules, r.new.shown);
	if (opt->verbose && !line.failed)
		printf("%.*s\n", (int)line.len, line.p);
	if (fflush(stdout) == EOF) {
		log_error("cannot write the status line");
		status = EX_TEMPFAIL;
	}
out:
	end_run(&r, status);
}

/* As grep, too: 0 it is held, and safe, so that the caller may drop it; 1 there
   is nothing to hold; 75 trouble.  Whatever is not 0 means: deliver it. */
int
cmd_hold(const struct options *opt)
{
	struct errand r = {.opt = opt};
	struct err err;
	int status = EX_TEMPFAIL;

	if (!read_and_judge(&r))
		end_run(&r, status);
	if (r.report.action != ACTION_HOLD)
		end_run(&r, 1);
	rewrite_name(rewrite_of(&r));
	if (keep_original(&r, ACTION_HOLD, &err) == 0)
		status = EX_OK;
	else
		log_error("not held: %s", err.text);
	if (status == EX_OK) {
		log_verdict(&r);
		/* It is held all the same. */
		if (vault_secret(&r.vault, &err) != 0)
			log_warn("held, but what is released will have no "
				 "token: %s",
			    err.text);
	}
	end_run(&r, status);
}
