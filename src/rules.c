#include "rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decode.h"
#include "rules_private.h"

#define SOURCE_SHOWN 4096u /* bytes of a line kept with a complaint */

void
rules_init(struct rules *r, struct arena *a)
{
	*r = (struct rules){.arena = a};
	r->private = arena_alloc(a, sizeof *r->private);
	r->private->tags.start = (struct slice){"<", 1};
	r->private->tags.end = (struct slice){">", 1};
	rules_parse_init(r);
}

/* --- names --- */

bool
rules_same(struct slice s, const char *word)
{
	return strlen(word) == s.n && memcmp(s.p, word, s.n) == 0;
}

static uint32_t
hash(struct slice s)
{
	uint64_t h = s.n, v;
	const char *p = s.p;
	uint32_t n = s.n;

	for (; n >= sizeof v; n -= sizeof v, p += sizeof v) {
		memcpy(&v, p, sizeof v);
		h = (h ^ v) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	for (v = 0; n > 0; n--)
		v = v << 8 | (unsigned char)*p++;
	h = (h ^ v) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(h >> 32);
}

static void
put_slot(struct names *t, uint32_t h, uint32_t id)
{
	uint32_t i = h & (t->nslot - 1);

	while (t->slot[i].id != 0)
		i = (i + 1) & (t->nslot - 1);
	t->slot[i] = (struct name_slot){h, id + 1};
}

static void
grow_slots(struct names *t, struct arena *a)
{
	struct name_slot *old = t->slot;
	uint32_t n = t->nslot;

	t->nslot = n == 0 ? 512 : n * 2;
	t->slot = arena_array(a, t->nslot, sizeof *t->slot);
	for (uint32_t i = 0; i < n; i++)
		if (old[i].id != 0)
			put_slot(t, old[i].hash, old[i].id - 1);
}

static uint32_t
find_name(const struct names *t, struct slice name, uint32_t h)
{
	const struct name_slot *s;

	if (t->nslot == 0)
		return NO_RULE;
	for (uint32_t i = h & (t->nslot - 1);; i = (i + 1) & (t->nslot - 1)) {
		s = &t->slot[i];
		if (s->id == 0)
			return NO_RULE;
		if (s->hash == h && t->key[s->id - 1].n == name.n &&
		    memcmp(t->key[s->id - 1].p, name.p, name.n) == 0)
			return s->id - 1;
	}
}

uint32_t
rules_name(struct names *t, struct arena *a, struct slice name, bool add)
{
	uint32_t h = hash(name), id = find_name(t, name, h);

	if (id != NO_RULE || !add)
		return id;
	if (t->n >= t->nslot / 2)
		grow_slots(t, a);
	t->key = arena_more(a, t->key, t->n, &t->size, sizeof *t->key);
	t->key[t->n] = (struct slice){arena_dup(a, name.p, name.n), name.n};
	put_slot(t, h, t->n);
	return t->n++;
}

/* The rule of that name; made where there is none yet, since score and
   describe may come first.  NO_RULE: there are too many. */
uint32_t
rules_intern(struct rules *r, struct slice name)
{
	struct rules_private *x = r->private;
	uint32_t i =
	    rules_name(&x->names, r->arena, name, x->names.n < LIMIT_RULES);

	if (i == NO_RULE || i < r->n)
		return i;
	r->rule =
	    arena_more(r->arena, r->rule, r->n, &r->size, sizeof *r->rule);
	x->note =
	    arena_more(r->arena, x->note, r->n, &x->note_size, sizeof *x->note);
	r->rule[i] = (struct rule){.name = x->names.key[i].p, .score = 1.0};
	if (name.n >= 2 && memcmp(name.p, "__", 2) == 0)
		r->rule[i].flags |= RULE_HIDDEN;
	x->note[i] = (struct note){0};
	r->n++;
	return i;
}

uint32_t
rules_find(const struct rules *r, const char *name)
{
	struct slice s = {name, (uint32_t)strlen(name)};

	return find_name(&r->private->names, s, hash(s));
}

/* --- complaints --- */

/* Warnings leave room for errors, which matter more. */
bool
rules_room(const struct rules *r, enum weight weight)
{
	return r->ncomplaint < (weight == WARNING ? LIMIT_COMPLAINTS / 4 * 3
						  : LIMIT_COMPLAINTS - 1);
}

static void
add_complaint(
    struct rules *r, const struct place *at, bool warning, const char *text)
{
	struct complaint *c;
	uint32_t len = at->source_len;

	r->complaint = arena_more(r->arena, r->complaint, r->ncomplaint,
	    &r->complaint_size, sizeof *c);
	c = &r->complaint[r->ncomplaint++];
	*c = (struct complaint){.file = at->file,
	    .line = at->line,
	    .column = at->column,
	    .warning = warning,
	    .text = text};
	if (at->source != NULL)
		c->source = arena_dup(r->arena, at->source,
		    len < SOURCE_SHOWN ? len : SOURCE_SHOWN);
}

static void __attribute__((format(printf, 4, 0))) complain(struct rules *r,
    const struct place *at, enum weight weight, const char *fmt, va_list ap)
{
	struct place whole = {.file = at->file};
	char text[512];

	if (weight == ERROR)
		r->degraded = true;
	if (rules_room(r, weight)) {
		vsnprintf(text, sizeof text, fmt, ap);
		add_complaint(r, at, weight == WARNING,
		    arena_dup(r->arena, text, strlen(text)));
	} else if (!r->private->complaints_cut) {
		r->private->complaints_cut = true;
		add_complaint(r, &whole, true,
		    "there is more to complain of, here and later, than is "
		    "shown");
	}
}

void
rules_say(struct rules *r, const struct place *at, enum weight weight,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(r, at, weight, fmt, ap);
	va_end(ap);
}

void
rules_complain(struct rules *r, const char *file, uint32_t line,
    uint32_t column, bool warning, const char *fmt, ...)
{
	struct place at = {.file = arena_dup(r->arena, file, strlen(file)),
	    .line = line,
	    .column = column};
	va_list ap;

	va_start(ap, fmt);
	complain(r, &at, warning ? WARNING : ERROR, fmt, ap);
	va_end(ap);
}

/* --- reading --- */

/* A rule and what is said of it take 140 bytes or so: a guess saves
   copies while the arrays grow. */
static void
reserve(struct rules *r, size_t len)
{
	struct rules_private *x = r->private;
	uint32_t n = len > (1u << 20) ? 4096 : (uint32_t)(len / 128) + 16;

	if (r->rule != NULL)
		return;
	r->rule = arena_array(r->arena, n, sizeof *r->rule);
	r->size = n;
	x->note = arena_array(r->arena, n, sizeof *x->note);
	x->note_size = n;
}

static void
parse(struct rules *r, struct source *s, const char *p, size_t n)
{
	struct source *outer = r->private->source;

	reserve(r, n);
	s->utf8 = decode_utf8_valid(p, n);
	s->parent = outer;
	r->private->source = s;
	rules_parse(r, s, p, n);
	r->private->source = outer;
}

void
rules_load_text(struct rules *r, const char *name, const char *p, size_t len)
{
	struct source s = {.file = arena_dup(r->arena, name, strlen(name))};

	/* Patterns and sources point into the text: keep it. */
	parse(r, &s, arena_dup(r->arena, p, len), len);
}

static int
read_all(struct rules *r, int fd, const char *path, size_t size, char **p,
    size_t *n, struct err *err)
{
	ssize_t got;

	*p = arena_grow(r->arena, NULL, 0, size + 1);
	for (*n = 0; *n < size; *n += (size_t)got) {
		while ((got = read(fd, *p + *n, size - *n)) == -1 &&
		       errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, "%s", path);
		if (got == 0)
			break;
	}
	(*p)[*n] = '\0';
	return 0;
}

static int
check_file(const struct rules *r, const struct stat *st, const char *path,
    struct err *err)
{
	const struct source *s;

	if (!S_ISREG(st->st_mode))
		return err_set(
		    err, "%s: refused: it is not a regular file", path);
	/* Who may write it decides over our mail: included files, too. */
	if (st->st_mode & S_IWOTH)
		return err_set(err,
		    "%s: refused: it is writable by everybody (chmod o-w)",
		    path);
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return err_set(err,
		    "%s: refused: it belongs to neither root nor you (chown)",
		    path);
	if (st->st_size > (off_t)LIMIT_RULE_FILE)
		return err_set(err,
		    "%s: larger than %u MB, the most a rule "
		    "file may have",
		    path, LIMIT_RULE_FILE >> 20);
	for (s = r->private->source; s != NULL; s = s->parent)
		if (s->has_dir && s->dev == st->st_dev && s->ino == st->st_ino)
			return err_set(err, "%s: includes itself", path);
	return 0;
}

int
rules_load_file(struct rules *r, const char *path, struct err *err)
{
	const struct source *outer = r->private->source;
	struct source s = {.has_dir = true,
	    .depth = outer != NULL ? outer->depth + 1 : 0,
	    .ours = outer != NULL && outer->ours};
	struct stat st;
	char *p;
	size_t n;
	/* O_NONBLOCK: opening a FIFO must not hang. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int ret = -1;

	if (fd == -1) {
		r->unsure = true;
		return err_errno(err, "%s", path);
	}
	if (fstat(fd, &st) == -1) {
		err_errno(err, "%s", path);
		goto out;
	}
	if (check_file(r, &st, path, err) == 0)
		ret = read_all(r, fd, path, (size_t)st.st_size, &p, &n, err);
out:
	close(fd); /* here: parsing may jump out where memory ends */
	if (ret == -1) {
		r->unsure = true;
		return -1;
	}
	rules_stamp(r, path, &st);
	s.file = arena_dup(r->arena, path, strlen(path));
	s.dev = st.st_dev;
	s.ino = st.st_ino;
	parse(r, &s, p, n);
	return 0;
}

/* --- finishing --- */

/* As SpamAssassin: T_ rules are on probation. */
static void
default_score(struct rule *u)
{
	if (u->scored)
		return;
	u->score = strncmp(u->name, "T_", 2) == 0 ? 0.01 : 1.0;
	if (u->flags & RULE_NICE)
		u->score = -u->score;
}

static void
tell_missing(struct rules *r, uint32_t i)
{
	const struct note *x = &r->private->note[i];

	if (x->word == NULL || x->told)
		return;
	if (strcmp(x->word, "meta") == 0 || strcmp(x->word, "when") == 0 ||
	    strcmp(x->word, "near") == 0)
		rules_say(r, &x->mention, WARNING,
		    "%s is not defined anywhere: it counts 0 here",
		    r->rule[i].name);
	else
		rules_say(r, &x->mention, WARNING,
		    "%s for no rule: %s is not defined anywhere", x->word,
		    r->rule[i].name);
}

/*
 * Literals only for rules that can hit nowhere but on text of the message: a
 * negated one hits where its pattern is missing, and one with if-unset may
 * hit where the whole field is missing.
 */
static bool
wants_literals(const struct rule *u)
{
	return u->pattern != NULL && !u->broken && u->if_unset == NULL &&
	       (u->flags & (RULE_NEGATE | RULE_EXISTS)) == 0;
}

/* \x80 … \xff: written for bytes.  \p and \x{100} are not. */
static bool
for_bytes(const struct rule *u)
{
	const char *p = u->pattern, *end = p + u->pattern_len;
	bool bytes = false;

	for (; p < end && (p = memchr(p, '\\', (size_t)(end - p))) != NULL &&
	       p + 1 < end;
	     p++) {
		p++;
		if (*p == 'p' || *p == 'P' || *p == 'X')
			return false;
		if (*p == 'x' && end - p > 2 &&
		    strchr("89abcdefABCDEF", p[1]) != NULL &&
		    strchr("0123456789abcdefABCDEF", p[2]) != NULL)
			bytes = true;
		if (*p == 'x' && p + 1 < end && p[1] == '{') {
			const char *q = memchr(p, '}', (size_t)(end - p));

			if (q == NULL || q - p > 4)
				return false;
			bytes |= q - p == 4 && p[2] >= '8';
		}
	}
	return bytes;
}

static void
add_literals(struct rules *r, struct prefilter *to, uint32_t i)
{
	static const char letter[] = "ismx";
	static const unsigned bit[] = {
	    RE_CASELESS, RE_DOTALL, RE_MULTILINE, RE_EXTENDED};
	struct rule *u = &r->rule[i];
	char flags[sizeof letter], *f = flags;

	for (unsigned k = 0; k < 4; k++)
		if (u->re_flags & bit[k])
			*f++ = letter[k];
	*f = '\0';
	(u->flags & RULE_LATE ? literal_extract_any : literal_extract)(
	    &u->literals, r->arena, u->pattern, u->pattern_len, flags);
	for (uint32_t k = 0; k < u->literals.n; k++)
		prefilter_add(to, &u->literals, k, i);
	if (u->literals.nway > 1)
		u->way =
		    arena_array(r->arena, u->literals.nway, sizeof *u->way);
	if (u->literals.n == 0)
		rules_starts(r, i);
	u->first_way = r->nway;
	r->nway += u->literals.nway;
}

static void
fill_prefilter(struct rules *r, struct prefilter *to, bool late)
{
	for (uint32_t i = 0; i < r->n; i++)
		if (wants_literals(&r->rule[i]) &&
		    !(r->rule[i].re_flags & RE_BYTES) &&
		    late == ((r->rule[i].flags & RULE_LATE) != 0))
			add_literals(r, to, i);
	prefilter_build(to);
}

int
rules_late(struct rules *r)
{
	jmp_buf outer;
	volatile int rc = -1;

	if (r->late != NULL)
		return 0;
	memcpy(&outer, arena_oom(r->arena), sizeof outer);
	if (setjmp(*arena_oom(r->arena)) == 0) {
		struct prefilter *late = prefilter_new(r->arena);

		fill_prefilter(r, late, true);
		r->late = late;
		rc = 0;
	}
	memcpy(arena_oom(r->arena), &outer, sizeof outer);
	return rc;
}

/* What a guard does not silence: phishing, since who phishes would paste what
   is guarded; what speaks for a message; guards themselves. */
static bool
unguarded(const struct rules *r, uint32_t i)
{
	const struct rule *u = &r->rule[i];
	const char *c = u->category;

	return u->score < 0 || r->private->note[i].guard > 0 ||
	       (c != NULL && strncmp(c, "phish", 5) == 0 &&
		   (c[5] == '\0' || c[5] == '.'));
}

/* ---- near rules look at places, which only some rules have ---- */

/* A meta that is only rules joined by ||: a name for any of them. */
static bool
is_group(const struct rule *u)
{
	if (u->type != RULE_META || u->broken)
		return false;
	for (uint32_t k = 0; k < u->nmeta; k++)
		if (u->meta[k].kind != META_RULE && u->meta[k].kind != META_OR)
			return false;
	return true;
}

/* Whether hits of `i` have places when near rule `near` is worked out. */
static bool
has_place(struct rules *r, uint32_t near, uint32_t i)
{
	const struct place *at = &r->private->note[near].defined;
	enum rule_type t = r->rule[i].type;

	if (t == RULE_NONE || t == RULE_BODY || t == RULE_RAWBODY ||
	    t == RULE_URI || (t == RULE_NEAR && i < near))
		return true;
	if (t == RULE_NEAR)
		rules_say(r, at, ERROR,
		    "%s is a near rule too, and must stand before this one",
		    r->rule[i].name);
	else if (t == RULE_META)
		rules_say(r, at, ERROR,
		    "%s is a meta rule and no group: a near rule takes those "
		    "that only join rules by ||",
		    r->rule[i].name);
	else
		rules_say(r, at, ERROR,
		    "%s is a %s rule, which has no place in the text: body, "
		    "rawbody and uri rules have",
		    r->rule[i].name, rules_type_name(t));
	return false;
}

/* The rules that list[0..n) stands for, groups by their members, each once. */
struct members {
	uint32_t *rule, n;
	bool *seen; /* of each rule of the set */
};

static void
add_member(struct members *m, uint32_t i)
{
	if (m->seen[i])
		return;
	m->seen[i] = true;
	m->rule[m->n++] = i;
}

/* A group becomes what it names, until none is left: no recursion, and one
   that names itself ends, since each rule is taken once. */
static uint32_t
expand(struct rules *r, uint32_t near, struct members *m)
{
	uint32_t kept = 0;

	for (uint32_t k = 0; k < m->n; k++) {
		uint32_t i = m->rule[k];
		const struct rule *u = &r->rule[i];

		if (!is_group(u)) {
			if (has_place(r, near, i))
				m->rule[kept++] = i;
			continue;
		}
		for (uint32_t j = 0; j < u->nmeta; j++)
			if (u->meta[j].kind == META_RULE)
				add_member(m, u->meta[j].rule);
	}
	return kept;
}

static void
finish_near(struct rules *r, uint32_t i, struct members *m)
{
	struct rule *u = &r->rule[i];
	uint32_t n[2], *side[2];

	for (unsigned s = 0; s < 2; s++) {
		memset(m->seen, 0, r->n * sizeof *m->seen);
		m->n = 0;
		for (uint32_t k = s; k < (s == 0 ? 1 : u->nnear); k++)
			add_member(m, u->near[k]);
		n[s] = expand(r, i, m);
		side[s] = arena_array(r->arena, n[s], sizeof *side[s]);
		memcpy(side[s], m->rule, n[s] * sizeof *side[s]);
	}
	u->near = side[0];
	u->nnear = n[0];
	u->beside = side[1];
	u->nbeside = n[1];
}

static void
finish_nears(struct rules *r)
{
	struct members m = {0};

	for (uint32_t i = 0; i < r->n; i++) {
		if (r->rule[i].type != RULE_NEAR)
			continue;
		if (m.rule == NULL) {
			m.rule = arena_array(r->arena, r->n, sizeof *m.rule);
			m.seen = arena_array(r->arena, r->n, sizeof *m.seen);
		}
		finish_near(r, i, &m);
	}
}

bool
rules_meta_off(const struct rule *u)
{
	return u->broken || (u->scored && u->score == 0);
}

static double
idle(void *ctx, uint32_t rule)
{
	const struct rules *r = ctx;

	return r->rule[rule].idle;
}

/* Most metas of most messages are what they are where nothing hits. */
static void
find_idle(struct rules *r)
{
	for (uint32_t i = 0; i < r->nmeta_order; i++) {
		struct rule *u = &r->rule[r->meta_order[i]];

		u->idle = !rules_meta_off(u) &&
			  rules_eval(u->meta, u->nmeta, idle, r) != 0;
	}
}

void
rules_finish(struct rules *r)
{
	r->prefilter = prefilter_new(r->arena);
	for (uint32_t i = 0; i < r->n; i++) {
		default_score(&r->rule[i]);
		if (r->rule[i].type == RULE_NONE)
			tell_missing(r, i);
		r->rule[i].unguarded = unguarded(r, i);
		if (r->private->note[i].replace)
			rules_tags_apply(r, i);
		if (r->rule[i].pattern != NULL && for_bytes(&r->rule[i]))
			r->rule[i].re_flags |= RE_BYTES;
	}
	fill_prefilter(r, r->prefilter, false);
	rules_cuts(r);
	rules_order(r);
	find_idle(r);
	finish_nears(r);
}

void
rules_free(struct rules *r)
{
	for (uint32_t i = 0; i < r->n; i++) {
		struct rule *u = &r->rule[i];

		re_free(u->re);
		u->re = NULL;
		for (uint32_t k = 0; u->way != NULL && k < u->literals.nway;
		     k++) {
			re_free(u->way[k]);
			u->way[k] = NULL;
		}
	}
}

/* --- words for enums --- */

const char *
rules_type_name(enum rule_type t)
{
	static const char *const name[] = {"none", "header", "body", "rawbody",
	    "uri", "full", "mimeheader", "near", "meta"};

	return name[t];
}

const char *
rules_unit_name(enum unit u)
{
	static const char *const name[] = {"match", "clause", "aside",
	    "sentence", "line", "paragraph", "item", "section", "entry", "part",
	    "element"};

	return name[u];
}

const char *
rules_action_name(enum action a)
{
	static const char *const name[] = {"pass", "mark", "cut", "hold"};

	return name[a];
}
