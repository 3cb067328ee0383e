/*
 * Which messages the vault has, for a run that stores many: without it each one
 * is looked for among all names, twice.
 */
#include "vault_private.h"

#include <stdlib.h>
#include <string.h>

struct vault_index {
	uint64_t *slot; /* keys; 0: free */
	size_t n, size; /* size: a power of two, twice n at least */
};

/* The 16 hex digits of a retry id, which are a sum; 0 is none. */
static uint64_t
key(const char *retry)
{
	char hex[VAULT_RETRY + 1];
	uint64_t k;

	memcpy(hex, retry, VAULT_RETRY);
	hex[VAULT_RETRY] = '\0';
	k = strtoull(hex, NULL, 16);
	return k != 0 ? k : 1;
}

static size_t
find(const struct vault_index *x, uint64_t k)
{
	size_t i = (size_t)k & (x->size - 1);

	while (x->slot[i] != 0 && x->slot[i] != k)
		i = (i + 1) & (x->size - 1);
	return i;
}

static int
grow(struct vault_index *x)
{
	struct vault_index more = {.size = x->size > 0 ? x->size * 2 : 1024};

	more.slot = calloc(more.size, sizeof *more.slot);
	if (more.slot == NULL)
		return -1;
	for (size_t i = 0; i < x->size; i++)
		if (x->slot[i] != 0)
			more.slot[find(&more, x->slot[i])] = x->slot[i];
	more.n = x->n;
	free(x->slot);
	*x = more;
	return 0;
}

/* Without memory there is none from here on. */
void
vault_index_add(struct vault *v, const char *retry)
{
	struct vault_index *x = v->index;
	size_t i;

	if (x == NULL)
		return;
	if (x->n >= x->size / 2 && grow(x) == -1) {
		vault_index_free(v);
		return;
	}
	i = find(x, key(retry));
	x->n += x->slot[i] == 0;
	x->slot[i] = key(retry);
}

bool
vault_index_has(const struct vault *v, const char *retry)
{
	const struct vault_index *x = v->index;

	return x == NULL || x->n == 0 ? x == NULL
				      : x->slot[find(x, key(retry))] != 0;
}

void
vault_index_free(struct vault *v)
{
	if (v->index != NULL)
		free(v->index->slot);
	free(v->index);
	v->index = NULL;
}

static int
add_entry(void *ctx, const struct vault_entry *e)
{
	vault_index_add(ctx, e->retry);
	return 0;
}

int
vault_remember(struct vault *v, struct err *err)
{
	uint32_t strangers = 0;

	vault_index_free(v);
	if ((v->index = calloc(1, sizeof *v->index)) == NULL)
		return vault_fault(err, VAULT_IO, "no memory for the vault");
	return vault_walk(v, add_entry, v, &strangers, err);
}
