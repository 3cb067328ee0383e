#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox_table.h"

/* <linux/landlock.h> of Debian 12 knows the first version of it only. */
struct ruleset {
	uint64_t handled_fs, handled_net;
};
#define FS_V1 0x1fffull /* all thirteen rights of ABI 1 */
#define NR_CREATE 444
#define NR_RESTRICT 446

/* Nothing is allowed in the file system.  A second wall: seccomp refuses the
   calls already.  A kernel without Landlock goes without. */
static void
landlock(void)
{
	struct ruleset r = {.handled_fs = FS_V1};
	int fd = (int)syscall(NR_CREATE, &r, sizeof r.handled_fs, 0);

	if (fd == -1)
		return;
	syscall(NR_RESTRICT, fd, 0);
	close(fd);
}

/* Where the caller's limit is narrower, as that of Dovecot's LMTP server, it
   stays: it cannot be lifted. */
static int
seccomp(void)
{
	static const struct sock_fprog prog = {
	    .len = sizeof sandbox_filter / sizeof *sandbox_filter,
	    .filter = (struct sock_filter *)(uintptr_t)sandbox_filter,
	};

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

static int
limit(int what, rlim_t n)
{
	struct rlimit r;

	if (getrlimit(what, &r) == -1)
		return -1;
	if (r.rlim_max == RLIM_INFINITY || r.rlim_max > n)
		r.rlim_max = n;
	r.rlim_cur = r.rlim_max;
	return setrlimit(what, &r);
}

/* Bytes of address space the process has now: the first number of statm. */
static size_t
address_space(void)
{
	char s[64];
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd != -1 ? read(fd, s, sizeof s - 1) : -1;
	unsigned long pages = 0;

	if (fd != -1)
		close(fd);
	if (n > 0) {
		s[n] = '\0';
		sscanf(s, "%lu", &pages);
	}
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static int
memory_limit(size_t memory)
{
#if SANDBOX_WIDE /* the sanitizers reserve terabytes */
	(void)memory;
	(void)address_space;
	return 0;
#else
	size_t now = address_space();

	/* No /proc: the message and the libraries are far below this. */
	return limit(RLIMIT_AS, (now > 0 ? now : 256u << 20) + memory);
#endif
}

static int
close_others(void)
{
	if (syscall(SYS_close_range, SANDBOX_FD + 1, ~0u, 0) == 0)
		return 0;
	for (int fd = SANDBOX_FD + 1; fd < 65536; fd++) /* before Linux 5.9 */
		close(fd);
	return 0;
}

static int
only_descriptor(int fd)
{
	if (fd != SANDBOX_FD && dup2(fd, SANDBOX_FD) == -1)
		return -1;
#if !SANDBOX_WIDE /* a sanitizer reports to standard error */
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
#endif
	return close_others();
}

int
sandbox_enter(int fd, size_t memory, unsigned seconds, pid_t parent)
{
	/* The parent may be gone before the first call has its effect. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
		return -1;
	if (memory_limit(memory) || limit(RLIMIT_CPU, seconds) ||
	    limit(RLIMIT_CORE, 0) || only_descriptor(fd) == -1)
		return -1;
	/* Before the walls: a user may put none up without it. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	landlock();
	/* A kernel without seccomp: the other walls have to do. */
	if (seccomp() == -1 && errno != ENOSYS && errno != EINVAL)
		return -1;
#ifdef SIMSIFT_FAULTS
	sandbox_test();
#endif
	return 0;
}

unsigned
sandbox_built(void)
{
	return SANDBOX_LANDLOCK |
	       (SANDBOX_WIDE ? 0 : SANDBOX_SECCOMP | SANDBOX_MEMORY);
}

unsigned
sandbox_kernel(void)
{
	uint32_t action = SECCOMP_RET_ERRNO;
	unsigned has = 0;

	if (syscall(NR_CREATE, NULL, 0, 1) > 0) /* its version */
		has |= SANDBOX_LANDLOCK;
	/* The second for kernels before 4.14. */
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 ||
	    (errno == EINVAL && prctl(PR_GET_SECCOMP) != -1))
		has |= SANDBOX_SECCOMP;
	return has;
}

static bool
landlock_holds(void)
{
	landlock();
	return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) == -1 &&
	       errno == EACCES;
}

static bool
seccomp_holds(void)
{
	return seccomp() == 0 && syscall(SYS_getppid) == -1 && errno == EPERM;
}

static bool
holds(bool (*wall)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && wall()
			  ? 0
			  : 1);
	while (pid > 0 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	return status == 0;
}

unsigned
sandbox_try(void)
{
	return (holds(landlock_holds) ? SANDBOX_LANDLOCK : 0) |
	       (holds(seccomp_holds) ? SANDBOX_SECCOMP : 0);
}
