#ifndef DECODE_H
#define DECODE_H

#include "map.h"

/*
 * Transfer encodings, RFC 2047 words and charsets, each with its offset map.
 * Ours, because libetpan's and iconv's decoders give no positions.  Hostile
 * input is no error: the best reading is given, and bits say what was odd.
 */

enum cte { CTE_IDENTITY, CTE_QP, CTE_BASE64 };

/* What was odd. */
#define DECODE_SLOPPY \
	0x01 /* transfer encoding not canonical: never re-encode */
#define DECODE_INVALID 0x02  /* bytes that are no text in that charset */
#define DECODE_GUESSED 0x04  /* the label was missing or lied */
#define DECODE_MISSING 0x08  /* that converter was not opened (charsets_open) */
#define DECODE_STATEFUL 0x10 /* ISO-2022-*, HZ, UTF-7: shifts between bytes */

/* Of a Content-Transfer-Encoding value (RFC 2045 6.1; quotes and trailing
   comments forgiven); unknown ones are CTE_IDENTITY. */
enum cte decode_cte(const char *name, uint32_t len);

/* Body bytes -> content bytes.  Sources in the map start at `base`. */
unsigned decode_transfer(
    struct text *out, enum cte, const char *p, uint32_t n, uint32_t base);

/*
 * Converters.  iconv_open reads files, which the sandboxed child may not, so
 * the parent opens those whose labels stand behind `charset=` or `=?` anywhere
 * in the raw bytes (a search, no parsing; at most 16 of them), and GB18030
 * where the bytes are not UTF-8.  UTF-8, UTF-7, UTF-16, UTF-32, us-ascii,
 * iso-8859-1 and windows-1252 need none.
 */
struct charsets;
/* extra: one more name or NULL.  NULL only without memory (malloc). */
struct charsets *charsets_open(const char *p, size_t n, const char *extra);
/* The common ones, for a child that sees many messages. */
struct charsets *charsets_open_usual(void);
void charsets_close(struct charsets *);

/* Our name for a label ("GB2312", "x-gbk" -> "GB18030"), case and quotes
   forgiven; NULL: not known.  Static. */
const char *decode_charset_name(const char *label, uint32_t len);

/*
 * Content bytes -> valid UTF-8.  Sources start at `base`.  Bytes that are no
 * text become U+FFFD, a unit each.  The label is checked against the bytes:
 * - none, an unknown one, us-ascii and utf-8 say little, so the bytes are
 *   guessed at.  In this order: UTF-8, if they are valid or hold more valid
 *   characters of three or four bytes than bad bytes; GB18030, if they are
 *   valid in it and mostly Han; UTF-8, if labelled so and any character of two
 *   bytes or more is valid; windows-1252.
 * - a single-byte one gives way to UTF-8 where the bytes are valid UTF-8 that
 *   is not all ASCII.
 * - any other does so where that UTF-8 has three characters of three or four
 *   bytes, or where the bytes are no text in the labelled charset.
 * - where the converter is missing, the bytes are guessed at as without label.
 * Bytes that are all ASCII stay as they are, unless the label is of ISO-2022,
 * HZ, UTF-7, UTF-16 or UTF-32.  *missing (may be NULL) gets the name with
 * DECODE_MISSING.
 */
unsigned decode_charset(struct text *out, const struct charsets *,
    const char *label, uint32_t label_len, const char *p, uint32_t n,
    uint32_t base, const char **missing);

/*
 * A header field's value (RFC 2047).  Two steps, as for a body:
 *   raw value -> content (the bytes of all words in a row) -> UTF-8
 * so that characters split over two encoded words are joined and a cut can be
 * put back into the word it belongs to.  Folding line ends give nothing; the
 * blanks between two encoded words give nothing; other blanks stay.
 */
struct word {
	struct span raw;     /* the whole word; or literal text between words */
	struct span content; /* its bytes in header.content */
	struct span charset; /* raw; without RFC 2231 language */
	struct span payload; /* raw; what stands between the last two ? */
	char encoding;       /* 'B', 'Q', or 0 for literal text */
};

struct header_text {
	struct text content; /* map -> raw */
	struct text utf8;    /* map -> content */
	struct word *word;
	uint32_t nword, size;
	unsigned odd;
	const char *missing;
};

/* p[0..n) is the raw value, at `base`. */
void decode_header(struct header_text *out, struct arena *,
    const struct charsets *, const char *p, uint32_t n, uint32_t base);

/* Helpers that others need too. */
bool decode_utf8_valid(const char *p, size_t n);
/* Length 1..4 of the valid UTF-8 character at p (n > 0 bytes left) and its
   code point; 0 where the bytes are none. */
unsigned decode_utf8(const char *p, size_t n, uint32_t *cp);
/* Value of a hexadecimal digit; 16 or more: none. */
unsigned decode_hex(char c);
/* Of a base64 digit: 64 + its value; 0: none. */
unsigned decode_b64(char c);
/* Writes 1..4 bytes. */
unsigned decode_put_utf8(char out[4], uint32_t cp);

#endif
