/*
 * purge: what is old goes from the vault, for good.
 */
#include "cmd_shelf.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "limits.h"
#include "when.h"

static bool
goes(const struct vault_entry *e, int64_t before)
{
	return e->time < before;
}

#define ROWS 20u /* that are shown of what would go */

/* A damaged file, too, goes when it is old. */
static void
put_row(struct shelf *s, time_t now, const struct vault_entry *e)
{
	struct arena *a = arena_new(LIMIT_ARENA);
	struct vault_meta m = {.category = "", .from = "", .subject = "?"};
	struct err err;

	if (a != NULL && setjmp(*arena_oom(a)) == 0 &&
	    vault_meta(&s->vault, a, e, &m, &err) != 0)
		m = (struct vault_meta){
		    .category = "", .from = "", .subject = "?"};
	shelf_row(s, now, e, &m);
	arena_free(a);
}

/* "3 messages (2 held, 1 cut), stored Oct  1 09:12 to Oct 24 18:30" */
static uint32_t
say_what(struct shelf *s, int64_t before, time_t now)
{
	const struct vault_list *l = &s->list;
	char oldest[WHEN_ROOM], newest[WHEN_ROOM];
	int64_t low = INT64_MAX, high = INT64_MIN;
	uint32_t n = 0, held = 0;

	for (uint32_t i = 0; i < l->n; i++) {
		const struct vault_entry *e = &l->v[i];

		if (!goes(e, before))
			continue;
		if (n++ < ROWS && !s->opt->yes)
			put_row(s, now, e);
		held += e->action == ACTION_HOLD;
		low = e->time < low ? e->time : low;
		high = e->time > high ? e->time : high;
	}
	if (n == 0 || (s->opt->yes && s->opt->quiet))
		return n;
	if (n > ROWS && !s->opt->yes)
		buf_printf(&s->out, "... and %u more\n", n - ROWS);
	when_column(oldest, (time_t)low, now);
	when_column(newest, (time_t)high, now);
	buf_printf(&s->out, "%u message%s (%u held, %u cut), stored %s to %s\n",
	    n, n == 1 ? "" : "s", held, n - held, oldest, newest);
	return n;
}

/* Does the user, at his terminal, say yes? */
static bool
agrees(struct shelf *s)
{
	char answer[16];

	buf_puts(&s->out, "Remove them for good? [y/N] ");
	if (!shelf_print(s) || fgets(answer, sizeof answer, stdin) == NULL)
		return false;
	return answer[0] == 'y' || answer[0] == 'Y';
}

static void
purge(struct shelf *s, int64_t before)
{
	uint32_t gone = 0;
	struct err err;
	int fault;

	for (uint32_t i = 0; i < s->list.n; i++) {
		const struct vault_entry *e = &s->list.v[i];

		if (!goes(e, before))
			continue;
		if ((fault = vault_remove(&s->vault, e, &err)) != 0)
			shelf_fault(s, fault, &err);
		else
			gone++;
	}
	if ((fault = vault_sync(&s->vault, &err)) != 0)
		shelf_fault(s, fault, &err);
	if (!s->opt->quiet)
		buf_printf(&s->out, "removed: %u\n", gone);
}

static void
purge_older(struct shelf *s, void *ctx)
{
	bool asks = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	const int64_t *age = ctx;
	time_t now = time(NULL);

	if (say_what(s, now - *age, now) == 0) {
		if (!s->opt->quiet && asks)
			buf_puts(&s->out, "nothing is that old\n");
	} else if (s->opt->yes || (asks && agrees(s))) {
		purge(s, now - *age);
	} else if (!asks) {
		buf_puts(&s->out, "nothing was removed: --yes does it\n");
	}
}

/* Who means months must not lose what is three minutes old. */
static const char *
wrong_age(const char *s, int64_t *age, struct err *err)
{
	size_t n = strlen(s);
	char unit = n > 0 ? s[n - 1] : '\0';

	if (when_parse(s, age, err) == 0 && unit != 's' && unit != 'm')
		return NULL;
	err_set(err,
	    "--older-than %s: a number with h, d or w (weeks) behind it, as in "
	    "30d%s",
	    s,
	    unit == 'm'   ? " (m is minutes: write 90d)"
	    : unit == 's' ? " (s is seconds)"
			  : "");
	return err->text;
}

int
cmd_purge(const struct options *opt)
{
	const char *wrong = opt->wrong;
	struct err err;
	int64_t age;

	if (wrong == NULL && opt->older == NULL)
		wrong = "purge needs --older-than, as in 30d";
	if (wrong == NULL)
		wrong = wrong_age(opt->older, &age, &err);
	if (wrong != NULL) {
		log_error("%s", wrong);
		return EX_USAGE;
	}
	return shelf_run(opt, true, purge_older, &age);
}
