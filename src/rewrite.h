#ifndef REWRITE_H
#define REWRITE_H

#include "vault.h"

/*
 * The message that goes on in the place of the one that came: its edits, the
 * X-Simsift field in front of it, and the token by which we know it again.
 * filter writes it to its caller, scan --apply into the box.
 */
struct rewrite {
	const char *p; /* the message as it came; the caller's */
	uint32_t len;
	struct report *report; /* of it, checked */
	const struct rules *rules;
	struct arena *arena;   /* its place for no memory is set here */
	struct vault *vault;   /* open where a token is looked for, or made */
	bool header;           /* the field on clean mail, too */
	bool ours;             /* it carries a token of ours: passed as it is */
	bool stored;           /* the original is safe */
	char id[VAULT_ID + 1]; /* whole; "" until rewrite_name */
	char shown[9];
};

/* The id by which a log line and a field are brought together. */
void rewrite_name(struct rewrite *);

/* The original is on disk, in the open vault; or a fault (vault.h). */
int rewrite_keep(struct rewrite *, enum action, const char *sender,
    const char *recipient, struct err *);

/* Does one of the tokens hold that the report names? */
bool rewrite_find_token(struct rewrite *, struct vault_found *);
/* Then it passes as it is, but for fields of that kind that are not ours. */
void rewrite_pass_ours(struct rewrite *, const struct vault_found *);
/* A cut whose original is not kept is none: the message is marked. */
void rewrite_uncut(struct rewrite *);

/* Our field and the token, or nothing, in `out`; -1: there can be no
   result. */
int rewrite_field(struct rewrite *, struct buf *out);
/* The message with its edits and that field, piece by piece. */
int rewrite_write(
    const struct rewrite *, const struct buf *field, edit_put *put, void *ctx);

#endif
