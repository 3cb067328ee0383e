#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cuts.h"

bool
fail(struct failure *f, const char *what, const char *fmt, ...)
{
	va_list ap;

	f->what = what;
	va_start(ap, fmt);
	vsnprintf(f->more, sizeof f->more, fmt, ap);
	va_end(ap);
	return false;
}

static bool
equal(const char *p, size_t n, const char *q, size_t m)
{
	return n == m && (n == 0 || memcmp(p, q, n) == 0);
}

static bool
is_white(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* ---- text less spans ---- */

static void
less(struct buf *out, const char *p, uint32_t n, const struct spans *cut)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < cut->n; i++) {
		buf_put(out, p + at, cut->v[i].from - at);
		at = cut->v[i].to;
	}
	buf_put(out, p + at, n - at);
}

/* A stretch that stays, without the white space at its cut edges. */
static struct span
stretch(const char *p, uint32_t n, const struct spans *cut, uint32_t i)
{
	struct span s = {
	    i > 0 ? cut->v[i - 1].to : 0, i < cut->n ? cut->v[i].from : n};

	while (i < cut->n && s.from < s.to && is_white(p[s.to - 1]))
		s.to--;
	while (i > 0 && s.from < s.to && is_white(p[s.from]))
		s.from++;
	return s;
}

bool
check_loose(struct failure *f, const char *what, const char *p, uint32_t n,
    const struct spans *cut, const char *got, uint32_t len)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i <= cut->n; i++) {
		struct span s = stretch(p, n, cut, i);
		uint32_t need = s.to - s.from;

		while (i > 0 && at < len && is_white(got[at]))
			at++;
		if (len - at < need ||
		    (need > 0 && memcmp(got + at, p + s.from, need) != 0))
			return fail(f, what, "want: %.*s\ngot: %.*s",
			    (int)(need < 200 ? need : 200), p + s.from,
			    (int)(len - at < 200 ? len - at : 200), got + at);
		at += need;
	}
	while (cut->n > 0 && at < len && is_white(got[at]))
		at++;
	if (at < len)
		return fail(
		    f, what, "and more: %.*s", (int)(len - at), got + at);
	return true;
}

/* ---- encoded bodies ---- */

static int
transfer(struct buf *out, enum way way, const char *p, size_t n)
{
	if (way == WAY_BASE64)
		return get_base64(out, p, n);
	if (way == WAY_QP)
		get_qp(out, p, n);
	else
		buf_put(out, p, n);
	return 0;
}

struct lines {
	size_t n, longest, odd; /* odd: not of `width`, the last aside */
	bool blanks;            /* at the end of one */
};

static struct lines
count_lines(const char *p, size_t n, size_t width)
{
	struct lines x = {0};

	for (size_t i = 0, to, next; i < n; i = next) {
		const char *lf = memchr(p + i, '\n', n - i);

		next = lf != NULL ? (size_t)(lf - p) + 1 : n;
		to = lf != NULL ? next - 1 : n;
		to -= lf != NULL && to > i && p[to - 1] == '\r';
		x.n++;
		x.longest = to - i > x.longest ? to - i : x.longest;
		x.odd += next < n && to - i != width;
		x.blanks |= to > i && (p[to - 1] == ' ' || p[to - 1] == '\t');
	}
	return x;
}

/* Offset of the character with that number, line ends not counted. */
static size_t
base64_offset(const char *p, size_t n, size_t number)
{
	size_t i = 0;

	for (; i < n; i++)
		if (p[i] != '\r' && p[i] != '\n' && number-- == 0)
			return i;
	return n;
}

/* What both begin with. */
static size_t
common(const struct buf *a, const struct buf *b)
{
	size_t i = 0;

	while (i < a->len && i < b->len && a->p[i] == b->p[i])
		i++;
	return i;
}

struct pair { /* of one body, before and after */
	const char *p, *q;
	size_t n, m;
	struct buf was, is; /* decoded */
};

static bool
check_base64(
    struct failure *f, const struct known_part *k, const struct pair *x)
{
	size_t same =
	    base64_offset(x->p, x->n, common(&x->was, &x->is) / 3 * 4);
	struct lines old = count_lines(x->p, x->n, k->width);
	struct lines new = count_lines(x->q, x->m, k->width);

	/* Behind the last quantum there may be a line end. */
	while (same > 0 && (x->p[same - 1] == '\r' || x->p[same - 1] == '\n'))
		same--;
	if (x->m < same || memcmp(x->p, x->q, same) != 0)
		return fail(f, "base64: bytes before the first cut changed",
		    "%zu should be the same", same);
	if (old.n > 1 && new.odd > 0)
		return fail(
		    f, "base64: other line lengths", "%zu lines", new.odd);
	if (old.n <= 1 && new.n > 1)
		return fail(f, "base64: one line became more", "%zu", new.n);
	return true;
}

/* How many encoded bytes surely stand before the content byte with that
   number. */
static size_t
qp_offset(const char *p, size_t n, size_t number)
{
	size_t i = 0, found = 0;

	for (; i < n && found < number; found++) {
		while (i < n && p[i] == '=' && memchr(" \t\r\n", p[i + 1], 4))
			i = (size_t)((const char *)memchr(p + i, '\n', n - i) -
				     p) +
			    1;
		i += i < n && p[i] == '=' ? 3 : 1;
	}
	return i < n ? i : n;
}

/* before: content bytes before the first cut.  The last of them may be a blank
   that had to be encoded, or had to go to a new line. */
static bool
check_qp(struct failure *f, const struct pair *x, size_t before)
{
	struct lines old = count_lines(x->p, x->n, 0);
	struct lines new = count_lines(x->q, x->m, 0);
	size_t same = before > 1 ? qp_offset(x->p, x->n, before - 1) : 0;

	/* A longer one may get the = of a soft break. */
	if (new.longest > 76 && new.longest > old.longest + (old.longest > 76))
		return fail(f, "QP: a line too long", "%zu, before %zu",
		    new.longest, old.longest);
	if (new.blanks && !old.blanks)
		return fail(f, "QP: blanks at the end of a line", "%.*s",
		    (int)x->m, x->q);
	if (x->m < same || memcmp(x->p, x->q, same) != 0)
		return fail(f, "QP: bytes before the first cut changed",
		    "%zu should be the same", same);
	return true;
}

static bool
check_text(struct failure *f, const struct known *m, const struct known_part *k,
    const struct buf *is)
{
	struct buf got = BUF(8u << 20), want = BUF(8u << 20);
	const struct known_text *t = &k->body_text;
	bool good;

	less(&want, t->p, t->len, &t->cut);
	if (charset_decode(
		k->charset, &got, is->len > 0 ? is->p : "", is->len) == -1)
		good = fail(f, "bytes that are no text", "%s: %s", k->path,
		    k->charset->label);
	else if (k->html)
		good = check_html(f, m->a, t, got.p, (uint32_t)got.len);
	else if (!equal(want.p, want.len, got.p, got.len))
		good = fail(f, "text: not the text without the spans",
		    "%s %s\nwant: %.*s\ngot: %.*s", k->path, k->charset->label,
		    (int)(want.len < 250 ? want.len : 250), want.p,
		    (int)(got.len < 250 ? got.len : 250), got.p);
	else
		good = true;
	buf_free(&got);
	buf_free(&want);
	return good;
}

static bool
check_subject(
    struct failure *f, const struct known_text *t, const char *q, size_t m)
{
	struct buf got = BUF(65536);
	bool good;

	if (get_subject(&got, q, m, t->raw) == -1)
		good = fail(
		    f, "Subject: bytes that are no text", "%.*s", (int)m, q);
	else
		good = check_loose(f, "Subject: not the text without the spans",
		    t->p, t->len, &t->cut, got.p, (uint32_t)got.len);
	if (!good && strlen(f->more) < 400) {
		size_t at = strlen(f->more);

		snprintf(f->more + at, sizeof f->more - at, "\nraw: %.*s",
		    (int)m, q);
	}
	buf_free(&got);
	return good;
}

/* ---- sources: what stands between the texts stays ---- */

struct region {
	struct known_part *part;
	struct span at;
	enum { SUBJECT, LENGTHS, BODY } what;
};

static bool check_source(
    struct failure *, const struct known *, uint32_t, const char *, size_t);

static bool
any_cut(const struct known *m, uint32_t source)
{
	for (uint32_t i = 0; i < m->npart; i++) {
		const struct known_part *k = &m->part[i];

		if (k->source == source &&
		    (k->subject.cut.n > 0 || k->body_text.cut.n > 0 ||
			(k->opened > 0 && any_cut(m, k->opened))))
			return true;
	}
	return false;
}

/* In order of their place. */
static uint32_t
find_regions(const struct known *m, uint32_t source, struct region *v)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->npart; i++) {
		struct known_part *k = &m->part[i];

		if (k->source != source)
			continue;
		if (k->has_subject)
			v[n++] = (struct region){k, k->subject.at, SUBJECT};
		if (k->lengths.to > 0)
			v[n++] = (struct region){k, k->lengths, LENGTHS};
		if (k->text || k->opened > 0)
			v[n++] = (struct region){k, k->body, BODY};
	}
	return n;
}

static bool
is_cut(const struct known *m, const struct region *r)
{
	const struct known_part *k = r->part;

	if (r->what == SUBJECT)
		return k->subject.cut.n > 0;
	return k->body_text.cut.n > 0 ||
	       (k->opened > 0 && any_cut(m, k->opened));
}

/* Of an opened message up to the first text that may change. */
static size_t
before_change(const struct known *m, uint32_t source)
{
	struct region *v = arena_array(m->a, m->npart * 3 + 1, sizeof *v);
	uint32_t n = find_regions(m, source, v);

	for (uint32_t i = 0; i < n; i++)
		if (v[i].what == LENGTHS || is_cut(m, &v[i]))
			return v[i].at.from;
	return 0;
}

/* Content bytes before the first cut; 0 where that is not known. */
static size_t
before_cut(const struct known *m, const struct known_part *k)
{
	const struct known_text *t = &k->body_text;
	struct buf b = BUF(4u << 20);
	size_t n = 0;

	if (k->opened > 0)
		return before_change(m, k->opened);
	if (k->text && !k->html && !k->charset->stateful && t->cut.n > 0 &&
	    charset_encode(k->charset, &b, t->p, t->cut.v[0].from) == 0)
		n = b.len;
	buf_free(&b);
	return n;
}

static bool
check_way(struct failure *f, const struct known *m, const struct known_part *k,
    struct pair *x)
{
	x->was = x->is = BUF(4u << 20);
	if (transfer(&x->was, k->way, x->p, x->n) == -1)
		return fail(f, "test: its own base64", "%s", k->path);
	if (transfer(&x->is, k->way, x->q, x->m) == -1)
		return fail(
		    f, "base64 that cannot be read", "%.*s", (int)x->m, x->q);
	if (k->way == WAY_BASE64)
		return check_base64(f, k, x);
	return k->way == WAY_QP ? check_qp(f, x, before_cut(m, k)) : true;
}

static bool
check_region(struct failure *f, const struct known *m, const struct region *r,
    const char *q, size_t n)
{
	const struct buf *b = &m->source[r->part->source].bytes;
	struct known_part *k = r->part;
	struct pair x = {
	    b->p + r->at.from, q, r->at.to - r->at.from, n, {0}, {0}};
	bool good;

	if (r->what == LENGTHS)
		return true; /* check_lengths looks at them */
	if (!is_cut(m, r))
		return equal(x.p, x.n, x.q, x.m) ||
		       fail(f, "a text that is not cut changed", "%s", k->path);
	if (r->what == SUBJECT)
		return check_subject(f, &k->subject, q, n);
	good = check_way(f, m, k, &x);
	if (good && k->opened > 0)
		good = check_source(f, m, k->opened, x.is.p, x.is.len);
	else if (good)
		good = check_text(f, m, k, &x.is);
	buf_free(&x.was);
	buf_free(&x.is);
	return good;
}

static bool
check_source(struct failure *f, const struct known *m, uint32_t source,
    const char *q, size_t n)
{
	struct region *v = arena_array(m->a, m->npart * 3 + 1, sizeof *v);
	const struct buf *b = &m->source[source].bytes;
	uint32_t count = find_regions(m, source, v), end = (uint32_t)b->len;
	size_t at = count > 0 ? v[0].at.from : end;

	if (n < at || !equal(b->p, at, q, at))
		return fail(f, "bytes before the first text changed", "%s",
		    source > 0 ? "in an encoded message" : "");
	for (uint32_t i = 0; i < count; i++) {
		uint32_t next = i + 1 < count ? v[i + 1].at.from : end;
		const char *gap = b->p + v[i].at.to, *hit;
		size_t len = next - v[i].at.to;

		hit = i + 1 < count ? memmem(q + at, n - at, gap, len)
		      : n - at >= len && equal(q + n - len, len, gap, len)
			  ? q + n - len
			  : NULL;
		if (hit == NULL)
			return fail(f, "bytes between the texts changed",
			    "behind %s", v[i].part->path);
		if (!check_region(
			f, m, &v[i], q + at, (size_t)(hit - (q + at))))
			return false;
		at = (size_t)(hit - q) + len;
	}
	return at == n || fail(f, "more bytes than before", "%zu", n - at);
}

/* Fields of a part, those aside that tell a length. */
static uint32_t
count_fields(const struct tree *t, const struct part *q)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < q->header.n; i++)
		n += !is_length(t->source[q->source].p, &q->header.field[i]);
	return n;
}

bool
check_cut(struct failure *f, const struct known *m, const struct tree *t,
    const struct buf *out)
{
	struct tree now;

	if (!check_source(f, m, 0, out->p, out->len))
		return false;
	mime_parse(&now, m->a, out->p, (uint32_t)out->len);
	if (now.odd || now.refused || now.limited)
		return fail(f, "the tree of the result is not sound", " ");
	if (now.n != t->n)
		return fail(
		    f, "another number of parts", "%u, before %u", now.n, t->n);
	for (uint32_t i = 0; i < t->n; i++) {
		const struct part *a = &t->part[i], *b = &now.part[i];

		if (a->kind != b->kind || strcmp(a->type, b->type) != 0 ||
		    a->cte != b->cte || a->lost != b->lost ||
		    strcmp(a->path, b->path) != 0 ||
		    count_fields(t, a) != count_fields(&now, b))
			return fail(
			    f, "another tree", "%s %s", a->path, b->path);
	}
	return check_lengths(f, m, t, &now);
}

/* ---- before the cut ---- */

static bool
check_part(struct failure *f, const struct part *q, const struct known_part *k)
{
	static const enum cte cte[] = {CTE_IDENTITY, CTE_QP, CTE_BASE64};

	if (k->kind != q->kind || strcmp(k->type, q->type) != 0 ||
	    cte[k->way] != q->cte)
		return fail(f, "read: another kind of part", "%s %s %s",
		    q->path, q->type, k->type);
	if (k->kind == PART_LEAF &&
	    (k->body.from != q->body.from || k->body.to != q->body.to))
		return fail(f, "read: another body", "%s %u..%u not %u..%u",
		    q->path, q->body.from, q->body.to, k->body.from,
		    k->body.to);
	return true;
}

static bool
check_doc(struct failure *f, const struct doc *d, const struct known_text *t,
    const char *path)
{
	return equal(t->p, t->len, d->utf8.p, d->utf8.len) ||
	       fail(f, "read: another text", "%s\nwant: %.*s\ngot: %.*s", path,
		   (int)(t->len < 250 ? t->len : 250), t->p,
		   (int)(d->utf8.len < 250 ? d->utf8.len : 250), d->utf8.p);
}

bool
check_read(struct failure *f, const struct known *m, const struct tree *t,
    const struct view *v)
{
	if (t->odd || t->refused || t->limited || v->limited)
		return fail(f, "read: the tree is not sound", "%s%s",
		    t->odd ? "odd " : "", t->refused ? "refused" : "");
	if (t->n != m->npart)
		return fail(f, "read: another number of parts", "%u not %u",
		    t->n, m->npart);
	for (uint32_t i = 0; i < t->n; i++) {
		struct known_part *k = known_by_path(m, t->part[i].path);

		if (k == NULL)
			return fail(
			    f, "read: an unknown part", "%s", t->part[i].path);
		if (!check_part(f, &t->part[i], k))
			return false;
	}
	for (uint32_t i = 0; i < v->ndoc; i++) {
		const struct doc *d = &v->doc[i];
		struct known_part *k = known_by_path(m, t->part[d->part].path);

		if (!check_doc(f, d, d->subject ? &k->subject : &k->body_text,
			d->path))
			return false;
	}
	return true;
}
