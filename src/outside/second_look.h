/* The second look at all threads, after all have been looked at once: what proofs rest on (shared/snapshot.h, LW_THREAD_STILL). */
#pragma once

#include "judge.h"

struct looked_at {
    struct lw_snapshot_thread *thread;
    const struct target_thread *from;
};

struct second_look {
    const struct target *target;
    const struct judge *judge;
    struct looked_at *of; /* room for all threads */
    size_t count;
    bool all_inside; /* up to here all wait for what may come from another thread */
};

void second_look_add(struct second_look *second, struct lw_snapshot_thread *thread,
                     const struct target_thread *from, bool inside);
/* Sets the flags of the threads and of the header. */
void second_look(struct second_look *second, struct snapshot_writer *writer);
