/*
 * What a shell offers when TAB is pressed: see complete.h.
 */
#include "complete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "conf.h"
#include "limits.h"
#include "report.h"
#include "vault.h"
#include "when.h"

#define IDS 500u /* nobody reads more of them */

struct ask {
	const struct table *table;
	const struct command *command;
	const struct flag *value_of; /* the word before is this option */
	const char *word, *prefix;   /* as in --type=mb: "mb", "--type=" */
	const char *vault, *dir;     /* -V, -C */
	bool only_args;
	unsigned narg;
	struct buf out;
};

static bool
begins(const char *s, size_t n, const char *with)
{
	return strlen(with) <= n && strncmp(s, with, strlen(with)) == 0;
}

/* s[0..n), where it begins as the word does. */
static void
offer(struct ask *q, const char *s, size_t n, const char *what)
{
	if (n == 0 || !begins(s, n, q->word))
		return;
	buf_puts(&q->out, q->prefix);
	report_shown(&q->out, s, n);
	if (what != NULL && what[0] != '\0') {
		buf_puts(&q->out, "\t");
		report_shown(&q->out, what, strlen(what));
	}
	buf_puts(&q->out, "\n");
}

static void
offer_word(struct ask *q, const char *s, const char *what)
{
	offer(q, s, strlen(s), what);
}

static void
offer_actions(struct ask *q)
{
	for (int i = ACTION_PASS; i <= ACTION_HOLD; i++)
		offer_word(q, rules_action_name((enum action)i), NULL);
}

/* ---- what the rules and the vault hold ---- */

static void
with_config(struct ask *q, void (*work)(struct ask *, struct config *))
{
	struct conf_sources src = {.dir = q->dir};
	struct config c;
	struct err err;

	if (conf_open(&c, &src, &err) == 0 && setjmp(*arena_oom(c.arena)) == 0)
		work(q, &c);
	conf_close(&c);
}

static void
offer_ids(struct ask *q, struct config *c)
{
	const char *path;
	struct vault_list list = {0};
	struct vault v;
	struct err err;
	char what[WHEN_ROOM + 16], when[WHEN_ROOM];

	path = vault_path(c->arena, q->vault, c->settings.vault, &err);
	if (path == NULL)
		return;
	if (vault_open(&v, path, false, &err) == 0 &&
	    vault_scan(&v, c->arena, &list, &err) == 0)
		for (uint32_t i = 0; i < list.n && i < IDS; i++) {
			const struct vault_entry *e = &list.v[i];

			when_column(when, (time_t)e->time, time(NULL));
			snprintf(what, sizeof what, "%s %s", when,
			    rules_action_name(e->action));
			offer(q, e->id, e->shown, what);
		}
	vault_close(&v);
}

static void
offer_rules(struct ask *q, struct config *c)
{
	for (uint32_t i = 0; i < c->rules.n; i++)
		if (c->rules.rule[i].type != RULE_NONE)
			offer_word(q, c->rules.rule[i].name,
			    c->rules.rule[i].describe);
}

/* Each category once, and what it is below: promo of promo.telegram. */
static void
offer_categories(struct ask *q, struct config *c)
{
	struct buf seen = BUF(LIMIT_ANSWER);

	buf_puts(&seen, "\n");
	for (uint32_t i = 0; i < c->rules.n; i++) {
		const char *s = c->rules.rule[i].category, *end = s;
		char key[128];

		while (s != NULL && *end != '\0') {
			end += 1 + strcspn(end + 1, ".");
			snprintf(
			    key, sizeof key, "\n%.*s\n", (int)(end - s), s);
			if (strstr(seen.p, key) != NULL)
				continue;
			buf_put(&seen, key + 1, strlen(key) - 1);
			buf_put(&seen, "", 1);
			seen.len -= !seen.failed;
			offer(q, s, (size_t)(end - s), NULL);
			if (seen.failed)
				break;
		}
	}
	buf_free(&seen);
}

/* ---- the value of -c: a line of configuration ---- */

enum place { NOTHING, RULES, CATEGORIES, UNITS, ACTIONS };

/* Which rules and categories; a setting's value is nothing to be listed. */
static const struct directive {
	const char *name;
	enum place second, third;
} directives[] = {{"action", CATEGORIES, ACTIONS},
    {"category", RULES, CATEGORIES}, {"cut", RULES, UNITS},
    {"guard", RULES, UNITS}, {"score", RULES, NOTHING},
    {"describe", RULES, NOTHING}, {"tflags", RULES, NOTHING}};

#define N(a) (sizeof(a) / sizeof *(a))

static void
offer_place(struct ask *q, enum place p)
{
	if (p == RULES)
		with_config(q, offer_rules);
	else if (p == CATEGORIES)
		with_config(q, offer_categories);
	else if (p == ACTIONS)
		offer_actions(q);
	else if (p == UNITS)
		for (int i = UNIT_MATCH; i <= UNIT_ELEMENT; i++)
			offer_word(q, rules_unit_name((enum unit)i), NULL);
}

static void
offer_directives(struct ask *q)
{
	const char *name, *what;

	for (size_t i = 0; i < N(directives); i++)
		offer_word(q, directives[i].name, NULL);
	for (size_t i = 0; (name = conf_setting(i, &what)) != NULL; i++)
		offer_word(q, name, what);
}

/* The line so far goes in front of each of its next words. */
static void
offer_line(struct ask *q)
{
	const char *line = q->word, *last = strrchr(line, ' ');
	char before[LIMIT_COMPLETE];
	unsigned word = 0;

	if (last == NULL) {
		offer_directives(q);
		return;
	}
	if ((size_t)(last - line) >= sizeof before - 1)
		return;
	for (const char *s = line; s <= last; s++)
		word += *s == ' ' && (s == line || s[-1] != ' ');
	memcpy(before, line, (size_t)(last - line) + 1);
	before[last - line + 1] = '\0';
	q->prefix = before;
	q->word = last + 1;
	for (size_t i = 0; i < N(directives); i++)
		if (strncmp(line, directives[i].name, strcspn(line, " ")) == 0)
			offer_place(q, word == 1   ? directives[i].second
				       : word == 2 ? directives[i].third
						   : NOTHING);
	q->prefix = "";
}

/* ---- what the table says ---- */

/* A word of a list in a text such as "auto, mbox or mh"; its length, 0 at the
   end or where the text is no such list.  *s is moved behind it. */
static size_t
list_word(const char **s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t n = strspn(*s, letters);
	const char *end = *s + n;

	if (strncmp(end, ", ", 2) == 0)
		*s = end + 2;
	else if (strncmp(end, " or ", 4) == 0)
		*s = end + 4;
	else if (*end == '\0')
		*s = end;
	else
		return 0;
	return n;
}

static bool
is_list(const char *s)
{
	unsigned n = 0;

	while (*s != '\0') {
		if (list_word(&s) == 0)
			return false;
		n++;
	}
	return n > 1;
}

static void
offer_list(struct ask *q, const char *s)
{
	while (*s != '\0') {
		const char *word = s;
		size_t n = list_word(&s);

		offer(q, word, n, NULL);
	}
}

/* A word of `args`, as ID or lint, and what it stands for. */
static void
offer_arg(struct ask *q, const char *s, size_t n)
{
	static const struct {
		const char *name;
		void (*work)(struct ask *, struct config *);
	} held[] = {{"ID", offer_ids}, {"RULE", offer_rules},
	    {"CATEGORY", offer_categories}};

	for (size_t i = 0; i < N(held); i++)
		if (n == strlen(held[i].name) &&
		    memcmp(s, held[i].name, n) == 0)
			with_config(q, held[i].work);
	if ((n == 3 && memcmp(s, "DIR", n) == 0) ||
	    (n == 6 && memcmp(s, "FOLDER", n) == 0))
		buf_puts(&q->out, ":dirs\n");
	else if (n == 6 && memcmp(s, "ACTION", n) == 0)
		offer_actions(q);
	else if ((n == 4 && memcmp(s, "FILE", n) == 0) ||
		 (n == 3 && memcmp(s, "BOX", n) == 0))
		buf_puts(&q->out, ":files\n");
	else if (s[0] >= 'a' && s[0] <= 'z')
		offer(q, s, n, NULL);
}

/* "lint|test|list", "[FILE|ID]", "BOX...": each of them.  A program's input is
   no argument: "< in > out". */
static void
offer_args(struct ask *q, const char *args)
{
	static const char between[] = "|[]. ";

	if (strchr(args, '<') != NULL)
		return;
	for (const char *s = args; *(s += strspn(s, between)) != '\0';) {
		size_t n = strcspn(s, between);

		offer_arg(q, s, n);
		s += n;
	}
}

static void
offer_values(struct ask *q, const struct flag *f)
{
	if (f->kind == LINE)
		offer_line(q);
	else if (is_list(f->summary))
		offer_list(q, f->summary);
	else
		offer_args(q, f->args);
}

static void
offer_flags(struct ask *q)
{
	const struct table *t = q->table;
	unsigned bits = q->command != NULL ? q->command->bit : ~0u;

	for (size_t i = 0; i < t->nflag; i++)
		if (t->flag[i].commands & bits)
			offer_word(q, t->flag[i].name, t->flag[i].summary);
	offer_word(q, "--help", "what there is");
	if (q->command != NULL)
		return;
	offer_word(q, "--version", "of the program");
	offer_word(q, "--completion", "a script for your shell");
}

/* An argument behind the first: more of the same, or the files that words such
   as lint go on with. */
static void
offer_argument(struct ask *q)
{
	const char *args = q->command->args;
	bool words = args[0] >= 'a' && args[0] <= 'z';

	if (q->narg > 0 && words)
		buf_puts(&q->out, ":files\n");
	else if (q->narg == 0 || strstr(args, "...") != NULL)
		offer_args(q, args);
}

/* ---- the words before ---- */

static const struct flag *
find_flag(const struct table *t, const char *s, size_t n)
{
	for (size_t i = 0; i < t->nflag; i++)
		if (strlen(t->flag[i].name) == n &&
		    memcmp(t->flag[i].name, s, n) == 0)
			return &t->flag[i];
	return NULL;
}

static void
take_value(struct ask *q, const struct flag *f, const char *s)
{
	if (strcmp(f->name, "-V") == 0)
		q->vault = s;
	else if (strcmp(f->name, "-C") == 0)
		q->dir = s;
}

/* bash makes three words of --type=mbox. */
static void
take_word(struct ask *q, const char *s)
{
	const struct table *t = q->table;
	const struct flag *f = q->value_of;

	if (f != NULL && strcmp(s, "=") == 0)
		return;
	q->value_of = NULL;
	if (f != NULL) {
		take_value(q, f, s);
	} else if (!q->only_args && strcmp(s, "--") == 0) {
		q->only_args = true;
	} else if (!q->only_args && s[0] == '-' && s[1] != '\0') {
		if ((f = find_flag(t, s, strcspn(s, "="))) == NULL)
			return;
		if (strchr(s, '=') != NULL)
			take_value(q, f, strchr(s, '=') + 1);
		else if (f->kind != FLAG)
			q->value_of = f;
	} else if (q->command == NULL) {
		for (size_t i = 0; i < t->ncommand; i++)
			if (strcmp(s, t->command[i].name) == 0)
				q->command = &t->command[i];
	} else {
		q->narg++;
	}
}

/* The last word, that is being typed. */
static void
answer(struct ask *q, char *prefix)
{
	const struct table *t = q->table;
	const char *word = q->word, *value = strchr(word, '=');
	const struct flag *f = q->value_of;

	if (f != NULL) {
		q->word = strcmp(word, "=") == 0 ? "" : word;
		offer_values(q, f);
	} else if (word[0] == '-' && !q->only_args && value != NULL) {
		snprintf(
		    prefix, LIMIT_COMPLETE, "%.*s=", (int)(value - word), word);
		f = find_flag(t, word, (size_t)(value - word));
		q->prefix = prefix;
		q->word = value + 1;
		if (f != NULL && f->kind == VALUE)
			offer_values(q, f);
	} else if (word[0] == '-' && !q->only_args) {
		offer_flags(q);
	} else if (q->command != NULL) {
		offer_argument(q);
	} else {
		for (size_t i = 0; i < t->ncommand; i++)
			offer_word(
			    q, t->command[i].name, t->command[i].summary);
	}
}

int
complete(const struct table *t, char **words, size_t n)
{
	struct ask q = {.table = t, .prefix = "", .out = BUF(LIMIT_ANSWER)};
	char prefix[LIMIT_COMPLETE];
	int status = EX_OK;

	for (size_t i = 0; i + 1 < n; i++)
		take_word(&q, words[i]);
	q.word = words[n - 1];
	if (n > 1 && strcmp(words[n - 2], "--completion") == 0)
		offer_list(&q, "bash, zsh or fish");
	else if (strlen(q.word) < LIMIT_COMPLETE)
		answer(&q, prefix);
	if (fwrite(q.out.p, 1, q.out.len, stdout) != q.out.len ||
	    fflush(stdout) == EOF)
		status = EX_IOERR;
	buf_free(&q.out);
	return status;
}
