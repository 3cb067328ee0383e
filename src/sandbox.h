#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * The child's walls.  After sandbox_enter it can compute, ask for memory that
 * is not executable, read a clock, write to SANDBOX_FD and exit: everything
 * else answers EPERM.  No undo.
 */
#define SANDBOX_FD 3

/* In a child of `parent`: moves `fd` to SANDBOX_FD, closes every other
   descriptor, sets rlimits (`memory` bytes above what the process has now; CPU
   seconds), dies with its parent from now on.  -1 with errno: do not go on. */
int sandbox_enter(int fd, size_t memory, unsigned seconds, pid_t parent);

/* Bits: which walls this kernel and this build have. */
#define SANDBOX_SECCOMP 1u
#define SANDBOX_LANDLOCK 2u
#define SANDBOX_MEMORY 4u
/* What the build asks for; the kernel may still lack Landlock. */
unsigned sandbox_built(void);
/* What the kernel says that it has: two system calls.  Without a wall the
   others have to do. */
unsigned sandbox_kernel(void);
/* Which of the two hold: each is put up in a child, which then runs against
   it. */
unsigned sandbox_try(void);

#ifdef SIMSIFT_FAULTS
/* tests/fault/walls.c: runs behind the walls. */
void sandbox_test(void);
#endif

#endif
