#include "heading.h"

#include <string.h>

#include "decode.h"

#define COLUMNS 76
#define LONGEST 254u /* bytes of a word that stands as it is: an address */
#define WORD 42 /* bytes of text in an encoded word: 75 characters at most */

static void
base64(struct buf *out, const char *p, size_t n)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
	    "qrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)(unsigned char)p[i] << 16;
		char q[4] = {'=', '=', '=', '='};

		v |= i + 1 < n ? (uint32_t)(unsigned char)p[i + 1] << 8 : 0;
		v |= i + 2 < n ? (unsigned char)p[i + 2] : 0;
		for (size_t k = 0; k < 4 && i + k <= n; k++)
			q[k] = digits[v >> (18 - 6 * k) & 63];
		buf_put(out, q, 4);
	}
}

struct line {
	struct buf *out;
	size_t column;
	bool any; /* something stands in the field */
};

/* blank: one stands before it, at which it may be folded. */
static void
put_token(struct line *l, const char *p, size_t n, bool blank)
{
	if (blank && l->any && l->column + 1 + n > COLUMNS) {
		buf_puts(l->out, "\n");
		l->column = 0;
	}
	if (blank) {
		buf_puts(l->out, " ");
		l->column++;
	}
	buf_put(l->out, p, n);
	l->column += n;
	l->any = true;
}

/* Text as encoded words, none of which ends within a character. */
static void
put_encoded(struct line *l, const char *p, size_t n, bool blank)
{
	struct buf word = BUF(256);

	for (size_t at = 0, k; at < n; at += k, blank = true) {
		k = n - at < WORD ? n - at : WORD;
		while (k > 1 && at + k < n &&
		       ((unsigned char)p[at + k] & 0xc0) == 0x80)
			k--;
		word.len = 0;
		buf_puts(&word, "=?UTF-8?B?");
		base64(&word, p + at, k);
		buf_puts(&word, "?=");
		put_token(l, word.p, word.len, blank);
	}
	l->out->failed |= word.failed;
	buf_free(&word);
}

/* Bytes of a quoted string with its quotes; n where it does not end. */
static size_t
quoted_length(const char *p, size_t n)
{
	size_t k = 1;

	while (k < n && p[k] != '"')
		k += p[k] == '\\' ? 2 : 1;
	return k < n ? k + 1 : n;
}

/* Is it none that can stand as it is? */
static bool
needs_encoding(const char *p, size_t n, bool addresses)
{
	bool quoted = addresses && n > 0 && *p == '"';

	if (n > LONGEST || (quoted && (n == 1 || p[n - 1] != '"')))
		return true;
	for (size_t i = 0; i < n; i++)
		if (p[i] < ' ' || p[i] >= 127 || (p[i] == ' ' && !quoted))
			return true;
	return memmem(p, n, "=?", 2) != NULL;
}

static size_t
word_length(const char *p, size_t n, bool addresses)
{
	size_t k = 0;

	if (addresses && n > 0 && *p == '"')
		return quoted_length(p, n);
	if (addresses && n > 0 && strchr("<>,;", *p) != NULL)
		return 1;
	while (k < n && p[k] != ' ' &&
	       !(addresses && strchr("<>,;\"", p[k]) != NULL))
		k++;
	return k;
}

/* Words in a row that must be encoded are encoded as one: blanks between two
   encoded words are none. */
static size_t
run_length(const char *p, size_t n, bool addresses)
{
	size_t end = 0, k;

	for (size_t at = 0; at < n; at += k) {
		while (at < n && p[at] == ' ')
			at++;
		k = word_length(p + at, n - at, addresses);
		if (k == 0 || !needs_encoding(p + at, k, addresses))
			break;
		end = at + k;
	}
	return end;
}

static void
put_run(struct line *l, const char *p, size_t n, bool blank, bool addresses)
{
	struct buf text = BUF(64u << 10);

	for (size_t i = 0; i < n; i++)
		if (!addresses || (p[i] != '"' && p[i] != '\\'))
			buf_put(&text, p + i, 1);
	put_encoded(l, text.p, text.len, blank);
	l->out->failed |= text.failed;
	buf_free(&text);
}

void
heading_put(
    struct buf *out, const char *name, const char *p, size_t n, bool addresses)
{
	struct line l = {.out = out, .column = strlen(name) + 1};
	bool blank = true;

	buf_printf(out, "%s:", name);
	for (size_t at = 0, k; at < n; at += k) {
		bool was = blank;

		while (at < n && p[at] == ' ') {
			blank = true;
			at++;
		}
		was = blank;
		k = run_length(p + at, n - at, addresses);
		blank = false;
		if (k > 0) {
			put_run(&l, p + at, k, was, addresses);
			blank = addresses; /* = <: an encoded word ends there */
			continue;
		}
		k = word_length(p + at, n - at, addresses);
		if (k > 0)
			put_token(&l, p + at, k, was && p[at] != '>');
	}
	buf_puts(out, "\n");
}
