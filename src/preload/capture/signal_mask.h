/* The signals that a thread has blocked, as the kernel tells it (proc(5), SigBlk of /proc/self/task/TID/status): of one that sleeps in ppoll(2) and
 * its like, those of the call; of one in sigwait(3), less those that it waits for (kernel: kernel/signal.c, do_sigtimedwait). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* False if it has ended, or that cannot be read. Async-signal-safe, on a small stack. */
bool signal_mask_read(int task_directory, int tid, uint64_t *blocked);
