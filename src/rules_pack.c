#include <string.h>

#include "rules_private.h"

/*
 * A finished rule set as one block.  What only reading and `rules` need stays
 * behind: names, tests, the literals one by one.
 */

#define AT(type, field) ((uint32_t)offsetof(struct type, field))

static void
put_operations(
    struct pack *k, uint32_t at, const struct meta_op *op, uint32_t n)
{
	pack_bytes(k, at, op, n * sizeof *op);
}

/* Names of files: the same few again and again. */
struct pack_file {
	const char *name;
	uint32_t at;
};

static void
put_file(struct pack *k, uint32_t at, const char *file, struct pack_file *last)
{
	if (file == NULL)
		return;
	if (last->name != file) {
		last->name = file;
		last->at = pack_put(k, file, strlen(file) + 1);
	}
	pack_point(k, at, last->at);
}

static void
put_rule(struct pack *k, uint32_t at, const struct rule *u, struct pack_file *f)
{
	struct rule blank = *u;

	/* Nothing of what is made anew or not needed. */
	blank.re = NULL;
	blank.literals.v = NULL;
	memcpy(k->p + at, &blank, sizeof blank);
	pack_string(k, at + AT(rule, name), u->name);
	pack_string(k, at + AT(rule, describe), u->describe);
	pack_string(k, at + AT(rule, category), u->category);
	put_file(k, at + AT(rule, file), u->file, f);
}

static void
put_rule_rest(struct pack *k, uint32_t at, const struct rule *u)
{
	const struct literals *l = &u->literals;

	pack_string(k, at + AT(rule, header), u->header);
	pack_string(k, at + AT(rule, if_unset), u->if_unset);
	pack_bytes(k, at + AT(rule, pattern), u->pattern, u->pattern_len);
	pack_bytes(
	    k, at + AT(rule, literals.way), l->way, l->nway * sizeof *l->way);
	put_operations(k, at + AT(rule, meta), u->meta, u->nmeta);
	pack_bytes(k, at + AT(rule, near), u->near, u->nnear * sizeof *u->near);
	pack_bytes(k, at + AT(rule, beside), u->beside,
	    u->nbeside * sizeof *u->beside);
	pack_bytes(k, at + AT(rule, starts), u->starts, sizeof *u->starts);
	pack_bytes(k, at + AT(rule, way), u->way, l->nway * sizeof *u->way);
}

/* The arrays that hold pointers come first, together: few pages change. */
struct arrays {
	uint32_t rule, cut, guard, action, complaint;
};

static uint32_t
put_array(struct pack *k, uint32_t at, const void *p, size_t n)
{
	uint32_t to = pack_put(k, p, n);

	pack_point(k, at, to);
	return to;
}

static void
put_arrays(
    struct arrays *x, struct pack *k, uint32_t set, const struct rules *r)
{
	x->rule = put_array(
	    k, set + AT(rules, rule), r->rule, r->n * sizeof *r->rule);
	x->cut = put_array(
	    k, set + AT(rules, cut), r->cut, r->ncut * sizeof *r->cut);
	x->guard = put_array(
	    k, set + AT(rules, guard), r->guard, r->nguard * sizeof *r->guard);
	x->action = put_array(k, set + AT(rules, action), r->action,
	    r->naction * sizeof *r->action);
	x->complaint = put_array(k, set + AT(rules, complaint), r->complaint,
	    r->ncomplaint * sizeof *r->complaint);
}

/* What they point to, as far as it is shown. */
static void
fill_shown(const struct arrays *x, struct pack *k, const struct rules *r)
{
	struct pack_file f = {NULL, 0};
	uint32_t at;

	for (uint32_t i = 0; i < r->n; i++)
		put_rule(k, x->rule + i * sizeof *r->rule, &r->rule[i], &f);
	for (uint32_t i = 0; i < r->ncut; i++) {
		at = x->cut + i * sizeof *r->cut;
		put_file(k, at + AT(rule_cut, file), r->cut[i].file, &f);
	}
	for (uint32_t i = 0; i < r->nguard; i++) {
		at = x->guard + i * sizeof *r->guard;
		put_file(k, at + AT(rule_guard, file), r->guard[i].file, &f);
	}
	for (uint32_t i = 0; i < r->naction; i++) {
		at = x->action + i * sizeof *r->action;
		pack_string(
		    k, at + AT(rule_action, prefix), r->action[i].prefix);
	}
	for (uint32_t i = 0; i < r->ncomplaint; i++) {
		const struct complaint *c = &r->complaint[i];

		at = x->complaint + i * sizeof *c;
		put_file(k, at + AT(complaint, file), c->file, &f);
		pack_string(k, at + AT(complaint, text), c->text);
		pack_string(k, at + AT(complaint, source), c->source);
	}
}

static void
fill_rest(const struct arrays *x, struct pack *k, const struct rules *r)
{
	for (uint32_t i = 0; i < r->n; i++)
		put_rule_rest(k, x->rule + i * sizeof *r->rule, &r->rule[i]);
	for (uint32_t i = 0; i < r->ncut; i++)
		put_operations(k,
		    x->cut + i * sizeof *r->cut + AT(rule_cut, when),
		    r->cut[i].when, r->cut[i].nwhen);
}

uint32_t
rules_pack(struct pack *k, const struct rules *r)
{
	struct rules blank = {.n = r->n,
	    .size = r->n,
	    .ncut = r->ncut,
	    .nguard = r->nguard,
	    .naction = r->naction,
	    .ncomplaint = r->ncomplaint,
	    .refused = r->refused,
	    .degraded = r->degraded,
	    .nmeta_order = r->nmeta_order,
	    .nway = r->nway};
	uint32_t set = pack_put(k, &blank, sizeof blank);
	uint32_t first, late;
	struct arrays x;

	put_arrays(&x, k, set, r);
	first = prefilter_pack(k, r->prefilter);
	late = prefilter_pack(k, r->late);
	pack_point(k, set + AT(rules, prefilter), first);
	pack_point(k, set + AT(rules, late), late);
	fill_shown(&x, k, r);
	k->hot = pack_put(k, NULL, 0);
	fill_rest(&x, k, r);
	pack_bytes(k, set + AT(rules, meta_order), r->meta_order,
	    r->nmeta_order * sizeof *r->meta_order);
	prefilter_pack_rest(k, first, r->prefilter);
	prefilter_pack_rest(k, late, r->late);
	return set;
}

void
rules_unpack(struct rules *r, struct arena *a, const char *set)
{
	*r = *(const struct rules *)(const void *)set;
	r->arena = a;
	r->private = arena_alloc(a, sizeof *r->private);
}
