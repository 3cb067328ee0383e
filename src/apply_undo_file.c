/*
 * --undo of what has a file of its own: Maildir, MH, folders.
 */
#include "apply_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lock.h"
#include "maildir.h"

static bool
has_sum(const struct buf *b, const char *want)
{
	char sum[VAULT_ID + 1];

	SHA256Data((const uint8_t *)b->p, b->len, sum);
	return strcmp(sum, want) == 0;
}

/* What stays so, and is no reason to try again: 1. */
static int
gone(struct err *err)
{
	err_set(err, "it was removed since");
	return 1;
}

static int
changed(struct err *err)
{
	err_set(err, "it was changed since");
	return 1;
}

static int
original(struct undo *u, const struct ledger_entry *e, struct err *err)
{
	u->a.out.len = 0;
	return apply_undo_original(u, e->id, &u->a.out, err);
}

/* ---- Maildir ---- */

struct place {                   /* of a message, as it was */
	char base[MAILDIR_NAME]; /* of its name, without flags */
	char now[MAILDIR_NAME];  /* where the other one is */
	char path[LIMIT_PATH], to[LIMIT_PATH], tmp[LIMIT_PATH];
};

static bool
set_place(struct place *p, const struct ledger_box *b,
    const struct ledger_entry *e, const char *part, const char *flags)
{
	const char *slash = strchr(e->old, '/');
	const char *base = slash != NULL ? slash + 1 : e->old;
	char name[MAILDIR_NAME];

	return snprintf(p->base, sizeof p->base, "%.*s",
		   (int)strcspn(base, ":"), base) < (int)sizeof p->base &&
	       snprintf(name, sizeof name, "%.4s%s%s", part, p->base, flags) <
		   (int)sizeof name &&
	       disk_join(p->to, sizeof p->to, b->path, name) &&
	       snprintf(p->tmp, sizeof p->tmp, "%s/tmp/%s", b->path, p->base) <
		   (int)sizeof p->tmp;
}

/* The original under its old name, from tmp. */
static int
put_back(struct undo *u, struct place *p, const struct ledger_box *b,
    const struct stat *like, struct err *err)
{
	unlink(p->tmp);
	if (maildir_write(
		b->path, p->base, u->a.out.p, u->a.out.len, like, err) == -1)
		return -1;
	if (rename(p->tmp, p->to) == -1) {
		err_errno(err, "cannot rename %s", p->tmp);
		unlink(p->tmp);
		return -1;
	}
	if (disk_sync_folder_of(p->to) == -1)
		return err_errno(err, "cannot write %s", b->path);
	return 0;
}

/* What a kill left in tmp, of either run. */
static void
sweep(const struct ledger_box *b, const char *place)
{
	const char *slash = strchr(place, '/');
	const char *base = slash != NULL ? slash + 1 : place;
	char path[LIMIT_PATH];

	if (snprintf(path, sizeof path, "%s/tmp/%.*s", b->path,
		(int)strcspn(base, ":"), base) < (int)sizeof path)
		unlink(path);
}

static int
uncut(struct undo *u, const struct ledger_box *b, const struct ledger_entry *e,
    struct err *err)
{
	char old[MAILDIR_NAME];
	bool there = maildir_find(b->path, e->old, old);
	struct place p;
	int rc;

	sweep(b, e->old);
	sweep(b, e->new);
	if (!maildir_find(b->path, e->new, p.now))
		return there ? 0 : gone(err);
	if (!disk_join(p.path, sizeof p.path, b->path, p.now) ||
	    !set_place(&p, b, e, p.now, maildir_flags(p.now)))
		return err_set(err, "its name is too long");
	if (apply_read_file(&u->a, p.path, err) == -1)
		return -1;
	if (!has_sum(&u->a.bytes, e->sum))
		return changed(err);
	if (!there && ((rc = original(u, e, err)) != 0 ||
			  (rc = put_back(u, &p, b, &u->a.st, err)) != 0))
		return rc;
	if (disk_remove(p.path) == -1)
		return err_errno(err, "cannot remove %s", p.path);
	u->back++;
	return 0;
}

static int
unhold(struct undo *u, const struct ledger_box *b, const struct ledger_entry *e,
    struct err *err)
{
	char old[MAILDIR_NAME];
	struct stat like;
	struct place p;
	int rc;

	sweep(b, e->old);
	if (maildir_find(b->path, e->old, old))
		return 0;
	if (!set_place(&p, b, e, e->old, maildir_flags(e->old)))
		return err_set(err, "its name is too long");
	apply_undo_like(e, &like);
	if ((rc = original(u, e, err)) != 0 ||
	    (rc = put_back(u, &p, b, &like, err)) != 0)
		return rc;
	u->back++;
	return 0;
}

/* e->new: FOLDER/cur/NAME */
static int
unmove(struct undo *u, const struct ledger_box *b, const struct ledger_entry *e,
    struct err *err)
{
	char folder[LIMIT_PATH], old[MAILDIR_NAME];
	size_t n = strlen(e->new), k = strlen(e->old);
	struct place p;

	if (maildir_find(b->path, e->old, old))
		return 0;
	if (n <= k + 1 || n - k - 1 >= sizeof folder)
		return err_set(err, "its folder cannot be told");
	memcpy(folder, e->new, n - k - 1);
	folder[n - k - 1] = '\0';
	if (!maildir_find(folder, e->old, p.now))
		return gone(err);
	if (!disk_join(p.path, sizeof p.path, folder, p.now) ||
	    !disk_join(p.to, sizeof p.to, b->path, p.now))
		return err_set(err, "its name is too long");
	if (rename(p.path, p.to) == -1)
		return err_errno(err, "cannot be moved");
	if (disk_sync_folder_of(p.to) == -1 ||
	    disk_sync_folder_of(p.path) == -1)
		return err_errno(err, "cannot write %s", b->path);
	u->back++;
	return 0;
}

/* Nothing to say: 0.  What is said: -1, if it may be brought back the next
   time. */
static int
answer(struct undo *u, const struct ledger_box *b, const struct ledger_entry *e,
    int rc, const struct err *err)
{
	char path[LIMIT_PATH];

	if (rc == 0)
		return 0;
	apply_undo_left(u,
	    disk_join(path, sizeof path, b->path, e->old) ? path : b->path,
	    err->text);
	return rc == -1 ? -1 : 0;
}

int
apply_undo_maildir(
    struct undo *u, const struct ledger_box *b, const struct ledger_entry *e)
{
	static int (*const how[DEEDS])(struct undo *, const struct ledger_box *,
	    const struct ledger_entry *, struct err *) = {
	    [DEED_CUT] = uncut, [DEED_HOLD] = unhold, [DEED_MOVE] = unmove};
	struct err err;

	return answer(u, b, e, how[e->deed](u, b, e, &err), &err);
}

/* ---- files ---- */

static int
restore_file(struct undo *u, const char *path, const struct ledger_entry *e,
    struct err *err)
{
	bool cut = e->deed == DEED_CUT;
	struct stat like, st;
	int rc;

	if (lstat(path, &st) == 0) {
		if (apply_read_file(&u->a, path, err) == -1)
			return -1;
		if (has_sum(&u->a.bytes, e->id))
			return 0;
		if (!cut)
			return (err_set(err, "another file has its name"), 1);
		if (!has_sum(&u->a.bytes, e->sum))
			return changed(err);
		like = u->a.st;
	} else if (cut) {
		return gone(err);
	} else {
		apply_undo_like(e, &like);
	}
	if ((rc = original(u, e, err)) != 0 ||
	    (rc = apply_put_file(path, u->a.out.p, u->a.out.len, &like, err)) !=
		0)
		return rc;
	u->back++;
	return 0;
}

int
apply_undo_file(
    struct undo *u, const struct ledger_box *b, const struct ledger_entry *e)
{
	char path[LIMIT_PATH];
	struct err err;
	int rc = 0;

	if (!disk_join(path, sizeof path, b->path, e->old))
		rc = err_set(&err, "its name is too long");
	if (rc == 0)
		rc = apply_file_repair(b, e, &err);
	if (rc == 0)
		rc = restore_file(u, path, e, &err);
	return answer(u, b, e, rc, &err);
}
