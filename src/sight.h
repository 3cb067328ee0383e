#ifndef SIGHT_H
#define SIGHT_H

#include "decode.h"
#include "report.h"
#include "plan.h"

/*
 * One message looked at: everything on its way from bytes to a plan.
 */
struct sight {
	struct tree tree;
	struct view view;
	struct match match;
	struct spans *guard; /* for each doc: what no cut may touch */
	struct plan plan;
};

/* What does not change from one message of a run to the next. */
struct sight_with {
	struct arena *a;
	struct rules *rules;
	const struct settings *set;
	const struct charsets *charsets;
	int64_t deadline; /* ms, CLOCK_MONOTONIC */
	unsigned want;
	bool made; /* the message was made of text: fields may lack */
};

/* Text climbs up: parts, texts, hits. */
void sight_look(
    struct sight *, const struct sight_with *, const char *p, uint32_t len);
/* Hits to a verdict and, where it says cut, to spans; not yet lowered. A cut
   that is refused has become another action. */
void sight_decide(struct sight *, struct report *, const struct sight_with *);
/* Bytes that a second look may take beside the arena of the first one. */
size_t sight_room(const struct sight_with *);
/* Promise 4: the edits of the plan made, and looked at again: below the
   threshold, and the same tree and texts; else why not.  p[0..len): the
   message.  NULL: a message as it stands.  The memory for it is given back;
   where there is none it is as though the arena had none. */
enum refusal sight_again(const struct sight *, const struct sight_with *,
    const char *p, uint32_t len);
/* The message with the edits of the plan made, as the second look sees it:
   without the middles of large attachments, which no rule reads and no cut
   touches.  NULL where that is no legal change (edit_check). */
const char *sight_edited(const struct sight *, const struct sight_with *,
    const char *p, uint32_t len, uint32_t *outlen);
/* Do the plain texts read as planned, whatever a charset, a transfer encoding
   or a guess at them makes of the bytes that are left?  skip: for each part,
   those that are not UINT32_MAX are not looked at; or NULL. */
bool sight_same_texts(const struct sight *, const struct sight *second,
    struct arena *, const uint32_t *skip);
/* The same parts, types and encodings, read in one way only? */
bool sight_same_tree(const struct tree *, const struct tree *);

#endif
