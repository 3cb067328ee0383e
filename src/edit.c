#include "edit.h"

#include <string.h>
#include <strings.h>

#include "limits.h"

/* Is the span nothing but header fields that begin with X-Simsift? */
static bool
own_fields(const char *p, uint32_t len, struct span s)
{
	static const char name[] = "x-simsift";
	size_t n = sizeof name - 1;
	bool start = s.from == 0 || p[s.from - 1] == '\n';

	if (!start || s.to == s.from)
		return false;
	for (uint32_t at = s.from; at < s.to; at++) {
		if (start && p[at] != ' ' && p[at] != '\t' &&
		    (s.to - at < n || strncasecmp(p + at, name, n) != 0))
			return false;
		start = p[at] == '\n';
	}
	/* The last line of the message may have no end. */
	return start || s.to == len;
}

bool
edit_own_field(const char *p, uint32_t len, const struct edit *e)
{
	return e->len == 0 && own_fields(p, len, e->span);
}

static bool
is_base64(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=' ||
	       c == '\r' || c == '\n';
}

/* Is the span a picture, whole, in base64?  Known by how the formats begin, so
   that nothing has to be parsed; a text never begins so. */
static bool
picture(const char *p, struct span s)
{
	static const char *const magic[] = {"iVBORw0KGgo" /* PNG */,
	    "/9j/" /* JPEG */, "R0lGOD" /* GIF */, "UklGR" /* WebP */};
	bool known = false;

	if (s.from == 0 || p[s.from - 1] != '\n')
		return false;
	for (size_t i = 0; i < sizeof magic / sizeof *magic; i++) {
		size_t n = strlen(magic[i]);

		known |=
		    s.to - s.from > n && memcmp(p + s.from, magic[i], n) == 0;
	}
	for (uint32_t at = s.from; known && at < s.to; at++)
		known = is_base64((unsigned char)p[at]);
	return known;
}

/* What is wrong with one edit, all before it ending at `at`; or NULL. */
static const char *
check_one(const struct edit *e, uint32_t at, uint32_t len)
{
	if (e->span.from > e->span.to || e->span.to > len)
		return "an edit outside the message";
	if (e->span.from < at)
		return "edits overlap or are not in order";
	if (e->len > 0 && e->p == NULL)
		return "an edit without its bytes";
	if ((uint64_t)e->len >
	    (uint64_t)(e->span.to - e->span.from) + LIMIT_GROWTH)
		return "an edit puts in more than it takes out";
	return NULL;
}

const char *
edit_check(const char *p, uint32_t len, const struct edit *v, uint32_t n,
    unsigned keep_percent)
{
	uint64_t gone = 0, put = 0, own = 0;
	uint32_t at = 0;
	const char *why;

	if (n > LIMIT_EDITS)
		return "too many edits";
	for (uint32_t i = 0; i < n; i++) {
		const struct edit *e = &v[i];

		if ((why = check_one(e, at, len)) != NULL)
			return why;
		at = e->span.to;
		gone += e->span.to - e->span.from;
		put += e->len;
		if (p != NULL && e->len == 0 &&
		    (own_fields(p, len, e->span) || picture(p, e->span)))
			own += e->span.to - e->span.from;
	}
	if (put > gone + LIMIT_GROWTH)
		return "the edits put in more than they take out";
	if ((len - gone + put) * 100 < (len - own) * keep_percent)
		return "more than two thirds of the message would be removed";
	return NULL;
}

int
edit_write(const char *p, uint32_t at, uint32_t len, const struct edit *v,
    uint32_t n, edit_put *put, void *ctx)
{
	for (uint32_t i = 0; i < n; i++) {
		if (put(ctx, p + at, v[i].span.from - at) == -1 ||
		    put(ctx, v[i].p, v[i].len) == -1)
			return -1;
		at = v[i].span.to;
	}
	return put(ctx, p + at, len - at);
}

static int
put_buf(void *ctx, const char *p, size_t n)
{
	return buf_put(ctx, p, n);
}

int
edit_apply(struct buf *out, const char *p, uint32_t len, const struct edit *v,
    uint32_t n)
{
	return edit_write(p, 0, len, v, n, put_buf, out);
}
