/*
 * LD_PRELOAD: makes one call fail, in the first process only.
 *
 *	INJECT_CALL	name of the call, as in the table below; "change": any
 *			that changes something on disk; "stdout": a write to
 *			standard output
 *	INJECT_N	which one of them, from 1
 *	INJECT_ERRNO	what it fails with; 0: a write or read of half the
 *			bytes; before it the process group dies (-1), is asked
 *			to end (-3), stops (-4); -2: it dies behind half a
 *			write; below, -N: a write of half the bytes, or a
 *			rename that is done, then signal N for the process
 *			alarm: its seconds are divided by that
 *	INJECT_FIRED	a file that is made when it happens
 *	INJECT_LOG	a file to which each change is added: call and path
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
#include <sys/uio.h>
#include <unistd.h>

static struct {
	const char *call, *fired, *log;
	int n, error;
	pid_t pid;
} wish;

__attribute__((constructor)) static void
start(void)
{
	const char *n = getenv("INJECT_N"), *e = getenv("INJECT_ERRNO");

	wish.call = getenv("INJECT_CALL");
	wish.fired = getenv("INJECT_FIRED");
	wish.log = getenv("INJECT_LOG");
	wish.n = n != NULL ? atoi(n) : 0;
	wish.error = e != NULL ? atoi(e) : 0;
	wish.pid = getpid();
}

static void
send(int sig)
{
	syscall(SYS_kill, 0, sig);
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
	if (wish.error == -1)
		send(SIGKILL);
	if (wish.error == -3)
		send(SIGTERM);
	if (wish.error == -4)
		send(SIGSTOP);
	errno = wish.error;
	return 1;
}

#define LATER (wish.error < -4) /* a signal behind the call */
#define FAILS(call) (fires(call) && wish.error > 0)

/* A line in the log; fd -1: it has a path. */
static void
note(const char *call, int fd, const char *path)
{
	char text[9000], link[64];
	ssize_t n;
	int log, saved = errno, used;

	if (wish.log == NULL || wish.pid != getpid())
		return;
	used = snprintf(text, sizeof text, "%s ", call);
	if (fd == -1) {
		used += snprintf(text + used, sizeof text - (size_t)used - 1,
		    "%.4000s", path);
	} else {
		snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		n = readlink(link, text + used, 4000);
		used += n > 0 ? (int)n : 0;
	}
	text[used++] = '\n';
	log = (int)syscall(SYS_openat, AT_FDCWD, wish.log,
	    O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (log != -1) {
		syscall(SYS_write, log, text, (size_t)used);
		syscall(SYS_close, log);
	}
	errno = saved;
}

/* Of a call that changes something.  What goes to the terminal or into a pipe
   changes nothing. */
static int
changes(const char *call, int fd, const char *path)
{
	struct stat st;
	int rc = fires(call);

	if (fd != -1 && (syscall(SYS_fstat, fd, &st) == -1 ||
			    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))))
		return rc;
	note(call, fd, path);
	return fires("change") || rc;
}

#define CHANGE_FAILS(call, fd, path) (changes(call, fd, path) && wish.error > 0)

/* One of `fails`, or half of it. */
static int
half(int fires, size_t *n)
{
	if (fires && wish.error > 0)
		return -1;
	if (fires && (wish.error == 0 || wish.error == -2 || LATER))
		*n = *n > 1 ? *n / 2 : *n;
	return 0;
}

static ssize_t
written(int fires, ssize_t n)
{
	if (fires && wish.error == -2)
		send(SIGKILL);
	if (fires && LATER)
		kill(wish.pid, -wish.error);
	return n;
}

int
openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	if (flags & O_CREAT ? CHANGE_FAILS("create", -1, path)
			    : FAILS("openat"))
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
	if (flags & O_CREAT ? CHANGE_FAILS("open", -1, path) : FAILS("open"))
		return -1;
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	int rc = changes("write", fd, NULL);

	rc |= fd == STDOUT_FILENO && fires("stdout");
	if (half(rc, &n) == -1)
		return -1;
	return written(rc, syscall(SYS_write, fd, p, n));
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	int rc = changes("pwrite", fd, NULL);

	if (half(rc, &n) == -1)
		return -1;
	return written(rc, syscall(SYS_pwrite64, fd, p, n, at));
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	return pwrite(fd, p, n, at);
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	/* The first piece of it, as a call may. */
	return n > 0 ? write(fd, v->iov_base, v->iov_len) : 0;
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
#define CHANGE(name, args, fd, path, number, ...)         \
	int name args                                     \
	{                                                 \
		if (CHANGE_FAILS(#name, fd, path))        \
			return -1;                        \
		return (int)syscall(number, __VA_ARGS__); \
	}

CHANGE(fsync, (int fd), fd, NULL, SYS_fsync, fd)
CHANGE(fdatasync, (int fd), fd, NULL, SYS_fdatasync, fd)
CHANGE(ftruncate, (int fd, off_t n), fd, NULL, SYS_ftruncate, fd, n)
CHANGE(ftruncate64, (int fd, off64_t n), fd, NULL, SYS_ftruncate, fd, n)
CHANGE(fchmod, (int fd, mode_t mode), fd, NULL, SYS_fchmod, fd, mode)
CHANGE(mkdir, (const char *path, mode_t mode), -1, path, SYS_mkdir, path, mode)
CHANGE(mkdirat, (int dir, const char *path, mode_t mode), -1, path, SYS_mkdirat,
    dir, path, mode)
CHANGE(rename, (const char *p, const char *q), -1, q, SYS_rename, p, q)
CHANGE(renameat2, (int a, const char *p, int b, const char *q, unsigned flags),
    -1, q, SYS_renameat2, a, p, b, q, flags)
CHANGE(unlink, (const char *path), -1, path, SYS_unlink, path)
CHANGE(unlinkat, (int dir, const char *path, int flags), -1, path, SYS_unlinkat,
    dir, path, flags)
CHANGE(link, (const char *p, const char *q), -1, q, SYS_link, p, q)
CHANGE(linkat, (int a, const char *p, int b, const char *q, int flags), -1, q,
    SYS_linkat, a, p, b, q, flags)
CHANGE(utimensat,
    (int dir, const char *path, const struct timespec t[2], int flags), -1,
    path, SYS_utimensat, dir, path, t, flags)
CHANGE(futimens, (int fd, const struct timespec t[2]), fd, NULL, SYS_utimensat,
    fd, NULL, t, 0)
CALL(int, pipe2, (int fd[2], int flags), SYS_pipe2, fd, flags)
CALL(ssize_t, getrandom, (void *p, size_t n, unsigned flags), SYS_getrandom, p,
    n, flags)

int
renameat(int a, const char *p, int b, const char *q)
{
	int fired = changes("renameat", -1, q);

	if (fired && wish.error > 0)
		return -1;
	return (int)written(fired, syscall(SYS_renameat, a, p, b, q));
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
