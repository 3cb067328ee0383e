#ifndef VIEW_PRIVATE_H
#define VIEW_PRIVATE_H

#include "view.h"

/* Between view.c and view_links.c. */
struct unit_text *view_add_unit(
    struct view *, enum unit_kind, enum layer, uint32_t doc);
void view_add_links(struct view *, uint32_t doc);

#endif
