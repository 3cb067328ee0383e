#include "literal.h"

#include <ctype.h>
#include <string.h>

#include "fold.h"
#include "literal_plain.h"
#include "literal_set.h"
#include "pattern.h"

/*
 * What every match of a pattern must hold.
 *
 * Each piece of a pattern has two sets: `exact`, all that the piece can match
 * (folded), and `need`, of which each match holds at least one.  A sequence
 * multiplies exact sets as long as they stay small; where one breaks off, it
 * is a candidate for `need`.  An alternation unites.  An empty set says
 * nothing.  Since fold_case goes character by character and makes equal what
 * CASELESS takes for equal, joining folded pieces is sound.
 *
 * Each string of `need` carries how many characters of a match stand before
 * it: strings of a group's `need` count from the group's start, until what
 * stands before the group is added.
 *
 * What counts is the text a match consumes from where it starts, \K or not.
 */

#define DEPTH WIDTH_DEPTH
#define MEMBERS 8u /* of a class that is spelled out */
#define REPEATS 8u /* of {n} that are spelled out */
#define WAYS LIMIT_LITERALS

static const struct str empty_string = {.p = ""};
static const struct set empty_set = {.v = &empty_string, .n = 1};
struct info {
	struct set exact, need;
	struct width width; /* characters it takes */
};

struct work {
	struct pattern ps;
	uint32_t depth;
	bool may_stop; /* no alternative at the outermost level */
	bool flags;    /* (?i) and the like outside of all groups */
	struct sets sets;
};
/*
 * Sequences
 */
struct seq {
	struct set cur; /* all that the last stretch can match */
	struct set best;
	struct width at, cur_at; /* characters before here, before cur */
	uint32_t score;
	bool whole; /* cur began with the sequence */
	uint16_t len, chars;
	char lit[SET_LONGEST]; /* characters not yet in cur */
};

static void
offer(struct work *w, struct seq *s, const struct set *set, struct width before)
{
	uint32_t k = set_score(&w->sets, set, s->score);

	if (k > s->score) {
		s->best = *set;
		s->best.before = width_add(set->before, before);
		s->score = k;
	}
}

/* A piece that can match just e, and takes so many characters. */
static void
seq_exact(
    struct work *w, struct seq *s, const struct set *e, struct width width)
{
	struct width at = s->at;

	s->at = width_add(at, width);
	if (s->cur.n > 1 || e->n > 1) { /* one alone may be the better */
		offer(w, s, &s->cur, s->cur_at);
		offer(w, s, e, at);
	}
	if (set_multiply(&w->sets, &s->cur, e))
		return;
	offer(w, s, &s->cur, s->cur_at);
	s->whole = false;
	s->cur = *e;
	s->cur_at = at;
}

static void
seq_flush(struct work *w, struct seq *s)
{
	struct width width;
	struct str *one;
	char *p;

	if (s->len == 0 || (one = set_take(&w->sets, sizeof *one)) == NULL ||
	    (p = set_take(&w->sets, s->len)) == NULL)
		return;
	memcpy(p, s->lit, s->len);
	*one = (struct str){.p = p, .len = s->len};
	width = (struct width){s->chars, s->chars};
	s->len = s->chars = 0;
	seq_exact(w, s, &(struct set){.v = one, .n = 1}, width);
}

static void
seq_append(struct work *w, struct seq *s, const struct info *i)
{
	seq_flush(w, s);
	offer(w, s, &i->need, s->at);
	if (i->exact.n > 0) {
		seq_exact(w, s, &i->exact, i->width);
		return;
	}
	offer(w, s, &s->cur, s->cur_at);
	s->whole = false;
	s->cur = empty_set;
	s->at = s->cur_at = width_add(s->at, i->width);
}

static struct info
seq_end(struct work *w, struct seq *s)
{
	struct info i = {0};

	seq_flush(w, s);
	offer(w, s, &s->cur, s->cur_at);
	i.need = s->best;
	i.width = s->at;
	if (s->whole)
		i.exact = s->cur;
	return i;
}

static uint32_t
fold_char(char *out, int32_t c)
{
	char raw[4];
	uint32_t u = (uint32_t)c, n = 0;

	if (u < 0x80) {
		*out = (char)(u >= 'A' && u <= 'Z' ? u + 32 : u);
		return 1;
	}

	if (u < 0x800)
		raw[n++] = (char)(0xc0 | u >> 6);
	else if (u < 0x10000) {
		raw[n++] = (char)(0xe0 | u >> 12);
		raw[n++] = (char)(0x80 | (u >> 6 & 0x3f));
	} else {
		raw[n++] = (char)(0xf0 | u >> 18);
		raw[n++] = (char)(0x80 | (u >> 12 & 0x3f));
		raw[n++] = (char)(0x80 | (u >> 6 & 0x3f));
	}
	raw[n++] = (char)(0x80 | (u & 0x3f));
	return fold_case(out, raw, n);
}

static void
seq_char(struct work *w, struct seq *s, int32_t c)
{
	char room[FOLD_CASE_ROOM(4)];
	uint32_t len = fold_char(room, c);

	if (SET_LONGEST - s->len < len)
		seq_flush(w, s);
	if (SET_LONGEST - s->len < len) /* no room in the pool */
		return;
	memcpy(s->lit + s->len, room, len);
	s->len = (uint16_t)(s->len + len);
	s->chars++;
}

/* What a set of characters matches. */
static struct info
chars_info(struct work *w, const int32_t *c, uint32_t n)
{
	struct build b;
	char room[FOLD_CASE_ROOM(4)], *p;
	uint32_t len;

	set_start(&b);
	for (uint32_t i = 0; i < n; i++) {
		len = fold_char(room, c[i]);
		if ((p = set_take(&w->sets, len)) == NULL)
			break;
		memcpy(p, room, len);
		set_add(&b, (struct str){.p = p, .len = (uint16_t)len});
	}
	if (w->ps.failed || b.n > MEMBERS)
		return (struct info){0};
	return (struct info){.exact = set_end(&w->sets, &b)};
}

/*
 * Groups
 */
static struct info alternation(struct work *);

static struct info
group_body(struct work *w, enum pattern_group how)
{
	struct info i = alternation(w);

	if (!pattern_next(&w->ps, ')'))
		w->ps.failed = true;
	w->ps.at++;
	if (how == PATTERN_PLAIN)
		return i;
	if (how == PATTERN_LOOK)
		return (struct info){.exact = empty_set};
	/* An alternative of a condition may be missing. */
	return (struct info){.width = {0, i.width.max}};
}

/* (?(...): a number, a name, or a look-around.  ps.at is behind that. */
static void
condition(struct work *w)
{
	enum pattern_group how;

	if (pattern_peek(&w->ps, 0) != '?') {
		w->ps.failed |= pattern_peek(&w->ps, 0) == '*';
		pattern_skip_to(&w->ps, ')');
		return;
	}
	w->ps.at--;
	how = pattern_group(&w->ps);
	if (how != PATTERN_LOOK)
		w->ps.failed = true;
	else
		group_body(w, how);
}

/* A group's parenthesis is next. */
static struct info
group(struct work *w)
{
	struct info i = {0};
	bool x = w->ps.x;
	enum pattern_group how;

	how = pattern_group(&w->ps);
	if (how == PATTERN_FLAGS) { /* for the rest of the group round it */
		i.exact = empty_set;
		w->flags |= w->depth == 0;
		x = w->ps.x;
		w->ps.at++;
	} else if (how == PATTERN_CALL) {
		i.width = WIDTH_ANY;
		pattern_skip_to(&w->ps, ')');
	} else if (++w->depth > DEPTH)
		w->ps.failed = true;
	else {
		if (how == PATTERN_COND)
			condition(w);
		i = group_body(w, how);
		w->depth--;
	}
	w->ps.x = x;
	return i;
}

/*
 * Items, and how often
 */

/* x* x? x+ x{n,m}: as many of x as are sure, and one more where the last of
   many stands before what follows. */
static void
seq_repeat(
    struct work *w, struct seq *s, const struct info *e, struct pattern_times t)
{
	struct pattern_times but_one = {
	    t.min - 1, t.max == PATTERN_MANY ? t.max : t.max - 1, false};
	struct build b;
	struct info i = {0};
	struct width from;
	uint32_t k;

	if (t.max == 0)
		return;
	if (t.min == 0) {
		i.width = width_times(e->width, t);
		if (t.max == 1 && e->exact.n > 0) {
			set_start(&b);
			set_unite(&b, &e->exact);
			set_unite(&b, &empty_set);
			i.exact = set_end(&w->sets, &b);
		}
		seq_append(w, s, &i);
		return;
	}
	seq_flush(w, s);
	from = s->at;
	for (k = 0; k < t.min && k < REPEATS; k++)
		seq_append(w, s, e);
	if (t.max == t.min && k == t.min)
		return;
	seq_append(w, s, &i);
	s->at = s->cur_at = width_add(from, width_times(e->width, but_one));
	if (e->exact.n > 0)
		seq_append(w, s, e);
	else
		s->at = s->cur_at = width_add(s->at, e->width);
}

/* Length of the plain character at p: an ASCII letter or digit, or one of the
   Han (U+4000 to 9FFF), which have no case and fold to themselves; else 0. */
static uint32_t
plain_char(const char *p, uint32_t n)
{
	unsigned char c = (unsigned char)p[0];

	if (c < 0x80)
		return isalnum(c) != 0;
	return c >= 0xe4 && c <= 0xe9 && n >= 3 && (p[1] & 0xc0) == 0x80 &&
		       (p[2] & 0xc0) == 0x80
		   ? 3
		   : 0;
}

/* The plain characters that come next, as fast as they can be read: most of
   most patterns.  One that may have a quantifier behind it, also behind \E or
   a comment, stays. */
static void
seq_plain(struct work *w, struct seq *s)
{
	struct pattern *ps = &w->ps;
	uint32_t at = ps->at, k;

	if (ps->quoted || ps->x || ps->failed)
		return;
	for (; at < ps->n; at += k) {
		const char *p = ps->p + at;

		k = plain_char(p, ps->n - at);
		if (k == 0 || at + k >= ps->n ||
		    strchr("?*+{\\(", p[k]) != NULL || SET_LONGEST - s->len < k)
			break;
		memcpy(s->lit + s->len, p, k);
		if (*p >= 'A' && *p <= 'Z')
			s->lit[s->len] = (char)(*p + 32);
		s->len = (uint16_t)(s->len + k);
		s->chars++;
	}
	ps->at = at;
}

static void
seq_add(struct work *w, struct seq *s)
{
	struct pattern_atom a = {.kind = PATTERN_SOME};
	bool grouped = pattern_next(&w->ps, '(');
	struct info i = {0};
	struct pattern_times t;

	if (grouped)
		i = group(w);
	else
		pattern_atom(&w->ps, &a);
	t = pattern_times(&w->ps);
	if (a.kind == PATTERN_EMPTY)
		return;
	if (a.kind == PATTERN_CHAR && a.n == 1 && t.min == 1 && t.max == 1 &&
	    !t.vague) {
		seq_char(w, s, a.c[0]);
		return;
	}
	if (t.vague) { /* once or never, text or not: nothing is sure */
		i = (struct info){.width = WIDTH_ANY};
		t = (struct pattern_times){1, 1, false};
	} else if (!grouped) {
		if (a.kind == PATTERN_CHAR)
			i = chars_info(w, a.c, a.n);
		i.width = width_atom(&a);
	}
	seq_repeat(w, s, &i, t);
}

static struct info
sequence(struct work *w)
{
	struct seq s = {.cur = empty_set, .whole = true};

	for (;;) {
		/* The rest can only add to what is good enough. */
		if (w->may_stop && w->depth == 0 && s.score >= SET_GOOD)
			w->ps.at = w->ps.n;
		pattern_skip(&w->ps);
		if (!pattern_more(&w->ps) || pattern_next(&w->ps, '|') ||
		    pattern_next(&w->ps, ')'))
			break;
		seq_plain(w, &s);
		if (pattern_more(&w->ps) && !pattern_next(&w->ps, '|') &&
		    !pattern_next(&w->ps, ')'))
			seq_add(w, &s);
	}
	return seq_end(w, &s);
}

/* Up to the closing parenthesis, which stays. */
static struct info
alternation(struct work *w)
{
	struct build exact, need;
	uint32_t used = w->sets.used;
	struct info i = sequence(w);
	struct width width = i.width;

	if (!pattern_next(&w->ps, '|'))
		return i;
	set_start(&exact);
	set_start(&need);
	for (;;) {
		set_unite(&exact, &i.exact);
		set_unite(&need, &i.need);
		if (exact.dead && need.dead) {
			w->sets.used = used; /* nothing of it is needed */
			if (pattern_next(&w->ps, '|')) {
				w->ps.at++;
				width = width_either(width, width_rest(&w->ps));
			}
			break;
		}
		if (!pattern_next(&w->ps, '|'))
			break;
		w->ps.at++;
		i = sequence(w);
		width = width_either(width, i.width);
	}
	return (struct info){
	    set_end(&w->sets, &exact), set_end(&w->sets, &need), width};
}

/* An alternative outside of all groups. */
struct top {
	struct set need;
	struct literal_way way;
};

static void
copy_out(struct literals *out, struct arena *a, const struct str *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		out->v[out->n++] =
		    (struct literal){.p = arena_dup(a, v[i].p, v[i].len),
			.len = v[i].len,
			.min = v[i].before.min,
			.max = v[i].before.max < WIDTH_FAR ? v[i].before.max
							   : UINT32_MAX,
			.way = out->nway};
}

/* What a set, whose strings may be those of several ways, comes to. */
static void
add_way(struct literals *out, struct arena *a, const struct build *b,
    struct literal_way way)
{
	struct str v[SET_STRINGS];

	if (b->n > 0)
		memcpy(v, b->v, b->n * sizeof *v);
	copy_out(out, a, v, set_drop_longer(v, b->n));
	out->way[out->nway++] = way;
	out->anywhere |= way.anywhere;
}

static void
ways_out(struct literals *out, struct arena *a, const struct work *w,
    const struct top *top, uint32_t n)
{
	bool apart = !w->ps.refers && !w->flags;
	uint32_t strings = 0;
	struct build b;

	for (uint32_t i = 0; i < n; i++) {
		strings += top[i].need.n;
		if (top[i].need.n == 0 && (!apart || !w->sets.any))
			return;
	}
	if (strings == 0)
		return;
	out->v = arena_array(a, strings, sizeof *out->v);
	out->way = arena_array(a, apart ? n : 1, sizeof *out->way);
	out->moves = w->ps.moves;
	set_start(&b);
	for (uint32_t i = 0; i < n; i++) {
		if (top[i].need.n > 0)
			set_unite(&b, &top[i].need);
		if (apart) {
			add_way(out, a, &b, top[i].way);
			set_start(&b);
		}
	}
	if (!apart && !b.dead)
		add_way(out, a, &b, (struct literal_way){0, w->ps.n, false});
}

/* By all the rules of the art.  any: short strings, and ways without one. */
static void
thorough(struct literals *out, struct arena *a, struct work *w, bool any)
{
	struct top top[WAYS];
	struct literal_way way = {0};
	uint32_t n = 0;

	w->depth = 0;
	w->flags = false;
	w->sets.failed = &w->ps.failed;
	w->sets.any = any;
	w->sets.used = w->sets.made = 0;
	for (;;) {
		struct info i = sequence(w);

		way.to = w->ps.at;
		way.anywhere = i.need.n == 0;
		if (n == WAYS || (way.anywhere && !any))
			return;
		top[n++] = (struct top){i.need, way};
		if (!pattern_next(&w->ps, '|'))
			break;
		way.from = ++w->ps.at;
	}
	if (!w->ps.failed && w->ps.at == w->ps.n)
		ways_out(out, a, w, top, n);
}

static void
one_way(struct literals *out, struct arena *a, const char *pattern,
    uint32_t len, const struct plain_run *plain)
{
	struct str one = {.p = pattern + plain->from,
	    .len = (uint16_t)plain->len,
	    .before = width_before(pattern, len, plain->from)};

	one.p = literal_plain_copy(a, one.p, one.len);
	out->v = arena_alloc(a, sizeof *out->v);
	out->way = arena_alloc(a, sizeof *out->way);
	copy_out(out, a, &one, 1);
	out->way[out->nway++] = (struct literal_way){0, len, false};
}

void
literal_extract(struct literals *out, struct arena *a, const char *pattern,
    uint32_t len, const char *flags)
{
	const char *x = flags != NULL ? strchr(flags, 'x') : NULL;
	struct plain_run plain;
	struct work w;

	*out = (struct literals){0};
	w.ps = (struct pattern){.p = pattern, .n = len, .x = x != NULL};
	w.may_stop = false;
	if (x == NULL && literal_plain(&plain, &w.may_stop, pattern, len)) {
		one_way(out, a, pattern, len, &plain);
		return;
	}
	if (x != NULL && strchr(x + 1, 'x') != NULL)
		return; /* blanks in classes, too */
	thorough(out, a, &w, false);
}

void
literal_extract_any(struct literals *out, struct arena *a, const char *pattern,
    uint32_t len, const char *flags)
{
	bool x = flags != NULL && strchr(flags, 'x') != NULL;
	struct work w;

	literal_extract(out, a, pattern, len, flags);
	w.ps = (struct pattern){.p = pattern, .n = len, .x = x};
	w.may_stop = false;
	if (out->n == 0 && (!x || strchr(strchr(flags, 'x') + 1, 'x') == NULL))
		thorough(out, a, &w, true);
}
