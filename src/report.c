#include "report.h"

#include <stdio.h>
#include <string.h>

#include "decode.h"
#include "limits.h"
#include "mask.h"

#define FOLD_AT 78 /* RFC 5322 2.1.1 */
#define RULES_NAMED 20

const char *
report_verdict_name(enum verdict v)
{
	static const char *const name[] = {[VERDICT_CLEAN] = "clean",
	    [VERDICT_PROMO] = "promo",
	    [VERDICT_PHISH] = "phish",
	    [VERDICT_ERROR] = "error"};

	return name[v];
}

const char *
report_refusal_name(enum refusal r)
{
	static const char *const name[REFUSAL_MAX] = {
	    [REFUSAL_NONE] = "",
	    [REFUSAL_TREE] = "its MIME structure is read differently by "
			     "different programs",
	    [REFUSAL_SIGNED] = "the part is signed or encrypted",
	    [REFUSAL_ENCODING] = "the part's encoding does not allow an exact "
				 "cut",
	    [REFUSAL_SHARE] = "too much of the text would go "
			      "(cut_max_percent)",
	    [REFUSAL_LEFT] = "too little of the text would be left "
			     "(keep_min_percent)",
	    [REFUSAL_AGAIN] = "something of it would be left behind",
	    [REFUSAL_CHANGED] = "what stays would be read differently",
	    [REFUSAL_LIMIT] = "there are too many places",
	    [REFUSAL_GUARD] = "it stands in quoted text, code, a signature or "
			      "footer, or a guarded passage",
	    [REFUSAL_DEGRADED] = "rules are missing",
	    [REFUSAL_NOTHING] = "no rule says what to cut in visible text",
	    [REFUSAL_TIME] = "the time was up before all rules ran",
	    [REFUSAL_DKIM] = "it is signed by DKIM (keep_dkim)",
	    [REFUSAL_TWIN] = "another alternative shows it, too, and cannot "
			     "be cut",
	    [REFUSAL_WOVEN] = "it is woven into most of the sentences "
			      "(cut_max_sentences)",
	    [REFUSAL_PHISH] = "phishing stays in the message: without the "
			      "rest it would look safe",
	    [REFUSAL_SPLIT] = "only all entries of the digest together are "
			      "over the threshold",
	    [REFUSAL_OPEN] = "where the entry of the digest ends is not sure",
	};

	return name[r];
}

const char *
report_warn_name(uint32_t *warn)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} table[] = {
	    {WARN_MIME_ODD, "odd MIME structure: looked at twice, never cut"},
	    {WARN_MIME_REFUSED, "MIME structure too deep or too large to be "
				"read in full: never cut"},
	    {WARN_MIME_LIMIT, "too many parts, fields or levels: the rest was "
			      "not looked at"},
	    {WARN_DECODE, "a body is not quite what its header says"},
	    {WARN_CHARSET, "a charset could not be decoded"},
	    {WARN_MBOX, "a whole mailbox, not one message: not judged "
			"(simsift scan looks through stored mail)"},
	    {WARN_TIME, "the time was up before all rules ran"},
	    {WARN_TEXT, "more text than is looked at"},
	    {WARN_SIGNED, "holds a signed or encrypted part"},
	    {WARN_RULES, "rules are missing: marked at most"},
	    {WARN_SKIPPED, "a rule was too slow for this message and did not "
			   "count"},
	    {WARN_LENGTH_MENDED, "Content-Length or Lines made to fit what is "
				 "left"},
	    {WARN_LENGTH_GONE, "Content-Length or Lines dropped: wrong before "
			       "the cut"},
	    {WARN_MD5_GONE, "Content-MD5 dropped: the cut changes the sum"},
	    {WARN_LEFT, "entries of the digest were cut, but what is in none "
			"of them is over the threshold, too"},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (*warn & table[i].bit) {
			*warn &= ~table[i].bit;
			return table[i].name;
		}
	*warn = 0;
	return NULL;
}

const char *
report_category(const struct report *r, const struct rules *rules)
{
	if (r->category != UINT32_MAX)
		return rules->rule[r->category].category;
	return r->verdict == VERDICT_PROMO ? "promo" : NULL;
}

/* ---- strangers' text ---- */

/* Bidi controls, line separators and tags: they move or hide what a reader
   sees. */
static bool
deceives(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x61c ||
	       cp == 0x200e || cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069) ||
	       (cp >= 0xe0000 && cp < 0xe0080) ||
	       (cp >= 0xfff9 && cp <= 0xfffb) || cp == 0xfeff;
}

typedef void escape_fn(struct buf *out, uint32_t cp, bool byte);

static void
escape_text(struct buf *out, uint32_t cp, bool byte)
{
	if (cp == '\n' || cp == '\t' || cp == '\r')
		buf_printf(out, "\\%c",
		    cp == '\n'   ? 'n'
		    : cp == '\t' ? 't'
				 : 'r');
	else if (byte || cp < 0x100)
		buf_printf(out, "\\x%02x", cp);
	else
		buf_printf(out, "\\u{%x}", cp);
}

static void
escape_json(struct buf *out, uint32_t cp, bool byte)
{
	if (byte) /* no such character: the replacement one */
		buf_puts(out, "\\ufffd");
	else if (cp > 0xffff)
		buf_printf(out, "\\u%04x\\u%04x", 0xd7c0 + (cp >> 10),
		    0xdc00 + (cp & 0x3ff));
	else
		buf_printf(out, "\\u%04x", cp);
}

static void
put_escaped(struct buf *out, const char *p, size_t at, size_t end,
    escape_fn *escape, const char *also)
{
	uint32_t cp;

	while (at < end) {
		unsigned k = decode_utf8(p + at, end - at, &cp);

		if (k == 0) {
			escape(out, (unsigned char)p[at], true);
			k = 1;
		} else if (deceives(cp)) {
			escape(out, cp, false);
		} else {
			if (cp < 0x80 && cp != 0 &&
			    strchr(also, (int)cp) != NULL)
				buf_puts(out, "\\");
			buf_put(out, p + at, k);
		}
		at += k;
	}
}

/* Masks and escapes p[s.from..s.to); whether a run of digits in it is a code is
   known by the words round it, which is why the whole text is given. */
static void
put_masked(struct buf *out, const char *p, size_t n, struct span s,
    escape_fn *escape, const char *also)
{
	size_t low = s.from > MASK_AROUND ? s.from - MASK_AROUND : 0;
	size_t high = n - s.to > MASK_AROUND ? s.to + MASK_AROUND : n;
	struct buf copy = BUF(high - low + 1);

	if (buf_put(&copy, p + low, high - low) == -1) {
		out->failed = true;
		return;
	}
	mask_secrets(copy.p, p + low, copy.len);
	put_escaped(out, copy.p, s.from - low, s.to - low, escape, also);
	buf_free(&copy);
}

void
report_escaped_part(struct buf *out, const char *p, struct span s)
{
	put_escaped(out, p, s.from, s.to, escape_text, "");
}

void
report_shown_part(struct buf *out, const char *p, size_t n, struct span s)
{
	put_masked(out, p, n, s, escape_text, "");
}

void
report_shown(struct buf *out, const char *p, size_t n)
{
	report_shown_part(out, p, n, (struct span){0, (uint32_t)n});
}

void
report_json_part(struct buf *out, const char *p, size_t n, struct span s)
{
	put_masked(out, p, n, s, escape_json, "\"\\");
}

void
report_json_string(struct buf *out, const char *p, size_t n)
{
	report_json_part(out, p, n, (struct span){0, (uint32_t)n});
}

void
report_json_path(struct buf *out, const char *s)
{
	size_t n = strlen(s);
	uint32_t cp;

	buf_puts(out, "\"");
	for (size_t at = 0; at < n;) {
		unsigned k = decode_utf8(s + at, n - at, &cp);

		if (k == 0 || deceives(cp)) {
			escape_json(
			    out, k == 0 ? (unsigned char)s[at] : cp, k == 0);
			k += k == 0;
		} else {
			if (cp == '"' || cp == '\\')
				buf_puts(out, "\\");
			buf_put(out, s + at, k);
		}
		at += k;
	}
	buf_puts(out, "\"");
}

void
report_json_word(struct buf *out, const char *s)
{
	if (s == NULL) {
		buf_puts(out, "null");
		return;
	}
	buf_puts(out, "\"");
	report_json_string(out, s, strlen(s));
	buf_puts(out, "\"");
}

/* ---- the added field ---- */

/* SOFT: where a long list may be folded, and else nothing stands. */
#define SOFT 1

static uint32_t
put_rules(struct buf *out, const struct report *r, const struct rules *rules,
    const char *before)
{
	uint32_t named = 0, left = 0;

	for (uint32_t i = 0; i < r->nrule; i++) {
		if (r->rule[i].state != RULE_RAN)
			continue;
		if (named == RULES_NAMED) {
			left++;
			continue;
		}
		if (named++ == 0)
			buf_printf(out, ";%c%s", 0, before);
		else
			buf_printf(out, ",%c", SOFT);
		buf_puts(out, rules->rule[r->rule[i].rule].name);
	}
	if (left > 0)
		buf_printf(out, ",%c+%u", SOFT, left);
	return named;
}

uint32_t
report_left(const struct report *r)
{
	uint32_t n = (r->warn & WARN_LEFT) != 0;

	if (r->action != ACTION_CUT)
		return 0;
	for (uint32_t i = 0; i < r->nentry; i++)
		n += r->entry[i].verdict != VERDICT_CLEAN &&
		     r->entry[i].action == ACTION_MARK;
	return n;
}

double
report_score(double score)
{
	return score > -0.05 && score < 0.05 ? 0 : score;
}

/* Items that a line may be folded between are separated by NULs. */
static void
put_status(struct buf *out, const struct report *r, const struct rules *rules,
    const char *id)
{
	const char *category = report_category(r, rules);

	buf_printf(out, "verdict=%s;%c", report_verdict_name(r->verdict), 0);
	buf_printf(out, "action=%s;%c", rules_action_name(r->action), 0);
	if (category != NULL)
		buf_printf(out, "category=%s;%c", category, 0);
	buf_printf(out, "score=%.1f/%.1f", report_score(r->score), r->required);
	if (r->ncut > 0)
		buf_printf(out, ";%ccuts=%u", 0, r->ncut);
	if (report_left(r) > 0)
		buf_printf(out, ";%cleft=%u", 0, report_left(r));
	put_rules(out, r, rules, "rules=");
	if (id != NULL)
		buf_printf(out, ";%cid=%s", 0, id);
}

void
report_status(struct buf *out, const struct report *r,
    const struct rules *rules, const char *id)
{
	size_t to = out->len, from = to;

	put_status(out, r, rules, id);
	for (; from < out->len && !out->failed; from++)
		if (out->p[from] != SOFT)
			out->p[to++] =
			    out->p[from] == '\0' ? ' ' : out->p[from];
	if (!out->failed)
		out->len = to;
}

/* Bytes before the first c, or n. */
static size_t
before_byte(const char *p, size_t n, int c)
{
	const char *at = n > 0 ? memchr(p, c, n) : NULL;

	return at != NULL ? (size_t)(at - p) : n;
}

/* A piece of the field, on a new line where it does not fit. */
static void
put_piece(struct buf *out, const char *p, size_t n, bool blank, size_t *col,
    const char *eol)
{
	if (*col + blank + n > FOLD_AT) {
		buf_puts(out, eol);
		*col = 0;
		blank = true;
	}
	if (blank)
		buf_puts(out, " ");
	buf_put(out, p, n);
	*col += n + blank;
}

void
report_field(struct buf *out, const struct report *r, const struct rules *rules,
    const char *eol, const char *id)
{
	struct buf status = BUF(LIMIT_FIELD);
	size_t col = strlen("X-Simsift:"), at = 0, end, soft;

	put_status(&status, r, rules, id);
	buf_puts(out, "X-Simsift:");
	for (; at < status.len && !status.failed; at = end + 1) {
		bool fits, blank = true;

		end = at + before_byte(status.p + at, status.len - at, '\0');
		fits = end - at < FOLD_AT - 1;
		/* An item that fits on a line is not broken. */
		if (fits && col + 1 + (end - at) > FOLD_AT) {
			buf_puts(out, eol);
			col = 0;
		}
		for (; at < end; at = soft + 1, blank = false) {
			soft = at + before_byte(status.p + at, end - at, SOFT);
			put_piece(
			    out, status.p + at, soft - at, blank, &col, eol);
		}
	}
	buf_puts(out, eol);
	out->failed |= status.failed;
	buf_free(&status);
}

/* ---- JSON ---- */

void
report_json(struct buf *out, const struct report *r, const struct rules *rules)
{
	const char *sep = "";

	buf_printf(out, ",\"verdict\":\"%s\",\"category\":",
	    report_verdict_name(r->verdict));
	report_json_word(out, report_category(r, rules));
	buf_printf(out, ",\"score\":%.4g,\"action\":\"%s\",\"rules\":[",
	    r->score, rules_action_name(r->action));
	for (uint32_t i = 0; i < r->nrule; i++) {
		const struct rule *q = &rules->rule[r->rule[i].rule];

		if (r->rule[i].state != RULE_RAN)
			continue;
		buf_printf(out,
		    "%s{\"name\":\"%s\",\"score\":%.4g,\"file\":", sep, q->name,
		    q->score);
		report_json_word(out, q->file);
		buf_printf(out, ",\"line\":%u}", q->line);
		sep = ",";
	}
	buf_puts(out, "],\"cuts\":[");
	for (uint32_t i = 0; i < r->ncut; i++) {
		const struct report_cut *c = &r->cut[i];

		buf_printf(out, "%s{\"part\":", i > 0 ? "," : "");
		report_json_word(out, c->part);
		buf_printf(out, ",\"offset\":%u,\"length\":%u}", c->raw.from,
		    c->raw.to - c->raw.from);
	}
	buf_puts(out, "]");
}
