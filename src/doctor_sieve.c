/*
 * doctor: Sieve scripts (RFC 5228) that call us by Pigeonhole's extensions
 * vnd.dovecot.filter, .execute and .pipe.
 */
#include "doctor.h"

#include <ctype.h>
#include <string.h>

struct token {
	enum { WORD, TAG, STRING, MARK } kind;
	const char *text;
	uint32_t line;
};

struct script {
	struct doctor *d;
	const char *path;
	struct token *v;
	uint32_t n, size;
	bool called;    /* by any of the three */
	bool filtered;  /* the message was replaced */
	unsigned lacks; /* extensions that were complained of */
};

static const struct extension {
	const char *word; /* that needs it */
	const char *name;
	unsigned bit;
} extensions[] = {
    {"filter", "vnd.dovecot.filter", SIEVE_FILTER},
    {"execute", "vnd.dovecot.execute", SIEVE_EXECUTE},
    {"pipe", "vnd.dovecot.pipe", SIEVE_PIPE},
    {"fileinto", "fileinto", 8},
    {":create", "mailbox", 16},
};

#define CALL 64 /* tokens of one call that are looked at */

#define N(a) (sizeof(a) / sizeof *(a))

/* ---- tokens ---- */

static void
add(struct script *x, int kind, const char *p, size_t n, uint32_t line)
{
	x->v = arena_more(x->d->arena, x->v, x->n, &x->size, sizeof *x->v);
	x->v[x->n].kind = kind;
	x->v[x->n].text = arena_dup(x->d->arena, p, n);
	x->v[x->n++].line = line;
}

/* Length of a comment, a quoted string or a text: block at s; 0: none. */
static size_t
long_token(const char *s)
{
	const char *end = NULL;
	size_t n = 1;

	if (*s == '#')
		return strcspn(s, "\n");
	if (s[0] == '/' && s[1] == '*')
		end = strstr(s + 2, "*/") != NULL ? strstr(s + 2, "*/") + 2
						  : s + strlen(s);
	else if (strncasecmp(s, "text:", 5) == 0)
		end = strstr(s, "\n.") != NULL ? strstr(s, "\n.") + 2
					       : s + strlen(s);
	if (end != NULL)
		return (size_t)(end - s);
	if (*s != '"')
		return 0;
	while (s[n] != '\0' && s[n] != '"')
		n += s[n] == '\\' && s[n + 1] != '\0' ? 2 : 1;
	return n + (s[n] == '"');
}

static size_t
word_length(const char *s)
{
	size_t n = *s == ':';

	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n > 0 && !(n == 1 && *s == ':') ? n : 1;
}

static void
tokens(struct script *x, const char *s)
{
	uint32_t line = 1;

	while (*s != '\0') {
		size_t n = long_token(s);

		if (*s == '"')
			add(x, STRING, s + 1, n > 1 ? n - 2 : 0, line);
		else if (n == 0 && !isspace((unsigned char)*s))
			add(x,
			    *s == ':'                    ? TAG
			    : isalpha((unsigned char)*s) ? WORD
							 : MARK,
			    s, word_length(s), line);
		if (n == 0)
			n = isspace((unsigned char)*s) ? 1 : word_length(s);
		for (; n > 0 && *s != '\0'; n--)
			line += *s++ == '\n';
	}
}

static bool
is(const struct script *x, uint32_t i, const char *text)
{
	return i < x->n && x->v[i].kind != STRING &&
	       strcasecmp(x->v[i].text, text) == 0;
}

/* ---- what is wrong ---- */

static bool requires(const struct script *x, const char *name)
{
	bool in = false;

	for (uint32_t i = 0; i < x->n; i++) {
		if (is(x, i, "require"))
			in = true;
		else if (is(x, i, ";"))
			in = false;
		else if (in && x->v[i].kind == STRING &&
			 strcasecmp(x->v[i].text, name) == 0)
			return true;
	}
	return false;
}

static void
check_require(struct script *x, uint32_t i)
{
	for (size_t k = 0; k < N(extensions); k++) {
		const struct extension *e = &extensions[k];

		if (!is(x, i, e->word) || x->lacks & e->bit)
			continue;
		x->lacks |= e->bit;
		if (!requires(x, e->name))
			doctor_say(x->d, DOCTOR_FAIL, x->path, x->v[i].line,
			    arena_printf(x->d->arena,
				"write require \"%s\"; in the first line",
				e->name),
			    "%s without require \"%s\": the script does not "
			    "run",
			    e->word, e->name);
	}
}

/* One call: NAME [:tags] "program" ["arguments"]. */
struct call {
	const char *name; /* filter, execute, pipe */
	uint32_t line;
	struct doctor_call what;
	bool pipe, try_it, not_, alone, arguments;
};

/* False: it does not call us. */
static bool
read_call(const struct script *x, uint32_t i, struct call *c)
{
	const char *line = "";
	bool program = false;
	uint32_t k;

	*c = (struct call){.name = x->v[i].text, .line = x->v[i].line};
	c->not_ = i > 0 && is(x, i - 1, "not");
	c->alone = i == 0 || is(x, i - 1, ";") || is(x, i - 1, "{") ||
		   is(x, i - 1, "}");
	for (k = i + 1;
	     k < x->n && k < i + CALL && !is(x, k, ";") && !is(x, k, "{");
	     k++) {
		c->pipe |= is(x, k, ":pipe");
		c->try_it |= is(x, k, ":try");
		if (is(x, k, ":input") || is(x, k, ":output"))
			k++;
		else if (x->v[k].kind == STRING && !program) {
			line = x->v[k].text;
			program = true;
		} else if (x->v[k].kind == STRING) {
			line = arena_printf(
			    x->d->arena, "%s %s", line, x->v[k].text);
			c->arguments = true;
		} else if (program && is(x, k, ",")) {
			continue;
		} else if (program && !is(x, k, "[")) {
			break;
		}
	}
	return program && doctor_calls(x->d, line, &c->what);
}

static void
fail(const struct script *x, const struct call *c, const char *way_out,
    const char *why)
{
	doctor_say(x->d, DOCTOR_FAIL, x->path, c->line, way_out, "%s", why);
}

static void
check_filter(const struct script *x, const struct call *c)
{
	static const char good[] = "write filter \"simsift\" [\"filter\"];";

	if (!c->arguments)
		fail(x, c, good,
		    "filter without an argument: simsift is not "
		    "told what to do");
	else if (strcmp(c->what.command, "filter") != 0)
		fail(x, c, good,
		    "the message becomes what simsift prints, "
		    "and only simsift filter prints the message");
}

static void
check_pipe(const struct script *x, const struct call *c)
{
	if (c->try_it)
		fail(x, c, "write execute :pipe \"simsift\" [\"hold\"]",
		    "pipe :try: when simsift fails the mail is lost");
	else if (strcmp(c->what.command, "hold") != 0)
		fail(x, c, "write filter \"simsift\" [\"filter\"];",
		    "pipe gives the mail away: what simsift prints is lost");
}

static void
check_execute(const struct script *x, const struct call *c)
{
	const char *command = c->what.command;

	if (!c->pipe)
		fail(x, c, "write execute :pipe \"simsift\" [\"check\"]",
		    "execute without :pipe: simsift is not given the message");
	else if (strcmp(command, "check") != 0 && strcmp(command, "hold") != 0)
		fail(x, c, "write check, or hold",
		    "execute needs a command that answers by its status");
	if (c->not_)
		fail(x, c,
		    "write it without not, and the branches the other "
		    "way round",
		    "not execute is also true when simsift is missing or "
		    "fails");
	else if (c->alone)
		fail(x, c,
		    "write if execute :pipe \"simsift\" [\"check\"] "
		    "{ ... }",
		    "nothing follows from what execute says");
}

static void
check_call(struct script *x, uint32_t i)
{
	struct doctor *d = x->d;
	struct call c;
	uint32_t bad = d->found[DOCTOR_FAIL];

	if (!read_call(x, i, &c))
		return;
	x->called = true;
	if (d->sieve_at == NULL)
		d->sieve_at = x->path;
	for (size_t k = 0; k < 3; k++)
		if (is(x, i, extensions[k].word))
			d->sieve |= extensions[k].bit;
	if (strchr(c.what.program, '/') != NULL)
		fail(x, &c, "write \"simsift\"",
		    "Dovecot takes no path here: programs are looked up by "
		    "name, in one folder");
	if (is(x, i, "filter")) {
		check_filter(x, &c);
		x->filtered = true;
	} else if (is(x, i, "pipe")) {
		check_pipe(x, &c);
	} else {
		check_execute(x, &c);
	}
	if (bad == d->found[DOCTOR_FAIL])
		doctor_good(d, x->path, c.line, "Sieve", &c.what);
	else
		d->callers++;
}

static void
script(void *ctx, const char *path)
{
	struct doctor *d = ctx;
	struct script x = {.d = d, .path = path};
	struct doctor_text t;

	if (!doctor_read(d, path, &t))
		return;
	tokens(&x, t.p);
	for (uint32_t i = 0; i < x.n; i++) {
		if (x.v[i].kind == STRING && doctor_field(x.v[i].text) &&
		    !x.called)
			doctor_early(d, path, x.v[i].line, "a test");
		if (is(&x, i, "filter") || is(&x, i, "execute") ||
		    is(&x, i, "pipe"))
			check_call(&x, i);
		else if (is(&x, i, "redirect") && x.filtered)
			doctor_say(d, DOCTOR_WARN, path, x.v[i].line,
			    "move it in front of the filter",
			    "redirect behind the filter sends on what was cut, "
			    "and its DKIM signature does not hold");
	}
	for (uint32_t i = 0; x.called && i < x.n; i++)
		check_require(&x, i);
}

void
doctor_sieve(struct doctor *d)
{
	if (d->home == NULL)
		return;
	script(d, arena_printf(d->arena, "%s/.dovecot.sieve", d->home));
	doctor_folder(d, arena_printf(d->arena, "%s/sieve", d->home), ".sieve",
	    script, d);
}
