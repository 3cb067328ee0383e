/*
 * doctor: what mutt and neomutt are told (muttrc(5)).
 */
#include "doctor.h"

#include <string.h>

static const char *const files[] = {".muttrc", ".mutt/muttrc",
    ".config/mutt/muttrc", ".neomuttrc", ".neomutt/neomuttrc",
    ".config/neomutt/neomuttrc", ".config/neomutt/muttrc"};

/* Does the line switch pipe_decode on? */
static bool
decodes(const char *s)
{
	const char *at = doctor_word(s, "pipe_decode");

	if (at == NULL || doctor_word(s, "set") != s)
		return false;
	at += strlen("pipe_decode");
	at += strspn(at, " \t");
	if (*at != '=')
		return true;
	at += 1 + strspn(at + 1, " \t\"'");
	return *at != 'n';
}

static void
call(struct doctor *d, const struct doctor_text *t, const char *s,
    const struct doctor_call *c, uint32_t decode)
{
	if (strchr(c->program, '/') != NULL)
		doctor_program(d, c, t->path, t->line);
	if (strstr(s, "display_filter") != NULL && !c->no_vault)
		doctor_say(d, DOCTOR_WARN, t->path, t->line,
		    "write simsift filter --no-vault",
		    "each message that is looked at is stored in the vault");
	if (strstr(s, "pipe-message") != NULL && decode > 0)
		doctor_say(d, DOCTOR_WARN, t->path, decode,
		    "write set pipe_decode=no",
		    "pipe_decode: simsift is not given the message, but what "
		    "is shown of it");
	doctor_good(d, t->path, t->line, "mutt", c);
}

void
doctor_mutt(struct doctor *d)
{
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct doctor_call c;
		struct doctor_text t;
		uint32_t decode = 0;
		char *s;

		if (d->home == NULL ||
		    !doctor_read(d,
			arena_printf(d->arena, "%s/%s", d->home, files[i]), &t))
			continue;
		while ((s = doctor_line(&t, true)) != NULL) {
			if (*s == '#')
				continue;
			if (decodes(s))
				decode = t.line;
			if (doctor_calls(d, s, &c))
				call(d, &t, s, &c, decode);
		}
	}
}
