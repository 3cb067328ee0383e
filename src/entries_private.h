#ifndef ENTRIES_PRIVATE_H
#define ENTRIES_PRIVATE_H

#include "entries.h"

/*
 * What the files of this room share; no other room includes it.  entries.c
 * finds the entries and keeps them apart from the rest, entries_judge.c judges
 * each, entries_plan.c makes what follows from that the digest's: its edits,
 * its report.
 */

/* The entry is only marked. */
void entry_refuse(struct entry *, const struct rules *, enum refusal);
/* The line that stands for an entry; NULL where none is wanted. */
const char *entry_stub_line(const struct entry *, const struct sight_with *);
/* Characters of shown text in a message. */
uint32_t entries_chars(const struct view *);

#endif
