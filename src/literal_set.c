#include "literal_set.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Strings joined for one pattern; a longer one is not worth it: what the filter
   spends on reading its rules it spends for each message. */
#define WORK 1000
#define PRODUCT 24 /* strings that two sets in a row may make */

void *
set_take(struct sets *w, uint32_t len)
{
	len = (len + 7) & ~7u;
	if (SET_POOL - w->used < len) {
		*w->failed = true;
		return NULL;
	}
	w->used += len;
	return w->pool + w->used - len;
}

void
set_start(struct build *b)
{
	b->n = 0;
	b->seen = 0;
	b->dead = false;
}

/* One of 64 bits, by length and the bytes at both ends and in the middle. */
static uint64_t
bit_of(const struct str *s)
{
	uint32_t h = s->len;

	if (s->len > 0)
		h = h * 31 + (unsigned char)s->p[0] * 131 +
		    (unsigned char)s->p[s->len / 2] * 31 +
		    (unsigned char)s->p[s->len - 1] * 7;
	return 1ull << (h * 0x9e3779b1u >> 26);
}

void
set_add(struct build *b, struct str s)
{
	uint64_t bit = bit_of(&s);

	for (uint32_t i = 0; i < b->n && b->seen & bit; i++)
		if (b->v[i].len == s.len &&
		    memcmp(b->v[i].p, s.p, s.len) == 0) {
			b->v[i].before = width_either(b->v[i].before, s.before);
			return;
		}
	b->seen |= bit;
	if (b->n == SET_STRINGS)
		b->dead = true;
	else
		b->v[b->n++] = s;
}

void
set_unite(struct build *b, const struct set *s)
{
	if (s->n == 0)
		b->dead = true;
	for (uint32_t i = 0; i < s->n && !b->dead; i++) {
		struct str one = s->v[i];

		one.before = width_add(one.before, s->before);
		set_add(b, one);
	}
}

struct set
set_end(struct sets *w, const struct build *b)
{
	struct str *v;

	if (b->dead || b->n == 0 ||
	    (v = set_take(w, b->n * (uint32_t)sizeof *v)) == NULL)
		return (struct set){0};
	memcpy(v, b->v, b->n * sizeof *v);
	return (struct set){.v = v, .n = b->n};
}

bool
set_multiply(struct sets *w, struct set *a, const struct set *b)
{
	struct build out;

	if (b->n == 1 && b->v[0].len == 0)
		return true;
	if (a->n == 1 && a->v[0].len == 0) {
		*a = *b;
		return true;
	}
	if (a->n * b->n > PRODUCT)
		return false;
	w->made += a->n * b->n;
	if (w->made > WORK)
		*w->failed = true;
	set_start(&out);
	for (uint32_t i = 0; i < a->n * b->n; i++) {
		const struct str *x = &a->v[i / b->n], *y = &b->v[i % b->n];
		char *p;

		if (x->len + y->len > SET_LONGEST ||
		    (p = set_take(w, x->len + y->len)) == NULL)
			return false;
		memcpy(p, x->p, x->len);
		memcpy(p + x->len, y->p, y->len);
		set_add(&out,
		    (struct str){.p = p, .len = (uint16_t)(x->len + y->len)});
	}
	*a = set_end(w, &out);
	return a->n > 0;
}

/* In so much mail that they choose nothing. */
static const struct {
	const char *p;
	uint32_t len;
} common[] = {
    {"https://", 8},
    {"http://", 7},
    {"http", 4},
    {"://", 3},
    {"www.", 4},
    {".com", 4},
};

#define ENOUGH 16 /* heavier is no better */

/* The weight of the character at p, and its bytes. */
static uint32_t
weigh_char(const char *p, uint32_t *len)
{
	unsigned char c = (unsigned char)*p;

	*len = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if ((c | 32u) - (unsigned)'a' < 26 || c - (unsigned)'0' < 10)
		return 2;
	return c < 0x80 ? c > ' ' : c < 0xe0 ? 3 : 5;
}

/* Length of the common word that stands at the start, or 0. */
static uint32_t
common_at(const char *p, uint32_t n)
{
	if (*p != 'h' && *p != ':' && *p != 'w' && *p != '.')
		return 0;
	for (size_t k = 0; k < COUNT(common); k++)
		if (n >= common[k].len &&
		    memcmp(p, common[k].p, common[k].len) == 0)
			return common[k].len;
	return 0;
}

/* How rare a string may be; 0: of no use.  Of use are three bytes (a Han
   character), two if they are one letter of another script or, for want of
   better, two ASCII letters or digits ("tg"). */
static uint32_t
weigh(const char *p, uint32_t n, bool any)
{
	uint32_t sum = 0, all = 0;

	for (uint32_t i = 0, k; i < n && sum < ENOUGH;) {
		if ((k = common_at(p + i, n - i)) > 0) {
			i += k;
			all += k;
		} else {
			sum += weigh_char(p + i, &k);
			i += k;
		}
	}
	if (!any && (n < 2 || (n == 2 && p[0] >= 0 && sum < 4)))
		return 0;
	return all > 0 ? sum + 1 : sum;
}

uint32_t
set_score(const struct sets *w, const struct set *s, uint32_t floor)
{
	uint32_t least = s->n == 0 ? 0 : ENOUGH;

	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t k = weigh(s->v[i].p, s->v[i].len, w->any);

		if (k < least)
			least = k;
		if (least * SET_STRINGS / 8 + SET_STRINGS - s->n <= floor)
			return floor;
	}
	return least == 0 ? 0 : least * SET_STRINGS / 8 + SET_STRINGS - s->n;
}

/* Which bytes it holds, six bits of each: most pairs are told apart by it. */
static uint64_t
bytes_of(const struct str *s)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < s->len; i++)
		bits |= 1ull << (s->p[i] & 63);
	return bits;
}

/* `longer`, which holds `s` at this byte, goes: s stands for it, too.  Up to
   three characters of folded text may have been one. */
static void
stand_in(struct str *s, const struct str *longer, uint32_t at)
{
	uint32_t chars = 0;

	for (uint32_t i = 0; i < at; i++)
		chars += ((unsigned char)longer->p[i] & 0xc0) != 0x80;
	s->before = width_either(s->before,
	    width_add(longer->before,
		(struct width){(uint16_t)(chars / 3), (uint16_t)chars}));
}

uint32_t
set_drop_longer(struct str *v, uint32_t n)
{
	uint64_t bits[SET_STRINGS];
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++)
		bits[i] = bytes_of(&v[i]);
	for (uint32_t i = 0; i < n; i++) {
		const char *q = NULL;
		uint32_t k = 0;

		while (k < n &&
		       ((bits[k] & ~bits[i]) != 0 || v[k].len >= v[i].len ||
			   (q = memmem(v[i].p, v[i].len, v[k].p, v[k].len)) ==
			       NULL))
			k++;
		if (k == n)
			continue;
		stand_in(&v[k], &v[i], (uint32_t)(q - v[i].p));
		v[i].len = UINT16_MAX; /* holds nothing, is held by none */
	}
	for (uint32_t i = 0; i < n; i++)
		if (v[i].len != UINT16_MAX)
			v[kept++] = v[i];
	return kept;
}
