/* Entries of a digest: in the text, one behind the other. */
#include "digest.h"
#include "fuzz.h"

FUZZ(a, p, n)
{
	struct digest d = {0};
	uint32_t len, at = 0;
	const char *q = fuzz_utf8(a, p, n, &len);
	struct span all = {0, len};

	digest_find(&d, a, q, len);
	MUST(d.n <= LIMIT_ENTRIES);
	for (uint32_t i = 0; i < d.n; i++) {
		const struct digest_entry *e = &d.v[i];

		MUST(span_within(all, e->whole) && e->whole.from >= at);
		MUST(span_within(e->whole, e->head));
		MUST(span_within(e->whole, e->body));
		MUST(e->head.to <= e->body.from);
		MUST(span_within(e->head, e->subject) ||
		     e->subject.from == e->subject.to);
		MUST(span_within(all, e->toc));
		at = e->whole.to;
	}
}
