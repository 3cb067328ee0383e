#ifndef CUTS_H
#define CUTS_H

#include "plan.h"

/*
 * The property run: random messages whose text is known, random cuts of it,
 * and an oracle that reads the result without the decoders of src/.
 *
 * A message is made from a row of choices (cuts_draw.c), so that a row with
 * choices left out is a smaller message of the same sort: that is how a
 * failure shrinks.  0 is always the plainest choice.
 */

/* ---- cuts_draw.c ---- */

struct draws {
	uint64_t state;
	uint32_t *v, n, size; /* malloc; n: choices known */
	uint32_t at;
	bool replay; /* behind the known ones: 0 */
};

void draws_seed(struct draws *, uint64_t seed, uint64_t k);
void draws_free(struct draws *);
/* 0..n-1 */
uint32_t draw(struct draws *, uint32_t n);
bool chance(struct draws *, uint32_t percent);

/* ---- cuts_charset.c: iconv over whole buffers ---- */

enum script {
	SCRIPT_ASCII,
	SCRIPT_LATIN,
	SCRIPT_CENTRAL,
	SCRIPT_CYRILLIC,
	SCRIPT_GREEK,
	SCRIPT_HEBREW,
	SCRIPT_ARABIC,
	SCRIPT_TURKISH,
	SCRIPT_BALTIC,
	SCRIPT_VIETNAMESE,
	SCRIPT_HAN,
	SCRIPT_HAN_OLD,
	SCRIPT_KANA,
	SCRIPT_HANGUL,
	SCRIPT_EMOJI,
	NSCRIPT
};

struct charset {
	const char *label, *name; /* in the mail; for iconv */
	bool wide;                /* not a superset of ASCII in bytes */
	bool stateful;
	bool composed;    /* letters of two bytes: read byte by byte */
	bool hz;          /* RFC 1843: ours, glibc has none */
	uint32_t scripts; /* bits of those it can write */
	void *to, *from;  /* iconv_t */
};

extern struct charset charsets_known[];
extern const uint32_t ncharsets;
#define NRAW 4
extern struct charset charsets_raw[NRAW]; /* of unencoded Subjects */

void charset_init(void);
void charset_done(void);
/* By label, case ignored; NULL: none of ours. */
const struct charset *charset_find(const char *label, uint32_t len);
/* Appends; -1: it cannot be done. */
int charset_encode(
    const struct charset *, struct buf *out, const char *p, size_t n);
int charset_decode(
    const struct charset *, struct buf *out, const char *p, size_t n);
/* A random word of a script that the charset has. */
const char *charset_word(struct draws *, const struct charset *);
bool charset_spaced(const char *word); /* is it followed by a blank? */

/* ---- cuts_transfer.c ---- */

enum way { WAY_IDENTITY, WAY_QP, WAY_BASE64 };

/* As nobody writes it, but anybody may.  binary: no line ends in it. */
void put_qp(struct draws *, struct buf *out, const char *p, size_t n,
    const char *eol, bool binary);
/* width 0: one line */
void put_base64(
    struct buf *out, const char *p, size_t n, uint32_t width, const char *eol);
void get_qp(struct buf *out, const char *p, size_t n);
/* -1: not canonical */
int get_base64(struct buf *out, const char *p, size_t n);

/* ---- cuts_gen.c ---- */

struct known_text {     /* what a reader shall see */
	struct span at; /* encoded, in its source */
	const char *p;  /* UTF-8; of HTML the markup */
	uint32_t len;
	const struct charset *raw; /* of a Subject: its unencoded bytes */
	bool utf7;                 /* of a Subject: words in it */
	struct spans cut;          /* of the shown text */
	const struct text *shown;
};

struct known_part {
	enum part_kind kind;
	enum way way;
	bool text, html, sealed, has_subject;
	bool bare; /* no header */
	uint32_t parent, source, depth, children;
	struct span body;
	const char *type, *path;
	const struct charset *charset; /* of a text */
	struct known_text body_text, subject;
	uint32_t opened;     /* source inside, or 0 */
	uint32_t width;      /* of base64; 0: one line */
	struct span lengths; /* fields that tell its length, in its source */
	uint32_t length[3];  /* their values; 0: none */
};

/* Of a part without a header libetpan takes what stands first for the header,
   if it looks like one: then the tree is not sound, and judge() does not cut.
   So such a part starts with this, which stays. */
#define BARE_START "Hello,"

struct known_source {
	struct buf bytes;
	uint32_t part;
};

struct known { /* a message of which all is known */
	struct arena *a;
	struct known_part *part;
	uint32_t npart, part_size;
	struct known_source *source; /* 0: the message */
	uint32_t nsource, source_size;
};

struct gen {
	struct draws *d;
	struct arena *a;
	struct known *m;
	const struct charset *palette[4];
	uint32_t bounds;
	unsigned eol; /* 0: LF, 1: CRLF, 2: both */
};

void known_make(struct known *, struct arena *, struct draws *);
void known_free(struct known *);
const char *gen_eol(struct gen *);
const struct charset *gen_charset(struct gen *);

/* ---- cuts_text.c ---- */

/* UTF-8 of what goes into a body. */
void gen_plain(
    struct gen *, struct buf *out, const struct charset *, bool flowed);
void gen_html(struct gen *, struct buf *out, const struct charset *);

/* ---- cuts_subject.c ---- */

/* The value, from behind the colon to before the last line end; sets what is
   known but the place. */
void gen_subject(struct gen *, struct buf *value, struct known_text *);
/* RFC 2047 to the letter: a word stands between blanks. */
int get_subject(
    struct buf *out, const char *p, size_t n, const struct charset *raw);

/* ---- cuts_length.c ---- */

/* Into a header; with their values where the body is known. */
void gen_lengths(struct gen *, uint32_t part);
void gen_lengths_end(struct gen *, uint32_t part);
bool is_length(const char *p, const struct field *);

/* ---- cuts_check.c, cuts_html.c ---- */

struct failure {
	const char *what; /* NULL: none */
	char more[600];
};

bool fail(struct failure *, const char *what, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Is `got` the text without the spans?  White space beside a cut may come or
   go. */
bool check_loose(struct failure *, const char *what, const char *p, uint32_t n,
    const struct spans *cut, const char *got, uint32_t len);
bool check_html(struct failure *, struct arena *, const struct known_text *,
    const char *got, uint32_t len);
/* The message before the cut is what the generator meant. */
bool check_read(struct failure *, const struct known *, const struct tree *,
    const struct view *);
/* After a cut, what tells a body's length is right, or gone. */
bool check_lengths(struct failure *, const struct known *, const struct tree *,
    const struct tree *now);
bool check_cut(struct failure *, const struct known *, const struct tree *,
    const struct buf *out);
struct known_part *known_by_path(const struct known *, const char *path);

#endif
