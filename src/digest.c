#include "digest_private.h"

#include <string.h>

#include "limits.h"

#define DASHES 30      /* RFC 1153; the line below the preamble has 70 */
#define UNDERSCORES 60 /* Yahoo's have 72, in two lines */
#define STARS 10       /* below "End of ..." */
#define BLANK_LINES 3  /* between a separator and its header block */

/* Header blocks behind separators; more than entries, for most may turn out
   to be forged. */
#define CANDIDATES (4 * LIMIT_ENTRIES)
#define NONE UINT32_MAX

enum kind { NO_SEPARATOR, DASHED, UNDERSCORED };

struct candidate {
	struct digest_entry e;
	uint32_t sep;  /* where its separator starts */
	uint32_t item; /* in the table of contents; NONE */
	uint32_t next; /* number of the next one that has an item; NONE */
	enum kind kind;
	bool gap;      /* an empty line behind the separator */
	bool numbered; /* has "Message: 3" */
	struct digest_key key;
};

struct scan {
	const char *p;
	uint32_t n;
	struct arena *a;
	struct candidate *v;
	uint32_t count, size;
	uint32_t more;     /* separator of the first one too many; or n */
	uint32_t text_end; /* behind the last line that is not blank */
	/* Separators without an entry behind them, the last of a kind each;
	   or NONE. */
	uint32_t plain;   /* any */
	uint32_t footer;  /* right before the next one, with a lone Subject */
	uint32_t end;     /* before "End of", or before the footer above */
	uint32_t end_sep; /* before "End of" */
	uint32_t line;    /* of underscores */
	uint32_t tail;    /* with nothing behind it */
	struct digest_toc toc;
};

/* ---- lines ---- */

struct digest_line
digest_line(const char *p, uint32_t n, uint32_t at)
{
	const char *lf = memchr(p + at, '\n', n - at);
	uint32_t stop = lf != NULL ? (uint32_t)(lf - p) : n;
	struct digest_line l = {at, stop, lf != NULL ? stop + 1 : n};

	if (l.stop > at && p[l.stop - 1] == '\r')
		l.stop--;
	return l;
}

uint32_t
digest_skip(const char *p, uint32_t at, uint32_t stop)
{
	while (at < stop && (p[at] == ' ' || (p[at] >= '\t' && p[at] <= '\r')))
		at++;
	return at;
}

bool
digest_blank(const char *p, struct digest_line l)
{
	return digest_skip(p, l.from, l.stop) == l.stop;
}

bool
digest_word(const char *p, uint32_t at, uint32_t stop, const char *word)
{
	for (; *word != '\0'; word++, at++) {
		char c = at < stop ? p[at] : '\0';

		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		if (c != *word)
			return false;
	}
	return true;
}

bool
digest_number(const char *p, uint32_t *at, uint32_t stop, uint32_t *number)
{
	uint32_t from = *at;

	*number = 0;
	for (; *at < stop && p[*at] >= '0' && p[*at] <= '9'; ++*at)
		*number = *at - from < 9
			      ? *number * 10 + (uint32_t)(p[*at] - '0')
			      : 0;
	return *at > from && *at - from <= 9;
}

/* Past a few blank lines. */
static uint32_t
skip_lines(const struct scan *s, uint32_t at)
{
	for (int i = 0; i < BLANK_LINES && at < s->n; i++) {
		struct digest_line l = digest_line(s->p, s->n, at);

		if (!digest_blank(s->p, l))
			break;
		at = l.next;
	}
	return at;
}

/* Where p[from..to) stops without the blank lines at its end. */
static uint32_t
text_stop(const char *p, uint32_t from, uint32_t to)
{
	uint32_t at = to;

	while (at > from && digest_skip(p, at - 1, at) == at)
		at--;
	return at > from ? digest_line(p, to, at).next : from;
}

/* Is the line a row of at least `least` c? */
static bool
is_row(const char *p, struct digest_line l, char c, uint32_t least)
{
	uint32_t at = l.from;

	while (at < l.stop && p[at] == c)
		at++;
	return at - l.from >= least && digest_skip(p, at, l.stop) == l.stop;
}

/* A separator that starts with this line; *l grows over all its lines. */
static enum kind
separator(const struct scan *s, struct digest_line *l)
{
	uint32_t rows = 0;

	if (is_row(s->p, *l, '-', DASHES))
		return DASHED;
	if (!is_row(s->p, *l, '_', UNDERSCORES))
		return NO_SEPARATOR;
	for (uint32_t at = l->from; at < s->n; rows++) {
		struct digest_line row = digest_line(s->p, s->n, at);

		if (!is_row(s->p, row, '_', UNDERSCORES))
			break;
		at = l->next = row.next;
	}
	return rows > 1 ? UNDERSCORED : NO_SEPARATOR;
}

/* ---- the header block of an entry ---- */

/* The fields that tell a header block, as bits. */
static const char *const known[] = {
    "date:", "from:", "subject:", "message-id:", "to:"};
#define SUBJECT (1u << 2)

static unsigned
known_field(const char *p, uint32_t at, uint32_t stop)
{
	for (unsigned i = 0; i < sizeof(known) / sizeof *known; i++)
		if (digest_word(p, at, stop, known[i]))
			return 1u << i;
	return 0;
}

/* Where the value of a field starts; 0: the line is no field. */
static uint32_t
field_value(const char *p, struct digest_line l)
{
	uint32_t at = l.from;

	while (at < l.stop && p[at] > ' ' && p[at] < 0x7f && p[at] != ':')
		at++;
	return at > l.from && at < l.stop && p[at] == ':' ? at + 1 : 0;
}

/* "Message: 3" (RFC 1153 has it as a field), "Message #3" */
static bool
message_line(const char *p, struct digest_line l, uint32_t *number)
{
	uint32_t at = l.from;

	if (digest_word(p, at, l.stop, "message:"))
		at += 8;
	else if (digest_word(p, at, l.stop, "message #"))
		at += 9;
	else
		return false;
	at = digest_skip(p, at, l.stop);
	return digest_number(p, &at, l.stop, number) &&
	       digest_skip(p, at, l.stop) == l.stop;
}

struct head {
	struct scan *s;
	struct candidate *c;
	unsigned found;  /* known fields */
	uint32_t fields; /* all fields */
	bool in_subject; /* a fold would belong to it */
	bool in_blanks;  /* Yahoo's form */
};

static void
take_field(struct head *h, struct digest_line l, uint32_t name)
{
	const char *p = h->s->p;
	unsigned which = known_field(p, name, l.stop);
	uint32_t number;

	h->in_subject = which == SUBJECT && (h->found & SUBJECT) == 0;
	if (h->in_subject)
		h->c->e.subject =
		    (struct span){name + (uint32_t)strlen("subject:"), l.stop};
	h->found |= which;
	h->fields++;
	if (message_line(p, l, &number)) {
		h->c->numbered = true;
		h->c->e.number = number;
	}
}

/* A line that starts with a blank: a fold, or Yahoo's field.  Mailman writes
   folds with nothing in them. */
static bool
take_fold(struct head *h, struct digest_line l)
{
	const char *p = h->s->p;
	uint32_t at = digest_skip(p, l.from, l.stop);

	if (at == l.stop && l.next < h->s->n) {
		struct digest_line next = digest_line(p, h->s->n, l.next);

		return h->fields > 0 && field_value(p, next) > 0;
	}
	if (h->in_blanks && known_field(p, at, l.stop) != 0) {
		h->c->e.indented = true;
		take_field(h, l, at);
	} else if (h->in_subject)
		h->c->e.subject.to = l.stop;
	return h->fields > 0;
}

/* Does the line belong to the header block? */
static bool
take_line(struct head *h, struct digest_line l)
{
	char c = h->s->p[l.from];

	if (c == ' ' || c == '\t')
		return take_fold(h, l);
	if (field_value(h->s->p, l) == 0)
		return false;
	take_field(h, l, l.from);
	return true;
}

/* Reads fields from at on; head ends behind the line that ends it. */
static bool
take_fields(struct head *h, uint32_t at)
{
	struct scan *s = h->s;
	struct digest_entry *e = &h->c->e;
	struct digest_line l = {at, at, at};
	bool closed = false;

	e->head.from = at;
	h->in_blanks = h->c->numbered && at < s->n &&
		       (s->p[at] == ' ' || s->p[at] == '\t');
	for (; at < s->n && !closed; at = closed ? at : l.next) {
		l = digest_line(s->p, s->n, at);
		closed = l.stop == l.from || !take_line(h, l);
	}
	e->head.to = at;
	if (at == s->n)
		return true;
	if (digest_blank(s->p, l)) {
		e->head.to = l.next;
		return true;
	}
	/* No empty line, but a true entry must not be lost for that. */
	return separator(s, &l) != NO_SEPARATOR || h->c->numbered;
}

static void
trim(const char *p, struct span *s)
{
	s->from = digest_skip(p, s->from, s->to);
	while (s->to > s->from && digest_skip(p, s->to - 1, s->to) == s->to)
		s->to--;
}

/* The header block behind a separator, which ends at `at`. */
static bool
read_head(struct scan *s, uint32_t at, struct candidate *c, bool *lone)
{
	struct head h = {.s = s, .c = c};
	uint32_t from = skip_lines(s, at);
	struct digest_line l = digest_line(s->p, s->n, from);
	bool sound;

	c->gap = from > at;
	c->e.whole.from = from;
	if (message_line(s->p, l, &c->e.number)) {
		c->numbered = true;
		from = l.next;
	}
	sound = take_fields(&h, from);
	trim(s->p, &c->e.subject);
	*lone = sound && !c->numbered && h.fields == 1 && h.found == SUBJECT;
	/* two bits at least */
	return sound && (h.found & (h.found - 1)) != 0;
}

/* ---- separators ---- */

/* The word, in "Travel Digest", "travel-digest", "DIGEST". */
static bool
says_digest(const char *p, struct span s)
{
	for (uint32_t at = s.from; at < s.to; at++)
		if ((p[at] | 0x20) == 'd' && digest_word(p, at, s.to, "digest"))
			return true;
	return false;
}

/* "End of ... Digest" with stars below it.  In a language that we do not know
   it is the end where the text ends with it. */
static bool
is_end(const struct scan *s, struct digest_line l)
{
	struct digest_line stars = digest_line(s->p, s->n, l.next);

	return is_row(s->p, stars, '*', STARS) &&
	       (says_digest(s->p, (struct span){l.from, l.stop}) ||
		   (!digest_blank(s->p, l) && stars.next >= s->text_end));
}

/* A separator without an entry behind it: the last of them may end the last
   entry. */
static void
note_end(struct scan *s, uint32_t sep, uint32_t behind, enum kind kind)
{
	uint32_t text = skip_lines(s, behind);

	s->plain = sep;
	if (is_end(s, digest_line(s->p, s->n, text))) {
		s->end = s->footer != NONE ? s->footer : sep;
		s->end_sep = sep;
	}
	if (kind == UNDERSCORED)
		s->line = sep;
	if (behind >= s->text_end)
		s->tail = sep;
}

static void
take_separator(struct scan *s, struct digest_line l, enum kind kind)
{
	struct candidate c = {.sep = l.from, .kind = kind, .item = NONE};
	bool lone, found = read_head(s, l.next, &c, &lone);

	if (!found)
		note_end(s, l.from, l.next, kind);
	s->footer = lone ? l.from : NONE;
	if (found && s->count == CANDIDATES && s->more == s->n)
		s->more = l.from;
	if (!found || s->count == CANDIDATES)
		return;
	digest_key(&c.key, s->p, c.e.subject);
	s->v = arena_more(s->a, s->v, s->count, &s->size, sizeof *s->v);
	s->v[s->count++] = c;
}

static void
find_separators(struct scan *s)
{
	struct digest_line l;

	for (uint32_t at = 0; at < s->n; at = l.next) {
		enum kind kind;

		l = digest_line(s->p, s->n, at);
		kind = separator(s, &l);
		if (kind != NO_SEPARATOR)
			take_separator(s, l, kind);
	}
}

/* ---- which of them are entries ---- */

/* The first one comes from the list manager itself.  Others must be like it:
   he writes one form. */
static void
keep_style(struct scan *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->count; i++) {
		const struct candidate *c = &s->v[i], *first = &s->v[0];

		if (c->kind == first->kind &&
		    (c->numbered || !first->numbered) &&
		    (c->gap || !first->gap))
			s->v[n++] = *c;
	}
	s->count = n;
}

static uint32_t
item_of(const struct digest_toc *t, uint32_t number)
{
	uint32_t low = 0, high = t->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (t->v[mid].number < number)
			low = mid + 1;
		else
			high = mid;
	}
	return low < t->n && t->v[low].number == number ? low : NONE;
}

static void
match_numbers(struct scan *s)
{
	for (uint32_t i = 0; i < s->count; i++) {
		struct candidate *c = &s->v[i];
		uint32_t item = item_of(&s->toc, c->e.number);

		if (item == NONE || !digest_fits(&s->toc.v[item].key, &c->key))
			continue;
		c->item = item;
		s->toc.v[item].taken++;
	}
}

/* An item that is this subject, the first from `at` on that no other entry has;
   else one that another has, for it stands for both (LISTSERV, ezmlm). */
static uint32_t
find_item(const struct scan *s, const struct candidate *c, uint32_t at)
{
	uint32_t shared = NONE;

	for (uint32_t i = 0; i < s->toc.n; i++) {
		uint32_t k = (at + i) % s->toc.n;

		if (!digest_is(&s->toc.v[k].key, &c->key))
			continue;
		if (s->toc.v[k].taken == 0)
			return k;
		if (shared == NONE)
			shared = k;
	}
	return shared;
}

static void
match_subjects(struct scan *s)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < s->count; i++) {
		struct candidate *c = &s->v[i];
		struct digest_item *item;

		c->item = find_item(s, c, at);
		if (c->item == NONE)
			continue;
		item = &s->toc.v[c->item];
		item->taken += digest_several(&item->key, &c->key) ? 2 : 1;
		at = c->item + 1;
	}
}

/*
 * A number that cannot be where it is, between two that the contents confirm:
 * somebody wrote it into his message.  Entries without a subject get the
 * benefit of the doubt, for the contents cannot confirm them; so does all in a
 * stretch that is out of order itself.
 */
static bool
is_forged(const struct scan *s, const struct candidate *c, uint32_t before)
{
	uint32_t number = c->e.number, item = item_of(&s->toc, number);

	if (c->item != NONE || c->key.v[0].n == 0)
		return false;
	if (c->next != NONE)
		return before < c->next &&
		       (number <= before || number >= c->next);
	return number <= before && item != NONE && s->toc.v[item].taken > 0;
}

static void
drop_forged(struct scan *s)
{
	uint32_t n = 1, next = NONE, before = s->v[0].e.number;

	for (uint32_t i = s->count; i-- > 0;) {
		s->v[i].next = next;
		if (s->v[i].item != NONE)
			next = s->v[i].e.number;
	}
	for (uint32_t i = 1; i < s->count; i++) {
		if (is_forged(s, &s->v[i], before))
			continue;
		if (s->v[i].item != NONE)
			before = s->v[i].e.number;
		s->v[n++] = s->v[i];
	}
	s->count = n;
}

/* ---- is it a digest? ---- */

static bool
is_digest(const struct scan *s)
{
	bool listed = false, gaps = true;

	for (uint32_t i = 0; i < s->count; i++) {
		listed = listed || s->v[i].item != NONE;
		gaps = gaps && (i == 0 || s->v[i].gap);
	}
	if (s->count < 2)
		return false;
	return listed ||
	       (gaps && says_digest(s->p, (struct span){0, s->v[0].sep}));
}

/* ---- the entries ---- */

/* Where the line that holds p[at - 1] starts. */
static uint32_t
line_start(const char *p, uint32_t at)
{
	const char *lf = at > 1 ? memrchr(p, '\n', at - 1) : NULL;

	return lf != NULL ? (uint32_t)(lf - p) + 1 : 0;
}

/* Where "End of ... Digest" starts, if the text ends with it; or NONE. */
static uint32_t
closing(const struct scan *s)
{
	uint32_t at = line_start(s->p, line_start(s->p, s->text_end));
	struct digest_line l = digest_line(s->p, s->n, at);

	return is_end(s, l) && says_digest(s->p, (struct span){at, l.stop})
		   ? at
		   : NONE;
}

/* Where the text of the last entry ends: the list's own words may stand before
   its end, behind a separator of their own. */
static uint32_t
last_limit(const struct scan *s)
{
	const struct candidate *last = &s->v[s->count - 1];
	uint32_t close = closing(s);
	uint32_t ends[] = {
	    close != NONE && s->end_sep != s->plain ? s->plain : NONE, s->end,
	    last->kind == UNDERSCORED ? s->line : NONE, s->tail, close, s->n};
	uint32_t limit = s->more;

	for (size_t i = 0; i < sizeof(ends) / sizeof *ends; i++)
		if (ends[i] != NONE && ends[i] >= last->e.head.to)
			return ends[i] < limit ? ends[i] : limit;
	return limit;
}

static void
add_entry(struct digest *d, struct scan *s, uint32_t i)
{
	struct digest_entry e = s->v[i].e;
	const struct digest_item *item =
	    s->v[i].item != NONE ? &s->toc.v[s->v[i].item] : NULL;
	uint32_t limit = i + 1 < s->count ? s->v[i + 1].sep : last_limit(s);

	if (!s->v[0].numbered)
		e.number = i + 1;
	e.open = limit == s->n;
	e.body = (struct span){e.head.to, text_stop(s->p, e.head.to, limit)};
	e.whole.to = e.body.to;
	/* One that stands for several is left alone. */
	if (item != NULL && item->taken == 1 && item->by <= 1)
		e.toc = item->text;
	d->v = arena_more(s->a, d->v, d->n, &d->size, sizeof *d->v);
	d->v[d->n++] = e;
}

void
digest_find(struct digest *d, struct arena *a, const char *p, uint32_t n)
{
	struct scan s = {.p = p,
	    .n = n,
	    .a = a,
	    .more = n,
	    .text_end = text_stop(p, 0, n),
	    .plain = NONE,
	    .footer = NONE,
	    .end = NONE,
	    .end_sep = NONE,
	    .line = NONE,
	    .tail = NONE};

	*d = (struct digest){0};
	find_separators(&s);
	if (s.count < 2)
		return;
	digest_toc(&s.toc, a, p, s.v[0].sep);
	keep_style(&s);
	if (s.toc.numbered && s.v[0].numbered) {
		match_numbers(&s);
		drop_forged(&s);
	} else
		match_subjects(&s);
	if (!is_digest(&s))
		return;
	for (uint32_t i = 0; i < s.count && i < LIMIT_ENTRIES; i++)
		add_entry(d, &s, i);
}
