#ifndef LOG_H
#define LOG_H

#include <stdbool.h>

/* A fault of the world (I/O, memory, configuration), filled where it happens:
   the thing, the place and the way out.  Functions return -1 with it. */
struct err {
	char text[512];
};

/* Always -1, so that a caller can write `return err_set(…)`. */
int err_set(struct err *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The same, with ": " and the words for errno, which stays. */
int err_errno(struct err *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* To syslog (facility mail) when `service` was asked for, and to standard
   error when that is a terminal or `service` was not asked for.  One call is
   one line: control and bidi characters are shown as escapes. */
void log_init(bool service, bool quiet, bool verbose);
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
