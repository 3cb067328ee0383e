/*
 * LD_PRELOAD: makes one call fail, in the first process only.
 *
 *	INJECT_CALL	name of the call, as in the table below; stdout: a write to
 *			standard output
 *	INJECT_N	which one of them, from 1
 *	INJECT_ERRNO	what it fails with; 0: a write or read of half the bytes;
 *			-N: a write of half the bytes, or a rename that is done,
 *			then signal N
 *			alarm: its seconds are divided by that
 *	INJECT_FIRED	a file that is made when it happens
 *
 * A probe that never fires shows nothing, hence the file.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static struct {
	const char *call, *fired;
	int n, error;
	pid_t pid;
} wish;

__attribute__((constructor)) static void
start(void)
{
	const char *n = getenv("INJECT_N"), *e = getenv("INJECT_ERRNO");

	wish.call = getenv("INJECT_CALL");
	wish.fired = getenv("INJECT_FIRED");
	wish.n = n != NULL ? atoi(n) : 0;
	wish.error = e != NULL ? atoi(e) : 0;
	wish.pid = getpid();
}

/* Is it this call's turn? */
static int
fires(const char *call)
{
	int fd;

	if (wish.call == NULL || wish.pid != getpid() ||
	    strcmp(wish.call, call) != 0 || --wish.n != 0)
		return 0;
	fd = (int)syscall(SYS_openat, AT_FDCWD, wish.fired,
	    O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd != -1)
		syscall(SYS_close, fd);
	errno = wish.error;
	return 1;
}

#define FAILS(call) (fires(call) && wish.error != 0)

int
openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	if (FAILS(flags & O_CREAT ? "create" : "openat"))
		return -1;
	return (int)syscall(SYS_openat, dir, path, flags, mode);
}

int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	if (FAILS("open"))
		return -1;
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	if (fires("write") || (fd == STDOUT_FILENO && fires("stdout"))) {
		if (wish.error > 0)
			return -1;
		n = n > 1 ? n / 2 : n;
		if (wish.error < 0) {
			syscall(SYS_write, fd, p, n);
			kill(wish.pid, -wish.error);
		}
	}
	return syscall(SYS_write, fd, p, n);
}

ssize_t
read(int fd, void *p, size_t n)
{
	if (fires("read")) {
		if (wish.error != 0)
			return -1;
		n = n > 1 ? n / 2 : n;
	}
	return syscall(SYS_read, fd, p, n);
}

/* What the fortified program calls in place of read and pread. */
ssize_t __read_chk(int, void *, size_t, size_t);
ssize_t __pread_chk(int, void *, size_t, off_t, size_t);

ssize_t
__read_chk(int fd, void *p, size_t n, size_t room)
{
	(void)room;
	return read(fd, p, n);
}

ssize_t
pread(int fd, void *p, size_t n, off_t at)
{
	if (fires("pread")) {
		if (wish.error != 0)
			return -1;
		n = n > 1 ? n / 2 : n;
	}
	return syscall(SYS_pread64, fd, p, n, at);
}

ssize_t
__pread_chk(int fd, void *p, size_t n, off_t at, size_t room)
{
	(void)room;
	return pread(fd, p, n, at);
}

int
close(int fd)
{
	/* The descriptor is gone all the same, as on Linux. */
	int rc = (int)syscall(SYS_close, fd);

	return FAILS("close") ? -1 : rc;
}

#define CALL(type, name, args, number, ...)                \
	type name args                                     \
	{                                                  \
		if (FAILS(#name))                          \
			return -1;                         \
		return (type)syscall(number, __VA_ARGS__); \
	}

CALL(int, fsync, (int fd), SYS_fsync, fd)
CALL(int, mkdir, (const char *path, mode_t mode), SYS_mkdir, path, mode)
CALL(int, mkdirat, (int dir, const char *path, mode_t mode), SYS_mkdirat, dir,
    path, mode)
CALL(int, unlinkat, (int dir, const char *path, int flags), SYS_unlinkat, dir,
    path, flags)
CALL(int, linkat, (int a, const char *p, int b, const char *q, int flags),
    SYS_linkat, a, p, b, q, flags)
CALL(int, pipe2, (int fd[2], int flags), SYS_pipe2, fd, flags)
CALL(ssize_t, getrandom, (void *p, size_t n, unsigned flags), SYS_getrandom, p,
    n, flags)

int
renameat(int a, const char *p, int b, const char *q)
{
	int fired = fires("renameat"), rc;

	if (fired && wish.error > 0)
		return -1;
	rc = (int)syscall(SYS_renameat, a, p, b, q);
	if (fired && wish.error < 0)
		kill(wish.pid, -wish.error);
	return rc;
}

/* Its time goes by that much faster. */
unsigned
alarm(unsigned seconds)
{
	unsigned (*real)(unsigned) =
	    (unsigned (*)(unsigned))dlsym(RTLD_NEXT, "alarm");

	return real(fires("alarm") ? seconds / (unsigned)wish.error : seconds);
}

int
fstat(int fd, struct stat *st)
{
	if (FAILS("fstat"))
		return -1;
	return (int)syscall(SYS_fstat, fd, st);
}

pid_t
fork(void)
{
	pid_t (*real)(void) = (pid_t(*)(void))dlsym(RTLD_NEXT, "fork");

	return FAILS("fork") ? -1 : real();
}

int
poll(struct pollfd *p, nfds_t n, int timeout)
{
	return FAILS("poll") ? -1 : (int)syscall(SYS_poll, p, n, timeout);
}

struct dirent *
readdir(DIR *d)
{
	struct dirent *(*real)(DIR *) =
	    (struct dirent * (*)(DIR *)) dlsym(RTLD_NEXT, "readdir");

	return FAILS("readdir") ? NULL : real(d);
}

DIR *
fdopendir(int fd)
{
	DIR *(*real)(int) = (DIR * (*)(int)) dlsym(RTLD_NEXT, "fdopendir");

	return FAILS("fdopendir") ? NULL : real(fd);
}

void *
malloc(size_t n)
{
	static void *(*real)(size_t);
	static char early[4096];
	static size_t used;

	if (real == NULL) {
		static int busy;

		if (busy) { /* dlsym may want some itself */
			used += (n + 15) & ~15ul;
			return used <= sizeof early
				   ? early + used - ((n + 15) & ~15ul)
				   : NULL;
		}
		busy = 1;
		real = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
		busy = 0;
	}
	return FAILS("malloc") ? NULL : real(n);
}
