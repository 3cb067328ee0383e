#include "match_private.h"

#include <string.h>

static bool
blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void
put_line(struct text *out, const char *p, uint32_t n)
{
	while (n > 0 && (blank(p[n - 1]) || p[n - 1] == '"'))
		n--;
	while (n > 0 && (blank(*p) || *p == '"')) {
		p++;
		n--;
	}
	if (n > 1 && p[0] == '\'' && p[n - 1] == '\'') {
		p++;
		n -= 2;
	}
	if (n == 0)
		return;
	if (out->len > 0)
		text_copy(out, "\n", 1, 0);
	text_copy(out, p, n, 0);
}

/* One address of a list: NAME <ADDR>, ADDR (NAME), ADDR. */
static void
one_address(struct text *out, unsigned flags, const char *p, uint32_t n)
{
	struct span lt = {n, n}, note = {n, n};
	uint32_t end, quotes = 0;
	bool quoted = false;

	for (uint32_t i = 0; i < n; i++)
		quotes += p[i] == '"';
	for (uint32_t i = 0; i < n; i++) {
		if (p[i] == '"')
			quoted = !quoted && quotes % 2 == 0;
		else if (!quoted && p[i] == '<' && lt.from == n)
			lt.from = i;
		else if (!quoted && p[i] == '>' && lt.from < n && lt.to == n)
			lt.to = i;
		else if (!quoted && p[i] == '(' && note.from == n)
			note.from = i;
		else if (!quoted && p[i] == ')' && note.from < n &&
			 note.to == n)
			note.to = i;
	}
	if (lt.to < n) {
		if (flags & RULE_HDR_ADDR)
			put_line(out, p + lt.from + 1, lt.to - lt.from - 1);
		else if (lt.from > 0 || note.to == n)
			put_line(out, p, lt.from);
		else
			put_line(
			    out, p + note.from + 1, note.to - note.from - 1);
		return;
	}
	end = note.from;
	while (end > 0 && blank(p[end - 1]))
		end--;
	if (flags & RULE_HDR_ADDR && memchr(p, '@', end) != NULL)
		put_line(out, p, end);
	else if (flags & RULE_HDR_NAME && memchr(p, '@', end) == NULL)
		put_line(out, p, end);
	else if (flags & RULE_HDR_NAME && note.to < n)
		put_line(out, p + note.from + 1, note.to - note.from - 1);
}

void
match_narrow(struct arena *a, unsigned flags, const char **p, uint32_t *n)
{
	struct text out = TEXT(a);
	uint32_t at = 0, quotes = 0;
	bool quoted = false;
	int note = 0;

	if ((flags & (RULE_HDR_ADDR | RULE_HDR_NAME)) == 0)
		return;
	for (uint32_t i = 0; i < *n; i++)
		quotes += (*p)[i] == '"';
	for (uint32_t i = 0; i <= *n; i++) {
		char c = i < *n ? (*p)[i] : '\n';

		if (c == '"' && quotes % 2 == 0)
			quoted = !quoted;
		note += !quoted && c == '(';
		note -= !quoted && c == ')' && note > 0;
		if (c != '\n' && (c != ',' || quoted || note > 0))
			continue;
		one_address(&out, flags, *p + at, i - at);
		at = i + 1;
		quoted = false;
		note = 0;
	}
	*p = out.p;
	*n = out.len;
}
