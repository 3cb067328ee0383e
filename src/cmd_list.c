/*
 * list: what is in the vault, newest first.
 */
#include "cmd_shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "limits.h"
#include "when.h"

#define PIECE (32u << 10) /* bytes that wait for a write */
#define ON_A_TERMINAL 50  /* entries, where nothing else is asked for */

/* What is asked for. */
struct wish {
	int64_t since; /* time_t */
	uint32_t max;  /* 0: all */
	time_t now;
	uint32_t shown, matching;
};

static int
number(const char *s, uint32_t *v, struct err *err)
{
	size_t n = strspn(s, "0123456789");

	if (n == 0 || n > 9 || s[n] != '\0')
		return err_set(err,
		    "--max %s: a whole number, as in 20; 0 "
		    "shows all",
		    s);
	*v = (uint32_t)atol(s);
	return 0;
}

static int
read_wish(const struct options *opt, struct wish *w, struct err *err)
{
	int64_t ago;

	*w = (struct wish){.now = time(NULL), .since = INT64_MIN};
	w->max = isatty(STDOUT_FILENO) && !opt->json ? ON_A_TERMINAL : 0;
	if (opt->since != NULL) {
		if (when_parse(opt->since, &ago, err) == -1)
			return -1;
		w->since = w->now - ago;
	}
	return opt->max != NULL ? number(opt->max, &w->max, err) : 0;
}

/* What the file's name tells. */
static bool
name_fits(const struct options *opt, const struct wish *w,
    const struct vault_entry *e)
{
	if (e->time < w->since)
		return false;
	if (opt->held || opt->cut)
		return (opt->held && e->action == ACTION_HOLD) ||
		       (opt->cut && e->action == ACTION_CUT);
	return true;
}

/* "promo" includes promo.telegram. */
static bool
category_fits(const char *category, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(category, prefix, n) == 0 &&
	       (category[n] == '\0' || category[n] == '.');
}

static bool
meta_fits(const struct options *opt, const struct vault_meta *m)
{
	if (opt->category != NULL && !category_fits(m->category, opt->category))
		return false;
	if (opt->from != NULL && strcasestr(m->from, opt->from) == NULL)
		return false;
	return opt->subject == NULL ||
	       strcasestr(m->subject, opt->subject) != NULL;
}

/* ---- JSON ---- */

static void
put_word(struct buf *o, const char *key, const char *value)
{
	buf_printf(o, ",\"%s\":", key);
	report_json_word(o, value[0] != '\0' ? value : NULL);
}

static void
put_json(
    struct shelf *s, const struct vault_entry *e, const struct vault_meta *m)
{
	struct buf *o = &s->out;
	char when[WHEN_ROOM];

	when_iso(when, (time_t)e->time);
	buf_printf(o,
	    "{\"v\":1,\"id\":\"%.*s\",\"short\":\"%.*s\",\"time\":\"%s\","
	    "\"action\":\"%s\",\"released\":%s,\"reported\":%s",
	    VAULT_ID, e->id, (int)e->shown, e->id, when,
	    rules_action_name(e->action), e->released ? "true" : "false",
	    e->reported ? "true" : "false");
	put_word(o, "verdict", m->verdict);
	put_word(o, "category", m->category);
	put_word(o, "score", m->score);
	put_word(o, "cuts", m->cuts);
	put_word(o, "from", m->from);
	put_word(o, "subject", m->subject);
	put_word(o, "envelope", m->envelope);
	buf_printf(
	    o, ",\"bytes\":%llu,\"rules\":[", (unsigned long long)m->length);
	for (uint32_t i = 0; i < m->nrule; i++) {
		buf_puts(o, i > 0 ? ",{\"name\":" : "{\"name\":");
		report_json_word(o, m->rule[i].name);
		buf_printf(o, ",\"score\":%.4g", m->rule[i].score);
		put_word(o, "where", m->rule[i].where);
		put_word(o, "text", m->rule[i].text);
		buf_puts(o, "}");
	}
	buf_puts(o, "]}\n");
}

/* ---- the run ---- */

/* One entry, its memory given back; false: no more of them. */
static bool
list_one(struct shelf *s, struct wish *w, const struct vault_entry *e)
{
	struct arena *a = arena_new(LIMIT_ARENA);
	struct vault_meta m;
	bool goes_on = true;

	if (a == NULL || setjmp(*arena_oom(a)) != 0) {
		log_error("no memory for %.*s", (int)e->shown, e->id);
		shelf_worse(s, EX_OSERR);
	} else if (shelf_meta(s, a, e, &m) && meta_fits(s->opt, &m)) {
		w->shown++;
		if (s->opt->json)
			put_json(s, e, &m);
		else
			shelf_row(s, w->now, e, &m);
		goes_on = s->out.len < PIECE || shelf_print(s);
	}
	arena_free(a);
	return goes_on;
}

/* They are neither read nor removed, but should not be there. */
static void
say_strangers(const struct shelf *s)
{
	uint32_t n = s->list.strangers;

	if (n > 0)
		log_warn("%s: %u file%s there that %s not ours: left alone",
		    s->path, n, n == 1 ? "" : "s", n == 1 ? "is" : "are");
}

static void
list_all(struct shelf *s, void *ctx)
{
	struct wish *w = ctx;
	const struct vault_list *l = &s->list;
	uint32_t i;

	say_strangers(s);
	for (i = 0; i < l->n; i++) {
		if (!name_fits(s->opt, w, &l->v[i]))
			continue;
		if (w->max > 0 && w->shown == w->max)
			break;
		if (!list_one(s, w, &l->v[i]))
			return;
	}
	if (i < l->n && isatty(STDOUT_FILENO) && s->opt->max == NULL &&
	    !s->opt->json)
		buf_printf(&s->out,
		    "the newest %u; --max 0 shows all that fit\n", w->shown);
}

int
cmd_list(const struct options *opt)
{
	struct wish w;
	struct err err;

	if (opt->wrong == NULL && read_wish(opt, &w, &err) == -1) {
		log_error("%s", err.text);
		return EX_USAGE;
	}
	return shelf_run(opt, true, list_all, &w);
}
