/* Which waits on descriptors could only be ended from inside the process: looked up in /proc, while the watched program still
 * is as it was captured. */
#pragma once

#include "analysis/findings.h"
#include "proc/thread_tables.h"

/* Facts of the waits on eventfds, timers and sets of descriptors; none unless all threads were found asleep. Given back with inside_drop. */
struct inside_facts inside_look(struct thread_tables *tables);
void inside_drop(struct inside_facts *facts);
