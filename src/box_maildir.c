#include "box_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/*
 * Maildir: cur and new, each in the order of names; Maildir++ sub-folders
 * (".Name") are boxes of their own.  Nothing is moved from new.
 */

static bool
is_dir(const char *path, const char *name)
{
	char sub[4096];
	struct stat st;

	return (size_t)snprintf(sub, sizeof sub, "%s/%s", path, name) <
		   sizeof sub &&
	       stat(sub, &st) == 0 && S_ISDIR(st.st_mode);
}

bool
box_is_maildir(const char *path)
{
	return is_dir(path, "cur") && is_dir(path, "new") &&
	       is_dir(path, "tmp");
}

static bool
sub_folder(const char *name)
{
	return name[0] == '.' && names_not_dots(name);
}

static int
maildir_open(struct box *b, struct err *err)
{
	if (!is_dir(b->name, "cur") && !is_dir(b->name, "new"))
		return err_set(err, "no Maildir: neither cur nor new is there");
	if (b->wish.deep &&
	    names_read(&b->sub, b->name, sub_folder, strcmp) == -1)
		return err_errno(err, "cannot be read");
	b->level = calloc(1, sizeof *b->level);
	return b->level != NULL ? 0 : err_set(err, "no memory");
}

/* cur of the box, new of it, cur of the first sub-folder, …: 1; 0: there are
   no more. */
static int
next_folder(struct box *b, struct err *err)
{
	uint32_t half = b->next_sub++, i = half / 2;
	const char *sub =
	    i > 0 && i <= b->sub.n ? names_get(&b->sub, i - 1) : NULL;

	if (i > b->sub.n)
		return 0;
	b->folder.len = 0;
	buf_puts(&b->folder, b->name);
	if (sub != NULL) {
		buf_puts(&b->folder, "/");
		buf_puts(&b->folder, sub);
	}
	buf_put(&b->folder, "", 1);
	if (b->folder.failed)
		return err_set(err, "%s: no memory", b->name);
	if (sub != NULL && !is_dir(b->folder.p, "cur"))
		return 1;
	if (box_set_path(b, b->folder.p, half % 2 == 0 ? "cur" : "new") == -1)
		return err_set(err, "%s: no memory", b->name);
	if (names_read(&b->level->names, b->path.p, names_not_hidden, strcmp))
		return err_errno(err, "%s", b->path.p);
	b->level->next = 0;
	b->depth = 1;
	b->total += b->level->names.n;
	return 1;
}

/* A reader of mail moves messages from new to cur, and changes their flags:
   the name up to the colon stays. */
static int
open_moved(struct box *b, struct box_item *item, const char *name)
{
	size_t n = strcspn(name, ":");
	struct names now;
	struct err err;
	int rc = 0;

	if (box_set_path(b, b->folder.p, "cur") == -1 ||
	    names_read(&now, b->path.p, names_not_hidden, strcmp) == -1)
		return 0;
	for (uint32_t i = 0; i < now.n && rc == 0; i++) {
		const char *s = names_get(&now, i);

		if (strncmp(s, name, n) == 0 && (s[n] == ':' || s[n] == '\0') &&
		    box_set_path(b, b->folder.p, "cur/") == 0) {
			b->path.len--;
			buf_put(&b->path, s, strlen(s) + 1);
			rc = box_open_item(b, item, &err) == 1;
		}
	}
	names_free(&now);
	return rc;
}

static int
maildir_next(struct box *b, struct box_item *item, struct err *err)
{
	for (;;) {
		struct level *l = b->level;
		char part[8];
		int rc;

		if (b->depth == 0 || l->next == l->names.n) {
			b->depth = 0;
			names_free(&l->names);
			if ((rc = next_folder(b, err)) != 1)
				return rc;
			continue;
		}
		b->done++;
		strcpy(part, b->next_sub % 2 == 1 ? "cur/" : "new/");
		if (box_set_path(b, b->folder.p, part) == 0) {
			const char *name = names_get(&l->names, l->next);

			b->path.len--;
			buf_put(&b->path, name, strlen(name) + 1);
		}
		l->next++;
		if (b->path.failed)
			return err_set(err, "%s: no memory", b->name);
		rc = box_open_item(b, item, err);
		if (rc == -1 && errno == ENOENT &&
		    open_moved(b, item, names_get(&l->names, l->next - 1)) == 1)
			rc = 1;
		if (rc != 0)
			return rc;
	}
}

const struct box_ops box_maildir = {maildir_open, maildir_next};
