/*
 * show: one message of the vault: why it is there, and its text.
 */
#include "cmd_shelf.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "limits.h"
#include "mask.h"
#include "when.h"
#include "worker.h"

static void
put_line(struct shelf *s, const char *name, const char *value)
{
	if (value[0] == '\0')
		return;
	buf_printf(&s->out, "%-9s", name);
	report_shown(&s->out, value, strlen(value));
	buf_puts(&s->out, "\n");
}

static void
put_head(
    struct shelf *s, const struct vault_entry *e, const struct vault_meta *m)
{
	char when[WHEN_ROOM];

	buf_puts(&s->out, "id       ");
	shelf_paint(s, SHELF_BOLD);
	buf_put(&s->out, e->id, e->shown);
	shelf_paint(s, SHELF_PLAIN);
	buf_put(&s->out, e->id + e->shown, VAULT_ID - e->shown);
	when_mail(when, (time_t)e->time);
	buf_printf(&s->out, "\nstored   %s\n", when);
	put_line(s, "from", m->from);
	put_line(s, "subject", m->subject);
	put_line(s, "envelope", m->envelope);
	buf_puts(&s->out, "verdict  ");
	report_shown(&s->out, m->verdict, strlen(m->verdict));
	if (m->category[0] != '\0') {
		buf_puts(&s->out, " (");
		report_shown(&s->out, m->category, strlen(m->category));
		buf_puts(&s->out, ")");
	}
	buf_puts(&s->out, "\n");
	put_line(s, "score", m->score);
	buf_printf(&s->out, "action   %s%s%s\n", rules_action_name(e->action),
	    e->released ? ", released" : "", e->reported ? ", reported" : "");
	put_line(s, "cuts", m->cuts);
}

static void
put_rules(struct shelf *s, const struct vault_meta *m)
{
	for (uint32_t i = 0; i < m->nrule; i++) {
		const struct vault_rule *r = &m->rule[i];

		buf_printf(&s->out, "%6.1f ", r->score);
		shelf_paint(s, SHELF_BOLD);
		report_shown(&s->out, r->name, strlen(r->name));
		shelf_paint(s, SHELF_PLAIN);
		buf_puts(&s->out, "  ");
		report_shown(&s->out, r->where, strlen(r->where));
		if (r->text[0] != '\0') {
			buf_puts(&s->out, "  ");
			shelf_paint(s, SHELF_RED);
			buf_puts(&s->out, "«");
			report_shown(&s->out, r->text, strlen(r->text));
			buf_puts(&s->out, "»");
			shelf_paint(s, SHELF_PLAIN);
		}
		buf_puts(&s->out, "\n");
	}
}

/* ---- the text ---- */

/* A line with the matches in it between marks. */
static void
put_text_line(
    struct shelf *s, const struct report_text *t, struct span line, uint32_t k)
{
	uint32_t at = line.from;

	for (; k < t->ngone && t->gone[k].from < line.to; k++) {
		struct span g = t->gone[k];

		g.from = g.from > at ? g.from : at;
		g.to = g.to < line.to ? g.to : line.to;
		if (g.from >= g.to)
			continue;
		report_escaped_part(
		    &s->out, t->text, (struct span){at, g.from});
		shelf_paint(s, SHELF_RED);
		buf_puts(&s->out, "«");
		report_escaped_part(&s->out, t->text, g);
		buf_puts(&s->out, "»");
		shelf_paint(s, SHELF_PLAIN);
		at = g.to;
	}
	report_escaped_part(&s->out, t->text, (struct span){at, line.to});
	buf_puts(&s->out, "\n");
}

/* Once for the whole text, not for each piece of a line. */
static void
mask_text(struct shelf *s, struct report_text *t)
{
	char *p = arena_dup(s->arena, t->text, t->len);

	mask_secrets(p, t->text, t->len);
	t->text = p;
}

static void
put_text(struct shelf *s, struct report_text *t)
{
	uint32_t k = 0;

	mask_text(s, t);
	buf_puts(&s->out, "\n");
	shelf_paint(s, SHELF_BOLD);
	buf_puts(&s->out, "part ");
	report_shown(&s->out, t->part, strlen(t->part));
	buf_puts(&s->out, " ");
	report_shown(&s->out, t->what, strlen(t->what));
	shelf_paint(s, SHELF_PLAIN);
	buf_puts(&s->out, "\n");
	/* A field's value begins behind its colon. */
	for (uint32_t at = t->len > 0 && t->text[0] == ' ', end; at < t->len;
	     at = end + 1) {
		const char *lf = memchr(t->text + at, '\n', t->len - at);
		uint32_t to;

		to = end = lf != NULL ? (uint32_t)(lf - t->text) : t->len;
		if (lf != NULL && to > at && t->text[to - 1] == '\r')
			to--;
		while (k < t->ngone && t->gone[k].to <= at)
			k++;
		put_text_line(s, t, (struct span){at, to}, k);
	}
}

/* Judged anew, in a child, by the rules there are now. */
static int
judge_again(struct shelf *s, const struct buf *original, struct report *r,
    struct err *err)
{
	return worker_judge(r, s->arena, &s->config.rules, &s->config.settings,
	    original->p, (uint32_t)original->len, WANT_WHOLE, err);
}

static void
show_message(struct shelf *s, const struct vault_entry *e)
{
	struct buf original = BUF(LIMIT_MESSAGE);
	struct vault_meta m;
	struct report r;
	struct err err;
	int fault = vault_original(
	    &s->vault, s->arena, e, s->opt->raw, &original, &m, &err);

	if (fault != 0) {
		shelf_fault(s, fault, &err);
	} else if (s->opt->raw) {
		buf_free(&s->out);
		s->out = original;
		original = BUF(0);
	} else {
		put_head(s, e, &m);
		put_rules(s, &m);
		if (judge_again(s, &original, &r, &err) == -1) {
			log_error("its text cannot be shown: %s (--raw gives "
				  "the bytes)",
			    err.text);
			shelf_worse(s, EX_TEMPFAIL);
		} else {
			for (uint32_t i = 0; i < r.ntext; i++)
				put_text(s, &r.text[i]);
		}
	}
	buf_free(&original);
}

static void
show_one(struct shelf *s, void *ctx)
{
	const struct vault_entry *e = shelf_find(s, s->opt->arg[0]);

	(void)ctx;
	if (e != NULL)
		show_message(s, e);
}

int
cmd_show(const struct options *opt)
{
	struct vault nowhere = {"", -1, -1, -1, -1, NULL};
	struct vault_list none = {0};
	struct vault_entry *e;
	struct err err;

	if (opt->wrong != NULL || opt->narg != 1) {
		log_error("%s", opt->wrong != NULL
				    ? opt->wrong
				    : "show needs one id (simsift list shows "
				      "them)");
		return EX_USAGE;
	}
	/* What is no id is said first, vault or no vault. */
	if (vault_find(&nowhere, &none, opt->arg[0], &e, &err) == VAULT_BAD) {
		log_error("%s", err.text);
		return vault_exit(VAULT_BAD);
	}
	return shelf_run(opt, false, show_one, NULL);
}
