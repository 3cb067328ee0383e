#include "grow_private.h"

/* What a line of text is: an item, a heading, a separator, ... */

#define HEADING_MAX 100u /* bytes of a heading that no # marks */

/* Bullets that want a blank behind them, and those that want none. */
static const char *const bullets[] = {"-", "*", "+", "–", "—", "→"};
static const char *const loud_bullets[] = {"•", "·", "●", "▪", "◦", "■", "□",
    "★", "☆", "○", "◆", "◇", "►", "▶", "➤", "※", "✓", "✔", "✅", "👉"};

static const char *const cjk_digits[] = {"一", "二", "三", "四", "五", "六",
    "七", "八", "九", "十", "１", "２", "３", "４", "５", "６", "７", "８",
    "９"};

static const struct pair parens[] = {{"(", ")"}, {"（", "）"}};

/* Behind 12, 一 or 十二 at `at`; the same offset where there is no number. */
static uint32_t
skip_number(const char *p, uint32_t n, uint32_t at, bool *cjk)
{
	uint32_t start = at, k;

	while (at < n && is_digit(p[at]) && at - start < 4)
		at++;
	*cjk = at == start;
	for (int i = 0; *cjk && i < 3; i++, at += k)
		if ((k = any_at(p, n, at, cjk_digits, N(cjk_digits))) == 0)
			break;
	return at;
}

/* 1. 1) 1、 一、 (1) （一） ①; or `at`. */
static uint32_t
skip_numbering(const char *p, uint32_t n, uint32_t at, bool strict)
{
	uint32_t open = 0, end, k;
	bool cjk;

	if (at == n ||
	    (!is_digit(p[at]) && p[at] != '(' && (unsigned char)p[at] < 0xe2))
		return at;
	if (n - at >= 3 && memcmp(p + at, "\xe2\x91", 2) == 0 &&
	    (unsigned char)p[at + 2] >= 0xa0 &&
	    (unsigned char)p[at + 2] <= 0xb3) /* U+2460 to 2473 */
		return at + 3;
	for (size_t i = 0; i < N(parens); i++) {
		open = stands_at(p, n, at, parens[i].open);
		if (open == 0)
			continue;
		end = skip_number(p, n, at + open, &cjk);
		k = stands_at(p, n, end, parens[i].close);
		if (end > at + open && k > 0)
			return end + k;
	}
	end = skip_number(p, n, at, &cjk);
	if (end == at)
		return at;
	if ((k = stands_at(p, n, end, "、")) > 0 ||
	    (k = stands_at(p, n, end, "．")) > 0)
		return end + k;
	if (cjk || end == n || (p[end] != '.' && p[end] != ')'))
		return at;
	end++;
	if (strict && end < n && (is_digit(p[end]) || is_letter(p[end])))
		return at;
	return end;
}

/* May bullet, numbering or a line of marks start with this byte?  Of most lines
   the first one says that they are text. */
static bool
may_lead(char c)
{
	static const bool first[256] = {['#'] = true,
	    ['('] = true,
	    ['*'] = true,
	    ['+'] = true,
	    ['-'] = true,
	    ['='] = true,
	    ['_'] = true,
	    ['~'] = true,
	    [0xc2] = true,
	    [0xe2] = true,
	    [0xe4] = true,
	    [0xe5] = true,
	    [0xef] = true,
	    [0xf0] = true};

	return first[(unsigned char)c] || is_digit(c);
}

uint32_t
grow_lead(const char *p, uint32_t n, uint32_t at, bool strict)
{
	uint32_t start = skip_blanks(p, n, at), k;

	if (start == n || !may_lead(p[start]))
		return start;
	for (at = start; at < n && p[at] == '#';)
		at++;
	if (at > start)
		return skip_blanks(p, n, at);
	if ((at = skip_numbering(p, n, start, strict)) > start)
		return skip_blanks(p, n, at);
	if ((k = any_at(p, n, start, loud_bullets, N(loud_bullets))) > 0)
		return skip_blanks(p, n, start + k);
	k = any_at(p, n, start, bullets, N(bullets));
	return k > 0 && blank_at(p, n, start + k) > 0
		   ? skip_blanks(p, n, start + k)
		   : start;
}

/* A line of one mark, three times or more, with or without blanks. */
static bool
is_separator(const char *p, uint32_t n, uint32_t at)
{
	static const char *const marks[] = {"-", "=", "_", "*", "~", "#", "+",
	    "─", "━", "═", "—", "·", "•", "…"};
	uint32_t count = 0, k = 0;
	size_t i;

	for (i = 0; i < N(marks) && k == 0; i++)
		k = stands_at(p, n, at, marks[i]);
	if (k == 0)
		return false;
	while (!at_eol(p, n, at) && stands_at(p, n, at, marks[i - 1]) > 0) {
		count++;
		at = skip_blanks(p, n, at + k);
	}
	return count >= 3 && at_eol(p, n, at);
}

static uint32_t
columns(const char *p, uint32_t from, uint32_t to)
{
	uint32_t col = 0;

	for (uint32_t at = from; at < to;) {
		uint32_t k = blank_at(p, to, at);

		col = p[at] == '\t' ? (col / 4 + 1) * 4 : col + (k > 2 ? 2 : 1);
		at += k;
	}
	return col;
}

struct line
grow_line(const char *p, uint32_t n, uint32_t at)
{
	static const struct {
		const char *mark;
		enum line_kind kind;
	} table[] = {{"#", LINE_HEADING}, {"|", LINE_ROW}, {">", LINE_QUOTE},
	    {"```", LINE_FENCE}, {"~~~", LINE_FENCE}};
	struct line l = {LINE_TEXT, 0, at};
	uint32_t text;

	if (at < n && is_letter(p[at]))
		return l;
	l.text = text = skip_blanks(p, n, at);
	l.indent = columns(p, at, text);
	if (at_eol(p, n, text))
		l.kind = LINE_BLANK;
	else if (!may_lead(p[text]) && memchr("|>`", p[text], 3) == NULL)
		return l;
	else if (is_separator(p, n, text))
		l.kind = LINE_SEPARATOR;
	for (size_t i = 0; i < N(table) && l.kind == LINE_TEXT; i++)
		if (stands_at(p, n, text, table[i].mark) > 0)
			l.kind = table[i].kind;
	if (l.kind == LINE_TEXT || l.kind == LINE_HEADING)
		l.text = grow_lead(p, n, at, true);
	if (l.kind == LINE_TEXT && l.text > text)
		l.kind = LINE_ITEM;
	if (l.kind == LINE_HEADING && blank_at(p, n, l.text - 1) == 0 &&
	    !at_eol(p, n, l.text) && p[l.text - 1] == '#')
		l.kind = LINE_TEXT; /* #tag */
	return l;
}

/* ---- headings ---- */

/* The line above is blank, or there is none. */
static bool
first_of_block(const char *p, uint32_t at)
{
	return at == 0 || blank_line(p, at, line_start(p, at - 1));
}

static bool
last_of_block(const char *p, uint32_t n, uint32_t stop)
{
	return blank_line(p, n, skip_eol(p, n, stop));
}

/* A line of - or = alone: what draws a heading, and its level. */
static uint32_t
underline(const char *p, uint32_t n, uint32_t at)
{
	uint32_t end = at;

	while (end < n && (p[end] == '=' || p[end] == '-') && p[end] == p[at])
		end++;
	if (end - at < 3 || !blank_line(p, n, end))
		return 0;
	return p[at] == '=' ? 1 : 2;
}

static bool
all_capitals(const char *p, struct span s)
{
	uint32_t letters = 0;

	for (uint32_t at = s.from; at < s.to; at++) {
		if ((unsigned char)p[at] >= 0x80 ||
		    (p[at] >= 'a' && p[at] <= 'z'))
			return false;
		letters += is_letter(p[at]);
	}
	return letters >= 4 && p[s.to - 1] != '.' && p[s.to - 1] != ',';
}

/* 一、 is above （一）, that above 1.; but an item of a list whose items stand
   apart is no heading. */
static uint32_t
numbered_level(const char *p, uint32_t n, struct span s)
{
	static const char *const ends[] = {
	    ".", ",", ";", "。", "，", "；", "、", "!", "！"};
	uint32_t below = next_line(p, n, s.from);
	bool cjk;

	if (any_before(p, s.to, ends, N(ends)) > 0 ||
	    s.to - s.from > HEADING_MAX)
		return 0;
	for (int i = 0; i < 4 && below < n && blank_line(p, n, below); i++)
		below = next_line(p, n, below);
	if (below == n || grow_line(p, n, below).kind == LINE_ITEM)
		return 0;
	if (p[s.from] == '(' || stands_at(p, n, s.from, "（") > 0)
		return 9;
	return skip_number(p, n, s.from, &cjk) == s.from ? 0 : cjk ? 8 : 10;
}

static uint32_t
plain_level(
    const char *p, uint32_t n, uint32_t at, struct line l, struct span *whole)
{
	uint32_t near = n - at > HEADING_MAX + 2 ? at + HEADING_MAX + 2 : n;
	uint32_t stop, below, level;

	if (l.kind != LINE_TEXT && l.kind != LINE_ITEM)
		return 0;
	stop = line_stop(p, near, at);
	if (!at_eol(p, n, stop))
		return 0;
	below = skip_eol(p, n, stop);
	if (l.kind == LINE_TEXT && below < n &&
	    (level = underline(p, n, below)) > 0) {
		uint32_t above = at > 0 ? line_start(p, at - 1) : 0;

		if (at > 0 && at - above <= HEADING_MAX + 2 &&
		    underline(p, n, above) == level && first_of_block(p, above))
			whole->from = above;
		else if (!first_of_block(p, at))
			return 0;
		whole->to = next_line(p, n, below);
		return level;
	}
	if (!first_of_block(p, at) || !last_of_block(p, n, stop))
		return 0;
	if (l.kind == LINE_TEXT)
		return all_capitals(p, (struct span){l.text, stop}) ? 7 : 0;
	return numbered_level(p, n, (struct span){skip_blanks(p, n, at), stop});
}

uint32_t
grow_heading(const char *p, uint32_t n, uint32_t at, struct span *whole)
{
	struct line l = grow_line(p, n, at);
	uint32_t level = 0, from;

	*whole = (struct span){at, next_line(p, n, at)};
	if (l.kind != LINE_HEADING)
		return plain_level(p, n, at, l, whole);
	from = skip_blanks(p, n, at);
	while (level < 6 && p[from + level] == '#')
		level++;
	return level;
}
