#ifndef BOX_PRIVATE_H
#define BOX_PRIVATE_H

#include "box.h"
#include "buf.h"
#include "feed.h"

/* The names in a folder, in order. */
struct names {
	struct buf text;
	uint32_t *at; /* of each, in text */
	uint32_t n, size;
};

typedef bool names_want(const char *name);
typedef int names_compare(const char *, const char *);

/* -1: the folder cannot be read. */
int names_read(struct names *, const char *path, names_want *, names_compare *);
const char *names_get(const struct names *, uint32_t i);
void names_free(struct names *);

bool names_not_dots(const char *name);
bool names_not_hidden(const char *name);
bool names_numeric(const char *name);
int names_by_number(const char *, const char *);

/* A folder on the way down. */
struct level {
	struct names names;
	uint32_t next;
	size_t path_len; /* of the folder's path in box.path */
};

struct box_ops {
	int (*open)(struct box *, struct err *);
	int (*next)(struct box *, struct box_item *, struct err *);
};

struct box {
	const struct box_ops *ops;
	enum box_kind kind;
	struct box_wish wish;
	const char *name;  /* as given */
	struct buf path;   /* of the present item, or folder; NUL-terminated */
	struct buf id;     /* of an mbox's message */
	struct feed feed;  /* the file that is open */
	struct buf folder; /* of the present sub-folder; NUL-terminated */
	uint64_t done, total;

	/* Folders: the one that is read, and those that wait. */
	struct level *level;
	uint32_t depth;
	struct names sub; /* sub-folders of a Maildir or MH folder */
	uint32_t next_sub;
	bool started;

	/* mbox */
	struct buf window;
	uint64_t window_at; /* in the feed */
	uint64_t at;        /* where the next From_ line is */
	bool dated;         /* the From_ lines have dates */
	bool counted;       /* Content-Length tells the ends (mboxcl2) */
	bool ended;
};

extern const struct box_ops box_mbox, box_maildir, box_mh, box_folder, box_file;

/* b->path = folder "/" name. */
int box_set_path(struct box *, const char *folder, const char *name);
/* Opens b->path as the present item: 1; 0: it is none (no regular file); -1
   it cannot be opened. */
int box_open_item(struct box *, struct box_item *, struct err *);
/* Does a From_ line with a date begin p[0..n)? */
bool box_is_from(const char *p, size_t n);
/* Folders that are Maildirs or MH folders, by what is in them. */
bool box_is_maildir(const char *path);
bool box_is_mh(const char *path);

#endif
