#ifndef DATE_H
#define DATE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The date of a message (RFC 5322 3.3) as RFC 3339 writes it:
 * "Mon, 2 Nov 2026 10:11:12 +0100" is 2026-11-02T10:11:12+01:00.
 */
#define DATE_BYTES 25 /* without the NUL */

bool date_iso(char out[DATE_BYTES + 1], const char *p, size_t n);

#endif
