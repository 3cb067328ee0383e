#include <string.h>

#include "decode.h"
#include "rules_private.h"

/* Lines that define a rule: header, body, rawbody, uri, full, mimeheader, meta;
   and those that would define one which we do not have. */

/* --- patterns --- */

struct pattern {
	struct slice text;
	uint32_t column;
	unsigned flags;
};

static char
closer(char open)
{
	static const char pair[] = "(){}[]<>";
	const char *p = strchr(pair, open);

	return p != NULL && (p - pair) % 2 == 0 ? p[1] : open;
}

/* From behind the [ of a class to its ]. */
static const char *
class_end(const char *p, const char *end)
{
	if (p < end && *p == '^')
		p++;
	if (p < end && *p == ']')
		p++;
	for (; p < end && *p != ']'; p++) {
		if (*p == '\\')
			p++;
		else if (end - p > 1 && p[0] == '[' && p[1] == ':')
			for (p += 2; p < end && *p != ']';)
				p++;
	}
	return p < end ? p : end;
}

/* Where the pattern from p on ends; `end` where it does not.  Brackets nest,
   but not inside a class: m{[{]}. */
static const char *
pattern_end(const char *p, const char *end, char open)
{
	char close = closer(open);
	unsigned depth = 0;

	/* The usual case: nothing nests. */
	for (; close == open && p < end; p++) {
		if (*p == '\\')
			p++;
		else if (*p == close)
			return p;
	}
	for (; p < end; p++) {
		if (*p == '\\')
			p++;
		else if (*p == close && depth-- == 0)
			return p;
		else if (close != open && *p == open)
			depth++;
		else if (close != open && open != '[' && *p == '[')
			p = class_end(p + 1, end);
	}
	return end;
}

/* /…/ m{…} m,…, and qr: to the first byte of the pattern. */
static bool
delimiter(struct line *l, char *open)
{
	struct slice s = {l->p, (uint32_t)(l->end - l->p)};

	if (rules_begins(s, "m"))
		l->p++;
	else if (rules_begins(s, "qr"))
		l->p += 2;
	if (l->p < l->end)
		*open = *l->p++;
	if (s.n == 0 || s.p == l->p || (l->p - s.p == 1 && *open != '/') ||
	    *open < '!' || *open > '~' || *open == '\\' ||
	    rules_wordchar(*open)) {
		rules_tell(l, s.p, ERROR,
		    "a pattern is expected here: /.../ or m{...}");
		return false;
	}
	return true;
}

static bool
pattern_flags(struct line *l, unsigned *flags)
{
	static const char letter[] = "ismxoaun";
	static const unsigned bit[] = {RE_CASELESS, RE_DOTALL, RE_MULTILINE,
	    RE_EXTENDED, 0, 0, 0, 0}; /* o a u n change nothing here */
	const char *p;

	for (; l->p < l->end && rules_wordchar(*l->p); l->p++) {
		p = strchr(letter, *l->p);
		if (p == NULL) {
			rules_tell(l, l->p, ERROR,
			    "unknown flag %c: i, s, m and x are known", *l->p);
			return false;
		}
		*flags |= bit[p - letter];
	}
	rules_skip(l);
	return true;
}

bool
rules_utf8(const struct line *l, struct slice s, const char *what)
{
	uint32_t cp, n = 0, len;

	if (l->source->utf8 || decode_utf8_valid(s.p, s.n))
		return true;
	while (n < s.n && (len = decode_utf8(s.p + n, s.n - n, &cp)) > 0)
		n += len;
	rules_tell(l, s.p + n, ERROR,
	    "the %s is not UTF-8 here; save the file as UTF-8", what);
	return false;
}

/* SpamAssassin's own rules hold a few patterns in ISO-8859-1. */
static void
from_latin1(struct line *l, struct slice *s)
{
	char *p = arena_alloc(l->rules->arena, (size_t)s->n * 2 + 1);
	uint32_t n = 0;

	rules_tell(l, s->p, WARNING,
	    "the pattern is not UTF-8: it is read as ISO-8859-1");
	for (uint32_t i = 0; i < s->n; i++)
		n += decode_put_utf8(p + n, (unsigned char)s->p[i]);
	*s = (struct slice){p, n};
}

static bool
read_pattern(struct line *l, struct pattern *out)
{
	const char *at = l->p, *end;
	char open = 0;

	if (!delimiter(l, &open))
		return false;
	end = pattern_end(l->p, l->end, open);
	if (end >= l->end) {
		rules_tell(l, at, ERROR,
		    "the pattern is not closed: %c is missing", closer(open));
		return false;
	}
	*out = (struct pattern){.text = {l->p, (uint32_t)(end - l->p)},
	    .column = rules_column(l, l->p)};
	if (out->text.n == 0) {
		rules_tell(
		    l, at, ERROR, "the pattern is empty: it always matches");
		return false;
	}
	l->p = end + 1;
	if (!pattern_flags(l, &out->flags))
		return false;
	if (l->p < l->end) {
		rules_tell(l, l->p, ERROR,
		    "text behind the pattern; inside it %c is written \\%c",
		    closer(open), closer(open));
		return false;
	}
	if (!l->source->utf8 && !decode_utf8_valid(out->text.p, out->text.n))
		from_latin1(l, &out->text);
	return true;
}

/* --- definitions --- */

/* What is set by name (score, describe, category, tflags) stays. */
static struct rule *
define(struct line *l, const char *at, uint32_t i, enum rule_type type)
{
	struct rules *r = l->rules;
	struct rule *u = &r->rule[i];
	struct rule new = {.name = u->name,
	    .describe = u->describe,
	    .category = u->category,
	    .file = l->at.file,
	    .line = l->at.line,
	    .type = type,
	    .flags = u->flags & (RULE_NOFOLD | RULE_MULTIPLE | RULE_NOSUBJECT |
				    RULE_NICE | RULE_HIDDEN | RULE_FIRST |
				    RULE_LATE | RULE_EVERYWHERE),
	    .maxhits = u->maxhits,
	    .score = u->score,
	    .scored = u->scored};

	*u = new;
	r->private->note[i].defined = rules_place(l, at);
	return u;
}

static void
set_pattern(struct rule *u, const struct pattern *p)
{
	u->pattern = p->text.p;
	u->pattern_len = p->text.n;
	u->pattern_col = p->column;
	u->re_flags = p->flags;
}

/* The line is not taken, and that has been said: no more of it later. */
static void
not_defined(struct line *l, uint32_t i)
{
	l->rules->private->note[i].told = true;
	if (l->rules->rule[i].type == RULE_NONE)
		l->rules->rule[i].broken = true;
}

static const char *
why_refused(struct slice function)
{
	static const struct {
		const char *start, *why;
	} kinds[] = {
	    {"check_rbl", "a network test; nothing is asked of the net"},
	    {"check_dns", "a network test; nothing is asked of the net"},
	    {"check_uridnsbl", "a network test; nothing is asked of the net"},
	    {"check_razor", "a network test; nothing is asked of the net"},
	    {"check_pyzor", "a network test; nothing is asked of the net"},
	    {"check_dcc", "a network test; nothing is asked of the net"},
	    {"check_bayes", "a Bayes test; there is no such database"},
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (rules_begins(function, kinds[i].start))
			return kinds[i].why;
	return "eval: calls a function of a plugin; only patterns are taken";
}

static bool
refused_eval(struct line *l, uint32_t i)
{
	struct slice s = {l->p, (uint32_t)(l->end - l->p)};

	if (rules_begins(s, "rbleval:"))
		rules_refuse(
		    l, l->p, why_refused((struct slice){"check_rbl", 9}));
	else if (rules_begins(s, "eval:"))
		rules_refuse(
		    l, l->p, why_refused((struct slice){s.p + 5, s.n - 5}));
	else
		return false;
	not_defined(l, i);
	return true;
}

/* body, rawbody, uri, full: arg is the type */
void
rules_do_text_rule(struct line *l, const struct directive *d)
{
	const char *at = l->p;
	uint32_t i = rules_rule(l);
	struct pattern p;

	if (i == NO_RULE || refused_eval(l, i))
		return;
	if (!read_pattern(l, &p)) {
		not_defined(l, i);
		return;
	}
	set_pattern(define(l, at, i, (enum rule_type)d->arg), &p);
}

struct header {
	const char *name, *if_unset;
	unsigned flags;
	struct pattern pattern;
};

/* Names that stand for more than one field keep their case. */
static const char *
field_name(const struct line *l, struct slice s)
{
	static const char *const pseudo[] = {"ALL", "ALL-TRUSTED",
	    "ALL-INTERNAL", "ALL-UNTRUSTED", "ALL-EXTERNAL", "ToCc",
	    "MESSAGEID", "EnvelopeFrom", NULL};
	char *name = arena_dup(l->rules->arena, s.p, s.n);

	if (rules_one_of(s, pseudo) == -1)
		for (char *p = name; *p != '\0'; p++)
			if (*p >= 'A' && *p <= 'Z')
				*p |= 0x20;
	return name;
}

static struct slice
field_word(struct line *l)
{
	struct slice s = {l->p, 0};

	while (l->p < l->end &&
	       (rules_wordchar(*l->p) || *l->p == '-' || *l->p == '.'))
		l->p++;
	s.n = (uint32_t)(l->p - s.p);
	return s;
}

static bool
modifiers(struct line *l, struct header *h)
{
	static const char *const ours[] = {"raw", "addr", "name", NULL};
	static const unsigned bit[] = {
	    RULE_HDR_RAW, RULE_HDR_ADDR, RULE_HDR_NAME};
	static const char *const theirs[] = {
	    "host", "domain", "ip", "revip", "first", "last", NULL};
	struct slice s;
	int k;

	while (l->p < l->end && *l->p == ':') {
		l->p++;
		s = field_word(l);
		k = rules_one_of(s, ours);
		if (k >= 0) {
			h->flags |= bit[k];
		} else if (rules_one_of(s, theirs) >= 0) {
			rules_refuse(l, s.p,
			    "of a header field :raw, :addr and "
			    ":name are taken");
			return false;
		} else if (s.n > 0) {
			rules_tell(l, s.p, ERROR,
			    "unknown: %.*s; :raw, :addr and :name are known",
			    rules_shown(s), s.p);
			return false;
		}
	}
	return true;
}

/* Cuts "[if-unset: TEXT]" off the end of the line. */
static bool
take_unset(struct line *l, struct header *h)
{
	static const char mark[] = "[if-unset:";
	struct slice s;
	const char *p;

	if (l->p == l->end || l->end[-1] != ']')
		return true;
	p = memmem(l->p, (size_t)(l->end - l->p), mark, sizeof mark - 1);
	if (p == NULL || !rules_blank(p[-1]))
		return true;
	s.p = p + sizeof mark - 1;
	s.n = (uint32_t)(l->end - 1 - s.p);
	for (; s.n > 0 && rules_blank(*s.p); s.n--)
		s.p++;
	if (!rules_utf8(l, s, "text"))
		return false;
	h->if_unset = rules_dup(l, s);
	for (l->end = p; l->end > l->p && rules_blank(l->end[-1]);)
		l->end--;
	return true;
}

static bool
field_operator(struct line *l, struct header *h)
{
	rules_skip(l);
	if (l->end - l->p < 2 || l->p[1] != '~' ||
	    (l->p[0] != '=' && l->p[0] != '!')) {
		rules_tell(l, l->p, ERROR, "=~ or !~ is expected here");
		return false;
	}
	if (l->p[0] == '!')
		h->flags |= RULE_NEGATE;
	l->p += 2;
	rules_skip(l);
	return true;
}

static bool
read_header(struct line *l, struct header *h, bool exists)
{
	struct slice s = {l->p, (uint32_t)(l->end - l->p)};
	bool test = exists && rules_begins(s, "exists:");

	if (test)
		l->p += strlen("exists:");
	s = field_word(l);
	if (s.n == 0) {
		rules_tell(l, s.p, ERROR,
		    "the name of a header field is expected "
		    "here");
		return false;
	}
	h->name = field_name(l, s);
	if (!modifiers(l, h))
		return false;
	if (!test)
		return field_operator(l, h) && take_unset(l, h) &&
		       read_pattern(l, &h->pattern);
	h->flags |= RULE_EXISTS;
	if (l->p == l->end)
		return true;
	rules_tell(l, l->p, ERROR, "only a field may stand behind exists:");
	return false;
}

/* header, mimeheader: arg is the type */
void
rules_do_header(struct line *l, const struct directive *d)
{
	const char *at = l->p;
	uint32_t i = rules_rule(l);
	struct header h = {0};
	struct rule *u;

	if (i == NO_RULE || refused_eval(l, i))
		return;
	if (!read_header(l, &h, d->arg == RULE_HEADER)) {
		not_defined(l, i);
		return;
	}
	u = define(l, at, i, (enum rule_type)d->arg);
	u->header = h.name;
	u->if_unset = h.if_unset;
	u->flags |= h.flags;
	if (h.pattern.text.n > 0)
		set_pattern(u, &h.pattern);
}

struct meta_op *
rules_keep(const struct line *l, const struct meta_op *op, uint32_t n)
{
	return memcpy(
	    arena_array(l->rules->arena, n, sizeof *op), op, n * sizeof *op);
}

void
rules_do_meta(struct line *l, const struct directive *d)
{
	const char *at = l->p;
	uint32_t n, i = rules_rule(l);
	const struct meta_op *op;
	struct rule *u;

	if (i == NO_RULE)
		return;
	if (!rules_expression(l, d->name, &op, &n)) {
		not_defined(l, i);
		return;
	}
	u = define(l, at, i, RULE_META);
	u->meta = rules_keep(l, op, n);
	u->nmeta = n;
}

/* The rules that a near rule names, up to its distance. */
static bool
near_rules(
    struct line *l, const struct directive *d, uint32_t *rule, uint32_t *n)
{
	uint32_t i;

	while (l->p < l->end && !(*l->p >= '0' && *l->p <= '9')) {
		if (*n == LIMIT_NEAR_RULES) {
			rules_tell(l, l->p, ERROR,
			    "more than %u rules in one near", LIMIT_NEAR_RULES);
			return false;
		}
		i = rules_mentioned(l, d);
		if (i == NO_RULE)
			return false;
		rule[(*n)++] = i;
	}
	if (*n < 2)
		rules_tell(l, l->p, ERROR,
		    "near NAME A B... CHARACTERS: two rules are expected");
	return *n >= 2;
}

/* near NAME A B... CHARACTERS */
void
rules_do_near(struct line *l, const struct directive *d)
{
	const char *at = l->p;
	uint32_t i = rules_rule(l), rule[LIMIT_NEAR_RULES], n = 0;
	double distance = 0;
	struct rule *u;

	if (i == NO_RULE)
		return;
	if (!near_rules(l, d, rule, &n) ||
	    rules_missing(l, "a number of characters")) {
		not_defined(l, i);
		return;
	}
	if (!rules_number(&l->p, l->end, &distance) || distance < 1 ||
	    distance > LIMIT_NEAR) {
		rules_tell(l, l->p, ERROR, "1 to %u characters are expected",
		    LIMIT_NEAR);
		not_defined(l, i);
		return;
	}
	rules_skip(l);
	rules_standalone(l, d);
	u = define(l, at, i, RULE_NEAR);
	u->near = arena_array(l->rules->arena, n, sizeof *u->near);
	memcpy(u->near, rule, n * sizeof *rule);
	u->nnear = n;
	u->distance = (uint32_t)distance;
}

/* Rules of kinds that we do not have. */
void
rules_do_refuse(struct line *l, const struct directive *d)
{
	static const char *const why[] = {
	    "plugins in Perl are not loaded here",
	    "a network test; nothing is asked of the net",
	    "a test of a plugin that is not here",
	};
	struct slice name;
	uint32_t i;

	rules_refuse(l, l->at_key, why[d->arg]);
	name = rules_word(l);
	if (d->arg == REFUSE_PLUGIN || !rules_valid_name(name) ||
	    name.n > LIMIT_RULE_NAME)
		return;
	i = rules_intern(l->rules, name);
	if (i != NO_RULE)
		not_defined(l, i);
}
