/* What is believed of a thread: its wait record as far as the kernel does not contradict it, else what the
 * kernel says. */
#pragma once

#include <stdbool.h>

#include "kernel_state.h"
#include "record/wait.h"
#include "tasks.h"
#include "waiter_batch.h"

struct observation {
    bool waits;     /* the thread sleeps */
    bool by_record; /* and `wait` tells in what */
    struct wait wait;
    struct kernel_state kernel;
    uint64_t moves;
    const struct batched_waiter *member; /* found among others, so that the kernel was not asked after it */
    const struct object *object;         /* as it was when the thread was found asleep; NULL: to be read */
    uint64_t cpu_ns;                     /* 0: to be read */
};

/* Looks at a task: one of the batches as it was found there, if it has not moved since, any other by asking
 * after it. record: the task's (tasks_record). */
struct observation observe_task(const struct tasks *tasks, const struct waiter_batches *batches, size_t index,
                                const struct thread *record);
