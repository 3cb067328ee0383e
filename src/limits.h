#ifndef LIMITS_H
#define LIMITS_H

/*
 * Every limit, in one place, each with its reason.  The ones that an admin may
 * change are defaults here and `limit_NAME VALUE` in a rule file (conf.c).
 */

#define LIMIT_MESSAGE (64u << 20) /* judged; above: copied out unjudged */
#define LIMIT_SPOOL (1ull << 40)  /* a larger message: disk, not memory */
#define LIMIT_TIME_MS 5000u       /* Sieve gives a filter 10 s */
#define LIMIT_JUDGE_MS 3000u      /* rules stop here: time left to answer */

/* The child. */
#define LIMIT_ARENA (320u << 20)    /* with parent and libetpan under 512 MB */
#define LIMIT_CHILD_AS (384u << 20) /* above what it had at the fork */
#define LIMIT_ANSWER (160u << 20)   /* a report: edits + explain texts */

/* MIME (guards before libetpan; FACTS: where it crashes or goes quadratic) */
#define LIMIT_HEADER (8u << 20) /* bytes of one header block that we read */
#define LIMIT_FIELDS 100000u    /* fields of one header block */
#define LIMIT_FIELD (64u << 10) /* bytes of one field that rules see */
#define LIMIT_NESTING 100u      /* multiparts and messages in each other */
#define LIMIT_ETPAN_DEPTH 30u   /* libetpan is kept away from more */
#define LIMIT_PARTS 10000u      /* entities of a message */
#define LIMIT_COMMENT_DEPTH 64u /* ( in a header field */
#define LIMIT_OPENED 10u        /* encoded messages inside encoded messages */
#define LIMIT_BOUNDARY 256u     /* RFC 2046 says 70 */
#define LIMIT_PARAMS 64u        /* parameters of one Content-Type */

/* Text. */
#define LIMIT_HTML_DEPTH 512u  /* open elements the cutter can pair */
#define LIMIT_HTML (6u << 20)  /* bytes of one HTML part that are looked at */
#define LIMIT_LINKS 20000u     /* links of a message that uri rules see */
#define LIMIT_TEXT (24u << 20) /* decoded bytes of text parts, in all */
#define LIMIT_ENTRIES 1000u    /* of a list digest, and of its contents */

/* Units a rule runs on: SpamAssassin's */
#define LIMIT_PARAGRAPH 2048u /* bytes of a body unit */
#define LIMIT_CHUNK_MAX 4096u /* of a rawbody unit; split in its second half */
#define LIMIT_OVERLAP 256u    /* of chunks, where a cut may depend on it */

/* PCRE2: no cap per call, hence also small units and the clock */
#define LIMIT_MATCH 20000u
#define LIMIT_DEPTH 2000u
#define LIMIT_HEAP_KB 4096u

/* Where matches may start, by the literals (match_window.c): above these, all
   of the text is searched. */
#define LIMIT_PLACES \
	2048u /* of literals in a text: as many as a unit's bytes */
#define LIMIT_PLACES_USED \
	(64u << 10) /* the same, for each rule that has them */
#define LIMIT_WINDOWS \
	256u /* of a rule: each search may look at all behind it */

/* Hits and cuts. */
#define LIMIT_HITS_RULE 2000u  /* of one rule in a message that are kept */
#define LIMIT_HITS 20000u      /* of all */
#define LIMIT_NEAR 2000u       /* characters between the hits of a near rule */
#define LIMIT_NEAR_RULES 32u   /* that it names */
#define LIMIT_ALTERNATIVES 20u /* multiparts whose hits count once */
#define LIMIT_CUTS 5000u       /* spans one message may lose */
#define LIMIT_GROWTH 256u      /* bytes an edit may add to what it replaces */
#define LIMIT_KEEP 33u     /* percent of the bytes that an edit must leave */
#define LIMIT_EDITS 50000u /* raw edits in a report */
#define LIMIT_SHOWN 200u   /* hits that explain shows with their text */
#define LIMIT_CONTEXT 240u /* bytes of text shown round a hit */

/* Rule files. */
#define LIMIT_RULES_ARENA (256u << 20)
#define LIMIT_RULES 20000u
#define LIMIT_RULE_LINE (64u << 10)
#define LIMIT_RULE_FILE (16u << 20)
#define LIMIT_RULE_NAME 120u
#define LIMIT_INCLUDES 16u
#define LIMIT_IF_DEPTH 64u
#define LIMIT_LATE 500u     /* characters from a `first` hit to a late one */
#define LIMIT_LITERALS 512u /* alternatives kept of one rule: word lists */
#define LIMIT_COMPLAINTS 1000u

/* What doctor reads of other programs. */
#define LIMIT_DOCTOR_FILE (1u << 20) /* bytes of one file */
#define LIMIT_DOCTOR_FILES 200u      /* in all */
#define LIMIT_DOCTOR_DEPTH 8u        /* files that name files */
#define LIMIT_DOCTOR_FINDINGS 200u   /* that are shown */

/* Mail that is sent: RFC 5321 4.5.3.1.3, with its <> */
#define LIMIT_ADDRESS 254u

/* The vault. */
#define LIMIT_VAULT_HEAD (256u << 10) /* the fields before a message */
#define LIMIT_VAULT_RULES 50u         /* rules that are named there */
#define LIMIT_VAULT_TEXT 160u         /* bytes shown of what each found */
#define LIMIT_VAULT_PATH 1000u        /* bytes of a rule file's path */
#define LIMIT_HEADLINE 400u           /* bytes of subject and sender kept */
#define LIMIT_TOKENS 8u               /* of one message that are tried */
#define LIMIT_FROM_LINE 900u          /* longer: no mbox wrote that */

/* The command line, when a shell asks for completions. */
#define LIMIT_COMPLETE 4096u /* bytes of a word */

/* A digest of messages. */
#define LIMIT_READING (512u << 10)    /* bytes of the text of one */
#define LIMIT_READING_MOST (1u << 20) /* … with the line it ends in */
#define LIMIT_READING_URLS (2u << 20) /* bytes of all addresses of one */
#define LIMIT_READING_URL 8000u       /* no browser takes a longer address */
#define LIMIT_DIGEST 100000u          /* messages in it */
#define LIMIT_MAIL_LINE 990u          /* bytes; RFC 5322 says 998 */

/* Folders that scan walks down. */
#define LIMIT_FOLDER_DEPTH 64u

/* The pool of judges.  A larger message has a child of its own. */
#define LIMIT_WORKERS 256u
#define LIMIT_LOTS 3u               /* of each: one is judged, two wait */
#define LIMIT_LOT (4u << 20)        /* bytes: with three, 12 MB a worker */
#define LIMIT_LOT_FULL (256u << 10) /* no more is added from here on */
#define LIMIT_LOT_MESSAGES 64u

/* Changes in mailboxes. */
#define LIMIT_PATH 4096u          /* bytes of a path, with its NUL */
#define LIMIT_LOCK_MS 10000u      /* so long an mbox may be locked by others */
#define LIMIT_LEDGER_MS 1000u     /* so long another run may be at its end */
#define LIMIT_LEDGER (256u << 20) /* the record of a run: 500,000 messages */

/* Mailboxes. */
#define LIMIT_SENDERS 10000u          /* that scan counts one by one */
#define LIMIT_FROM_SEEN 1024u         /* bytes of a From_ line that count */
#define LIMIT_BOX_NAMES (256u << 20)  /* file names of one folder, in bytes */
#define LIMIT_BOX_HEAD (64u << 10)    /* searched for Content-Length */
#define LIMIT_UNPACKED (1ull << 40)   /* of one packed box */
#define LIMIT_UNPACK_FREE (64u << 20) /* so much is not asked its ratio */
#define LIMIT_UNPACK_RATIO 250u       /* mail packs 2 to 50 times smaller */
#define LIMIT_UNPACK_AS (256u << 20)  /* xz -9 takes 65 MB, zstd 128 */

#endif
