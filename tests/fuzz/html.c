/* HTML: text and links of every element lie where they say. */
#include "fuzz.h"
#include "html.h"

FUZZ(a, p, n)
{
	struct html h = {0};
	uint32_t len;
	const char *q = fuzz_utf8(a, p, n, &len);
	struct span all = {0, len};

	html_render(&h, a, q, len);
	MUST(decode_utf8_valid(h.text.p, h.text.len));
	MUST(decode_utf8_valid(h.hidden.p, h.hidden.len));
	fuzz_map(&h.text, 0, len);
	fuzz_map(&h.hidden, 0, len);
	for (uint32_t i = 0; i < h.nelem; i++) {
		MUST(span_within(all, h.elem[i].whole));
		MUST(span_within(h.elem[i].whole, h.elem[i].inner));
		MUST(h.elem[i].shown.to <= h.text.len);
		MUST(h.elem[i].parent == UINT32_MAX || h.elem[i].parent < i);
	}
	for (uint32_t i = 0; i < h.nlink; i++)
		MUST(span_within(all, h.link[i].value) &&
		     h.link[i].elem < h.nelem);
}
