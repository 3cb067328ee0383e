/*
 * judge-inline [-k] [-C DIR] [-c LINE] FILE...: judge() without fork and
 * sandbox, for valgrind, callgrind and the sanitizers; -k: kept rules will do.  A line a file: its verdict,
 * action and score.  Edits are checked and applied as the parent would.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "edit.h"
#include "judge.h"
#include "limits.h"
#include "message.h"
#include "wire.h"

/* The report over the wire and back, and its edits on the message. */
static const char *
try_out(struct arena *a, const struct report *r, const struct rules *rules,
    const struct buf *in)
{
	struct buf wire = BUF(LIMIT_ANSWER), out = BUF(in->len + LIMIT_GROWTH);
	uint32_t len = (uint32_t)in->len;
	const char *why = NULL;
	struct report back;

	if (wire_write(&wire, r) == -1)
		why = "the report is too long";
	else if (wire_read(&back, a, wire.p, wire.len, rules->n, len) == -1)
		why = "the report makes no sense";
	else if ((why = edit_check(in->p, len, back.edit, back.nedit, 33)) ==
		     NULL &&
		 edit_apply(&out, in->p, len, back.edit, back.nedit) == -1)
		why = "the edits cannot be applied";
	buf_free(&wire);
	buf_free(&out);
	return why;
}

static int
judge_bytes(const char *name, struct config *c, const struct buf *in)
{
	struct charsets *cs = charsets_open(in->p, in->len, NULL);
	struct arena *a = arena_new(LIMIT_ARENA);
	struct judge_job job = {.p = in->len > 0 ? in->p : "",
	    .len = (uint32_t)in->len,
	    .want = WANT_HITS | WANT_TEXTS | WANT_TREE,
	    .charsets = cs,
	    .time_ms = 3600000,
	    .only_cut = UINT32_MAX};
	const char *volatile why = "no memory";
	struct report r;

	if (cs != NULL && a != NULL && setjmp(*arena_oom(a)) == 0) {
		judge(&r, a, &c->rules, &c->settings, &job);
		why = try_out(a, &r, &c->rules, in);
	}
	if (why != NULL)
		fprintf(stderr, "%s: %s\n", name, why);
	else
		printf("%s\t%s\t%s\t%.1f\n", name,
		    report_verdict_name(r.verdict), rules_action_name(r.action),
		    r.score);
	arena_free(a);
	if (cs != NULL)
		charsets_close(cs);
	return why != NULL ? -1 : 0;
}

static int
judge_file(const char *name, struct config *c)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC), rc = -1;
	struct message m = {.spool = -1};
	struct err err;

	if (fd == -1) {
		perror(name);
		return -1;
	}
	if (message_read(&m, fd, LIMIT_MESSAGE, &err) == -1)
		fprintf(stderr, "%s: %s\n", name, err.text);
	else if (m.spool != -1)
		fprintf(stderr, "%s: too large\n", name);
	else
		rc = judge_bytes(name, c, &m.bytes);
	message_free(&m);
	close(fd);
	return rc;
}

int
main(int argc, char **argv)
{
	const char *line[16];
	struct conf_sources sources = {.line = line};
	struct config c;
	struct err err;
	int opt, status = 0;

	while ((opt = getopt(argc, argv, "C:c:k")) != -1) {
		if (opt == 'k')
			sources.cached = true;
		else if (opt == 'C')
			sources.dir = optarg;
		else if (opt == 'c' && sources.nline < 16)
			line[sources.nline++] = optarg;
		else
			return 64;
	}
	if (conf_open(&c, &sources, &err) == -1) {
		fprintf(stderr, "%s\n", err.text);
		return 75;
	}
	for (int i = optind; i < argc; i++)
		status |= judge_file(argv[i], &c) == -1;
	conf_close(&c);
	return status;
}
