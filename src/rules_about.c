#include <string.h>

#include "rules_private.h"

/* Lines that say something about a rule, in any order with its definition; and
   our own: category, cut, guard, action. */

/* --- about rules --- */

static bool
score_value(struct line *l, double *value, bool *relative)
{
	struct slice s = rules_word(l);
	const char *p = s.p, *end = s.p + s.n;
	bool minus;

	if (s.n > 2 && s.p[0] == '(' && end[-1] == ')') {
		*relative = true;
		p++;
		end--;
	}
	minus = p < end && *p == '-';
	p += minus;
	if (!rules_number(&p, end, value) || p != end) {
		rules_tell(
		    l, s.p, ERROR, "not a score: %.*s", rules_shown(s), s.p);
		return false;
	}
	if (minus)
		*value = -*value;
	return true;
}

void
rules_do_score(struct line *l, const struct directive *d)
{
	uint32_t i = rules_mentioned(l, d);
	const char *at = l->p;
	double value[4];
	bool relative = false;
	int n = 0;
	struct rule *u;

	if (i == NO_RULE || rules_missing(l, "a score"))
		return;
	for (; n < 4 && l->p < l->end; n++)
		if (!score_value(l, &value[n], &relative))
			return;
	u = &l->rules->rule[i];
	if (l->p < l->end || (n != 1 && n != 4)) {
		rules_tell(l, at, ERROR, "one score or four are expected here");
	} else if (relative && !u->scored) {
		rules_tell(l, at, ERROR,
		    "%s has no score yet that (n) could be added to", u->name);
	} else {
		u->score = value[0] + (relative ? u->score : 0);
		u->scored = true;
	}
}

void
rules_do_describe(struct line *l, const struct directive *d)
{
	uint32_t i = rules_rule(l);

	(void)d;
	if (i != NO_RULE && !rules_missing(l, "a text"))
		l->rules->rule[i].describe = rules_dup(l, rules_rest(l));
}

static void
max_hits(struct line *l, struct rule *u, struct slice s)
{
	const char *p = s.p + strlen("maxhits=");
	double n;

	if (rules_number(&p, s.p + s.n, &n) && p == s.p + s.n && n < 1e6)
		u->maxhits = (uint32_t)n;
	else
		rules_tell(l, s.p, ERROR, "maxhits= needs a number");
}

void
rules_do_tflags(struct line *l, const struct directive *d)
{
	static const char *const name[] = {"multiple", "nosubject", "nice",
	    "nofold", "first", "late", "everywhere", NULL};
	static const unsigned bit[] = {RULE_MULTIPLE, RULE_NOSUBJECT, RULE_NICE,
	    RULE_NOFOLD, RULE_FIRST, RULE_LATE, RULE_EVERYWHERE};
	uint32_t i = rules_rule(l);
	struct rule *u;
	struct slice s;
	int k;

	(void)d;
	if (i == NO_RULE || rules_missing(l, "a flag"))
		return;
	u = &l->rules->rule[i];
	u->maxhits = 0;
	for (k = 0; name[k] != NULL; k++)
		u->flags &= ~bit[k];
	while (l->p < l->end) {
		s = rules_word(l);
		k = rules_one_of(s, name);
		if (k >= 0)
			u->flags |= bit[k];
		else if (rules_begins(s, "maxhits="))
			max_hits(l, u, s);
	}
}

/* \n, \t and \\ in the text of a test. */
static const char *
test_text(const struct line *l, struct slice s, uint32_t *len)
{
	static const char from[] = "nt\\", to[] = "\n\t\\";
	char *out = arena_dup(l->rules->arena, s.p, s.n), *q = out;
	const char *k;

	for (uint32_t i = 0; i < s.n; i++) {
		*q++ = s.p[i];
		if (s.p[i] != '\\' || i + 1 == s.n ||
		    (k = strchr(from, s.p[i + 1])) == NULL)
			continue;
		q[-1] = to[k - from];
		i++;
	}
	*q = '\0';
	*len = (uint32_t)(q - out);
	return out;
}

/* BEFORE => AFTER; AFTER may be nothing. */
static bool
cut_texts(struct line *l, struct slice *before, struct slice *after)
{
	const char *p = l->p;

	for (;; p++) {
		p = memmem(p, (size_t)(l->end - p), "=>", 2);
		if (p == NULL) {
			rules_tell(l, l->p, ERROR,
			    "\" => \" is missing: test NAME cut BEFORE => "
			    "AFTER");
			return false;
		}
		if (rules_blank(p[-1]) &&
		    (p + 2 == l->end || rules_blank(p[2])))
			break;
	}
	*before = (struct slice){l->p, (uint32_t)(p - l->p)};
	while (before->n > 0 && rules_blank(before->p[before->n - 1]))
		before->n--;
	l->p = p + 2;
	rules_skip(l);
	*after = rules_rest(l);
	if (before->n == 0)
		rules_tell(l, before->p, ERROR, "a text is missing before =>");
	return before->n > 0;
}

static void
add_test(struct line *l, struct rule_test t, struct slice a, struct slice b)
{
	struct rules *r = l->rules;

	t.file = l->at.file;
	t.line = l->at.line;
	t.text = test_text(l, a, &t.text_len);
	if (t.kind == TEST_CUT)
		t.after = test_text(l, b, &t.after_len);
	r->test =
	    arena_more(r->arena, r->test, r->ntest, &r->test_size, sizeof t);
	r->test[r->ntest++] = t;
}

void
rules_do_test(struct line *l, const struct directive *d)
{
	static const char *const kind[] = {"ok", "fail", "cut", NULL};
	uint32_t i = rules_rule(l);
	struct slice s, a, b = {"", 0};
	int k;

	(void)d;
	if (i == NO_RULE)
		return;
	s = rules_word(l);
	k = rules_one_of(s, kind);
	if (k == -1) {
		rules_tell(l, s.p, ERROR, "ok, fail or cut is expected here");
		return;
	}
	if (k == TEST_CUT && !l->source->ours)
		rules_outside(l, s.p, "test NAME cut");
	if (rules_missing(l, "a text"))
		return;
	if (k != TEST_CUT)
		a = rules_rest(l);
	else if (!cut_texts(l, &a, &b))
		return;
	add_test(l,
	    (struct rule_test){.kind = (enum rule_test_kind)k, .rule = i}, a,
	    b);
}

void
rules_do_replace_rules(struct line *l, const struct directive *d)
{
	uint32_t i;

	(void)d;
	if (rules_missing(l, "a rule name"))
		return;
	while (l->p < l->end)
		if ((i = rules_rule(l)) != NO_RULE)
			l->rules->private->note[i].replace = true;
}

/* replace_tag, _pre, _inter, _post: arg is the kind */
void
rules_do_replace_tag(struct line *l, const struct directive *d)
{
	struct slice text, name = rules_word(l);

	if (name.n == 0 || name.n >= LIMIT_RULE_NAME) {
		rules_tell(
		    l, name.p, ERROR, "the name of a tag is expected here");
		return;
	}
	if (rules_missing(l, "a pattern"))
		return;
	text = rules_rest(l);
	if (rules_utf8(l, text, "pattern"))
		rules_tag_set(l->rules, (enum tag_kind)d->arg, name, text);
}

/* replace_start, replace_end: arg is true for the latter */
void
rules_do_replace_mark(struct line *l, const struct directive *d)
{
	struct tags *t = &l->rules->private->tags;
	struct slice s = rules_rest(l);

	if (s.n == 0 || s.n > 16)
		rules_tell(l, s.p, ERROR, "1 to 16 bytes are expected here");
	else if (rules_utf8(l, s, "mark"))
		*(d->arg ? &t->end : &t->start) = s;
}

/* --- ours --- */

static bool
category_name(struct line *l, struct slice s)
{
	for (uint32_t i = 0; i < s.n; i++)
		if (!rules_wordchar(s.p[i]) && s.p[i] != '.' && s.p[i] != '-') {
			rules_tell(l, s.p + i, ERROR,
			    "a category has letters, digits and . _ - only");
			return false;
		}
	if (s.n == 0 || s.n > LIMIT_RULE_NAME)
		rules_tell(l, s.p, ERROR, "a category is expected here");
	return s.n > 0 && s.n <= LIMIT_RULE_NAME;
}

void
rules_do_category(struct line *l, const struct directive *d)
{
	uint32_t i = rules_mentioned(l, d);
	struct slice s;

	if (i == NO_RULE)
		return;
	s = rules_word(l);
	if (category_name(l, s) && rules_standalone(l, d))
		l->rules->rule[i].category = rules_dup(l, s);
}

static bool
read_unit(struct line *l, enum unit most, enum unit *unit)
{
	struct slice s = rules_word(l);

	for (int u = UNIT_MATCH; u <= UNIT_ELEMENT; u++) {
		if (!rules_same(s, rules_unit_name((enum unit)u)))
			continue;
		if (u > (int)most) {
			rules_tell(l, s.p, ERROR,
			    "a guard may cover an %s at most: who pastes its "
			    "text would be immune else",
			    rules_unit_name(most));
			return false;
		}
		*unit = (enum unit)u;
		return true;
	}
	rules_tell(l, s.p, ERROR,
	    "a unit is expected here: match, clause, aside, sentence, line, "
	    "paragraph, item%s",
	    most == UNIT_ITEM ? "" : ", section, entry, part or element");
	return false;
}

/*
 * `cut NAME UNIT` makes all earlier cut lines of that rule void; one with
 * `when` only an earlier one for the same unit.  From the last line to the
 * first, so that many lines about one rule cost no more than many rules.
 */
void
rules_cuts(struct rules *r)
{
	struct rule_cut *c;
	uint16_t *seen;
	uint32_t to = r->ncut;

	for (uint32_t i = r->ncut; i-- > 0;) {
		c = &r->cut[i];
		seen = &r->private->note[c->rule].cut_units;
		if (*seen & (1u << c->unit))
			continue;
		*seen |= (uint16_t)(c->has_when ? 1u << c->unit : 0xffffu);
		r->cut[--to] = *c;
	}
	r->ncut -= to;
	if (r->ncut > 0)
		memmove(r->cut, r->cut + to, r->ncut * sizeof *r->cut);
}

void
rules_do_cut(struct line *l, const struct directive *d)
{
	struct rules *r = l->rules;
	struct rule_cut c = {.file = l->at.file, .line = l->at.line};
	const struct meta_op *op;
	struct slice s;

	c.rule = rules_mentioned(l, d);
	if (c.rule == NO_RULE || !read_unit(l, UNIT_ELEMENT, &c.unit))
		return;
	if (l->p < l->end) {
		s = rules_word(l);
		if (!rules_same(s, "when")) {
			rules_tell(l, s.p, ERROR, "only `when` may stand here");
			return;
		}
		if (!rules_expression(l, "when", &op, &c.nwhen))
			return;
		c.has_when = true;
		c.when = rules_keep(l, op, c.nwhen);
	}
	r->cut = arena_more(r->arena, r->cut, r->ncut, &r->cut_size, sizeof c);
	r->cut[r->ncut++] = c;
}

void
rules_do_guard(struct line *l, const struct directive *d)
{
	struct rules *r = l->rules;
	struct rule_guard g = {.file = l->at.file, .line = l->at.line};
	uint32_t *at;

	g.rule = rules_mentioned(l, d);
	if (g.rule == NO_RULE || !read_unit(l, UNIT_ITEM, &g.unit) ||
	    !rules_standalone(l, d))
		return;
	r->guard =
	    arena_more(r->arena, r->guard, r->nguard, &r->guard_size, sizeof g);
	at = &r->private->note[g.rule].guard;
	if (*at == 0)
		*at = ++r->nguard;
	r->guard[*at - 1] = g;
}

void
rules_do_action(struct line *l, const struct directive *d)
{
	static const char *const verb[] = {"pass", "mark", "cut", "hold", NULL};
	struct rules *r = l->rules;
	struct slice prefix = rules_word(l), s = rules_word(l);
	int k = rules_one_of(s, verb);
	uint32_t i;

	if (!category_name(l, prefix))
		return;
	if (k == -1) {
		rules_tell(
		    l, s.p, ERROR, "pass, mark, cut or hold is expected here");
		return;
	}
	if (!rules_standalone(l, d))
		return;
	i = rules_name(&r->private->actions, r->arena, prefix, true);
	r->action = arena_more(r->arena, r->action, r->naction, &r->action_size,
	    sizeof *r->action);
	r->action[i] = (struct rule_action){
	    .prefix = rules_dup(l, prefix), .action = (enum action)k};
	r->naction = r->private->actions.n;
}
