#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuts.h"

/*
 * Fields that tell how long a body is, or what it adds up to; between two of
 * ours, so that their place is found again when they are gone.
 */
static const char *const names[] = {"Content-Length", "Lines", "Content-MD5"};
#define SUM 2 /* the last is no number */
#define SUM_VALUE "Q2hlY2sgSW50ZWdyaXR5IQ=="
#define DIGITS 8

void
gen_lengths(struct gen *g, uint32_t part)
{
	struct known_part *q = &g->m->part[part];
	struct buf *b = &g->m->source[q->source].bytes;

	if (!chance(g->d, 15))
		return;
	buf_printf(b, "X-Before: %u%s", part, gen_eol(g));
	q->lengths.from = (uint32_t)b->len;
	for (int i = 0; i <= SUM; i++) {
		if (!chance(g->d, 50))
			continue;
		buf_printf(b, "%s: ", names[i]);
		q->length[i] = (uint32_t)b->len;
		buf_printf(
		    b, "%*s%s", DIGITS, i == SUM ? SUM_VALUE : "", gen_eol(g));
	}
	q->lengths.to = (uint32_t)b->len;
	buf_printf(b, "X-Behind: %u%s", part, gen_eol(g));
}

/* What a field may say of a body: all of it, or less its last line end; lines,
   or one more where the last has no end. */
struct right {
	uint32_t value, also;
};

static struct right
right(int i, const char *p, uint32_t n)
{
	struct right r = {n, n};

	if (i == 0 && n > 0 && p[n - 1] == '\n')
		r.also -= n > 1 && p[n - 2] == '\r' ? 2 : 1;
	if (i == 0)
		return r;
	r.value = 0;
	for (uint32_t k = 0; k < n; k++)
		r.value += p[k] == '\n';
	r.also = r.value + (n > 0 && p[n - 1] != '\n');
	return r;
}

void
gen_lengths_end(struct gen *g, uint32_t part)
{
	struct known_part *q = &g->m->part[part];
	char *p = g->m->source[q->source].bytes.p, digits[DIGITS + 1];

	for (int i = 0; i < SUM; i++) {
		struct right r;

		if (q->length[i] == 0)
			continue;
		r = right(i, p + q->body.from, q->body.to - q->body.from);
		snprintf(digits, sizeof digits, "%*u", DIGITS,
		    chance(g->d, 25)   ? draw(g->d, 3000)
		    : chance(g->d, 25) ? r.also
				       : r.value);
		memcpy(p + q->length[i], digits, DIGITS);
	}
}

bool
is_length(const char *p, const struct field *f)
{
	for (int i = 0; i <= SUM; i++)
		if (message_field_is(p, f, names[i]))
			return true;
	return false;
}

/* One part, before or after. */
struct side {
	const char *p, *body;
	const struct header *header;
	uint32_t n;
};

static struct side
side(const struct tree *t, uint32_t i)
{
	const struct part *q = &t->part[i];
	const char *p = t->source[q->source].p;

	return (struct side){
	    p, p + q->body.from, &q->header, q->body.to - q->body.from};
}

/* -1: there is no such field. */
static long
value(const struct side *s, int i)
{
	for (uint32_t k = 0; k < s->header->n; k++) {
		const struct field *f = &s->header->field[k];
		char digits[32];

		if (!message_field_is(s->p, f, names[i]))
			continue;
		snprintf(digits, sizeof digits, "%.*s",
		    (int)(f->value.to - f->value.from), s->p + f->value.from);
		return strtol(digits, NULL, 10);
	}
	return -1;
}

/* A number that was right is right; one that was not is, or is gone. */
static bool
is_right(int i, const struct side *old, const struct side *new)
{
	struct right before = right(i, old->body, old->n);
	struct right after = right(i, new->body, new->n);
	long was = value(old, i), is = value(new, i);

	if (old->n == new->n && memcmp(old->body, new->body, old->n) == 0)
		return is == was;
	if (i == SUM)
		return is == -1;
	if (was == (long)before.value)
		return is == (long)after.value;
	return is == -1 || is == (long)after.value || is == (long)after.also;
}

bool
check_lengths(struct failure *f, const struct known *m, const struct tree *t,
    const struct tree *now)
{
	for (uint32_t i = 0; i < t->n; i++) {
		const struct known_part *k = known_by_path(m, t->part[i].path);
		struct side old = side(t, i), new = side(now, i);

		for (int j = 0; j <= SUM; j++)
			if (k->length[j] > 0 && !is_right(j, &old, &new))
				return fail(f, "a length that is not right",
				    "%s %s: %ld, body %u; before %ld, %u",
				    k->path, names[j], value(&new, j), new.n,
				    value(&old, j), old.n);
	}
	return true;
}
