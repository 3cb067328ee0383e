#ifndef COMPLETE_H
#define COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

struct options;

/* The tables of main.c: usage is printed from them, and what a shell offers
   when TAB is pressed is derived from them. */
struct command {
	const char *name;
	unsigned bit;
	bool service; /* its words go to syslog too: a program called it */
	int (*run)(const struct options *);
	const char *args, *summary;
};

enum flag_kind { FLAG, VALUE, LINE };

struct flag {
	const char *name;
	enum flag_kind kind;
	unsigned commands;
	size_t at; /* in struct options */
	const char *args, *summary;
};

struct table {
	const struct command *command;
	size_t ncommand;
	const struct flag *flag;
	size_t nflag;
};

/*
 * simsift --complete WORD... CURRENT: what may stand in place of CURRENT
 * (which may be ""), a line each: the word, a tab, what it is.  The lines
 * ":files" and ":dirs" ask the shell for names of its own.  The words are as
 * typed behind the program's name; n is 1 at least.  What belongs where is read
 * from the table's `args`: a|b are words, ID is in the vault, RULE and CATEGORY
 * in the rules, ACTION is what a category gets, FILE, BOX, DIR and FOLDER are
 * names; a summary such as "auto, mbox or mh" is a list of words.  Nothing is
 * said where something is wrong: there are fewer lines.  EX_IOERR where they
 * cannot be written, else 0.
 */
int complete(const struct table *, char **words, size_t n);

/* simsift --completion SHELL: the script that calls the above.  EX_USAGE for
   a shell that is not known. */
int complete_script(const char *shell);

#endif
