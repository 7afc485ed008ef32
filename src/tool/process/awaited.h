/* The child processes that threads wait for, and what those are doing: looked up in /proc, while the watched program still
 * is as it was captured. */
#pragma once

#include "analysis/findings.h"

/* Facts of the children that blocked threads of the snapshot wait for. watched: the process, as it is called here; where
 * it calls itself otherwise (PID namespaces) nothing is found. Given back with awaited_drop. */
struct child_facts awaited_look(const struct snapshot *snapshot, int watched);
void awaited_drop(struct child_facts *facts);
