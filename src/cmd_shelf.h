#ifndef CMD_SHELF_H
#define CMD_SHELF_H

#include <time.h>

#include "cmd.h"
#include "vault.h"

/* The vault as its commands see it: opened with the settings, listed, its
   entries named as the user names them. */
struct shelf {
	const struct options *opt;
	struct config config;
	struct arena *arena;
	struct vault vault;
	struct vault_list list;
	struct buf out; /* what the command prints */
	const char *path;
	uint32_t id_columns; /* of the longest shown id; 0: not known yet */
	bool colour;
	int status; /* the exit status so far: shelf_worse */
};

/* Opens and lists the vault, calls `work`, prints what is left in `out`; the
   exit status.  Where there is no memory left, that is said, and `work` ends
   there.  may_lack: no vault where one is by default is an empty one, for
   timers. */
int shelf_run(const struct options *, bool may_lack,
    void (*work)(struct shelf *, void *ctx), void *ctx);
/* The same, one such command at a time: what another one did is in the list, so
   that nothing is delivered or told twice. */
int shelf_run_alone(const struct options *, bool may_lack,
    void (*work)(struct shelf *, void *ctx), void *ctx);
/* The same without a vault: `work` needs none. */
int shelf_run_without(
    const struct options *, void (*work)(struct shelf *, void *ctx), void *ctx);
/* Prints what is in `out` so far; false: nobody takes it. */
bool shelf_print(struct shelf *);

/* The entry, or NULL, said. */
struct vault_entry *shelf_find(struct shelf *, const char *id);
/* Its fields, in `a`; false, said: skip it. */
bool shelf_meta(struct shelf *, struct arena *a, const struct vault_entry *,
    struct vault_meta *);
/* Logs the fault and remembers its status, unless there was one before. */
void shelf_fault(struct shelf *, int fault, const struct err *);
void shelf_worse(struct shelf *, int status);
/* The shown digits of the id, in the arena. */
const char *shelf_id(struct shelf *, const struct vault_entry *);

/* A line of a table, as wide as the terminal: id, n or R, time, action,
   category, sender, subject, which is whole where the output is none. */
void shelf_row(struct shelf *, time_t now, const struct vault_entry *,
    const struct vault_meta *);

/* The address in the text of a From field: its only word with an @.  *len 0
   where there is none, or where several differ: a sender may have written one
   of them into his name. */
const char *shelf_address(const char *from, size_t *len);

#define SHELF_BOLD "\033[1m"
#define SHELF_RED "\033[31m"
#define SHELF_GREEN "\033[32m"
#define SHELF_PLAIN "\033[0m"
void shelf_paint(struct shelf *, const char *colour);

#endif
