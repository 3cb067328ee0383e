#ifndef FOLD_H
#define FOLD_H

#include "map.h"

/*
 * The text that rules see the second time: compatibility forms folded (full
 * width, mathematical letters, circled letters, ligatures), zero-width and
 * other invisible characters and combining marks dropped, look-alikes of other
 * scripts made Latin inside words that hold Latin letters or digits, too.
 * Case is kept.  Good text in any one script stays as it is, but for the above.
 * So does Chinese punctuation (U+3000 and full-width , ! ? ; : ( ) ~) unless a
 * full-width letter, digit or one of . / @ stands right beside it.
 */

/* Folds valid UTF-8 p[0..n) to `out` (map -> p).  False, and out untouched,
   where folding changes nothing: the usual case, and fast. */
bool fold_text(struct text *out, const char *p, uint32_t n);

/* Full case folding for the literal search, no map: valid UTF-8 in; writes to
   out, which has room for FOLD_CASE_ROOM(n); returns the length.  Character by
   character, so what is equal under PCRE2's CASELESS is equal here, and a part
   of a text folds to a part of the folded text. */
#define FOLD_CASE_ROOM(n) ((size_t)(n)*3 + 16)
uint32_t fold_case(char *out, const char *p, uint32_t n);

/* Where folded characters have another number of bytes than they had: from
   `at` on in the folded text, at - by is the place in the text.  Few have. */
struct fold_shift {
	uint32_t at;
	int32_t by;
};
struct fold_shifts {
	struct fold_shift *v; /* the caller's */
	uint32_t n, room;     /* n > room: some are left out */
};
/* fold_case, and the shifts, if shifts is not NULL. */
uint32_t fold_case_shifts(
    char *out, const char *p, uint32_t n, struct fold_shifts *shifts);

#endif
