/* Where locks were taken, so that a report can say where its owner took what a thread waits for.
 *
 * Mutexes and write locks name their owner themselves (glibc's own fields), so releasing one needs no notice:
 * each thread has a small table, by the lock's address, of where it last took what, and the report shows an
 * entry only if the lock says that this thread has it. An entry that another lock's took the place of is
 * lost. Read locks name nobody, so there taking and leaving is followed. A spin lock names nobody either, but
 * has one owner at a time: the last that took it, if it is taken.
 *
 * All of it is stores to the thread's own record, or to a line that the takers of one spin lock share anyway.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "thread.h"

#define FOR_WRITING(lock)   ((const void *)((uintptr_t)(lock) | 1))
#define INITIALISING(guard) ((const void *)((uintptr_t)(guard) | 2))

static inline __attribute__((always_inline)) struct lock_taken *taken_slot(struct thread *self,
                                                                           uintptr_t lock) {
    _Static_assert(TAKEN_SLOTS == 8, "three bits of the hash");
    return &self->taken[(lock * 0x9e3779b97f4a7c15u) >> 61];
}

/* The calling thread took a mutex or, so marked, a lock for writing, or is to initialise what a guard is for; site is a
 * return address. */
static inline __attribute__((always_inline)) void hold_taken(const void *lock, const void *site) {
    struct thread *self = thread_current;
    if (__builtin_expect(self == NULL, 0))
        return;
    struct lock_taken *slot = taken_slot(self, (uintptr_t)lock);
    slot->lock = (uintptr_t)lock;
    slot->site = (uintptr_t)site;
}

/* It is about to end an initialisation. The guard itself does not tell whose it was. */
static inline void hold_left(const void *lock) {
    struct thread *self = thread_current;
    if (self && taken_slot(self, (uintptr_t)lock)->lock == (uintptr_t)lock)
        taken_slot(self, (uintptr_t)lock)->lock = 0;
}

/* It took, or is about to leave, a lock for reading. */
void hold_reads(const void *lock, const void *site);
void hold_leaves(const pthread_rwlock_t *lock);

/* It took a spin lock. */
void hold_spins(const volatile int *lock, const void *site);
/* Who took a spin lock last; 0 if not known. */
int32_t spin_taker(uintptr_t lock, uintptr_t *site);

struct snapshot_writer;
/* Writes what this thread holds, as the locks' own fields bear out; NULL: only counts. tid: its number now.
 * Returns how many locks that is. */
/* Owners that one capture has read are not read again by it, until this forgets them. */
void holds_forget(void);

unsigned holds_put(struct snapshot_writer *writer, const struct thread *record, int32_t tid);
