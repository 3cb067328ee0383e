#ifndef DOCTOR_H
#define DOCTOR_H

#include <sys/stat.h>

#include "buf.h"
#include "conf.h"
#include "limits.h"

/*
 * What is wrong with a set-up: findings, each with its way out.  The files of
 * other programs are read and never obeyed: nothing in them is run, what is no
 * regular file or too large is said and left alone, and what is shown of them
 * is escaped.
 */

enum grade { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAIL };

/* What Sieve scripts ask of Dovecot. */
#define SIEVE_FILTER 1u
#define SIEVE_EXECUTE 2u
#define SIEVE_PIPE 4u

struct doctor {
	struct arena *arena;
	const struct settings *settings;
	const char *home; /* or NULL: nothing says where */
	const char *etc;
	struct buf out;
	bool colour;
	uint32_t found[DOCTOR_FAIL + 1]; /* findings of each grade */
	uint32_t callers;                /* places that call simsift */
	uint32_t nfile;
	struct {
		dev_t dev;
		ino_t ino;
	} file[LIMIT_DOCTOR_FILES]; /* that were read */
	unsigned sieve;             /* SIEVE_*, of all scripts */
	const char *sieve_at;       /* the first script that calls us */
};

/* A finding: one line, `path:line: words`, and the way out below it (or NULL).
   path: or NULL; line: from 1, 0: the whole file. */
void doctor_say(struct doctor *, enum grade, const char *path, uint32_t line,
    const char *way_out, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

struct doctor_text {
	const char *path;
	char *p; /* what is not read yet, NUL at its end */
	uint32_t line;
	struct stat st;
};

/* The text of a file, in the arena.  False: it is not there, was read before
   or, said, cannot be read. */
bool doctor_read(struct doctor *, const char *path, struct doctor_text *);
/* The next line, without its end; the blanks before it are gone.  NULL: there
   is no more.  joined: a backslash at its end joins the next one. */
char *doctor_line(struct doctor_text *, bool joined);
/* Calls f with each file of the folder whose name ends so, in order. */
void doctor_folder(struct doctor *, const char *dir, const char *end,
    void (*f)(void *ctx, const char *path), void *ctx);

/* A command line that calls us. */
struct doctor_call {
	const char *program; /* as written, in the arena */
	const char *command; /* "filter", …; or "" */
	bool no_vault;
};
/* False: it does not call us. */
bool doctor_calls(struct doctor *, const char *line, struct doctor_call *);
/* Is the program there, and may others start it?  Says what is wrong. */
void doctor_program(struct doctor *, const struct doctor_call *,
    const char *path, uint32_t line);
/* Counts a caller, and says that this one calls us well. */
void doctor_good(struct doctor *, const char *path, uint32_t line,
    const char *who, const struct doctor_call *);
/* Where "path" starts with ~/ or $HOME/: in the home looked at; else as it is.
 */
const char *doctor_home(struct doctor *, const char *path);
/* Does the line speak of the field that we add? */
bool doctor_field(const char *line);
/* It does so before we were called. */
void doctor_early(
    struct doctor *, const char *path, uint32_t line, const char *what);
/* The first `word` that stands alone in s; or NULL. */
const char *doctor_word(const char *s, const char *word);

/* The rooms, one for each matter. */
void doctor_own_rules(struct doctor *, const struct rules *);
void doctor_own_vault(struct doctor *, const char *option);
void doctor_own_sandbox(struct doctor *);
void doctor_own_program(struct doctor *);
void doctor_procmail(struct doctor *);
void doctor_maildrop(struct doctor *);
void doctor_fdm(struct doctor *);
void doctor_mutt(struct doctor *);
void doctor_sieve(struct doctor *);
void doctor_dovecot(struct doctor *); /* behind doctor_sieve */
void doctor_postfix(struct doctor *);

#endif
