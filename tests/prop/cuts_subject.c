#include <string.h>

#include "cuts.h"

/* ---- writing ---- */

/* Between words: one blank, or a fold.  The blanks count as text unless they
   stand between two encoded words. */
static void
put_gap(struct gen *g, struct buf *value, struct buf *truth)
{
	static const char *const blank[] = {" ", " ", " ", "\t", "  "};
	const char *s = blank[draw(g->d, 5)];

	if (chance(g->d, 30))
		buf_puts(value, gen_eol(g));
	buf_puts(value, s);
	if (truth != NULL)
		buf_puts(truth, s);
}

static void
put_q(struct gen *g, struct buf *out, const char *p, size_t n)
{
	bool lower = chance(g->d, 20), all = chance(g->d, 20);

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		bool plain = (c | 32) >= 'a' && (c | 32) <= 'z';

		if (c == ' ' && !all)
			buf_puts(out, "_");
		else if (plain && !all)
			buf_put(out, p + i, 1);
		else
			buf_printf(out, lower ? "=%02x" : "=%02X", c);
	}
}

static void
put_word(struct gen *g, struct buf *value, const struct charset *c, bool b,
    const char *p, size_t n)
{
	buf_printf(value, "=?%s%s?%s?", c->label, chance(g->d, 3) ? "*en" : "",
	    b                  ? "B"
	    : chance(g->d, 20) ? "q"
			       : "Q");
	if (b)
		put_base64(value, p, n, 0, "");
	else
		put_q(g, value, p, n);
	buf_puts(value, "?=");
}

static size_t
char_len(const char *p)
{
	unsigned char c = (unsigned char)*p;

	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* One stretch of text as encoded words, split between characters.  Composed
   charsets aside, each word is whole in itself.  Is it UTF-7? */
static bool
put_encoded(struct gen *g, struct buf *value, struct buf *truth)
{
	const struct charset *c = gen_charset(g);
	struct buf text = BUF(65536), raw = BUF(65536);
	bool b = chance(g->d, 50), first = true;

	if (c->wide) /* not for encoded words */
		c = &charsets_known[0];
	for (int i = 0; i == 0 || (i < 8 && chance(g->d, 65)); i++) {
		if (i > 0)
			buf_puts(&text, " ");
		buf_puts(&text, charset_word(g->d, c));
	}
	if (c->composed) {
		charset_encode(c, &raw, text.p, text.len);
		charset_decode(c, truth, raw.p, raw.len);
	} else {
		buf_put(truth, text.p, text.len);
	}
	for (size_t i = 0, k; i < text.len; i = k) {
		uint32_t most = 1 + draw(g->d, 12);

		for (k = i; k < text.len && most > 0; most--)
			k += char_len(text.p + k);
		if (!first)
			put_gap(g, value, NULL);
		first = false;
		raw.len = 0;
		if (charset_encode(c, &raw, text.p + i, k - i) == 0)
			put_word(g, value, c, b, raw.p, raw.len);
	}
	buf_free(&text);
	buf_free(&raw);
	return strcmp(c->label, "utf-7") == 0;
}

static void
put_plain(struct gen *g, struct buf *value, struct buf *truth,
    const struct charset *raw)
{
	struct buf text = BUF(65536), bytes = BUF(65536);

	for (int i = 0; i == 0 || (i < 8 && chance(g->d, 65)); i++) {
		if (i > 0) {
			buf_put(value, bytes.p, bytes.len);
			put_gap(g, value, truth);
			bytes.len = 0;
		}
		text.len = 0;
		buf_puts(&text, charset_word(g->d, raw));
		charset_encode(raw, &bytes, text.p, text.len);
		buf_put(truth, text.p, text.len);
	}
	buf_put(value, bytes.p, bytes.len);
	buf_free(&text);
	buf_free(&bytes);
}

void
gen_subject(struct gen *g, struct buf *value, struct known_text *t)
{
	bool encoded, before = false;
	struct buf truth = BUF(65536);

	t->raw = &charsets_raw[chance(g->d, 40) ? 1 + draw(g->d, NRAW - 1) : 0];
	for (int i = 0; i < 6 && chance(g->d, i == 0 ? 95 : 60); i++) {
		encoded = chance(g->d, 50);
		put_gap(g, value, encoded && before ? NULL : &truth);
		if (encoded)
			t->utf7 |= put_encoded(g, value, &truth);
		else
			put_plain(g, value, &truth, t->raw);
		before = encoded;
	}
	t->p = arena_dup(g->a, truth.p != NULL ? truth.p : "", truth.len);
	t->len = (uint32_t)truth.len;
	buf_free(&truth);
}

/* ---- reading ---- */

static bool
is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct token {
	const struct charset *charset; /* NULL: unencoded */
	size_t to;
	const char *payload;
	size_t len;
	bool b;
};

/* An encoded word at p[i]; to == i: none. */
static struct token
token_at(const char *p, size_t n, size_t i)
{
	struct token t = {.to = i}, none = t;
	size_t k = i + 2, star;

	if (n - i < 8 || p[i] != '=' || p[i + 1] != '?' ||
	    (i > 0 && !is_white(p[i - 1])))
		return none;
	for (star = 0; k < n && p[k] != '?'; k++)
		if (p[k] == '*' && star == 0)
			star = k;
	star = star == 0 ? k : star;
	t.charset = charset_find(p + i + 2, (uint32_t)(star - i - 2));
	if (t.charset == NULL || n - k < 4 || p[k + 2] != '?')
		return none;
	t.b = (p[k + 1] | 32) == 'b';
	t.payload = p + k + 3;
	for (k += 3; k < n && p[k] != '?' && !is_white(p[k]); k++)
		t.len++;
	if (n - k < 2 || p[k] != '?' || p[k + 1] != '=' ||
	    (k + 2 < n && !is_white(p[k + 2])))
		return none;
	t.to = k + 2;
	return t;
}

static int
token_bytes(struct buf *out, const struct token *t)
{
	struct buf q = BUF(65536);

	if (t->b)
		return get_base64(out, t->payload, t->len);
	for (size_t i = 0; i < t->len; i++)
		if (t->payload[i] == '_')
			buf_puts(&q, "=20");
		else
			buf_put(&q, t->payload + i, 1);
	get_qp(out, q.p, q.len);
	buf_free(&q);
	return 0;
}

static size_t
skip_white(const char *p, size_t n, size_t i)
{
	while (i < n && is_white(p[i]))
		i++;
	return i;
}

/* Up to the next encoded word: its text without the line ends of folds. */
static int
get_plain(struct buf *out, const char *p, size_t from, size_t to,
    const struct charset *raw)
{
	struct buf text = BUF(65536);
	int rc;

	for (; from < to; from++)
		if (p[from] != '\r' && p[from] != '\n')
			buf_put(&text, p + from, 1);
	rc = charset_decode(raw, out, text.len > 0 ? text.p : "", text.len);
	buf_free(&text);
	return rc;
}

int
get_subject(struct buf *out, const char *p, size_t n, const struct charset *raw)
{
	size_t from = 0, i = 0;
	bool behind = false;
	int rc = 0;

	while (i < n && rc == 0) {
		struct token t = token_at(p, n, i);
		struct buf bytes = BUF(65536);

		if (t.to == i) {
			i++;
			continue;
		}
		if (!behind || skip_white(p, n, from) < i)
			rc = get_plain(out, p, from, i, raw);
		rc |= token_bytes(&bytes, &t);
		rc |= charset_decode(
		    t.charset, out, bytes.len > 0 ? bytes.p : "", bytes.len);
		buf_free(&bytes);
		from = i = t.to;
		behind = true;
	}
	return rc | get_plain(out, p, from, n, raw);
}
