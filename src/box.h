#ifndef BOX_H
#define BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log.h"

/*
 * Mailboxes, read only: messages one after the other as bytes, in an order
 * that does not change from one run to the next.  Nothing on disk is changed,
 * no lock is taken.  Of what is in a message nothing is looked at but From_
 * lines, and the one field that says where the next one is.
 */
enum box_kind {
	BOX_ANY, /* found out by looking */
	BOX_MBOX,
	BOX_MAILDIR,
	BOX_MH,
	BOX_FOLDER, /* of files, a message in each; walked down */
	BOX_FILE,   /* one message */
	BOX_KINDS
};

const char *box_kind_name(enum box_kind);
/* BOX_KINDS: no such name. */
enum box_kind box_kind_of(const char *name);

struct box_wish {
	enum box_kind kind;
	bool deep; /* sub-folders of a Maildir or MH folder, too */
	/* Of an mbox: messages whose From_ line begins in from..to. */
	bool has_range;
	uint64_t from, to;
};

struct box_item {
	const char *box; /* a sub-folder is a box of its own */
	const char *id;  /* a path; in an mbox "PATH@OFFSET" */
	uint64_t offset; /* of its first byte in that file */
	uint64_t len;
};

struct box;

/* "-" is an mbox on standard input. */
int box_open(
    struct box **, const char *path, const struct box_wish *, struct err *);
/* 1 and *item, whose strings hold until the next call; 0 at the end; -1:
   something cannot be read (err names it), and the next call goes on. */
int box_next(struct box *, struct box_item *, struct err *);
/* The bytes of that item: how many, fewer where the file became shorter; -1. */
int64_t box_read(
    struct box *, const struct box_item *, char *p, size_t n, struct err *);
/* How far it is, in bytes or messages; *total 0: not known. */
uint64_t box_done(const struct box *, uint64_t *total);
enum box_kind box_is(const struct box *);
bool box_is_packed(const struct box *);
/* Does Content-Length tell where its messages end (mboxcl2)? */
bool box_is_counted(const struct box *);
/* Does that of the message lead to its end? */
bool box_counts(const char *p, size_t n);
/* Do its From_ lines have dates?  Else any line "From " is one. */
bool box_is_dated(const struct box *);
/* Does one of those stand in p[0..n), behind an empty line? */
bool box_holds_from(const char *p, size_t n, bool dated);
void box_close(struct box *);

#endif
