#include <stdlib.h>

#include "cuts.h"

void
draws_seed(struct draws *d, uint64_t seed, uint64_t k)
{
	*d = (struct draws){.state = seed * 0x9e3779b97f4a7c15u ^
				     (k + 1) * 0xd1b54a32d192ed03u};
}

void
draws_free(struct draws *d)
{
	free(d->v);
	d->v = NULL;
}

/* splitmix64 */
static uint64_t
next(struct draws *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static void
keep(struct draws *d, uint32_t v)
{
	if (d->n == d->size) {
		d->size = d->size > 0 ? d->size * 2 : 256;
		d->v = reallocarray(d->v, d->size, sizeof *d->v);
		if (d->v == NULL)
			abort();
	}
	d->v[d->n++] = v;
}

uint32_t
draw(struct draws *d, uint32_t n)
{
	uint32_t v = 0;

	if (n < 2)
		return 0;
	if (!d->replay)
		keep(d, v = (uint32_t)(next(d) % n));
	else if (d->at < d->n)
		v = d->v[d->at] < n ? d->v[d->at] : n - 1;
	d->at++;
	return v;
}

bool
chance(struct draws *d, uint32_t percent)
{
	return draw(d, 100) >= 100 - percent;
}
