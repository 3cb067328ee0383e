/*
 * What the commands of the vault have in common.
 */
#include "cmd_shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "limits.h"
#include "message.h"
#include "when.h"
#include "width.h"

#define COLUMNS 80  /* where the output is no terminal */
#define CATEGORY 28 /* columns of the category on a wide one */

static int
say(const struct err *err, int status)
{
	log_error("%s", err->text);
	return status;
}

static int
open_vault(struct shelf *s, bool may_lack, bool alone, struct err *err)
{
	int fault = vault_open(&s->vault, s->path, false, err);

	/* Nothing was stored yet; but who names a vault means one. */
	if (fault == VAULT_NONE && may_lack && s->opt->vault == NULL)
		return 0;
	if (fault == 0 && alone)
		vault_lock(&s->vault);
	if (fault == 0)
		fault = vault_scan(&s->vault, s->arena, &s->list, err);
	return fault;
}

static bool
needs_sendmail(const struct options *opt)
{
	return opt->mails && opt->maildir == NULL && !opt->to_stdout;
}

static int
set_up(struct shelf *s, const struct options *opt, bool may_lack, bool alone)
{
	struct err err;
	int fault;

	if (opt->wrong != NULL) {
		log_error("%s", opt->wrong);
		return EX_USAGE;
	}
	if (conf_open(&s->config, &opt->sources, &err) == -1)
		return say(&err, EX_OSERR);
	conf_log(&s->config.rules);
	if (s->config.settings.sendmail_wrong && needs_sendmail(opt)) {
		log_error("nothing is sent: a `sendmail` line is wrong, and "
			  "another program may not be what was meant");
		return EX_USAGE;
	}
	s->path =
	    vault_path(s->arena, opt->vault, s->config.settings.vault, &err);
	if (s->path == NULL)
		return say(&err, EX_NOINPUT);
	if ((fault = open_vault(s, may_lack, alone, &err)) != 0)
		return say(&err, vault_exit(fault));
	return 0;
}

enum needs { NEEDS_NOTHING, NEEDS_VAULT, MAY_LACK };

static int
run(const struct options *opt, enum needs needs, bool alone,
    void (*work)(struct shelf *, void *), void *ctx)
{
	const char *no = getenv("NO_COLOR");
	struct shelf s = {.opt = opt, .out = BUF(LIMIT_ANSWER)};

	s.vault.root = s.vault.tmp = s.vault.new_dir = s.vault.cur_dir = -1;
	s.colour = isatty(STDOUT_FILENO) && (no == NULL || *no == '\0');
	s.arena = arena_new(LIMIT_ARENA);
	if (s.arena == NULL || setjmp(*arena_oom(s.arena)) != 0) {
		log_error("no memory");
		shelf_worse(&s, EX_OSERR);
	} else {
		if (needs != NEEDS_NOTHING)
			s.status = set_up(&s, opt, needs == MAY_LACK, alone);
		if (s.status == 0)
			work(&s, ctx);
	}
	if (s.out.len > 0 || s.out.failed)
		shelf_print(&s);
	buf_free(&s.out);
	vault_close(&s.vault);
	arena_free(s.arena);
	conf_close(&s.config);
	return s.status;
}

int
shelf_run(const struct options *opt, bool may_lack,
    void (*work)(struct shelf *, void *), void *ctx)
{
	return run(opt, may_lack ? MAY_LACK : NEEDS_VAULT, false, work, ctx);
}

int
shelf_run_alone(const struct options *opt, bool may_lack,
    void (*work)(struct shelf *, void *), void *ctx)
{
	return run(opt, may_lack ? MAY_LACK : NEEDS_VAULT, true, work, ctx);
}

int
shelf_run_without(
    const struct options *opt, void (*work)(struct shelf *, void *), void *ctx)
{
	return run(opt, NEEDS_NOTHING, false, work, ctx);
}

bool
shelf_print(struct shelf *s)
{
	int rc = 0;

	if (s->out.failed) {
		log_error("no memory for the answer");
		shelf_worse(s, EX_OSERR);
		rc = -1;
	} else if ((rc = message_print(
			s->out.p, s->out.len, s->opt->command)) == -1) {
		shelf_worse(s, EX_IOERR);
	}
	/* Said once. */
	s->out.failed = false;
	s->out.len = 0;
	return rc == 0;
}

void
shelf_worse(struct shelf *s, int status)
{
	if (s->status == EX_OK)
		s->status = status;
}

void
shelf_fault(struct shelf *s, int fault, const struct err *err)
{
	log_error("%s", err->text);
	shelf_worse(s, vault_exit(fault));
}

struct vault_entry *
shelf_find(struct shelf *s, const char *id)
{
	struct vault_entry *e = NULL;
	struct err err;
	int fault = vault_find(&s->vault, &s->list, id, &e, &err);

	if (fault == 0)
		return e;
	shelf_fault(s, fault, &err);
	return NULL;
}

bool
shelf_meta(struct shelf *s, struct arena *a, const struct vault_entry *e,
    struct vault_meta *m)
{
	struct err err;
	int fault = vault_meta(&s->vault, a, e, m, &err);

	if (fault != 0)
		shelf_fault(s, fault, &err);
	return fault == 0;
}

const char *
shelf_id(struct shelf *s, const struct vault_entry *e)
{
	return arena_dup(s->arena, e->id, e->shown);
}

void
shelf_paint(struct shelf *s, const char *colour)
{
	if (s->colour)
		buf_puts(&s->out, colour);
}

/* ---- a row of a table ---- */

static void
put_cell(struct shelf *s, const char *p, size_t n, uint32_t columns)
{
	struct buf shown = BUF(LIMIT_ANSWER);

	report_shown(&shown, p, n);
	s->out.failed |= shown.failed;
	width_put(&s->out, shown.p, shown.len, columns);
	buf_free(&shown);
	buf_puts(&s->out, " ");
}

static uint32_t
id_columns(const struct vault_list *l)
{
	uint32_t columns = 5;

	for (uint32_t i = 0; i < l->n; i++)
		if (l->v[i].shown > columns)
			columns = l->v[i].shown;
	return columns;
}

/* n new, R released; what was in a report is neither. */
static const char *
state(const struct vault_entry *e)
{
	return e->released ? "R" : e->reported ? " " : "n";
}

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void
shelf_row(struct shelf *s, time_t now, const struct vault_entry *e,
    const struct vault_meta *m)
{
	bool wide = !isatty(STDOUT_FILENO); /* grep wants all of it */
	uint32_t columns =
	    wide ? COLUMNS : width_terminal(STDOUT_FILENO, COLUMNS);
	uint32_t id, left, category, from;
	char when[WHEN_ROOM];
	const char *sender;
	size_t len;

	if (s->id_columns == 0)
		s->id_columns = id_columns(&s->list);
	id = s->id_columns;
	when_column(when, (time_t)e->time, now);
	shelf_paint(s, SHELF_BOLD);
	width_put(&s->out, e->id, e->shown, id);
	shelf_paint(s, SHELF_PLAIN);
	buf_printf(&s->out, " %s %s ", state(e), when);
	shelf_paint(s, e->action == ACTION_HOLD ? SHELF_RED : SHELF_GREEN);
	buf_printf(&s->out, "%-4s ", rules_action_name(e->action));
	shelf_paint(s, SHELF_PLAIN);
	/* The rest of the line is shared by three; the subject has most. */
	left = columns - least(columns, id + 21);
	category = left > CATEGORY * 4 ? CATEGORY : least(19, left / 3);
	from = least(30, (left - category) / 3);
	left -= least(left, category + 1 + from + 1);
	sender = shelf_address(m->from, &len);
	put_cell(s, m->category, strlen(m->category), category);
	put_cell(s, sender, len > 0 ? len : strlen(sender), from);
	if (wide)
		report_shown(&s->out, m->subject, strlen(m->subject));
	else
		put_cell(s, m->subject, strlen(m->subject), left);
	while (s->out.len > 0 && s->out.p[s->out.len - 1] == ' ')
		s->out.len--;
	buf_puts(&s->out, "\n");
}

/* The next word with an @ inside in p[*at..n); its length, 0: none. */
static size_t
next_address(const char *p, size_t *at, size_t n)
{
	static const char border[] = " \t\"<>(),;:[]";

	for (size_t end; *at < n; *at = end) {
		bool sign = false;

		*at += strspn(p + *at, border);
		end = *at + strcspn(p + *at, border);
		for (size_t i = *at + 1; i + 1 < end; i++)
			sign |= p[i] == '@';
		if (sign)
			return end - *at;
	}
	return 0;
}

const char *
shelf_address(const char *from, size_t *len)
{
	size_t n = strlen(from), at = 0, k;
	const char *found = NULL;

	for (*len = 0; (k = next_address(from, &at, n)) > 0; at += k) {
		if (found != NULL &&
		    (k != *len || memcmp(found, from + at, k) != 0)) {
			*len = 0;
			return from;
		}
		found = from + at;
		*len = k;
	}
	return found != NULL ? found : from;
}
