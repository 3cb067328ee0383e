#include "splice.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "box.h"
#include "journal.h"
#include "limits.h"
#include "lock.h"
#include "message.h"

#define CHANGED "it was changed while it was read; it is left as it is"

int
splice_add(struct splice *s, const struct splice_change *c, const char *p,
    struct err *err)
{
	if (s->n == 0 && (s->spool = message_spool_open(err)) == -1)
		return -1;
	if (disk_write(s->spool, (const char *)c, sizeof *c, s->end) == -1 ||
	    disk_write(s->spool, p, c->len, s->end + sizeof *c) == -1)
		return err_errno(err, "cannot write the temporary file");
	s->end += sizeof *c + c->len;
	s->n++;
	return 0;
}

void
splice_close(struct splice *s)
{
	if (s->n > 0)
		close(s->spool);
	*s = (struct splice){.spool = -1};
}

/* The change at *at of the spool, which is moved behind it; *bytes: where its
   bytes are. */
static int
next_change(const struct splice *s, uint64_t *at, struct splice_change *c,
    uint64_t *bytes, struct err *err)
{
	if (disk_read(s->spool, (char *)c, sizeof *c, *at) != sizeof *c)
		return err_set(err, "cannot read the temporary file");
	*bytes = *at + sizeof *c;
	*at = *bytes + c->len;
	return 0;
}

/* ---- is the box what was read? ---- */

uint64_t
splice_behind(int box, uint64_t at)
{
	char c[2];
	ssize_t n = disk_read(box, c, 2, at);

	if (n > 0 && c[0] == '\n')
		return at + 1;
	return n > 1 && c[0] == '\r' && c[1] == '\n' ? at + 2 : at;
}

static bool
from_or_end(int box, uint64_t at)
{
	char c[5];
	ssize_t n = disk_read(box, c, sizeof c, at);

	return n == 0 || (n == sizeof c && memcmp(c, "From ", sizeof c) == 0);
}

static bool
starts_line(int box, uint64_t at)
{
	char c;

	return at == 0 || (disk_read(box, &c, 1, at - 1) == 1 && c == '\n');
}

static bool
is_there(const struct splice_change *c, int box, uint64_t size)
{
	uint8_t sum[SHA256_DIGEST_LENGTH];
	SHA2_CTX ctx;

	SHA256Init(&ctx);
	if (c->guard_to > size || c->to > size)
		return false;
	if (c->guard_to > c->guard &&
	    (!starts_line(box, c->guard) || !from_or_end(box, c->guard) ||
		disk_sum(box, c->guard, c->guard_to - c->guard, &ctx) == -1))
		return false;
	SHA256Final(sum, &ctx);
	if (c->guard_to > c->guard && memcmp(sum, c->sum, sizeof sum) != 0)
		return false;
	/* What is put in stands where a message begins. */
	if (c->from == c->to && !from_or_end(box, c->from))
		return false;
	return !c->whole || from_or_end(box, splice_behind(box, c->guard_to));
}

/* The next change that names a message: 1; 0: there is none. */
static int
next_named(const struct splice *s, uint64_t *at, struct splice_change *c,
    struct err *err)
{
	uint64_t bytes;

	while (*at < s->end) {
		if (next_change(s, at, c, &bytes, err) == -1)
			return -1;
		if (c->body > 0)
			return 1;
	}
	return 0;
}

/* Whoever read the box did so without a lock: messages were moved, put in
   behind and before, between one look at it and the next.  What is to change
   is still one message, to the reader that took it for one.  Its descriptor
   is another one than that of the lock, which is the open file's (OFD). */
static int
check_borders(const struct splice *s, const char *path, struct err *err)
{
	struct box_wish wish = {.kind = BOX_MBOX, .has_range = true};
	struct splice_change c = {0};
	struct box_item item;
	struct box *b = NULL;
	uint64_t at = 0;
	int rc = next_named(s, &at, &c, err);

	wish.from = c.guard;
	wish.to = UINT64_MAX;
	if (rc == 1 && box_open(&b, path, &wish, err) == -1)
		rc = -1;
	while (rc == 1) {
		if ((rc = box_next(b, &item, err)) == -1)
			break;
		if (rc == 1 && item.offset < c.body)
			continue;
		if (rc == 0 || item.offset > c.body ||
		    item.offset + item.len != c.guard_to)
			rc = err_set(err, CHANGED);
		else
			rc = next_named(s, &at, &c, err);
	}
	if (b != NULL)
		box_close(b);
	return rc;
}

/* What goes with the change, as the box is now. */
static uint64_t
gone_to(const struct splice_change *c, int box)
{
	return c->whole && c->to == c->guard_to && c->to > c->from &&
		       c->from == c->guard
		   ? splice_behind(box, c->to)
		   : c->to;
}

static int
check(const struct splice *s, const struct splice_job *job, int box,
    struct err *err)
{
	struct splice_change c;
	struct stat st;
	uint64_t at = 0, bytes = 0;

	if (fstat(box, &st) == -1)
		return err_errno(err, "cannot read it");
	if (st.st_ino != job->was.st_ino || st.st_dev != job->was.st_dev)
		return err_set(err, "another file took its place meanwhile; "
				    "it is left as it is");
	while (at < s->end) {
		if (next_change(s, &at, &c, &bytes, err) == -1)
			return -1;
		if (!is_there(&c, box, (uint64_t)st.st_size))
			return err_set(err, CHANGED);
	}
	return check_borders(s, job->path, err);
}

static int
note(const struct splice *s, const struct splice_job *job, int box,
    struct err *err)
{
	struct splice_change c;
	uint64_t at = 0, bytes = 0, less = 0, more = 0;

	while (at < s->end) {
		if (next_change(s, &at, &c, &bytes, err) == -1)
			return -1;
		c.to = gone_to(&c, box);
		if (job->note(job->ctx, &c, box, c.from + more - less, err))
			return -1;
		more += c.len;
		less += c.to - c.from;
	}
	return job->note(job->ctx, NULL, box, 0, err);
}

/* ---- the change ---- */

static int
fill(struct journal *j, const struct splice *s, struct err *err)
{
	struct splice_change c;
	uint64_t at = 0, bytes = 0, pos = j->from;

	while (at < s->end) {
		if (next_change(s, &at, &c, &bytes, err) == -1 ||
		    journal_put_from(j, j->box, pos, c.from - pos, err) == -1 ||
		    journal_put_from(j, s->spool, bytes, c.len, err) == -1)
			return -1;
		pos = gone_to(&c, j->box);
	}
	if (journal_put_from(j, j->box, pos, j->size - pos, err) == -1)
		return -1;
	return journal_seal(j, err);
}

/* A box that had new mail has it still, for programs that go by its times;
   it has changed all the same. */
static void
set_times(const struct splice_job *job, const struct stat *st, int box)
{
	struct timespec t[2];
	bool new = st->st_mtim.tv_sec > job->was.st_atim.tv_sec ||
		   (st->st_mtim.tv_sec == job->was.st_atim.tv_sec &&
		       st->st_mtim.tv_nsec > job->was.st_atim.tv_nsec);

	clock_gettime(CLOCK_REALTIME, &t[1]);
	t[0] = new ? job->was.st_atim : t[1];
	if (futimens(box, t) == -1)
		log_warn(
		    "%s: cannot set its times: %s", job->path, strerror(errno));
}

/* From a sealed journal to its end. */
static int
finish(struct journal *j, const struct splice_job *job, const struct stat *st,
    struct err *err)
{
	set_times(job, st, j->box);
	if (job->done(job->ctx, j->tag, err) == -1)
		return -1;
	return journal_remove(j, err);
}

static int
change(const struct splice *s, const struct splice_job *job, struct lock *l,
    bool *keep, struct err *err)
{
	struct splice_change first;
	uint64_t at = 0, bytes = 0;
	struct journal j;
	struct stat st;
	struct err why;

	if (journal_left(job->path))
		return err_set(err, "another change of it was interrupted: the "
				    "next scan --apply finishes that");
	if (check(s, job, l->box, err) == -1 ||
	    next_change(s, &at, &first, &bytes, err) == -1 ||
	    note(s, job, l->box, err) == -1)
		return -1;
	if (fstat(l->box, &st) == -1)
		return err_errno(err, "cannot read it");
	if (journal_open(&j, job->path, l->box, first.from, job->tag, err))
		return -1;
	if (fill(&j, s, err) == 0 && lock_firm(l, err) == 0 &&
	    journal_apply(&j, err) == 0 && finish(&j, job, &st, err) == 0) {
		journal_close(&j);
		return 0;
	}
	*keep = j.begun;
	if (!j.begun && journal_remove(&j, &why) == -1)
		*err = why;
	journal_close(&j);
	return -1;
}

/* ---- under the locks ---- */

typedef int work(const struct splice *, const struct splice_job *,
    struct lock *, bool *keep, struct err *);

static int
resume(const struct splice *s, const struct splice_job *job, struct lock *l,
    bool *keep, struct err *err)
{
	struct journal j;
	struct stat st;
	int rc;

	(void)s;
	if (!journal_left(job->path))
		return 0;
	if (fstat(l->box, &st) == -1)
		return err_errno(err, "cannot read it");
	if (lock_firm(l, err) == -1)
		return -1;
	if ((rc = journal_resume(&j, job->path, l->box, err)) == 1) {
		log_info("%s: an interrupted change was finished", job->path);
		rc = finish(&j, job, &st, err);
		j.begun = false; /* the box is as it is to be */
		journal_close(&j);
	}
	*keep = j.begun;
	return rc;
}

/* Nobody ends this run by a key or a closed terminal while the box is in
   between. */
static int
locked(const struct splice *s, const struct splice_job *job, work *f,
    struct err *err)
{
	int box = open(job->path, O_RDWR | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	sigset_t block, old;
	struct err why;
	struct lock l;
	bool keep = false;
	int rc;

	if (box == -1)
		return err_errno(err, "cannot be opened for writing");
	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGHUP);
	sigaddset(&block, SIGQUIT);
	sigprocmask(SIG_BLOCK, &block, &old);
	rc = lock_take(&l, job->path, box, LIMIT_LOCK_MS, err);
	if (rc == 0) {
		rc = f(s, job, &l, &keep, err);
		why = *err;
		if (rc == -1 && keep)
			err_set(err,
			    "%.300s; it is changed in part and stays locked: "
			    "the next scan --apply of it finishes that",
			    why.text);
		if (lock_release(&l, keep, &why) == -1 && rc == 0) {
			*err = why;
			rc = -1;
		}
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(box);
	return rc;
}

int
splice_make(struct splice *s, const struct splice_job *job, struct err *err)
{
	return s->n == 0 ? 0 : locked(s, job, change, err);
}

bool
splice_left(const char *path)
{
	return journal_left(path) || lock_left(path);
}

int
splice_resume(const struct splice_job *job, struct err *err)
{
	return locked(NULL, job, resume, err);
}
