/* Who waits for whom, for the page. */
#pragma once

#include "view_page.h"

/* {"nodes": {TID: ...}, "edges": [...]}: every thread that is in a deadlock, or waits for one that is known.
 */
json_t *view_graph(struct view_page *page);
json_t *view_deadlocks(const struct view_page *page);
