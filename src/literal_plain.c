#include "literal_plain.h"

#include <string.h>

#define ENOUGH 12 /* six ASCII letters or three Han characters */
#define LONGEST 48

struct scan {
	const char *p;
	uint32_t n, at;
};

static bool
is_letter(unsigned char c)
{
	return (c | 32u) - (unsigned)'a' < 26 || c - (unsigned)'0' < 10;
}

#define LETTER 2 /* letters and digits … */
#define OTHER 1  /* … and what else has no meaning in patterns */
#define BLANK 3

/* Kinds of ASCII characters; 0: has a meaning, or is none. */
static const unsigned char kind[128] = {
    [' '] = BLANK,
    ['!'] = OTHER,
    ['"'] = OTHER,
    ['%' ... '\''] = OTHER,
    [',' ... '-'] = OTHER,
    ['/'] = OTHER,
    ['0' ... '9'] = LETTER,
    [':' ... '>'] = OTHER,
    ['@'] = OTHER,
    ['A' ... 'Z'] = LETTER,
    ['_'] = OTHER,
    ['a' ... 'z'] = LETTER,
    ['~'] = OTHER,
};

/* Length of the plain character at `at`: ASCII without a meaning in patterns,
   or Han (U+4000 to 9FFF: no case); else 0. */
static inline uint32_t
plain(const struct scan *s)
{
	const char *p = s->p + s->at;
	unsigned char c = (unsigned char)p[0];

	if (c < 0x80)
		return kind[c] != 0;
	return c >= 0xe4 && c <= 0xe9 && s->n - s->at >= 3 &&
		       (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80
		   ? 3
		   : 0;
}

/* How rare it may be. */
static inline uint32_t
weigh(unsigned char c)
{
	return c >= 0x80 ? 5 : kind[c] == BLANK ? 0 : kind[c];
}

/* Behind an escape; false: one that is more than a class or a character. */
static bool
escape(struct scan *s)
{
	char c;

	if (s->n - s->at < 2)
		return false;
	c = s->p[s->at + 1];
	if (is_letter((unsigned char)c) && strchr("bBsSdDwW", c) == NULL)
		return false;
	if ((unsigned char)c >= 0x80)
		return false;
	s->at += 2;
	return true;
}

/* Behind a class [...]. */
static bool class(struct scan *s)
{
	s->at++;
	if (s->at < s->n && s->p[s->at] == '^')
		s->at++;
	if (s->at < s->n && s->p[s->at] == ']')
		s->at++;
	while (s->at < s->n && s->p[s->at] != ']') {
		if (s->p[s->at] == '\\') {
			if (!escape(s))
				return false;
		} else if (s->p[s->at] == '[') {
			return false; /* [:alpha:] and its kin */
		} else {
			s->at++;
		}
	}
	return s->at < s->n && s->p[s->at++] == ']';
}

/* Behind the start of a group of a common kind. */
static bool
group_start(struct scan *s)
{
	static const char *const kinds[] = {
	    "?:", "?=", "?!", "?<=", "?<!", "?>", "?i:"};

	s->at++;
	if (s->at < s->n && s->p[s->at] == '*')
		return false;
	if (s->at >= s->n || s->p[s->at] != '?')
		return true;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		uint32_t len = (uint32_t)strlen(kinds[i]);

		if (s->n - s->at >= len &&
		    memcmp(s->p + s->at, kinds[i], len) == 0) {
			s->at += len;
			return true;
		}
	}
	return false;
}

/* Behind a whole group, whatever is in it. */
static bool
group(struct scan *s)
{
	uint32_t depth = 0;

	do {
		bool fine = true;

		if (s->at >= s->n)
			return false;
		switch (s->p[s->at]) {
		case '(':
			depth++;
			fine = group_start(s);
			break;
		case ')':
			depth--;
			s->at++;
			break;
		case '[':
			fine = class(s);
			break;
		case '\\':
			fine = escape(s);
			break;
		default:
			s->at++;
		}
		if (!fine)
			return false;
	} while (depth > 0);
	return true;
}

/* Behind {n}, {n,}, {n,m}: those digits are no text. */
static bool
braces(struct scan *s)
{
	uint32_t at = s->at + 1;

	while (at < s->n &&
	       (is_letter((unsigned char)s->p[at]) || s->p[at] == ','))
		at++;
	if (at == s->n || s->p[at] != '}')
		return false;
	s->at = at + 1;
	return true;
}

/* One step outside of plain runs; false where it is not understood. */
static bool
step(struct scan *s)
{
	switch (s->p[s->at]) {
	case '(':
		return group(s);
	case '[':
		return class(s);
	case '\\':
		return escape(s);
	case '{':
		return braces(s);
	default:
		s->at++;
		return true;
	}
}

void
literal_plain_skip(const char *pattern, uint32_t n, uint32_t *at)
{
	struct scan s = {pattern, n, *at};

	while (s.at < n && s.p[s.at] != ')')
		if (!step(&s))
			return;
	*at = s.at;
}

/* The run that starts here, without a last character that a quantifier may
   make optional.  *weight: how rare it may be. */
static struct plain_run
run(struct scan *s, uint32_t *weight)
{
	struct plain_run r = {s->at, 0};
	uint32_t k, w;

	*weight = 0;
	while (s->at < s->n && r.len < LONGEST && (k = plain(s)) > 0) {
		char next = s->n - s->at > k ? s->p[s->at + k] : '\0';

		w = weigh((unsigned char)s->p[s->at]);
		s->at += k;
		if (next == '?' || next == '*' || next == '+' || next == '{' ||
		    next == '\\')
			break;
		r.len += k;
		*weight += w;
	}
	return r;
}

/* What of a run's weight is in words that all links begin with. */
static uint32_t
common(const char *p, uint32_t n)
{
	static const struct {
		const char *word;
		uint32_t len, weight;
	} words[] = {{"http", 4, 8}, {"s", 1, 2}, {"://", 3, 3}, {"www", 3, 6}};
	uint32_t weight = 0;

	if (*p != 'h' && *p != 'w' && *p != ':')
		return 0;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (n < words[i].len ||
		    memcmp(p, words[i].word, words[i].len) != 0)
			continue;
		weight += words[i].weight;
		p += words[i].len;
		n -= words[i].len;
	}
	return weight;
}

bool
literal_plain(
    struct plain_run *best, bool *one_way, const char *pattern, uint32_t n)
{
	struct scan s = {pattern, n, 0};
	uint32_t most = 0, weight;
	struct plain_run r;

	*one_way = false;
	while (s.at < n) {
		if (s.p[s.at] == '|' || s.p[s.at] == ')')
			return false;
		if (plain(&s) == 0) {
			if (!step(&s))
				return false;
			continue;
		}
		r = run(&s, &weight);
		if (weight > most)
			weight -= common(pattern + r.from, r.len);
		if (weight > most) {
			most = weight;
			*best = r;
		}
	}
	*one_way = true;
	return most >= ENOUGH;
}

const char *
literal_plain_copy(struct arena *a, const char *p, uint32_t n)
{
	char *lower = arena_dup(a, p, n);

	for (uint32_t i = 0; i < n; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] = (char)(lower[i] + 32);
	return lower;
}
