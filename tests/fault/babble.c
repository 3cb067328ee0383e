/*
 * What a child may say that is not so, in build/simsift-faults: SIMSIFT_CHILD
 * names it.  lie-…: the report says it; raw-…: the bytes of the answer do.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "worker_private.h"

/* ---- the report ---- */

static void
cut(struct report *r, uint32_t from, uint32_t to)
{
	static const char more[1000] = "more";

	r->edit[r->nedit++] = (struct edit){.span = {from, to}, .p = more};
	r->ncut = r->nedit;
	r->cut = NULL;
	r->ncut = 0;
	r->action = ACTION_CUT;
}

static void
lie_edits(struct report *r, const char *how, uint32_t n)
{
	r->nedit = 0;
	if (strcmp(how, "overlap") == 0) {
		cut(r, n - 20, n - 8);
		cut(r, n - 10, n - 2);
	} else if (strcmp(how, "unsorted") == 0) {
		cut(r, n - 5, n - 2);
		cut(r, n - 20, n - 10);
	} else if (strcmp(how, "wild") == 0) {
		cut(r, n + 10, n + 20);
	} else if (strcmp(how, "wrapped") == 0) {
		cut(r, UINT32_MAX - 3, UINT32_MAX);
	} else if (strcmp(how, "backwards") == 0) {
		cut(r, n - 2, n - 10);
	} else if (strcmp(how, "all") == 0) {
		cut(r, 0, n);
	} else if (strcmp(how, "most") == 0) {
		cut(r, n / 10, n);
	} else if (strcmp(how, "border") == 0) {
		cut(r, 10, r->body_at + 5);
	} else if (strcmp(how, "grow") == 0) {
		cut(r, n - 3, n - 2);
		r->edit[0].len = 1000;
	} else if (strcmp(how, "sums") == 0) { /* each is within bounds */
		for (uint32_t i = 0; i < 5; i++) {
			cut(r, n - 8 + i, n - 7 + i);
			r->edit[i].len = 200;
		}
	} else if (strcmp(how, "pass") == 0) { /* it cuts unseen */
		cut(r, n - 5, n);
		r->action = ACTION_PASS;
	}
}

void
worker_lie(struct report *r, struct arena *a, uint32_t n)
{
	const char *how = getenv("SIMSIFT_CHILD");

	if (how == NULL || strncmp(how, "lie-", 4) != 0)
		return;
	how += 4;
	r->token = arena_array(a, 1, sizeof *r->token);
	r->edit = arena_array(a, 8, sizeof *r->edit);
	if (strcmp(how, "token") == 0) /* no such field */
		r->token[r->ntoken++] = (struct span){0, r->body_at - 1};
	else if (strcmp(how, "body") == 0) /* within a line */
		r->body_at = n - 3;
	else if (strcmp(how, "field") == 0)
		r->field_at = n - 3;
	else if (strcmp(how, "rules") == 0)
		r->category = 1u << 30;
	else if (strcmp(how, "need") == 0)
		r->need = "../../../tmp/evil";
	else
		lie_edits(r, how, n);
}

/* ---- its bytes ---- */

void
worker_babble(struct buf *b, size_t head)
{
	const char *how = getenv("SIMSIFT_CHILD");
	const uint32_t huge = UINT32_MAX;
	size_t at;

	if (how == NULL || strncmp(how, "raw-", 4) != 0)
		return;
	how += 4;
	if (strcmp(how, "half") == 0) {
		worker_write(b->p, (b->len + head) / 2);
		_exit(0);
	}
	if (strcmp(how, "twice") == 0)
		worker_write(b->p, b->len);
	else if (strcmp(how, "more") == 0)
		buf_puts(b, "and more");
	else if (strcmp(how, "length") == 0 && head > 0) /* 4 GB */
		memcpy(b->p, &huge, sizeof huge);
	else if (strncmp(how, "huge ", 5) == 0 ||
		 strncmp(how, "null ", 5) == 0) {
		at = head + 4 * (size_t)atoi(how + 5);
		if (at + 4 > b->len)
			_exit(7); /* that is behind its end */
		memset(b->p + at, *how == 'h' ? 0xff : 0, 4);
	}
}
