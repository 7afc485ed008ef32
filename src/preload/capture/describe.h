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
