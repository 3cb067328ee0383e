/*
 * match_time DIR FILE RUNS: how long the rules of DIR take on a message.
 *
 * Loads the rules, makes the view once, then runs match_run RUNS times, as the
 * child does for one message: with fresh rules (cold: candidates are compiled
 * when they are first needed) in a third of the runs, and again with what is
 * compiled by then (warm).  Prints medians of milliseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf.h"
#include "decode.h"
#include "limits.h"
#include "match.h"

#define MOST 100000

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof *v, by_size);
	return n > 0 ? v[n / 2] : 0;
}

static void
die(const char *why)
{
	fprintf(stderr, "match_time: %s\n", why);
	exit(1);
}

static char *
read_file(const char *path, size_t *n)
{
	FILE *f = fopen(path, "r");
	char *p = malloc(LIMIT_MESSAGE);

	if (f == NULL || p == NULL)
		die(path);
	*n = fread(p, 1, LIMIT_MESSAGE, f);
	fclose(f);
	return p;
}

static double
run_once(struct config *c, struct view *v, uint32_t *hits)
{
	struct arena *a = arena_new(LIMIT_ARENA);
	struct match m;
	double start;

	if (a == NULL || setjmp(*arena_oom(a)) != 0)
		die("no memory");
	start = now();
	match_run(&m, a, &c->rules, v, 600000);
	start = now() - start;
	*hits = m.nhit;
	arena_free(a);
	return start;
}

int
main(int argc, char **argv)
{
	static double cold[MOST], warm[MOST], load[MOST];
	struct conf_sources src = {0};
	struct arena *a = arena_new(LIMIT_ARENA);
	struct charsets *cs;
	struct tree tree;
	struct view view;
	uint32_t hits = 0, rules = 0;
	size_t n;
	char *p;
	int runs, fresh = 0;

	if (argc != 4 || (runs = atoi(argv[3])) < 3 || runs > MOST)
		die("match_time DIR FILE RUNS (3 or more)");
	src.dir = argv[1];
	p = read_file(argv[2], &n);
	cs = charsets_open(p, n, NULL);
	if (a == NULL || setjmp(*arena_oom(a)) != 0)
		die("no memory");
	mime_parse(&tree, a, p, (uint32_t)n);
	view_make(&view, a, &tree, cs);
	for (int i = 0; i < runs; fresh++) {
		struct config c;
		struct err err;

		load[fresh] = now();
		if (conf_open(&c, &src, &err) == -1)
			die(err.text);
		load[fresh] = now() - load[fresh];
		if (c.rules.degraded)
			die("the rules have errors");
		rules = c.rules.n;
		cold[fresh] = run_once(&c, &view, &hits);
		for (int k = 0; k < 3 && i < runs; k++, i++)
			warm[i] = run_once(&c, &view, &hits);
		conf_close(&c);
	}
	printf("%5u rules, %zu bytes, %u hits: load %.3f ms, "
	       "cold %.3f ms, warm %.3f ms\n",
	    rules, n, hits, median(load, fresh), median(cold, fresh),
	    median(warm, runs));
	charsets_close(cs);
	free(p);
	arena_free(a);
	return 0;
}
