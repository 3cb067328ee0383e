#include "lower_private.h"
#include "report.h"

/*
 * Fields that say how long a body is or what its bytes add up to: Content-MD5
 * (RFC 1864), Content-Length, Lines.  Where a body changes, in itself or in a
 * part of it, a number that was right is made right again; one that was not,
 * and the sum, go.
 */
#define BLOCK 4096u /* line ends are counted once, in blocks */

struct mend {
	const struct tree *tree;
	struct arena *a;
	const char *p; /* a source */
	uint32_t len;
	const struct edits *cut; /* of it, sorted */
	struct delta *before;    /* what the first i of them do */
	struct mends *all;
	struct edits fix;
	uint32_t *lines; /* before each block; made when asked for */
	uint32_t warn;
};

static uint32_t
count_lines(const char *p, uint32_t n)
{
	uint32_t lines = 0;
	const char *end = p + n;

	while (n > 0 && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		lines++;
		if (++p == end)
			break;
	}
	return lines;
}

/* Line ends before an offset. */
static uint32_t
lines_before(struct mend *m, uint32_t at)
{
	uint32_t blocks = m->len / BLOCK, start = at / BLOCK * BLOCK;

	if (m->lines == NULL) {
		m->lines = arena_array(m->a, blocks + 1u, sizeof *m->lines);
		for (uint32_t i = 0; i < blocks; i++)
			m->lines[i + 1] =
			    m->lines[i] + count_lines(m->p + i * BLOCK, BLOCK);
	}
	return m->lines[at / BLOCK] + count_lines(m->p + start, at - start);
}

static struct delta
sum(struct delta a, struct delta b)
{
	return (struct delta){
	    a.bytes + b.bytes, a.lines + b.lines, a.any || b.any};
}

static struct delta
delta_of(const struct mend *m, const struct edit *e)
{
	uint32_t n = e->span.to - e->span.from;

	return (struct delta){(int64_t)e->len - n,
	    (int64_t)count_lines(e->p, e->len) -
		count_lines(m->p + e->span.from, n),
	    true};
}

/* How many cuts begin before an offset. */
static uint32_t
cuts_before(const struct mend *m, uint64_t at)
{
	uint32_t lo = 0, hi = m->cut->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (m->cut->v[mid].span.from < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* What becomes of a body: cuts in it, and what was mended inside. */
static struct delta
body_delta(const struct mend *m, const struct part *q, struct delta below)
{
	uint32_t a = cuts_before(m, q->body.from);
	uint32_t b = cuts_before(m, (uint64_t)q->body.to + 1);
	struct delta d = {m->before[b].bytes - m->before[a].bytes,
	    m->before[b].lines - m->before[a].lines, b > a};

	return sum(d, below);
}

/* Do its last bytes stay, of a line end, or of a line that has none? */
static bool
end_stays(const struct mend *m, const struct part *q, uint32_t bytes)
{
	uint32_t n = cuts_before(m, (uint64_t)q->body.to + 1);

	return n == 0 || m->cut->v[n - 1].span.to + bytes <= q->body.to;
}

/* The number a field is, in *at; false: it is none. */
static bool
number(const char *p, const struct field *f, struct span *at, uint64_t *value)
{
	struct span s = f->value;

	while (s.from < s.to && (unsigned char)p[s.from] <= ' ')
		s.from++;
	while (s.from < s.to && (unsigned char)p[s.to - 1] <= ' ')
		s.to--;
	*at = s;
	*value = 0;
	if (s.from == s.to || s.to - s.from > 12)
		return false;
	for (uint32_t i = s.from; i < s.to; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		*value = *value * 10 + (uint64_t)(p[i] - '0');
	}
	return true;
}

/* The field's new number, or -1: it was not right before. */
static int64_t
new_length(struct mend *m, const struct part *q, struct delta d, uint64_t was)
{
	uint32_t n = q->body.to - q->body.from, eol = 0;

	if (was == n)
		return (int64_t)n + d.bytes;
	if (n > 0 && m->p[q->body.to - 1] == '\n')
		eol = n > 1 && m->p[q->body.to - 2] == '\r' ? 2 : 1;
	if (eol > 0 && was == n - eol && end_stays(m, q, eol))
		return (int64_t)was + d.bytes;
	return -1;
}

static int64_t
new_lines(struct mend *m, const struct part *q, struct delta d, uint64_t was)
{
	uint32_t n =
	    lines_before(m, q->body.to) - lines_before(m, q->body.from);
	bool bare = q->body.to > q->body.from && m->p[q->body.to - 1] != '\n';

	if (was == n)
		return (int64_t)n + d.lines;
	if (bare && was == n + 1u && end_stays(m, q, 1))
		return (int64_t)was + d.lines;
	return -1;
}

static int64_t
no_number(struct mend *m, const struct part *q, struct delta d, uint64_t was)
{
	(void)m, (void)q, (void)d, (void)was;
	return -1;
}

static const struct kind {
	const char *name;
	int64_t (*anew)(
	    struct mend *, const struct part *, struct delta, uint64_t was);
	uint32_t dropped; /* the warning */
} kinds[] = {{"content-length", new_length, WARN_LENGTH_GONE},
    {"lines", new_lines, WARN_LENGTH_GONE},
    {"content-md5", no_number, WARN_MD5_GONE}};

static struct delta
mend_field(struct mend *m, const struct part *q, const struct field *f,
    const struct kind *k, struct delta d)
{
	struct edit e = {.span = f->whole};
	struct span at;
	uint64_t was;
	int64_t now = number(m->p, f, &at, &was) ? k->anew(m, q, d, was) : -1;

	if (now >= 0) {
		e.span = at;
		e.p = arena_printf(m->a, "%lld", (long long)now);
		e.len = (uint32_t)strlen(e.p);
	}
	m->warn |= now >= 0 ? WARN_LENGTH_MENDED : k->dropped;
	lower_add(&m->fix, m->a, e.span, e.p, e.len);
	return delta_of(m, &e);
}

/* Mends the header of a part whose body changes; what that does to it. */
static struct delta
mend_header(struct mend *m, const struct part *q, struct delta d)
{
	struct delta all = {0};

	for (uint32_t i = 0; i < q->header.n; i++)
		for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
			if (message_field_is(
				m->p, &q->header.field[i], kinds[k].name))
				all = sum(
				    all, mend_field(m, q, &q->header.field[i],
					     &kinds[k], d));
	return all;
}

/* Parts inside come behind what holds them. */
static void
mend_parts(struct mend *m, uint32_t source)
{
	const struct tree *t = m->tree;

	for (uint32_t i = m->all->last[source]; i != NO_PART;
	     i = m->all->prev[i]) {
		const struct part *q = &t->part[i];
		struct delta d;

		d = body_delta(m, q, m->all->below[i]);
		if (!d.any)
			continue;
		d = sum(m->all->below[i], mend_header(m, q, d));
		if (q->parent != NO_PART && d.any &&
		    t->part[q->parent].source == source)
			m->all->below[q->parent] =
			    sum(m->all->below[q->parent], d);
	}
}

void
lower_mends(struct mends *all, const struct view *v)
{
	const struct tree *t = v->tree;

	all->below = arena_array(v->a, t->n, sizeof *all->below);
	all->prev = arena_array(v->a, t->n, sizeof *all->prev);
	all->last = arena_array(v->a, t->nsource, sizeof *all->last);
	for (uint32_t i = 0; i < t->nsource; i++)
		all->last[i] = NO_PART;
	for (uint32_t i = 0; i < t->n; i++) {
		uint32_t *last = &all->last[t->part[i].source];

		all->prev[i] = *last;
		*last = i;
	}
}

uint32_t
lower_mend(
    struct mends *all, struct edits *e, const struct view *v, uint32_t source)
{
	const struct tree *t = v->tree;
	struct mend m = {.tree = t,
	    .a = v->a,
	    .p = t->source[source].p,
	    .len = t->source[source].len,
	    .cut = e,
	    .all = all};

	if (e->n == 0)
		return 0;
	m.before = arena_array(v->a, e->n + 1u, sizeof *m.before);
	for (uint32_t i = 0; i < e->n; i++)
		m.before[i + 1] = sum(m.before[i], delta_of(&m, &e->v[i]));
	mend_parts(&m, source);
	for (uint32_t i = 0; i < m.fix.n; i++)
		lower_add(
		    e, v->a, m.fix.v[i].span, m.fix.v[i].p, m.fix.v[i].len);
	lower_tidy(e);
	return m.warn;
}
