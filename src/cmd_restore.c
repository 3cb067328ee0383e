/*
 * restore: originals, bit for bit.
 */
#include "cmd.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "limits.h"
#include "message.h"
#include "vault.h"

struct restore {
	const struct options *opt;
	struct config config;
	struct arena *arena;
	struct vault vault;
	struct vault_list list;
	char id[VAULT_ID + 1]; /* that standard input names */
	int status;
};

static void
say(struct restore *r, int status, const struct err *err)
{
	log_error("%s", err->text);
	if (r->status == EX_OK)
		r->status = status;
}

/* The id of the token that holds; or of the first, for a message that changed
   on its way: the vault is the asker's own.  But anybody may have written that
   one: only a whole id counts, and it is said. */
static bool
find_id(struct restore *r, const char *p, uint32_t len)
{
	struct vault_found found;
	struct header h;

	if (vault_token_find(&r->vault, r->arena, p, len, &found)) {
		memcpy(r->id, found.id, sizeof r->id);
		return true;
	}
	message_header(&h, r->arena, p, 0, len);
	for (uint32_t i = 0; i < h.n; i++) {
		struct span v = h.field[i].value;

		if (!message_field_is(p, &h.field[i], "x-simsift-token") ||
		    vault_token_id(p + v.from, v.to - v.from, r->id) == -1 ||
		    strlen(r->id) != VAULT_TOKEN_ID)
			continue;
		log_warn("the token of %s does not hold: the message was "
			 "changed on its way, or somebody else wrote the token",
		    r->id);
		return true;
	}
	return false;
}

static bool
read_id(struct restore *r)
{
	struct message m = {.spool = -1};
	struct err err;

	if (isatty(STDIN_FILENO)) {
		err_set(&err,
		    "restore needs an id (simsift list shows them), or "
		    "the cut message on standard input");
		say(r, EX_USAGE, &err);
	} else if (message_read(&m, STDIN_FILENO, LIMIT_MESSAGE, &err) == -1) {
		say(r, EX_IOERR, &err);
	} else if (m.spool != -1) {
		err_set(&err,
		    "the message is larger than %u bytes: give the id "
		    "(simsift list shows it)",
		    LIMIT_MESSAGE);
		say(r, EX_DATAERR, &err);
	} else if (!find_id(r, m.bytes.p, (uint32_t)m.bytes.len)) {
		err_set(&err, "no X-Simsift-Token in the message: only what "
			      "was cut or released has one (simsift list shows "
			      "the ids)");
		say(r, EX_DATAERR, &err);
	}
	message_free(&m);
	return r->status == EX_OK;
}

static void
restore(struct restore *r, const char *id)
{
	struct buf out = BUF(LIMIT_MESSAGE + LIMIT_VAULT_HEAD);
	struct vault_entry *e;
	struct err err;
	int rc = vault_find(&r->vault, &r->list, id, &e, &err);

	if (rc == 0)
		rc = vault_original(
		    &r->vault, r->arena, e, true, &out, NULL, &err);
	if (rc != 0)
		say(r, vault_exit(rc), &err);
	else if (message_print(out.p, out.len, "restore") == -1 &&
		 r->status == EX_OK)
		r->status = EX_IOERR;
	buf_free(&out);
}

static bool
open_vault(struct restore *r)
{
	struct err err;
	const char *path =
	    vault_path(r->arena, r->opt->vault, r->config.settings.vault, &err);
	int rc = path == NULL ? VAULT_NONE
			      : vault_open(&r->vault, path, false, &err);

	if (rc == 0)
		rc = vault_scan(&r->vault, r->arena, &r->list, &err);
	if (rc != 0)
		say(r, vault_exit(rc), &err);
	return rc == 0;
}

static void
run(struct restore *r)
{
	struct err err;

	if (setjmp(*arena_oom(r->arena)) != 0) {
		err_set(&err, "no memory");
		say(r, EX_OSERR, &err);
		return;
	}
	if (!open_vault(r))
		return;
	if (r->opt->narg == 0 && read_id(r))
		restore(r, r->id);
	for (int i = 0; i < r->opt->narg; i++)
		restore(r, r->opt->arg[i]);
	if (close(STDOUT_FILENO) == -1 && r->status == EX_OK) {
		err_errno(&err, "cannot write what restore prints");
		say(r, EX_IOERR, &err);
	}
}

int
cmd_restore(const struct options *opt)
{
	struct restore r = {.opt = opt, .vault = {NULL, -1, -1, -1, -1}};
	struct err err;

	if (opt->wrong != NULL) {
		log_error("%s", opt->wrong);
		return EX_USAGE;
	}
	if (conf_open(&r.config, &opt->sources, &err) == -1 ||
	    (r.arena = arena_new(LIMIT_ARENA)) == NULL) {
		log_error("no memory");
		return EX_OSERR;
	}
	run(&r);
	vault_close(&r.vault);
	arena_free(r.arena);
	conf_close(&r.config);
	return r.status;
}
