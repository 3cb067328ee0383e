/*
 * doctor: what is ours: rules, vault, walls and the program.
 */
#include "doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sandbox.h"
#include "vault.h"

#define SPACE (100ull << 20) /* bytes that a vault should have before it */

/* ---- rules ---- */

/* Names are compared: each rule has that of its file. */
static uint32_t
count_files(const struct rules *r)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		bool known = r->rule[i].file == NULL ||
			     strchr(r->rule[i].file, '/') == NULL;

		/* The rules of a file stand together. */
		for (uint32_t k = i; k > 0 && !known; k--)
			known =
			    r->rule[k - 1].file != NULL &&
			    strcmp(r->rule[k - 1].file, r->rule[i].file) == 0;
		n += !known;
	}
	return n;
}

static uint32_t
complain(struct doctor *d, const struct rules *r)
{
	uint32_t warnings = 0;

	for (uint32_t i = 0; i < r->ncomplaint; i++) {
		const struct complaint *c = &r->complaint[i];

		if (c->warning)
			warnings++;
		else
			doctor_say(d, DOCTOR_FAIL, c->file, c->line,
			    "mend it (simsift rules lint shows the place)",
			    "%s", c->text);
	}
	return warnings;
}

/* Patterns are compiled where they are first needed: here, all of them. */
static void
compile(struct doctor *d, const struct rules *r)
{
	for (uint32_t i = 0; i < r->n; i++) {
		const struct rule *q = &r->rule[i];
		struct re_fault fault;
		struct re *re = NULL;

		if (q->pattern == NULL || q->broken || q->type == RULE_NONE ||
		    q->type == RULE_META || q->flags & RULE_EXISTS)
			continue;
		if (re_compile(&re, q->pattern, q->pattern_len, q->re_flags,
			&fault) == -1)
			doctor_say(d, DOCTOR_FAIL, q->file, q->line,
			    "mend it (simsift rules lint shows the place)",
			    "%s does not compile: %s", q->name, fault.text);
		else
			re_free(re);
	}
}

static void
settings(struct doctor *d)
{
	const struct settings *s = d->settings;

	if (s->required_score <= 0)
		doctor_say(d, DOCTOR_WARN, NULL, 0,
		    "take the line required_score out; it is 5 then",
		    "required_score is %g: every message is promotion",
		    s->required_score);
	if (s->sendmail_wrong ||
	    (s->sendmail != NULL && s->sendmail[0] == '/' &&
		access(s->sendmail, X_OK) == -1))
		doctor_say(d, DOCTOR_FAIL, NULL, 0,
		    "correct the line sendmail in your rule files, or take it "
		    "out",
		    "the setting sendmail names no program: release and "
		    "report can send nothing");
}

void
doctor_own_rules(struct doctor *d, const struct rules *r)
{
	uint32_t bad = d->found[DOCTOR_FAIL], warnings = complain(d, r);

	compile(d, r);
	settings(d);
	if (r->n == 0)
		doctor_say(d, DOCTOR_FAIL, NULL, 0,
		    "make install puts them there; -C DIR names a folder",
		    "there are no rules: nothing is found");
	else if (bad != d->found[DOCTOR_FAIL])
		doctor_say(d, DOCTOR_FAIL, NULL, 0, "mend what is said above",
		    "while rules have errors nothing is cut or held");
	else
		doctor_say(d, DOCTOR_OK, NULL, 0, NULL,
		    "%u rules in %u files, no errors%s; a score of %g is "
		    "promotion",
		    r->n, count_files(r),
		    warnings > 0 ? " (simsift rules lint has warnings)" : "",
		    d->settings->required_score);
}

/* ---- the vault ---- */

/* The nearest folder above that is there. */
static const char *
above(struct doctor *d, const char *path)
{
	char *s = arena_dup(d->arena, path, strlen(path)), *slash;

	while (access(s, F_OK) == -1 && errno == ENOENT &&
	       (slash = strrchr(s, '/')) != NULL) {
		if (slash == s)
			return "/";
		*slash = '\0';
	}
	return access(s, F_OK) == 0 ? s : ".";
}

static void
missing(struct doctor *d, const char *path)
{
	const char *dir = above(d, path);

	if (access(dir, W_OK | X_OK) == 0)
		doctor_say(d, DOCTOR_OK, path, 0, NULL,
		    "no vault yet: it is made when something is held or cut");
	else
		doctor_say(d, DOCTOR_FAIL, path, 0,
		    "make it yourself (mkdir -m 700), or name another place: "
		    "vault DIR in a rule file",
		    "the vault cannot be made: %s: %s", dir, strerror(errno));
}

static void
check_space(struct doctor *d, const char *path)
{
	struct statvfs f;

	if (statvfs(path, &f) == -1)
		return;
	if ((unsigned long long)f.f_bavail * f.f_frsize < SPACE)
		doctor_say(d, DOCTOR_WARN, path, 0,
		    "make room, or simsift purge --older-than 30d",
		    "%llu MB are left there: when it is full nothing is cut "
		    "or held",
		    (unsigned long long)f.f_bavail * f.f_frsize >> 20);
	if (f.f_files > 0 && f.f_favail == 0)
		doctor_say(d, DOCTOR_WARN, path, 0,
		    "make room, or simsift purge --older-than 30d",
		    "no more files can be made there (inodes)");
}

static void
check_secret(struct doctor *d, const char *path)
{
	const char *secret = arena_printf(d->arena, "%s/secret", path);
	struct stat st;

	if (lstat(secret, &st) == -1 && errno == ENOENT)
		return;
	if (!S_ISREG(st.st_mode) || st.st_size != VAULT_SECRET ||
	    st.st_uid != geteuid() || st.st_mode & 077)
		doctor_say(d, DOCTOR_FAIL, secret, 0,
		    "remove it: a new one is made, and older tokens no longer "
		    "hold",
		    "not a secret of %d bytes that only its user may read",
		    VAULT_SECRET);
}

/* Of the folders that messages are stored in. */
static void
check_folders(struct doctor *d, const char *path)
{
	static const char *const names[] = {"", "/tmp", "/new", "/cur"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *dir =
		    arena_printf(d->arena, "%s%s", path, names[i]);
		struct stat st;

		if (access(dir, W_OK | X_OK) == -1)
			doctor_say(d, DOCTOR_FAIL, dir, 0,
			    arena_printf(d->arena, "chmod 700 %s", dir),
			    "the vault cannot be written: %s", strerror(errno));
		if (i == 0 && stat(dir, &st) == 0 && st.st_mode & 077)
			doctor_say(d, DOCTOR_WARN, dir, 0,
			    arena_printf(d->arena, "chmod 700 %s", dir),
			    "others may look into the vault (mode %o)",
			    st.st_mode & 07777u);
	}
}

void
doctor_own_vault(struct doctor *d, const char *option)
{
	uint32_t bad = d->found[DOCTOR_FAIL] + d->found[DOCTOR_WARN];
	struct vault_list list = {0};
	struct vault v;
	struct err err;
	const char *path =
	    vault_path(d->arena, option, d->settings->vault, &err);
	int fault = VAULT_IO;

	if (path != NULL) {
		if (access(path, F_OK) == -1 && errno == ENOENT) {
			missing(d, path);
			check_space(d, above(d, path));
			return;
		}
		if ((fault = vault_open(&v, path, false, &err)) == 0)
			fault = vault_scan(&v, d->arena, &list, &err);
		vault_close(&v);
	}
	if (fault != 0) {
		doctor_say(d, DOCTOR_FAIL, NULL, 0,
		    "until that is mended what should be cut or held is only "
		    "marked",
		    "%s", err.text);
		return;
	}
	check_folders(d, path);
	check_secret(d, path);
	check_space(d, path);
	if (list.strangers > 0)
		doctor_say(d, DOCTOR_WARN, path, 0,
		    "look at them and move them away",
		    "%u files in the vault are not simsift's", list.strangers);
	if (bad == d->found[DOCTOR_FAIL] + d->found[DOCTOR_WARN])
		doctor_say(d, DOCTOR_OK, path, 0, NULL,
		    "the vault is in order, with %u message%s", list.n,
		    list.n == 1 ? "" : "s");
}

/* ---- walls ---- */

void
doctor_own_sandbox(struct doctor *d)
{
	unsigned has = sandbox_try();

	if (!(has & SANDBOX_SECCOMP))
		doctor_say(d, DOCTOR_FAIL, NULL, 0,
		    "run a kernel with CONFIG_SECCOMP_FILTER; in a container, "
		    "let its profile allow seccomp",
		    "the kernel has no seccomp: mail is judged, but the "
		    "process that reads it has no wall but its limits%s",
		    has & SANDBOX_LANDLOCK ? " and Landlock" : "");
	if (!(has & SANDBOX_LANDLOCK))
		doctor_say(d, DOCTOR_WARN, NULL, 0,
		    "Linux 5.13 and later have it, where `landlock` stands in "
		    "/sys/kernel/security/lsm",
		    "the kernel has no Landlock, the second wall round the "
		    "process that reads mail");
	if ((has & SANDBOX_SECCOMP) && (has & SANDBOX_LANDLOCK))
		doctor_say(d, DOCTOR_OK, NULL, 0, NULL,
		    "the process that reads mail is walled in: seccomp and "
		    "Landlock hold (tried)");
}

/* ---- the program ---- */

/* The one that runs now. */
void
doctor_own_program(struct doctor *d)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	struct stat st;

	path[n > 0 ? n : 0] = '\0';
	if (stat(path, &st) == -1)
		return;
	if ((st.st_mode & 0001) == 0)
		doctor_say(d, DOCTOR_WARN, path, 0,
		    arena_printf(d->arena, "chmod 755 %s", path),
		    "not every user may start this program");
	else if (st.st_mode & 0022)
		doctor_say(d, DOCTOR_FAIL, path, 0,
		    arena_printf(d->arena, "chmod 755 %s", path),
		    "others may write into this program");
	else
		doctor_say(
		    d, DOCTOR_OK, path, 0, NULL, "this is simsift %s", VERSION);
}
