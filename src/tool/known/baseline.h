/* Baselines: groups that are known and do not fail a build until new ones come. By functions, not addresses
 * or lines: stable when the program is built again. */
#pragma once

#include <stdbool.h>

#include "analysis/findings.h"
#include "symbols/symbols.h"

struct baseline;

/* Reads a baseline. A file that does not exist is an empty one; what else is wrong is said on stderr, and
 * NULL returned. */
struct baseline *baseline_read(const char *path);
void baseline_drop(struct baseline *baseline);

/* Marks in `suppressed`, one for each thread of the snapshot, those whose group is in it. */
void baseline_apply(const struct baseline *baseline, const struct snapshot *snapshot, struct symbols *symbols,
                    bool *suppressed);

/* Writes the leaked groups of an analysis as a baseline, in place of what was there. False, and a line on
 * stderr, if it cannot be written; then the old one stays. */
bool baseline_write(const char *path, const struct analysis *analysis, struct symbols *symbols);
