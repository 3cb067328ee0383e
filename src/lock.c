#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "limits.h"

#define NAP_MS 50
#define OWN ".simsift-lock"

char *
lock_beside(const char *path, const char *suffix)
{
	const char *slash = strrchr(path, '/');
	int folder = slash != NULL ? (int)(slash - path) + 1 : 0;
	char *out;

	if (asprintf(&out, "%.*s.%s%s", folder, path, path + folder, suffix) ==
	    -1)
		return NULL;
	return out;
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* ---- our own file ---- */

/* Dovecot's form, without a line end. */
static int
sign(int fd)
{
	char text[300], host[256] = "";
	int n;

	gethostname(host, sizeof host - 1);
	n = snprintf(text, sizeof text, "%ld:%s", (long)getpid(), host);
	if (disk_cut(fd, 0) == -1 || disk_write(fd, text, (size_t)n, 0) == -1)
		return -1;
	return disk_sync(fd);
}

/* Is the open file ours alone?  1; 0: another run has it; -1. */
static int
own_it(const struct lock *l, int fd, struct err *err)
{
	struct stat now, st;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid())
		return err_set(err, "%s is no file of ours", l->own);
	while (flock(fd, LOCK_EX | LOCK_NB) == -1)
		if (errno == EWOULDBLOCK)
			return 0;
		else if (errno != EINTR)
			return err_errno(err, "cannot lock %s", l->own);
	/* Its owner may have removed it between the two calls. */
	return lstat(l->own, &now) == 0 && same_file(&now, &st);
}

static int
take_own(struct lock *l, struct err *err)
{
	int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = open(l->own, flags, 0600), rc;

	if (fd == -1)
		return err_errno(err, "cannot make %s", l->own);
	if ((rc = own_it(l, fd, err)) == 1)
		l->fd = fd;
	else
		close(fd);
	return rc;
}

/* Whose is BOX.lock? */
static bool
dot_is_own(const struct lock *l)
{
	struct stat dot, own;

	return lstat(l->dot, &dot) == 0 && fstat(l->fd, &own) == 0 &&
	       same_file(&dot, &own);
}

/* link(2), which is whole or not at all, on NFS too, where its answer may get
   lost: what counts is whether it is there. */
static int
take_dot(struct lock *l, struct err *err)
{
	if (dot_is_own(l)) {
		l->held = true;
		return 1;
	}
	if (link(l->own, l->dot) == -1 && errno != EEXIST && !dot_is_own(l))
		return err_errno(err, "cannot make %s", l->dot);
	l->held = dot_is_own(l);
	return l->held;
}

/* ---- the box itself ---- */

/* Of the open file, not of the process: another descriptor of it that is
   closed does not end it. */
static int
take_fcntl(int fd)
{
	struct flock f = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int rc = fcntl(fd, F_OFD_SETLK, &f);

	if (rc == -1 && errno == EINVAL)
		rc = fcntl(fd, F_SETLK, &f);
	if (rc == 0)
		return 1;
	return errno == EAGAIN || errno == EACCES || errno == EINTR ? 0 : -1;
}

static int
drop(struct lock *l)
{
	int rc = 0;

	if (l->held && dot_is_own(l) && unlink(l->dot) == -1)
		rc = -1;
	/* Our own file says whose BOX.lock is: it goes last. */
	if (rc == 0 && l->fd != -1 && l->held && unlink(l->own) == -1 &&
	    errno != ENOENT)
		rc = -1;
	l->held = false;
	return rc;
}

/* One try: 1; 0: somebody is in the way (who); -1. */
static int
try(struct lock *l, const char **who, struct err *err)
{
	int rc = l->fd != -1 ? 1 : take_own(l, err);

	*who = "another run of simsift";
	if (rc != 1)
		return rc;
	*who = l->dot;
	if (!l->held && (rc = take_dot(l, err)) != 1)
		return rc;
	*who = "a lock of another program";
	if ((rc = take_fcntl(l->box)) == -1)
		return err_errno(err, "cannot lock it");
	if (rc == 1)
		return sign(l->fd) == 0
			   ? 1
			   : err_errno(err, "cannot write %s", l->own);
	/* Who has that one may wait for this one. */
	if (unlink(l->dot) == -1)
		return err_errno(err, "cannot remove %s", l->dot);
	l->held = false;
	return 0;
}

int
lock_take(struct lock *l, const char *path, int box, unsigned wait_ms,
    struct err *err)
{
	int64_t end = clock_ms() + wait_ms;
	const char *who = "";
	int rc = -1;

	*l = (struct lock){.path = path, .fd = -1, .box = box};
	l->own = lock_beside(path, OWN);
	if (l->own == NULL || asprintf(&l->dot, "%s.lock", path) == -1) {
		l->dot = NULL;
		err_set(err, "no memory");
		goto out;
	}
	while ((rc = try(l, &who, err)) == 0 && clock_ms() < end)
		poll(NULL, 0, NAP_MS);
	if (rc == 0)
		rc = err_set(err,
		    "it is locked: %s is in the way; if nobody is at work "
		    "there, remove what is old",
		    who);
out:
	if (rc == 1)
		return 0;
	if (l->fd != -1 && !l->held)
		unlink(l->own);
	drop(l);
	if (l->fd != -1)
		close(l->fd);
	free(l->dot);
	free(l->own);
	*l = (struct lock){.fd = -1};
	return -1;
}

int
lock_firm(struct lock *l, struct err *err)
{
	static const char text[] = "simsift";

	if (disk_cut(l->fd, 0) == -1 ||
	    disk_write(l->fd, text, sizeof text - 1, 0) == -1 ||
	    disk_sync(l->fd) == -1)
		return err_errno(err, "cannot write %s", l->own);
	return 0;
}

bool
lock_left(const char *path)
{
	char *own = lock_beside(path, OWN);
	struct stat st;
	bool left = own != NULL && lstat(own, &st) == 0;

	free(own);
	return left;
}

int
lock_release(struct lock *l, bool keep, struct err *err)
{
	struct flock f = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
	int rc = 0;

	if (l->fd == -1)
		return 0;
	if (!keep && drop(l) == -1)
		rc = err_errno(err, "cannot remove %s", l->dot);
	if (fcntl(l->box, F_OFD_SETLK, &f) == -1 && errno == EINVAL)
		fcntl(l->box, F_SETLK, &f);
	close(l->fd);
	free(l->dot);
	free(l->own);
	*l = (struct lock){.fd = -1};
	return rc;
}
