#include "conf_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "limits.h"

/*
 * The rules as they are once read: reading takes 30 times as long as judging a
 * short message with them.  One file for each set of sources, in the user's
 * own cache folder, which says what it was made of; where anything about that
 * has changed, or about the file is odd, it is as though there were none.
 *
 * Nobody else may write it: it is believed.  The sum is for accidents, and
 * covers what leads this process anywhere: all else it prints at most, and the
 * child looks at it in its sandbox.
 */

#define MAGIC "simsift\2"
#define SETTLED 2 /* seconds: what is younger may change unseen by its time */
#define FILES 8   /* in the folder; then the oldest goes */

struct head {
	char magic[8];
	uint64_t sum;      /* of what follows, up to `hot` */
	uint32_t len, hot; /* of the block */
	uint32_t nfix;
	uint32_t asked, nasked; /* what was asked for */
	uint32_t stamp, nstamp; /* struct rules_stamp */
	uint32_t settings, set;
	uint32_t zero[3]; /* 64 bytes: the block is aligned behind it */
};

/* What decides about the rules besides the files: the program itself and what
   it was called with. */
static char *
asked_for(struct arena *a, const struct conf_sources *src)
{
	const char *own = conf_user_dir(a);
	struct stat st;
	char *s;

	if (src->nline > 0 || getuid() != geteuid() ||
	    stat("/proc/self/exe", &st) == -1)
		return NULL;
	s = arena_printf(a, "%llx %llx %llx %llx.%lx %x\n%s\n%s",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
	    (unsigned long long)st.st_size,
	    (unsigned long long)st.st_ctim.tv_sec,
	    (unsigned long)st.st_ctim.tv_nsec, (unsigned)geteuid(),
	    src->dir != NULL ? src->dir : "", own != NULL ? own : "");
	for (uint32_t i = 0; i < src->nfile; i++)
		s = arena_printf(a, "%s\n%s", s, src->file[i]);
	return s;
}

/* ---- where ---- */

struct place {
	int dir; /* or -1 */
	char name[32];
};

static uint64_t
hash(const char *s)
{
	uint64_t h = 14695981039346656037u;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return h;
}

/* The folder, if it is ours alone; `make` it if it is not there. */
static int
open_folder(struct arena *a, bool make)
{
	const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	struct stat st;
	char *path;
	int fd;

	if (base == NULL || base[0] != '/') {
		if (home == NULL || home[0] != '/')
			return -1;
		base = arena_printf(a, "%s/.cache", home);
	}
	path = arena_printf(a, "%s/simsift", base);
	if (make) {
		(void)mkdir(base, 0700);
		(void)mkdir(path, 0700);
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	    (st.st_mode & 022) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool
find_place(struct place *at, struct arena *a, const char *asked, bool make)
{
	const char *sources = strchr(asked, '\n'); /* not the program */

	snprintf(at->name, sizeof at->name, "rules-%016llx",
	    (unsigned long long)hash(sources));
	at->dir = open_folder(a, make);
	return at->dir != -1;
}

/* ---- reading ---- */

static bool
inside(const struct head *h, uint32_t at, uint64_t n)
{
	return at <= h->len && n <= h->len - at && at % 8 == 0;
}

/* Is this file, of n bytes, whole and what was asked for? */
static bool
good(const struct head *h, size_t n, const char *asked)
{
	const char *block;
	size_t fixes;

	if (n < sizeof *h || memcmp(h->magic, MAGIC, sizeof h->magic) != 0)
		return false;
	fixes = ((size_t)h->nfix * sizeof(uint32_t) + 15) & ~(size_t)15;
	if (h->len % 8 != 0 || h->hot > h->len || h->hot % 8 != 0 ||
	    sizeof *h + fixes + h->len != n ||
	    !inside(h, h->asked, h->nasked) ||
	    !inside(h, h->stamp,
		(uint64_t)h->nstamp * sizeof(struct rules_stamp)) ||
	    !inside(h, h->settings, sizeof(struct settings)) ||
	    !inside(h, h->set, sizeof(struct rules)))
		return false;
	block = (const char *)(h + 1) + fixes;
	return h->nasked == strlen(asked) &&
	       memcmp(block + h->asked, asked, h->nasked) == 0 &&
	       h->sum ==
		   pack_sum(&h->len,
		       sizeof *h - offsetof(struct head, len) + fixes + h->hot);
}

static bool
take(struct config *c, char *map, size_t n, const char *asked)
{
	const struct head *h = (const struct head *)(void *)map;
	const uint32_t *fix = (const uint32_t *)(const void *)(h + 1);
	char *block;

	if (!good(h, n, asked))
		return false;
	block = map + n - h->len;
	if (!pack_unpack(block, h->len, h->hot, fix, h->nfix) ||
	    !rules_stamps_hold(
		(const struct rules_stamp *)(void *)(block + h->stamp),
		h->nstamp))
		return false;
	c->settings = *(const struct settings *)(void *)(block + h->settings);
	c->settings.arena = c->arena;
	rules_unpack(&c->rules, c->arena, block + h->set);
	return true;
}

/* All pointers, and all that the parent looks at, are in the hot part, which is
   read: a page of a file that is mapped may fail to come (a disk, NFS), and
   that kills who touches it.  The rest is touched by the child alone. */
static bool
read_hot(char *map, int fd, size_t n)
{
	struct head h;
	uint64_t hot;

	if (pread(fd, &h, sizeof h, 0) != sizeof h)
		return false;
	hot = sizeof h + (((uint64_t)h.nfix * sizeof(uint32_t) + 15) & ~15u) +
	      h.hot;
	return hot <= n && pread(fd, map, (size_t)hot, 0) == (ssize_t)hot;
}

static bool
take_file(struct config *c, int fd, const char *asked)
{
	struct stat st;
	char *map;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid() || (st.st_mode & 077) != 0 ||
	    st.st_size < (off_t)sizeof(struct head) ||
	    st.st_size > (off_t)LIMIT_RULES_ARENA)
		return false;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return false;
	if (!read_hot(map, fd, (size_t)st.st_size) ||
	    !take(c, map, (size_t)st.st_size, asked)) {
		munmap(map, (size_t)st.st_size);
		return false;
	}
	c->map = map;
	c->map_len = (size_t)st.st_size;
	return true;
}

bool
conf_cache_read(struct config *c, const struct conf_sources *src)
{
	const char *asked = asked_for(c->arena, src);
	struct place at;
	bool taken;
	int fd;

	if (asked == NULL || !find_place(&at, c->arena, asked, false))
		return false;
	fd = openat(
	    at.dir, at.name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	close(at.dir);
	if (fd == -1)
		return false;
	taken = take_file(c, fd, asked);
	close(fd);
	return taken;
}

void
conf_cache_close(struct config *c)
{
	if (c->map != NULL)
		munmap(c->map, c->map_len);
	c->map = NULL;
}

/* ---- writing ---- */

/* A file that changes twice within a tick of the clock looks the same. */
static bool
settled(const struct rules *r, int64_t began)
{
	for (uint32_t i = 0; i < r->nstamp; i++)
		if (!r->stamp[i].missing &&
		    (r->stamp[i].ctime > began - SETTLED ||
			r->stamp[i].mtime > began - SETTLED))
			return false;
	return !r->unsure;
}

static void
put_stamps(struct pack *k, struct head *h, const struct rules *r)
{
	uint32_t at = pack_put(k, r->stamp, r->nstamp * sizeof *r->stamp);

	h->stamp = at;
	h->nstamp = r->nstamp;
	for (uint32_t i = 0; i < r->nstamp; i++, at += sizeof *r->stamp)
		pack_string(k,
		    at + (uint32_t)offsetof(struct rules_stamp, path),
		    r->stamp[i].path);
}

static void
put_settings(struct pack *k, struct head *h, const struct settings *s)
{
	struct settings blank = *s;

	blank.arena = NULL;
	blank.vault = blank.sendmail = NULL;
	memset(blank.list, 0, sizeof blank.list);
	h->settings = pack_put(k, &blank, sizeof blank);
	pack_string(k, h->settings + (uint32_t)offsetof(struct settings, vault),
	    s->vault);
	pack_string(k,
	    h->settings + (uint32_t)offsetof(struct settings, sendmail),
	    s->sendmail);
}

/* All of the file. */
static void
make_file(
    struct buf *out, struct arena *a, const struct config *c, const char *asked)
{
	struct pack k = {.a = a};
	struct head h = {.magic = MAGIC, .nasked = (uint32_t)strlen(asked)};
	static const char zero[16];
	size_t from = offsetof(struct head, len);

	h.asked = pack_put(&k, asked, h.nasked);
	put_stamps(&k, &h, &c->rules);
	put_settings(&k, &h, &c->settings);
	h.set = rules_pack(&k, &c->rules);
	pack_put(&k, zero, sizeof zero); /* strings end before the block does */
	h.len = k.len;
	h.hot = k.hot;
	h.nfix = k.nfix;
	buf_put(out, &h, sizeof h);
	buf_put(out, k.fix, k.nfix * sizeof *k.fix);
	buf_put(out, zero, (0 - out->len) % 16);
	buf_put(out, k.p, k.len);
	if (out->failed)
		return;
	h.sum = pack_sum(out->p + from, out->len - from - k.len + k.hot);
	memcpy(out->p, &h, sizeof h);
}

/* Makes room: the folder must not grow with each set that was ever tried. */
static void
drop_oldest(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd != -1 ? fdopendir(fd) : NULL;
	char oldest[sizeof((struct dirent *)0)->d_name] = "";
	const struct dirent *e;
	struct stat st, old;
	unsigned n = 0;

	if (d == NULL) {
		if (fd != -1)
			close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, "rules-", 6) != 0 ||
		    fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		if (n++ == 0 || st.st_mtime < old.st_mtime) {
			old = st;
			strcpy(oldest, e->d_name);
		}
	}
	if (n >= FILES)
		(void)unlinkat(dir, oldest, 0);
	closedir(d);
}

static int
write_all(int fd, const char *p, size_t n)
{
	ssize_t put;

	for (; n > 0; p += put, n -= (size_t)put)
		while ((put = write(fd, p, n)) == -1)
			if (errno != EINTR)
				return -1;
	return fsync(fd);
}

/* Under another name first: whoever opens it finds all of it. */
static void
write_file(const struct place *at, const struct buf *b)
{
	char tmp[sizeof at->name + 32];
	int fd, rc;

	snprintf(tmp, sizeof tmp, "%s.%ld", at->name, (long)getpid());
	drop_oldest(at->dir);
	fd = openat(at->dir, tmp,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return;
	rc = write_all(fd, b->p, b->len);
	rc |= close(fd);
	/* renameat2, so that tests of the vault, which has renameat for itself,
	   do not meet it. */
	if (rc == -1 || renameat2(at->dir, tmp, at->dir, at->name, 0) == -1)
		(void)unlinkat(at->dir, tmp, 0);
}

void
conf_cache_write(
    struct config *c, const struct conf_sources *src, int64_t began)
{
	struct buf b = BUF(LIMIT_RULES_ARENA);
	const char *asked = asked_for(c->arena, src);
	struct arena *a = NULL;
	struct place at;

	if (asked == NULL || !settled(&c->rules, began) ||
	    !find_place(&at, c->arena, asked, true))
		return;
	a = arena_new(LIMIT_RULES_ARENA);
	if (a != NULL && setjmp(*arena_oom(a)) == 0 &&
	    rules_late(&c->rules) == 0) {
		make_file(&b, a, c, asked);
		if (!b.failed)
			write_file(&at, &b);
	}
	arena_free(a);
	buf_free(&b);
	close(at.dir);
}
