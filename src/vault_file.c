/*
 * A file of the vault: the block of fields, and the message behind it.
 */
#include "vault_private.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "limits.h"
#include "message.h"

#define FIELD "X-Simsift-Vault-"
#define PIECE (8u << 10)

/* ---- the block, written ---- */

/* Strangers' text as one line of at most max bytes: shown as it would be on a
   terminal, so that no secret and no line end gets here. */
static void
put_shown(struct buf *out, const char *p, size_t n, struct span s, size_t max)
{
	size_t from = out->len;

	report_shown_part(out, p, n, s);
	if (out->failed || out->len - from <= max)
		return;
	out->len = from + max;
	while (
	    out->len > from && ((unsigned char)out->p[out->len] & 0xc0) == 0x80)
		out->len--;
	buf_puts(out, "...");
}

static void
put_text(
    struct buf *out, const char *name, const char *p, size_t n, const char *eol)
{
	if (n == 0)
		return;
	buf_printf(out, FIELD "%s: ", name);
	put_shown(out, p, n, (struct span){0, (uint32_t)n}, LIMIT_HEADLINE);
	buf_puts(out, eol);
}

/* What the rule found first, with what is secret in it masked. */
static void
put_found(struct buf *out, const struct report *r, uint32_t rule)
{
	for (uint32_t i = 0; i < r->nhit; i++)
		if (r->hit[i].rule == rule && r->hit[i].len > 0) {
			buf_puts(out, " \"");
			put_shown(out, r->hit[i].text, r->hit[i].len,
			    r->hit[i].match, LIMIT_VAULT_TEXT);
			buf_puts(out, "\"");
			return;
		}
}

/* A line a rule: its name, score, file:line and what it found. */
static void
put_rules(struct buf *out, const struct vault_item *it, const char *eol)
{
	const struct report *r = it->report;
	uint32_t named = 0;

	for (uint32_t i = 0; i < r->nrule && named < LIMIT_VAULT_RULES; i++) {
		const struct rule *q = &it->rules->rule[r->rule[i].rule];

		if (r->rule[i].state != RULE_RAN)
			continue;
		if (named++ == 0)
			buf_puts(out, FIELD "Rules:");
		buf_printf(out, "%s %s %.4g ", eol, q->name, q->score);
		report_shown(out, q->file, strnlen(q->file, LIMIT_VAULT_PATH));
		buf_printf(out, ":%u", q->line);
		put_found(out, r, r->rule[i].rule);
	}
	if (named > 0)
		buf_puts(out, eol);
}

/* Bytes that no field may hold, % and those in `also`, as %XX. */
static void
put_exact(struct buf *out, const char *p, size_t n, const char *also)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c >= 0x20 && c < 0x7f && c != '%' &&
		    strchr(also, c) == NULL)
			buf_put(out, p + i, 1);
		else
			buf_printf(out, "%%%02X", c);
	}
}

uint32_t
vault_from_line(const char *p, uint32_t len)
{
	uint32_t n = message_from_line(p, len);

	/* Where nothing comes behind it it is the message. */
	return n > LIMIT_FROM_LINE || n == len ? 0 : n;
}

/* Mail is sent to it: it is not masked, and nothing in it looks like its
   end. */
static void
put_envelope(struct buf *out, const struct vault_item *it, const char *eol)
{
	const char *s[] = {it->sender, it->recipient};

	if (s[0] == NULL && s[1] == NULL)
		return;
	buf_puts(out, FIELD "Envelope:");
	for (int i = 0; i < 2; i++) {
		const char *q = s[i] != NULL ? s[i] : "";

		buf_puts(out, " <");
		put_exact(out, q, strnlen(q, LIMIT_HEADLINE), "<>\"");
		buf_puts(out, ">");
	}
	buf_puts(out, eol);
}

void
vault_put_block(
    struct buf *out, const struct vault_item *it, const char *id, time_t now)
{
	const struct report *r = it->report;
	const char *eol = message_eol(it->p, it->len);
	const char *category = report_category(r, it->rules);
	uint32_t n = vault_from_line(it->p, it->len);
	struct tm tm;
	char when[32];

	gmtime_r(&now, &tm);
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_printf(out, FIELD "Id: %.16s%s", id, eol);
	buf_printf(out, FIELD "Time: %s%s", when, eol);
	buf_printf(
	    out, FIELD "Verdict: %s%s", report_verdict_name(r->verdict), eol);
	buf_printf(
	    out, FIELD "Action: %s%s", rules_action_name(it->action), eol);
	if (category != NULL)
		buf_printf(out, FIELD "Category: %s%s", category, eol);
	buf_printf(out, FIELD "Score: %.1f/%.1f%s", report_score(r->score),
	    r->required, eol);
	if (r->ncut > 0)
		buf_printf(out, FIELD "Cuts: %u cut%s, %u of %u characters%s",
		    r->ncut, r->ncut == 1 ? "" : "s", r->gone_chars,
		    r->text_chars, eol);
	put_rules(out, it, eol);
	put_text(out, "From", r->from, r->from_len, eol);
	put_text(out, "Subject", r->subject, r->subject_len, eol);
	put_envelope(out, it, eol);
	buf_printf(out, FIELD "Sha256: %s%s", id, eol);
	if (n > 0) {
		buf_puts(out, FIELD "From_: ");
		put_exact(out, it->p, n, "");
		buf_puts(out, eol);
	}
	buf_printf(out, FIELD "Length: %u%s", it->len - n, eol);
}

/* ---- the block, read ---- */

static const struct {
	const char *name;
	size_t at;
} words[] = {
    {"Verdict", offsetof(struct vault_meta, verdict)},
    {"Category", offsetof(struct vault_meta, category)},
    {"Score", offsetof(struct vault_meta, score)},
    {"Cuts", offsetof(struct vault_meta, cuts)},
    {"From", offsetof(struct vault_meta, from)},
    {"Subject", offsetof(struct vault_meta, subject)},
    {"Envelope", offsetof(struct vault_meta, envelope)},
    {"Sha256", offsetof(struct vault_meta, sha256)},
};

#define N(a) (sizeof(a) / sizeof *(a))

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* put_exact, undone; the length of what is in `out`, which has room for n. */
static size_t
read_exact(char *out, const char *p, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		int high = i + 2 < n ? hex_digit(p[i + 1]) : -1;
		int low = i + 2 < n ? hex_digit(p[i + 2]) : -1;

		if (p[i] == '%' && high >= 0 && low >= 0) {
			out[len++] = (char)(high * 16 + low);
			i += 2;
		} else {
			out[len++] = p[i];
		}
	}
	return len;
}

const char *
vault_recipient(struct arena *a, const struct vault_meta *m)
{
	const char *p = m->envelope, *to, *end;
	char *out;
	size_t n;

	if (p[0] != '<' || (to = strstr(p, "> <")) == NULL)
		return p[0] == '\0' ? "" : NULL;
	to += 3;
	end = to + strcspn(to, "<>\"");
	if (strcspn(p + 1, "<>\"") != (size_t)(to - 4 - p) || end[0] != '>' ||
	    end[1] != '\0')
		return NULL;
	out = arena_alloc(a, (size_t)(end - to) + 1);
	n = read_exact(out, to, (size_t)(end - to));
	out[n] = '\0';
	return memchr(out, '\0', n) == NULL ? out : NULL;
}

/* " NAME SCORE FILE:LINE "what it found"" */
static void
read_rule(struct vault_meta *m, struct arena *a, uint32_t *size, const char *p,
    size_t n)
{
	char *line = arena_dup(a, p, n), *end, *text;
	struct vault_rule r = {.text = ""};

	line += strspn(line, " \t");
	r.name = line;
	line += strcspn(line, " ");
	if (*line == '\0' || r.name == line)
		return;
	*line++ = '\0';
	r.score = strtod(line, &end);
	if (end == line || *end != ' ' || !isfinite(r.score))
		return;
	r.where = end + 1;
	if ((text = strstr(end + 1, " \"")) != NULL) {
		*text = '\0';
		r.text = text += 2;
		if (*text != '\0' && text[strlen(text) - 1] == '"')
			text[strlen(text) - 1] = '\0';
	}
	m->rule = arena_more(a, m->rule, m->nrule, size, sizeof *m->rule);
	m->rule[m->nrule++] = r;
}

/* Is it the field `name`?  Then *value, without the blank before it. */
static bool
field_is(const char *p, size_t n, const char *name, const char **value)
{
	size_t k = strlen(name);

	if (n < k + 2 || memcmp(p, name, k) != 0 || p[k] != ':' ||
	    p[k + 1] != ' ')
		return false;
	*value = p + k + 2;
	return true;
}

static bool
read_number(const char *p, size_t n, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9' || i > 10)
			return false;
		*out = *out * 10 + (uint64_t)(p[i] - '0');
	}
	return n > 0;
}

static void
read_from_line(struct vault_meta *m, struct arena *a, const char *p, size_t n)
{
	char *out = arena_alloc(a, n + 1);

	m->from_line_len = (uint32_t)read_exact(out, p, n);
	m->from_line = out;
}

/* Bytes of the block at p, 0: it is not all there, or it is none. */
static size_t
read_block(struct vault_meta *m, struct arena *a, const char *p, size_t n)
{
	const size_t head = strlen(FIELD);
	uint32_t size = 0;
	const char *lf, *v;

	*m = (struct vault_meta){.from_line = ""};
	for (size_t i = 0; i < N(words); i++)
		*(const char **)(void *)((char *)m + words[i].at) = "";
	for (size_t at = 0; (lf = memchr(p + at, '\n', n - at)) != NULL;) {
		const char *s = p + at;
		size_t len = (size_t)(lf - s);

		at += len + 1;
		len -= len > 0 && s[len - 1] == '\r';
		if (len > 0 && s[0] == ' ') {
			read_rule(m, a, &size, s, len);
			continue;
		}
		if (len < head || memcmp(s, FIELD, head) != 0)
			return 0;
		s += head;
		len -= head;
		if (field_is(s, len, "Length", &v))
			return read_number(v, len - (size_t)(v - s), &m->length)
				   ? at
				   : 0;
		if (field_is(s, len, "From_", &v))
			read_from_line(m, a, v, len - (size_t)(v - s));
		for (size_t i = 0; i < N(words); i++)
			if (field_is(s, len, words[i].name, &v))
				*(const char **)(void *)((char *)m +
							 words[i].at) =
				    arena_dup(a, v, len - (size_t)(v - s));
	}
	return 0;
}

/* ---- a file, read ---- */

/* Up to n bytes from `at` on; short only at the end of the file. */
static ssize_t
read_at(int fd, char *p, size_t n, uint64_t at)
{
	size_t got = 0;

	while (got < n) {
		ssize_t k = pread(fd, p + got, n - got, (off_t)(at + got));

		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1)
			return -1;
		if (k == 0)
			break;
		got += (size_t)k;
	}
	return (ssize_t)got;
}

static int
damaged(struct err *err, const struct vault *v, const struct vault_entry *e,
    const char *why)
{
	return vault_fault(err, VAULT_BAD, "%.*s is damaged: %s (%s/%s/%s)",
	    (int)e->shown, e->id, why, v->path, vault_dir_name(e), e->name);
}

/* The block of an open file of `size` bytes; *block its length. */
static int
read_head(struct vault *v, struct arena *a, const struct vault_entry *e, int fd,
    uint64_t size, struct vault_meta *m, size_t *block, struct err *err)
{
	struct buf head = BUF(LIMIT_VAULT_HEAD);
	size_t room = PIECE;
	ssize_t got;
	int rc = 0;

	*block = 0;
	for (; *block == 0 && rc == 0; room *= 8) {
		if (room > head.cap)
			room = head.cap;
		if (buf_room(&head, room) == -1) {
			rc = vault_fault(err, VAULT_IO, "no memory");
			break;
		}
		got = read_at(fd, head.p, room, 0);
		if (got == -1)
			rc = vault_errno(err, "cannot read %s/%s/%s", v->path,
			    vault_dir_name(e), e->name);
		else if ((*block = read_block(m, a, head.p, (size_t)got)) ==
			     0 &&
			 ((size_t)got < room || room == head.cap))
			rc = damaged(
			    err, v, e, "it does not begin with its fields");
	}
	buf_free(&head);
	if (rc == 0 && size - *block != m->length)
		rc = damaged(err, v, e, "its length is not what it says");
	return rc;
}

int
vault_meta(struct vault *v, struct arena *a, const struct vault_entry *e,
    struct vault_meta *m, struct err *err)
{
	uint64_t size;
	size_t block;
	int fd = vault_open_entry(v, e, &size, err), rc;

	if (fd < 0)
		return fd;
	rc = read_head(v, a, e, fd, size, m, &block, err);
	close(fd);
	return rc;
}

int
vault_original(struct vault *v, struct arena *a, const struct vault_entry *e,
    bool from, struct buf *out, struct vault_meta *meta, struct err *err)
{
	struct vault_meta m;
	char id[VAULT_ID + 1];
	uint64_t size;
	size_t block, n, at = out->len;
	ssize_t got;
	int fd = vault_open_entry(v, e, &size, err), rc;

	if (fd < 0)
		return fd;
	rc = read_head(v, a, e, fd, size, &m, &block, err);
	if (rc != 0)
		goto out;
	n = (size_t)m.length;
	buf_put(out, m.from_line, m.from_line_len);
	if (buf_room(out, n) == -1) {
		rc = vault_fault(err, VAULT_IO, "no memory for %zu bytes", n);
		goto out;
	}
	got = n > 0 ? read_at(fd, out->p + out->len, n, block) : 0;
	if (got != (ssize_t)n) {
		rc = got >= 0 ? damaged(err, v, e, "it became shorter")
			      : vault_errno(err, "cannot read %s/%s/%s",
				    v->path, vault_dir_name(e), e->name);
		goto out;
	}
	out->len += n;
	SHA256Data((const uint8_t *)out->p + at, out->len - at, id);
	if (memcmp(id, e->id, VAULT_ID) != 0) {
		rc = damaged(err, v, e, "its sum is not that of its name");
		goto out;
	}
	if (!from && m.from_line_len > 0) {
		memmove(out->p + at, out->p + at + m.from_line_len, n);
		out->len = at + n;
	}
	if (meta != NULL)
		*meta = m;
out:
	if (rc != 0)
		out->len = at;
	close(fd);
	return rc;
}
