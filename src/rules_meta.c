#include <string.h>

#include "rules_private.h"

/*
 * Expressions: of meta and `cut … when` (names of rules), and of if (version,
 * can, plugin …).  Read by precedence with an explicit stack into reverse
 * Polish notation, since input must not decide how deep we recurse.
 */

#define META_OPS 4096u   /* steps of one expression */
#define META_VALUES 256u /* on the stack of rules_eval */
#define OPEN 0xff        /* in meta_pending.kind: a parenthesis */

struct reader {
	struct line *line;
	const char *word; /* the directive; NULL: a condition */
	uint32_t n, npending;
	uint32_t values; /* on the stack after the last step */
};

static bool
wrong(const struct line *l, const char *at, const char *what)
{
	struct place here = rules_place(l, at);

	rules_say(l->rules, &here, ERROR, "%s", what);
	return false;
}

/* --- steps --- */

static bool
step(struct reader *e, const char *at, struct meta_op op, int values)
{
	struct rules *r = e->line->rules;
	struct rules_private *x = r->private;

	if (e->n >= META_OPS || e->values + 1 > META_VALUES)
		return wrong(e->line, at,
		    "the expression is too long or too deep: make two rules "
		    "of it");
	x->op = arena_more(r->arena, x->op, e->n, &x->op_size, sizeof op);
	x->op[e->n++] = op;
	e->values += (uint32_t)values;
	return true;
}

static bool
number(struct reader *e, const char *at, double value)
{
	return step(
	    e, at, (struct meta_op){.kind = META_NUMBER, .number = value}, 1);
}

static void
hold_back(struct reader *e, const char *at, uint8_t kind, uint8_t strength)
{
	struct rules_private *x = e->line->rules->private;

	x->pending = arena_more(e->line->rules->arena, x->pending, e->npending,
	    &x->pending_size, sizeof *x->pending);
	x->pending[e->npending++] = (struct meta_pending){at, kind, strength};
}

/* Operators that bind at least as tightly come out. */
static bool
settle(struct reader *e, uint8_t strength)
{
	const struct meta_pending *p;
	enum meta_kind kind;

	while (e->npending > 0) {
		p = &e->line->rules->private->pending[e->npending - 1];
		if (p->kind == OPEN || p->strength < strength)
			break;
		kind = p->kind;
		e->npending--;
		if (!step(e, p->at, (struct meta_op){.kind = kind},
			kind == META_NOT || kind == META_NEG ? 0 : -1))
			return false;
	}
	return true;
}

/* --- words --- */

/* Perl's precedence; longer spellings first. */
static const struct operator
{
	char text[3];
	uint8_t kind, strength;
}
operators[] = {
    {"&&", META_AND, 2},
    {"||", META_OR, 1},
    {"==", META_EQ, 3},
    {"!=", META_NE, 3},
    {"<=", META_LE, 4},
    {">=", META_GE, 4},
    {"<", META_LT, 4},
    {">", META_GT, 4},
    {"+", META_ADD, 5},
    {"-", META_SUB, 5},
    {"*", META_MUL, 6},
    {"/", META_DIV, 6},
};
#define STRENGTH_UNARY 7

/* What we can do of what rule files ask for. */
static const char *const can[] = {
    "Mail::SpamAssassin::Conf::feature_bug6558_free",
    "Mail::SpamAssassin::Conf::feature_welcomelist_blocklist",
    "Mail::SpamAssassin::Conf::feature_blocklist_welcomelist",
    "Mail::SpamAssassin::Conf::perl_min_version_5010000",
};
static const char *const plugins[] = {
    "Mail::SpamAssassin::Plugin::ReplaceTags",
    "Mail::SpamAssassin::Plugin::MIMEHeader",
};
static const struct {
	const char *word;
	double value;
} constants[] = {
    {"version", 4.0},
    {"perl_version", 5.036},
    {"local_tests_only", 1},
};

#define COUNT(v) (sizeof(v) / sizeof *(v))

static bool
in(const char *const *v, size_t n, struct slice s)
{
	for (size_t i = 0; i < n; i++)
		if (rules_same(s, v[i]))
			return true;
	return false;
}

bool
rules_plugin(struct slice name)
{
	return in(plugins, COUNT(plugins), name);
}

static struct slice
identifier(struct line *l, bool colons)
{
	struct slice s = {l->p, 0};

	while (l->p < l->end &&
	       (rules_wordchar(*l->p) || (colons && *l->p == ':')))
		l->p++;
	s.n = (uint32_t)(l->p - s.p);
	return s;
}

/* "(NAME)" behind can, has, plugin. */
static bool
argument(struct line *l, struct slice *name)
{
	rules_skip(l);
	if (l->p == l->end || *l->p != '(')
		return wrong(l, l->p, "a ( is missing here: can(NAME)");
	l->p++;
	rules_skip(l);
	*name = identifier(l, true);
	if (name->n == 0)
		return wrong(l, l->p, "a name is missing here");
	rules_skip(l);
	if (l->p == l->end || *l->p != ')')
		return wrong(l, l->p, "a ) is missing here");
	l->p++;
	return true;
}

/* In conditions there is one unknown, plugin(Simsift): a META_RULE. */
static bool
condition_word(struct reader *e, struct slice word)
{
	struct slice name;

	for (size_t i = 0; i < COUNT(constants); i++)
		if (rules_same(word, constants[i].word))
			return number(e, word.p, constants[i].value);
	if (!rules_same(word, "can") && !rules_same(word, "has") &&
	    !rules_same(word, "plugin"))
		return wrong(e->line, word.p,
		    "unknown word: version, can(NAME), has(NAME) and "
		    "plugin(NAME) are known here");
	if (!argument(e->line, &name))
		return false;
	if (word.p[0] == 'p' && rules_same(name, "Simsift"))
		return step(e, word.p, (struct meta_op){.kind = META_RULE}, 1);
	if (word.p[0] == 'p')
		return number(e, word.p, rules_plugin(name));
	return number(e, word.p, word.p[0] == 'c' && in(can, COUNT(can), name));
}

static bool
rule_word(struct reader *e, struct slice word)
{
	uint32_t rule;

	if (word.n > LIMIT_RULE_NAME)
		return wrong(e->line, word.p, "the rule name is too long");
	rule = rules_intern(e->line->rules, word);
	if (rule == NO_RULE)
		return wrong(e->line, word.p, "there are too many rules");
	rules_mention(e->line, word.p, rule, e->word);
	return step(
	    e, word.p, (struct meta_op){.kind = META_RULE, .rule = rule}, 1);
}

/* --- reading --- */

static const struct operator* operator_at(const struct line *l)
{
	size_t len, left = (size_t)(l->end - l->p);

	for (size_t i = 0; i < COUNT(operators); i++) {
		len = strlen(operators[i].text);
		if (len <= left && memcmp(l->p, operators[i].text, len) == 0)
			return &operators[i];
	}
	return NULL;
}

/* Sign, parenthesis (both leave us where we are), number or name. */
static bool
operand(struct reader *e, bool *got)
{
	struct line *l = e->line;
	const char *at = l->p;
	struct slice word;
	double value;

	*got = false;
	if (*at == '(' || *at == '!' || *at == '-') {
		hold_back(e, at,
		    *at == '('   ? OPEN
		    : *at == '!' ? META_NOT
				 : META_NEG,
		    STRENGTH_UNARY);
		l->p++;
		return true;
	}
	*got = true;
	if (rules_number(&l->p, l->end, &value))
		return number(e, at, value);
	word = identifier(l, false);
	if (word.n == 0 || (word.p[0] >= '0' && word.p[0] <= '9'))
		return wrong(l, at,
		    e->word != NULL
			? "a rule name or a number is expected here"
			: "version, can(NAME), plugin(NAME) or a number is "
			  "expected here");
	return e->word != NULL ? rule_word(e, word) : condition_word(e, word);
}

static bool
closing(struct reader *e)
{
	const char *at = e->line->p++;

	if (!settle(e, 0))
		return false;
	if (e->npending == 0)
		return wrong(e->line, at, "this ) has no (");
	e->npending--;
	return true;
}

static bool
binary(struct reader *e)
{
	struct line *l = e->line;
	const struct operator* o = operator_at(l);

	if (o == NULL)
		return wrong(l, l->p,
		    "an operator is expected here: && || == != < > <= >= "
		    "+ - * /");
	if (!settle(e, o->strength))
		return false;
	hold_back(e, l->p, o->kind, o->strength);
	l->p += strlen(o->text);
	return true;
}

static bool
expression(struct reader *e)
{
	struct line *l = e->line;
	bool have = false; /* an operand stands before this point */

	for (rules_skip(l); l->p < l->end; rules_skip(l)) {
		if (e->npending >= META_OPS)
			return wrong(l, l->p, "the expression is too long");
		if (!have) {
			if (!operand(e, &have))
				return false;
		} else if (*l->p == ')') {
			if (!closing(e))
				return false;
		} else {
			if (!binary(e))
				return false;
			have = false;
		}
	}
	if (!have)
		return wrong(l, l->end, "the expression is not complete");
	if (!settle(e, 0))
		return false;
	if (e->npending > 0)
		return wrong(l, l->rules->private->pending[e->npending - 1].at,
		    "this ( is never closed");
	return true;
}

bool
rules_expression(
    struct line *l, const char *word, const struct meta_op **op, uint32_t *n)
{
	struct reader e = {.line = l, .word = word};

	if (!expression(&e))
		return false;
	*op = l->rules->private->op;
	*n = e.n;
	return true;
}

static double
is_here(void *here, uint32_t rule)
{
	(void)rule;
	return *(const bool *)here;
}

bool
rules_condition(struct line *l, bool *here, bool *there)
{
	struct reader e = {.line = l};
	const struct meta_op *op;

	*here = *there = false;
	if (!expression(&e))
		return false;
	op = l->rules->private->op;
	*here = rules_eval(op, e.n, is_here, &(bool){true}) != 0;
	*there = rules_eval(op, e.n, is_here, &(bool){false}) != 0;
	return true;
}

/* --- value --- */

static double
apply(enum meta_kind kind, double a, double b)
{
	switch (kind) {
	case META_AND:
		return a != 0 && b != 0;
	case META_OR:
		return a != 0 || b != 0;
	case META_EQ:
		return a == b;
	case META_NE:
		return a != b;
	case META_LT:
		return a < b;
	case META_LE:
		return a <= b;
	case META_GT:
		return a > b;
	case META_GE:
		return a >= b;
	case META_ADD:
		return a + b;
	case META_SUB:
		return a - b;
	case META_MUL:
		return a * b;
	case META_DIV:
		return b == 0 ? 0 : a / b;
	default:
		return 0;
	}
}

/* The reader made sure that META_VALUES suffice and no step lacks a value. */
double
rules_eval(const struct meta_op *op, uint32_t n,
    double (*value)(void *ctx, uint32_t rule), void *ctx)
{
	double v[META_VALUES];
	uint32_t top = 0;

	for (uint32_t i = 0; i < n; i++) {
		switch (op[i].kind) {
		case META_NUMBER:
			v[top++] = op[i].number;
			break;
		case META_RULE:
			v[top++] = value(ctx, op[i].rule);
			break;
		case META_NOT:
			v[top - 1] = v[top - 1] == 0;
			break;
		case META_NEG:
			v[top - 1] = -v[top - 1];
			break;
		default:
			top--;
			v[top - 1] = apply(op[i].kind, v[top - 1], v[top]);
		}
	}
	return top > 0 ? v[0] : 0;
}

/* --- order --- */

/* A walk from each meta to what it needs, depth first. */
struct walk {
	struct rules *rules;
	uint8_t *state; /* of each rule */
	struct walk_step {
		uint32_t rule, next; /* its step to look at next */
	} * stack;
	uint32_t depth;
};
enum { UNSEEN, ON_WAY, DONE };

/* The way from `rule` back to itself is the end of the stack. */
static void
cycle(struct walk *w, uint32_t rule)
{
	struct rules *r = w->rules;
	uint32_t from = w->depth;
	char text[400];
	size_t len = 0, name;
	bool news = false;

	do {
		from--;
		news |= !r->rule[w->stack[from].rule].broken;
		r->rule[w->stack[from].rule].broken = true;
	} while (w->stack[from].rule != rule);
	if (!news)
		return;
	for (uint32_t i = from; i < w->depth; i++) {
		name = strlen(r->rule[w->stack[i].rule].name);
		if (len + name + 7 + 16 > sizeof text) {
			len += (size_t)(stpcpy(text + len, "... needs ") -
					(text + len));
			break;
		}
		memcpy(text + len, r->rule[w->stack[i].rule].name, name);
		memcpy(text + len + name, " needs ", 7);
		len += name + 7;
	}
	rules_say(r, &r->private->note[rule].defined, ERROR,
	    "a meta rule cannot need itself: %.*s%s", (int)len, text,
	    r->rule[rule].name);
}

static void
enter(struct walk *w, uint32_t rule)
{
	w->state[rule] = ON_WAY;
	w->stack[w->depth++] = (struct walk_step){rule, 0};
}

static void
walk(struct walk *w)
{
	struct rules *r = w->rules;

	while (w->depth > 0) {
		struct walk_step *s = &w->stack[w->depth - 1];
		const struct rule *u = &r->rule[s->rule];
		const struct meta_op *op;

		if (s->next == u->nmeta) {
			w->state[s->rule] = DONE;
			r->meta_order[r->nmeta_order++] = s->rule;
			w->depth--;
			continue;
		}
		op = &u->meta[s->next++];
		if (op->kind != META_RULE ||
		    r->rule[op->rule].type != RULE_META)
			continue;
		if (w->state[op->rule] == ON_WAY)
			cycle(w, op->rule);
		else if (w->state[op->rule] == UNSEEN)
			enter(w, op->rule);
	}
}

void
rules_order(struct rules *r)
{
	struct walk w = {.rules = r};
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->n; i++)
		n += r->rule[i].type == RULE_META;
	r->nmeta_order = 0;
	if (n == 0)
		return;
	r->meta_order = arena_array(r->arena, n, sizeof *r->meta_order);
	w.state = arena_alloc(r->arena, r->n);
	w.stack = arena_array(r->arena, n, sizeof *w.stack);
	for (uint32_t i = 0; i < r->n; i++) {
		if (r->rule[i].type != RULE_META || w.state[i] != UNSEEN)
			continue;
		enter(&w, i);
		walk(&w);
	}
}
