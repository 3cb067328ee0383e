#include "headline.h"

#include <string.h>

#include "date.h"
#include "limits.h"

/* A field's text on one line, without a character that was cut in two. */
static const char *
field(const struct view *of, const char *name, uint32_t *len)
{
	struct view v = *of;
	const char *p = view_header(&v, 0, name, false, len);

	if (*len > LIMIT_HEADLINE)
		for (*len = LIMIT_HEADLINE;
		     *len > 0 && ((unsigned char)p[*len] & 0xc0) == 0x80;)
			--*len;
	while (*len > 0 && strchr("\r\n\t ", p[*len - 1]) != NULL)
		--*len;
	return p;
}

void
headline(struct report *r, struct arena *a, const struct view *v)
{
	char date[DATE_BYTES + 1];
	uint32_t n;
	const char *p;

	r->from = field(v, "from", &r->from_len);
	r->subject = field(v, "subject", &r->subject_len);
	p = field(v, "date", &n);
	if (date_iso(date, p, n))
		r->date = arena_dup(a, date, strlen(date));
}
