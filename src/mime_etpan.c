#include "mime_private.h"

#include <libetpan/mailmime.h>
#include <libetpan/mailmime_types.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "limits.h"

/* Ours takes the place of the library's, which reads before the start of the
   string for boundary="\"" and then zero-fills the heap (FACTS 1, 01). */
char *mailmime_extract_boundary(struct mailmime_content *);

char *
mailmime_extract_boundary(struct mailmime_content *ct)
{
	clistiter *i = clist_begin(ct->ct_parameters);

	for (; i != NULL; i = clist_next(i)) {
		struct mailmime_parameter *p = clist_content(i);
		const char *v = p->pa_value;
		size_t n = strlen(v);

		if (strcasecmp(p->pa_name, "boundary") != 0)
			continue;
		if (n >= 2 && v[0] == '"' && v[n - 1] == '"') {
			v++;
			n -= 2;
		}
		return strndup(v, n);
	}
	return NULL;
}

#define NEAR 1024 /* bytes between two colons that are searched as well */

static uint32_t
count_word(const char *p, uint32_t n, const char *word, uint32_t cap)
{
	size_t len = strlen(word);
	uint32_t found = 0;
	const char *end = p + n;

	/* The words asked for have a slash or digits, which have no case. */
	while (found < cap && p < end &&
	       (p = memmem(p, (size_t)(end - p), word, len)) != NULL) {
		found++;
		p += len;
	}
	return found;
}

/* The end of the field, folded lines and all, whose colon is at p[at]. */
static uint32_t
field_end(const char *p, uint32_t at, uint32_t n)
{
	const char *lf;

	do {
		lf = memchr(p + at, '\n', n - at);
		at = lf != NULL ? (uint32_t)(lf - p) + 1 : n;
	} while (at < n && (p[at] == ' ' || p[at] == '\t' || p[at] == '\r' ||
			       p[at] == '\n'));
	return at;
}

/* Words by which a part may say that it holds others, where a field may be:
   behind a colon.  Base64 has none, so that most of what is large is passed
   over at the speed of memchr; what is near is searched in one piece. */
static uint32_t
count_composites(const char *p, uint32_t n)
{
	static const char *const word[] = {
	    "/rfc822", "/RFC822", "oundary", "OUNDARY"};
	uint32_t found = 0, at = 0, end;
	const char *colon;

	while (at < n && (colon = memchr(p + at, ':', n - at)) != NULL) {
		at = (uint32_t)(colon - p);
		end = field_end(p, at, n);
		while (
		    end < n && (colon = memchr(p + end, ':',
				    n - end < NEAR ? n - end : NEAR)) != NULL)
			end = field_end(p, (uint32_t)(colon - p), n);
		for (size_t i = 0; i < sizeof word / sizeof *word; i++)
			found += count_word(
			    p + at, end - at, word[i], LIMIT_PARTS * 2);
		at = end;
	}
	return found;
}

/* Deepest nesting of ( in the bytes; not exact where quoted, never less. */
static uint32_t
comment_depth(const char *p, uint32_t n)
{
	uint32_t depth = 0, most = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (p[i] == '(' && ++depth > most)
			most = depth;
		else if (p[i] == ')' && depth > 0)
			depth--;
	}
	return most;
}

/* libetpan recurses on nested messages and comments and is quadratic in
   nested multiparts.  Our splitter went first: what it did not see as nested
   must not be more than a little. */
bool
mime_etpan_refuse(const struct tree *t, uint32_t source)
{
	const struct mime_source *s = &t->source[source];
	uint32_t composite = 0, depth = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		if (t->part[i].source != source)
			continue;
		composite += t->part[i].kind != PART_LEAF;
		if (t->part[i].depth > depth)
			depth = t->part[i].depth;
		if (comment_depth(s->p + t->part[i].head.from,
			t->part[i].head.to - t->part[i].head.from) >
		    LIMIT_COMMENT_DEPTH)
			return true;
	}
	/* It is quadratic in depth: 97 levels over 1 MB of "--" lines took
	   longer than limit_time. */
	if (t->limited || depth >= LIMIT_ETPAN_DEPTH)
		return true;
	if (count_composites(s->p, s->len) > LIMIT_NESTING + 4 * composite)
		return true;
	/* Anywhere, since libetpan may read a header where we see a body. */
	return count_word(s->p, s->len, "(", 10001) > 10000 &&
	       comment_depth(s->p, s->len) > 10000;
}

struct seen { /* what libetpan found, in pre-order */
	uint32_t depth;
	enum part_kind kind;
	uint32_t children;
	struct span body;
};

struct walk {
	struct arena *a;
	const char *p;
	struct seen *v;
	uint32_t n, size;
	struct level {
		struct mailmime *m;
		uint32_t depth;
	} * todo;
	uint32_t ntodo, todo_size;
};

static void
push(struct walk *w, struct mailmime *m, uint32_t depth)
{
	if (m == NULL)
		return;
	w->todo =
	    arena_more(w->a, w->todo, w->ntodo, &w->todo_size, sizeof *w->todo);
	w->todo[w->ntodo++] = (struct level){m, depth};
}

static void
visit(struct walk *w, struct mailmime *m, uint32_t depth)
{
	struct seen e = {.depth = depth, .kind = PART_LEAF};
	clistiter *i;

	if (m->mm_type == MAILMIME_MULTIPLE) {
		e.kind = PART_MULTIPART;
		i = clist_end(m->mm_data.mm_multipart.mm_mp_list);
		for (; i != NULL; i = clist_previous(i), e.children++)
			push(w, clist_content(i), depth + 1);
	} else if (m->mm_type == MAILMIME_MESSAGE) {
		e.kind = PART_MESSAGE;
		push(w, m->mm_data.mm_message.mm_msg_mime, depth + 1);
	}
	if (m->mm_body != NULL && m->mm_body->dt_type == MAILMIME_DATA_TEXT) {
		const char *b = m->mm_body->dt_data.dt_text.dt_data;

		e.body.from = b != NULL ? (uint32_t)(b - w->p) : 0;
		e.body.to = e.body.from +
			    (uint32_t)m->mm_body->dt_data.dt_text.dt_length;
	}
	w->v = arena_more(w->a, w->v, w->n, &w->size, sizeof *w->v);
	w->v[w->n++] = e;
}

/* Declared multipart, but none of its boundaries found: libetpan makes one
   part of the whole body, or none. */
static bool
nothing_found(const struct walk *w, uint32_t i)
{
	const struct seen *e = &w->v[i];

	return e->kind == PART_MULTIPART && e->children <= 1 &&
	       (e->children == 0 ||
		   (i + 1 < w->n && w->v[i + 1].kind == PART_LEAF &&
		       w->v[i + 1].body.from == e->body.from));
}

/* libetpan skips empty lines at the start of a part without a header. */
static bool
same_body(const char *p, uint32_t len, struct span ours, struct span theirs)
{
	while (ours.from < ours.to && ours.from < theirs.from &&
	       (p[ours.from] == '\n' || p[ours.from] == '\r'))
		ours.from++;
	if (ours.from == ours.to)
		return theirs.from == theirs.to;
	/* Without a closing delimiter it leaves out the last line end. */
	if (ours.to == len && theirs.to < ours.to && p[ours.to - 1] == '\n')
		ours.to -=
		    ours.to - theirs.to > 1 && p[ours.to - 2] == '\r' ? 2 : 1;
	return ours.from == theirs.from && ours.to == theirs.to;
}

/* An entry of multipart/digest without a header of its own (RFC 2046 5.1.5):
   libetpan takes the message's header for the part's, and sees no message in
   between.  The bodies are the same. */
static bool
bare_entry(const struct tree *t, const struct part *q)
{
	return q->kind == PART_MESSAGE && q->header.n == 0 &&
	       q->parent != NO_PART &&
	       strcmp(t->part[q->parent].type, "multipart/digest") == 0;
}

/* Do both trees hold the same entities at the same offsets? */
static bool
agree(const struct tree *t, uint32_t source, struct arena *a,
    const struct walk *w)
{
	/* How much deeper a part is for us than for libetpan. */
	uint32_t *deeper = arena_array(a, t->n, sizeof *deeper);
	uint32_t k = 0, base = NO_PART;

	for (uint32_t i = 0; i < t->n; i++) {
		const struct part *q = &t->part[i];
		enum part_kind kind = q->kind;
		const struct seen *e;

		if (q->source != source)
			continue;
		if (base == NO_PART)
			base = q->depth;
		else
			deeper[i] = deeper[q->parent];
		if (k >= w->n)
			return false;
		e = &w->v[k];
		if (bare_entry(t, q) &&
		    (e->kind != PART_MESSAGE ||
			t->part[i + 1].kind == PART_MESSAGE)) {
			deeper[i]++;
			continue;
		}
		k++;
		if (q->lost && nothing_found(w, k - 1)) {
			k += e->children;
			continue;
		}
		if (kind == PART_MESSAGE && q->cte != CTE_IDENTITY)
			kind = PART_LEAF;
		if (e->kind != kind || e->depth != q->depth - base - deeper[i])
			return false;
		if (kind == PART_LEAF &&
		    !same_body(w->p, t->source[source].len, q->body, e->body))
			return false;
	}
	return k == w->n;
}

bool
mime_etpan_agrees(const struct tree *t, struct arena *a, uint32_t source)
{
	const struct mime_source *s = &t->source[source];
	uint32_t skip = message_from_line(s->p, s->len);
	struct walk w = {.a = a, .p = s->p};
	struct mailmime *m = NULL;
	size_t at = 0;
	bool same = false;

	if (mailmime_parse(s->p + skip, s->len - skip, &at, &m) !=
		MAILIMF_NO_ERROR ||
	    m == NULL)
		return false;
	if (m->mm_type == MAILMIME_MESSAGE)
		push(&w, m->mm_data.mm_message.mm_msg_mime, 0);
	while (w.ntodo > 0 && w.n <= LIMIT_PARTS) {
		struct level l = w.todo[--w.ntodo];

		visit(&w, l.m, l.depth);
	}
	same = agree(t, source, a, &w);
	mailmime_free(m);
	return same;
}
