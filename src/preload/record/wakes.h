/* Who last signalled a condition or posted a semaphore, how often, and where from.
 *
 * Each thread notes what it signals in its own record, without atomic instructions: an uncontended post costs
 * two of them in all. What it noted of an object that another one takes the place of, and at its end, goes to
 * a fixed-size, lossy, lock-free table keyed by the object's address; a report adds up both. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rt/clock.h"
#include "thread.h"

struct wake {
    uintptr_t address;
    uintptr_t site; /* return address of the latest */
    uint64_t
        last; /* when that was, CLOCK_MONOTONIC_COARSE ns: cheaper than the counter, and no finer is told */
    uint32_t count, no_waiter;
    int32_t last_tid;
    char last_name[16];
};

enum { WAKES = 4096 };

/* The calling thread's note of an object that it has none of yet; NULL if it must do without. */
struct wake_note *wake_note_begins(const void *object);

/* Called before each signal, broadcast or post. no_waiter: nobody was waiting. Async-signal-safe; a handler
 * that interrupts this and does the same may make it count one less. */
static inline __attribute__((always_inline)) void wake_noted(const void *object, bool no_waiter,
                                                             const void *site) {
    _Static_assert(WAKE_NOTES == 2, "one bit of the hash");
    struct thread *self = thread_current;
    struct wake_note *note = self ? &self->notes[((uintptr_t)object * 0x9e3779b97f4a7c15u) >> 63] : NULL;
    if (__builtin_expect(!note || note->object != (uintptr_t)object, 0))
        note = wake_note_begins(object);
    if (__builtin_expect(!note, 0))
        return;
    note->count++;
    note->no_waiter += no_waiter;
    note->site = (uintptr_t)site;
    note->last = clock_ns(CLOCK_MONOTONIC_COARSE);
}

/* What a thread has noted outlives its record from now on. Call once, from the constructor. */
void wakes_setup(void);

/* For a report: takes together what all threads have noted; then wake_read copies the index-th entry, and
 * is false if it is empty. */
void wakes_gather(void);
bool wake_read(size_t index, struct wake *entry);
/* Entries that were given up for another object. */
uint64_t wakes_lost(void);
void wakes_forked(void);
