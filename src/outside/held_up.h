/* What keeps threads from going on. Some are stopped; some have been woken, and are held up in the kernel on their way out of their call: in a frozen
 * cgroup (a container that is paused), or where a cgroup's memory is short. They seem to sleep in that call still. */
#pragma once

#include <stdbool.h>

#include "target.h"

/* Is this one held up, as far as the kernel tells where it stands, if it has not run since it was looked at? tasks: /proc/PID/task. */
bool is_held_up(int tasks, const struct target_thread *thread);
/* Puts into its note what there is of that. state: of its main thread. */
void held_up_note(struct target *target, char state);
