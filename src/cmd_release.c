/*
 * release: a held message goes on its way, with a token, so that filter lets
 * it pass.
 */
#include "cmd_shelf.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "limits.h"
#include "message.h"
#include "post.h"

/* Where to: one of them. */
static const char *
wrong_options(const struct options *opt, struct err *err)
{
	int ways = (opt->to != NULL) + (opt->maildir != NULL) + opt->to_stdout;

	if (opt->narg == 0)
		return "release needs an id (simsift list shows them)";
	if (ways > 1)
		return "--to, --maildir and --stdout: one of them";
	if (opt->to_stdout && opt->narg > 1)
		return "--stdout: one message at a time";
	if (opt->to != NULL && !post_address(opt->to)) {
		err_set(err,
		    "--to %s: not an address to send mail to: write "
		    "ann@home.example, without a name and <>",
		    opt->to);
		return err->text;
	}
	return NULL;
}

/* The recipient is the one it came for, else whoever keeps this vault.  NULL:
   the vault's file does not say it in our words. */
static const char *
recipient(struct shelf *s, const struct vault_meta *m)
{
	const char *to = vault_recipient(s->arena, m);
	struct passwd *me;

	if (s->opt->to != NULL)
		return s->opt->to;
	if (to == NULL || to[0] != '\0')
		return to;
	me = getpwuid(getuid());
	return me != NULL
		   ? arena_dup(s->arena, me->pw_name, strlen(me->pw_name))
		   : "";
}

/* Where the message begins that is delivered: behind a From_ line, also one
   that is too long for the vault to keep apart. */
static uint32_t
start_of(const struct buf *original)
{
	uint32_t len = (uint32_t)original->len;
	uint32_t n = len > 0 ? message_from_line(original->p, len) : 0;

	return n < len ? n : 0;
}

/* Without a token the message is delivered all the same, but not by mail: what
   judges it on its way would hold it again. */
static int
put_token(struct shelf *s, const struct vault_entry *e, const char *p,
    uint32_t len, struct buf *out, struct err *err)
{
	int fault;

	/* Behind the token such a line would be a part of it. */
	if (len > 0 && (p[0] == ' ' || p[0] == '\t')) {
		log_warn("%s: released without a token: the message begins "
			 "with a blank",
		    shelf_id(s, e));
		return 0;
	}
	fault = vault_token_for(&s->vault, s->arena,
	    arena_dup(s->arena, e->id, VAULT_ID), p, len, out, err);
	if (fault == 0 || (!s->opt->to_stdout && s->opt->maildir == NULL))
		return fault;
	log_warn("%s: released without a token: %s", shelf_id(s, e), err->text);
	return 0;
}

/* What is delivered: the token, then the original; no From_ line. */
static int
make_message(struct shelf *s, const struct vault_entry *e, struct buf *out,
    struct vault_meta *m, struct err *err)
{
	struct buf original = BUF(LIMIT_MESSAGE + 1);
	int fault =
	    vault_original(&s->vault, s->arena, e, false, &original, m, err);
	uint32_t at = start_of(&original);

	if (fault == 0)
		fault = put_token(s, e, original.p + at,
		    (uint32_t)original.len - at, out, err);
	if (fault == 0)
		buf_put(out, original.p + at, original.len - at);
	if (fault == 0 && out->failed)
		fault = (err_set(err, "no memory for the message"), VAULT_IO);
	buf_free(&original);
	return fault;
}

static int
deliver(struct shelf *s, const struct buf *message, const struct vault_meta *m,
    const char **where, struct err *err)
{
	if (s->opt->to_stdout) {
		*where = "standard output";
		return message_write(
		    STDOUT_FILENO, message->p, message->len, err);
	}
	if (s->opt->maildir != NULL) {
		*where = s->opt->maildir;
		return post_maildir(s->opt->maildir, message, err);
	}
	if ((*where = recipient(s, m)) == NULL)
		return err_set(err, "its envelope cannot be read: name the "
				    "recipient (--to)");
	return post_sendmail(
	    s->config.settings.sendmail, where, 1, message, err);
}

static void
release(struct shelf *s, struct vault_entry *e)
{
	struct buf message = BUF(LIMIT_MESSAGE + LIMIT_FIELD);
	const char *id = shelf_id(s, e), *where = "";
	struct vault_meta m;
	struct err err;
	int fault;

	if (e->released && !s->opt->again) {
		log_warn("%s: was released before; nothing done (--again "
			 "delivers it again)",
		    id);
		/* Who reads our output would take nothing for the message. */
		if (s->opt->to_stdout)
			shelf_worse(s, 1);
		return;
	}
	if ((fault = make_message(s, e, &message, &m, &err)) != 0) {
		shelf_fault(s, fault, &err);
	} else if (deliver(s, &message, &m, &where, &err) == -1) {
		log_error("%s: not released: %s", id, err.text);
		shelf_worse(s, EX_IOERR);
	} else {
		fault =
		    vault_flag(&s->vault, s->arena, e, VAULT_RELEASED, &err);
		if (fault != 0) {
			log_error(
			    "%s: delivered, but it could not be noted", id);
			shelf_fault(s, fault, &err);
		}
		if (!s->opt->to_stdout && !s->opt->quiet) {
			buf_printf(&s->out, "%s: released to ", id);
			report_shown(&s->out, where, strlen(where));
			buf_puts(&s->out, "\n");
		}
	}
	buf_free(&message);
}

static void
release_all(struct shelf *s, void *ctx)
{
	struct err err;
	int fault;

	(void)ctx;
	for (int i = 0; i < s->opt->narg; i++) {
		struct vault_entry *e = shelf_find(s, s->opt->arg[i]);

		if (e != NULL)
			release(s, e);
	}
	if ((fault = vault_sync(&s->vault, &err)) != 0)
		shelf_fault(s, fault, &err);
}

int
cmd_release(const struct options *opt)
{
	struct err err;
	const char *wrong =
	    opt->wrong != NULL ? opt->wrong : wrong_options(opt, &err);

	if (wrong != NULL) {
		log_error("%s", wrong);
		return EX_USAGE;
	}
	return shelf_run_alone(opt, false, release_all, NULL);
}
