#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "limits.h"

#define PIECE (1u << 20)

ssize_t
disk_read(int fd, char *p, size_t n, uint64_t at)
{
	size_t have = 0;

	while (have < n) {
		ssize_t got = pread(fd, p + have, n - have, (off_t)(at + have));

		if (got == -1 && errno != EINTR)
			return -1;
		if (got == 0)
			break;
		if (got > 0)
			have += (size_t)got;
	}
	return (ssize_t)have;
}

int
disk_write(int fd, const char *p, size_t n, uint64_t at)
{
	while (n > 0) {
		ssize_t put = pwrite(fd, p, n, (off_t)at);

		if (put == -1 && errno != EINTR)
			return -1;
		if (put == 0) {
			errno = EIO;
			return -1;
		}
		if (put > 0) {
			p += put;
			n -= (size_t)put;
			at += (uint64_t)put;
		}
	}
	return 0;
}

int
disk_cut(int fd, uint64_t size)
{
	int rc;

	while ((rc = ftruncate(fd, (off_t)size)) == -1 && errno == EINTR)
		continue;
	return rc;
}

int
disk_sync(int fd)
{
	int rc;

	while ((rc = fsync(fd)) == -1 && errno == EINTR)
		continue;
	/* A file system that cannot do it for folders. */
	if (rc == -1 && (errno == EINVAL || errno == ENOTSUP))
		return 0;
	return rc;
}

int
disk_sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc, saved;

	if (fd == -1)
		return -1;
	rc = disk_sync(fd);
	saved = errno;
	close(fd);
	errno = saved;
	return rc;
}

int
disk_sync_folder_of(const char *path)
{
	char folder[LIMIT_PATH];
	const char *slash = strrchr(path, '/');
	size_t n = slash == NULL   ? 0
		   : slash == path ? 1
				   : (size_t)(slash - path);

	if (n >= sizeof folder) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(folder, n > 0 ? path : ".", n > 0 ? n : 1);
	folder[n > 0 ? n : 1] = '\0';
	return disk_sync_folder(folder);
}

int
disk_remove(const char *path)
{
	if (unlink(path) == -1)
		return errno == ENOENT ? 0 : -1;
	return disk_sync_folder_of(path);
}

int
disk_copy(
    int from, uint64_t at, uint64_t n, int to, uint64_t there, struct err *err)
{
	char *piece = malloc(PIECE);
	int rc = 0;

	if (piece == NULL)
		return err_set(err, "no memory");
	while (n > 0 && rc == 0) {
		size_t want = n < PIECE ? (size_t)n : PIECE;
		ssize_t got = disk_read(from, piece, want, at);

		if (got == -1)
			rc = err_errno(err, "cannot read");
		else if ((size_t)got < want)
			rc = err_set(err, "it became shorter");
		else if (disk_write(to, piece, want, there) == -1)
			rc = err_errno(err, "cannot write");
		at += want;
		there += want;
		n -= want;
	}
	free(piece);
	return rc;
}

int
disk_sum(int fd, uint64_t at, uint64_t n, SHA2_CTX *ctx)
{
	char piece[64u << 10];

	while (n > 0) {
		size_t want = n < sizeof piece ? (size_t)n : sizeof piece;

		errno = 0;
		if (disk_read(fd, piece, want, at) != (ssize_t)want)
			return -1;
		SHA256Update(ctx, (const uint8_t *)piece, want);
		at += want;
		n -= want;
	}
	return 0;
}

bool
disk_join(char *out, size_t room, const char *a, const char *b)
{
	int n = snprintf(out, room, "%s%s%s", a, b[0] != '\0' ? "/" : "", b);

	return n > 0 && (size_t)n < room;
}

static int
fill(int fd, const char *p, size_t n, const struct stat *like)
{
	struct timespec t[2] = {{.tv_nsec = UTIME_OMIT}, like->st_mtim};

	if (disk_write(fd, p, n, 0) == -1 ||
	    fchmod(fd, like->st_mode & 0777) == -1)
		return -1;
	/* Whose it was, where we may say so. */
	if ((like->st_uid != geteuid() || like->st_gid != getegid()) &&
	    fchown(fd, like->st_uid, like->st_gid) == -1 &&
	    fchown(fd, (uid_t)-1, like->st_gid) == -1)
		errno = 0;
	return futimens(fd, t) == -1 ? -1 : disk_sync(fd);
}

int
disk_make(const char *path, const char *p, size_t n, const struct stat *like,
    struct err *err)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(path, flags, 0600), rc;

	if (fd == -1)
		return err_errno(err, "cannot make %s", path);
	rc = fill(fd, p, n, like);
	if (rc == -1)
		err_errno(err, "cannot write %s", path);
	/* On NFS the quota may be told only here. */
	if (close(fd) == -1 && errno != EINTR && rc == 0)
		rc = err_errno(err, "cannot write %s", path);
	if (rc == -1)
		unlink(path);
	return rc;
}
