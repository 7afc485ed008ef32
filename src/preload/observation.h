/* What is believed of a thread: its wait record as far as the kernel does not contradict it, else the
 * kernel's word. */
#pragma once

#include <stdbool.h>

#include "herd.h"
#include "kernel_word.h"
#include "tasks.h"
#include "wait.h"

struct observation {
    bool waits;     /* the thread sleeps */
    bool by_record; /* and `wait` tells in what */
    struct wait wait;
    struct kernel_word word;
    uint64_t moves;
    const struct object *object; /* as it was when the thread was found asleep; NULL: to be read */
};

/* Looks at a task: one of the herd as it was found there, if it has not moved since, any other by asking
 * after it. record: the task's (tasks_record). */
struct observation observe_task(const struct tasks *tasks, const struct herd *herd, size_t index,
                                const struct thread *record);
