#include "conf_private.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "limits.h"

#define FILES 1000
#define SHOWN 5 /* complaints that go to the log each time */

enum kind { KIND_NUMBER, KIND_SCORE, KIND_PATH };

static const struct setting {
	const char *name;
	enum kind kind;
	size_t at; /* in struct settings */
	double value, min, max;
	const char *what;
} table[] = {
    {"required_score", KIND_SCORE, offsetof(struct settings, required_score),
	5.0, -1000, 1000, "score from which a message is promotion"},
    {"cut_max_percent", KIND_NUMBER, offsetof(struct settings, cut_max_percent),
	40, 0, 100, "of the visible text; more: not cut, action hold"},
    {"keep_min_percent", KIND_NUMBER,
	offsetof(struct settings, keep_min_percent), 33, 0, 100,
	"of the visible text that must remain after a cut"},
    {"keep_dkim", KIND_NUMBER, offsetof(struct settings, keep_dkim), 0, 0, 1,
	"1: never cut mail that is signed by DKIM"},
    {"cut_max_sentences", KIND_NUMBER,
	offsetof(struct settings, cut_max_sentences), 50, 0, 100,
	"percent of the sentences that may lose a part; more: not cut"},
    {"digest_stub", KIND_NUMBER, offsetof(struct settings, digest_stub), 1, 0,
	1, "0: a removed entry of a digest leaves no line"},
    {"limit_time", KIND_NUMBER, offsetof(struct settings, limit_time),
	LIMIT_TIME_MS, 50, 600000, "milliseconds for one message"},
    {"limit_message", KIND_NUMBER, offsetof(struct settings, limit_message),
	LIMIT_MESSAGE, 1, 1u << 30, "bytes; a larger message is not judged"},
    {"vault", KIND_PATH, offsetof(struct settings, vault), 0, 0, 0,
	"the folder that keeps what is held or cut (default "
	"~/.local/share/simsift/vault)"},
    {"sendmail", KIND_PATH, offsetof(struct settings, sendmail), 0, 0, 0,
	"the program that release and report send mail with (default "
	"/usr/sbin/sendmail or /usr/lib/sendmail)"},
};

#define N(a) (sizeof(a) / sizeof *(a))

static void *
place(struct settings *s, const struct setting *t)
{
	return (char *)s + t->at;
}

static void
store(struct settings *s, const struct setting *t, double v)
{
	if (t->kind == KIND_PATH)
		*(const char **)place(s, t) = NULL;
	else if (t->kind == KIND_SCORE)
		*(double *)place(s, t) = v;
	else
		*(uint32_t *)place(s, t) = (uint32_t)v;
}

static double
fetch(const struct settings *s, const struct setting *t)
{
	const char *p = (const char *)s + t->at;

	return t->kind == KIND_SCORE ? *(const double *)(const void *)p
				     : *(const uint32_t *)(const void *)p;
}

/* Names of SpamAssassin that mean something else here, or nothing. */
static const char *const aliases[][2] = {{"required_hits", "required_score"}};

/* Senders that are always wanted, or never: the words of welcomelist_from and
   blocklist_from become one rule each, so that a report shows them as it shows
   any other reason. */
static const struct list {
	const char *name, *un;
	const char *before, *behind; /* the pattern */
} lists[CONF_LISTS] = {
    {"welcomelist_from", "unwelcomelist_from",
	"header USER_IN_WELCOMELIST From:addr =~ /^(?:",
	")$/i\n"
	"describe USER_IN_WELCOMELIST The sender is in welcomelist_from\n"
	"tflags USER_IN_WELCOMELIST nice\n"
	"score USER_IN_WELCOMELIST -100\n"},
    {"blocklist_from", "unblocklist_from",
	"header USER_IN_BLOCKLIST From:addr =~ /^(?:",
	")$/i\n"
	"describe USER_IN_BLOCKLIST The sender is in blocklist_from\n"
	"score USER_IN_BLOCKLIST 100\n"},
};

/* A glob (* and ?) as a pattern. */
static const char *
glob_pattern(struct arena *a, const char *p, size_t n)
{
	char *out = arena_alloc(a, n * 2 + 1), *q = out;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '*') {
			*q++ = '.';
			*q++ = '*';
		} else if (p[i] == '?') {
			*q++ = '.';
		} else {
			if (strchr("\\/^$.|+()[]{}#", p[i]) != NULL)
				*q++ = '\\';
			*q++ = p[i];
		}
	}
	*q = '\0';
	return out;
}

/* Adds the words of `value` to a list, or takes them out. */
static void
change_list(
    struct settings *s, struct sender_list *l, const char *value, bool add)
{
	for (size_t n;
	     value += strspn(value, " \t"), (n = strcspn(value, " \t")) > 0;
	     value += n) {
		const char *word = glob_pattern(s->arena, value, n);
		uint32_t kept = 0;

		for (uint32_t i = 0; i < l->n; i++)
			if (strcmp(l->v[i], word) != 0)
				l->v[kept++] = l->v[i];
		l->n = kept;
		if (!add)
			continue;
		l->v = arena_more(s->arena, l->v, l->n, &l->size, sizeof *l->v);
		l->v[l->n++] = word;
	}
}

static bool
set_list(struct settings *s, const char *name, const char *value)
{
	for (size_t i = 0; i < N(lists); i++) {
		bool add = strcmp(name, lists[i].name) == 0;

		if (!add && strcmp(name, lists[i].un) != 0)
			continue;
		change_list(s, &s->list[i], value, add);
		return true;
	}
	return false;
}

static void
make_list_rules(struct settings *s, struct rules *r)
{
	for (size_t i = 0; i < N(lists); i++) {
		struct sender_list *l = &s->list[i];
		const char *all = "", *text;

		for (uint32_t k = 0; k < l->n; k++)
			all = arena_printf(
			    s->arena, "%s%s%s", all, k > 0 ? "|" : "", l->v[k]);
		if (l->n == 0)
			continue;
		text = arena_printf(
		    s->arena, "%s%s%s", lists[i].before, all, lists[i].behind);
		rules_load_text(r, lists[i].name, text, strlen(text));
	}
}

/* Where the caller stands when he starts us is not known: no relative paths. */
static int
set_path(struct settings *s, const struct setting *t, const char *value,
    struct err *why)
{
	if (value[0] != '/' && strncmp(value, "~/", 2) != 0) {
		if (t->at == offsetof(struct settings, sendmail))
			s->sendmail_wrong = true;
		return err_set(
		    why, "%s takes a path that begins with / or ~/", t->name);
	}
	*(const char **)place(s, t) = arena_dup(s->arena, value, strlen(value));
	return 1;
}

static int
set(void *ctx, const char *name, const char *value, struct err *why)
{
	char *end;
	double v;

	if (set_list(ctx, name, value))
		return 1;
	for (size_t i = 0; i < N(aliases); i++)
		if (strcmp(name, aliases[i][0]) == 0)
			name = aliases[i][1];
	for (size_t i = 0; i < N(table); i++) {
		const struct setting *t = &table[i];

		if (strcmp(name, t->name) != 0)
			continue;
		if (t->kind == KIND_PATH)
			return set_path(ctx, t, value, why);
		v = strtod(value, &end);
		if (end == value || *end != '\0' || !(v >= t->min) ||
		    (t->kind == KIND_NUMBER && v != (uint32_t)v) ||
		    !(v <= t->max))
			return err_set(why, "%s takes a %snumber from %g to %g",
			    t->name, t->kind == KIND_NUMBER ? "whole " : "",
			    t->min, t->max);
		store(ctx, t, v);
		return 1;
	}
	return 0;
}

static void
print_path(const struct settings *s, const struct setting *t)
{
	const char *p = (const char *)s + t->at;
	const char *value = *(const char *const *)(const void *)p;

	printf("%-17s %-10s # %s\n", t->name, value != NULL ? value : "-",
	    t->what);
}

const char *
conf_setting(size_t i, const char **what)
{
	*what = i < N(table) ? table[i].what : NULL;
	return i < N(table) ? table[i].name : NULL;
}

void
conf_print(const struct settings *s)
{
	for (size_t i = 0; i < N(table); i++)
		if (table[i].kind == KIND_PATH)
			print_path(s, &table[i]);
		else
			printf("%-17s %-10.10g # %s (default %.10g, %.10g to "
			       "%.10g)\n",
			    table[i].name, fetch(s, &table[i]), table[i].what,
			    table[i].value, table[i].min, table[i].max);
}

/* named: by the user, who may mean the folder. */
static void
load_file(struct rules *r, const char *path, bool named)
{
	size_t n = strlen(path);
	struct err err;
	const char *why = err.text;
	struct stat st;

	if (rules_load_file(r, path, &err) == 0)
		return;
	/* The complaint names the file itself. */
	if (strncmp(why, path, n) == 0 && strncmp(why + n, ": ", 2) == 0)
		why += n + 2;
	if (named && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		rules_complain(
		    r, path, 0, 0, false, "%s (a folder: -C %s)", why, path);
	else
		rules_complain(r, path, 0, 0, false, "%s", why);
}

static int
is_cf(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 3 && d->d_name[0] != '.' &&
	       strcmp(d->d_name + n - 3, ".cf") == 0;
}

/* Not alphasort: the order must not depend on the locale. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Notes the folder as it was before its files were; true: there is none. */
static bool
stamp_dir(struct rules *r, const char *dir, bool needed)
{
	struct stat st;

	if (stat(dir, &st) == 0) {
		rules_stamp(r, dir, &st);
		return false;
	}
	r->unsure |= needed || (errno != ENOENT && errno != ENOTDIR);
	rules_stamp(r, dir, NULL);
	return true;
}

/* needed: that there is no such folder is a complaint.  named: by -C. */
static void
load_dir(struct rules *r, const char *dir, bool needed, bool named)
{
	struct dirent **v = NULL;
	bool missing = stamp_dir(r, dir, needed);
	int n = scandir(dir, &v, is_cf, by_name);

	r->unsure |= missing != (n == -1);
	if (n == -1 && (needed || (errno != ENOENT && errno != ENOTDIR)))
		rules_complain(r, dir, 0, 0, false,
		    "no rules from there: %s (%s)", strerror(errno),
		    named ? "-C names the folder that holds the *.cf files"
			  : "make install, or -C DIR");
	if (n == 0 && needed)
		rules_complain(
		    r, dir, 0, 0, false, "no rule file (*.cf) in this folder");
	for (int i = 0; i < n; i++) {
		if (i < FILES)
			load_file(r,
			    arena_printf(r->arena, "%s/%s", dir, v[i]->d_name),
			    false);
		free(v[i]);
	}
	free(v);
	if (n > FILES)
		rules_complain(r, dir, 0, 0, false,
		    "only the first %d rule files were read", FILES);
}

const char *
conf_user_dir(struct arena *a)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (base != NULL && base[0] == '/')
		return arena_printf(a, "%s/simsift", base);
	if (home != NULL && home[0] == '/')
		return arena_printf(a, "%s/.config/simsift", home);
	return NULL;
}

/* Any line of the language will do, our own directives too. */
static void
load_line(struct rules *r, const char *line)
{
	char *s = arena_printf(r->arena, "ifplugin Simsift\n%s\nendif\n", line);
	uint32_t from = r->ncomplaint;

	rules_load_text(r, "-c", s, strlen(s));
	/* The line we put before it is not one of the user's. */
	for (uint32_t i = from; i < r->ncomplaint; i++)
		if (r->complaint[i].line > 1)
			r->complaint[i].line--;
}

void
conf_load(struct settings *s, struct rules *r, const struct conf_sources *src)
{
	const char *own;

	for (size_t i = 0; i < N(table); i++)
		store(s, &table[i], table[i].value);
	s->arena = r->arena;
	r->setting = set;
	r->setting_ctx = s;
	if (src->dir != NULL)
		load_dir(r, src->dir, true, true);
	for (uint32_t i = 0; i < src->nfile; i++)
		load_file(r, src->file[i], true);
	if (src->dir == NULL && src->nfile == 0) {
		load_dir(r, FILTERS, true, false);
		load_dir(r, "/etc/simsift", false, false);
		if ((own = conf_user_dir(r->arena)) != NULL)
			load_dir(r, own, false, false);
	}
	for (uint32_t i = 0; i < src->nline; i++)
		load_line(r, src->line[i]);
	make_list_rules(s, r);
	rules_finish(r);
}

int
conf_open(struct config *c, const struct conf_sources *src, struct err *err)
{
	const int64_t began = time(NULL);

	*c = (struct config){0};
	if ((c->arena = arena_new(LIMIT_RULES_ARENA)) == NULL)
		return err_set(err, "no memory for the rules");
	if (setjmp(*arena_oom(c->arena)) != 0)
		return err_set(err, "no memory for the rules (%zu bytes taken)",
		    arena_used(c->arena));
	if (src->cached && conf_cache_read(c, src))
		return 0;
	rules_init(&c->rules, c->arena);
	conf_load(&c->settings, &c->rules, src);
	if (src->cached)
		c->to_keep = began;
	if (!src->keep_later)
		conf_keep(c, src);
	return 0;
}

void
conf_keep(struct config *c, const struct conf_sources *src)
{
	/* conf_open has returned: its place for "no memory" is gone. */
	if (c->to_keep != 0 && setjmp(*arena_oom(c->arena)) == 0)
		conf_cache_write(c, src, c->to_keep);
	c->to_keep = 0;
}

void
conf_close(struct config *c)
{
	if (c->rules.arena != NULL)
		rules_free(&c->rules);
	conf_cache_close(c);
	arena_free(c->arena);
	*c = (struct config){0};
}

void
conf_log(const struct rules *r)
{
	uint32_t errors = 0;

	for (uint32_t i = 0; i < r->ncomplaint; i++) {
		const struct complaint *c = &r->complaint[i];

		/* A slip in a -c line is seen by who wrote it just now. */
		if (c->warning && strcmp(c->file, "-c") != 0)
			continue;
		if (!c->warning && errors++ >= SHOWN)
			continue;
		if (c->line > 0)
			log_error("%s:%u:%u: %s", c->file, c->line, c->column,
			    c->text);
		else
			log_error("%s: %s", c->file, c->text);
	}
	if (errors > SHOWN)
		log_error("and %u more errors in rule files (simsift rules "
			  "lint shows all)",
		    errors - SHOWN);
	if (r->degraded)
		log_error("a rule file is missing or has errors: until that "
			  "is mended nothing is cut or held (simsift rules "
			  "lint)");
}

void
conf_log_broken(const struct rule *rule)
{
	log_error("%s:%u: %s does not compile: messages are marked at most "
		  "(simsift rules lint)",
	    rule->file, rule->line, rule->name);
}
