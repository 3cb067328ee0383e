/* Fields lie in the header, one behind the other. */
#include "fuzz.h"
#include "message.h"

FUZZ(a, p, n)
{
	struct header h = {0};
	uint32_t at;

	message_header(&h, a, p, 0, n);
	MUST(h.start <= h.body && h.body <= n);
	at = h.start;
	for (uint32_t i = 0; i < h.n; i++) {
		const struct field *f = &h.field[i];

		MUST(f->whole.from == at && f->whole.to > at);
		MUST(f->odd || span_within(f->whole, f->name));
		MUST(span_within(f->whole, f->value));
		at = f->whole.to;
	}
	MUST(at <= h.body);
	MUST(message_from_line(p, n) <= n);
}
