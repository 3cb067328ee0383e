#ifndef JUDGE_H
#define JUDGE_H

#include "decode.h"
#include "report.h"

/*
 * Bytes to report: pure, no I/O but the clock; all memory from `a`.  Runs in a
 * sandboxed child (worker.c), or in line in test programs.
 * want: WANT_* bits.
 */
struct judge_job {
	const char *p;
	uint32_t len;
	unsigned want;
	const struct charsets *charsets;
	uint32_t time_ms; /* rules stop after this */
	/* For `rules test`: cut what this rule finds, whatever the verdict; the
	   texts show it.  UINT32_MAX: no such. */
	uint32_t only_cut;
};

void judge(struct report *out, struct arena *a, struct rules *,
    const struct settings *, const struct judge_job *);

#endif
