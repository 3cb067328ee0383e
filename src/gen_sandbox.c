/*
 * Prints the seccomp filter of the child as a C table.  Made at build time,
 * since libseccomp at run time costs a quarter of a `cat` (tests/bench).
 *
 *	gen_sandbox [wide]	wide: what the sanitizers need as well
 */
#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sandbox.h"

#define N(a) (sizeof(a) / sizeof *(a))

static void
need(int rc, const char *what)
{
	if (rc < 0) {
		fprintf(stderr, "gen_sandbox: %s: %s\n", what, strerror(-rc));
		exit(1);
	}
}

/* Memory, time and the way out; and the answer, to one descriptor. */
static void
add_rules(scmp_filter_ctx c)
{
	static const int plain[] = {SCMP_SYS(munmap), SCMP_SYS(mremap),
	    SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(futex),
	    SCMP_SYS(clock_gettime), SCMP_SYS(exit), SCMP_SYS(exit_group),
	    SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall)};

	for (size_t i = 0; i < N(plain); i++)
		need(seccomp_rule_add(c, SCMP_ACT_ALLOW, plain[i], 0), "rule");
	need(seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
		 SCMP_A0(SCMP_CMP_EQ, SANDBOX_FD)),
	    "write");
	need(seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
		 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
		 SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS)),
	    "mmap");
	need(seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
		 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)),
	    "mprotect");
}

static void
add_wide(scmp_filter_ctx c)
{
	static const int wide[] = {SCMP_SYS(write), SCMP_SYS(mmap),
	    SCMP_SYS(mprotect), SCMP_SYS(sigaltstack), SCMP_SYS(getpid),
	    SCMP_SYS(gettid), SCMP_SYS(sched_yield), SCMP_SYS(rt_sigaction),
	    SCMP_SYS(rt_sigprocmask), SCMP_SYS(readlink), SCMP_SYS(prctl),
	    SCMP_SYS(sched_getaffinity), SCMP_SYS(getrlimit),
	    SCMP_SYS(prlimit64), SCMP_SYS(openat), SCMP_SYS(open),
	    SCMP_SYS(read), SCMP_SYS(close), SCMP_SYS(fstat),
	    SCMP_SYS(newfstatat), SCMP_SYS(lseek), SCMP_SYS(tgkill),
	    SCMP_SYS(clone), SCMP_SYS(wait4), SCMP_SYS(ptrace),
	    SCMP_SYS(process_vm_readv), SCMP_SYS(pipe), SCMP_SYS(pipe2)};

	for (size_t i = 0; i < N(wide); i++)
		need(seccomp_rule_add(c, SCMP_ACT_ALLOW, wide[i], 0), "wide");
}

int
main(int argc, char **argv)
{
	bool wide = argc > 1 && strcmp(argv[1], "wide") == 0;
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	struct sock_filter f;
	FILE *tmp = tmpfile();
	unsigned n = 0;

	if (c == NULL || tmp == NULL) {
		fprintf(
		    stderr, "gen_sandbox: no memory or no temporary file\n");
		return 1;
	}
	add_rules(c);
	if (wide)
		add_wide(c);
	need(seccomp_export_bpf(c, fileno(tmp)), "export");
	seccomp_release(c);
	rewind(tmp);
	printf("/* Made by gen_sandbox. */\n#define SANDBOX_WIDE %d\n", wide);
	printf("static const struct sock_filter sandbox_filter[] = {\n");
	for (; fread(&f, sizeof f, 1, tmp) == 1; n++)
		printf(
		    "\t{0x%02x, %u, %u, 0x%08xu},\n", f.code, f.jt, f.jf, f.k);
	printf("};\n");
	return n > 0 ? 0 : 1;
}
