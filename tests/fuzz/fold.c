/* Folding: valid, mapped; case is folded character by character. */
#include "fold.h"
#include "fuzz.h"

FUZZ(a, p, n)
{
	struct text t = TEXT(a);
	uint32_t len, half, whole, part;
	char *q = fuzz_utf8(a, p, n, &len), *x, *y;

	if (fold_text(&t, q, len)) {
		MUST(decode_utf8_valid(t.p, t.len));
		fuzz_map(&t, 0, len);
	}
	for (half = len / 2; half > 0 && (q[half] & 0xc0) == 0x80;)
		half--;
	x = arena_alloc(a, FOLD_CASE_ROOM((size_t)len) + 1);
	y = arena_alloc(a, FOLD_CASE_ROOM((size_t)len) + 1);
	whole = fold_case(x, q, len);
	MUST(whole <= FOLD_CASE_ROOM((size_t)len));
	part = fold_case(y, q, half);
	part += fold_case(y + part, q + half, len - half);
	MUST(part == whole && memcmp(x, y, whole) == 0);
}
