#ifndef BINDER_PRIVATE_H
#define BINDER_PRIVATE_H

#include "binder.h"

/* The fields of a bound message, NUL-terminated, in this order. */
enum binder_field { FROM, TO, SUBJECT, DATE, NOTE, FIELDS };

#endif
