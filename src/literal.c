#include "literal.h"

#include <ctype.h>
#include <string.h>

#include "fold.h"
#include "limits.h"
#include "literal_plain.h"
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
 * What counts is the text a match consumes from where it starts, \K or not.
 */

#define STRINGS LIMIT_LITERALS /* of one set */
#define STRING_MAX 48u         /* bytes; longer ones are split */
#define DEPTH 40u              /* groups in groups */
#define MEMBERS 8u             /* of a class that is spelled out */
#define REPEATS 8u             /* of {n} that are spelled out */
#define POOL (16u << 10)       /* bytes for the sets of one pattern */
#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Strings joined for one pattern; a longer one is not worth it: what the filter
   spends on reading its rules it spends for each message. */
#define WORK 200
#define PRODUCT 24 /* strings that two sets in a row may make */
/* A set of at most eight strings, each of six letters or more, will do. */
#define GOOD (12 * STRINGS / 8 + STRINGS - 8)

struct str {
	const char *p;
	uint32_t len;
};

struct set {
	const struct str *v;
	uint32_t n;
};

struct info {
	struct set exact, need;
};

/* The pattern, and where its sets live. */
struct work {
	struct pattern ps;
	uint32_t depth, used;
	uint32_t made; /* strings joined so far, against WORK */
	bool may_stop; /* no alternative at the outermost level */
	_Alignas(8) char pool[POOL];
};

static const struct str empty_string = {"", 0};
static const struct set empty_set = {&empty_string, 1};

static void *
take(struct work *w, uint32_t len)
{
	len = (len + 7) & ~7u;
	if (POOL - w->used < len) {
		w->ps.failed = true;
		return NULL;
	}
	w->used += len;
	return w->pool + w->used - len;
}

/*
 * Sets
 */

/* A set to be filled, without doubles. */
struct build {
	struct str v[STRINGS];
	uint32_t n;
	uint64_t seen; /* bits of what is in it: most are new at a glance */
	bool dead;     /* too many, or a part of it unknown */
};

static void
build_start(struct build *b)
{
	b->n = 0;
	b->seen = 0;
	b->dead = false;
}

/* One of 64 bits, by length and the bytes at both ends and in the middle. */
static uint64_t
bit_of(const struct str *s)
{
	uint32_t h = s->len;

	if (s->len > 0)
		h = h * 31 + (unsigned char)s->p[0] * 131 +
		    (unsigned char)s->p[s->len / 2] * 31 +
		    (unsigned char)s->p[s->len - 1] * 7;
	return 1ull << (h * 0x9e3779b1u >> 26);
}

static void
build_add(struct build *b, struct str s)
{
	uint64_t bit = bit_of(&s);

	for (uint32_t i = 0; i < b->n && b->seen & bit; i++)
		if (b->v[i].len == s.len && memcmp(b->v[i].p, s.p, s.len) == 0)
			return;
	b->seen |= bit;
	if (b->n == STRINGS)
		b->dead = true;
	else
		b->v[b->n++] = s;
}

static void
build_unite(struct build *b, const struct set *s)
{
	if (s->n == 0)
		b->dead = true;
	for (uint32_t i = 0; i < s->n && !b->dead; i++)
		build_add(b, s->v[i]);
}

static struct set
build_end(struct work *w, const struct build *b)
{
	struct str *v;

	if (b->dead || b->n == 0 ||
	    (v = take(w, b->n * (uint32_t)sizeof *v)) == NULL)
		return (struct set){0};
	memcpy(v, b->v, b->n * sizeof *v);
	return (struct set){v, b->n};
}

/* Each of a followed by each of b.  False: too many or too long. */
static bool
multiply(struct work *w, struct set *a, const struct set *b)
{
	struct build out;

	if (b->n == 1 && b->v[0].len == 0)
		return true;
	if (a->n == 1 && a->v[0].len == 0) {
		*a = *b;
		return true;
	}
	if (a->n * b->n > PRODUCT)
		return false;
	w->made += a->n * b->n;
	if (w->made > WORK)
		w->ps.failed = true;
	build_start(&out);
	for (uint32_t i = 0; i < a->n * b->n; i++) {
		const struct str *x = &a->v[i / b->n], *y = &b->v[i % b->n];
		char *p;

		if (x->len + y->len > STRING_MAX ||
		    (p = take(w, x->len + y->len)) == NULL)
			return false;
		memcpy(p, x->p, x->len);
		memcpy(p + x->len, y->p, y->len);
		build_add(&out, (struct str){p, x->len + y->len});
	}
	*a = build_end(w, &out);
	return a->n > 0;
}

/* In so much mail that they choose nothing. */
static const struct {
	const char *p;
	uint32_t len;
} common[] = {
    {"https://", 8},
    {"http://", 7},
    {"http", 4},
    {"://", 3},
    {"www.", 4},
    {".com", 4},
};

#define ENOUGH 16 /* heavier is no better */

/* The weight of the character at p, and its bytes. */
static uint32_t
weigh_char(const char *p, uint32_t *len)
{
	unsigned char c = (unsigned char)*p;

	*len = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if ((c | 32u) - (unsigned)'a' < 26 || c - (unsigned)'0' < 10)
		return 2;
	return c < 0x80 ? c > ' ' : c < 0xe0 ? 3 : 5;
}

/* Length of the common word that stands at the start, or 0. */
static uint32_t
common_at(const char *p, uint32_t n)
{
	if (*p != 'h' && *p != ':' && *p != 'w' && *p != '.')
		return 0;
	for (size_t k = 0; k < COUNT(common); k++)
		if (n >= common[k].len &&
		    memcmp(p, common[k].p, common[k].len) == 0)
			return common[k].len;
	return 0;
}

/* How rare a string may be; 0: of no use.  Of use are three bytes (a Han
   character), two if they are one letter of another script or, for want of
   better, two ASCII letters or digits ("tg"). */
static uint32_t
weigh(const char *p, uint32_t n)
{
	uint32_t sum = 0, all = 0;

	for (uint32_t i = 0, k; i < n && sum < ENOUGH;) {
		if ((k = common_at(p + i, n - i)) > 0) {
			i += k;
			all += k;
		} else {
			sum += weigh_char(p + i, &k);
			i += k;
		}
	}
	if (n < 2 || (n == 2 && p[0] >= 0 && sum < 4))
		return 0;
	return all > 0 ? sum + 1 : sum;
}

/* The better the higher: the lightest string counts, then their number.  At
   most `floor`: it is no better, and need not be known. */
static uint32_t
score(const struct set *s, uint32_t floor)
{
	uint32_t least = s->n == 0 ? 0 : ENOUGH;

	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t w = weigh(s->v[i].p, s->v[i].len);

		if (w < least)
			least = w;
		if (least * STRINGS / 8 + STRINGS - s->n <= floor)
			return floor;
	}
	return least == 0 ? 0 : least * STRINGS / 8 + STRINGS - s->n;
}

/*
 * Sequences
 */
struct seq {
	struct set cur; /* all that the last stretch can match */
	struct set best;
	uint32_t score;
	bool whole; /* cur began with the sequence */
	uint32_t len;
	char lit[STRING_MAX]; /* characters not yet in cur */
};

static void
offer(struct seq *s, const struct set *set)
{
	uint32_t k = score(set, s->score);

	if (k > s->score) {
		s->best = *set;
		s->score = k;
	}
}

static void
seq_exact(struct work *w, struct seq *s, const struct set *e)
{
	if (s->cur.n > 1 || e->n > 1) { /* one alone may be the better */
		offer(s, &s->cur);
		offer(s, e);
	}
	if (multiply(w, &s->cur, e))
		return;
	offer(s, &s->cur);
	s->whole = false;
	s->cur = *e;
}

static void
seq_flush(struct work *w, struct seq *s)
{
	struct str *one;
	char *p;

	if (s->len == 0 || (one = take(w, sizeof *one)) == NULL ||
	    (p = take(w, s->len)) == NULL)
		return;
	memcpy(p, s->lit, s->len);
	*one = (struct str){p, s->len};
	s->len = 0;
	seq_exact(w, s, &(struct set){one, 1});
}

static void
seq_append(struct work *w, struct seq *s, const struct info *i)
{
	seq_flush(w, s);
	offer(s, &i->need);
	if (i->exact.n > 0) {
		seq_exact(w, s, &i->exact);
		return;
	}
	offer(s, &s->cur);
	s->whole = false;
	s->cur = empty_set;
}

static struct info
seq_end(struct work *w, struct seq *s)
{
	struct info i = {0};

	seq_flush(w, s);
	offer(s, &s->cur);
	i.need = s->best;
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

	if (STRING_MAX - s->len < len)
		seq_flush(w, s);
	if (STRING_MAX - s->len < len) /* no room in the pool */
		return;
	memcpy(s->lit + s->len, room, len);
	s->len += len;
}

/* What a set of characters matches. */
static struct info
chars_info(struct work *w, const int32_t *c, uint32_t n)
{
	struct build b;
	char room[FOLD_CASE_ROOM(4)], *p;
	uint32_t len;

	build_start(&b);
	for (uint32_t i = 0; i < n; i++) {
		len = fold_char(room, c[i]);
		if ((p = take(w, len)) == NULL)
			break;
		memcpy(p, room, len);
		build_add(&b, (struct str){p, len});
	}
	if (w->ps.failed || b.n > MEMBERS)
		return (struct info){0};
	return (struct info){.exact = build_end(w, &b)};
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
	return (struct info){0};
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
		x = w->ps.x;
		w->ps.at++;
	} else if (how == PATTERN_CALL)
		pattern_skip_to(&w->ps, ')');
	else if (++w->depth > DEPTH)
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
	static const struct info some = {0};
	struct build b;
	struct info i = {0};
	uint32_t k;

	if (t.max == 0)
		return;
	if (t.min == 0) {
		if (t.max == 1 && e->exact.n > 0) {
			build_start(&b);
			build_unite(&b, &e->exact);
			build_unite(&b, &empty_set);
			i.exact = build_end(w, &b);
		}
		seq_append(w, s, &i);
		return;
	}
	for (k = 0; k < t.min && k < REPEATS; k++)
		seq_append(w, s, e);
	if (t.max == t.min && k == t.min)
		return;
	seq_append(w, s, &some);
	if (e->exact.n > 0)
		seq_append(w, s, e);
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
		    strchr("?*+{\\(", p[k]) != NULL || STRING_MAX - s->len < k)
			break;
		memcpy(s->lit + s->len, p, k);
		if (*p >= 'A' && *p <= 'Z')
			s->lit[s->len] = (char)(*p + 32);
		s->len += k;
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
		i = (struct info){0};
		t = (struct pattern_times){1, 1, false};
	} else if (a.kind == PATTERN_CHAR)
		i = chars_info(w, a.c, a.n);
	seq_repeat(w, s, &i, t);
}

static struct info
sequence(struct work *w)
{
	struct seq s = {.cur = empty_set, .whole = true};

	for (;;) {
		/* The rest can only add to what is good enough. */
		if (w->may_stop && w->depth == 0 && s.score >= GOOD)
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

/* Up to the closing parenthesis or the end, which stays. */
static struct info
alternation(struct work *w)
{
	struct build exact, need;
	uint32_t used = w->used;
	struct info i = sequence(w);

	if (!pattern_next(&w->ps, '|'))
		return i;
	build_start(&exact);
	build_start(&need);
	for (;;) {
		build_unite(&exact, &i.exact);
		build_unite(&need, &i.need);
		if (exact.dead && need.dead) {
			w->used = used; /* nothing of it is needed */
			if (!w->ps.x && !w->ps.quoted && !w->ps.failed)
				literal_plain_skip(w->ps.p, w->ps.n, &w->ps.at);
		}
		if (!pattern_next(&w->ps, '|'))
			break;
		w->ps.at++;
		i = sequence(w);
	}
	return (struct info){build_end(w, &exact), build_end(w, &need)};
}

/* Which bytes it holds, six bits of each: most pairs are told apart by it. */
static uint64_t
bytes_of(const struct str *s)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < s->len; i++)
		bits |= 1ull << (s->p[i] & 63);
	return bits;
}

/* Those that hold another one of the set are not needed beside it. */
static uint32_t
drop_longer(struct str *v, uint32_t n)
{
	uint64_t bits[STRINGS];
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++)
		bits[i] = bytes_of(&v[i]);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t k = 0;

		while (k < n &&
		       ((bits[k] & ~bits[i]) != 0 || v[k].len >= v[i].len ||
			   memmem(v[i].p, v[i].len, v[k].p, v[k].len) == NULL))
			k++;
		if (k < n)
			v[i].len =
			    UINT32_MAX; /* holds nothing, is held by none */
	}
	for (uint32_t i = 0; i < n; i++)
		if (v[i].len != UINT32_MAX)
			v[kept++] = v[i];
	return kept;
}

static void
copy_out(struct literals *out, struct arena *a, const struct str *v, uint32_t n)
{
	out->v = arena_array(a, n, sizeof *out->v);
	out->len = arena_array(a, n, sizeof *out->len);
	for (uint32_t i = 0; i < n; i++) {
		out->v[i] = arena_dup(a, v[i].p, v[i].len);
		out->len[i] = v[i].len;
	}
	out->n = n;
}

void
literal_extract(struct literals *out, struct arena *a, const char *pattern,
    uint32_t len, const char *flags)
{
	struct str v[STRINGS];
	struct work w;
	struct info i;
	const char *x = flags != NULL ? strchr(flags, 'x') : NULL;
	struct plain_run plain;

	*out = (struct literals){0};
	w.ps = (struct pattern){.p = pattern, .n = len, .x = x != NULL};
	w.depth = w.used = 0;
	w.may_stop = false;
	w.made = 0;
	if (x == NULL && literal_plain(&plain, &w.may_stop, pattern, len)) {
		v[0].p = literal_plain_copy(a, pattern + plain.from, plain.len);
		v[0].len = plain.len;
		copy_out(out, a, v, 1);
		return;
	}
	if (x != NULL && strchr(x + 1, 'x') != NULL)
		return; /* blanks in classes, too */
	i = alternation(&w);
	if (w.ps.failed || w.ps.at != w.ps.n || i.need.n == 0)
		return;
	memcpy(v, i.need.v, i.need.n * sizeof *v);
	copy_out(out, a, v, drop_longer(v, i.need.n));
}
