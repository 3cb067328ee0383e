/*
 * --undo of an mbox: what was cut is found by its sum, wherever it is now; what
 * was held goes back to its place, or behind the message that stood before it,
 * or to the end.
 */
#include "apply_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct there { /* a message of the box as it is now */
	uint64_t from, at, end, next;
	char sum[VAULT_ID + 1];
};

struct want { /* what is to be done with it */
	uint64_t at;
	uint32_t order;
	uint32_t message; /* that is replaced, or stands before; or NONE */
	const struct ledger_entry *e;
};

#define NONE UINT32_MAX

struct mbox {
	struct undo *u;
	const struct ledger_box *b;
	int fd;
	uint64_t size;
	struct there *v;
	uint32_t n, room;
	struct want *want;
	uint32_t nwant;
};

/* ---- what is there ---- */

static int
add(struct mbox *m, const struct box_item *item)
{
	struct there *t;
	SHA2_CTX ctx;

	if (m->n == m->room) {
		uint32_t room = m->room > 0 ? m->room * 2 : 256;

		t = reallocarray(m->v, room, sizeof *t);
		if (t == NULL)
			return -1;
		m->v = t;
		m->room = room;
	}
	t = &m->v[m->n];
	*t =
	    (struct there){.at = item->offset, .end = item->offset + item->len};
	SHA256Init(&ctx);
	if (apply_from_line(m->fd, t->at, &t->from) == -1 ||
	    disk_sum(m->fd, t->at, item->len, &ctx) == -1)
		return -1;
	SHA256End(&ctx, t->sum);
	t->next = splice_behind(m->fd, t->end);
	m->n++;
	return 0;
}

static int
look(struct mbox *m, struct err *err)
{
	const struct box_wish wish = {.kind = BOX_MBOX};
	struct box_item item;
	struct box *b;
	int rc;

	/* All of it may have been held. */
	if (m->size == 0)
		return 0;
	if (box_open(&b, m->b->path, &wish, err) == -1)
		return -1;
	while ((rc = box_next(b, &item, err)) == 1)
		if (add(m, &item) == -1) {
			rc = err_set(err, "it cannot be read");
			break;
		}
	box_close(b);
	return rc;
}

/* ---- what goes where ---- */

static struct want *
new_want(struct mbox *m, const struct ledger_entry *e)
{
	struct want *w = &m->want[m->nwant];

	*w = (struct want){.order = m->nwant++, .message = NONE, .e = e};
	return w;
}

/* A message with that sum that is not taken yet, from *i on. */
static uint32_t
find(const struct mbox *m, const char *sum, uint32_t i)
{
	for (; i < m->n; i++)
		if (memcmp(m->v[i].sum, sum, VAULT_ID) == 0)
			return i;
	return NONE;
}

static int
by_sum(const void *a, const void *b, void *ctx)
{
	const struct mbox *m = ctx;
	const uint32_t *x = a, *y = b;
	int rc = memcmp(m->v[*x].sum, m->v[*y].sum, VAULT_ID);

	return rc != 0 ? rc : (*x > *y) - (*x < *y);
}

/* The first of the ordered with that sum. */
static uint32_t
lower(const struct mbox *m, const uint32_t *order, const char *sum)
{
	uint32_t lo = 0, hi = m->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (memcmp(m->v[order[mid]].sum, sum, VAULT_ID) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void
want_cuts(struct mbox *m, uint32_t *order, bool *taken)
{
	for (uint32_t i = 0; i < m->b->n; i++) {
		const struct ledger_entry *e = &m->b->v[i];
		uint32_t k;
		struct want *w;

		if (e->deed != DEED_CUT || strlen(e->sum) != VAULT_ID)
			continue;
		k = lower(m, order, e->sum);
		while (k < m->n && taken[order[k]] &&
		       memcmp(m->v[order[k]].sum, e->sum, VAULT_ID) == 0)
			k++;
		if (k == m->n ||
		    memcmp(m->v[order[k]].sum, e->sum, VAULT_ID) != 0) {
			apply_undo_left(m->u, m->b->path,
			    "a message that was cut was changed or removed "
			    "since");
			continue;
		}
		taken[order[k]] = true;
		w = new_want(m, e);
		w->message = order[k];
		w->at = m->v[order[k]].at;
	}
}

/* Is the boundary before message i (m->n: the end) behind that sum? */
static bool
behind(const struct mbox *m, uint32_t i, const char *sum)
{
	if (sum[0] == '\0')
		return true;
	return i > 0 && strcmp(m->v[i - 1].sum, sum) == 0;
}

static uint64_t
boundary(const struct mbox *m, uint32_t i)
{
	return i < m->n ? m->v[i].from : m->n > 0 ? m->v[m->n - 1].next : 0;
}

/* The message before which the boundary `at` is; NONE: it is none. */
static uint32_t
at_boundary(const struct mbox *m, uint64_t at)
{
	uint32_t lo = 0, hi = m->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (m->v[mid].from < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return boundary(m, lo) == at ? lo : NONE;
}

/* Where it is to go, not before `last`, where the one before it went; NONE:
   what stood before it is gone. */
static uint32_t
place(const struct mbox *m, const struct ledger_entry *e, uint32_t last)
{
	uint32_t i = at_boundary(m, strtoull(e->new, NULL, 10));

	if (i != NONE && i >= last && behind(m, i, e->before))
		return i;
	if (e->before[0] == '\0')
		return last == 0 ? 0 : NONE;
	if (last > 0 && behind(m, last, e->before))
		return last;
	i = find(m, e->before, last);
	return i != NONE ? i + 1 : NONE;
}

static void
want_held(struct mbox *m)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < m->b->n; i++) {
		const struct ledger_entry *e = &m->b->v[i];
		struct want *w;
		uint32_t k;

		if (e->deed != DEED_HOLD)
			continue;
		k = place(m, e, last);
		last = k != NONE ? k : last;
		k = k != NONE ? k : m->n;
		w = new_want(m, e);
		w->message = k > 0 ? k - 1 : NONE;
		w->at = boundary(m, k);
	}
}

static int
by_place(const void *a, const void *b)
{
	const struct want *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static int
plan(struct mbox *m, struct err *err)
{
	uint32_t *order = calloc(m->n + 1u, sizeof *order);
	bool *taken = calloc(m->n + 1u, sizeof *taken);
	int rc = -1;

	m->want = calloc(m->b->n + 1u, sizeof *m->want);
	if (order == NULL || taken == NULL || m->want == NULL) {
		err_set(err, "no memory");
		goto out;
	}
	for (uint32_t i = 0; i < m->n; i++)
		order[i] = i;
	qsort_r(order, m->n, sizeof *order, by_sum, m);
	want_cuts(m, order, taken);
	want_held(m);
	qsort(m->want, m->nwant, sizeof *m->want, by_place);
	rc = 0;
out:
	free(order);
	free(taken);
	return rc;
}

/* ---- the change ---- */

static bool
ends_in_empty_line(const char *p, size_t n)
{
	return (n > 1 && memcmp(p + n - 2, "\n\n", 2) == 0) ||
	       (n > 2 && memcmp(p + n - 3, "\n\r\n", 3) == 0);
}

/* An empty line before it, if the box ends without one; its From_ line, the
   message, and what stood behind it. */
static int
put_held(const struct mbox *m, const struct want *w, struct buf *out,
    struct err *err)
{
	const struct ledger_entry *e = w->e;
	char end[3];
	size_t n = w->at < sizeof end ? (size_t)w->at : sizeof end;
	const char *eol;
	int rc;

	if (disk_read(m->fd, end, n, w->at - n) != (ssize_t)n)
		return err_set(err, "it cannot be read");
	eol =
	    e->from_len > 1 && e->from[e->from_len - 2] == '\r' ? "\r\n" : "\n";
	if (w->at > 0 && !ends_in_empty_line(end, n)) {
		if (end[n - 1] != '\n')
			buf_puts(out, eol);
		buf_puts(out, eol);
	}
	buf_put(out, e->from, e->from_len);
	if ((rc = apply_undo_original(m->u, e->id, out, err)) != 0)
		return rc;
	buf_puts(out, e->behind);
	/* Another one follows now. */
	if (w->at < m->size && !ends_in_empty_line(out->p, out->len)) {
		if (out->p[out->len - 1] != '\n')
			buf_puts(out, eol);
		buf_puts(out, eol);
	}
	return out->failed ? err_set(err, "no memory") : 0;
}

static int
add_want(struct mbox *m, const struct want *w, struct err *err)
{
	const struct there *t = w->message != NONE ? &m->v[w->message] : NULL;
	struct buf out = BUF(LIMIT_MESSAGE + (1u << 20));
	struct splice_change c = {.from = w->at, .to = w->at};
	SHA2_CTX ctx;
	int rc = -1;

	if (t != NULL) {
		c.guard = t->from;
		c.guard_to = t->end;
		SHA256Init(&ctx);
		if (disk_sum(m->fd, t->from, t->end - t->from, &ctx) == -1)
			return err_set(err, "it cannot be read");
		SHA256Final(c.sum, &ctx);
	}
	if (w->e->deed == DEED_CUT) {
		c.whole = true;
		c.to = t->end;
		rc = apply_undo_original(m->u, w->e->id, &out, err);
	} else {
		rc = put_held(m, w, &out, err);
	}
	c.len = rc == 0 ? out.len : 0;
	/* One that the vault has no longer is no reason to leave the others. */
	if (rc == 1)
		apply_undo_left(m->u, m->b->path, err->text);
	if (rc == 0) {
		rc = splice_add(&m->u->a.splice, &c, out.p, err);
		m->u->back += rc == 0;
	}
	buf_free(&out);
	return rc == -1 ? -1 : 0;
}

static int
note(void *ctx, const struct splice_change *c, int box, uint64_t at,
    struct err *err)
{
	(void)ctx;
	(void)c;
	(void)box;
	(void)at;
	(void)err;
	return 0;
}

static int
make(struct mbox *m, const struct stat *was, struct err *err)
{
	struct apply *a = &m->u->a;
	char tag[64];
	struct splice_job job = {.path = m->b->path,
	    .was = *was,
	    .tag = tag,
	    .note = note,
	    .done = apply_done,
	    .ctx = a};
	int rc = 0;

	snprintf(tag, sizeof tag, "undo %s", a->ledger.run);
	free(a->path);
	if ((a->path = strdup(m->b->path)) == NULL)
		return err_set(err, "no memory");
	for (uint32_t i = 0; rc == 0 && i < m->nwant; i++)
		rc = add_want(m, &m->want[i], err);
	if (rc == 0)
		rc = splice_make(&a->splice, &job, err);
	splice_close(&a->splice);
	return rc;
}

int
apply_undo_mbox(struct undo *u, const struct ledger_box *b, struct err *err)
{
	struct mbox m = {.u = u, .b = b};
	uint64_t back = u->back;
	struct stat st;
	int rc = -1;

	m.fd = open(b->path, O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	if (m.fd == -1 || fstat(m.fd, &st) == -1) {
		err_errno(err, "cannot be opened");
		goto out;
	}
	m.size = (uint64_t)st.st_size;
	if (look(&m, err) == 0 && plan(&m, err) == 0)
		rc = make(&m, &st, err);
	if (rc == -1)
		u->back = back;
out:
	if (m.fd != -1)
		close(m.fd);
	free(m.v);
	free(m.want);
	return rc;
}
