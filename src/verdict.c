#include "verdict.h"

#include <string.h>

#define NO_RULE UINT32_MAX

static bool
category_is(const char *category, const char *prefix)
{
	size_t n = strlen(prefix);

	return category != NULL && strncmp(category, prefix, n) == 0 &&
	       (category[n] == '\0' || category[n] == '.');
}

static bool
phish_rule(const struct rule *r)
{
	return category_is(r->category, "phish");
}

/* ---- guards ---- */

static void
find_guards(struct match *m, struct spans *guard)
{
	for (uint32_t i = 0; i < m->rules->nguard; i++) {
		const struct rule_guard *g = &m->rules->guard[i];

		for (uint32_t k = 0; k < m->nhit; k++) {
			const struct hit *h = &m->hit[k];
			const struct doc *d;
			const struct text *t;
			struct span s;
			uint32_t elem;

			if (h->rule != g->rule || h->doc == NO_DOC)
				continue;
			d = &m->view->doc[h->doc];
			t = view_shown(d);
			s = view_shown_span(d, h->utf8);
			if (guard[h->doc].n > 0 &&
			    grow_holds(
				&(struct spans){
				    .v = &guard[h->doc].v[guard[h->doc].n - 1],
				    .n = 1},
				s))
				continue;
			if (d->html != NULL)
				s = grow_html(d->html, s, g->unit, &elem);
			else
				s = grow_unit(t->p, t->len, s, g->unit);
			if (g->unit == UNIT_LINE && view_flowed(m->view, d))
				s = grow_flow_line(t->p, t->len, s);
			grow_add(&guard[h->doc], m->a, s);
		}
	}
	for (uint32_t i = 0; i < m->view->ndoc; i++)
		grow_sort(&guard[i]);
}

/* Marks hits m->hit[from..) inside guards: they do not count. */
static bool
mark_guarded(struct match *m, const struct spans *guard, uint32_t from)
{
	bool any = false;

	for (uint32_t i = from; i < m->nhit; i++) {
		struct hit *h = &m->hit[i];

		if (h->doc == NO_DOC || guard[h->doc].n == 0 ||
		    m->rules->rule[h->rule].unguarded ||
		    m->count[h->rule] == 0 ||
		    !grow_holds(&guard[h->doc],
			view_shown_span(&m->view->doc[h->doc], h->utf8)))
			continue;
		h->guarded = any = true;
		m->count[h->rule]--;
	}
	return any;
}

static void
apply_guards(struct match *m, const struct spans *guard)
{
	uint32_t end = m->nhit;
	bool any;

	m->nhit = m->nfound;
	any = mark_guarded(m, guard, 0);
	m->nhit = end;
	if (any)
		match_near(m);
	any |= mark_guarded(m, guard, m->nfound);
	if (any)
		match_metas(m);
}

/* ---- score ---- */

static double
points(const struct match *m, uint32_t rule)
{
	const struct rule *r = &m->rules->rule[rule];

	return r->flags & RULE_HIDDEN ? 0 : r->score * match_count(m, rule);
}

static void
add_rules(struct report *out, const struct match *m, bool hidden)
{
	uint32_t size = 0;

	for (uint32_t i = 0; i < m->rules->n; i++) {
		const struct rule *r = &m->rules->rule[i];
		struct report_rule one = {i, m->count[i],
		    !m->skipped[i] ? RULE_RAN
		    : r->broken    ? RULE_BROKEN
				   : RULE_SLOW};

		if (one.state == RULE_RAN &&
		    ((r->flags & RULE_HIDDEN && !hidden) || one.hits == 0))
			continue;
		out->rule = arena_more(
		    m->a, out->rule, out->nrule, &size, sizeof *out->rule);
		out->rule[out->nrule++] = one;
		out->score += points(m, i);
		if (one.state == RULE_SLOW)
			out->warn |= WARN_SKIPPED;
	}
}

/* The category of the rule with the most points; phish before all others,
   obf.* and keep.* never: they only say how, or what not. */
static uint32_t
choose_category(const struct report *out, const struct match *m)
{
	uint32_t best = NO_RULE;
	bool best_phish = false;

	for (uint32_t i = 0; i < out->nrule; i++) {
		uint32_t id = out->rule[i].rule;
		const struct rule *r = &m->rules->rule[id];
		bool phish = phish_rule(r);

		if (r->category == NULL || category_is(r->category, "obf") ||
		    category_is(r->category, "keep") || points(m, id) <= 0 ||
		    (best_phish && !phish))
			continue;
		if (best == NO_RULE || (phish && !best_phish) ||
		    points(m, id) > points(m, best)) {
			best = id;
			best_phish = phish;
		}
	}
	return best;
}

/* ---- action ---- */

/* The longest prefix decides; of equal ones the later line. */
static enum action
policy(const struct rules *rules, const char *category, enum action action)
{
	size_t longest = 0;

	for (uint32_t i = 0; i < rules->naction; i++) {
		const struct rule_action *p = &rules->action[i];
		size_t n = strlen(p->prefix);

		if (category_is(category, p->prefix) && n >= longest) {
			action = p->action;
			longest = n;
		}
	}
	return action;
}

/* Short-lived mail that is wanted now is never held (FIELD 3.1, 3.3). */
static bool
must_not_hold(const struct match *m)
{
	for (uint32_t i = 0; i < m->rules->n; i++)
		if (m->count[i] > 0 &&
		    (category_is(m->rules->rule[i].category, "keep.otp") ||
			category_is(
			    m->rules->rule[i].category, "keep.esim-delivery")))
			return true;
	return false;
}

void
verdict_make(struct report *out, struct match *m, const struct settings *s,
    struct spans *guard, bool hidden)
{
	bool phish;

	find_guards(m, guard);
	apply_guards(m, guard);
	add_rules(out, m, hidden);
	out->required = s->required_score;
	out->warn |= m->timeout ? WARN_TIME : 0;
	out->warn |= m->rules->degraded ? WARN_RULES : 0;
	/* Scores are decimal: 0.1 + 4.1 + 0.8 is 5. */
	if (out->score < s->required_score - 1e-6)
		return;
	out->category = choose_category(out, m);
	out->may_hold = !must_not_hold(m);
	phish = out->category != NO_RULE &&
		phish_rule(&m->rules->rule[out->category]);
	out->verdict = phish ? VERDICT_PHISH : VERDICT_PROMO;
	out->action = policy(m->rules,
	    out->category != NO_RULE ? m->rules->rule[out->category].category
				     : "promo",
	    ACTION_MARK);
	if (out->action == ACTION_HOLD && s->cut_held)
		out->action = ACTION_CUT;
	if (phish && out->action == ACTION_CUT) { /* it would look safe */
		out->action = ACTION_MARK;
		out->refusal = s->cut_held ? REFUSAL_PHISH : REFUSAL_NONE;
	}
	if (out->action == ACTION_HOLD && !phish && must_not_hold(m))
		out->action = ACTION_MARK;
	/* A guard may be among the rules that are missing or did not run. */
	if (out->action > ACTION_MARK && m->rules->degraded)
		verdict_refuse(out, m->rules, REFUSAL_DEGRADED);
	else if (out->action > ACTION_MARK && m->timeout)
		verdict_refuse(out, m->rules, REFUSAL_TIME);
}

/* Refusals that say how much promotion there is, as `action` lines name them,
   and what becomes of such mail where none does. */
static const struct {
	enum refusal why;
	const char *name;
	enum action action;
} much[] = {{REFUSAL_SHARE, "refused.share", ACTION_HOLD},
    {REFUSAL_LEFT, "refused.left", ACTION_HOLD},
    {REFUSAL_WOVEN, "refused.woven", ACTION_HOLD},
    {REFUSAL_AGAIN, "refused.again", ACTION_MARK}};

bool
verdict_refused(const char *name)
{
	for (size_t i = 0; i < sizeof much / sizeof *much; i++)
		if (category_is(much[i].name, name))
			return true;
	return false;
}

void
verdict_refuse(struct report *out, const struct rules *rules, enum refusal why)
{
	out->action = ACTION_MARK;
	for (size_t i = 0; i < sizeof much / sizeof *much; i++)
		if (much[i].why == why && out->may_hold &&
		    policy(rules, much[i].name, much[i].action) == ACTION_HOLD)
			out->action = ACTION_HOLD;
	out->refusal = why;
	out->ncut = out->nedit = 0;
	out->gone_chars = 0;
}
