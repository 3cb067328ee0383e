#ifndef MATCH_H
#define MATCH_H

#include "rules.h"
#include "view.h"

/* Rule set x view -> hits. */
struct hit {
	uint32_t rule;
	uint32_t doc; /* NO_DOC: a header, a part's header, or full */
	enum layer layer;
	struct span at;   /* in that layer */
	struct span utf8; /* in the doc's UTF-8 */
	uint32_t link;    /* of the doc's HTML, or NO_LINK */
	bool folded;      /* in the folded text only */
	uint32_t part;    /* of a mimeheader hit, whose doc is NO_DOC */
	bool guarded;     /* set by verdict.c */
	/* Set by plan.c where a cut was asked for. */
	bool asked, refused;
	enum unit unit;
	struct span grown; /* in the layer */
};

struct match {
	struct arena *a;
	struct rules *rules;
	struct view *view;
	int64_t deadline; /* ms, CLOCK_MONOTONIC */
	struct hit *hit;
	uint32_t nhit, hit_size;
	uint32_t nfound; /* of these, found by patterns; then those of near */
	uint32_t *count; /* for each rule; metas too, after match_metas */
	uint32_t *twice; /* of these, shown by another alternative, too */
	bool *skipped;   /* a limit was hit: it does not count */
	bool timeout;    /* the clock ran out: some rules did not run */
	struct match_private *private;
};

void match_run(struct match *, struct arena *, struct rules *, struct view *,
    uint32_t time_ms);
/* For who judges many messages, each in a child: does once what each match_run
   would do when it needs it, late rules and all patterns (20 ms).  jit: as
   machine code too, which a child in its sandbox cannot make. */
void match_prepare(struct rules *, bool jit);
/* Takes back the hits for which drop() is true, and those of full rules, which
   say nothing of a place: as though they had not been found. */
void match_drop(
    struct match *, bool (*drop)(void *, const struct hit *), void *ctx);
/* Hits and counts of near and meta rules from those of the others; anew when
   hits were marked as guarded. */
void match_near(struct match *);
void match_metas(struct match *);
/* The hits of a rule as metas and scores count them: 1 where it is not
   `multiple`, maxhits at most, and what alternatives of one text show counts
   once (which is more than SpamAssassin does: nearly all mail has two). */
uint32_t match_count(const struct match *, uint32_t rule);
/* What a hit stands for in shown text: a link's hit is its element's. */
struct span match_shown(const struct match *, const struct hit *);
/* Value of an expression over the present counts. */
bool match_true(const struct match *, const struct meta_op *, uint32_t n);

#endif
