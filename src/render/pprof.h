/* The gzipped profile, of one report or of the difference between two. */
#pragma once

#include <stdio.h>

#include "analysis/findings.h"
#include "symbols/symbols.h"

/* base: what is taken off, a report of the same process; NULL: nothing. */
void pprof_put(FILE *out, const struct analysis *analysis, struct symbols *symbols,
               const struct analysis *base, struct symbols *base_symbols);
