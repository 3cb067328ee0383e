/* A field's value with encoded words (RFC 2047): both maps, every word. */
#include "fuzz.h"

FUZZ(a, p, n)
{
	static struct charsets *open;
	struct header_text h = {0};
	struct span all = {50, 50 + n};

	if (open == NULL)
		open = charsets_open_usual();
	decode_header(&h, a, open, p, n, 50);
	MUST(decode_utf8_valid(h.utf8.p, h.utf8.len));
	fuzz_map(&h.content, 50, n);
	fuzz_map(&h.utf8, 0, h.content.len);
	for (uint32_t i = 0; i < h.nword; i++) {
		MUST(span_within(all, h.word[i].raw));
		MUST(h.word[i].content.to <= h.content.len);
		if (h.word[i].encoding != 0)
			MUST(span_within(h.word[i].raw, h.word[i].payload));
	}
}
