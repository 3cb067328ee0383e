/* The end of a box that is made anew: whatever it looks like when the next run
   comes, that finishes it, or leaves it alone where others changed it. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "journal.h"

#define FROM 5000u
#define OLD 20000u
#define MAIL "From a Mon Nov  2 10:11:12 2026\n\nlate\n\n"

static char dir[64], box[128], name[160];
static int fd;
static char *text; /* the old box */

static int
start(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/simsift-journal-XXXXXX");
	if (mkdtemp(dir) == NULL || (text = malloc(OLD)) == NULL)
		return -1;
	snprintf(box, sizeof box, "%s/box", dir);
	snprintf(name, sizeof name, "%s/.box.simsift-journal", dir);
	fd = open(box, O_RDWR | O_CREAT, 0600);
	for (unsigned i = 0; i < OLD; i++)
		text[i] = i + 2 >= OLD ? '\n' : (char)('a' + i / 64 % 26);
	return disk_write(fd, text, OLD, 0);
}

static int
end(void **state)
{
	(void)state;
	close(fd);
	free(text);
	unlink(name);
	unlink(box);
	return rmdir(dir);
}

/* The new end: n capital letters and an empty line. */
static char *
tail(unsigned n)
{
	char *p = malloc(n);

	assert_non_null(p);
	for (unsigned i = 0; i < n; i++)
		p[i] = i + 2 >= n ? '\n' : (char)('A' + i / 50 % 26);
	return p;
}

static void
seal(struct journal *j, unsigned n)
{
	struct err err;
	char *p = tail(n);

	assert_int_equal(journal_open(j, box, fd, FROM, "tag 1", &err), 0);
	assert_int_equal(journal_put(j, p, n / 2, &err), 0);
	assert_int_equal(journal_put(j, p + n / 2, n - n / 2, &err), 0);
	assert_int_equal(journal_seal(j, &err), 0);
	free(p);
}

/* The box is its old start, the new end of n bytes, and that mail. */
static void
is_new(unsigned n, const char *mail)
{
	size_t all = FROM + n + strlen(mail);
	char *p = malloc(all + 1), *want = tail(n);

	assert_non_null(p);
	assert_int_equal(disk_read(fd, p, all + 1, 0), all);
	assert_memory_equal(p, text, FROM);
	assert_memory_equal(p + FROM, want, n);
	assert_memory_equal(p + FROM + n, mail, strlen(mail));
	free(p);
	free(want);
}

static void
is_old(const char *mail)
{
	size_t all = OLD + strlen(mail);
	char *p = malloc(all + 1);

	assert_int_equal(disk_read(fd, p, all + 1, 0), all);
	assert_memory_equal(p, text, OLD);
	assert_memory_equal(p + OLD, mail, strlen(mail));
	free(p);
}

static void
deliver(const char *mail)
{
	struct stat st;

	fstat(fd, &st);
	disk_write(fd, mail, strlen(mail), (uint64_t)st.st_size);
}

static void
resume(int want)
{
	struct journal j;
	struct err err;

	assert_int_equal(journal_resume(&j, box, fd, &err), want);
	if (want == 1) {
		assert_string_equal(j.tag, "tag 1");
		assert_int_equal(journal_remove(&j, &err), 0);
		journal_close(&j);
	}
	assert_int_equal(journal_left(box), want == -1);
}

static const unsigned lengths[] = {3000, 15000, 15001, 14999, 30000};
#define LENGTHS (sizeof lengths / sizeof *lengths)

static void
again(void)
{
	disk_cut(fd, 0);
	disk_write(fd, text, OLD, 0);
}

static void
in_one_go(void **state)
{
	struct journal j;
	struct err err;

	(void)state;
	for (unsigned i = 0; i < LENGTHS; i++) {
		again();
		seal(&j, lengths[i]);
		assert_int_equal(journal_apply(&j, &err), 0);
		is_new(lengths[i], "");
		/* Killed before it was noted. */
		journal_close(&j);
		deliver(MAIL);
		resume(1);
		is_new(lengths[i], MAIL);
	}
}

static void
never_begun(void **state)
{
	struct journal j;

	(void)state;
	for (unsigned i = 0; i < LENGTHS; i++) {
		again();
		seal(&j, lengths[i]);
		journal_close(&j);
		deliver(MAIL);
		resume(0);
		is_old(MAIL);
	}
}

/* A head that is not all there, or a body: it was never used. */
static void
half_a_journal(void **state)
{
	struct journal j;

	(void)state;
	seal(&j, 3000);
	disk_cut(j.fd, 60);
	journal_close(&j);
	resume(0);
	seal(&j, 3000);
	disk_write(j.fd, "x", 1, 20);
	journal_close(&j);
	resume(0);
	is_old("");
}

/* So many bytes of the new end are there, then it was killed, and mail came. */
static void
begun(unsigned n, unsigned done, const char *mail)
{
	struct journal j;
	struct stat st;
	char *p = tail(n);

	again();
	seal(&j, n);
	if (FROM + n > OLD) { /* it was made longer first */
		uint32_t step = 1;

		disk_cut(fd, FROM + n);
		disk_write(
		    j.fd, (const char *)&step, sizeof step, journal_step_at);
	}
	disk_write(fd, p, done, FROM);
	deliver(mail);
	fstat(fd, &st);
	journal_close(&j);
	resume(1);
	is_new(n, mail);
	free(p);
}

static void
in_the_middle(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LENGTHS; i++)
		for (unsigned done = 1; done <= lengths[i];
		     done += lengths[i] / 7) {
			begun(lengths[i], done, "");
			begun(lengths[i], done, MAIL);
		}
}

/* Longer: it was, but nothing is in it yet; mail came before or behind. */
static void
zeros_at_the_end(void **state)
{
	struct journal j;

	(void)state;
	again();
	seal(&j, 30000);
	journal_close(&j);
	disk_cut(fd, FROM + 30000);
	deliver(MAIL);
	resume(1);
	is_new(30000, MAIL);
}

/* Shorter: the end is marked, and mail came behind the remains, or where it was
   cut, so much of it that the box is as long as before. */
static void
marked(void **state)
{
	static const uint32_t step = 1;
	struct journal j;
	char *p = tail(3000), more[OLD] = MAIL;

	(void)state;
	for (int cut = 0; cut < 2; cut++) {
		const char *mail = MAIL;

		again();
		seal(&j, 3000);
		disk_write(fd, p, 3000, FROM);
		disk_write(fd, "", 1, FROM + 3000);
		disk_write(
		    j.fd, (const char *)&step, sizeof step, journal_step_at);
		journal_close(&j);
		if (cut) {
			disk_cut(fd, FROM + 3000);
			memset(more + strlen(MAIL), 'x',
			    OLD - FROM - 3000 - strlen(MAIL));
			more[OLD - FROM - 3000] = '\0';
			mail = more;
		}
		deliver(mail);
		resume(1);
		is_new(3000, mail);
	}
	free(p);
}

static void
changed_by_others(void **state)
{
	struct journal j;
	char *p = tail(12000);

	(void)state;
	seal(&j, 12000);
	disk_write(fd, p, 6000, FROM);
	disk_write(fd, "somebody else", 13, FROM + 14000);
	journal_close(&j);
	resume(-1);
	unlink(name);
	again();
	seal(&j, 12000);
	disk_write(fd, p, 6000, FROM);
	disk_cut(fd, OLD - 100);
	journal_close(&j);
	resume(-1);
	unlink(name);
	free(p);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(in_one_go),
	    T(never_begun),
	    T(half_a_journal),
	    T(in_the_middle),
	    T(zeros_at_the_end),
	    T(marked),
	    T(changed_by_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
