#include <string.h>
#include <strings.h>

#include "cuts.h"

/* A tag or a comment; of what a cut may take whole, never in part. */
struct mark {
	struct span at, name;
	bool end, comment;
};

struct marks {
	struct mark *v;
	uint32_t n, size;
};

static bool
is_letter(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* Behind the > of a tag, quoted values passed over. */
static uint32_t
tag_end(const char *p, uint32_t n, uint32_t i)
{
	char quote = 0;

	for (; i < n; i++) {
		if (quote != 0)
			quote = p[i] == quote ? 0 : quote;
		else if (p[i] == '>')
			return i + 1;
		else if ((p[i] == '"' || p[i] == '\'') && p[i - 1] == '=')
			quote = p[i];
	}
	return n;
}

static uint32_t
find(const char *p, uint32_t n, uint32_t i, const char *what)
{
	const char *hit = memmem(p + i, n - i, what, strlen(what));

	return hit != NULL ? (uint32_t)(hit - p) + (uint32_t)strlen(what) : n;
}

static bool
named(const char *p, struct span s, const char *name)
{
	return s.to - s.from == strlen(name) &&
	       strncasecmp(p + s.from, name, strlen(name)) == 0;
}

static struct mark
mark_at(const char *p, uint32_t n, uint32_t i)
{
	struct mark m = {.at = {i, i}};
	uint32_t k = i + 1;

	if (n - i > 3 && memcmp(p + i, "<!--", 4) == 0) {
		m.comment = true;
		m.at.to = find(p, n, i + 4, "-->");
		return m;
	}
	m.end = k < n && p[k] == '/';
	k += m.end;
	if (k >= n || !is_letter(p[k]))
		return m;
	m.name = (struct span){k, k};
	while (m.name.to < n && is_letter(p[m.name.to]))
		m.name.to++;
	m.at.to = tag_end(p, n, m.name.to);
	if (!m.end && named(p, m.name, "script"))
		m.at.to = find(p, n, m.at.to, "</script>");
	else if (!m.end && named(p, m.name, "style"))
		m.at.to = find(p, n, m.at.to, "</style>");
	return m;
}

static void
find_marks(struct marks *v, struct arena *a, const char *p, uint32_t n)
{
	for (uint32_t i = 0; i < n;) {
		struct mark m = {0};

		if (p[i] == '<')
			m = mark_at(p, n, i);
		if (m.at.to <= i) {
			i++;
			continue;
		}
		v->v = arena_more(a, v->v, v->n, &v->size, sizeof *v->v);
		v->v[v->n++] = m;
		i = m.at.to;
	}
}

static bool
same(const char *p, struct span a, const char *q, struct span b)
{
	return a.to - a.from == b.to - b.from &&
	       strncasecmp(p + a.from, q + b.from, a.to - a.from) == 0;
}

/* Is each mark of the result one of those before, in their order? */
static bool
check_marks(struct failure *f, const char *p, const struct marks *old,
    const char *q, const struct marks *new)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < new->n; i++) {
		while (k < old->n && !same(p, old->v[k].at, q, new->v[i].at))
			k++;
		if (k++ == old->n)
			return fail(f, "HTML: markup that was not there",
			    "%.*s", (int)(new->v[i].at.to - new->v[i].at.from),
			    q + new->v[i].at.from);
	}
	return true;
}

/* Those whose end tag may be left out, and those that have none: one that goes
   is not missed. */
static bool
may_be_open(const char *p, struct span name)
{
	static const char *const all[] = {"p", "li", "td", "th", "tr", "dt",
	    "dd", "tbody", "br", "img", "wbr", "hr", "input", "html", "head",
	    "body", "script", "style"};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (named(p, name, all[i]))
			return true;
	return false;
}

/* Start tags less end tags of a name. */
static int
balance(
    const char *p, const struct marks *v, const char *name_p, struct span name)
{
	int sum = 0;

	for (uint32_t i = 0; i < v->n; i++)
		if (!v->v[i].comment && same(p, v->v[i].name, name_p, name))
			sum += v->v[i].end ? -1 : 1;
	return sum;
}

static bool
check_balance(struct failure *f, const char *p, const struct marks *old,
    const char *q, const struct marks *new)
{
	for (uint32_t i = 0; i < old->n; i++) {
		struct span name = old->v[i].name;
		int was, is;

		if (old->v[i].comment || may_be_open(p, name))
			continue;
		was = balance(p, old, p, name);
		is = balance(q, new, p, name);
		if (was != is)
			return fail(f, "HTML: tags not balanced as before",
			    "<%.*s> %d, now %d", (int)(name.to - name.from),
			    p + name.from, was, is);
	}
	return true;
}

static bool
check_order(
    struct failure *f, const char *p, uint32_t n, const char *got, uint32_t len)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < len; i++) {
		while (k < n && p[k] != got[i])
			k++;
		if (k++ == n)
			return fail(f, "HTML: bytes that were not there",
			    "from %.40s", got + i);
	}
	return true;
}

bool
check_html(struct failure *f, struct arena *a, const struct known_text *t,
    const char *got, uint32_t len)
{
	struct marks old = {0}, new = {0};
	struct html h;

	html_render(&h, a, got, len);
	find_marks(&old, a, t->p, t->len);
	find_marks(&new, a, got, len);
	return check_loose(f, "HTML: other text is shown", t->shown->p,
		   t->shown->len, &t->cut, h.text.p, h.text.len) &&
	       check_order(f, t->p, t->len, got, len) &&
	       check_marks(f, t->p, &old, got, &new) &&
	       check_balance(f, t->p, &old, got, &new);
}
