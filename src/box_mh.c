#include "box_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/*
 * MH: a message in each file whose name is a number.
 */

static bool
is_folder_in(struct box *b, const char *folder, const char *name)
{
	struct stat st;

	return box_set_path(b, folder, name) == 0 &&
	       lstat(b->path.p, &st) == 0 && S_ISDIR(st.st_mode);
}

/* What MH leaves there, or nothing but numbers. */
bool
box_is_mh(const char *path)
{
	struct names all;
	bool mark = false, other = false, number = false;

	if (names_read(&all, path, names_not_dots, strcmp) == -1)
		return false;
	for (uint32_t i = 0; i < all.n; i++) {
		const char *s = names_get(&all, i);

		if (strcmp(s, ".mh_sequences") == 0 ||
		    strcmp(s, ".xmhcache") == 0)
			mark = true;
		else if (names_numeric(s))
			number = true;
		else if (s[0] != ',' && s[0] != '.') /* ,5: was removed */
			other = true;
	}
	names_free(&all);
	return mark || (number && !other);
}

static int
read_folder(struct box *b, const char *path)
{
	struct level *l = b->level;

	if (names_read(&l->names, path, names_numeric, names_by_number) == -1)
		return -1;
	l->next = 0;
	b->depth = 1;
	b->total += l->names.n;
	return 0;
}

/* Sub-folders of the whole tree would be a walk; those of the box itself are
   what there is in nearly all. */
static int
mh_open(struct box *b, struct err *err)
{
	b->level = calloc(1, sizeof *b->level);
	if (b->level == NULL ||
	    buf_put(&b->folder, b->name, strlen(b->name) + 1) == -1)
		return err_set(err, "no memory");
	if (read_folder(b, b->name) == -1 ||
	    (b->wish.deep &&
		names_read(&b->sub, b->name, names_not_hidden, strcmp) == -1))
		return err_errno(err, "cannot be read");
	return 0;
}

/* 1; 0: there are no more. */
static int
next_folder(struct box *b, struct err *err)
{
	while (b->next_sub < b->sub.n) {
		const char *name = names_get(&b->sub, b->next_sub++);

		if (!is_folder_in(b, b->name, name))
			continue;
		b->folder.len = 0;
		if (buf_put(&b->folder, b->path.p, b->path.len) == -1)
			return err_set(err, "%s: no memory", b->name);
		if (read_folder(b, b->folder.p) == -1)
			return err_errno(err, "%s", b->folder.p);
		return 1;
	}
	return 0;
}

static int
mh_next(struct box *b, struct box_item *item, struct err *err)
{
	for (;;) {
		struct level *l = b->level;
		int rc;

		if (b->depth == 0 || l->next == l->names.n) {
			b->depth = 0;
			names_free(&l->names);
			if ((rc = next_folder(b, err)) != 1)
				return rc;
			continue;
		}
		b->done++;
		if (box_set_path(
			b, b->folder.p, names_get(&l->names, l->next++)) == -1)
			return err_set(err, "%s: no memory", b->name);
		rc = box_open_item(b, item, err);
		if (rc != 0)
			return rc;
	}
}

const struct box_ops box_mh = {mh_open, mh_next};
