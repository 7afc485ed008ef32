/* Threads that sleep for a moment again and again, to look whether something has come: how often they wake. Measured while
 * the program runs on, over a tenth of a second. */
#pragma once

#include "analysis/findings.h"

/* By thread of the snapshot, how often a second each that takes naps has woken since; 0 for all others. NULL if none does, or
 * without memory. watched: the process, as it is called here. Caller frees. Takes a tenth of a second if there are any. */
unsigned *naps_look(const struct snapshot *snapshot, int watched);
