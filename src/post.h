#ifndef POST_H
#define POST_H

#include "buf.h"
#include "log.h"

/*
 * Gives a message away: to sendmail, or into a Maildir.  0, or -1: then it was
 * not delivered, as far as can be known.
 */

/* program: as set (`sendmail PATH`), or NULL for the usual places.  It is
   started without a shell: PROGRAM -oi -- TO…  Each address is checked first
   (post_address). */
int post_sendmail(const char *program, const char *const *to, size_t nto,
    const struct buf *message, struct err *);
/* The same of a file, from its start on: a message that may be large. */
int post_sendmail_file(const char *program, const char *const *to, size_t nto,
    int fd, struct err *);
/* dir must be a Maildir already: a slip of the pen must not make one. */
int post_maildir(const char *dir, const struct buf *message, struct err *);

/* Can this stand on a command line and in a header: no blanks, controls, no
   hyphen in front, nothing but ASCII? */
bool post_address(const char *s);

#define POST_SELF 400
/* "user@host": whose mail it is that we write. */
void post_self(char out[POST_SELF]);

#endif
