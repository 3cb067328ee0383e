#ifndef PLAN_PRIVATE_H
#define PLAN_PRIVATE_H

#include <string.h>

#include "limits.h"
#include "plan.h"

/*
 * What the files of this room share.  plan.c goes from hits to spans of text;
 * plan_markup.c takes the hits that show none, plan_block.c the pictures of
 * blocks that go; plan_twin.c sees that
 * alternatives lose the same, plan_picture.c that pictures go with the parts
 * they are made of.
 */

#define NO_RULE UINT32_MAX

/* Names of pictures, of plan_picture.c. */
struct plan_cids {
	struct cid *v;
	uint32_t n, size;
};

struct planner {
	struct plan *plan;
	struct report *report;
	struct match *m;
	struct arena *a;
	const struct view *view;
	const struct spans *guard;
	struct spans *never; /* for each doc: code, quotes, footers */
	bool *never_known;
	bool *grown;   /* for each doc: something of it is more than a match */
	bool *section; /* for each doc: something of it is a section */
	struct spans *comment; /* … comments of its HTML; made when asked for */
	bool *comment_known;
	struct plan_cids *links; /* that name pictures; made when asked for */
	uint32_t only;           /* a rule, or NO_RULE: all that apply */
};

/* The first reason stays. */
void plan_refuse(struct planner *, enum refusal);
/* May this stretch of shown text go? */
bool plan_may_cut(struct planner *, uint32_t doc, struct span);
void plan_add_span(struct planner *, struct spans *, struct span);
void plan_add_elem(
    struct planner *, struct elems *, uint32_t elem, uint32_t most);

/* ---- plan_markup.c ---- */

/* A hit in the source of HTML that is no text: in a comment, in an attribute.
   false: there is nothing there that could go. */
bool plan_markup(struct planner *, struct hit *, enum unit);
/* May what an element of HTML is, its tag, go?  Not in quotes, code and guarded
   text, though it show no text itself. */
bool plan_may_take(struct planner *, uint32_t doc, uint32_t elem);

/* The last element whose start tag begins at or before `at`, or UINT32_MAX. */
uint32_t plan_elem_before(const struct html *, uint32_t at);

static inline bool
plan_is_block(enum html_tag tag)
{
	return tag == HTML_P || tag == HTML_LI || tag == HTML_TD ||
	       tag == HTML_TH || tag == HTML_DIV || tag == HTML_HEADING;
}

/* ---- plan_block.c ---- */

/* Pictures go with the block they stand in, where a unit takes all its text. */
void plan_blocks(struct planner *);

/* ---- plan_twin.c ---- */

/* Each alternative loses what the others lose (RFC 2046 5.1.4); refuses where
   one cannot. */
void plan_twins(struct planner *);

/* ---- plan_picture.c ---- */

/* A hit in the header of a part: its body goes, and what shows it. */
void plan_part(struct planner *, struct hit *);
/* A picture goes with the last that shows it; one that something shows still,
   such as a background, stays, though its header was hit. */
void plan_pictures(struct plan *, struct arena *, const struct view *);

#endif
