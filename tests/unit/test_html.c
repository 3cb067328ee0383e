#include "html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "limits.h"

static struct arena *arena;
static struct html html;
static const char *source;

static bool
is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* What must hold for any input. */
static void
check_text(const struct text *t, const char *p, uint32_t n)
{
	uint32_t end = 0;

	assert_int_equal(t->len, t->map.out_len);
	for (uint32_t i = 0; i < t->map.n; i++) {
		const struct run *r = &t->map.v[i];
		uint32_t to = i + 1 < t->map.n ? r[1].out : t->len;
		uint32_t count = (to - r->out) / r->ostep;

		assert_true(r->out < to && (to - r->out) % r->ostep == 0);
		assert_true(r->src >= end);
		end = r->src + count * r->sstep;
		assert_true(end <= n);
		for (uint32_t k = 0; k < count && r->ostep == 1; k++) {
			char c = t->p[r->out + k];

			if (r->sstep == 1 && c != p[r->src + k])
				assert_true(
				    is_white(c) && is_white(p[r->src + k]));
			if (r->sstep == 0)
				assert_true(is_white(c));
		}
	}
}

static void
check_elem(uint32_t i, uint32_t n)
{
	const struct html_elem *e = &html.elem[i];

	assert_true(e->parent == UINT32_MAX || e->parent < i);
	assert_true(e->whole.from < e->inner.from);
	assert_true(e->inner.from <= e->inner.to);
	assert_true(e->inner.to <= e->whole.to);
	assert_true(e->whole.to <= n);
	assert_int_equal(source[e->whole.from], '<');
	assert_true(e->shown.from <= e->shown.to);
	assert_true(e->shown.to <= html.text.len);
	if (e->hidden)
		assert_true(e->shown.from == e->shown.to);
	if (e->shown.from < e->shown.to) {
		struct span s = map_cover(&html.text.map, e->shown, NULL);

		assert_true(e->inner.from <= s.from);
		assert_true(s.to <= e->inner.to);
	}
}

static void
check_all(const char *p, uint32_t n)
{
	check_text(&html.text, p, n);
	check_text(&html.hidden, p, n);
	for (uint32_t i = 0; i < html.nelem; i++)
		check_elem(i, n);
	for (uint32_t i = 0; i < html.nlink; i++) {
		assert_true(html.link[i].elem < html.nelem);
		assert_true(html.link[i].value.from < html.link[i].value.to);
		assert_true(html.link[i].value.to <= n);
		assert_int_equal(
		    strlen(html.link[i].url), html.link[i].url_len);
	}
}

/* Rendered from a block of just that size, so that a read too far is seen. */
static void
render_bytes(const char *p, uint32_t n)
{
	static char *copy;

	arena_free(arena);
	arena = arena_new(1u << 30);
	assert_non_null(arena);
	free(copy);
	copy = malloc(n > 0 ? n : 1);
	assert_non_null(copy);
	memcpy(copy, p, n);
	source = copy;
	html_render(&html, arena, copy, n);
}

static void
render(const char *p)
{
	render_bytes(p, (uint32_t)strlen(p));
	check_all(source, (uint32_t)strlen(p));
}

static void
same(const char *p, uint32_t n, const char *want, const char *of)
{
	if (n != strlen(want) || (n > 0 && memcmp(p, want, n) != 0))
		fail_msg("%s\ngot  [%.*s]\nwant [%s]", of, (int)n,
		    n > 0 ? p : "", want);
}

static void
shows(const char *src, const char *want)
{
	render(src);
	same(html.text.p, html.text.len, want, src);
}

static void
hides(const char *src, const char *text, const char *hidden)
{
	shows(src, text);
	same(html.hidden.p, html.hidden.len, hidden, src);
}

struct pair {
	const char *src, *want;
};

#define LEN(v) (sizeof(v) / sizeof((v)[0]))

static void
all_show(const struct pair *v, size_t n)
{
	for (; n > 0; n--, v++)
		shows(v->src, v->want);
}

static void
white_space(void **state)
{
	static const struct pair v[] = {{"", ""}, {" \n\t ", ""},
	    {"  two \n\t words  ", "two words"}, {"a <b> b</b> c", "a b c"},
	    {"a<b> b </b>c", "a b c"}, {"a <!-- x --> b", "a b"},
	    {"a<br>b", "a\nb"}, {"a <br/> b", "a\nb"}, {"a</br>b", "a\nb"},
	    {"a<br><br>b", "a\n\nb"}, {"a<br><br><br> <br>b", "a\n\nb"},
	    {"<br>a<br>", "a"}, {"a<hr>b", "a\nb"},
	    {"<div>a</div><div>b</div>", "a\nb"},
	    {"a<div><div>b</div></div>c", "a\nb\nc"},
	    {"<p>a</p><p>b</p>", "a\n\nb"}, {"<p>a<br></p>b", "a\n\nb"},
	    {"<p>a<p>b", "a\n\nb"}, {"a</p>b", "a\n\nb"}, {"a</div>b", "ab"},
	    {"<h1>Top</h1>text", "Top\n\ntext"},
	    {"say <q>this</q>.", "say this."}, {"to<wbr>gether", "together"},
	    {"a\xC2\xA0 b&nbsp;&nbsp;c", "a\xC2\xA0 b\xC2\xA0\xC2\xA0"
					 "c"},
	    {"a&#32;&#10; b&Tab;c", "a b c"}, {"a\rb\fc\vd", "a b c\vd"},
	    {"x<span> </span>y", "x y"}, {"x<img src=i alt=words>y", "xy"},
	    {"<body>a</body>b", "ab"}};

	(void)state;
	all_show(v, LEN(v));
}

static void
kept_white_space(void **state)
{
	static const struct pair v[] = {
	    {"<pre>\n  a  b\n\tc</pre>", "  a  b\n\tc"},
	    {"<pre>a\r\nb\rc</pre>d", "a\nb\nc\nd"},
	    {"<pre>a\n\n\n\nb</pre>", "a\n\nb"},
	    {"<pre>a&#10;b&#32;&#32;c</pre>", "a\nb  c"},
	    {"<textarea>\n<b>x  y</b>&amp;</textarea>z", "<b>x  y</b>&z"},
	    {"<div style=white-space:pre>a  b\nc</div>d  e", "a  b\nc\nd e"},
	    {"<p style='white-space: Pre-Wrap'>a  b", "a  b"},
	    {"<p style='white-space:pre-line'>a  b", "a b"},
	    {"<pre>a  b<i style='white-space:normal'>c  d", "a  bc d"},
	    {"<xmp><b>&amp;  </xmp>", "<b>&amp;  "}};

	(void)state;
	all_show(v, LEN(v));
}

static void
tables_and_lists(void **state)
{
	static const struct pair v[] = {
	    {"<ul><li>a</li><li>b</li></ul>c", "a\nb\nc"},
	    {"<ul><li>a<li>b<ul><li>c</ul><li>d</ul>", "a\nb\nc\nd"},
	    {"<dl><dt>a<dd>b<dt>c</dl>", "a\nb\nc"},
	    {"<table><tr><td>a</td> <td>b</td></tr>\n<tr><th>c</th><td>d</td>"
	     "</tr></table>",
		"a\tb\nc\td"},
	    {"<table><tr><td>a<td>b<tr><td>c</table>d", "a\tb\nc\nd"},
	    {"<table><thead><tr><td>a<tbody><tr><td>b</table>", "a\nb"},
	    {"<table><td> a </td></td><td>b</tr><td>c", "a\tb\nc"},
	    {"<table><tr><td>a</td><td></td><td>b</table>", "a\tb"},
	    {"<table><caption>c</caption><tr><td>a</table>", "c\na"},
	    {"wo<td>rd</td>s", "words"}, /* no table: no cell */
	    {"<select><option>a<option>b</select>", "a\nb"}};

	(void)state;
	all_show(v, LEN(v));
}

static void
no_text(void **state)
{
	static const struct pair v[] = {{"a<!-- x > y -->b", "ab"},
	    {"a<!-->b", "ab"}, {"a<!--->b", "ab"}, {"a<!---->b", "ab"},
	    {"a<!-- x --!>b", "ab"}, {"a<!-- -- > -->b", "ab"},
	    {"a<!--[if mso]><p>x</p><![endif]-->b", "ab"},
	    {"a<![if !mso]>b<![endif]>c", "abc"}, {"<!DOCTYPE html>a", "a"},
	    {"a<![CDATA[ x ]]>b", "ab"}, {"a<?php x ?>b", "ab"},
	    {"a</>b</3>c</ d>e", "abce"}, {"a<!-- never ends", "a"},
	    {"a<b title='never ends>x", "a"}, {"a<b", "a"}, {"a<!x", "a"},
	    {"<script>if (a<b) '</p>'</script >x", "x"},
	    {"<SCRIPT>a</scriptx></Script\n>x", "x"},
	    {"<style>p{}</style><title>t</title>x", "x"},
	    {"<iframe><p>a</iframe><noembed>b</noembed>x", "x"},
	    {"a<script>b", "a"}, {"<noscript>seen</noscript>", "seen"},
	    /* text after all */
	    {"1 < 2 <3 <", "1 < 2 <3 <"}, {"a</", "a</"}, {"<<b>a</b>", "<a"},
	    {"a<b title='>' x=\">\" y= z>c", "ac"}, {"a<b =x/=y//>c", "ac"}};

	(void)state;
	all_show(v, LEN(v));
}

static void
references(void **state)
{
	static const struct pair v[] = {{"&amp;&lt;&gt;&quot;&apos;", "&<>\"'"},
	    {"&AMP &lt&gt &copy2 &eacute&nbsp", "& <> \xC2\xA9"
						"2 \xC3\xA9\xC2\xA0"},
	    {"&notit; &notin; &hellip", "\xC2\xACit; \xE2\x88\x89 &hellip"},
	    {"&lpar;&commat;&period;&Hat;", "(@.^"},
	    {"&bne;&nGt;", "=\xE2\x83\xA5\xE2\x89\xAB\xE2\x83\x92"},
	    {"&CounterClockwiseContourIntegral;&zwnj;",
		"\xE2\x88\xB3\xE2\x80\x8C"},
	    {"&AElig;&zzz;&Amp;&a;&;& &", "\xC3\x86&zzz;&Amp;&a;&;& &"},
	    {"&#65;&#x42;&#X43;&#68 &#x45g", "ABCD Eg"},
	    {"&#128;&#x92;&#x81;", "\xE2\x82\xAC\xE2\x80\x99\xC2\x81"},
	    {"&#0;&#xD800;&#x110000;&#99999999999999;",
		"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
	    {"&#x1F4F1;&#000000000065;", "\xF0\x9F\x93\xB1"
					 "A"},
	    {"&#;&#x;&#xg;&#", "&#;&#x;&#xg;&#"}};

	(void)state;
	all_show(v, LEN(v));
}

static uint32_t
place(const char *src, const char *part)
{
	const char *q = strstr(src, part);

	assert_non_null(q);
	return (uint32_t)(q - src);
}

/* The text `part` came just from the source `from`. */
static void
comes_from(const char *src, const char *part, const char *from)
{
	struct span s;
	uint32_t at;
	bool exact;
	char *text;

	render(src);
	text = arena_dup(arena, html.text.p, html.text.len);
	at = place(text, part);
	s = map_cover(&html.text.map,
	    (struct span){at, at + (uint32_t)strlen(part)}, &exact);
	assert_true(exact);
	same(src + s.from, s.to - s.from, from, src);
}

static void
maps(void **state)
{
	struct span s;

	(void)state;
	comes_from("<p>Hello, <b>all</b> of you", "all", "all");
	comes_from(
	    "<p>Hello, <b>all</b> of you", "Hello, all", "Hello, <b>all");
	comes_from("a &amp; b", "&", "&amp;");
	comes_from("a&eacute&#233;c", "\xC3\xA9\xC3\xA9", "&eacute&#233;");
	comes_from("one \n\t two", " ", " \n\t ");
	comes_from("one \n<b> two", " ", " \n");
	comes_from("one<br class=x>two", "\n", "<br class=x>");
	comes_from("one<br><br >two", "\n\n", "<br><br >");
	comes_from("<pre>one\r\ntwo", "\n", "\r\n");
	comes_from("<div>one</div>two", "\n", "");
	comes_from("<div>one</div>two", "one\ntwo", "one</div>two");
	comes_from("<table><td>one</td><td>two", "\t", "");
	comes_from("x < y", "<", "<");
	render("<p>one</p> <p>two &lt; three");
	s = map_back(&html.text.map, (struct span){14, 17});
	same(html.text.p + s.from, s.to - s.from, "two", "map_back");
}

static void
elem_is(uint32_t i, enum html_tag tag, bool closed, const char *whole,
    const char *shown)
{
	const struct html_elem *e = &html.elem[i];

	assert_true(i < html.nelem);
	assert_int_equal(e->tag, tag);
	same(source + e->whole.from, e->whole.to - e->whole.from, whole,
	    "whole");
	same(html.text.p + e->shown.from, e->shown.to - e->shown.from, shown,
	    "shown");
	assert_int_equal(e->closed, closed);
}

static void
elements(void **state)
{
	(void)state;
	render("<div>a <B>b </b> c</div>d");
	elem_is(0, HTML_DIV, true, "<div>a <B>b </b> c</div>", "a b c");
	elem_is(1, HTML_B, true, "<B>b </b>", "b");
	assert_int_equal(html.elem[0].parent, UINT32_MAX);
	assert_int_equal(html.elem[1].parent, 0);
	assert_int_equal(html.elem[1].inner.from, 10);
	assert_int_equal(html.elem[1].inner.to, 12);

	render("a <a href=x> b</a><img src=y><br>");
	elem_is(0, HTML_A, true, "<a href=x> b</a>", "b");
	elem_is(1, HTML_IMG, true, "<img src=y>", "");
	elem_is(2, HTML_BR, true, "<br>", "");

	render("<b>a<i>b</b>c</i>d");
	elem_is(0, HTML_B, true, "<b>a<i>b</b>", "ab");
	elem_is(1, HTML_OTHER, false, "<i>b", "b");

	render("<div><span>a</div>b</span>");
	elem_is(0, HTML_DIV, true, "<div><span>a</div>", "a");
	elem_is(1, HTML_SPAN, false, "<span>a", "a");

	render("<ul><li>a<p>b<li>c</ul><p>d<div>e");
	elem_is(0, HTML_LIST, true, "<ul><li>a<p>b<li>c</ul>", "a\n\nb\n\nc");
	elem_is(1, HTML_LI, true, "<li>a<p>b", "a\n\nb");
	elem_is(2, HTML_P, true, "<p>b", "b");
	elem_is(3, HTML_LI, true, "<li>c", "c");
	elem_is(4, HTML_P, true, "<p>d", "d");
	elem_is(5, HTML_DIV, false, "<div>e", "e");

	render("<table><tr><td>a<td><table><td>b</table>c</table>");
	elem_is(0, HTML_TABLE, true,
	    "<table><tr><td>a<td><table><td>b</table>c</table>", "a\nb\nc");
	elem_is(
	    1, HTML_TR, true, "<tr><td>a<td><table><td>b</table>c", "a\nb\nc");
	elem_is(3, HTML_TD, true, "<td><table><td>b</table>c", "b\nc");
	elem_is(4, HTML_TABLE, true, "<table><td>b</table>", "b");

	render("<script>a</script><x-y>b</X-Y>");
	elem_is(0, HTML_OTHER, true, "<script>a</script>", "");
	elem_is(1, HTML_OTHER, true, "<x-y>b</X-Y>", "b");
}

/* Where tags are crossed, we do as browsers do. */
static void
misnested(void **state)
{
	(void)state;
	render("<b>a<p>b</b>c</p>d"); /* no line end at </b> */
	same(html.text.p, html.text.len, "a\n\nbc\n\nd", "adoption");
	elem_is(0, HTML_B, false, "<b>a<p>b", "a\n\nb");
	elem_is(1, HTML_P, true, "<p>b</b>c</p>", "bc");

	render("<div>a<table><td>b</div>c</table>d</div>");
	elem_is(0, HTML_DIV, true, "<div>a<table><td>b</div>c</table>d</div>",
	    "a\nbc\nd");

	render("<a href=1>x<a href=2>y</a>");
	elem_is(0, HTML_A, false, "<a href=1>x", "x");
	elem_is(1, HTML_A, true, "<a href=2>y</a>", "y");

	render("<h2>a</h3>b");
	elem_is(0, HTML_HEADING, true, "<h2>a</h3>", "a");
	hides("<h2 hidden>a<h2>b", "b", "a");
	hides("<b style=display:none>a<p>b</b>c", "c", "a\n\nb");
	hides("<b><p hidden>a</b>b</p>c", "c", "ab");
	hides("<table hidden>a<tr><td>b</table>c", "ac", "b");
	hides("<table hidden><tr><b>a</b><td>b", "a", "b");
	hides("<td style=display:none>a", "a", "");
	hides("<table><td><span hidden><td>a", "a", "");
	hides("<table hidden><table>a", "a", "");
}

static void
try_style(const char *style, bool gone)
{
	char s[200];

	snprintf(s, sizeof s, "a<span style=\"%s\">b</span>c", style);
	hides(s, gone ? "ac" : "abc", gone ? "b" : "");
	assert_int_equal(html.elem[0].hidden, gone);
}

static void
hidden(void **state)
{
	static const char *const gone[] = {"display:none",
	    "x:y; DISPLAY : None !important ;", "visibility:hidden",
	    "font-size:0", "font-size:0px", "font-size: 0.0em", "opacity:0",
	    "mso-hide:all", "max-height:0px;overflow:hidden",
	    "color:#FFF;background-color: #fff", "background:white;color:white",
	    "display&colon;none", "font-family:&quot;x;y&quot;;display:none"};
	static const char *const seen[] = {"font-size:0.9em", "font-size:10px",
	    "font-size:05px", "opacity:0.5", "max-height:0", "overflow:hidden",
	    "color:#fff;background:#000", "color:inherit;background:inherit",
	    "display:none;display:inline", "displaynone", "display:none-such",
	    ":;;:none"};

	(void)state;
	for (size_t i = 0; i < LEN(gone); i++)
		try_style(gone[i], true);
	for (size_t i = 0; i < LEN(seen); i++)
		try_style(seen[i], false);
	hides("a<i hidden>b</i>c", "ac", "b");
	hides("a<i hidden=x style=display:block>b</i>c", "abc", "");
	hides(
	    "a <div hidden>b<p>c</div> d<i hidden>e</i>", "a d", "b\n\nc\n\ne");
	assert_true(html.elem[1].hidden);
	hides("a<div style=font-size:0>b</div>c", "a\nc", "b");
	hides("a<template>b</template>c<datalist><option>d</datalist>", "ac",
	    "b\nd");
	comes_from("a<i hidden>b</i> c", "a c", "a<i hidden>b</i> c");
	hides("<p style=display:none style=x>a", "", "a");
}

/* A cell of font-size:0 holds whole newsletters: what is in it may show. */
static void
hidden_cured(void **state)
{
	(void)state;
	hides("<table><td style=font-size:0>a<div style=font-size:13px>b</div>"
	      "c</table>",
	    "b", "a\nc");
	elem_is(1, HTML_TD, true,
	    "<td style=font-size:0>a<div style=font-size:13px>b</div>c", "b");
	assert_false(html.elem[1].hidden);
	hides("<p style=font-size:0>a<b style=font-size:2em>b", "", "ab");
	hides("<p style=font-size:0>a<b style=font-size:1rem>b", "b", "a");
	hides("<p style=font-size:0>a<b style=font-size:larger>b", "", "ab");
	hides("<p style=font-size:0>a<b style=font-size:small>b", "b", "a");
	hides("<p style=visibility:hidden>a<b style=visibility:visible>b", "b",
	    "a");
	hides("<p style=display:none>a<b style=display:block>b", "", "ab");
	hides("<p style=color:red;background:red>a<b style=color:blue>b", "b",
	    "a");
}

static void
link_is(uint32_t i, uint32_t elem, const char *url, const char *value)
{
	assert_true(i < html.nlink);
	assert_int_equal(html.link[i].elem, elem);
	assert_string_equal(html.link[i].url, url);
	same(source + html.link[i].value.from,
	    html.link[i].value.to - html.link[i].value.from, value, "value");
}

static void
links(void **state)
{
	char *many;
	size_t n = LIMIT_LINKS + 10;

	(void)state;
	render("<a href=\"https://a.example/?x=1&amp;y=2&copy=3\">x</a>"
	       "<IMG alt='>' SRC=' b.png\n'><area href=c><form action='d'>"
	       "<td background=e><table background=f><link href=g><a name=h>"
	       "<a href>x<a href=''><a href=1 href=2><base href=z>");
	assert_int_equal(html.nlink, 6);
	link_is(0, 0, "https://a.example/?x=1&y=2&copy=3",
	    "https://a.example/?x=1&amp;y=2&copy=3");
	link_is(1, 1, "b.png", " b.png\n");
	link_is(2, 2, "c", "c");
	link_is(3, 3, "d", "d");
	link_is(4, 5, "f", "f");
	assert_string_equal(html.link[5].url, "1");
	render("<a href='\x01 ht&#9;tp:\n//x&#46;y/ &NewLine;'>");
	link_is(0, 0, "http://x.y/", "\x01 ht&#9;tp:\n//x&#46;y/ &NewLine;");
	render("<a href=x/y?a=b/>z");
	link_is(0, 0, "x/y?a=b/", "x/y?a=b/");
	render("<a href='&nGt;&nGt;&nGt;'>z");
	assert_int_equal(html.link[0].url_len, 18);

	many = malloc(n * 10);
	assert_non_null(many);
	for (size_t i = 0; i < n; i++)
		memcpy(many + i * 10, "<a href=x>", 10);
	render_bytes(many, (uint32_t)n * 10);
	assert_int_equal(html.nlink, LIMIT_LINKS);
	assert_int_equal(html.nelem, n);
	free(many);
}

static void
depth(void **state)
{
	char s[8192] = "";
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 600; i++)
		n += (size_t)sprintf(s + n, "<b>");
	n += (size_t)sprintf(s + n, "x");
	for (int i = 0; i < 599; i++)
		n += (size_t)sprintf(s + n, "</b>");
	n += (size_t)sprintf(s + n, "<p>y</p>");
	render_bytes(s, (uint32_t)n);
	check_all(source, (uint32_t)n);
	assert_int_equal(html.nelem, 601);
	assert_false(html.elem[0].closed); /* the end tag that is missing */
	assert_true(html.elem[1].closed);
	assert_true(html.elem[LIMIT_HTML_DEPTH - 1].closed);
	assert_false(html.elem[LIMIT_HTML_DEPTH].closed);
	assert_true(html.elem[600].closed);
	same(html.text.p, html.text.len, "x\n\ny", "deep");
}

static void
odd_bytes(void **state)
{
	static const char s[] = "a\0b<p\0q>c\x01&#0\0</p\0q><b title=\0>d";

	(void)state;
	render_bytes(s, sizeof s - 1);
	check_text(&html.text, source, sizeof s - 1);
	assert_int_equal(html.text.len, 10);
	assert_memory_equal(
	    html.text.p, "a\0bc\x01\xEF\xBF\xBD\0d", html.text.len);
}

/* Cut off anywhere, it is read to its end and no further. */
static void
prefixes(void **state)
{
	static const char s[] =
	    "<!DOCTYPE html><html><head><title>A &amp; B</title><style>p{}"
	    "</style></head><body bgcolor=\"#fff\"><!-- c --!><p class='x' "
	    "hidden style=\"font-size:0;display&colon;none\">one <b>two</p>"
	    "three</b>&nbsp;&eacut&eacute&#x1F4F1;&#169<br/><table><tr><td>"
	    "4<td style=color:red;background:red>5</table><a href = "
	    "'http&#58;//x.example/?a&amp;b' >six</a><img src=q.png alt>"
	    "<script>x<!--</scr</script><![CDATA[y]]><?z?></ ><</q><textarea>"
	    "\r\n t </textarea><pre>\n a\r\n\r\nb </pre><ul><li>c<li>d</ul>"
	    "<a><i><div></a></i></div><x:y z></x:y></body></html>\xC3\xA9";

	(void)state;
	for (uint32_t n = 0; n < sizeof s; n++) {
		render_bytes(s, n);
		check_all(source, n);
	}
}

/* Pieces in any order: only what must always hold is asked. */
static void
shuffled(void **state)
{
	static const char *const piece[] = {"<b>", "</b>", "<i hidden>", "</i>",
	    "<p>", "</p>", "<div style=display:none>", "</div>", "<table>",
	    "</table>", "<tr>", "</tr>", "<td>", "</td>", "<ul>", "</ul>",
	    "<li>", "</li>", "<a href=u>", "</a>", "<pre>", "</pre>", "<br>",
	    "<span style=font-size:0>", "<span style=font-size:9px>", "</span>",
	    "<h1>", "</h2>", "<q1>", "</q1>", "<q2>", "</q2>", "<template>",
	    "</template>", "<dd>", "<font>", "</font>", " w ", "x", "&lt;",
	    "\n\n", "<!---->", "<textarea> <", "</textarea>"};
	uint32_t seed = 1;
	char s[2000];

	(void)state;
	for (int round = 0; round < 3000; round++) {
		size_t n = 0, len;

		for (int i = 0; i < 40; i++) {
			const char *w;

			seed = seed * 1664525u + 1013904223u;
			w = piece[(seed >> 16) % LEN(piece)];
			len = strlen(w);
			memcpy(s + n, w, len);
			n += len;
		}
		render_bytes(s, (uint32_t)n);
		check_all(source, (uint32_t)n);
	}
}

static double
seconds(const char *p, uint32_t n)
{
	struct timespec a, b;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	render_bytes(p, n);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	return (double)(b.tv_sec - a.tv_sec) +
	       (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

static void
fill(char *to, uint32_t n, const char *unit)
{
	size_t len = strlen(unit);

	for (uint32_t i = 0; i < n; i++)
		to[i] = unit[i % len];
}

/* Four times the input may take about four times as long; a quadratic reader
   takes sixteen.  And no more memory than a fixed multiple. */
static void
linear(void **state)
{
	/* what stands first ~ what is repeated */
	static const char *const v[] = {"~<", "~&", "~&a", "~&#", "~<!--",
	    "<!--~>", "<!--~--", "<script>~</scrip ", "~<script>", "~<b>",
	    "~<a><b><i>", "~<div>", "~<table><td>", "~</p>", "~<a href='",
	    "<a ~x=y ", "<a ~=", "<a style='~color:red;", "~<p style='&amp;'>",
	    "~<b><p></b>", "~<i><b></i>", "~a \n", "~<q1></q2><q3></q1>",
	    "~<span><span></b></i></p>"};
	enum { N = 100000 };
	char *p = malloc(4 * N + 100);

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < LEN(v); i++) {
		uint32_t head = (uint32_t)strcspn(v[i], "~");
		double one, four;

		memcpy(p, v[i], head);
		fill(p + head, 4 * N, v[i] + head + 1);
		one = seconds(p, head + N);
		four = seconds(p, head + 4 * N);
		check_all(source, head + 4 * N);
		assert_true(arena_used(arena) < 100u * N * 4);
		if (four > 10 * one + 0.05)
			fail_msg("%s: %.3f s, then %.3f s", v[i], one, four);
	}
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(white_space),
	    cmocka_unit_test(kept_white_space),
	    cmocka_unit_test(tables_and_lists),
	    cmocka_unit_test(no_text),
	    cmocka_unit_test(references),
	    cmocka_unit_test(maps),
	    cmocka_unit_test(elements),
	    cmocka_unit_test(misnested),
	    cmocka_unit_test(hidden),
	    cmocka_unit_test(hidden_cured),
	    cmocka_unit_test(links),
	    cmocka_unit_test(depth),
	    cmocka_unit_test(odd_bytes),
	    cmocka_unit_test(prefixes),
	    cmocka_unit_test(shuffled),
	    cmocka_unit_test(linear),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	render_bytes("", 0);
	arena_free(arena);
	return failed;
}
