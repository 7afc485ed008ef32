/* Threads that sleep for a moment again and again, to look whether something has come: how often they wake, and whether they are always found
 * in the same place. Measured while the program runs on, over a tenth of a second. */
#pragma once

#include "analysis/findings.h"

/* By thread of the snapshot, for each that takes naps; all 0 for the others. NULL if none does, or without memory. watched: the process, as
 * it is called here. Caller frees. Takes a tenth of a second if there are any, and less if some thread
 * ran. */
struct nap_fact *naps_look(const struct snapshot *snapshot, int watched);
