#include "pack.h"

#include <string.h>

uint32_t
pack_put(struct pack *k, const void *p, size_t n)
{
	uint32_t at = (k->len + PACK_ALIGN - 1) & ~(PACK_ALIGN - 1);
	size_t need = at + n;

	if (need > k->size) {
		uint32_t room = (uint32_t)need * 2;

		k->p = arena_grow(k->a, k->p, k->len, room);
		k->size = room;
	}
	memset(k->p + k->len, 0, at - k->len);
	if (n > 0)
		memcpy(k->p + at, p, n);
	k->len = (uint32_t)need;
	return at;
}

void
pack_point(struct pack *k, uint32_t at, uint32_t to)
{
	uintptr_t v = to;

	memcpy(k->p + at, &v, sizeof v);
	k->fix =
	    arena_more(k->a, k->fix, k->nfix, &k->fix_size, sizeof *k->fix);
	k->fix[k->nfix++] = at;
}

void
pack_bytes(struct pack *k, uint32_t at, const void *p, size_t n)
{
	if (p != NULL)
		pack_point(k, at, pack_put(k, p, n));
}

void
pack_string(struct pack *k, uint32_t at, const char *s)
{
	if (s != NULL)
		pack_bytes(k, at, s, strlen(s) + 1);
}

bool
pack_unpack(
    char *p, uint32_t len, uint32_t hot, const uint32_t *fix, uint32_t nfix)
{
	uintptr_t v;

	for (uint32_t i = 0; i < nfix; i++) {
		if (hot < sizeof v || fix[i] > hot - sizeof v)
			return false;
		memcpy(&v, p + fix[i], sizeof v);
		if (v > len)
			return false;
		v += (uintptr_t)p;
		memcpy(p + fix[i], &v, sizeof v);
	}
	return true;
}

/* Four lanes, since one multiplication need not wait for the one before. */
uint64_t
pack_sum(const void *bytes, size_t n)
{
	uint64_t h[4] = {1, 2, 3, 4}, v[4];
	const char *p = bytes;

	for (; n >= sizeof v; n -= sizeof v, p += sizeof v) {
		memcpy(v, p, sizeof v);
		for (int k = 0; k < 4; k++) {
			h[k] = (h[k] ^ v[k]) * 0x9e3779b97f4a7c15u;
			h[k] ^= h[k] >> 32;
		}
	}
	memset(v, 0, sizeof v);
	memcpy(v, p, n);
	for (int k = 0; k < 4; k++)
		h[k] = (h[k] ^ v[k]) * 0x9e3779b97f4a7c15u;
	return h[0] ^ h[1] << 1 ^ h[2] << 2 ^ h[3] << 3;
}
