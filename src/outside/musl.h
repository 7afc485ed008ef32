/* musl's mutexes and joins, in a program that may have no symbol: known by how the objects lead to each other, so that no word which only looks like the
 * number of an owner is taken for one (musl: src/internal/pthread_impl.h). */
#pragma once

#include "shared/snapshot.h"
#include "target.h"

struct musl_wait {
    enum lw_wait_kind kind; /* LW_WAIT_MUTEX or LW_WAIT_JOIN */
    uint64_t object;        /* the mutex; the thread's struct pthread */
    int32_t owner;          /* who has it, or is joined */
    bool robust;
};

/* What a thread waits for in futex(2), which has these arguments. False: nothing of the kind. A mutex of the default type does not tell who has
 * it: its word is EBUSY. */
bool musl_wait_of(const struct target *target, const uint64_t argument[6], struct musl_wait *wait);
