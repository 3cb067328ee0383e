#include "when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define HALF_YEAR (182 * DAY) /* from there on the year tells more */

#define N(a) (sizeof(a) / sizeof *(a))

static const struct {
	char letter;
	int64_t seconds;
} units[] = {{'s', 1}, {'m', MINUTE}, {'h', HOUR}, {'d', DAY}, {'w', 7 * DAY}};

int
when_parse(const char *s, int64_t *seconds, struct err *err)
{
	size_t digits = strspn(s, "0123456789");

	for (size_t i = 0; i < N(units) && digits > 0 && digits < 8; i++)
		if (s[digits] == units[i].letter && s[digits + 1] == '\0') {
			*seconds = atoll(s) * units[i].seconds;
			return 0;
		}
	return err_set(err,
	    "%s: a time is a number with s, m (minutes), h, d or w (weeks) "
	    "behind it, as in 2d",
	    s);
}

int
when_since(const char *s, time_t now, int64_t *since, struct err *err)
{
	struct tm tm = {.tm_isdst = -1}, day;
	const char *end = strptime(s, "%Y-%m-%d", &tm);
	int64_t ago;

	if (end != NULL && *end == '\0') {
		tm.tm_isdst = -1;
		day = tm;
		*since = mktime(&tm);
		if (*since != -1 && tm.tm_mday == day.tm_mday)
			return 0;
		return err_set(err, "%s: there is no such day", s);
	}
	if (when_parse(s, &ago, err) == -1)
		return err_set(err,
		    "%s: a time is a day, as in 2026-11-28, or a number with "
		    "s, m (minutes), h, d or w (weeks) behind it, as in 2d",
		    s);
	*since = now - ago;
	return 0;
}

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void
when_column(char out[WHEN_ROOM], time_t then, time_t now)
{
	struct tm tm;

	if (localtime_r(&then, &tm) == NULL)
		snprintf(out, WHEN_ROOM, "%-12s", "?");
	else if (then > now + DAY || then < now - HALF_YEAR)
		snprintf(out, WHEN_ROOM, "%s %2d %5d", months[tm.tm_mon],
		    tm.tm_mday, tm.tm_year + 1900);
	else
		snprintf(out, WHEN_ROOM, "%s %2d %02d:%02d", months[tm.tm_mon],
		    tm.tm_mday, tm.tm_hour, tm.tm_min);
}

void
when_brief(char out[WHEN_ROOM], time_t then, time_t now)
{
	struct tm tm;

	if (localtime_r(&then, &tm) == NULL)
		snprintf(out, WHEN_ROOM, "?");
	else if (then > now - DAY && then < now + DAY)
		snprintf(out, WHEN_ROOM, "%02d:%02d", tm.tm_hour, tm.tm_min);
	else
		snprintf(
		    out, WHEN_ROOM, "%s %2d", months[tm.tm_mon], tm.tm_mday);
}

void
when_mail(char out[WHEN_ROOM], time_t then)
{
	static const char days[7][4] = {
	    "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	struct tm tm;
	long off;

	if (localtime_r(&then, &tm) == NULL) {
		then = 0;
		gmtime_r(&then, &tm);
	}
	off = tm.tm_gmtoff / MINUTE;
	snprintf(out, WHEN_ROOM, "%s, %d %s %d %02d:%02d:%02d %c%02ld%02ld",
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
	    tm.tm_hour, tm.tm_min, tm.tm_sec, off < 0 ? '-' : '+',
	    labs(off) / 60, labs(off) % 60);
}

void
when_iso(char out[WHEN_ROOM], time_t then)
{
	struct tm tm;

	if (gmtime_r(&then, &tm) == NULL ||
	    strftime(out, WHEN_ROOM, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, WHEN_ROOM, "?");
}

void
when_stretch(char out[WHEN_ROOM], int64_t seconds)
{
	if (seconds < 2 * HOUR)
		snprintf(out, WHEN_ROOM, "%lld min",
		    (long long)((seconds + MINUTE / 2) / MINUTE));
	else if (seconds < 2 * DAY)
		snprintf(out, WHEN_ROOM, "%lld h",
		    (long long)((seconds + HOUR / 2) / HOUR));
	else
		snprintf(out, WHEN_ROOM, "%lld days",
		    (long long)((seconds + DAY / 2) / DAY));
}
