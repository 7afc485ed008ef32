/* The descriptors of a snapshot's process: a thread may have a table of its own (unshare(2), CLONE_FILES). Several look-ups go through them, and to find
 * them each thread is asked after, and the link of each is read: that is done once, by the first. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "descriptor_file.h"
#include "shared/snapshot_reader.h"

struct thread_tables {
    const struct snapshot *snapshot;
    int pid; /* of the process, as it is called here */
    /* what follows is found when it is first asked for */
    bool listed, hidden;
    unsigned count; /* of tables */
    struct shown_descriptor *shown;
    size_t shown_count, room;
};

/* Calls `look` with each descriptor. *hidden is set, and else left, if there may be some that cannot be seen. Returns how many tables there are. */
unsigned thread_tables_each(struct thread_tables *tables, int proc, bool *hidden, look_at_descriptor *look,
                            void *context);
/* The same of any process: of another as descriptors_each has it. */
void thread_tables_look_into(struct thread_tables *tables, int proc, int pid, bool *hidden,
                             look_at_descriptor *look, void *context);
void thread_tables_drop(struct thread_tables *tables);
