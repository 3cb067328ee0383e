/*
 * doctor: findings, and the files they are found in.
 */
#include "doctor.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"
#include "report.h"

#define N(a) (sizeof(a) / sizeof *(a))

/* ---- findings ---- */

static void
put_grade(struct doctor *d, enum grade g)
{
	static const char *const word[] = {"ok", "warn", "fail"};
	static const char *const paint[] = {"\033[32m", "\033[33m", "\033[31m"};

	if (d->colour)
		buf_puts(&d->out, paint[g]);
	buf_printf(&d->out, "%-4s", word[g]);
	if (d->colour)
		buf_puts(&d->out, "\033[0m");
	buf_puts(&d->out, "  ");
}

void
doctor_say(struct doctor *d, enum grade g, const char *path, uint32_t line,
    const char *way_out, const char *fmt, ...)
{
	uint32_t n = d->found[DOCTOR_WARN] + d->found[DOCTOR_FAIL];
	char words[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	d->found[g]++;
	if (g != DOCTOR_OK && n >= LIMIT_DOCTOR_FINDINGS) {
		if (n == LIMIT_DOCTOR_FINDINGS)
			buf_puts(&d->out, "      and more of them\n");
		return;
	}
	put_grade(d, g);
	if (path != NULL)
		report_shown(&d->out, path, strlen(path));
	if (path != NULL && line > 0)
		buf_printf(&d->out, ":%u", line);
	if (path != NULL)
		buf_puts(&d->out, ": ");
	report_shown(&d->out, words, strlen(words));
	buf_puts(&d->out, "\n");
	if (way_out == NULL)
		return;
	buf_puts(&d->out, "      ");
	report_shown(&d->out, way_out, strlen(way_out));
	buf_puts(&d->out, "\n");
}

/* ---- files ---- */

/* Was it read before, by another name? */
static bool
seen(struct doctor *d, const struct stat *st)
{
	for (uint32_t i = 0; i < d->nfile; i++)
		if (d->file[i].dev == st->st_dev &&
		    d->file[i].ino == st->st_ino)
			return true;
	if (d->nfile < LIMIT_DOCTOR_FILES) {
		d->file[d->nfile].dev = st->st_dev;
		d->file[d->nfile++].ino = st->st_ino;
	}
	return false;
}

/* Not opened for good before it is known to be a file: a fifo has no end. */
static int
open_file(struct doctor *d, const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd == -1) {
		if (errno != ENOENT && errno != ENOTDIR)
			doctor_say(d, DOCTOR_WARN, path, 0,
			    "run doctor as a user who may read it",
			    "not looked at: %s", strerror(errno));
		return -1;
	}
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode) &&
	    st->st_size <= LIMIT_DOCTOR_FILE && d->nfile < LIMIT_DOCTOR_FILES)
		return fd;
	doctor_say(d, DOCTOR_WARN, path, 0, "look at it yourself",
	    "not looked at: %s",
	    !S_ISREG(st->st_mode)             ? "it is no file"
	    : st->st_size > LIMIT_DOCTOR_FILE ? "it is larger than 1 MB"
					      : "there are too many files");
	close(fd);
	return -1;
}

bool
doctor_read(struct doctor *d, const char *path, struct doctor_text *t)
{
	size_t n = 0, size;
	ssize_t got = 1;
	int fd;

	*t = (struct doctor_text){.path = path};
	if ((fd = open_file(d, path, &t->st)) == -1)
		return false;
	if (seen(d, &t->st)) {
		close(fd);
		return false;
	}
	size = (size_t)t->st.st_size;
	t->p = arena_alloc(d->arena, size + 1);
	while (n < size && got != 0) {
		got = read(fd, t->p + n, size - n);
		if (got == -1 && errno != EINTR)
			break;
		n += got > 0 ? (size_t)got : 0;
	}
	close(fd);
	if (got == -1)
		doctor_say(d, DOCTOR_WARN, path, 0, "look at it yourself",
		    "not looked at: %s", strerror(errno));
	/* A NUL would hide what is behind it. */
	for (size_t i = 0; i < n; i++)
		if (t->p[i] == '\0')
			t->p[i] = ' ';
	return got != -1;
}

char *
doctor_line(struct doctor_text *t, bool joined)
{
	char *from = t->p + strspn(t->p, " \t"), *end;

	if (*t->p == '\0')
		return NULL;
	t->line++;
	for (end = from; (end = strchr(end, '\n')) != NULL; end++) {
		if (!joined || end == from || end[-1] != '\\')
			break;
		end[-1] = end[0] = ' ';
		t->line++;
	}
	if (end == NULL)
		t->p = from + strlen(from);
	else
		t->p = end + 1;
	while (end != NULL && end > from && end[-1] == '\r')
		end--;
	if (end != NULL)
		*end = '\0';
	return from;
}

static bool
ends_so(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return n > k && name[0] != '.' && strcmp(name + n - k, end) == 0;
}

void
doctor_folder(struct doctor *d, const char *dir, const char *end,
    void (*f)(void *ctx, const char *path), void *ctx)
{
	struct dirent **v = NULL;
	int n = scandir(dir, &v, NULL, alphasort);

	if (n == -1 && errno != ENOENT && errno != ENOTDIR)
		doctor_say(d, DOCTOR_WARN, dir, 0,
		    "run doctor as a user who may read it", "not looked at: %s",
		    strerror(errno));
	/* f may run out of memory and not come back. */
	for (int i = 0; i < n; i++) {
		char *path = NULL;

		if (ends_so(v[i]->d_name, end))
			path =
			    arena_printf(d->arena, "%s/%s", dir, v[i]->d_name);
		free(v[i]);
		if (path != NULL)
			f(ctx, path);
	}
	free(v);
}

const char *
doctor_home(struct doctor *d, const char *path)
{
	static const char *const home[] = {"~/", "$HOME/", "${HOME}/"};

	for (size_t i = 0; d->home != NULL && i < N(home); i++) {
		size_t n = strlen(home[i]);

		if (strncmp(path, home[i], n) == 0)
			return arena_printf(
			    d->arena, "%s/%s", d->home, path + n);
	}
	return path;
}

/* ---- who calls us ---- */

#define BETWEEN " \t\r\n\"'`()[]{};|&<>,"

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static const char *
known_command(const char *word)
{
	static const char *const known[] = {"filter", "check", "hold",
	    "explain", "diff", "restore", "scan", "rules", "list", "show",
	    "release", "allow", "purge", "report"};

	for (size_t i = 0; i < N(known); i++)
		if (strcmp(word, known[i]) == 0)
			return known[i];
	return NULL;
}

bool
doctor_calls(struct doctor *d, const char *line, struct doctor_call *c)
{
	const char *known;
	char *word;
	size_t n;

	*c = (struct doctor_call){.command = ""};
	for (; line += strspn(line, BETWEEN), (n = strcspn(line, BETWEEN)) > 0;
	     line += n) {
		word = arena_dup(d->arena, line, n);
		/* As in name=/usr/bin/simsift. */
		if (strchr(word, '=') != NULL && strchr(word, '/') != NULL &&
		    strchr(word, '=') < strchr(word, '/'))
			word = strchr(word, '=') + 1;
		if (c->program == NULL) {
			if (strcmp(base_name(word), "simsift") == 0)
				c->program = word;
			continue;
		}
		if (strcmp(word, "--no-vault") == 0)
			c->no_vault = true;
		known = known_command(word);
		if (c->command[0] == '\0' && known != NULL)
			c->command = known;
	}
	return c->program != NULL;
}

void
doctor_program(struct doctor *d, const struct doctor_call *c, const char *path,
    uint32_t line)
{
	const char *program = doctor_home(d, c->program);
	struct stat st;

	if (program[0] != '/') {
		if (strchr(program, '$') == NULL)
			doctor_say(d, DOCTOR_WARN, path, line,
			    "write the whole path, as in "
			    "/usr/local/bin/simsift",
			    "%s: no whole path: it is found only where PATH "
			    "says so, and a mail system's is short",
			    program);
		return;
	}
	if (stat(program, &st) == -1)
		doctor_say(d, DOCTOR_FAIL, path, line,
		    "install it there, or write where it is (command -v "
		    "simsift)",
		    "%s: %s", program, strerror(errno));
	else if (!S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0)
		doctor_say(d, DOCTOR_FAIL, path, line,
		    "install it again: make install", "%s is no program",
		    program);
	else if ((st.st_mode & 0001) == 0)
		doctor_say(d, DOCTOR_WARN, path, line,
		    arena_printf(d->arena, "chmod 755 %s", program),
		    "%s: not every user may start it", program);
}

void
doctor_good(struct doctor *d, const char *path, uint32_t line, const char *who,
    const struct doctor_call *c)
{
	d->callers++;
	doctor_say(d, DOCTOR_OK, path, line, NULL, "%s calls %s%s%s", who,
	    c->program, c->command[0] != '\0' ? " " : "", c->command);
}

bool
doctor_field(const char *line)
{
	return strcasestr(line, "X-Simsift") != NULL;
}

void
doctor_early(
    struct doctor *d, const char *path, uint32_t line, const char *what)
{
	doctor_say(d, DOCTOR_WARN, path, line,
	    "move it behind the filter, which takes strangers' fields out",
	    "%s asks for X-Simsift before simsift is called: only a stranger "
	    "can have written the field",
	    what);
}

const char *
doctor_word(const char *s, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = s; (at = strstr(at, word)) != NULL; at++) {
		bool before = at > s && (isalnum((unsigned char)at[-1]) ||
					    strchr("_-:.", at[-1]) != NULL);

		if (!before && !isalnum((unsigned char)at[n]) && at[n] != '_' &&
		    at[n] != '-')
			return at;
	}
	return NULL;
}
