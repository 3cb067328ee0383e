#ifndef CONF_PRIVATE_H
#define CONF_PRIVATE_H

#include "buf.h"
#include "conf.h"

/* What the files of this room share; no other room includes it. */

/* Rules and settings as they were kept; false where there are none, or not of
   what these sources hold now.  In c->map, given back by conf_cache_close. */
bool conf_cache_read(struct config *, const struct conf_sources *);
void conf_cache_close(struct config *);
/* Keeps them, if they can be kept; reading began at `began` (time(2)).  That
   it cannot be done is no fault: the next one reads again. */
void conf_cache_write(
    struct config *, const struct conf_sources *, int64_t began);

#endif
