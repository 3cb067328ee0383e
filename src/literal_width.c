#include "literal_width.h"

/* A group that is open: its alternatives so far, and the present one. */
struct level {
	struct width all, now;
	enum pattern_group how;
	bool any; /* `all` holds something */
	bool x;
};

struct widths {
	struct level v[WIDTH_DEPTH + 1];
	uint32_t n; /* of those that are open round the place, less one */
};

struct width
width_times(struct width w, struct pattern_times t)
{
	uint64_t min = (uint64_t)w.min * t.min, max = (uint64_t)w.max * t.max;

	if (min >= WIDTH_FAR)
		min = WIDTH_FAR - 1;
	if (w.max > 0 && t.max > 0 && (w.max == WIDTH_FAR || max >= WIDTH_FAR))
		max = WIDTH_FAR;
	return (struct width){(uint16_t)min, (uint16_t)max};
}

struct width
width_atom(const struct pattern_atom *a)
{
	return (struct width){width_cap(a->least), width_cap(a->most)};
}

static void
alternative(struct level *l)
{
	l->all = l->any ? width_either(l->all, l->now) : l->now;
	l->any = true;
	l->now = (struct width){0, 0};
}

/* Of a whole group.  An alternative of a condition may be missing. */
static struct width
level_end(struct level *l)
{
	alternative(l);
	if (l->how == PATTERN_LOOK)
		return (struct width){0, 0};
	if (l->how == PATTERN_COND)
		l->all.min = 0;
	return l->all;
}

static void
add(struct pattern *ps, struct level *l, struct width w)
{
	struct pattern_times t = pattern_times(ps);

	w = t.vague ? WIDTH_ANY : width_times(w, t);
	l->now = width_add(l->now, w);
}

static void
open_level(struct pattern *ps, struct widths *w, enum pattern_group how, bool x)
{
	if (w->n == WIDTH_DEPTH)
		ps->failed = true;
	else
		w->v[++w->n] = (struct level){.how = how, .x = x};
}

/* (?(...): a number, a name, or a look-around.  ps->at is behind that. */
static void
condition(struct pattern *ps, struct widths *w)
{
	bool x = ps->x;

	if (pattern_peek(ps, 0) != '?') {
		ps->failed |= pattern_peek(ps, 0) == '*';
		pattern_skip_to(ps, ')');
		return;
	}
	ps->at--;
	ps->failed |= pattern_group(ps) != PATTERN_LOOK;
	open_level(ps, w, PATTERN_LOOK, x);
}

/* A parenthesis is next. */
static void
open_group(struct pattern *ps, struct widths *w)
{
	bool x = ps->x;
	enum pattern_group how = pattern_group(ps);

	if (how == PATTERN_FLAGS) {
		ps->at++;
	} else if (how == PATTERN_CALL) {
		pattern_skip_to(ps, ')');
		ps->x = x;
		add(ps, &w->v[w->n], WIDTH_ANY);
	} else {
		open_level(ps, w, how, x);
		if (how == PATTERN_COND)
			condition(ps, w);
	}
}

/* One step; false at the end of the outermost group. */
static bool
step(struct pattern *ps, struct widths *w)
{
	struct level *l = &w->v[w->n];
	struct pattern_atom a;

	pattern_skip(ps);
	if (!pattern_more(ps))
		return false;
	if (pattern_next(ps, '(')) {
		open_group(ps, w);
	} else if (pattern_next(ps, '|')) {
		ps->at++;
		alternative(l);
	} else if (pattern_next(ps, ')')) {
		if (w->n == 0)
			return false;
		w->n--;
		ps->at++;
		ps->x = l->x;
		add(ps, &w->v[w->n], level_end(l));
	} else {
		pattern_atom(ps, &a);
		add(ps, l, width_atom(&a));
	}
	return true;
}

struct width
width_rest(struct pattern *ps)
{
	struct widths w;

	w.n = 0;
	w.v[0] = (struct level){.how = PATTERN_PLAIN};
	while (step(ps, &w))
		;
	ps->failed |= w.n > 0;
	return ps->failed ? WIDTH_ANY : level_end(&w.v[0]);
}

struct width
width_before(const char *pattern, uint32_t n, uint32_t to)
{
	struct pattern ps = {.p = pattern, .n = n};
	struct widths w;

	w.n = 0;
	w.v[0] = (struct level){.how = PATTERN_PLAIN};
	while ((w.n > 0 || ps.at < to) && step(&ps, &w))
		;
	if (ps.failed || w.n > 0 || ps.at != to || w.v[0].any)
		return WIDTH_ANY;
	return w.v[0].now;
}
