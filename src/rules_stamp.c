#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "rules_private.h"

/* What a rule set was read from, so that it need not be read again. */

static struct rules_stamp
stamp_of(const char *path, const struct stat *st)
{
	struct rules_stamp s = {.path = path, .missing = st == NULL};

	if (st == NULL)
		return s;
	s.dev = st->st_dev;
	s.ino = st->st_ino;
	s.size = (uint64_t)st->st_size;
	s.mtime = st->st_mtim.tv_sec;
	s.mtime_ns = st->st_mtim.tv_nsec;
	s.ctime = st->st_ctim.tv_sec;
	s.ctime_ns = st->st_ctim.tv_nsec;
	return s;
}

void
rules_stamp(struct rules *r, const char *path, const struct stat *st)
{
	r->stamp = arena_more(
	    r->arena, r->stamp, r->nstamp, &r->stamp_size, sizeof *r->stamp);
	r->stamp[r->nstamp++] =
	    stamp_of(arena_dup(r->arena, path, strlen(path)), st);
}

bool
rules_stamps_hold(const struct rules_stamp *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct rules_stamp *w = &v[i];
		struct rules_stamp s;
		struct stat st;

		if (stat(w->path, &st) == -1) {
			if (w->missing && (errno == ENOENT || errno == ENOTDIR))
				continue;
			return false;
		}
		s = stamp_of(w->path, &st);
		if (w->missing || s.dev != w->dev || s.ino != w->ino ||
		    s.size != w->size || s.mtime != w->mtime ||
		    s.mtime_ns != w->mtime_ns || s.ctime != w->ctime ||
		    s.ctime_ns != w->ctime_ns)
			return false;
	}
	return true;
}
