#include "apply_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * mbox: what is to change is collected while the box is read, and made at its
 * end, all at once (splice.h).
 */

#define NOTED (1u << 20) /* bytes of notes that wait for the disk */

/* ---- the message, read again ---- */

int
apply_from_line(int fd, uint64_t at, uint64_t *start)
{
	char text[LIMIT_FROM_SEEN * 4];
	size_t n = at < sizeof text ? (size_t)at : sizeof text;
	const char *lf;

	if (n < 6 || disk_read(fd, text, n, at - n) != (ssize_t)n)
		return -1;
	lf = memrchr(text, '\n', n - 1);
	if (lf == NULL && n < at)
		return -1;
	lf = lf != NULL ? lf + 1 : text;
	*start = at - n + (uint64_t)(lf - text);
	return memcmp(lf, "From ", 5) == 0 ? 0 : -1;
}

static int
mbox_read(struct apply *a, const struct pool_item *item, struct err *err)
{
	uint64_t start;
	size_t n;

	if (a->fd == -1)
		a->fd = open(a->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (a->fd == -1)
		return err_errno(err, "cannot be opened");
	if (apply_from_line(a->fd, item->offset, &start) == -1)
		return err_set(err, "it changed meanwhile");
	a->skip = (size_t)(item->offset - start);
	n = a->skip + item->len;
	if (buf_room(&a->bytes, n) == -1) {
		a->bytes.failed = false;
		return err_set(err, "no memory");
	}
	if (disk_read(a->fd, a->bytes.p, n, start) != (ssize_t)n)
		return err_set(err, "it changed meanwhile");
	a->bytes.len = n;
	/* Where it ends was read before its bytes were, and somebody may have
	   moved them in between: the next message is none of it. */
	if (!a->counted &&
	    box_holds_from(a->bytes.p + a->skip, n - a->skip, a->dated))
		return err_set(err, "it changed meanwhile");
	return 0;
}

/* ---- changes ---- */

/* Lines that begin with "From ", those behind an empty line apart. */
static void
count_from(const char *p, size_t n, uint32_t *lines, uint32_t *behind)
{
	const char *at = p, *end = p + n;

	*lines = *behind = 0;
	while ((at = memmem(at, (size_t)(end - at), "\nFrom ", 6)) != NULL) {
		(*lines)++;
		*behind += at == p || at[-1] == '\n' ||
			   (at[-1] == '\r' && (at == p + 1 || at[-2] == '\n'));
		at++;
	}
}

/* May the result stand in an mbox?  It is one message to every reader that
   took the old one for one. */
static const char *
cannot_stand(const struct apply *a)
{
	const struct buf *old = &a->bytes, *new = &a->out;
	uint32_t lines[2], behind[2];

	count_from(old->p + a->skip, old->len - a->skip, &lines[0], &behind[0]);
	count_from(new->p, new->len, &lines[1], &behind[1]);
	if (lines[1] > lines[0] || behind[1] > behind[0] ||
	    (new->len >= 5 && memcmp(new->p, "From ", 5) == 0))
		return "without what is cut a line of it would begin a message "
		       "of its own";
	if (a->counted && !box_counts(new->p, new->len))
		return "its Content-Length, which says where it ends, cannot "
		       "be mended";
	return NULL;
}

/* Behind it an empty line follows, and that needs a line end before it. */
static int
end_line(struct apply *a)
{
	const struct buf *old = &a->bytes;
	const char *p = a->out.p;
	size_t n = a->out.len;
	bool crlf = old->len > 1 && old->p[old->len - 2] == '\r';

	if (old->p[old->len - 1] != '\n' || (n > 0 && p[n - 1] == '\n'))
		return 0;
	return buf_puts(&a->out, crlf ? "\r\n" : "\n");
}

static void
set_before(struct apply *a, const char *sum)
{
	snprintf(a->before, sizeof a->before, "%s", sum != NULL ? sum : "");
}

static void
start_change(const struct apply *a, const struct pool_item *item,
    struct splice_change *c)
{
	SHA2_CTX ctx;

	*c = (struct splice_change){.guard = item->offset - a->skip,
	    .guard_to = item->offset + item->len,
	    .body = item->offset,
	    .whole = true};
	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)a->bytes.p, a->bytes.len);
	SHA256Final(c->sum, &ctx);
	memcpy(c->id, a->id, sizeof c->id);
	memcpy(c->before, a->before, sizeof c->before);
}

static int
mbox_replace(struct apply *a, const struct pool_item *item, struct err *err)
{
	struct splice_change c;
	const char *why;

	if (end_line(a) == -1)
		return err_set(err, "no memory");
	if ((why = cannot_stand(a)) != NULL)
		return err_set(err, "%s", why);
	start_change(a, item, &c);
	c.from = item->offset;
	c.to = c.guard_to;
	c.len = a->out.len;
	c.deed = DEED_CUT;
	SHA256Data((const uint8_t *)a->out.p, a->out.len, c.new_sum);
	if (splice_add(&a->splice, &c, a->out.p, err) == -1)
		return -1;
	set_before(a, c.new_sum);
	return 0;
}

static int
mbox_remove(struct apply *a, const struct pool_item *item, struct err *err)
{
	struct splice_change c;

	start_change(a, item, &c);
	c.from = c.guard;
	c.to = c.guard_to;
	c.deed = DEED_HOLD;
	return splice_add(&a->splice, &c, "", err);
}

static void
mbox_stay(struct apply *a, const struct pool_item *item)
{
	set_before(a, item->sum);
}

/* ---- all of them ---- */

/* What goes, and is in the vault no more than its message: the From_ line and
   the empty line. */
static int
note_gone(struct ledger_entry *e, const struct splice_change *c, int box,
    char *from, size_t room, char *behind)
{
	size_t n = (size_t)(c->to - c->guard_to);
	ssize_t got = disk_read(box, from, room, c->guard);
	const char *lf = got > 0 ? memchr(from, '\n', (size_t)got) : NULL;

	if (lf == NULL || disk_read(box, behind, n, c->guard_to) != (ssize_t)n)
		return -1;
	e->from = from;
	e->from_len = (uint32_t)(lf - from) + 1;
	e->behind = behind;
	return 0;
}

static int
note(void *ctx, const struct splice_change *c, int box, uint64_t new_at,
    struct err *err)
{
	char old[24], new[24], behind[4] = "", from[LIMIT_FROM_SEEN * 4];
	struct apply *a = ctx;
	struct ledger_entry e = {.old = old, .new = new};

	if (c == NULL)
		return ledger_sync(&a->ledger, err);
	snprintf(old, sizeof old, "%llu", (unsigned long long)c->from);
	snprintf(new, sizeof new, "%llu", (unsigned long long)new_at);
	e.deed = c->deed;
	e.id = c->id;
	e.sum = c->new_sum;
	e.before = c->before;
	if (c->deed == DEED_HOLD &&
	    note_gone(&e, c, box, from, sizeof from, behind) == -1)
		return err_set(err, "it cannot be read");
	ledger_deed(&a->ledger, &e);
	return a->ledger.line.len < NOTED ? 0 : ledger_sync(&a->ledger, err);
}

static int
mbox_end(struct apply *a, struct err *err)
{
	struct splice_job job = {.path = a->path,
	    .was = a->was,
	    .note = note,
	    .done = apply_done,
	    .ctx = a};
	char tag[64];
	int rc;

	if (a->fd != -1)
		close(a->fd);
	a->fd = -1;
	if (a->splice.n == 0)
		return 0;
	apply_note_box(a, BOX_MBOX, a->path);
	if ((rc = ledger_sync(&a->ledger, err)) == 0) {
		snprintf(tag, sizeof tag, "apply %s", a->ledger.run);
		job.tag = tag;
		rc = splice_make(&a->splice, &job, err);
	}
	splice_close(&a->splice);
	return rc;
}

const struct apply_ops apply_mbox = {
    mbox_read, mbox_replace, mbox_remove, NULL, mbox_stay, mbox_end};
