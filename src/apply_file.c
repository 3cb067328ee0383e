#include "apply_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lock.h"
#include "maildir.h"

/*
 * A message in a file of its own: MH, a plain folder, a single file.  Nobody
 * delivers into that file, so the new one takes its place by rename, under the
 * same name (in MH: the same number).
 */
#define SUFFIX ".simsift-new"

static int
path_of(const struct apply *a, char out[LIMIT_PATH], struct err *err)
{
	return disk_join(out, LIMIT_PATH, a->base, a->file)
		   ? 0
		   : err_set(err, "its name is too long");
}

/* A field, or a From_ line, begins it.  A folder may hold other files, too. */
static bool
is_message(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] > ' ' && p[i] < 0x7f && p[i] != ':')
		i++;
	return (i > 0 && i < n && p[i] == ':') ||
	       (n > 5 && memcmp(p, "From ", 5) == 0);
}

static int
file_read(struct apply *a, const struct pool_item *item, struct err *err)
{
	char path[LIMIT_PATH];

	if (apply_place(a, item, err) == -1 || path_of(a, path, err) == -1)
		return -1;
	if (apply_read_file(a, path, err) == -1)
		return -1;
	return is_message(a->bytes.p, a->bytes.len)
		   ? 0
		   : err_set(err, "it has no header: is it a message?");
}

static int
note(struct apply *a, enum deed deed, struct err *err)
{
	char sum[VAULT_ID + 1] = "", like[64];
	const struct ledger_entry e = {.deed = deed,
	    .old = a->file,
	    .new = "",
	    .id = a->id,
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

/* Still the file that was read? */
static int
check(const struct apply *a, const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return err_errno(err, "it is gone");
	if (st.st_ino != a->st.st_ino || st.st_size != a->st.st_size ||
	    st.st_mtim.tv_sec != a->st.st_mtim.tv_sec ||
	    st.st_mtim.tv_nsec != a->st.st_mtim.tv_nsec)
		return err_set(err, "it changed meanwhile");
	return 0;
}

int
apply_put_file(const char *path, const char *p, size_t n, const struct stat *st,
    struct err *err)
{
	char *tmp = lock_beside(path, SUFFIX);
	int rc = -1;

	if (tmp == NULL)
		return err_set(err, "no memory");
	unlink(tmp);
	if (disk_make(tmp, p, n, st, err) == 0) {
		if (rename(tmp, path) == 0) {
			rc = 0;
		} else {
			err_errno(err, "cannot rename %s", tmp);
			unlink(tmp);
		}
	}
	if (rc == 0 && disk_sync_folder_of(path) == -1)
		rc = err_errno(err, "cannot write %s", path);
	free(tmp);
	return rc;
}

static int
file_replace(struct apply *a, const struct pool_item *item, struct err *err)
{
	char path[LIMIT_PATH];

	(void)item;
	if (path_of(a, path, err) == -1 || check(a, path, err) == -1)
		return -1;
	a->stop = note(a, DEED_CUT, err) == -1 ||
		  apply_put_file(path, a->out.p, a->out.len, &a->st, err) == -1;
	return a->stop ? -1 : 0;
}

static int
file_remove(struct apply *a, const struct pool_item *item, struct err *err)
{
	char path[LIMIT_PATH];

	(void)item;
	if (path_of(a, path, err) == -1 || check(a, path, err) == -1 ||
	    note(a, DEED_HOLD, err) == -1)
		return -1;
	if (disk_remove(path) == -1)
		return err_errno(err, "cannot be removed");
	return 0;
}

int
apply_file_repair(
    const struct ledger_box *b, const struct ledger_entry *e, struct err *err)
{
	char path[LIMIT_PATH], *tmp;
	int rc = 0;

	if (!disk_join(path, sizeof path, b->path, e->old))
		return 0;
	if ((tmp = lock_beside(path, SUFFIX)) == NULL)
		return err_set(err, "no memory");
	if (disk_remove(tmp) == -1)
		rc = err_errno(err, "cannot remove %s", tmp);
	free(tmp);
	return rc;
}

const struct apply_ops apply_file = {
    file_read, file_replace, file_remove, NULL, NULL, NULL};
