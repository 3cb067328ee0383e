#ifndef WORKER_H
#define WORKER_H

#include "report.h"

/*
 * Get a judge: a forked child in a sandbox reads the message's bytes, which it
 * has from the fork, and answers with a report over a pipe.  The parent parses
 * no mail, and believes the child nothing that it can check (wire.c, edit.c).
 */

/* 0 and *out (strings in `a`), checked: its edits can be applied to p[0..n).
   -1: the child is dead, slow or babbling, or none could be made: the message
   goes on as it is. */
int worker_judge(struct report *out, struct arena *a, struct rules *,
    const struct settings *, const char *p, uint32_t n, unsigned want,
    struct err *);

/* The same; meanwhile(ctx) is called once, while the child works: for what
   takes time and needs no report. */
int worker_judge_while(struct report *out, struct arena *a, struct rules *,
    const struct settings *, const char *p, uint32_t n, unsigned want,
    void (*meanwhile)(void *), void *ctx, struct err *);

/* May that report of a child, which was about p[0..n), be believed?  For one
   who has the bytes anew, where no child could write. */
int worker_check(const struct report *, struct rules *, const char *p,
    uint32_t n, struct err *);

#endif
