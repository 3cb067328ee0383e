#ifndef HTML_STYLE_H
#define HTML_STYLE_H

/*
 * What a style attribute says on whether text is seen, and whether its white
 * space counts.  For html.c alone.
 */

#include "html_tags.h"

enum {
	GONE = 1 << 0,   /* takes no room */
	FAINT = 1 << 1,  /* these take room, but show nothing */
	UNSEEN = 1 << 2, /* visibility */
	TINY = 1 << 3,   /* font-size:0 */
	BLEND = 1 << 4,  /* written in the colour of its background */
	OUTLOOK = 1 << 5,
	PRE = 1 << 6,
	FLAT = 1 << 7, /* FLAT and CLIP together are FAINT */
	CLIP = 1 << 8,
	UNREAD = GONE | FAINT | UNSEEN | TINY | BLEND | OUTLOOK,
	/* what an element inside can undo: whole newsletters stand in cells
	   of font-size:0 that keep gaps between pictures away */
	CURABLE = UNSEEN | TINY | BLEND | PRE,
};

static const struct {
	char prop[12], value[13]; /* value "0": any zero length */
	uint16_t bit;
} styles[] = {
    {"display", "none", GONE},
    {"visibility", "hidden", UNSEEN},
    {"visibility", "collapse", UNSEEN},
    {"font-size", "0", TINY},
    {"opacity", "0", FAINT},
    {"mso-hide", "all", OUTLOOK},
    {"max-height", "0", FLAT},
    {"height", "0", FLAT},
    {"overflow", "hidden", CLIP},
    {"overflow-y", "hidden", CLIP},
    {"white-space", "pre", PRE},
    {"white-space", "pre-wrap", PRE},
    {"white-space", "break-spaces", PRE},
};

/* What one element says of itself. */
struct look {
	uint16_t own;  /* these hold */
	uint16_t seen; /* these were named at all: holding or not */
};

static uint16_t
inherit(uint16_t parent, struct look k)
{
	return (parent & ~(k.seen & CURABLE)) | k.own;
}

static struct bytes
trim(const char *p, const char *end)
{
	while (p < end && (uint8_t)*p <= ' ')
		p++;
	while (p < end && (uint8_t)end[-1] <= ' ')
		end--;
	return (struct bytes){p, (uint32_t)(end - p)};
}

static bool
is_zero(struct bytes v)
{
	uint32_t at = 0;

	while (at < v.n && (v.p[at] == '0' || v.p[at] == '.'))
		at++;
	return at > 0 && (at == v.n || !is_digit(v.p[at]));
}

/* A font size that is a part of the outer one: no cure for a zero. */
static bool
is_relative(struct bytes v)
{
	char last = v.n > 0 ? v.p[v.n - 1] | 32 : 'r';

	if (v.n < 2 || !(is_digit(v.p[0]) || v.p[0] == '.'))
		return last == 'r' || last == 't'; /* larger, inherit */
	return last == '%' || (last == 'm' && (v.p[v.n - 2] | 32) == 'e' &&
				  !(v.n > 2 && (v.p[v.n - 3] | 32) == 'r'));
}

static void
read_property(struct look *k, struct bytes name, struct bytes v)
{
	uint16_t seen = 0, hit = 0;

	for (size_t i = 0; i < sizeof styles / sizeof styles[0]; i++) {
		bool zero = styles[i].value[0] == '0';

		if (!is_word(name, styles[i].prop))
			continue;
		if (zero ? is_zero(v) : is_word(v, styles[i].value))
			hit |= styles[i].bit;
		else if (styles[i].bit == TINY && is_relative(v))
			continue;
		seen |= styles[i].bit;
	}
	k->own = (k->own & ~seen) | hit;
	k->seen |= seen;
}

/* The last word on each property counts; a colour needs both to be known. */
static void
read_style(struct look *k, struct bytes css)
{
	const char *p = css.p, *end = css.p + css.n, *semi, *colon, *bang;
	struct bytes ink = {0}, paper = {0}, name, v;

	for (; p < end; p = semi < end ? semi + 1 : end) {
		if ((semi = memchr(p, ';', (size_t)(end - p))) == NULL)
			semi = end;
		if ((colon = memchr(p, ':', (size_t)(semi - p))) == NULL)
			continue;
		bang = memchr(colon, '!', (size_t)(semi - colon));
		name = trim(p, colon);
		v = trim(colon + 1, bang != NULL ? bang : semi);
		if (is_word(name, "color"))
			ink = v;
		else if (is_word(name, "background") ||
			 is_word(name, "background-color"))
			paper = v;
		else
			read_property(k, name, v);
	}
	if (ink.n > 0 || paper.n > 0)
		k->seen |= BLEND;
	if (ink.n > 0 && ink.n == paper.n && !is_word(ink, "inherit") &&
	    strncasecmp(ink.p, paper.p, ink.n) == 0)
		k->own |= BLEND;
	if ((k->own & FLAT) != 0 && (k->own & CLIP) != 0)
		k->own |= FAINT;
	k->own &= (uint16_t) ~(FLAT | CLIP);
}

#endif
