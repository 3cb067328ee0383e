#ifndef MIME_H
#define MIME_H

#include "decode.h"
#include "message.h"

/*
 * The parts of a message as a flat array of offsets (RFC 2045, 2046).
 *
 * Split twice: by our own lenient, iterative splitter, and by libetpan.  Where
 * both find the same entities at the same offsets the tree is sound.  Where
 * they do not, somebody's reader will see another message than somebody
 * else's: then all that our splitter found is looked at, and the raw bytes as
 * well, and nothing is cut.
 */
enum part_kind { PART_LEAF, PART_MULTIPART, PART_MESSAGE };

#define NO_PART UINT32_MAX

struct part {
	enum part_kind kind;
	uint32_t parent; /* index, or NO_PART */
	uint32_t depth, children;
	uint32_t source;  /* index of the bytes its offsets are in */
	struct span head; /* header with its empty line */
	struct span body; /* without the line end before a delimiter */
	struct header header;
	const char *type;    /* "text/plain", lower case */
	const char *charset; /* as labelled, or NULL */
	const char *path;    /* "1.2"; a message's body is ".1" of it */
	enum cte cte;
	bool flowed, delsp; /* RFC 3676 */
	bool attachment;    /* Content-Disposition says so */
	bool sealed;        /* signed or encrypted, or inside of such */
	bool lost;          /* multipart without its boundary: text */
	uint32_t opened;    /* source made of its decoded body, or 0 */
};

/* Bytes that parts lie in: 0 is the message, others are decoded bodies of
   base64 or quoted-printable message/rfc822. */
struct mime_source {
	const char *p;
	uint32_t len;
	uint32_t part;        /* whose body it is; NO_PART for 0 */
	struct text *content; /* its map -> the source of that part; or NULL */
	unsigned depth;
	bool last_wins; /* the message again, the last of two fields of
				 a name read in place of the first */
};

struct tree {
	struct part *part;
	uint32_t n, size;
	struct mime_source *source;
	uint32_t nsource, source_size;
	bool odd;     /* libetpan and we do not agree, or the header is odd */
	bool refused; /* a guard kept libetpan away */
	bool twofold; /* two Content-Types or encodings in a header */
	bool limited; /* a cap was reached: the rest was not split */
};

void mime_parse(struct tree *, struct arena *, const char *p, uint32_t len);
/* The child of a multipart/alternative that a part lies in, and which multipart
   that is; NO_PART: it lies in none, or in one outside its message. */
uint32_t mime_alternative(
    const struct tree *, uint32_t part, uint32_t *multipart);

/* A parameter of a structured field value (RFC 2045 5.1, RFC 2231), quotes
   and escapes removed; NULL: not there.  Forgiving: empty parameters, missing
   quotes, comments. */
const char *mime_parameter(
    struct arena *, const char *value, uint32_t len, const char *name);

#endif
