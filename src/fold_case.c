#include "fold.h"

#include <string.h>
#include <utf8proc.h>

/* Case, for the literal search. */
#define CHARS 20 /* utf8proc may write so many, though case gives three */

/* Lower-case ASCII, eight bytes at a time: adding makes the high bit of each
   byte say "at least A", "beyond Z". */
static uint32_t
lower_ascii(char *out, const char *p, uint32_t n)
{
	uint32_t at = 0;
	uint64_t w;

	for (; n - at >= sizeof w; at += sizeof w) {
		memcpy(&w, p + at, sizeof w);
		if ((w & 0x8080808080808080u) != 0)
			break;
		w |= ((w + 0x3f3f3f3f3f3f3f3fu) & ~(w + 0x2525252525252525u) &
			 0x8080808080808080u) >>
		     2;
		memcpy(out + at, &w, sizeof w);
	}
	for (; at < n && (unsigned char)p[at] < 0x80; at++)
		out[at] = p[at] >= 'A' && p[at] <= 'Z' ? p[at] | 0x20 : p[at];
	return at;
}

/* CJK has no case. */
static uint32_t
copy_cjk(char *out, const char *p, uint32_t n)
{
	const unsigned char *q = (const unsigned char *)p;
	uint32_t at = 0;

	while (n - at >= 3 && q[at] >= 0xe3 && q[at] <= 0xed &&
	       (q[at] != 0xea || q[at + 1] >= 0xb0)) {
		memcpy(out + at, p + at, 3);
		at += 3;
	}
	return at;
}

static uint32_t
fold_one(char *out, const char *p, uint32_t n, uint32_t *used)
{
	utf8proc_ssize_t k;
	int32_t c, v[CHARS];
	uint32_t len = 0;
	int state = 0;

	k = utf8proc_iterate((const uint8_t *)p, n, &c);
	*used = k > 0 ? (uint32_t)k : 1; /* c is -1 where it is none */
	k = c < 0 ? -1
		  : utf8proc_decompose_char(
			c, v, CHARS, UTF8PROC_CASEFOLD, &state);
	if (k <= 0 || k > 3) { /* not UTF-8 */
		memcpy(out, p, *used);
		return *used;
	}
	for (utf8proc_ssize_t i = 0; i < k; i++)
		len +=
		    (uint32_t)utf8proc_encode_char(v[i], (uint8_t *)out + len);
	return len;
}

static void
note_shift(struct fold_shifts *s, uint32_t at, uint32_t to)
{
	if (s->n < s->room)
		s->v[s->n] = (struct fold_shift){to, (int32_t)(to - at)};
	s->n++;
}

uint32_t
fold_case(char *out, const char *p, uint32_t n)
{
	return fold_case_shifts(out, p, n, NULL);
}

uint32_t
fold_case_shifts(
    char *out, const char *p, uint32_t n, struct fold_shifts *shifts)
{
	uint32_t at = 0, to = 0, len, used;

	if (shifts != NULL)
		shifts->n = 0;

	while (at < n) {
		len = lower_ascii(out + to, p + at, n - at);
		at += len;
		to += len;
		len = copy_cjk(out + to, p + at, n - at);
		at += len;
		to += len;
		if (len > 0 || at == n || (unsigned char)p[at] < 0x80)
			continue;
		len = fold_one(out + to, p + at, n - at, &used);
		to += len;
		at += used;
		if (len != used && shifts != NULL)
			note_shift(shifts, at, to);
	}
	return to;
}
