#include "feed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "limits.h"
#include "message.h"

#define PIECE (64u << 10)
#define HOLE (8u << 20)

/* n bytes at `at`, or fewer at the end of the file. */
static ssize_t
read_at(int fd, char *p, size_t n, uint64_t at)
{
	size_t have = 0;

	while (have < n) {
		ssize_t got = pread(fd, p + have, n - have, (off_t)(at + have));

		if (got == -1 && errno != EINTR)
			return -1;
		if (got == 0)
			break;
		if (got > 0)
			have += (size_t)got;
	}
	return (ssize_t)have;
}

static int
open_packed(struct feed *f, enum unpack_kind kind, struct err *err)
{
	if (unpack_start(&f->unpack, kind, f->fd, f->size, err) == -1)
		return -1;
	f->packed_fd = f->fd;
	f->packed = f->size;
	f->stream = f->unpack.fd;
	f->fd = -1;
	f->size = 0;
	return 0;
}

int
feed_open(struct feed *f, int fd, bool unpack, struct err *err)
{
	char magic[UNPACK_MAGIC];
	enum unpack_kind kind;
	struct stat st;
	ssize_t n;

	*f = (struct feed){.fd = fd, .packed_fd = -1, .stream = -1};
	if (fstat(fd, &st) == -1) {
		err_errno(err, "cannot be read");
		goto fail;
	}
	f->size = (uint64_t)st.st_size;
	f->ended = S_ISREG(st.st_mode);
	if (f->ended) {
		n = unpack ? read_at(fd, magic, sizeof magic, 0) : 0;
		kind = unpack_kind(magic, n > 0 ? (size_t)n : 0);
		f->ended = kind == UNPACK_NONE;
		if (!f->ended && open_packed(f, kind, err) == -1)
			goto fail;
	} else {
		f->stream = fd;
		f->fd = -1;
		f->size = 0;
	}
	if (f->ended || (f->fd = message_spool_open(err)) != -1)
		return 0;
fail:
	feed_close(f);
	return -1;
}

/* A bomb is told by how much comes out of little. */
static int
check_ratio(const struct feed *f, struct err *err)
{
	if (f->size > LIMIT_UNPACKED)
		return err_set(err, "it has no end");
	if (f->packed > 0 && f->size > LIMIT_UNPACK_FREE &&
	    f->size / LIMIT_UNPACK_RATIO > f->packed)
		return err_set(err, "it unpacks to more than %u times its size",
		    LIMIT_UNPACK_RATIO);
	return 0;
}

static int
end_stream(struct feed *f, struct err *err)
{
	f->ended = true;
	if (f->packed == 0)
		return 0;
	f->stream = -1;
	return unpack_end(&f->unpack, true, err);
}

/* Takes in one more piece of the stream. */
static int
take_in(struct feed *f, struct err *err)
{
	struct pollfd wait = {.fd = f->stream, .events = POLLIN};
	char piece[PIECE];
	ssize_t got = read(f->stream, piece, sizeof piece);

	if (got == -1 && errno == EAGAIN)
		poll(&wait, 1, -1);
	else if (got == -1 && errno != EINTR)
		return err_errno(err, "cannot be read");
	if (got <= 0)
		return got == 0 ? end_stream(f, err) : 0;
	for (ssize_t done = 0; done < got;) {
		ssize_t put = pwrite(
		    f->fd, piece + done, (size_t)(got - done), (off_t)f->size);

		if (put == -1 && errno != EINTR)
			return err_errno(
			    err, "cannot write the temporary file");
		if (put > 0) {
			done += put;
			f->size += (uint64_t)put;
		}
	}
	return check_ratio(f, err);
}

ssize_t
feed_read(struct feed *f, char *p, size_t n, uint64_t at, struct err *err)
{
	ssize_t got;

	while (!f->ended && f->size < at + n)
		if (take_in(f, &f->fault) == -1)
			f->failed = f->ended = true;
	if (at >= f->size)
		return 0;
	if (n > f->size - at)
		n = f->size - at;
	if ((got = read_at(f->fd, p, n, at)) == -1)
		return err_errno(err, "cannot be read");
	if ((size_t)got < n)
		return err_set(err, "it became shorter while it was read");
	return got;
}

int
feed_fault(const struct feed *f, struct err *err)
{
	return f->failed ? err_set(err, "%s", f->fault.text) : 0;
}

void
feed_done(struct feed *f, uint64_t at)
{
	if (f->stream == -1 || at < f->freed + HOLE)
		return;
	/* Where a file system makes no holes the file just grows. */
	at -= at % HOLE;
	fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
	    (off_t)f->freed, (off_t)(at - f->freed));
	f->freed = at;
}

void
feed_close(struct feed *f)
{
	struct err err;

	if (f->packed > 0 && f->stream != -1)
		unpack_end(&f->unpack, false, &err);
	else if (f->stream != -1)
		close(f->stream);
	if (f->fd != -1)
		close(f->fd);
	if (f->packed_fd != -1)
		close(f->packed_fd);
	*f = (struct feed){.fd = -1, .packed_fd = -1, .stream = -1};
}
