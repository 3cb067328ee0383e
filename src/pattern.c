#include "pattern.h"

#include <ctype.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void
give_up(struct pattern *ps)
{
	ps->failed = true;
}

static bool
next_is(const struct pattern *ps, const char *s)
{
	size_t len = strlen(s);

	return ps->at < ps->n && ps->n - ps->at >= len &&
	       memcmp(ps->p + ps->at, s, len) == 0;
}

/* To behind the next `end`. */
void
pattern_skip_to(struct pattern *ps, char end)
{
	const char *q = NULL;

	if (ps->at < ps->n)
		q = memchr(ps->p + ps->at, end, ps->n - ps->at);
	if (q == NULL)
		give_up(ps);
	else
		ps->at = (uint32_t)(q - ps->p) + 1;
}

/* One character of UTF-8, as strict as the checks of PCRE2 need it here: it
   refuses the whole pattern where it is not valid. */
static int32_t
read_char(struct pattern *ps)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	const unsigned char *q = (const unsigned char *)ps->p + ps->at;
	uint32_t k, c = q[0];

	k = c < 0x80 ? 0 : c < 0xc2 ? 9 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	if (k > 3 || c > 0xf4 || k >= ps->n - ps->at) {
		give_up(ps);
		return 0;
	}
	c &= k == 0 ? 0x7f : 0x3fu >> k;
	for (uint32_t i = 1; i <= k; i++) {
		if ((q[i] & 0xc0) != 0x80)
			give_up(ps);
		c = c << 6 | (q[i] & 0x3f);
	}
	if (c < least[k] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		give_up(ps);
	ps->at += k + 1;
	return (int32_t)c;
}

static int
digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return 99;
}

/* At most `max` digits. */
static uint32_t
read_number(struct pattern *ps, int base, uint32_t max)
{
	uint32_t v = 0;

	while (pattern_more(ps) && max-- > 0 &&
	       digit_of(pattern_peek(ps, 0)) < base)
		v = v * (uint32_t)base + (uint32_t)digit_of(ps->p[ps->at++]);
	return v;
}

/*
 * Escapes: ps->at is behind the letter.
 */

static void
set_char(struct pattern *ps, struct pattern_atom *a, uint32_t c)
{
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		give_up(ps);
	a->kind = PATTERN_CHAR;
	a->least = a->most = 1;
	a->n = 1;
	a->c[0] = (int32_t)c;
}

static void
braced(struct pattern *ps, struct pattern_atom *a, int base)
{
	uint32_t from = ++ps->at, v = read_number(ps, base, 8);

	if (ps->at == from || pattern_peek(ps, 0) != '}') {
		give_up(ps);
		return;
	}
	ps->at++;
	set_char(ps, a, v);
}

static void
esc_hex(struct pattern *ps, struct pattern_atom *a)
{
	if (pattern_peek(ps, 0) == '{')
		braced(ps, a, 16);
	else
		set_char(ps, a, read_number(ps, 16, 2));
}

static void
esc_octal(struct pattern *ps, struct pattern_atom *a)
{
	if (pattern_peek(ps, 0) == '{')
		braced(ps, a, 8);
	else
		give_up(ps);
}

static void
esc_zero(struct pattern *ps, struct pattern_atom *a)
{
	set_char(ps, a, read_number(ps, 8, 2));
}

static void
esc_control(struct pattern *ps, struct pattern_atom *a)
{
	unsigned char c = (unsigned char)pattern_peek(ps, 0);

	if (c < 0x20 || c > 0x7e)
		give_up(ps);
	ps->at++;
	set_char(ps, a, (uint32_t)toupper(c) ^ 0x40);
}

/* A back reference, or octal, depending on the number of groups. */
static void
esc_digit(struct pattern *ps, struct pattern_atom *a)
{
	read_number(ps, 10, PATTERN_MANY);
	a->kind = PATTERN_SOME;
	ps->refers = true;
}

static void
esc_property(struct pattern *ps, struct pattern_atom *a)
{
	a->kind = PATTERN_SOME;
	if (pattern_peek(ps, 0) == '{')
		pattern_skip_to(ps, '}');
	else if (pattern_more(ps))
		read_char(ps);
}

static void
esc_name(struct pattern *ps, struct pattern_atom *a)
{
	a->kind = PATTERN_SOME;
	if (next_is(ps, "{U"))
		pattern_skip_to(ps, '}');
}

static void
esc_reference(struct pattern *ps, struct pattern_atom *a)
{
	char c = pattern_peek(ps, 0);

	a->kind = PATTERN_SOME;
	ps->refers = true;
	ps->at++;
	if (c == '{')
		pattern_skip_to(ps, '}');
	else if (c == '<')
		pattern_skip_to(ps, '>');
	else if (c == '\'')
		pattern_skip_to(ps, c);
	else if (c == '+' || c == '-' || isdigit((unsigned char)c))
		read_number(ps, 10, PATTERN_MANY);
	else
		give_up(ps);
}

static void
esc_moves(struct pattern *ps, struct pattern_atom *a)
{
	(void)a;
	ps->moves = true;
}

static void
esc_refuse(struct pattern *ps, struct pattern_atom *a)
{
	a->kind = PATTERN_SOME;
	give_up(ps);
}

static const struct escape {
	const char *letters;
	const char *chars; /* those they stand for */
	enum pattern_kind kind;
	uint32_t least, most; /* characters that are taken */
	void (*read)(struct pattern *, struct pattern_atom *);
} escapes[] = {
    {"aefnrt", "\a\033\f\n\r\t", PATTERN_CHAR, 1, 1, NULL},
    {"dDwWsShHvV", NULL, PATTERN_SOME, 1, 1, NULL},
    {"R", NULL, PATTERN_SOME, 1, 2, NULL},
    {"X", NULL, PATTERN_SOME, 1, PATTERN_MANY, NULL},
    {"bBAzZ", NULL, PATTERN_EMPTY, 0, 0, NULL},
    {"GK", NULL, PATTERN_EMPTY, 0, 0, esc_moves},
    {"N", NULL, PATTERN_SOME, 1, 1, esc_name},
    {"x", NULL, PATTERN_CHAR, 1, 1, esc_hex},
    {"o", NULL, PATTERN_CHAR, 1, 1, esc_octal},
    {"c", NULL, PATTERN_CHAR, 1, 1, esc_control},
    {"0", NULL, PATTERN_CHAR, 1, 1, esc_zero},
    {"123456789", NULL, PATTERN_SOME, 0, PATTERN_MANY, esc_digit},
    {"pP", NULL, PATTERN_SOME, 1, 1, esc_property},
    {"kg", NULL, PATTERN_SOME, 0, PATTERN_MANY, esc_reference},
    {"CuUlL", NULL, PATTERN_SOME, 0, PATTERN_MANY, esc_refuse},
};

/* ps->at is at the backslash.  A letter that is not listed: SOME, of any
   length. */
static void
read_escape(struct pattern *ps, struct pattern_atom *a)
{
	char c = pattern_peek(ps, 1);

	a->kind = PATTERN_SOME;
	a->least = 0;
	a->most = PATTERN_MANY;
	if (ps->n - ps->at < 2) {
		give_up(ps);
		return;
	}
	ps->at++;
	if (!isalnum((unsigned char)c)) {
		set_char(ps, a, (uint32_t)read_char(ps));
		return;
	}
	ps->at++;
	for (size_t i = 0; i < COUNT(escapes); i++) {
		const struct escape *e = &escapes[i];
		const char *q = strchr(e->letters, c);

		if (q == NULL)
			continue;
		a->kind = e->kind;
		a->least = e->least;
		a->most = e->most;
		if (e->chars != NULL)
			set_char(ps, a, (uint32_t)e->chars[q - e->letters]);
		if (e->read != NULL)
			e->read(ps, a);
		return;
	}
}

/*
 * Classes
 */
struct members {
	int32_t c[PATTERN_CHARS];
	uint32_t n;
	bool many;
};

static void
add_range(struct pattern *ps, struct members *m, int32_t from, int32_t last)
{
	if (from > last)
		give_up(ps);
	else if (last - from >= (int32_t)(PATTERN_CHARS - m->n))
		m->many = true;
	else
		for (; from <= last; from++)
			m->c[m->n++] = from;
}

static bool
posix_next(const struct pattern *ps)
{
	return next_is(ps, "[:") || next_is(ps, "[.") || next_is(ps, "[=");
}

/* [:alpha:] and the like; anything near to it is not understood. */
static void
posix_class(struct pattern *ps, struct members *m)
{
	ps->at += 2;
	if (pattern_peek(ps, 0) == '^')
		ps->at++;
	while (pattern_more(ps) && isalpha((unsigned char)pattern_peek(ps, 0)))
		ps->at++;
	if (!next_is(ps, ":]"))
		give_up(ps);
	ps->at += 2;
	m->many = true;
}

/* A character of a class, or SOME. */
static void
member(struct pattern *ps, struct pattern_atom *a)
{
	char c = pattern_peek(ps, 1);

	if (pattern_peek(ps, 0) != '\\' || ps->quoted) {
		set_char(ps, a, (uint32_t)read_char(ps));
	} else if (c == 'b') {
		set_char(ps, a, '\b');
		ps->at += 2;
	} else
		read_escape(ps, a);
}

/* A character, a range, or what stands for many. */
static void
members_read(struct pattern *ps, struct members *m)
{
	struct pattern_atom a, b;

	member(ps, &a);
	if (a.kind != PATTERN_CHAR) {
		m->many = true;
		return;
	}
	if (ps->quoted || pattern_peek(ps, 0) != '-' ||
	    pattern_peek(ps, 1) == ']') {
		add_range(ps, m, a.c[0], a.c[0]);
		return;
	}
	ps->at++;
	if (!pattern_more(ps) || next_is(ps, "\\Q") || next_is(ps, "\\E") ||
	    posix_next(ps)) {
		give_up(ps);
		return;
	}
	member(ps, &b);
	if (b.kind != PATTERN_CHAR)
		m->many = true; /* [a-\d] */
	else
		add_range(ps, m, a.c[0], b.c[0]);
}

static void
atom_class(struct pattern *ps, struct pattern_atom *a)
{
	struct members m = {.n = 0};
	uint32_t first;

	ps->at++;
	if (pattern_peek(ps, 0) == '^') {
		m.many = true;
		ps->at++;
	}
	if (next_is(ps, "\\Q") || next_is(ps, "\\E"))
		give_up(ps); /* whether ] behind it ends the class */
	first = ps->at;
	while (pattern_more(ps)) {
		if (next_is(ps, "\\E") || (!ps->quoted && next_is(ps, "\\Q"))) {
			ps->quoted = pattern_peek(ps, 1) == 'Q';
			m.many = true; /* a range across it or not */
			ps->at += 2;
		} else if (!ps->quoted && pattern_peek(ps, 0) == ']' &&
			   ps->at > first)
			break;
		else if (!ps->quoted && posix_next(ps))
			posix_class(ps, &m);
		else
			members_read(ps, &m);
	}
	if (!pattern_more(ps) || ps->quoted) {
		give_up(ps);
		return;
	}
	ps->at++;
	a->kind = m.many ? PATTERN_SOME : PATTERN_CHAR;
	a->least = a->most = 1;
	a->n = m.n;
	memcpy(a->c, m.c, m.n * sizeof *m.c);
}

/*
 * Groups
 */
static const struct {
	const char *text;
	enum pattern_group how;
	char end; /* of the name */
} heads[] = {
    {"?:", PATTERN_PLAIN, 0},
    {"?>", PATTERN_PLAIN, 0},
    {"?|", PATTERN_PLAIN, 0},
    {"?=", PATTERN_LOOK, 0},
    {"?!", PATTERN_LOOK, 0},
    {"?*", PATTERN_LOOK, 0},
    {"?<=", PATTERN_LOOK, 0},
    {"?<!", PATTERN_LOOK, 0},
    {"?<*", PATTERN_LOOK, 0},
    {"?P<", PATTERN_PLAIN, '>'},
    {"?<", PATTERN_PLAIN, '>'},
    {"?'", PATTERN_PLAIN, '\''},
    {"?P=", PATTERN_CALL, 0},
    {"?P>", PATTERN_CALL, 0},
    {"?R", PATTERN_CALL, 0},
    {"?&", PATTERN_CALL, 0},
    {"?+", PATTERN_CALL, 0},
    {"?(", PATTERN_COND, 0},
};

/* (?i-x:  or (?i-x): only x matters, since case does not. */
static enum pattern_group
group_flags(struct pattern *ps)
{
	bool on = true;

	for (; pattern_more(ps); ps->at++) {
		char c = pattern_peek(ps, 0);

		if (c == ')' || c == ':')
			break;
		if (c == '^')
			ps->x = false;
		else if (c == '-')
			on = false;
		else if (c == 'x' && pattern_peek(ps, 1) != 'x')
			ps->x = on;
		else if (c == '\0' || strchr("imsnJU", c) == NULL)
			give_up(ps); /* xx: blanks in classes, too */
	}
	return pattern_peek(ps, 0) == ')' ? PATTERN_FLAGS
					  : (ps->at++, PATTERN_PLAIN);
}

enum pattern_group
pattern_group(struct pattern *ps)
{
	char c;

	ps->at++;
	c = pattern_peek(ps, 1);
	if (pattern_peek(ps, 0) == '*')
		give_up(ps); /* (*ACCEPT) ends a match anywhere */
	if (pattern_peek(ps, 0) != '?')
		return PATTERN_PLAIN;
	for (size_t i = 0; i < COUNT(heads); i++) {
		if (!next_is(ps, heads[i].text))
			continue;
		ps->at += (uint32_t)strlen(heads[i].text);
		if (heads[i].end != 0)
			pattern_skip_to(ps, heads[i].end);
		ps->refers |= heads[i].how == PATTERN_CALL ||
			      heads[i].how == PATTERN_COND;
		return heads[i].how;
	}
	if (isdigit((unsigned char)(c == '-' ? pattern_peek(ps, 2) : c))) {
		ps->refers = true;
		return PATTERN_CALL;
	}
	ps->at++;
	return group_flags(ps);
}

/*
 * Items, and how often
 */
/* What stands in a pattern without meaning. */
static bool
skip_one(struct pattern *ps)
{
	char c = pattern_peek(ps, 0);

	if (!ps->x && c != '\\' && c != '(')
		return false;
	if (next_is(ps, "\\E") || (!ps->quoted && next_is(ps, "\\Q"))) {
		ps->quoted = pattern_peek(ps, 1) == 'Q';
		ps->at += 2;
		return true;
	}
	if (ps->quoted || !pattern_more(ps))
		return false;
	if (next_is(ps, "(?#")) {
		pattern_skip_to(ps, ')');
		return true;
	}
	if (!ps->x)
		return false;
	if (c == '#') /* to the line's end; there may be none */
		while (pattern_more(ps) && pattern_peek(ps, 0) != '\n') {
			if (pattern_peek(ps, 0) == '\r')
				give_up(ps); /* is it one? */
			ps->at++;
		}
	else if (isspace((unsigned char)c))
		ps->at++;
	else {
		/* white space outside ASCII: depends on the version */
		if (next_is(ps, "\xc2\x85") || next_is(ps, "\xe2\x80"))
			give_up(ps);
		return false;
	}
	return true;
}

void
pattern_skip(struct pattern *ps)
{
	while (!ps->failed && skip_one(ps))
		;
}

/* {n}, {n,}, {n,m}.  With blanks, or {,m}: text or not, by version. */
static bool
read_braces(struct pattern *ps, struct pattern_times *t)
{
	uint32_t i = 1, commas = 0, digits = 0, from = ps->at;

	for (; pattern_peek(ps, i) != '}'; i++) {
		char c = pattern_peek(ps, i);

		commas += c == ',';
		digits += isdigit((unsigned char)c) != 0;
		t->vague |= c == ' ' || c == '\t' || (c == ',' && digits == 0);
		if (c == '\0' || commas > 1 ||
		    strchr(" \t,0123456789", c) == NULL)
			return false;
	}
	if (digits == 0)
		return false;
	ps->at++;
	t->min = t->max = read_number(ps, 10, 5);
	if (pattern_peek(ps, 0) == ',') {
		ps->at++;
		t->max = pattern_peek(ps, 0) == '}' ? PATTERN_MANY
						    : read_number(ps, 10, 5);
	}
	if (!t->vague && (pattern_peek(ps, 0) != '}' || t->min > t->max))
		give_up(ps);
	ps->at = from + i + 1;
	return true;
}

static bool
read_times(struct pattern *ps, struct pattern_times *t)
{
	char c = pattern_peek(ps, 0);
	struct pattern_times b = {0};

	if (!pattern_more(ps) || ps->quoted)
		return false;
	if (c == '{') {
		if (!read_braces(ps, &b))
			return false;
		*t = b;
		return true;
	}
	if (c != '?' && c != '*' && c != '+')
		return false;
	*t = (struct pattern_times){
	    c == '+', c == '?' ? 1 : PATTERN_MANY, false};
	ps->at++;
	return true;
}

struct pattern_times
pattern_times(struct pattern *ps)
{
	struct pattern_times t = {1, 1, false}, again;

	pattern_skip(ps);
	if (!read_times(ps, &t))
		return t;
	if (pattern_peek(ps, 0) == '?' || pattern_peek(ps, 0) == '+')
		ps->at++; /* lazy, possessive */
	pattern_skip(ps);
	while (read_times(ps, &again)) {
		t.vague = true;
		pattern_skip(ps);
	}
	return t;
}

static void
atom_escape(struct pattern *ps, struct pattern_atom *a)
{
	read_escape(ps, a);
}

static void
atom_any(struct pattern *ps, struct pattern_atom *a)
{
	ps->at++;
	a->kind = PATTERN_SOME;
	a->least = a->most = 1;
}

static void
atom_anchor(struct pattern *ps, struct pattern_atom *a)
{
	ps->at++;
	a->kind = PATTERN_EMPTY;
	a->least = a->most = 0;
}

static void
atom_stray(struct pattern *ps, struct pattern_atom *a)
{
	struct pattern_times t;

	if (read_times(ps, &t))
		give_up(ps); /* nothing to repeat */
	else
		set_char(ps, a, (uint32_t)read_char(ps));
}

static const struct {
	char c;
	void (*read)(struct pattern *, struct pattern_atom *);
} atoms[] = {
    {'\\', atom_escape},
    {'[', atom_class},
    {'.', atom_any},
    {'^', atom_anchor},
    {'$', atom_anchor},
    {'?', atom_stray},
    {'*', atom_stray},
    {'+', atom_stray},
    {'{', atom_stray},
};

void
pattern_atom(struct pattern *ps, struct pattern_atom *a)
{
	char c = pattern_peek(ps, 0);
	size_t n = isalnum((unsigned char)c) || ps->quoted ? 0 : COUNT(atoms);

	a->n = 0;
	for (size_t i = 0; i < n; i++)
		if (atoms[i].c == c) {
			atoms[i].read(ps, a);
			return;
		}
	set_char(ps, a, (uint32_t)read_char(ps));
}
