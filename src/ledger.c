#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "disk.h"
#include "limits.h"

#define NAME "undo"
#define NEXT "undo-new"
#define MAGIC "simsift-undo 1"
#define FIELDS 9
#define NAP_MS 50

static const char *const deeds[DEEDS] = {"cut", "hold", "move"};

const char *
ledger_deed_name(enum deed deed)
{
	return deeds[deed];
}

int
ledger_open(struct ledger *l, const struct vault *vault, struct err *err)
{
	int64_t end = clock_ms() + LIMIT_LEDGER_MS;

	*l = (struct ledger){
	    .vault = vault, .fd = -1, .lock = -1, .line = BUF(LIMIT_LEDGER)};
	l->lock =
	    openat(vault->root, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->lock == -1)
		return err_errno(err, "cannot open %s/tmp", vault->path);
	/* A child that a run began when it was killed has it a moment more. */
	while (flock(l->lock, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			break; /* no such locks here */
		if (clock_ms() > end)
			return err_set(err,
			    "another run of scan --apply or --undo is at work "
			    "with the vault %s: wait for its end",
			    vault->path);
		poll(NULL, 0, NAP_MS);
	}
	return 0;
}

void
ledger_close(struct ledger *l)
{
	if (l->fd != -1)
		close(l->fd);
	if (l->lock != -1)
		close(l->lock);
	buf_free(&l->line);
	arena_free(l->arena);
	*l = (struct ledger){.fd = -1, .lock = -1};
}

/* ---- written ---- */

static void
put_field(struct ledger *l, const char *p, size_t n)
{
	buf_puts(&l->line, "\t");
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c > ' ' && c < 0x7f && c != '%')
			buf_put(&l->line, p + i, 1);
		else
			buf_printf(&l->line, "%%%02X", c);
	}
}

static void
put_word(struct ledger *l, const char *s)
{
	put_field(l, s != NULL ? s : "", s != NULL ? strlen(s) : 0);
}

void
ledger_box(struct ledger *l, enum box_kind kind, const char *path)
{
	buf_puts(&l->line, "box");
	put_word(l, box_kind_name(kind));
	put_word(l, path);
	buf_puts(&l->line, "\n");
}

void
ledger_deed(struct ledger *l, const struct ledger_entry *e)
{
	buf_puts(&l->line, deeds[e->deed]);
	put_word(l, e->old);
	put_word(l, e->new);
	put_word(l, e->id);
	put_word(l, e->sum);
	put_word(l, e->before);
	put_field(l, e->from, e->from_len);
	put_word(l, e->behind);
	buf_puts(&l->line, "\n");
}

void
ledger_word(struct ledger *l, const char *word, const char *path)
{
	buf_puts(&l->line, word);
	put_word(l, path);
	buf_puts(&l->line, "\n");
}

static int
cannot_write(const struct ledger *l, struct err *err)
{
	return err_errno(err, "cannot write %s/%s", l->vault->path, NAME);
}

/* A new one takes the place of the last run's. */
static int
start(struct ledger *l, struct err *err)
{
	int flags =
	    O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	char head[64];
	uint64_t r = 0;
	int n;

	if (getrandom(&r, sizeof r, GRND_NONBLOCK) != sizeof r)
		r = (uint64_t)getpid();
	snprintf(l->run, sizeof l->run, "%016llx", (unsigned long long)r);
	n = snprintf(head, sizeof head, MAGIC "\t%s\n", l->run);
	l->fd = openat(l->vault->root, NEXT, flags, 0600);
	if (l->fd == -1)
		return cannot_write(l, err);
	l->at = (uint64_t)n;
	if (disk_write(l->fd, head, (size_t)n, 0) == -1 ||
	    disk_sync(l->fd) == -1 ||
	    renameat(l->vault->root, NEXT, l->vault->root, NAME) == -1 ||
	    disk_sync(l->vault->root) == -1) {
		cannot_write(l, err);
		close(l->fd);
		l->fd = -1;
		return -1;
	}
	return 0;
}

int
ledger_sync(struct ledger *l, struct err *err)
{
	if (l->line.failed) {
		l->line.failed = false;
		l->line.len = 0;
		return err_set(err, "no memory for what was done");
	}
	if (l->line.len == 0)
		return 0;
	if (l->fd == -1 && start(l, err) == -1) {
		l->line.len = 0;
		return -1;
	}
	if (disk_write(l->fd, l->line.p, l->line.len, l->at) == -1 ||
	    disk_sync(l->fd) == -1) {
		cannot_write(l, err);
		/* What is half of a line would hide the next one. */
		(void)disk_cut(l->fd, l->at);
		l->line.len = 0;
		return -1;
	}
	l->at += l->line.len;
	l->line.len = 0;
	return 0;
}

/* ---- read ---- */

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

struct field_text {
	const char *p; /* a C string, too, where it has no NUL */
	uint32_t len;
};

static struct field_text
read_field(struct arena *a, const char *p, size_t n)
{
	char *out = arena_alloc(a, n + 1);
	uint32_t len = 0;

	for (size_t i = 0; i < n; i++) {
		int high = i + 2 < n ? hex_digit(p[i + 1]) : -1;
		int low = i + 2 < n ? hex_digit(p[i + 2]) : -1;

		if (p[i] == '%' && high >= 0 && low >= 0) {
			out[len++] = (char)(high * 16 + low);
			i += 2;
		} else {
			out[len++] = p[i];
		}
	}
	out[len] = '\0';
	return (struct field_text){out, len};
}

static void
read_box(struct ledger *l, const struct field_text *f)
{
	struct ledger_box *b;

	l->box = arena_more(l->arena, l->box, l->n, &l->size, sizeof *l->box);
	b = &l->box[l->n++];
	l->ended = false; /* another run went on */
	*b = (struct ledger_box){.kind = box_kind_of(f[1].p), .path = f[2].p};
}

static void
read_deed(struct ledger *l, enum deed deed, const struct field_text *f)
{
	struct ledger_box *b;

	if (l->n == 0)
		return;
	b = &l->box[l->n - 1];
	b->v = arena_more(l->arena, b->v, b->n, &b->size, sizeof *b->v);
	b->v[b->n++] = (struct ledger_entry){.deed = deed,
	    .old = f[1].p,
	    .new = f[2].p,
	    .id = f[3].p,
	    .sum = f[4].p,
	    .before = f[5].p,
	    .from = f[6].p,
	    .from_len = f[6].len,
	    .behind = f[7].p};
}

/* done is of the last time that the run was at that box. */
void
ledger_mark(struct ledger *l, const char *word, const char *path)
{
	bool done = strcmp(word, "done") == 0, seen = false;

	l->ended |= strcmp(word, "end") == 0;
	for (uint32_t i = l->n; i-- > 0;) {
		struct ledger_box *b = &l->box[i];

		if (strcmp(b->path, path) != 0)
			continue;
		b->done |= done && !seen;
		b->undo |= strcmp(word, "undo") == 0;
		b->undone |= strcmp(word, "undone") == 0;
		seen = true;
	}
}

static void
read_line(struct ledger *l, const char *p, size_t n)
{
	struct field_text f[FIELDS];

	for (size_t i = 0; i < FIELDS; i++) {
		const char *tab = n > 0 ? memchr(p, '\t', n) : NULL;
		size_t k = tab != NULL ? (size_t)(tab - p) : n;

		f[i] = read_field(l->arena, p, k);
		p += k + (tab != NULL);
		n -= k + (tab != NULL);
	}
	if (strcmp(f[0].p, "box") == 0) {
		read_box(l, f);
		return;
	}
	for (enum deed d = 0; d < DEEDS; d++)
		if (strcmp(f[0].p, deeds[d]) == 0) {
			read_deed(l, d, f);
			return;
		}
	ledger_mark(l, f[0].p, f[1].p);
}

/* The last line may not be all there: what it was to tell was not done. */
static void
read_all(struct ledger *l, const struct buf *text)
{
	const char *p = text->p, *end = text->p + text->len, *lf;

	for (; p < end && (lf = memchr(p, '\n', (size_t)(end - p))); p = lf + 1)
		if (p > text->p)
			read_line(l, p, (size_t)(lf - p));
	l->at = (uint64_t)(p - text->p);
	l->any = true;
}

static int
read_lines(struct ledger *l, const struct buf *text, struct err *err)
{
	const size_t head = sizeof MAGIC - 1;

	if (text->len < head + 18 || memcmp(text->p, MAGIC "\t", head + 1) != 0)
		return err_set(
		    err, "%s/%s is damaged: remove it", l->vault->path, NAME);
	memcpy(l->run, text->p + head + 1, 16);
	if (setjmp(*arena_oom(l->arena)) != 0)
		return err_set(err, "no memory for what the last run did");
	read_all(l, text);
	return 0;
}

static int
read_text(struct ledger *l, int fd, struct buf *text, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid())
		return err_set(
		    err, "%s/%s is no file of ours", l->vault->path, NAME);
	if (buf_room(text, (size_t)st.st_size) == -1)
		return err_set(err, "no memory for what the last run did");
	if (disk_read(fd, text->p, (size_t)st.st_size, 0) != st.st_size)
		return err_errno(
		    err, "cannot read %s/%s", l->vault->path, NAME);
	text->len = (size_t)st.st_size;
	return 0;
}

int
ledger_read(struct ledger *l, struct err *err)
{
	int fd = openat(l->vault->root, NAME,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct buf text = BUF(LIMIT_LEDGER);
	int rc;

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1)
		return err_errno(
		    err, "cannot read %s/%s", l->vault->path, NAME);
	l->arena = arena_new(4 * (size_t)LIMIT_LEDGER);
	rc = l->arena != NULL ? read_text(l, fd, &text, err)
			      : err_set(err, "no memory");
	if (rc == 0)
		rc = read_lines(l, &text, err);
	buf_free(&text);
	close(fd);
	return rc;
}

int
ledger_go_on(struct ledger *l, struct err *err)
{
	l->fd = openat(
	    l->vault->root, NAME, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (l->fd == -1 || disk_cut(l->fd, l->at) == -1)
		return cannot_write(l, err);
	return 0;
}
