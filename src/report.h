#ifndef REPORT_H
#define REPORT_H

#include "conf.h"
#include "edit.h"

/*
 * What was found in a message and what is to be done: made by judge(), sent
 * over the wire, shown as text, JSON or a header field.  Rules are named by
 * their index, so that a child cannot put words into our mouth; the texts are
 * strangers' and are shown through report_shown only.
 */

enum verdict { VERDICT_CLEAN, VERDICT_PROMO, VERDICT_PHISH, VERDICT_ERROR };

/* Warnings about the message: bits, named in report.c. */
#define WARN_MIME_ODD 0x0001     /* libetpan and our splitter disagree */
#define WARN_MIME_REFUSED 0x0002 /* a guard kept libetpan away */
#define WARN_MIME_LIMIT 0x0004   /* too many parts, fields or levels */
#define WARN_DECODE 0x0008       /* a body that is not quite what it says */
#define WARN_CHARSET 0x0010      /* no such converter */
#define WARN_MBOX 0x0020         /* a whole mailbox: not judged */
#define WARN_TIME 0x0040         /* the clock ran out: some rules did not run */
#define WARN_TEXT 0x0080         /* more text than LIMIT_TEXT */
#define WARN_SIGNED 0x0100       /* signed or encrypted: never cut */
#define WARN_RULES 0x0200        /* rules are missing: mark at most */
#define WARN_SKIPPED 0x0400      /* a rule was too slow here */
#define WARN_LENGTH_MENDED 0x0800 /* a cut changed Content-Length, Lines … */
#define WARN_LENGTH_GONE 0x1000   /* … or took them: they were wrong before */
#define WARN_MD5_GONE 0x2000      /* a cut took Content-MD5 */
#define WARN_LEFT 0x4000          /* entries were cut, but not the rest */

/* Why a cut that policy asked for was not made; names in report.c. */
enum refusal {
	REFUSAL_NONE,
	REFUSAL_TREE,
	REFUSAL_SIGNED,
	REFUSAL_ENCODING,
	REFUSAL_SHARE,
	REFUSAL_LEFT,
	REFUSAL_AGAIN,
	REFUSAL_CHANGED,
	REFUSAL_LIMIT,
	REFUSAL_GUARD,
	REFUSAL_DEGRADED,
	REFUSAL_NOTHING,
	REFUSAL_TIME,
	REFUSAL_DKIM,
	REFUSAL_TWIN,
	REFUSAL_WOVEN,
	REFUSAL_PHISH,
	REFUSAL_SPLIT,
	REFUSAL_OPEN,
	REFUSAL_MAX
};

enum rule_state {
	RULE_RAN,
	RULE_SLOW,   /* a limit was hit: it did not count */
	RULE_BROKEN, /* its pattern does not compile */
};

struct report_rule {
	uint32_t rule, hits;
	enum rule_state state;
};

struct report_cut {
	const char *part; /* "1.2", "1/subject" */
	struct span raw;
	uint32_t chars; /* characters of decoded text that go */
};

/* An entry of a digest, judged as a message of its own. */
struct report_entry {
	uint32_t number;
	const char *path;
	enum verdict verdict;
	enum action action; /* hold: it became one line */
	enum refusal refusal;
	double score;
	uint32_t category; /* as in a report */
};

/* One hit in words, for explain. */
struct report_hit {
	uint32_t rule;
	const char *part, *what; /* "1.2 text/html", "body" */
	const char *text;        /* UTF-8 round the match */
	uint32_t len;
	struct span match; /* in text */
	struct span raw;   /* in the message; empty where it has no place */
	bool folded;       /* found in the folded text only */
	bool guarded;      /* inside a guard: does not count */
	bool asked;        /* a rule says that it is to be cut … */
	bool refused;      /* … but it must not */
	enum unit unit;    /* how far that cut reaches */
	struct span grown; /* what the unit makes of it, in text */
	uint32_t grown_chars;
};

/* A decoded text with what goes, for diff. */
struct report_text {
	const char *part, *what;
	const char *text;
	uint32_t len;
	struct span *gone;
	uint32_t ngone;
};

/* A footnote: an address, and where in the text its number stands. */
struct report_mark {
	uint32_t at;
	const char *url;
	uint32_t len;
};

/* What is read of a message, once it is cut: lines, each with its kind. */
struct report_reading {
	const char *text; /* UTF-8; a line end behind each line */
	uint32_t len;
	const char *kind; /* READING_*, a byte a line */
	uint32_t nline;
	struct report_mark *mark; /* in order */
	uint32_t nmark;
	const char *to; /* the field, decoded */
	uint32_t to_len;
};

#define READING_FILL 'f' /* may be folded anew */
#define READING_KEPT 'k' /* code, a table */

struct report {
	enum verdict verdict;
	enum action action;
	enum refusal refusal;
	double score, required;
	uint32_t category; /* the rule whose category it is, or UINT32_MAX */
	uint32_t warn;
	uint32_t text_chars, gone_chars; /* of the visible text */
	uint32_t field_at;               /* where the added field belongs */
	bool may_hold; /* no short-lived mail that is wanted now */
	struct report_rule *rule;
	uint32_t nrule;
	struct report_cut *cut;
	uint32_t ncut;
	struct edit *edit; /* cuts, and the removal of X-Simsift fields */
	uint32_t nedit;
	/* Fields that say X-Simsift-Token, and where the body begins: whether
	   one of them holds only the parent can know. */
	struct span *token;
	uint32_t ntoken, body_at;
	const char *need; /* a converter to open for a second try, or NULL */
	struct report_entry *entry;
	uint32_t nentry;
	/* Decoded, LIMIT_HEADLINE bytes at most, with ... at its end where it
	   is longer; of clean mail only where asked for. */
	const char *from, *subject;
	uint32_t from_len, subject_len;
	const char *date; /* "2026-11-02T10:11:12+01:00", or NULL */
	/* Only where asked for. */
	struct report_hit *hit;
	uint32_t nhit;
	struct report_text *text;
	uint32_t ntext;
	const char *tree;
	struct report_reading *reading;
};

#define WANT_HITS 1u
#define WANT_TEXTS 2u
#define WANT_TREE 4u
#define WANT_HIDDEN 8u    /* rules that never score are named, too */
#define WANT_REASONS 16u  /* hits, where the message is not clean */
#define WANT_WHOLE 32u    /* texts: all of them; `gone` is what rules found */
#define WANT_HEADLINE 64u /* from, subject and date of clean mail, too */
#define WANT_READING 128u /* what is read of it, without what is cut */

const char *report_verdict_name(enum verdict);
const char *report_refusal_name(enum refusal);
/* Name of the next set bit of *warn, which is cleared; NULL: none left. */
const char *report_warn_name(uint32_t *warn);
/* As it is shown with one decimal: never -0.0. */
double report_score(double);
/* The category's name, or NULL. */
const char *report_category(const struct report *, const struct rules *);

/* Strangers' text for a terminal or a log: control, bidi and invalid bytes as
   escapes, secrets (LPA codes, one-time codes, PINs) masked. */
void report_shown(struct buf *out, const char *p, size_t n);
/* A part of the text, with the rest of it known: a code may only be known by
   the words before it. */
void report_shown_part(struct buf *out, const char *p, size_t n, struct span);
/* The same of a text whose secrets are masked already (mask.h): for one that is
   shown in many pieces. */
void report_escaped_part(struct buf *out, const char *p, struct span);
void report_json_part(struct buf *out, const char *p, size_t n, struct span);
/* The same inside a JSON string, quotes not included. */
void report_json_string(struct buf *out, const char *p, size_t n);
/* A file's name as a JSON string: ours, so nothing in it is masked. */
void report_json_path(struct buf *out, const char *s);
/* A JSON string with its quotes, from a C string; NULL gives null. */
void report_json_word(struct buf *out, const char *s);

/* Parts of a digest that are over the threshold and stay as they were though
   others were cut. */
uint32_t report_left(const struct report *);

/* The X-Simsift field, folded, with its last line end. */
void report_field(struct buf *out, const struct report *, const struct rules *,
    const char *eol, const char *id);
/* verdict=…; action=… on one line, without the field's name or a line end. */
void report_status(struct buf *out, const struct report *, const struct rules *,
    const char *id);
/* ,"verdict":… up to "cuts":[…]; the caller opens and closes the object. */
void report_json(struct buf *out, const struct report *, const struct rules *);

#endif
