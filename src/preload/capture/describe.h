/* One thread, as a snapshot tells it: its record, its wait record if that can be believed, the kernel's word.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "record/scope.h"
#include "rt/clock.h"
#include "shared/snapshot_writer.h"
#include "tasks.h"
#include "waiter_batch.h"

/* scope: whose threads are marked as such, or NULL. context: ucontext_t of what the caller was doing when a
 * signal interrupted it, or NULL. terse: the CPU time of threads that are asleep is not wanted. */
void describe_threads(struct snapshot_writer *writer, struct tasks *tasks, const void *context,
                      const struct scope *scope, bool terse);

/* Just whether and how a thread sleeps. */
struct sleep {
    bool alive;
    bool asleep;
    bool untimed;   /* sleeps in a call that has no deadline */
    uint64_t since; /* CLOCK_MONOTONIC ns when it began, if untimed; 0 if not known */
    uint64_t moves; /* differs from an earlier look if the thread's wait does */
};
/* now: as of which marks are read. batches: of these tasks. */
struct sleep describe_sleep(const struct tasks *tasks, size_t index, const struct waiter_batches *batches,
                            struct clock_reading now);
