/* Who besides a process's own threads could wake one that sleeps on its memory: looked up in /proc, while the watched program
 * still is as it was captured. */
#pragma once

#include "analysis/findings.h"
#include "proc/thread_tables.h"

/* Nothing unless all threads were found asleep, or some wait for locks. */
struct other_wakers other_wakers_look(struct thread_tables *tables);
