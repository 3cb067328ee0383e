#ifndef MESSAGE_H
#define MESSAGE_H

#include "buf.h"
#include "log.h"
#include "map.h"

/*
 * The whole message from a descriptor, and back to one; header fields as
 * spans (RFC 5322 2.2).
 */

struct message {
	struct buf bytes;
	int spool; /* the descriptor of a message above the limit, or -1 */
	uint64_t spool_len;
};

/* Reads to the end of file.  A message above `limit` bytes is collected in an
   unlinked temporary file ($TMPDIR, /var/tmp, /tmp) and is not in `bytes`.
   0; or -1: it cannot be read, or there is no room for it. */
int message_read(struct message *, int fd, size_t limit, struct err *);
/* Reads what is left, for a caller that cannot bear a reader that goes away:
   Dovecot's Sieve filter dies of it. */
void message_drain(int fd);
/* All of it, whatever EINTR, short writes and O_NONBLOCK do; -1 otherwise. */
int message_write(int fd, const char *p, size_t n, struct err *);
/* What `command` prints, to standard output; -1, logged, but not where the
   reader has seen enough and went away, as head does. */
int message_print(const char *p, size_t n, const char *command);
/* The spooled message, from its start; every byte counted. */
int message_write_spool(int fd, const struct message *, struct err *);
void message_free(struct message *);
/* A file without a name in $TMPDIR, /var/tmp or /tmp; -1: none to be had. */
int message_spool_open(struct err *);

/* A header field: offsets into the bytes given to message_header. */
struct field {
	struct span name;  /* without blanks before the colon */
	struct span value; /* behind the colon, folds and last line end too */
	struct span whole;
	bool odd; /* a line without a colon: kept as a field without name */
};

struct header {
	struct field *field;
	uint32_t n, size;
	uint32_t start; /* behind a From_ line */
	uint32_t body;  /* behind the empty line; the end where there is none */
	bool ended;     /* there was an empty line */
	bool cut_short; /* LIMIT_FIELDS or LIMIT_HEADER reached */
};

/* Reads the header block that starts at p[from].  Lines end in LF or CRLF.  A
   leading mbox From_ line is skipped, not a field.  A line without a colon is
   an odd field where a field follows before the empty line (FACTS, 11: a
   reader that stops there hides the rest of the header), else the body. */
void message_header(
    struct header *, struct arena *, const char *p, uint32_t from, uint32_t to);
/* Length of the From_ line that p starts with, or 0. */
uint32_t message_from_line(const char *p, uint32_t n);
/* Is it `name` (lower case), case ignored? */
bool message_field_is(const char *p, const struct field *, const char *name);
/* CRLF or LF, whichever the first line has. */
const char *message_eol(const char *p, size_t n);

#endif
