/*
 * report: what is new in the vault, as a message to oneself.
 */
#include "cmd_shelf.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "limits.h"
#include "mask.h"
#include "message.h"
#include "post.h"
#include "when.h"
#include "width.h"

#define COLUMNS 78      /* RFC 5322 2.1.1 */
#define LISTED 200u     /* of each kind; more is for simsift list */
#define REASONS 3u      /* rules that are named, with what they found */
#define BARE_REASONS 2u /* where none of them found a text */
#define INDENT 7u

struct letter {
	struct shelf *s;
	struct buf *body;
	time_t now;
	int64_t oldest;
	uint32_t held, cut; /* that are new */
	bool *bad;          /* of the list: cannot be read, and is not told */
};

/* Nobody needs to hear of what he has read or released. */
static bool
is_news(const struct vault_entry *e)
{
	return !e->reported && !e->released;
}

static void
count(struct letter *l)
{
	l->oldest = l->now;
	l->bad = arena_array(l->s->arena, l->s->list.n, sizeof *l->bad);
	for (uint32_t i = 0; i < l->s->list.n; i++) {
		const struct vault_entry *e = &l->s->list.v[i];

		if (!is_news(e))
			continue;
		l->held += e->action == ACTION_HOLD;
		l->cut += e->action == ACTION_CUT;
		l->oldest = e->time < l->oldest ? e->time : l->oldest;
	}
}

/* ---- an item ---- */

/* Strangers' text, without secrets, handles and links, in so many columns. */
static void
put_safe(struct buf *out, const char *s, uint32_t columns)
{
	struct buf shown = BUF(LIMIT_ANSWER), dead = BUF(LIMIT_ANSWER);

	report_shown(&shown, s, strlen(s));
	mask_handles(
	    &dead, shown.p, shown.len, (struct span){0, (uint32_t)shown.len});
	width_cut(out, dead.p, dead.len, columns);
	out->failed |= shown.failed || dead.failed;
	buf_free(&shown);
	buf_free(&dead);
}

static void
put_indent(struct buf *out)
{
	buf_printf(out, "%*s", (int)INDENT, "");
}

/* "/path/20_number.cf:41" without the path. */
static const char *
file_name(const char *where)
{
	const char *slash = strrchr(where, '/');

	return slash != NULL ? slash + 1 : where;
}

/* The strongest reason, behind `last` in that order; found: of those that
   found something in the text, which a meta rule does not. */
static const struct vault_rule *
next_reason(
    const struct vault_meta *m, const struct vault_rule *last, bool found)
{
	const struct vault_rule *best = NULL;

	for (uint32_t i = 0; i < m->nrule; i++) {
		const struct vault_rule *r = &m->rule[i];

		if (found != (r->text[0] != '\0') || r->score <= 0)
			continue;
		if (last != NULL && (r->score > last->score ||
					(r->score == last->score && r <= last)))
			continue;
		if (best == NULL || r->score > best->score)
			best = r;
	}
	return best;
}

static void
put_reasons(struct buf *out, const struct vault_meta *m)
{
	bool found = next_reason(m, NULL, true) != NULL;
	const struct vault_rule *r = NULL;

	for (uint32_t i = 0; i < (found ? REASONS : BARE_REASONS); i++) {
		size_t from = out->len;
		uint32_t used;

		if ((r = next_reason(m, r, found)) == NULL)
			return;
		put_indent(out);
		buf_puts(out, i == 0 ? "why  " : "     ");
		put_safe(out, r->name, 30);
		buf_puts(out, " ");
		put_safe(out, file_name(r->where), 24);
		if (!found) {
			buf_puts(out, "\n");
			continue;
		}
		buf_puts(out, " «");
		used = width_of(out->p + from, out->len - from);
		put_safe(out, r->text, COLUMNS - used - 1);
		buf_puts(out, "»\n");
	}
}

static void
put_subject(struct buf *out, const struct vault_meta *m)
{
	if (m->subject[0] == '\0')
		return;
	put_indent(out);
	put_safe(out, m->subject, COLUMNS - INDENT);
	buf_puts(out, "\n");
}

static void
put_item(
    struct letter *l, const struct vault_entry *e, const struct vault_meta *m)
{
	struct buf *out = l->body;
	size_t from = out->len;
	char when[WHEN_ROOM];
	bool held = e->action == ACTION_HOLD;
	uint32_t used;

	when_brief(when, (time_t)e->time, l->now);
	buf_printf(out, " %.*s %s ", (int)e->shown, e->id, when);
	put_safe(out, m->category[0] != '\0' ? m->category : m->verdict, 24);
	buf_puts(out, " ");
	put_safe(out, held ? m->score : m->cuts, 40);
	used = width_of(out->p + from, out->len - from);
	if (used + 12 < COLUMNS) {
		buf_puts(out, "  ");
		put_safe(out, m->from, COLUMNS - used - 2);
	}
	buf_puts(out, "\n");
	put_subject(out, m);
	put_reasons(out, m);
	put_indent(out);
	if (held)
		buf_printf(out,
		    "do   simsift show %.*s | simsift release %.*s | "
		    "simsift allow %.*s\n",
		    (int)e->shown, e->id, (int)e->shown, e->id, (int)e->shown,
		    e->id);
	else
		buf_printf(out,
		    "do   simsift diff %.*s | simsift restore %.*s\n",
		    (int)e->shown, e->id, (int)e->shown, e->id);
}

/* ---- the sections ---- */

/* Its memory is given back: there may be many.  False: it cannot be read; it
   stays as it is. */
static bool
read_item(struct letter *l, const struct vault_entry *e)
{
	struct arena *a = arena_new(LIMIT_ARENA);
	struct vault_meta m;
	struct err err;
	int fault = VAULT_IO;

	if (a == NULL || setjmp(*arena_oom(a)) != 0)
		l->body->failed = true;
	else if ((fault = vault_meta(&l->s->vault, a, e, &m, &err)) == 0)
		put_item(l, e, &m);
	else if (fault != VAULT_NONE) /* removed meanwhile: no news */
		shelf_fault(l->s, fault, &err);
	arena_free(a);
	return fault == 0;
}

/* *n: how many there are; less those that cannot be read. */
static void
put_section(struct letter *l, enum action action, uint32_t *n, const char *head)
{
	const struct vault_list *list = &l->s->list;
	size_t from = l->body->len;
	uint32_t tried = 0, told = 0;

	buf_puts(l->body, head);
	for (uint32_t i = 0; i < list->n && tried < LISTED; i++) {
		if (!is_news(&list->v[i]) || list->v[i].action != action)
			continue;
		tried++;
		l->bad[i] = !read_item(l, &list->v[i]);
		*n -= l->bad[i];
		told += !l->bad[i];
	}
	if (*n == 0 && !l->body->failed) {
		l->body->len = from;
		return;
	}
	if (*n > told)
		buf_printf(l->body, " ... and %u more: simsift list --%s\n",
		    *n - told, action == ACTION_HOLD ? "held" : "cut");
	buf_puts(l->body, "\n");
}

static void
put_body(struct letter *l)
{
	put_section(l, ACTION_HOLD, &l->held,
	    "HELD - not delivered; kept until it is purged, nothing deleted\n");
	put_section(l, ACTION_CUT, &l->cut,
	    "CUT - delivered without it; the original is kept until purged\n");
	buf_puts(l->body,
	    "What filter only marked for the mail system to file is not in "
	    "the vault.\nsee simsift-vault(7)\n");
}

/* ---- the message ---- */

static void
put_header(struct letter *l, struct buf *out)
{
	char when[WHEN_ROOM], stretch[WHEN_ROOM], self[POST_SELF];
	const char *to = l->s->opt->mail;
	int64_t age = l->now - l->oldest;

	post_self(self);
	when_mail(when, l->now);
	when_stretch(stretch, age > 3600 ? age : 3600);
	buf_printf(out,
	    "From: simsift <%s>\nTo: %s\n"
	    "Subject: [simsift] ",
	    self, to != NULL ? to : self);
	if (l->held > 0)
		buf_printf(out, "%u held%s", l->held, l->cut > 0 ? ", " : "");
	if (l->cut > 0)
		buf_printf(out, "%u cut", l->cut);
	buf_printf(out,
	    " (last %s)\nDate: %s\nMessage-ID: <%lld.%ld.simsift@%s>\n"
	    "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n"
	    "Content-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: 8bit\n\n",
	    stretch, when, (long long)l->now, (long)getpid(),
	    strchr(self, '@') + 1);
}

/* The token, the header, the body. */
static int
make_letter(struct letter *l, struct buf *out, struct err *err)
{
	struct buf text = BUF(LIMIT_ANSWER);
	char id[40];
	int fault;

	put_header(l, &text);
	buf_put(&text, l->body->p, l->body->len);
	text.failed |= l->body->failed;
	if (text.failed) {
		buf_free(&text);
		err_set(err, "no memory for the report");
		return VAULT_IO;
	}
	snprintf(id, sizeof id, "report-%lld", (long long)l->now);
	fault = vault_token_for(&l->s->vault, l->s->arena, id, text.p,
	    (uint32_t)text.len, out, err);
	/* It may be held, which is better than no report. */
	if (fault != 0 && !out->failed) {
		log_warn("the report has no token: %s", err->text);
		out->len = 0;
	}
	buf_put(out, text.p, text.len);
	if (out->failed)
		err_set(err, "no memory for the report");
	buf_free(&text);
	return out->failed ? VAULT_IO : 0;
}

/* What was told is no news any more. */
static void
mark_told(struct letter *l)
{
	struct shelf *s = l->s;
	struct err err;
	int fault;

	for (uint32_t i = 0; i < s->list.n; i++) {
		struct vault_entry *e = &s->list.v[i];

		if (!is_news(e) || l->bad[i])
			continue;
		fault =
		    vault_flag(&s->vault, s->arena, e, VAULT_REPORTED, &err);
		if (fault != 0 && fault != VAULT_NONE) {
			shelf_fault(s, fault, &err);
			return;
		}
	}
	if ((fault = vault_sync(&s->vault, &err)) != 0)
		shelf_fault(s, fault, &err);
}

static void
send_letter(struct letter *l)
{
	struct shelf *s = l->s;
	struct buf out = BUF(LIMIT_ANSWER);
	struct err err;
	int fault = make_letter(l, &out, &err);

	if (fault != 0) {
		shelf_fault(s, fault, &err);
	} else if (s->opt->mail == NULL) {
		buf_put(&s->out, out.p, out.len);
		if (!shelf_print(s))
			;
		else if (isatty(STDOUT_FILENO))
			log_warn("shown only, not marked as reported: --mail "
				 "ADDRESS, a pipe or a file does that");
		else
			mark_told(l);
	} else if (post_sendmail(s->config.settings.sendmail, &s->opt->mail, 1,
		       &out, &err) == -1) {
		log_error("no report was sent: %s", err.text);
		shelf_worse(s, EX_IOERR);
	} else {
		mark_told(l);
	}
	buf_free(&out);
}

static void
tell(struct shelf *s, void *ctx)
{
	struct buf *body = ctx;
	struct letter l = {.s = s, .body = body, .now = time(NULL)};

	count(&l);
	if (l.held + l.cut == 0)
		return;
	put_body(&l);
	if (l.held + l.cut > 0)
		send_letter(&l);
}

int
cmd_report(const struct options *opt)
{
	struct buf body = BUF(LIMIT_ANSWER);
	const char *wrong = opt->wrong;
	struct err err;
	int status;

	if (wrong == NULL && opt->mail != NULL && !post_address(opt->mail)) {
		err_set(&err,
		    "--mail %s: not an address to send mail to: write "
		    "ann@home.example, without a name and <>",
		    opt->mail);
		wrong = err.text;
	}
	if (wrong != NULL) {
		log_error("%s", wrong);
		return EX_USAGE;
	}
	status = shelf_run_alone(opt, true, tell, &body);
	buf_free(&body);
	return status;
}
