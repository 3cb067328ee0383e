#include "apply_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "maildir.h"

/*
 * Maildir: a message never changes, so the new one is a file of its own, with a
 * name of its own (a reader that knows the old name has the old bytes in its
 * cache), where the old one was: in new, if nobody has seen it yet, else in cur
 * with the same flags.  The time of the file stays, too.
 *
 *	1	the ledger says which file will take the place of which
 *	2	tmp/NEW, on disk; renamed to new/ or cur/
 *	3	the old one goes
 *
 * Between 2 and 3 both are there: who finds the ledger of a run that was killed
 * removes the old one.
 */

/* A reader of mail may have moved it since: a->file is where it is now. */
static int
maildir_read(struct apply *a, const struct pool_item *item, struct err *err)
{
	char now[MAILDIR_NAME], path[LIMIT_PATH];

	if (apply_place(a, item, err) == -1)
		return -1;
	if (!maildir_find(a->base, a->file, now) ||
	    !disk_join(path, sizeof path, a->base, now))
		return err_set(err, "it is gone");
	free(a->file);
	if ((a->file = strdup(now)) == NULL)
		return err_set(err, "no memory");
	return apply_read_file(a, path, err);
}

/* 1700000000.M1P2.host,S=1,W=2:2,S: the time stays, so that programs that sort
   by names leave it in its place. */
static void
name_new(const struct apply *a, char out[MAILDIR_NAME])
{
	const char *slash = strchr(a->file, '/');
	const char *old = slash != NULL ? slash + 1 : a->file;
	char unique[200], *end;
	long long t = strtoll(old, &end, 10);

	if (end == old || *end != '.' || t <= 0)
		t = (long long)a->st.st_mtim.tv_sec;
	maildir_unique(unique, sizeof unique, t);
	snprintf(out, MAILDIR_NAME, "%s,S=%zu,W=%llu", unique, a->out.len,
	    (unsigned long long)maildir_wide(a->out.p, a->out.len));
}

static int
note(struct apply *a, enum deed deed, const char *new, struct err *err)
{
	char sum[VAULT_ID + 1] = "", like[64];
	const struct ledger_entry e = {.deed = deed,
	    .old = a->file,
	    .new = new,
	    .id = deed != DEED_MOVE ? a->id : "",
	    .sum = sum,
	    .before = like};

	if (deed == DEED_CUT)
		SHA256Data((const uint8_t *)a->out.p, a->out.len, sum);
	snprintf(like, sizeof like, LEDGER_LIKE,
	    (long long)a->st.st_mtim.tv_sec, a->st.st_mtim.tv_nsec,
	    (unsigned)a->st.st_mode & 0777);
	ledger_deed(&a->ledger, &e);
	return ledger_sync(&a->ledger, err);
}

static int
sync_part(const char *base, const char *place, struct err *err)
{
	char path[LIMIT_PATH];

	if (!disk_join(path, sizeof path, base, place) ||
	    disk_sync_folder_of(path) == -1)
		return err_errno(err, "cannot write %s", base);
	return 0;
}

/* The old one, which may have been moved since it was read: with other flags
   the new one gets them, too.  0 where it is gone: then the new one must go,
   for somebody has removed the message. */
static int
remove_old(struct apply *a, const char *new, struct err *err)
{
	char old[LIMIT_PATH], path[LIMIT_PATH], to[LIMIT_PATH];
	char now[MAILDIR_NAME], name[MAILDIR_NAME];

	for (int i = 0; i < 3; i++) {
		if (!maildir_find(a->base, a->file, now) ||
		    !disk_join(old, sizeof old, a->base, now))
			return 0;
		if (unlink(old) == -1) {
			if (errno == ENOENT)
				continue;
			return err_errno(err, "cannot remove %s", old);
		}
		if (strcmp(now, a->file) == 0 || new == NULL)
			return 1;
		if (snprintf(name, sizeof name, "%.4s%.*s%s", now,
			(int)strcspn(new + 4, ":"), new + 4,
			maildir_flags(now)) < (int)sizeof name &&
		    disk_join(path, sizeof path, a->base, new) &&
		    disk_join(to, sizeof to, a->base, name))
			(void)rename(path, to);
		return 1;
	}
	return 0;
}

static int
maildir_replace(struct apply *a, const struct pool_item *item, struct err *err)
{
	char name[MAILDIR_NAME], new[MAILDIR_NAME], tmp[LIMIT_PATH],
	    to[LIMIT_PATH], part[MAILDIR_NAME];
	int rc;

	(void)item;
	name_new(a, name);
	snprintf(part, sizeof part, "tmp/%.500s", name);
	if (snprintf(new, sizeof new, "%.4s%s%s", a->file, name,
		maildir_flags(a->file)) >= (int)sizeof new ||
	    !disk_join(tmp, sizeof tmp, a->base, part) ||
	    !disk_join(to, sizeof to, a->base, new))
		return err_set(err, "its name is too long");
	a->stop = true;
	if (note(a, DEED_CUT, new, err) == -1 ||
	    maildir_write(a->base, name, a->out.p, a->out.len, &a->st, err) ==
		-1)
		return -1;
	if (rename(tmp, to) == -1) {
		err_errno(err, "cannot rename %s", tmp);
		unlink(tmp);
		return -1;
	}
	if (sync_part(a->base, new, err) == -1 ||
	    (rc = remove_old(a, new, err)) == -1) {
		struct err why;

		/* The old one is there: one of the two is enough. */
		if (unlink(to) == -1)
			return -1;
		(void)sync_part(a->base, new, &why);
		return -1;
	}
	a->stop = false;
	if (rc == 0) {
		unlink(to);
		return err_set(err, "it is gone");
	}
	return sync_part(a->base, a->file, err);
}

static int
maildir_remove(struct apply *a, const struct pool_item *item, struct err *err)
{
	int rc;

	(void)item;
	a->stop = true;
	if (note(a, DEED_HOLD, "", err) == -1 ||
	    (rc = remove_old(a, NULL, err)) == -1)
		return -1;
	a->stop = false;
	if (rc == 1)
		return sync_part(a->base, a->file, err);
	return err_set(err, "it is gone");
}

/* A folder of the Maildir, ".Name", whether it was written so or "Name"; with
   a slash it is another Maildir. */
static int
target(const struct apply *a, char out[LIMIT_PATH], bool *sub, struct err *err)
{
	const char *move = a->wish.move;
	int n;

	*sub = strchr(move, '/') == NULL;
	if (!*sub)
		n = snprintf(out, LIMIT_PATH, "%s", move);
	else
		n = snprintf(out, LIMIT_PATH, "%s/%s%s", a->path,
		    move[0] == '.' ? "" : ".", move);
	return n < (int)LIMIT_PATH ? 0
				   : err_set(err, "the folder's name is too "
						  "long");
}

static int
rename_new(const char *from, const char *to)
{
	struct stat st;

	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (lstat(to, &st) == 0) {
		errno = EEXIST;
		return -1;
	}
	return rename(from, to);
}

static int
maildir_move(struct apply *a, const struct pool_item *item, struct err *err)
{
	char folder[LIMIT_PATH], from[LIMIT_PATH], to[LIMIT_PATH];
	char real[LIMIT_PATH];
	bool sub;

	(void)item;
	if (target(a, folder, &sub, err) == -1 ||
	    maildir_make(folder, sub, err) == -1)
		return -1;
	if (realpath(folder, real) == NULL)
		return err_errno(err, "%s", folder);
	if (strcmp(real, a->base) == 0)
		return 1;
	if (!disk_join(from, sizeof from, a->base, a->file) ||
	    !disk_join(to, sizeof to, real, a->file))
		return err_set(err, "its name is too long");
	if (note(a, DEED_MOVE, to, err) == -1)
		return -1;
	if (rename_new(from, to) == -1)
		return err_errno(err, "cannot be moved to %s", folder);
	if (sync_part(real, a->file, err) == -1)
		return -1;
	return sync_part(a->base, a->file, err);
}

int
apply_maildir_repair(
    const struct ledger_box *b, const struct ledger_entry *e, struct err *err)
{
	char old[MAILDIR_NAME], new[MAILDIR_NAME], path[LIMIT_PATH];

	if (e->deed != DEED_CUT)
		return 0;
	if (snprintf(path, sizeof path, "%s/tmp/%.*s", b->path,
		(int)strcspn(e->new + 4, ":"), e->new + 4) < (int)sizeof path &&
	    unlink(path) == -1 && errno != ENOENT)
		return err_errno(err, "cannot remove %s", path);
	if (!maildir_find(b->path, e->old, old) ||
	    !maildir_find(b->path, e->new, new))
		return 0;
	if (!disk_join(path, sizeof path, b->path, old) || unlink(path) == -1)
		return err_errno(err, "cannot remove %s", path);
	return sync_part(b->path, old, err);
}

const struct apply_ops apply_maildir = {
    maildir_read, maildir_replace, maildir_remove, maildir_move, NULL, NULL};
