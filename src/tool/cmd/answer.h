/* The answer to a caller of the API: leaks and report, behind the end of the snapshot that it waits on. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "analysis/findings.h"
#include "symbols/symbols.h"

bool answer_leave(const struct snapshot *snapshot, const struct analysis *analysis, struct symbols *symbols,
                  const void *report, size_t size);
