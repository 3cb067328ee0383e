#ifndef SPLICE_H
#define SPLICE_H

#include <sha2.h>
#include <sys/stat.h>

#include "disk.h"
#include "vault.h"

/*
 * Changes of an mbox: collected while it is read without a lock, their bytes in
 * a file without a name, and then made all at once under its locks, if the box
 * still has there what was read.  The rest of it may have grown meanwhile.
 */
struct splice_change {
	/* What must be there as it was: a From_ line and its message, maybe
	   nothing. */
	uint64_t guard, guard_to;
	/* Behind that From_ line; its reader must find the message there again,
	   and no longer or shorter, on the locked box (bytes alone do not say
	   where a message ends).  0: the sum was known before. */
	uint64_t body;
	uint8_t sum[SHA256_DIGEST_LENGTH];
	bool whole;        /* an empty line, a From_ line or the end follows */
	uint64_t from, to; /* what goes; with `whole` the empty line, too, if
			      to is guard_to */
	uint64_t len;      /* of what comes there */
	/* The caller's, for its ledger. */
	uint32_t deed;
	char id[VAULT_ID + 1], new_sum[VAULT_ID + 1], before[VAULT_ID + 1];
};

struct splice {
	int spool; /* or -1: there are no changes */
	uint64_t end;
	uint64_t n;
};

/* In order of `from`, without overlapping. */
int splice_add(
    struct splice *, const struct splice_change *, const char *p, struct err *);
void splice_close(struct splice *);

/* Behind the empty line at `at` of a box, or `at`. */
uint64_t splice_behind(int box, uint64_t at);

struct splice_job {
	const char *path; /* absolute, no link */
	/* The file that was read, as it was then: its inode counts, and what
	   it says of new mail. */
	struct stat was;
	const char *tag; /* of the journal */
	/* Called for each change when it is sure that it can be made, with the
	   box, and where its bytes will be; then once with NULL: 0, or -1 and
	   nothing is changed. */
	int (*note)(void *ctx, const struct splice_change *, int box,
	    uint64_t new_at, struct err *);
	/* It is done, on disk.  Also for what another run began. */
	int (*done)(void *ctx, const char *tag, struct err *);
	void *ctx;
};

/* Makes them.  -1: the box is as it was, or will be finished by the next run
   (err says which). */
int splice_make(struct splice *, const struct splice_job *, struct err *);
/* Is there something that a run left in the middle? */
bool splice_left(const char *path);
/* Finishes it, and removes its locks. */
int splice_resume(const struct splice_job *, struct err *);

#endif
