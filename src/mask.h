#ifndef MASK_H
#define MASK_H

#include "buf.h"
#include "map.h"

/*
 * What must not be read in a log, a list or a report: activation codes of
 * eSIMs, one-time codes, PINs and PUKs; and, in what is mailed, the handles a
 * shop wants to have spread.  Pure; works on UTF-8, whatever is wrong with it.
 */

#define MASK_AROUND 512 /* bytes in which a code's words may stand */

/* Each character of a secret in p[0..n) becomes an asterisk.  original: the
   same bytes (it may be p's own copy, never p itself). */
void mask_secrets(char *p, const char *original, size_t n);

/* Appends p[s.from..s.to) with each handle in it shortened: @eshop88 becomes
   @e…88, and links dead: https://t.me/eshop88 becomes hxxps://t[.]me/e…88.  A
   handle of which a part stands in s is known by the text before it.
   Addresses of mail stay. */
void mask_handles(struct buf *out, const char *p, size_t n, struct span);

#endif
