#include "post.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define LEN(v) (sizeof(v) / sizeof((v)[0]))

static char top[] = "/tmp/test-post-XXXXXX";

static void
addresses(void **state)
{
	static const char *const good[] = {"a@x.example", "dana",
	    "ann+lists@news.example", "a.b_c=d%e@x.example"};
	static const char *const bad[] = {"", "-oQ/tmp", "a b@x.example",
	    "a@x.example\nBcc: b", "\"|sh\"@x", "a@x,b@y", "<a@x.example>",
	    "|/bin/sh", "a\x7f@x", "ann@n\xc3\xa4her.example", "$(x)@y",
	    "`x`@y", "a:b@c", "*@x.example"};

	(void)state;
	for (size_t i = 0; i < LEN(good); i++)
		assert_true(post_address(good[i]));
	for (size_t i = 0; i < LEN(bad); i++)
		assert_false(post_address(bad[i]));
}

static void
no_maildir(void **state)
{
	char text[] = "Subject: s\n\nt\n";
	struct buf m = {.p = text, .len = sizeof text - 1};
	struct err err;

	(void)state;
	assert_int_equal(post_maildir(top, &m, &err), -1);
	assert_non_null(strstr(err.text, "is no Maildir"));
	assert_int_equal(post_maildir("/nowhere/at/all", &m, &err), -1);
	assert_non_null(strstr(err.text, "/nowhere/at/all: No such file"));
}

static int
count(const char *sub)
{
	char path[200];
	struct dirent *d;
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof path, "%s/%s", top, sub);
	assert_non_null(dir = opendir(path));
	while ((d = readdir(dir)) != NULL)
		n += d->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void
maildir(void **state)
{
	char text[] = "Subject: s\n\nt\0t\n", path[200];
	struct buf m = {.p = text, .len = sizeof text - 1};
	struct err err;

	(void)state;
	snprintf(path, sizeof path, "%s/tmp", top);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/new", top);
	mkdir(path, 0700);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(post_maildir(top, &m, &err), 0);
		assert_int_equal(count("new"), i);
		assert_int_equal(count("tmp"), 0);
	}
}

static int
set_up(void **state)
{
	(void)state;
	return mkdtemp(top) == NULL;
}

static int
tear_down(void **state)
{
	char command[200];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", top);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses),
	    cmocka_unit_test(no_maildir),
	    cmocka_unit_test(maildir),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
