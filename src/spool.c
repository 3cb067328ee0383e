#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "message.h"

#define PIECE (64u << 10)
#define HOLE (1u << 20)

int
spool_open(struct spool *s, struct err *err)
{
	*s = (struct spool){.waiting = BUF(256u << 20)};
	s->fd = message_spool_open(err);
	return s->fd == -1 ? -1 : 0;
}

int
spool_flush(struct spool *s, struct err *err)
{
	int rc = s->waiting.failed
		     ? err_set(err, "no memory")
		     : message_write(s->fd, s->waiting.p, s->waiting.len, err);

	s->waiting.len = 0;
	return rc;
}

int
spool_put(struct spool *s, const char *p, size_t n, struct err *err)
{
	buf_put(&s->waiting, p, n);
	s->len += n;
	return s->waiting.len >= PIECE || s->waiting.failed
		   ? spool_flush(s, err)
		   : 0;
}

int
spool_get(struct spool *s, char *p, size_t n, uint64_t at, struct err *err)
{
	if (s->waiting.len > 0 && spool_flush(s, err) == -1)
		return -1;
	while (n > 0) {
		ssize_t got = pread(s->fd, p, n, (off_t)at);

		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0 ? err_set(err, "the spool is shorter "
						       "than it was")
					: err_errno(err, "the spool");
		p += got;
		n -= (size_t)got;
		at += (uint64_t)got;
	}
	return 0;
}

void
spool_done(struct spool *s, uint64_t at)
{
	/* Where a file system makes no holes the file just grows. */
	if (at >= HOLE)
		fallocate(s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		    (off_t)(at - at % HOLE));
}

void
spool_close(struct spool *s)
{
	if (s->fd > 0)
		close(s->fd);
	buf_free(&s->waiting);
}
