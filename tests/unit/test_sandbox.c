#include "sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "limits.h"

#define LEN(v) (sizeof(v) / sizeof((v)[0]))
#define MEGA (1u << 20)

/*
 * A probe runs in a child behind the walls and returns 0 where it got
 * through, else errno.
 */
typedef int probe(void);

static int
result(long rc)
{
	return rc == -1 ? errno : 0;
}

#ifndef __SANITIZE_ADDRESS__

static int
p_open(void)
{
	return result(open("/etc/passwd", O_RDONLY));
}

static int
p_create(void)
{
	return result(open("/tmp/simsift-out", O_WRONLY | O_CREAT, 0600));
}

static int
p_read(void)
{
	char c;

	return result(read(0, &c, 1));
}

static int
p_read_answer(void)
{
	char c;

	return result(read(SANDBOX_FD, &c, 1));
}

static int
p_stat(void)
{
	struct stat st;

	return result(stat("/", &st));
}

static int
p_unlink(void)
{
	return result(unlink("/tmp/simsift-nothing"));
}

static int
p_chdir(void)
{
	return result(chdir("/"));
}

static int
p_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return result(pid);
}

static int
p_ptrace(void)
{
	return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int
p_kill(void)
{
	return result(kill(1, 0));
}

static int
p_kill_all(void)
{
	return result(kill(-1, 0));
}

static int
p_prctl(void)
{
	return result(prctl(PR_SET_DUMPABLE, 1));
}

static int
p_no_deathsig(void)
{
	return result(prctl(PR_SET_PDEATHSIG, 0));
}

static int
p_setrlimit(void)
{
	struct rlimit r = {RLIM_INFINITY, RLIM_INFINITY};

	return result(setrlimit(RLIMIT_CPU, &r));
}

static int
p_map_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int
p_make_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 0; /* this is allowed: the probe itself failed */
	return result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int
p_map_answer(void)
{
	void *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, SANDBOX_FD, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int
p_write_0(void)
{
	return result(write(0, "x", 1));
}

static int
p_write_1(void)
{
	return result(write(1, "x", 1));
}

static int
p_write_2(void)
{
	return result(write(2, "x", 1));
}

static int
p_write_4(void)
{
	return result(write(4, "x", 1));
}

static int
p_write_high(void)
{
	return result(syscall(SYS_write, (1ull << 32) | 4, "x", 1));
}

static int
p_dup(void)
{
	return result(dup(SANDBOX_FD));
}

static int
p_pipe(void)
{
	int fd[2];

	return result(pipe(fd));
}

static int
p_signal(void)
{
	return result(sigaction(
	    SIGXCPU, &(struct sigaction){.sa_handler = SIG_IGN}, NULL));
}

static int
p_sleep(void)
{
	return result(nanosleep(&(struct timespec){0, 1}, NULL));
}

static int
p_iconv(void)
{
	iconv_t cd = iconv_open("UTF-8", "EUC-KR");

	return cd == (iconv_t)-1 ? EPERM : 0;
}

#endif

static int
p_socket(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int
p_unix_socket(void)
{
	return result(socket(AF_UNIX, SOCK_DGRAM, 0));
}

static int
p_exec(void)
{
	char *argv[] = {(char[]){"true"}, NULL}, *env[] = {NULL};

	return result(execve("/bin/true", argv, env));
}

static int
p_bpf(void)
{
	return result(syscall(SYS_bpf, 0, NULL, 0));
}

/* ---- behind the walls ---- */

/* Runs a probe; its answer comes through SANDBOX_FD.  -1: it died. */
static int
run(probe *f, size_t memory, int at)
{
	int fd[2], answer = -1, status;
	pid_t parent = getpid(), pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	assert_true(pid != -1);
	if (pid == 0) {
		int out = at >= 0 ? dup2(fd[1], at) : fd[1];

		if (sandbox_enter(out, memory, 5, parent) == -1)
			_exit(99);
		answer = f();
		if (write(SANDBOX_FD, &answer, sizeof answer) != sizeof answer)
			_exit(98);
		_exit(0);
	}
	close(fd[1]);
	if (read(fd[0], &answer, sizeof answer) != sizeof answer)
		answer = -1;
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 99)
		fail_msg("sandbox_enter failed");
	return answer;
}

static int
nothing(void)
{
	return 0;
}

/* The answer comes, whichever descriptor it was given. */
static void
answers(void **state)
{
	static const int at[] = {-1, 3, 4, 9, 200};

	(void)state;
	for (size_t i = 0; i < LEN(at); i++)
		assert_int_equal(run(nothing, LIMIT_CHILD_AS, at[i]), 0);
}

static void
refused(void **state)
{
	static const struct {
		const char *what;
		probe *f;
	} v[] = {
	    {"socket", p_socket},
	    {"socket of this host", p_unix_socket},
	    {"execve", p_exec},
	    {"bpf", p_bpf},
#ifndef __SANITIZE_ADDRESS__
	    {"open", p_open},
	    {"creat", p_create},
	    {"read", p_read},
	    {"read of the answer", p_read_answer},
	    {"stat", p_stat},
	    {"unlink", p_unlink},
	    {"chdir", p_chdir},
	    {"fork", p_fork},
	    {"ptrace", p_ptrace},
	    {"kill", p_kill},
	    {"kill of all", p_kill_all},
	    {"prctl", p_prctl},
	    {"prctl of the death signal", p_no_deathsig},
	    {"setrlimit", p_setrlimit},
	    {"mmap with PROT_EXEC", p_map_exec},
	    {"mprotect with PROT_EXEC", p_make_exec},
	    {"mmap of a file", p_map_answer},
	    {"write to 0", p_write_0},
	    {"write to 1", p_write_1},
	    {"write to 2", p_write_2},
	    {"write to 4", p_write_4},
	    {"write to 2^32 + 4", p_write_high},
	    {"dup", p_dup},
	    {"pipe", p_pipe},
	    {"sigaction", p_signal},
	    {"nanosleep", p_sleep},
	    {"iconv_open", p_iconv},
#endif
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		int why = run(v[i].f, LIMIT_CHILD_AS, -1);

		if (why == 0)
			fail_msg("%s is allowed", v[i].what);
		if (why != EPERM && why != EBADF)
			fail_msg("%s: %s", v[i].what,
			    why == -1 ? "the child died" : strerror(why));
	}
}

/* ---- what a judge needs ---- */

static int
p_clock(void)
{
	struct timespec t;

	return result(clock_gettime(CLOCK_MONOTONIC, &t));
}

static int
p_memory(void)
{
	for (int i = 0; i < 3; i++) {
		char *p = malloc(100 * MEGA);

		if (p == NULL)
			return errno;
		memset(p, 'm', 100 * MEGA);
		p = realloc(p, 120 * MEGA);
		if (p == NULL || p[100 * MEGA - 1] != 'm')
			return ENOMEM;
		free(p);
	}
	for (int i = 0; i < 10000; i++)
		if (malloc((size_t)i % 5000) == NULL)
			return ENOMEM;
	return 0;
}

/* Whatever descriptor the parent had open is closed. */
static int
p_inherited(void)
{
#ifdef __SANITIZE_ADDRESS__
	struct stat st;

	return fstat(77, &st) == -1 && errno == EBADF ? 0 : 1;
#else
	return 0;
#endif
}

static void
allowed(void **state)
{
	int keep = dup2(0, 77);

	(void)state;
	assert_int_equal(run(p_clock, LIMIT_CHILD_AS, -1), 0);
	assert_int_equal(run(p_memory, LIMIT_CHILD_AS, -1), 0);
	assert_int_equal(run(p_inherited, LIMIT_CHILD_AS, -1), 0);
	if (keep == 77)
		close(keep);
}

/* More than a pipe holds, in pieces. */
static void
long_answer(void **state)
{
	int fd[2], status = -1;
	pid_t parent = getpid(), pid;
	size_t got = 0;
	char s[4096];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		static char big[3 * MEGA];

		if (sandbox_enter(fd[1], LIMIT_CHILD_AS, 5, parent) == -1)
			_exit(99);
		for (size_t at = 0; at < sizeof big; at += (size_t)n)
			if ((n = write(
				 SANDBOX_FD, big + at, sizeof big - at)) <= 0)
				_exit(98);
		_exit(0);
	}
	close(fd[1]);
	while ((n = read(fd[0], s, sizeof s)) > 0)
		got += (size_t)n;
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(got, 3 * MEGA);
}

/* ---- the limits ---- */

static void
built(void **state)
{
	(void)state;
#ifdef __SANITIZE_ADDRESS__
	assert_int_equal(
	    sandbox_built() & (SANDBOX_SECCOMP | SANDBOX_MEMORY), 0);
#else
	assert_int_equal(sandbox_built() & (SANDBOX_SECCOMP | SANDBOX_MEMORY),
	    SANDBOX_SECCOMP | SANDBOX_MEMORY);
#endif
	assert_true(sandbox_built() & SANDBOX_LANDLOCK);
}

#ifndef __SANITIZE_ADDRESS__
static int
p_too_much(void)
{
	return malloc(300 * MEGA) == NULL ? ENOMEM : 0;
}

static int
p_bit_by_bit(void)
{
	size_t n = 0;

	while (n < 1000 && malloc(MEGA) != NULL)
		n++;
	return n > 150 && n < 210 ? ENOMEM : (int)n;
}

static void
memory_limit(void **state)
{
	(void)state;
	assert_int_equal(run(p_too_much, 200 * MEGA, -1), ENOMEM);
	assert_int_equal(run(p_bit_by_bit, 200 * MEGA, -1), ENOMEM);
	assert_int_equal(run(p_memory, 200 * MEGA, -1), 0);
}

/* Dovecot's LMTP server has 256 MB: narrower than ours, and it stays so. */
static void
callers_limits(void **state)
{
	const struct rlimit memory = {256 * MEGA, 256 * MEGA}, time = {3, 3};
	int fd[2], status = 0;
	pid_t parent = getpid(), pid;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		if (setrlimit(RLIMIT_AS, &memory) == -1 ||
		    setrlimit(RLIMIT_CPU, &time) == -1)
			_exit(98);
		if (sandbox_enter(fd[1], LIMIT_CHILD_AS, 5, parent) == -1)
			_exit(99);
		_exit(malloc(300 * MEGA) == NULL ? 0 : 97);
	}
	close(fd[0]);
	close(fd[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}
#endif

static int
child_status(unsigned seconds)
{
	int fd[2], status = 0;
	pid_t parent = getpid(), pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		if (sandbox_enter(fd[1], LIMIT_CHILD_AS, seconds, parent) == -1)
			_exit(99);
		for (;;)
			;
	}
	close(fd[0]);
	close(fd[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
processor_time(void **state)
{
	int status = child_status(1);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_true(WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL);
}

/* ---- parent and child ---- */

static void
not_the_parent(void **state)
{
	int fd[2], status = -1;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0)
		_exit(sandbox_enter(fd[1], LIMIT_CHILD_AS, 5, 1) == -1 ? 7 : 8);
	close(fd[0]);
	close(fd[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

/* We adopt the grandchild when the one between ends, and see how it ends. */
static void
dies_with_its_parent(void **state)
{
	int fd[2], status = 0;
	pid_t between, orphan = 0;
	struct pollfd p;
	char c = 0;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(pipe(fd), 0);
	between = fork();
	if (between == 0) {
		pid_t parent = getpid();
		int go[2];

		if (pipe(go) == -1 || (orphan = fork()) == -1)
			_exit(1);
		if (orphan == 0) {
			close(go[0]);
			dup2(fd[1], 50);
			dup2(go[1], 51);
			if (sandbox_enter(51, LIMIT_CHILD_AS, 20, parent) == -1)
				_exit(99);
			if (write(SANDBOX_FD, "r", 1) != 1)
				_exit(98);
			for (;;)
				;
		}
		if (read(go[0], &c, 1) != 1)
			_exit(2);
		if (write(fd[1], &orphan, sizeof orphan) != sizeof orphan)
			_exit(3);
		_exit(0);
	}
	close(fd[1]);
	assert_int_equal(read(fd[0], &orphan, sizeof orphan), sizeof orphan);
	assert_int_equal(waitpid(between, &status, 0), between);
	assert_int_equal(status, 0);
	p = (struct pollfd){.fd = fd[0], .events = POLLIN};
	assert_int_equal(poll(&p, 1, 5000), 1); /* the last writer is gone */
	assert_int_equal(waitpid(orphan, &status, 0), orphan);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	close(fd[0]);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(built),
	    cmocka_unit_test(answers),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(allowed),
	    cmocka_unit_test(long_answer),
#ifndef __SANITIZE_ADDRESS__
	    cmocka_unit_test(memory_limit),
	    cmocka_unit_test(callers_limits),
#endif
	    cmocka_unit_test(processor_time),
	    cmocka_unit_test(not_the_parent),
	    cmocka_unit_test(dies_with_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
