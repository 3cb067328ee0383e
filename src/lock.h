#ifndef LOCK_H
#define LOCK_H

#include "disk.h"

/*
 * The locks of an mbox: BOX.lock, as procmail and mutt take it, and one of
 * fcntl's, as Dovecot and the others do.  Both are tried together, and let go
 * together where one of them cannot be had, so that nobody waits for whom we
 * wait for.
 *
 * BOX.lock is a link to a file of ours, .BOX.simsift-lock, which is locked by
 * flock for as long as we live.  A run that was killed leaves both names: who
 * finds BOX.lock to be that very file, and has its flock, knows that it is
 * ours and that nobody has it.  That lock, and no other, is taken over.  A
 * lock of somebody else's is never broken, however old.
 *
 * What is in it is PID:HOST, as Dovecot writes it: it, and liblockfile, then
 * see that a killed owner is gone, and need not wait.  While the box itself is
 * being written (lock_firm) that would be wrong; then they have to wait for as
 * long as they do for any old lock.
 */
struct lock {
	const char *path; /* of the box; must live as long */
	char *dot, *own;  /* names */
	int fd;           /* of the own file, or -1 */
	int box;          /* the caller's, on which fcntl's lock is */
	bool held;        /* BOX.lock is ours */
};

/* box: the open file, for reading and writing.  Waits for wait_ms at most.
   -1: it cannot be had (err says who is in the way), and nothing is left
   behind. */
int lock_take(
    struct lock *, const char *path, int box, unsigned wait_ms, struct err *);
/* From here on nobody may think that this lock's owner is gone. */
int lock_firm(struct lock *, struct err *);
/* Is BOX.lock, or what it is a link to, left there by a run of ours? */
bool lock_left(const char *path);
/* keep: BOX.lock stays, for the next run to find.  -1: it could not be
   removed. */
int lock_release(struct lock *, bool keep, struct err *);

/* A name beside a file: FOLDER/.NAME SUFFIX; NULL: no memory. */
char *lock_beside(const char *path, const char *suffix);

#endif
