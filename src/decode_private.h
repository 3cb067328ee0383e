#ifndef DECODE_PRIVATE_H
#define DECODE_PRIVATE_H

#include <iconv.h>
#include <string.h>

#include "decode.h"

/*
 * What the files of this room share; no other room includes it.  decode.h is
 * its door, decode_names.c knows names and converters, decode_charset.c turns
 * bytes into UTF-8, decode.c does UTF-8, transfer encodings and RFC 2047.
 */

#define LENGTH(v) (sizeof(v) / sizeof *(v))
#define REPLACEMENT 0xfffdu
#define NO_CONVERTER ((iconv_t)-1)

enum kind { ASCII, UTF8, LATIN, SINGLE, MULTI, GB, ISO2022, HZ, UTF7, WIDE };

/* How a charset's bytes are to be read.  Characters are one byte below `lead`
   and two from there on, but `width` from odd to odd_to.  ISO2022: width is
   what follows ESC N.  WIDE: the unit, and odd for little endian. */
struct codec {
	const char *name;
	enum kind kind;
	unsigned char lead, odd, odd_to, width;
};

/* What speaks for UTF-8, and against it. */
struct tally {
	size_t wide; /* characters of two bytes or more */
	size_t sure; /* of three or more: hardly ever seen by accident */
	size_t bad;
};

/* ---- decode_names.c ---- */

/* Those that are no plain single-byte ones of iconv; some by their places. */
extern const struct codec charset_codecs[];
#define ASCII_CODEC (&charset_codecs[0])
#define UTF8_CODEC (&charset_codecs[1])
#define LATIN_CODEC (&charset_codecs[2])
#define GB_CODEC (&charset_codecs[4])

/* By one of our names. */
const struct codec *charset_codec(const char *name);

/* What iconv has to know to decode it; NULL: nothing. */
const char *charset_needs(const char *name);

/* Opened before, or NO_CONVERTER. */
iconv_t charset_converter(const struct charsets *, const char *name);

/* Of the label that leads. */
uint32_t charset_label_len(const char *p, size_t n);

/* ---- decode.c ---- */

/* How many bytes are valid from the start; counts wide and sure. */
size_t decode_valid_prefix(const char *p, size_t n, struct tally *);

/* ---- both ---- */

/* How many bytes below 0x80 lead. */
static inline size_t
ascii_run(const char *p, size_t n)
{
	size_t i = 0;
	uint64_t w;

	for (; n - i >= sizeof w; i += sizeof w) {
		memcpy(&w, p + i, sizeof w);
		if ((w & 0x8080808080808080u) != 0)
			break;
	}
	while (i < n && (unsigned char)p[i] < 0x80)
		i++;
	return i;
}

static inline bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline bool
is_eol(char c)
{
	return c == '\n' || c == '\r';
}

#endif
