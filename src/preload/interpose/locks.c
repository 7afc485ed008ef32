/* Mutexes, read-write locks: pthread and C11. */
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
