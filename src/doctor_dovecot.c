/*
 * doctor: what Dovecot lets Sieve scripts do.
 */
#include "doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"

#define DEFAULT_TIMEOUT 10000 /* ms, of Pigeonhole */

struct setting {
	const char *path, *value;
	uint32_t line;
};

/* For each of the three ways to call a program. */
static const struct way {
	const char *name, *bin_dir, *timeout, *extension;
	unsigned bit;
} ways[] = {
    {"filter", "sieve_filter_bin_dir", "sieve_filter_exec_timeout",
	"vnd.dovecot.filter", SIEVE_FILTER},
    {"execute", "sieve_execute_bin_dir", "sieve_execute_exec_timeout",
	"vnd.dovecot.execute", SIEVE_EXECUTE},
    {"pipe", "sieve_pipe_bin_dir", "sieve_pipe_exec_timeout",
	"vnd.dovecot.pipe", SIEVE_PIPE},
};

#define WAYS 3

struct dovecot {
	struct doctor *d;
	struct setting bin_dir[WAYS], timeout[WAYS];
	bool extension[WAYS];
	bool plugin, delivery; /* sieve_extprograms; sieve for lmtp or lda */
	uint32_t files;
	unsigned depth;
};

static void read_conf(struct dovecot *, const char *path);

/* !include and !include_try; the usual patterns are read anyway. */
static void
include(struct dovecot *x, char *s)
{
	s += strcspn(s, " \t");
	s += strspn(s, " \t");
	if (strpbrk(s, "*?[") != NULL || x->depth >= LIMIT_DOCTOR_DEPTH)
		return;
	x->depth++;
	read_conf(x, s[0] == '/' ? s
				 : arena_printf(x->d->arena, "%s/dovecot/%s",
				       x->d->etc, s));
	x->depth--;
}

static void
take(struct dovecot *x, const struct doctor_text *t, const char *s)
{
	size_t n = strcspn(s, " \t=");
	const char *value = s + n + strspn(s + n, " \t");
	struct setting it = {.path = t->path, .line = t->line};

	/* Both as a list in a line and, in Dovecot 2.4, as a block. */
	x->plugin |= strstr(s, "sieve_extprograms") != NULL;
	for (size_t i = 0; i < WAYS; i++)
		x->extension[i] |= strstr(s, ways[i].extension) != NULL;
	if (n == strlen("mail_plugins") && memcmp(s, "mail_plugins", n) == 0)
		x->delivery |= doctor_word(value, "sieve") != NULL;
	if (*value != '=')
		return;
	value += 1 + strspn(value + 1, " \t\"");
	it.value = arena_dup(x->d->arena, value, strcspn(value, " \t\""));
	/* A number and its unit may stand apart. */
	if (strstr(s, "timeout") != NULL)
		it.value = arena_dup(x->d->arena, value, strcspn(value, "\""));
	for (size_t i = 0; i < WAYS; i++) {
		if (n == strlen(ways[i].bin_dir) &&
		    memcmp(s, ways[i].bin_dir, n) == 0)
			x->bin_dir[i] = it;
		if (n == strlen(ways[i].timeout) &&
		    memcmp(s, ways[i].timeout, n) == 0)
			x->timeout[i] = it;
	}
}

static void
read_conf(struct dovecot *x, const char *path)
{
	struct doctor_text t;
	char *s, *end;

	if (!doctor_read(x->d, path, &t))
		return;
	x->files++;
	while ((s = doctor_line(&t, true)) != NULL) {
		if ((end = strstr(s, " #")) != NULL)
			*end = '\0';
		if (*s == '!')
			include(x, s);
		else if (*s != '#')
			take(x, &t, s);
	}
}

/* Milliseconds: a number and s, ms, min, hours; without a unit seconds. */
static double
duration(const char *s)
{
	char *unit;
	double v = strtod(s, &unit);

	unit += strspn(unit, " \t");
	if (strncmp(unit, "ms", 2) == 0 || strncmp(unit, "milli", 5) == 0)
		return v;
	if (*unit == 'm')
		return v * 60e3;
	if (*unit == 'h')
		return v * 3600e3;
	return v * 1000;
}

static void
check_timeout(struct dovecot *x, size_t i)
{
	const struct setting *t = &x->timeout[i];
	double ours = x->d->settings->limit_time;
	double ms = t->value != NULL ? duration(t->value) : DEFAULT_TIMEOUT;

	if (ms > ours || ms == 0)
		return;
	doctor_say(x->d, DOCTOR_FAIL, t->path, t->line,
	    arena_printf(x->d->arena, "write %s = 30s", ways[i].timeout),
	    "%s is %g s, and simsift may take %g (limit_time): a message that "
	    "takes so long is not delivered",
	    ways[i].timeout, ms / 1000, ours / 1000);
}

static void
check_program(struct dovecot *x, size_t i)
{
	const struct setting *b = &x->bin_dir[i];
	struct doctor *d = x->d;
	struct doctor_call c = {.command = ""};
	struct stat st;

	c.program = arena_printf(d->arena, "%s/simsift", b->value);
	if (stat(c.program, &st) == -1 && errno == ENOENT)
		doctor_say(d, DOCTOR_FAIL, b->path, b->line,
		    arena_printf(d->arena,
			"mkdir -p %s && ln -s /usr/local/bin/simsift %s",
			b->value, c.program),
		    "there is no simsift in %s, where Dovecot looks for it",
		    b->value);
	else
		doctor_program(d, &c, b->path, b->line);
}

static void
check_way(struct dovecot *x, size_t i)
{
	struct doctor *d = x->d;

	if (!x->extension[i])
		doctor_say(d, DOCTOR_FAIL, d->sieve_at, 0,
		    arena_printf(d->arena,
			"write sieve_extensions = +%s into Dovecot's "
			"configuration",
			ways[i].extension),
		    "the extension %s is not enabled", ways[i].extension);
	if (x->bin_dir[i].value == NULL)
		doctor_say(d, DOCTOR_FAIL, d->sieve_at, 0,
		    arena_printf(d->arena,
			"write %s = /usr/lib/dovecot/sieve-%s into Dovecot's "
			"configuration",
			ways[i].bin_dir, ways[i].name),
		    "%s is not set: Dovecot finds no program", ways[i].bin_dir);
	else
		check_program(x, i);
	check_timeout(x, i);
}

static void
conf_file(void *ctx, const char *path)
{
	read_conf(ctx, path);
}

void
doctor_dovecot(struct doctor *d)
{
	struct dovecot x = {.d = d};
	uint32_t bad = d->found[DOCTOR_FAIL] + d->found[DOCTOR_WARN];
	const char *dir;

	dir = arena_printf(d->arena, "%s/dovecot", d->etc);
	read_conf(&x, arena_printf(d->arena, "%s/dovecot.conf", dir));
	doctor_folder(d, arena_printf(d->arena, "%s/conf.d", dir), ".conf",
	    conf_file, &x);
	read_conf(&x, arena_printf(d->arena, "%s/local.conf", dir));
	if (x.files == 0 || d->sieve == 0)
		return;
	if (!x.plugin)
		doctor_say(d, DOCTOR_FAIL, d->sieve_at, 0,
		    "write sieve_plugins = sieve_extprograms into Dovecot's "
		    "configuration",
		    "Dovecot's plugin sieve_extprograms is not loaded");
	if (!x.delivery)
		doctor_say(d, DOCTOR_FAIL, d->sieve_at, 0,
		    "write protocol lmtp { mail_plugins = $mail_plugins sieve "
		    "}, and the same for lda",
		    "Dovecot runs no Sieve scripts on delivery");
	for (size_t i = 0; i < WAYS; i++)
		if (d->sieve & ways[i].bit)
			check_way(&x, i);
	if (bad == d->found[DOCTOR_FAIL] + d->found[DOCTOR_WARN])
		doctor_say(d, DOCTOR_OK, NULL, 0, NULL,
		    "Dovecot lets Sieve scripts call simsift (%u files of its "
		    "configuration read)",
		    x.files);
}
