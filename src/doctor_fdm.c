/*
 * doctor: ~/.fdm.conf (fdm.conf(5)).
 */
#include "doctor.h"

#include <string.h>

/* `returns (0,)` is what means promotion, as with grep. */
static bool
returns_zero(const char *s)
{
	const char *at = doctor_word(s, "returns");

	if (at == NULL || (at = strchr(at, '(')) == NULL)
		return true;
	at += 1 + strspn(at + 1, " \t");
	return at[0] == '0' && (at[1] == ',' || at[1] == ' ');
}

static void
call(struct doctor *d, const char *path, uint32_t line, const char *s,
    const struct doctor_call *c)
{
	bool rewrite = doctor_word(s, "rewrite") != NULL;
	bool filter = strcmp(c->command, "filter") == 0;

	doctor_program(d, c, path, line);
	if (rewrite && !filter)
		doctor_say(d, DOCTOR_FAIL, path, line,
		    "write rewrite \"/usr/local/bin/simsift filter\"",
		    "rewrite with simsift %s: the message becomes what that "
		    "prints, which is not the message",
		    c->command[0] != '\0' ? c->command : "without a command");
	else if (!rewrite && filter)
		doctor_say(d, DOCTOR_FAIL, path, line,
		    "write action \"sift\" rewrite \"/usr/local/bin/simsift "
		    "filter\"",
		    "what simsift filter prints goes nowhere: only rewrite "
		    "takes it");
	else if (rewrite && strstr(s, "||") == NULL)
		doctor_say(d, DOCTOR_WARN, path, line,
		    "to be safe, only sort: match pipe "
		    "\"/usr/local/bin/simsift check\" returns (0,) action ...",
		    "fdm loses a message whose rewrite fails, as when memory "
		    "or disk are full (status 75)");
	if (!rewrite && !returns_zero(s))
		doctor_say(d, DOCTOR_FAIL, path, line, "write returns (0,)",
		    "simsift check and hold say yes with 0: 1 is no, 75 "
		    "trouble");
	doctor_good(d, path, line, "fdm", c);
}

void
doctor_fdm(struct doctor *d)
{
	struct doctor_call c;
	struct doctor_text t;
	bool called = false;
	char *s;

	if (d->home == NULL ||
	    !doctor_read(
		d, arena_printf(d->arena, "%s/.fdm.conf", d->home), &t))
		return;
	while ((s = doctor_line(&t, true)) != NULL) {
		if (*s == '#')
			continue;
		if (doctor_calls(d, s, &c)) {
			called = true;
			call(d, t.path, t.line, s, &c);
		} else if (doctor_field(s) && !called) {
			doctor_early(d, t.path, t.line, "a rule");
		}
	}
}
