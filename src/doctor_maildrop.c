/*
 * doctor: ~/.mailfilter (maildropfilter(7)).
 */
#include "doctor.h"

#include <string.h>

struct maildrop {
	struct doctor *d;
	const char *path;
	bool called, exception; /* in an exception block */
};

static void
call(struct maildrop *x, const char *s, uint32_t line,
    const struct doctor_call *c)
{
	struct doctor *d = x->d;
	bool filter = strcmp(c->command, "filter") == 0;

	x->called = true;
	doctor_program(d, c, x->path, line);
	if (doctor_word(s, "xfilter") != NULL && !filter)
		doctor_say(d, DOCTOR_FAIL, x->path, line,
		    "write xfilter \"/usr/local/bin/simsift filter\"",
		    "xfilter with simsift %s: the message becomes what that "
		    "prints, which is not the message",
		    c->command[0] != '\0' ? c->command : "without a command");
	else if (doctor_word(s, "to") == s && strchr(s, '|') != NULL)
		doctor_say(d, DOCTOR_FAIL, x->path, line,
		    "write xfilter \"/usr/local/bin/simsift filter\"",
		    "`to` delivers the mail to simsift, and it is gone");
	doctor_good(d, x->path, line, "maildrop", c);
	if (filter && !x->exception)
		doctor_say(d, DOCTOR_OK, x->path, line, NULL,
		    "no exception block round it: should it fail, maildrop "
		    "exits 75 and the mail system tries again");
}

void
doctor_maildrop(struct doctor *d)
{
	struct maildrop x = {.d = d};
	struct doctor_call c;
	struct doctor_text t;
	char *s;

	if (d->home == NULL)
		return;
	x.path = arena_printf(d->arena, "%s/.mailfilter", d->home);
	if (!doctor_read(d, x.path, &t))
		return;
	if (t.st.st_mode & 077)
		doctor_say(d, DOCTOR_FAIL, x.path, 0,
		    arena_printf(d->arena, "chmod 600 %s", x.path),
		    "others may read or write it: maildrop refuses it, and "
		    "delivers nothing");
	while ((s = doctor_line(&t, true)) != NULL) {
		if (*s == '#')
			continue;
		if (doctor_word(s, "exception") == s)
			x.exception = true;
		if (doctor_calls(d, s, &c))
			call(&x, s, t.line, &c);
		else if (doctor_field(s) && !x.called)
			doctor_early(d, x.path, t.line, "a condition");
		if (strchr(s, '}') != NULL)
			x.exception = false;
	}
}
