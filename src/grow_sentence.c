#include "grow_private.h"

/* The sentence round a span, within its paragraph. */

#define REACH 4096 /* its ends are this near, or it is none */
#define DEPTH 16   /* brackets and quotations in each other */

/* ---- where a sentence ends ---- */

/* These end one wherever they stand. */
static const char *const marks[] = {
    "。", "！", "？", "；", "｡", "؟", "۔", "।", "॥", "։", "።", "။", "។"};

/* Abbreviations before which the full stop ends nothing; in lower case. */
static const char *const abbreviations[] = {"mr", "mrs", "ms", "dr", "prof",
    "st", "no", "nos", "nr", "vs", "e.g", "i.e", "eg", "ie", "cf", "ca",
    "approx", "fig", "vol", "pp", "ed", "rev", "gen", "col", "sgt", "capt",
    "z.b", "d.h", "u.a", "z.t", "bzw", "evtl", "ggf", "vgl", "inkl", "zzgl",
    "tel", "abs", "art", "str", "hr", "fr", "mio", "mrd", "mme", "mlle", "sig",
    "sra", "núm", "pág", "п", "т.е", "т.к", "т.н", "напр", "ул", "г", "стр",
    "тел", "см", "им", "jan", "feb", "apr", "aug", "sept", "oct", "nov", "dec",
    "ext", "incl", "excl", "min", "max"};
/* These may end it, where what follows does not start in lower case. */
static const char *const at_times[] = {"etc", "usw", "inc", "ltd", "co", "corp",
    "jr", "sr", "a.m", "p.m", "и т.д", "т.д", "т.п", "др", "u.s", "u.k", "p.s"};
/* Words that make 3. an ordinal number. */
static const char *const ordinal_of[] = {"Januar", "Februar", "März", "April",
    "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
    "Dezember", "Jahrhundert"};

/* The word before a full stop at `dot`, with the stops inside it. */
static uint32_t
word_before(const char *p, uint32_t low, uint32_t dot)
{
	uint32_t at = dot;

	while (at > low && dot - at < 24 &&
	       ((unsigned char)p[at - 1] >= 0x80 || is_letter(p[at - 1]) ||
		   is_digit(p[at - 1]) || p[at - 1] == '.')) {
		if (blank_before(p, at) > 0)
			break;
		at--;
	}
	return at;
}

static bool
listed(
    const char *p, uint32_t from, uint32_t to, const char *const *v, size_t nv)
{
	for (size_t i = 0; i < nv; i++)
		if (((v[i][0] ^ p[from]) & ~0x20) == 0 &&
		    strlen(v[i]) == to - from &&
		    strncasecmp(p + from, v[i], to - from) == 0)
			return true;
	return false;
}

/* Does what follows start in lower case (Latin, Greek, Cyrillic)? */
static bool
lower_case(const char *p, uint32_t n, uint32_t at)
{
	unsigned char c = at < n ? (unsigned char)p[at] : 0;
	unsigned char d = at + 1 < n ? (unsigned char)p[at + 1] : 0;

	return (c >= 'a' && c <= 'z') || (c == 0xc3 && d >= 0x9f) ||
	       (c == 0xd0 && d >= 0xb0) || c == 0xd1 ||
	       (c == 0xce && d >= 0xac);
}

/* A J U.S: letters one by one (of Latin, Greek, Cyrillic).  I is a word. */
static bool
initials(const char *p, uint32_t from, uint32_t to)
{
	if (to - from == 1 && p[from] == 'I')
		return false;
	while (from < to) {
		uint32_t k = char_len(p, to, from);

		if (k > 2 || (k == 1 && !is_letter(p[from])) ||
		    lower_case(p, to, from))
			return false;
		from += k;
		if (from < to && p[from++] != '.')
			return false;
	}
	return true;
}

/* A full stop at `dot` with a blank behind it, next text at `next`: does it
   end nothing? */
static bool
abbreviated(
    const char *p, uint32_t low, uint32_t dot, uint32_t n, uint32_t next)
{
	uint32_t from = word_before(p, low, dot), digits = from;

	if (from == dot || next >= n)
		return false;
	while (digits < dot && is_digit(p[digits]))
		digits++;
	if (digits == dot)
		return dot - from <= 2 &&
		       (lower_case(p, n, next) || from == low ||
			   any_at(p, n, next, ordinal_of, N(ordinal_of)) > 0);
	if (listed(p, from, dot, at_times, N(at_times)))
		return lower_case(p, n, next);
	return listed(p, from, dot, abbreviations, N(abbreviations)) ||
	       initials(p, from, dot);
}

/* Over blanks and line ends. */
static uint32_t
skip_white(const char *p, uint32_t n, uint32_t at)
{
	uint32_t k;

	while (at < n) {
		k = p[at] == '\n' || p[at] == '\r' ? 1 : blank_at(p, n, at);
		if (k == 0)
			break;
		at += k;
	}
	return at;
}

/* From U+2E80 on: no blanks between words. */
static bool
cjk_at(const char *p, uint32_t n, uint32_t at)
{
	unsigned char c = at < n ? (unsigned char)p[at] : 0;

	return c >= 0xe3 ||
	       (c == 0xe2 && at + 1 < n && (unsigned char)p[at + 1] >= 0xba);
}

/* Behind closing marks of emphasis and of quotation without a direction. */
static uint32_t
skip_closers(const char *p, uint32_t n, uint32_t at)
{
	static const char *const v[] = {"*", "_", "~", "`", "\"", "'", ")", "]",
	    "}", "”", "’", "»", "」", "』", "）", "】", "》", "〉"};

	for (uint32_t k; at < n && (k = any_at(p, n, at, v, N(v))) > 0;)
		at += k;
	return at;
}

/* Behind the end of a sentence that stands at `at`, or `at`. */
static uint32_t
sentence_end(const char *p, uint32_t low, uint32_t n, uint32_t at)
{
	static const char *const latin[] = {".", "!", "?", "…"};
	uint32_t end = at, k, stops = 0, closed, next;
	bool must = false, ellipsis = false, loud = false;

	if (at > low && any_before(p, at, latin, N(latin)) > 0)
		return at; /* one of a row that was looked at */
	for (;; end += k) {
		if ((k = any_at(p, n, end, marks, N(marks))) > 0)
			must = true;
		else if ((k = any_at(p, n, end, latin, N(latin))) == 0)
			break;
		loud |= p[end] == '!' || p[end] == '?';
		ellipsis |= k > 1;
		stops++;
	}
	if (must || end == at)
		return end;
	if (ellipsis && at > low && cjk_at(p, n, at - char_before(p, at)))
		return end;
	closed = skip_closers(p, n, end);
	next = skip_white(p, n, closed);
	if (next == closed && next < n)
		return loud && cjk_at(p, n, next) ? end : at;
	if ((stops > 1 || ellipsis) && !loud && lower_case(p, n, next))
		return at;
	if (stops == 1 && p[at] == '.' && abbreviated(p, low, at, n, next))
		return at;
	return end;
}

/* ---- brackets and quotations ---- */

/* Sentences inside the first ones are sentences of their own; the others
   are of one piece. */
#define SPEAKING 7
#define PARENTHESES 2
static const struct pair enclosing[] = {{"(", ")"}, {"（", "）"}, {"「", "」"},
    {"『", "』"}, {"“", "”"}, {"«", "»"}, {"\"", "\""}, {"[", "]"},
    {"【", "】"}, {"〖", "〗"}, {"《", "》"}, {"〔", "〕"}, {"［", "］"}};

struct level {
	size_t kind;    /* of enclosing; the outermost has none */
	uint32_t open;  /* where it stands */
	uint32_t start; /* of the sentence */
	bool first;     /* none ended here so far */
};

struct reader {
	const char *p;
	uint32_t low, n; /* of the paragraph, or as far as one may see */
	struct span s;
	struct level v[DEPTH];
	uint32_t depth;
	uint32_t ended; /* behind the last end of a sentence */
	bool flat;      /* brackets that nobody closes: look at none */
	struct span found;
};

/* Over one sentence end; true where the sentence of the span ends there. */
static bool
pass_end(struct reader *r, uint32_t end)
{
	struct level *top = &r->v[r->depth];

	if (r->depth > 0 && top->kind >= SPEAKING)
		return false;
	if (end >= r->s.to && top->start <= r->s.from) {
		r->found = (struct span){top->start, end};
		return true;
	}
	if (end > r->s.from && top->start <= r->s.from)
		return false; /* inside the span */
	top->start = skip_white(r->p, r->n, end);
	top->first = false;
	return false;
}

/* Does the sentence outside end with the bracket's last one?  He said: “Go.”
   Then he went. */
static bool
closes_sentence(
    const struct reader *r, const struct level *in, uint32_t at, uint32_t end)
{
	if (r->ended != at || in->kind >= SPEAKING ||
	    lower_case(r->p, r->n, skip_white(r->p, r->n, end)))
		return false;
	return in->kind >= PARENTHESES || r->v[r->depth].start == in->open;
}

static uint32_t
close_at(struct reader *r, uint32_t at)
{
	struct level top = r->v[r->depth];
	uint32_t k;

	if (r->depth == 0 ||
	    (k = stands_at(r->p, r->n, at, enclosing[top.kind].close)) == 0)
		return 0;
	if (at >= r->s.to && !top.first && top.start <= r->s.from) {
		r->found = (struct span){top.start, at};
		return k;
	}
	r->depth--;
	if (closes_sentence(r, &top, at, at + k))
		pass_end(r, at + k);
	return k;
}

static uint32_t
open_at(struct reader *r, uint32_t at)
{
	for (size_t i = 0; i < N(enclosing) && r->depth + 1 < DEPTH; i++) {
		uint32_t k = stands_at(r->p, r->n, at, enclosing[i].open);

		if (k == 0)
			continue;
		r->v[++r->depth] = (struct level){i, at, at + k, true};
		return k;
	}
	return 0;
}

/* Letters, digits and the like neither end nor enclose anything. */
static bool
is_plain(char c)
{
	return is_letter(c) || is_digit(c) || c == ' ' || c == ',' ||
	       c == '\n' || c == '-' || c == '*' || c == '/';
}

static bool
may_end(char c)
{
	return c == '.' || c == '!' || c == '?' || (unsigned char)c >= 0x80;
}

/* True where the sentence was found, or runs to the end of the text. */
static bool
read_sentence(struct reader *r)
{
	uint32_t at = r->low, k;

	r->depth = 0;
	r->v[0] = (struct level){0, r->low, r->low, true};
	r->ended = r->found.to = NONE;
	while (at < r->n && r->found.to == NONE) {
		uint32_t end;

		if (is_plain(r->p[at])) {
			at++;
			continue;
		}
		end = may_end(r->p[at]) ? sentence_end(r->p, r->low, r->n, at)
					: at;
		if (end > at) {
			pass_end(r, end);
			r->ended = at = end;
			continue;
		}
		k = r->flat ? 0 : close_at(r, at);
		if (k == 0 && !r->flat)
			k = open_at(r, at);
		at += k > 0 ? k : char_len(r->p, r->n, at);
	}
	if (r->found.to != NONE)
		return true;
	r->found = (struct span){r->v[0].start, r->n};
	return r->depth == 0 && r->v[0].start <= r->s.from;
}

/* Marks of emphasis that open in the sentence and close behind its full stop
   belong to it; one that closes in a later sentence stays. */
static void
with_emphasis(const char *p, uint32_t n, struct span *s, uint32_t match)
{
	static const char *const v[] = {"***", "**", "__", "~~", "*", "_"};
	uint32_t k = any_at(p, s->to, s->from, v, N(v));

	if (k == 0 || s->from + k > match || s->to - s->from < 2 * k ||
	    memmem(p + s->from + k, s->to - s->from - k, p + s->from, k))
		return;
	if (n - s->to >= k && memcmp(p + s->to, p + s->from, k) == 0)
		s->to += k;
	else
		s->from += k;
}

/* ---- within what ---- */

static bool
alone(enum line_kind k)
{
	return k == LINE_HEADING || k == LINE_ROW || k == LINE_SEPARATOR ||
	       k == LINE_FENCE || k == LINE_QUOTE;
}

/* The lines round the span that read on, up to REACH on either side; true at
   a border that is a real one. */
static bool
block_start(const char *p, uint32_t n, uint32_t low, uint32_t *from)
{
	uint32_t at = low + line_start(p + low, *from - low);
	struct line l = grow_line(p, n, at);

	while (at > low) {
		uint32_t above = low + line_start(p + low, at - 1 - low);

		if (l.kind != LINE_TEXT) {
			*from = l.text;
			return true;
		}
		*from = at;
		l = grow_line(p, n, above);
		if (l.kind == LINE_BLANK || alone(l.kind))
			return true;
		at = above;
	}
	*from = low == 0 ? grow_line(p, n, low).text : low;
	return low == 0 || p[low - 1] == '\n';
}

static bool
block_end(const char *p, uint32_t n, uint32_t high, uint32_t *to, bool only)
{
	uint32_t at = *to, below;
	struct line l;

	do {
		at = line_stop(p, high, at);
		if (at == high)
			break;
		*to = at;
		if (only)
			return true;
		below = skip_eol(p, n, at);
		l = grow_line(p, high, below);
		if (below >= n || l.kind != LINE_TEXT)
			return true;
		at = below;
	} while (at < high);
	*to = high;
	return high == n;
}

static uint32_t
char_start(const char *p, uint32_t n, uint32_t at)
{
	while (at < n && ((unsigned char)p[at] & 0xc0) == 0x80)
		at++;
	return at;
}

bool
grow_sentence_unit(const char *p, uint32_t n, struct span *s)
{
	uint32_t low = char_start(p, n, s->from > REACH ? s->from - REACH : 0);
	uint32_t high = char_start(p, n, n - s->to > REACH ? s->to + REACH : n);
	struct reader r = {.p = p, .low = s->from, .n = s->to, .s = *s};
	bool first, last, one_line, own;

	one_line = s->to > s->from && p[s->to - 1] == '\n';
	first = block_start(p, high, low, &r.low);
	own = alone(
	    grow_line(p, high, line_start(p + low, s->from - low) + low).kind);
	last = one_line || block_end(p, n, high, &r.n, own);
	if (r.low > s->from) /* in the bullet itself */
		r.low = s->from;
	if (r.n < s->to)
		r.n = s->to;
	if (!read_sentence(&r)) {
		r.flat = true;
		read_sentence(&r);
	}
	if ((r.found.from == r.low && !first) || (r.found.to == r.n && !last) ||
	    r.found.from > s->from)
		return false;
	with_emphasis(p, r.n, &r.found, s->from);
	*s = (struct span){
	    r.found.from, r.found.to > s->to ? r.found.to : s->to};
	return true;
}

/* ---- all sentences of a text ---- */

/* Of a block: stops that end one, and what stands behind the last of them. */
static uint32_t
count_in(const char *p, uint32_t low, uint32_t n)
{
	uint32_t count = 0;
	bool any = false;

	for (uint32_t at = low; at < n;) {
		uint32_t end =
		    may_end(p[at]) ? sentence_end(p, low, n, at) : at;

		any |= (unsigned char)p[at] > ' ' && blank_at(p, n, at) == 0;
		if (end > at) {
			count += any;
			any = false;
			at = end;
		} else {
			at += char_len(p, n, at);
		}
	}
	return count + any;
}

uint32_t
grow_sentences(const char *p, uint32_t n, uint32_t most)
{
	uint32_t count = 0, at = 0;

	while (at < n && count < most) {
		uint32_t high =
		    char_start(p, n, n - at > REACH ? at + REACH : n);
		struct line l = grow_line(p, high, at);
		uint32_t stop = at;

		block_end(p, n, high, &stop, alone(l.kind));
		if (l.text < stop)
			count += count_in(p, l.text, stop);
		at = stop > at ? stop : at + 1;
		if (at_eol(p, n, at))
			at = skip_eol(p, n, at);
	}
	return count < most ? count : most;
}
