#ifndef VIEW_H
#define VIEW_H

#include "html.h"
#include "mime.h"

/*
 * The texts a rule type can name.  A doc is a text that may be cut: the body
 * of a text part, or a Subject.  Its layers, each with its map to the one
 * below:
 *
 *	shown   what a reader sees (HTML rendered; else the same as utf8)
 *	utf8    the characters
 *	content the bytes without transfer encoding, in the part's charset
 *	source  the bytes of the message (or of an opened one)
 *
 * A unit is a stretch of a layer that a rule runs on (SpamAssassin's units).
 */
#define NO_DOC UINT32_MAX
#define NO_LINK UINT32_MAX

struct doc {
	uint32_t part;
	bool subject;
	bool raw;            /* all of an odd message's body: never cut */
	const char *what;    /* "text/plain", "text/html", "subject", "raw" */
	const char *path;    /* "1.2", "1/subject" */
	struct text content; /* map -> source */
	struct text utf8;    /* map -> content */
	struct html *html;   /* map -> utf8; or NULL */
	struct header_text *field; /* of a subject */
	struct text body;          /* paragraphs; map -> shown */
	struct text dark;          /* paragraphs of hidden text; -> hidden */
	unsigned odd;              /* DECODE_* */
};

enum unit_kind { IN_BODY, IN_RAWBODY, IN_URI };
enum layer { LAYER_SHOWN, LAYER_HIDDEN, LAYER_UTF8 };

struct unit_text {
	enum unit_kind kind;
	enum layer layer;
	uint32_t doc;
	const char *p; /* valid UTF-8 */
	uint32_t len;
	const struct map *map; /* of p - base to the layer; NULL: base is … */
	uint32_t base;         /* … the offset of p[0] in the layer */
	uint32_t link;         /* of the doc's HTML, or NO_LINK */
	struct span at;        /* of a link: where it stands in the layer */
};

struct view {
	struct arena *a;
	const struct tree *tree;
	const struct charsets *charsets;
	struct doc *doc;
	uint32_t ndoc, doc_size;
	struct unit_text *unit;
	uint32_t nunit, unit_size;
	uint32_t nlink;      /* of the units, links; against LIMIT_LINKS */
	uint32_t text;       /* bytes of content so far, against LIMIT_TEXT */
	const char *missing; /* a converter that was not open */
	bool limited;
};

void view_make(struct view *, struct arena *, const struct tree *,
    const struct charsets *);
/* What is shown, as text. */
const struct text *view_shown(const struct doc *);
/* Does a reader join lines of it (format=flowed, RFC 3676)? */
bool view_flowed(const struct view *, const struct doc *);
/* A span of a unit's text: the layer span it came from. */
struct span view_layer_span(const struct unit_text *, struct span);
/* The same in the doc's UTF-8 (covering). */
struct span view_utf8_span(const struct doc *, enum layer, struct span);
/* Shown text that came from a UTF-8 span. */
struct span view_shown_span(const struct doc *, struct span utf8);
/* A span of content in bytes of the message itself; empty at its place where
   it lies in an opened message and has no exact place. */
struct span view_raw_span(
    const struct view *, const struct doc *, struct span content);

/* Text of header field `name` (lower case, or ALL, ToCc, MESSAGEID) of a part
   for header and mimeheader rules; several fields are joined by line ends.
   raw: as it stands.  NULL and *len 0 where there is none. */
const char *view_header(
    struct view *, uint32_t part, const char *name, bool raw, uint32_t *len);
/* The whole message as text, for full rules. */
const char *view_full(struct view *, uint32_t *len);

#endif
