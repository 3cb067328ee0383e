#include "entries_private.h"

#include <string.h>

/* ---- into the plan of the digest ---- */

/* What an entry's Subject lost its line in the contents loses. */
static void
cut_contents(struct entry *x, struct plan *plan, const struct view *outer,
    struct arena *a)
{
	const struct text *t = &outer->doc[x->toc_doc].utf8;
	const struct view *v = &x->sight->view;

	for (uint32_t i = 0; i < v->ndoc; i++) {
		const struct spans *cut = &x->sight->plan.cut[i];
		const struct text *subject = &v->doc[i].utf8;
		struct digest_common c;

		if (!v->doc[i].subject || v->doc[i].part > 0)
			continue;
		digest_common(&c, t->p, x->line, subject->p, subject->len);
		for (uint32_t k = 0; k < cut->n; k++) {
			struct span s =
			    digest_place(t->p, &c, subject->p, cut->v[k]);

			if (s.to == s.from || s.from < x->toc.from ||
			    s.to > x->toc.to)
				continue;
			s = grow_tidy(t->p + x->toc.from,
			    x->toc.to - x->toc.from,
			    (struct span){
				s.from - x->toc.from, s.to - x->toc.from});
			s.from += x->toc.from;
			s.to += x->toc.from;
			lower_add(&plan->utf8[x->toc_doc], a, s, NULL, 0);
		}
	}
}

static void
plan_one(struct entries *e, struct entry *x, struct plan *plan,
    const struct sight_with *w)
{
	const struct plan *mine = &x->sight->plan;
	const char *line = entry_stub_line(x, w);

	for (uint32_t i = 0; i < mine->nedit; i++) {
		struct edit d = mine->edit[i];

		if (x->part != NO_PART) {
			d.span.from += x->base;
			d.span.to += x->base;
			lower_add(
			    &plan->source[x->source], w->a, d.span, d.p, d.len);
		} else {
			d.span = map_cover(&x->made.map, d.span, NULL);
			lower_add(
			    &plan->utf8[x->doc], w->a, d.span, d.p, d.len);
		}
	}
	if (x->toc.to == x->toc.from)
		return;
	/* An author's name that the rest loses something of stays. */
	if (x->stub)
		lower_add(&plan->utf8[x->toc_doc], w->a,
		    grow_touches(&plan->cut[x->toc_doc], x->toc) ? x->known
								 : x->toc,
		    line, line != NULL ? (uint32_t)strlen(line) : 0);
	else
		cut_contents(x, plan, &e->outer->view, w->a);
}

void
entries_plan(struct entries *e, struct plan *plan, const struct sight_with *w)
{
	for (uint32_t i = 0; i < e->n; i++)
		if (e->v[i].changed)
			plan_one(e, &e->v[i], plan, w);
}

/* ---- into the report of the digest ---- */

struct span
entry_raw(const struct entries *e, const struct entry *x, struct span s)
{
	const struct view *v = &e->outer->view;

	if (x->part == NO_PART) {
		const struct doc *d = &v->doc[x->doc];

		s = map_cover(&x->made.map, s, NULL);
		return view_raw_span(v, d, map_cover(&d->utf8.map, s, NULL));
	}
	if (x->source > 0)
		return (struct span){0, 0};
	return (struct span){s.from + x->base, s.to + x->base};
}

const char *
entry_path(const struct entry *x, struct arena *a, const char *path)
{
	/* "1.2" of it follows on its own path; "raw" is none of its parts. */
	return *path == '1' ? arena_printf(a, "%s%s", x->path, path + 1)
			    : arena_printf(a, "%s/%s", x->path, path);
}

/* Rules of an entry that counts are rules of the digest. */
static void
add_rules(struct report *r, struct arena *a, const struct report *mine)
{
	uint32_t size = r->nrule, k;

	for (uint32_t i = 0; i < mine->nrule; i++) {
		for (k = 0; k < r->nrule; k++)
			if (r->rule[k].rule == mine->rule[i].rule)
				break;
		if (k < r->nrule) {
			r->rule[k].hits += mine->rule[i].hits;
			continue;
		}
		r->rule =
		    arena_more(a, r->rule, r->nrule, &size, sizeof *r->rule);
		r->rule[r->nrule++] = mine->rule[i];
	}
}

static void
add_cuts(struct entries *e, struct entry *x, struct report *r, struct arena *a,
    uint32_t *size)
{
	const struct report *mine = &x->report;

	for (uint32_t i = 0; i < mine->ncut; i++) {
		struct report_cut c = mine->cut[i];

		c.raw = entry_raw(e, x, c.raw);
		c.part = entry_path(x, a, c.part);
		r->cut = arena_more(a, r->cut, r->ncut, size, sizeof *r->cut);
		r->cut[r->ncut++] = c;
	}
}

/* The digest is what its worst part is. */
static void
add_verdict(struct report *r, const struct report *mine)
{
	if (mine->verdict > r->verdict ||
	    (mine->verdict == r->verdict && mine->score > r->score)) {
		r->verdict = mine->verdict;
		r->category = mine->category;
		r->score = mine->score;
	}
	if (r->refusal == REFUSAL_NONE)
		r->refusal = mine->refusal;
	r->warn |= mine->warn;
}

void
entries_report(struct entries *e, struct report *r, struct arena *a)
{
	uint32_t size = r->ncut;
	bool cut = entries_changed(e) && r->action != ACTION_HOLD;
	bool left = r->verdict != VERDICT_CLEAN && r->action == ACTION_MARK;

	r->entry = arena_array(a, e->n, sizeof *r->entry);
	r->nentry = e->n;
	for (uint32_t i = 0; i < e->n; i++) {
		struct entry *x = &e->v[i];
		const struct report *mine = &x->report;

		r->entry[i] = (struct report_entry){x->number, x->path,
		    mine->verdict, mine->action, mine->refusal, mine->score,
		    mine->category};
		if (mine->verdict == VERDICT_CLEAN)
			continue;
		add_verdict(r, mine);
		add_rules(r, a, mine);
		if (cut && x->changed) {
			add_cuts(e, x, r, a, &size);
			r->gone_chars += mine->gone_chars;
		} else if (r->action < ACTION_MARK) {
			r->action = ACTION_MARK;
		}
	}
	if (e->n > 0)
		r->text_chars = entries_chars(&e->outer->view);
	if (cut) {
		r->action = ACTION_CUT;
		r->warn |= left ? WARN_LEFT : 0;
	}
}
