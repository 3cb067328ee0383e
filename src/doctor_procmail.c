/*
 * doctor: ~/.procmailrc and /etc/procmailrc (procmailrc(5)).
 */
#include "doctor.h"

#include <ctype.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"

#define VARIABLES 1000       /* that are known */
#define LINE_LENGTH 2048     /* bytes of a value: LINEBUF of procmailrc(5) */
#define EXPANDED (64u << 10) /* bytes that variables may add to a line */
#define LONG_TIMEOUT 300     /* seconds: an MTA may give up before */

struct variable {
	const char *name, *value;
	struct variable *next;
};

/* What is known while the recipes are read, of all files. */
struct procmail {
	struct doctor *d;
	bool global; /* /etc/procmailrc: read as root */
	bool called, delivered, dropped, timed, shell;
	struct variable *variable;
	uint32_t nvariable;
	unsigned depth;  /* of files */
	unsigned blocks; /* that are open */
	const char
	    *filter; /* the file of the recipe before, a filter of ours */
	uint32_t filter_line;
};

struct recipe {
	const char *path;
	uint32_t line; /* of its colon */
	const char *flags;
	bool lock, conditions;
};

/* ---- words ---- */

static const char *
value_of(const struct procmail *x, const char *name, size_t n)
{
	for (const struct variable *v = x->variable; v != NULL; v = v->next)
		if (strlen(v->name) == n && memcmp(v->name, name, n) == 0)
			return v->value;
	return NULL;
}

/* $NAME and ${NAME} that are known; once, whatever stands in their values. */
static const char *
expand(struct procmail *x, const char *s)
{
	struct buf b = BUF(strlen(s) + EXPANDED);
	const char *out;

	while (*s != '\0') {
		bool brace = s[0] == '$' && s[1] == '{';
		const char *name = s + 1 + brace, *value = NULL;
		size_t n = 0;

		while (isalnum((unsigned char)name[n]) || name[n] == '_')
			n++;
		if (*s == '$' && n == 4 && memcmp(name, "HOME", n) == 0)
			value = x->d->home;
		else if (*s == '$' && n > 0)
			value = value_of(x, name, n);
		if (value == NULL) {
			buf_put(&b, s++, 1);
			continue;
		}
		buf_puts(&b, value);
		s = name + n;
		if (brace && *s == '}')
			s++;
	}
	out = b.failed || b.len == 0 ? "" : arena_dup(x->d->arena, b.p, b.len);
	buf_free(&b);
	return out;
}

/* ---- settings ---- */

static void
timeout(struct procmail *x, const char *path, uint32_t line, const char *v)
{
	unsigned long ours = (x->d->settings->limit_time + 999) / 1000;
	unsigned long s = strtoul(v, NULL, 10);

	x->timed = true;
	if (s <= ours)
		doctor_say(x->d, DOCTOR_FAIL, path, line, "write TIMEOUT=30",
		    "TIMEOUT is %lu s, and simsift may take %lu (limit_time): "
		    "procmail would end it first",
		    s, ours);
	else if (s > LONG_TIMEOUT)
		doctor_say(x->d, DOCTOR_WARN, path, line, "write TIMEOUT=30",
		    "TIMEOUT is %lu s: so long does a program that hangs "
		    "keep the mail",
		    s);
}

static bool
is_shell(const char *path)
{
	static const char *const bourne[] = {
	    "sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"};
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;

	for (size_t i = 0; i < sizeof bourne / sizeof *bourne; i++)
		if (strcmp(name, bourne[i]) == 0)
			return true;
	return false;
}

static void
shell(struct procmail *x, const char *path, uint32_t line, const char *v)
{
	x->shell = true;
	if (!is_shell(v))
		doctor_say(x->d, DOCTOR_WARN, path, line, "write SHELL=/bin/sh",
		    "SHELL is %s, which reads commands in its own way", v);
}

static void read_file(struct procmail *, const char *path);

static void
include(struct procmail *x, const char *path, uint32_t line, const char *v)
{
	if (*v == '\0')
		return;
	if (v[0] != '/') {
		doctor_say(x->d, DOCTOR_WARN, path, line,
		    "write the whole path, or look at that file yourself",
		    "INCLUDERC=%s is not followed: it is no whole path", v);
		return;
	}
	if (x->depth >= LIMIT_DOCTOR_DEPTH) {
		doctor_say(x->d, DOCTOR_WARN, path, line,
		    "look at that file yourself",
		    "INCLUDERC=%s is not followed: too many files in each "
		    "other",
		    v);
		return;
	}
	x->depth++;
	read_file(x, v);
	x->depth--;
}

/* NAME=value, or false. */
static bool
assign(struct procmail *x, const char *path, uint32_t line, const char *s)
{
	size_t n = 0, len;
	struct variable *v;

	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	if (n == 0 || s[n + strspn(s + n, " \t")] != '=')
		return false;
	v = arena_alloc(x->d->arena, sizeof *v);
	v->name = arena_dup(x->d->arena, s, n);
	s += n + strspn(s + n, " \t") + 1;
	s += strspn(s, " \t\"'");
	len = strcspn(s, " \t\"'#");
	len = len < LINE_LENGTH ? len : LINE_LENGTH;
	v->value = expand(x, arena_dup(x->d->arena, s, len));
	v->next = x->variable;
	if (x->nvariable++ < VARIABLES)
		x->variable = v;
	if (strcmp(v->name, "TIMEOUT") == 0)
		timeout(x, path, line, v->value);
	else if (strcmp(v->name, "SHELL") == 0)
		shell(x, path, line, v->value);
	else if (strcmp(v->name, "DROPPRIVS") == 0)
		x->dropped = strcmp(v->value, "yes") == 0 ||
			     strcmp(v->value, "on") == 0 || atoi(v->value) > 0;
	else if (strcmp(v->name, "INCLUDERC") == 0 ||
		 strcmp(v->name, "SWITCHRC") == 0)
		include(x, path, line, v->value);
	return true;
}

/* ---- recipes ---- */

static bool
flag(const struct recipe *r, char c)
{
	return strchr(r->flags, c) != NULL;
}

static void
called(struct procmail *x, const struct recipe *r, uint32_t line,
    const struct doctor_call *c)
{
	struct doctor *d = x->d;

	doctor_program(d, c, r->path, line);
	if (x->global && !x->dropped)
		doctor_say(d, DOCTOR_FAIL, r->path, line,
		    "write DROPPRIVS=yes above the recipes",
		    "/etc/procmailrc runs as root: simsift would use root's "
		    "vault, not that of the user");
	if (!x->called && x->delivered)
		doctor_say(d, DOCTOR_FAIL, r->path, line,
		    "move simsift in front of it",
		    "it is never called: a recipe without a condition "
		    "delivers everything before");
	x->called = true;
}

/* The message goes to simsift, and what it prints comes back. */
static void
check_filter(struct doctor *d, const struct recipe *r)
{
	static const char all[] = "write :0fwr";

	if (!flag(r, 'f')) {
		doctor_say(d, DOCTOR_FAIL, r->path, r->line, all,
		    "no flag f: the mail is delivered to simsift and gone");
		return;
	}
	if (!flag(r, 'w') && !flag(r, 'W'))
		doctor_say(d, DOCTOR_FAIL, r->path, r->line, all,
		    "no flag w: when simsift fails or is missing the mail is "
		    "lost");
	if (!flag(r, 'r'))
		doctor_say(d, DOCTOR_WARN, r->path, r->line, all,
		    "no flag r: procmail adds a line end to the message, and "
		    "signatures may fail");
	if (flag(r, 'h') != flag(r, 'b'))
		doctor_say(d, DOCTOR_FAIL, r->path, r->line, all,
		    "flag %s: simsift gets only the %s",
		    flag(r, 'h') ? "h" : "b", flag(r, 'h') ? "header" : "body");
	if (r->lock)
		doctor_say(d, DOCTOR_WARN, r->path, r->line,
		    "take the second colon out of the line",
		    "a lock file for a filter: messages wait for each other "
		    "for nothing");
}

static void
action(struct procmail *x, const struct recipe *r, char *s, uint32_t line)
{
	const char *words = expand(x, s);
	struct doctor_call c;
	uint32_t bad = x->d->found[DOCTOR_FAIL] + x->d->found[DOCTOR_WARN];

	if (*s != '|' || !doctor_calls(x->d, words, &c)) {
		if (*s != '|' && *s != '{' && !r->conditions && !flag(r, 'c') &&
		    !flag(r, 'f') && !flag(r, 'e') && !flag(r, 'E') &&
		    !flag(r, 'a') && !flag(r, 'A') && x->depth == 0 &&
		    x->blocks == 0)
			x->delivered = true;
		return;
	}
	called(x, r, line, &c);
	if (strcmp(c.command, "filter") == 0)
		check_filter(x->d, r);
	else
		doctor_say(x->d, DOCTOR_FAIL, r->path, line,
		    "write | /usr/local/bin/simsift filter in a recipe :0fwr",
		    "simsift %s in a pipe: the mail is gone",
		    c.command[0] != '\0' ? c.command : "without a command");
	if (bad == x->d->found[DOCTOR_FAIL] + x->d->found[DOCTOR_WARN]) {
		doctor_good(x->d, r->path, line, "procmail", &c);
		x->filter = r->path;
		x->filter_line = line;
	} else {
		x->d->callers++;
	}
}

/* A failure falls through to the recipes below, unless one catches it. */
static void
rescue(struct procmail *x, bool caught)
{
	if (x->filter != NULL && !caught)
		doctor_say(x->d, DOCTOR_OK, x->filter, x->filter_line, NULL,
		    "no recipe :0e behind it: should it fail, the message is "
		    "delivered as it came");
	x->filter = NULL;
}

/* `* ? simsift check`, and what must not be. */
static void
condition(struct procmail *x, struct recipe *r, char *s, uint32_t line)
{
	const char *words = expand(x, s), *at = s + 1 + strspn(s + 1, " \t");
	uint32_t bad = x->d->found[DOCTOR_FAIL] + x->d->found[DOCTOR_WARN];
	const char *question = strchr(at, '?');
	struct doctor_call c;

	r->conditions = true;
	if (question == NULL || !doctor_calls(x->d, words, &c)) {
		if (doctor_field(at) && !x->called)
			doctor_early(x->d, r->path, line, "a condition");
		return;
	}
	called(x, r, line, &c);
	if (*at == '!')
		doctor_say(x->d, DOCTOR_FAIL, r->path, line,
		    "write it without the !, and the recipes the other way "
		    "round",
		    "* ! ? is also true when simsift is missing or fails");
	if (!(flag(r, 'H') && flag(r, 'B')) && strstr(at, "??") == NULL)
		doctor_say(x->d, DOCTOR_FAIL, r->path, r->line, "write :0HB",
		    "without the flags HB a condition gives simsift the "
		    "header only");
	if (strcmp(c.command, "check") != 0 && strcmp(c.command, "hold") != 0)
		doctor_say(x->d, DOCTOR_FAIL, r->path, line,
		    "write simsift check, or simsift hold",
		    "simsift %s in a condition is true for every message",
		    c.command[0] != '\0' ? c.command : "without a command");
	if (bad == x->d->found[DOCTOR_FAIL] + x->d->found[DOCTOR_WARN])
		doctor_good(x->d, r->path, line, "procmail", &c);
	else
		x->d->callers++;
}

/* ":0 flags : lock", and what may follow on the line is none of ours. */
static void
start_recipe(struct procmail *x, struct recipe *r, const char *path, char *s,
    uint32_t line)
{
	size_t n;

	s++;
	s += strspn(s, "0123456789");
	n = strcspn(s, ":#");
	*r = (struct recipe){.path = path,
	    .line = line,
	    .flags = arena_dup(x->d->arena, s, n),
	    .lock = s[n] == ':'};
	rescue(x, flag(r, 'e'));
}

/* procmail says nothing, and delivers without the recipes. */
static void
check_mode(struct doctor *d, const struct doctor_text *t)
{
	const char *slash = strrchr(t->path, '/');
	const char *dir = arena_dup(
	    d->arena, t->path, slash > t->path ? (size_t)(slash - t->path) : 1);
	struct stat st;

	if (t->st.st_mode & 022)
		doctor_say(d, DOCTOR_FAIL, t->path, 0,
		    arena_printf(d->arena, "chmod go-w %s", t->path),
		    "others may write into it: procmail leaves it out, and "
		    "says nothing");
	if (stat(dir, &st) == 0 && st.st_mode & 022 && !(st.st_mode & 01000))
		doctor_say(d, DOCTOR_FAIL, t->path, 0,
		    arena_printf(d->arena, "chmod go-w %s", dir),
		    "others may write into %s: procmail leaves the file out, "
		    "and says nothing",
		    dir);
}

/* Counts the blocks that begin and end there. */
static char *
past_braces(struct procmail *x, char *s)
{
	for (; *s == '{' || *s == '}' || *s == ' ' || *s == '\t'; s++) {
		x->blocks += *s == '{';
		x->blocks -= *s == '}' && x->blocks > 0;
	}
	return s;
}

static void
read_file(struct procmail *x, const char *path)
{
	struct recipe r = {.flags = ""};
	bool open = false; /* a recipe waits for its action */
	struct doctor_text t;
	char *s;

	if (!doctor_read(x->d, path, &t))
		return;
	check_mode(x->d, &t);
	while ((s = doctor_line(&t, true)) != NULL) {
		if (*s == '#' || *s == '\0')
			continue;
		if (!open)
			s = past_braces(x, s);
		if (!open && *s == ':') {
			start_recipe(x, &r, path, s, t.line);
			open = true;
		} else if (open && *s == '*') {
			condition(x, &r, s, t.line);
		} else if (open) {
			open = false;
			action(x, &r, s, t.line);
			if (*s == '{')
				assign(x, path, t.line, past_braces(x, s));
		} else {
			assign(x, path, t.line, s);
		}
	}
}

/* SHELL is that of the user where nothing sets it. */
static void
check_shell(struct procmail *x, const char *path)
{
	const struct passwd *p = getpwuid(geteuid());

	if (!x->shell && p != NULL && !is_shell(p->pw_shell))
		doctor_say(x->d, DOCTOR_WARN, path, 0, "write SHELL=/bin/sh",
		    "no SHELL: commands are read by %s", p->pw_shell);
}

static void
look(struct doctor *d, const char *path, bool global)
{
	struct procmail x = {.d = d, .global = global};

	read_file(&x, path);
	rescue(&x, false);
	if (!x.called)
		return;
	if (!x.timed)
		doctor_say(d, DOCTOR_WARN, path, 0, "write TIMEOUT=30",
		    "no TIMEOUT: a program that hangs keeps the mail for 16 "
		    "minutes");
	if (!global)
		check_shell(&x, path);
}

void
doctor_procmail(struct doctor *d)
{
	look(d, arena_printf(d->arena, "%s/procmailrc", d->etc), true);
	if (d->home != NULL)
		look(d, arena_printf(d->arena, "%s/.procmailrc", d->home),
		    false);
}
