#ifndef RULES_PRIVATE_H
#define RULES_PRIVATE_H

#include <sys/types.h>

#include "limits.h"
#include "rules.h"

/*
 * What the files of this room share; no other room includes it.  rules.c is
 * its door, rules_parse.c reads lines, rules_words.c words, rules_define.c and
 * rules_about.c are what the directives do, rules_meta.c and rules_tags.c do
 * expressions and replace_tag.
 */

#define NO_RULE UINT32_MAX

struct slice {
	const char *p;
	uint32_t n;
};

/* A place in a file, with its line, so that complaints made long after the
   line was read (rules_finish) can show it too. */
struct place {
	const char *file;
	const char *source; /* the line as it stands there; NULL: none */
	uint32_t source_len, line, column;
};

/* Names in the order in which they came, found by hash. */
struct names {
	struct slice *key; /* NUL-terminated */
	uint32_t n, size;
	struct name_slot {
		uint32_t hash, id; /* id + 1; 0: free */
	} * slot;
	uint32_t nslot; /* a power of two */
};

/* What the parser must know of a rule besides the rule. */
struct note {
	struct place defined;
	struct place mention; /* the first, while it was not defined … */
	const char *word;     /* … and the directive that did; NULL: none */
	bool replace;         /* named by replace_rules */
	bool told;            /* that it is missing was said when refused */
	uint32_t guard;       /* 1 + index of its guard; 0: none */
	uint16_t cut_units;   /* rules_cuts: those already seen */
};

/* replace_tag, _pre, _inter, _post. */
enum tag_kind { TAG = 1, TAG_PRE, TAG_INTER, TAG_POST };

struct tags {
	struct names names; /* with the kind as their first byte */
	struct slice *text; /* by id */
	uint32_t size;
	struct slice start, end;
	char *work[2]; /* LIMIT_RULE_LINE each */
};

/* A file or text that is being read. */
struct source {
	struct source *parent; /* the one that includes it */
	const char *file;
	bool has_dir; /* a real file: includes are relative to it */
	dev_t dev;
	ino_t ino;
	uint32_t depth; /* of includes */
	bool utf8;      /* all of it: asked once, not for each pattern */
	bool skip;      /* a condition above is false */
	bool ours;      /* inside ifplugin Simsift */
	struct condition {
		struct place at;
		bool skip, ours; /* as they were outside */
		bool else_ours, seen_else;
	} condition[LIMIT_IF_DEPTH];
	uint32_t nconditions;
	uint32_t excess; /* conditions deeper than that */
	bool excess_skip;
};

struct meta_pending {
	const char *at;
	uint8_t kind, strength; /* strength 0: a parenthesis */
};

struct rules_private {
	struct names names; /* of rules: the id is the index */
	struct note *note;
	uint32_t note_size;
	struct names directives;
	struct names actions; /* prefixes: the id is the index */
	struct tags tags;
	struct source *source; /* the innermost */
	struct meta_op *op;    /* the expression that is being read */
	uint32_t op_size;
	struct meta_pending *pending;
	uint32_t pending_size;
	bool complaints_cut;
};

/* A line that is being read. */
struct line {
	struct rules *rules;
	struct source *source;
	struct place at;  /* column unused */
	const char *raw;  /* where `text` starts in at.source */
	const char *text; /* without blanks round it, comment and \# */
	const char *p, *end;
	bool unescaped; /* text is a copy: it had \# */
	bool again;     /* a directive follows: lang en … */
	const char *at_key;
	uint32_t nkey;
	char key[LIMIT_RULE_NAME + 1]; /* small letters, _ for -; no NUL */
};

struct directive {
	const char *name;
	void (*run)(struct line *, const struct directive *); /* NULL: skip */
	unsigned flags;
	int arg;
};

enum weight {
	WARNING,
	ERROR,      /* the line was not taken: the set is degraded */
	ERROR_TAKEN /* wrong, but nothing is missing */
};

/* rules.c */
uint32_t rules_name(
    struct names *, struct arena *, struct slice name, bool add);
uint32_t rules_intern(struct rules *, struct slice name);
void rules_say(struct rules *, const struct place *, enum weight,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Whether such a complaint would still be kept: else spare the work. */
bool rules_room(const struct rules *, enum weight);
bool rules_same(struct slice, const char *);

/* rules_parse.c */
void rules_parse_init(struct rules *);
void rules_parse(struct rules *, struct source *, const char *p, size_t n);
/* A directive of ours outside our block. */
void rules_outside(const struct line *, const char *at, const char *what);

/* rules_words.c */
struct place rules_place(const struct line *, const char *at);
uint32_t rules_column(const struct line *, const char *at);
void rules_tell(const struct line *, const char *at, enum weight,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* What others can do and we do not: said, counted, no error. */
void rules_refuse(const struct line *, const char *at, const char *why);
int rules_shown(struct slice); /* for %.*s */
/* The rule is used here: said at the end if it was never defined. */
void rules_mention(
    const struct line *, const char *at, uint32_t rule, const char *word);

/* The next word of the line; an empty one at its end. */
struct slice rules_word(struct line *);
struct slice rules_rest(struct line *);
/* The rule that the next word names; NO_RULE: complained of. */
uint32_t rules_rule(struct line *);
/* The same, for lines about a rule that is defined elsewhere. */
uint32_t rules_mentioned(struct line *, const struct directive *);
/* True, and complained of, at the end of the line. */
bool rules_missing(struct line *, const char *what);
/* False, and complained of, elsewhere. */
bool rules_standalone(struct line *, const struct directive *);
const char *rules_dup(const struct line *, struct slice);
bool rules_begins(struct slice, const char *with);
int rules_one_of(struct slice, const char *const *list);
bool rules_valid_name(struct slice);
/* Edits (a byte more, less, other; two swapped) from a to b; both at most
   LIMIT_RULE_NAME long.  RULES_FAR: more than two. */
#define RULES_FAR 3u
unsigned rules_distance(struct slice a, struct slice b);
/* 12, 1.5 at *p; false: no number there. */
bool rules_number(const char **p, const char *end, double *out);

static inline bool
rules_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool
rules_wordchar(char c)
{
	return (c >= '0' && c <= '9') || c == '_' ||
	       ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static inline void
rules_skip(struct line *l)
{
	while (l->p < l->end && rules_blank(*l->p))
		l->p++;
}

/* rules_define.c */
enum { REFUSE_PLUGIN, REFUSE_NETWORK, REFUSE_TEST };
bool rules_utf8(const struct line *, struct slice, const char *what);
struct meta_op *rules_keep(
    const struct line *, const struct meta_op *, uint32_t n);
void rules_do_text_rule(struct line *, const struct directive *);
void rules_do_header(struct line *, const struct directive *);
void rules_do_meta(struct line *, const struct directive *);
void rules_do_near(struct line *, const struct directive *);
void rules_do_refuse(struct line *, const struct directive *);

/* rules_about.c */
void rules_do_score(struct line *, const struct directive *);
void rules_do_describe(struct line *, const struct directive *);
void rules_do_tflags(struct line *, const struct directive *);
void rules_do_test(struct line *, const struct directive *);
void rules_do_replace_rules(struct line *, const struct directive *);
void rules_do_replace_tag(struct line *, const struct directive *);
void rules_do_replace_mark(struct line *, const struct directive *);
void rules_do_category(struct line *, const struct directive *);
void rules_do_cut(struct line *, const struct directive *);
void rules_do_guard(struct line *, const struct directive *);
void rules_do_action(struct line *, const struct directive *);
void rules_cuts(struct rules *); /* drops those that later lines replaced */

/* rules_meta.c */
/* The rest of the line as an expression; *op is good until the next call.
   Complains and gives false where it is none. */
bool rules_expression(
    struct line *, const char *word, const struct meta_op **op, uint32_t *n);
/* The rest of the line as a condition: its value where plugin(Simsift) is
   true, and where it is not (SpamAssassin's view). */
bool rules_condition(struct line *, bool *here, bool *there);
bool rules_plugin(struct slice name); /* one of SpamAssassin's that we are */
void rules_order(struct rules *);

/* rules_start.c */
void rules_starts(struct rules *, uint32_t rule);

/* rules_tags.c */
void rules_tag_set(
    struct rules *, enum tag_kind, struct slice name, struct slice text);
void rules_tags_apply(struct rules *, uint32_t rule);

#endif
