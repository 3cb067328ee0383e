#ifndef RULES_H
#define RULES_H

#include "arena.h"
#include "literal.h"
#include "log.h"
#include "pack.h"
#include "re.h"

/*
 * The rule language: SpamAssassin's .cf lines, and ours inside
 * `ifplugin Simsift … endif`.  A rule set is built from files and lines in
 * order; later lines override earlier ones.  Nothing is thrown away silently:
 * each complaint has file, line, column and a reason.
 */

enum rule_type {
	RULE_NONE, /* named by score, describe … but never defined */
	RULE_HEADER,
	RULE_BODY,
	RULE_RAWBODY,
	RULE_URI,
	RULE_FULL,
	RULE_MIMEHEADER,
	RULE_NEAR, /* hits of one rule that stand near hits of others */
	RULE_META
};

#define RULE_NEGATE 0x001    /* header NAME !~ */
#define RULE_EXISTS 0x002    /* header NAME exists:Field */
#define RULE_NOFOLD 0x004    /* tflags nofold */
#define RULE_MULTIPLE 0x008  /* tflags multiple */
#define RULE_NOSUBJECT 0x010 /* tflags nosubject */
#define RULE_NICE 0x020
#define RULE_HIDDEN 0x040  /* name starts with __: never scores */
#define RULE_HDR_RAW 0x080 /* Field:raw, :addr, :name */
#define RULE_HDR_ADDR 0x100
#define RULE_HDR_NAME 0x200
#define RULE_FIRST 0x400       /* tflags first: where it hits late rules run */
#define RULE_LATE 0x800        /* tflags late */
#define RULE_EVERYWHERE 0x1000 /* its writer knows: it has no literal */

/* One step of a meta expression in reverse Polish notation. */
struct meta_op {
	enum meta_kind {
		META_NUMBER,
		META_RULE,
		META_NOT,
		META_NEG,
		META_AND,
		META_OR,
		META_EQ,
		META_NE,
		META_LT,
		META_LE,
		META_GT,
		META_GE,
		META_ADD,
		META_SUB,
		META_MUL,
		META_DIV
	} kind;
	double number;
	uint32_t rule;
};

struct rule {
	const char *name;
	const char *describe; /* or NULL */
	const char *category; /* or NULL */
	const char *file;     /* where its definition stands */
	uint32_t line;
	enum rule_type type;
	unsigned flags;
	uint32_t maxhits; /* 0: no limit of its own */
	double score;     /* 1.0 where no score line; 0 disables it */
	bool scored;
	const char *header;   /* lower case; "ALL", "ToCc", … as written */
	const char *if_unset; /* or NULL */
	const char *pattern;  /* after replace_tags; not NUL-terminated */
	uint32_t pattern_len;
	uint32_t pattern_col; /* column of its first byte, from 1 */
	unsigned re_flags;
	struct literals literals;
	struct meta_op *meta;
	uint32_t nmeta;
	bool idle; /* of a meta: it is true where nothing at all has hit */
	/* Of a near rule, groups taken apart by rules_finish: hits of `near`
	   that stand beside one of `beside`, so many characters between. */
	uint32_t *near, nnear, *beside, nbeside, distance;
	/* Of a rule without literals, if it tells: where one may start. */
	struct re_starts *starts;
	struct re *re; /* compiled by match.c when first needed */
	/* Of each way of `literals`, if there are several; the same. */
	struct re **way;
	uint32_t first_way; /* number of the first, among those of all */
	bool unguarded;     /* counts in guarded places too */
	bool broken;        /* does not compile, or refused: never runs */
};

enum unit {
	UNIT_MATCH,
	UNIT_CLAUSE,
	UNIT_ASIDE,
	UNIT_SENTENCE,
	UNIT_LINE,
	UNIT_PARAGRAPH,
	UNIT_ITEM,
	UNIT_SECTION,
	UNIT_ENTRY,
	UNIT_PART,
	UNIT_ELEMENT
};

enum action { ACTION_PASS, ACTION_MARK, ACTION_CUT, ACTION_HOLD };

struct rule_cut {
	uint32_t rule;
	enum unit unit;
	bool has_when;
	struct meta_op *when; /* meta expression */
	uint32_t nwhen;
	const char *file;
	uint32_t line;
};

struct rule_guard {
	uint32_t rule;
	enum unit unit;
	const char *file;
	uint32_t line;
};

struct rule_action {
	const char *prefix; /* of a category: "promo" covers promo.telegram */
	enum action action;
};

struct rule_test {
	enum rule_test_kind { TEST_OK, TEST_FAIL, TEST_CUT } kind;
	uint32_t rule;
	const char *text, *after; /* after: TEST_CUT only */
	uint32_t text_len, after_len;
	const char *file;
	uint32_t line;
};

struct complaint {
	const char *file;
	uint32_t line, column; /* from 1; 0: the whole file */
	bool warning;          /* else an error: the line was not taken */
	const char *text;      /* the reason */
	const char *source;    /* that line, or NULL */
};

/* A file or folder that was read, and as what: it is the same as long as all
   of this is. */
struct rules_stamp {
	const char *path;
	uint64_t dev, ino, size;
	int64_t mtime, mtime_ns, ctime, ctime_ns;
	bool missing; /* a folder that may be, and was not there */
};

struct rules {
	struct arena *arena; /* holds all; not freed by rules_free */
	struct rule *rule;
	uint32_t n, size;
	struct rule_cut *cut;
	uint32_t ncut, cut_size;
	struct rule_guard *guard;
	uint32_t nguard, guard_size;
	struct rule_action *action;
	uint32_t naction, action_size;
	struct rule_test *test;
	uint32_t ntest, test_size;
	struct complaint *complaint;
	uint32_t ncomplaint, complaint_size;
	uint32_t refused;     /* eval:, network and Bayes tests, loadplugin */
	bool degraded;        /* something was left out: mark at most */
	uint32_t *meta_order; /* metas, each after what it needs */
	uint32_t nmeta_order;
	struct prefilter *prefilter; /* ids are rule indexes */
	uint32_t nway;               /* of all rules */
	struct prefilter *late;      /* of late rules; NULL until rules_late */
	struct rules_stamp *stamp;   /* what was read, in order */
	uint32_t nstamp, stamp_size;
	bool unsure; /* something could not be read: it may be there later */
	/* For tests: matches are looked for in all of a text, not only where
	   the literals say that they may start. */
	bool whole_units;
	/* A line inside ifplugin Simsift that is no directive of the language
	   is offered here: 1 taken, 0 unknown name, -1 bad value with `why`. */
	int (*setting)(
	    void *ctx, const char *name, const char *value, struct err *why);
	void *setting_ctx;
	struct rules_private *private; /* the parser's own: tags, name table */
};

void rules_init(struct rules *, struct arena *);
/* Adds a file (the whole of it, LIMIT_RULE_FILE at most).  -1 only where it
   cannot be read; complaints about its lines are collected. */
int rules_load_file(struct rules *, const char *path, struct err *);
/* Adds text as though it were file `name`.  Lines end in LF or CRLF. */
void rules_load_text(
    struct rules *, const char *name, const char *p, size_t len);
/* A complaint from outside (an unreadable file): sets degraded. */
void rules_complain(struct rules *, const char *file, uint32_t line,
    uint32_t column, bool warning, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
/* After the last: replace_tags, literals, prefilter, order of metas (a meta
   that needs itself is broken and complained of). */
void rules_finish(struct rules *);
void rules_free(struct rules *); /* the compiled patterns */
/* Literals and prefilter of late rules, which few messages ask for: half of the
   work of loading.  Once; in r->arena.  -1: no memory. */
int rules_late(struct rules *);

/* A finished set, with rules_late, as a block that can be kept; where in it
   rules_unpack finds it.  Without names for rules_find, tests and literals. */
uint32_t rules_pack(struct pack *, const struct rules *);
/* From a block after pack_unpack, which must stay. */
void rules_unpack(struct rules *, struct arena *, const char *set);
/* Notes that a file or folder was read; st NULL: that it is missing. */
struct stat;
void rules_stamp(struct rules *, const char *path, const struct stat *st);
/* Is all that was stamped still as it was? */
bool rules_stamps_hold(const struct rules_stamp *, uint32_t n);

/* Index of a rule by name, or UINT32_MAX. */
uint32_t rules_find(const struct rules *, const char *name);
/* Value of an expression; value(ctx, rule) is that rule's number of hits. */
double rules_eval(const struct meta_op *, uint32_t n,
    double (*value)(void *ctx, uint32_t rule), void *ctx);
/* Is this meta rule 0 whatever its expression says? */
bool rules_meta_off(const struct rule *);
const char *rules_type_name(enum rule_type);
const char *rules_unit_name(enum unit);
const char *rules_action_name(enum action);

/* Is `a`, which was typed, `b` but for a slip or two? */
bool rules_near_word(const char *a, const char *b);

#endif
