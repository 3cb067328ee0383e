#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

/* The one global of the program: where its own words go. */
static struct {
	bool service, quiet, verbose, opened;
} where;

int
err_set(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_errno(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof e->text - n, ": %s", strerror(saved));
	errno = saved;
	return -1;
}

void
log_init(bool service, bool quiet, bool verbose)
{
	where.service = service;
	where.quiet = quiet;
	where.verbose = verbose;
}

/* One line of printable ASCII: what a stranger named a file or a field must
   not write to a terminal or start a new line of a log. */
static void
shown(char *out, size_t room, const char *s)
{
	size_t n = 0;

	for (; *s != '\0' && n + 5 < room; s++) {
		unsigned char c = (unsigned char)*s;

		if (c >= 0x20 && c < 0x7f)
			out[n++] = *s;
		else
			n += (size_t)snprintf(out + n, room - n, "\\x%02x", c);
	}
	out[n] = '\0';
}

static void say(int level, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void
say(int level, const char *fmt, va_list ap)
{
	char raw[1024], line[2048];

	vsnprintf(raw, sizeof raw, fmt, ap);
	shown(line, sizeof line, raw);
	if (where.service) {
		if (!where.opened)
			openlog("simsift", LOG_PID, LOG_MAIL);
		where.opened = true;
		syslog(level, "%s", line);
	}
	if (!where.service || isatty(STDERR_FILENO))
		fprintf(stderr, "simsift: %s\n", line);
}

void
log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_ERR, fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!where.quiet)
		say(LOG_WARNING, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!where.quiet && (where.service || where.verbose))
		say(LOG_INFO, fmt, ap);
	va_end(ap);
}
