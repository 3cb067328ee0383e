#ifndef DATE_H
#define DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The date of a message (RFC 5322 3.3) as RFC 3339 writes it:
 * "Mon, 2 Nov 2026 10:11:12 +0100" is 2026-11-02T10:11:12+01:00.
 */
#define DATE_BYTES 25 /* without the NUL */

bool date_iso(char out[DATE_BYTES + 1], const char *p, size_t n);

/* The other way: "Mon, 2 Nov 2026 10:11:12 +0100", and seconds since 1970;
   false where it is no such date. */
#define DATE_MAIL 40
bool date_mail(char out[DATE_MAIL], int64_t *seconds, const char *iso);

#endif
