#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define CHUNK (64u << 10)
#define LARGE (16u << 10) /* from here on a block has a chunk of its own */
#define ALIGN 16u

/* Under ASan a block ends where it ends, with a fence behind it. */
#if defined(__SANITIZE_ADDRESS__)
#define FENCED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FENCED 1
#endif
#endif
#ifdef FENCED
#include <sanitizer/asan_interface.h>
#define FENCE ALIGN
#else
#define FENCE 0u
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

struct chunk {
	struct chunk *next;
	size_t size, used; /* of the bytes behind this struct */
	_Alignas(ALIGN) char bytes[];
};

struct arena {
	struct chunk *small; /* the newest has room */
	struct chunk *large; /* one block each, newest first */
	size_t cap, taken;
	jmp_buf oom;
};

struct arena *
arena_new(size_t cap)
{
	struct arena *a = calloc(1, sizeof *a);

	if (a != NULL)
		a->cap = cap;
	return a;
}

static void
free_list(struct chunk *c)
{
	struct chunk *next;

	for (; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	free_list(a->small);
	free_list(a->large);
	free(a);
}

jmp_buf *
arena_oom(struct arena *a)
{
	return &a->oom;
}

_Noreturn static void
out_of_memory(struct arena *a)
{
	static const jmp_buf nowhere;

	if (memcmp(&a->oom, &nowhere, sizeof nowhere) == 0)
		_exit(EX_TEMPFAIL);
	longjmp(a->oom, 1);
}

/* A chunk of `size` bytes; `old` is moved and enlarged where given. */
static struct chunk *
take(struct arena *a, struct chunk *old, size_t size)
{
	size_t had = old != NULL ? old->size : 0;
	struct chunk *c;

	if (size > a->cap || a->taken - had > a->cap - size ||
	    (c = realloc(old, sizeof *c + size)) == NULL)
		out_of_memory(a);
	a->taken += size - had;
	c->size = size;
	return c;
}

/* The first len of size bytes are the block. */
static void *
fence(char *p, size_t len, size_t size)
{
	ASAN_UNPOISON_MEMORY_REGION(p, len);
	ASAN_POISON_MEMORY_REGION(p + len, size - len);
	return p;
}

static void *
raw_alloc(struct arena *a, size_t asked)
{
	struct chunk *c;
	size_t len;

	if (asked > a->cap)
		out_of_memory(a);
	len = (asked + FENCE + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (len >= LARGE) {
		c = take(a, NULL, len);
		c->next = a->large;
		a->large = c;
		c->used = len;
		return fence(c->bytes, asked, len);
	}
	if (a->small == NULL || a->small->size - a->small->used < len) {
		c = take(a, NULL, CHUNK);
		c->next = a->small;
		c->used = 0;
		a->small = c;
	}
	c = a->small;
	c->used += len;
	return fence(c->bytes + c->used - len, asked, len);
}

void *
arena_alloc(struct arena *a, size_t len)
{
	return memset(raw_alloc(a, len), 0, len);
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	size_t len;

	if (__builtin_mul_overflow(n, size, &len))
		out_of_memory(a);
	return arena_alloc(a, len);
}

/* A large block may only move if it is the newest one: the list is walked a
   few steps, since the texts that grow together are among the newest. */
static struct chunk **
find_large(struct arena *a, const void *p)
{
	struct chunk **c = &a->large;

	for (int steps = 0; *c != NULL && steps < 64; steps++) {
		if ((*c)->bytes == (const char *)p)
			return c;
		c = &(*c)->next;
	}
	return NULL;
}

void *
arena_grow(struct arena *a, void *p, size_t old_len, size_t new_len)
{
	struct chunk **large, *c;
	void *q;

	if (p != NULL && new_len <= old_len)
		return p;
	if (p != NULL && old_len >= LARGE &&
	    (large = find_large(a, p)) != NULL) {
		if (new_len > a->cap)
			out_of_memory(a);
		if ((*large)->size >= new_len)
			return fence(p, new_len, (*large)->size);
		c = take(a, *large, (new_len + ALIGN - 1) & ~(size_t)15);
		*large = c;
		c->used = c->size;
		return fence(c->bytes, new_len, c->size);
	}
	q = raw_alloc(a, new_len);
	if (old_len > 0)
		memcpy(q, p, old_len);
	return q;
}

void *
arena_more(struct arena *a, void *v, uint32_t n, uint32_t *size, size_t elem)
{
	uint32_t room = *size < 8 ? 8 : *size * 2;

	if (n < *size)
		return v;
	if (*size > UINT32_MAX / 2)
		out_of_memory(a);
	v = arena_grow(a, v, *size * elem, room * elem);
	*size = room;
	return v;
}

char *
arena_dup(struct arena *a, const void *p, size_t len)
{
	char *q = raw_alloc(a, len + 1);

	if (len > 0)
		memcpy(q, p, len);
	q[len] = '\0';
	return q;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *s;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	s = raw_alloc(a, n < 0 ? 1 : (size_t)n + 1);
	s[0] = '\0';
	if (n >= 0)
		vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	return s;
}

size_t
arena_used(const struct arena *a)
{
	return a->taken;
}
