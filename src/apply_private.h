#ifndef APPLY_PRIVATE_H
#define APPLY_PRIVATE_H

#include "apply.h"
#include "ledger.h"
#include "limits.h"
#include "rewrite.h"
#include "splice.h"

struct apply;

/* A kind of box. */
struct apply_ops {
	/* The bytes of the message into a->bytes, from a->skip on. */
	int (*read)(struct apply *, const struct pool_item *, struct err *);
	/* a->out takes its place. */
	int (*replace)(struct apply *, const struct pool_item *, struct err *);
	/* It goes; its original is in the vault. */
	int (*remove)(struct apply *, const struct pool_item *, struct err *);
	/* It goes into the folder (1: it is there), or NULL. */
	int (*move)(struct apply *, const struct pool_item *, struct err *);
	/* It stays as it is; or NULL. */
	void (*stay)(struct apply *, const struct pool_item *);
	/* There are no more; or NULL. */
	int (*end)(struct apply *, struct err *);
};

extern const struct apply_ops apply_mbox, apply_maildir, apply_file;

struct counts {
	uint64_t cut, held, moved, left;
};

struct apply {
	struct apply_wish wish;
	struct vault vault;
	struct ledger ledger;
	const struct apply_ops *ops;
	enum box_kind kind;
	const char *name; /* of the box, as given */
	char *path;       /* absolute, no links */
	struct buf bytes; /* of the message, read again */
	size_t skip;      /* what stands there before it */
	struct buf out;   /* what takes its place */
	struct arena *arena;
	char id[VAULT_ID + 1]; /* of its original */
	struct counts all, box;
	/* The world is in the way: with the next message it would be the
	   same. */
	bool stop;

	/* mbox */
	int fd;
	struct stat was;
	bool counted; /* mboxcl2 */
	bool dated;   /* its From_ lines */
	struct splice splice;
	char before[VAULT_ID + 1]; /* sum of the message that stays, before */

	/* the others */
	char *noted; /* the folder that the ledger is at */
	char *base;  /* its absolute path */
	char *file;  /* of the message, below it */
	struct stat st;
};

/* Is that real path the vault, or in it?  Its own files are no mail. */
bool apply_in_vault(const struct apply *, const char *path);
/* Tells the ledger which box comes. */
void apply_note_box(struct apply *, enum box_kind, const char *path);
/* a->noted, a->base and a->file for the message of that item, whose path
   begins with its box. */
int apply_place(struct apply *, const struct pool_item *, struct err *);

/* The file of a message into a->bytes and a->st. */
int apply_read_file(struct apply *, const char *path, struct err *);
/* A file takes another's place, with its times, mode and owner. */
int apply_put_file(const char *path, const char *p, size_t n,
    const struct stat *, struct err *);

/* Where the line before `at` of an mbox begins: the From_ line. */
int apply_from_line(int fd, uint64_t at, uint64_t *start);

/* Tells the ledger of the run that a box is finished, by the journal's tag. */
int apply_done(void *apply, const char *tag, struct err *);

/* After a kill: what the last deed of the last run left half done. */
int apply_maildir_repair(
    const struct ledger_box *, const struct ledger_entry *, struct err *);
int apply_file_repair(
    const struct ledger_box *, const struct ledger_entry *, struct err *);

/* ---- --undo ---- */

struct undo {
	struct apply a; /* vault, ledger, words; the box that is at hand */
	struct arena *arena;
	struct vault_list list;
	uint64_t back, left;
};

/* What cannot be brought back: left, and said. */
void apply_undo_left(struct undo *, const char *place, const char *why);
/* The original, appended; 1: it is not there any more; -1: not to be had. */
int apply_undo_original(
    struct undo *, const char *id, struct buf *, struct err *);
/* -1: the next time, maybe.  What will not come back is said. */
int apply_undo_mbox(struct undo *, const struct ledger_box *, struct err *);
int apply_undo_maildir(
    struct undo *, const struct ledger_box *, const struct ledger_entry *);
int apply_undo_file(
    struct undo *, const struct ledger_box *, const struct ledger_entry *);
/* The time and mode that the ledger has of it. */
void apply_undo_like(const struct ledger_entry *, struct stat *);

#endif
