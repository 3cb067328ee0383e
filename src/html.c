#include "html.h"

#include <string.h>

#include "html_refs.h"
#include "html_style.h"
#include "limits.h"

/*
 * One pass, and nothing in it looks back further than a constant: the end of a
 * comment or tag is searched once, an end tag finds its start tag by a chain
 * of open elements with the same name, white space is held back until a
 * visible character comes and decides whether it is a blank or a line end.
 */

/* ---- state --------------------------------------------------------------- */

enum { NBUCKETS = 64, NKEYS = NKINDS + NBUCKETS };

/* White space that waits for the next visible character. */
struct gap {
	bool any, tab, blank;
	uint8_t lines;       /* line ends; 2: an empty line */
	struct span line[2]; /* their sources */
	struct span at;      /* of the blank */
	uint32_t tab_at;
};

struct out {
	struct text *text;
	struct gap gap;
};

struct open {
	uint32_t elem, key;
	const struct kind *kind;
	struct look look;
	uint16_t style;     /* with what is inherited */
	uint16_t inside;    /* of its text: not its own in a table */
	uint16_t same, kin; /* stack: next outer one of its name, its group */
	uint16_t fence, grid, line; /* the innermost such, maybe itself */
	uint16_t stop; /* the innermost that keeps <li> from closing <li> */
	bool dead;     /* its end tag came while a later block was open */
};

struct render {
	struct html *h;
	struct arena *a;
	struct bytes in;
	struct out vis, hid, *out;
	uint32_t depth; /* index of the innermost open element; 0: none */
	uint32_t fresh; /* from here up: opened since the last visible byte */
	bool deep;      /* some elements did not fit on the stack: */
	uint32_t over[NKEYS];    /* so many, by name */
	uint16_t last[NKEYS];    /* innermost open one of a name */
	uint16_t group[NGROUPS]; /* … of a group */
	char *scratch;
	size_t scratch_size;
	struct open stack[LIMIT_HTML_DEPTH + 1];
};

/* ---- values of attributes ------------------------------------------------ */

/* An attribute's value as it is meant; good until the next call. */
static struct bytes
decode_value(struct render *r, struct span v)
{
	struct bytes b = {r->in.p + v.from, v.to - v.from};
	uint32_t at = v.from, amp, len;
	size_t need = (size_t)b.n * 2 + 8; /* &nGt; gives 6 bytes for 5 */
	struct ref ref;
	char *to;

	if (find(r->in.p, v.from, v.to, '&') == v.to)
		return b;
	if (r->scratch_size < need) {
		r->scratch = arena_alloc(r->a, need * 2);
		r->scratch_size = need * 2;
	}
	for (to = r->scratch; at < v.to; at = amp + len) {
		amp = find(r->in.p, at, v.to, '&');
		memcpy(to, r->in.p + at, amp - at);
		to += amp - at;
		ref = (struct ref){0};
		len = amp < v.to
			  ? reference(r->in.p + amp, v.to - amp, true, &ref)
			  : 0;
		if (len == 0 && amp < v.to) {
			ref = (struct ref){1, "&"};
			len = 1;
		}
		memcpy(to, ref.utf8, sizeof ref.utf8);
		to += ref.n;
	}
	return (struct bytes){r->scratch, (uint32_t)(to - r->scratch)};
}

static struct look
look_of(struct render *r, const struct tag *t)
{
	struct look k = {0};

	if ((t->has & 1u << HIDDEN) != 0 || (t->kind->flags & INERT) != 0)
		k.own |= GONE;
	if ((t->kind->flags & KEEP) != 0)
		k.own |= PRE;
	if ((t->has & 1u << STYLE) != 0)
		read_style(&k, decode_value(r, t->attr[STYLE]));
	return k;
}

/* ---- text ---------------------------------------------------------------- */

static void
fill_gap(struct out *o)
{
	const struct gap *g = &o->gap;
	struct text *t = o->text;

	if (t->len == 0)
		; /* nothing stands before it */
	else if (g->lines > 0)
		for (int i = 0; i < g->lines; i++)
			text_unit(t, "\n", 1, g->line[i].from,
			    g->line[i].to - g->line[i].from);
	else if (g->tab)
		text_unit(t, "\t", 1, g->tab_at, 0);
	else if (g->blank)
		text_unit(t, " ", 1, g->at.from, g->at.to - g->at.from);
	o->gap = (struct gap){0};
}

/* The elements opened since the last visible byte begin to show here. */
static void
wake(struct render *r)
{
	for (; r->fresh <= r->depth; r->fresh++) {
		const struct open *o = &r->stack[r->fresh];
		struct html_elem *e = &r->h->elem[o->elem];

		if (o->dead)
			continue;
		e->hidden = false;
		e->shown.from = r->vis.text->len;
	}
}

/* Where the next visible character goes. */
static struct text *
speak(struct render *r)
{
	if (r->out->gap.any)
		fill_gap(r->out);
	if (r->out == &r->vis && r->fresh <= r->depth)
		wake(r);
	return r->out->text;
}

static void
want_blank(struct out *o, struct span s)
{
	struct gap *g = &o->gap;

	if (g->blank && g->at.to == s.from)
		g->at.to = s.to;
	else if (!g->blank)
		g->at = s;
	g->any = g->blank = true;
}

static void
want_line(struct out *o, struct span s)
{
	struct gap *g = &o->gap;

	if (g->lines < 2)
		g->line[g->lines++] = s;
	g->any = true;
}

static void
want_lines(struct out *o, int lines, uint32_t at)
{
	while (o->gap.lines < lines)
		want_line(o, (struct span){at, at});
}

static void
want_tab(struct out *o, uint32_t at)
{
	if (!o->gap.tab)
		o->gap.tab_at = at;
	o->gap.any = o->gap.tab = true;
}

/* White space in [at, to); the offset behind it. */
static uint32_t
white(struct render *r, uint32_t at, uint32_t to)
{
	uint32_t end;

	if ((r->stack[r->depth].inside & PRE) == 0) {
		end = skip(r->in.p, at, to, C_WHITE);
		want_blank(r->out, (struct span){at, end});
		return end;
	}
	end = at + 1;
	if (r->in.p[at] == '\r' && end < to && r->in.p[end] == '\n')
		end++;
	want_line(r->out, (struct span){at, end});
	return end;
}

static uint32_t
refer(struct render *r, uint32_t at, uint32_t to)
{
	bool pre = (r->stack[r->depth].inside & PRE) != 0;
	struct ref ref;
	uint32_t n = reference(r->in.p + at, to - at, false, &ref);
	uint8_t c = n > 0 && ref.n == 1 ? class_at(ref.utf8, 0) : 0;

	if (n == 0)
		text_copy(speak(r), r->in.p + at, n = 1, at);
	else if ((c & C_WHITE) == 0 || (pre && c == C_BLANK))
		text_unit(speak(r), ref.utf8, ref.n, at, n);
	else if (pre)
		want_line(r->out, (struct span){at, at + n});
	else
		want_blank(r->out, (struct span){at, at + n});
	return at + n;
}

/* Text in [at, to): no tags in it. */
static void
words(struct render *r, uint32_t at, uint32_t to, bool refs)
{
	bool pre = (r->stack[r->depth].inside & PRE) != 0;
	unsigned stop = (pre ? C_NEWLINE : C_WHITE) | (refs ? C_AMP : 0u);
	uint32_t end;

	while (at < to) {
		for (end = at;; end++) { /* a single blank may stay */
			end = skip_to(r->in.p, end, to, stop);
			if (to - end < 2 || r->in.p[end] != ' ' || end == at ||
			    (class_at(r->in.p, end + 1) & stop) != 0)
				break;
		}
		if (end > at)
			text_copy(speak(r), r->in.p + at, end - at, at);
		at = end;
		if (at < to)
			at = class_at(r->in.p, at) == C_AMP ? refer(r, at, to)
							    : white(r, at, to);
	}
}

/* ---- open elements ------------------------------------------------------- */

static uint32_t
slot(uint32_t key)
{
	return key < NKINDS ? key : NKINDS + key % NBUCKETS;
}

static struct open *
top(struct render *r)
{
	return &r->stack[r->depth];
}

static void
settle(struct render *r)
{
	r->out = (top(r)->inside & UNREAD) != 0 ? &r->hid : &r->vis;
}

/* The border of an element: what has no room breaks no line; what has, does,
   even where it shows nothing. */
static void
border(struct render *r, const struct kind *k, uint16_t outer, uint16_t style,
    uint32_t at)
{
	int lines = (k->flags & PARA) != 0 ? 2 : (k->flags & LINE) != 0;
	bool hid = (style & UNREAD) != 0, was = (outer & UNREAD) != 0;

	if ((style & GONE) == 0)
		want_lines(&r->vis, lines, at);
	if (hid || was)
		want_lines(&r->hid, lines > 0 ? lines : hid != was, at);
}

static void
line_break(struct render *r, struct span tag)
{
	uint16_t style = top(r)->inside;

	if ((style & GONE) == 0)
		want_line(&r->vis, tag);
	if ((style & UNREAD) != 0)
		want_line(&r->hid, tag);
}

static bool
is_part(const struct kind *k)
{
	return (k->flags & (PART | GRID)) == PART;
}

/* What an element of this kind inherits. */
static uint16_t
outer_style(const struct open *parent, const struct kind *k)
{
	return is_part(k) ? parent->style : parent->inside;
}

/* Browsers move what stands in a table but in no cell out before the table:
   a table that is hidden does not hide it. */
static void
restyle(struct open *o)
{
	const struct kind *k = o->kind;
	bool textless =
	    k->tag == HTML_TABLE || (is_part(k) && (k->flags & FENCE) == 0);

	o->style = inherit(outer_style(o - 1, k), o->look);
	o->inside = textless ? o[-1].inside : o->style;
}

static uint32_t
add_elem(
    struct render *r, const struct kind *k, struct span whole, uint16_t style)
{
	struct html *h = r->h;
	uint32_t len = r->vis.text->len;

	h->elem =
	    arena_more(r->a, h->elem, h->nelem, &h->elem_size, sizeof *h->elem);
	h->elem[h->nelem] = (struct html_elem){
	    .tag = k->tag,
	    .closed = (k->flags & VOID) != 0,
	    .hidden = (style & UNREAD) != 0,
	    .level = k->tag == HTML_HEADING ? (uint8_t)(k->name[1] - '0') : 0,
	    .parent = top(r)->elem,
	    .whole = whole,
	    .inner = {whole.to, whole.to},
	    .shown = {len, len},
	};
	return h->nelem++;
}

static void
push(struct render *r, const struct tag *t, uint32_t elem, struct look look)
{
	const struct open *outer = top(r);
	struct open *o = &r->stack[r->depth + 1];
	uint16_t me = (uint16_t)(r->depth + 1), f = t->kind->flags;

	if (r->depth == LIMIT_HTML_DEPTH) {
		r->deep = true;
		r->over[slot(t->key)]++;
		return;
	}
	*o = (struct open){
	    .elem = elem,
	    .key = t->key,
	    .kind = t->kind,
	    .look = look,
	    .same = r->last[slot(t->key)],
	    .kin = r->group[t->kind->group],
	    .fence = (f & FENCE) != 0 ? me : outer->fence,
	    .grid = (f & GRID) != 0 ? me : outer->grid,
	    .line = (f & (LINE | FENCE)) != 0 ? me : outer->line,
	    .stop =
		(f & (LINE | FENCE)) != 0 && (f & SOFT) == 0 ? me : outer->stop,
	};
	r->last[slot(t->key)] = r->group[t->kind->group] = me;
	r->depth = me;
	restyle(o);
	settle(r);
}

static void
finish(struct render *r, uint32_t i, uint32_t inner_to, uint32_t whole_to,
    bool closed)
{
	struct html_elem *e = &r->h->elem[r->stack[i].elem];

	e->closed = closed;
	e->inner.to = inner_to;
	e->whole.to = whole_to;
	e->shown.to = i < r->fresh ? r->vis.text->len : e->shown.from;
}

static void
unstack(struct render *r)
{
	const struct open *o = top(r);

	r->last[slot(o->key)] = o->same;
	r->group[o->kind->group] = o->kin;
	r->depth--;
	if (r->fresh > r->depth + 1)
		r->fresh = r->depth + 1;
	if (r->deep) /* what did not fit was in here */
		memset(r->over, 0, sizeof r->over);
	r->deep = false;
}

/* Close the innermost element; its content ends at `from`, its end tag (if
   any) at `to`. */
static void
pop(struct render *r, uint32_t from, uint32_t to, bool closed)
{
	struct open *o = top(r);

	finish(r, r->depth, from, to, closed);
	border(r, o->kind, outer_style(o - 1, o->kind), o->style, from);
	if (o->kind->tag == HTML_TD || o->kind->tag == HTML_TH) {
		if ((o->style & GONE) == 0)
			want_tab(&r->vis, from);
		if ((o->style & UNREAD) != 0)
			want_tab(&r->hid, from);
	}
	unstack(r);
	while (r->depth > 0 && top(r)->dead)
		unstack(r);
	settle(r);
}

/* Close what is open down to stack[i], because of a tag at `at`. */
static void
cut_off(struct render *r, uint32_t i, uint32_t at)
{
	while (r->depth >= i)
		pop(r, at, at, (top(r)->kind->flags & OPTIONAL) != 0);
}

static void
bury(struct render *r, uint32_t i, uint32_t at)
{
	struct open *o = &r->stack[i];

	finish(r, i, at, at, false);
	o->dead = true;
	o->look = (struct look){0};
}

/* </b> while a later block is open: the block goes on without it, and without
   what stands between and is not of its sort (the "adoption agency"). */
static void
adopt(struct render *r, uint32_t i, uint32_t at)
{
	uint32_t j = i;

	bury(r, i, at);
	while ((r->stack[++j].kind->flags & (LINE | FENCE)) == 0)
		if ((r->stack[j].kind->flags & FORMAT) == 0 &&
		    !r->stack[j].dead)
			bury(r, j, at);
	for (; i <= r->depth; i++)
		restyle(&r->stack[i]);
	settle(r);
}

static uint32_t
innermost(const struct render *r, uint32_t key)
{
	uint32_t i = r->last[slot(key)];

	for (int steps = 0;
	     i != 0 && (r->stack[i].key != key || r->stack[i].dead); steps++)
		i = steps < 32 ? r->stack[i].same : 0;
	return i;
}

/* An open element of the group must lie above this to be ended. */
static uint32_t
group_fence(struct render *r, int group)
{
	const struct open *o = top(r);

	if (group <= G_SECTION)
		return o->grid;
	if (group == G_HEADING)
		return r->depth - 1;
	if (group == G_LI || group == G_DD)
		return o->stop > 0 ? o->stop - 1u : 0;
	return o->fence;
}

static void
end_groups(struct render *r, int last, uint32_t at)
{
	int g = last == G_ROW || last == G_SECTION ? G_CELL : last;

	for (; g != G_NONE && g <= last; g++)
		if (r->depth > 0 && r->group[g] > group_fence(r, g))
			cut_off(r, r->group[g], at);
}

/* An end tag that closes nothing we know of. */
static void
stray(struct render *r, const struct tag *t)
{
	const struct kind *k = t->kind;
	uint16_t style = top(r)->inside;

	if (k->tag == HTML_P) /* browsers put an empty one here */
		border(r, k, style, style, t->whole.from);
	else if (k->tag == HTML_BR)
		line_break(r, t->whole);
	else if (is_part(k) && k->group > G_CELL &&
		 r->group[G_CELL] > top(r)->grid) {
		/* of a row whose start tag was left out */
		end_groups(r, k->group, t->whole.from);
		border(r, k, style, style, t->whole.from);
	} else { /* it may end what was cut off */
		add_elem(r, &other_kind, t->whole, style);
	}
}

static void
end_tag(struct render *r, const struct tag *t)
{
	const struct kind *k = t->kind;
	uint32_t i = innermost(r, t->key), at = t->whole.from;
	bool part = (k->flags & PART) != 0;
	uint16_t style = top(r)->inside;

	if (k->tag == HTML_HEADING && i == 0) /* <h2> ... </h3> */
		i = r->group[G_HEADING];
	if (r->over[slot(t->key)] > 0) {
		r->over[slot(t->key)]--;
		border(r, k, style, style, at);
	} else if (i == 0 || i < (part ? top(r)->grid : top(r)->fence)) {
		stray(r, t);
	} else if ((k->flags & (LINE | FENCE | OPTIONAL)) == 0 &&
		   top(r)->line > i) {
		if ((k->flags & FORMAT) != 0) {
			adopt(r, i, at);
			add_elem(r, &other_kind, t->whole, style);
		}
	} else {
		cut_off(r, i + 1, at);
		pop(r, at, t->whole.to, true);
	}
}

/* End what cannot contain the new element. */
static void
make_room(struct render *r, const struct tag *t, uint32_t at)
{
	const struct kind *k = t->kind;
	uint32_t i;

	if (k->tag == HTML_TABLE && top(r)->grid != 0 &&
	    top(r)->grid == top(r)->fence) /* not in a cell */
		cut_off(r, top(r)->grid, at);
	if ((k->flags & ENDS_P) != 0)
		end_groups(r, G_P, at);
	end_groups(r, k->group, at);
	while (is_part(k) && r->depth > top(r)->grid &&
	       (top(r)->kind->flags & PART) == 0)
		cut_off(r, r->depth, at);
	if (k->tag != HTML_A || (i = innermost(r, t->key)) <= top(r)->fence)
		return;
	if (top(r)->line > i)
		adopt(r, i, at);
	else
		cut_off(r, i, at);
}

static void
add_link(struct render *r, uint32_t elem, const struct tag *t, int attr)
{
	struct html *h = r->h;
	struct bytes b;
	uint32_t n = 0;
	char *url;

	if ((t->has & 1u << attr) == 0 || h->nlink >= LIMIT_LINKS)
		return;
	b = decode_value(r, t->attr[attr]);
	b = trim(b.p, b.p + b.n);
	if (b.n == 0)
		return;
	url = arena_dup(r->a, b.p, b.n);
	for (uint32_t i = 0; i < b.n; i++)
		if (url[i] != '\t' && url[i] != '\n' && url[i] != '\r')
			url[n++] = url[i];
	url[n] = '\0';
	h->link =
	    arena_more(r->a, h->link, h->nlink, &h->link_size, sizeof *h->link);
	h->link[h->nlink++] = (struct html_link){elem, t->attr[attr], url, n};
}

static void
start_tag(struct render *r, const struct tag *t)
{
	const struct kind *k = t->kind;
	uint32_t elem, depth = r->depth;
	uint16_t outer, style;
	struct look look;

	if (is_part(k) && top(r)->grid == 0) { /* browsers skip it */
		add_elem(r, &other_kind, t->whole, top(r)->inside);
		return;
	}
	make_room(r, t, t->whole.from);
	look = look_of(r, t);
	outer = outer_style(top(r), k);
	style = inherit(outer, look);
	elem = add_elem(r, k, t->whole, style);
	r->h->elem[elem].ends = depth > r->depth;
	if (k->link != 0)
		add_link(r, elem, t, k->link);
	add_link(r, elem, t, BACKGROUND);
	if (k->tag != HTML_BR)
		border(r, k, outer, style, t->whole.from);
	else if ((style & GONE) == 0)
		line_break(r, t->whole);
	if ((k->flags & VOID) == 0)
		push(r, t, elem, look);
}

/* ---- the pass ------------------------------------------------------------ */

/* What follows a start tag and is not ordinary; the offset behind it. */
static uint32_t
content(struct render *r, uint32_t at, const struct kind *k)
{
	uint32_t end;

	if ((k->flags & KEEP) != 0) { /* the first line end is not content */
		at += at < r->in.n && r->in.p[at] == '\r';
		at += at < r->in.n && r->in.p[at] == '\n';
	}
	if ((k->flags & RAW) == 0)
		return at;
	end = raw_end(r->in, at, k->name);
	if ((k->flags & SHOW) != 0)
		words(r, at, end, (k->flags & REFS) != 0);
	return end;
}

/* A tag or the like at `at`, where a < stands; the offset behind it. */
static uint32_t
markup(struct render *r, uint32_t at)
{
	const char *p = r->in.p + at;
	uint32_t n = r->in.n - at, end;
	bool slash = n > 2 && p[1] == '/';
	struct tag t;

	if (n > 1u + slash && is_letter(p[1 + slash])) {
		if (!read_tag(r->in, at, at + 1 + slash, &t))
			return r->in.n;
		if (!slash) {
			start_tag(r, &t);
			return content(r, t.whole.to, t.kind);
		}
		end_tag(r, &t);
		return t.whole.to;
	}
	if (n > 3 && memcmp(p, "<!--", 4) == 0)
		return comment_end(r->in, at + 4);
	if (slash || (n > 1 && (p[1] == '!' || p[1] == '?'))) {
		end = find(r->in.p, at, r->in.n, '>');
		return end < r->in.n ? end + 1 : end;
	}
	text_copy(speak(r), p, 1, at);
	return at + 1;
}

void
html_render(struct html *h, struct arena *a, const char *p, uint32_t n)
{
	struct render r = {.h = h, .a = a, .in = {p, n}, .fresh = 1};
	uint32_t at = 0, to;

	*h = (struct html){.text = TEXT(a), .hidden = TEXT(a)};
	r.vis.text = &h->text;
	r.hid.text = &h->hidden;
	r.stack[0].elem = UINT32_MAX;
	settle(&r);
	while (at < n) {
		to = find(p, at, n, '<');
		words(&r, at, to, true);
		at = to < n ? markup(&r, to) : n;
	}
	while (r.depth > 0)
		pop(&r, n, n, false);
}
