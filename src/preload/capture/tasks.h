/* The threads of the process as the kernel lists them, each with its record if it has one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "record/thread.h"

struct task {
    int tid;
    struct thread *record; /* NULL for a thread the shim never met */
};

struct tasks {
    struct task *task;
    size_t count;
    int directory; /* /proc/self/task; negative if it cannot be opened: then the tasks are those with records
                    */
    size_t mapped;
    bool starting;   /* some threads had a record, and no number yet */
    bool by_records; /* the kernel was not asked for a list: it had as many threads as there are records */
    size_t room;
};

struct tasks tasks_list(void);
/* When a listed thread turns out to be gone: if the list was made by records, adds what the kernel lists
 * beyond it. True if there is more now. */
bool tasks_complete(struct tasks *tasks);
void tasks_drop(struct tasks *tasks);

/* A task's record, looked for again if it may have been about to start when the tasks were listed. */
struct thread *tasks_record(struct tasks *tasks, size_t index);

/* Threads of the process at this moment, by the link count of the directory; 0 if not known. */
size_t tasks_now(const struct tasks *tasks);
/* How many of those are the shim's own. Asked after tasks_now: one that has not ended by then was among them. */
size_t tasks_hidden(void);

/* Has this thread run to its end, and lingers in the kernel only? */
bool tasks_has_exited(const struct tasks *tasks, size_t index);
