/* A running process, read while it runs on: nobody is stopped, unless that is asked for, no signal is sent, nothing is attached to (proc(5)). */
#pragma once

#include "target.h"

/* Lists its threads and looks at each once; halts: after it has stopped each for a moment, for its registers. False: it cannot be looked at, `why` (256 bytes) says what stands in the way. */
bool live_open(struct target *target, int pid, bool halts, char why[256]);

/* Has the thread slept in the same call all the time since it was first looked at? Asked of all threads after all have been looked at
 * once, there was a moment at which those for which this is true slept together. */
bool live_has_slept(const struct target *target, const struct target_thread *thread);
/* Are the threads still those that were listed? */
bool live_has_same_threads(const struct target *target);
/* Is there such a thread, in the process or anywhere (kill(2) finds threads too)? */
bool live_is_anywhere(const struct target *target, int tid);
/* Has the thread run since it was looked at? Then what was read of its memory since may be of two moments. */
bool live_has_moved(const struct target *target, const struct target_thread *thread);
/* What it does by now. */
void live_look_again(const struct target *target, struct target_thread *thread);
