/* All of judge(): no hit, no change; a cut can be made, and leaves nothing. */
#include "fuzz.h"
#include "judged.h"

static uint32_t
own_fields(const char *p, uint32_t n, const struct report *r)
{
	uint32_t own = 0;

	for (uint32_t i = 0; i < r->nedit; i++)
		own += edit_own_field(p, n, &r->edit[i]);
	return own;
}

FUZZ(a, p, n)
{
	struct buf answer = BUF(LIMIT_ANSWER), out = BUF(n + LIMIT_GROWTH);
	struct report r, back, again;

	judge_one(&r, a, p, n);
	MUST(r.verdict != VERDICT_CLEAN || r.nedit == own_fields(p, n, &r));
	MUST(wire_write(&answer, &r) == 0);
	MUST(wire_read(&back, a, answer.p, answer.len, judged_rules()->n, n) ==
	     0);
	MUST(edit_check(p, n, back.edit, back.nedit, LIMIT_KEEP) == NULL);
	MUST(edit_apply(&out, p, n, back.edit, back.nedit) == 0);
	if (r.action == ACTION_CUT) {
		judge_one(&again, a, out.p, (uint32_t)out.len);
		MUST(again.verdict == VERDICT_CLEAN || again.warn & WARN_TIME);
		MUST(again.nedit == 0);
	}
	buf_free(&answer);
	buf_free(&out);
}
