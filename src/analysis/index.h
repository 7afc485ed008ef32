/* A snapshot's sections in the orders in which an analysis looks things up in them: ten thousand threads may
 * wait for one lock, or have been signalled by one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "shared/snapshot_reader.h"

struct index {
    const struct snapshot *snapshot;
    size_t *by_tid; /* threads that are alive */
    size_t live;
    size_t *by_lock;    /* holds */
    size_t *by_holder;  /* holds, by the thread's tid */
    size_t *by_object;  /* all threads, by what they wait for */
    size_t *by_address; /* wakes */
};

/* False without memory; then drop it all the same. */
bool index_make(struct index *index, const struct snapshot *snapshot);
void index_drop(struct index *index);

/* The thread with this number that is alive: its index among the threads; -1 if there is none. */
long index_thread(const struct index *index, int tid);

/* The holds of a lock: the first is at index_holds, and index_hold gives them from there on until NULL. */
size_t index_holds(const struct index *index, uint64_t lock);
const struct lw_snapshot_hold *index_hold(const struct index *index, size_t at, uint64_t lock);
/* The hold of a lock by this thread; NULL if it is not known. */
const struct lw_snapshot_hold *index_hold_by(const struct index *index, int tid, uint64_t lock);

/* What a thread holds, in the same way. */
size_t index_held(const struct index *index, int tid);
const struct lw_snapshot_hold *index_held_by(const struct index *index, size_t at, int tid);

/* The threads that wait for an object, in the same way. */
size_t index_waiters(const struct index *index, uint64_t object);
const struct lw_snapshot_thread *index_waiter(const struct index *index, size_t at, uint64_t object);

/* What is known of signals to an object; NULL if nothing is. */
const struct lw_snapshot_wake *index_wake(const struct index *index, uint64_t object);
/* What is remembered of a thread that has ended; NULL if nothing is. */
const struct lw_snapshot_gone *index_gone(const struct index *index, int tid);
