#include "date.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

struct reader {
	const char *p;
	size_t n;
};

static void
skip(struct reader *r, const char *what)
{
	while (r->n > 0 && *r->p != '\0' && strchr(what, *r->p) != NULL) {
		r->p++;
		r->n--;
	}
}

/* Digits, at least one and at most `most`; -1. */
static int
number(struct reader *r, int most)
{
	int v = 0, digits = 0;

	for (; r->n > 0 && digits < most && *r->p >= '0' && *r->p <= '9';
	     r->p++, r->n--, digits++)
		v = v * 10 + *r->p - '0';
	return digits > 0 ? v : -1;
}

/* 1 to 12; -1. */
static int
month(struct reader *r)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

	for (int m = 0; r->n >= 3 && m < 12; m++)
		if (strncasecmp(r->p, names + 3 * m, 3) == 0) {
			while (r->n > 0 && (*r->p | 32) >= 'a' &&
			       (*r->p | 32) <= 'z') {
				r->p++;
				r->n--;
			}
			return m + 1;
		}
	return -1;
}

/* Minutes east of Greenwich; those of the zones that have names. */
static int
zone(struct reader *r)
{
	static const struct {
		const char *name;
		int hours;
	} named[] = {{"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5},
	    {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};
	int sign = r->n > 0 && *r->p == '-' ? -1 : 1, v;

	for (size_t i = 0; i < sizeof named / sizeof *named; i++)
		if (r->n >= 3 && strncasecmp(r->p, named[i].name, 3) == 0)
			return named[i].hours * 60;
	if (r->n < 5 || (*r->p != '+' && *r->p != '-'))
		return 0;
	r->p++;
	r->n--;
	v = number(r, 4);
	return v < 0 || v % 100 > 59 || v > 1400
		   ? 0
		   : sign * (v / 100 * 60 + v % 100);
}

bool
date_iso(char out[DATE_BYTES + 1], const char *p, size_t n)
{
	struct reader r = {p, n};
	const char *comma = n > 0 ? memchr(p, ',', n < 16 ? n : 16) : NULL;
	int day, mon, year, hour, minute, second = 0, east;

	if (comma != NULL)
		r = (struct reader){comma + 1, n - (size_t)(comma + 1 - p)};
	skip(&r, " \t\r\n");
	day = number(&r, 2);
	skip(&r, " \t\r\n-");
	mon = month(&r);
	skip(&r, " \t\r\n-");
	year = number(&r, 4);
	skip(&r, " \t\r\n");
	hour = number(&r, 2);
	skip(&r, ":");
	minute = number(&r, 2);
	if (r.n > 1 && *r.p == ':') {
		skip(&r, ":");
		second = number(&r, 2);
	}
	skip(&r, " \t\r\n");
	east = zone(&r);
	if (year >= 0 && year < 100) /* RFC 5322 4.3 */
		year += year < 50 ? 2000 : 1900;
	if (day < 1 || day > 31 || mon < 1 || year < 1900 || hour < 0 ||
	    hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
		return false;
	snprintf(out, DATE_BYTES + 1,
	    "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", year % 10000, mon % 100,
	    day % 100, hour % 100, minute % 100, second % 100,
	    east < 0 ? '-' : '+', (east < 0 ? -east : east) / 60 % 100,
	    (east < 0 ? -east : east) % 60);
	return true;
}

bool
date_mail(char out[DATE_MAIL], int64_t *seconds, const char *iso)
{
	static const char days[] = "SunMonTueWedThuFriSat",
			  months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm tm = {0};
	int h, m, mon, year, leap;
	char sign;

	if (strlen(iso) != DATE_BYTES ||
	    sscanf(iso, "%4d-%2d-%2dT%2d:%2d:%2d%c%2d:%2d", &year, &mon,
		&tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &sign, &h,
		&m) != 9 ||
	    mon < 1 || mon > 12)
		return false;
	tm.tm_year = year - 1900;
	tm.tm_mon = mon - 1;
	leap = tm.tm_sec; /* a second that is none: the day stays the same */
	tm.tm_sec = 0;
	*seconds = timegm(&tm) + leap;
	snprintf(out, DATE_MAIL, "%.3s, %d %.3s %04d %.8s %c%02d%02d",
	    days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
	    tm.tm_year + 1900, iso + 11, sign, h, m);
	*seconds -= (sign == '-' ? -60 : 60) * (h * 60 + m);
	return true;
}
