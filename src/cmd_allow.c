/*
 * allow: a sender is always wanted from now on: a line in the user's own
 * rules.
 */
#include "cmd_shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "limits.h"
#include "message.h"

#define NAME "90_allow.cf"

static const char intro[] =
    "# Written by simsift allow.  Take a welcomelist_from line out, and mail "
    "from\n"
    "# that address is judged again.\n";

/* The user's rules: a folder, held open and locked, and the file in it. */
struct own {
	const char *dir;
	int fd;
	struct buf text; /* what the file has */
};

/* Plain addresses only: a rule file must not get anything else from a
   stranger's From field, and * and ? would allow many. */
static bool
plain_address(const char *p, size_t n)
{
	size_t at = 0, dots = 0;

	while (at < n && p[at] != '@')
		at++;
	if (at == 0 || at + 1 >= n || n > LIMIT_ADDRESS)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool letter = (p[i] >= 'a' && p[i] <= 'z') ||
			      (p[i] >= 'A' && p[i] <= 'Z') ||
			      (p[i] >= '0' && p[i] <= '9');
		bool dot = p[i] == '.';

		if (i == at)
			continue;
		if (dot && (i == 0 || i == at + 1 || i + 1 == n ||
			       p[i - 1] == '.' || i + 1 == at))
			return false;
		if (!letter && !dot && p[i] != '-' &&
		    (i > at || strchr("_+=%~", p[i]) == NULL || p[i] == '\0'))
			return false;
		dots += i > at && dot;
	}
	return p[0] != '-' && p[at + 1] != '-' && dots > 0;
}

/* ---- whose address ---- */

/* A From that was too long for the vault: its address may be behind that. */
static bool
is_cut(const char *from)
{
	size_t n = strlen(from);

	return n >= 3 && memcmp(from + n - 3, "...", 3) == 0;
}

static const char *
sender_of(struct shelf *s, const char *id)
{
	struct vault_entry *e = shelf_find(s, id);
	struct buf shown = BUF(LIMIT_FIELD);
	struct vault_meta m;
	const char *p;
	size_t len;

	if (e == NULL || !shelf_meta(s, s->arena, e, &m))
		return NULL;
	p = shelf_address(m.from, &len);
	if (len > 0 && !is_cut(m.from) && plain_address(p, len))
		return arena_dup(s->arena, p, len);
	report_shown(&shown, m.from, strlen(m.from));
	log_error("%s: no single plain address in From: %.*s; say which: "
		  "simsift allow ADDRESS",
	    id, (int)shown.len, shown.p != NULL ? shown.p : "");
	buf_free(&shown);
	shelf_worse(s, EX_DATAERR);
	return NULL;
}

/* ---- the file ---- */

static int
make_dirs(struct arena *a, const char *path, struct err *err)
{
	char *copy = arena_dup(a, path, strlen(path));

	for (char *p = copy + 1;; p++) {
		bool end = *p == '\0';

		if (*p != '/' && !end)
			continue;
		*p = '\0';
		if (mkdir(copy, 0700) == -1 && errno != EEXIST)
			return err_errno(err, "%s", copy);
		if (end)
			return 0;
		*p = '/';
	}
}

/* One writer at a time: two of them would lose a line. */
static int
open_own(struct own *o, struct arena *a, struct err *err)
{
	*o = (struct own){.fd = -1, .text = BUF(LIMIT_RULE_FILE)};
	if ((o->dir = conf_user_dir(a)) == NULL)
		return err_set(err, "neither XDG_CONFIG_HOME nor HOME says "
				    "where your rules are");
	if (make_dirs(a, o->dir, err) == -1)
		return -1;
	o->fd = open(o->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->fd == -1 || flock(o->fd, LOCK_EX) == -1)
		return err_errno(err, "%s", o->dir);
	return 0;
}

/* A link is not followed: it may lead to a file that others keep. */
static int
read_own(struct own *o, struct err *err)
{
	int fd = openat(o->fd, NAME,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	struct message m = {.spool = -1};
	struct stat st;
	int rc = 0;

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1)
		return err_errno(err, "%s/%s", o->dir, NAME);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid())
		rc = err_set(err, "%s/%s: not a file of yours", o->dir, NAME);
	else if (message_read(&m, fd, LIMIT_RULE_FILE / 2, err) == -1 ||
		 m.spool != -1)
		rc = err_set(err, "%s/%s cannot be read", o->dir, NAME);
	else
		buf_put(&o->text, m.bytes.p, m.bytes.len);
	message_free(&m);
	close(fd);
	return rc;
}

/* Does a line of the file allow the address already? */
static bool
allows(const struct buf *text, const char *address)
{
	static const char word[] = "welcomelist_from";
	size_t n = strlen(address);

	for (size_t at = 0, end; at < text->len; at = end + 1) {
		const char *p = text->p + at;
		const char *lf = memchr(p, '\n', text->len - at);

		end = lf != NULL ? (size_t)(lf - text->p) : text->len;
		while (at < end && (*p == ' ' || *p == '\t')) {
			p++;
			at++;
		}
		if (end - at < sizeof word + n ||
		    memcmp(p, word, sizeof word - 1) != 0)
			continue;
		p += sizeof word - 1;
		while (p < text->p + end && (*p == ' ' || *p == '\t'))
			p++;
		if ((size_t)(text->p + end - p) == n &&
		    strncasecmp(p, address, n) == 0)
			return true;
	}
	return false;
}

/* Does the line p[0..n) begin with the word? */
static bool
is_word(const char *p, size_t n, const char *word)
{
	size_t k = strlen(word);

	return n >= k && memcmp(p, word, k) == 0 &&
	       (n == k || strchr(" \t\r#", p[k]) != NULL);
}

/* Is a block open at the end of the file?  What is put there would be in it,
   and count only where its condition holds. */
static bool
is_open(const struct buf *text)
{
	uint32_t depth = 0;

	for (size_t at = 0, n; at < text->len; at += n + 1) {
		const char *p = text->p + at;
		const char *lf = memchr(p, '\n', text->len - at);
		size_t blanks = 0;

		n = lf != NULL ? (size_t)(lf - p) : text->len - at;
		while (blanks < n && (p[blanks] == ' ' || p[blanks] == '\t'))
			blanks++;
		p += blanks;
		if (is_word(p, n - blanks, "if") ||
		    is_word(p, n - blanks, "ifplugin"))
			depth++;
		else if (is_word(p, n - blanks, "endif"))
			depth -= depth > 0;
	}
	return depth > 0;
}

/* The old text and a block of its own for the address: whatever stands before
   it is not touched. */
static void
add_line(struct buf *text, const char *address)
{
	if (text->len == 0)
		buf_puts(text, intro);
	else if (text->p[text->len - 1] != '\n')
		buf_puts(text, "\n");
	buf_printf(
	    text, "ifplugin Simsift\nwelcomelist_from %s\nendif\n", address);
}

/* The new text is there whole, or the old one stays. */
static int
write_own(struct own *o, struct err *err)
{
	char tmp[40];
	int fd, rc;

	snprintf(tmp, sizeof tmp, ".allow.%ld", (long)getpid());
	unlinkat(o->fd, tmp, 0);
	fd = openat(o->fd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return err_errno(err, "%s", o->dir);
	rc = message_write(fd, o->text.p, o->text.len, err);
	if (rc == 0 && fsync(fd) == -1)
		rc = err_errno(err, "%s/%s", o->dir, NAME);
	if (close(fd) == -1 && rc == 0)
		rc = err_errno(err, "%s/%s", o->dir, NAME);
	if (rc == 0 && renameat(o->fd, tmp, o->fd, NAME) == -1)
		rc = err_errno(err, "%s/%s", o->dir, NAME);
	if (rc == -1)
		unlinkat(o->fd, tmp, 0);
	else if (fsync(o->fd) == -1)
		rc = err_errno(err, "%s", o->dir);
	return rc;
}

static int
add_address(struct shelf *s, const char *address, struct err *err)
{
	struct own o;
	int rc = -1;

	if (open_own(&o, s->arena, err) == -1 || read_own(&o, err) == -1)
		goto out;
	if (allows(&o.text, address)) {
		buf_printf(&s->out, "%s is allowed already: %s/%s\n", address,
		    o.dir, NAME);
		rc = 0;
		goto out;
	}
	if (is_open(&o.text)) {
		err_set(err,
		    "%s/%s: an `if` or `ifplugin` has no `endif`: mend that "
		    "first (simsift rules lint)",
		    o.dir, NAME);
		goto out;
	}
	add_line(&o.text, address);
	if (o.text.failed) {
		err_set(err, "no memory for %s/%s", o.dir, NAME);
		goto out;
	}
	if ((rc = write_own(&o, err)) == 0)
		buf_printf(&s->out,
		    "mail with %s as its sender is let through from now on, "
		    "whoever sent it\nto undo: take that line out of %s/%s\n",
		    address, o.dir, NAME);
out:
	if (o.fd != -1)
		close(o.fd);
	buf_free(&o.text);
	return rc;
}

/* By address, or by the id of a message. */
static void
allow(struct shelf *s, void *ctx)
{
	const char *address = s->opt->arg[0];
	struct err err;

	(void)ctx;
	if (strchr(address, '@') == NULL) {
		address = sender_of(s, address);
	} else if (!plain_address(address, strlen(address))) {
		log_error("%s: allow takes a plain address, as in "
			  "ann@news.example; patterns are yours to write "
			  "(welcomelist_from in simsift-rules(5))",
		    address);
		shelf_worse(s, EX_USAGE);
		return;
	}
	if (address != NULL && add_address(s, address, &err) == -1) {
		log_error("%s", err.text);
		shelf_worse(s, EX_IOERR);
	}
}

int
cmd_allow(const struct options *opt)
{
	if (opt->wrong != NULL || opt->narg != 1) {
		log_error("%s", opt->wrong != NULL
				    ? opt->wrong
				    : "allow takes one id or address "
				      "(simsift list shows both)");
		return EX_USAGE;
	}
	/* An address needs no vault. */
	if (strchr(opt->arg[0], '@') != NULL)
		return shelf_run_without(opt, allow, NULL);
	return shelf_run(opt, false, allow, NULL);
}
