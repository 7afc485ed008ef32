/* A deadlock in words: who waits for what, who has it and where that one is, where it was taken. The text
 * report ends with these blocks; JSON carries the same words. */
#pragma once

#include <stdio.h>

#include "analysis/findings.h"
#include "symbols/symbols.h"

void deadlock_put(FILE *out, const struct analysis *analysis, struct symbols *symbols, size_t number);
/* Locks that ended threads still have, and nobody waits for: those that somebody waits for are deadlocks. */
void deadlock_put_left_locked(FILE *out, const struct analysis *analysis, struct symbols *symbols);
