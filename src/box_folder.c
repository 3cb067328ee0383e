#include "box_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "limits.h"

/*
 * A plain folder, walked down: each file in it is a message.
 */

/* The path that is in b->path, as a folder to read next. */
static int
go_down(struct box *b, struct err *err)
{
	struct level *l = &b->level[b->depth];

	if (b->depth == LIMIT_FOLDER_DEPTH)
		return err_set(
		    err, "%s: folders are nested too deep", b->path.p);
	if (names_read(&l->names, b->path.p, names_not_dots, strcmp) == -1)
		return err_errno(err, "%s", b->path.p);
	l->next = 0;
	l->path_len = strlen(b->path.p);
	b->total += l->names.n;
	b->depth++;
	return 0;
}

static int
folder_open(struct box *b, struct err *err)
{
	b->level = calloc(LIMIT_FOLDER_DEPTH, sizeof *b->level);
	if (b->level == NULL ||
	    buf_put(&b->path, b->name, strlen(b->name) + 1) == -1)
		return err_set(err, "no memory");
	if (names_read(&b->level[0].names, b->path.p, names_not_dots, strcmp))
		return err_errno(err, "cannot be read");
	b->level[0].path_len = strlen(b->name);
	b->depth = 1;
	b->total = b->level[0].names.n;
	return 0;
}

/* A symbolic link is followed where it was named, not inside a folder. */
static bool
is_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int
folder_next(struct box *b, struct box_item *item, struct err *err)
{
	while (b->depth > 0) {
		struct level *l = &b->level[b->depth - 1];
		const char *name;
		int rc;

		if (l->next == l->names.n) {
			names_free(&l->names);
			b->depth--;
			continue;
		}
		name = names_get(&l->names, l->next++);
		b->done++;
		b->path.len = l->path_len;
		buf_puts(&b->path, "/");
		if (buf_put(&b->path, name, strlen(name) + 1) == -1) {
			b->path.failed = false;
			return err_set(err, "%s: a path is too long", b->name);
		}
		if (is_folder(b->path.p))
			rc = go_down(b, err);
		else
			rc = box_open_item(b, item, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

const struct box_ops box_folder = {folder_open, folder_next};
