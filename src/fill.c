#include "fill.h"

#include <string.h>

#include "decode.h"
#include "limits.h"
#include "width.h"

#define LINE_MOST (LIMIT_MAIL_LINE - 90) /* bytes beside what it begins with */
#define FRONT_MOST 80u                   /* bytes of what it begins with */
#define LEAST 16u /* columns that are left beside what a line begins with */

/* A character. */
struct sign {
	const char *p;
	uint32_t cp;
	unsigned len;
	uint32_t width;
};

static struct sign
sign_at(const char *p, size_t n)
{
	struct sign s = {.p = p};

	s.len = n > 0 ? decode_utf8(p, n, &s.cp) : 0;
	if (s.len == 0) {
		s.len = n > 0;
		s.cp = n > 0 ? 0xfffd : 0;
	}
	s.width = s.len == 1 ? 1 : width_of(p, s.len);
	return s;
}

static bool
is_one_of(const struct sign *s, const char *list)
{
	return s->len > 0 && memmem(list, strlen(list), s->p, s->len) != NULL;
}

/* Must not begin a line. */
static bool
closes(const struct sign *s)
{
	return is_one_of(s,
	    "！），．：；？］｝～｠、。〉》」』】〕〗〙〛〞〟・ー々〻ゝゞヽヾ"
	    "‥…’”—–％‰℃°¢￠ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
	    "｡｣､･ｧｨｩｪｫｬｭｮｯｰ!),.:;?]}%\"'");
}

/* Must not end one. */
static bool
opens(const struct sign *s)
{
	return is_one_of(s, "（［｛｟〈《「『【〔〖〘〚〝‘“¥￥＄£｢([{$#@");
}

/* Scripts written without blanks.  Korean has them. */
static bool
is_han(const struct sign *s)
{
	return s->width == 2 && !(s->cp >= 0xac00 && s->cp <= 0xd7a3) &&
	       !(s->cp >= 0x1100 && s->cp <= 0x11ff);
}

static bool
may_break(const struct sign *a, const struct sign *b)
{
	if (b->width == 0 || a->cp == 0x200d || b->len == 0)
		return false;
	if (a->cp == ' ')
		return b->cp != ' ';
	if (b->cp == ' ' || (!is_han(a) && !is_han(b)))
		return false;
	return !closes(b) && !opens(a);
}

/* ---- what a line begins with ---- */

struct front {
	size_t quote; /* bytes of > > */
	size_t hang;  /* … and of blanks and bullet behind them */
};

static size_t
bullet(const char *p, size_t n)
{
	static const char *const signs[] = {"* ", "- ", "+ ", "• ", "· "};
	size_t k = 0;

	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (n > strlen(signs[i]) &&
		    memcmp(p, signs[i], strlen(signs[i])) == 0)
			return strlen(signs[i]);
	if (n == 0)
		return 0;
	if (p[0] == '[') /* a footnote of the writer's own */
		k = 1;
	while (k < n && k < 4 && p[k] >= '0' && p[k] <= '9')
		k++;
	if (k > (p[0] == '[' ? 1 : 0) && n - k > 2 &&
	    strchr(".)]", p[k]) != NULL && p[k + 1] == ' ')
		return k + 2;
	return 0;
}

static struct front
front_of(const char *p, size_t n, uint32_t columns)
{
	struct front f = {0};
	size_t i = 0;

	while (i < n && (p[i] == '>' || (p[i] == ' ' && i > 0 && i + 1 < n &&
					    p[i + 1] == '>')))
		i++;
	if (i > 0 && i < n && p[i] == ' ')
		i++;
	f.quote = i;
	while (i < n && p[i] == ' ')
		i++;
	f.hang = i + bullet(p + i, n - i);
	if (f.hang + LEAST > columns)
		f.hang = f.quote;
	if (f.quote + LEAST > columns || f.quote > FRONT_MOST)
		f.quote = f.hang = 0;
	if (f.hang > FRONT_MOST)
		f.hang = f.quote;
	return f;
}

/* ---- lines ---- */

/* An address, which a mail program finds only in one piece. */
static bool
is_address(const char *p, size_t n)
{
	size_t k = 0;

	/* No line has more of it: what has no blank is not read to its end
	   for each line. */
	n = n < LINE_MOST ? n : LINE_MOST;
	while (k < n && p[k] > ' ' && p[k] < 127)
		k++;
	return memmem(p, k, "://", 3) != NULL;
}

struct fill {
	struct buf *out;
	const char *p, *front;
	size_t n;
	struct front f;
	uint32_t columns;
};

/* Bytes of p[at..) that fit: up to the last place where it may be broken, or,
   where none is, up to the edge; an address goes on behind it. */
static size_t
fits(const struct fill *x, size_t at, uint32_t columns)
{
	bool whole = is_address(x->p + at, x->n - at);
	struct sign a = sign_at(x->p + at, x->n - at), b;
	size_t last = 0, k = 0;
	uint32_t used = 0;

	for (; at + k < x->n; a = b) {
		used += a.width;
		/* Blanks may stand over the edge: they go. */
		if (k > 0 && ((used > columns && a.cp != ' ') ||
				 k + a.len > LINE_MOST)) {
			if (last > 0)
				return last;
			if (!whole || k + a.len > LINE_MOST)
				return k;
		}
		k += a.len;
		b = sign_at(x->p + at + k, x->n - at - k);
		if (may_break(&a, &b))
			last = k;
	}
	return k;
}

static void
put_line(const struct fill *x, size_t at, size_t k, bool first)
{
	buf_puts(x->out, x->front);
	if (!first) {
		buf_put(x->out, x->p, x->f.quote);
		for (size_t i = x->f.quote; i < x->f.hang; i++)
			buf_puts(x->out, " ");
	}
	while (k > 0 && x->p[at + k - 1] == ' ')
		k--;
	if (k > 0)
		buf_put(x->out, x->p + at, k);
	buf_puts(x->out, "\n");
}

void
fill(struct buf *out, const char *p, size_t n, uint32_t columns,
    const char *front)
{
	uint32_t taken = (uint32_t)strlen(front);
	struct fill x = {.out = out, .p = p, .front = front, .n = n};
	size_t at = 0, k;

	if (n == 0) {
		fill_kept(out, "", 0, front);
		return;
	}
	x.columns = columns > taken + LEAST ? columns - taken : LEAST;
	x.f = front_of(p, n, x.columns);
	do {
		uint32_t room =
		    at == 0 ? x.columns : x.columns - (uint32_t)x.f.hang;

		k = fits(&x, at, room);
		/* No break inside of what the line begins with. */
		if (at == 0 && k <= x.f.hang && x.f.hang > 0 && k < n)
			k = x.f.hang +
			    fits(&x, x.f.hang, room - (uint32_t)x.f.hang);
		put_line(&x, at, k, at == 0);
		at += k;
		while (at < n && p[at] == ' ')
			at++;
	} while (at < n);
}

void
fill_kept(struct buf *out, const char *p, size_t n, const char *front)
{
	size_t at = 0, k;

	do {
		k = n - at;
		if (k > LINE_MOST) {
			k = LINE_MOST;
			while (
			    k > 1 && ((unsigned char)p[at + k] & 0xc0) == 0x80)
				k--;
		}
		buf_puts(out, front);
		if (k > 0)
			buf_put(out, p + at, k);
		buf_puts(out, "\n");
		at += k;
	} while (at < n);
}
