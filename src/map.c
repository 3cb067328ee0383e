#include "map.h"

#include <string.h>

uint32_t
span_cover(const void *v, uint32_t n, size_t size, struct span s)
{
	uint32_t lo = 0, hi = n;
	struct span it;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		memcpy(&it, (const char *)v + mid * size, sizeof it);
		if (it.from <= s.from)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return UINT32_MAX;
	memcpy(&it, (const char *)v + (lo - 1) * size, sizeof it);
	return span_within(it, s) ? lo - 1 : UINT32_MAX;
}

void
map_append(struct map *m, struct arena *a, uint32_t n, uint32_t ostep,
    uint32_t src, uint32_t sstep)
{
	struct run *r;

	if (n == 0 || ostep == 0)
		return;
	if (m->n > 0) {
		r = &m->v[m->n - 1];
		if (r->ostep == ostep && r->sstep == sstep && sstep != 0 &&
		    src - r->src == (m->out_len - r->out) / ostep * sstep) {
			m->out_len += n * ostep;
			return;
		}
	}
	m->v = arena_more(a, m->v, m->n, &m->size, sizeof *m->v);
	m->v[m->n++] = (struct run){m->out_len, src, ostep, sstep};
	m->out_len += n * ostep;
}

/* Index of the run that holds text offset `at` (at < out_len). */
static uint32_t
run_of(const struct map *m, uint32_t at)
{
	uint32_t lo = 0, hi = m->n;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (m->v[mid].out <= at)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

static uint32_t
run_end(const struct map *m, uint32_t i)
{
	return i + 1 < m->n ? m->v[i + 1].out : m->out_len;
}

/* Source offset of the start of the unit that holds `at`. */
static uint32_t
unit_start(const struct run *r, uint32_t at)
{
	return r->src + (at - r->out) / r->ostep * r->sstep;
}

/* The end of the source of run i, up to text offset `to` in it.  What was put
   in inside a unit stands at that unit's start, which ends behind it. */
static uint32_t
source_end(const struct map *m, uint32_t i, uint32_t to)
{
	uint32_t end = unit_start(&m->v[i], to - 1) + m->v[i].sstep;

	for (; i > 0 && m->v[i].sstep == 0; i--) {
		const struct run *r = &m->v[i - 1];
		uint32_t e = unit_start(r, m->v[i].out - 1) + r->sstep;

		end = e > end ? e : end;
	}
	return end;
}

struct span
map_cover(const struct map *m, struct span t, bool *exact)
{
	const struct run *first, *last;
	struct span s;
	bool sharp = true;

	if (t.to > m->out_len)
		t.to = m->out_len;
	if (m->n == 0 || t.from >= m->out_len) {
		uint32_t end = 0;

		if (m->n > 0) {
			last = &m->v[m->n - 1];
			end = unit_start(last, m->out_len - 1) + last->sstep;
		}
		s = (struct span){end, end};
		goto out;
	}
	first = &m->v[run_of(m, t.from)];
	s.from = unit_start(first, t.from);
	sharp = (t.from - first->out) % first->ostep == 0;
	if (t.to <= t.from) {
		s.to = s.from;
		goto out;
	}
	last = &m->v[run_of(m, t.to - 1)];
	s.to = source_end(m, (uint32_t)(last - m->v), t.to);
	sharp &= (t.to - last->out) % last->ostep == 0;
out:
	if (exact != NULL)
		*exact = sharp;
	return s;
}

bool
map_piece(const struct map *m, struct span t, uint32_t *at, struct span *src)
{
	uint32_t i, end;

	if (t.to > m->out_len)
		t.to = m->out_len;
	src->from = src->to = 0;
	for (i = *at < t.to ? run_of(m, *at) : 0; *at < t.to; i++) {
		const struct run *r = &m->v[i];
		uint32_t from = unit_start(r, *at), to;

		end = run_end(m, i) < t.to ? run_end(m, i) : t.to;
		to = unit_start(r, end - 1) + r->sstep;
		if (src->to > src->from && from != src->to && r->sstep != 0)
			return true;
		if (r->sstep != 0) {
			if (src->to == src->from)
				src->from = from;
			src->to = to;
		}
		*at = end;
	}
	return src->to > src->from;
}

/* First run whose source ends behind `at`. */
static uint32_t
run_behind(const struct map *m, uint32_t at)
{
	uint32_t lo = 0, hi = m->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (source_end(m, mid, run_end(m, mid)) <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct span
map_back(const struct map *m, struct span s)
{
	uint32_t i = run_behind(m, s.from), k;
	struct span t = {m->out_len, m->out_len};
	const struct run *r;

	while (i < m->n && m->v[i].sstep == 0)
		i++;
	if (i == m->n)
		return t;
	r = &m->v[i];
	k = s.from > r->src ? (s.from - r->src) / r->sstep : 0;
	t.from = t.to = r->out + k * r->ostep;
	for (; i < m->n && m->v[i].src < s.to; i++) {
		uint32_t end = run_end(m, i);

		r = &m->v[i];
		if (r->sstep == 0)
			continue;
		k = (s.to - r->src + r->sstep - 1) / r->sstep;
		if (k > (end - r->out) / r->ostep)
			k = (end - r->out) / r->ostep;
		t.to = r->out + k * r->ostep;
	}
	return t;
}

char *
text_room(struct text *t, uint32_t n)
{
	if (t->size - t->len < n) {
		uint64_t size = t->size < 256 ? 512 : (uint64_t)t->size * 2;

		if (size < (uint64_t)t->len + n)
			size = (uint64_t)t->len + n;
		if (size > UINT32_MAX)
			size = UINT32_MAX;
		if (size < (uint64_t)t->len + n) /* the cap stops us first */
			longjmp(*arena_oom(t->a), 1);
		t->p = arena_grow(t->a, t->p, t->size, size);
		t->size = (uint32_t)size;
	}
	return t->p + t->len;
}

void
text_wrote(
    struct text *t, uint32_t count, uint32_t n, uint32_t src, uint32_t srclen)
{
	map_append(&t->map, t->a, count, n, src, srclen);
	t->len += count * n;
}

void
text_units(struct text *t, const void *p, uint32_t count, uint32_t n,
    uint32_t src, uint32_t srclen)
{
	if (count == 0 || n == 0)
		return;
	memcpy(text_room(t, count * n), p, (size_t)count * n);
	text_wrote(t, count, n, src, srclen);
}

void
text_copy(struct text *t, const void *p, uint32_t n, uint32_t src)
{
	text_units(t, p, n, 1, src, 1);
}

void
text_unit(
    struct text *t, const void *p, uint32_t n, uint32_t src, uint32_t srclen)
{
	text_units(t, p, 1, n, src, srclen);
}
