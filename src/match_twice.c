#include "match_private.h"

#include <string.h>

#include "limits.h"

/*
 * A multipart/alternative says the same twice.  Of hits that are counted, only
 * those of the alternative with the most of them count.
 */

struct twice {
	struct match *m;
	uint32_t *multipart, *child; /* of each doc; NO_PART: no alternative */
	uint32_t *here, *most, *sum; /* of each rule: of one child, of all */
};

static bool
has_alternatives(struct twice *t)
{
	const struct view *v = t->m->view;
	bool any = false;

	t->multipart = arena_array(t->m->a, v->ndoc, sizeof *t->multipart);
	t->child = arena_array(t->m->a, v->ndoc, sizeof *t->child);
	for (uint32_t i = 0; i < v->ndoc; i++) {
		t->child[i] = v->doc[i].subject
				  ? NO_PART
				  : mime_alternative(v->tree, v->doc[i].part,
					&t->multipart[i]);
		any |= t->child[i] != NO_PART;
	}
	return any;
}

static void
count_child(struct twice *t, uint32_t child)
{
	struct match *m = t->m;
	uint32_t n = m->rules->n;

	memset(t->here, 0, n * sizeof *t->here);
	for (uint32_t i = 0; i < m->nhit; i++) {
		const struct hit *h = &m->hit[i];

		if (h->doc != NO_DOC && t->child[h->doc] == child &&
		    !h->guarded)
			t->here[h->rule]++;
	}
	for (uint32_t i = 0; i < n; i++) {
		t->sum[i] += t->here[i];
		if (t->here[i] > t->most[i])
			t->most[i] = t->here[i];
	}
}

/* Docs come in the order of their parts: those of one child together. */
static void
count_multipart(struct twice *t, uint32_t first)
{
	const struct view *v = t->m->view;
	uint32_t n = t->m->rules->n, last = NO_PART;

	memset(t->sum, 0, n * sizeof *t->sum);
	memset(t->most, 0, n * sizeof *t->most);
	for (uint32_t i = first; i < v->ndoc; i++) {
		if (t->child[i] == NO_PART || t->child[i] == last ||
		    t->multipart[i] != t->multipart[first])
			continue;
		last = t->child[i];
		count_child(t, last);
	}
	for (uint32_t i = 0; i < n; i++)
		t->m->twice[i] += t->sum[i] - t->most[i];
}

void
match_twice(struct match *m)
{
	struct twice t = {.m = m};
	uint32_t n = m->rules->n, done = 0, last = NO_PART;

	memset(m->twice, 0, n * sizeof *m->twice);
	if (m->view->ndoc < 2 || m->nhit < 2 || !has_alternatives(&t))
		return;
	t.here = arena_array(m->a, n, sizeof *t.here);
	t.most = arena_array(m->a, n, sizeof *t.most);
	t.sum = arena_array(m->a, n, sizeof *t.sum);
	for (uint32_t i = 0; i < m->view->ndoc; i++) {
		if (t.child[i] == NO_PART || t.multipart[i] == last)
			continue;
		/* More of them in one message is no letter. */
		if (done++ == LIMIT_ALTERNATIVES)
			break;
		last = t.multipart[i];
		count_multipart(&t, i);
	}
}
