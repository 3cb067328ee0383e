/*
 * digest: the messages of mailboxes as one message to be read.
 */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "binder.h"
#include "date.h"
#include "limits.h"
#include "message.h"
#include "post.h"
#include "walk.h"
#include "when.h"
#include "width.h"

#define COLUMNS 78 /* RFC 5322 2.1.1 */
#define WIDEST 300u
#define NARROWEST 30u

struct job {
	const struct options *opt;
	struct config config;
	struct walk walk;
	struct binder binder;
	int64_t since; /* INT64_MIN: all */
	/* The messages that are being judged, in order: the bytes that a cut
	   is made in are none that a child could change. */
	struct spool in;
	uint64_t taken;
	struct buf bytes;
	bool failed;
	struct err err;
};

/* ---- the messages ---- */

static int
see(void *ctx, const char *p, size_t n, struct err *err)
{
	struct job *j = ctx;

	return spool_put(&j->in, p, n, err);
}

/* ASCII case is ignored. */
static bool
has_text(const char *p, uint32_t n, const char *text)
{
	char *copy = strndup(p != NULL ? p : "", n);
	bool has = copy != NULL && strcasestr(copy, text) != NULL;

	free(copy);
	return has;
}

/* A message without a date is not too old. */
static bool
fits(const struct job *j, const struct report *r)
{
	char mail[DATE_MAIL];
	int64_t time;

	if (j->opt->from != NULL &&
	    !has_text(r->from, r->from_len, j->opt->from))
		return false;
	return j->since == INT64_MIN || r->date == NULL ||
	       !date_mail(mail, &time, r->date) || time >= j->since;
}

/* The bytes of the next message. */
static int
take_bytes(struct job *j, size_t n)
{
	int rc;

	j->bytes.len = 0;
	if (buf_room(&j->bytes, n + 1) == -1)
		return err_set(&j->err, "no memory for a message");
	rc = spool_get(&j->in, j->bytes.p, n, j->taken, &j->err);
	j->bytes.len = n;
	return rc;
}

static void
answer(void *ctx, struct pool_item *item)
{
	struct job *j = ctx;
	bool mime = j->binder.format == BINDER_MIME;

	if (j->failed)
		return;
	if (item->why != NULL)
		j->binder.unread++;
	else if (!fits(j, &item->report))
		;
	else if ((mime && take_bytes(j, item->len) == -1) ||
		 binder_add(
		     &j->binder, item, j->bytes.p, j->bytes.len, &j->err) == -1)
		j->failed = true;
	j->taken += item->len;
	if (mime)
		spool_done(&j->in, j->taken);
}

/* ---- the digest ---- */

static int
print(struct job *j)
{
	if (binder_write(&j->binder, STDOUT_FILENO, &j->err) == 0)
		return j->walk.status;
	if (errno != EPIPE)
		log_error("cannot write the digest: %s", j->err.text);
	return EX_IOERR;
}

static int
send(struct job *j)
{
	int fd = message_spool_open(&j->err), rc = -1;

	if (fd != -1) {
		rc = binder_write(&j->binder, fd, &j->err);
		if (rc == 0)
			rc = post_sendmail_file(j->config.settings.sendmail,
			    &j->opt->mail, 1, fd, &j->err);
		close(fd);
	}
	if (rc == 0)
		return j->walk.status;
	log_error("no digest was sent: %s", j->err.text);
	return EX_IOERR;
}

static int
run(struct job *j)
{
	if (conf_open(&j->config, &j->opt->sources, &j->err) == -1) {
		log_error("%s", j->err.text);
		return EX_OSERR;
	}
	conf_log(&j->config.rules);
	if (j->opt->mail != NULL && j->config.settings.sendmail_wrong) {
		log_error("nothing is sent: a `sendmail` line is wrong, and "
			  "another program may not be what was meant");
		return EX_USAGE;
	}
	j->walk.rules = &j->config.rules;
	j->walk.settings = &j->config.settings;
	j->binder.rules = &j->config.rules;
	if (binder_open(&j->binder, &j->err) == -1 ||
	    (j->walk.see != NULL && spool_open(&j->in, &j->err) == -1) ||
	    walk(&j->walk, &j->err) == -1 || j->failed) {
		log_error("no digest: %s", j->err.text);
		return EX_IOERR;
	}
	if (j->binder.unread > 0 && j->walk.status == EX_OK)
		j->walk.status = 1;
	if (j->binder.n == 0) {
		log_warn("no message to be read: no digest");
		return j->walk.status;
	}
	return j->opt->mail != NULL ? send(j) : print(j);
}

/* ---- the command line ---- */

/* A number from low to high; false: it is none. */
static bool
number(const char *s, unsigned long low, unsigned long high, uint32_t *v)
{
	char *end;
	unsigned long n;

	if (s == NULL)
		return true;
	errno = 0;
	n = strtoul(s, &end, 10);
	*v = (uint32_t)n;
	return *s >= '0' && *s <= '9' && *end == '\0' && errno == 0 &&
	       n >= low && n <= high;
}

static bool
read_format(struct binder *b, const char *s)
{
	static const char *const names[] = {"plain", "rfc1153", "mime"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (s == NULL || strcmp(s, names[i]) == 0) {
			b->format = (enum binder_format)i;
			return true;
		}
	return false;
}

static uint32_t
width_of_output(const struct options *opt)
{
	uint32_t n = COLUMNS;

	if (opt->mail == NULL)
		n = width_terminal(STDOUT_FILENO, COLUMNS);
	return n < WIDEST ? n : WIDEST;
}

/* What is wrong with the words of the command line, or NULL. */
static const char *
parse_words(struct job *j, struct err *err)
{
	const struct options *opt = j->opt;
	struct walk *w = &j->walk;

	if (opt->wrong != NULL)
		return opt->wrong;
	if (opt->narg == 0)
		return "digest needs a mailbox, a file or a folder";
	w->path = opt->arg;
	w->npath = opt->narg;
	w->wish.deep = opt->deep;
	if (opt->type != NULL)
		w->wish.kind = box_kind_of(opt->type);
	if (w->wish.kind == BOX_KINDS)
		return "--type: auto, mbox, maildir, mh, folder or file";
	if (!number(opt->workers, 1, LIMIT_WORKERS, &w->workers))
		return "-j: a number from 1 to 256";
	if (!number(opt->max, 0, LIMIT_DIGEST, &j->binder.most))
		return "--max: a number of messages, 100000 at most";
	if (!number(opt->width, NARROWEST, WIDEST, &j->binder.columns))
		return "--width: a number of columns, from 30 to 300";
	if (!read_format(&j->binder, opt->format))
		return "--format: plain, rfc1153 or mime";
	if (opt->mail != NULL && !post_address(opt->mail))
		return "--mail: not an address to send mail to";
	if (opt->since != NULL &&
	    when_since(opt->since, j->binder.now, &j->since, err) == -1)
		return err->text;
	return NULL;
}

int
cmd_digest(const struct options *opt)
{
	struct job j = {.opt = opt,
	    .since = INT64_MIN,
	    .in = {.fd = -1},
	    .bytes = BUF(LIMIT_MESSAGE + 1u),
	    .walk = {.workers = walk_workers(), .answer = answer},
	    .binder = {.columns = width_of_output(opt),
		.to = opt->mail,
		.sent = opt->mail != NULL,
		.spool = {.fd = -1},
		.now = time(NULL)}};
	const char *wrong = parse_words(&j, &j.err);
	int status;

	if (wrong != NULL) {
		log_error("%s", wrong);
		return EX_USAGE;
	}
	j.walk.ctx = &j;
	j.walk.want = WANT_HEADLINE;
	if (j.binder.format == BINDER_MIME)
		j.walk.see = see;
	else
		j.walk.want |= WANT_READING;
	progress_start(&j.walk.progress, opt->quiet);
	status = run(&j);
	binder_close(&j.binder);
	spool_close(&j.in);
	buf_free(&j.bytes);
	conf_close(&j.config);
	return status;
}
