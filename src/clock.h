#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds of a clock (CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID). */
int64_t clock_ns(clockid_t);
/* Milliseconds that go on, whatever happens to the time of day. */
int64_t clock_ms(void);

#endif
