#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "limits.h"
#include "view_private.h"

/*
 * The links of a text: with a scheme, without one, addresses; and those of
 * HTML.  Canonical as SpamAssassin has them, for rules that were written there.
 */

static void
add_one(struct view *v, uint32_t doc, enum layer layer, struct span at,
    const char *p, uint32_t n, uint32_t link)
{
	struct unit_text *u;

	if (v->nlink >= LIMIT_LINKS * 2 || n == 0) {
		v->limited |= n > 0;
		return;
	}
	u = view_add_unit(v, IN_URI, layer, doc);
	v->nlink++;
	u->p = p;
	u->len = n;
	u->at = at;
	u->link = link;
}

/* %XX of printable ASCII decoded; 0 where there is none. */
static uint32_t
percent_decode(char *out, const char *p, uint32_t n)
{
	uint32_t len = 0;
	bool any = false;

	for (uint32_t i = 0; i < n; i++) {
		unsigned high = 16, low = 16, c;

		if (p[i] == '%' && n - i > 2) {
			high = decode_hex(p[i + 1]);
			low = decode_hex(p[i + 2]);
		}
		c = high * 16 + low;
		if (high < 16 && low < 16 && c > ' ' && c < 127) {
			out[len++] = (char)c;
			any = true;
			i += 2;
		} else {
			out[len++] = p[i];
		}
	}
	return any ? len : 0;
}

/* A link, and what it says where letters are written as %XX: rules see both,
   as in SpamAssassin. */
static void
add_link(struct view *v, uint32_t doc, enum layer layer, struct span at,
    const char *p, uint32_t n, uint32_t link)
{
	char *plain;

	add_one(v, doc, layer, at, p, n, link);
	if (n == 0 || memchr(p, '%', n) == NULL)
		return;
	plain = arena_alloc(v->a, n);
	add_one(v, doc, layer, at, plain, percent_decode(plain, p, n), link);
}

static bool
is_alpha(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool
is_alnum(char c)
{
	return is_alpha(c) || (c >= '0' && c <= '9');
}

/* The end of the link at p[at]: printable ASCII but for what encloses links
   in text and Markdown; a closing bracket ends it where none was opened. */
static uint32_t
link_end(const char *p, uint32_t at, uint32_t n)
{
	int depth = 0;

	for (; at < n && p[at] > ' ' && p[at] < 127; at++) {
		if (strchr("<>\"`{}[]|\\", p[at]) != NULL)
			break;
		if (p[at] == '(')
			depth++;
		else if (p[at] == ')' && depth-- == 0)
			break;
	}
	while (at > 0 && strchr(".,;:!?'*", p[at - 1]) != NULL)
		at--;
	return at;
}

/* Where the host before the first slash or colon at p[at] starts: letters,
   digits, dots and hyphens, with a dot and a top-level part of letters. */
static uint32_t
host_start(const char *p, uint32_t at, uint32_t low)
{
	uint32_t i = at, top = at;

	while (top > low && is_alpha(p[top - 1]))
		top--;
	if (at - top < 2 || top == low || p[top - 1] != '.')
		return at;
	while (i > low && at - i < 253 &&
	       (is_alnum(p[i - 1]) || p[i - 1] == '.' || p[i - 1] == '-'))
		i--;
	return i < top - 1 ? i : at;
}

static uint32_t
scheme_start(const char *p, uint32_t at, uint32_t low)
{
	uint32_t i = at;

	while (i > low && at - i < 12 && is_alnum(p[i - 1]))
		i--;
	return i;
}

/* Bare links of a text: scheme://…, and host.tld/… without a scheme, which is
   given "http://" as SpamAssassin does. */
static void
add_text_links(
    struct view *v, uint32_t doc, enum layer layer, const struct text *t)
{
	const char *p = t->p, *hit;
	uint32_t at = 0, n = t->len, low = 0, from, end;

	while (at < n && (hit = memchr(p + at, '/', n - at)) != NULL) {
		at = (uint32_t)(hit - p);
		if (at > low && n - at > 1 && p[at - 1] == ':' &&
		    p[at + 1] == '/')
			from = scheme_start(p, at - 1, low);
		else
			from = host_start(p, at, low);
		if (from >= at || from + 1 == at) {
			at++;
			continue;
		}
		end = link_end(p, at, n);
		if (end <= at) {
			at++;
			continue;
		}
		if (p[at - 1] == ':') {
			add_link(v, doc, layer, (struct span){from, end},
			    p + from, end - from, NO_LINK);
		} else {
			char *s = arena_printf(
			    v->a, "http://%.*s", (int)(end - from), p + from);

			add_link(v, doc, layer, (struct span){from, end}, s,
			    end - from + 7, NO_LINK);
		}
		at = low = end;
	}
}

/* Each byte of each text is asked what it is: a table. */
#define LOCAL 1 /* of an address, before the @ */
#define HOST 2
#define SIGN 4 /* without one there is neither host nor address nor scheme */
static const unsigned char byte_is[256] = {
    ['0' ... '9'] = LOCAL | HOST,
    ['A' ... 'Z'] = LOCAL | HOST,
    ['a' ... 'z'] = LOCAL | HOST,
    ['.'] = LOCAL | HOST | SIGN,
    ['@'] = SIGN,
    [':'] = SIGN,
    ['-'] = LOCAL | HOST,
    ['_'] = LOCAL | HOST,
    ['%'] = LOCAL,
    ['+'] = LOCAL,
    ['='] = LOCAL,
    ['&'] = LOCAL,
    ['~'] = LOCAL,
};

static bool
is_local(char c)
{
	return (byte_is[(unsigned char)c] & LOCAL) != 0;
}

static bool
is_host(char c)
{
	return (byte_is[(unsigned char)c] & HOST) != 0;
}

/* Top-level parts that make a bare name a host. */
static bool
is_top(const char *p, uint32_t n)
{
	static const char *const list[] = {"com", "net", "org", "edu", "gov",
	    "mil", "int", "info", "biz", "name", "mobi", "pro", "asia", "xyz",
	    "top", "club", "online", "site", "shop", "store", "vip", "app",
	    "dev", "live", "link", "work", "fun", "icu", "tech", "space"};

	if (n == 2)
		return is_alnum(p[0]) && p[0] > '9' && is_alnum(p[1]) &&
		       p[1] > '9';
	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (strlen(list[i]) == n && strncasecmp(list[i], p, n) == 0)
			return true;
	return false;
}

/* The host p[from..to) without dots and hyphens at its end; 0 no host. */
static uint32_t
host_stop(const char *p, uint32_t from, uint32_t to)
{
	uint32_t top;

	while (to > from && (!is_alnum(p[to - 1])))
		to--;
	for (top = to; top > from && is_alnum(p[top - 1]);)
		top--;
	return top > from + 1 && p[top - 1] == '.' && is_alnum(p[from]) &&
		       is_top(p + top, to - top)
		   ? to
		   : 0;
}

static void
add_schemed(struct view *v, uint32_t doc, enum layer layer, const char *scheme,
    const char *p, uint32_t from, uint32_t end)
{
	char *s =
	    arena_printf(v->a, "%s%.*s", scheme, (int)(end - from), p + from);

	add_link(v, doc, layer, (struct span){from, end}, s,
	    end - from + (uint32_t)strlen(scheme), NO_LINK);
}

static bool
www(const char *p, uint32_t n)
{
	return n > 4 && strncasecmp(p, "www.", 4) == 0;
}

/* The start of the word that the next sign from `at` on stands in or behind; n
   if there is none.  `at` is where one may begin. */
static uint32_t
next_word(const char *p, uint32_t at, uint32_t n)
{
	uint32_t i = at;

	while (i < n && !(byte_is[(unsigned char)p[i]] & SIGN))
		i++;
	if (i == n)
		return n;
	while (i > at && is_local(p[i - 1]))
		i--;
	return i;
}

/* Addresses, and hosts without a scheme and without a path. */
static void
add_bare(struct view *v, uint32_t doc, enum layer layer, const struct text *t)
{
	const char *p = t->p;
	uint32_t at = 0, n = t->len, to, end, i;
	bool dot;

	while (at < n) {
		at = next_word(p, at, n);
		if (at == n)
			break;
		if (!is_local(p[at])) {
			at++;
			continue;
		}
		/* What stands in a link with a scheme belongs to it. */
		for (to = at; to < n && is_alnum(p[to]);)
			to++;
		if (to > at && n - to > 3 && memcmp(p + to, "://", 3) == 0) {
			for (at = to; at < n && p[at] > ' ' &&
				      strchr("<>\"`{}[]", p[at]) == NULL;)
				at++;
			continue;
		}
		for (dot = false, to = at; to < n && is_local(p[to]); to++)
			dot |= p[to] == '.';
		if (!dot && (to == n || p[to] != '@')) {
			at = to;
			continue;
		}
		if (to < n && p[to] == '@') {
			for (i = to + 1; i < n && is_host(p[i]);)
				i++;
			end = host_stop(p, to + 1, i);
			if (end > 0)
				add_schemed(
				    v, doc, layer, "mailto:", p, at, end);
			at = i;
			continue;
		}
		for (i = at; i < to && is_host(p[i]);)
			i++;
		end = host_stop(p, at, i);
		if (end > 0 &&
		    (www(p + at, end - at) || at == 0 ||
			(p[at - 1] != '/' && p[at - 1] != '@' &&
			    (unsigned char)p[at - 1] < 0x80)) &&
		    (end == n || p[end] != '/') &&
		    (www(p + at, end - at) || i == n ||
			(unsigned char)p[i] < 0x80))
			add_schemed(v, doc, layer, "http://", p, at, end);
		at = to;
	}
}

static void
add_html_links(struct view *v, uint32_t doc, const struct html *h)
{
	for (uint32_t i = 0; i < h->nlink; i++)
		add_link(v, doc, LAYER_UTF8, h->link[i].value, h->link[i].url,
		    h->link[i].url_len, i);
}

void
view_add_links(struct view *v, uint32_t doc)
{
	const struct doc *d = &v->doc[doc];
	const struct text *t = view_shown(d);

	if (!d->raw)
		add_bare(v, doc, LAYER_SHOWN, t);
	add_text_links(v, doc, LAYER_SHOWN, t);
	if (d->html != NULL)
		add_html_links(v, doc, d->html);
}
