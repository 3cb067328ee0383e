#ifndef FUZZ_H
#define FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "limits.h"

/*
 * A target is a function of bytes; what must hold is said with MUST.  Its bytes
 * end where malloc's block ends, for ASan to watch; its arena goes afterwards.
 *
 *	FUZZ(a, p, n)
 *	{
 *		MUST(f(a, p, n) <= n);
 *	}
 */
#define FUZZ(a, p, n)                                             \
	static void fuzz(struct arena *, const char *, uint32_t); \
	int LLVMFuzzerTestOneInput(const uint8_t *, size_t);      \
	int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len) \
	{                                                         \
		fuzz_run(fuzz, in, len);                          \
		return 0;                                         \
	}                                                         \
	static void fuzz(struct arena *a, const char *p, uint32_t n)

#define MUST(what)                                                       \
	do {                                                             \
		if (!(what)) {                                           \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
			    __LINE__, #what);                            \
			abort();                                         \
		}                                                        \
	} while (0)

static inline void
fuzz_run(void (*f)(struct arena *, const char *, uint32_t), const uint8_t *in,
    size_t len)
{
	struct arena *a = arena_new(LIMIT_ARENA);
	char *p = malloc(len);

	if (a != NULL && p != NULL && len <= UINT32_MAX &&
	    setjmp(*arena_oom(a)) == 0) {
		if (len > 0)
			memcpy(p, in, len);
		f(a, p, (uint32_t)len);
	}
	free(p);
	arena_free(a);
}

/* Takes a byte off the input: what is chosen among n things. */
static inline uint32_t
fuzz_choice(const char **p, uint32_t *n, uint32_t among)
{
	uint32_t c;

	if (*n == 0)
		return 0;
	c = (unsigned char)**p % among;
	++*p;
	--*n;
	return c;
}

/* The input as the valid UTF-8 that the later rooms are given. */
static inline char *
fuzz_utf8(struct arena *a, const char *p, uint32_t n, uint32_t *len)
{
	struct text t = TEXT(a);

	decode_charset(&t, NULL, "utf-8", 5, p, n, 0, NULL);
	*len = t.len;
	return memcpy(arena_alloc(a, t.len), t.len > 0 ? t.p : "", t.len);
}

/* Text climbs up and spans come down inside bounds; sources rise. */
static inline void
fuzz_map(const struct text *t, uint32_t base, uint32_t n)
{
	const struct map *m = &t->map;
	uint32_t at = 0, src = base;

	MUST(m->out_len == t->len);
	for (uint32_t i = 0; i < m->n; i++) {
		const struct run *r = &m->v[i];
		uint32_t end = i + 1 < m->n ? m->v[i + 1].out : m->out_len;
		uint32_t units = (end - r->out) / r->ostep;
		struct span unit = {r->out, r->out + r->ostep}, from;

		MUST(r->out == at && end > at);
		MUST((end - at) % r->ostep == 0);
		MUST(r->src >= src);
		MUST((uint64_t)r->src + (uint64_t)units * r->sstep <=
		     (uint64_t)base + n);
		from = map_cover(m, unit, NULL);
		MUST(from.from == r->src && from.to == r->src + r->sstep);
		if (r->sstep > 0)
			MUST(span_within(map_back(m, from), unit));
		at = end;
		src = r->src + units * r->sstep;
	}
	MUST(at == m->out_len);
}

#endif
