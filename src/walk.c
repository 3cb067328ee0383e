#include "walk.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "limits.h"

#define FEW 4 /* messages that are not worth a pool */

struct walker {
	struct walk *w;
	struct pool *pool;
	unsigned few; /* messages that were judged without the pool */
};

unsigned
walk_workers(void)
{
	cpu_set_t cpus;
	unsigned n = 1;

	if (sched_getaffinity(0, sizeof cpus, &cpus) == 0)
		n = (unsigned)CPU_COUNT(&cpus);
	return n < LIMIT_WORKERS ? n : LIMIT_WORKERS;
}

static void
trouble(struct walk *w, int status, const char *what)
{
	progress_clear(&w->progress);
	log_error("%s", what);
	if (w->status != EX_NOINPUT)
		w->status = status;
}

static void
answer(struct walker *r, struct pool_item *item)
{
	struct walk *w = r->w;

	if (item->why == NULL && item->report.warn & WARN_MBOX)
		item->why = "a whole mailbox, not one message";
	if (item->why != NULL) {
		progress_clear(&w->progress);
		log_error("%s: not judged: %s", item->id, item->why);
		w->status = w->status != EX_NOINPUT ? 1 : EX_NOINPUT;
	}
	w->messages++;
	w->bytes += item->len;
	w->answer(w->ctx, item);
}

/* What is ready; or, before a wait, at least one. */
static void
take_answers(struct walker *r, bool wait)
{
	struct pool_item *item;

	while (pool_take(r->pool, &item, false) == 1)
		answer(r, item);
	if (wait && pool_take(r->pool, &item, true) == 1)
		answer(r, item);
}

/* Too large for the pool's memory: read into our own. */
static char *
read_large(struct box *b, const struct box_item *from, struct err *err)
{
	char *p = malloc(from->len + 1);

	if (p == NULL) {
		err_set(err, "no memory");
		return NULL;
	}
	if (box_read(b, from, p, from->len, err) == (int64_t)from->len)
		return p;
	free(p);
	return NULL;
}

static int
put_message(struct walker *r, struct box *b, const struct box_item *from,
    struct err *err)
{
	struct pool_item item = {
	    .box = from->box, .id = from->id, .offset = from->offset};
	bool fits = from->len <= LIMIT_LOT && r->few == FEW;
	char *room, *own = NULL;
	struct err why;
	int rc = 0;

	if (!fits && r->few < FEW)
		r->few++;
	if (from->len > LIMIT_MESSAGE)
		err_set(&why, "larger than %u bytes", LIMIT_MESSAGE);
	else
		item.len = (uint32_t)from->len;
	while ((room = pool_room(r->pool, fits ? item.len : 0)) == NULL)
		take_answers(r, true);
	if (from->len > LIMIT_MESSAGE ||
	    (!fits && (own = read_large(b, from, &why)) == NULL) ||
	    (fits &&
		box_read(b, from, room, item.len, &why) != (int64_t)item.len)) {
		item.why = why.text;
		item.len = 0;
	}
	if (r->w->see != NULL)
		rc = r->w->see(r->w->ctx, fits ? room : own, item.len, err);
	if (rc == 0)
		rc = pool_put(r->pool, &item, own, err);
	free(own);
	return rc;
}

static int
walk_box(struct walker *r, const char *path, struct err *err)
{
	struct walk *w = r->w;
	struct box_item item;
	struct err why;
	struct box *b;
	uint64_t total, done;
	int rc;

	if (box_open(&b, path, &w->wish, &why) == -1) {
		trouble(w, 1, why.text);
		return 0;
	}
	while ((rc = box_next(b, &item, &why)) != 0) {
		if (rc == -1)
			trouble(w, 1, why.text);
		else if (put_message(r, b, &item, err) == -1)
			break;
		take_answers(r, false);
		done = box_done(b, &total);
		progress_show(&w->progress, done, total, w->messages, w->bytes);
	}
	box_close(b);
	return rc == 0 ? 0 : -1;
}

int
walk(struct walk *w, struct err *err)
{
	struct walker r = {.w = w};
	struct pool_item *item;
	struct stat st;
	int rc = 0;

	r.pool = pool_open(w->rules, w->settings, w->workers, w->want, err);
	if (r.pool == NULL)
		return -1;
	for (int i = 0; i < w->npath && rc == 0; i++) {
		const char *path = w->path[i];

		if (strcmp(path, "-") == 0 || stat(path, &st) == 0) {
			rc = walk_box(&r, path, err);
			continue;
		}
		progress_clear(&w->progress);
		log_error("%s: %s", path, strerror(errno));
		w->status = EX_NOINPUT;
	}
	pool_flush(r.pool);
	while (rc == 0 && pool_take(r.pool, &item, true) == 1)
		answer(&r, item);
	pool_close(r.pool);
	progress_clear(&w->progress);
	return rc;
}
