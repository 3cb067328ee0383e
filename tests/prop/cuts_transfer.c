#include <string.h>

#include "cuts.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789+/";

/* ---- writing ---- */

struct qp {
	struct draws *d;
	struct buf *out;
	const char *eol;
	uint32_t col, most;    /* characters of a line */
	uint32_t escape, soft; /* percent */
	bool lower;
};

static void
soft_break(struct qp *w)
{
	buf_puts(w->out, "=");
	buf_puts(w->out, w->eol);
	w->col = 0;
}

static void
qp_byte(struct qp *w, unsigned char c, bool last)
{
	bool plain = c > ' ' && c < 127 && c != '=';
	uint32_t len;

	if ((c == ' ' || c == '\t') && !last)
		plain = true;
	if (w->escape > 0 && chance(w->d, w->escape))
		plain = false;
	len = plain ? 1 : 3;
	/* room for the = of a soft break */
	if (w->col + len > w->most - (last ? 0 : 1) ||
	    (w->soft > 0 && chance(w->d, w->soft)))
		soft_break(w);
	if (plain)
		buf_put(w->out, &c, 1);
	else
		buf_printf(w->out, w->lower ? "=%02x" : "=%02X", c);
	w->col += len;
}

/* Length of the line end at p[i]; 0: none. */
static size_t
eol_at(const char *p, size_t n, size_t i)
{
	if (i < n && p[i] == '\n')
		return 1;
	return i + 1 < n && p[i] == '\r' && p[i + 1] == '\n' ? 2 : 0;
}

void
put_qp(struct draws *d, struct buf *out, const char *p, size_t n,
    const char *eol, bool binary)
{
	static const uint32_t percent[] = {0, 0, 3, 30, 100};
	struct qp w = {.d = d, .out = out, .eol = eol};
	size_t k;

	w.most = chance(d, 50) ? 10 + draw(d, 67) : 76;
	/* Longer than it may be, as seen in the field.  Not much of it: where a
	   message in a message is put back in lines of 76 it may grow more than
	   edit_check allows. */
	if (n < 2000 && chance(d, 4))
		w.most = 200;
	w.escape = percent[draw(d, 5)];
	w.soft = chance(d, 20) ? 2 : 0;
	w.lower = chance(d, 20);
	for (size_t i = 0; i < n; i += k) {
		k = binary ? 0 : eol_at(p, n, i);
		if (k > 0 && !chance(d, 3)) {
			buf_put(out, p + i, k);
			w.col = 0;
			continue;
		}
		k = k > 0 ? k : 1;
		for (size_t j = i; j < i + k; j++)
			qp_byte(&w, (unsigned char)p[j],
			    j + 1 == n || (!binary && eol_at(p, n, j + 1) > 0));
	}
}

static void
quantum(char four[4], const char *p, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < 3; i++)
		v = v << 8 | (i < n ? (unsigned char)p[i] : 0);
	for (size_t i = 0; i < 4; i++)
		four[i] = i <= n ? digits[v >> (18 - 6 * i) & 63] : '=';
}

void
put_base64(
    struct buf *out, const char *p, size_t n, uint32_t width, const char *eol)
{
	uint32_t col = 0;
	char four[4];

	for (size_t i = 0; i < n; i += 3) {
		quantum(four, p + i, n - i < 3 ? n - i : 3);
		for (size_t k = 0; k < 4; k++) {
			if (width > 0 && col == width) {
				buf_puts(out, eol);
				col = 0;
			}
			buf_put(out, &four[k], 1);
			col++;
		}
	}
}

/* ---- reading, plainly ---- */

static int
hex(char c)
{
	const char *all = "0123456789ABCDEFabcdef";
	const char *at = c != '\0' ? strchr(all, c) : NULL;

	return at == NULL      ? -1
	       : at - all < 16 ? (int)(at - all)
			       : (int)(at - all) - 6;
}

/* Blanks from p[i] to the end of the line or of all: behind them; else i. */
static size_t
blanks_to_end(const char *p, size_t n, size_t i)
{
	size_t k = i;

	while (k < n && (p[k] == ' ' || p[k] == '\t'))
		k++;
	return k == n || eol_at(p, n, k) > 0 ? k : i;
}

void
get_qp(struct buf *out, const char *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t end = blanks_to_end(p, n, i);

		if (end > i) {
			i = end;
		} else if (p[i] != '=') {
			buf_put(out, p + i++, 1);
		} else if (n - i > 2 && hex(p[i + 1]) >= 0 &&
			   hex(p[i + 2]) >= 0) {
			char c = (char)(hex(p[i + 1]) << 4 | hex(p[i + 2]));

			buf_put(out, &c, 1);
			i += 3;
		} else {
			end = blanks_to_end(p, n, i + 1);
			if (end == n || eol_at(p, n, end) > 0)
				i = end + eol_at(p, n, end);
			else
				buf_put(out, p + i++, 1);
		}
	}
}

int
get_base64(struct buf *out, const char *p, size_t n)
{
	uint32_t v = 0, have = 0, pads = 0;

	for (size_t i = 0; i < n; i++) {
		const char *at;

		if (p[i] == '\r' || p[i] == '\n')
			continue;
		at = p[i] != '\0' ? strchr(digits, p[i]) : NULL;
		if (p[i] == '=')
			pads++;
		else if (at == NULL || pads > 0)
			return -1;
		v = v << 6 | (at != NULL ? (uint32_t)(at - digits) : 0);
		if (++have == 4) {
			char b[3] = {(char)(v >> 16), (char)(v >> 8), (char)v};

			if (pads > 2)
				return -1;
			buf_put(out, b, 3 - pads);
			have = v = 0;
		}
	}
	return have == 0 ? 0 : -1;
}
