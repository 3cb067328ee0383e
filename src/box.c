#include "box_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "limits.h"

#define PATH_BYTES (64u << 10) /* longer paths cannot be opened anyway */

static const struct {
	const char *name;
	const struct box_ops *ops;
} kinds[BOX_KINDS] = {
    [BOX_ANY] = {"auto", NULL},
    [BOX_MBOX] = {"mbox", &box_mbox},
    [BOX_MAILDIR] = {"maildir", &box_maildir},
    [BOX_MH] = {"mh", &box_mh},
    [BOX_FOLDER] = {"folder", &box_folder},
    [BOX_FILE] = {"file", &box_file},
};

const char *
box_kind_name(enum box_kind kind)
{
	return kinds[kind].name;
}

enum box_kind
box_kind_of(const char *name)
{
	enum box_kind k = 0;

	while (k < BOX_KINDS && strcmp(name, kinds[k].name) != 0)
		k++;
	return k;
}

int
box_set_path(struct box *b, const char *folder, const char *name)
{
	b->path.len = 0;
	buf_puts(&b->path, folder);
	buf_puts(&b->path, "/");
	buf_put(&b->path, name, strlen(name) + 1);
	return b->path.failed ? -1 : 0;
}

/* A symbolic link inside a folder is not followed: it may lead anywhere. */
int
box_open_item(struct box *b, struct box_item *item, struct err *err)
{
	const char *path = b->path.p;
	struct err why;
	struct stat st;
	int fd = open(
	    path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);

	if (fd == -1 && errno == ELOOP)
		return 0;
	if (fd == -1)
		return err_errno(err, "%s", path);
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		close(fd);
		return 0;
	}
	feed_close(&b->feed);
	if (feed_open(&b->feed, fd, false, &why) == -1)
		return err_set(err, "%s: %s", path, why.text);
	*item = (struct box_item){
	    .box = b->folder.p != NULL ? b->folder.p : b->name,
	    .id = path,
	    .len = b->feed.size};
	return 1;
}

/* ---- which kind is it? ---- */

static enum box_kind
kind_of_folder(const char *path)
{
	return box_is_maildir(path) ? BOX_MAILDIR
	       : box_is_mh(path)    ? BOX_MH
				    : BOX_FOLDER;
}

/* Of a file, or what is in a packed one. */
static int
kind_of_file(struct box *b, struct err *err)
{
	char head[LIMIT_FROM_SEEN];
	ssize_t n = feed_read(&b->feed, head, sizeof head, 0, err);
	const char *eol;
	size_t line;

	if (n == -1 || (n == 0 && feed_fault(&b->feed, err) == -1))
		return -1;
	b->kind = BOX_FILE;
	if (n > 5 && memcmp(head, "From ", 5) == 0) {
		b->kind = BOX_MBOX;
		return 0;
	}
	eol = n > 0 ? memchr(head, '\n', (size_t)n) : NULL;
	line = eol != NULL ? (size_t)(eol - head) : (size_t)n;
	if (n > 0 && memchr(head, '\0', line) != NULL)
		return err_set(
		    err, "neither a mailbox nor a message, but binary data");
	return 0;
}

/* Opens the feed of a file; a folder has none. */
static int
look(struct box *b, struct err *err)
{
	bool in = strcmp(b->name, "-") == 0;
	int fd =
	    in ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
	       : open(b->name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1) {
		err_errno(err, "cannot be opened");
		goto fail;
	}
	if (S_ISDIR(st.st_mode)) {
		close(fd);
		if (b->kind == BOX_ANY)
			b->kind = kind_of_folder(b->name);
		if (b->kind == BOX_MBOX || b->kind == BOX_FILE)
			return err_set(err, "a folder, no %s",
			    b->kind == BOX_MBOX ? "mbox" : "file");
		return 0;
	}
	if (b->kind != BOX_ANY && b->kind != BOX_MBOX && b->kind != BOX_FILE) {
		err_set(err, "no folder");
		goto fail;
	}
	if (!in && !S_ISREG(st.st_mode)) {
		err_set(err, "neither a file nor a folder");
		goto fail;
	}
	if (feed_open(&b->feed, fd, true, err) == -1)
		return -1;
	if (in && b->kind == BOX_ANY)
		b->kind = BOX_MBOX;
	return b->kind == BOX_ANY ? kind_of_file(b, err) : 0;
fail:
	if (fd != -1)
		close(fd);
	return -1;
}

int
box_open(struct box **out, const char *path, const struct box_wish *wish,
    struct err *err)
{
	struct box *b = calloc(1, sizeof *b);
	struct err why;
	int rc = -1;

	*out = NULL;
	if (b == NULL)
		return err_set(err, "%s: no memory", path);
	b->name = path;
	b->wish = *wish;
	b->kind = wish->kind;
	b->path = b->id = b->folder = BUF(PATH_BYTES);
	b->feed = (struct feed){.fd = -1, .packed_fd = -1, .stream = -1};
	if (look(b, &why) == -1)
		goto out;
	b->ops = kinds[b->kind].ops;
	if (wish->has_range && b->kind != BOX_MBOX) {
		err_set(&why, "--range is for an mbox");
		goto out;
	}
	rc = b->ops->open(b, &why);
out:
	if (rc == -1) {
		err_set(err, "%s: %s", path, why.text);
		box_close(b);
	} else {
		*out = b;
	}
	return rc;
}

int
box_next(struct box *b, struct box_item *item, struct err *err)
{
	return b->ops->next(b, item, err);
}

int64_t
box_read(struct box *b, const struct box_item *item, char *p, size_t n,
    struct err *err)
{
	struct err why;
	ssize_t got = feed_read(&b->feed, p, n, item->offset, &why);

	return got == -1 ? err_set(err, "%s: %s", item->id, why.text) : got;
}

uint64_t
box_done(const struct box *b, uint64_t *total)
{
	*total = b->total;
	return b->done;
}

enum box_kind
box_is(const struct box *b)
{
	return b->kind;
}

bool
box_is_packed(const struct box *b)
{
	return b->feed.packed > 0;
}

bool
box_is_counted(const struct box *b)
{
	return b->counted;
}

bool
box_is_dated(const struct box *b)
{
	return b->dated;
}

void
box_close(struct box *b)
{
	if (b == NULL)
		return;
	for (; b->depth > 0; b->depth--)
		names_free(&b->level[b->depth - 1].names);
	free(b->level);
	names_free(&b->sub);
	feed_close(&b->feed);
	buf_free(&b->path);
	buf_free(&b->id);
	buf_free(&b->folder);
	buf_free(&b->window);
	free(b);
}

/* ---- one message in a file ---- */

static int
file_open(struct box *b, struct err *err)
{
	(void)err;
	b->total = b->feed.ended ? b->feed.size : 0;
	return 0;
}

static int
file_next(struct box *b, struct box_item *item, struct err *err)
{
	char c;

	if (b->ended)
		return 0;
	b->ended = true;
	/* A packed one: how long it is shows when it was unpacked. */
	if (!b->feed.ended &&
	    feed_read(&b->feed, &c, 1, LIMIT_MESSAGE + 1, err) == -1)
		return -1;
	if (feed_fault(&b->feed, err) == -1) {
		struct err why = *err;

		return err_set(err, "%s: %s", b->name, why.text);
	}
	b->done = b->total;
	*item = (struct box_item){
	    .box = b->name, .id = b->name, .len = b->feed.size};
	return 1;
}

const struct box_ops box_file = {file_open, file_next};
