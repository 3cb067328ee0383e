/*
 * simsift: the command table; usage is printed from it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd.h"
#include "complete.h"
#include "sandbox.h"

/* Which commands an option belongs to. */
#define FILTER 0x01u
#define CHECK 0x02u
#define EXPLAIN 0x04u
#define DIFF 0x08u
#define RULES 0x10u
#define SCAN 0x20u
#define HOLD 0x40u
#define RESTORE 0x80u
#define LIST 0x100u
#define SHOW 0x200u
#define RELEASE 0x400u
#define ALLOW 0x800u
#define PURGE 0x1000u
#define REPORT 0x2000u
#define DOCTOR 0x4000u
#define DIGEST 0x8000u
#define VAULT                                                             \
	(FILTER | CHECK | HOLD | RESTORE | EXPLAIN | DIFF | LIST | SHOW | \
	    RELEASE | ALLOW | PURGE | REPORT | DOCTOR | SCAN)
#define ALL ~0u

static const struct command commands[] = {
    {"filter", FILTER, true, cmd_filter, "< in > out",
	"cut, mark or pass one message"},
    {"check", CHECK, true, cmd_check, "< in",
	"verdict as status: 0 promotion, 1 clean, 75 trouble"},
    {"hold", HOLD, true, cmd_hold, "< in",
	"store what is to be held: 0 stored, 1 not held"},
    {"restore", RESTORE, false, cmd_restore, "[ID...]",
	"the original, by id or of the cut message on input"},
    {"explain", EXPLAIN, false, cmd_explain, "[FILE|ID]",
	"each hit with its rule, and what is cut"},
    {"diff", DIFF, false, cmd_diff, "[FILE|ID]", "what would be, or was, cut"},
    {"scan", SCAN, false, cmd_scan, "BOX...",
	"look through boxes; --apply cleans them, too"},
    {"digest", DIGEST, false, cmd_digest, "BOX...",
	"their messages as one to be read, promotion cut out"},
    {"rules", RULES, false, cmd_rules, "lint|test|list",
	"check, try and list the rules"},
    {"list", LIST, false, cmd_list, "", "what is in the vault, newest first"},
    {"show", SHOW, false, cmd_show, "ID", "one of them, and why it is there"},
    {"release", RELEASE, false, cmd_release, "ID...",
	"deliver the original after all"},
    {"allow", ALLOW, false, cmd_allow, "ID|ADDRESS",
	"mail of this sender is always wanted"},
    {"purge", PURGE, false, cmd_purge, "", "remove what is old from the vault"},
    {"report", REPORT, false, cmd_report, "",
	"what is new in the vault, as a message"},
    {"doctor", DOCTOR, false, cmd_doctor, "",
	"what is wrong with this set-up, and what to do"},
};

static const struct flag flags[] = {
    {"-C", VALUE, ALL, offsetof(struct options, sources.dir), "DIR",
	"rules from this folder only"},
    {"-c", LINE, ALL, 0, "'LINE'", "one more line of configuration"},
    {"-V", VALUE, VAULT, offsetof(struct options, vault), "DIR", "the vault"},
    {"--no-vault", FLAG, FILTER | CHECK, offsetof(struct options, no_vault), "",
	"keep no originals, know no tokens"},
    {"--header", FLAG, FILTER, offsetof(struct options, header), "",
	"add the X-Simsift field to clean mail too"},
    {"--json", FLAG, EXPLAIN | SCAN | RULES | LIST,
	offsetof(struct options, json), "", "machine-readable"},
    {"--type", VALUE, SCAN | DIGEST, offsetof(struct options, type), "KIND",
	"auto, mbox, maildir, mh, folder or file"},
    {"-r", FLAG, SCAN | DIGEST, offsetof(struct options, deep), "",
	"sub-folders of Maildir and MH boxes, too"},
    {"-j", VALUE, SCAN | DIGEST, offsetof(struct options, workers), "N",
	"so many workers; otherwise one a processor"},
    {"--range", VALUE, SCAN, offsetof(struct options, range), "OFF:LEN",
	"a piece of an mbox: its messages that begin there"},
    {"--apply", FLAG, SCAN, offsetof(struct options, apply), "",
	"cut and hold; the originals go into the vault"},
    {"--action", VALUE, SCAN, offsetof(struct options, action), "cut|hold",
	"with --apply: all that would be cut or held"},
    {"--move", VALUE, SCAN, offsetof(struct options, move), "FOLDER",
	"with --apply: held messages go to that Maildir"},
    {"--undo", FLAG, SCAN, offsetof(struct options, undo), "",
	"bring back what the last --apply changed"},
    {"--timing", FLAG, SCAN, offsetof(struct options, timing), "",
	"with --json: milliseconds a message"},
    {"--sha256", FLAG, SCAN, offsetof(struct options, sum), "",
	"with --json: the SHA-256 of each message"},
    {"--tree", FLAG, EXPLAIN, offsetof(struct options, tree), "",
	"the MIME structure with its offsets"},
    {"--strict", FLAG, RULES, offsetof(struct options, strict), "",
	"warnings are errors"},
    {"--settings", FLAG, RULES, offsetof(struct options, settings), "",
	"list the settings"},
    {"--since", VALUE, LIST | DIGEST, offsetof(struct options, since), "TIME",
	"not older than, as in 2d"},
    {"--category", VALUE, LIST, offsetof(struct options, category), "CATEGORY",
	"of this category, or below it"},
    {"--from", VALUE, LIST | DIGEST, offsetof(struct options, from), "TEXT",
	"with this in the sender"},
    {"--subject", VALUE, LIST, offsetof(struct options, subject), "TEXT",
	"with this in the subject"},
    {"--held", FLAG, LIST, offsetof(struct options, held), "", "held only"},
    {"--cut", FLAG, LIST, offsetof(struct options, cut), "", "cut only"},
    {"--max", VALUE, LIST | DIGEST, offsetof(struct options, max), "N",
	"no more than; 0: all"},
    {"--raw", FLAG, SHOW, offsetof(struct options, raw), "",
	"the bytes, nothing masked"},
    {"--to", VALUE, RELEASE, offsetof(struct options, to), "ADDRESS",
	"to somebody else"},
    {"--maildir", VALUE, RELEASE, offsetof(struct options, maildir), "DIR",
	"into this Maildir"},
    {"--stdout", FLAG, RELEASE, offsetof(struct options, to_stdout), "",
	"to standard output"},
    {"--again", FLAG, RELEASE, offsetof(struct options, again), "",
	"what was released before, too"},
    {"--format", VALUE, DIGEST, offsetof(struct options, format), "FORM",
	"plain, rfc1153 or mime"},
    {"--width", VALUE, DIGEST, offsetof(struct options, width), "N",
	"columns; otherwise those of the terminal, or 78"},
    {"--older-than", VALUE, PURGE, offsetof(struct options, older), "TIME",
	"as in 30d: h, d (days) or w (weeks)"},
    {"--yes", FLAG, PURGE, offsetof(struct options, yes), "", "do not ask"},
    {"--mail", VALUE, REPORT | DIGEST, offsetof(struct options, mail),
	"ADDRESS", "send it there"},
    {"--home", VALUE, DOCTOR, offsetof(struct options, home), "DIR",
	"look at the files of who lives there"},
    {"--etc", VALUE, DOCTOR, offsetof(struct options, etc), "DIR",
	"in place of /etc"},
    {"-q", FLAG, ALL, offsetof(struct options, quiet), "", "errors only"},
    {"-v", FLAG, ALL, offsetof(struct options, verbose), "", "say more"},
};

#define N(a) (sizeof(a) / sizeof *(a))

static const struct table table = {commands, N(commands), flags, N(flags)};

/* Of one command, or of all. */
static void
usage_flags(FILE *out, unsigned bits)
{
	for (size_t i = 0; i < N(flags); i++)
		if (flags[i].commands & bits)
			fprintf(out, "  %-12s %-11s %s\n", flags[i].name,
			    flags[i].args, flags[i].summary);
}

static void
usage_of(const struct command *c)
{
	printf("usage: simsift %s [OPTION...]%s%s\n\n  %s\n\n", c->name,
	    c->args[0] != '\0' ? " " : "", c->args, c->summary);
	usage_flags(stdout, c->bit);
	printf("\nsee simsift(1)\n");
}

static void
usage(FILE *out)
{
	fprintf(out, "usage: simsift COMMAND [OPTION...] [ARGUMENT...]\n\n");
	for (size_t i = 0; i < N(commands); i++)
		fprintf(out, "  %-8s %-15s %s\n", commands[i].name,
		    commands[i].args, commands[i].summary);
	fprintf(out, "\n");
	usage_flags(out, ALL);
	fprintf(out, "  --completion SHELL       bash, zsh or fish: the script "
		     "that completes\n"
		     "  --version, --help (also of a command)\n\n"
		     "see simsift(1)\n");
}

static void
version(void)
{
	unsigned built = sandbox_built();
	char pcre2[64];

	re_version(pcre2);
	printf("simsift %s (PCRE2 %s; sandbox:%s%s%s)\n", VERSION, pcre2,
	    built & SANDBOX_SECCOMP ? " seccomp" : "",
	    built & SANDBOX_LANDLOCK ? " landlock" : "",
	    built & SANDBOX_MEMORY ? " memory" : "");
}

/* Options may stand before and after the command, up to "--". */
struct parse {
	struct options opt;
	const struct command *command;
	const char **lines, **args;
	bool help, asked; /* asked: by the word `help`, which no caller says */
	bool used[N(flags)];
	char wrong[256];
};

/* The first complaint is the one that is made. */
static void complain(struct parse *, const char *word, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
complain(struct parse *p, const char *word, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (p->opt.wrong != NULL)
		return;
	n = snprintf(p->wrong, sizeof p->wrong, "%.120s: ", word);
	va_start(ap, fmt);
	vsnprintf(p->wrong + n, sizeof p->wrong - (size_t)n, fmt, ap);
	va_end(ap);
	p->opt.wrong = p->wrong;
}

/* The value that stands in the same word, as in --since=2d and -j2; "" where
   the word is the option alone; NULL: it is another option. */
static const char *
own_value(const struct flag *f, const char *word)
{
	size_t n = strlen(f->name);

	if (strncmp(word, f->name, n) != 0)
		return NULL;
	if (word[n] == '\0')
		return word + n;
	if (f->name[1] == '-')
		return word[n] == '=' ? word + n + 1 : NULL;
	return f->kind == VALUE && word[n] >= '0' && word[n] <= '9' ? word + n
								    : NULL;
}

static void
take_value(struct parse *p, const struct flag *f, const char *value)
{
	char *at = (char *)&p->opt + f->at;

	if (f->kind == VALUE)
		*(const char **)(void *)at = value;
	else
		p->lines[p->opt.sources.nline++] = value;
}

static void
unknown_flag(struct parse *p, const char *word)
{
	unsigned bits = p->command != NULL ? p->command->bit : ALL;

	for (size_t k = 0; k < N(flags); k++)
		if (flags[k].commands & bits &&
		    rules_near_word(word, flags[k].name)) {
			complain(p, word, "no such option; %s?", flags[k].name);
			return;
		}
	complain(p, word, "no such option");
}

/* Takes argv[i], or argv[i] and its value; returns how many were taken. */
static int
take_flag(struct parse *p, char **argv, int i)
{
	const char *word = argv[i], *value;

	for (size_t k = 0; k < N(flags); k++) {
		const struct flag *f = &flags[k];
		bool alone = strcmp(word, f->name) == 0;

		if ((value = own_value(f, word)) == NULL)
			continue;
		p->used[k] = true;
		if (f->kind == FLAG && alone)
			*((bool *)(void *)((char *)&p->opt + f->at)) = true;
		else if (f->kind == FLAG)
			complain(p, word, "this option takes no value");
		else if (!alone)
			take_value(p, f, value);
		else if (argv[i + 1] == NULL)
			complain(p, word, "this option needs a value: %s %s",
			    f->name, f->args);
		else
			take_value(p, f, argv[i + 1]);
		return 1 + (f->kind != FLAG && alone && argv[i + 1] != NULL);
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		p->help = true;
	else
		unknown_flag(p, word);
	return 1;
}

static void
take_command(struct parse *p, const char *word)
{
	for (size_t k = 0; k < N(commands) && p->command == NULL; k++)
		if (strcmp(word, commands[k].name) == 0)
			p->command = &commands[k];
	for (size_t k = 0; k < N(commands) && p->command == NULL; k++)
		if (rules_near_word(word, commands[k].name))
			complain(
			    p, word, "no such command; %s?", commands[k].name);
	if (p->command == NULL && rules_near_word(word, "help"))
		complain(p, word, "no such command; help?");
	else if (p->command == NULL)
		complain(p, word, "no such command");
}

/* What can be said only when the command is known. */
static void
check_command(struct parse *p)
{
	const struct command *c = p->command;

	p->opt.command = c->name;
	p->opt.mails = (c->bit & (RELEASE | REPORT)) != 0;
	for (size_t k = 0; k < N(flags); k++)
		if (p->used[k] && !(flags[k].commands & c->bit))
			complain(p, flags[k].name, "no option of %s", c->name);
	if (p->opt.narg > 0 && c->service)
		complain(p, p->args[0],
		    "no file here: the message comes on standard input");
	else if (p->opt.narg > 0 && c->args[0] == '\0')
		complain(p, p->args[0], "%s takes no argument", c->name);
}

static void
parse(struct parse *p, char **argv)
{
	bool only_args = false;

	/* `help`, `help COMMAND`, as --help. */
	if (argv[1] != NULL && strcmp(argv[1], "help") == 0) {
		p->help = p->asked = true;
		argv++;
	}
	for (int i = 1; argv[i] != NULL;) {
		if (!only_args && strcmp(argv[i], "--") == 0) {
			only_args = true;
			i++;
		} else if (!only_args && argv[i][0] == '-' &&
			   argv[i][1] != '\0') {
			i += take_flag(p, argv, i);
		} else if (p->command == NULL) {
			take_command(p, argv[i++]);
			if (p->command == NULL)
				return;
		} else {
			p->args[p->opt.narg++] = argv[i++];
		}
	}
	if (p->command != NULL)
		check_command(p);
}

/* Descriptors 0 to 2 that a caller closed must not become our files. */
static void
open_standard(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO)
		continue;
	if (fd > STDERR_FILENO)
		close(fd);
}

static int
printed(void)
{
	if (fflush(stdout) == 0)
		return EX_OK;
	if (errno != EPIPE)
		log_error(
		    "cannot write to standard output: %s", strerror(errno));
	return EX_IOERR;
}

static int
run(const struct parse *p, bool closed_in, bool closed_out)
{
	const struct command *c = p->command;

	/* A caller's message is never answered with a usage text. */
	if (p->help && c != NULL &&
	    (!c->service || p->asked || isatty(STDIN_FILENO))) {
		usage_of(c);
		return printed();
	}
	if (p->help && c == NULL && p->opt.wrong == NULL) {
		usage(stdout);
		return printed();
	}
	if (p->opt.wrong != NULL && (c == NULL || !c->service)) {
		log_error("%s (see simsift%s%s --help)", p->opt.wrong,
		    c != NULL ? " " : "", c != NULL ? c->name : "");
		return EX_USAGE;
	}
	if (c == NULL) {
		usage(stderr);
		return EX_USAGE;
	}
	log_init(c->service, p->opt.quiet, p->opt.verbose);
	if (c->service && (closed_in || (closed_out && c->bit == FILTER))) {
		log_error(
		    "standard %s is closed", closed_in ? "input" : "output");
		return EX_TEMPFAIL;
	}
	return c->run(&p->opt);
}

int
main(int argc, char **argv)
{
	struct parse p = {0};
	bool closed_out = fcntl(STDOUT_FILENO, F_GETFD) == -1;
	bool closed_in = fcntl(STDIN_FILENO, F_GETFD) == -1;
	int status;

	open_standard();
	signal(SIGPIPE, SIG_IGN); /* a reader that went away: EPIPE */
	signal(SIGXFSZ, SIG_IGN); /* a file at its limit: EFBIG */
	if (argc == 2 && (strcmp(argv[1], "--version") == 0 ||
			     strcmp(argv[1], "version") == 0)) {
		version();
		return printed();
	}
	if (argc == 3 && strcmp(argv[1], "--completion") == 0)
		return complete_script(argv[2]);
	if (argc > 2 && strcmp(argv[1], "--complete") == 0)
		return complete(&table, argv + 2, (size_t)argc - 2);
	p.lines = calloc((size_t)argc + 1, sizeof *p.lines);
	p.args = calloc((size_t)argc + 1, sizeof *p.args);
	if (p.lines == NULL || p.args == NULL)
		return EX_TEMPFAIL;
	p.opt.sources.line = p.lines;
	p.opt.sources.cached = true;
	p.opt.arg = p.args;
	parse(&p, argv);
	status = run(&p, closed_in, closed_out);
	free(p.lines);
	free(p.args);
	return status;
}
