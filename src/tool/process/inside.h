/* Which waits on descriptors could only be ended from inside the process: looked up in /proc, while the watched program still
 * is as it was captured. */
#pragma once

#include "analysis/findings.h"

/* Facts of the waits on eventfds, timers and sets of descriptors; none unless all threads were found asleep. watched: the
 * process, as it is called here. Given back with inside_drop. */
struct inside_facts inside_look(const struct snapshot *snapshot, int watched);
void inside_drop(struct inside_facts *facts);
