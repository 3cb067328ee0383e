/*
 * doctor: what is wrong with this set-up.
 */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "doctor.h"
#include "limits.h"
#include "message.h"

/* What cannot be searched is said once, not for each file. */
static void
check_home(struct doctor *d)
{
	if (d->home == NULL)
		doctor_say(d, DOCTOR_WARN, NULL, 0, "name it with --home DIR",
		    "HOME is not set: no user's files were looked at");
	else if (access(d->home, X_OK) == -1) {
		doctor_say(d, DOCTOR_WARN, d->home, 0,
		    "run doctor as that user, or name another home with --home "
		    "DIR",
		    "no user's files were looked at: %s", strerror(errno));
		d->home = NULL;
	}
}

static void
look(struct doctor *d, const struct options *opt, const struct rules *rules)
{
	doctor_own_program(d);
	doctor_own_rules(d, rules);
	doctor_own_vault(d, opt->vault);
	doctor_own_sandbox(d);
	check_home(d);
	doctor_procmail(d);
	doctor_maildrop(d);
	doctor_fdm(d);
	doctor_mutt(d);
	doctor_sieve(d);
	doctor_dovecot(d);
	doctor_postfix(d);
	if (d->callers == 0)
		doctor_say(d, DOCTOR_WARN, NULL, 0,
		    "man simsift, EXAMPLES, has recipes for procmail, "
		    "maildrop, Sieve and others",
		    "no mail program was found that calls simsift");
}

static void
sum_up(struct doctor *d)
{
	uint32_t n = d->found[DOCTOR_WARN] + d->found[DOCTOR_FAIL];

	if (n == 0)
		buf_puts(&d->out, "nothing to do\n");
	else
		buf_printf(&d->out, "%u thing%s to do\n", n, n == 1 ? "" : "s");
}

static int
examine(struct doctor *d, const struct options *opt)
{
	struct config c;
	struct err err;
	int status = EX_OSERR;

	if (conf_open(&c, &opt->sources, &err) == -1) {
		log_error("%s", err.text);
	} else if (setjmp(*arena_oom(c.arena)) != 0 ||
		   setjmp(*arena_oom(d->arena)) != 0) {
		log_error("no memory");
	} else {
		d->settings = &c.settings;
		look(d, opt, &c.rules);
		sum_up(d);
		status = d->found[DOCTOR_WARN] + d->found[DOCTOR_FAIL] > 0;
		if (d->out.failed) {
			log_error("no memory for the answer");
			status = EX_OSERR;
		} else if (message_print(d->out.p, d->out.len, "doctor") ==
			   -1) {
			status = EX_IOERR;
		}
	}
	conf_close(&c);
	return status;
}

int
cmd_doctor(const struct options *opt)
{
	const char *no = getenv("NO_COLOR");
	struct doctor d = {.out = BUF(LIMIT_ANSWER), .etc = "/etc"};
	int status = EX_USAGE;

	if (opt->wrong != NULL) {
		log_error("%s", opt->wrong);
		return status;
	}
	/* That user's rules and vault, too. */
	if (opt->home != NULL) {
		setenv("HOME", opt->home, 1);
		unsetenv("XDG_CONFIG_HOME");
		unsetenv("XDG_DATA_HOME");
	}
	if (opt->etc != NULL)
		d.etc = opt->etc;
	d.home = getenv("HOME");
	d.colour = isatty(STDOUT_FILENO) && (no == NULL || *no == '\0');
	if ((d.arena = arena_new(LIMIT_ARENA)) == NULL) {
		log_error("no memory");
		return EX_OSERR;
	}
	status = examine(&d, opt);
	buf_free(&d.out);
	arena_free(d.arena);
	return status;
}
