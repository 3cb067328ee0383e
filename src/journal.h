#ifndef JOURNAL_H
#define JOURNAL_H

#include "disk.h"

/*
 * How the end of an mbox is changed, so that a run that is killed, or a machine
 * that goes down, leaves what the next run can finish: the new end is written
 * to a file beside the box, .BOX.simsift-journal, before the first byte of the
 * box is touched.  All of this under the box's locks.
 *
 *	head	HEAD bytes, written last, with a sum over all of it but the
 *		step: a journal without a right head was never used
 *	sums	of each page of the old end, 8 bytes a page of the box
 *	tail	the new end
 *
 * The box is `size` bytes long and changes from `from` on; its new end has
 * `length` bytes.  The steps, each on disk before the next:
 *
 *	1	the journal is whole (step 0)
 *	2	a box that gets longer: zeros behind its end, to its new size;
 *		the step in the head becomes 1
 *	3	the new end is written over the old one, pages in their order
 *	4	a box that gets shorter: a zero where its new end is; the step
 *		becomes 1; it is cut there
 *	5	the caller notes that it is done; the journal goes
 *
 * Whoever delivers appends to the box, and between a kill and the next run
 * knows nothing of a journal.  So the next run must know where our end of the
 * box is, and the delivered mail begins.  Mail does not begin with a zero:
 * at step 0, it begins at the first byte at or behind `size` that is none; at
 * step 1 of a box that gets longer, behind the new end; at step 1 of a shorter
 * one, at the old size where the zero is still there, else at the new end.
 * A journal with what was delivered behind the new end then takes the place of
 * the first one, and is finished as any other.
 *
 * Who does more than append (a mail program that saves the box) makes the
 * journal worthless.  Each page of the end is therefore known by its old or by
 * its new bytes; where all are old the journal is not needed and goes.  One may
 * be torn, with new pages before it and old ones behind: a write ended there.
 * Where one is none of these, box and journal are left alone and that is said.
 */
struct journal {
	char *path;
	int fd, box;
	uint64_t from, size, length;
	uint64_t put; /* bytes of the tail so far */
	char tag[64]; /* the caller's: what it is the end of */
	uint32_t step;
	bool must;  /* see take_in */
	bool begun; /* the box is no longer as it was */
};

extern const uint64_t journal_step_at; /* in the file: for tests */

/* A new journal for the open box, whose end from `from` on will be made
   anew.  -1: there is none, and nothing is left of it. */
int journal_open(struct journal *, const char *path, int box, uint64_t from,
    const char *tag, struct err *);
/* The new end, in pieces: bytes, or a stretch of a file. */
int journal_put(struct journal *, const char *p, size_t n, struct err *);
int journal_put_from(
    struct journal *, int fd, uint64_t at, uint64_t n, struct err *);
/* It is whole and on disk. */
int journal_seal(struct journal *, struct err *);
/* The box gets its new end, and is on disk.  -1: where it was begun the journal
   must stay, and the next run goes on. */
int journal_apply(struct journal *, struct err *);
/* Forgets it: it is done, or was never sealed. */
int journal_remove(struct journal *, struct err *);
/* Frees; what is on disk stays. */
void journal_close(struct journal *);

/* Is there one beside the box? */
bool journal_left(const char *path);
/* Finishes the one that a run left, but for journal_remove: 1, and its tag is
   in *j; 0: there is none, or it was never used: it is gone; -1: it cannot be
   finished. */
int journal_resume(struct journal *, const char *path, int box, struct err *);

#endif
