#include "log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char said[100000];
static int saved = -1, file = -1;

/* From here on standard error goes to a file. */
static void
listen_to(void)
{
	char name[] = "/tmp/test-log-XXXXXX";

	fflush(stderr);
	saved = dup(STDERR_FILENO);
	file = mkstemp(name);
	assert_true(saved != -1 && file != -1);
	unlink(name);
	dup2(file, STDERR_FILENO);
}

/* What was said since. */
static const char *
heard(void)
{
	ssize_t n;

	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	lseek(file, 0, SEEK_SET);
	n = read(file, said, sizeof said - 1);
	close(file);
	assert_true(n >= 0);
	said[n] = '\0';
	return said;
}

static void
levels(void **state)
{
	static const struct {
		bool service, quiet, verbose;
		const char *want;
	} v[] = {
	    {false, false, false, "simsift: e 1\nsimsift: w 2\n"},
	    {false, false, true, "simsift: e 1\nsimsift: w 2\nsimsift: i 3\n"},
	    {false, true, false, "simsift: e 1\n"},
	    {false, true, true, "simsift: e 1\n"},
	    /* a service speaks to syslog; a file is no terminal */
	    {true, false, false, ""},
	    {true, false, true, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		log_init(v[i].service, v[i].quiet, v[i].verbose);
		listen_to();
		log_error("e %d", 1);
		log_warn("w %d", 2);
		log_info("i %d", 3);
		assert_string_equal(heard(), v[i].want);
	}
	log_init(false, false, false);
}

/* One call is one line, and nothing in it moves the cursor. */
static void
escapes(void **state)
{
	(void)state;
	listen_to();
	log_error("%s", "a\nb\r\x1b[31m\tc\x7f");
	log_error("%s", "file \xe2\x80\xae.cf \xff");
	log_error("%s", "");
	log_error("100%%");
	heard();
	assert_string_equal(said, "simsift: a\\x0ab\\x0d\\x1b[31m\\x09c\\x7f\n"
				  "simsift: file \\xe2\\x80\\xae.cf \\xff\n"
				  "simsift: \n"
				  "simsift: 100%\n");
}

static void
long_lines(void **state)
{
	static char word[50001];

	(void)state;
	for (int way = 0; way < 2; way++) {
		size_t lines = 0;

		memset(word, way == 0 ? 'w' : '\n', sizeof word - 1);
		for (size_t n = 900; n < 1100; n++) {
			listen_to();
			log_error("%.*s", (int)n, word);
			heard();
			assert_non_null(strchr(said, '\n'));
			assert_ptr_equal(
			    strchr(said, '\n'), said + strlen(said) - 1);
			assert_true(strlen(said) > 900);
			lines++;
		}
		listen_to();
		log_error("%s", word);
		heard();
		assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
		assert_int_equal(lines, 200);
	}
}

static void
faults(void **state)
{
	struct err err = {"old"};
	static char word[2001];

	(void)state;
	assert_int_equal(err_set(&err, "%s: %d", "x", 7), -1);
	assert_string_equal(err.text, "x: 7");
	errno = ENOENT;
	assert_int_equal(err_errno(&err, "cannot open %s", "x.cf"), -1);
	assert_string_equal(
	    err.text, "cannot open x.cf: No such file or directory");
	/* too long: cut off, and ended */
	memset(word, 'w', sizeof word - 1);
	assert_int_equal(err_set(&err, "%s", word), -1);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
	for (int n = 450; n < 520; n++) {
		errno = EACCES;
		assert_int_equal(err_errno(&err, "%.*s", n, word), -1);
		assert_true(strlen(err.text) < sizeof err.text);
		assert_true(strlen(err.text) >= 450);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(levels),
	    cmocka_unit_test(escapes),
	    cmocka_unit_test(long_lines),
	    cmocka_unit_test(faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
