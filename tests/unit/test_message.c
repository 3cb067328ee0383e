#include "message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "limits.h"

#define LEN(v) (sizeof(v) / sizeof((v)[0]))

static struct arena *arena;
static char *copy; /* ends where malloc's block ends, for ASan to watch */

static const char *
tight(const char *p, size_t n)
{
	free(copy);
	copy = malloc(n > 0 ? n : 1);
	assert_non_null(copy);
	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}

/* ---- header fields ---- */

/* Fields lie side by side, and in each its name, a colon and its value. */
static void
check_header(const struct header *h, const char *p, uint32_t from, uint32_t to)
{
	uint32_t at = h->start;

	assert_true(from <= h->start && h->start <= to);
	for (uint32_t i = 0; i < h->n; i++) {
		const struct field *f = &h->field[i];

		assert_int_equal(f->whole.from, at);
		assert_true(f->whole.to > at);
		at = f->whole.to;
		assert_int_equal(f->value.to, at);
		assert_int_equal(f->name.from, f->whole.from);
		assert_true(f->name.to <= f->value.from);
		if (f->odd) {
			assert_int_equal(f->name.to, f->name.from);
			assert_int_equal(f->value.from, f->whole.from);
		} else {
			assert_true(f->name.to > f->name.from);
			assert_int_equal(p[f->value.from - 1], ':');
		}
	}
	assert_true(h->body >= at && h->body <= to && h->body - at <= 2);
	if (!h->ended)
		assert_int_equal(h->body, at);
	else
		assert_int_equal(p[h->body - 1], '\n');
}

static struct header
parse(const char *p, size_t n, uint32_t from)
{
	struct header h;

	arena_free(arena);
	arena = arena_new(64u << 20);
	assert_non_null(arena);
	p = tight(p, n);
	message_header(&h, arena, p, from, (uint32_t)n);
	check_header(&h, p, from, (uint32_t)n);
	return h;
}

/* "name=value" of each field, ?value of an odd one, then "|" and the body;
   "|!" where no empty line came. */
static void
reads(const char *src, size_t n, const char *want)
{
	struct header h = parse(src, n, 0);
	struct buf out = BUF(1u << 20);

	for (uint32_t i = 0; i < h.n; i++) {
		const struct field *f = &h.field[i];

		buf_put(&out, copy + f->name.from, f->name.to - f->name.from);
		buf_puts(&out, f->odd ? "?" : "=");
		buf_put(
		    &out, copy + f->value.from, f->value.to - f->value.from);
	}
	buf_puts(&out, h.ended ? "|" : "|!");
	buf_put(&out, copy + h.body, (uint32_t)n - h.body);
	if (out.len != strlen(want) || memcmp(out.p, want, out.len) != 0)
		fail_msg("%s\ngot  [%.*s]\nwant [%s]", src, (int)out.len, out.p,
		    want);
	buf_free(&out);
}

static void
fields(void **state)
{
	static const struct {
		const char *src, *want;
	} v[] = {
	    {"", "|!"},
	    {"\n", "|"},
	    {"\r\n", "|"},
	    {"A: b\n\ntext\n", "A= b\n|text\n"},
	    {"A: b\r\n\r\ntext\r\n", "A= b\r\n|text\r\n"},
	    /* mixed line ends */
	    {"A: b\r\nC: d\n\r\ntext", "A= b\r\nC= d\n|text"},
	    /* folds: by blank and tab, one that is all blank */
	    {"A: b\n c\n\td\nE: f\n\n", "A= b\n c\n\td\nE= f\n|"},
	    {"A: b\r\n \r\n c\r\n\r\n.", "A= b\r\n \r\n c\r\n|."},
	    {"A:\n b\n\n", "A=\n b\n|"},
	    /* values: empty, with colons */
	    {"A:\nB:c:d\n\n", "A=\nB=c:d\n|"},
	    /* blanks before the colon are not of the name */
	    {"A : b\nC\t: d\n\n", "A= b\nC= d\n|"},
	    /* no empty line, an empty body, no line end */
	    {"A: b\n", "A= b\n|!"},
	    {"A: b\n\n", "A= b\n|"},
	    {"A: b", "A= b|!"},
	    {"A:", "A=|!"},
	    {"A: b\n\r", "A= b\n|!\r"},
	    {"A: b\n c", "A= b\n c|!"},
	    /* the body starts where no field follows */
	    {"just words\n", "|!just words\n"},
	    {"A: b\njust words\n\nmore", "A= b\n|!just words\n\nmore"},
	    /* … and goes on where one does */
	    {"A: b\njust words\nC: d\n\nt", "A= b\n?just words\nC= d\n|t"},
	    {"words first\nC: d\n\nt", "?words first\nC= d\n|t"},
	    {" blank first\nC: d\n\nt", "? blank first\nC= d\n|t"},
	    {"A: b\nodd\n fold\nC: d\n\n", "A= b\n?odd\n fold\nC= d\n|"},
	    {": no name\nC: d\n\n", "?: no name\nC= d\n|"},
	    {"two words: x\nC: d\n\n", "?two words: x\nC= d\n|"},
	    {"N\xc3\xa4me: x\nC: d\n\n", "?N\xc3\xa4me: x\nC= d\n|"},
	    /* a From_ line belongs to the mailbox */
	    {"From ann Mon Nov  2\nA: b\n\nt", "A= b\n|t"},
	    {"From ann\r\nA: b\r\n\r\nt", "A= b\r\n|t"},
	    {"From ann", "|!"},
	    {"From: ann\n\nt", "From= ann\n|t"},
	    {"From\n\n", "|!From\n\n"},
	    {">From ann\nA: b\n\n", "?>From ann\nA= b\n|"},
	    /* lone CR is no line end */
	    {"A: b\rC: d\n\nt", "A= b\rC: d\n|t"},
	};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++)
		reads(v[i].src, strlen(v[i].src), v[i].want);
}

static void
nuls(void **state)
{
	static const char src[] = "A: b\0c\nD\0: e\nF: g\n\n\0t";
	struct header h = parse(src, sizeof src - 1, 0);

	(void)state;
	assert_int_equal(h.n, 3);
	assert_int_equal(h.field[0].value.to - h.field[0].value.from, 5);
	assert_true(h.field[1].odd);
	assert_true(h.ended);
	assert_int_equal(sizeof src - 1 - h.body, 2);
}

/* A last line without a line end says what it says with one. */
static void
last_line_without_end(void **state)
{
	static const char *const v[] = {"A: b\nSubject : c", "A: b\nC\t:d",
	    "A: b\nwords of the text: more", "A: b\n: nameless", ":",
	    "A: b\n:", "A: b\nN\xc3\xa4me: c", "words and: a colon"};

	(void)state;
	for (size_t i = 0; i < LEN(v); i++) {
		char with[100];
		struct header a, b;
		struct field *f;

		snprintf(with, sizeof with, "%s\n", v[i]);
		a = parse(with, strlen(with), 0);
		f = malloc((a.n + 1) * sizeof *f);
		assert_non_null(f);
		if (a.n > 0)
			memcpy(f, a.field, a.n * sizeof *f);
		message_header(&b, arena, tight(v[i], strlen(v[i])), 0,
		    (uint32_t)strlen(v[i]));
		if (a.n != b.n)
			fail_msg("%s: %u fields with a line end, %u without",
			    v[i], a.n, b.n);
		for (uint32_t k = 0; k < a.n; k++)
			if (b.field[k].name.to != f[k].name.to)
				fail_msg("%s: the name of field %u ends at %u "
					 "with a line end, at %u without",
				    v[i], k, f[k].name.to, b.field[k].name.to);
		free(f);
	}
}

static void
a_part_in_the_middle(void **state)
{
	static const char src[] = "--b\nC: d\n e\n\ntext\n--b--\n";
	struct header h;

	(void)state;
	arena_free(arena);
	arena = arena_new(1u << 20);
	message_header(&h, arena, src, 4, 18);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.start, 4);
	assert_int_equal(h.field[0].whole.to, 12);
	assert_int_equal(h.body, 13);
	/* Nothing behind the end is read. */
	message_header(&h, arena, src, 4, 10);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.body, 10);
	assert_false(h.ended);
	message_header(&h, arena, src, 4, 4);
	assert_int_equal(h.n, 0);
	assert_int_equal(h.body, 4);
}

static void
caps(void **state)
{
	struct buf b = BUF(16u << 20);
	struct header h;
	char line[1000];

	(void)state;
	for (uint32_t i = 0; i < LIMIT_FIELDS + 5; i++)
		buf_puts(&b, "A: b\n");
	buf_puts(&b, "\ntext\n");
	h = parse(b.p, b.len, 0);
	assert_true(h.cut_short);
	assert_int_equal(h.n, LIMIT_FIELDS);
	assert_false(h.ended);
	assert_int_equal(h.body, LIMIT_FIELDS * 5);
	b.len -= 6 + 5 * 5; /* just as many as may be */
	buf_puts(&b, "\ntext\n");
	h = parse(b.p, b.len, 0);
	assert_false(h.cut_short);
	assert_true(h.ended);
	buf_free(&b);

	memset(line, 'x', sizeof line);
	line[1] = ':';
	line[sizeof line - 1] = '\n';
	while (b.len < LIMIT_HEADER + 5000)
		buf_put(&b, line, sizeof line);
	buf_puts(&b, "\ntext\n");
	h = parse(b.p, b.len, 0);
	assert_true(h.cut_short);
	assert_true(
	    h.body >= LIMIT_HEADER && h.body <= LIMIT_HEADER + sizeof line);
	buf_free(&b);

	/* Of one field of 8 MB a part is read. */
	buf_puts(&b, "A:");
	for (uint32_t i = 0; i < LIMIT_HEADER / sizeof line + 100; i++) {
		memset(line, ' ', 1);
		buf_put(&b, line, sizeof line);
	}
	buf_puts(&b, "\ntext");
	h = parse(b.p, b.len, 0);
	assert_true(h.cut_short);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.field[0].whole.to, h.body);
	buf_free(&b);
}

/* What follows an odd line is looked at a little way only: no quadratic. */
static void
many_odd_lines(void **state)
{
	struct buf b = BUF(64u << 20);

	(void)state;
	for (int i = 0; i < 500000; i++)
		buf_puts(&b, "odd\n");
	buf_puts(&b, "A: b\n\n");
	parse(b.p, b.len, 0);
	b.len = 0;
	for (int i = 0; i < 19 * 473; i++)
		buf_puts(&b, i % 19 == 18 ? "A: b\n" : "odd\n");
	buf_puts(&b, "\n");
	assert_int_equal(parse(b.p, b.len, 0).n, 19 * 473);
	buf_free(&b);
}

static void
any_lines(void **state)
{
	static const char *const piece[] = {"A: b", "C :d", "\r\n", "\n", "\n",
	    "\n", " ", "\t", "odd", ":", "\r", "\x80", "From ",
	    "=?utf-8?Q?x?=", "\x7f", ">"};
	uint32_t seed = 11;

	(void)state;
	for (int round = 0; round < 30000; round++) {
		char s[400];
		size_t n = 0;

		for (int i = 0; i < 20; i++) {
			seed = seed * 1664525u + 1013904223u;
			n += (size_t)sprintf(
			    s + n, "%s", piece[(seed >> 16) % LEN(piece)]);
		}
		s[n++] = '\n'; /* else: last_line_without_end */
		parse(s, n, (seed >> 8) % 3 * 2);
	}
}

static void
names_and_line_ends(void **state)
{
	static const char src[] = "SubJect: x\nSubjects: y\n";
	struct header h;

	(void)state;
	h = parse(src, sizeof src - 1, 0);
	assert_true(message_field_is(src, &h.field[0], "subject"));
	assert_false(message_field_is(src, &h.field[0], "subjec"));
	assert_false(message_field_is(src, &h.field[0], "subjects"));
	assert_false(message_field_is(src, &h.field[1], "subject"));
	assert_string_equal(message_eol("A: b\r\nC: d\n", 11), "\r\n");
	assert_string_equal(message_eol("A: b\nC: d\r\n", 11), "\n");
	assert_string_equal(message_eol("A: b", 4), "\n");
	assert_string_equal(message_eol("\n", 1), "\n");
	assert_string_equal(message_eol("\r\n", 2), "\r\n");
	assert_string_equal(message_eol(NULL, 0), "\n");
	assert_int_equal(message_from_line("From a\nb", 8), 7);
	assert_int_equal(message_from_line("From a", 6), 6);
	assert_int_equal(message_from_line("From:\n", 6), 0);
	assert_int_equal(message_from_line("From", 4), 0);
	assert_int_equal(message_from_line("from a\n", 7), 0);
}

/* ---- from and to descriptors ---- */

static char big[300001];

/* A child that writes n bytes of `big` in pieces; returns the other end. */
static int
written_slowly(size_t n, size_t piece, unsigned pause, bool block, pid_t *pid)
{
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	*pid = fork();
	if (*pid == 0) {
		close(fd[0]);
		for (size_t at = 0; at < n; at += piece) {
			size_t k = n - at < piece ? n - at : piece;

			if (pause > 0)
				usleep(pause);
			if (write(fd[1], big + at, k) != (ssize_t)k)
				_exit(1);
		}
		_exit(0);
	}
	close(fd[1]);
	if (!block)
		fcntl(fd[0], F_SETFL, O_NONBLOCK);
	return fd[0];
}

static void
reaped(pid_t pid)
{
	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
reading_a_pipe(void **state)
{
	static const struct {
		size_t n, piece;
		unsigned pause;
	} v[] = {{0, 1, 0}, {1, 1, 0}, {50, 1, 500}, {200, 7, 300},
	    {65536, 4096, 0}, {65537, 1000, 0}, {300000, 70000, 200}};
	struct message m;
	struct err err;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < LEN(v) * 2; i++) {
		size_t n = v[i / 2].n;
		int fd = written_slowly(
		    n, v[i / 2].piece, v[i / 2].pause, i % 2, &pid);

		assert_int_equal(message_read(&m, fd, 1u << 20, &err), 0);
		assert_int_equal(m.spool, -1);
		assert_int_equal(m.bytes.len, n);
		assert_true(n == 0 || memcmp(m.bytes.p, big, n) == 0);
		message_free(&m);
		close(fd);
		reaped(pid);
	}
}

static int
file_of(size_t n)
{
	char name[] = "/tmp/test-message-XXXXXX";
	int fd = mkstemp(name);

	assert_true(fd != -1);
	unlink(name);
	assert_int_equal(write(fd, big, n), n);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void
holds(int fd, size_t n)
{
	static char back[sizeof big + 10];
	size_t got = 0;
	ssize_t k;

	lseek(fd, 0, SEEK_SET);
	while ((k = read(fd, back + got, sizeof back - got)) > 0)
		got += (size_t)k;
	assert_int_equal(got, n);
	assert_memory_equal(back, big, n);
}

static void
reading_a_file(void **state)
{
	static const size_t n[] = {
	    0, 1, 999, 1000, 65535, 65536, 65537, 300000};
	struct message m;
	struct err err;
	int fd;

	(void)state;
	for (size_t i = 0; i < LEN(n); i++) {
		fd = file_of(n[i]);
		assert_int_equal(message_read(&m, fd, 1u << 20, &err), 0);
		assert_int_equal(m.bytes.len, n[i]);
		assert_true(n[i] == 0 || memcmp(m.bytes.p, big, n[i]) == 0);
		message_free(&m);
		close(fd);
	}
	/* From where it stands. */
	fd = file_of(1000);
	lseek(fd, 400, SEEK_SET);
	assert_int_equal(message_read(&m, fd, 1u << 20, &err), 0);
	assert_int_equal(m.bytes.len, 600);
	assert_memory_equal(m.bytes.p, big + 400, 600);
	message_free(&m);
	close(fd);
}

static void
above_the_limit(void **state)
{
	static const size_t n[] = {1001, 1002, 65536, 65537, 300000};
	struct message m;
	struct err err;

	(void)state;
	for (size_t i = 0; i < LEN(n) * 2; i++) {
		size_t len = n[i / 2];
		int out = file_of(0), in;
		pid_t pid = -1;

		in = i % 2 == 0 ? file_of(len)
				: written_slowly(len, 9000, 0, false, &pid);
		assert_int_equal(message_read(&m, in, 1000, &err), 0);
		assert_int_not_equal(m.spool, -1);
		assert_int_equal(m.spool_len, len);
		assert_int_equal(m.bytes.len, 0);
		/* Twice: it is written from its start each time. */
		assert_int_equal(message_write_spool(out, &m, &err), 0);
		holds(out, len);
		assert_int_equal(ftruncate(out, 0), 0);
		lseek(out, 0, SEEK_SET);
		assert_int_equal(message_write_spool(out, &m, &err), 0);
		holds(out, len);
		message_free(&m);
		assert_int_equal(m.spool, -1);
		close(in);
		close(out);
		if (pid != -1)
			reaped(pid);
	}
	/* One byte less needs no file. */
	{
		int in = file_of(1000);

		assert_int_equal(message_read(&m, in, 1000, &err), 0);
		assert_int_equal(m.spool, -1);
		assert_int_equal(m.bytes.len, 1000);
		message_free(&m);
		close(in);
	}
}

static void
temporary_folder(void **state)
{
	struct message m;
	struct err err;
	char long_name[5000];

	(void)state;
	memset(long_name, 'd', sizeof long_name - 1);
	long_name[0] = '/';
	long_name[sizeof long_name - 1] = '\0';
	for (int i = 0; i < 3; i++) {
		int in = file_of(3000), out = file_of(0);

		setenv("TMPDIR",
		    i == 0   ? "/nonexistent"
		    : i == 1 ? long_name
			     : "",
		    1);
		assert_int_equal(message_read(&m, in, 1000, &err), 0);
		assert_int_equal(m.spool_len, 3000);
		assert_int_equal(message_write_spool(out, &m, &err), 0);
		holds(out, 3000);
		message_free(&m);
		close(in);
		close(out);
	}
	unsetenv("TMPDIR");
}

static void
faults(void **state)
{
	int full = open("/dev/full", O_WRONLY), folder = open("/", O_RDONLY);
	int in = file_of(3000), fd[2];
	struct message m;
	struct err err = {0};

	(void)state;
	assert_int_equal(message_read(&m, -1, 1000, &err), -1);
	assert_non_null(strstr(err.text, "cannot read"));
	message_free(&m);
	assert_int_equal(message_read(&m, folder, 1000, &err), -1);
	message_free(&m);

	assert_int_equal(message_write(full, big, 0, &err), 0);
	assert_int_equal(message_write(full, big, 10, &err), -1);
	assert_non_null(strstr(err.text, strerror(ENOSPC)));
	assert_int_equal(message_read(&m, in, 1000, &err), 0);
	assert_int_equal(message_write_spool(full, &m, &err), -1);
	/* Somebody shortened the file meanwhile. */
	assert_int_equal(ftruncate(m.spool, 2999), 0);
	{
		int out = file_of(0);

		assert_int_equal(message_write_spool(out, &m, &err), -1);
		close(out);
	}
	message_free(&m);
	assert_int_equal(pipe(fd), 0);
	close(fd[0]);
	assert_int_equal(message_write(fd[1], big, 10, &err), -1);
	assert_non_null(strstr(err.text, strerror(EPIPE)));
	close(fd[1]);
	close(full);
	close(folder);
	close(in);
}

/* Into a pipe that says "later" and takes a little at a time. */
static void
writing_without_blocking(void **state)
{
	struct err err;
	int fd[2], status = -1;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		size_t at = 0;
		char s[4096];
		ssize_t n;

		close(fd[1]);
		while ((n = read(fd[0], s, sizeof s)) > 0) {
			if (memcmp(s, big + at, (size_t)n) != 0)
				_exit(2);
			at += (size_t)n;
			if (at % 5 == 0)
				usleep(300);
		}
		_exit(at == sizeof big ? 0 : 1);
	}
	close(fd[0]);
	fcntl(fd[1], F_SETFL, O_NONBLOCK);
	assert_int_equal(message_write(fd[1], big, sizeof big, &err), 0);
	close(fd[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields),
	    cmocka_unit_test(nuls),
	    cmocka_unit_test(last_line_without_end),
	    cmocka_unit_test(a_part_in_the_middle),
	    cmocka_unit_test(caps),
	    cmocka_unit_test(many_odd_lines),
	    cmocka_unit_test(any_lines),
	    cmocka_unit_test(names_and_line_ends),
	    cmocka_unit_test(reading_a_pipe),
	    cmocka_unit_test(reading_a_file),
	    cmocka_unit_test(above_the_limit),
	    cmocka_unit_test(temporary_folder),
	    cmocka_unit_test(faults),
	    cmocka_unit_test(writing_without_blocking),
	};
	int failed;

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof big; i++)
		big[i] = (char)(i * 7 + i / 251);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_free(arena);
	free(copy);
	return failed;
}
