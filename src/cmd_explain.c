/*
 * explain, diff: why, and what would be cut.
 */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "limits.h"
#include "message.h"
#include "vault.h"
#include "width.h"
#include "worker.h"

struct job {
	const struct options *opt;
	struct message message;
	struct config config;
	struct arena *arena;
	struct report report;
	struct buf out;
	bool colour;
};

static const char red[] = "\033[31m", green[] = "\033[32m", bold[] = "\033[1m",
		  plain[] = "\033[0m";

/* ---- the run that both share ---- */

static int
open_input(const struct options *opt, struct err *err)
{
	int fd;

	if (opt->narg == 0 || strcmp(opt->arg[0], "-") == 0)
		return STDIN_FILENO;
	fd = open(opt->arg[0], O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		err_errno(err, "%s", opt->arg[0]);
	return fd;
}

static int
run(struct job *j, unsigned want, struct err *err)
{
	if ((j->arena = arena_new(LIMIT_ARENA)) == NULL)
		return err_set(err, "no memory");
	if (setjmp(*arena_oom(j->arena)) != 0)
		return err_set(err, "no memory");
	return worker_judge(&j->report, j->arena, &j->config.rules,
	    &j->config.settings, j->message.bytes.p,
	    (uint32_t)j->message.bytes.len, want, err);
}

/* What could not be judged is not called clean. */
static const char *
why_not(const struct job *j)
{
	if (j->config.rules.n == 0)
		return "there are no rules";
	if (j->report.warn & WARN_MBOX)
		return "a whole mailbox (simsift scan FILE reads it; formail "
		       "-s simsift check -v < FILE takes it apart)";
	return NULL;
}

static int
fail(const struct err *err, int status)
{
	log_error("%s", err->text);
	return status;
}

static int
read_file(struct job *j, const struct options *opt)
{
	const char *name;
	struct err err;
	bool folder;
	int fd, rc;

	if ((fd = open_input(opt, &err)) == -1)
		return fail(&err, EX_NOINPUT);
	if (fd == STDIN_FILENO && isatty(fd))
		log_warn("reading a message from the terminal; Ctrl-D ends it");
	rc = message_read(&j->message, fd, LIMIT_MESSAGE, &err);
	folder = rc == -1 && errno == EISDIR;
	if (fd != STDIN_FILENO)
		close(fd);
	if (rc == 0 && j->message.spool != -1)
		rc = err_set(
		    &err, "larger than %u bytes: not judged", LIMIT_MESSAGE);
	if (rc == 0)
		return 0;
	name = opt->narg > 0 ? opt->arg[0] : "standard input";
	log_error("%s: %s%s%s%s", name, err.text,
	    folder ? " (simsift scan " : "", folder ? name : "",
	    folder ? ")" : "");
	return j->message.spool != -1 ? EX_DATAERR : EX_NOINPUT;
}

/* What names a file is one; digits of an id are looked up in the vault. */
static bool
is_id(const struct options *opt)
{
	const char *s = opt->narg > 0 ? opt->arg[0] : "";

	return *s != '\0' && s[strspn(s, "0123456789abcdefABCDEF")] == '\0' &&
	       access(s, F_OK) == -1;
}

static int
read_vault(struct job *j, const struct options *opt)
{
	struct arena *a = arena_new(LIMIT_ARENA);
	struct vault v = {NULL, -1, -1, -1, -1, NULL};
	struct vault_entry *e;
	struct vault_list list;
	const char *path;
	struct err err;
	int fault;

	if (a == NULL || setjmp(*arena_oom(a)) != 0) {
		arena_free(a);
		err_set(&err, "no memory for the vault");
		return fail(&err, EX_OSERR);
	}
	j->message.bytes = BUF(LIMIT_MESSAGE);
	path = vault_path(a, opt->vault, j->config.settings.vault, &err);
	fault = path == NULL ? VAULT_NONE : vault_open(&v, path, false, &err);
	if (fault == 0)
		fault = vault_scan(&v, a, &list, &err);
	if (fault == 0)
		fault = vault_find(&v, &list, opt->arg[0], &e, &err);
	if (fault == 0)
		fault = vault_original(
		    &v, a, e, false, &j->message.bytes, NULL, &err);
	vault_close(&v);
	arena_free(a);
	return fault != 0 ? fail(&err, vault_exit(fault)) : 0;
}

/* 0, or the exit status after a message. */
static int
prepare(struct job *j, const struct options *opt, unsigned want)
{
	const char *no = getenv("NO_COLOR"), *why;
	struct err err;
	int status = 0;

	*j = (struct job){.opt = opt, .out = BUF(LIMIT_ANSWER)};
	j->message.spool = -1;
	j->colour = isatty(STDOUT_FILENO) && (no == NULL || *no == '\0');
	if (opt->narg > 1 || (opt->tree && opt->json)) {
		log_error("%s", opt->narg > 1
				    ? "one message at a time (scan reads many)"
				    : "--tree and --json: one of them");
		return EX_USAGE;
	}
	if (!is_id(opt) && (status = read_file(j, opt)) != 0)
		return status;
	if (conf_open(&j->config, &opt->sources, &err) == -1)
		return fail(&err, EX_OSERR);
	conf_log(&j->config.rules);
	if (is_id(opt) && (status = read_vault(j, opt)) != 0)
		return status;
	if (run(j, want, &err) == -1) {
		log_error("not judged: %s", err.text);
		return EX_TEMPFAIL;
	}
	if (!opt->tree && (why = why_not(j)) != NULL) {
		log_error("not judged: %s", why);
		return EX_TEMPFAIL;
	}
	return 0;
}

static int
finish(struct job *j, int status)
{
	if (status == 0 && j->out.failed) {
		log_error("no memory for the answer");
		status = EX_OSERR;
	} else if (status == 0 &&
		   message_print(j->out.p, j->out.len, j->opt->command) == -1) {
		status = EX_IOERR;
	}
	buf_free(&j->out);
	message_free(&j->message);
	arena_free(j->arena);
	conf_close(&j->config);
	return status;
}

/* ---- text for a terminal ---- */

static void
paint(struct job *j, const char *colour)
{
	if (j->colour)
		buf_puts(&j->out, colour);
}

static void
put_many(struct buf *out, char c, uint32_t n)
{
	for (uint32_t i = 0; i < n && i < 2000; i++)
		buf_put(out, &c, 1);
}

static void
shown_pieces(struct buf out[3], const char *p, uint32_t n, struct span m)
{
	const struct span piece[3] = {{0, m.from}, {m.from, m.to}, {m.to, n}};

	for (int i = 0; i < 3; i++)
		report_shown_part(&out[i], p, n, piece[i]);
}

static void
put_match(struct job *j, const struct report_hit *h)
{
	struct buf piece[3] = {
	    BUF(LIMIT_ANSWER), BUF(LIMIT_ANSWER), BUF(LIMIT_ANSWER)};
	uint32_t width;

	shown_pieces(piece, h->text, h->len, h->match);
	buf_puts(&j->out, "      ");
	buf_put(&j->out, piece[0].p, piece[0].len);
	paint(j, bold);
	buf_put(&j->out, piece[1].p, piece[1].len);
	paint(j, plain);
	buf_put(&j->out, piece[2].p, piece[2].len);
	buf_puts(&j->out, "\n      ");
	put_many(&j->out, ' ', width_of(piece[0].p, piece[0].len));
	width = width_of(piece[1].p, piece[1].len);
	put_many(&j->out, '^', width > 0 ? width : 1);
	buf_puts(&j->out, "\n");
	for (int i = 0; i < 3; i++)
		buf_free(&piece[i]);
}

static void
put_name(struct buf *out, const char *s)
{
	report_shown(out, s, strlen(s));
}

/* How far the cut of a match reaches: a line of ~ under the text that its unit
   makes of it, and in words. */
static void
put_growth(struct job *j, const struct report_hit *h)
{
	struct buf piece[3] = {
	    BUF(LIMIT_ANSWER), BUF(LIMIT_ANSWER), BUF(LIMIT_ANSWER)};
	uint32_t width;

	if (!h->asked)
		return;
	shown_pieces(piece, h->text, h->len, h->grown);
	width = width_of(piece[1].p, piece[1].len);
	buf_puts(&j->out, "      ");
	if (width > 0) {
		put_many(&j->out, ' ', width_of(piece[0].p, piece[0].len));
		put_many(&j->out, '~', width);
		buf_puts(&j->out, "\n      ");
	}
	buf_printf(&j->out, "cut as %s", rules_unit_name(h->unit));
	if (h->grown_chars > 0)
		buf_printf(&j->out, ": %u characters", h->grown_chars);
	buf_puts(&j->out, h->refused ? "; it must not go\n" : "\n");
	for (int i = 0; i < 3; i++)
		buf_free(&piece[i]);
}

/* ---- explain ---- */

static void
put_summary(struct job *j)
{
	const struct report *r = &j->report;
	const char *category = report_category(r, &j->config.rules);
	uint32_t warn = r->warn;
	const char *name;

	buf_printf(&j->out, "verdict  %s", report_verdict_name(r->verdict));
	if (category != NULL)
		buf_printf(&j->out, " (%s)", category);
	buf_printf(&j->out, "\nscore    %.1f of %.1f\naction   %s",
	    report_score(r->score), r->required, rules_action_name(r->action));
	if (r->ncut > 0)
		buf_printf(&j->out,
		    ", %u place%s, %u of %u characters of the text", r->ncut,
		    r->ncut == 1 ? "" : "s", r->gone_chars, r->text_chars);
	if (r->refusal != REFUSAL_NONE && r->action != ACTION_CUT)
		buf_printf(
		    &j->out, "; not cut: %s", report_refusal_name(r->refusal));
	buf_puts(&j->out, "\n");
	while ((name = report_warn_name(&warn)) != NULL)
		buf_printf(&j->out, "note     %s\n", name);
}

static void
put_rules(struct job *j)
{
	for (uint32_t i = 0; i < j->report.nrule; i++) {
		const struct report_rule *q = &j->report.rule[i];
		const struct rule *r = &j->config.rules.rule[q->rule];

		if (q->state != RULE_RAN)
			buf_puts(&j->out,
			    q->state == RULE_SLOW ? "  slow " : "broken ");
		else
			buf_printf(&j->out, "%6.1f ", r->score);
		paint(j, bold);
		buf_puts(&j->out, r->name);
		paint(j, plain);
		buf_puts(&j->out, "  ");
		put_name(&j->out, r->file);
		buf_printf(&j->out, ":%u", r->line);
		if (r->category != NULL)
			buf_printf(&j->out, "  %s", r->category);
		if (r->describe != NULL) {
			buf_puts(&j->out, "  ");
			put_name(&j->out, r->describe);
		}
		buf_puts(&j->out, "\n");
	}
}

static void
put_hit(struct job *j, const struct report_hit *h)
{
	const struct rule *r = &j->config.rules.rule[h->rule];

	buf_puts(&j->out, "\n");
	paint(j, bold);
	buf_puts(&j->out, r->name);
	paint(j, plain);
	buf_puts(&j->out, "  ");
	put_name(&j->out, r->file);
	buf_printf(
	    &j->out, ":%u  %s, part ", r->line, rules_type_name(r->type));
	put_name(&j->out, h->part);
	buf_puts(&j->out, " ");
	put_name(&j->out, h->what);
	if (h->raw.to > h->raw.from)
		buf_printf(&j->out, ", bytes %u-%u", h->raw.from, h->raw.to);
	if (h->folded)
		buf_puts(&j->out, ", disguised");
	if (h->guarded)
		buf_puts(&j->out, ", guarded: does not count");
	buf_puts(&j->out, "\n");
	put_match(j, h);
	put_growth(j, h);
}

static const char *
category_of(const struct job *j, const struct report_entry *e)
{
	return e->category != UINT32_MAX
		   ? j->config.rules.rule[e->category].category
		   : NULL;
}

/* Entries of a digest are judged one by one. */
static void
put_entries(struct job *j)
{
	for (uint32_t i = 0; i < j->report.nentry; i++) {
		const struct report_entry *e = &j->report.entry[i];
		const char *category = category_of(j, e);

		buf_printf(&j->out, "entry    %u, part ", e->number);
		put_name(&j->out, e->path);
		buf_printf(&j->out, ": %s", report_verdict_name(e->verdict));
		if (category != NULL)
			buf_printf(&j->out, " (%s)", category);
		buf_printf(&j->out, ", score %.1f, action %s",
		    report_score(e->score), rules_action_name(e->action));
		if (e->refusal != REFUSAL_NONE)
			buf_printf(&j->out, "; not cut: %s",
			    report_refusal_name(e->refusal));
		buf_puts(&j->out, "\n");
	}
}

static void
put_cuts(struct job *j)
{
	for (uint32_t i = 0; i < j->report.ntext; i++) {
		const struct report_text *t = &j->report.text[i];

		for (uint32_t k = 0; k < t->ngone; k++) {
			buf_puts(&j->out, i + k == 0 ? "\ncut out:\n" : "");
			buf_puts(&j->out, "  ");
			put_name(&j->out, t->part);
			buf_puts(&j->out, "  ");
			paint(j, red);
			report_shown_part(&j->out, t->text, t->len, t->gone[k]);
			paint(j, plain);
			buf_puts(&j->out, "\n");
		}
	}
}

static void
put_json_entries(struct job *j)
{
	struct buf *o = &j->out;

	buf_puts(o, ",\"entries\":[");
	for (uint32_t i = 0; i < j->report.nentry; i++) {
		const struct report_entry *e = &j->report.entry[i];

		buf_printf(o, "%s{\"number\":%u,\"part\":", i > 0 ? "," : "",
		    e->number);
		report_json_word(o, e->path);
		buf_printf(o, ",\"verdict\":\"%s\",\"category\":",
		    report_verdict_name(e->verdict));
		report_json_word(o, category_of(j, e));
		buf_printf(o, ",\"score\":%.4g,\"action\":\"%s\"}", e->score,
		    rules_action_name(e->action));
	}
	buf_puts(o, "]");
}

static void
put_json(struct job *j)
{
	struct buf *o = &j->out;

	buf_puts(o, "{\"v\":1");
	report_json(o, &j->report, &j->config.rules);
	buf_printf(o, ",\"required\":%.4g,\"refusal\":", j->report.required);
	report_json_word(o, j->report.refusal != REFUSAL_NONE
				? report_refusal_name(j->report.refusal)
				: NULL);
	buf_puts(o, ",\"hits\":[");
	for (uint32_t i = 0; i < j->report.nhit; i++) {
		const struct report_hit *h = &j->report.hit[i];
		const struct rule *r = &j->config.rules.rule[h->rule];

		buf_printf(o, "%s{\"rule\":\"%s\",\"file\":", i > 0 ? "," : "",
		    r->name);
		report_json_word(o, r->file);
		buf_printf(o, ",\"line\":%u,\"part\":", r->line);
		report_json_word(o, h->part);
		buf_puts(o, ",\"type\":");
		report_json_word(o, h->what);
		buf_printf(o, ",\"offset\":%u,\"length\":%u,\"text\":\"",
		    h->raw.from, h->raw.to - h->raw.from);
		report_json_string(o, h->text, h->len);
		buf_puts(o, "\",\"match\":\"");
		report_json_part(o, h->text, h->len, h->match);
		buf_printf(o, "\",\"disguised\":%s,\"guarded\":%s",
		    h->folded ? "true" : "false",
		    h->guarded ? "true" : "false");
		if (h->asked)
			buf_printf(o, ",\"unit\":\"%s\",\"refused\":%s",
			    rules_unit_name(h->unit),
			    h->refused ? "true" : "false");
		buf_puts(o, "}");
	}
	buf_puts(o, "]");
	put_json_entries(j);
	buf_puts(o, "}\n");
}

int
cmd_explain(const struct options *opt)
{
	struct job j;
	int status = prepare(
	    &j, opt, WANT_HITS | WANT_TEXTS | (opt->tree ? WANT_TREE : 0));

	if (status != 0)
		return finish(&j, status);
	if (opt->tree && j.report.tree != NULL) {
		const char *line = j.report.tree, *end;

		for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
			report_shown(&j.out, line, (size_t)(end - line));
			buf_puts(&j.out, "\n");
		}
	} else if (opt->json) {
		put_json(&j);
	} else {
		put_summary(&j);
		put_entries(&j);
		put_rules(&j);
		for (uint32_t i = 0; i < j.report.nhit; i++)
			put_hit(&j, &j.report.hit[i]);
		put_cuts(&j);
	}
	return finish(&j, status);
}

/* ---- diff ---- */

/* The line of a text, or what the cuts leave of it. */
static void
put_line(struct job *j, const struct report_text *t, struct span line,
    uint32_t k, bool before)
{
	uint32_t at = line.from;

	paint(j, before ? red : green);
	buf_puts(&j->out, before ? "-" : "+");
	for (; k < t->ngone && t->gone[k].from < line.to; k++) {
		struct span g = t->gone[k];

		if (g.from > at)
			report_shown_part(&j->out, t->text, t->len,
			    (struct span){at, g.from});
		if (g.from < at)
			g.from = at;
		if (g.to > line.to)
			g.to = line.to;
		if (before) {
			paint(j, bold);
			report_shown_part(&j->out, t->text, t->len, g);
			paint(j, plain);
			paint(j, red);
		}
		at = g.to > at ? g.to : at;
	}
	report_shown_part(&j->out, t->text, t->len, (struct span){at, line.to});
	paint(j, plain);
	buf_puts(&j->out, "\n");
}

/* Is anything of the line left, but blanks? */
static bool
leaves(const struct report_text *t, struct span line, uint32_t k)
{
	for (uint32_t at = line.from; at < line.to; at++) {
		while (k < t->ngone && t->gone[k].to <= at)
			k++;
		if (k < t->ngone && at >= t->gone[k].from)
			continue;
		if ((unsigned char)t->text[at] > ' ')
			return true;
	}
	return false;
}

static void
put_text_diff(struct job *j, const struct report_text *t)
{
	uint32_t k = 0, number = 1;

	paint(j, bold);
	buf_puts(&j->out, "part ");
	put_name(&j->out, t->part);
	buf_puts(&j->out, " ");
	put_name(&j->out, t->what);
	paint(j, plain);
	buf_puts(&j->out, "\n");
	for (uint32_t at = 0; at < t->len; number++) {
		const char *lf = memchr(t->text + at, '\n', t->len - at);
		uint32_t end = lf != NULL ? (uint32_t)(lf - t->text) : t->len;
		struct span line = {at, end};

		while (k < t->ngone && t->gone[k].to <= at)
			k++;
		if (k < t->ngone && t->gone[k].from < end) {
			buf_printf(&j->out, "@@ line %u @@\n", number);
			put_line(j, t, line, k, true);
			if (leaves(t, line, k))
				put_line(j, t, line, k, false);
		}
		at = end + 1;
	}
}

int
cmd_diff(const struct options *opt)
{
	struct job j;
	int status = prepare(&j, opt, WANT_TEXTS);

	if (status != 0)
		return finish(&j, status);
	for (uint32_t i = 0; i < j.report.ntext; i++)
		put_text_diff(&j, &j.report.text[i]);
	if (j.report.ntext == 0 && j.report.verdict != VERDICT_CLEAN)
		buf_printf(&j.out, "%s, action %s: nothing is cut%s%s\n",
		    report_verdict_name(j.report.verdict),
		    rules_action_name(j.report.action),
		    j.report.refusal != REFUSAL_NONE ? ": " : "",
		    report_refusal_name(j.report.refusal));
	return finish(&j, status);
}
