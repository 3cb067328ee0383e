#include "unpack.h"

#include <bzlib.h>
#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "limits.h"
#include "sandbox.h"

#define PIECE (64u << 10)
#define GIVE_BACK (8u << 20) /* pages of the file that were read */

enum outcome {
	WHOLE = 0,
	SANDBOX = 20,
	MEMORY,
	DAMAGED,
	SHORT,
};

static const struct {
	enum unpack_kind kind;
	size_t len;
	const char *magic;
} magics[] = {
    {UNPACK_GZIP, 3, "\x1f\x8b\x08"},
    {UNPACK_BZIP2, 3, "BZh"},
    {UNPACK_XZ, 6,
	"\xfd"
	"7zXZ\0"},
    {UNPACK_ZSTD, 4, "\x28\xb5\x2f\xfd"},
};

enum unpack_kind
unpack_kind(const char *p, size_t n)
{
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
		if (n >= magics[i].len &&
		    memcmp(p, magics[i].magic, magics[i].len) == 0)
			return magics[i].kind;
	return UNPACK_NONE;
}

/* ---- in the child ---- */

struct packed {
	const char *p;
	size_t n, at;
	size_t given; /* back to the kernel */
	char out[PIECE];
};

static void
put(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = write(SANDBOX_FD, p, n);

		if (k == -1 && errno != EINTR)
			_exit(WHOLE); /* nobody wants more */
		if (k > 0) {
			p += k;
			n -= (size_t)k;
		}
	}
}

/* What was read of the mapping need not stay in memory. */
static void
read_up_to(struct packed *x, size_t at)
{
	uintptr_t from = (uintptr_t)x->p + x->given;

	x->at = at;
	if (at - x->given < 2 * GIVE_BACK)
		return;
	madvise((void *)from, GIVE_BACK, MADV_DONTNEED);
	x->given += GIVE_BACK;
}

static unsigned
some(size_t n)
{
	return n < PIECE ? (unsigned)n : PIECE;
}

/* Does another one of that kind follow?  Zeros, or whatever else tapes and
   tools leave behind, end it. */
static bool
goes_on(const struct packed *x, enum unpack_kind kind)
{
	return unpack_kind(x->p + x->at, x->n - x->at) == kind;
}

static int
gzip(struct packed *x)
{
	z_stream z = {0};
	int rc = inflateInit2(&z, 15 + 16);

	while (rc == Z_OK && x->at < x->n) {
		unsigned in = some(x->n - x->at);

		z.next_in = (Bytef *)(uintptr_t)(x->p + x->at);
		z.avail_in = in;
		z.next_out = (Bytef *)x->out;
		z.avail_out = PIECE;
		rc = inflate(&z, Z_NO_FLUSH);
		put(x->out, PIECE - z.avail_out);
		read_up_to(x, x->at + in - z.avail_in);
		if (rc == Z_BUF_ERROR && (z.avail_in < in || !z.avail_out))
			rc = Z_OK;
		if (rc == Z_STREAM_END && !goes_on(x, UNPACK_GZIP))
			return WHOLE;
		if (rc == Z_STREAM_END)
			rc = inflateReset(&z);
	}
	while (rc == Z_OK) { /* what it still holds */
		z.next_out = (Bytef *)x->out;
		z.avail_out = PIECE;
		rc = inflate(&z, Z_NO_FLUSH);
		put(x->out, PIECE - z.avail_out);
		if (rc == Z_STREAM_END)
			return WHOLE;
		if (z.avail_out == PIECE)
			return SHORT;
	}
	return rc == Z_MEM_ERROR ? MEMORY : rc == Z_BUF_ERROR ? SHORT : DAMAGED;
}

static int
bzip2(struct packed *x)
{
	bz_stream z = {0};
	int rc = BZ2_bzDecompressInit(&z, 0, 0);
	unsigned in, made;

	while (rc == BZ_OK) {
		in = some(x->n - x->at);
		z.next_in = (char *)(uintptr_t)(x->p + x->at);
		z.avail_in = in;
		z.next_out = x->out;
		z.avail_out = PIECE;
		rc = BZ2_bzDecompress(&z);
		made = PIECE - z.avail_out;
		put(x->out, made);
		read_up_to(x, x->at + in - z.avail_in);
		if (rc == BZ_OK && made == 0 && in == 0)
			return SHORT;
		if (rc != BZ_STREAM_END)
			continue;
		if (!goes_on(x, UNPACK_BZIP2))
			return WHOLE;
		BZ2_bzDecompressEnd(&z);
		z = (bz_stream){0};
		rc = BZ2_bzDecompressInit(&z, 0, 0);
	}
	return rc == BZ_MEM_ERROR ? MEMORY : DAMAGED;
}

static int
xz(struct packed *x)
{
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_ret rc =
	    lzma_stream_decoder(&z, LIMIT_UNPACK_AS, LZMA_CONCATENATED);

	while (rc == LZMA_OK) {
		size_t in = some(x->n - x->at);

		z.next_in = (const uint8_t *)x->p + x->at;
		z.avail_in = in;
		z.next_out = (uint8_t *)x->out;
		z.avail_out = PIECE;
		rc = lzma_code(&z, in == x->n - x->at ? LZMA_FINISH : LZMA_RUN);
		put(x->out, PIECE - z.avail_out);
		read_up_to(x, x->at + in - z.avail_in);
	}
	return rc == LZMA_STREAM_END                               ? WHOLE
	       : rc == LZMA_BUF_ERROR                              ? SHORT
	       : rc == LZMA_MEM_ERROR || rc == LZMA_MEMLIMIT_ERROR ? MEMORY
								   : DAMAGED;
}

static int
zstd(struct packed *x)
{
	ZSTD_DCtx *z = ZSTD_createDCtx();
	size_t rc = 1;

	if (z == NULL)
		return MEMORY;
	for (;;) {
		ZSTD_inBuffer in = {x->p + x->at, some(x->n - x->at), 0};
		ZSTD_outBuffer out = {x->out, PIECE, 0};

		rc = ZSTD_decompressStream(z, &out, &in);
		if (ZSTD_isError(rc))
			return DAMAGED;
		put(x->out, out.pos);
		read_up_to(x, x->at + in.pos);
		if (rc == 0 && !goes_on(x, UNPACK_ZSTD))
			return WHOLE;
		if (out.pos == 0 && in.pos == 0 && rc != 0)
			return SHORT;
	}
}

_Noreturn static void
child(struct packed *x, enum unpack_kind kind, int fd, pid_t parent)
{
	static int (*const how[])(struct packed *) = {[UNPACK_GZIP] = gzip,
	    [UNPACK_BZIP2] = bzip2,
	    [UNPACK_XZ] = xz,
	    [UNPACK_ZSTD] = zstd};

	/* It goes on for as long as its stream is read. */
	if (sandbox_enter(fd, LIMIT_UNPACK_AS, UINT32_MAX, parent) == -1)
		_exit(SANDBOX);
	_exit(how[kind](x));
}

/* ---- in the parent ---- */

int
unpack_start(struct unpack *u, enum unpack_kind kind, int fd, size_t size,
    struct err *err)
{
	struct packed x = {.n = size};
	pid_t parent = getpid();
	int pipe_fd[2];
	void *map;

	map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return err_errno(err, "cannot map it");
	x.p = map;
	if (pipe2(pipe_fd, O_CLOEXEC) == -1) {
		munmap(map, size);
		return err_errno(err, "no pipe for a child to unpack in");
	}
	if ((u->pid = fork()) == 0) {
		signal(SIGPIPE, SIG_DFL);
		child(&x, kind, pipe_fd[1], parent);
	}
	munmap(map, size);
	close(pipe_fd[1]);
	u->fd = pipe_fd[0];
	if (u->pid != -1)
		return 0;
	err_errno(err, "no child to unpack in (ulimit -u)");
	close(u->fd);
	return -1;
}

int
unpack_end(struct unpack *u, bool whole, struct err *err)
{
	int status = 0;

	close(u->fd);
	if (!whole)
		kill(u->pid, SIGKILL);
	while (waitpid(u->pid, &status, 0) == -1 && errno == EINTR)
		continue;
	if (!whole)
		return 0;
	if (WIFSIGNALED(status))
		return err_set(err,
		    "unpacking died of signal %d: did the file change?",
		    WTERMSIG(status));
	switch (WEXITSTATUS(status)) {
	case WHOLE:
		return 0;
	case SANDBOX:
		return err_set(err, "the sandbox could not be set up");
	case MEMORY:
		return err_set(err, "unpacking took too much memory");
	case SHORT:
		return err_set(err, "the packed file ends too early");
	default:
		return err_set(err, "the packed file is damaged");
	}
}
