#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "limits.h"

#define PIECE (64u << 10)

/* The descriptors a caller gives may be non-blocking: wait, do not spin. */
static bool
again(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	if (errno == EINTR)
		return true;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return false;
	return poll(&p, 1, -1) >= 0 || errno == EINTR;
}

static ssize_t
read_some(int fd, char *p, size_t n)
{
	ssize_t got;

	while ((got = read(fd, p, n)) == -1)
		if (!again(fd, POLLIN))
			return -1;
	return got;
}

int
message_write(int fd, const char *p, size_t n, struct err *err)
{
	while (n > 0) {
		ssize_t put = write(fd, p, n);

		if (put == -1 && !again(fd, POLLOUT))
			return err_errno(err, "cannot write the message");
		if (put > 0) {
			p += put;
			n -= (size_t)put;
		}
	}
	return 0;
}

int
message_print(const char *p, size_t n, const char *command)
{
	struct err err;
	int rc = message_write(STDOUT_FILENO, p, n, &err);

	if (rc == -1 && errno != EPIPE)
		log_error("cannot write what %s prints: %s", command,
		    strerror(errno));
	return rc;
}

int
message_spool_open(struct err *err)
{
	const char *dirs[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
	char name[4096];
	int fd = -1;

	for (size_t i = 0; i < sizeof dirs / sizeof *dirs && fd == -1; i++) {
		if (dirs[i] == NULL || strlen(dirs[i]) > sizeof name - 32)
			continue;
		strcpy(name, dirs[i]);
		strcat(name, "/simsift-XXXXXX");
		if ((fd = mkostemp(name, O_CLOEXEC)) != -1)
			unlink(name);
	}
	if (fd == -1)
		err_errno(err, "no temporary file in $TMPDIR, /var/tmp or "
			       "/tmp");
	return fd;
}

/* What was read so far, and the rest, into a temporary file. */
static int
spool(struct message *m, int fd, struct err *err)
{
	ssize_t got = (ssize_t)m->bytes.len;

	if ((m->spool = message_spool_open(err)) == -1)
		return -1;
	while (got > 0) {
		if (message_write(m->spool, m->bytes.p, (size_t)got, err) == -1)
			return -1;
		m->spool_len += (uint64_t)got;
		if (m->spool_len > LIMIT_SPOOL)
			return err_set(err, "the message has no end");
		got = read_some(fd, m->bytes.p, m->bytes.size);
	}
	if (got == -1)
		return err_errno(err, "cannot read the message");
	m->bytes.len = 0;
	return 0;
}

int
message_read(struct message *m, int fd, size_t limit, struct err *err)
{
	struct stat st;
	size_t hint = PIECE;
	ssize_t got;

	*m = (struct message){.bytes = BUF(limit + 1), .spool = -1};
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		hint = (size_t)st.st_size < limit ? (size_t)st.st_size + 1
						  : limit + 1;
	if (hint > m->bytes.cap)
		hint = m->bytes.cap;
	for (;;) {
		if (m->bytes.len > limit)
			return spool(m, fd, err);
		if (m->bytes.size == m->bytes.len) {
			if (hint > m->bytes.cap - m->bytes.len)
				hint = m->bytes.cap - m->bytes.len;
			if (buf_room(&m->bytes, hint) == -1)
				return err_set(err,
				    "no memory for the message (%zu bytes so "
				    "far)",
				    m->bytes.len);
			hint = PIECE;
		}
		got = read_some(fd, m->bytes.p + m->bytes.len,
		    m->bytes.size - m->bytes.len);
		if (got == -1)
			return err_errno(err, "cannot read the message");
		if (got == 0)
			return 0;
		m->bytes.len += (size_t)got;
	}
}

void
message_drain(int fd)
{
	char piece[PIECE];
	uint64_t all = 0;
	ssize_t got;

	while (all < LIMIT_SPOOL && (got = read_some(fd, piece, PIECE)) > 0)
		all += (uint64_t)got;
}

int
message_write_spool(int fd, const struct message *m, struct err *err)
{
	uint64_t left = m->spool_len;
	char piece[PIECE];
	ssize_t got;

	if (lseek(m->spool, 0, SEEK_SET) == -1)
		return err_errno(err, "cannot rewind the temporary file");
	for (; left > 0; left -= (uint64_t)got) {
		got = read_some(m->spool, piece, sizeof piece);
		if (got == -1)
			return err_errno(err, "cannot read the temporary file");
		if (got == 0 || (uint64_t)got > left)
			return err_set(err, "the temporary file changed");
		if (message_write(fd, piece, (size_t)got, err) == -1)
			return -1;
	}
	return 0;
}

void
message_free(struct message *m)
{
	buf_free(&m->bytes);
	if (m->spool != -1)
		close(m->spool);
	m->spool = -1;
}

/* Offset behind the line that starts at `at`. */
static uint32_t
next_line(const char *p, uint32_t at, uint32_t to)
{
	const char *lf = memchr(p + at, '\n', to - at);

	return lf != NULL ? (uint32_t)(lf - p) + 1 : to;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
empty_line(const char *p, uint32_t at, uint32_t to)
{
	return at < to && (p[at] == '\n' || (p[at] == '\r' && at + 1 < to &&
						p[at + 1] == '\n'));
}

uint32_t
message_from_line(const char *p, uint32_t n)
{
	const char *lf;

	if (n < 5 || memcmp(p, "From ", 5) != 0)
		return 0;
	lf = memchr(p, '\n', n);
	return lf != NULL ? (uint32_t)(lf - p) + 1 : n;
}

/* Length of the field name of the line at..end, or -1: RFC 5322 ftext, then a
   colon; blanks before it are obsolete syntax, still seen. */
static int64_t
name_len(const char *p, uint32_t at, uint32_t end)
{
	uint32_t i = at, stop;

	while (i < end && p[i] > 32 && p[i] < 127 && p[i] != ':')
		i++;
	stop = i;
	while (i < end && is_blank(p[i]))
		i++;
	return stop > at && i < end && p[i] == ':' ? (int64_t)stop - at : -1;
}

/* Does a field follow before the empty line? */
static bool
header_goes_on(const char *p, uint32_t at, uint32_t to)
{
	for (int lines = 0; at < to && lines < 20; lines++) {
		uint32_t end = next_line(p, at, to);

		if (empty_line(p, at, to))
			return false;
		if (name_len(p, at, end) > 0)
			return true;
		at = end;
	}
	return false;
}

static void
add_field(struct header *h, struct arena *a, const struct field *f)
{
	h->field = arena_more(a, h->field, h->n, &h->size, sizeof *h->field);
	h->field[h->n++] = *f;
}

/* The line at..end, not empty, as a field or a fold; false: the body. */
static bool
header_line(struct header *h, struct arena *a, const char *p, uint32_t at,
    uint32_t end, uint32_t to)
{
	int64_t name = name_len(p, at, end);
	struct field f = {.whole = {at, end}};

	if (is_blank(p[at]) && h->n > 0) {
		h->field[h->n - 1].value.to = end;
		h->field[h->n - 1].whole.to = end;
		return true;
	}
	if (name < 0) {
		if (!header_goes_on(p, end, to))
			return false;
		f.odd = true;
		f.name = (struct span){at, at};
		f.value = f.whole;
	} else {
		const char *colon = memchr(p + at + name, ':', end - at);

		f.name = (struct span){at, at + (uint32_t)name};
		f.value = (struct span){(uint32_t)(colon - p) + 1, end};
	}
	add_field(h, a, &f);
	return true;
}

void
message_header(struct header *h, struct arena *a, const char *p, uint32_t from,
    uint32_t to)
{
	uint32_t at, end;

	*h = (struct header){0};
	at = h->start = from + message_from_line(p + from, to - from);
	for (; at < to && !empty_line(p, at, to); at = end) {
		if (h->n >= LIMIT_FIELDS || at - from > LIMIT_HEADER) {
			h->cut_short = true;
			break;
		}
		end = next_line(p, at, to);
		if (!header_line(h, a, p, at, end, to))
			break;
	}
	h->ended = at < to && empty_line(p, at, to);
	h->body = h->ended ? next_line(p, at, to) : at;
}

bool
message_field_is(const char *p, const struct field *f, const char *name)
{
	size_t n = f->name.to - f->name.from;

	return strlen(name) == n && strncasecmp(p + f->name.from, name, n) == 0;
}

const char *
message_eol(const char *p, size_t n)
{
	const char *lf = n > 0 ? memchr(p, '\n', n) : NULL;

	return lf != NULL && lf > p && lf[-1] == '\r' ? "\r\n" : "\n";
}
