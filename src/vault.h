#ifndef VAULT_H
#define VAULT_H

#include <sha2.h>

#include "message.h"
#include "report.h"

/*
 * Held messages and the originals of cut ones, as a Maildir that any mail
 * program reads (mutt -f DIR).  No database: what a listing sorts and filters
 * by is in the file name, what it shows in the first lines of the file.
 *
 *	DIR/secret               32 bytes, for tokens
 *	DIR/tmp/…                being written; swept when older than a day
 *	DIR/new, cur/SECONDS.SHA256.RETRY.ACTION[:2,FLAGS]
 *
 * SECONDS is when it was stored last (time_t), SHA256 64 hex digits of the
 * original as it came, RETRY 16 digits of the same without the date of its mbox
 * From_ line (an MTA that tries again writes another one), ACTION "hold" or
 * "cut".
 * FLAGS are Maildir's: P (passed) is set when a message is released, S (seen)
 * when it was reported; a mail program that shows it to its user sets S too,
 * and then it is no news to him.
 *
 * The file is a block of X-Simsift-Vault-* fields, the last of which is
 * X-Simsift-Vault-Length: N; behind that line's end come the N bytes of the
 * message, whatever they are, up to the end of the file.  An mbox From_ line
 * is kept in a field, and N does not count it.
 *
 * Safe with many writers and readers, and with mail programs that move files
 * from new to cur and change their flags: nothing is believed to be still
 * where a scan saw it.
 */

/* What went wrong; struct err says it in words.  Negative, 0 is done. */
enum vault_fault {
	VAULT_NONE = -1, /* no vault, no such id, it went away: EX_NOINPUT */
	VAULT_AMBIGUOUS = -2, /* several ids begin so: EX_NOINPUT */
	VAULT_BAD = -3,       /* no id at all; a damaged, linked or foreign
				 file: EX_DATAERR */
	VAULT_IO = -4,        /* disk full, quota, permission, I/O: EX_IOERR */
};
/* The exit status for a fault (sysexits.h); 0 gives 0. */
int vault_exit(int fault);

struct vault {
	const char *path;                /* as opened */
	int root, tmp, new_dir, cur_dir; /* descriptors, or -1 */
	struct vault_index *index;       /* vault_remember, or NULL */
};

/* Where the vault is: `option` (-V), else `setting` (vault DIR of the rule
   files, settings.vault), else $XDG_DATA_HOME/simsift/vault, else
   $HOME/.local/share/simsift/vault.  A leading ~/ is $HOME.  In `a`.  NULL:
   nothing says where (err). */
const char *vault_path(
    struct arena *a, const char *option, const char *setting, struct err *);

/* Opens the vault.  make: folders that are missing are made (0700), and old
   files in tmp are swept; without it a missing vault is VAULT_NONE.  Refused
   where it or a folder of it belongs to somebody else or others may write into
   it.  `path` must
   live as long as the vault.  vault_close in any case. */
int vault_open(struct vault *, const char *path, bool make, struct err *);
void vault_close(struct vault *);
/* Waits until nobody else has the lock, and keeps it until vault_close.  Where
   locks cannot be had (NFS without them) it does nothing. */
void vault_lock(struct vault *);

/* ---- what is there ---- */

struct vault_entry {
	const char *name;   /* of the file, in the arena */
	const char *id;     /* 64 hex digits in `name`; no NUL behind them */
	const char *retry;  /* 16, also there */
	uint32_t shown;     /* digits that are shown: unique, at least 5 */
	int64_t time;       /* seconds since 1970 */
	enum action action; /* ACTION_HOLD or ACTION_CUT */
	bool in_cur, released, reported;
};

struct vault_list {
	struct vault_entry *v; /* newest first */
	uint32_t n, size;
	uint32_t strangers; /* files in new and cur that are not ours: left
			       alone */
};

/* Reads the two folders, no file: 20,000 names take some 20 ms and 5 MB.  The
   same message is listed once. */
int vault_scan(
    struct vault *, struct arena *, struct vault_list *, struct err *);
/* *out: the entry whose id begins with `id` (hex digits, case ignored).
   VAULT_BAD: that is no id; VAULT_NONE: unknown; VAULT_AMBIGUOUS. */
int vault_find(const struct vault *, const struct vault_list *, const char *id,
    struct vault_entry **out, struct err *);

struct vault_rule {
	const char *name;
	double score;
	const char *where; /* "/path/20_number.cf:41" */
	const char *text;  /* what it found first, one line; or "" */
};

/* The block of fields.  Strings are C strings in the arena, "" where the field
   is missing, valid UTF-8 at the time they were written, but strangers' text
   all the same: show them through report_shown. */
struct vault_meta {
	const char *verdict, *category;
	const char *score; /* "8.2/5.0" */
	const char *cuts;  /* "4 cuts, 245 of 2120 characters"; "" for hold */
	const char *from, *subject; /* of the message, decoded */
	const char *envelope; /* "<sender> <recipient>" as far as known; what
				 could be mistaken is %XX */
	const char *sha256;   /* 64 hex digits */
	struct vault_rule *rule;
	uint32_t nrule;
	const char *from_line; /* with its line end, not NUL-terminated */
	uint32_t from_line_len;
	uint64_t length; /* bytes of the message, without the From_ line */
};

/* The block only: one open and one read of at most LIMIT_VAULT_HEAD bytes.
   VAULT_NONE: it is gone.  VAULT_BAD: a symlink, a stranger's, damaged. */
int vault_meta(struct vault *, struct arena *, const struct vault_entry *,
    struct vault_meta *, struct err *);
/* Whom it came for, of its envelope, in `a`; "" where that is not known; NULL:
   the envelope is not as we write it. */
const char *vault_recipient(struct arena *, const struct vault_meta *);
/* Appends the original, bit for bit, its sum checked.  from_line: with the
   From_ line it came with.  meta: may be NULL. */
int vault_original(struct vault *, struct arena *, const struct vault_entry *,
    bool from_line, struct buf *out, struct vault_meta *meta, struct err *);

/* ---- changes ---- */

/* What is known about a message that is stored. */
struct vault_item {
	const char *p; /* the original, From_ line and all */
	uint32_t len;
	const struct report *report;
	const struct rules *rules;
	enum action action;             /* ACTION_HOLD or ACTION_CUT */
	const char *sender, *recipient; /* of the envelope, or NULL */
};

#define VAULT_ID 64       /* hex digits */
#define VAULT_SECRET 32   /* bytes of the secret */
#define VAULT_TOKEN_ID 16 /* of them in a token: nobody finds a second one */

/* 0: the message is on disk, whole, and stays there when the machine goes
   down; it may have been there before, and is then as one that came now: its
   time is, and it has no flags.  id: its SHA-256 in hex, or that of the
   first try where the date of the From_ line is all that differs.  On a fault
   nothing half of it is left behind; where the disk failed only in the last
   step, the whole of it may be. */
int vault_store(struct vault *, const struct vault_item *,
    char id[VAULT_ID + 1], struct err *);
/* For who stores many: what is there is looked up now, and not for each of
   them.  What another process stores meanwhile may then be there twice, which
   is no harm. */
int vault_remember(struct vault *, struct err *);
/* The id a message has, stored or not. */
void vault_id(const char *p, uint32_t len, char id[VAULT_ID + 1]);

#define VAULT_RELEASED 'P'
#define VAULT_REPORTED 'S'
/* Sets a flag, and the entry's.  Also where somebody moved the file since the
   scan.  Done before: 0. */
int vault_flag(struct vault *, struct arena *, struct vault_entry *, char flag,
    struct err *);
/* VAULT_BAD: it is no file of ours, and stays.  0 also where it is gone
   already, or was stored again since the scan: then it
   stays. */
int vault_remove(struct vault *, const struct vault_entry *, struct err *);
/* Flags and removals reach the disk: once, behind the last of them. */
int vault_sync(struct vault *, struct err *);
/* Removes files in tmp that are older than a day.  vault_open does it. */
void vault_sweep(struct vault *);

/* ---- the token (vault_token.c) ----
 *
 * X-Simsift-Token: ID HMAC, on what we made: cut, released and report
 * messages.  HMAC-SHA-256 with the vault's secret over the id, the fields of
 * the header that say how the body is read or what the reader sees first, and
 * the body.  So who copies it onto another body, or under another Subject or
 * Content-Type, has nothing; and added other fields, folds and line ends do
 * not break it.
 */
struct vault_sum {
	SHA2_CTX ctx;   /* of the body, in pieces: vault_sum_put */
	uint64_t lines; /* line ends that wait for text behind them */
	bool cr, text;
	uint8_t head[SHA256_DIGEST_LENGTH]; /* vault_sum_head; else zero */
};
void vault_sum_start(struct vault_sum *);
/* An edit_put.  The body counts with its line ends as LF and without empty
   lines at its end. */
int vault_sum_put(void *sum, const char *p, size_t n);
/* The header of p: From, Subject, MIME-Version, Content-Type and
   Content-Transfer-Encoding, how many of each and their values, blanks and
   folds as one blank.  status: the field X-Simsift, too, which filter adds
   itself; a released message may have a stranger's. */
void vault_sum_head(
    struct vault_sum *, const char *p, const struct header *, bool status);

/* Appends the field, folded, with eol at its end, for what was summed; the sum
   is spent.  id: 1 to 64 of [0-9a-z-]; a message's own id is shortened to
   VAULT_TOKEN_ID.
   Makes the secret where there is none.  A body without text gets no token (it
   would hold on any message without text): 0 and nothing is appended. */
int vault_token(struct vault *, const char *id, struct vault_sum *,
    const char *eol, struct buf *out, struct err *);
/* The same for a message, p[0..len): its body is found, line ends are its
   own.  The field belongs in front of p, behind a From_ line. */
int vault_token_for(struct vault *, struct arena *, const char *id,
    const char *p, uint32_t len, struct buf *out, struct err *);
/* Makes the secret where there is none: with the first message that is held, so
   that it is there, and its user's, before anybody releases or reports. */
int vault_secret(struct vault *, struct err *);
/* Is value[0..n) (behind the colon) a token for what was summed?  id: that of
   the token.  Makes nothing; without a secret no token holds.  The sum is not
   spent. */
bool vault_token_holds(struct vault *, const char *value, size_t n,
    const struct vault_sum *, char id[VAULT_ID + 1]);

/* The token of a message. */
struct vault_found {
	char id[VAULT_ID + 1];
	struct span field; /* the one that holds, whole */
	bool status;       /* the X-Simsift field is as we wrote it, too */
};
/* Does one of the first LIMIT_TOKENS tokens of the message hold?  Its header
   is read here, not where strangers' bytes are parsed. */
bool vault_token_find(struct vault *, struct arena *, const char *p,
    uint32_t len, struct vault_found *);
/* The id a token names, unchecked: 0, or -1 where it is none. */
int vault_token_id(const char *value, size_t n, char id[VAULT_ID + 1]);

#endif
