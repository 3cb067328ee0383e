#include "apply_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"
#include "message.h"
#include "worker.h"

#define N(x) ((unsigned long long)(x))

static void say(struct apply *a, bool trouble, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
say(struct apply *a, bool trouble, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	a->wish.say(a->wish.ctx, trouble, text);
}

/* ---- the ledger ---- */

void
apply_note_box(struct apply *a, enum box_kind kind, const char *path)
{
	ledger_box(&a->ledger, kind, path);
}

/* "apply RUN", "undo RUN" */
int
apply_done(void *ctx, const char *tag, struct err *err)
{
	struct apply *a = ctx;
	struct ledger *l = &a->ledger;
	const char *run = strchr(tag, ' ');
	bool undo = strncmp(tag, "undo ", 5) == 0, old = l->fd == -1;

	/* Of a run that is not the last one any more, or of another vault. */
	if (run == NULL || strcmp(run + 1, l->run) != 0)
		return 0;
	if (old && ledger_go_on(l, err) == -1)
		return -1;
	ledger_word(l, undo ? "undone" : "done", a->path);
	ledger_mark(l, undo ? "undone" : "done", a->path);
	return ledger_sync(l, err);
}

/* Where the last deed of that run may be half done.  What is in the way of that
   is in the way of no other box. */
static void
repair(struct apply *a, const struct ledger_box *b)
{
	const struct ledger_entry *e = b->n > 0 ? &b->v[b->n - 1] : NULL;
	struct err err;

	if (e == NULL || b->kind == BOX_MBOX)
		return;
	if ((b->kind == BOX_MAILDIR ? apply_maildir_repair(b, e, &err)
				    : apply_file_repair(b, e, &err)) == -1)
		say(a, true, "%s: after an interrupted run: %s", b->path,
		    err.text);
}

/* A run that was killed and the one that finishes its work are one. */
static int
take_over(struct apply *a, struct err *err)
{
	struct ledger *l = &a->ledger;

	if (ledger_read(l, err) == -1)
		return -1;
	for (uint32_t i = 0; i < l->n; i++)
		if (l->box[i].undo && !l->box[i].undone)
			return err_set(err,
			    "%s: the last --undo did not come to its end: run "
			    "it again first",
			    l->box[i].path);
	if (!l->any || l->ended || l->n == 0 || l->box[l->n - 1].undone)
		return 0;
	repair(a, &l->box[l->n - 1]);
	return ledger_go_on(l, err);
}

/* ---- a run ---- */

int
apply_open(struct apply **out, const struct apply_wish *wish, struct err *err)
{
	struct apply *a = calloc(1, sizeof *a);

	*out = NULL;
	if (a == NULL)
		return err_set(err, "no memory");
	a->wish = *wish;
	a->fd = a->splice.spool = a->ledger.fd = a->ledger.lock = -1;
	a->bytes = BUF(LIMIT_MESSAGE + (1u << 20));
	a->out = BUF(LIMIT_MESSAGE + (1u << 20));
	if (vault_open(&a->vault, wish->vault, true, err) == 0 &&
	    vault_remember(&a->vault, err) == 0 &&
	    ledger_open(&a->ledger, &a->vault, err) == 0 &&
	    take_over(a, err) == 0) {
		*out = a;
		return 0;
	}
	ledger_close(&a->ledger);
	vault_close(&a->vault);
	free(a);
	return -1;
}

void
apply_close(struct apply *a)
{
	struct err err;

	if (a == NULL)
		return;
	if (a->ledger.fd != -1) {
		ledger_word(&a->ledger, "end", NULL);
		if (ledger_sync(&a->ledger, &err) == -1)
			say(a, true, "%s", err.text);
	}
	ledger_close(&a->ledger);
	vault_close(&a->vault);
	splice_close(&a->splice);
	buf_free(&a->bytes);
	buf_free(&a->out);
	free(a->path);
	free(a->noted);
	free(a->base);
	free(a->file);
	free(a);
}

bool
apply_waits(const char *path)
{
	char real[LIMIT_PATH]; /* PATH_MAX */

	return realpath(path, real) != NULL && journal_left(real);
}

int
apply_box(struct apply *a, const char *path, struct err *err)
{
	struct splice_job job = {.done = apply_done, .ctx = a};
	struct err why;

	free(a->path);
	a->path = NULL;
	a->ops = NULL;
	a->box = (struct counts){0};
	a->stop = false;
	a->before[0] = '\0';
	a->name = path;
	if (strcmp(path, "-") == 0)
		return err_set(err, "-: nothing can be changed in standard "
				    "input");
	if ((a->path = realpath(path, NULL)) == NULL ||
	    stat(a->path, &a->was) == -1)
		return err_errno(err, "%s", path);
	if (apply_in_vault(a, a->path))
		return err_set(
		    err, "%s: it is the vault: nothing is changed in it", path);
	job.path = a->path;
	job.was = a->was;
	if (!S_ISREG(a->was.st_mode) || !splice_left(a->path))
		return 0;
	if (splice_resume(&job, &why) == 0)
		return 0;
	return err_set(err, "%s: %s", path, why.text);
}

int
apply_kind(struct apply *a, const struct box *b, struct err *err)
{
	a->kind = box_is(b);
	if (box_is_packed(b))
		return err_set(err,
		    "%s: it is packed: nothing is changed in it; unpack it "
		    "first",
		    a->name);
	if (a->wish.move != NULL && a->kind != BOX_MAILDIR)
		return err_set(err,
		    "%s: --move is for a Maildir; nothing is changed in this "
		    "%s",
		    a->name, box_kind_name(a->kind));
	a->counted = box_is_counted(b);
	a->dated = box_is_dated(b);
	a->ops = a->kind == BOX_MBOX      ? &apply_mbox
		 : a->kind == BOX_MAILDIR ? &apply_maildir
					  : &apply_file;
	return 0;
}

/* ---- a message ---- */

int
apply_read_file(struct apply *a, const char *path, struct err *err)
{
	int fd = open(
	    path, O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int rc = -1;
	size_t n;

	if (fd == -1)
		return err_errno(err, "cannot be opened");
	a->bytes.len = 0;
	if (fstat(fd, &a->st) == -1 || !S_ISREG(a->st.st_mode)) {
		err_set(err, "it is no file any more");
		goto out;
	}
	n = (size_t)a->st.st_size;
	if (buf_room(&a->bytes, n + 1) == -1) {
		a->bytes.failed = false;
		err_set(err, "no memory");
	} else if (disk_read(fd, a->bytes.p, n + 1, 0) != (ssize_t)n) {
		err_set(err, "it changed meanwhile");
	} else {
		a->bytes.len = n;
		rc = 0;
	}
out:
	close(fd);
	return rc;
}

/* Is it what was judged? */
static int
read_again(struct apply *a, const struct pool_item *item, struct err *err)
{
	char sum[VAULT_ID + 1];

	a->bytes.len = a->skip = 0;
	if (a->ops->read(a, item, err) == -1)
		return -1;
	if (item->sum == NULL || a->bytes.len - a->skip != item->len)
		return err_set(err, "it changed meanwhile");
	SHA256Data((const uint8_t *)a->bytes.p + a->skip, item->len, sum);
	if (strcmp(sum, item->sum) != 0)
		return err_set(err, "it changed meanwhile");
	return worker_check(
	    &item->report, a->wish.rules, a->bytes.p + a->skip, item->len, err);
}

static int
put(void *ctx, const char *p, size_t n)
{
	return buf_put(ctx, p, n);
}

static int
keep(struct apply *a, struct rewrite *w, enum action action, struct err *err)
{
	a->stop = rewrite_keep(w, action, NULL, NULL, err) != 0;
	return a->stop ? -1 : 0;
}

static int
cut(struct apply *a, struct rewrite *w, const struct pool_item *item,
    struct err *err)
{
	struct buf field = BUF(LIMIT_FIELD);
	int rc;

	if (keep(a, w, ACTION_CUT, err) == -1)
		return -1;
	memcpy(a->id, w->id, sizeof a->id);
	a->out.len = 0;
	rc = rewrite_field(w, &field) == -1 ||
		     rewrite_write(w, &field, put, &a->out) == -1
		 ? err_set(err, "no memory for the result")
		 : a->ops->replace(a, item, err);
	a->out.failed = false;
	buf_free(&field);
	a->box.cut += rc == 0;
	return rc;
}

static int
hold(struct apply *a, struct rewrite *w, const struct pool_item *item,
    struct err *err)
{
	int rc;

	if (a->wish.move != NULL) {
		rc = a->ops->move(a, item, err);
		a->box.moved += rc == 0;
		return rc; /* 1: it is there already */
	}
	if (keep(a, w, ACTION_HOLD, err) == -1)
		return -1;
	memcpy(a->id, w->id, sizeof a->id);
	rc = a->ops->remove(a, item, err);
	a->box.held += rc == 0;
	return rc;
}

/* Released by us, or cut before. */
static bool
is_ours(struct rewrite *w)
{
	struct vault_found f;

	if (w->report->ntoken == 0 || !rewrite_find_token(w, &f))
		return false;
	log_info("passed as it is: the token of %s holds", f.id);
	return true;
}

/* --action hold. */
static void
hold_all(const struct apply *a, struct report *r)
{
	if (a->wish.action != ACTION_HOLD || r->action != ACTION_CUT)
		return;
	r->action = r->may_hold ? ACTION_HOLD : ACTION_MARK;
	r->ncut = r->nedit = 0;
}

/* 1; 0: it stays, and that is right; -1. */
static int
act(struct apply *a, struct pool_item *item, struct err *err)
{
	struct rewrite w = {.report = &item->report,
	    .rules = a->wish.rules,
	    .len = item->len,
	    .vault = &a->vault,
	    .arena = a->arena};
	int rc;

	if (read_again(a, item, err) == -1)
		return -1;
	w.p = a->bytes.p + a->skip;
	if (is_ours(&w))
		return 0;
	rc = item->report.action == ACTION_CUT ? cut(a, &w, item, err)
					       : hold(a, &w, item, err);
	return rc == 0 ? 1 : rc == 1 ? 0 : -1;
}

/* What was to be cut, and can only be held. */
static bool
cannot_cut(const struct apply *a, const struct pool_item *item)
{
	return a->wish.action == ACTION_CUT &&
	       item->report.action != ACTION_CUT &&
	       item->report.refusal != REFUSAL_NONE;
}

bool
apply_message(struct apply *a, struct pool_item *item)
{
	struct err err;
	int rc = 0;

	if (a->ops == NULL)
		return false;
	hold_all(a, &item->report);
	if (a->stop) {
		a->box.left += item->report.action > ACTION_MARK;
	} else if (cannot_cut(a, item)) {
		say(a, false, "%s: left as it is, it cannot be cut: %s",
		    item->id, report_refusal_name(item->report.refusal));
		a->box.left++;
	} else if (item->why == NULL && item->report.action > ACTION_MARK) {
		a->arena = arena_new(LIMIT_ARENA);
		rc = a->arena != NULL ? act(a, item, &err)
				      : err_set(&err, "no memory");
		arena_free(a->arena);
	}
	if (rc == -1) {
		say(a, true, "%s: left as it is%s: %s", item->id,
		    a->stop ? ", and what comes behind it" : "", err.text);
		a->box.left++;
	}
	if (rc != 1 && a->ops->stay != NULL)
		a->ops->stay(a, item);
	return rc == 1;
}

void
apply_box_end(struct apply *a)
{
	struct counts *n = &a->box;
	struct err err;

	if (a->ops == NULL)
		return;
	if (a->ops->end != NULL && a->ops->end(a, &err) == -1) {
		say(a, true, "%s: %s", a->name, err.text);
		n->left += n->cut + n->held;
		n->cut = n->held = 0;
	}
	a->all.cut += n->cut;
	a->all.held += n->held;
	a->all.moved += n->moved;
	a->all.left += n->left;
	a->ops = NULL;
}

void
apply_sum_up(struct apply *a, struct buf *out)
{
	buf_printf(out, "%llu cut, ", N(a->all.cut));
	if (a->wish.move != NULL)
		buf_printf(
		    out, "%llu moved to %s", N(a->all.moved), a->wish.move);
	else
		buf_printf(out, "%llu held", N(a->all.held));
	if (a->all.left > 0)
		buf_printf(out, ", %llu left as they are", N(a->all.left));
	buf_puts(out, "\n");
}

bool
apply_in_vault(const struct apply *a, const char *path)
{
	char vault[LIMIT_PATH]; /* PATH_MAX */
	size_t n;

	if (realpath(a->wish.vault, vault) == NULL)
		return false;
	n = strlen(vault);
	return strncmp(path, vault, n) == 0 &&
	       (path[n] == '\0' || path[n] == '/');
}

int
apply_place(struct apply *a, const struct pool_item *item, struct err *err)
{
	size_t n = strlen(item->box);
	bool same = a->noted != NULL && strcmp(a->noted, item->box) == 0;
	char path[LIMIT_PATH];

	free(a->file);
	a->file =
	    strdup(strncmp(item->id, item->box, n) == 0 && item->id[n] == '/'
		       ? item->id + n + 1
		       : "");
	if (!same) {
		free(a->noted);
		free(a->base);
		a->noted = strdup(item->box);
		a->base = realpath(item->box, NULL);
		if (a->base == NULL)
			return err_errno(err, "cannot be found");
		apply_note_box(a, a->kind, a->base);
	}
	if (a->file != NULL &&
	    (apply_in_vault(a, a->base) ||
		(disk_join(path, sizeof path, a->base, a->file) &&
		    apply_in_vault(a, path))))
		return err_set(err, "it is in the vault");
	return a->file != NULL && a->noted != NULL ? 0
						   : err_set(err, "no memory");
}
