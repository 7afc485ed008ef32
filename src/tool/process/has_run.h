/* Small questions to /proc that look-ups of descriptors share. */
#pragma once

#include <stdbool.h>

#include "shared/snapshot.h"

/* Has a thread of the snapshot run since it was taken, or may it have? Its CPU time tells (proc(5), /proc/PID/task/TID/
 * schedstat). proc: of /proc. */
bool has_run(int proc, int pid, const struct lw_snapshot_thread *thread);

/* The kernel's own threads have no descriptors, and let nobody but root see that. */
bool is_kernel_thread(int proc, int pid);
