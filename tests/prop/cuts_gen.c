#include <stdio.h>
#include <string.h>

#include "cuts.h"

#define MOST_DEEP 6u
#define MOST_PARTS 24u

const char *
gen_eol(struct gen *g)
{
	return (g->eol == 2 ? draw(g->d, 2) : g->eol) ? "\r\n" : "\n";
}

/* Of a few that the message has: a filter opens no more than 16. */
const struct charset *
gen_charset(struct gen *g)
{
	const struct charset **c = &g->palette[draw(g->d, 4)];

	if (*c == NULL)
		*c = chance(g->d, 30) ? &charsets_known[0]
				      : &charsets_known[draw(g->d, ncharsets)];
	return *c;
}

static struct buf *
bytes_of(struct gen *g, uint32_t source)
{
	return &g->m->source[source].bytes;
}

static uint32_t
add_source(struct gen *g, uint32_t part)
{
	struct known *m = g->m;

	m->source = arena_more(
	    g->a, m->source, m->nsource, &m->source_size, sizeof *m->source);
	m->source[m->nsource] = (struct known_source){BUF(4u << 20), part};
	return m->nsource++;
}

static uint32_t
add_part(struct gen *g, uint32_t parent, uint32_t source)
{
	struct known *m = g->m;
	struct known_part *q;

	m->part =
	    arena_more(g->a, m->part, m->npart, &m->part_size, sizeof *m->part);
	q = &m->part[m->npart];
	*q = (struct known_part){.parent = parent,
	    .source = source,
	    .type = "text/plain",
	    .path = "1"};
	if (parent != NO_PART) {
		struct known_part *up = &m->part[parent];

		q->depth = up->depth + 1;
		q->sealed = up->sealed;
		q->path = arena_printf(g->a, "%s.%u", up->path, ++up->children);
	}
	return m->npart++;
}

/* ---- what a header says ---- */

/* A blank or a fold. */
static const char *
gap(struct gen *g)
{
	if (!chance(g->d, 15))
		return " ";
	return strcmp(gen_eol(g), "\n") == 0 ? "\n\t" : "\r\n ";
}

/* fold: not for a message, since libetpan does not read the field then, and
   the tree is not sound. */
static void
encoding(struct gen *g, struct buf *b, const char *name, bool fold)
{
	static const char *const field[] = {"Content-Transfer-Encoding:",
	    "Content-transfer-encoding:", "CONTENT-TRANSFER-ENCODING:"};

	buf_puts(b, field[draw(g->d, 3)]);
	buf_puts(b, fold ? gap(g) : " ");
	buf_puts(b, name);
	buf_puts(b, gen_eol(g));
}

static void
type(struct gen *g, struct buf *b, const char *name, const char *label)
{
	buf_puts(b, chance(g->d, 10) ? "Content-type:" : "Content-Type:");
	buf_puts(b, gap(g));
	buf_puts(b, name);
	if (label != NULL) {
		buf_printf(b, ";%s", gap(g));
		buf_printf(b,
		    chance(g->d, 50) ? "charset=\"%s\"" : "charset=%s", label);
	}
}

static void
message_fields(struct gen *g, struct buf *b)
{
	static const char *const field[] = {"From: Ann <ann@news.example.org>",
	    "To: readers@list.example.org",
	    "Date: Mon, 2 Nov 2026 10:11:12 +0000", "MIME-Version: 1.0",
	    "X-Mailer: (a \"b) 1"};

	for (size_t i = 0; i < 5; i++)
		if (i == 0 || chance(g->d, 80)) {
			buf_puts(b, field[i]);
			buf_puts(b, gen_eol(g));
		}
}

static void
subject_field(struct gen *g, uint32_t part)
{
	struct known_part *q = &g->m->part[part];
	struct buf *b = bytes_of(g, q->source), value = BUF(65536);

	gen_subject(g, &value, &q->subject);
	buf_puts(b, chance(g->d, 5) ? "SUBJECT:" : "Subject:");
	q->has_subject = true;
	q->subject.at.from = (uint32_t)b->len;
	buf_put(b, value.p, value.len);
	q->subject.at.to = (uint32_t)b->len;
	buf_puts(b, gen_eol(g));
	buf_free(&value);
}

/* ---- leaves ---- */

/* Encoded content as the body of a part. */
static void
put_body(struct gen *g, uint32_t part, const struct buf *content, bool binary)
{
	struct known_part *q = &g->m->part[part];
	struct buf *b = bytes_of(g, q->source);
	const char *p = content->len > 0 ? content->p : "";

	q->body.from = (uint32_t)b->len;
	if (q->way == WAY_QP)
		put_qp(g->d, b, p, content->len, gen_eol(g), binary);
	else if (q->way == WAY_BASE64)
		put_base64(
		    b, p, content->len, q->width, g->eol == 1 ? "\r\n" : "\n");
	else
		buf_put(b, p, content->len);
	if (q->way == WAY_BASE64 && content->len > 0 && chance(g->d, 50))
		buf_puts(b, gen_eol(g));
	q->body.to = (uint32_t)b->len;
}

static void
choose_way(struct gen *g, struct known_part *q, struct buf *b, bool ascii)
{
	static const char *const name[] = {"7bit", "8bit", "binary", "8BIT"};
	bool fold = q->kind != PART_MESSAGE;

	q->way = draw(g->d, 3);
	if (q->way == WAY_BASE64) {
		q->width = chance(g->d, 60) ? 76 : 4 + draw(g->d, 73);
		if (!fold) /* mblaze wants whole quanta there */
			q->width &= ~3u;
		if (chance(g->d, 15))
			q->width = 0;
		encoding(g, b, chance(g->d, 10) ? "BASE64" : "base64", fold);
	} else if (q->way == WAY_QP) {
		encoding(g, b,
		    chance(g->d, 10) ? "Quoted-Printable" : "quoted-printable",
		    fold);
	} else if (chance(g->d, 60)) {
		encoding(g, b, ascii ? name[0] : name[1 + draw(g->d, 3)], fold);
	}
}

static void
text_leaf(struct gen *g, uint32_t part, const char *kind, bool bare)
{
	struct known_part *q = &g->m->part[part];
	struct buf *b = bytes_of(g, q->source);
	struct buf truth = BUF(1u << 20), content = BUF(4u << 20);
	bool flowed = false;

	q->type = kind;
	q->text = true;
	q->html = strcmp(kind, "text/html") == 0;
	q->charset = bare ? &charsets_known[1] : gen_charset(g);
	if (!bare) {
		type(g, b, kind, q->charset->label);
		if (!q->html && chance(g->d, 15)) {
			flowed = true;
			buf_printf(b, "; format=flowed%s",
			    chance(g->d, 50) ? "; DelSp=yes" : "");
		}
		buf_puts(b, gen_eol(g));
		choose_way(g, q, b, q->charset == &charsets_known[1]);
		if (chance(g->d, 5)) {
			buf_puts(b, "Content-Disposition: attachment");
			buf_puts(b, gen_eol(g));
		}
	}
	buf_puts(b, gen_eol(g));
	if (bare) {
		buf_puts(&truth, BARE_START);
		buf_puts(&truth, gen_eol(g));
	}
	if (q->html)
		gen_html(g, &truth, q->charset);
	else
		gen_plain(g, &truth, q->charset, flowed);
	q->bare = bare;
	if (charset_encode(q->charset, &content, truth.p, truth.len) == -1)
		content.len = truth.len = 0;
	put_body(g, part, &content, q->charset->wide);
	if (q->charset->composed) { /* the true text is not composed */
		truth.len = 0;
		charset_decode(q->charset, &truth, content.p, content.len);
	}
	q->body_text.at = q->body;
	q->body_text.p =
	    arena_dup(g->a, truth.p != NULL ? truth.p : "", truth.len);
	q->body_text.len = (uint32_t)truth.len;
	buf_free(&truth);
	buf_free(&content);
}

static void
attachment(struct gen *g, uint32_t part, const char *kind)
{
	struct known_part *q = &g->m->part[part];
	struct buf *b = bytes_of(g, q->source);
	struct buf content = BUF(4096);
	uint32_t n = draw(g->d, 4) * draw(g->d, 120);

	q->type = kind;
	type(g, b, kind, NULL);
	buf_puts(b, "; name=x.bin");
	buf_puts(b, gen_eol(g));
	q->way = WAY_BASE64;
	q->width = 76;
	if (chance(g->d, 25))
		q->way = WAY_IDENTITY;
	encoding(g, b, q->way == WAY_BASE64 ? "base64" : "binary", true);
	buf_puts(b, gen_eol(g));
	for (uint32_t i = 0; i < n; i++) {
		char c = (char)draw(g->d, 256);

		buf_put(&content, &c, 1);
	}
	put_body(g, part, &content, true);
	buf_free(&content);
}

/* ---- composites ---- */

static void entity(struct gen *, uint32_t part, bool is_message);

struct border {
	char name[40];
	bool quoted;
};

static void
new_border(struct gen *g, struct border *x)
{
	static const char *const form[][2] = {{"b", ""}, {"Next.", "_"},
	    {"----=_Next.", ""}, {"=_a b:", "/c"}, {"--", ""}, {"b", "--"}};
	uint32_t k = draw(g->d, 6);

	snprintf(x->name, sizeof x->name, "%s%u%s", form[k][0],
	    10 + g->bounds++, form[k][1]);
	x->quoted = k > 1 || chance(g->d, 50);
}

/* The line end before a delimiter must not take a lone CR into it. */
static void
put_delimiter(struct gen *g, uint32_t source, const struct border *x, bool last)
{
	struct buf *b = bytes_of(g, source);
	bool cr = b->len > 0 && b->p[b->len - 1] == '\r';

	buf_puts(b, cr ? "\r\n" : gen_eol(g));
	buf_printf(b, "--%s%s%s", x->name, last ? "--" : "",
	    chance(g->d, 5) ? " \t" : "");
}

static void
put_lines(struct gen *g, uint32_t source, const char *text)
{
	for (int i = 0; i < 3 && chance(g->d, 60); i++) {
		buf_puts(bytes_of(g, source), text);
		buf_puts(bytes_of(g, source), gen_eol(g));
	}
}

/* A child's header comes behind the delimiter line. */
static void
child(struct gen *g, uint32_t parent, bool digest)
{
	uint32_t source = g->m->part[parent].source, part, inner;

	buf_puts(bytes_of(g, source), gen_eol(g));
	part = add_part(g, parent, source);
	if (!digest) {
		entity(g, part, false);
		return;
	}
	g->m->part[part].type = "message/rfc822";
	g->m->part[part].kind = PART_MESSAGE;
	if (chance(g->d, 40)) {
		type(g, bytes_of(g, source), "message/rfc822", NULL);
		buf_puts(bytes_of(g, source), gen_eol(g));
	}
	buf_puts(bytes_of(g, source), gen_eol(g));
	g->m->part[part].body.from = (uint32_t)bytes_of(g, source)->len;
	inner = add_part(g, part, source);
	entity(g, inner, true);
	g->m->part[part].body.to = (uint32_t)bytes_of(g, source)->len;
}

static void
multipart(struct gen *g, uint32_t part)
{
	static const char *const kinds[] = {"multipart/mixed",
	    "multipart/alternative", "multipart/related", "multipart/digest",
	    "multipart/report", "multipart/signed"};
	uint32_t source = g->m->part[part].source, kind = draw(g->d, 5);
	struct border x;

	if (chance(g->d, 2))
		kind = 5;
	g->m->part[part].kind = PART_MULTIPART;
	g->m->part[part].type = kinds[kind];
	g->m->part[part].sealed |= kind == 5;
	new_border(g, &x);
	type(g, bytes_of(g, source), kinds[kind], NULL);
	buf_printf(bytes_of(g, source), ";%s", gap(g));
	buf_printf(bytes_of(g, source),
	    x.quoted ? "boundary=\"%s\"" : "boundary=%s", x.name);
	buf_puts(bytes_of(g, source), gen_eol(g));
	buf_puts(bytes_of(g, source), gen_eol(g));
	g->m->part[part].body.from = (uint32_t)bytes_of(g, source)->len;
	if (chance(g->d, 30))
		put_lines(g, source, "This is a message in parts.");
	for (int i = 0; i == 0 || (i < 5 && chance(g->d, 60)); i++) {
		put_delimiter(g, source, &x, false);
		child(g, part, kind == 3);
	}
	put_delimiter(g, source, &x, true);
	if (chance(g->d, 70))
		buf_puts(bytes_of(g, source), gen_eol(g));
	if (chance(g->d, 10)) {
		buf_puts(bytes_of(g, source), gen_eol(g));
		put_lines(g, source, "Nobody reads this.");
	}
	g->m->part[part].body.to = (uint32_t)bytes_of(g, source)->len;
}

static void
forward(struct gen *g, uint32_t part)
{
	uint32_t source = g->m->part[part].source, inner, within = source;
	struct known_part *q = &g->m->part[part];
	bool opened = chance(g->d, 40);

	q->type = "message/rfc822";
	q->kind = PART_MESSAGE;
	type(g, bytes_of(g, source), q->type, NULL);
	buf_puts(bytes_of(g, source), gen_eol(g));
	if (opened) {
		choose_way(g, q, bytes_of(g, source), false);
		opened = q->way != WAY_IDENTITY;
	}
	buf_puts(bytes_of(g, source), gen_eol(g));
	q->body.from = (uint32_t)bytes_of(g, source)->len;
	if (opened)
		q->opened = within = add_source(g, part);
	inner = add_part(g, part, within);
	entity(g, inner, true);
	if (opened)
		put_body(g, part, bytes_of(g, within), false);
	else
		g->m->part[part].body.to = (uint32_t)bytes_of(g, source)->len;
}

static void
entity(struct gen *g, uint32_t part, bool is_message)
{
	struct known_part *q = &g->m->part[part];
	struct buf *b = bytes_of(g, q->source);
	uint32_t kind = draw(g->d, 100), deep = q->depth;
	bool small = deep + 1 >= MOST_DEEP || g->m->npart >= MOST_PARTS;
	bool bare = kind < 35 && kind % 8 == 6;

	if (is_message) {
		message_fields(g, b);
		if (chance(g->d, 85))
			subject_field(g, part);
	}
	if (is_message || !bare)
		gen_lengths(g, part);
	if (kind >= 72 - (deep == 0 ? 22 : 0) && kind < 92 && !small)
		multipart(g, part);
	else if (kind >= 92 && !small)
		forward(g, part);
	else if (kind >= 60 && deep > 0)
		attachment(g, part,
		    kind % 2 ? "application/octet-stream" : "image/png");
	else if (kind >= 35)
		text_leaf(g, part, "text/html", false);
	else
		text_leaf(g, part,
		    kind % 8 == 7 ? "text/calendar" : "text/plain", bare);
	gen_lengths_end(g, part);
}

void
known_make(struct known *m, struct arena *a, struct draws *d)
{
	struct gen g = {.d = d, .a = a, .m = m};
	static const unsigned eols[] = {0, 0, 1, 1, 2};

	*m = (struct known){.a = a};
	g.eol = eols[draw(d, 5)];
	add_source(&g, NO_PART);
	add_part(&g, NO_PART, 0);
	if (chance(d, 5)) {
		buf_puts(&m->source[0].bytes,
		    "From ann@example.org Mon Nov  2 10:11:12 2026");
		buf_puts(&m->source[0].bytes, gen_eol(&g));
	}
	entity(&g, 0, true);
}

void
known_free(struct known *m)
{
	for (uint32_t i = 0; i < m->nsource; i++)
		buf_free(&m->source[i].bytes);
}

struct known_part *
known_by_path(const struct known *m, const char *path)
{
	for (uint32_t i = 0; i < m->npart; i++)
		if (strcmp(m->part[i].path, path) == 0)
			return &m->part[i];
	return NULL;
}
