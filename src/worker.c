#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "judge.h"
#include "limits.h"
#include "sandbox.h"
#include "wire.h"
#include "worker_private.h"

struct task {
	struct rules *rules;
	const struct settings *settings;
	struct judge_job job;
	int64_t deadline;          /* ms, CLOCK_MONOTONIC */
	void (*meanwhile)(void *); /* or NULL; called once */
	void *ctx;
};

void
worker_write(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t put = write(SANDBOX_FD, p, n);

		if (put == -1 && errno != EINTR)
			_exit(EXIT_ANSWER);
		if (put > 0) {
			p += put;
			n -= (size_t)put;
		}
	}
}

void
worker_misbehave(const char *p, size_t n)
{
#ifdef SIMSIFT_FAULTS
	static const char key[] = "SIMSIFT_CHILD: ";
	const char *how = getenv("SIMSIFT_CHILD");
	const char *at = n > 0 ? memmem(p, n, key, sizeof key - 1) : NULL;
	char word[16] = "";

	if (how == NULL && at != NULL) {
		at += sizeof key - 1;
		for (size_t i = 0; i < sizeof word - 1 && at + i < p + n; i++)
			word[i] = at[i] > ' ' ? at[i] : '\0';
		how = word;
	}
	if (how == NULL)
		return;
	if (strcmp(how, "crash") == 0)
		abort();
	if (strcmp(how, "hang") == 0)
		for (;;)
			;
	if (strcmp(how, "exit") == 0)
		_exit(0);
	if (strcmp(how, "garbage") == 0) {
		worker_write("garbage garbage garbage garbage", 31);
		_exit(0);
	}
	if (strcmp(how, "endless") == 0)
		for (;;)
			worker_write("endless endless endless", 23);
#else
	(void)p;
	(void)n;
#endif
}

_Noreturn static void
child(const struct task *t, int fd, pid_t parent)
{
	unsigned seconds = (t->settings->limit_time + 999) / 1000 + 1;
	struct buf out = BUF(LIMIT_ANSWER);
	struct report r;
	struct arena *a;

	signal(SIGPIPE, SIG_DFL);
	if (sandbox_enter(fd, LIMIT_CHILD_AS, seconds, parent) == -1)
		_exit(EXIT_SANDBOX);
	worker_misbehave(t->job.p, t->job.len);
	if ((a = arena_new(LIMIT_ARENA)) == NULL)
		_exit(EXIT_MEMORY);
	if (setjmp(*arena_oom(a)) != 0)
		_exit(EXIT_MEMORY);
	judge(&r, a, t->rules, t->settings, &t->job);
	worker_lie(&r, a, t->job.len);
	if (wire_write(&out, &r) == -1)
		_exit(EXIT_MEMORY);
	worker_babble(&out, 0);
	worker_write(out.p, out.len);
	_exit(0);
}

/* The whole answer, or -1. */
static int
listen_to(int fd, int64_t deadline, struct buf *out, struct err *err)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	for (;;) {
		int64_t left = deadline - clock_ms();
		ssize_t got;

		if (left <= 0)
			return err_set(err, "judging took too long "
					    "(limit_time)");
		if (poll(&p, 1, (int)left) == -1 && errno != EINTR)
			return err_errno(
			    err, "cannot wait for the child's answer");
		if (p.revents == 0)
			continue;
		if (buf_room(out, 4096) == -1)
			return err_set(err, "the child's answer has no end");
		got = read(fd, out->p + out->len, out->size - out->len);
		if (got == 0)
			return 0;
		if (got == -1 && errno != EINTR && errno != EAGAIN)
			return err_errno(err, "cannot read the answer");
		if (got > 0)
			out->len += (size_t)got;
	}
}

static int
explain_status(int status, struct err *err)
{
	static const struct {
		int code;
		const char *why;
	} known[] = {
	    {EXIT_SANDBOX, "the child's sandbox could not be set up"},
	    {EXIT_MEMORY, "judging took too much memory"},
	    {EXIT_ANSWER, "the child could not answer"},
	};

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return err_set(err, "the child died of signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (WEXITSTATUS(status) == known[i].code)
			return err_set(err, "%s", known[i].why);
	return err_set(
	    err, "the child ended with status %d", WEXITSTATUS(status));
}

/* One child: its answer in `out`. */
static int
run_child(struct task *t, struct buf *out, struct err *err)
{
	int fd[2], status = 0, rc;
	pid_t parent = getpid(), pid;

	if (pipe2(fd, O_CLOEXEC) == -1)
		return err_errno(err, "no pipe for a child to judge in");
	if ((pid = fork()) == -1) {
		err_errno(err, "no child to judge in (ulimit -u)");
		close(fd[0]);
		close(fd[1]);
		return -1;
	}
	if (pid == 0)
		child(t, fd[1], parent);
	close(fd[1]);
	if (t->meanwhile != NULL)
		t->meanwhile(t->ctx);
	t->meanwhile = NULL;
	rc = listen_to(fd[0], t->deadline, out, err);
	close(fd[0]);
	if (rc == -1)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	return rc == -1 ? -1 : explain_status(status, err);
}

/* Whatever the child says is a token is in a field of that name, and in the
   header. */
static bool
check_tokens(const struct report *r, const char *p, uint32_t len)
{
	static const char name[] = "x-simsift-token";
	size_t n = sizeof name - 1;

	if (r->body_at > 0 && r->body_at < len && p[r->body_at - 1] != '\n')
		return false;
	for (uint32_t i = 0; i < r->ntoken; i++) {
		struct span s = r->token[i];

		if (s.to > r->body_at || s.to - s.from <= n ||
		    (s.from > 0 && p[s.from - 1] != '\n') ||
		    strncasecmp(p + s.from, name, n) != 0 ||
		    memchr(p + s.from, ':', s.to - s.from) == NULL)
			return false;
	}
	return true;
}

/* Nothing goes but fields that are called ours? */
static bool
only_fields(const struct report *r, const struct task *t)
{
	for (uint32_t i = 0; i < r->nedit; i++)
		if (!edit_own_field(t->job.p, t->job.len, &r->edit[i]))
			return false;
	return true;
}

/* No cut that we make begins in the header and ends in the body. */
static bool
crosses_border(const struct report *r)
{
	for (uint32_t i = 0; i < r->nedit; i++)
		if (r->edit[i].span.from < r->body_at &&
		    r->edit[i].span.to > r->body_at)
			return true;
	return false;
}

static int
check(const struct report *r, const struct task *t, struct err *err)
{
	const struct rules *rules = t->rules;
	const char *why;

	why = edit_check(t->job.p, t->job.len, r->edit, r->nedit, LIMIT_KEEP);
	if (why != NULL)
		return err_set(err, "the child's answer was refused: %s", why);
	if (crosses_border(r))
		return err_set(err, "the child's answer was refused: a cut "
				    "goes from the header into the body");
	if (r->field_at > 0 && t->job.p[r->field_at - 1] != '\n')
		return err_set(err, "the child's answer was refused: the field "
				    "has a wrong place");
	if (r->category != UINT32_MAX &&
	    rules->rule[r->category].category == NULL)
		return err_set(err, "the child's answer was refused: a rule "
				    "without category");
	if (rules->degraded && r->action > ACTION_MARK)
		return err_set(err, "the child's answer was refused: a strong "
				    "action while rules are missing");
	if (!check_tokens(r, t->job.p, t->job.len))
		return err_set(err, "the child's answer was refused: tokens in "
				    "wrong places");
	if (r->action != ACTION_CUT && (r->ncut > 0 || !only_fields(r, t)))
		return err_set(err, "the child's answer was refused: cuts "
				    "without the action");
	return 0;
}

/* charset: one more converter to open, or NULL. */
static int
one_try(struct report *r, struct arena *a, struct task *t, const char *charset,
    struct err *err)
{
	struct buf answer = BUF(LIMIT_ANSWER);
	struct charsets *cs;
	int rc = -1;

	cs = charsets_open(t->job.p, t->job.len, charset);
	if (cs == NULL)
		return err_set(err, "no memory for converters");
	t->job.charsets = cs;
	if (run_child(t, &answer, err) == -1)
		goto out;
	if (wire_read(r, a, answer.p, answer.len, t->rules->n, t->job.len)) {
		err_set(err, "the child's answer makes no sense");
		goto out;
	}
	rc = check(r, t, err);
out:
	buf_free(&answer);
	charsets_close(cs);
	return rc;
}

int
worker_judge(struct report *r, struct arena *a, struct rules *rules,
    const struct settings *s, const char *p, uint32_t n, unsigned want,
    struct err *err)
{
	return worker_judge_while(r, a, rules, s, p, n, want, NULL, NULL, err);
}

int
worker_judge_while(struct report *r, struct arena *a, struct rules *rules,
    const struct settings *s, const char *p, uint32_t n, unsigned want,
    void (*meanwhile)(void *), void *ctx, struct err *err)
{
	struct task t = {
	    .rules = rules,
	    .settings = s,
	    .job = {.p = p,
		.len = n,
		.want = want,
		.time_ms = s->limit_time / 5 * 3,
		.only_cut = UINT32_MAX},
	    .deadline = clock_ms() + s->limit_time,
	    .meanwhile = meanwhile,
	    .ctx = ctx,
	};
	struct report second;
	struct err second_err;

	if (one_try(r, a, &t, NULL, err) == -1)
		return -1;
	/* A converter that must be opened before the walls are up; its name is
	   looked up in our own table, not taken from the child. */
	if (r->need != NULL &&
	    decode_charset_name(r->need, (uint32_t)strlen(r->need)) != NULL &&
	    one_try(&second, a, &t, r->need, &second_err) == 0)
		*r = second;
	return 0;
}

int
worker_explain(int status, struct err *err)
{
	return explain_status(status, err);
}

int
worker_check(const struct report *r, struct rules *rules, const char *p,
    uint32_t len, struct err *err)
{
	const struct task t = {.rules = rules, .job = {.p = p, .len = len}};

	return check(r, &t, err);
}
