/* Parts lie in what they are parts of, one behind the other. */
#include "fuzz.h"
#include "mime.h"

static void
part(const struct tree *t, uint32_t i)
{
	const struct part *p = &t->part[i], *up;
	struct span all = {0, t->source[p->source].len}, inside;

	MUST(p->source < t->nsource && span_within(all, p->head));
	MUST(span_within(all, p->body) && p->body.from <= p->body.to);
	MUST(p->head.from <= p->head.to && p->head.to <= p->body.from);
	if (p->parent == NO_PART)
		return;
	MUST(p->parent < i);
	up = &t->part[p->parent];
	MUST(up->kind != PART_LEAF && up->depth + 1 == p->depth);
	/* The line end before a delimiter ends a header without body, too. */
	inside = (struct span){up->body.from, up->body.to + 2};
	if (up->source == p->source)
		MUST(span_within(inside, p->head) &&
		     span_within(inside, p->body));
	if (i > 0 && t->part[i - 1].parent == p->parent)
		MUST(t->part[i - 1].body.to <= p->head.from);
}

FUZZ(a, p, n)
{
	struct tree t = {0};

	mime_parse(&t, a, p, n);
	MUST(t.n > 0 && t.n <= LIMIT_PARTS && t.source[0].len == n);
	for (uint32_t i = 0; i < t.n; i++)
		part(&t, i);
	for (uint32_t i = 1; i < t.nsource; i++)
		MUST(t.source[i].content == NULL ||
		     t.source[i].content->len >= t.source[i].len);
}
