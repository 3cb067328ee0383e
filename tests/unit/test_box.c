#include "box.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "buf.h"

#define FROM "From a@b.example Mon Nov  2 10:11:12 2026\n"

static char dir[] = "/tmp/test-box-XXXXXX";
static struct buf out = {.cap = 16u << 20};

static int
start(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL || chdir(dir) == -1;
}

static int
end(void **state)
{
	char command[64];

	(void)state;
	buf_free(&out);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return chdir("/") == -1 || system(command) != 0;
}

static void
save(const char *name, const char *p, size_t n)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

#define SAVE(name, text) save(name, text, sizeof(text) - 1)

/* "id[bytes]" of each message, and "!fault". */
static const char *
read_box(const char *path, struct box_wish wish)
{
	struct box_item item;
	struct box *b;
	struct err err;
	char *p;
	int rc;

	out.len = 0;
	if (box_open(&b, path, &wish, &err) == -1) {
		buf_printf(&out, "!%s", err.text);
		buf_put(&out, "", 1);
		return out.p;
	}
	while ((rc = box_next(b, &item, &err)) != 0) {
		if (rc == -1) {
			buf_printf(&out, "!%s", err.text);
			continue;
		}
		p = malloc(item.len + 1);
		assert_non_null(p);
		assert_int_equal(
		    box_read(b, &item, p, item.len, &err), item.len);
		buf_printf(&out, "%s[", item.id);
		buf_put(&out, p, item.len);
		buf_puts(&out, "]");
		free(p);
	}
	box_close(b);
	buf_put(&out, "", 1);
	return out.p;
}

static const char *
read_any(const char *path)
{
	return read_box(path, (struct box_wish){0});
}

/* ---- mbox ---- */

static void
test_mbox(void **state)
{
	(void)state;
	SAVE("m", FROM "Subject: a\n\none\n\n" FROM "Subject: b\n\n>From two\n"
		       "From three\n\n" FROM "\nfour\n\n");
	assert_string_equal(read_any("m"),
	    "m@42[Subject: a\n\none\n]"
	    "m@101[Subject: b\n\n>From two\nFrom three\n]"
	    "m@177[\nfour\n]");
}

static void
test_mbox_ends(void **state)
{
	(void)state;
	SAVE("m", FROM "Subject: a\n\none");
	assert_string_equal(read_any("m"), "m@42[Subject: a\n\none]");
	SAVE("m", FROM);
	assert_string_equal(read_any("m"), "m@42[]");
	SAVE("m", "From x Mon Nov  2 10:11:12 2026");
	assert_string_equal(read_any("m"), "m@31[]");
	SAVE("m", "\n\n" FROM "S: a\n\nb\n");
	assert_string_equal(read_box("m", (struct box_wish){.kind = BOX_MBOX}),
	    "m@44[S: a\n\nb\n]");
	SAVE("m", "");
	assert_string_equal(
	    read_box("m", (struct box_wish){.kind = BOX_MBOX}), "");
}

static void
test_mbox_crlf(void **state)
{
	(void)state;
	SAVE("m", "From a Mon Nov  2 10:11:12 2026\r\nS: a\r\n\r\none\r\n\r\n"
		  "From b Mon Nov  2 10:11:12 2026\r\nS: b\r\n\r\n");
	assert_string_equal(
	    read_any("m"), "m@33[S: a\r\n\r\none\r\n]m@81[S: b\r\n]");
}

/* A From_ line has a date and stands behind an empty line. */
static void
test_mbox_from(void **state)
{
	static const char *const is[] = {
	    "From a@b Mon Nov  2 10:11:12 2026\n",
	    "From a@b  Mon Nov 2 10:11 2026\n",
	    "From ???@??? Tue Nov 12 01:11:12 2026\n",
	    "From - Tue Nov 12 01:11:12 2026\n",
	    "From \"a b\"@c Tue Nov 12 01:11:12 CET 2026\n",
	    "From a Tue, Nov 12 01:11:12 2026 remote from b\n",
	    "From a Thu Jan  1 00:00:00 1970\n",
	};
	static const char *const is_not[] = {
	    "From a@b\n",
	    "From now on we meet at 10:30 in 2026\n",
	    "From Monday Nov 2 10:11:12 2026\n",
	    "From a Mon Nov 10:11:12 2026\n",
	    "From a Mon Nov 2 10:11:12\n",
	    ">From a Mon Nov  2 10:11:12 2026\n",
	    "from a Mon Nov  2 10:11:12 2026\n",
	};
	char text[400];

	(void)state;
	for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
		snprintf(
		    text, sizeof text, FROM "a: b\n\nc\n\n%sd: e\n", is[i]);
		save("m", text, strlen(text));
		if (strstr(read_any("m"), "[d: e\n]") == NULL)
			fail_msg("not taken: %s", is[i]);
		snprintf(text, sizeof text, FROM "a: b\n\nc\n%sd: e\n", is[i]);
		save("m", text, strlen(text));
		assert_null(strstr(read_any("m"), "[d: e\n]"));
	}
	for (size_t i = 0; i < sizeof is_not / sizeof *is_not; i++) {
		snprintf(
		    text, sizeof text, FROM "a: b\n\nc\n\n%sd: e\n", is_not[i]);
		save("m", text, strlen(text));
		if (strstr(read_any("m"), "[d: e\n]") != NULL)
			fail_msg("taken: %s", is_not[i]);
	}
}

/* Where the first one has no date, none need have it. */
static void
test_mbox_undated(void **state)
{
	(void)state;
	SAVE("m", "From nobody\na: b\n\nc\n\nFrom somebody\nd: e\n");
	assert_string_equal(read_any("m"), "m@12[a: b\n\nc\n]m@35[d: e\n]");
}

static void
test_mboxcl2(void **state)
{
	(void)state;
	SAVE("m", FROM "Content-Length: 51\n\none\n\n" FROM "two\n\n" FROM
		       "content-length:4\n\nfour\n" FROM
		       "Content-Length: 2\n\nx\n\n");
	assert_string_equal(read_any("m"),
	    "m@42[Content-Length: 51\n\none\n\n" FROM "two\n]"
	    "m@156[content-length:4\n\nfour\n]"
	    "m@221[Content-Length: 2\n\nx\n]");
	/* One that leads nowhere: the box is no mboxcl2. */
	SAVE("m", FROM "Content-Length: 50\n\none\n\n" FROM "two: b\n\n\n" FROM
		       "Content-Length: 5\n\nfour\n");
	assert_string_equal(read_any("m"),
	    "m@42[Content-Length: 50\n\none\n]"
	    "m@109[two: b\n\n]"
	    "m@160[Content-Length: 5\n\nfour\n]");
}

/* Long lines, and From_ lines on every place of the reader's window. */
static void
test_mbox_windows(void **state)
{
	size_t big = (256u << 10) - 60, n = 0;
	char *text = malloc(4 * big);

	(void)state;
	assert_non_null(text);
	for (size_t pad = big; pad < big + 70; pad++) {
		n = strlen(strcpy(text, FROM "a: b\n\n"));
		memset(text + n, 'x', pad);
		n += pad;
		n += strlen(strcpy(text + n, "\n\n" FROM "d: e\n"));
		save("m", text, n);
		assert_non_null(strstr(read_any("m"), "x\n]m@"));
		assert_non_null(strstr(out.p, "[d: e\n]"));
	}
	free(text);
}

static void
test_mbox_range(void **state)
{
	static const char text[] =
	    FROM "Subject: a\n\none\n\n" FROM "b: c\n\n" FROM "\nfour\n\n" FROM
		 "d: e\n";
	char whole[600], parts[600] = "";

	(void)state;
	SAVE("m", text);
	strcpy(whole, read_any("m"));
	for (uint64_t step = 1; step < sizeof text + 3; step++) {
		parts[0] = '\0';
		for (uint64_t at = 0; at < sizeof text; at += step)
			strcat(parts,
			    read_box("m", (struct box_wish){.has_range = true,
					      .from = at,
					      .to = at + step}));
		assert_string_equal(parts, whole);
	}
}

/* What comes behind its end when it was opened is not read; a box that is cut
   short is said to be. */
static void
test_mbox_changes(void **state)
{
	struct box_wish wish = {0};
	struct box_item item;
	struct box *b;
	struct err err;
	char p[100];
	FILE *f;

	(void)state;
	SAVE("m", FROM "a: b\n\n" FROM "c: d\n");
	assert_int_equal(box_open(&b, "m", &wish, &err), 0);
	f = fopen("m", "a");
	fputs("\n" FROM "e: f\n", f);
	fclose(f);
	assert_int_equal(box_next(b, &item, &err), 1);
	assert_int_equal(box_next(b, &item, &err), 1);
	assert_int_equal(item.len, 5);
	assert_int_equal(box_next(b, &item, &err), 0);
	box_close(b);
	SAVE("m", FROM "a: b\n\n" FROM "c: d\n");
	assert_int_equal(box_open(&b, "m", &wish, &err), 0);
	assert_int_equal(box_next(b, &item, &err), 1);
	assert_int_equal(truncate("m", 10), 0);
	assert_int_equal(box_read(b, &item, p, item.len, &err), -1);
	assert_string_equal(
	    err.text, "m@42: it became shorter while it was read");
	box_close(b);
}

static void
test_mbox_stream(void **state)
{
	int fd[2], saved = dup(STDIN_FILENO);
	const char *text = FROM "a: b\n\nc\n\n" FROM "d: e\n";

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], text, strlen(text)), strlen(text));
	close(fd[1]);
	dup2(fd[0], STDIN_FILENO);
	close(fd[0]);
	assert_string_equal(read_any("-"), "-@42[a: b\n\nc\n]-@93[d: e\n]");
	dup2(saved, STDIN_FILENO);
	close(saved);
}

/* ---- folders ---- */

static void
folder(const char *path)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

static void
test_maildir(void **state)
{
	(void)state;
	folder("md");
	folder("md/cur");
	folder("md/new");
	folder("md/tmp");
	folder("md/.Sub");
	folder("md/.Sub/cur");
	folder("md/.Sub/new");
	folder("md/.Sub/tmp");
	folder("md/cur/folder");
	SAVE("md/cur/2:2,S", "two");
	SAVE("md/cur/1:2,", "one");
	SAVE("md/cur/.hidden", "no");
	SAVE("md/new/0", "new");
	SAVE("md/tmp/9", "no");
	SAVE("md/.Sub/cur/5", "sub");
	assert_string_equal(
	    read_any("md"), "md/cur/1:2,[one]md/cur/2:2,S[two]md/new/0[new]");
	assert_string_equal(read_box("md", (struct box_wish){.deep = true}),
	    "md/cur/1:2,[one]md/cur/2:2,S[two]md/new/0[new]"
	    "md/.Sub/cur/5[sub]");
	assert_string_equal(read_box("md", (struct box_wish){.kind = BOX_MBOX}),
	    "!md: a folder, no mbox");
}

/* Moved from new to cur, or its flags changed, while the box is read. */
static void
test_maildir_moves(void **state)
{
	struct box_wish wish = {0};
	struct box_item item;
	struct box *b;
	struct err err;

	(void)state;
	assert_int_equal(box_open(&b, "md", &wish, &err), 0);
	assert_int_equal(box_next(b, &item, &err), 1);
	assert_int_equal(rename("md/cur/2:2,S", "md/cur/2:2,RS"), 0);
	assert_int_equal(box_next(b, &item, &err), 1);
	assert_string_equal(item.id, "md/cur/2:2,RS");
	assert_string_equal(item.box, "md");
	box_close(b);
	assert_int_equal(box_open(&b, "md", &wish, &err), 0);
	assert_int_equal(box_next(b, &item, &err), 1);
	assert_int_equal(unlink("md/cur/2:2,RS"), 0);
	assert_int_equal(box_next(b, &item, &err), -1);
	assert_string_equal(
	    err.text, "md/cur/2:2,RS: No such file or directory");
	assert_int_equal(box_next(b, &item, &err), 1);
	assert_string_equal(item.id, "md/new/0");
	box_close(b);
}

static void
test_mh(void **state)
{
	(void)state;
	folder("mh");
	SAVE("mh/10", "ten");
	SAVE("mh/9", "nine");
	SAVE("mh/,8", "gone");
	assert_string_equal(read_any("mh"), "mh/9[nine]mh/10[ten]");
	SAVE("mh/notes", "x");
	assert_string_equal(
	    read_any("mh"), "mh/,8[gone]mh/10[ten]mh/9[nine]mh/notes[x]");
	SAVE("mh/.mh_sequences", "");
	folder("mh/sub");
	SAVE("mh/sub/1", "sub");
	assert_string_equal(read_box("mh", (struct box_wish){.deep = true}),
	    "mh/9[nine]mh/10[ten]mh/sub/1[sub]");
}

static void
test_folder(void **state)
{
	(void)state;
	folder("f");
	folder("f/b");
	SAVE("f/a", "a");
	SAVE("f/b/1", "b1");
	SAVE("f/c", FROM "x: y\n");
	assert_int_equal(symlink("a", "f/link"), 0);
	assert_int_equal(mkfifo("f/fifo", 0600), 0);
	assert_string_equal(
	    read_any("f"), "f/a[a]f/b/1[b1]f/c[" FROM "x: y\n]");
	folder("none");
	assert_string_equal(read_any("none"), "");
}

static void
test_file(void **state)
{
	(void)state;
	SAVE("one", "a: b\n\nc");
	assert_string_equal(read_any("one"), "one[a: b\n\nc]");
	SAVE("one", FROM "a: b\n");
	assert_string_equal(
	    read_box("one", (struct box_wish){.kind = BOX_FILE}),
	    "one[" FROM "a: b\n]");
}

/* ---- what is none ---- */

static void
test_none(void **state)
{
	(void)state;
	assert_string_equal(read_any("nowhere"),
	    "!nowhere: cannot be opened: No such file or directory");
	SAVE("bin", "\x7f"
		    "ELF\0\0\1\2");
	assert_string_equal(read_any("bin"),
	    "!bin: neither a mailbox nor a message, but binary data");
	assert_string_equal(
	    read_box("bin", (struct box_wish){.kind = BOX_MBOX}),
	    "!bin: no mbox: no \"From \" line begins it");
	assert_string_equal(read_box("bin", (struct box_wish){.kind = BOX_MH}),
	    "!bin: no folder");
	assert_string_equal(
	    read_box("none", (struct box_wish){.kind = BOX_MAILDIR}),
	    "!none: no Maildir: neither cur nor new is there");
	assert_string_equal(
	    read_any("/dev/null"), "!/dev/null: neither a file nor a folder");
	assert_string_equal(read_box("one", (struct box_wish){.kind = BOX_FILE,
						.has_range = true}),
	    "!one: --range is for an mbox");
}

/* ---- packed ---- */

static void
pack(const char *how)
{
	char command[100];

	SAVE("plain", FROM "a: b\n\nc\n\n" FROM "d: e\n");
	snprintf(command, sizeof command, "%s -c <plain >packed", how);
	assert_int_equal(system(command), 0);
}

static void
test_packed(void **state)
{
	static const char *const how[] = {"gzip", "bzip2", "xz", "zstd -q"};
	char command[100];
	struct stat st;

	(void)state;
	for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
		pack(how[i]);
		assert_string_equal(read_any("packed"),
		    "packed@42[a: b\n\nc\n]packed@93[d: e\n]");
		/* Two in a row, and zeros behind them. */
		snprintf(command, sizeof command,
		    "{ echo; cat plain; } | %s -c >>packed", how[i]);
		assert_int_equal(system(command), 0);
		if (i < 2)
			assert_int_equal(
			    system("head -c 512 /dev/zero >>packed"), 0);
		assert_non_null(strstr(
		    read_any("packed"), "packed@93[d: e\n]packed@141[a: b"));
		/* Cut short. */
		pack(how[i]);
		assert_int_equal(stat("packed", &st), 0);
		assert_int_equal(truncate("packed", st.st_size - 3), 0);
		if (strstr(read_any("packed"),
			"!packed: the packed file ends too early") == NULL)
			fail_msg("%s: %s", how[i], out.p);
	}
}

static void
test_packed_message(void **state)
{
	(void)state;
	SAVE("plain", "a: b\n\nc\n");
	assert_int_equal(system("gzip -c <plain >packed"), 0);
	assert_string_equal(read_any("packed"), "packed[a: b\n\nc\n]");
	SAVE("packed", "\x1f\x8b\x08\0garbage, no gzip at all, but so much");
	assert_non_null(strstr(read_any("packed"), "!packed: "));
}

/* 400 MB of nothing in little more than as many bytes. */
static void
test_bomb(void **state)
{
	(void)state;
	assert_int_equal(
	    system("{ printf 'a: b\\n\\n'; head -c 400000000 /dev/zero; } | "
		   "bzip2 >packed"),
	    0);
	assert_non_null(
	    strstr(read_box("packed", (struct box_wish){.kind = BOX_MBOX}),
		"!packed: no mbox"));
	assert_int_equal(
	    system("{ printf 'From a Mon Nov  2 10:11:12 2026\\na: b\\n\\n'; "
		   "head -c 400000000 /dev/zero; } | bzip2 >packed"),
	    0);
	struct box_item item;
	struct box *b;
	struct err err;

	assert_int_equal(
	    box_open(&b, "packed", &(struct box_wish){0}, &err), 0);
	assert_int_equal(box_next(b, &item, &err), 1);
	assert_in_range(item.len, 64u << 20, 65u << 20);
	assert_int_equal(box_next(b, &item, &err), -1);
	assert_string_equal(
	    err.text, "packed: it unpacks to more than 250 times its size");
	box_close(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mbox),
	    cmocka_unit_test(test_mbox_ends),
	    cmocka_unit_test(test_mbox_crlf),
	    cmocka_unit_test(test_mbox_from),
	    cmocka_unit_test(test_mbox_undated),
	    cmocka_unit_test(test_mboxcl2),
	    cmocka_unit_test(test_mbox_windows),
	    cmocka_unit_test(test_mbox_range),
	    cmocka_unit_test(test_mbox_changes),
	    cmocka_unit_test(test_mbox_stream),
	    cmocka_unit_test(test_maildir),
	    cmocka_unit_test(test_maildir_moves),
	    cmocka_unit_test(test_mh),
	    cmocka_unit_test(test_folder),
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_none),
	    cmocka_unit_test(test_packed),
	    cmocka_unit_test(test_packed_message),
	    cmocka_unit_test(test_bomb),
	};

	return cmocka_run_group_tests(tests, start, end);
}
