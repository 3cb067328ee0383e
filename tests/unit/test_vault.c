#include "vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "limits.h"

#define LEN(v) (sizeof(v) / sizeof((v)[0]))

static char dir[64], path[128];
static struct arena *a;
static struct vault v;
static struct err err;

static struct rule rule[] = {{.name = "TOKEN",
    .file = "/etc/simsift/20 own.cf",
    .line = 41,
    .score = 8.5,
    .category = "promo.telegram"}};
static const struct rules rules = {.rule = rule, .n = 1};
static struct report_rule ran[] = {{0, 1, RULE_RAN}};
static struct report_hit hit[] = {{.rule = 0,
    .text = "see \"[TG @shop]\" here",
    .len = 20,
    .match = {4, 16}}};
static const struct report report = {.verdict = VERDICT_PROMO,
    .action = ACTION_HOLD,
    .score = 8.5,
    .required = 5,
    .rule = ran,
    .nrule = 1,
    .hit = hit,
    .nhit = 1,
    .from = "A B <a@b.example>",
    .from_len = 17,
    .subject = "two\nlines, LPA:1$secret.example$K",
    .subject_len = 33};

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test-vault-XXXXXX");
	if (mkdtemp(dir) == NULL || (a = arena_new(64u << 20)) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/deep/er/vault", dir);
	if (setjmp(*arena_oom(a)) != 0)
		abort();
	return vault_open(&v, path, true, &err);
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	vault_close(&v);
	arena_free(a);
	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	return system(command);
}

static int
store_as(const char *p, size_t n, enum action action, char id[VAULT_ID + 1])
{
	struct vault_item it = {.p = p,
	    .len = (uint32_t)n,
	    .report = &report,
	    .rules = &rules,
	    .action = action,
	    .sender = "s@x.example"};

	return vault_store(&v, &it, id, &err);
}

static void
store(const char *p, size_t n)
{
	char id[VAULT_ID + 1];

	if (store_as(p, n, ACTION_HOLD, id) != 0)
		fail_msg("%s", err.text);
}

static struct vault_list
scan(void)
{
	struct vault_list l;

	if (vault_scan(&v, a, &l, &err) != 0)
		fail_msg("%s", err.text);
	return l;
}

/* The path of a file of the vault. */
static const char *
file_of(const struct vault_entry *e)
{
	return arena_printf(
	    a, "%s/%s/%s", path, e->in_cur ? "cur" : "new", e->name);
}

static uint32_t
files_in(const char *name)
{
	DIR *d = opendir(arena_printf(a, "%s/%s", path, name));
	struct dirent *e;
	uint32_t n = 0;

	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

#define M(s)                     \
	{                        \
		s, sizeof(s) - 1 \
	}

static void
round_trip(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} m[] = {M("Subject: a\n\nbody\n"), M("Subject: a\r\n\r\nbody\r\n"),
	    M(""), M("\n"), M("x"), M("\r\n\r\n"), M(" fold first\nA: b\n\nc"),
	    M("\tfold\r\n"), M("no header at all"),
	    M("A: \0\0NUL\n\n\0\0body\0"), M("A: b\n\nno end of line"),
	    M("From me@x Mon Nov  2 10:11:12 2026\nA: b\n\nbody\n"),
	    M("From me@y%41 Mon Nov  2 10:11:12 2026\r\nA: c\r\n\r\nbody\r\n"),
	    M("From \0\xff\x1b x\nA: d\n\nbody\n"), M("From alone\n"),
	    M("From alone, no end"),
	    M("X-Simsift-Vault-Length: 3\nabcX-Simsift-Vault-Length: 1\n"),
	    M("X-Simsift-Vault-From_: forged\n\n"), M("\nX-Simsift: a\n"),
	    M("\xff\xfe\r\r\n\r")};

	(void)state;
	for (size_t i = 0; i < LEN(m); i++)
		store(m[i].p, m[i].n);
	for (size_t i = 0; i < LEN(m); i++) {
		struct vault_list l = scan();
		struct buf out = BUF(LIMIT_MESSAGE);
		struct vault_entry *e;
		struct vault_meta meta;
		char id[VAULT_ID + 1];

		vault_id(m[i].p, (uint32_t)m[i].n, id);
		assert_int_equal(vault_find(&v, &l, id, &e, &err), 0);
		if (vault_original(&v, a, e, true, &out, &meta, &err) != 0)
			fail_msg("%zu: %s", i, err.text);
		assert_int_equal(out.len, m[i].n);
		if (out.len > 0)
			assert_memory_equal(out.p, m[i].p, out.len);
		assert_string_equal(meta.sha256, id);
		buf_free(&out);
	}
	assert_int_equal(scan().n, LEN(m));
	assert_int_equal(files_in("tmp"), 0);
}

static void
large_from_line(void **state)
{
	char *m = arena_alloc(a, 100000);
	struct buf out = BUF(LIMIT_MESSAGE);
	struct vault_list l;

	(void)state;
	memset(m, 'x', 100000);
	memcpy(m, "From ", 5);
	m[5000] = '\n';
	store(m, 100000);
	l = scan();
	assert_int_equal(
	    vault_original(&v, a, &l.v[0], true, &out, NULL, &err), 0);
	assert_int_equal(out.len, 100000);
	assert_memory_equal(out.p, m, out.len);
	buf_free(&out);
}

static void
fields(void **state)
{
	static const char m[] = "Subject: a\n\nbody\n";
	struct vault_list l;
	struct vault_meta meta;
	struct stat st;

	(void)state;
	store(m, sizeof m - 1);
	l = scan();
	assert_int_equal(l.n, 1);
	assert_int_equal(l.v[0].action, ACTION_HOLD);
	assert_int_equal(l.v[0].shown, 5);
	assert_false(l.v[0].released || l.v[0].reported || l.v[0].in_cur);
	assert_int_equal(vault_meta(&v, a, &l.v[0], &meta, &err), 0);
	assert_string_equal(meta.verdict, "promo");
	assert_string_equal(meta.category, "promo.telegram");
	assert_string_equal(meta.score, "8.5/5.0");
	assert_string_equal(meta.cuts, "");
	assert_string_equal(meta.from, "A B <a@b.example>");
	assert_string_equal(
	    meta.subject, "two\\nlines, LPA:1$****************");
	assert_string_equal(meta.envelope, "<s@x.example> <>");
	assert_int_equal(meta.nrule, 1);
	assert_string_equal(meta.rule[0].name, "TOKEN");
	assert_string_equal(meta.rule[0].where, "/etc/simsift/20 own.cf:41");
	assert_string_equal(meta.rule[0].text, "\"[TG @shop]\"");
	assert_int_equal(meta.from_line_len, 0);
	assert_int_equal(meta.length, sizeof m - 1);
	assert_int_equal(stat(file_of(&l.v[0]), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	snprintf(path, sizeof path, "%s/deep", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void
once(void **state)
{
	static const char m[] = "Subject: a\n\nbody\n";
	struct vault_list l;
	char id[VAULT_ID + 1];

	(void)state;
	store(m, sizeof m - 1);
	store(m, sizeof m - 1);
	assert_int_equal(store_as(m, sizeof m - 1, ACTION_CUT, id), 0);
	l = scan();
	assert_int_equal(l.n, 1);
	assert_int_equal(l.v[0].action, ACTION_HOLD);
	assert_int_equal(files_in("new") + files_in("cur"), 1);
	/* Also when a mail program has moved it. */
	assert_int_equal(vault_flag(&v, a, &l.v[0], VAULT_REPORTED, &err), 0);
	store(m, sizeof m - 1);
	assert_int_equal(files_in("new") + files_in("cur"), 1);
}

/* Makes the only file older, and as a mail program shows it. */
static void
make_old(int64_t seconds)
{
	struct vault_list l = scan();
	const struct vault_entry *e = &l.v[0];

	assert_int_equal(l.n, 1);
	assert_int_equal(
	    rename(file_of(e), arena_printf(a, "%s/cur/%lld%s:2,PS", path,
				   (long long)(e->time - seconds), e->id - 1)),
	    0);
}

/* What is stored again is new again: a purge of what is old leaves it. */
static void
again_is_new(void **state)
{
	static const char m[] = "Subject: a\n\nbody\n";
	const int64_t day = 86400;
	struct vault_list l, old;

	(void)state;
	store(m, sizeof m - 1);
	make_old(40 * day);
	old = scan();
	store(m, sizeof m - 1);
	l = scan();
	assert_int_equal(l.n, 1);
	assert_int_equal(files_in("new"), 1);
	assert_int_equal(files_in("cur"), 0);
	assert_true(l.v[0].time > old.v[0].time + 39 * day);
	assert_false(l.v[0].released || l.v[0].reported);
	/* Also one that saw the old one only. */
	assert_int_equal(vault_remove(&v, &old.v[0], &err), 0);
	assert_int_equal(files_in("new"), 1);
	/* Moved by a mail program it is still the one. */
	old = scan();
	assert_int_equal(vault_flag(&v, a, &l.v[0], VAULT_REPORTED, &err), 0);
	assert_int_equal(vault_remove(&v, &old.v[0], &err), 0);
	assert_int_equal(scan().n, 0);
}

/* An MTA that tries again writes another date. */
static void
retry(void **state)
{
	static const char m[] = "Subject: a\n\nbody\n";
	static const char one[] = "From a Mon Nov  2 10:11:12 2026\n"
				  "Subject: a\n\nbody\n";
	static const char two[] = "From a Mon Nov  2 10:22:22 2026\n"
				  "Subject: a\n\nbody\n";
	static const char other[] = "From b Mon Nov  2 10:22:22 2026\n"
				    "Subject: a\n\nbody\n";
	char first[VAULT_ID + 1], second[VAULT_ID + 1];

	(void)state;
	assert_int_equal(store_as(one, sizeof one - 1, ACTION_CUT, first), 0);
	assert_int_equal(store_as(two, sizeof two - 1, ACTION_CUT, second), 0);
	assert_string_equal(first, second);
	assert_int_equal(scan().n, 1);
	/* Held at the second try: the first was cut, and may be asked for. */
	assert_int_equal(store_as(two, sizeof two - 1, ACTION_HOLD, second), 0);
	assert_string_not_equal(first, second);
	assert_int_equal(scan().n, 2);
	/* Another envelope is another original. */
	assert_int_equal(store_as(m, sizeof m - 1, ACTION_CUT, second), 0);
	assert_string_not_equal(first, second);
	store(other, sizeof other - 1);
	assert_int_equal(scan().n, 4);
}

/* What is held is not kept by the original of what was cut and delivered. */
static void
held_after_cut(void **state)
{
	static const char m[] = "Subject: a\n\nbody\n";
	char id[VAULT_ID + 1];
	struct vault_list l;

	(void)state;
	assert_int_equal(store_as(m, sizeof m - 1, ACTION_CUT, id), 0);
	assert_int_equal(store_as(m, sizeof m - 1, ACTION_HOLD, id), 0);
	l = scan();
	assert_int_equal(l.n, 1);
	assert_int_equal(l.v[0].action, ACTION_HOLD);
	assert_int_equal(files_in("new") + files_in("cur"), 1);
}

static void
race(void **state)
{
	static const char m[] = "Subject: race\n\nbody\n";
	char id[VAULT_ID + 1];
	int status;

	(void)state;
	for (int i = 0; i < 40; i++)
		if (fork() == 0)
			_exit(store_as(m, sizeof m - 1,
				  i % 2 ? ACTION_HOLD : ACTION_CUT, id) != 0);
	for (int i = 0; i < 40; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(scan().n, 1);
	assert_int_equal(files_in("tmp"), 0);
}

static void
flags(void **state)
{
	static const char m[] = "Subject: a\n\nbody\n";
	struct vault_list l, old;

	(void)state;
	store(m, sizeof m - 1);
	old = scan();
	l = scan();
	assert_int_equal(vault_flag(&v, a, &l.v[0], VAULT_REPORTED, &err), 0);
	assert_true(l.v[0].reported && l.v[0].in_cur && !l.v[0].released);
	/* The other scan does not know that it moved. */
	assert_int_equal(vault_flag(&v, a, &old.v[0], VAULT_RELEASED, &err), 0);
	assert_true(old.v[0].released && old.v[0].reported);
	assert_non_null(strstr(old.v[0].name, ".hold:2,PS"));
	assert_int_equal(vault_flag(&v, a, &old.v[0], VAULT_RELEASED, &err), 0);
	assert_non_null(strstr(old.v[0].name, ".hold:2,PS"));
	assert_int_equal(vault_sync(&v, &err), 0);
	/* Removed by the one scan, gone for the other. */
	assert_int_equal(vault_remove(&v, &l.v[0], &err), 0);
	assert_int_equal(vault_remove(&v, &l.v[0], &err), 0);
	assert_int_equal(scan().n, 0);
	assert_int_equal(
	    vault_flag(&v, a, &old.v[0], VAULT_RELEASED, &err), VAULT_NONE);
}

static void
put_file(const char *name, const char *text)
{
	FILE *f = fopen(arena_printf(a, "%s/%s", path, name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
ids(void **state)
{
#define R ".0123456789abcdef"
#define Z60 "000000000000000000000000000000000000000000000000000000000000"
	struct vault_entry *e;
	struct vault_list l;

	(void)state;
	put_file("new/100.abcde0" Z60 "00" R ".hold", "");
	l = scan();
	assert_int_equal(l.n, 0); /* 68 digits: a stranger */
	assert_int_equal(l.strangers, 1);
	put_file("new/100.abcd" Z60 R ".hold", "");
	put_file("cur/200.abce" Z60 R ".cut:2,S", "");
	put_file("cur/300.1234" Z60 R ".cut:2,", "");
	put_file("new/nobody's", "");
	put_file("cur/1.M2P3.host:2,S", "");
	put_file("new/400.12345" Z60 R ".pass", "");
	put_file("new/150.abcd0000001"
		 "00000000000000000000000000000000000000000"
		 "000000000000" R ".hold",
	    "");
	l = scan();
	assert_int_equal(l.strangers, 4);
	assert_int_equal(l.n, 4);
	assert_int_equal(l.v[0].time, 300);
	assert_int_equal(l.v[1].time, 200);
	assert_true(l.v[1].reported && l.v[1].in_cur);
	assert_int_equal(l.v[1].shown, 5);
	assert_int_equal(l.v[2].time, 150);
	assert_int_equal(l.v[2].shown, 11);
	assert_int_equal(l.v[3].shown, 11);
	assert_int_equal(vault_find(&v, &l, "1", &e, &err), 0);
	assert_int_equal(e->time, 300);
	assert_int_equal(vault_find(&v, &l, "ABCE", &e, &err), 0);
	assert_int_equal(e->time, 200);
	assert_int_equal(vault_find(&v, &l, "abc", &e, &err), VAULT_AMBIGUOUS);
	assert_non_null(strstr(err.text, "abcd0000001"));
	assert_int_equal(vault_find(&v, &l, "9", &e, &err), VAULT_NONE);
	assert_int_equal(vault_find(&v, &l, "", &e, &err), VAULT_BAD);
	assert_int_equal(vault_find(&v, &l, "x1", &e, &err), VAULT_BAD);
	assert_int_equal(vault_find(&v, &l, "../1", &e, &err), VAULT_BAD);
	assert_int_equal(vault_exit(VAULT_NONE), EX_NOINPUT);
	assert_int_equal(vault_exit(VAULT_AMBIGUOUS), EX_NOINPUT);
	assert_int_equal(vault_exit(VAULT_BAD), EX_DATAERR);
	assert_int_equal(vault_exit(VAULT_IO), EX_IOERR);
}

/* What reading the only file says. */
static int
reading(bool original)
{
	struct vault_list l = scan();
	struct buf out = BUF(LIMIT_MESSAGE);
	struct vault_meta meta;
	int rc;

	assert_int_equal(l.n, 1);
	rc = original ? vault_original(&v, a, &l.v[0], true, &out, NULL, &err)
		      : vault_meta(&v, a, &l.v[0], &meta, &err);
	if (rc != 0)
		assert_int_equal(out.len, 0);
	buf_free(&out);
	return rc;
}

static void
damage(void **state)
{
	static const char m[] = "Subject: a\n\nbody\n";
	struct vault_list l;
	const char *name;
	char id[VAULT_ID + 1];
	FILE *f;

	(void)state;
	store(m, sizeof m - 1);
	l = scan();
	name = file_of(&l.v[0]);
	f = fopen(name, "r+"); /* a byte of the body */
	fseek(f, -2, SEEK_END);
	fputc('!', f);
	fclose(f);
	assert_int_equal(reading(false), 0);
	assert_int_equal(reading(true), VAULT_BAD);
	assert_non_null(strstr(err.text, "sum"));
	assert_non_null(strstr(err.text, name));
	assert_int_equal(truncate(name, 40), 0);
	assert_int_equal(reading(false), VAULT_BAD);
	assert_int_equal(truncate(name, 0), 0);
	assert_int_equal(reading(true), VAULT_BAD);
	/* What is damaged does not count as stored. */
	store(m, sizeof m - 1);
	assert_int_equal(reading(true), 0);
	l = scan();
	name = file_of(&l.v[0]);
	assert_int_equal(
	    truncate(name, 1 + lseek(open(name, O_RDONLY), 0, SEEK_END)), 0);
	assert_int_equal(reading(false), VAULT_BAD);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(symlink("/etc/passwd", name), 0);
	assert_int_equal(reading(true), VAULT_BAD);
	assert_non_null(strstr(err.text, "symbolic link"));
	store(m, sizeof m - 1);
	assert_int_equal(reading(true), 0);
	l = scan();
	for (uint32_t i = 0; i < l.n; i++)
		unlink(file_of(&l.v[i]));
	vault_id(m, sizeof m - 1, id);
	assert_int_equal(
	    mkfifo(
		arena_printf(a, "%s/new/1.%s.%.16s.cut", path, id, id), 0600),
	    0);
	store(m, sizeof m - 1);
}

/* Whoever wrote into the file: what is read is in range, and an original is
   given only if it is the one. */
static void
hostile(void **state)
{
	static const char m[] = "From a b\nSubject: a\n\nbody\n";
	static const char put[] = {0, '\n', ' ', ':', '9', '%', (char)0xff};
	struct vault_list l;
	const char *name;
	char text[8000], was;
	size_t n;
	FILE *f;

	(void)state;
	store(m, sizeof m - 1);
	l = scan();
	name = file_of(&l.v[0]);
	f = fopen(name, "r+");
	n = fread(text, 1, sizeof text, f);
	assert_in_range(n, 300, sizeof text - 1);
	for (size_t i = 0; i < n; i++) {
		struct arena *b = arena_new(1u << 20);
		struct buf out = BUF(LIMIT_MESSAGE);
		struct vault_meta meta;
		int rc;

		was = text[i];
		text[i] = put[i % sizeof put];
		rewind(f);
		fwrite(text, 1, n, f);
		fflush(f);
		rc = vault_meta(&v, b, &l.v[0], &meta, &err);
		assert_true(rc == 0 || rc == VAULT_BAD);
		if (rc == 0)
			for (uint32_t k = 0; k < meta.nrule; k++)
				assert_true(strlen(meta.rule[k].where) < n);
		rc = vault_original(&v, b, &l.v[0], true, &out, NULL, &err);
		assert_true(rc == 0 || rc == VAULT_BAD);
		assert_int_equal(out.len, rc == 0 ? sizeof m - 1 : 0);
		if (rc == 0)
			assert_memory_equal(out.p, m, out.len);
		text[i] = was;
		buf_free(&out);
		arena_free(b);
	}
	fclose(f);
}

static void
doors(void **state)
{
	struct vault w;
	const char *p = arena_printf(a, "%s/none", dir);

	(void)state;
	assert_int_equal(vault_open(&w, p, false, &err), VAULT_NONE);
	assert_non_null(strstr(err.text, p));
	vault_close(&w);
	close(open(p, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(vault_open(&w, p, true, &err), VAULT_BAD);
	vault_close(&w);
	p = arena_printf(a, "%s/none/below", dir);
	assert_int_equal(vault_open(&w, p, true, &err), VAULT_BAD);
	vault_close(&w);
	assert_int_equal(vault_open(&w, dir, false, &err), VAULT_NONE);
	vault_close(&w);
	assert_int_equal(chmod(path, 0777), 0);
	assert_int_equal(vault_open(&w, path, true, &err), VAULT_BAD);
	assert_non_null(strstr(err.text, "others"));
	vault_close(&w);
	assert_int_equal(chmod(path, 0700), 0);
	p = arena_printf(a, "%s/new", path);
	assert_int_equal(rmdir(p), 0);
	assert_int_equal(symlink("/tmp", p), 0);
	assert_int_equal(vault_open(&w, path, true, &err), VAULT_BAD);
	assert_non_null(strstr(err.text, "symbolic link"));
	vault_close(&w);
}

static void
places(void **state)
{
	(void)state;
	setenv("HOME", "/home/me", 1);
	setenv("XDG_DATA_HOME", "/data", 1);
	assert_string_equal(vault_path(a, "v", "/s", &err), "v");
	assert_string_equal(vault_path(a, NULL, "/s", &err), "/s");
	assert_string_equal(vault_path(a, NULL, "~/s", &err), "/home/me/s");
	assert_string_equal(
	    vault_path(a, NULL, NULL, &err), "/data/simsift/vault");
	setenv("XDG_DATA_HOME", "relative", 1);
	assert_string_equal(vault_path(a, NULL, NULL, &err),
	    "/home/me/.local/share/simsift/vault");
	unsetenv("XDG_DATA_HOME");
	unsetenv("HOME");
	assert_null(vault_path(a, NULL, NULL, &err));
	assert_non_null(strstr(err.text, "HOME"));
	assert_null(vault_path(a, "", "/s", &err));
}

static void
sweep(void **state)
{
	struct timespec old[2] = {{1, 0}, {1, 0}};
	const char *p;

	(void)state;
	put_file("tmp/simsift-1.2.3", "");
	put_file("tmp/simsift-4.5.6", "");
	put_file("tmp/somebody's", "");
	p = arena_printf(a, "%s/tmp/simsift-1.2.3", path);
	assert_int_equal(utimensat(AT_FDCWD, p, old, 0), 0);
	p = arena_printf(a, "%s/tmp/somebody's", path);
	assert_int_equal(utimensat(AT_FDCWD, p, old, 0), 0);
	vault_sweep(&v);
	assert_int_equal(files_in("tmp"), 2);
}

/* ---- the token ---- */

static const char *head; /* over the body */

static bool
holds(const struct buf *field, const char *body, size_t n)
{
	const char *value = memchr(field->p, ':', field->len);
	size_t len = field->len - (size_t)(value + 1 - field->p);
	struct vault_sum sum;
	char id[VAULT_ID + 1];
	struct header h;

	message_header(&h, a, head, 0, (uint32_t)strlen(head));
	vault_sum_start(&sum);
	vault_sum_put(&sum, body, n);
	vault_sum_head(&sum, head, &h, false);
	return vault_token_holds(&v, value + 1, len, &sum, id);
}

#define HOLDS(f, s) holds(f, s, sizeof(s) - 1)

static void
token(void **state)
{
	static const char m[] = "Subject: a\r\n\r\nThe body.\r\n\r\nMore\r\n";
	struct buf f = BUF(1000);
	struct vault_sum empty;
	char *colon;

	(void)state;
	head = "Subject: a\n";
	assert_int_equal(
	    vault_token_for(&v, a, "report-1", m, sizeof m - 1, &f, &err), 0);
	assert_memory_equal(f.p, "X-Simsift-Token: report-1\r\n ", 28);
	assert_int_equal(f.len, 28 + 64 + 2);
	assert_true(HOLDS(&f, "The body.\r\n\r\nMore\r\n"));
	assert_true(HOLDS(&f, "The body.\n\nMore\n"));
	assert_true(HOLDS(&f, "The body.\n\nMore"));
	assert_true(HOLDS(&f, "The body.\n\r\nMore\r\n\r\n\n"));
	assert_false(HOLDS(&f, "The body.\nMore\n"));
	assert_false(HOLDS(&f, "\nThe body.\n\nMore\n"));
	assert_false(HOLDS(&f, "The body.\n\nMore\nand more\n"));
	assert_false(HOLDS(&f, "The body.\n\rMore\n"));
	assert_false(HOLDS(&f, ""));
	colon = memchr(f.p, ':', f.len);
	head = "subject :\r\n a \r\nX: y\r\n";
	assert_true(HOLDS(&f, "The body.\n\nMore\n"));
	head = "Subject: ab\n";
	assert_false(HOLDS(&f, "The body.\n\nMore\n"));
	head = "Subject: a\nSubject: a\n";
	assert_false(HOLDS(&f, "The body.\n\nMore\n"));
	head = "Subject: a\nFrom: b\n";
	assert_false(HOLDS(&f, "The body.\n\nMore\n"));
	head = "Subject: a\n";
	colon[2] = 's'; /* another id */
	assert_false(HOLDS(&f, "The body.\n\nMore\n"));
	colon[2] = 'r';
	f.p[f.len - 3] ^= 1;
	assert_false(HOLDS(&f, "The body.\n\nMore\n"));
	f.p[f.len - 3] ^= 1;
	assert_true(HOLDS(&f, "The body.\n\nMore\n"));
	buf_puts(&f, " more");
	assert_false(HOLDS(&f, "The body.\n\nMore\n"));
	f.len = 0;
	vault_sum_start(&empty);
	vault_sum_put(&empty, "\r\n\n", 3);
	assert_int_equal(vault_token(&v, "r", &empty, "\n", &f, &err), 0);
	assert_int_equal(f.len, 0);
	buf_free(&f);
}

/* However the body comes in pieces, it is the same sum. */
static void
pieces(void **state)
{
	static const char m[] = "a\r\n\r\r\n\n\rb\r\rc\n\r\nd\r\n\r\n";
	struct buf f = BUF(1000);
	struct vault_sum sum;
	char id[VAULT_ID + 1];

	(void)state;
	vault_sum_start(&sum);
	vault_sum_put(&sum, m, sizeof m - 1);
	assert_int_equal(vault_token(&v, "r", &sum, "\n", &f, &err), 0);
	for (size_t i = 0; i < sizeof m; i++) {
		vault_sum_start(&sum);
		vault_sum_put(&sum, m, i);
		for (size_t k = i; k < sizeof m - 1; k++)
			vault_sum_put(&sum, m + k, 1);
		assert_true(
		    vault_token_holds(&v, f.p + 16, f.len - 16, &sum, id));
		assert_string_equal(id, "r");
	}
	buf_free(&f);
}

static void
secret(void **state)
{
	static const char m[] = "A: b\n\nbody\n";
	struct buf f = BUF(1000);
	const char *p = arena_printf(a, "%s/secret", path);
	struct stat st;

	(void)state;
	head = "A: b\n";
	assert_int_equal(
	    vault_token_for(&v, a, "r", m, sizeof m - 1, &f, &err), 0);
	assert_int_equal(stat(p, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 32);
	assert_int_equal(files_in("tmp"), 0);
	assert_int_equal(chmod(p, 0644), 0);
	assert_false(HOLDS(&f, "body\n"));
	assert_int_equal(
	    vault_token_for(&v, a, "r", m, sizeof m - 1, &f, &err), VAULT_BAD);
	assert_int_equal(chmod(p, 0600), 0);
	assert_true(HOLDS(&f, "body\n"));
	assert_int_equal(unlink(p), 0);
	assert_false(HOLDS(&f, "body\n")); /* and none is made */
	assert_int_equal(stat(p, &st), -1);
	buf_free(&f);
}

static void
secret_race(void **state)
{
	static const char m[] = "A: b\n\nbody\n";
	struct buf f = BUF(10000), one = BUF(1000);
	int fd[2], status;
	char got[8000];
	size_t n = 0;
	ssize_t k;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	for (int i = 0; i < 40; i++)
		if (fork() == 0) {
			vault_token_for(&v, a, "r", m, sizeof m - 1, &f, &err);
			_exit(write(fd[1], f.p, f.len) != (ssize_t)f.len);
		}
	close(fd[1]);
	while ((k = read(fd[0], got + n, sizeof got - n)) > 0)
		n += (size_t)k;
	close(fd[0]);
	for (int i = 0; i < 40; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(
	    vault_token_for(&v, a, "r", m, sizeof m - 1, &one, &err), 0);
	assert_int_equal(n, one.len * 40);
	for (size_t i = 0; i < 40; i++)
		assert_memory_equal(got + i * one.len, one.p, one.len);
	buf_free(&one);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {T(round_trip), T(large_from_line),
	    T(fields), T(once), T(again_is_new), T(retry), T(held_after_cut),
	    T(race), T(flags), T(ids), T(damage), T(hostile), T(doors),
	    T(places), T(sweep), T(token), T(pieces), T(secret),
	    T(secret_race)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
