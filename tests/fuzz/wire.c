/* What the parent believes of a child: a true answer with bytes changed. */
#include "fuzz.h"
#include "judged.h"

#define PATCHES 16u

/* Place (2 bytes) and value of each change, then what is put behind. */
static void
patch(struct buf *answer, const char *p, uint32_t n)
{
	uint32_t count = fuzz_choice(&p, &n, PATCHES);

	for (; count > 0 && n >= 3; count--, p += 3, n -= 3) {
		const unsigned char *q = (const unsigned char *)p;

		answer->p[(q[0] << 8 | q[1]) % answer->len] = p[2];
	}
	buf_put(answer, p, n);
}

FUZZ(a, p, n)
{
	struct buf answer = BUF(LIMIT_ANSWER), in = BUF(LIMIT_ANSWER),
		   out = BUF(LIMIT_ANSWER);
	struct report r;

	judged(&in, &answer);
	patch(&answer, p, n);
	if (wire_read(&r, a, answer.p, answer.len, judged_rules()->n,
		(uint32_t)in.len) == 0) {
		MUST(
		    r.category == UINT32_MAX || r.category < judged_rules()->n);
		MUST(wire_write(&out, &r) == 0);
		MUST(out.len == answer.len);
		buf_free(&out);
		if (edit_check(in.p, (uint32_t)in.len, r.edit, r.nedit,
			LIMIT_KEEP) == NULL)
			MUST(edit_apply(&out, in.p, (uint32_t)in.len, r.edit,
				 r.nedit) == 0);
		report_field(&answer, &r, judged_rules(), "\n", NULL);
		report_json(&answer, &r, judged_rules());
	}
	buf_free(&answer);
	buf_free(&in);
	buf_free(&out);
}
