#include "tally.h"

#include <stdlib.h>
#include <string.h>

#include "limits.h"

#define SLOTS (2u * LIMIT_SENDERS)
#define TOP 10 /* senders that are named */
#define LABEL 40

struct count {
	char *name;
	size_t len;
	uint64_t n;
};

struct tally_table {
	struct count slot[SLOTS];
	uint32_t used;
	uint64_t others; /* names that came when it was full */
};

int
tally_open(struct tally *t)
{
	*t = (struct tally){0};
	t->category = calloc(1, sizeof *t->category);
	t->sender = calloc(1, sizeof *t->sender);
	return t->category != NULL && t->sender != NULL ? 0 : -1;
}

static void
free_table(struct tally_table *t)
{
	for (uint32_t i = 0; t != NULL && i < SLOTS; i++)
		free(t->slot[i].name);
	free(t);
}

void
tally_close(struct tally *t)
{
	free_table(t->category);
	free_table(t->sender);
}

static uint32_t
hash(const char *p, size_t n)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * 16777619u;
	return h;
}

static void
count(struct tally_table *t, const char *p, size_t n)
{
	uint32_t i = hash(p, n) % SLOTS;
	struct count *c = &t->slot[i];

	for (; c->name != NULL; c = &t->slot[i]) {
		if (c->len == n && memcmp(c->name, p, n) == 0) {
			c->n++;
			return;
		}
		i = (i + 1) % SLOTS;
	}
	if (t->used == LIMIT_SENDERS || (c->name = malloc(n + 1)) == NULL) {
		t->others++;
		return;
	}
	memcpy(c->name, p, n);
	c->len = n;
	c->n = 1;
	t->used++;
}

void
tally_add(
    struct tally *t, const struct pool_item *item, const struct rules *rules)
{
	const struct report *r = &item->report;
	const char *category = report_category(r, rules);

	t->messages++;
	t->bytes += item->len;
	t->verdict[r->verdict]++;
	if (r->verdict != VERDICT_PROMO && r->verdict != VERDICT_PHISH)
		return;
	if (category == NULL)
		category = report_verdict_name(r->verdict);
	count(t->category, category, strlen(category));
	if (r->from_len > 0)
		count(t->sender, r->from, r->from_len);
	else
		count(t->sender, "(nobody)", 8);
}

/* The larger number first, then by name. */
static int
by_count(const void *a, const void *b)
{
	const struct count *x = *(const struct count *const *)a;
	const struct count *y = *(const struct count *const *)b;
	int rc;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	rc = memcmp(x->name, y->name, x->len < y->len ? x->len : y->len);
	return rc != 0 ? rc : (x->len > y->len) - (x->len < y->len);
}

static void
print_table(struct buf *out, const char *title, const struct tally_table *t,
    uint32_t most)
{
	const struct count **v = calloc(t->used + 1u, sizeof *v);
	uint64_t others = t->others;
	uint32_t n = 0;

	if (v == NULL) {
		out->failed = true;
		return;
	}
	for (uint32_t i = 0; i < SLOTS; i++)
		if (t->slot[i].name != NULL)
			v[n++] = &t->slot[i];
	qsort(v, n, sizeof *v, by_count);
	buf_printf(out, "\n%s\n", title);
	for (uint32_t i = 0; i < n; i++) {
		if (i >= most) {
			others += v[i]->n;
			continue;
		}
		buf_puts(out, "  ");
		row_cell(out, v[i]->name, v[i]->len, LABEL);
		buf_printf(out, " %8llu\n", (unsigned long long)v[i]->n);
	}
	if (others > 0)
		buf_printf(out, "  %-*s %8llu\n", LABEL, "others",
		    (unsigned long long)others);
	free(v);
}

void
tally_print(struct buf *out, const struct tally *t)
{
	if (t->category->used > 0) {
		print_table(out, "by category", t->category, UINT32_MAX);
		print_table(out, "by sender", t->sender, TOP);
		buf_puts(out, "\n");
	}
	buf_printf(out,
	    "%llu messages: %llu clean, %llu promotion, %llu phishing",
	    (unsigned long long)t->messages,
	    (unsigned long long)t->verdict[VERDICT_CLEAN],
	    (unsigned long long)t->verdict[VERDICT_PROMO],
	    (unsigned long long)t->verdict[VERDICT_PHISH]);
	if (t->verdict[VERDICT_ERROR] > 0)
		buf_printf(out, ", %llu not judged",
		    (unsigned long long)t->verdict[VERDICT_ERROR]);
	buf_puts(out, "\n");
}
