#ifndef VAULT_PRIVATE_H
#define VAULT_PRIVATE_H

#include <time.h>

#include "vault.h"

/* What the files of this room share. */

/* Longest name of a file of ours, with all flags a mail program may set. */
#define VAULT_NAME 200

/* A fault with its words; a disk's or a stranger's is told by errno. */
int vault_fault(struct err *, int fault, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int vault_errno(struct err *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define VAULT_RETRY 16 /* hex digits */

/* The parts of a name; false: it is not one of ours. */
bool vault_parse_name(const char *name, struct vault_entry *);
int vault_dir(const struct vault *, const struct vault_entry *);
const char *vault_dir_name(const struct vault_entry *);

/* Calls f with each of our files in new, then in cur: whoever is moved
   meanwhile is seen at its new place.  *strangers counts the others.  f says
   0, or it ends there and that is returned. */
typedef int vault_walker(void *ctx, const struct vault_entry *);
int vault_walk(struct vault *, vault_walker *, void *ctx, uint32_t *strangers,
    struct err *);
/* An entry that outlives the walk; name: for its name. */
void vault_copy_entry(
    struct vault_entry *, char name[VAULT_NAME], const struct vault_entry *);
/* Where the message is now, after somebody moved it.  name: for its name.
   exact: only the file that was seen, not one that was stored since. */
int vault_again(struct vault *, const struct vault_entry *, bool exact,
    struct vault_entry *now, char name[VAULT_NAME], struct err *);
/* A descriptor of the entry's file, wherever it is now; or a fault.  No link
   is followed, and it is a regular file of our own. */
int vault_open_entry(
    struct vault *, const struct vault_entry *, uint64_t *size, struct err *);
/* May a message with that retry id be there? */
bool vault_index_has(const struct vault *, const char *retry);
void vault_index_add(struct vault *, const char *retry);
void vault_index_free(struct vault *);
/* What was done in a folder reaches the disk. */
int vault_sync_dir(const struct vault *, int fd, struct err *);

/* Length of the From_ line that is kept apart from the message. */
uint32_t vault_from_line(const char *p, uint32_t len);
/* The fields of a file; what belongs behind them is the message without that
   line. */
void vault_put_block(
    struct buf *, const struct vault_item *, const char *id, time_t now);

/* A file in tmp that is all there and on disk; its name.  Nothing is left of
   it on a fault. */
int vault_write_tmp(struct vault *, const struct buf *head, const char *p,
    size_t n, char name[VAULT_NAME], struct err *);

/* May the open root become a vault, or is it one: empty, or with what makes a
   vault in it? */
int vault_kind(const struct vault *, struct err *);

#endif
