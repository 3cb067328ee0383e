/*
 * A digest as it is written: header, contents, messages.
 */
#include "binder_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "date.h"
#include "fill.h"
#include "heading.h"
#include "limits.h"
#include "message.h"
#include "page.h"
#include "post.h"
#include "when.h"
#include "width.h"

#define PIECE (64u << 10)
#define NAME 20u     /* columns of a sender in the contents */
#define RULER 70u    /* hyphens before the first message: RFC 1153 */
#define BETWEEN 30u  /* … and between messages */
#define UNFOLDED 78u /* columns of the contents where nothing is folded */

struct writer {
	struct binder *b;
	int fd;
	struct buf out, fields, body;
	uint32_t first; /* of the ring */
	uint32_t cut, held;
	char boundary[2][48]; /* of the whole, of the digest in it */
	char sum[SHA256_DIGEST_STRING_LENGTH];
	struct err *err;
};

static int
flush(struct writer *w)
{
	int rc = w->out.failed
		     ? err_set(w->err, "no memory for the digest")
		     : message_write(w->fd, w->out.p, w->out.len, w->err);

	w->out.len = 0;
	return rc;
}

static void
put_ruler(struct writer *w, char c, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		buf_put(&w->out, &c, 1);
	buf_puts(&w->out, "\n");
}

/* ---- what was spooled ---- */

static const struct bound *
entry(const struct writer *w, uint32_t i)
{
	return &w->b->v[(w->first + i) % w->b->size];
}

static int
read_fields(struct writer *w, const struct bound *e, const char *f[FIELDS])
{
	const char *p;

	w->fields.len = 0;
	if (buf_room(&w->fields, e->fields) == -1)
		return err_set(w->err, "no memory for the digest");
	if (spool_get(&w->b->spool, w->fields.p, e->fields, e->at, w->err))
		return -1;
	p = w->fields.p;
	for (int i = 0; i < FIELDS; i++) {
		f[i] = p;
		p += strlen(p) + 1;
	}
	return 0;
}

static int
put_body(struct writer *w, const struct bound *e)
{
	uint64_t at = e->at + e->fields, end = at + e->len;
	int rc = 0;

	while (rc == 0 && at < end) {
		size_t n = end - at < PIECE ? (size_t)(end - at) : PIECE;

		if (buf_room(&w->out, n) == -1)
			return flush(w);
		rc = spool_get(
		    &w->b->spool, w->out.p + w->out.len, n, at, w->err);
		w->out.len += n;
		at += n;
		if (rc == 0 && w->out.len >= PIECE)
			rc = flush(w);
	}
	return rc;
}

/* ---- the header ---- */

/* The newest one that is not in the future, as forged ones are. */
static time_t
date_of(const struct writer *w)
{
	int64_t newest = INT64_MIN;

	for (uint32_t i = 0; !w->b->sent && i < w->b->n; i++) {
		const struct bound *e = entry(w, i);

		if (e->time > newest && e->time <= w->b->now)
			newest = e->time;
	}
	return newest != INT64_MIN ? (time_t)newest : w->b->now;
}

static const char *
transfer(const struct binder *b)
{
	if (b->format == BINDER_MIME && b->binary)
		return "binary";
	return "8bit";
}

static void
put_header(struct writer *w)
{
	const struct binder *b = w->b;
	char self[POST_SELF], when[WHEN_ROOM];

	post_self(self);
	when_mail(when, date_of(w));
	buf_printf(&w->out,
	    "From: simsift <%s>\nTo: %s\nSubject: [simsift] digest of %u "
	    "message%s",
	    self, b->to != NULL ? b->to : self, b->n, b->n == 1 ? "" : "s");
	if (w->cut > 0)
		buf_printf(&w->out, ", %u cut", w->cut);
	if (w->held > 0)
		buf_printf(&w->out, ", %u held", w->held);
	buf_printf(&w->out,
	    "\nDate: %s\nMessage-ID: <%.24s.simsift@%s>\n"
	    "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n",
	    when, w->sum, strchr(self, '@') + 1);
	if (b->format == BINDER_MIME)
		buf_printf(&w->out,
		    "Content-Type: multipart/mixed; boundary=\"%s\"\n",
		    w->boundary[0]);
	else
		buf_puts(&w->out, "Content-Type: text/plain; charset=utf-8\n");
	buf_printf(&w->out, "Content-Transfer-Encoding: %s\n\n", transfer(b));
}

/* ---- the contents ---- */

static uint32_t
digits(uint32_t n)
{
	return n < 10 ? 1 : 1 + digits(n / 10);
}

static uint32_t
columns(const struct writer *w)
{
	return w->b->columns > 0 ? w->b->columns : UNFOLDED;
}

static void
put_contents_line(struct writer *w, uint32_t i, const char *f[FIELDS])
{
	static const char *const flags[] = {
	    [ACTION_CUT] = " [cut]", [ACTION_HOLD] = " [held]"};
	enum action action = entry(w, i)->action;
	const char *flag =
	    action < sizeof flags / sizeof *flags && flags[action] != NULL
		? flags[action]
		: "";
	uint32_t wide = digits(w->b->n), room = columns(w);
	uint32_t used = 1 + wide + 2 + NAME + 2 + (uint32_t)strlen(flag);
	size_t n = strlen(f[SUBJECT]);

	buf_printf(&w->out, " %*u  ", (int)wide, i + 1);
	page_name(&w->out, f[FROM], strlen(f[FROM]), NAME);
	buf_puts(&w->out, "  ");
	room = room > used + 10 ? room - used : 10;
	if (n > 0)
		width_cut(&w->out, f[SUBJECT], n, room);
	else
		buf_puts(&w->out, "(no subject)");
	buf_printf(&w->out, "%s\n", flag);
}

static void
put_counts(struct writer *w)
{
	const struct binder *b = w->b;
	struct buf s = BUF(4096);

	buf_printf(&s, "%u message%s", b->n, b->n == 1 ? "" : "s");
	if (b->added > b->n)
		buf_printf(
		    &s, ", the last of %llu", (unsigned long long)b->added);
	buf_puts(&s, ".");
	if (w->cut > 0)
		buf_printf(&s, " Promotion was cut out of %u.", w->cut);
	if (w->held > 0)
		buf_printf(&s, " %u would be held, and %s not shown.", w->held,
		    w->held == 1 ? "is" : "are");
	if (b->unread > 0)
		buf_printf(&s, " %u could not be read.", b->unread);
	fill(&w->out, s.p, s.len, columns(w), "");
	buf_puts(&w->out, "\n");
	buf_free(&s);
}

static int
put_contents(struct writer *w)
{
	const char *f[FIELDS];

	put_counts(w);
	for (uint32_t i = 0; i < w->b->n; i++) {
		if (read_fields(w, entry(w, i), f) == -1)
			return -1;
		put_contents_line(w, i, f);
		if (w->out.len >= PIECE && flush(w) == -1)
			return -1;
	}
	buf_puts(&w->out, "\n");
	return 0;
}

/* ---- messages ---- */

static void
put_line(struct writer *w, const char *s, const char *front)
{
	if (s[0] != '\0')
		fill(&w->out, s, strlen(s), columns(w), front);
}

/* What stands over a message. */
static void
put_head(struct writer *w, uint32_t i, const char *f[FIELDS])
{
	static const char blanks[] = "          ";
	struct buf s = BUF(1u << 20);
	const char *front = blanks + sizeof blanks - 1 - (digits(i + 1) + 2);

	put_ruler(w, '=', columns(w) < RULER ? columns(w) : RULER);
	buf_printf(&s, "%u. %s", i + 1,
	    f[SUBJECT][0] != '\0' ? f[SUBJECT] : "(no subject)");
	fill(&w->out, s.p, s.len, columns(w), "");
	w->out.failed |= s.failed;
	buf_free(&s);
	put_line(w, f[FROM], front);
	put_line(w, f[DATE], front);
	put_line(w, f[NOTE], front);
	buf_puts(&w->out, "\n");
}

static int
put_plain(struct writer *w, uint32_t i)
{
	const struct bound *e = entry(w, i);
	const char *f[FIELDS];

	if (read_fields(w, e, f) == -1)
		return -1;
	put_head(w, i, f);
	if (put_body(w, e) == -1)
		return -1;
	if (e->len > 0)
		buf_puts(&w->out, "\n");
	return 0;
}

/* Date, From, To, Subject: the order of RFC 1153. */
static void
put_entry_header(struct writer *w, const char *f[FIELDS])
{
	static const struct {
		const char *name;
		enum binder_field field;
		bool addresses;
	} table[] = {{"Date", DATE, false}, {"From", FROM, true},
	    {"To", TO, true}, {"Subject", SUBJECT, false}};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const char *s = f[table[i].field];

		/* Two fields at least: by them an entry is found. */
		if (s[0] == '\0' && table[i].field == FROM)
			s = "unknown";
		if (s[0] != '\0' || table[i].field == SUBJECT)
			heading_put(&w->out, table[i].name, s, strlen(s),
			    table[i].addresses);
	}
}

static int
put_rfc1153(struct writer *w, uint32_t i)
{
	const struct bound *e = entry(w, i);
	const char *f[FIELDS];

	if (read_fields(w, e, f) == -1)
		return -1;
	put_entry_header(w, f);
	buf_puts(&w->out, "\n");
	if (f[NOTE][0] != '\0')
		buf_printf(&w->out, "%s\n", f[NOTE]);
	if (f[NOTE][0] != '\0' && e->len > 0)
		buf_puts(&w->out, "\n");
	if (put_body(w, e) == -1)
		return -1;
	buf_puts(&w->out, "\n");
	put_ruler(w, '-', BETWEEN);
	buf_puts(&w->out, "\n");
	return 0;
}

static int
put_mime(struct writer *w, uint32_t i)
{
	const struct bound *e = entry(w, i);
	const char *f[FIELDS];

	buf_printf(&w->out, "--%s\n\n", w->boundary[1]);
	if (e->action != ACTION_HOLD) {
		if (put_body(w, e) == -1)
			return -1;
		buf_puts(&w->out, "\n");
		return 0;
	}
	if (read_fields(w, e, f) == -1)
		return -1;
	put_entry_header(w, f);
	buf_printf(&w->out,
	    "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
	    "\n%s\n\n",
	    f[NOTE]);
	return 0;
}

static int
put_entries(struct writer *w)
{
	static int (*const put[])(struct writer *, uint32_t) = {
	    put_plain, put_rfc1153, put_mime};

	for (uint32_t i = 0; i < w->b->n; i++)
		if (put[w->b->format](w, i) == -1 || flush(w) == -1)
			return -1;
	return 0;
}

/* ---- the whole ---- */

static void
put_before(struct writer *w)
{
	switch (w->b->format) {
	case BINDER_PLAIN:
		break;
	case BINDER_RFC1153:
		put_ruler(w, '-', RULER);
		buf_puts(&w->out, "\n");
		break;
	case BINDER_MIME:
		buf_printf(&w->out,
		    "--%s\nContent-Type: multipart/digest; boundary=\"%s\"\n"
		    "Content-Transfer-Encoding: %s\n\n",
		    w->boundary[0], w->boundary[1], transfer(w->b));
		break;
	}
}

static void
put_behind(struct writer *w)
{
	static const char end[] = "End of simsift Digest";

	switch (w->b->format) {
	case BINDER_PLAIN:
		break;
	case BINDER_RFC1153:
		buf_printf(&w->out, "%s\n", end);
		put_ruler(w, '*', sizeof end - 1);
		break;
	case BINDER_MIME:
		buf_printf(&w->out, "--%s--\n\n--%s--\n", w->boundary[1],
		    w->boundary[0]);
		break;
	}
}

static int
write_all(struct writer *w)
{
	put_header(w);
	if (w->b->format == BINDER_MIME)
		buf_printf(&w->out,
		    "--%s\nContent-Type: text/plain; charset=utf-8\n"
		    "Content-Transfer-Encoding: 8bit\n\n",
		    w->boundary[0]);
	if (put_contents(w) == -1)
		return -1;
	put_before(w);
	if (put_entries(w) == -1)
		return -1;
	put_behind(w);
	return flush(w);
}

int
binder_write(struct binder *b, int fd, struct err *err)
{
	struct writer w = {.b = b,
	    .fd = fd,
	    .out = BUF(4u << 20),
	    .fields = BUF(1u << 20),
	    .err = err};
	SHA2_CTX sum = b->sum;
	int rc;

	w.first = b->added > b->n ? (uint32_t)(b->added % b->size) : 0;
	for (uint32_t i = 0; i < b->n; i++) {
		w.cut += entry(&w, i)->action == ACTION_CUT;
		w.held += entry(&w, i)->action == ACTION_HOLD;
	}
	/* No message can hold its own sum, so none can end the digest. */
	SHA256End(&sum, w.sum);
	for (int i = 0; i < 2; i++)
		snprintf(w.boundary[i], sizeof w.boundary[i], "=_%d.%.32s", i,
		    w.sum);
	rc = spool_flush(&b->spool, err);
	if (rc == 0)
		rc = write_all(&w);
	buf_free(&w.out);
	buf_free(&w.fields);
	return rc;
}
