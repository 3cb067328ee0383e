/*
 * doctor: Postfix, where simsift is a content filter by pipe(8) (master(5),
 * FILTER_README).
 */
#include "doctor.h"

#include <string.h>

#define SERVICES 200
#define SERVICE_SIZE 8192 /* bytes of one that are looked at */
#define SCRIPT_SIZE (64 << 10)

struct service {
	const char *text; /* the line, joined */
	uint32_t line;
};

struct postfix {
	struct doctor *d;
	const char *main_path, *master_path;
	const char *content_filter; /* of main.cf, or NULL */
	uint32_t content_filter_line;
	struct service v[SERVICES];
	uint32_t n;
};

/* A line and those behind it that begin with a blank; comments are left out.
   NULL: there is no more. */
static char *
joined(struct doctor *d, struct doctor_text *t, uint32_t *line)
{
	char *s, *all = NULL;

	while (*t->p != '\0') {
		bool more = *t->p == ' ' || *t->p == '\t';

		if (all != NULL && !more && *t->p != '#' && *t->p != '\n')
			break;
		if ((s = doctor_line(t, false)) == NULL)
			break;
		if (*s == '#' || *s == '\0')
			continue;
		if (all == NULL)
			*line = t->line;
		else if (strlen(all) > SERVICE_SIZE)
			continue;
		all = all == NULL ? s : arena_printf(d->arena, "%s %s", all, s);
	}
	return all;
}

static void
take_main(struct postfix *x, const char *s, uint32_t line)
{
	struct doctor *d = x->d;
	size_t n = strcspn(s, " \t=");
	const char *value = s + n + strspn(s + n, " \t=");
	struct doctor_call c;

	if (n == strlen("content_filter") &&
	    memcmp(s, "content_filter", n) == 0 && *value != '\0') {
		x->content_filter =
		    arena_dup(d->arena, value, strcspn(value, ": \t"));
		x->content_filter_line = line;
	}
	if (n == strlen("mailbox_command") &&
	    memcmp(s, "mailbox_command", n) == 0 &&
	    doctor_calls(d, value, &c) && strchr(value, '|') == NULL) {
		d->callers++;
		doctor_say(d, DOCTOR_FAIL, x->main_path, line,
		    "write mailbox_command = /usr/bin/procmail, and call "
		    "simsift in ~/.procmailrc",
		    "mailbox_command delivers the mail to simsift, and it is "
		    "gone");
	}
}

/* The value of NAME=value among the words of a service; its length, 0: it is
   there and empty.  NULL: it is not there. */
static const char *
attribute(const char *s, const char *name, size_t *len)
{
	const char *at = doctor_word(s, name);

	while (at != NULL && at[strlen(name)] != '=')
		at = doctor_word(at + 1, name);
	if (at == NULL)
		return NULL;
	at += strlen(name) + 1;
	*len = strcspn(at, " \t");
	return at;
}

/* Is what `service` accepts exempt from content_filter? */
static bool
exempt(const struct service *s)
{
	const char *at = s->text;
	size_t n;

	while ((at = attribute(at, "content_filter", &n)) != NULL)
		if (n == 0)
			return true;
	return false;
}

/* Whose name is that: of the first word. */
static bool
is_service(const struct service *s, const char *name)
{
	size_t n = strlen(name);

	return strncmp(s->text, name, n) == 0 &&
	       (s->text[n] == ' ' || s->text[n] == '\t');
}

static void
check_loop(struct postfix *x, const struct service *me, bool sendmail)
{
	const struct service *from = NULL;
	bool any = false;

	if (x->content_filter == NULL || !is_service(me, x->content_filter))
		return;
	for (uint32_t i = 0; i < x->n; i++) {
		any |= exempt(&x->v[i]);
		if (is_service(&x->v[i], "pickup"))
			from = &x->v[i];
	}
	if (sendmail ? from != NULL && exempt(from) : any)
		return;
	doctor_say(x->d, DOCTOR_FAIL, x->main_path, x->content_filter_line,
	    sendmail ? "take it out, and write -o content_filter=NAME: below "
		       "smtp inet in master.cf"
		     : "write -o content_filter= below the smtpd that takes "
		       "the mail back",
	    "a loop: what simsift gives back is handed to %s again",
	    x->content_filter);
}

/* What hands the message back: sendmail, with its options. */
static bool
check_sendmail(struct doctor *d, const char *path, uint32_t line, const char *s)
{
	const char *at = strstr(s, "sendmail");

	if (at == NULL)
		return false;
	s = arena_dup(d->arena, at, strcspn(at, ";&|"));
	if (strstr(s, " -i") == NULL && strstr(s, " -oi") == NULL &&
	    strstr(s, " -Gi") == NULL)
		doctor_say(d, DOCTOR_FAIL, path, line, "write sendmail -G -i",
		    "sendmail without -i: a message ends at a line with a "
		    "single dot");
	if (strstr(s, " -G") == NULL && strstr(s, " -iG") == NULL)
		doctor_say(d, DOCTOR_WARN, path, line, "write sendmail -G -i",
		    "sendmail without -G: Postfix treats it as new mail and "
		    "may rewrite its header");
	return true;
}

/* argv= may name a script; it is read, and not run.  False: it does not call
   us. */
static bool
check_script(struct postfix *x, const char *argv, bool *sendmail)
{
	struct doctor *d = x->d;
	const char *path = arena_dup(d->arena, argv, strcspn(argv, " \t"));
	struct doctor_text t, again;
	struct doctor_call c;
	bool calls = false;
	struct stat st;
	char *s;

	/* A program has its own file, and no lines. */
	if (path[0] != '/' || stat(path, &st) == -1 ||
	    st.st_size > SCRIPT_SIZE || !doctor_read(d, path, &t))
		return false;
	again = t;
	again.p = arena_dup(d->arena, t.p, strlen(t.p));
	while ((s = doctor_line(&t, true)) != NULL) {
		if (*s == '#' || !doctor_calls(d, s, &c))
			continue;
		calls = true;
		doctor_program(d, &c, path, t.line);
	}
	while (calls && (s = doctor_line(&again, true)) != NULL)
		if (*s != '#')
			*sendmail |= check_sendmail(d, path, again.line, s);
	return calls;
}

static void
check_flags(struct postfix *x, const struct service *s)
{
	struct doctor *d = x->d;
	const char *v;
	size_t n;

	v = attribute(s->text, "flags", &n);
	if (v == NULL || memchr(v, 'q', n) == NULL)
		doctor_say(d, DOCTOR_WARN, x->master_path, s->line,
		    "write flags=Rq",
		    "flags= without q: an address with a blank becomes two");
	if (v != NULL && memchr(v, 'F', n) != NULL)
		doctor_say(d, DOCTOR_WARN, x->master_path, s->line,
		    "write flags=Rq",
		    "flags= with F: a From_ line is put in front of each "
		    "message");
	v = attribute(s->text, "null_sender", &n);
	if (v == NULL || n != 0)
		doctor_say(d, DOCTOR_WARN, x->master_path, s->line,
		    "write null_sender= with nothing behind it",
		    "no empty null_sender=: a bounce gets the sender "
		    "MAILER-DAEMON, and may be bounced itself");
	v = attribute(s->text, "user", &n);
	if (v == NULL || (n == 4 && memcmp(v, "root", n) == 0) ||
	    (n == 7 && memcmp(v, "postfix", n) == 0))
		doctor_say(d, DOCTOR_FAIL, x->master_path, s->line,
		    "write user=filter, an account of its own",
		    "user= is missing, root or postfix: Postfix refuses to "
		    "run it");
}

static void
check_service(struct postfix *x, const struct service *s)
{
	struct doctor *d = x->d;
	uint32_t bad = d->found[DOCTOR_FAIL] + d->found[DOCTOR_WARN];
	const char *argv = strstr(s->text, "argv=");
	struct doctor_call c;
	bool direct, sendmail = false;

	if (argv == NULL)
		return;
	argv += strlen("argv=");
	direct = doctor_calls(d, argv, &c);
	if (direct) {
		doctor_program(d, &c, x->master_path, s->line);
		sendmail = check_sendmail(d, x->master_path, s->line, argv);
	} else if (!check_script(x, argv, &sendmail)) {
		return;
	}
	d->callers++;
	check_flags(x, s);
	check_loop(x, s, sendmail);
	if (direct && !sendmail && strstr(argv, "smtp") == NULL)
		doctor_say(d, DOCTOR_FAIL, x->master_path, s->line,
		    "let a script hand it back: simsift filter | sendmail -G "
		    "-i \"$@\"",
		    "nobody takes what simsift prints: the mail is gone");
	if (bad == d->found[DOCTOR_FAIL] + d->found[DOCTOR_WARN])
		doctor_say(d, DOCTOR_OK, x->master_path, s->line, NULL,
		    "Postfix calls simsift as a content filter");
}

void
doctor_postfix(struct doctor *d)
{
	struct postfix x = {.d = d};
	struct doctor_text t;
	uint32_t line = 0;
	char *s;

	x.main_path = arena_printf(d->arena, "%s/postfix/main.cf", d->etc);
	x.master_path = arena_printf(d->arena, "%s/postfix/master.cf", d->etc);
	if (doctor_read(d, x.main_path, &t))
		while ((s = joined(d, &t, &line)) != NULL)
			take_main(&x, s, line);
	if (!doctor_read(d, x.master_path, &t))
		return;
	while (x.n < SERVICES && (s = joined(d, &t, &line)) != NULL)
		x.v[x.n++] = (struct service){s, line};
	for (uint32_t i = 0; i < x.n; i++)
		check_service(&x, &x.v[i]);
}
