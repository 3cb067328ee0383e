#include "lower_private.h"

/*
 * UTF-7 (RFC 2152): characters between + and - share digits, so what a cut
 * leaves of such a run is written anew; a run that loses all goes with its
 * marks; characters that stand for themselves stay as they are.
 */
struct utf7 {
	struct edits *out;
	struct arena *a;
	const char *p; /* content */
	const struct text *utf8;
	const struct edits *gone; /* of utf8, sorted and disjoint */
	uint32_t next;            /* the first of them not yet passed */
	bool open;                /* what was written ends in a run without - */
	bool cut;                 /* the edit that is being made, or none yet */
	struct span at;
	struct text put;
};

static bool
extends(char c)
{
	return decode_b64(c) != 0 || c == '-';
}

/* Content that goes, or gives way to n bytes.  What touches is one edit. */
static void
replace(struct utf7 *u, struct span s, const char *p, uint32_t n)
{
	if (u->cut && u->at.to != s.from) {
		lower_add(u->out, u->a, u->at, u->put.p, u->put.len);
		u->cut = false;
	}
	if (!u->cut) {
		u->at = (struct span){s.from, s.from};
		u->put = TEXT(u->a);
		u->cut = true;
	}
	u->at.to = s.to;
	text_copy(&u->put, p, n, 0);
}

/* What comes next begins with c: a run before it that ended by itself must
   not swallow it. */
static void
close_run(struct utf7 *u, uint32_t at, char c)
{
	if (u->open && extends(c))
		replace(u, (struct span){at, at}, "-", 1);
	u->open = false;
}

/* The next part of `all` of the text that stays, from *at on; or empty. */
static struct span
next_kept(struct utf7 *u, struct span all, uint32_t *at)
{
	const struct edits *g = u->gone;
	struct span s;

	while (u->next < g->n && g->v[u->next].span.to <= *at)
		u->next++;
	if (u->next < g->n && g->v[u->next].span.from <= *at)
		*at = g->v[u->next].span.to;
	if (*at >= all.to)
		return (struct span){all.to, all.to};
	while (u->next < g->n && g->v[u->next].span.to <= *at)
		u->next++;
	s = (struct span){*at, all.to};
	if (u->next < g->n && g->v[u->next].span.from < s.to)
		s.to = g->v[u->next].span.from;
	*at = s.to;
	return s;
}

/* Characters that stand for themselves: content and text byte for byte. */
static void
plain(struct utf7 *u, struct span content, struct span text)
{
	uint32_t at = text.from, done = text.from;

	for (;;) {
		struct span s = next_kept(u, text, &at);

		if (s.from > done)
			replace(u,
			    (struct span){content.from + done - text.from,
				content.from + s.from - text.from},
			    NULL, 0);
		if (s.from == s.to)
			break;
		close_run(
		    u, content.from + s.from - text.from, u->utf8->p[s.from]);
		done = s.to;
	}
}

/* `+-`, which stands for one +. */
static void
plus(struct utf7 *u, struct span content, struct span text)
{
	uint32_t at = text.from;
	struct span s = next_kept(u, text, &at);

	if (s.from == s.to)
		replace(u, content, NULL, 0);
	else
		close_run(u, content.from, '+');
}

/* UTF-16 of valid UTF-8, as digits without padding. */
static void
put_run(struct base64 *w, const char *p, uint32_t n)
{
	uint32_t cp, len;

	for (uint32_t i = 0; i < n; i += len) {
		uint32_t units[2], many = 1;

		len = decode_utf8(p + i, n - i, &cp);
		if (len == 0)
			break;
		units[0] = cp;
		if (cp > 0xffff) {
			units[0] = 0xd800 | (cp - 0x10000) >> 10;
			units[1] = 0xdc00 | (cp & 0x3ff);
			many = 2;
		}
		for (uint32_t k = 0; k < many; k++) {
			char b[2] = {(char)(units[k] >> 8), (char)units[k]};

			base64_put(w, b, 2);
		}
	}
}

/* The old bytes that the new ones begin and end with stay. */
static void
change(struct utf7 *u, struct span s, const char *p, uint32_t n)
{
	uint32_t end;

	while (n > 0 && s.from < s.to && u->p[s.from] == *p) {
		s.from++;
		p++;
		n--;
	}
	for (end = n; end > 0 && s.from < s.to && u->p[s.to - 1] == p[end - 1];
	     end--)
		s.to--;
	if (s.from < s.to || end > 0)
		replace(u, s, p, end);
}

static bool
touched(struct utf7 *u, struct span text)
{
	const struct edits *g = u->gone;

	while (u->next < g->n && g->v[u->next].span.to <= text.from)
		u->next++;
	return u->next < g->n && g->v[u->next].span.from < text.to;
}

/* What stays of a run that loses some of its text, or all. */
static void
cut_run(struct utf7 *u, struct span content, struct span text)
{
	struct base64 w = {.out = TEXT(u->a), .width = UINT32_MAX};
	uint32_t at = text.from, kept = 0;
	bool ended = u->p[content.to - 1] == '-';

	text_copy(&w.out, "+", 1, 0);
	for (;;) {
		struct span s = next_kept(u, text, &at);

		if (s.from == s.to)
			break;
		put_run(&w, u->utf8->p + s.from, s.to - s.from);
		kept += s.to - s.from;
	}
	if (kept == 0) {
		replace(u, content, NULL, 0);
		return;
	}
	close_run(u, content.from, '+');
	u->open = !ended;
	if (w.n > 0)
		base64_quantum(&w);
	while (w.out.p[w.out.len - 1] == '=')
		w.out.len--;
	text_copy(&w.out, "-", ended, 0);
	change(u, content, w.out.p, w.out.len);
}

/* A run with its marks. */
static void
run(struct utf7 *u, struct span content, struct span text)
{
	if (touched(u, text)) {
		cut_run(u, content, text);
		return;
	}
	close_run(u, content.from, '+');
	u->open = u->p[content.to - 1] != '-';
}

/* Where the direct characters, `+-`, or the run that starts at `at` ends. */
static uint32_t
stretch(const struct utf7 *u, uint32_t at, uint32_t n)
{
	uint32_t i = at;

	if (u->p[i] != '+') {
		while (i < n && u->p[i] != '+')
			i++;
		return i;
	}
	for (i++; i < n && decode_b64(u->p[i]) != 0;)
		i++;
	return i + (i < n && u->p[i] == '-');
}

void
lower_utf7(struct edits *out, struct arena *a, const struct doc *d,
    const struct edits *utf8)
{
	struct utf7 u = {.out = out,
	    .a = a,
	    .p = d->content.p,
	    .utf8 = &d->utf8,
	    .gone = utf8};
	uint32_t n = d->content.len;

	for (uint32_t at = 0, to; at < n; at = to) {
		struct span s, text;

		to = stretch(&u, at, n);
		s = (struct span){at, to};
		text = map_back(&d->utf8.map, s);
		if (u.p[at] != '+' || to - at == 1)
			plain(&u, s, text);
		else if (to - at == 2 && u.p[at + 1] == '-')
			plus(&u, s, text);
		else
			run(&u, s, text);
	}
	if (!u.cut)
		return;
	/* Not all readers take the end of the text for the end of a run. */
	if (u.open && u.at.to == n)
		replace(&u, (struct span){n, n}, "-", 1);
	lower_add(out, a, u.at, u.put.p, u.put.len);
}
