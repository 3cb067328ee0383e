#include "box_private.h"

#include <string.h>
#include <strings.h>

#include "limits.h"

/*
 * mbox.  A message begins with a From_ line, which stands at the start of the
 * file or behind an empty line and has a date; where the first one of a box
 * has none, none need have it.  Quoted lines (">From ": mboxo, mboxrd) stay as
 * they are.  Where each of the first messages has a Content-Length that leads
 * to the next From_ line, that counts before what looks like one inside a body
 * (mboxcl2).  What is a From_ line can be said without what stands before
 * (but for mboxcl2), so that a box may be divided anywhere.
 */
#define WINDOW (256u << 10)
#define CL2_SEEN 20 /* messages that show that it is an mboxcl2 */
#define BEFORE 3    /* bytes before a From_ line that end an empty line */

/* ---- From_ lines ---- */

/* Length of one of the words at p, or 0. */
static size_t
one_of(const char *p, size_t n, const char *words)
{
	for (; n >= 4 && *words != '\0'; words += 3)
		if (memcmp(p, words, 3) == 0 && (p[3] == ' ' || p[3] == ','))
			return 4;
	return 0;
}

static size_t
blanks(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] == ' ')
		i++;
	return i;
}

static size_t
digits(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] >= '0' && p[i] <= '9')
		i++;
	return i;
}

/* "Mon Nov  2 10:11:12 2026", zones and more before the year too. */
static bool
is_date(const char *p, size_t n)
{
	size_t at = one_of(p, n, "MonTueWedThuFriSatSun"), k;

	if (at == 0)
		return false;
	at += blanks(p + at, n - at);
	k = one_of(p + at, n - at, "JanFebMarAprMayJunJulAugSepOctNovDec");
	if (k == 0)
		return false;
	at += k;
	at += blanks(p + at, n - at);
	k = digits(p + at, n - at);
	if (k < 1 || k > 2 || at + k >= n || p[at + k] != ' ')
		return false;
	at += k;
	at += blanks(p + at, n - at);
	k = digits(p + at, n - at);
	if (k < 1 || k > 2 || at + k >= n || p[at + k] != ':')
		return false;
	for (at += k; at < n; at++)
		if (p[at] == ' ' && digits(p + at + 1, n - at - 1) == 4)
			return true;
	return false;
}

bool
box_is_from(const char *p, size_t n)
{
	const char *eol = n > 0 ? memchr(p, '\n', n) : NULL;

	if (eol != NULL)
		n = (size_t)(eol - p);
	if (n < 5 || memcmp(p, "From ", 5) != 0)
		return false;
	for (size_t i = 4; i + 1 < n; i++)
		if (p[i] == ' ' && is_date(p + i + 1, n - i - 1))
			return true;
	return false;
}

/* p: behind `before` bytes of what stands before it. */
static bool
behind_empty_line(const char *p, size_t before)
{
	if (before == 0)
		return true;
	if (p[-1] != '\n')
		return false;
	return before == 1 || p[-2] == '\n' ||
	       (p[-2] == '\r' && (before == 2 || p[-3] == '\n'));
}

bool
box_holds_from(const char *p, size_t n, bool dated)
{
	const char *at = p, *end = p + n;

	while ((at = memmem(at, (size_t)(end - at), "\nFrom ", 6)) != NULL) {
		at++;
		if (behind_empty_line(at, (size_t)(at - p)) &&
		    (!dated || box_is_from(at, (size_t)(end - at))))
			return true;
	}
	return false;
}

/* Is there a From_ line at `at`?  1, 0, -1.  counted: a Content-Length leads
   to it, and no empty line need stand before it. */
static int
from_at(struct box *b, uint64_t at, bool counted, struct err *err)
{
	char text[BEFORE + LIMIT_FROM_SEEN], *p = text;
	size_t before = at < BEFORE ? (size_t)at : BEFORE;
	ssize_t n = feed_read(
	    &b->feed, text, before + LIMIT_FROM_SEEN, at - before, err);

	if (n == -1)
		return -1;
	if ((size_t)n < before + 5)
		return 0;
	p += before;
	if (!counted && !behind_empty_line(p, before))
		return 0;
	return b->dated ? box_is_from(p, (size_t)n - before)
			: memcmp(p, "From ", 5) == 0;
}

/* ---- the window that is searched ---- */

/* Makes it begin at `at`.  How many bytes it has, 0 at the end; -1. */
static ssize_t
move_window(struct box *b, uint64_t at, struct err *err)
{
	ssize_t n;

	if (at >= b->window_at && at < b->window_at + b->window.len)
		return (ssize_t)(b->window_at + b->window.len - at);
	b->window.len = 0;
	b->window_at = at;
	n = feed_read(&b->feed, b->window.p, WINDOW, at, err);
	b->window.len = n > 0 ? (size_t)n : 0;
	return n;
}

/* The first From_ line that begins behind `at` (which is not 0): 1 and *found;
   0: there is none, and *found is the end; -1. */
static int
find_from(struct box *b, uint64_t at, uint64_t *found, struct err *err)
{
	for (at--;;) {
		ssize_t n = move_window(b, at, err);
		const char *p = b->window.p + (at - b->window_at), *hit;
		int rc;

		if (n == -1)
			return -1;
		hit = n >= 6 ? memmem(p, (size_t)n, "\nFrom ", 6) : NULL;
		if (hit != NULL) {
			*found = at + (uint64_t)(hit - p) + 1;
			if ((rc = from_at(b, *found, false, err)) != 0)
				return rc;
			at = *found;
		} else if (n > 5) {
			at += (uint64_t)n - 5; /* it may have begun there */
		} else {
			/* Five bytes or less: is there more behind them? */
			b->window.len = 0;
			if ((n = move_window(b, at, err)) == -1)
				return -1;
			if (n > 5)
				continue;
			*found = at + (uint64_t)n;
			return 0;
		}
	}
}

/* Where the line at `at` ends, its line end included. */
static int
line_end(struct box *b, uint64_t at, uint64_t *end, struct err *err)
{
	for (;;) {
		ssize_t n = move_window(b, at, err);
		const char *p, *eol;

		if (n == -1)
			return -1;
		p = b->window.p + (at - b->window_at);
		eol = n > 0 ? memchr(p, '\n', (size_t)n) : NULL;
		*end = at + (uint64_t)(eol != NULL ? eol - p + 1 : n);
		if (eol != NULL || n == 0)
			return 0;
		at = *end;
	}
}

/* ---- mboxcl2 ---- */

/* The number in a line "Content-Length: 123" of a header; -1: none. */
static int64_t
content_length(const char *p, size_t n, size_t *body)
{
	static const char name[] = "content-length:";
	int64_t value = -1;
	size_t at = 0;

	for (;;) {
		const char *eol = at < n ? memchr(p + at, '\n', n - at) : NULL;
		size_t k = at + sizeof name - 1;

		if (eol == NULL)
			return -1; /* the body is not in sight */
		if (p[at] == '\n' || (p[at] == '\r' && p[at + 1] == '\n')) {
			*body = (size_t)(eol - p) + 1;
			return value;
		}
		if (n - at >= sizeof name - 1 &&
		    strncasecmp(p + at, name, sizeof name - 1) == 0) {
			k += blanks(p + k, n - k);
			if (digits(p + k, n - k) < 1 ||
			    digits(p + k, n - k) > 12)
				return -1;
			for (value = 0; p[k] >= '0' && p[k] <= '9'; k++)
				value = value * 10 + p[k] - '0';
		}
		at = (size_t)(eol - p) + 1;
	}
}

bool
box_counts(const char *p, size_t n)
{
	size_t seen = n < LIMIT_BOX_HEAD ? n : LIMIT_BOX_HEAD, body;
	int64_t length = content_length(p, seen, &body);
	uint64_t end;

	if (length == -1 || (end = body + (uint64_t)length) > n)
		return false;
	/* Its last line end may be missing. */
	if (end < n && p[end] == '\r')
		end++;
	if (end < n && p[end] == '\n')
		end++;
	return end == n;
}

/* Of the message that begins at `at`: does its Content-Length lead to a From_
   line, or to the end?  1 and *next; 0; -1. */
static int
counted_end(struct box *b, uint64_t at, uint64_t *next, struct err *err)
{
	struct buf head = BUF(LIMIT_BOX_HEAD);
	size_t body = 0;
	int64_t length;
	char c[2];
	ssize_t n;
	int rc = -1;

	if (buf_room(&head, LIMIT_BOX_HEAD) == -1)
		return err_set(err, "no memory");
	n = feed_read(&b->feed, head.p, LIMIT_BOX_HEAD, at, err);
	if (n == -1)
		goto out;
	rc = 0;
	length = content_length(head.p, (size_t)n, &body);
	if (length == -1)
		goto out;
	*next = at + body + (uint64_t)length;
	/* Its last line end may be missing, and an empty line follows. */
	rc = -1;
	for (int i = 0; i < 2; i++) {
		if ((n = feed_read(&b->feed, c, 2, *next, err)) == -1)
			goto out;
		*next += n > 0 && c[0] == '\n'                   ? 1
			 : n > 1 && c[0] == '\r' && c[1] == '\n' ? 2
								 : 0;
	}
	rc = b->feed.ended && *next == b->feed.size
		 ? 1
		 : from_at(b, *next, true, err);
out:
	buf_free(&head);
	return rc;
}

static int
look_for_counts(struct box *b, struct err *err)
{
	uint64_t at = b->at, end;
	int seen = 0, rc = 1;

	/* Of a stream that would ask for too much before the first answer. */
	if (b->feed.stream != -1 && b->feed.packed == 0)
		return 0;
	while (rc == 1 && seen < CL2_SEEN) {
		if (line_end(b, at, &end, err) == -1)
			return -1;
		if (b->feed.ended && end >= b->feed.size)
			break;
		rc = counted_end(b, end, &at, err);
		seen += rc == 1;
	}
	b->counted = rc == 1 && seen > 0;
	return rc == -1 ? -1 : 0;
}

/* ---- messages ---- */

/* The first message of the range. */
static int
start_range(struct box *b, struct err *err)
{
	uint64_t from = b->wish.from;
	int rc = 1;

	if (!b->wish.has_range || b->at >= from)
		return 0;
	if (!b->counted) {
		rc = find_from(b, from, &b->at, err);
	} else {
		while (rc == 1 && b->at < from) {
			uint64_t end;

			if (line_end(b, b->at, &end, err) == -1)
				return -1;
			rc = counted_end(b, end, &b->at, err);
			if (rc == 0)
				rc = find_from(b, end, &b->at, err);
			if (b->feed.ended && b->at >= b->feed.size)
				rc = 0;
		}
	}
	b->ended = rc == 0;
	return rc == -1 ? -1 : 0;
}

static int
mbox_open(struct box *b, struct err *err)
{
	char head[LIMIT_FROM_SEEN];
	ssize_t n;
	size_t k = 0;

	b->window = BUF(WINDOW);
	if (buf_room(&b->window, WINDOW) == -1)
		return err_set(err, "no memory");
	n = feed_read(&b->feed, head, sizeof head, 0, err);
	if (n == -1 || (n == 0 && feed_fault(&b->feed, err) == -1))
		return -1;
	while (k < (size_t)n && (head[k] == '\n' || head[k] == '\r'))
		k++;
	if (n > 0 && ((size_t)n < k + 5 || memcmp(head + k, "From ", 5) != 0))
		return err_set(err, "no mbox: no \"From \" line begins it");
	b->at = k;
	b->ended = n == 0;
	b->dated = box_is_from(head + k, (size_t)n - k);
	if (b->ended || look_for_counts(b, err) == -1)
		return b->ended ? 0 : -1;
	b->total = b->feed.ended ? b->feed.size : 0;
	if (b->wish.has_range && b->total > 0)
		b->total = (b->wish.to < b->total ? b->wish.to : b->total) -
			   (b->wish.from < b->total ? b->wish.from : b->total);
	return start_range(b, err);
}

/* Where the message at *start ends, and where the next one begins. */
static int
find_end(struct box *b, uint64_t start, uint64_t *end, struct err *err)
{
	char c[2];
	int rc = b->counted ? counted_end(b, start, &b->at, err) : 0;

	if (rc == 0)
		rc = find_from(b, start, &b->at, err);
	if (rc == -1)
		return -1;
	if (rc == 0 || (b->feed.ended && b->at >= b->feed.size))
		b->ended = true;
	/* The empty line before the next From_ line, or at the end. */
	*end = b->at;
	if (*end < start + 2)
		return 0;
	if (feed_read(&b->feed, c, 2, *end - 2, err) == -1)
		return -1;
	if (c[0] == '\n' && c[1] == '\n') {
		*end -= 1;
	} else if (c[0] == '\r' && c[1] == '\n' && *end >= start + 3) {
		if (feed_read(&b->feed, c, 1, *end - 3, err) == -1)
			return -1;
		*end -= c[0] == '\n' ? 2 : 0;
	}
	return 0;
}

static int
next_message(struct box *b, struct box_item *item, struct err *err)
{
	uint64_t from = b->at, start, end;

	if (b->ended && feed_fault(&b->feed, err) == -1) {
		b->feed.failed = false;
		return -1;
	}
	if (b->ended || (b->wish.has_range && b->at >= b->wish.to))
		return 0;
	feed_done(&b->feed, from);
	if (line_end(b, from, &start, err) == -1 ||
	    find_end(b, start, &end, err) == -1)
		return -1;
	b->id.len = 0;
	buf_printf(&b->id, "%s@%llu", b->name, (unsigned long long)start);
	buf_put(&b->id, "", 1);
	if (b->id.failed)
		return err_set(err, "no memory");
	b->done = b->at - (b->wish.has_range ? b->wish.from : 0);
	*item = (struct box_item){
	    .box = b->name, .id = b->id.p, .offset = start, .len = end - start};
	return 1;
}

/* What cannot be read of an mbox ends it. */
static int
mbox_next(struct box *b, struct box_item *item, struct err *err)
{
	struct err why;
	int rc = next_message(b, item, &why);

	if (rc != -1)
		return rc;
	b->ended = true;
	return err_set(err, "%s: %s", b->name, why.text);
}

const struct box_ops box_mbox = {mbox_open, mbox_next};
