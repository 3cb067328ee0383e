#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "limits.h"
#include "lock.h"

#define SUFFIX ".simsift-journal"
#define NEXT ".simsift-journal-new" /* until it takes the other's place */
#define HEAD 512u
#define PAGE 4096u
#define SUM 8u             /* bytes of a page's sum that are kept */
#define BEFORE (64u << 10) /* bytes before the change that tell the box */

struct head {
	char magic[16];
	uint64_t inode;
	uint64_t from, size, length;
	uint64_t must; /* the old end is no whole one: it may not stay */
	uint8_t before[SHA256_DIGEST_LENGTH]; /* of what stands there */
	uint8_t body[SHA256_DIGEST_LENGTH];   /* of sums and tail */
	char tag[64];
	uint8_t sum[SHA256_DIGEST_LENGTH]; /* of all this */
	uint32_t step;                     /* changes */
};

static const char magic[16] = "simsift journal";
const uint64_t journal_step_at = offsetof(struct head, step);

/* ---- sums ---- */

static void
head_sum(const struct head *h, uint8_t sum[SHA256_DIGEST_LENGTH])
{
	SHA2_CTX ctx;

	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)h, offsetof(struct head, sum));
	SHA256Final(sum, &ctx);
}

/* Of at..at+n of a file. */
static int
sum_of(int fd, uint64_t at, uint64_t n, uint8_t sum[SHA256_DIGEST_LENGTH],
    struct err *err)
{
	SHA2_CTX ctx;

	SHA256Init(&ctx);
	if (disk_sum(fd, at, n, &ctx) == -1)
		return errno != 0 ? err_errno(err, "cannot read")
				  : err_set(err, "it became shorter");
	SHA256Final(sum, &ctx);
	return 0;
}

static int
sum_before(
    int box, uint64_t from, uint8_t sum[SHA256_DIGEST_LENGTH], struct err *err)
{
	uint64_t n = from < BEFORE ? from : BEFORE;

	return sum_of(box, from - n, n, sum, err);
}

static void
page_sum(const char *p, size_t n, uint8_t sum[SUM])
{
	uint8_t whole[SHA256_DIGEST_LENGTH];
	SHA2_CTX ctx;

	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)p, n);
	SHA256Final(whole, &ctx);
	memcpy(sum, whole, SUM);
}

/* Pages are those of the box: the first may begin, and the last end, inside
   one. */
static uint64_t
pages(uint64_t from, uint64_t to)
{
	return to > from ? (to - 1) / PAGE - from / PAGE + 1 : 0;
}

static uint64_t
page_end(uint64_t at, uint64_t to)
{
	uint64_t end = (at / PAGE + 1) * PAGE;

	return end < to ? end : to;
}

static uint64_t
tail_at(const struct journal *j)
{
	return HEAD + SUM * pages(j->from, j->size);
}

/* ---- a new one ---- */

static int
write_sums(struct journal *j, struct err *err)
{
	uint64_t at = j->from, to = HEAD;
	char page[PAGE];
	uint8_t sum[SUM];

	while (at < j->size) {
		size_t n = (size_t)(page_end(at, j->size) - at);

		if (disk_read(j->box, page, n, at) != (ssize_t)n)
			return err_set(err, "it cannot be read, or became "
					    "shorter");
		page_sum(page, n, sum);
		if (disk_write(j->fd, (const char *)sum, SUM, to) == -1)
			return err_errno(err, "cannot write %s", j->path);
		at += n;
		to += SUM;
	}
	return 0;
}

static int
make(struct journal *j, const char *path, const char *suffix, struct err *err)
{
	j->path = lock_beside(path, suffix);
	if (j->path == NULL)
		return err_set(err, "no memory");
	unlink(j->path);
	j->fd = open(
	    j->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (j->fd == -1)
		return err_errno(err, "cannot make %s", j->path);
	return 0;
}

int
journal_open(struct journal *j, const char *path, int box, uint64_t from,
    const char *tag, struct err *err)
{
	struct stat st;

	*j = (struct journal){.fd = -1, .box = box, .from = from};
	snprintf(j->tag, sizeof j->tag, "%s", tag);
	if (fstat(box, &st) == -1)
		return err_errno(err, "cannot read it");
	j->size = (uint64_t)st.st_size;
	if (make(j, path, SUFFIX, err) == 0 && write_sums(j, err) == 0)
		return 0;
	if (j->fd != -1)
		unlink(j->path);
	journal_close(j);
	return -1;
}

int
journal_put(struct journal *j, const char *p, size_t n, struct err *err)
{
	if (disk_write(j->fd, p, n, tail_at(j) + j->put) == -1)
		return err_errno(err, "cannot write %s", j->path);
	j->put += n;
	return 0;
}

int
journal_put_from(
    struct journal *j, int fd, uint64_t at, uint64_t n, struct err *err)
{
	if (disk_copy(fd, at, n, j->fd, tail_at(j) + j->put, err) == -1)
		return -1;
	j->put += n;
	return 0;
}

int
journal_seal(struct journal *j, struct err *err)
{
	struct head h = {.from = j->from,
	    .size = j->size,
	    .length = j->put,
	    .must = j->must};
	struct stat st;
	struct err why;

	j->length = j->put;
	memcpy(h.magic, magic, sizeof h.magic);
	memcpy(h.tag, j->tag, sizeof h.tag);
	if (fstat(j->box, &st) == -1)
		return err_errno(err, "cannot read it");
	/* Who delivers without a lock. */
	if ((uint64_t)st.st_size != j->size)
		return err_set(err, "it changed, though it is locked");
	h.inode = (uint64_t)st.st_ino;
	if (sum_before(j->box, j->from, h.before, err) == -1 ||
	    sum_of(j->fd, HEAD, tail_at(j) - HEAD + j->length, h.body, err))
		return -1;
	head_sum(&h, h.sum);
	if (disk_sync(j->fd) == -1 ||
	    disk_write(j->fd, (const char *)&h, sizeof h, 0) == -1 ||
	    disk_sync(j->fd) == -1 || disk_sync_folder_of(j->path) == -1) {
		err_errno(&why, "cannot write %s", j->path);
		*err = why;
		return -1;
	}
	return 0;
}

/* ---- the box ---- */

static int
set_step(struct journal *j, uint32_t step, struct err *err)
{
	if (disk_write(j->fd, (const char *)&step, sizeof step,
		journal_step_at) == -1 ||
	    disk_sync(j->fd) == -1)
		return err_errno(err, "cannot write %s", j->path);
	j->step = step;
	return 0;
}

/* A file system that cannot reserve room gets zeros. */
static int
put_zeros(struct journal *j, uint64_t end)
{
	static const char zeros[PAGE];
	int rc = 0;

	for (uint64_t at = j->size; rc == 0 && at < end; at += PAGE)
		rc = disk_write(
		    j->box, zeros, end - at < PAGE ? end - at : PAGE, at);
	return rc;
}

/* Room for what it will be longer, before a byte of it is changed. */
static int
lengthen(struct journal *j, struct err *err)
{
	uint64_t end = j->from + j->length;
	int rc;

	while ((rc = fallocate(j->box, FALLOC_FL_KEEP_SIZE, (off_t)j->size,
		    (off_t)(end - j->size))) == -1 &&
	       errno == EINTR)
		continue;
	if (rc == 0)
		rc = disk_cut(j->box, end);
	else if (errno == EOPNOTSUPP || errno == ENOSYS)
		rc = put_zeros(j, end);
	if (rc == 0)
		rc = disk_sync(j->box);
	if (rc == -1)
		err_errno(err, "cannot make it longer");
	if (rc == 0 && set_step(j, 1, err) == 0)
		return 0;
	/* What another run has begun stays so. */
	j->begun |= disk_cut(j->box, j->size) == -1;
	return -1;
}

static int
shorten(struct journal *j, struct err *err)
{
	uint64_t end = j->from + j->length;

	if (disk_write(j->box, "", 1, end) == -1 || disk_sync(j->box) == -1)
		return err_errno(err, "cannot write");
	if (set_step(j, 1, err) == -1)
		return -1;
	if (disk_cut(j->box, end) == -1)
		return err_errno(err, "cannot make it shorter");
	return 0;
}

int
journal_apply(struct journal *j, struct err *err)
{
	uint64_t end = j->from + j->length;

	if (end > j->size && j->step == 0 && lengthen(j, err) == -1)
		return -1;
	j->begun = true;
	if (disk_copy(j->fd, tail_at(j), j->length, j->box, j->from, err) == -1)
		return -1;
	if (end < j->size && shorten(j, err) == -1)
		return -1;
	if (disk_sync(j->box) == -1)
		return err_errno(err, "cannot write");
	return 0;
}

/* ---- what a run left ---- */

/* Where the bytes of at..at+n are of the new end, how many of them are. */
static size_t
new_part(const struct journal *j, uint64_t at, size_t n)
{
	uint64_t end = j->from + j->length;

	return at >= end ? 0 : end - at < n ? (size_t)(end - at) : n;
}

/* SAME: old and new.  TORN: it begins as the new one does. */
enum page { SAME, OLD, NEW, TORN, ODD };

/* The page at..at+n of the box; number: of its sum. */
static enum page
look_at_page(const struct journal *j, uint64_t at, size_t n, uint64_t number)
{
	size_t part = new_part(j, at, n);
	char now[PAGE], tail[PAGE];
	uint8_t sum[SUM], old[SUM];
	bool is_old;

	if (disk_read(j->box, now, n, at) != (ssize_t)n ||
	    disk_read(j->fd, (char *)old, SUM, HEAD + number * SUM) != SUM)
		return ODD;
	page_sum(now, n, sum);
	is_old = memcmp(sum, old, SUM) == 0;
	/* Behind the new end are remains, the first of them maybe a zero. */
	if (part == 0)
		return is_old ? OLD : at == j->from + j->length ? NEW : ODD;
	if (disk_read(j->fd, tail, part, tail_at(j) + (at - j->from)) !=
	    (ssize_t)part)
		return ODD;
	if (memcmp(tail, now, part) == 0)
		return is_old ? SAME : NEW;
	return is_old ? OLD : tail[0] == now[0] ? TORN : ODD;
}

/* Are all pages of the old end, up to `to`, of the two kinds?  One may be torn:
   the last that was written.  *begun: not all are old. */
static bool
look_at_pages(const struct journal *j, uint64_t to, bool *begun)
{
	uint64_t at = j->from, number = 0;
	bool torn = false, old = false, late = false;

	*begun = false;
	for (; at < to; at = page_end(at, j->size)) {
		enum page p = look_at_page(
		    j, at, (size_t)(page_end(at, to) - at), number++);

		if (p == ODD || (p == TORN && (torn || old)))
			return false;
		torn |= p == TORN;
		old |= p == OLD;
		late |= p == NEW && torn;
		*begun |= p == NEW || p == TORN;
	}
	return !(torn && late);
}

/* Behind `at`, over zeros. */
static uint64_t
skip_zeros(int fd, uint64_t at, uint64_t to)
{
	char page[PAGE];
	ssize_t got;

	while (at < to && (got = disk_read(fd, page, sizeof page, at)) > 0)
		for (ssize_t i = 0; i < got; i++, at++)
			if (page[i] != '\0')
				return at;
	return at < to ? at : to;
}

/* Was the box cut already?  The zero that was put there first is gone. */
static bool
is_cut(const struct journal *j, uint64_t now)
{
	char c;

	return now < j->size ||
	       disk_read(j->box, &c, 1, j->from + j->length) != 1 || c != '\0';
}

/* Whether the box is still ours to finish, and where what was delivered since
   begins: 1; 0: it is as it was, or good as it is; -1. */
static int
look_at_box(const struct journal *j, uint64_t now, uint64_t *mail)
{
	uint64_t end = j->from + j->length, size = j->size;
	bool longer = end > size, begun;

	if (!longer && j->step == 1 && is_cut(j, now)) {
		*mail = end;
		return now >= end && look_at_pages(j, end, &begun) ? 1 : -1;
	}
	if (now < size || !look_at_pages(j, size, &begun))
		return -1;
	*mail = size;
	if (longer && j->step == 1)
		*mail = end;
	else if (longer)
		*mail = skip_zeros(j->box, size, now);
	if (now < *mail)
		return -1;
	return j->must || begun || j->step > 0 || *mail > size;
}

/* Mail that was delivered stands behind an empty line, also where that is not
   what the box ended with then. */
static int
put_empty_line(struct journal *j, uint64_t mail, struct err *err)
{
	static const char eol[] = "\n\n";
	char end[4] = "\n\n\n\n", c;
	uint64_t n = j->put < 4 ? j->put : 4, rest = 4 - n;
	int need = 2;

	if (disk_read(j->box, &c, 1, mail) != 1 || c != 'F')
		return 0;
	if (rest > j->from)
		rest = j->from;
	if (disk_read(j->box, end + 4 - n - rest, rest, j->from - rest) !=
		(ssize_t)rest ||
	    disk_read(j->fd, end + 4 - n, n, tail_at(j) + j->put - n) !=
		(ssize_t)n)
		return err_set(err, "cannot read its end");
	if (memcmp(end + 2, "\n\n", 2) == 0 ||
	    memcmp(end + 1, "\n\r\n", 3) == 0)
		need = 0;
	else if (end[3] == '\n')
		need = 1;
	return journal_put(j, eol, (size_t)need, err);
}

/* A journal with what was delivered takes the place of the one there is. */
static int
take_in(struct journal *j, const char *path, uint64_t now, uint64_t mail,
    struct err *err)
{
	struct journal next = {.fd = -1,
	    .box = j->box,
	    .from = j->from,
	    .size = now,
	    .must = true};
	char *name;

	memcpy(next.tag, j->tag, sizeof next.tag);
	next.begun = true;
	if (make(&next, path, NEXT, err) == -1 ||
	    write_sums(&next, err) == -1 ||
	    journal_put_from(&next, j->fd, tail_at(j), j->length, err) == -1 ||
	    put_empty_line(&next, mail, err) == -1 ||
	    journal_put_from(&next, j->box, mail, now - mail, err) == -1 ||
	    journal_seal(&next, err) == -1)
		goto fail;
	if (rename(next.path, j->path) == -1) {
		err_errno(err, "cannot rename %s", next.path);
		goto fail;
	}
	name = j->path;
	j->path = NULL;
	journal_close(j);
	free(next.path);
	next.path = name;
	*j = next;
	if (disk_sync_folder_of(j->path) == -1)
		return err_errno(err, "cannot write %s", j->path);
	return 0;
fail:
	if (next.fd != -1)
		unlink(next.path);
	journal_close(&next);
	return -1;
}

/* The head of the open journal: 1; 0: it has none. */
static int
read_head(struct journal *j, const struct stat *box, struct err *err)
{
	uint8_t sum[SHA256_DIGEST_LENGTH];
	struct head h;

	if (disk_read(j->fd, (char *)&h, sizeof h, 0) != sizeof h ||
	    memcmp(h.magic, magic, sizeof magic) != 0)
		return 0;
	head_sum(&h, sum);
	if (memcmp(sum, h.sum, sizeof sum) != 0)
		return 0;
	j->from = h.from;
	j->size = h.size;
	j->length = j->put = h.length;
	j->must = h.must != 0;
	j->step = h.step;
	h.tag[sizeof h.tag - 1] = '\0';
	memcpy(j->tag, h.tag, sizeof j->tag);
	if (sum_of(j->fd, HEAD, tail_at(j) - HEAD + j->length, sum, err) == -1)
		return -1;
	if (memcmp(sum, h.body, sizeof sum) != 0)
		return err_set(err, "%s is damaged", j->path);
	if (h.inode != (uint64_t)box->st_ino)
		return err_set(err,
		    "the change that %s was to finish is of another file of "
		    "this name: move it away",
		    j->path);
	return 1;
}

static int
resume(struct journal *j, const char *path, struct err *err)
{
	uint64_t mail;
	struct stat st;
	int rc;

	if (fstat(j->box, &st) == -1)
		return err_errno(err, "cannot read it");
	if ((rc = read_head(j, &st, err)) != 1)
		return rc;
	rc = look_at_box(j, (uint64_t)st.st_size, &mail);
	if (rc == -1)
		return err_set(err,
		    "a change was interrupted, and somebody else changed the "
		    "box since: it is left alone; look at it, and at %s, which "
		    "holds what its end was to be, then move that away",
		    j->path);
	if (rc == 0)
		return 0;
	j->begun = true;
	if ((uint64_t)st.st_size > mail &&
	    take_in(j, path, (uint64_t)st.st_size, mail, err) == -1)
		return -1;
	return journal_apply(j, err) == 0 ? 1 : -1;
}

bool
journal_left(const char *path)
{
	char *name = lock_beside(path, SUFFIX);
	struct stat st;
	bool left = name != NULL && lstat(name, &st) == 0;

	free(name);
	return left;
}

int
journal_resume(struct journal *j, const char *path, int box, struct err *err)
{
	char *next = lock_beside(path, NEXT);
	struct stat st;
	bool begun;
	int rc = -1;

	*j = (struct journal){.fd = -1, .box = box};
	j->path = lock_beside(path, SUFFIX);
	if (next == NULL || j->path == NULL) {
		err_set(err, "no memory");
		goto out;
	}
	unlink(next);
	j->fd = open(j->path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (j->fd == -1 && errno == ENOENT)
		rc = 0;
	else if (j->fd == -1)
		err_errno(err, "cannot open %s", j->path);
	else if (fstat(j->fd, &st) == -1 || !S_ISREG(st.st_mode) ||
		 st.st_uid != geteuid())
		err_set(err, "%s is no file of ours", j->path);
	else if ((rc = resume(j, path, err)) == 0)
		rc = journal_remove(j, err);
out:
	free(next);
	begun = rc == -1 && j->begun;
	if (rc != 1)
		journal_close(j);
	if (rc != 1)
		j->begun = begun;
	return rc;
}

int
journal_remove(struct journal *j, struct err *err)
{
	if (disk_remove(j->path) == -1)
		return err_errno(err, "cannot remove %s", j->path);
	return 0;
}

void
journal_close(struct journal *j)
{
	if (j->fd != -1)
		close(j->fd);
	free(j->path);
	*j = (struct journal){.fd = -1};
}
