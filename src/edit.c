#include "edit.h"

#include "limits.h"

const char *
edit_check(
    const struct edit *v, uint32_t n, uint32_t len, unsigned keep_percent)
{
	uint64_t gone = 0, put = 0;
	uint32_t at = 0;

	if (n > LIMIT_EDITS)
		return "too many edits";
	for (uint32_t i = 0; i < n; i++) {
		const struct edit *e = &v[i];

		if (e->span.from > e->span.to || e->span.to > len)
			return "an edit outside the message";
		if (e->span.from < at)
			return "edits overlap or are not in order";
		if (e->len > 0 && e->p == NULL)
			return "an edit without its bytes";
		if ((uint64_t)e->len >
		    (uint64_t)(e->span.to - e->span.from) + LIMIT_GROWTH)
			return "an edit puts in more than it takes out";
		at = e->span.to;
		gone += e->span.to - e->span.from;
		put += e->len;
	}
	if (put > gone + LIMIT_GROWTH)
		return "the edits put in more than they take out";
	if ((len - gone + put) * 100 < (uint64_t)len * keep_percent)
		return "too little of the message would be left";
	return NULL;
}

int
edit_apply(struct buf *out, const char *p, uint32_t len, const struct edit *v,
    uint32_t n)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < n; i++) {
		buf_put(out, p + at, v[i].span.from - at);
		buf_put(out, v[i].p, v[i].len);
		at = v[i].span.to;
	}
	return buf_put(out, p + at, len - at);
}
