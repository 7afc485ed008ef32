/* Small questions to /proc that look-ups of descriptors share. */
#pragma once

#include <stdbool.h>

#include "shared/snapshot_reader.h"

/* Has a thread of the snapshot run since it was taken, or may it have? Its CPU time tells (proc(5), /proc/PID/task/TID/
 * schedstat). proc: of /proc. */
bool has_run(int proc, int pid, const struct lw_snapshot_thread *thread);

/* Has no thread but the caller run since, as the caller says, who is held and answers (LW_PROCESS_ANSWERS)? False too if nobody answers, and if one has:
 * has_run tells which. wanted: of how many threads it is to be known; of few that is had sooner without. */
bool have_slept(const struct snapshot *snapshot, size_t wanted);

/* Of the thread that has answered a request: has it gone to sleep again in the call that the request interrupted, once, and not woken since? Waits
 * for a moment until it has. False too if that is not told, or if it waits for other descriptors by now. */
bool has_gone_on(int proc, int pid, const struct snapshot *snapshot, const struct lw_snapshot_thread *thread);
