/* What a snapshot means: groups, verdicts with their evidence, who has leaked. Pure: reads a snapshot and
 * facts gathered elsewhere, does no I/O, knows no symbols. */
#pragma once

#include "findings.h"

/* NULL without memory. */
struct analysis *analyse(const struct snapshot *snapshot, const struct facts *facts);
void analysis_free(struct analysis *analysis);
