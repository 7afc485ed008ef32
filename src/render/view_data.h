/* The data that the page shows (page/report.js), as JSON: made for that script, and free to change with it.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "analysis/findings.h"
#include "symbols/symbols.h"

/* with_sources: read the source files that the program's debug information names. Not for whom a page is
 * served: anybody's program may name any file. NULL without memory. The caller gives it back. */
json_t *view_data(const struct analysis *analysis, struct symbols *symbols, bool with_sources);
