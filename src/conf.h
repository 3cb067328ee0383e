#ifndef CONF_H
#define CONF_H

#include "rules.h"

#define CONF_LISTS 2

/* Settings: lines of the rule files, inside `ifplugin Simsift`.  One table in
   conf.c holds names, kinds and ranges. */
struct settings {
	double required_score;
	uint32_t cut_max_percent;   /* of the visible text; above: no cut */
	uint32_t keep_min_percent;  /* of it that must remain */
	uint32_t keep_dkim;         /* 1: signed by DKIM means no cut */
	uint32_t cut_max_sentences; /* percent; above: woven in, no cut */
	uint32_t digest_stub;       /* 1: a removed entry leaves a line */
	uint32_t limit_time;        /* ms for a message, children and all */
	uint32_t limit_message;     /* bytes; above: passed unjudged */
	bool cut_held;     /* what policy holds is to be cut (scan --action) */
	const char *vault; /* its folder, or NULL: the usual place */
	const char *sendmail; /* a program, or NULL: where it usually is */
	bool sendmail_wrong;  /* a line for it does not count */
	struct sender_list {  /* patterns of addresses */
		const char **v;
		uint32_t n, size;
	} list[CONF_LISTS]; /* welcomelist_from, blocklist_from */
	struct arena *arena;
};

/* Where rules come from, as asked for on the command line. */
struct conf_sources {
	const char *dir;   /* -C: only that; or NULL */
	const char **file; /* in place of the usual folders; or none */
	uint32_t nfile;
	const char **line; /* -c */
	uint32_t nline;
	/* What was read before may be taken from the user's cache folder: all
	   but what `rules` shows (no tests, names or literals). */
	bool cached;
	bool keep_later; /* conf_keep will be called: first the message */
};

/* Loads the *.cf files of the shipped rules, of /etc/simsift and of
   $XDG_CONFIG_HOME/simsift (or of the -C folder alone), each folder in order
   of names, then the -c lines.
   What is broken or refused (world-writable, a stranger's file) is left out
   and complained of: rules->degraded.  Never fails as a whole. */
void conf_load(struct settings *, struct rules *, const struct conf_sources *);

/* Rules and settings with the arena that holds them. */
struct config {
	struct arena *arena;
	struct rules rules;
	struct settings settings;
	void *map; /* a file of the cache, which holds the rules; or NULL */
	size_t map_len;
	int64_t to_keep; /* since when they are read, to be kept; or 0 */
};

/* conf_load into a new arena.  -1: no memory.  conf_close in any case. */
int conf_open(struct config *, const struct conf_sources *, struct err *);
void conf_close(struct config *);
/* Keeps what was read for the next process, where that was put off. */
void conf_keep(struct config *, const struct conf_sources *);
/* Errors among the complaints go to the log, a line each, a few of them. */
void conf_log(const struct rules *);

/* The same of a rule that turns out not to compile. */
void conf_log_broken(const struct rule *);

/* The folder of the user's own rules, in `a`; NULL: nothing says where. */
const char *conf_user_dir(struct arena *);

/* Prints the table of settings with their present values. */
void conf_print(const struct settings *);
/* The name of a setting, from 0 on, and what it is; NULL behind the last. */
const char *conf_setting(size_t, const char **what);

#endif
