#include <string.h>

#include "cuts.h"

/* ---- plain text ---- */

static void
gen_words(
    struct gen *g, struct buf *out, const struct charset *c, uint32_t most)
{
	for (uint32_t i = 0; i == 0 || (i < most && chance(g->d, 80)); i++) {
		const char *w = charset_word(g->d, c);

		if (i > 0 && (charset_spaced(w) || chance(g->d, 10)))
			buf_puts(out, chance(g->d, 3) ? "  " : " ");
		buf_puts(out, w);
	}
}

static void
plain_line(struct gen *g, struct buf *out, const struct charset *c)
{
	static const char *const lead[] = {"", "", "", "", "- ", "* ", "1. ",
	    "# ", "> ", "    ", "\t", "![](https://example.org/a.png) ", "| "};
	static const char *const tail[] = {"", "", "", "", "",
	    " [more](https://example.org/a?b=c&d=e)", " **", "!", " `x = 1`",
	    " https://example.org/", " |", " ", " =3D", " = ", "=", "."};

	buf_puts(out, lead[draw(g->d, sizeof lead / sizeof *lead)]);
	gen_words(g, out, c, 14);
	buf_puts(out, tail[draw(g->d, sizeof tail / sizeof *tail)]);
}

void
gen_plain(struct gen *g, struct buf *out, const struct charset *c, bool flowed)
{
	for (int i = 0; i < 40 && chance(g->d, i == 0 ? 97 : 80); i++) {
		if (i > 0)
			buf_puts(out, gen_eol(g));
		if (chance(g->d, 15))
			buf_puts(out, chance(g->d, 10) ? "-- " : "");
		else
			plain_line(g, out, c);
		if (flowed && chance(g->d, 60))
			buf_puts(out, " ");
	}
	if (chance(g->d, 60))
		buf_puts(out, gen_eol(g));
}

/* ---- HTML ---- */

static void
entity(struct gen *g, struct buf *out)
{
	static const char *const all[] = {"&amp;", "&lt;", "&gt;", "&nbsp;",
	    "&eacute;", "&#20250;", "&#x8bae;", "&#x1F600;", "&copy",
	    "&hellip;", "&quot;", "&#32;", "&zwj;", "&amp;lt;"};

	buf_puts(out, all[draw(g->d, sizeof all / sizeof *all)]);
}

static void
html_words(struct gen *g, struct buf *out, const struct charset *c)
{
	gen_words(g, out, c, 8);
	if (chance(g->d, 12))
		entity(g, out);
	if (chance(g->d, 4))
		buf_puts(out, chance(g->d, 50) ? " a < b" : " x & y");
	if (chance(g->d, 6))
		buf_puts(out, "<!-- <b> a comment -->");
	if (chance(g->d, 10))
		buf_puts(out, gen_eol(g));
}

/* Inline elements, each with its end tag. */
static const char *const inlines[][2] = {{"<b>", "</b>"}, {"<i>", "</i>"},
    {"<span style=\"color: red\">", "</span>"},
    {"<a href=\"https://example.org/?a=1&amp;b=2\">", "</a>"},
    {"<font title='a > b' size=2>", "</font>"}, {"<code>", "</code>"},
    {"<span style='display:none'>", "</span>"}, {"<EM\n CLASS=x >", "</EM >"},
    {"<u title=\"</u>\">", "</u>"}};
static const char *const voids[] = {"<br>", "<br />",
    "<img src=\"https://example.org/a.png\" alt=\"a > b\">",
    "<img src=cid:x />", "<wbr>", "<input type=hidden value=1>"};

static void
html_inline(struct gen *g, struct buf *out, const struct charset *c, int depth)
{
	for (int i = 0; i == 0 || (i < 6 && chance(g->d, 50)); i++) {
		if (chance(g->d, 15))
			buf_puts(out,
			    voids[draw(g->d, sizeof voids / sizeof *voids)]);
		if (i > 0 && chance(g->d, 70))
			buf_puts(out, " ");
		if (depth < 4 && chance(g->d, 30)) {
			const char *const *t = inlines[draw(
			    g->d, sizeof inlines / sizeof *inlines)];

			buf_puts(out, t[0]);
			html_inline(g, out, c, depth + 1);
			if (!chance(g->d, 2))
				buf_puts(out, t[1]);
		} else {
			html_words(g, out, c);
		}
	}
}

/* %: something inline. */
static const char *const blocks[] = {"<p>%</p>", "<div>%</div>", "%<br>",
    "<p>%", "<h2>%</h2>", "<ul><li>%</li><li>%</li></ul>",
    "<ol><li>%<li>%</ol>",
    "<table><tr><td>%</td><td>%</td></tr><tr><td>%</td></tr></table>",
    "<table border=1><tbody><tr><th>%<td>%<tr><td>%</table>",
    "<blockquote>%</blockquote>", "<pre>\n%\n  %</pre>", "<hr>%",
    "<div style=\"display: none\">%</div>", "<div><div><p>%</p>%</div></div>",
    "<script>if (a < b) \"<p>\";</script>%", "<style>p > b {}</style>%",
    "<center>%</center><!-- > -->", "<dl><dt>%<dd>%</dl>",
    "<p><a href=https://example.org/x><img src=a.gif></a>%</p>"};

static void
html_block(struct gen *g, struct buf *out, const struct charset *c)
{
	const char *s = blocks[draw(g->d, sizeof blocks / sizeof *blocks)];

	for (; *s != '\0'; s++) {
		if (*s == '%')
			html_inline(g, out, c, 0);
		else if (*s == '\n')
			buf_puts(out, gen_eol(g));
		else
			buf_put(out, s, 1);
	}
}

void
gen_html(struct gen *g, struct buf *out, const struct charset *c)
{
	bool whole = chance(g->d, 60);

	if (whole) {
		buf_puts(out, "<!DOCTYPE html><html><head><title>x</title>"
			      "</head><body>");
		buf_puts(out, gen_eol(g));
	}
	for (int i = 0; i < 12 && chance(g->d, i == 0 ? 97 : 70); i++) {
		html_block(g, out, c);
		if (chance(g->d, 70))
			buf_puts(out, gen_eol(g));
	}
	if (whole)
		buf_puts(out, "</body></html>");
	if (chance(g->d, 50))
		buf_puts(out, gen_eol(g));
}
