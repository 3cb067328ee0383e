/*
 * scan: looks through stored messages.  This form reads folders (recursively,
 * a file a message) and files, and prints an object a line.
 */
#include "cmd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "limits.h"
#include "match.h"
#include "message.h"
#include "worker.h"

#define FEW 4 /* messages for which rules are not prepared */

struct scan {
	const struct options *opt;
	struct config config;
	const char *box;
	uint32_t messages;
	bool trouble;     /* something could not be read */
	bool broken_pipe; /* nobody reads our output any more */
};

static void
put_row(struct scan *s, const char *path, const struct report *r)
{
	struct buf line = BUF(LIMIT_ANSWER);
	struct err err;

	buf_puts(&line, "{\"v\":1,\"box\":");
	report_json_path(&line, s->box);
	buf_puts(&line, ",\"id\":");
	report_json_path(&line, path);
	report_json(&line, r, &s->config.rules);
	buf_puts(&line, "}\n");
	if (line.failed) {
		log_error("%s: no memory for its row", path);
		s->trouble = true;
	} else if (message_write(STDOUT_FILENO, line.p, line.len, &err) == -1) {
		log_error("%s", err.text);
		s->broken_pipe = true;
	}
	buf_free(&line);
}

static int
judge_bytes(struct scan *s, struct arena *a, const struct buf *bytes,
    struct report *r, struct err *err)
{
	if (setjmp(*arena_oom(a)) != 0)
		return err_set(err, "no memory for the report");
	if (s->messages++ == FEW)
		match_prepare(&s->config.rules);
	return worker_judge(r, a, &s->config.rules, &s->config.settings,
	    bytes->p, (uint32_t)bytes->len, 0, err);
}

/* A message that cannot be judged is a row too, with the verdict `error`. */
static void
scan_file(struct scan *s, const char *path, int fd)
{
	struct report r = {.verdict = VERDICT_ERROR, .category = UINT32_MAX};
	struct arena *a = arena_new(LIMIT_ARENA);
	struct message m;
	struct err err;
	int rc;

	rc = message_read(&m, fd, LIMIT_MESSAGE, &err);
	if (rc == 0 && m.spool != -1)
		rc = err_set(&err, "larger than %u bytes", LIMIT_MESSAGE);
	if (rc == 0)
		rc = a == NULL ? err_set(&err, "no memory")
			       : judge_bytes(s, a, &m.bytes, &r, &err);
	if (rc == 0 && r.warn & WARN_MBOX)
		rc = err_set(&err, "a whole mailbox, not one message");
	if (rc == -1) {
		log_error("%s: not judged: %s", path, err.text);
		s->trouble = true;
		r = (struct report){
		    .verdict = VERDICT_ERROR, .category = UINT32_MAX};
	}
	put_row(s, path, &r);
	message_free(&m);
	arena_free(a);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
not_dots(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static void scan_path(struct scan *, const char *path, unsigned depth);

static void
scan_folder(struct scan *s, const char *path, unsigned depth)
{
	struct dirent **v = NULL;
	int n = scandir(path, &v, not_dots, by_name);

	if (n == -1) {
		log_error("%s: %s", path, strerror(errno));
		s->trouble = true;
	}
	for (int i = 0; i < n; i++) {
		char *sub;

		if (!s->broken_pipe &&
		    asprintf(&sub, "%s/%s", path, v[i]->d_name) != -1) {
			scan_path(s, sub, depth + 1);
			free(sub);
		}
		free(v[i]);
	}
	free(v);
}

/* A symbolic link is followed where it was named, not inside a folder. */
static void
scan_path(struct scan *s, const char *path, unsigned depth)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
				(depth > 0 ? O_NOFOLLOW : 0));
	struct stat st;

	if (fd == -1 && errno == ELOOP && depth > 0)
		return;
	if (fd == -1 || fstat(fd, &st) == -1) {
		log_error("%s: %s", path, strerror(errno));
		s->trouble = true;
	} else if (S_ISREG(st.st_mode)) {
		scan_file(s, path, fd);
	} else if (S_ISDIR(st.st_mode) && depth >= LIMIT_FOLDER_DEPTH) {
		log_error("%s: folders are nested too deep", path);
		s->trouble = true;
	} else if (S_ISDIR(st.st_mode)) {
		scan_folder(s, path, depth);
	} else if (depth == 0) {
		log_error("%s: neither a file nor a folder", path);
		s->trouble = true;
	}
	if (fd != -1)
		close(fd);
}

int
cmd_scan(const struct options *opt)
{
	struct scan s = {.opt = opt};
	struct err err;
	struct stat st;
	int status = EX_OK;

	if (opt->wrong != NULL || opt->narg == 0 || !opt->json) {
		log_error("%s", opt->wrong != NULL ? opt->wrong
				: opt->narg == 0 ? "scan needs a file or folder"
						 : "scan needs --json");
		return EX_USAGE;
	}
	if (conf_open(&s.config, &opt->sources, &err) == -1) {
		log_error("%s", err.text);
		return EX_OSERR;
	}
	conf_log(&s.config.rules);
	for (int i = 0; i < opt->narg && !s.broken_pipe; i++) {
		s.box = opt->arg[i];
		if (stat(s.box, &st) == -1) {
			log_error("%s: %s", s.box, strerror(errno));
			status = EX_NOINPUT;
			continue;
		}
		scan_path(&s, s.box, 0);
	}
	conf_close(&s.config);
	if (s.broken_pipe)
		return EX_IOERR;
	return status != EX_OK ? status : s.trouble ? 1 : 0;
}
