#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "clock.h"

#define EVERY_MS 200
#define BAR 20

void
progress_start(struct progress *p, bool quiet)
{
	*p = (struct progress){
	    .on = !quiet && isatty(STDERR_FILENO) == 1, .start = clock_ms()};
	p->last = p->start;
}

double
progress_seconds(const struct progress *p)
{
	double s = (double)(clock_ms() - p->start) / 1000;

	return s > 0.001 ? s : 0.001;
}

static void
bar(double part)
{
	fputc('[', stderr);
	for (int i = 0; i < BAR; i++)
		fputc(i < part * BAR ? '#' : ' ', stderr);
	fprintf(stderr, "] %3.0f %% ", part * 100);
}

void
progress_show(struct progress *p, uint64_t done, uint64_t total,
    uint64_t messages, uint64_t bytes)
{
	double part = total > 0 ? (double)done / (double)total : 0, s;
	int64_t now;

	if (!p->on || (now = clock_ms()) - p->last < EVERY_MS)
		return;
	p->last = now;
	p->drawn = true;
	s = progress_seconds(p);
	fputc('\r', stderr);
	if (total > 0)
		bar(part < 1 ? part : 1);
	fprintf(stderr, "%.1f MB/s, %.0f messages/s", (double)bytes / 1e6 / s,
	    (double)messages / s);
	if (part > 0.01) {
		unsigned left = (unsigned)(s / part - s);

		fprintf(stderr, ", %u:%02u left", left / 60, left % 60);
	}
	fputs("\033[K", stderr);
}

void
progress_clear(struct progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
	p->drawn = false;
}
