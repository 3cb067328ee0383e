#include <string.h>

#include "literal.h"

/*
 * Aho-Corasick over the literals of all rules.
 *
 * Most text is passed by at the root: a literal may start only where a hash of
 * the next four bytes has its bit set, or of the next three for those that are
 * no longer.  Behind these gates a table leads to the
 * state that three bytes end in, if there is one, and then a trie whose states
 * are numbered breadth first, so that the children of a state follow each
 * other and a state takes 17 bytes.
 */
#define GATE_BITS 16
#define SEEN 512u /* words: literals that a scan remembers, 32,768 */
#define NONE UINT32_MAX
#define SLOW (UINT32_MAX - 1) /* a literal ends within the three bytes */
#define FEW 8u                /* children that are compared one by one */

struct node {                    /* of the trie as it grows */
	uint32_t child, sibling; /* 0: none */
	uint32_t lit;
	unsigned char byte;
};

struct user { /* of a literal */
	uint32_t id, next;
	uint32_t way, min, max;
};

struct prefilter {
	struct arena *a;
	struct node *node;
	uint32_t nodes, node_room;
	struct user *user;
	uint32_t users, user_room;
	struct {
		uint32_t user; /* the first */
		uint32_t len;
	} * known; /* literals */
	uint32_t lits, lit_room;

	unsigned char *byte; /* by state: the byte that leads to it */
	uint32_t *child;     /* its children: child[s] to child[s + 1] */
	uint32_t *fail;
	uint32_t *lit;
	uint32_t *hit;      /* the longest suffix that is a literal, 0: none */
	uint32_t root[256]; /* children of the root: nodes, once built states,
	                       so nothing can be added then */
	uint64_t three[1 << (GATE_BITS - 6)]; /* the gates */
	uint64_t four[1 << (GATE_BITS - 6)];
	struct jump {
		uint32_t three, state; /* state 0: free */
	} * jump;                      /* found by gate_of(three) */
	uint32_t jumps;                /* a power of two */
	uint32_t second, third;        /* first states of that depth */
	bool lone;                     /* there is a literal of one byte */
};

struct prefilter *
prefilter_new(struct arena *a)
{
	struct prefilter *f = arena_alloc(a, sizeof *f);

	f->a = a;
	f->node = arena_more(a, NULL, 0, &f->node_room, sizeof *f->node);
	f->node[0] = (struct node){.lit = NONE};
	f->nodes = 1;
	return f;
}

static uint32_t
gate_of(uint32_t three)
{
	return ((three & 0xffffff) * 0x9e3779b1u) >> (32 - GATE_BITS);
}

static uint32_t
gate_of_four(uint32_t four)
{
	return (four * 0x9e3779b1u) >> (32 - GATE_BITS);
}

static void
gate_open(uint64_t *gate, uint32_t k)
{
	gate[k / 64] |= (uint64_t)1 << k % 64;
}

static inline bool
gate_is_open(const uint64_t *gate, uint32_t k)
{
	return gate[k / 64] >> k % 64 & 1;
}

/* A literal of two bytes may have any third one behind it. */
static void
gate_add(struct prefilter *f, const unsigned char *p, uint32_t len)
{
	uint32_t two;

	if (len == 1) {
		memset(f->three, 0xff, sizeof f->three);
		f->lone = true;
	}
	if (len < 2)
		return;
	two = p[0] | (uint32_t)p[1] << 8;
	for (uint32_t c = 0; len == 2 && c < 256; c++)
		gate_open(f->three, gate_of(two | c << 16));
	if (len == 3)
		gate_open(f->three, gate_of(two | (uint32_t)p[2] << 16));
	if (len > 3)
		gate_open(f->four, gate_of_four(two | (uint32_t)p[2] << 16 |
						(uint32_t)p[3] << 24));
}

/* The child of a node, made if it is not there. */
static uint32_t
grow(struct prefilter *f, uint32_t at, unsigned char byte)
{
	uint32_t c = f->node[at].child;

	while (c != 0 && f->node[c].byte != byte)
		c = f->node[c].sibling;
	if (c != 0)
		return c;
	f->node =
	    arena_more(f->a, f->node, f->nodes, &f->node_room, sizeof *f->node);
	f->node[f->nodes] = (struct node){
	    .sibling = f->node[at].child, .lit = NONE, .byte = byte};
	f->node[at].child = f->nodes;
	return f->nodes++;
}

void
prefilter_add(
    struct prefilter *f, const struct literals *l, uint32_t lit, uint32_t id)
{
	const unsigned char *p = (const unsigned char *)l->v[lit].p;
	uint32_t at = 0, len = l->v[lit].len, *user;

	gate_add(f, p, len);
	for (uint32_t i = 0; i < len; i++) {
		uint32_t *door = i == 0 ? &f->root[p[0]] : NULL;

		at = door != NULL && *door != 0 ? *door : grow(f, at, p[i]);
		if (door != NULL)
			*door = at;
	}
	if (f->node[at].lit == NONE) {
		f->known = arena_more(
		    f->a, f->known, f->lits, &f->lit_room, sizeof *f->known);
		f->known[f->lits].user = NONE;
		f->known[f->lits].len = len;
		f->node[at].lit = f->lits++;
	}
	f->user =
	    arena_more(f->a, f->user, f->users, &f->user_room, sizeof *f->user);
	user = &f->known[f->node[at].lit].user;
	f->user[f->users] = (struct user){
	    id, *user, l->v[lit].way, l->v[lit].min, l->v[lit].max};
	*user = f->users++;
}

/* Numbers the nodes breadth first.  fail[] holds the node of a state until
   its own turn comes. */
static void
lay_out(struct prefilter *f)
{
	uint32_t *node = f->fail, n = 1;

	node[0] = 0;
	for (uint32_t s = 0; s < f->nodes; s++) {
		const struct node *from = &f->node[node[s]];

		f->byte[s] = from->byte;
		f->lit[s] = from->lit;
		f->child[s] = n;
		for (uint32_t c = from->child; c != 0; c = f->node[c].sibling)
			node[n++] = c;
	}
	f->child[f->nodes] = n;
	memset(f->root, 0, sizeof f->root);
	for (uint32_t s = f->child[0]; s < f->child[1]; s++)
		f->root[f->byte[s]] = s;
}

/* The child of a state other than the root; 0: none. */
static inline uint32_t
child_of(const struct prefilter *f, uint32_t s, unsigned char byte)
{
	uint32_t from = f->child[s], n = f->child[s + 1] - from;
	const unsigned char *q;

	if (n == 0)
		return 0;
	if (f->byte[from] == byte)
		return from;
	if (n <= FEW) {
		for (uint32_t i = 1; i < n; i++)
			if (f->byte[from + i] == byte)
				return from + i;
		return 0;
	}
	q = memchr(f->byte + from, byte, n);
	return q != NULL ? (uint32_t)(q - f->byte) : 0;
}

/* Where the automaton goes from s. */
static inline uint32_t
step(const struct prefilter *f, uint32_t s, unsigned char byte)
{
	uint32_t c;

	for (; s != 0; s = f->fail[s])
		if ((c = child_of(f, s, byte)) != 0)
			return c;
	return f->root[byte];
}

/* Parents come before their children, and a fail state is never deeper. */
static void
link_up(struct prefilter *f)
{
	f->fail[0] = f->hit[0] = 0;
	for (uint32_t s = 0; s < f->nodes; s++)
		for (uint32_t c = f->child[s]; c < f->child[s + 1]; c++) {
			uint32_t to =
			    s == 0 ? 0 : step(f, f->fail[s], f->byte[c]);

			f->fail[c] = to;
			f->hit[c] = f->lit[c] != NONE ? c : f->hit[to];
		}
}

static void
put_jump(struct prefilter *f, uint32_t three, uint32_t state)
{
	uint32_t i = gate_of(three) & (f->jumps - 1);

	while (f->jump[i].state != 0)
		i = (i + 1) & (f->jumps - 1);
	f->jump[i] = (struct jump){three, state};
}

/* Where three bytes lead from the root: a state of depth 3, SLOW, or NONE. */
static inline uint32_t
jump_to(const struct prefilter *f, uint32_t three)
{
	uint32_t i = gate_of(three) & (f->jumps - 1);

	for (; f->jump[i].state != 0; i = (i + 1) & (f->jumps - 1))
		if (f->jump[i].three == three)
			return f->jump[i].state;
	return NONE;
}

static void
make_jumps(struct prefilter *f)
{
	uint32_t n;

	f->second = f->child[f->nodes > 1 ? 1 : 0];
	f->third = f->child[f->second];
	n = f->third < f->nodes ? f->child[f->third] - f->third : 0;
	for (f->jumps = 64; f->jumps < n * 2; f->jumps *= 2)
		;
	f->jump = arena_array(f->a, f->jumps, sizeof *f->jump);
	for (uint32_t a = 1; a < f->second; a++)
		for (uint32_t b = f->child[a]; b < f->child[a + 1]; b++)
			for (uint32_t c = f->child[b]; c < f->child[b + 1]; c++)
				put_jump(f,
				    f->byte[a] | (uint32_t)f->byte[b] << 8 |
					(uint32_t)f->byte[c] << 16,
				    f->hit[a] != 0 || f->hit[b] != 0 ? SLOW
								     : c);
}

void
prefilter_build(struct prefilter *f)
{
	f->byte = arena_alloc(f->a, f->nodes);
	f->child = arena_array(f->a, (size_t)f->nodes + 1, sizeof *f->child);
	f->fail = arena_array(f->a, f->nodes, sizeof *f->fail);
	f->lit = arena_array(f->a, f->nodes, sizeof *f->lit);
	f->hit = arena_array(f->a, f->nodes, sizeof *f->hit);
	lay_out(f);
	link_up(f);
	make_jumps(f);
}

uint32_t
prefilter_pack(struct pack *k, const struct prefilter *f)
{
	struct prefilter blank = *f;

	blank.a = NULL;
	blank.node = NULL;
	blank.byte = NULL;
	blank.user = NULL;
	blank.known = NULL;
	blank.jump = NULL;
	blank.child = blank.fail = blank.lit = blank.hit = NULL;
	return pack_put(k, &blank, sizeof blank);
}

void
prefilter_pack_rest(struct pack *k, uint32_t at, const struct prefilter *f)
{
#define ARRAY(field, n)                                                 \
	pack_bytes(k, at + (uint32_t)offsetof(struct prefilter, field), \
	    f->field, (n) * sizeof *f->field)
	ARRAY(user, f->users);
	ARRAY(known, f->lits);
	ARRAY(byte, f->nodes);
	ARRAY(child, (size_t)f->nodes + 1);
	ARRAY(fail, f->nodes);
	ARRAY(lit, f->nodes);
	ARRAY(hit, f->nodes);
	ARRAY(jump, f->jumps);
#undef ARRAY
}

/* A literal whose bit in `seen` is set was reported with all its suffixes:
   so the whole of a scan reports each once. */
static void
report(const struct prefilter *f, uint32_t s, uint64_t *seen, uint64_t *bits)
{
	for (;; s = f->hit[f->fail[s]]) {
		uint32_t lit = f->lit[s], k = lit / 64;
		uint64_t bit = (uint64_t)1 << lit % 64;

		if (lit == NONE || (k < SEEN && (seen[k] & bit) != 0))
			return;
		if (k < SEEN)
			seen[k] |= bit;
		for (uint32_t u = f->known[lit].user; u != NONE;
		     u = f->user[u].next)
			bits[f->user[u].id / 64] |= (uint64_t)1
						    << f->user[u].id % 64;
		if (s == 0)
			return;
	}
}

/* From the root: the next place where a literal may start.  The last bytes
   are not looked at. */
static uint32_t
pass_by(const struct prefilter *f, const char *p, uint32_t n, uint32_t at)
{
	uint32_t w;

	for (; n - at >= sizeof w; at++) {
		memcpy(&w, p + at, sizeof w);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		w = __builtin_bswap32(w);
#endif
		if (gate_is_open(f->four, gate_of_four(w)) |
		    gate_is_open(f->three, gate_of(w)))
			break;
	}
	return at;
}

/* No child of s is next.  From a short suffix the way by the gate is faster:
   nothing ends in it but what has been reported. */
static inline uint32_t
fall(const struct prefilter *f, uint32_t s, uint32_t *at)
{
	s = f->fail[s];
	if (s == 0 || s >= f->third || f->lone || f->hit[s] != 0)
		return s;
	*at -= s >= f->second ? 2 : 1;
	return 0;
}

/* From the root at p[*at]: the state to go on with, and *at behind it. */
static inline uint32_t
leave_root(const struct prefilter *f, const char *p, uint32_t n, uint32_t *at)
{
	const unsigned char *q;
	uint32_t s, one, two;

	for (;; ++*at) {
		*at = pass_by(f, p, n, *at);
		if (*at == n)
			return 0;
		q = (const unsigned char *)p + *at;
		if (n - *at < sizeof n || f->lone)
			break;
		s = jump_to(
		    f, q[0] | (uint32_t)q[1] << 8 | (uint32_t)q[2] << 16);
		if (s < SLOW) {
			*at += 3;
			return s;
		}
		one = f->root[q[0]];
		two = one != 0 ? child_of(f, one, q[1]) : 0;
		if (s == SLOW || (two != 0 && f->hit[two] != 0))
			break;
	}
	++*at;
	return f->root[*q];
}

static void
note(struct prefilter_found *found, uint32_t state, uint32_t end)
{
	if (found->n < found->room)
		found->v[found->n] = (struct prefilter_end){state, end};
	found->n++;
}

void
prefilter_scan(const struct prefilter *f, const char *p, uint32_t n,
    uint64_t *bits, struct prefilter_found *found)
{
	uint32_t words = (f->lits + 63) / 64, s = 0, at = 0, to;
	uint64_t seen[SEEN];

	if (found != NULL)
		found->n = 0;
	if (f->lits == 0 || f->hit == NULL)
		return;
	memset(seen, 0, (words < SEEN ? words : SEEN) * sizeof *seen);
	report(f, 0, seen, bits);
	while (at < n) {
		if (s != 0 &&
		    (to = child_of(f, s, (unsigned char)p[at])) == 0) {
			s = fall(f, s, &at);
			continue;
		}
		if (s == 0)
			to = leave_root(f, p, n, &at);
		else
			at++;
		s = to;
		if (f->hit[s] == 0)
			continue;
		report(f, f->hit[s], seen, bits);
		if (found != NULL)
			note(found, f->hit[s], at);
	}
}

void
prefilter_places(const struct prefilter *f, const struct prefilter_found *found,
    const uint64_t *bits,
    void (*put)(void *ctx, const struct prefilter_place *), void *ctx)
{
	uint32_t n = found->n < found->room ? found->n : found->room;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t end = found->v[i].end;

		for (uint32_t s = found->v[i].state; s != 0;
		     s = f->hit[f->fail[s]]) {
			uint32_t lit = f->lit[s];
			uint32_t from = end - f->known[lit].len;

			for (uint32_t u = f->known[lit].user; u != NONE;
			     u = f->user[u].next) {
				const struct user *x = &f->user[u];

				if (bits[x->id / 64] >> x->id % 64 & 1)
					put(ctx,
					    &(struct prefilter_place){x->id,
						x->way, from, x->min, x->max});
			}
		}
	}
}
