/* Who holds the ends of the pipes that threads wait on: looked up in /proc, while the watched program still
 * is as it was captured. */
#pragma once

#include "../analysis/findings.h"

/* Facts of every pipe that a blocked thread of the snapshot waits on; *count of them. Caller frees. NULL if
 * none. */
struct pipe_fact *pipes_look(const struct snapshot *snapshot, int watched, size_t *count);
