/* The data that the page shows (page/report.js), as JSON: made for that script, and free to change with it.
 */
#pragma once

#include <jansson.h>

#include "../analysis/findings.h"
#include "../symbols/symbols.h"

/* NULL without memory. The caller gives it back. */
json_t *view_data(const struct analysis *analysis, struct symbols *symbols);
