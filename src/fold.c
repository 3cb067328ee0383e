#include "fold.h"

#include <string.h>
#include <utf8proc.h>

/*
 * scan() runs over what cannot change; where something might, the word round
 * it is read twice: once to see whether look-alikes in it are to be mapped
 * (survey), once to fold it (fold_word).  A word is cut at WORD bytes, so all
 * of it is linear.
 */
#define WORD 256u
#define CHARS 20 /* the longest decomposition has 18 */
#define BYTES 12 /* longer ones stay: they would let text grow elevenfold */

struct look_alike {
	uint16_t from;
	char to;
};
#include "fold_table.h"

/* Characters with a way of their own: dropped, kept although Unicode has a
   compatibility form (it would harm text in that script), or turned into
   to + (c - from) * step. */
#define DROP 0
#define KEEP 1
static const struct special {
	uint32_t from, last;
	uint8_t to, step;
} specials[] = {
    {0x00ad, 0x00ad, DROP, 0},   /* soft hyphen */
    {0x034f, 0x034f, DROP, 0},   /* grapheme joiner */
    {0x0587, 0x0587, KEEP, 0},   /* Armenian ech yiwn */
    {0x061c, 0x061c, DROP, 0},   /* Arabic letter mark */
    {0x0675, 0x0678, KEEP, 0},   /* Arabic high hamza letters */
    {0x0e33, 0x0e33, KEEP, 0},   /* Thai sara am */
    {0x0eb3, 0x0eb3, KEEP, 0},   /* Lao am */
    {0x0edc, 0x0edd, KEEP, 0},   /* Lao ho no, ho mo */
    {0x0f0c, 0x0f0c, KEEP, 0},   /* Tibetan tsheg */
    {0x0f77, 0x0f79, KEEP, 0},   /* Tibetan vowels */
    {0x115f, 0x1160, DROP, 0},   /* Hangul fillers */
    {0x17b4, 0x17b5, DROP, 0},   /* Khmer inherent vowels */
    {0x180b, 0x180f, DROP, 0},   /* Mongolian selectors */
    {0x200b, 0x200f, DROP, 0},   /* zero width, direction marks */
    {0x2010, 0x2015, '-', 0},    /* hyphens and dashes */
    {0x202a, 0x202e, DROP, 0},   /* bidi controls */
    {0x2044, 0x2044, '/', 0},    /* fraction slash */
    {0x2060, 0x206f, DROP, 0},   /* invisible operators, isolates */
    {0x2212, 0x2212, '-', 0},    /* minus */
    {0x2215, 0x2215, '/', 0},    /* division slash */
    {0x2236, 0x2236, ':', 0},    /* ratio */
    {0x249c, 0x24b5, 'a', 1},    /* parenthesized */
    {0x24f5, 0x24fd, '1', 1},    /* double circled */
    {0x24ff, 0x24ff, '0', 0},    /* negative circled */
    {0x2776, 0x277e, '1', 1},    /* negative circled */
    {0x2780, 0x2788, '1', 1},    /* circled, sans-serif */
    {0x278a, 0x2792, '1', 1},    /* negative circled, sans-serif */
    {0x3131, 0x3163, KEEP, 0},   /* Hangul letters, as in chat */
    {0x3164, 0x3164, DROP, 0},   /* Hangul filler */
    {0x3165, 0x318e, KEEP, 0},   /* Hangul letters */
    {0x3200, 0x321e, KEEP, 0},   /* parenthesized Hangul */
    {0x3260, 0x327f, KEEP, 0},   /* circled Hangul */
    {0xfe00, 0xfe0f, DROP, 0},   /* variation selectors */
    {0xfeff, 0xfeff, DROP, 0},   /* byte order mark */
    {0xffa0, 0xffa0, DROP, 0},   /* half-width filler */
    {0xffa1, 0xffdc, KEEP, 0},   /* half-width Hangul */
    {0xfff9, 0xfffb, DROP, 0},   /* annotation marks */
    {0x1d173, 0x1d17a, DROP, 0}, /* musical controls */
    {0x1f10b, 0x1f10c, '0', 0},  /* circled, negative circled */
    {0x1f110, 0x1f129, 'A', 1},  /* parenthesized */
    {0x1f130, 0x1f149, 'A', 1},  /* squared */
    {0x1f150, 0x1f169, 'A', 1},  /* negative circled */
    {0x1f170, 0x1f189, 'A', 1},  /* negative squared */
    {0x1f1e6, 0x1f1ff, 'A', 1},  /* regional indicators */
    {0xe0000, 0xe0fff, DROP, 0}, /* tags, variation selectors */
};

struct range {
	uint32_t from, last;
};

/* Marks that are put on Latin, Greek, Cyrillic, digits and, to disguise, Han.
   The marks that belong to a script are not among them. */
static const struct range marks[] = {{0x0300, 0x036f}, {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f}};

static const struct range bases[] = {{'0', '9'}, {'A', 'Z'}, {'a', 'z'},
    {0x00c0, 0x02af}, {0x0370, 0x0482}, {0x048a, 0x052f}, {0x1d00, 0x1dbf},
    {0x1e00, 0x1fff}, {0x2c60, 0x2c7f}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff},
    {0xa640, 0xa66e}, {0xa720, 0xa7ff}, {0xab30, 0xab6f}};

/* Latin letters beyond ASCII: small capitals, phonetics, strokes. */
static const struct range latin[] = {{0x00c0, 0x02af}, {0x1d00, 0x1dbf},
    {0x1e00, 0x1eff}, {0x2c60, 0x2c7f}, {0xa720, 0xa7ff}, {0xab30, 0xab6f}};

/* One canonical character for another, no base with marks: Greek question mark
   and varia, quads, ohm to angstrom, angle brackets, Han for other standards'
   sake. */
static const struct range singles[] = {{0x037e, 0x037e}, {0x1fef, 0x1fef},
    {0x2000, 0x2001}, {0x2126, 0x212b}, {0x2329, 0x232a}, {0xf900, 0xfaff},
    {0x2f800, 0x2fa1f}};

/* In UTF-8: punctuation as Chinese has it, which stays, and the full-width
   letters, digits, `.`, `/` and `@` that make it part of a disguise. */
static const struct range points[] = {{0xe38080, 0xe38080},
    {0xefbc81, 0xefbc81}, {0xefbc88, 0xefbc89}, {0xefbc8c, 0xefbc8c},
    {0xefbc9a, 0xefbc9b}, {0xefbc9f, 0xefbc9f}, {0xefbd9e, 0xefbd9e}};
static const struct range wide[] = {
    {0xefbc8e, 0xefbc99}, {0xefbca0, 0xefbcba}, {0xefbd81, 0xefbd9a}};

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define IN(c, table) in_ranges(c, table, COUNT(table))
#define IN3(q, table) IN((uint32_t)(q)[0] << 16 | (q)[1] << 8 | (q)[2], table)

static bool
in_ranges(uint32_t c, const struct range *v, size_t n)
{
	size_t i = 0;

	while (i < n && c > v[i].last)
		i++;
	return i < n && c >= v[i].from;
}

/* Punctuation at `at` with no disguise right before or behind it. */
static bool
plain_point(const unsigned char *p, uint32_t n, uint32_t at)
{
	const unsigned char *q = p + at;

	return n - at >= 3 && IN3(q, points) &&
	       !(at >= 3 && IN3(q - 3, wide)) &&
	       !(n - at >= 6 && IN3(q + 3, wide));
}

static const struct special *
special(uint32_t c)
{
	size_t lo = 0, hi = COUNT(specials);

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (c > specials[mid].last)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < COUNT(specials) && c >= specials[lo].from)
		return &specials[lo];
	return NULL;
}

/* 1 and *to, or 0 for a character that is dropped. */
static uint32_t
apply(const struct special *s, int32_t c, int32_t *to)
{
	*to = c;
	if (s != NULL && s->to > KEEP)
		*to = s->to + (c - (int32_t)s->from) * s->step;
	return s == NULL || s->to != DROP;
}

static char
look_alike(uint32_t c)
{
	size_t lo = 0, hi = COUNT(look_alikes);

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (c > look_alikes[mid].from)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < COUNT(look_alikes) && c == look_alikes[lo].from)
		return look_alikes[lo].to;
	return '\0';
}

static bool
ascii_letter(int32_t c)
{
	return c >= 0 && (uint32_t)((c | 0x20) - 'a') < 26;
}

static bool
ascii_digit(int32_t c)
{
	return c >= '0' && c <= '9';
}

/* A source character and what it becomes. */
struct folded {
	uint32_t len; /* bytes of source */
	uint32_t n;   /* characters it becomes; 0: dropped */
	int32_t from; /* -1: not UTF-8, stays */
	int32_t c[CHARS];
	bool pair; /* two source characters: half-width kana, voiced */
};

struct walk {
	struct text *out;
	const char *p;
	uint32_t n;
	uint32_t copied; /* source up to here is written; 0: no change yet */
};

static uint32_t
decode(const char *p, uint32_t n, uint32_t at, int32_t *c)
{
	utf8proc_ssize_t len =
	    utf8proc_iterate((const uint8_t *)p + at, n - at, c);

	return len > 0 ? (uint32_t)len : 1; /* *c is -1 where it is none */
}

/* The character that ends before `at`; 0 if there is none. */
static int32_t
decode_before(const char *p, uint32_t at)
{
	uint32_t from = at;
	int32_t c = 0;

	while (from > 0 && at - from < 4 && (p[--from] & 0xc0) == 0x80)
		;
	if (from < at)
		decode(p, at, from, &c);
	return c;
}

/* Is this decomposition one that rules want to see?  Canonical ones only of
   Latin letters: those of other scripts are how they are written. */
static bool
welcome(int32_t c, const int32_t *v, utf8proc_ssize_t n, bool canonical)
{
	utf8proc_ssize_t bytes = 0;
	uint8_t room[4];

	for (utf8proc_ssize_t i = 0; i < n; i++)
		bytes += utf8proc_encode_char(v[i], room);
	if (bytes > BYTES || (n > 1 && v[0] == ' '))
		return false; /* the latter: a mark that stands alone */
	return !canonical || IN((uint32_t)c, singles) || ascii_letter(v[0]) ||
	       IN((uint32_t)v[0], latin);
}

/* Half-width kana and the voicing mark behind it, if one is. */
static utf8proc_ssize_t
voiced(struct folded *f, const char *p, uint32_t n, uint32_t at, int32_t *v)
{
	int32_t next;
	uint32_t len;

	if (f->from < 0xff66 || f->from > 0xff9d || n - at <= f->len)
		return 1;
	len = decode(p, n, at + f->len, &next);
	if (next != 0xff9e && next != 0xff9f)
		return 1;
	v[1] = next - 0xff9e + 0x3099;
	f->len += len;
	f->pair = true;
	return 2;
}

static void
decompose(struct folded *f, const char *p, uint32_t n, uint32_t at)
{
	const utf8proc_property_t *prop = utf8proc_get_property(f->from);
	int32_t v[CHARS];
	utf8proc_ssize_t k;
	int state = 0;
	bool strip;

	if (prop->decomp_seqindex == UINT16_MAX)
		return;
	k = utf8proc_decompose_char(
	    f->from, v, CHARS, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &state);
	if (k <= 0 || k > CHARS ||
	    !welcome(f->from, v, k, prop->decomp_type == 0))
		return;
	if (k == 1)
		k = voiced(f, p, n, at, v);
	if (k > 1 && v[0] >= 0x3040 && v[0] <= 0x30ff) /* voicing marks */
		k = utf8proc_normalize_utf32(
		    v, k, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
	strip = k > 0 && IN((uint32_t)v[0], bases);
	f->n = 0;
	for (utf8proc_ssize_t i = 0; i < k; i++)
		if (!strip || !IN((uint32_t)v[i], marks))
			f->n +=
			    apply(special((uint32_t)v[i]), v[i], &f->c[f->n]);
}

/* What the character at `at` becomes outside words with look-alikes.  *base
   is the character before it that marks stand on. */
static void
fold_char(
    struct folded *f, const char *p, uint32_t n, uint32_t at, int32_t *base)
{
	const struct special *s;

	f->len = decode(p, n, at, &f->from);
	f->n = 1;
	f->c[0] = f->from;
	f->pair = false;
	if (f->from >= 0x80 && !plain_point((const unsigned char *)p, n, at)) {
		s = special((uint32_t)f->from);
		f->n = apply(s, f->from, f->c);
		if (s == NULL)
			decompose(f, p, n, at);
	}
	if (f->n == 1 && f->c[0] > 0 && IN((uint32_t)f->c[0], marks) &&
	    *base > 0 && IN((uint32_t)*base, bases))
		f->n = 0;
	if (f->n > 0)
		*base = f->c[f->n - 1];
}

/* Letters, digits and marks, but those of Han, kana and Hangul, which are
   written without blanks: a Latin word may stand among them. */
static bool
in_word(int32_t c)
{
	utf8proc_category_t k;

	if (c < 0x80)
		return ascii_letter(c) || ascii_digit(c);
	if (c >= 0x2e80 && c <= 0x9fff)
		return false;
	if ((c >= 0x1100 && c <= 0x11ff) || (c >= 0xac00 && c <= 0xd7ff) ||
	    (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff))
		return false;
	k = utf8proc_category(c);
	return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_NO;
}

static bool
is_dot(int32_t c)
{
	return c == 0x00b7 || c == 0x2022 || c == 0x30fb;
}

/* The next character that shows, behind invisible ones: its folded form; 0
   where there is none near. */
static int32_t
peek(const char *p, uint32_t n, uint32_t *at, int32_t base)
{
	struct folded f;

	for (int i = 0; i < 8 && *at < n; i++) {
		fold_char(&f, p, n, *at, &base);
		*at += f.len;
		if (f.n > 0)
			return f.c[0];
	}
	return 0;
}

/* A dot as in T.e.l.e: single letters on both sides. */
static bool
splits_word(
    const char *p, uint32_t n, uint32_t at, int32_t base, uint32_t before)
{
	int32_t c;

	if (before != 1 || base < 'A' || base >= 0x2e80 ||
	    !IN((uint32_t)base, bases))
		return false;
	c = peek(p, n, &at, 0);
	if (c < 'A' || c >= 0x2e80 || !in_word(c) || !IN((uint32_t)c, bases))
		return false;
	return !in_word(peek(p, n, &at, c));
}

struct word {
	uint32_t from, to;
	uint32_t letters, digits; /* ASCII ones, once folded */
	uint32_t strangers;       /* look-alikes */
	uint32_t others;          /* letters that look like nothing */
	uint32_t scripts;         /* bits: of the look-alikes */
	bool map;
};

/* The ASCII shape of a letter that is none; '\0': it has none. */
static char
shape(const struct folded *f)
{
	int32_t v[CHARS];
	int state = 0;
	char to;

	if (f->n != 1 || f->c[0] < 0x80)
		return '\0';
	if ((to = look_alike((uint32_t)f->from)) != '\0' ||
	    (to = look_alike((uint32_t)f->c[0])) != '\0')
		return to;
	if (utf8proc_decompose_char(
		f->c[0], v, CHARS, UTF8PROC_DECOMPOSE, &state) < 2)
		return '\0';
	return look_alike((uint32_t)v[0]);
}

/* Bit 0: Latin beyond ASCII. */
static uint32_t
script_bit(int32_t c)
{
	if (IN((uint32_t)c, latin))
		return 1;
	return 2u << ((uint32_t)c < 0x400 ? 0 : c < 0x530 ? 1 : 2 + c % 29);
}

static void
tally(struct word *w, const struct folded *f)
{
	if (ascii_letter(f->c[0]))
		w->letters++;
	else if (ascii_digit(f->c[0]))
		w->digits++;
	else if (shape(f) != '\0') {
		w->strangers++;
		w->scripts |= script_bit(f->c[0]);
	} else
		w->others++;
}

/* Look-alikes are mapped beside a Latin letter.  Beside digits, or where they
   come from two scripts or from phonetics, only if that leaves no letter of
   another script: "covid-19" in Russian stays. */
static bool
disguised(const struct word *w)
{
	bool mixed = w->digits > 0 || (w->scripts & 1) != 0 ||
		     (w->scripts & (w->scripts - 1)) != 0;

	return w->strangers > 0 &&
	       (w->letters > 0 || (mixed && w->others == 0));
}

/* Reads the word at w->from, at most WORD bytes of it. */
static void
survey(struct word *w, const char *p, uint32_t n)
{
	int32_t base = decode_before(p, w->from);
	uint32_t at = w->from, single = 0;
	struct folded f;

	for (; at < n && at - w->from < WORD; at += f.len) {
		int32_t before = base;

		fold_char(&f, p, n, at, &base);
		if (f.n == 0)
			continue;
		if (is_dot(f.from)) {
			if (!splits_word(p, n, at + f.len, before, single))
				break;
			single = 0;
			continue;
		}
		if (!in_word(f.c[0]))
			break;
		single++;
		tally(w, &f);
	}
	w->to = at;
	w->map = disguised(w);
}

static void
put(struct walk *w, uint32_t at, const struct folded *f)
{
	uint8_t bytes[CHARS * 4];
	uint32_t len = 0;

	if (f->n == 1 && f->c[0] == f->from && !f->pair)
		return;
	for (uint32_t i = 0; i < f->n; i++)
		len += (uint32_t)utf8proc_encode_char(f->c[i], bytes + len);
	text_copy(w->out, w->p + w->copied, at - w->copied, w->copied);
	text_unit(w->out, bytes, len, at, f->len);
	w->copied = at + f->len;
}

static void
fold_word(struct walk *w, const struct word *word)
{
	int32_t base = decode_before(w->p, word->from);
	struct folded f;
	char to;

	for (uint32_t at = word->from; at < word->to; at += f.len) {
		fold_char(&f, w->p, w->n, at, &base);
		if (is_dot(f.from))
			f.n = 0;
		if (word->map && f.n > 0 && (to = shape(&f)) != '\0')
			f.c[0] = to;
		put(w, at, &f);
	}
}

/* Folds what stands round `at`, where scan() stopped; nothing before `floor`
   is touched again.  Returns where to go on. */
static uint32_t
fold_stretch(struct walk *w, uint32_t floor, uint32_t at)
{
	struct word word = {0};
	struct folded f;
	int32_t base;

	word.from = at;
	while (word.from > floor && at - word.from < WORD / 2 &&
	       in_word((unsigned char)w->p[word.from - 1]) &&
	       (unsigned char)w->p[word.from - 1] < 0x80)
		word.from--;
	survey(&word, w->p, w->n);
	fold_word(w, &word);
	if (word.to > at)
		return word.to;
	base = decode_before(w->p, at);
	fold_char(&f, w->p, w->n, at, &base);
	put(w, at, &f);
	return at + f.len;
}

/* Three bytes of CJK that folding never changes, and no word holds. */
static bool
plain3(const unsigned char *q)
{
	if (q[0] >= 0xe4 && q[0] <= 0xe9)
		return true; /* Han */
	if (q[0] >= 0xea && q[0] <= 0xed)
		return q[0] != 0xea || q[1] >= 0xb0; /* Hangul */
	if (q[0] != 0xe3)
		return false;
	return (q[1] == 0x80 && q[2] > 0x80 && q[2] <= 0xb5) || q[1] == 0x81 ||
	       (q[1] == 0x82 && (q[2] < 0x99 || q[2] > 0x9f)) ||
	       (q[1] == 0x83 && q[2] != 0xbb && q[2] != 0xbf) || q[1] >= 0x90;
}

/* Bytes of a letter of a script whose words are left alone, unless they are
   mixed with others: Greek, Cyrillic to N'Ko, Indic to Tibetan. */
static uint32_t
foreign(const unsigned char *q, uint32_t left)
{
	if (left >= 2 && (q[0] == 0xce || (q[0] == 0xcf && q[1] < 0x90) ||
			     (q[0] >= 0xd0 && q[0] <= 0xdf &&
				 !(q[0] == 0xd8 && q[1] == 0x9c))))
		return 2;
	return left >= 3 && q[0] == 0xe0 ? 3 : 0;
}

static bool
borders(unsigned char c)
{
	return c < 0x80 && !in_word(c);
}

static uint32_t
skip_ascii(const unsigned char *p, uint32_t n, uint32_t at)
{
	uint64_t w;

	for (; n - at >= sizeof w; at += sizeof w) {
		memcpy(&w, p + at, sizeof w);
		if ((w & 0x8080808080808080u) != 0)
			break;
	}
	while (at < n && p[at] < 0x80)
		at++;
	return at;
}

/* A foreign word with ASCII that is no letter on both sides: its end; else
   `at`. */
static uint32_t
skip_word(const unsigned char *p, uint32_t n, uint32_t at)
{
	uint32_t to = at, len;

	if (at > 0 && !borders(p[at - 1]))
		return at;
	while (to - at < WORD && (len = foreign(p + to, n - to)) > 0 &&
	       (p[to] < 0xd0) == (p[at] < 0xd0)) /* Greek and others: mixed */
		to += len;
	return to == n || to - at >= WORD || borders(p[to]) ? to : at;
}

/* The first place from `at` on where something might change; n: none. */
static uint32_t
scan(const char *text, uint32_t n, uint32_t at)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t from;

	do {
		from = at;
		at = skip_ascii(p, n, at);
		while (n - at >= 3 && (plain3(p + at) || plain_point(p, n, at)))
			at += 3;
		at = skip_word(p, n, at);
	} while (at < n && at > from);
	return at;
}

bool
fold_text(struct text *out, const char *p, uint32_t n)
{
	struct walk w = {.out = out, .p = p, .n = n};
	uint32_t at, done = 0;

	while ((at = scan(p, n, done)) < n)
		done = fold_stretch(&w, done, at);
	if (w.copied > 0)
		text_copy(out, p + w.copied, n - w.copied, w.copied);
	return w.copied > 0;
}
