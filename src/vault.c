/*
 * The vault as a folder: what is in it, flags and removal.
 */
#include "vault_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "limits.h"

#define SHOWN 5 /* digits of an id, at least */
#define TRIES 5 /* a file that is moved again and again */

int
vault_exit(int fault)
{
	switch (fault) {
	case 0:
		return EX_OK;
	case VAULT_NONE:
	case VAULT_AMBIGUOUS:
		return EX_NOINPUT;
	case VAULT_BAD:
		return EX_DATAERR;
	default:
		return EX_IOERR;
	}
}

int
vault_fault(struct err *e, int fault, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return fault;
}

int
vault_errno(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	char what[sizeof e->text];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	errno = saved;
	err_errno(e, "%s", what);
	return VAULT_IO;
}

/* ---- what is in it ---- */

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* That many hex digits and a dot at *p, which goes behind them. */
static bool
skip_hex(const char **p, int n)
{
	for (; n > 0; n--)
		if (!is_hex(*(*p)++))
			return false;
	return *(*p)++ == '.';
}

/* SECONDS.SHA256.RETRY.ACTION[:2,FLAGS] */
bool
vault_parse_name(const char *name, struct vault_entry *e)
{
	size_t digits = strspn(name, "0123456789");
	const char *p = name + digits;

	*e = (struct vault_entry){.name = name, .shown = SHOWN};
	if (digits == 0 || digits > 12 || *p++ != '.' ||
	    strlen(name) >= VAULT_NAME)
		return false;
	e->time = strtoll(name, NULL, 10);
	e->id = p;
	e->retry = p + VAULT_ID + 1;
	if (!skip_hex(&p, VAULT_ID) || !skip_hex(&p, VAULT_RETRY))
		return false;
	for (e->action = ACTION_HOLD;; e->action = ACTION_CUT) {
		const char *word = rules_action_name(e->action);
		size_t n = strlen(word);

		if (strncmp(p, word, n) == 0) {
			p += n;
			break;
		}
		if (e->action == ACTION_CUT)
			return false;
	}
	if (*p == '\0')
		return true;
	if (strncmp(p, ":2,", 3) != 0)
		return false;
	e->released = strchr(p + 3, VAULT_RELEASED) != NULL;
	e->reported = strchr(p + 3, VAULT_REPORTED) != NULL;
	return true;
}

int
vault_dir(const struct vault *v, const struct vault_entry *e)
{
	return e->in_cur ? v->cur_dir : v->new_dir;
}

const char *
vault_dir_name(const struct vault_entry *e)
{
	return e->in_cur ? "cur" : "new";
}

/* A stream of its own: a descriptor has but one place in its folder. */
static DIR *
open_stream(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd != -1 ? fdopendir(fd) : NULL;

	if (d == NULL && fd != -1)
		close(fd);
	return d;
}

int
vault_walk(struct vault *v, vault_walker *f, void *ctx, uint32_t *strangers,
    struct err *err)
{
	struct vault_entry e;
	struct dirent *d;
	DIR *dir = NULL;
	int rc = 0;

	for (int cur = 0; cur <= 1 && rc == 0; cur++) {
		dir = open_stream(cur ? v->cur_dir : v->new_dir);
		if (dir == NULL)
			goto fail;
		while (rc == 0 && (errno = 0, d = readdir(dir)) != NULL) {
			if (d->d_name[0] == '.')
				continue;
			if (!vault_parse_name(d->d_name, &e)) {
				++*strangers;
				continue;
			}
			e.in_cur = cur;
			rc = f(ctx, &e);
		}
		if (rc == 0 && errno != 0)
			goto fail;
		closedir(dir);
	}
	return rc;
fail:
	rc = vault_errno(err, "cannot read the vault %s", v->path);
	if (dir != NULL)
		closedir(dir);
	return rc;
}

struct collect {
	struct arena *a;
	struct vault_list *list;
};

static int
collect(void *ctx, const struct vault_entry *e)
{
	struct collect *c = ctx;
	struct vault_list *l = c->list;
	struct vault_entry *o;

	l->v = arena_more(c->a, l->v, l->n, &l->size, sizeof *l->v);
	o = &l->v[l->n++];
	*o = *e;
	o->name = arena_dup(c->a, e->name, strlen(e->name));
	o->id = o->name + (e->id - e->name);
	o->retry = o->name + (e->retry - e->name);
	return 0;
}

static int
by_id(const void *x, const void *y)
{
	const struct vault_entry *a = x, *b = y;
	int rc = memcmp(a->id, b->id, VAULT_ID);

	/* Of one message's files the held one; and the last, which was stored
	   because the others are damaged, or at the same moment. */
	if (rc == 0)
		rc = (a->action < b->action) - (a->action > b->action);
	if (rc == 0)
		rc = (a->time < b->time) - (a->time > b->time);
	return rc != 0 ? rc : (a->in_cur < b->in_cur) - (a->in_cur > b->in_cur);
}

static int
newest_first(const void *x, const void *y)
{
	const struct vault_entry *a = x, *b = y;

	if (a->time != b->time)
		return a->time < b->time ? 1 : -1;
	return memcmp(a->id, b->id, VAULT_ID);
}

static uint32_t
same_digits(const struct vault_entry *a, const struct vault_entry *b)
{
	uint32_t n = 0;

	while (n < VAULT_ID && a->id[n] == b->id[n])
		n++;
	return n;
}

/* Sorted by id: one entry a message, and how many digits tell it apart. */
static void
tell_apart(struct vault_list *l)
{
	uint32_t n = 0, same;

	for (uint32_t i = 0; i < l->n; i++) {
		struct vault_entry *e = &l->v[i];

		same = n > 0 ? same_digits(e, &l->v[n - 1]) : 0;
		if (same == VAULT_ID) {
			l->v[n - 1].released |= e->released;
			l->v[n - 1].reported |= e->reported;
			continue;
		}
		if (n > 0 && same >= l->v[n - 1].shown)
			l->v[n - 1].shown = same + 1;
		if (same >= e->shown)
			e->shown = same + 1;
		l->v[n++] = *e;
	}
	l->n = n;
}

int
vault_scan(
    struct vault *v, struct arena *a, struct vault_list *l, struct err *err)
{
	struct collect c = {a, l};
	int rc;

	*l = (struct vault_list){0};
	rc = vault_walk(v, collect, &c, &l->strangers, err);
	if (rc != 0 || l->n == 0)
		return rc;
	qsort(l->v, l->n, sizeof *l->v, by_id);
	tell_apart(l);
	qsort(l->v, l->n, sizeof *l->v, newest_first);
	return 0;
}

int
vault_find(const struct vault *v, const struct vault_list *l, const char *id,
    struct vault_entry **out, struct err *err)
{
	size_t n = strlen(id);
	struct vault_entry *first = NULL, *second = NULL;

	if (n == 0 || n > VAULT_ID || strspn(id, "0123456789abcdefABCDEF") != n)
		return vault_fault(err, VAULT_BAD,
		    "%s: no id: the first digits of a SHA-256 sum, as simsift "
		    "list shows them",
		    n > 0 ? id : "\"\"");
	for (uint32_t i = 0; i < l->n && second == NULL; i++) {
		if (strncasecmp(l->v[i].id, id, n) != 0)
			continue;
		if (first == NULL)
			first = &l->v[i];
		else
			second = &l->v[i];
	}
	if (first == NULL)
		return vault_fault(err, VAULT_NONE,
		    "%s: no such message in the vault %s", id, v->path);
	if (second != NULL)
		return vault_fault(err, VAULT_AMBIGUOUS,
		    "%s: several ids begin so (%.*s, %.*s): give more digits",
		    id, (int)first->shown, first->id, (int)second->shown,
		    second->id);
	*out = first;
	return 0;
}

/* ---- one of them ---- */

void
vault_copy_entry(
    struct vault_entry *to, char name[VAULT_NAME], const struct vault_entry *e)
{
	*to = *e;
	strcpy(name, e->name); /* vault_parse_name saw that it is short */
	to->name = name;
	to->id = name + (e->id - e->name);
	to->retry = name + (e->retry - e->name);
}

struct search {
	const struct vault_entry *e;
	bool exact;
	struct vault_entry *now;
	char *name;
};

static int
search(void *ctx, const struct vault_entry *e)
{
	struct search *s = ctx;

	if (memcmp(e->id, s->e->id, VAULT_ID) != 0 ||
	    (s->exact && (e->time != s->e->time || e->action != s->e->action)))
		return 0;
	vault_copy_entry(s->now, s->name, e);
	return 1;
}

int
vault_again(struct vault *v, const struct vault_entry *e, bool exact,
    struct vault_entry *now, char name[VAULT_NAME], struct err *err)
{
	struct search s = {e, exact, now, name};
	uint32_t strangers = 0;
	int rc = vault_walk(v, search, &s, &strangers, err);

	if (rc == 0)
		return vault_fault(err, VAULT_NONE,
		    "%.*s: it is no longer in the vault %s", (int)e->shown,
		    e->id, v->path);
	return rc > 0 ? 0 : rc;
}

/* A regular file of our own? */
static int
check_file(const struct vault *v, const struct vault_entry *e, int fd,
    uint64_t *size, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return vault_errno(
		    err, "%s/%s/%s", v->path, vault_dir_name(e), e->name);
	if (!S_ISREG(st.st_mode))
		return vault_fault(err, VAULT_BAD,
		    "%s/%s/%s is not a file: it is not ours, remove it",
		    v->path, vault_dir_name(e), e->name);
	if (st.st_uid != geteuid())
		return vault_fault(err, VAULT_BAD,
		    "%s/%s/%s belongs to somebody else (user %lu): not read",
		    v->path, vault_dir_name(e), e->name,
		    (unsigned long)st.st_uid);
	*size = (uint64_t)st.st_size;
	return 0;
}

int
vault_open_entry(struct vault *v, const struct vault_entry *e, uint64_t *size,
    struct err *err)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	struct vault_entry now = *e;
	char name[VAULT_NAME];
	int fd, rc;

	for (int i = 0; i < TRIES; i++) {
		fd = openat(vault_dir(v, &now), now.name, flags);
		if (fd != -1) {
			rc = check_file(v, &now, fd, size, err);
			if (rc == 0)
				return fd;
			close(fd);
			return rc;
		}
		if (errno == ELOOP)
			return vault_fault(err, VAULT_BAD,
			    "%s/%s/%s is a symbolic link, which is not "
			    "followed: remove it",
			    v->path, vault_dir_name(&now), now.name);
		if (errno != ENOENT)
			break;
		if ((rc = vault_again(v, e, false, &now, name, err)) != 0)
			return rc;
	}
	return vault_errno(
	    err, "%s/%s/%s", v->path, vault_dir_name(&now), now.name);
}

/* The name with one more flag, which are kept in order (maildir(5)). */
static void
add_flag(char out[VAULT_NAME + 8], const char *name, char flag)
{
	size_t base = strcspn(name, ":"), n;
	const char *f = name[base] == ':' ? name + base + 3 : "";
	bool put = false;

	n = (size_t)snprintf(out, VAULT_NAME, "%.*s:2,", (int)base, name);
	for (; *f != '\0'; f++) {
		if (!put && *f >= flag) {
			out[n++] = flag;
			put = true;
		}
		if (*f != flag)
			out[n++] = *f;
	}
	if (!put)
		out[n++] = flag;
	out[n] = '\0';
}

int
vault_flag(struct vault *v, struct arena *a, struct vault_entry *e, char flag,
    struct err *err)
{
	char name[VAULT_NAME], to[VAULT_NAME + 8];
	struct vault_entry now = *e;
	int rc;

	for (int i = 0; i < TRIES; i++) {
		add_flag(to, now.name, flag);
		if (renameat(vault_dir(v, &now), now.name, v->cur_dir, to) ==
		    0) {
			uint32_t shown = e->shown;

			vault_parse_name(arena_dup(a, to, strlen(to)), e);
			e->in_cur = true;
			e->shown = shown;
			return 0;
		}
		if (errno != ENOENT)
			break;
		if ((rc = vault_again(v, e, false, &now, name, err)) != 0)
			return rc;
	}
	return vault_errno(err, "cannot set a flag: %s/%s/%s", v->path,
	    vault_dir_name(&now), now.name);
}

/* Nothing is removed but files of our own. */
static int
remove_file(struct vault *v, const struct vault_entry *e, struct err *err)
{
	struct stat st;

	if (fstatat(vault_dir(v, e), e->name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return vault_fault(err, VAULT_BAD,
		    "%s/%s/%s is no file of ours: left alone", v->path,
		    vault_dir_name(e), e->name);
	return unlinkat(vault_dir(v, e), e->name, 0);
}

int
vault_remove(struct vault *v, const struct vault_entry *e, struct err *err)
{
	char name[VAULT_NAME];
	struct vault_entry now = *e;
	int rc;

	for (int i = 0; i < TRIES; i++) {
		if ((rc = remove_file(v, &now, err)) != -1)
			return rc;
		if (errno != ENOENT)
			break;
		/* What was stored since is not what was to go. */
		rc = vault_again(v, e, true, &now, name, err);
		if (rc != 0)
			return rc == VAULT_NONE ? 0 : rc;
	}
	return vault_errno(err, "cannot remove %s/%s/%s", v->path,
	    vault_dir_name(&now), now.name);
}

/* ---- the disk ---- */

int
vault_sync_dir(const struct vault *v, int fd, struct err *err)
{
	int rc;

	while ((rc = fsync(fd)) == -1 && errno == EINTR)
		continue;
	/* A file system that cannot do that with folders does it always. */
	if (rc == -1 && errno != EINVAL && errno != ENOTSUP)
		return vault_errno(
		    err, "cannot write the vault %s to disk", v->path);
	return 0;
}

int
vault_sync(struct vault *v, struct err *err)
{
	int rc = vault_sync_dir(v, v->new_dir, err);

	return rc != 0 ? rc : vault_sync_dir(v, v->cur_dir, err);
}

#define TMP "simsift-" /* how our files in tmp begin */
#define DAY 86400

void
vault_sweep(struct vault *v)
{
	DIR *dir = open_stream(v->tmp);
	time_t now = time(NULL);
	struct dirent *d;
	struct stat st;

	while (dir != NULL && (d = readdir(dir)) != NULL)
		if (strncmp(d->d_name, TMP, strlen(TMP)) == 0 &&
		    fstatat(v->tmp, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && st.st_mtime < now - DAY)
			unlinkat(v->tmp, d->d_name, 0);
	if (dir != NULL)
		closedir(dir);
}
