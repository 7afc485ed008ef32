/* A second look at threads that were found blocked.
 *
 * What one look tells of two threads was true at two moments. A proof needs one moment: every thread is
 * looked at once, then each again, and those that slept in the same wait all the time did so at any moment
 * between the two rounds. Whether a thread ran in between its CPU time tells (it is exact for one that
 * sleeps); who owns what it waits for is read again, in the second round.
 *
 * Threads that the first look found asleep on one futex are counted there again (waiter_batch.h), instead of asking
 * after each. That is sound for a proof about all threads, and only used for one: every other thread of the process
 * is asked after alone, and found asleep all the time elsewhere, or nothing is proved; so as many sleepers as there
 * are members are those members. Their CPU time is read before the count and after it, and if it is the same they did
 * not run in between: who has not run and is queued on a futex was queued there all the time (it takes running to
 * get there), and a thread that is woken leaves the queue at once, before it runs. */
#pragma once

#include <stdbool.h>

#include "kernel_state.h"
#include "shared/snapshot_writer.h"
#include "tasks.h"
#include "waiter_batch.h"

struct recheck {
    struct looked_at {
        struct lw_snapshot_thread *thread;
        const struct thread *record;
        uint64_t moves, sp; /* sp 0: the kernel was not asked after it alone (waiter_batch.h) */
        int64_t number;
        size_t task; /* index */
    } * of;          /* NULL without memory: then nothing is proved */
    size_t count, room;
};

/* Room for as many threads. */
struct recheck recheck_capacity(size_t threads);
/* A thread that is blocked, as the first look saw it. */
void recheck_add(struct recheck *second, struct lw_snapshot_thread *thread, const struct tasks *tasks,
                 size_t task, uint64_t moves, const struct kernel_state *kernel);
/* Looks again: at those that wait for what a thread owns, and at all if every thread is blocked. Sets
 * LW_THREAD_STILL and LW_THREAD_OWNER_GONE and the header's flags. context: of what the calling thread was
 * doing when a signal interrupted it, or NULL. Gives the room back. */
void recheck(struct recheck *second, struct snapshot_writer *writer, const struct tasks *tasks,
             struct waiter_batches *batches, const void *context);
