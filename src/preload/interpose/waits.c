/* Conditions, semaphores, barriers: pthread and C11. */
#include <pthread.h>
#include <semaphore.h>
#include <threads.h>

#include "arch/libc.h"
#include "conditions.h"
#include "record/wakes.h"
#include "wrap.h"

/* Where conditions once had another layout, those must reach functions of their own (glibc nptl/old_pthread_cond_*.c). */
#define CURRENT .version = CONDITIONS_NOW
#define COND    ROW_FUTEX(COND), CURRENT

WAITS(int, current_cond_wait, (pthread_cond_t * condition, pthread_mutex_t *mutex), (condition, mutex),
      (COND, .name = "pthread_cond_wait"), (ON_ADDRESS(condition), .second = (uintptr_t)mutex, NEVER_EINTR))
WAITS(int, current_cond_timedwait,
      (pthread_cond_t * condition, pthread_mutex_t *mutex, const struct timespec *until),
      (condition, mutex, until), (COND, .name = "pthread_cond_timedwait"),
      (ON_ADDRESS(condition), .second = (uintptr_t)mutex, UNTIL(until), NEVER_EINTR))
WAITS(int, pthread_cond_clockwait,
      (pthread_cond_t * condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until),
      (condition, mutex, clock, until), (ROW_FUTEX(COND)),
      (ON_ADDRESS(condition), .second = (uintptr_t)mutex, UNTIL(until), NEVER_EINTR))
__asm__(".symver current_cond_wait, pthread_cond_wait@@" CONDITIONS_NOW);
__asm__(".symver current_cond_timedwait, pthread_cond_timedwait@@" CONDITIONS_NOW);
#ifdef CONDITIONS_OF_OLD
#define OLD ROW_FUTEX(COND), .version = CONDITIONS_OF_OLD, .exact = true
WAITS(int, old_cond_wait, (void *condition, pthread_mutex_t *mutex), (condition, mutex),
      (OLD, .name = "pthread_cond_wait"), (.second = (uintptr_t)mutex, NEVER_EINTR))
WAITS(int, old_cond_timedwait, (void *condition, pthread_mutex_t *mutex, const struct timespec *until),
      (condition, mutex, until), (OLD, .name = "pthread_cond_timedwait"),
      (.second = (uintptr_t)mutex, UNTIL(until), NEVER_EINTR))
__asm__(".symver old_cond_wait, pthread_cond_wait@" CONDITIONS_OF_OLD);
__asm__(".symver old_cond_timedwait, pthread_cond_timedwait@" CONDITIONS_OF_OLD);
#endif

/* Destroying a condition waits for those that wait for it (nptl/pthread_cond_destroy.c). The old ones' did
 * not. */
WAITS(int, current_cond_destroy, (pthread_cond_t * condition), (condition),
      (COND, .name = "pthread_cond_destroy"), (ON_ADDRESS(condition), NEVER_EINTR))
__asm__(".symver current_cond_destroy, pthread_cond_destroy@@" CONDITIONS_NOW);
WAITS_SILENTLY(cnd_destroy, (cnd_t * condition), (condition), (ROW_FUTEX(COND)), (ON_ADDRESS(condition)))

/* A signal is noted before it is given: who is woken by it may end the process at once. Who waits is counted
 * by glibc in the upper bits of a word (nptl/pthread_cond_wait.c: bits 0 to 2 are flags), where that is known. */
static inline bool has_no_waiter(const void *condition) {
    size_t at = conditions_waiters_at;
    return at != 0 &&
           __atomic_load_n((const uint32_t *)((const char *)condition + at), __ATOMIC_RELAXED) >> 3 == 0;
}
#define SIGNALS(fn, symbol, type, waits_in, row)               \
    CALL_ROW(int, fn, symbol, (type *), row)                   \
    EXPORTED int fn(type *condition) {                         \
        UNLESS_ASIDE(fn, (condition));                         \
        wake_noted(condition, has_no_waiter(condition), SITE); \
        return REAL(fn)(condition);                            \
    }
SIGNALS(current_cond_signal, "pthread_cond_signal", pthread_cond_t, condition,
        (.kind = LW_WAIT_NONE, CURRENT))
SIGNALS(current_cond_broadcast, "pthread_cond_broadcast", pthread_cond_t, condition,
        (.kind = LW_WAIT_NONE, CURRENT))
SIGNALS(cnd_signal, "cnd_signal", cnd_t, condition, (.kind = LW_WAIT_NONE))
SIGNALS(cnd_broadcast, "cnd_broadcast", cnd_t, condition, (.kind = LW_WAIT_NONE))
__asm__(".symver current_cond_signal, pthread_cond_signal@@" CONDITIONS_NOW);
__asm__(".symver current_cond_broadcast, pthread_cond_broadcast@@" CONDITIONS_NOW);

WAITS(int, cnd_wait, (cnd_t * condition, mtx_t *mutex), (condition, mutex), (ROW_FUTEX(COND)),
      (ON_ADDRESS(condition), .second = (uintptr_t)mutex, NEVER_EINTR))
WAITS(int, cnd_timedwait,
      (cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict until),
      (condition, mutex, until), (ROW_FUTEX(COND)),
      (ON_ADDRESS(condition), .second = (uintptr_t)mutex, UNTIL(until), NEVER_EINTR))

#define SEMAPHORE (ROW_FUTEX(SEMAPHORE))
/* glibc's sem_wait acts on a cancellation that is pending, then takes one off if it can
 * (nptl/sem_wait.c): both are done here by the functions it has for them. The value is the lower half of the
 * first word (sysdeps/nptl/internaltypes.h). */
CALLS(int, sem_trywait, "sem_trywait", (sem_t *))
WAITS_AFTER_TRYING(sem_wait, (sem_t * semaphore), (semaphore), SEMAPHORE, (ON_ADDRESS(semaphore)),
                   calls_reach_libc &&__atomic_load_n((unsigned *)semaphore, __ATOMIC_RELAXED) != 0,
                   (pthread_testcancel(), REAL(sem_trywait)(semaphore)))
WAITS(int, sem_timedwait, (sem_t *restrict semaphore, const struct timespec *restrict until),
      (semaphore, until), SEMAPHORE, (ON_ADDRESS(semaphore), UNTIL(until)))
WAITS(int, sem_clockwait, (sem_t *restrict semaphore, clockid_t clock, const struct timespec *restrict until),
      (semaphore, clock, until), SEMAPHORE, (ON_ADDRESS(semaphore), UNTIL(until)))

/* Posts are noted like signals; there is always somebody who will find one. */
CALL_ROW(int, sem_post, "sem_post", (sem_t *), (.kind = LW_WAIT_NONE))
EXPORTED int sem_post(sem_t *semaphore) {
    UNLESS_ASIDE(sem_post, (semaphore));
    wake_noted(semaphore, false, SITE);
    return REAL(sem_post)(semaphore);
}

/* Answers PTHREAD_BARRIER_SERIAL_THREAD, which is -1, or an error number; never errno. */
WAITS(int, pthread_barrier_wait, (pthread_barrier_t * barrier), (barrier), (ROW_FUTEX(BARRIER)),
      (ON_ADDRESS(barrier), NEVER_EINTR))
