#ifndef WHEN_H
#define WHEN_H

#include <stdint.h>
#include <time.h>

#include "log.h"

/* Times as they are typed and shown.  Month names are English, whatever the
   locale: they go into mail and into scripts. */
#define WHEN_ROOM 80

/* "90s", "30m", "12h", "2d", "4w" in seconds. */
int when_parse(const char *s, int64_t *seconds, struct err *);
/* The time that long before now; or "2026-11-28": where that day begins. */
int when_since(const char *s, time_t now, int64_t *since, struct err *);

/* Local time, 12 columns, as ls does: "Nov 28 16:53", "Nov 28  2025". */
void when_column(char out[WHEN_ROOM], time_t then, time_t now);
/* "16:53" within the last day, else "Nov 28". */
void when_brief(char out[WHEN_ROOM], time_t then, time_t now);
/* RFC 5322: "Sat, 28 Nov 2026 16:53:54 +0000". */
void when_mail(char out[WHEN_ROOM], time_t then);
/* "2026-11-28T16:53:54Z". */
void when_iso(char out[WHEN_ROOM], time_t then);
/* "24 h", "3 days": a stretch of time, rounded. */
void when_stretch(char out[WHEN_ROOM], int64_t seconds);

#endif
