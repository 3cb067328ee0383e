#ifndef CMD_H
#define CMD_H

#include "conf.h"

/* The command line, and the commands main.c's table names.  Each returns the
   exit status (sysexits.h, or as DESIGN says for filter, check and hold). */
struct options {
	struct conf_sources sources;
	bool header, json, tree, strict, settings;
	bool quiet, verbose, no_vault;
	const char *vault; /* -V, or NULL */
	/* scan */
	bool deep, timing, sum;
	const char *type, *range, *workers; /* as given, or NULL */
	bool apply, undo;
	const char *move, *action;
	/* list */
	const char *since, *category, *from, *subject, *max;
	bool held, cut;
	/* show, release, allow, purge, report */
	const char *to, *maildir, *older, *mail;
	const char *format, *width; /* digest */
	bool raw, to_stdout, again, yes;
	/* doctor */
	const char *home, *etc;
	bool mails;          /* the command hands mail to sendmail */
	const char *command; /* its name */
	const char **arg;
	int narg;
	const char *wrong; /* what is wrong with the options, or NULL */
};

int cmd_filter(const struct options *);
int cmd_check(const struct options *);
int cmd_hold(const struct options *);
int cmd_restore(const struct options *);
int cmd_explain(const struct options *);
int cmd_diff(const struct options *);
int cmd_rules(const struct options *);
int cmd_scan(const struct options *);
int cmd_digest(const struct options *);
int cmd_list(const struct options *);
int cmd_show(const struct options *);
int cmd_release(const struct options *);
int cmd_allow(const struct options *);
int cmd_purge(const struct options *);
int cmd_report(const struct options *);
int cmd_doctor(const struct options *);

#endif
