#include "headline.h"

#include <string.h>

#include "date.h"
#include "limits.h"

#define CUT "..."

/* The start of a text that is too long, without a character that was cut in
   two, and the sign that it goes on: half an address is another one. */
static const char *
shortened(struct arena *a, const char *p, uint32_t *len)
{
	uint32_t n = LIMIT_HEADLINE - (sizeof CUT - 1);
	char *out;

	while (n > 0 && ((unsigned char)p[n] & 0xc0) == 0x80)
		n--;
	out = arena_alloc(a, n + sizeof CUT);
	memcpy(out, p, n);
	memcpy(out + n, CUT, sizeof CUT);
	*len = n + (uint32_t)sizeof CUT - 1;
	return out;
}

/* A field's text on one line. */
static const char *
field(struct arena *a, const struct view *of, const char *name, uint32_t *len)
{
	struct view v = *of;
	const char *p = view_header(&v, 0, name, false, len);

	if (*len > LIMIT_HEADLINE)
		p = shortened(a, p, len);
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

	r->from = field(a, v, "from", &r->from_len);
	r->subject = field(a, v, "subject", &r->subject_len);
	p = field(a, v, "date", &n);
	if (date_iso(date, p, n))
		r->date = arena_dup(a, date, strlen(date));
}
