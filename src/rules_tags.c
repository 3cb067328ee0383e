#include <string.h>

#include "rules_private.h"

/*
 * replace_tag and its kin, as SpamAssassin's ReplaceTags plugin: in a rule
 * named by replace_rules, <NAME> gives way to the text of replace_tag NAME.
 * <pre X>, <post X> and <inter X>, once anywhere in the rule, put the text of
 * replace_pre X before each tag, of replace_post X behind each, of
 * replace_inter X between two that touch.  Tags in a tag's text are replaced,
 * too, PASSES deep.
 */

#define PASSES 6
#define TAG_LOOK (LIMIT_RULE_NAME + 32u) /* from start to end, at most */

struct tagging {
	struct rules *rules;
	uint32_t rule;
	struct place at;
	const char *in;
	uint32_t n;
	char *out;
	uint32_t len;
	bool full, again;
};

void
rules_tag_set(
    struct rules *r, enum tag_kind kind, struct slice name, struct slice text)
{
	struct tags *t = &r->private->tags;
	char key[LIMIT_RULE_NAME + 1];
	uint32_t id;

	key[0] = (char)kind;
	memcpy(key + 1, name.p, name.n);
	id = rules_name(
	    &t->names, r->arena, (struct slice){key, name.n + 1}, true);
	t->text = arena_more(r->arena, t->text, id, &t->size, sizeof *t->text);
	t->text[id] = text;
}

static bool
find_tag(
    struct rules *r, enum tag_kind kind, struct slice name, struct slice *text)
{
	struct tags *t = &r->private->tags;
	char key[LIMIT_RULE_NAME + 1];
	uint32_t id;

	if (name.n == 0 || name.n > LIMIT_RULE_NAME)
		return false;
	key[0] = (char)kind;
	memcpy(key + 1, name.p, name.n);
	id = rules_name(
	    &t->names, r->arena, (struct slice){key, name.n + 1}, false);
	if (id != NO_RULE)
		*text = t->text[id];
	return id != NO_RULE;
}

static void
put(struct tagging *t, struct slice s)
{
	if (s.n > LIMIT_RULE_LINE - t->len) {
		t->full = true;
		return;
	}
	if (s.n > 0)
		memcpy(t->out + t->len, s.p, s.n);
	t->len += s.n;
}

static bool
starts(const struct tagging *t, uint32_t i, struct slice s)
{
	return s.n <= t->n - i && memcmp(t->in + i, s.p, s.n) == 0;
}

/* Where a tag may start, from i on; the end where none does. */
static uint32_t
next_start(const struct tagging *t, uint32_t i)
{
	const char *p =
	    memchr(t->in + i, t->rules->private->tags.start.p[0], t->n - i);

	return p != NULL ? (uint32_t)(p - t->in) : t->n;
}

/* The name between start and end at i; 0 or the length of it all. */
static uint32_t
tag_name(const struct tagging *t, uint32_t i, struct slice *name)
{
	const struct tags *x = &t->rules->private->tags;
	const char *from, *end;
	size_t room;

	if (!starts(t, i, x->start))
		return 0;
	from = t->in + i + x->start.n;
	room = (size_t)(t->in + t->n - from);
	if (room > TAG_LOOK) /* else a row of < takes quadratic time */
		room = TAG_LOOK;
	end = memmem(from, room, x->end.p, x->end.n);
	if (end == NULL)
		return 0;
	*name = (struct slice){from, (uint32_t)(end - from)};
	return x->start.n + name->n + x->end.n;
}

/* A name in capitals is meant as a tag; (?<NAME>…) and \k<NAME> are not. */
static void
tell_unknown(struct tagging *t, uint32_t i, struct slice name)
{
	if (name.n == 0 || name.n > 40 || name.p[0] < 'A' ||
	    (i > 0 && memchr("?Pkg'", t->in[i - 1], 5) != NULL))
		return;
	for (uint32_t k = 0; k < name.n; k++)
		if (!rules_wordchar(name.p[k]) || name.p[k] >= 'a')
			return;
	rules_say(t->rules, &t->at, WARNING, "%s: there is no replace_tag %.*s",
	    t->rules->rule[t->rule].name, (int)name.n, name.p);
}

/* Takes <WORD NAME> out of the rule, in place; its text, or nothing. */
static struct slice
modifier(struct tagging *t, char *in, enum tag_kind kind, const char *word)
{
	struct slice name, text = {"", 0};
	uint32_t len, wordlen = (uint32_t)strlen(word);

	for (uint32_t i = next_start(t, 0); i < t->n;
	     i = next_start(t, i + 1)) {
		len = tag_name(t, i, &name);
		if (len == 0 || name.n <= wordlen + 1 ||
		    memcmp(name.p, word, wordlen) != 0 ||
		    name.p[wordlen] != ' ')
			continue;
		name.p += wordlen + 1;
		name.n -= wordlen + 1;
		if (!find_tag(t->rules, kind, name, &text))
			rules_say(t->rules, &t->at, WARNING,
			    "%s: there is no replace_%s %.*s",
			    t->rules->rule[t->rule].name, word,
			    name.n < 40 ? (int)name.n : 40, name.p);
		memmove(in + i, in + i + len, t->n - i - len);
		t->n -= len;
		break;
	}
	return text;
}

/* `in` may be changed. */
static void
pass(struct tagging *t, char *in, bool first)
{
	struct slice pre, post, inter, name, text;
	bool touching = false;
	uint32_t len, next;

	t->in = in;
	pre = modifier(t, in, TAG_PRE, "pre");
	post = modifier(t, in, TAG_POST, "post");
	inter = modifier(t, in, TAG_INTER, "inter");
	for (uint32_t i = 0; i < t->n && !t->full; i += len) {
		next = next_start(t, i);
		if (next > i) {
			len = next - i;
			put(t, (struct slice){in + i, len});
			touching = false;
			continue;
		}
		len = tag_name(t, i, &name);
		if (len == 0 || !find_tag(t->rules, TAG, name, &text)) {
			if (first && len > 0)
				tell_unknown(t, i, name);
			touching = false;
			len = 1;
			put(t, (struct slice){in + i, 1});
			continue;
		}
		if (touching)
			put(t, inter);
		put(t, pre);
		put(t, text);
		put(t, post);
		touching = true;
		t->again |= memchr(text.p, t->rules->private->tags.start.p[0],
				text.n) != NULL;
	}
}

static void
work_space(struct rules *r)
{
	struct tags *t = &r->private->tags;

	for (int i = 0; i < 2 && t->work[i] == NULL; i++)
		t->work[i] =
		    arena_grow(r->arena, NULL, 0, LIMIT_RULE_LINE + 16);
}

void
rules_tags_apply(struct rules *r, uint32_t rule)
{
	struct tags *x = &r->private->tags;
	struct rule *u = &r->rule[rule];
	struct tagging t = {.rules = r,
	    .rule = rule,
	    .at = r->private->note[rule].defined,
	    .n = u->pattern_len,
	    .again = true};
	int k = 0;

	if (u->pattern == NULL)
		return;
	work_space(r);
	memcpy(x->work[0], u->pattern, t.n);
	t.at.column = u->pattern_col;
	for (int i = 0; i < PASSES && t.again && !t.full; i++) {
		t.again = false;
		t.out = x->work[!k];
		t.len = 0;
		pass(&t, x->work[k], i == 0);
		t.n = t.len;
		k = !k;
	}
	u->broken = t.full;
	if (t.full) {
		rules_say(r, &t.at, WARNING,
		    "refused: %s: longer than %u bytes once its tags are "
		    "replaced",
		    u->name, LIMIT_RULE_LINE);
		r->refused++;
	}
	u->pattern = arena_dup(r->arena, x->work[k], t.n);
	u->pattern_len = t.n;
}
