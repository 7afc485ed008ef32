/* When trying a lock does, and answers, exactly what locking it would, if it is free: facts of glibc's source.
 * Whatever is not named here must go by way of the call that the program made. Trying differs, for one, in a
 * robust mutex that is not recoverable (pthread_mutex_trylock.c takes it and keeps it: the next lock hangs),
 * in an unsupported clock, and in the timeout of a read-write lock, which is checked though the lock is free
 * (pthread_rwlock_common.c).
 *
 * None of it holds if another library's functions stand between us and libc: a sanitizer draws conclusions
 * from the order of locks that it does not draw from tries.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "call.h"

/* A normal, recursive, error-checking or adaptive mutex, maybe shared between processes, that is not robust,
 * has no priority protocol and is not elided (sysdeps/nptl/pthreadP.h). Locking one whose lock word is 0 but
 * which has an owner is an assertion that fails (pthread_mutex_lock.c), trying it is not; for a recursive one
 * both look at the owner first, and count it up if it is the caller. */
static inline __attribute__((always_inline)) bool mutex_may_be_tried(const pthread_mutex_t *mutex) {
    enum { KIND = 3, NO_ELISION = 512, PROCESS_SHARED = 128 };
    int kind = __atomic_load_n(&mutex->__data.__kind, __ATOMIC_RELAXED) & ~(NO_ELISION | PROCESS_SHARED);
    int owner = __atomic_load_n(&mutex->__data.__owner, __ATOMIC_RELAXED);
    return calls_reach_libc && (kind & ~KIND) == 0 && (owner == 0 || kind == PTHREAD_MUTEX_RECURSIVE_NP);
}

/* Those that pthread_mutex_clocklock does not refuse (sysdeps/nptl/futex-internal.h,
 * futex_abstimed_supported_clockid). */
static inline bool clock_is_supported(clockid_t clock) {
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC;
}

/* Locking answers EDEADLK to the writer whatever the rest says. */
static inline __attribute__((always_inline)) bool rwlock_may_be_tried(const pthread_rwlock_t *lock) {
    return calls_reach_libc && __atomic_load_n(&lock->__data.__cur_writer, __ATOMIC_RELAXED) == 0;
}

/* For writing, only one that nobody has or waits for: with readers that wait in a write phase, trying and
 * locking leave different traces (pthread_rwlock_trywrlock.c). */
static inline __attribute__((always_inline)) bool
rwlock_may_be_tried_for_writing(const pthread_rwlock_t *lock) {
    enum { WRITE_PHASE = 1 };
    unsigned readers = __atomic_load_n(&lock->__data.__readers, __ATOMIC_RELAXED);
    return (readers & ~(unsigned)WRITE_PHASE) == 0 && rwlock_may_be_tried(lock);
}
