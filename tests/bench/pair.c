/*
 * pair RUNS FILE COMMAND... -- COMMAND...
 *
 * Runs the two commands in turn, A B A B …, with FILE as standard input and
 * /dev/null as standard output; prints the medians of wall time and of the
 * ratio A/B pair by pair.  Whole processes, from fork to wait.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static double
run(char **argv, const char *file)
{
	posix_spawn_file_actions_t fa;
	double start;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, file, O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	start = now();
	if (posix_spawnp(&pid, argv[0], &fa, NULL, argv, environ) != 0 ||
	    waitpid(pid, &status, 0) == -1) {
		perror(argv[0]);
		exit(1);
	}
	posix_spawn_file_actions_destroy(&fa);
	return now() - start;
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
	static double a[MOST], b[MOST], r[MOST];
	int n = argc > 1 ? atoi(argv[1]) : 0, split = 3;

	while (split < argc && strcmp(argv[split], "--") != 0)
		split++;
	if (n < 1 || n > MOST || split == 3 || split + 1 >= argc) {
		fprintf(stderr, "usage: pair RUNS FILE CMD... -- CMD...\n");
		return 64;
	}
	argv[split] = NULL;
	for (int i = -3; i < n; i++) { /* three runs to warm up */
		double x = run(argv + 3, argv[2]), y = run(argv + split + 1,
					   argv[2]);

		if (i >= 0) {
			a[i] = x;
			b[i] = y;
			r[i] = x / y;
		}
	}
	printf("A %.3f ms, B %.3f ms, A/B %.2f (medians of %d pairs)\n",
	    median(a, n), median(b, n), median(r, n), n);
	return 0;
}
