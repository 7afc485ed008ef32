/* Mutexes, read-write locks, spin locks, initialisation done once: pthread and C11. */
#include <pthread.h>
#include <threads.h>

#include "wrap.h"

CALLS(int, mutex_trylock, "pthread_mutex_trylock", (pthread_mutex_t *))
CALLS(int, rwlock_tryrdlock, "pthread_rwlock_tryrdlock", (pthread_rwlock_t *))
CALLS(int, rwlock_trywrlock, "pthread_rwlock_trywrlock", (pthread_rwlock_t *))

#define MUTEX (ROW_FUTEX(MUTEX))
LOCKS(pthread_mutex_lock, mutex_trylock, (pthread_mutex_t * mutex), (mutex), (mutex), MUTEX,
      (ON_ADDRESS(mutex)))
LOCKS(pthread_mutex_timedlock, mutex_trylock, (pthread_mutex_t * mutex, const struct timespec *until),
      (mutex, until), (mutex), MUTEX, (ON_ADDRESS(mutex), UNTIL(until)))
LOCKS(pthread_mutex_clocklock, mutex_trylock,
      (pthread_mutex_t * mutex, clockid_t clock, const struct timespec *until), (mutex, clock, until),
      (mutex), MUTEX, (ON_ADDRESS(mutex), UNTIL(until)))

#define READ_LOCK (ROW_FUTEX(RWLOCK_READ))
LOCKS(pthread_rwlock_rdlock, rwlock_tryrdlock, (pthread_rwlock_t * lock), (lock), (lock), READ_LOCK,
      (ON_ADDRESS(lock)))
LOCKS(pthread_rwlock_timedrdlock, rwlock_tryrdlock, (pthread_rwlock_t * lock, const struct timespec *until),
      (lock, until), (lock), READ_LOCK, (ON_ADDRESS(lock), UNTIL(until)))
LOCKS(pthread_rwlock_clockrdlock, rwlock_tryrdlock,
      (pthread_rwlock_t * lock, clockid_t clock, const struct timespec *until), (lock, clock, until), (lock),
      READ_LOCK, (ON_ADDRESS(lock), UNTIL(until)))

#define WRITE_LOCK (ROW_FUTEX(RWLOCK_WRITE))
LOCKS(pthread_rwlock_wrlock, rwlock_trywrlock, (pthread_rwlock_t * lock), (lock), (lock), WRITE_LOCK,
      (ON_ADDRESS(lock)))
LOCKS(pthread_rwlock_timedwrlock, rwlock_trywrlock, (pthread_rwlock_t * lock, const struct timespec *until),
      (lock, until), (lock), WRITE_LOCK, (ON_ADDRESS(lock), UNTIL(until)))
LOCKS(pthread_rwlock_clockwrlock, rwlock_trywrlock,
      (pthread_rwlock_t * lock, clockid_t clock, const struct timespec *until), (lock, clock, until), (lock),
      WRITE_LOCK, (ON_ADDRESS(lock), UNTIL(until)))

/* C11 locks do not go through the pthread symbols (glibc sysdeps/pthread/mtx_lock.c). */
WAITS_QUIETLY(mtx_lock, (mtx_t * mutex), (mutex), MUTEX, (ON_ADDRESS(mutex)))
WAITS_QUIETLY(mtx_timedlock, (mtx_t *restrict mutex, const struct timespec *restrict until), (mutex, until),
              MUTEX, (ON_ADDRESS(mutex), UNTIL(until)))

/* Old names of libpthread's, which programs linked long ago still ask for. */
ALSO(__pthread_mutex_lock, pthread_mutex_lock)
ALSO(__pthread_rwlock_rdlock, pthread_rwlock_rdlock)
ALSO(__pthread_rwlock_wrlock, pthread_rwlock_wrlock)

/* A spinning thread makes no system call: the kernel says that it runs, and only the record that it waits. */
CALLS(int, spin_trylock, "pthread_spin_trylock", (pthread_spinlock_t *))
LOCKS(pthread_spin_lock, spin_trylock, (pthread_spinlock_t * lock), (lock), (lock),
      (.kind = LW_WAIT_SPIN, .object = OBJECT_ADDRESS), (ON_ADDRESS(lock)))

/* The thread that runs the routine publishes the same record as those that wait for it; the futex tells them
 * apart (claim.c). */
#define ONCE (ROW_FUTEX(ONCE))
WAITS_QUIETLY(pthread_once, (pthread_once_t * control, void (*routine)(void)), (control, routine), ONCE,
              (ON_ADDRESS(control)))
ALSO(__pthread_once, pthread_once)
WAITS_SILENTLY(call_once, (once_flag * flag, void (*routine)(void)), (flag, routine), ONCE,
               (ON_ADDRESS(flag)))
