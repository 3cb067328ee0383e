#ifndef MAILDIR_H
#define MAILDIR_H

#include "disk.h"

/* Names and places in a Maildir. */
#define MAILDIR_NAME 512

/* A name that no other program gives (the Maildir's rules), beginning with the
   time `seconds`; no flags. */
void maildir_unique(char *out, size_t room, int64_t seconds);

/* The flags of a name, with the colon, or "". */
const char *maildir_flags(const char *name);

/* Where in the folder the message of that name is now, whatever its flags:
   "cur/NAME:2,S" or "new/NAME", in `out`.  place: as it was, tried first.
   false: it is gone. */
bool maildir_find(
    const char *folder, const char *place, char out[MAILDIR_NAME]);

/* The size with each line end as CRLF, which W= counts. */
uint64_t maildir_wide(const char *p, size_t n);

/* Makes cur, new and tmp where they are missing, and the folder; sub: of a
   Maildir++ (it has an empty file maildirfolder). */
int maildir_make(const char *folder, bool sub, struct err *);

/* A new file tmp/NAME with those bytes, on disk, with times and mode; -1:
   nothing is left of it. */
int maildir_write(const char *folder, const char *name, const char *p, size_t n,
    const struct stat *like, struct err *);

#endif
