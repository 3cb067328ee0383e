#include "view_private.h"

#include <string.h>
#include <strings.h>

#include "limits.h"

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Readers show nothing for them: they only split words. */
static bool
is_control(char c)
{
	return ((unsigned char)c < ' ' && !is_space(c)) || c == 0x7f;
}

/* Bytes of the white space at p[at], 0: none; Unicode's too. */
static uint32_t
white_at(const char *p, uint32_t n, uint32_t at)
{
	static const char *const wide[] = {"\xc2\x85", "\xc2\xa0",
	    "\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
	    "\xe2\x81\x9f", "\xe3\x80\x80"};

	if (is_space(p[at]))
		return 1;
	if ((unsigned char)p[at] < 0xc2 || (unsigned char)p[at] > 0xe3)
		return 0;
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		if (n - at >= strlen(wide[i]) &&
		    memcmp(p + at, wide[i], strlen(wide[i])) == 0)
			return (uint32_t)strlen(wide[i]);
	return n - at >= 3 && memcmp(p + at, "\xe2\x80", 2) == 0 &&
		       (unsigned char)p[at + 2] <= 0x8a
		   ? 3
		   : 0;
}

/* ---- spans between the layers ---- */

const struct text *
view_shown(const struct doc *d)
{
	return d->html != NULL ? &d->html->text : &d->utf8;
}

bool
view_flowed(const struct view *v, const struct doc *d)
{
	return !d->subject && d->html == NULL && v->tree->part[d->part].flowed;
}

struct span
view_layer_span(const struct unit_text *u, struct span s)
{
	struct span at = {s.from + u->base, s.to + u->base};

	if (u->kind == IN_URI)
		return u->at;
	return u->map != NULL ? map_cover(u->map, at, NULL) : at;
}

struct span
view_utf8_span(const struct doc *d, enum layer layer, struct span s)
{
	if (d->html == NULL || layer == LAYER_UTF8)
		return s;
	return map_cover(
	    layer == LAYER_HIDDEN ? &d->html->hidden.map : &d->html->text.map,
	    s, NULL);
}

struct span
view_shown_span(const struct doc *d, struct span utf8)
{
	return d->html == NULL ? utf8 : map_back(&d->html->text.map, utf8);
}

struct span
view_raw_span(const struct view *v, const struct doc *d, struct span content)
{
	struct span s = map_cover(&d->content.map, content, NULL);
	uint32_t source = v->tree->part[d->part].source;

	while (v->tree->source[source].part != NO_PART) {
		const struct mime_source *m = &v->tree->source[source];

		s = map_cover(&m->content->map, s, NULL);
		source = v->tree->part[m->part].source;
	}
	return s;
}

/* ---- units ---- */

struct unit_text *
view_add_unit(
    struct view *v, enum unit_kind kind, enum layer layer, uint32_t doc)
{
	struct unit_text *u;

	v->unit =
	    arena_more(v->a, v->unit, v->nunit, &v->unit_size, sizeof *v->unit);
	u = &v->unit[v->nunit++];
	*u = (struct unit_text){
	    .kind = kind, .layer = layer, .doc = doc, .link = NO_LINK};
	return u;
}

/* Back to the first byte of a character. */
static uint32_t
char_start(const char *p, uint32_t at, uint32_t low)
{
	while (at > low && ((unsigned char)p[at] & 0xc0) == 0x80)
		at--;
	return at;
}

/* Where a stretch that is too long is split: behind the last `c` in the second
   half, for the first c of the list that is there; else between characters. */
static uint32_t
split_at(const char *p, uint32_t from, uint32_t most, const char *list)
{
	const char *hit;
	uint32_t half = most / 2;

	for (; *list != '\0'; list++) {
		hit = memrchr(p + from + half, *list, most - half);
		if (hit != NULL)
			return (uint32_t)(hit - p) + 1;
	}
	return char_start(p, from + most, from + 1);
}

/* Units of p[from..to) of at most `most` bytes.  They overlap, since a cut may
   hang on what stands across a border; a hit found twice counts once. */
static void
add_pieces(struct view *v, const struct unit_text *like, const char *p,
    struct span s, uint32_t most, const char *list)
{
	uint32_t from = s.from, to;

	while (from < s.to) {
		struct unit_text *u =
		    view_add_unit(v, like->kind, like->layer, like->doc);

		to = s.to - from <= most ? s.to : split_at(p, from, most, list);
		u->map = like->map;
		u->base = from;
		u->p = p + from;
		u->len = to - from;
		if (to == s.to)
			break;
		from = char_start(p, to - LIMIT_OVERLAP, from + 1);
	}
}

/* ---- body: paragraphs with their lines joined by one blank ---- */

struct paragraphs {
	struct view *v;
	const struct text *in;
	struct text *out;
	struct unit_text like;
	uint32_t start; /* of the present paragraph in out */
	bool delsp;
};

/* The white space at..to; *empty: it holds an empty line.  A soft line break
   of format=flowed with DelSp gives nothing (RFC 3676 4.2). */
static uint32_t
white_run(const struct paragraphs *g, uint32_t at, bool *empty, bool *soft)
{
	const char *p = g->in->p;
	uint32_t lines = 0, i = at;

	for (uint32_t k; i < g->in->len && (k = white_at(p, g->in->len, i)) > 0;
	     i += k)
		lines += p[i] == '\n';
	*empty = lines > 1;
	*soft = g->delsp && lines == 1 && i - at >= 2 && p[at] == ' ' &&
		(p[at + 1] == '\n' || p[at + 1] == '\r');
	return i;
}

static void
end_paragraph(struct paragraphs *g)
{
	struct span s = {g->start, g->out->len};

	/* The text may still move: units get their pointer at the end. */
	if (s.to > s.from) {
		struct unit_text *u =
		    view_add_unit(g->v, IN_BODY, g->like.layer, g->like.doc);
		u->base = s.from;
		u->len = s.to - s.from;
	}
	g->start = g->out->len;
}

/* How a byte goes on, in most texts nearly always in the first way. */
enum { PLAIN, WHITE, CONTROL, LEAD };
static const unsigned char byte_is[256] = {
    [0 ... 8] = CONTROL,
    ['\t' ... '\r'] = WHITE,
    [14 ... 31] = CONTROL,
    [' '] = WHITE,
    [0x7f] = CONTROL,
    [0xc2] = LEAD, /* of white space outside ASCII, perhaps */
    [0xe1 ... 0xe3] = LEAD,
};

/* The end of what is copied as it stands from `at` on: a blank between two
   words, too. */
static uint32_t
plain_run(const char *p, uint32_t n, uint32_t at)
{
	const unsigned char *q = (const unsigned char *)p;
	uint32_t to = at;

	for (;; to++) {
		while (to < n && byte_is[q[to]] == PLAIN)
			to++;
		if (to == n)
			break;
		if (q[to] == ' ') {
			if (to == at || n - to < 2 ||
			    byte_is[q[to + 1]] != PLAIN)
				break;
		} else if (byte_is[q[to]] != LEAD || white_at(p, n, to) > 0) {
			break;
		}
	}
	return to;
}

static void
make_paragraphs(struct paragraphs *g)
{
	const char *p = g->in->p;
	uint32_t n = g->in->len, at = 0;
	bool empty, soft, none = true;

	while (at < n) {
		uint32_t to = plain_run(p, n, at);

		if (to > at) {
			text_copy(g->out, p + at, to - at, at);
			none = false;
		}
		if ((at = to) == n)
			break;
		if (is_control(p[at])) {
			at++;
			continue;
		}
		to = white_run(g, at, &empty, &soft);
		if (empty) {
			end_paragraph(g);
			none = true;
		} else if (!none && to < n && !soft) {
			text_unit(g->out, " ", 1, at, to - at);
		}
		at = to;
	}
	end_paragraph(g);
}

/* Long paragraphs are split once the text no longer moves. */
static void
add_paragraphs(struct view *v, uint32_t doc, enum layer layer,
    const struct text *in, struct text *out, const struct part *q)
{
	struct paragraphs g = {.v = v,
	    .in = in,
	    .out = out,
	    .like = {.kind = IN_BODY, .layer = layer, .doc = doc},
	    .delsp = q->delsp && layer == LAYER_SHOWN};
	uint32_t first = v->nunit, n;
	struct span *s;

	*out = TEXT(v->a);
	make_paragraphs(&g);
	g.like.map = &out->map;
	n = v->nunit - first;
	s = arena_array(v->a, n, sizeof *s);
	for (uint32_t i = 0; i < n; i++)
		s[i] = (struct span){v->unit[first + i].base,
		    v->unit[first + i].base + v->unit[first + i].len};
	v->nunit = first;
	for (uint32_t i = 0; i < n; i++)
		add_pieces(v, &g.like, out->p, s[i], LIMIT_PARAGRAPH, " ");
}

/* ---- docs ---- */

static struct doc *
add_doc(struct view *v, uint32_t part, const char *what, const char *path)
{
	struct doc *d;

	v->doc =
	    arena_more(v->a, v->doc, v->ndoc, &v->doc_size, sizeof *v->doc);
	d = &v->doc[v->ndoc++];
	*d = (struct doc){.part = part,
	    .what = what,
	    .path = path,
	    .content = TEXT(v->a),
	    .utf8 = TEXT(v->a)};
	return d;
}

/* Is its text for rules?  The empty type is text/plain by RFC 2045 5.2. */
static bool
is_text(const struct part *q)
{
	return q->kind == PART_LEAF &&
	       (strncmp(q->type, "text/", 5) == 0 || q->lost);
}

static void
note_missing(struct view *v, const char *missing)
{
	if (missing != NULL && v->missing == NULL)
		v->missing = missing;
}

/* How much of n bytes may still be looked at: of what is too long, its start,
   so that padding hides nothing that stands before it. */
static uint32_t
text_left(struct view *v, uint32_t n, uint32_t most)
{
	uint32_t left = LIMIT_TEXT - v->text;

	if (left > most)
		left = most;
	if (n > left) {
		v->limited = true;
		n = left;
	}
	v->text += n;
	return n;
}

static void
add_body(struct view *v, uint32_t part)
{
	const struct part *q = &v->tree->part[part];
	const struct mime_source *s = &v->tree->source[q->source];
	uint32_t n = q->body.to - q->body.from, len;
	const char *missing = NULL;
	struct doc *d;

	n = text_left(
	    v, n, strcmp(q->type, "text/html") == 0 ? LIMIT_HTML : LIMIT_TEXT);
	d = add_doc(v, part, q->lost ? "text/plain" : q->type, q->path);
	d->odd = decode_transfer(
	    &d->content, q->cte, s->p + q->body.from, n, q->body.from);
	len = q->charset != NULL ? (uint32_t)strlen(q->charset) : 0;
	d->odd |= decode_charset(&d->utf8, v->charsets, q->charset, len,
	    d->content.p, d->content.len, 0, &missing);
	note_missing(v, missing);
	if (strcmp(q->type, "text/html") == 0) {
		d->html = arena_alloc(v->a, sizeof *d->html);
		html_render(d->html, v->a, d->utf8.p, d->utf8.len);
	}
}

static const struct field *
subject_of(const struct tree *t, uint32_t part)
{
	const struct part *q = &t->part[part];
	const char *p = t->source[q->source].p;

	if (q->parent != NO_PART && t->part[q->parent].kind != PART_MESSAGE)
		return NULL;
	for (uint32_t i = 0; i < q->header.n; i++)
		if (message_field_is(p, &q->header.field[i], "subject"))
			return &q->header.field[i];
	return NULL;
}

static void
add_subject(struct view *v, uint32_t part)
{
	const struct part *q = &v->tree->part[part];
	const char *p = v->tree->source[q->source].p;
	const struct field *f = subject_of(v->tree, part);
	struct doc *d;
	uint32_t n;

	if (f == NULL)
		return;
	n = f->value.to - f->value.from;
	if (n > LIMIT_FIELD) {
		v->limited = true;
		n = char_start(p + f->value.from, LIMIT_FIELD, 0);
	}
	d = add_doc(
	    v, part, "subject", arena_printf(v->a, "%s/subject", q->path));
	d->subject = true;
	d->field = arena_alloc(v->a, sizeof *d->field);
	decode_header(
	    d->field, v->a, v->charsets, p + f->value.from, n, f->value.from);
	note_missing(v, d->field->missing);
	d->content = d->field->content;
	d->utf8 = d->field->utf8;
	d->odd = d->field->odd;
}

/* Somebody's reader may see text that is in no part: the bytes as they are. */
static void
add_raw(struct view *v)
{
	const struct part *q = &v->tree->part[0];
	const struct mime_source *s = &v->tree->source[0];
	/* A header without an end may be all there is. */
	uint32_t from = q->header.ended ? q->header.body : q->header.start, n;
	const char *missing = NULL;
	struct doc *d;

	for (uint32_t i = q->header.n; i-- > 0;)
		if (q->header.field[i].odd)
			from = q->header.field[i].whole.from;
	n = text_left(v, s->len - from, LIMIT_TEXT);
	d = add_doc(v, 0, "raw", "raw");
	d->raw = true;
	d->odd =
	    decode_transfer(&d->content, CTE_IDENTITY, s->p + from, n, from);
	decode_charset(&d->utf8, v->charsets, NULL, 0, d->content.p,
	    d->content.len, 0, &missing);
}

static void
add_units(struct view *v, uint32_t doc)
{
	struct doc *d = &v->doc[doc];
	struct unit_text like = {
	    .kind = IN_RAWBODY, .layer = LAYER_UTF8, .doc = doc};
	struct span all = {0, d->utf8.len};

	add_paragraphs(v, doc, LAYER_SHOWN, view_shown(d), &d->body,
	    &v->tree->part[d->part]);
	if (d->html != NULL && d->html->hidden.len > 0)
		add_paragraphs(v, doc, LAYER_HIDDEN, &d->html->hidden, &d->dark,
		    &v->tree->part[d->part]);
	view_add_links(v, doc);
	if (!d->subject)
		add_pieces(v, &like, d->utf8.p, all, LIMIT_CHUNK_MAX, "\n> ");
}

void
view_make(struct view *v, struct arena *a, const struct tree *t,
    const struct charsets *cs)
{
	*v = (struct view){.a = a, .tree = t, .charsets = cs};
	for (uint32_t i = 0; i < t->n; i++) {
		add_subject(v, i);
		if (is_text(&t->part[i]))
			add_body(v, i);
	}
	if (t->odd || t->refused || t->limited)
		add_raw(v);
	/* Docs no longer move: units may point into them. */
	for (uint32_t i = 0; i < v->ndoc; i++)
		add_units(v, i);
}

/* ---- header fields ---- */

/* A fold is one blank, whatever white space it has (as SpamAssassin). */
static uint32_t
unfold(char *p, uint32_t n)
{
	uint32_t to = 0;

	for (uint32_t i = 0; i < n; i++) {
		bool crlf = p[i] == '\r' && i + 1 < n && p[i + 1] == '\n';

		if (p[i] != '\n' && !crlf) {
			p[to++] = p[i];
			continue;
		}
		i += crlf;
		while (i + 1 < n && (p[i + 1] == ' ' || p[i + 1] == '\t'))
			i++;
		p[to++] = ' ';
	}
	return to;
}

static void
append_field(struct view *v, const char *p, struct text *out,
    const struct field *f, bool raw)
{
	uint32_t n = f->value.to - f->value.from;
	struct header_text h;
	char *q;

	if (n > LIMIT_FIELD)
		n = LIMIT_FIELD;
	if (raw) { /* rules run on valid UTF-8 only */
		decode_charset(
		    out, v->charsets, NULL, 0, p + f->value.from, n, 0, NULL);
		return;
	}
	q = arena_dup(v->a, p + f->value.from, n);
	n = unfold(q, n);
	decode_header(&h, v->a, v->charsets, q, n, 0);
	while (h.utf8.len > 0 && is_space(h.utf8.p[h.utf8.len - 1]))
		h.utf8.len--;
	for (n = 0; n < h.utf8.len && is_space(h.utf8.p[n]); n++)
		continue;
	text_copy(out, h.utf8.p + n, h.utf8.len - n, 0);
	text_copy(out, "\n", 1, 0);
}

/* Pseudo-headers of SpamAssassin: what fields they stand for. */
static const struct {
	const char *name, *field[4];
} pseudo[] = {
    {"tocc", {"to", "cc"}},
    {"messageid", {"message-id", "resent-message-id", "x-message-id"}},
};

static bool
wanted(const char *p, const struct field *f, const char *name)
{
	if (f->odd)
		return false;
	if (strcmp(name, "ALL") == 0 || message_field_is(p, f, name))
		return true;
	for (size_t i = 0; i < sizeof pseudo / sizeof *pseudo; i++) {
		if (strcasecmp(name, pseudo[i].name) != 0)
			continue;
		for (int k = 0; k < 4 && pseudo[i].field[k] != NULL; k++)
			if (message_field_is(p, f, pseudo[i].field[k]))
				return true;
	}
	return false;
}

const char *
view_header(
    struct view *v, uint32_t part, const char *name, bool raw, uint32_t *len)
{
	const char *p;
	const struct header *h;
	struct text out = TEXT(v->a);
	bool all = strcmp(name, "ALL") == 0;

	*len = 0;
	if (part >= v->tree->n)
		return NULL;
	h = &v->tree->part[part].header;
	p = v->tree->source[v->tree->part[part].source].p;
	for (uint32_t i = 0; i < h->n && out.len < LIMIT_HEADER; i++) {
		const struct field *f = &h->field[i];

		if (!wanted(p, f, name))
			continue;
		if (all) {
			decode_charset(&out, v->charsets, NULL, 0,
			    p + f->name.from, f->name.to - f->name.from, 0,
			    NULL);
			text_copy(&out, ": ", 2, 0);
		}
		append_field(v, p, &out, f, raw);
	}
	*len = out.len;
	return out.p;
}

const char *
view_full(struct view *v, uint32_t *len)
{
	const struct mime_source *s = &v->tree->source[0];
	struct text out = TEXT(v->a);
	const char *missing;

	decode_charset(&out, v->charsets, NULL, 0, s->p, s->len, 0, &missing);
	*len = out.len;
	return out.p;
}
