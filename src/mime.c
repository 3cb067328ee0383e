#include "mime.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "limits.h"
#include "mime_private.h"

/* ---- structured field values ---- */

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Behind the comment that starts at p[at]; nested ones counted. */
static uint32_t
skip_comment(const char *p, uint32_t at, uint32_t n)
{
	uint32_t depth = 0;

	for (; at < n; at++) {
		if (p[at] == '\\')
			at++;
		else if (p[at] == '(')
			depth++;
		else if (p[at] == ')' && --depth == 0)
			return at + 1;
	}
	return n;
}

static uint32_t
skip_space(const char *p, uint32_t at, uint32_t n)
{
	while (at < n && (is_space(p[at]) || p[at] == '('))
		at = p[at] == '(' ? skip_comment(p, at, n) : at + 1;
	return at;
}

/* A quoted string, or what stands there up to a semicolon or a blank: real
   boundaries hold : / = without quotes (FACTS 1.5). */
static uint32_t
read_value(struct buf *out, const char *p, uint32_t at, uint32_t n)
{
	if (at < n && p[at] == '"') {
		for (at++; at < n && p[at] != '"'; at++) {
			if (p[at] == '\\' && at + 1 < n)
				at++;
			if (p[at] != '\r' && p[at] != '\n')
				buf_put(out, p + at, 1);
		}
		return at < n ? at + 1 : n;
	}
	for (; at < n && p[at] != ';' && !is_space(p[at]); at++)
		buf_put(out, p + at, 1);
	return at;
}

/* charset'language'text of RFC 2231 from b->p[from] on: the text, %XX decoded.
   Only the first piece of a parameter has the two quotes. */
static void
extended(struct buf *b, size_t from, bool first)
{
	size_t to = from;
	const char *q;

	if (first && (q = memchr(b->p, '\'', b->len)) != NULL &&
	    (q = memchr(q + 1, '\'', b->len - (size_t)(q + 1 - b->p))) != NULL)
		from = (size_t)(q + 1 - b->p);
	for (; from < b->len; from++, to++) {
		unsigned high = 16, low = 16;

		if (b->p[from] == '%' && b->len - from > 2) {
			high = decode_hex(b->p[from + 1]);
			low = decode_hex(b->p[from + 2]);
		}
		if (high < 16 && low < 16) {
			b->p[to] = (char)(high * 16 + low);
			from += 2;
		} else {
			b->p[to] = b->p[from];
		}
	}
	b->len = to;
}

/* Is p[0..n) the name, or name* name*0 name*0* name*1 …?  *star: extended. */
static bool
name_matches(const char *p, uint32_t n, const char *name, bool *star)
{
	size_t len = strlen(name);

	*star = n > len && p[n - 1] == '*';
	if (n < len || strncasecmp(p, name, len) != 0)
		return false;
	return n == len || p[len] == '*';
}

const char *
mime_parameter(struct arena *a, const char *p, uint32_t n, const char *name)
{
	struct buf value = BUF(LIMIT_FIELD), skip = BUF(LIMIT_FIELD);
	uint32_t at = 0, params = 0;
	const char *found = NULL;
	bool any = false, numbered = false;

	/* Behind the type itself; the semicolon may be missing. */
	at = skip_space(p, at, n);
	while (at < n && p[at] != ';' && !is_space(p[at]) && p[at] != '(')
		at++;
	while (at < n && params++ < LIMIT_PARAMS) {
		uint32_t start, end;
		size_t had;
		bool star, mine;

		while (
		    at < n && (p[at] == ';' || is_space(p[at]) || p[at] == '('))
			at = p[at] == ';' ? at + 1 : skip_space(p, at, n);
		start = at;
		while (
		    at < n && p[at] != '=' && p[at] != ';' && !is_space(p[at]))
			at++;
		end = at;
		at = skip_space(p, at, n);
		if (at >= n || p[at] != '=')
			continue;
		at = skip_space(p, at + 1, n);
		mine = name_matches(p + start, end - start, name, &star);
		/* The first of its kind counts; continuations follow a
		   piece that has a number. */
		if (mine && any && !numbered)
			mine = false;
		if (mine && !any)
			numbered = end - start > strlen(name) + 1;
		skip.len = 0;
		had = value.len;
		at = read_value(mine ? &value : &skip, p, at, n);
		if (mine && star && value.len > had)
			extended(&value, had, !any);
		any |= mine;
	}
	if (any)
		found = arena_dup(a, value.p != NULL ? value.p : "", value.len);
	buf_free(&value);
	buf_free(&skip);
	return found;
}

/* ---- our own splitter ---- */

struct frame { /* an open multipart */
	uint32_t part;
	const char *boundary;
	uint32_t len;
	bool digest;
};

struct split {
	struct tree *t;
	struct arena *a;
	uint32_t source;
	const char *p;
	uint32_t len;
	struct frame open[LIMIT_NESTING];
	uint32_t nopen;
	bool last_wins;
	uint32_t leaf; /* the entity whose body we are in, or NO_PART */
};

static bool
same_value(const char *p, const struct field *a, const struct field *b)
{
	uint32_t n = a->value.to - a->value.from;

	return b->value.to - b->value.from == n &&
	       memcmp(p + a->value.from, p + b->value.from, n) == 0;
}

/* The first of its name (so libetpan, Python), or the last. */
static const struct field *
find_field(const struct split *s, const struct header *h, const char *name)
{
	const struct field *found = NULL;

	for (uint32_t i = 0; i < h->n; i++) {
		if (!message_field_is(s->p, &h->field[i], name))
			continue;
		if (found == NULL || s->last_wins)
			found = &h->field[i];
		else if (!same_value(s->p, found, &h->field[i]))
			s->t->twofold = true;
	}
	return found;
}

/* Its value; no more of it than rules see. */
static uint32_t
field_value(const struct field *f, uint32_t *from)
{
	uint32_t n = f->value.to - f->value.from;

	*from = f->value.from;
	return n < LIMIT_FIELD ? n : LIMIT_FIELD;
}

/* "text/plain" in lower case, or the default. */
static const char *
media_type(struct arena *a, const char *v, uint32_t n, const char *otherwise)
{
	uint32_t from = skip_space(v, 0, n), to = from;
	bool slash = false;
	char *s;

	while (to < n && v[to] != ';' && !is_space(v[to]) && v[to] != '(')
		slash |= v[to++] == '/';
	if (!slash || to - from > 127)
		return otherwise;
	s = arena_dup(a, v + from, to - from);
	for (char *c = s; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 32);
	return s;
}

static bool
says(const char *s, const char *word)
{
	return s != NULL && strcasecmp(s, word) == 0;
}

/* A boundary does not end in a blank (RFC 2046 5.1.1); readers strip it. */
static const char *
no_last_blanks(struct arena *a, const char *s)
{
	size_t n = s != NULL ? strlen(s) : 0;

	while (n > 0 && is_space(s[n - 1]))
		n--;
	return s != NULL ? arena_dup(a, s, n) : NULL;
}

/* What the fields of a part's header say. */
static void
read_fields(struct split *s, struct part *q, const char *otherwise,
    const char **boundary)
{
	const struct field *ct = find_field(s, &q->header, "content-type");
	const struct field *f;
	uint32_t at, n;

	q->type = otherwise;
	*boundary = NULL;
	if (ct != NULL) {
		n = field_value(ct, &at);
		q->type = media_type(s->a, s->p + at, n, "text/plain");
		*boundary = no_last_blanks(
		    s->a, mime_parameter(s->a, s->p + at, n, "boundary"));
		q->charset = mime_parameter(s->a, s->p + at, n, "charset");
		q->flowed = says(
		    mime_parameter(s->a, s->p + at, n, "format"), "flowed");
		q->delsp =
		    q->flowed &&
		    says(mime_parameter(s->a, s->p + at, n, "delsp"), "yes");
	}
	f = find_field(s, &q->header, "content-transfer-encoding");
	if (f != NULL) {
		n = field_value(f, &at);
		q->cte = decode_cte(s->p + at, n);
	}
	f = find_field(s, &q->header, "content-disposition");
	if (f != NULL) {
		n = field_value(f, &at);
		n -= skip_space(s->p + at, 0, n);
		at = skip_space(s->p, at, f->value.to);
		q->attachment =
		    n >= 10 && strncasecmp(s->p + at, "attachment", 10) == 0;
	}
}

static bool
starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* RFC 1847, 8551, 3156: a cut would break what the seal says. */
static bool
seals(const char *type)
{
	return starts(type, "multipart/signed") ||
	       starts(type, "multipart/encrypted") ||
	       starts(type, "application/pkcs7") ||
	       starts(type, "application/x-pkcs7") ||
	       starts(type, "application/pgp");
}

/* Ends the bodies of the open leaf and of all above it, down to the entity
   `keep` (NO_PART: all), at offset `end`. */
static void
end_bodies(struct split *s, uint32_t keep, uint32_t end)
{
	uint32_t i = s->leaf;

	for (; i != NO_PART && i != keep; i = s->t->part[i].parent) {
		struct part *q = &s->t->part[i];

		if (q->source != s->source)
			break;
		q->body.to = end > q->body.from ? end : q->body.from;
	}
}

/* Does the line at..end say --boundary or --boundary--? */
static bool
is_delimiter(
    const char *p, uint32_t at, uint32_t end, const struct frame *f, bool *last)
{
	uint32_t i = at + 2 + f->len;

	if (end - at < 2 + f->len ||
	    memcmp(p + at + 2, f->boundary, f->len) != 0)
		return false;
	*last = end - i >= 2 && p[i] == '-' && p[i + 1] == '-';
	if (*last)
		i += 2;
	while (i < end && is_space(p[i]))
		i++;
	return i == end;
}

static uint32_t
line_end(const char *p, uint32_t at, uint32_t len)
{
	const char *lf = memchr(p + at, '\n', len - at);

	return lf != NULL ? (uint32_t)(lf - p) + 1 : len;
}

#define HYPHENS 256 /* looked at one by one */

/* The next line, from a line's start on, that begins with two hyphens.  Base64
   has none, and memchr is several times as fast as memmem. */
static uint32_t
next_candidate(const char *p, uint32_t at, uint32_t len)
{
	const char *hit;

	if (len - at >= 2 && p[at] == '-' && p[at + 1] == '-')
		return at;
	for (int i = 0; i < HYPHENS && at + 1 < len; i++) {
		hit = memchr(p + at + 1, '-', len - at - 1);
		if (hit == NULL)
			return len;
		at = (uint32_t)(hit - p);
		if (p[at - 1] == '\n' && len - at >= 2 && p[at + 1] == '-')
			return at;
	}
	hit = at < len ? memmem(p + at, len - at, "\n--", 3) : NULL;
	return hit != NULL ? (uint32_t)(hit - p) + 1 : len;
}

struct found { /* a delimiter line */
	uint32_t frame, end;
	bool last;
};

/* Start of the next delimiter line of any open multipart, innermost first,
   that starts before `limit`; else limit. */
static uint32_t
next_delimiter(
    const struct split *s, uint32_t at, uint32_t limit, struct found *f)
{
	while (s->nopen > 0 && at < limit &&
	       (at = next_candidate(s->p, at, limit)) < limit) {
		f->end = line_end(s->p, at, s->len);
		for (f->frame = s->nopen; f->frame-- > 0;)
			if (is_delimiter(
				s->p, at, f->end, &s->open[f->frame], &f->last))
				return at;
		at = f->end;
	}
	return limit;
}

/* The header at `at`, which does not reach over a delimiter. */
static void
read_header(struct split *s, struct part *q, uint32_t at)
{
	uint32_t bound;

	message_header(&q->header, s->a, s->p, at, s->len);
	bound = next_delimiter(s, at, q->header.body, &(struct found){0});
	if (bound < q->header.body)
		message_header(&q->header, s->a, s->p, at, bound);
}

/* The entity that starts at `at`, and those its header leads into without a
   delimiter (message/rfc822 in message/rfc822 …). Returns where its body
   starts, or NO_PART where a cap was reached. */
static uint32_t
begin_entity(
    struct split *s, uint32_t at, uint32_t parent, const char *otherwise)
{
	struct tree *t = s->t;
	const char *boundary;

	for (;;) {
		uint32_t me = t->n, depth;
		struct part *q;

		depth = parent == NO_PART ? 0 : t->part[parent].depth + 1;
		if (me >= LIMIT_PARTS || depth >= LIMIT_NESTING) {
			t->limited = true;
			return NO_PART;
		}
		t->part =
		    arena_more(s->a, t->part, t->n, &t->size, sizeof *t->part);
		q = &t->part[t->n++];
		*q = (struct part){
		    .parent = parent, .depth = depth, .source = s->source};
		read_header(s, q, at);
		t->limited |= q->header.cut_short;
		q->head = (struct span){at, q->header.body};
		q->body = (struct span){q->header.body, s->len};
		read_fields(s, q, otherwise, &boundary);
		q->path = parent == NO_PART ? "1"
					    : arena_printf(s->a, "%s.%u",
						  t->part[parent].path,
						  ++t->part[parent].children);
		q->sealed = seals(q->type) ||
			    (parent != NO_PART && t->part[parent].sealed);
		s->leaf = me;
		if (starts(q->type, "multipart/")) {
			if (boundary == NULL || boundary[0] == '\0' ||
			    strlen(boundary) > LIMIT_BOUNDARY ||
			    q->cte != CTE_IDENTITY) {
				q->lost = true;
				return q->body.from;
			}
			q->kind = PART_MULTIPART;
			s->open[s->nopen++] = (struct frame){me, boundary,
			    (uint32_t)strlen(boundary),
			    says(q->type, "multipart/digest")};
			return q->body.from;
		}
		if (!starts(q->type, "message/rfc822") &&
		    !starts(q->type, "message/global"))
			return q->body.from;
		q->kind = PART_MESSAGE;
		if (q->cte != CTE_IDENTITY) /* opened later */
			return q->body.from;
		parent = me;
		at = q->body.from;
		otherwise = "text/plain";
	}
}

/* The delimiter line at `at`: what it ends and begins.  Returns where to look
   for the next one. */
static uint32_t
at_delimiter(struct split *s, uint32_t at, const struct found *f)
{
	uint32_t stop = at, multi = s->open[f->frame].part;

	if (stop > 0 && s->p[stop - 1] == '\n')
		stop--;
	if (stop > 0 && stop < at && s->p[stop - 1] == '\r')
		stop--;
	end_bodies(s, multi, stop);
	s->leaf = multi;
	s->nopen = f->last ? f->frame : f->frame + 1;
	if (f->last) /* what follows is the epilogue, in the multipart's body */
		return f->end;
	return begin_entity(s, f->end, multi,
	    s->open[f->frame].digest ? "message/rfc822" : "text/plain");
}

/* Declared multipart, but its boundary never came: text (a third of one real
   corpus is like that, its attachments cut off). */
static void
find_lost(struct tree *t)
{
	for (uint32_t i = 0; i < t->n; i++) {
		struct part *q = &t->part[i];

		if (q->kind == PART_MULTIPART && q->children == 0) {
			q->kind = PART_LEAF;
			q->lost = true;
		}
	}
}

static void
split(struct tree *t, struct arena *a, uint32_t source)
{
	struct split *s = arena_alloc(a, sizeof *s);
	uint32_t at, parent = t->source[source].part;

	s->t = t;
	s->a = a;
	s->source = source;
	s->p = t->source[source].p;
	s->len = t->source[source].len;
	s->leaf = NO_PART;
	s->last_wins = t->source[source].last_wins;
	at = begin_entity(s, 0, parent, "text/plain");
	while (at != NO_PART && at < s->len) {
		struct found f = {0};

		at = next_delimiter(s, at, s->len, &f);
		if (at < s->len)
			at = at_delimiter(s, at, &f);
	}
	find_lost(t);
}

/* ---- the whole ---- */

static void
add_source(struct tree *t, struct arena *a, const struct mime_source *s)
{
	t->source = arena_more(
	    a, t->source, t->nsource, &t->source_size, sizeof *t->source);
	t->source[t->nsource++] = *s;
}

/* The message inside an encoded message/rfc822 (FACTS 1.7). */
static void
open_message(struct tree *t, struct arena *a, uint32_t i)
{
	struct part *q = &t->part[i];
	const struct mime_source *from = &t->source[q->source];
	struct text *content = arena_alloc(a, sizeof *content);
	struct mime_source s = {
	    .part = i, .content = content, .depth = from->depth + 1};

	if (s.depth > LIMIT_OPENED) {
		t->limited = true;
		return;
	}
	*content = TEXT(a);
	decode_transfer(content, q->cte, from->p + q->body.from,
	    q->body.to - q->body.from, q->body.from);
	s.p = content->p != NULL ? content->p : "";
	s.len = content->len;
	q->opened = t->nsource;
	add_source(t, a, &s);
}

static bool
odd_header(const struct tree *t)
{
	for (uint32_t i = 0; i < t->n; i++)
		for (uint32_t k = 0; k < t->part[i].header.n; k++)
			if (t->part[i].header.field[k].odd)
				return true;
	return false;
}

void
mime_parse(struct tree *t, struct arena *a, const char *p, uint32_t len)
{
	struct mime_source whole = {p, len, NO_PART, NULL, 0, false};

	*t = (struct tree){0};
	add_source(t, a, &whole);
	for (uint32_t s = 0, i = 0; s < t->nsource; s++) {
		split(t, a, s);
		if (t->source[s].last_wins)
			t->odd = true;
		else if (mime_etpan_refuse(t, s))
			t->refused = true;
		else if (!mime_etpan_agrees(t, a, s))
			t->odd = true;
		/* Two Content-Types: somebody's reader goes by the last. */
		if (s == 0 && t->twofold) {
			whole.last_wins = true;
			add_source(t, a, &whole);
		}
		for (; i < t->n; i++)
			if (t->part[i].kind == PART_MESSAGE &&
			    t->part[i].cte != CTE_IDENTITY)
				open_message(t, a, i);
	}
	t->odd |= odd_header(t) || t->twofold;
}

uint32_t
mime_alternative(const struct tree *t, uint32_t part, uint32_t *multipart)
{
	while (part != NO_PART) {
		uint32_t up = t->part[part].parent;

		if (up != NO_PART &&
		    strcmp(t->part[up].type, "multipart/alternative") == 0) {
			*multipart = up;
			return part;
		}
		if (t->part[part].kind == PART_MESSAGE)
			break;
		part = up;
	}
	return NO_PART;
}
