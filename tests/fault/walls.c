/*
 * Runs against the walls of a child, in build/simsift-faults: with
 * SIMSIFT_CHILD="walls N" each child that has put them up tries to get out, and
 * exits with N where all of it was refused, else with WALLS_FAIL (strace -f
 * shows what got through).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sandbox.h"

#define WALLS_FAIL 98
#define CALLS 600 /* more than there are */

static pid_t parent; /* of the child: who started as the program */
static int mark = 1;
static char byte = 'x';

__attribute__((constructor)) static void
start(void)
{
	parent = getpid();
}

/* What a judge needs; each has its own test below, or does nothing here. */
static bool
allowed(long nr)
{
	static const long calls[] = {SYS_munmap, SYS_mremap, SYS_brk,
	    SYS_madvise, SYS_futex, SYS_clock_gettime, SYS_exit, SYS_exit_group,
	    SYS_rt_sigreturn, SYS_restart_syscall, SYS_write, SYS_mmap,
	    SYS_mprotect};

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (calls[i] == nr)
			return true;
#ifdef __x86_64__
	/* uretprobe, uprobe: no filter sees them; SIGILL outside a probe. */
	return nr == 335 || nr == 336;
#else
	return false;
#endif
}

static bool
refused(long rc)
{
	return rc == -1 && errno == EPERM;
}

/* Every other call that there is: files, sockets, processes, signals, ptrace,
   io_uring, bpf, keyctl, userfaultfd, personality and all. */
static bool
all_calls(void)
{
	for (long nr = 0; nr < CALLS; nr++)
		if (!allowed(nr) &&
		    !refused(syscall(nr, -1, -1, -1, -1, -1, -1)))
			return false;
	return true;
}

/* With what would do harm. */
static bool
with_meaning(void)
{
	struct iovec here = {&byte, 1}, there = {&mark, sizeof mark};

	return refused(open("/etc/passwd", O_RDONLY)) &&
	       refused(open("/proc/self/mem", O_RDWR)) &&
	       refused(open("/tmp/simsift-walls", O_WRONLY | O_CREAT, 0600)) &&
	       refused(process_vm_readv(parent, &here, 1, &there, 1, 0)) &&
	       refused(process_vm_writev(parent, &here, 1, &there, 1, 0)) &&
	       refused(kill(parent, SIGKILL)) && refused(fork()) &&
	       refused(prctl(PR_SET_PDEATHSIG, 0)) &&
	       refused(prctl(PR_SET_SECCOMP, 0)) &&
	       refused(prctl(PR_SET_PTRACER, -1)) &&
	       refused(execl("/bin/sh", "sh", "-c", "true", (char *)NULL));
}

/* Only the answer's descriptor, whatever stands above its 32 bits. */
static bool
writes(void)
{
	for (int fd = -1; fd < 1024; fd++)
		if (fd != SANDBOX_FD && !refused(write(fd, &byte, 1)))
			return false;
	return refused(syscall(SYS_write, 4ul << 32 | 1, &byte, 1));
}

static bool
executable_memory(void)
{
	int prot = PROT_READ | PROT_WRITE, map = MAP_PRIVATE | MAP_ANONYMOUS;
	char *p = mmap(NULL, 4096, prot, map, -1, 0);

	return p != MAP_FAILED && refused(mprotect(p, 4096, PROT_EXEC)) &&
	       refused(mprotect(p, 4096, prot | PROT_EXEC)) &&
	       mmap(NULL, 4096, prot | PROT_EXEC, map, -1, 0) == MAP_FAILED &&
	       mmap(NULL, 4096, PROT_READ, MAP_SHARED, SANDBOX_FD, 0) ==
		   MAP_FAILED &&
	       mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 0, 0) == MAP_FAILED &&
	       mark == 1;
}

/* Where there is no seccomp: what Landlock alone refuses. */
static bool
files(void)
{
	return open("/etc/passwd", O_RDONLY) == -1 && errno == EACCES &&
	       open("/", O_RDONLY | O_DIRECTORY) == -1 && errno == EACCES &&
	       open("/tmp/simsift-walls", O_WRONLY | O_CREAT, 0600) == -1 &&
	       errno == EACCES && mkdir("/tmp/simsift-walls", 0700) == -1 &&
	       errno == EACCES;
}

void
sandbox_test(void)
{
	/* A message, for who reads it as an unpacked box. */
	static const char out[] = "Subject: all refused\n\nAll refused.\n";
	const char *how = getenv("SIMSIFT_CHILD");
	bool good;

	if (how == NULL)
		return;
	if (strcmp(how, "x32") == 0) /* another table of calls */
		syscall(0x40000000 | 2, "/etc/passwd", O_RDONLY);
	if (strncmp(how, "walls ", 6) == 0)
		good = all_calls() && with_meaning() && writes() &&
		       executable_memory();
	else if (strncmp(how, "files ", 6) == 0)
		good = files();
	else
		return;
	if (good && write(SANDBOX_FD, out, sizeof out - 1) != sizeof out - 1)
		good = false;
	_exit(good ? atoi(how + 6) : WALLS_FAIL);
}
