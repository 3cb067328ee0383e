#ifndef MAP_H
#define MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

/* A half-open range of byte offsets. */
struct span {
	uint32_t from, to;
};

static inline bool
span_within(struct span outer, struct span s)
{
	return outer.from <= s.from && s.to <= outer.to;
}

/* Which of n records covers a span, or UINT32_MAX; log n.  Each has `size`
   bytes and begins with a struct span; these are sorted and disjoint. */
uint32_t span_cover(const void *v, uint32_t n, size_t size, struct span);

/*
 * An offset map: where each byte of a text came from.
 *
 * The text is covered without gaps by runs; a run is a series of equal units,
 * each `ostep` bytes of text that came from `sstep` bytes of source.  Copied
 * bytes are 1:1, quoted-printable 1:3, GB18030 to UTF-8 mostly 3:2, base64 3:4,
 * an entity 1:5, an inserted blank 1:0.  Source bytes between two runs gave no
 * text (a tag, a soft line break).  Sources rise from run to run.
 */
struct run {
	uint32_t out, src;
	uint32_t ostep, sstep;
};

struct map {
	struct run *v;
	uint32_t n, size;
	uint32_t out_len; /* length of the text that is covered */
};

/* n units of ostep bytes each at the text's end; merges with the last run
   where they go on alike.  ostep must not be 0. */
void map_append(struct map *, struct arena *, uint32_t n, uint32_t ostep,
    uint32_t src, uint32_t sstep);

/* The source that covers the text span: from the first byte of the unit in
   which it starts to the last byte of the unit in which it ends.  An empty
   span gives the empty span at its place.  *exact (may be NULL) tells whether
   both borders lie between units. */
struct span map_cover(const struct map *, struct span text, bool *exact);

/* The same in pieces, without the source bytes that gave no text (tags, shift
   sequences): call with *at = text.from; false at the end. */
bool map_piece(
    const struct map *, struct span text, uint32_t *at, struct span *src);

/* The other way: the text that came from a source span (bytes that only touch
   it count as inside; inserted ones do not). */
struct span map_back(const struct map *, struct span src);

/* Text that is built byte by byte together with its map. */
struct text {
	struct arena *a;
	char *p;
	uint32_t len, size;
	struct map map;
};

#define TEXT(arena) ((struct text){.a = (arena)})

/* n bytes that stand in the source as they are. */
void text_copy(struct text *, const void *p, uint32_t n, uint32_t src);
/* One unit: n bytes of text from srclen bytes of source (srclen 0: put in). */
void text_unit(
    struct text *, const void *p, uint32_t n, uint32_t src, uint32_t srclen);
/* count units of n bytes each from srclen bytes each. */
void text_units(struct text *, const void *p, uint32_t count, uint32_t n,
    uint32_t src, uint32_t srclen);
/* Room for n more bytes at p + len; for callers that write in place and then
   call text_wrote with what they wrote. */
char *text_room(struct text *, uint32_t n);
void text_wrote(
    struct text *, uint32_t count, uint32_t n, uint32_t src, uint32_t srclen);

#endif
