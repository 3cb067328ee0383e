#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rules_private.h"

/* What all lines are made of, and how they are complained of. */

#define SHOWN 60u /* bytes of the file's words in a complaint */

/* --- complaints --- */

/* Column in the file: a copy without the backslashes of \# is shorter. */
uint32_t
rules_column(const struct line *l, const char *at)
{
	const char *raw = l->raw;

	if (!l->unescaped)
		return (uint32_t)(raw - l->at.source + (at - l->text)) + 1;
	for (const char *p = l->text; p < at; p++, raw++)
		if (raw[0] == '\\' && raw[1] == '#')
			raw++;
	return (uint32_t)(raw - l->at.source) + 1;
}

struct place
rules_place(const struct line *l, const char *at)
{
	struct place here = l->at;

	here.column = rules_column(l, at);
	return here;
}

void
rules_tell(const struct line *l, const char *at, enum weight weight,
    const char *fmt, ...)
{
	struct place here = rules_place(l, at);
	char text[480] = "";
	va_list ap;

	va_start(ap, fmt);
	if (rules_room(l->rules, weight))
		vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	rules_say(l->rules, &here, weight, "%s", text);
}

int
rules_shown(struct slice s)
{
	return (int)(s.n < SHOWN ? s.n : SHOWN);
}

void
rules_refuse(const struct line *l, const char *at, const char *why)
{
	l->rules->refused++;
	rules_tell(l, at, WARNING, "refused: %s", why);
}

void
rules_mention(
    const struct line *l, const char *at, uint32_t rule, const char *word)
{
	struct note *x = &l->rules->private->note[rule];

	if (x->word != NULL || l->rules->rule[rule].type != RULE_NONE)
		return;
	x->word = word;
	x->mention = rules_place(l, at);
}

/* --- words --- */

struct slice
rules_word(struct line *l)
{
	struct slice s = {l->p, 0};

	while (l->p < l->end && !rules_blank(*l->p))
		l->p++;
	s.n = (uint32_t)(l->p - s.p);
	rules_skip(l);
	return s;
}

struct slice
rules_rest(struct line *l)
{
	struct slice s = {l->p, (uint32_t)(l->end - l->p)};

	l->p = l->end;
	return s;
}

const char *
rules_dup(const struct line *l, struct slice s)
{
	return arena_dup(l->rules->arena, s.p, s.n);
}

bool
rules_begins(struct slice s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && memcmp(s.p, with, n) == 0;
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
rules_number(const char **p, const char *end, double *out)
{
	const char *s = *p;
	double v = 0, place = 1;
	int digits = 0;

	for (; s < end && digit(*s); s++, digits++)
		v = v * 10 + (*s - '0');
	if (digits == 0)
		return false;
	if (s + 1 < end && *s == '.' && digit(s[1]))
		for (s++; s < end && digit(*s); s++, digits++) {
			v = v * 10 + (*s - '0');
			place *= 10;
		}
	if (digits > 15)
		return false;
	*p = s;
	*out = v / place;
	return true;
}

bool
rules_valid_name(struct slice s)
{
	for (uint32_t i = 0; i < s.n; i++)
		if (!rules_wordchar(s.p[i]))
			return false;
	return s.n > 0 && !digit(s.p[0]);
}

uint32_t
rules_rule(struct line *l)
{
	struct slice name = rules_word(l);
	uint32_t i;

	if (name.n == 0) {
		rules_tell(l, name.p, ERROR, "a rule name is missing here");
		return NO_RULE;
	}
	if (!rules_valid_name(name)) {
		rules_tell(l, name.p, ERROR,
		    "not a rule name: %.*s (letters, digits and _, no digit "
		    "first)",
		    rules_shown(name), name.p);
		return NO_RULE;
	}
	if (name.n > LIMIT_RULE_NAME) {
		rules_tell(l, name.p, ERROR, "the rule name is longer than %u",
		    LIMIT_RULE_NAME);
		return NO_RULE;
	}
	i = rules_intern(l->rules, name);
	if (i == NO_RULE)
		rules_tell(l, name.p, ERROR, "there are more than %u rules",
		    LIMIT_RULES);
	return i;
}

uint32_t
rules_mentioned(struct line *l, const struct directive *d)
{
	const char *at = l->p;
	uint32_t i = rules_rule(l);

	if (i != NO_RULE)
		rules_mention(l, at, i, d->name);
	return i;
}

bool
rules_missing(struct line *l, const char *what)
{
	if (l->p < l->end)
		return false;
	rules_tell(l, l->end, ERROR, "%s is missing here", what);
	return true;
}

bool
rules_standalone(struct line *l, const struct directive *d)
{
	if (l->p == l->end)
		return true;
	rules_tell(l, l->p, ERROR, "nothing may stand behind %s", d->name);
	return false;
}

/* The index of the next word in a NULL-ended list, or -1. */
int
rules_one_of(struct slice s, const char *const *list)
{
	for (int i = 0; list[i] != NULL; i++)
		if (rules_same(s, list[i]))
			return i;
	return -1;
}

unsigned
rules_distance(struct slice a, struct slice b)
{
	uint8_t row[3][LIMIT_RULE_NAME + 2];
	uint8_t *two = row[0], *one = row[1], *now = row[2], *t;
	unsigned best, d;

	if (a.n + 2 < b.n || b.n + 2 < a.n)
		return RULES_FAR;
	for (uint32_t k = 0; k <= b.n; k++)
		one[k] = (uint8_t)k;
	for (uint32_t i = 1; i <= a.n; i++) {
		now[0] = (uint8_t)i;
		best = i;
		for (uint32_t k = 1; k <= b.n; k++) {
			d = one[k - 1] + (a.p[i - 1] != b.p[k - 1]);
			if (d > one[k] + 1u)
				d = one[k] + 1u;
			if (d > now[k - 1] + 1u)
				d = now[k - 1] + 1u;
			if (i > 1 && k > 1 && a.p[i - 1] == b.p[k - 2] &&
			    a.p[i - 2] == b.p[k - 1] && d > two[k - 2] + 1u)
				d = two[k - 2] + 1u;
			now[k] = (uint8_t)d;
			if (d < best)
				best = d;
		}
		if (best >= RULES_FAR)
			return RULES_FAR;
		t = two;
		two = one;
		one = now;
		now = t;
	}
	return one[b.n];
}

bool
rules_near_word(const char *a, const char *b)
{
	size_t n = strlen(a), k = strlen(b);

	return n > 2 && n <= LIMIT_RULE_NAME && k <= LIMIT_RULE_NAME &&
	       rules_distance((struct slice){a, (uint32_t)n},
		   (struct slice){b, (uint32_t)k}) < RULES_FAR;
}
