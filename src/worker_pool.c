#include "worker_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "judge.h"
#include "limits.h"
#include "match.h"
#include "sandbox.h"
#include "wire.h"
#include "worker.h"
#include "worker_private.h"

#define RING 4u /* a power of two above LIMIT_LOTS: the count may wrap */
#define SKIP UINT32_MAX
#define NAP_MS 1
#define KEEP_BUFFER (1u << 20)

/* ---- what is shared ---- */

struct shared { /* a lot */
	uint32_t first, n;
	struct {
		uint32_t at, len; /* SKIP: it has its answer */
	} message[LIMIT_LOT_MESSAGES];
	char bytes[LIMIT_LOT];
};

struct desk { /* of a worker: lots that were posted, in order */
	uint32_t posted;
	uint32_t lot[RING];
};

struct head { /* before each report on the pipe */
	uint32_t len, us;
};

/* ---- the parent's own ---- */

enum lot_state { FREE, FILLING, SENT };

struct lot {
	struct shared *shared;
	struct worker *worker;
	enum lot_state state;
	uint64_t number;
	struct arena *arena;
	uint32_t n, used;         /* messages; bytes */
	uint32_t answered, taken; /* messages */
	struct pool_item item[LIMIT_LOT_MESSAGES];
	uint32_t at[LIMIT_LOT_MESSAGES]; /* a child cannot change these */
	bool done[LIMIT_LOT_MESSAGES];
};

struct worker {
	pid_t pid; /* 0: none is needed yet */
	int fd;
	struct desk *desk;
	struct lot lot[LIMIT_LOTS];
	struct lot *queue[LIMIT_LOTS]; /* SENT, not all answered */
	unsigned queued;
	struct buf in; /* of the pipe, not yet a whole report */
	int64_t since; /* ms: when the present message had its turn */
};

struct pool {
	struct rules *rules;
	const struct settings *settings;
	unsigned want, nworker;
	struct worker *worker;
	struct charsets *charsets;
	struct lot *filling;
	struct lot **order;  /* by number, modulo all lots */
	uint64_t made, next; /* numbers: of the next lot made, and taken */
	uint32_t *odd; /* rules that do not compile, found out by the child */
	uint32_t nodd;
	bool prepared, degraded;
	struct pollfd *poll;
};

/* ---- in a child ---- */

static void
wait_for(uint32_t *word, uint32_t old)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == old)
		syscall(SYS_futex, word, FUTEX_WAIT, old, NULL, NULL, 0);
}

/* Each message finds the rules as the first one did. */
static void
judge_one(const struct pool *x, struct buf *out, const char *p, uint32_t n)
{
	struct judge_job job = {.p = p,
	    .len = n,
	    .want = x->want,
	    .charsets = x->charsets,
	    .time_ms = x->settings->limit_time / 5 * 3,
	    .only_cut = UINT32_MAX};
	int64_t start = clock_ns(CLOCK_MONOTONIC);
	struct arena *a = arena_new(LIMIT_ARENA);
	struct head head = {0};
	struct report r;

	worker_misbehave(p, n);
	if (a == NULL || setjmp(*arena_oom(a)) != 0)
		_exit(EXIT_MEMORY);
	judge(&r, a, x->rules, x->settings, &job);
	worker_lie(&r, a, n);
	out->len = 0;
	buf_put(out, &head, sizeof head);
	if (wire_write(out, &r) == -1)
		_exit(EXIT_MEMORY);
	arena_free(a);
	head.len = (uint32_t)(out->len - sizeof head);
	head.us = (uint32_t)((clock_ns(CLOCK_MONOTONIC) - start) / 1000);
	memcpy(out->p, &head, sizeof head);
	worker_babble(out, sizeof head);
	worker_write(out->p, out->len);
	if (out->size > KEEP_BUFFER)
		buf_free(out);
	x->rules->degraded = x->degraded;
	for (uint32_t i = 0; i < x->nodd; i++)
		x->rules->rule[x->odd[i]].broken = false;
}

/* The others' messages are none of its business. */
static void
leave_others(const struct pool *x, const struct worker *me)
{
	for (unsigned i = 0; i < x->nworker; i++) {
		struct worker *w = &x->worker[i];

		for (unsigned k = 0; w != me && k < LIMIT_LOTS; k++)
			munmap(w->lot[k].shared, sizeof(struct shared));
		if (w != me)
			munmap(w->desk, sizeof *w->desk);
	}
}

_Noreturn static void
child(const struct pool *x, const struct worker *me, int fd, pid_t parent)
{
	struct buf out = BUF(LIMIT_ANSWER);
	uint32_t taken = 0;

	signal(SIGPIPE, SIG_DFL);
	leave_others(x, me);
	/* Its parent watches how long a message takes. */
	if (sandbox_enter(fd, LIMIT_CHILD_AS, UINT32_MAX, parent) == -1)
		_exit(EXIT_SANDBOX);
	for (;; taken++) {
		const struct shared *s;
		uint32_t n;

		wait_for(&me->desk->posted, taken);
		s = me->lot[me->desk->lot[taken % RING]].shared;
		/* With the last answer the lot is the parent's again. */
		n = s->n;
		for (uint32_t i = s->first; i < n; i++)
			if (s->message[i].len != SKIP)
				judge_one(x, &out, s->bytes + s->message[i].at,
				    s->message[i].len);
	}
}

/* ---- children come and go ---- */

static void
post(struct worker *w, const struct lot *lot)
{
	struct desk *d = w->desk;

	d->lot[d->posted % RING] = (uint32_t)(lot - w->lot);
	__atomic_add_fetch(&d->posted, 1, __ATOMIC_RELEASE);
}

/* Was it left as it was because it does not compile? */
static bool
is_odd(const struct rule *r)
{
	bool odd = r->way == NULL && r->re == NULL;

	for (uint32_t k = 0; r->way != NULL && k < r->literals.nway; k++)
		odd |= r->way[k] == NULL;
	return odd && r->pattern != NULL && !r->broken;
}

/* Code that is compiled now runs in the sandbox, where none can be made. */
static void
prepare(struct pool *x)
{
	struct rules *rules = x->rules;

	if (x->prepared)
		return;
	x->prepared = true;
	x->degraded = rules->degraded;
	match_prepare(rules, true);
	for (uint32_t i = 0; i < rules->n; i++)
		if (is_odd(&rules->rule[i]))
			x->odd[x->nodd++] = i;
}

static int
start_child(struct pool *x, struct worker *w, struct err *err)
{
	pid_t parent = getpid();
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) == -1)
		return err_errno(err, "no pipe for a child to judge in");
	prepare(x);
	w->desk->posted = 0;
	for (unsigned i = 0; i < w->queued; i++)
		post(w, w->queue[i]);
	if ((w->pid = fork()) == 0)
		child(x, w, fd[1], parent);
	close(fd[1]);
	w->fd = fd[0];
	w->since = clock_ms();
	if (w->pid != -1)
		return 0;
	err_errno(err, "no child to judge in (ulimit -u)");
	close(fd[0]);
	w->pid = 0;
	return -1;
}

/* Its exit status. */
static int
end_child(struct worker *w, bool now)
{
	int status = 0;

	if (w->pid == 0)
		return 0;
	if (now)
		kill(w->pid, SIGKILL);
	close(w->fd);
	while (waitpid(w->pid, &status, 0) == -1 && errno == EINTR)
		continue;
	w->pid = 0;
	w->in.len = 0;
	return status;
}

/* ---- answers ---- */

static void
not_judged(struct lot *lot, uint32_t i, const char *why)
{
	struct pool_item *item = &lot->item[i];

	item->report =
	    (struct report){.verdict = VERDICT_ERROR, .category = UINT32_MAX};
	item->why = "no memory";
	if (setjmp(*arena_oom(lot->arena)) == 0)
		item->why = arena_dup(lot->arena, why, strlen(why));
	lot->done[i] = true;
}

/* Past messages that have their answer; the lot leaves the queue when all
   have. */
static void
advance(struct worker *w)
{
	while (w->queued > 0) {
		struct lot *lot = w->queue[0];

		while (lot->answered < lot->n && lot->done[lot->answered])
			lot->answered++;
		if (lot->answered < lot->n)
			return;
		w->queued--;
		memmove(w->queue, w->queue + 1, w->queued * sizeof(*w->queue));
	}
}

/* The child is gone, or must go: the message it was at is lost to it. */
static void
replace_child(struct pool *x, struct worker *w, const char *why)
{
	struct lot *lot = w->queued > 0 ? w->queue[0] : NULL;
	int status = end_child(w, true);
	struct err err;

	if (lot == NULL)
		return;
	if (why == NULL)
		why = worker_explain(status, &err) == -1
			  ? err.text
			  : "the child ended without an answer";
	not_judged(lot, lot->answered, why);
	advance(w);
	if (w->queued == 0)
		return;
	w->queue[0]->shared->first = w->queue[0]->answered;
	while (w->queued > 0 && start_child(x, w, &err) == -1) {
		not_judged(w->queue[0], w->queue[0]->answered, err.text);
		advance(w);
	}
}

/* One report, all of it here. */
static int
take_report(struct pool *x, struct lot *lot, const char *p,
    const struct head *head, struct err *err)
{
	uint32_t i = lot->answered;
	struct pool_item *item = &lot->item[i];
	const char *bytes = lot->shared->bytes + lot->at[i];
	struct report *r = &item->report;

	if (setjmp(*arena_oom(lot->arena)) != 0)
		return err_set(err, "no memory for the report");
	if (wire_read(r, lot->arena, p, head->len, x->rules->n, item->len))
		return err_set(err, "the child's answer makes no sense");
	if (worker_check(r, x->rules, bytes, item->len, err) == -1)
		return -1;
	item->us = head->us;
	/* A converter that is not among the usual ones. */
	if (r->need != NULL && worker_judge(r, lot->arena, x->rules,
				   x->settings, bytes, item->len, x->want, err))
		not_judged(lot, i, err->text);
	lot->done[i] = true;
	return 0;
}

/* All whole reports in w->in. */
static int
take_reports(struct pool *x, struct worker *w, struct err *err)
{
	size_t at = 0;
	struct head head;
	int rc = 0;

	while (rc == 0 && w->in.len - at >= sizeof head) {
		memcpy(&head, w->in.p + at, sizeof head);
		if (head.len > LIMIT_ANSWER || w->queued == 0)
			return err_set(
			    err, "the child's answer makes no sense");
		if (w->in.len - at - sizeof head < head.len)
			break;
		rc = take_report(
		    x, w->queue[0], w->in.p + at + sizeof head, &head, err);
		at += sizeof head + head.len;
		w->since = clock_ms();
		if (rc == 0)
			advance(w);
	}
	memmove(w->in.p, w->in.p + at, w->in.len - at);
	w->in.len -= at;
	if (w->in.len == 0 && w->in.size > KEEP_BUFFER)
		buf_free(&w->in);
	return rc;
}

static void
listen_to(struct pool *x, struct worker *w)
{
	struct err err;
	ssize_t got;

	if (buf_room(&w->in, 64u << 10) == -1) {
		w->in.failed = false;
		replace_child(x, w, "the child's answer has no end");
		return;
	}
	got = read(w->fd, w->in.p + w->in.len, w->in.size - w->in.len);
	if (got == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0) {
		replace_child(x, w, NULL);
		return;
	}
	w->in.len += (size_t)got;
	if (take_reports(x, w, &err) == -1)
		replace_child(x, w, err.text);
}

/* Who is woken for each answer takes the processor from who makes them: as
   long as each has another lot, they can wait. */
static void
let_them_work(const struct pool *x)
{
	struct pollfd none;

	for (unsigned i = 0; i < x->nworker; i++)
		if (x->worker[i].queued < 2)
			return;
	poll(&none, 0, NAP_MS);
}

/* Hears the children once; waits for the first that has something to say. */
static void
hear(struct pool *x, bool wait)
{
	int64_t now = clock_ms(), left = wait ? INT32_MAX : 0;
	unsigned n = 0;

	if (wait)
		let_them_work(x);
	for (unsigned i = 0; i < x->nworker; i++) {
		struct worker *w = &x->worker[i];
		int64_t rest = w->since + x->settings->limit_time - now;

		x->poll[i] = (struct pollfd){.fd = -1};
		if (w->pid == 0 || w->queued == 0)
			continue;
		x->poll[i] = (struct pollfd){.fd = w->fd, .events = POLLIN};
		n++;
		if (rest < left)
			left = rest > 0 ? rest : 0;
	}
	if (n == 0 || poll(x->poll, x->nworker, (int)left) == -1)
		return;
	now = clock_ms();
	for (unsigned i = 0; i < x->nworker; i++) {
		struct worker *w = &x->worker[i];

		if (x->poll[i].fd == -1)
			continue;
		if (x->poll[i].revents != 0)
			listen_to(x, w);
		else if (now - w->since >= x->settings->limit_time)
			replace_child(
			    x, w, "judging took too long (limit_time)");
	}
}

/* ---- lots ---- */

/* Of the worker that has least to do. */
static struct lot *
free_lot(struct pool *x)
{
	struct lot *best = NULL;

	for (unsigned i = 0; i < x->nworker; i++) {
		struct worker *w = &x->worker[i];

		for (unsigned k = 0; k < LIMIT_LOTS; k++)
			if (w->lot[k].state == FREE &&
			    (best == NULL || w->queued < best->worker->queued))
				best = &w->lot[k];
	}
	return best;
}

/* Small ones first, so that a small box is shared out, too. */
static uint32_t
messages_for(const struct pool *x)
{
	uint64_t n = 1 + x->made / (2 * x->nworker);

	return n < LIMIT_LOT_MESSAGES ? (uint32_t)n : LIMIT_LOT_MESSAGES;
}

static bool
is_full(const struct pool *x, const struct lot *lot, uint32_t n)
{
	return lot->n > 0 &&
	       (lot->n >= messages_for(x) || lot->used >= LIMIT_LOT_FULL ||
		   LIMIT_LOT - lot->used < n);
}

char *
pool_room(struct pool *x, uint32_t n)
{
	struct lot *lot;

	if (x->filling != NULL && is_full(x, x->filling, n))
		pool_flush(x);
	if (x->filling != NULL)
		return x->filling->shared->bytes + x->filling->used;
	if (n > LIMIT_LOT || (lot = free_lot(x)) == NULL)
		return NULL;
	lot->state = FILLING;
	lot->number = x->made++;
	lot->n = lot->used = lot->answered = lot->taken = 0;
	lot->shared->first = lot->shared->n = 0;
	x->order[lot->number % (x->nworker * LIMIT_LOTS)] = lot;
	x->filling = lot;
	return lot->shared->bytes;
}

/* In a child of its own. */
static void
judge_large(struct pool *x, struct lot *lot, uint32_t i, const char *p)
{
	struct pool_item *item = &lot->item[i];
	struct err err;

	lot->done[i] = true;
	if (setjmp(*arena_oom(lot->arena)) != 0)
		not_judged(lot, i, "no memory for the report");
	else if (worker_judge(&item->report, lot->arena, x->rules, x->settings,
		     p, item->len, x->want, &err) == -1)
		not_judged(lot, i, err.text);
}

int
pool_put(struct pool *x, const struct pool_item *item, const char *large,
    struct err *err)
{
	struct lot *lot = x->filling;
	struct shared *s = lot->shared;
	uint32_t i = lot->n;
	struct pool_item *to = &lot->item[i];

	if (lot->arena == NULL && (lot->arena = arena_new(LIMIT_ARENA)) == NULL)
		return err_set(err, "no memory");
	if (setjmp(*arena_oom(lot->arena)) != 0)
		return err_set(err, "no memory");
	*to = (struct pool_item){
	    .box = arena_dup(lot->arena, item->box, strlen(item->box)),
	    .id = arena_dup(lot->arena, item->id, strlen(item->id)),
	    .offset = item->offset,
	    .len = item->len};
	if (item->sum != NULL)
		to->sum = arena_dup(lot->arena, item->sum, strlen(item->sum));
	lot->at[i] = s->message[i].at = lot->used;
	s->message[i].len = item->len;
	lot->done[i] = false;
	lot->n++;
	if (item->why == NULL && large == NULL) {
		lot->used += item->len;
		return 0;
	}
	s->message[i].len = SKIP;
	if (item->why != NULL)
		not_judged(lot, i, item->why);
	else
		judge_large(x, lot, i, large);
	return 0;
}

void
pool_flush(struct pool *x)
{
	struct lot *lot = x->filling;
	struct worker *w;
	struct err err;

	if (lot == NULL || lot->n == 0)
		return;
	x->filling = NULL;
	w = lot->worker;
	lot->state = SENT;
	lot->shared->n = lot->n;
	w->queue[w->queued++] = lot;
	if (w->queued == 1)
		w->since = clock_ms();
	advance(w);
	if (w->queued == 0 || w->queue[w->queued - 1] != lot)
		return; /* all of it has its answers */
	if (w->pid != 0) {
		post(w, lot);
		syscall(
		    SYS_futex, &w->desk->posted, FUTEX_WAKE, 1, NULL, NULL, 0);
		return;
	}
	while (w->queued > 0 && start_child(x, w, &err) == -1) {
		not_judged(w->queue[0], w->queue[0]->answered, err.text);
		advance(w);
	}
}

/* The pages of a large message go back to the system. */
static void
recycle(struct lot *lot)
{
	if (lot->used > LIMIT_LOT_FULL)
		madvise(lot->shared, sizeof *lot->shared, MADV_REMOVE);
	arena_free(lot->arena);
	lot->arena = NULL;
	lot->state = FREE;
}

int
pool_take(struct pool *x, struct pool_item **item, bool wait)
{
	for (;;) {
		struct lot *lot =
		    x->next == x->made
			? NULL
			: x->order[x->next % (x->nworker * LIMIT_LOTS)];

		if (lot == NULL || lot->state != SENT)
			return 0;
		if (lot->taken == lot->n) {
			recycle(lot);
			x->next++;
			continue;
		}
		if (!lot->done[lot->taken])
			hear(x, wait);
		if (!lot->done[lot->taken] && !wait)
			return 0;
		if (!lot->done[lot->taken])
			continue;
		*item = &lot->item[lot->taken++];
		return 1;
	}
}

/* ---- a pool ---- */

static void *
share(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p != MAP_FAILED ? p : NULL;
}

static int
make_workers(struct pool *x)
{
	for (unsigned i = 0; i < x->nworker; i++) {
		struct worker *w = &x->worker[i];

		w->in = BUF(LIMIT_ANSWER);
		if ((w->desk = share(sizeof *w->desk)) == NULL)
			return -1;
		for (unsigned k = 0; k < LIMIT_LOTS; k++) {
			w->lot[k].worker = w;
			w->lot[k].shared = share(sizeof(struct shared));
			if (w->lot[k].shared == NULL)
				return -1;
		}
	}
	return 0;
}

struct pool *
pool_open(struct rules *rules, const struct settings *settings,
    unsigned workers, unsigned want, struct err *err)
{
	struct pool *x = calloc(1, sizeof *x);

	if (x == NULL)
		goto fail;
	x->rules = rules;
	x->settings = settings;
	x->want = want;
	x->nworker = workers;
	x->worker = calloc(workers, sizeof *x->worker);
	x->order = calloc(workers * LIMIT_LOTS, sizeof *x->order);
	x->poll = calloc(workers, sizeof *x->poll);
	x->odd = calloc(rules->n + 1u, sizeof *x->odd);
	x->charsets = charsets_open_usual();
	if (x->worker == NULL || x->order == NULL || x->poll == NULL ||
	    x->charsets == NULL || x->odd == NULL || make_workers(x) == -1)
		goto fail;
	return x;
fail:
	pool_close(x);
	err_set(err, "no memory for the workers");
	return NULL;
}

void
pool_close(struct pool *x)
{
	if (x == NULL)
		return;
	for (unsigned i = 0; x->worker != NULL && i < x->nworker; i++) {
		struct worker *w = &x->worker[i];

		end_child(w, true);
		buf_free(&w->in);
		if (w->desk != NULL)
			munmap(w->desk, sizeof *w->desk);
		for (unsigned k = 0; k < LIMIT_LOTS; k++) {
			arena_free(w->lot[k].arena);
			if (w->lot[k].shared != NULL)
				munmap(w->lot[k].shared, sizeof(struct shared));
		}
	}
	free(x->worker);
	free(x->order);
	free(x->poll);
	free(x->odd);
	charsets_close(x->charsets);
	free(x);
}
