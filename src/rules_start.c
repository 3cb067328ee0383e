#include <string.h>

#include "rules_private.h"

/*
 * Rules without a literal run on every text.  Where their pattern says nothing
 * of what stands before a match, it tells with which two bytes one may start,
 * and few places of a text have those.
 */

#define NO_LETTER "(?<![A-Za-z])" /* the one that is understood */

/* Does anything in the pattern ask what was before its start, but for \b and
   \B?  Rather once too often. */
static bool
looks_back(const char *p, uint32_t n)
{
	static const char *const back[] = {
	    "(?<", "\\A", "\\G", "\\K", "\\X", "(*", "(?(", "^"};

	for (size_t i = 0; i < sizeof back / sizeof *back; i++)
		for (const char *q = p, *hit;
		     (hit = memmem(q, (size_t)(p + n - q), back[i],
			  strlen(back[i]))) != NULL;
		     q = hit + 1) {
			/* [^...] is no anchor. */
			if (back[i][0] == '^' && hit > p && hit[-1] == '[')
				continue;
			return true;
		}
	return false;
}

void
rules_starts(struct rules *r, uint32_t rule)
{
	struct rule *u = &r->rule[rule];
	const char *p = u->pattern;
	uint32_t n = u->pattern_len, skip = 0;
	struct re_fault fault;
	struct re_starts *s;
	struct re *re;

	if (n > strlen(NO_LETTER) &&
	    memcmp(p, NO_LETTER, strlen(NO_LETTER)) == 0)
		skip = (uint32_t)strlen(NO_LETTER);
	if (looks_back(p + skip, n - skip) ||
	    re_compile(&re, p, n, u->re_flags, &fault) == -1)
		return;
	s = arena_alloc(r->arena, sizeof *s);
	if (re_starts(re, s)) {
		s->no_letter_before = skip > 0;
		u->starts = s;
	}
	re_free(re);
}
