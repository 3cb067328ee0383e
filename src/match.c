#include "match_private.h"

#include <string.h>

#include "clock.h"
#include "fold.h"
#include "limits.h"

#define RULE_NS 500000000ll /* a rule that takes longer in a message is out */

bool
match_enabled(const struct rule *r)
{
	return r->type != RULE_NONE && r->type != RULE_META &&
	       r->type != RULE_NEAR && !r->broken &&
	       !(r->scored && r->score == 0);
}

static void
set_up(struct match *m)
{
	struct match_private *x = arena_alloc(m->a, sizeof *x);
	uint32_t n = m->rules->n;

	m->private = x;
	x->cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	x->words = n / 64 + 1;
	x->bits = arena_array(m->a, x->words, 8);
	x->always = arena_array(m->a, x->words, 8);
	x->late = arena_array(m->a, x->words, 8);
	for (int t = 0; t <= RULE_META; t++)
		x->mask[t] = arena_array(m->a, x->words, 8);
	x->spent = arena_array(m->a, n, sizeof *x->spent);
	windows_init(&x->windows, m->a, m->rules);
	m->count = arena_array(m->a, n, sizeof *m->count);
	m->twice = arena_array(m->a, n, sizeof *m->twice);
	m->skipped = arena_array(m->a, n, sizeof *m->skipped);
	for (uint32_t i = 0; i < n; i++) {
		const struct rule *r = &m->rules->rule[i];
		uint64_t bit = 1ull << (i % 64);
		bool late = (r->flags & RULE_LATE) != 0;

		if (!match_enabled(r))
			continue;
		x->mask[r->type][i / 64] |= bit;
		x->has[late][r->type] = true;
		if (late)
			x->late[i / 64] |= bit;
		if (r->literals.n == 0 || r->literals.anywhere)
			x->always[i / 64] |= bit;
	}
}

static const struct prefilter *
prefilter(const struct match *m)
{
	return m->private->late_now ? m->rules->late : m->rules->prefilter;
}

/* Sets x->bits to the rules of a type that may match the text. */
static void
candidates(struct match *m, enum rule_type type, const char *p, uint32_t n)
{
	struct match_private *x = m->private;

	memcpy(x->bits, x->always, x->words * 8);
	windows_scan(&x->windows, prefilter(m), p, n, x->bits);
	for (uint32_t i = 0; i < x->words; i++)
		x->bits[i] &= x->mask[type][i];
}

/* Candidates for a unit's text: of the rules for units, those whose turn it
   is, and where in the text their matches may start. */
static void
unit_candidates(struct match *m, enum rule_type type, const char *p, uint32_t n)
{
	struct match_private *x = m->private;

	candidates(m, type, p, n);
	for (uint32_t i = 0; i < x->words; i++)
		x->bits[i] &= x->late_now ? x->late[i] : ~x->late[i];
	if (!m->rules->whole_units)
		windows_make(
		    &x->windows, prefilter(m), p, n, x->bits, x->words);
}

static void
skip_rule(struct match *m, uint32_t rule)
{
	m->skipped[rule] = true;
	m->count[rule] = 0;
	m->private->mask[m->rules->rule[rule].type][rule / 64] &=
	    ~(1ull << (rule % 64));
}

/* The clock on the wall is cheap to read; on a busy machine it runs while we
   do not.  A rule is only slow where this process has worked that long on this
   message. */
static bool
too_slow(const struct match *m)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID) - m->private->cpu > RULE_NS;
}

/* The next match, under the clock: 1, 0, or -1 where this rule is out. */
static int
timed_match(struct match *m, uint32_t rule, const char *p, uint32_t n,
    uint32_t start, struct span *s)
{
	int64_t t0 = clock_ns(CLOCK_MONOTONIC),
		*spent = &m->private->spent[rule];
	int rc;

	if (t0 / 1000000 >= m->deadline) {
		m->timeout = true;
		return -1;
	}
	rc = windows_match(m, rule, p, n, start, s);
	*spent += clock_ns(CLOCK_MONOTONIC) - t0;
	if (rc == -2) /* does not compile */
		return -1;
	if (rc == -1 || (*spent > RULE_NS && too_slow(m))) {
		skip_rule(m, rule);
		return -1;
	}
	return rc;
}

static void
add_hit(struct match *m, const struct hit *h)
{
	m->count[h->rule]++;
	if (m->nhit >= LIMIT_HITS || m->count[h->rule] > LIMIT_HITS_RULE)
		return;
	m->hit =
	    arena_more(m->a, m->hit, m->nhit, &m->hit_size, sizeof *m->hit);
	m->hit[m->nhit++] = *h;
}

static struct span
join(struct span a, struct span b)
{
	return (struct span){
	    a.from < b.from ? a.from : b.from, a.to > b.to ? a.to : b.to};
}

/* Pieces overlap, and folded text repeats the rendered one: the same place of
   the same rule counts once, and is as long as its longest match.  Looks back
   to the start of the unit before this one. */
static bool
seen_before(struct match *m, const struct hit *h)
{
	for (uint32_t i = m->nhit; i > m->private->look_back; i--) {
		struct hit *k = &m->hit[i - 1];

		if (k->rule != h->rule || k->doc != h->doc ||
		    k->layer != h->layer || k->link != h->link ||
		    h->utf8.from >= k->utf8.to || k->utf8.from >= h->utf8.to)
			continue;
		if (h->utf8.from < k->utf8.from || h->utf8.to > k->utf8.to) {
			k->at = join(k->at, h->at);
			k->utf8 = join(k->utf8, h->utf8);
		}
		return true;
	}
	return false;
}

/* All matches of a rule in a unit's text, or in its folded text (`fold`). */
static void
run_rule(struct match *m, uint32_t rule, const struct unit_text *u,
    const struct text *fold)
{
	const char *p = fold != NULL ? fold->p : u->p;
	uint32_t n = fold != NULL ? fold->len : u->len, at = 0;
	struct span s;

	while (at <= n && timed_match(m, rule, p, n, at, &s) == 1) {
		struct hit h = {.rule = rule,
		    .doc = u->doc,
		    .layer = u->layer,
		    .link = u->link,
		    .folded = fold != NULL};

		at = s.to > s.from ? s.to : s.to + 1;
		while (at < n && ((unsigned char)p[at] & 0xc0) == 0x80)
			at++;
		if (fold != NULL)
			s = map_cover(&fold->map, s, NULL);
		h.at = view_layer_span(u, s);
		h.utf8 = view_utf8_span(&m->view->doc[u->doc], u->layer, h.at);
		if (!seen_before(m, &h))
			add_hit(m, &h);
		if (m->count[rule] > LIMIT_HITS_RULE)
			break;
	}
}

static void
run_bits(struct match *m, const struct unit_text *u, const struct text *fold)
{
	struct match_private *x = m->private;
	unsigned not_here = fold != NULL ? RULE_NOFOLD : 0;

	if (m->view->doc[u->doc].subject)
		not_here |= RULE_NOSUBJECT;
	for (uint32_t i = 0; i < x->words && !m->timeout; i++)
		for (uint64_t b = x->bits[i]; b != 0; b &= b - 1) {
			uint32_t rule = i * 64 + (uint32_t)__builtin_ctzll(b);

			if (!(m->rules->rule[rule].flags & not_here))
				run_rule(m, rule, u, fold);
		}
}

static void
run_unit(struct match *m, const struct unit_text *u)
{
	static const enum rule_type type[] = {[IN_BODY] = RULE_BODY,
	    [IN_RAWBODY] = RULE_RAWBODY,
	    [IN_URI] = RULE_URI};
	struct match_private *x = m->private;
	struct text fold = TEXT(m->a);
	uint32_t from = m->nhit;

	x->look_back = x->unit_start;
	x->unit_start = from;
	if (!x->has[x->late_now][type[u->kind]])
		return;
	unit_candidates(m, type[u->kind], u->p, u->len);
	run_bits(m, u, NULL);
	/* rawbody shows the text as it was sent: never folded. */
	if (u->kind != IN_RAWBODY && fold_text(&fold, u->p, u->len)) {
		unit_candidates(m, type[u->kind], fold.p, fold.len);
		run_bits(m, u, &fold);
	}
	windows_forget(&x->windows);
}

/* ---- header fields ---- */

/* Is there a match in the text, or in its folded form? */
static bool
found_in(struct match *m, uint32_t rule, const char *p, uint32_t n)
{
	struct text fold = TEXT(m->a);
	struct span s;
	int rc;

	rc = timed_match(m, rule, p, n, 0, &s);
	if (rc == 0 && !(m->rules->rule[rule].flags & RULE_NOFOLD) &&
	    fold_text(&fold, p, n))
		rc = timed_match(m, rule, fold.p, fold.len, 0, &s);
	return rc == 1;
}

struct field_text { /* one text for all rules that name the field */
	const char *name;
	bool raw;
	const char *p;
	uint32_t n;
	uint64_t *bits; /* rules that may match it, as it is or folded */
};

static bool
has_bit(const uint64_t *bits, uint32_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

static void
find_candidates(struct match *m, struct field_text *f)
{
	struct match_private *x = m->private;
	struct text fold = TEXT(m->a);

	f->bits = arena_array(m->a, x->words, sizeof *f->bits);
	candidates(m, RULE_HEADER, f->p, f->n);
	memcpy(f->bits, x->bits, x->words * sizeof *f->bits);
	if (!fold_text(&fold, f->p, f->n))
		return;
	candidates(m, RULE_HEADER, fold.p, fold.len);
	for (uint32_t i = 0; i < x->words; i++)
		f->bits[i] |= x->bits[i];
}

static const struct field_text *
field_text(struct match *m, struct field_text *cache, uint32_t *used,
    const struct rule *r)
{
	bool raw = (r->flags & RULE_HDR_RAW) != 0;
	struct field_text *f;

	for (uint32_t i = 0; i < *used; i++)
		if (cache[i].raw == raw &&
		    strcmp(cache[i].name, r->header) == 0)
			return &cache[i];
	f = &cache[(*used)++];
	*f = (struct field_text){.name = r->header, .raw = raw};
	f->p = view_header(m->view, 0, r->header, raw, &f->n);
	find_candidates(m, f);
	return f;
}

static void
run_header_rule(struct match *m, uint32_t rule, const struct field_text *f)
{
	const struct rule *r = &m->rules->rule[rule];
	const char *p = f->p;
	uint32_t n = f->n;
	bool hit;

	if (r->flags & RULE_EXISTS) {
		hit = p != NULL;
	} else {
		match_narrow(m->a, r->flags, &p, &n);
		if (f->p == NULL && r->if_unset != NULL) {
			p = r->if_unset;
			n = (uint32_t)strlen(p);
		} else if (!(r->flags & RULE_NEGATE) && !has_bit(f->bits, rule))
			return;
		hit = found_in(m, rule, p, n) == !(r->flags & RULE_NEGATE);
	}
	/* A !~ that did not run did not hit. */
	if (hit && !m->skipped[rule] && !m->timeout)
		m->count[rule] = 1;
}

static void
run_headers(struct match *m)
{
	struct field_text *cache = NULL;
	uint32_t used = 0;

	for (uint32_t i = 0; i < m->rules->n && !m->timeout; i++) {
		const struct rule *r = &m->rules->rule[i];

		if (r->type != RULE_HEADER || !match_enabled(r))
			continue;
		if (cache == NULL)
			cache = arena_array(m->a, m->rules->n, sizeof *cache);
		run_header_rule(m, i, field_text(m, cache, &used, r));
	}
}

/* Counts once, however many parts there are. */
static void
add_part_hit(struct match *m, uint32_t rule, uint32_t part)
{
	struct hit h = {
	    .rule = rule, .doc = NO_DOC, .link = NO_LINK, .part = part};

	if (m->skipped[rule] || m->timeout)
		return;
	add_hit(m, &h);
	m->count[rule] = 1;
}

/* A picture that was cut keeps its header: that says nothing any more, or each
   run would find it again.  Only bodies in base64 are cut, so an empty one in
   another encoding is none of ours.  Who sends an empty one in base64 himself
   is not found by that header, but shows nothing either. */
static bool
emptied(const struct part *q)
{
	return q->kind == PART_LEAF && q->cte == CTE_BASE64 &&
	       q->body.to == q->body.from && strncmp(q->type, "image/", 6) == 0;
}

static void
run_mimeheaders(struct match *m)
{
	for (uint32_t i = 0; i < m->rules->n && !m->timeout; i++) {
		const struct rule *r = &m->rules->rule[i];
		bool raw = (r->flags & RULE_HDR_RAW) != 0;

		if (r->type != RULE_MIMEHEADER || !match_enabled(r))
			continue;
		for (uint32_t q = 0; q < m->view->tree->n; q++) {
			uint32_t n;
			const char *p =
			    view_header(m->view, q, r->header, raw, &n);

			if (p != NULL && !emptied(&m->view->tree->part[q]) &&
			    found_in(m, i, p, n) == !(r->flags & RULE_NEGATE))
				add_part_hit(m, i, q);
		}
	}
}

static void
run_full(struct match *m)
{
	const char *p = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->rules->n && !m->timeout; i++) {
		const struct rule *r = &m->rules->rule[i];

		if (r->type != RULE_FULL || !match_enabled(r))
			continue;
		if (p == NULL) {
			p = view_full(m->view, &n);
			candidates(m, RULE_FULL, p, n);
		}
		if (has_bit(m->private->bits, i))
			m->count[i] = found_in(m, i, p, n) && !m->skipped[i];
	}
}

/* ---- the whole ---- */

uint32_t
match_count(const struct match *m, uint32_t rule)
{
	const struct rule *r = &m->rules->rule[rule];
	uint32_t n = m->count[rule];

	/* As SpamAssassin: 1, unless it is said that hits are counted. */
	if (n > 1 && !(r->flags & RULE_MULTIPLE))
		n = 1;
	if (n > 1 && m->twice[rule] < n)
		n -= m->twice[rule];
	return r->maxhits > 0 && n > r->maxhits ? r->maxhits : n;
}

static double
value(void *ctx, uint32_t rule)
{
	return match_count(ctx, rule);
}

struct span
match_shown(const struct match *m, const struct hit *h)
{
	const struct doc *d = &m->view->doc[h->doc];

	if (h->link != NO_LINK && d->html != NULL)
		return d->html->elem[d->html->link[h->link].elem].shown;
	return view_shown_span(d, h->utf8);
}

/* Has any of the rules that a meta names another count than where nothing
   hits? */
static bool
stirred(const struct match *m, const struct rule *r)
{
	for (uint32_t k = 0; k < r->nmeta; k++) {
		uint32_t id = r->meta[k].rule;

		if (r->meta[k].kind == META_RULE &&
		    m->count[id] != m->rules->rule[id].idle)
			return true;
	}
	return false;
}

void
match_metas(struct match *m)
{
	match_twice(m);
	for (uint32_t i = 0; i < m->rules->nmeta_order; i++) {
		uint32_t id = m->rules->meta_order[i];
		const struct rule *r = &m->rules->rule[id];

		m->count[id] = r->idle;
		if (stirred(m, r))
			m->count[id] =
			    !rules_meta_off(r) &&
			    rules_eval(r->meta, r->nmeta, value, m) != 0;
	}
}

void
match_drop(struct match *m, bool (*drop)(void *, const struct hit *), void *ctx)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < m->nfound; i++) {
		const struct hit *h = &m->hit[i];

		/* A rule of part headers counts once, whatever its hits. */
		if (h->doc == NO_DOC)
			m->count[h->rule] = 0;
		if (!drop(ctx, h))
			m->hit[kept++] = *h;
		else if (m->count[h->rule] > 0)
			m->count[h->rule]--;
	}
	m->nfound = kept;
	for (uint32_t i = 0; i < kept; i++)
		if (m->hit[i].doc == NO_DOC)
			m->count[m->hit[i].rule] = 1;
	for (uint32_t i = 0; i < m->rules->n; i++)
		if (m->rules->rule[i].type == RULE_FULL)
			m->count[i] = 0;
	match_near(m);
	match_metas(m);
}

bool
match_true(const struct match *m, const struct meta_op *v, uint32_t n)
{
	struct match copy = *m;

	return rules_eval(v, n, value, &copy) != 0;
}

/* regions: only units there; NULL: all. */
static void
run_units(struct match *m, const struct regions *regions)
{
	const struct view *v = m->view;

	m->private->unit_start = m->nhit;
	for (uint32_t i = 0; i < v->nunit && !m->timeout; i++)
		if (v->unit[i].len > 0 &&
		    (regions == NULL ||
			match_in_regions(m, regions, &v->unit[i])))
			run_unit(m, &v->unit[i]);
}

static bool
any_bit(const uint64_t *bits, uint32_t words)
{
	for (uint32_t i = 0; i < words; i++)
		if (bits[i] != 0)
			return true;
	return false;
}

static void
run_late(struct match *m)
{
	struct match_private *x = m->private;
	struct regions r;

	if (!any_bit(x->late, x->words) || !match_late(&r, m))
		return;
	if (rules_late(m->rules) == -1) {
		m->timeout = true; /* some rules did not run */
		return;
	}
	for (uint32_t i = 0; i < m->rules->n; i++)
		if (m->rules->rule[i].flags & RULE_LATE &&
		    m->rules->rule[i].literals.n > 0 &&
		    !m->rules->rule[i].literals.anywhere)
			x->always[i / 64] &= ~(1ull << (i % 64));
	x->late_now = true;
	run_units(m, r.all ? NULL : &r);
	x->late_now = false;
}

void
match_run(struct match *m, struct arena *a, struct rules *rules,
    struct view *view, uint32_t time_ms)
{
	*m = (struct match){.a = a,
	    .rules = rules,
	    .view = view,
	    .deadline = clock_ns(CLOCK_MONOTONIC) / 1000000 + time_ms};
	set_up(m);
	run_headers(m);
	run_units(m, NULL);
	run_late(m);
	run_mimeheaders(m);
	run_full(m);
	m->nfound = m->nhit;
	match_near(m);
	match_metas(m);
}
