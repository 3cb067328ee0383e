#include "digest_private.h"

#include <string.h>

#include "limits.h"

/* ---- titles ---- */

/* "Re:", also with a full-width colon; 0: none here. */
static uint32_t
reply_mark(const char *p, uint32_t at, uint32_t stop)
{
	if (digest_word(p, at, stop, "re:"))
		return 3;
	return digest_word(p, at, stop, "re\xef\xbc\x9a") ? 5 : 0;
}

/* "[list]" with something behind it; 0: none here. */
static uint32_t
list_mark(const char *p, uint32_t at, uint32_t stop)
{
	uint32_t room = stop - at < 64 ? stop - at : 64;
	const char *end = p[at] == '[' ? memchr(p + at, ']', room) : NULL;
	uint32_t len = end != NULL ? (uint32_t)(end - p) + 1 - at : 0;

	return len > 0 && digest_skip(p, at + len, stop) < stop ? len : 0;
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Behind all "Re:" and, where asked, "[list]". */
static uint32_t
title_start(const char *p, struct span s, bool bare)
{
	uint32_t at = s.from;

	for (uint32_t len = 1; len > 0; at += len) {
		at = digest_skip(p, at, s.to);
		len = at < s.to ? reply_mark(p, at, s.to) : 0;
		if (len == 0 && bare && at < s.to)
			len = list_mark(p, at, s.to);
	}
	return at;
}

void
digest_key(struct digest_key *k, const char *p, struct span s)
{
	for (int bare = 0; bare < 2; bare++) {
		uint32_t at = title_start(p, s, bare), n = 0;

		for (; at < s.to && n < sizeof(k->v[bare].c); at++) {
			char c = p[at];

			if (!is_space(c))
				k->v[bare].c[n++] =
				    c >= 'A' && c <= 'Z' ? c + 32 : c;
		}
		k->v[bare].n = n;
	}
}

/* How two keys begin alike: bytes, and characters that are whole in both. */
struct common {
	uint32_t bytes, chars, shorter;
};

static bool
starts_char(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static struct common
compare(const struct digest_key *a, const struct digest_key *b, int i)
{
	uint32_t na = a->v[i].n, nb = b->v[i].n;
	struct common c = {.shorter = na < nb ? na : nb};

	while (
	    c.bytes < c.shorter && a->v[i].c[c.bytes] == b->v[i].c[c.bytes]) {
		c.chars += starts_char(a->v[i].c[c.bytes]);
		c.bytes++;
	}
	if (c.chars > 0 && c.bytes < c.shorter &&
	    (!starts_char(a->v[i].c[c.bytes]) ||
		!starts_char(b->v[i].c[c.bytes])))
		c.chars--; /* its end differs */
	return c;
}

bool
digest_fits(const struct digest_key *toc, const struct digest_key *subject)
{
	bool fits = false;

	for (int i = 0; i < 2 && !fits; i++) {
		struct common c = compare(toc, subject, i);

		fits = c.shorter > 0 && (c.bytes == c.shorter || c.chars >= 8);
	}
	return fits;
}

bool
digest_is(const struct digest_key *toc, const struct digest_key *subject)
{
	bool is = false;

	for (int i = 0; i < 2 && !is; i++) {
		struct common c = compare(toc, subject, i);
		uint32_t nt = toc->v[i].n, ns = subject->v[i].n;

		if (c.shorter == 0 || c.bytes < c.shorter)
			continue;
		is = nt == ns || (nt > ns && toc->v[i].c[ns] == '(') ||
		     (nt < ns && c.chars >= 8);
	}
	return is;
}

bool
digest_several(const struct digest_key *toc, const struct digest_key *subject)
{
	for (int i = 0; i < 2; i++) {
		uint32_t n = subject->v[i].n;
		const char *behind = toc->v[i].c + n;

		if (compare(toc, subject, i).bytes == n &&
		    n + 2 <= toc->v[i].n && behind[0] == '(' &&
		    behind[1] >= '1' && behind[1] <= '9')
			return true;
	}
	return false;
}

/* ---- a line and the Subject it stands for ---- */

static void
common_from(struct digest_common *c, const char *p, struct span line,
    const char *title, struct span s)
{
	uint32_t i = line.from, k = s.from;

	*c = (struct digest_common){{i, i}, {k, k}};
	for (;; i++, k++) {
		i = digest_skip(p, i, line.to);
		k = digest_skip(title, k, s.to);
		if (i == line.to || k == s.to || p[i] != title[k])
			break;
		c->line.to = i + 1;
		c->title.to = k + 1;
	}
	/* A character whose end differs. */
	if ((i < line.to && !starts_char(p[i])) ||
	    (k < s.to && !starts_char(title[k])))
		while (c->line.to > line.from) {
			c->title.to--;
			if (starts_char(p[--c->line.to]))
				break;
		}
}

void
digest_common(struct digest_common *best, const char *p, struct span line,
    const char *title, uint32_t n)
{
	struct span s = {0, n};

	*best = (struct digest_common){{0, 0}, {0, 0}};
	for (int way = 0; way < 4; way++) {
		struct digest_common c;
		struct span l = line, t = s;

		/* As they are, or from behind what a list puts before them. */
		if (way > 0)
			l.from = title_start(p, line, way > 1);
		if (way > 0)
			t.from = title_start(title, s, way == 2);
		common_from(&c, p, l, title, t);
		if (c.title.to - c.title.from >
		    best->title.to - best->title.from)
			*best = c;
	}
}

struct span
digest_place(const char *p, const struct digest_common *c, const char *title,
    struct span s)
{
	struct span place = {0, 0};
	uint32_t i = c->line.from, k = c->title.from;

	/* A cut takes blanks that the line does not have. */
	while (s.to > s.from &&
	       (title[s.to - 1] == ' ' ||
		   (title[s.to - 1] >= '\t' && title[s.to - 1] <= '\r')))
		s.to--;
	if (s.from < c->title.from || s.to > c->title.to)
		return place;
	for (; k < s.to; i++, k++) {
		i = digest_skip(p, i, c->line.to);
		k = digest_skip(title, k, c->title.to);
		if (k >= s.to)
			break;
		if (k >= s.from && place.to == 0)
			place.from = i;
		if (k >= s.from)
			place.to = i + 1;
	}
	return place;
}

#define AUTHOR 100 /* bytes of a name */

uint32_t
digest_author(const char *p, struct span line, uint32_t at, struct span *name)
{
	uint32_t stop = line.to, number;

	at = digest_skip(p, at, stop);
	if (digest_word(p, at, stop, "...") ||
	    digest_word(p, at, stop, "\xe2\x80\xa6"))
		at = digest_skip(p, at + 3, stop);
	*name = (struct span){at, stop};
	if (at == stop)
		return stop;
	if (stop - at > AUTHOR)
		return 0;
	if (p[at] == '(' && p[stop - 1] == ')') {
		*name = (struct span){at + 1, stop - 1};
		return stop;
	}
	if (!digest_number(p, &at, stop, &number))
		return 0;
	at = digest_skip(p, at, stop);
	*name = (struct span){at + 3, stop};
	return digest_word(p, at, stop, "by:") ? stop : 0;
}

/* ---- the table of contents ---- */

struct reader {
	const char *p;
	struct arena *a;
	struct digest_toc *toc;
	enum { SEEK, LIST, DONE } state;
	bool heading;    /* "Topics:" was there: the list is below it */
	bool gap;        /* a blank line just before */
	uint32_t indent; /* of an item without number */
	uint32_t column; /* where the text behind a number starts */
};

/* Columns of white space before the text, with tabs of eight. */
static uint32_t
indent_of(const char *p, struct digest_line l)
{
	uint32_t cols = 0;

	for (uint32_t at = l.from; at < l.stop; at++) {
		if (p[at] == '\t')
			cols += 8 - cols % 8;
		else if (p[at] == ' ')
			cols++;
		else
			break;
	}
	return cols;
}

/* "3. Subject": where the subject starts, and its number; 0: no such line. */
static uint32_t
behind_number(const char *p, struct digest_line l, uint32_t *number)
{
	uint32_t at = digest_skip(p, l.from, l.stop), text;

	if (!digest_number(p, &at, l.stop, number) || *number == 0 ||
	    at == l.stop || (p[at] != '.' && p[at] != ')'))
		return 0;
	text = digest_skip(p, at + 1, l.stop);
	return text > at + 1 && text < l.stop ? text : 0;
}

/* ezmlm: "	3 by: Name" */
static bool
is_by(const char *p, struct digest_line l)
{
	uint32_t at = digest_skip(p, l.from, l.stop), number;

	return digest_number(p, &at, l.stop, &number) &&
	       digest_word(p, digest_skip(p, at, l.stop), l.stop, "by:");
}

/* "Today's Topics:", "In this issue:", "Contents:".  Other languages' lists
   are known by their numbers. */
static bool
is_heading(const char *p, struct digest_line l)
{
	static const char *const words[] = {"topics", "this issue", "contents"};
	uint32_t from = digest_skip(p, l.from, l.stop), stop = l.stop;

	while (stop > from && is_space(p[stop - 1]))
		stop--;
	if (stop == from || p[stop - 1] != ':' || stop - from > 80)
		return false;
	for (uint32_t at = from; at < stop; at++)
		for (size_t i = 0; i < sizeof(words) / sizeof *words; i++)
			if (digest_word(p, at, stop, words[i]))
				return true;
	return false;
}

static void
add_item(struct reader *r, uint32_t text, uint32_t stop, uint32_t number)
{
	struct digest_toc *t = r->toc;

	if (t->n == LIMIT_ENTRIES) {
		r->state = DONE;
		return;
	}
	t->v = arena_more(r->a, t->v, t->n, &t->size, sizeof *t->v);
	t->v[t->n++] = (struct digest_item){
	    .text = {text, stop}, .title = {text, stop}, .number = number};
	t->numbered = number > 0;
	r->state = LIST;
}

static void
extend(struct reader *r, struct digest_line l, bool by)
{
	struct digest_item *last = &r->toc->v[r->toc->n - 1];

	last->text.to = l.stop;
	last->by += by;
	if (last->by == 0)
		last->title.to = l.stop;
}

static bool
numbered_line(struct reader *r, struct digest_line l)
{
	uint32_t number, text = behind_number(r->p, l, &number);

	/* A folded subject may go on with a number, but further in. */
	if (text > 0 && number > r->toc->v[r->toc->n - 1].number &&
	    indent_of(r->p, l) < r->column) {
		r->column = indent_of(r->p, l) + text -
			    digest_skip(r->p, l.from, l.stop);
		add_item(r, text, l.stop, number);
	} else if (!r->gap)
		extend(r, l, false);
	else
		return false;
	return true;
}

static bool
plain_line(struct reader *r, struct digest_line l)
{
	uint32_t indent = indent_of(r->p, l);

	if (indent > r->indent && !r->gap)
		extend(r, l, is_by(r->p, l));
	else if (indent <= r->indent &&
		 (!r->gap || r->toc->v[r->toc->n - 1].by > 0))
		add_item(r, digest_skip(r->p, l.from, l.stop), l.stop, 0);
	else
		return false;
	return true;
}

/* A line where no list is yet: does one begin? */
static void
seek_line(struct reader *r, struct digest_line l)
{
	uint32_t number, text = behind_number(r->p, l, &number);

	if (!r->heading && is_heading(r->p, l)) {
		r->heading = true;
		r->toc->n = 0;
	} else if (text > 0 && (r->heading || number == 1)) {
		r->toc->n = 0;
		r->column = indent_of(r->p, l) + text -
			    digest_skip(r->p, l.from, l.stop);
		add_item(r, text, l.stop, number);
	} else if (r->heading) {
		r->indent = indent_of(r->p, l);
		add_item(r, digest_skip(r->p, l.from, l.stop), l.stop, 0);
	}
}

static void
toc_line(struct reader *r, struct digest_line l)
{
	bool mine = false;

	if (r->state == LIST)
		mine =
		    r->toc->numbered ? numbered_line(r, l) : plain_line(r, l);
	if (r->state == LIST && !mine)
		r->state = r->heading ? DONE : SEEK;
	if (r->state == SEEK)
		seek_line(r, l);
}

/* ezmlm: what has no "by:" was text below the list. */
static void
keep_by(struct digest_toc *t)
{
	uint32_t n = 0;
	bool any = false;

	for (uint32_t i = 0; i < t->n; i++)
		any = any || t->v[i].by > 0;
	for (uint32_t i = 0; i < t->n; i++)
		if (!any || t->v[i].by > 0)
			t->v[n++] = t->v[i];
	t->n = n;
}

void
digest_toc(struct digest_toc *t, struct arena *a, const char *p, uint32_t n)
{
	struct reader r = {.p = p, .a = a, .toc = t};
	struct digest_line l;

	for (uint32_t at = 0; at < n && r.state != DONE; at = l.next) {
		l = digest_line(p, n, at);
		r.gap = digest_blank(p, l) || r.gap;
		if (digest_blank(p, l))
			continue;
		toc_line(&r, l);
		r.gap = false;
	}
	keep_by(t);
	for (uint32_t i = 0; i < t->n; i++)
		digest_key(&t->v[i].key, p, t->v[i].title);
}

void
digest_contents(struct arena *a, const char *p, uint32_t n,
    const struct digest_title *title, uint32_t count, struct span *line)
{
	struct digest_toc toc = {0};

	digest_toc(&toc, a, p, n);
	for (uint32_t i = 0; i < toc.n; i++) {
		const struct digest_item *item = &toc.v[i];
		uint32_t k = item->number - 1; /* mostly in order */
		struct digest_key key;

		if (item->number == 0 || k >= count ||
		    title[k].number != item->number || line[k].to > 0)
			continue;
		digest_key(&key, title[k].p, (struct span){0, title[k].len});
		if (digest_fits(&item->key, &key))
			line[k] = item->text;
	}
}
