#include <string.h>

#include "decode_private.h"

#define RUN_MIN 16u   /* characters fed to iconv after a fault … */
#define RUN_MAX 4096u /* … and after a while without */
#define SURE 3u /* characters of three bytes: UTF-8 in spite of the label */

static struct tally
tally_of(const char *p, size_t n)
{
	struct tally t = {0};

	for (size_t i = 0; (i += decode_valid_prefix(p + i, n - i, &t)) < n;
	     i++)
		t.bad++;
	return t;
}

/* One character from srclen bytes. */
static void
put(struct text *out, uint32_t cp, uint32_t src, uint32_t srclen)
{
	char b[4];

	text_unit(out, b, decode_put_utf8(b, cp), src, srclen);
}

/* n bytes that are no text. */
static unsigned
put_bad(struct text *out, uint32_t src, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		put(out, REPLACEMENT, src + i, 1);
	return n > 0 ? DECODE_INVALID : 0;
}

struct conv {
	struct text *out;
	const struct codec *codec;
	iconv_t cd;
	const char *p;
	uint32_t n, base;
	uint32_t limit; /* characters for one call */
};

static unsigned
decode_utf8_text(struct conv *c)
{
	bool marked = c->n >= 3 && memcmp(c->p, "\xef\xbb\xbf", 3) == 0;
	uint32_t i = marked ? 3 : 0, len;
	struct tally t = {0};
	unsigned odd = 0;

	while (i < c->n) {
		len = (uint32_t)decode_valid_prefix(c->p + i, c->n - i, &t);
		text_copy(c->out, c->p + i, len, c->base + i);
		i += len;
		if (i < c->n)
			odd |= put_bad(c->out, c->base + i++, 1);
	}
	return odd;
}

/* One call of iconv, written behind the text but not yet part of it.  Some
   converters (Big5-HKSCS) hold a character back until they are flushed, which
   would lose the state of the stateful ones. */
static uint32_t
pour(struct conv *c, const char *p, uint32_t len, uint32_t *used)
{
	union {
		const char *from;
		char *iconv_wants;
	} in = {p};
	size_t left = len, room = (size_t)len * 4 + 16;
	char *o = text_room(c->out, (uint32_t)room);

	iconv(c->cd, &in.iconv_wants, &left, &o, &room);
	if (c->codec->kind != ISO2022)
		iconv(c->cd, NULL, NULL, &o, &room);
	*used = len - (uint32_t)left;
	return (uint32_t)(o - (c->out->p + c->out->len));
}

static uint32_t
lead_len(char c)
{
	unsigned char b = (unsigned char)c;

	return b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
}

/* Takes over what pour wrote, where each w bytes gave one character. */
static bool
take_over(
    struct text *out, uint32_t olen, uint32_t used, uint32_t w, uint32_t src)
{
	const char *o = out->p + out->len, *end = o + olen;
	uint32_t chars = 0, len, count;

	for (uint32_t i = 0; i < olen; i++)
		chars += (o[i] & 0xc0) != 0x80;
	if (chars * w != used)
		return false;
	for (; o < end; src += count * w) {
		len = lead_len(*o);
		for (count = 0; o < end && lead_len(*o) == len; o += len)
			count++;
		text_wrote(out, count, len, src, w);
	}
	return true;
}

/* Characters of w bytes each; how many bytes could be read. */
static uint32_t
convert(struct conv *c, const char *p, uint32_t len, uint32_t w, uint32_t src)
{
	uint32_t used, done, olen = pour(c, p, len, &used);

	if (take_over(c->out, olen, used, w, src))
		return used;
	for (done = 0; done < len; done += w) { /* not one for one */
		olen = pour(c, p + done, w, &used);
		if (used < w)
			break;
		text_wrote(c->out, olen > 0, olen, src + done, w);
	}
	return done;
}

/* The same, and past a fault behind it: how many bytes, at least one.  Runs are
   short after a fault, so that many faults do not cost many long runs. */
static uint32_t
step(struct conv *c, const char *p, uint32_t len, uint32_t w, uint32_t src,
    unsigned *odd)
{
	uint32_t used = len > 0 ? convert(c, p, len, w, src) : 0, bad = 1;

	if (used == len && len > 0) {
		c->limit = c->limit < RUN_MAX ? c->limit * 2 : RUN_MAX;
		return used;
	}
	/* a pair that stands for nothing is skipped as a pair */
	if (len - used >= 2 && w == 2 &&
	    (c->codec->kind > GB || (p[used + 1] & 0x80) != 0))
		bad = 2;
	c->limit = RUN_MIN;
	*odd |= put_bad(c->out, src + used, bad);
	return used + bad;
}

static bool
between(char c, unsigned from, unsigned to)
{
	return (unsigned char)c - from <= to - from;
}

/* Bytes of the character at p by its first bytes; 0: none, or cut off. */
static uint32_t
char_width(const struct codec *k, const char *p, uint32_t left)
{
	uint32_t w = between(*p, k->lead, 0xfe) ? 2 : 1;

	if (k->kind == SINGLE)
		return 1;
	if (k->odd != 0 && between(*p, k->odd, k->odd_to))
		w = k->width;
	if (k->kind == GB && w == 2 && left > 1 && between(p[1], '0', '9'))
		w = 4;
	if (w > left || (unsigned char)*p == 0xff)
		return 0;
	if (k->kind != GB || w == 1)
		return w;
	if (w == 4)
		return between(p[2], 0x81, 0xfe) && between(p[3], '0', '9') ? 4
									    : 0;
	return between(p[1], 0x40, 0xfe) && p[1] != 0x7f ? 2 : 0;
}

/* Characters of equal width from p on: how many bytes. */
static uint32_t
equal_run(const struct conv *c, const char *p, uint32_t left, uint32_t *w)
{
	uint32_t len = *w = char_width(c->codec, p, left), most = c->limit * *w;

	if (len == 0)
		return 0;
	while (len < most && len < left &&
	       (c->codec->kind == SINGLE || (p[len] & 0x80) != 0) &&
	       char_width(c->codec, p + len, left - len) == *w)
		len += *w;
	return len;
}

static unsigned
decode_multi(struct conv *c)
{
	unsigned odd = 0;

	for (uint32_t i = 0, len, w; i < c->n;) {
		const char *p = c->p + i;

		len = c->codec->kind == SINGLE
			  ? 0
			  : (uint32_t)ascii_run(p, c->n - i);
		text_copy(c->out, p, len, c->base + i);
		if ((i += len) == c->n)
			break;
		len = equal_run(c, c->p + i, c->n - i, &w);
		i += step(c, c->p + i, len, w, c->base + i, &odd);
	}
	return odd;
}

/* An escape sequence or a shift at p[i]: feeds it, notes the width of what
   follows; how many bytes, 0 where it is none. */
static uint32_t
shift(struct conv *c, uint32_t i, uint32_t *w)
{
	const char *p = c->p + i;
	uint32_t left = c->n - i, len = 1, used, olen;

	if (*p == 0x1b) {
		while (len < left && len < 4 && between(p[len], 0x20, 0x2f))
			len++;
		len += left > 1 && p[1] == 'N' ? 1u + c->codec->width : 1;
	}
	if (len > left)
		return 0;
	olen = pour(c, p, len, &used);
	if (used < len)
		return 0;
	text_wrote(c->out, olen > 0, olen, c->base + i, len);
	if (*p == 0x0e)
		*w = 2;
	else if (*p == 0x0f || p[1] == '(')
		*w = 1;
	else if (p[1] == '$' && (len == 3 || p[2] == '('))
		*w = 2;
	return len;
}

/* Between shifts all characters have one width. */
static unsigned
decode_2022(struct conv *c)
{
	uint32_t w = 1, len, most;
	unsigned odd = 0;

	for (uint32_t i = 0; i < c->n; i += len) {
		const char *p = c->p + i;

		len = 0;
		if ((*p == 0x1b || *p == 0x0e || *p == 0x0f) &&
		    (len = shift(c, i, &w)) > 0)
			continue;
		most = c->n - i < c->limit * w ? c->n - i : c->limit * w;
		while (len < most && between(p[len], w == 1 ? ' ' : '!', '~'))
			len++;
		len -= len % w;
		if (len > 0)
			len = step(c, p, len, w, c->base + i, &odd);
		else
			len = step(c, p, 1, 1, c->base + i, &odd);
	}
	return odd;
}

/* RFC 1843, which glibc lacks: pairs are GB2312 without the high bits.  A `~`
   may be the second byte of a pair. */
static unsigned
decode_hz(struct conv *c)
{
	bool pairs = false;
	unsigned odd = 0;
	char b[512];

	for (uint32_t i = 0, n; i < c->n;) {
		const char *p = c->p + i;
		uint32_t left = c->n - i, src = c->base + i;

		if (left > 1 && *p == '~' && memchr("{}~\n", p[1], 4) != NULL) {
			pairs = p[1] == '{' || (pairs && p[1] == '~');
			text_unit(c->out, p, p[1] == '~', src, 2);
			i += 2;
			continue;
		}
		for (n = 0;
		     pairs && n + 1 < left && n < sizeof b &&
		     between(p[n], '!', '}') && between(p[n + 1], '!', '~');
		     n += 2) {
			b[n] = (char)(p[n] | 0x80);
			b[n + 1] = (char)(p[n + 1] | 0x80);
		}
		if (n > 0) {
			i += step(c, b, n, 2, src, &odd);
			continue;
		}
		pairs = pairs && *p != '\n';
		odd |= *p & 0x80 ? put_bad(c->out, src, 1) : 0;
		text_copy(c->out, p, (*p & 0x80) == 0, src);
		i++;
	}
	return odd;
}

/* UTF-16 units that come one by one: a high surrogate waits for its low one. */
struct pair {
	uint32_t high, from, to;
};

static bool
lone(struct text *out, struct pair *s)
{
	if (s->high == 0)
		return false;
	put(out, REPLACEMENT, s->from, s->to - s->from);
	s->from = s->to;
	s->high = 0;
	return true;
}

static unsigned
put_utf16(struct text *out, struct pair *s, uint32_t u, uint32_t to)
{
	bool low = (u & 0xfc00) == 0xdc00, bad = !low && lone(out, s);

	s->to = to;
	if ((u & 0xfc00) == 0xd800) {
		s->high = u;
		return bad ? DECODE_INVALID : 0;
	}
	bad |= low && s->high == 0;
	if (low && s->high != 0)
		u = 0x10000 + ((s->high & 0x3ff) << 10 | (u & 0x3ff));
	put(out, u, s->from, to - s->from);
	*s = (struct pair){0, to, to};
	return bad ? DECODE_INVALID : 0;
}

/* Base64 of UTF-16 from p[i] on, behind the `+`; how many bytes. */
static uint32_t
utf7_shifted(struct conv *c, uint32_t i, unsigned *odd)
{
	struct pair s = {0, c->base + i, c->base + i};
	uint32_t bits = 0, have = 0, k = i;

	for (; k < c->n && decode_b64(c->p[k]) != 0; k++) {
		bits = bits << 6 | (decode_b64(c->p[k]) & 63);
		have += 6;
		if (have < 16)
			continue;
		have -= 16;
		*odd |= put_utf16(
		    c->out, &s, bits >> have & 0xffff, c->base + k + 1);
	}
	if (lone(c->out, &s))
		*odd |= DECODE_INVALID;
	return k - i + (k < c->n && c->p[k] == '-');
}

static unsigned
decode_utf7(struct conv *c)
{
	unsigned odd = 0;
	uint32_t len;

	for (uint32_t i = 0; i < c->n;) {
		const char *p = c->p + i;
		uint32_t left = c->n - i;

		for (len = 0;
		     len < left && p[len] != '+' && (p[len] & 0x80) == 0;)
			len++;
		text_copy(c->out, p, len, c->base + i);
		i += len;
		if (i == c->n)
			break;
		left -= len;
		p += len;
		if (*p != '+') {
			odd |= put_bad(c->out, c->base + i++, 1);
		} else if (left > 1 && p[1] == '-') {
			text_unit(c->out, p, 1, c->base + i, 2);
			i += 2;
		} else if (left > 1 && decode_b64(p[1]) != 0) {
			i += 1 + utf7_shifted(c, i + 1, &odd);
		} else {
			text_copy(c->out, p, 1, c->base + i++);
		}
	}
	return odd;
}

static uint32_t
wide_unit(const char *p, uint32_t w, bool little)
{
	uint32_t v = 0;

	for (uint32_t i = 0; i < w; i++)
		v = v << 8 | (unsigned char)p[little ? w - 1 - i : i];
	return v;
}

static unsigned
decode_wide(struct conv *c)
{
	uint32_t w = c->codec->width, i = 0, cp, low, len;
	bool little = c->codec->odd != 0;
	unsigned odd = 0;

	for (int end = 0; c->n >= w && i == 0 && end < 2; end++)
		if (wide_unit(c->p, w, end) == 0xfeff) {
			little = end;
			i = w;
		}
	for (; c->n - i >= w; i += len) {
		len = w;
		cp = wide_unit(c->p + i, w, little);
		if (w == 2 && (cp & 0xfc00) == 0xd800 && c->n - i >= 4 &&
		    ((low = wide_unit(c->p + i + 2, 2, little)) & 0xfc00) ==
			0xdc00) {
			cp = 0x10000 + ((cp & 0x3ff) << 10 | (low & 0x3ff));
			len = 4;
		}
		if (cp > 0x10ffff || (cp & ~0x7ffu) == 0xd800)
			odd = DECODE_INVALID;
		put(c->out, cp, c->base + i, len);
	}
	return odd | put_bad(c->out, c->base + i, c->n - i);
}

/* ISO-8859-1 as everybody writes it: windows-1252. */
static unsigned
decode_latin(struct conv *c)
{
	static const uint16_t c1[32] = {0x20ac, 0, 0x201a, 0x192, 0x201e,
	    0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0,
	    0x17d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	    0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178};
	unsigned odd = 0;

	for (uint32_t i = 0, len; i < c->n; i++) {
		unsigned char b;
		uint32_t cp;

		len = (uint32_t)ascii_run(c->p + i, c->n - i);
		text_copy(c->out, c->p + i, len, c->base + i);
		if ((i += len) == c->n)
			break;
		b = (unsigned char)c->p[i];
		cp = b < 0xa0 ? c1[b - 0x80] : b;
		odd |= cp == 0 ? DECODE_INVALID : 0;
		put(c->out, cp == 0 ? REPLACEMENT : cp, c->base + i, 1);
	}
	return odd;
}

static unsigned
decode_as(struct conv *c, const struct codec *k, iconv_t cd)
{
	static unsigned (*const decoder[])(struct conv *) = {
	    [ASCII] = decode_utf8_text,
	    [UTF8] = decode_utf8_text,
	    [LATIN] = decode_latin,
	    [SINGLE] = decode_multi,
	    [MULTI] = decode_multi,
	    [GB] = decode_multi,
	    [ISO2022] = decode_2022,
	    [HZ] = decode_hz,
	    [UTF7] = decode_utf7,
	    [WIDE] = decode_wide,
	};
	struct conv run = *c;

	run.codec = k;
	run.cd = cd;
	run.limit = RUN_MIN;
	if (cd != NO_CONVERTER)
		iconv(cd, NULL, NULL, NULL, NULL);
	if (k->kind == GB && run.n >= 4 &&
	    memcmp(run.p, "\x84\x31\x95\x33", 4) == 0) {
		run.p += 4; /* a byte order mark */
		run.base += 4;
		run.n -= 4;
	}
	return decoder[k->kind](&run);
}

/* Could it be Chinese in GB18030?  All characters are well formed, and most
   have a high second byte: an accented letter before a plain one has not. */
static bool
gb_shape(const struct conv *c)
{
	size_t chars = 0, high = 0;
	uint32_t i = 0, w;

	for (;; i += w, chars++) {
		i += (uint32_t)ascii_run(c->p + i, c->n - i);
		if (i == c->n)
			break;
		if ((w = char_width(GB_CODEC, c->p + i, c->n - i)) < 2)
			return false;
		high += w == 4 || (c->p[i + 1] & 0x80) != 0;
	}
	return chars > 0 && high * 2 >= chars;
}

/* At least two thirds of what is not ASCII are Han or their punctuation. */
static bool
mostly_han(const char *p, uint32_t n)
{
	static const uint32_t han[][2] = {{0x3000, 0x303f}, {0x3400, 0x9fff},
	    {0xf900, 0xfaff}, {0xff00, 0xffef}, {0x20000, 0x3ffff}};
	size_t all = 0, good = 0;
	uint32_t cp;

	for (uint32_t i = 0, len; i < n; i += len) {
		i += (uint32_t)ascii_run(p + i, n - i);
		if (i == n || (len = decode_utf8(p + i, n - i, &cp)) == 0)
			break;
		all++;
		for (size_t k = 0; k < LENGTH(han); k++)
			good += cp >= han[k][0] && cp <= han[k][1];
	}
	return all > 0 && good * 3 >= all * 2;
}

/* Decodes on trial: what did not please is taken back. */
struct mark {
	uint32_t len, n, out_len;
};

static struct mark
mark(const struct text *t)
{
	return (struct mark){t->len, t->map.n, t->map.out_len};
}

static void
take_back(struct text *t, struct mark m)
{
	t->len = m.len;
	t->map.n = m.n;
	t->map.out_len = m.out_len;
}

static bool
is_gb(struct conv *c, iconv_t cd)
{
	struct mark m = mark(c->out);

	if (decode_as(c, GB_CODEC, cd) == 0 &&
	    mostly_han(c->out->p + m.len, c->out->len - m.len))
		return true;
	take_back(c->out, m);
	return false;
}

/* By the bytes alone.  UTF-8 with a fault comes first, since cut off UTF-8 is
   often valid GB18030 too, full of rare Han. */
static unsigned
guess(struct conv *c, const struct charsets *cs, const struct codec *k,
    const struct tally *t, const char **missing)
{
	unsigned odd =
	    k->kind == UTF8 || t->wide + t->bad == 0 ? 0 : DECODE_GUESSED;
	iconv_t cd = charset_converter(cs, "GB18030");

	if (t->bad == 0 || t->sure > t->bad)
		return odd | decode_as(c, UTF8_CODEC, NO_CONVERTER);
	if (gb_shape(c)) {
		if (cd != NO_CONVERTER && is_gb(c, cd))
			return DECODE_GUESSED;
		if (cd == NO_CONVERTER) {
			odd |= DECODE_MISSING;
			*missing = *missing != NULL ? *missing : "GB18030";
		}
	}
	if (k->kind == UTF8 && t->wide > 0)
		return odd | decode_as(c, UTF8_CODEC, NO_CONVERTER);
	return odd | DECODE_GUESSED | decode_as(c, LATIN_CODEC, NO_CONVERTER);
}

/* As labelled; where it does not decode but is UTF-8, that. */
static unsigned
trust(struct conv *c, const struct codec *k, iconv_t cd, const struct tally *t)
{
	struct mark m = mark(c->out);
	unsigned odd = decode_as(c, k, cd);

	if ((odd & DECODE_INVALID) != 0 && t->bad == 0 && t->wide > 0) {
		take_back(c->out, m);
		decode_as(c, UTF8_CODEC, NO_CONVERTER);
		return DECODE_GUESSED;
	}
	if (k->kind >= ISO2022 && k->kind <= UTF7)
		odd |= DECODE_STATEFUL;
	return odd;
}

unsigned
decode_charset(struct text *out, const struct charsets *cs, const char *label,
    uint32_t len, const char *p, uint32_t n, uint32_t base,
    const char **missing)
{
	const char *name = decode_charset_name(label, len), *need,
		   *lacks = NULL;
	const struct codec *k =
	    name != NULL ? charset_codec(name) : ASCII_CODEC;
	struct conv c = {.out = out, .p = p, .n = n, .base = base};
	struct tally t = tally_of(p, n);
	iconv_t cd = NO_CONVERTER;
	unsigned odd;

	if (k->kind < ISO2022 && t.wide + t.bad == 0) {
		text_copy(out, p, n, base);
		return 0;
	}
	need = name != NULL ? charset_needs(name) : NULL;
	if (need != NULL)
		cd = charset_converter(cs, need);
	if (k->kind <= UTF8 ||
	    (t.bad == 0 && (k->kind <= SINGLE || t.sure >= SURE))) {
		odd = guess(&c, cs, k, &t, &lacks);
	} else if (need != NULL && cd == NO_CONVERTER) {
		lacks = name;
		odd = DECODE_MISSING | guess(&c, cs, k, &t, &lacks);
	} else {
		odd = trust(&c, k, cd, &t);
	}
	if (lacks != NULL && missing != NULL)
		*missing = lacks;
	return odd;
}
