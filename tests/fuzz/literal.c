/* pattern NUL flags NUL text: where it matches, one of its literals stands. */
#include "fold.h"
#include "fuzz.h"
#include "literal.h"
#include "re.h"

struct pieces {
	const char *pattern, *flags, *text;
	uint32_t npattern, ntext;
	unsigned re;
};

static bool
split(struct arena *a, const char *p, uint32_t n, struct pieces *s)
{
	const char *one = memchr(p, 0, n), *two;

	if (one == NULL)
		return false;
	two = memchr(one + 1, 0, n - (uint32_t)(one + 1 - p));
	if (two == NULL || two - one > 5)
		return false;
	*s = (struct pieces){.pattern = p, .flags = one + 1};
	s->npattern = (uint32_t)(one - p);
	s->text = fuzz_utf8(a, two + 1, n - (uint32_t)(two + 1 - p), &s->ntext);
	s->re = (strchr(s->flags, 'i') ? RE_CASELESS : 0) |
		(strchr(s->flags, 's') ? RE_DOTALL : 0) |
		(strchr(s->flags, 'm') ? RE_MULTILINE : 0) |
		(strchr(s->flags, 'x') ? RE_EXTENDED : 0);
	return decode_utf8_valid(p, s->npattern);
}

static void
stands(struct arena *a, const struct literals *l, const struct pieces *s)
{
	struct prefilter *f = prefilter_new(a);
	char *folded = arena_alloc(a, FOLD_CASE_ROOM((size_t)s->ntext) + 1);
	uint64_t bits = 0;

	for (uint32_t i = 0; i < l->n; i++)
		prefilter_add(f, l, i, 0);
	prefilter_build(f);
	prefilter_scan(
	    f, folded, fold_case(folded, s->text, s->ntext), &bits, NULL);
	MUST(bits == 1);
}

FUZZ(a, p, n)
{
	struct literals l = {0}, any = {0};
	struct re_fault fault;
	struct pieces s;
	struct span m;
	struct re *re;

	if (!split(a, p, n, &s) ||
	    re_compile(&re, s.pattern, s.npattern, s.re, &fault) == -1)
		return;
	literal_extract(&l, a, s.pattern, s.npattern, s.flags);
	literal_extract_any(&any, a, s.pattern, s.npattern, s.flags);
	if (re_match(re, s.text, s.ntext, 0, &m) == 1) {
		MUST(m.from <= m.to && m.to <= s.ntext);
		if (l.n > 0 && !l.anywhere)
			stands(a, &l, &s);
		if (any.n > 0 && !any.anywhere)
			stands(a, &any, &s);
	}
	re_free(re);
}
