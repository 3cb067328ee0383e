/*
 * pair RUNS FILE COMMAND... -- COMMAND...
 * pair 0 FILE COMMAND...
 *
 * Runs the two commands in turn, A B A B …, with FILE as standard input and
 * /dev/null as standard output; prints the medians of wall time and of the
 * ratio A/B pair by pair, the ratio of the medians of processor time, and the
 * largest process of A.  Whole processes, from fork to wait.  RUNS 0: one run
 * of A alone, its seconds and processor seconds.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST 100000

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

struct took {
	double wall, cpu; /* ms */
	double rss;       /* MB of the largest process */
};

static double
ms(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static struct took
run(char **argv, const char *file)
{
	struct rusage use;
	struct took t;
	posix_spawn_file_actions_t fa;
	double start;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, file, O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	start = now();
	if (posix_spawnp(&pid, argv[0], &fa, NULL, argv, environ) != 0 ||
	    wait4(pid, &status, 0, &use) == -1) {
		perror(argv[0]);
		exit(1);
	}
	posix_spawn_file_actions_destroy(&fa);
	t.wall = now() - start;
	t.cpu = ms(use.ru_utime) + ms(use.ru_stime);
	t.rss = (double)use.ru_maxrss / 1024;
	return t;
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
	return v[n / 2];
}

int
main(int argc, char **argv)
{
	static double a[MOST], b[MOST], r[MOST], ca[MOST], cb[MOST];
	int n = argc > 1 ? atoi(argv[1]) : -1, split = 3;
	double rss = 0;

	while (split < argc && strcmp(argv[split], "--") != 0)
		split++;
	if (n == 0 && split == argc && split > 3) {
		struct took t = run(argv + 3, argv[2]);

		printf("%.3f s, cpu %.3f s, %.1f MB\n", t.wall / 1e3,
		    t.cpu / 1e3, t.rss);
		return 0;
	}
	if (n < 1 || n > MOST || split == 3 || split + 1 >= argc) {
		fprintf(stderr, "usage: pair RUNS FILE CMD... -- CMD...\n"
				"       pair 0 FILE CMD...\n");
		return 64;
	}
	argv[split] = NULL;
	for (int i = -3; i < n; i++) { /* three runs to warm up */
		struct took x = run(argv + 3, argv[2]),
			    y = run(argv + split + 1, argv[2]);

		if (i < 0)
			continue;
		a[i] = x.wall;
		b[i] = y.wall;
		r[i] = x.wall / y.wall;
		ca[i] = x.cpu;
		cb[i] = y.cpu;
		if (x.rss > rss)
			rss = x.rss;
	}
	printf("A %.3f ms, B %.3f ms, A/B %.2f, cpu %.2f, %.1f MB (medians of "
	       "%d pairs)\n",
	    median(a, n), median(b, n), median(r, n),
	    median(ca, n) / median(cb, n), rss, n);
	return 0;
}
