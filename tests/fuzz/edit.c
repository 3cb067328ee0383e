/* The plan against the message: what edit_check lets through can be done. */
#include "edit.h"
#include "fuzz.h"

#define EDITS 40u

/* Six bytes an edit, then the message. */
static uint32_t
edits(struct edit v[EDITS], const char **p, uint32_t *n)
{
	uint32_t count = fuzz_choice(p, n, EDITS);

	if (count * 6 > *n)
		return 0;
	for (uint32_t i = 0; i < count; i++) {
		const unsigned char *q = (const unsigned char *)*p;

		v[i] = (struct edit){{q[0] * 16u + q[1], q[2] * 16u + q[3]},
		    (const char *)q, q[4] % 7u};
		*p += 6;
		*n -= 6;
	}
	return count;
}

FUZZ(a, p, n)
{
	struct buf out = BUF(n + LIMIT_GROWTH);
	struct edit v[EDITS];
	uint32_t count = edits(v, &p, &n), at = 0, to = 0;

	(void)a;
	if (edit_check(p, n, v, count, LIMIT_KEEP) != NULL)
		return;
	MUST(edit_apply(&out, p, n, v, count) == 0);
	for (uint32_t i = 0; i <= count; i++) { /* what lies between them */
		uint32_t same = (i < count ? v[i].span.from : n) - at;

		MUST(to + same <= out.len &&
		     memcmp(out.p + to, p + at, same) == 0);
		to += same + (i < count ? v[i].len : 0);
		at = i < count ? v[i].span.to : n;
	}
	MUST(to == out.len);
	buf_free(&out);
}
