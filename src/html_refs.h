#ifndef HTML_REFS_H
#define HTML_REFS_H

/*
 * Character references: &amp; &#38; &#x26;  For html.c alone.
 */

#include "html_table.h"
#include "html_tags.h"

struct ref {
	uint32_t n;   /* bytes of text */
	char utf8[8]; /* may be read whole */
};

static void
put_utf8(struct ref *ref, uint32_t c)
{
	static const uint8_t mark[] = {0, 0x00, 0xC0, 0xE0, 0xF0};

	ref->n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (uint32_t i = ref->n - 1; i > 0; i--, c >>= 6)
		ref->utf8[i] = (char)(0x80 | (c & 0x3F));
	ref->utf8[0] = (char)(mark[ref->n] | c);
}

/* What numbers mean in HTML: 0x80 to 0x9F are windows-1252. */
static uint32_t
meant(uint32_t c)
{
	static const uint16_t cp1252[32] = {0x20AC, 0x81, 0x201A, 0x192, 0x201E,
	    0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0x8D,
	    0x17D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013,
	    0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0x9D, 0x17E, 0x178};

	if (c >= 0x80 && c < 0xA0)
		return cp1252[c - 0x80];
	return c == 0 || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000) ? 0xFFFD
								     : c;
}

static int
digit(char c, uint32_t base)
{
	if (is_digit(c))
		return c - '0';
	c |= 32;
	return base == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* p[0..n) begins with "&#".  Length of the reference; 0: it is none. */
static uint32_t
number(const char *p, uint32_t n, struct ref *ref)
{
	bool hex = n > 2 && (p[2] | 32) == 'x';
	uint32_t base = hex ? 16 : 10, from = hex ? 3 : 2, at, c = 0;
	int d;

	for (at = from; at < n && (d = digit(p[at], base)) >= 0; at++)
		c = c > 0x10FFFF ? c : c * base + (uint32_t)d;
	if (at == from)
		return 0;
	put_utf8(ref, meant(c));
	return at < n && p[at] == ';' ? at + 1 : at;
}

static const struct entity *
find_entity(const char *name, uint32_t len)
{
	uint32_t lo = entity_from[name[0] - 'A'];
	uint32_t hi = entity_from[name[0] - 'A' + 1];

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		const struct entity *e = &entity[mid];
		int d = memcmp(
		    entity_name + e->name, name, e->len < len ? e->len : len);

		if (d == 0 && e->len == len)
			return e;
		if (d < 0 || (d == 0 && e->len < len))
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* The same for a name: whole with its semicolon, or the longest of the old
   names that it begins with. */
static uint32_t
named(const char *p, uint32_t n, bool in_value, struct ref *ref)
{
	enum { SHORTEST = 2, LONGEST_BARE = 6 };
	const struct entity *e = NULL;
	uint32_t len = 0;

	if (n < 2 || !is_letter(p[1]))
		return 0;
	while (len < ENTITY_LONGEST && 1 + len < n && is_alnum(p[1 + len]))
		len++;
	if (1 + len < n && p[1 + len] == ';' &&
	    (e = find_entity(p + 1, len)) != NULL) {
		ref->n = e->n;
		memcpy(ref->utf8, e->utf8, sizeof e->utf8);
		return len + 2;
	}
	for (len = len < LONGEST_BARE ? len : LONGEST_BARE; len >= SHORTEST;
	     len--)
		if ((e = find_entity(p + 1, len)) != NULL && e->bare)
			break;
	if (len < SHORTEST || (in_value && 1 + len < n &&
				  (p[1 + len] == '=' || is_alnum(p[1 + len]))))
		return 0;
	ref->n = e->n;
	memcpy(ref->utf8, e->utf8, sizeof e->utf8);
	return len + 1;
}

static uint32_t
reference(const char *p, uint32_t n, bool in_value, struct ref *ref)
{
	return n > 1 && p[1] == '#' ? number(p, n, ref)
				    : named(p, n, in_value, ref);
}

#endif
