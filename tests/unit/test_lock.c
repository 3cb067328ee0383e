/* The locks of an mbox: both or none, and whose a lock that is left is. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lock.h"

static char dir[64], box[128], dot[140], own[160];

static int
start(void **state)
{
	int fd;

	(void)state;
	strcpy(dir, "/tmp/simsift-lock-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(box, sizeof box, "%s/box", dir);
	snprintf(dot, sizeof dot, "%s.lock", box);
	snprintf(own, sizeof own, "%s/.box.simsift-lock", dir);
	fd = open(box, O_WRONLY | O_CREAT, 0600);
	close(fd);
	return fd != -1 ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	unlink(dot);
	unlink(own);
	unlink(box);
	return rmdir(dir);
}

static bool
there(const char *path)
{
	return access(path, F_OK) == 0;
}

static int
take(struct lock *l, struct err *err)
{
	return lock_take(l, box, open(box, O_RDWR | O_CLOEXEC), 100, err);
}

static void
both_and_none(void **state)
{
	struct lock l;
	struct err err;
	struct stat a, b;

	(void)state;
	assert_false(lock_left(box));
	assert_int_equal(take(&l, &err), 0);
	assert_int_equal(stat(dot, &a), 0);
	assert_int_equal(stat(own, &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	assert_true(lock_left(box));
	close(l.box);
	assert_int_equal(lock_release(&l, false, &err), 0);
	assert_false(there(dot));
	assert_false(lock_left(box));
}

/* In a process of its own, since a lock is no obstacle to its owner. */
static int
in_child(int (*f)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(f());
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
try_it(void)
{
	struct lock l;
	struct err err;

	if (take(&l, &err) == 0)
		return lock_release(&l, false, &err) == 0 ? 0 : 3;
	return strstr(err.text, "in the way") != NULL ? 1 : 2;
}

static void
a_lock_of_ours_is_in_the_way(void **state)
{
	struct lock l;
	struct err err;

	(void)state;
	assert_int_equal(take(&l, &err), 0);
	assert_int_equal(in_child(try_it), 1);
	assert_true(there(dot));
	assert_int_equal(lock_release(&l, false, &err), 0);
	assert_int_equal(in_child(try_it), 0);
}

static void
a_strange_dot_lock_is_never_broken(void **state)
{
	const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

	(void)state;
	close(open(dot, O_WRONLY | O_CREAT, 0600));
	utimensat(AT_FDCWD, dot, old, 0);
	assert_int_equal(try_it(), 1);
	assert_true(there(dot));
	assert_false(there(own));
}

static void
an_fcntl_lock_lets_the_dot_lock_go(void **state)
{
	struct flock f = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open(box, O_RDWR | O_CLOEXEC);

	(void)state;
	assert_int_equal(fcntl(fd, F_SETLK, &f), 0);
	assert_int_equal(in_child(try_it), 1);
	assert_false(there(dot));
	assert_false(there(own));
	close(fd);
}

static int
die_with_it(void)
{
	struct lock l;
	struct err err;

	if (take(&l, &err) == -1 || lock_firm(&l, &err) == -1)
		return 1;
	raise(SIGKILL);
	return 2;
}

static void
what_a_kill_left_is_taken_over(void **state)
{
	(void)state;
	assert_int_equal(in_child(die_with_it), -1);
	assert_true(there(dot));
	assert_true(lock_left(box));
	assert_int_equal(try_it(), 0);
	assert_false(there(dot));
	assert_false(lock_left(box));
}

/* Somebody broke ours, which had become old, and has his own there. */
static void
the_lock_of_who_broke_ours_stays(void **state)
{
	struct lock l;
	struct err err;

	(void)state;
	assert_int_equal(in_child(die_with_it), -1);
	unlink(dot);
	close(open(dot, O_WRONLY | O_CREAT, 0600));
	assert_int_equal(try_it(), 1);
	assert_true(there(dot));
	unlink(dot);
	assert_int_equal(take(&l, &err), 0);
	unlink(dot);
	close(open(dot, O_WRONLY | O_CREAT, 0600));
	assert_int_equal(lock_release(&l, false, &err), 0);
	assert_true(there(dot));
	assert_false(there(own));
}

static void
kept_for_the_next_run(void **state)
{
	struct lock l;
	struct err err;

	(void)state;
	assert_int_equal(take(&l, &err), 0);
	assert_int_equal(lock_release(&l, true, &err), 0);
	assert_true(there(dot));
	assert_true(lock_left(box));
	assert_int_equal(try_it(), 0);
	assert_false(lock_left(box));
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(both_and_none),
	    T(a_lock_of_ours_is_in_the_way),
	    T(a_strange_dot_lock_is_never_broken),
	    T(an_fcntl_lock_lets_the_dot_lock_go),
	    T(what_a_kill_left_is_taken_over),
	    T(the_lock_of_who_broke_ours_stays),
	    T(kept_for_the_next_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
