/* Mutexes, read-write locks, spin locks, initialisation done once: pthread and C11. */
#include <pthread.h>
#include <threads.h>

#include "lock_kinds.h"
#include "wrap.h"

#define MUTEX       (ROW_FUTEX(MUTEX))
#define TAKES_MUTEX hold_taken(mutex, SITE)
TRIES(pthread_mutex_trylock, (pthread_mutex_t * mutex), (mutex), TAKES_MUTEX)
LOCKS(pthread_mutex_lock, (pthread_mutex_t * mutex), (mutex), MUTEX, (ON_ADDRESS(mutex)),
      mutex_may_be_tried(mutex), REAL(pthread_mutex_trylock)(mutex), TAKES_MUTEX)
LOCKS(pthread_mutex_timedlock, (pthread_mutex_t * mutex, const struct timespec *until), (mutex, until), MUTEX,
      (ON_ADDRESS(mutex), UNTIL(until)), mutex_may_be_tried(mutex), REAL(pthread_mutex_trylock)(mutex),
      TAKES_MUTEX)
LOCKS(pthread_mutex_clocklock, (pthread_mutex_t * mutex, clockid_t clock, const struct timespec *until),
      (mutex, clock, until), MUTEX, (ON_ADDRESS(mutex), UNTIL(until)),
      clock_is_supported(clock) && mutex_may_be_tried(mutex), REAL(pthread_mutex_trylock)(mutex), TAKES_MUTEX)

/* C11 locks do not go through the pthread symbols (glibc sysdeps/pthread/mtx_lock.c). */
TRIES(mtx_trylock, (mtx_t * mutex), (mutex), TAKES_MUTEX)
#define TRIED_MTX mutex_may_be_tried((const pthread_mutex_t *)mutex)
LOCKS(mtx_lock, (mtx_t * mutex), (mutex), MUTEX, (ON_ADDRESS(mutex)), TRIED_MTX, REAL(mtx_trylock)(mutex),
      TAKES_MUTEX)
LOCKS(mtx_timedlock, (mtx_t *restrict mutex, const struct timespec *restrict until), (mutex, until), MUTEX,
      (ON_ADDRESS(mutex), UNTIL(until)), TRIED_MTX, REAL(mtx_trylock)(mutex), TAKES_MUTEX)

#define READ_LOCK  (ROW_FUTEX(RWLOCK_READ))
#define TAKES_READ hold_reads(lock, SITE)
TRIES(pthread_rwlock_tryrdlock, (pthread_rwlock_t * lock), (lock), TAKES_READ)
LOCKS(pthread_rwlock_rdlock, (pthread_rwlock_t * lock), (lock), READ_LOCK, (ON_ADDRESS(lock)),
      rwlock_may_be_tried(lock), REAL(pthread_rwlock_tryrdlock)(lock), TAKES_READ)
WAITS(int, pthread_rwlock_timedrdlock, (pthread_rwlock_t * lock, const struct timespec *until), (lock, until),
      READ_LOCK, (ON_ADDRESS(lock), UNTIL(until), NEVER_EINTR), if (result == 0) TAKES_READ)
WAITS(int, pthread_rwlock_clockrdlock,
      (pthread_rwlock_t * lock, clockid_t clock, const struct timespec *until), (lock, clock, until),
      READ_LOCK, (ON_ADDRESS(lock), UNTIL(until), NEVER_EINTR), if (result == 0) TAKES_READ)

#define WRITE_LOCK  (ROW_FUTEX(RWLOCK_WRITE))
#define TAKES_WRITE hold_taken(FOR_WRITING(lock), SITE)
TRIES(pthread_rwlock_trywrlock, (pthread_rwlock_t * lock), (lock), TAKES_WRITE)
LOCKS(pthread_rwlock_wrlock, (pthread_rwlock_t * lock), (lock), WRITE_LOCK, (ON_ADDRESS(lock)),
      rwlock_may_be_tried_for_writing(lock), REAL(pthread_rwlock_trywrlock)(lock), TAKES_WRITE)
WAITS(int, pthread_rwlock_timedwrlock, (pthread_rwlock_t * lock, const struct timespec *until), (lock, until),
      WRITE_LOCK, (ON_ADDRESS(lock), UNTIL(until), NEVER_EINTR), if (result == 0) TAKES_WRITE)
WAITS(int, pthread_rwlock_clockwrlock,
      (pthread_rwlock_t * lock, clockid_t clock, const struct timespec *until), (lock, clock, until),
      WRITE_LOCK, (ON_ADDRESS(lock), UNTIL(until), NEVER_EINTR), if (result == 0) TAKES_WRITE)

CALL_ROW(int, pthread_rwlock_unlock, "pthread_rwlock_unlock", (pthread_rwlock_t *), (.kind = LW_WAIT_NONE))
EXPORTED int pthread_rwlock_unlock(pthread_rwlock_t *lock) {
    UNLESS_ASIDE(pthread_rwlock_unlock, (lock));
    hold_leaves(lock);
    return REAL(pthread_rwlock_unlock)(lock);
}

/* Old names of libpthread's, which programs linked long ago still ask for. */
ALSO(__pthread_mutex_lock, pthread_mutex_lock)
ALSO(__pthread_mutex_trylock, pthread_mutex_trylock)
ALSO(__pthread_rwlock_rdlock, pthread_rwlock_rdlock)
ALSO(__pthread_rwlock_wrlock, pthread_rwlock_wrlock)
ALSO(__pthread_rwlock_tryrdlock, pthread_rwlock_tryrdlock)
ALSO(__pthread_rwlock_trywrlock, pthread_rwlock_trywrlock)
ALSO(__pthread_rwlock_unlock, pthread_rwlock_unlock)

/* A spinning thread makes no system call: the kernel says that it runs, and only the record that it waits. */
#define TAKES_SPIN hold_spins(lock, SITE)
TRIES(pthread_spin_trylock, (pthread_spinlock_t * lock), (lock), TAKES_SPIN)
LOCKS(pthread_spin_lock, (pthread_spinlock_t * lock), (lock),
      (.kind = LW_WAIT_SPIN, .object = OBJECT_ADDRESS), (ON_ADDRESS(lock)), calls_reach_libc,
      REAL(pthread_spin_trylock)(lock), TAKES_SPIN)

/* The thread that runs the routine publishes the same record as those that wait for it; the futex tells them
 * apart (capture/wait_check.c). */
#define ONCE (ROW_FUTEX(ONCE))
WAITS(int, pthread_once, (pthread_once_t * control, void (*routine)(void)), (control, routine), ONCE,
      (ON_ADDRESS(control), NEVER_EINTR))
ALSO(__pthread_once, pthread_once)
WAITS_SILENTLY(call_once, (once_flag * flag, void (*routine)(void)), (flag, routine), ONCE,
               (ON_ADDRESS(flag)))
