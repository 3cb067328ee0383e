#ifndef LEDGER_H
#define LEDGER_H

#include "box.h"
#include "vault.h"

/*
 * What the last run of scan --apply did, in the vault (VAULT/undo), where the
 * originals are too: enough to bring each message back, and to put in order
 * what a killed run left.  Lines of fields with tabs between them, what would
 * break them as %XX; each is on disk before what it tells is done.
 *
 *	simsift-undo 1	RUN			the run, 16 hex digits
 *	box	KIND	PATH			what follows was done in it
 *	cut|hold|move	OLD NEW ID SUM BEFORE FROM_ BEHIND
 *	done	PATH				an mbox has its new end
 *	undo	PATH				it is being brought back
 *	undone	PATH
 *	end					the run came to its end
 *
 * One run at a time has it: vault's tmp is locked by flock meanwhile.
 */
enum deed { DEED_CUT, DEED_HOLD, DEED_MOVE, DEEDS };

struct ledger_entry {
	enum deed deed;
	const char *old, *new;     /* places in the box: offsets, or names */
	const char *id;            /* of the original in the vault, or "" */
	const char *sum;           /* of what took its place */
	const char *before;        /* mbox: of the message before it */
	const char *from, *behind; /* mbox: From_ line, empty line */
	uint32_t from_len;
};

#define LEDGER_LIKE "%lld.%09ld %o" /* that time and mode */

struct ledger_box {
	enum box_kind kind;
	const char *path; /* absolute */
	bool done, undo, undone;
	bool skip; /* the caller's */
	struct ledger_entry *v;
	uint32_t n, size;
};

struct ledger {
	const struct vault *vault;
	int fd;   /* or -1: nothing was noted in this run */
	int lock; /* descriptor */
	uint64_t at;
	char run[17];
	struct buf line; /* what is to be written */
	/* ledger_read: */
	struct arena *arena;
	struct ledger_box *box;
	uint32_t n, size;
	bool ended, any;
};

/* -1: another run is at work in this vault. */
int ledger_open(struct ledger *, const struct vault *, struct err *);
void ledger_close(struct ledger *);

/* The last run's, in memory; 0 with any == false: there is none. */
int ledger_read(struct ledger *, struct err *);
/* Lines are added to the one that was read. */
int ledger_go_on(struct ledger *, struct err *);

/* Notes take the place of the last run's with the first of them.  They are on
   disk when ledger_sync says so. */
void ledger_box(struct ledger *, enum box_kind, const char *path);
void ledger_deed(struct ledger *, const struct ledger_entry *);
/* word: done, undo, undone, end. */
void ledger_word(struct ledger *, const char *word, const char *path);
/* The same in memory: done, undo, undone. */
void ledger_mark(struct ledger *, const char *word, const char *path);
int ledger_sync(struct ledger *, struct err *);

const char *ledger_deed_name(enum deed);

#endif
