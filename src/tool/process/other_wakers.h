/* Who besides a process's own threads could wake one that sleeps on its memory: looked up in /proc, while the watched program
 * still is as it was captured. */
#pragma once

#include "analysis/findings.h"

/* Nothing unless all threads were found asleep, or some wait for locks. watched: the process, as it is called here. */
struct other_wakers other_wakers_look(const struct snapshot *snapshot, int watched);
