#include "decode.h"

#include <string.h>
#include <strings.h>

#include "decode_private.h"

/* ---- UTF-8 ---- */

unsigned
decode_utf8(const char *s, size_t n, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)s;
	unsigned len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t c;

	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	if (p[0] < 0xc2 || p[0] > 0xf4 || n < len)
		return 0;
	c = p[0] & (0x7fu >> len);
	for (unsigned i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	*cp = c;
	return c < least[len] || c > 0x10ffff || (c & ~0x7ffu) == 0xd800 ? 0
									 : len;
}

unsigned
decode_put_utf8(char out[4], uint32_t cp)
{
	static const unsigned char mark[] = {0, 0, 0xc0, 0xe0, 0xf0};
	unsigned len;

	if (cp > 0x10ffff || (cp & ~0x7ffu) == 0xd800)
		cp = REPLACEMENT;
	len = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	for (unsigned i = len; i-- > 1; cp >>= 6)
		out[i] = (char)(0x80 | (cp & 0x3f));
	out[0] = (char)(mark[len] | cp);
	return len;
}

size_t
decode_valid_prefix(const char *p, size_t n, struct tally *t)
{
	size_t i = 0;
	unsigned len;
	uint32_t cp;

	for (;;) {
		i += ascii_run(p + i, n - i);
		for (; i < n && (p[i] & 0x80) != 0; i += len) {
			if ((len = decode_utf8(p + i, n - i, &cp)) == 0)
				return i;
			t->wide++;
			t->sure += len > 2;
		}
		if (i == n)
			return n;
	}
}

bool
decode_utf8_valid(const char *p, size_t n)
{
	return decode_valid_prefix(p, n, &(struct tally){0}) == n;
}

/* ---- transfer encodings ---- */

enum cte
decode_cte(const char *name, uint32_t len)
{
	uint32_t from = 0, to;

	while (from < len && (is_blank(name[from]) || is_eol(name[from]) ||
				 name[from] == '"' || name[from] == '\''))
		from++;
	for (to = from; to < len && name[to] > ' ' &&
			memchr("\"';(", name[to], 4) == NULL;)
		to++;
	if (to - from == 6 && strncasecmp(name + from, "base64", 6) == 0)
		return CTE_BASE64;
	if (to - from == 16 &&
	    strncasecmp(name + from, "quoted-printable", 16) == 0)
		return CTE_QP;
	return CTE_IDENTITY;
}

static const unsigned char b64_table[256] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 126, 0, 0, 0, 127, 116, 117, 118, 119, 120, 121, 122, 123,
    124, 125, 0, 0, 0, 0, 0, 0, 0, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74,
    75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 0, 0, 0, 0, 0,
    0, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105,
    106, 107, 108, 109, 110, 111, 112, 113, 114, 115};

unsigned
decode_b64(char c)
{
	return b64_table[(unsigned char)c];
}

/* Whole quanta without a break: p[0..n) -> 3 bytes each; how many. */
static uint32_t
b64_quanta(char *o, const char *p, uint32_t n)
{
	const uint32_t flags = 64u << 18 | 64u << 12 | 64u << 6 | 64u;
	uint32_t count = 0;

	for (; n >= 4; n -= 4, p += 4, o += 3, count++) {
		unsigned a = decode_b64(p[0]), b = decode_b64(p[1]),
			 c = decode_b64(p[2]), d = decode_b64(p[3]);
		uint32_t v;

		if ((a & b & c & d & 64) == 0)
			break;
		v = (a << 18) + (b << 12) + (c << 6) + d - flags;
		o[0] = (char)(v >> 16);
		o[1] = (char)(v >> 8);
		o[2] = (char)v;
	}
	return count;
}

/* A quantum that is split, padded or short. */
struct quantum {
	uint32_t bits, have; /* have: characters so far */
	uint32_t from, to;   /* where they stand */
};

/* Its have - 1 bytes; bits that no byte takes must be 0. */
static unsigned
b64_flush(struct text *out, struct quantum *q, uint32_t base)
{
	uint32_t left = 4 - q->have, v = q->bits << 6 * left, n = 3 - left;
	char b[3] = {(char)(v >> 16), (char)(v >> 8), (char)v};
	unsigned odd =
	    q->have == 1 || (left > 0 && (v & ((1u << 8 * left) - 1)) != 0);

	if (q->have > 1)
		text_unit(out, b, n, base + q->from, q->to - q->from);
	q->have = q->bits = 0;
	return odd ? DECODE_SLOPPY : 0;
}

/* `=` at p[i]: takes the second one too where there are two; how many bytes. */
static uint32_t
b64_padding(struct text *out, struct quantum *q, const char *p, uint32_t n,
    uint32_t i, uint32_t base, unsigned *odd)
{
	uint32_t k = i + 1;

	if (q->have < 2) {
		*odd |= DECODE_SLOPPY;
		q->have = q->bits = 0;
		return 1;
	}
	if (q->have == 2) {
		while (k < n && (is_blank(p[k]) || is_eol(p[k])))
			k++;
		if (k == n || p[k] != '=') {
			*odd |= DECODE_SLOPPY;
			k = i;
		}
		k++;
	}
	q->to = k;
	*odd |= b64_flush(out, q, base);
	return k - i;
}

/* What is no base64 at p[i]; how many bytes. */
static uint32_t
b64_skip(const char *p, uint32_t n, uint32_t i, unsigned *odd)
{
	uint32_t k = i;

	if (is_eol(p[i]))
		return 1;
	while (k < n && is_blank(p[k]))
		k++;
	if (k == i || (k < n && !is_eol(p[k])))
		*odd |= DECODE_SLOPPY;
	return k == i ? 1 : k - i;
}

static unsigned
decode_base64(struct text *out, const char *p, uint32_t n, uint32_t base)
{
	struct quantum q = {0};
	unsigned odd = 0;
	bool ended = false;

	text_room(out, n / 4 * 3 + 6);
	for (uint32_t i = 0, count; i < n;) {
		if (q.have == 0 &&
		    (count = b64_quanta(out->p + out->len, p + i, n - i)) > 0) {
			text_wrote(out, count, 3, base + i, 4);
			i += count * 4;
			odd |= ended ? DECODE_SLOPPY : 0;
		} else if (decode_b64(p[i]) != 0) {
			q.from = q.have == 0 ? i : q.from;
			q.bits = q.bits << 6 | (decode_b64(p[i]) & 63);
			q.to = ++i;
			if (++q.have == 4)
				odd |= b64_flush(out, &q, base);
			odd |= ended ? DECODE_SLOPPY : 0;
		} else if (p[i] == '=') {
			i += b64_padding(out, &q, p, n, i, base, &odd);
			ended = true;
		} else {
			i += b64_skip(p, n, i, &odd);
		}
	}
	if (q.have == 0)
		return odd;
	return odd | b64_flush(out, &q, base) | DECODE_SLOPPY;
}

unsigned
decode_hex(char c)
{
	unsigned d = (unsigned char)c - '0', x = ((unsigned char)c | 32) - 'a';

	return d < 10 ? d : x < 6 ? x + 10 : 16;
}

/* =XX in a row: how many. */
static uint32_t
qp_units(char *o, const char *p, uint32_t n)
{
	uint32_t count = 0;

	for (; n >= 3 && p[0] == '='; n -= 3, p += 3) {
		unsigned h = decode_hex(p[1]), l = decode_hex(p[2]);

		if ((h | l) > 15)
			break;
		o[count++] = (char)(h << 4 | l);
	}
	return count;
}

/* p[i..to) of a line, from a `=` on; how many bytes.  A soft break is what is
   left when the blanks before the line end are gone. */
static uint32_t
qp_equals(struct text *out, const char *p, uint32_t i, uint32_t to,
    uint32_t base, unsigned *odd)
{
	uint32_t count = qp_units(text_room(out, to - i), p + i, to - i);

	if (count > 0) {
		text_wrote(out, count, 1, base + i, 3);
		return count * 3;
	}
	*odd |= DECODE_SLOPPY;
	text_copy(out, "=", 1, base + i);
	return 1;
}

/* A line without its end: true where a soft break ends it. */
static bool
qp_line(struct text *out, const char *p, uint32_t i, uint32_t to, uint32_t base,
    unsigned *odd)
{
	const char *eq;
	uint32_t len;

	while (i < to && is_blank(p[to - 1]))
		to--;
	while (i < to) {
		eq = memchr(p + i, '=', to - i);
		len = eq == NULL ? to - i : (uint32_t)(eq - p) - i;
		text_copy(out, p + i, len, base + i);
		i += len;
		if (i + 1 == to && p[i] == '=')
			return true;
		if (i < to)
			i += qp_equals(out, p, i, to, base, odd);
	}
	return false;
}

static unsigned
decode_qp(struct text *out, const char *p, uint32_t n, uint32_t base)
{
	unsigned odd = 0;

	text_room(out, n);
	for (uint32_t i = 0, end, next; i < n; i = next) {
		const char *lf = memchr(p + i, '\n', n - i);

		end = next = lf == NULL ? n : (uint32_t)(lf - p);
		if (lf != NULL) {
			next++;
			end -= end > i && p[end - 1] == '\r';
		}
		if (!qp_line(out, p, i, end, base, &odd))
			text_copy(out, p + end, next - end, base + end);
		else if (lf == NULL) /* its line end went to the delimiter? */
			odd |= DECODE_SLOPPY;
	}
	return odd;
}

unsigned
decode_transfer(
    struct text *out, enum cte cte, const char *p, uint32_t n, uint32_t base)
{
	switch (cte) {
	case CTE_QP:
		return decode_qp(out, p, n, base);
	case CTE_BASE64:
		return decode_base64(out, p, n, base);
	case CTE_IDENTITY:
		break;
	}
	text_copy(out, p, n, base);
	return 0;
}

/* ---- RFC 2047 ---- */

/* An encoded word at p[i], which is a `=`; raw.to is 0 where it is none. */
static struct word
word_at(const char *p, uint32_t n, uint32_t i)
{
	struct word w = {.raw.from = i}, none = {0};
	uint32_t k = i + 2;

	if (n - i < 8 || p[i + 1] != '?')
		return none;
	w.charset = (struct span){k, k + charset_label_len(p + k, n - k)};
	k = w.charset.to;
	if (k < n && p[k] == '*') /* RFC 2231: a language */
		k += 1 + charset_label_len(p + k + 1, n - k - 1);
	if (n - k < 5 || p[k] != '?' || p[k + 2] != '?')
		return none;
	w.encoding = (char)(p[k + 1] & ~0x20);
	if (w.encoding != 'B' && w.encoding != 'Q')
		return none;
	w.payload.from = k += 3;
	while (k < n && p[k] != '?' && !is_eol(p[k]) &&
	       (w.encoding == 'Q' || !is_blank(p[k])))
		k++;
	if (n - k < 2 || p[k] != '?' || p[k + 1] != '=')
		return none;
	w.payload.to = k;
	w.raw.to = k + 2;
	return w;
}

static unsigned
decode_q(struct text *out, const char *p, uint32_t n, uint32_t base)
{
	uint32_t i = 0, len, count;
	unsigned odd = 0;

	text_room(out, n);
	for (; i < n; i += len) {
		len = 1;
		count = qp_units(out->p + out->len, p + i, n - i);
		if (count > 0) {
			text_wrote(out, count, 1, base + i, 3);
			len = count * 3;
			continue;
		}
		odd |= p[i] == '=' ? DECODE_SLOPPY : 0;
		text_copy(out, p[i] == '_' ? " " : p + i, 1, base + i);
	}
	return odd;
}

/* The line ends of folds give nothing, nor does the last one. */
static void
put_literal(
    struct text *out, const char *p, uint32_t n, struct span raw, uint32_t base)
{
	for (uint32_t i = raw.from, to, next; i < raw.to; i = next) {
		const char *lf = memchr(p + i, '\n', raw.to - i);

		to = next = lf != NULL ? (uint32_t)(lf - p) + 1 : raw.to;
		if (lf != NULL && (next == n || is_blank(p[next]))) {
			to--;
			to -= to > i && p[to - 1] == '\r';
		}
		text_copy(out, p + i, to - i, base + i);
	}
}

static bool
only_blanks(const char *p, struct span s)
{
	while (s.from < s.to && (is_blank(p[s.from]) || is_eol(p[s.from])))
		s.from++;
	return s.from == s.to;
}

/* Its bytes go to content; spans were offsets in the value until here. */
static void
add_word(struct header_text *h, struct word w, const char *p, uint32_t n,
    uint32_t base)
{
	const char *payload = p + w.payload.from;
	uint32_t len = w.payload.to - w.payload.from;

	w.content.from = h->content.len;
	if (w.encoding == 'B')
		h->odd |= decode_base64(
		    &h->content, payload, len, base + w.payload.from);
	else if (w.encoding == 'Q')
		h->odd |=
		    decode_q(&h->content, payload, len, base + w.payload.from);
	else
		put_literal(&h->content, p, n, w.raw, base);
	w.content.to = h->content.len;
	for (size_t i = 0; i < 3; i++) {
		struct span *s[] = {&w.raw, &w.charset, &w.payload};

		s[i]->from += base;
		s[i]->to += base;
	}
	h->word = arena_more(
	    h->content.a, h->word, h->nword, &h->size, sizeof *h->word);
	h->word[h->nword++] = w;
}

static void
split_words(struct header_text *h, const char *p, uint32_t n, uint32_t base)
{
	struct span text = {0, 0};
	bool behind_word = false;
	struct word w = {0};

	for (uint32_t i = 0; i < n; i = w.raw.to != 0 ? w.raw.to : i + 1) {
		const char *eq = memchr(p + i, '=', n - i);

		if (eq == NULL)
			break;
		i = (uint32_t)(eq - p);
		w = word_at(p, n, i);
		if (w.raw.to == 0)
			continue;
		text.to = i;
		if (text.from < i && !(behind_word && only_blanks(p, text)))
			add_word(h, (struct word){.raw = text}, p, n, base);
		add_word(h, w, p, n, base);
		behind_word = true;
		text.from = w.raw.to;
	}
	text.to = n;
	if (text.from < n)
		add_word(h, (struct word){.raw = text}, p, n, base);
}

/* Do two words go on in one charset? */
static bool
joined(const struct word *a, const struct word *b, const char *p, uint32_t base)
{
	uint32_t len = a->charset.to - a->charset.from;

	return a->encoding != 0 && b->encoding != 0 &&
	       b->charset.to - b->charset.from == len &&
	       strncasecmp(p + (a->charset.from - base),
		   p + (b->charset.from - base), len) == 0;
}

void
decode_header(struct header_text *out, struct arena *a,
    const struct charsets *cs, const char *p, uint32_t n, uint32_t base)
{
	const char *missing = NULL;

	*out = (struct header_text){.content = TEXT(a), .utf8 = TEXT(a)};
	split_words(out, p, n, base);
	for (uint32_t i = 0, k; i < out->nword; i = k) {
		const struct word *w = &out->word[i];
		struct span s = w->content;

		for (k = i + 1;
		     k < out->nword && joined(w, &out->word[k], p, base); k++)
			s.to = out->word[k].content.to;
		if (s.from == s.to)
			continue;
		out->odd |= decode_charset(&out->utf8, cs,
		    p + (w->charset.from - base),
		    w->charset.to - w->charset.from, out->content.p + s.from,
		    s.to - s.from, s.from, &missing);
		if (out->missing == NULL)
			out->missing = missing;
	}
}
