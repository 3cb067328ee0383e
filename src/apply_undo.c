/*
 * scan --undo: what the last run did, backwards.  Each step can be made again:
 * who was killed meanwhile is called a second time.
 */
#include "apply_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
apply_undo_left(struct undo *u, const char *place, const char *why)
{
	char text[1024];

	snprintf(
	    text, sizeof text, "%.500s: not brought back: %.400s", place, why);
	u->a.wish.say(u->a.wish.ctx, true, text);
	u->left++;
}

static struct vault_entry *
find(struct undo *u, const char *id, struct err *err)
{
	struct vault_entry *e = NULL;

	return vault_find(&u->a.vault, &u->list, id, &e, err) == 0 ? e : NULL;
}

int
apply_undo_original(
    struct undo *u, const char *id, struct buf *out, struct err *err)
{
	const struct vault_entry *e = find(u, id, err);
	struct arena *a;
	int fault = VAULT_IO;

	if (e == NULL)
		return 1;
	a = arena_new(LIMIT_MESSAGE);
	if (a == NULL || setjmp(*arena_oom(a)) != 0)
		err_set(err, "no memory");
	else
		fault =
		    vault_original(&u->a.vault, a, e, false, out, NULL, err);
	arena_free(a);
	out->failed = false;
	return fault == VAULT_IO ? -1 : fault != 0;
}

/* It is in its box again: in the vault it is as one that was released. */
static void
release(struct undo *u, const struct ledger_box *b)
{
	struct vault_entry *e;
	struct err err;

	for (uint32_t i = 0; i < b->n; i++) {
		if (b->v[i].deed != DEED_HOLD ||
		    (e = find(u, b->v[i].id, &err)) == NULL || e->released)
			continue;
		if (vault_flag(&u->a.vault, u->arena, e, VAULT_RELEASED, &err))
			u->a.wish.say(u->a.wish.ctx, true, err.text);
	}
}

void
apply_undo_like(const struct ledger_entry *e, struct stat *st)
{
	long long seconds = 0;
	unsigned mode = 0600;
	long nano = 0;

	*st = (struct stat){.st_uid = geteuid(), .st_gid = getegid()};
	if (sscanf(e->before, "%lld.%ld %o", &seconds, &nano, &mode) != 3)
		nano = UTIME_NOW;
	st->st_mtim.tv_sec = (time_t)seconds;
	st->st_mtim.tv_nsec = nano;
	st->st_mode = mode;
}

/* ---- boxes ---- */

/* A box, or a folder it is in. */
static bool
is_named(const struct ledger_box *b, const char *path)
{
	size_t n = strlen(path);

	return strncmp(b->path, path, n) == 0 &&
	       (b->path[n] == '\0' || b->path[n] == '/');
}

/* -1: the next time, maybe. */
static int
undo_files(struct undo *u, const struct ledger_box *b, struct err *err)
{
	int rc = 0;

	ledger_word(&u->a.ledger, "undo", b->path);
	if (ledger_sync(&u->a.ledger, err) == -1)
		return -1;
	for (uint32_t i = b->n; i-- > 0;)
		if ((b->kind == BOX_MAILDIR ? apply_undo_maildir(u, b, &b->v[i])
					    : apply_undo_file(u, b, &b->v[i])))
			rc = -1;
	return rc == -1 ? err_set(err, "not all of it; try again") : 0;
}

static void
undo_box(struct undo *u, const struct ledger_box *b)
{
	struct apply *a = &u->a;
	struct err err;
	int rc;

	a->name = b->path;
	rc = b->kind == BOX_MBOX ? apply_undo_mbox(u, b, &err)
				 : undo_files(u, b, &err);
	if (rc == 0) {
		release(u, b);
		rc = vault_sync(&a->vault, &err) == 0 ? 0 : -1;
	}
	if (rc == 0) {
		ledger_word(&a->ledger, "undone", b->path);
		rc = ledger_sync(&a->ledger, &err);
	}
	if (rc == -1)
		apply_undo_left(u, b->path, err.text);
}

/* All that was done in a box, whether at once or in several goes.  An mbox that
   was not done never changed: the run gave it up, or was killed before. */
static void
undo_all_of(struct undo *u, uint32_t first)
{
	struct ledger *l = &u->a.ledger;
	struct ledger_box all = l->box[first];

	all.v = NULL;
	all.n = all.size = 0;
	for (uint32_t i = first; i < l->n; i++) {
		struct ledger_box *b = &l->box[i];

		if (strcmp(b->path, all.path) != 0 || b->undone)
			continue;
		b->undone = true;
		for (uint32_t k = 0; k < b->n; k++) {
			if (b->kind == BOX_MBOX && !b->done)
				break;
			all.v = arena_more(
			    u->arena, all.v, all.n, &all.size, sizeof *all.v);
			all.v[all.n++] = b->v[k];
		}
	}
	undo_box(u, &all);
}

/* What a run of either kind left in an mbox. */
static void
resume(struct undo *u)
{
	struct apply *a = &u->a;
	struct err err;

	for (uint32_t i = 0; i < a->ledger.n; i++) {
		struct ledger_box *b = &a->ledger.box[i];
		struct splice_job job = {
		    .path = b->path, .done = apply_done, .ctx = a};

		if (b->kind != BOX_MBOX || !splice_left(b->path))
			continue;
		free(a->path);
		a->path = strdup(b->path);
		if (a->path == NULL || stat(b->path, &job.was) == -1 ||
		    splice_resume(&job, &err) == -1) {
			apply_undo_left(u, b->path, err.text);
			b->undone = true;
		}
	}
}

/* Which are named. */
static void
choose(struct undo *u, const char *const *box, int n)
{
	struct ledger *l = &u->a.ledger;

	for (uint32_t i = 0; n > 0 && i < l->n; i++)
		l->box[i].skip = true;
	for (int k = 0; k < n; k++) {
		char *path = realpath(box[k], NULL);
		bool any = false;

		for (uint32_t i = 0; i < l->n; i++)
			if (is_named(
				&l->box[i], path != NULL ? path : box[k])) {
				l->box[i].skip = false;
				any = true;
			}
		free(path);
		if (!any)
			apply_undo_left(u, box[k],
			    "nothing to undo: the last run changed nothing "
			    "there");
	}
}

static bool
any_left(const struct ledger *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (!l->box[i].undone && !l->box[i].skip)
			return true;
	return false;
}

static int
run(struct undo *u, const char *const *box, int n, struct err *err)
{
	struct ledger *l = &u->a.ledger;

	u->arena = arena_new(4 * (size_t)LIMIT_LEDGER);
	if (u->arena == NULL || setjmp(*arena_oom(u->arena)) != 0)
		return err_set(err, "no memory");
	if (ledger_open(l, &u->a.vault, err) == -1 ||
	    ledger_read(l, err) == -1 ||
	    (l->any && ledger_go_on(l, err) == -1) ||
	    vault_scan(&u->a.vault, u->arena, &u->list, err) != 0)
		return -1;
	resume(u);
	choose(u, box, n);
	if (!any_left(l))
		return u->left > 0 ? 0 : err_set(err, "nothing to undo");
	for (uint32_t i = 0; i < l->n; i++)
		if (!l->box[i].undone && !l->box[i].skip)
			undo_all_of(u, i);
	return 0;
}

int
apply_undo(const struct apply_wish *wish, const char *const *box, int n,
    struct buf *out)
{
	struct undo u = {.a.wish = *wish};
	struct apply *a = &u.a;
	struct err err;
	int rc;

	a->fd = a->splice.spool = a->ledger.fd = a->ledger.lock = -1;
	a->bytes = BUF(LIMIT_MESSAGE + (1u << 20));
	a->out = BUF(LIMIT_MESSAGE + (1u << 20));
	rc = vault_open(&a->vault, wish->vault, false, &err);
	if (rc == VAULT_NONE)
		err_set(&err, "nothing to undo");
	if (rc != 0 || run(&u, box, n, &err) == -1) {
		wish->say(wish->ctx, true, err.text);
		u.left++;
	} else {
		buf_printf(
		    out, "%llu brought back", (unsigned long long)u.back);
		if (u.left > 0)
			buf_printf(out, ", %llu left as they are",
			    (unsigned long long)u.left);
		buf_puts(out, "\n");
	}
	ledger_close(&a->ledger);
	vault_close(&a->vault);
	splice_close(&a->splice);
	buf_free(&a->bytes);
	buf_free(&a->out);
	free(a->path);
	arena_free(u.arena);
	return u.left > 0;
}
