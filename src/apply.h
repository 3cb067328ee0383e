#ifndef APPLY_H
#define APPLY_H

#include "box.h"
#include "worker_pool.h"

/*
 * scan --apply: what becomes of the messages that were judged.  The original
 * of a message goes into the vault before anything happens to it, and what is
 * done goes into the vault's ledger, by which it can be undone.
 *
 * What a child said is never applied to bytes that a child could write to:
 * they are read from the box again, are those that were judged, and are what
 * the report is checked against.
 */
struct apply;

struct apply_wish {
	const char *vault; /* its path */
	struct rules *rules;
	const char *move;   /* a Maildir folder for what is held, or NULL */
	enum action action; /* what all others become, or ACTION_PASS */
	bool quiet;
	/* One line; trouble: something is not as it was asked for. */
	void (*say)(void *ctx, bool trouble, const char *text);
	void *ctx;
};

/* Opens the vault, and puts in order what a killed run left.  -1: nothing can
   be changed now. */
int apply_open(struct apply **, const struct apply_wish *, struct err *);
/* Was a change of that mbox interrupted?  Then it is not what it should be. */
bool apply_waits(const char *path);
/* Before a box is read: a change of it that was interrupted is finished.  -1:
   leave it out. */
int apply_box(struct apply *, const char *path, struct err *);
/* It is open.  -1: of a kind that cannot be changed. */
int apply_kind(struct apply *, const struct box *, struct err *);
/* The next message of it, with its report.  True: something is done to it, or
   will be at the box's end. */
bool apply_message(struct apply *, struct pool_item *);
/* There are no more. */
void apply_box_end(struct apply *);
/* The run is over: what was done, in words. */
void apply_sum_up(struct apply *, struct buf *out);
void apply_close(struct apply *);

/* Brings back what the last run did in all boxes, or in those that are named.
   The exit status. */
int apply_undo(
    const struct apply_wish *, const char *const *box, int n, struct buf *out);

#endif
