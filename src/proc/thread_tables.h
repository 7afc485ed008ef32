/* The tables of descriptors of a snapshot's process: a thread may have its own (unshare(2), CLONE_FILES). Several look-ups go through them, and to find
 * who has one each thread is asked after: that is done once, by the first. */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

#include "shared/snapshot_reader.h"

struct thread_tables {
    const struct snapshot *snapshot;
    int pid; /* of the process, as it is called here */
    /* what follows is found when it is first asked for */
    bool asked, failed;
    int *own; /* threads that have one */
    size_t count;
};

/* As descriptors_each, of that process. */
void thread_tables_each(struct thread_tables *tables, int proc, bool *hidden,
                        void (*look)(void *context, int through, DIR *directory), void *context);
void thread_tables_drop(struct thread_tables *tables);
