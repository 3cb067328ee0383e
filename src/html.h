#ifndef HTML_H
#define HTML_H

#include "map.h"

/*
 * HTML -> visible text and links, with a map; a linear tokenizer, no tree
 * (FACTS: gumbo is quadratic, libxml2 loses positions).
 */

enum html_tag {
	HTML_OTHER,
	HTML_A,
	HTML_IMG,
	HTML_LI,
	HTML_DD, /* and <dt> */
	HTML_TR,
	HTML_TD,
	HTML_TH,
	HTML_P,
	HTML_DIV,
	HTML_SPAN,
	HTML_B,
	HTML_HEADING,
	HTML_PRE,
	HTML_CODE,
	HTML_QUOTE,
	HTML_LIST,
	HTML_TABLE,
	HTML_BODY,
	HTML_BR,
	HTML_HR,
};

/* An element, in order of its start tag.  An end tag that ends what began
   before the element it stands in is one too, not closed. */
struct html_elem {
	enum html_tag tag;
	bool closed;       /* its own end tag was found, or it is void */
	bool hidden;       /* display:none and the like, inherited too */
	uint8_t level;     /* of a heading: 1 to 6 */
	bool ends;         /* its start ended others, that had no end tag */
	uint32_t parent;   /* index, or UINT32_MAX */
	struct span whole; /* source: from < of the start to > of the end tag */
	struct span inner; /* source: between the tags */
	struct span shown; /* of html.text (empty for img, br, hidden ones) */
};

struct html_link {
	uint32_t elem;     /* index of the <a>, <img>, <area>, <form> … */
	struct span value; /* source: the attribute's value */
	const char *url;   /* entities decoded, blanks trimmed; arena */
	uint32_t url_len;
};

struct html {
	struct text text;   /* what a reader sees; map -> source */
	struct text hidden; /* what he does not see; map -> source */
	struct html_elem *elem;
	uint32_t nelem, elem_size;
	struct html_link *link;
	uint32_t nlink, link_size;
};

/* p[0..n) is valid UTF-8; sources start at 0.
   Text: character references decoded (numeric, named, without semicolon where
   HTML allows), runs of white space one blank (kept in <pre>), one line end at
   <br> and at the borders of blocks, an empty line round paragraphs and
   headings; a tab between table cells; `script style title template noscript?`
   give nothing; comments, doctype, CDATA and processing instructions nothing.
   Inserted characters are units with no source, except that white space that
   stands in the source maps to it and a <br> to its tag. */
void html_render(struct html *, struct arena *, const char *p, uint32_t n);

#endif
