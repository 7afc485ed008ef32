/* What locks.c plays: every call that takes a lock or waits on an object of libc's, every state that the object can be
 * in. A new wrapper is one row of LOCK_CALLS. */
#pragma once

/* X(call, family, deadline: NEVER, UNTIL (CLOCK_REALTIME), BY_CLOCK, expression on the cell c) */
#define LOCK_CALLS(X)                                                                                   \
    X(pthread_mutex_lock, MUTEX, NEVER, pthread_mutex_lock(&c->mutex))                                  \
    X(pthread_mutex_trylock, MUTEX, NEVER, pthread_mutex_trylock(&c->mutex))                            \
    X(pthread_mutex_timedlock, MUTEX, UNTIL, pthread_mutex_timedlock(&c->mutex, c->until))              \
    X(pthread_mutex_clocklock, MUTEX, BY_CLOCK, pthread_mutex_clocklock(&c->mutex, c->clock, c->until)) \
    X(pthread_cond_wait, MUTEX, NEVER, pthread_cond_wait(&c->cond, &c->mutex))                          \
    X(pthread_cond_timedwait, MUTEX, UNTIL, pthread_cond_timedwait(&c->cond, &c->mutex, c->until))      \
    X(pthread_cond_clockwait, MUTEX, BY_CLOCK,                                                          \
      pthread_cond_clockwait(&c->cond, &c->mutex, c->clock, c->until))                                  \
    X(pthread_cond_signal, COND, NEVER, pthread_cond_signal(&c->cond))                                  \
    X(pthread_cond_broadcast, COND, NEVER, pthread_cond_broadcast(&c->cond))                            \
    X(pthread_cond_destroy, COND, NEVER, pthread_cond_destroy(&c->cond))                                \
    X(mtx_lock, MTX, NEVER, mtx_lock(&c->mtx))                                                          \
    X(mtx_trylock, MTX, NEVER, mtx_trylock(&c->mtx))                                                    \
    X(mtx_timedlock, MTX, UNTIL, mtx_timedlock(&c->mtx, c->until))                                      \
    X(cnd_wait, MTX, NEVER, cnd_wait(&c->cnd, &c->mtx))                                                 \
    X(cnd_timedwait, MTX, UNTIL, cnd_timedwait(&c->cnd, &c->mtx, c->until))                             \
    X(cnd_signal, CND, NEVER, cnd_signal(&c->cnd))                                                      \
    X(cnd_broadcast, CND, NEVER, cnd_broadcast(&c->cnd))                                                \
    X(cnd_destroy, CND, NEVER, (cnd_destroy(&c->cnd), 0))                                               \
    X(pthread_rwlock_rdlock, RWLOCK, NEVER, pthread_rwlock_rdlock(&c->rwlock))                          \
    X(pthread_rwlock_tryrdlock, RWLOCK, NEVER, pthread_rwlock_tryrdlock(&c->rwlock))                    \
    X(pthread_rwlock_timedrdlock, RWLOCK, UNTIL, pthread_rwlock_timedrdlock(&c->rwlock, c->until))      \
    X(pthread_rwlock_clockrdlock, RWLOCK, BY_CLOCK,                                                     \
      pthread_rwlock_clockrdlock(&c->rwlock, c->clock, c->until))                                       \
    X(pthread_rwlock_wrlock, RWLOCK, NEVER, pthread_rwlock_wrlock(&c->rwlock))                          \
    X(pthread_rwlock_trywrlock, RWLOCK, NEVER, pthread_rwlock_trywrlock(&c->rwlock))                    \
    X(pthread_rwlock_timedwrlock, RWLOCK, UNTIL, pthread_rwlock_timedwrlock(&c->rwlock, c->until))      \
    X(pthread_rwlock_clockwrlock, RWLOCK, BY_CLOCK,                                                     \
      pthread_rwlock_clockwrlock(&c->rwlock, c->clock, c->until))                                       \
    X(pthread_rwlock_unlock, RWLOCK, NEVER, pthread_rwlock_unlock(&c->rwlock))                          \
    X(pthread_spin_lock, SPIN, NEVER, pthread_spin_lock(&c->spin))                                      \
    X(pthread_spin_trylock, SPIN, NEVER, pthread_spin_trylock(&c->spin))                                \
    X(sem_wait, SEM, NEVER, sem_wait(&c->sem))                                                          \
    X(sem_timedwait, SEM, UNTIL, sem_timedwait(&c->sem, c->until))                                      \
    X(sem_clockwait, SEM, BY_CLOCK, sem_clockwait(&c->sem, c->clock, c->until))                         \
    X(sem_post, SEM, NEVER, sem_post(&c->sem))                                                          \
    X(pthread_barrier_wait, BARRIER, NEVER, pthread_barrier_wait(&c->barrier))                          \
    X(pthread_once, ONCE, NEVER, pthread_once(&c->once, routine))                                       \
    X(call_once, ONCE, NEVER, (call_once(&c->flag, routine), 0))                                        \
    X(pthread_join, THREAD, NEVER, pthread_join(c->thread, &c->value))                                  \
    X(pthread_tryjoin_np, THREAD, NEVER, pthread_tryjoin_np(c->thread, &c->value))                      \
    X(pthread_timedjoin_np, THREAD, UNTIL, pthread_timedjoin_np(c->thread, &c->value, c->until))        \
    X(pthread_clockjoin_np, THREAD, BY_CLOCK,                                                           \
      pthread_clockjoin_np(c->thread, &c->value, c->clock, c->until))                                   \
    X(thrd_join, THREAD, NEVER, thrd_join(c->thread, &c->code))                                         \
    X(pthread_detach, THREAD, NEVER, pthread_detach(c->thread))                                         \
    X(thrd_detach, THREAD, NEVER, thrd_detach(c->thread))

/* X(family, how many types it has): see init_objects in locks.c. */
#define LOCK_FAMILIES(X) \
    X(MUTEX, 48)         \
    X(COND, 4)           \
    X(MTX, 4)            \
    X(CND, 1)            \
    X(RWLOCK, 6)         \
    X(SPIN, 2)           \
    X(SEM, 2)            \
    X(BARRIER, 2)        \
    X(ONCE, 1)           \
    X(THREAD, 1)

/* X(family, state, statements that bring a new object there). They end where one of them blocks, which is how the
 * object gets a waiter. IN_OTHER(call): by a thread that lives on; IN_ENDED(call): by one that has ended since;
 * LEAVING(call): it blocks, and the next statement is made all the same. */
#define LOCK_STATES(X)                                                                                     \
    X(MUTEX, free, (void)0)                                                                                \
    X(MUTEX, mine, pthread_mutex_lock(&c->mutex))                                                          \
    X(MUTEX, mine_twice, pthread_mutex_lock(&c->mutex), pthread_mutex_lock(&c->mutex))                     \
    X(MUTEX, anothers, IN_OTHER(pthread_mutex_lock))                                                       \
    X(MUTEX, anothers_and_waited_for, IN_OTHER(pthread_mutex_lock), pthread_mutex_lock(&c->mutex))         \
    X(MUTEX, owner_died, IN_ENDED(pthread_mutex_lock))                                                     \
    X(MUTEX, owner_died_mine, IN_ENDED(pthread_mutex_lock), pthread_mutex_lock(&c->mutex))                 \
    X(MUTEX, not_recoverable, IN_ENDED(pthread_mutex_lock), pthread_mutex_lock(&c->mutex),                 \
      pthread_mutex_unlock(&c->mutex))                                                                     \
    X(MUTEX, made_consistent, IN_ENDED(pthread_mutex_lock), pthread_mutex_lock(&c->mutex),                 \
      pthread_mutex_consistent(&c->mutex))                                                                 \
    X(MUTEX, consistent_and_free, IN_ENDED(pthread_mutex_lock), pthread_mutex_lock(&c->mutex),             \
      pthread_mutex_consistent(&c->mutex), pthread_mutex_unlock(&c->mutex))                                \
    X(MUTEX, destroyed, pthread_mutex_destroy(&c->mutex))                                                  \
    X(MUTEX, initialised_again, pthread_mutex_lock(&c->mutex), pthread_mutex_unlock(&c->mutex),            \
      pthread_mutex_destroy(&c->mutex), init_mutex(c))                                                     \
    X(COND, new, init_mutex(c))                                                                            \
    X(COND, waited_for, init_mutex(c), pthread_mutex_lock(&c->mutex),                                      \
      pthread_cond_wait(&c->cond, &c->mutex))                                                              \
    X(COND, signalled, init_mutex(c), pthread_cond_signal(&c->cond))                                       \
    X(COND, destroyed, init_mutex(c), pthread_cond_destroy(&c->cond))                                      \
    X(MTX, free, (void)0)                                                                                  \
    X(MTX, mine, mtx_lock(&c->mtx))                                                                        \
    X(MTX, mine_twice, mtx_lock(&c->mtx), mtx_lock(&c->mtx))                                               \
    X(MTX, anothers, IN_OTHER(mtx_lock))                                                                   \
    X(MTX, owner_ended, IN_ENDED(mtx_lock))                                                                \
    X(MTX, destroyed, mtx_destroy(&c->mtx))                                                                \
    X(MTX, initialised_again, mtx_destroy(&c->mtx), mtx_init(&c->mtx, c->type))                            \
    X(CND, new, mtx_init(&c->mtx, mtx_plain))                                                              \
    X(CND, waited_for, mtx_init(&c->mtx, mtx_plain), mtx_lock(&c->mtx), cnd_wait(&c->cnd, &c->mtx))        \
    X(CND, destroyed, cnd_destroy(&c->cnd))                                                                \
    X(RWLOCK, free, (void)0)                                                                               \
    X(RWLOCK, read_by_me, pthread_rwlock_rdlock(&c->rwlock))                                               \
    X(RWLOCK, read_by_another, IN_OTHER(pthread_rwlock_rdlock))                                            \
    X(RWLOCK, read_by_both, IN_OTHER(pthread_rwlock_rdlock), pthread_rwlock_rdlock(&c->rwlock))            \
    X(RWLOCK, written_by_me, pthread_rwlock_wrlock(&c->rwlock))                                            \
    X(RWLOCK, written_by_another, IN_OTHER(pthread_rwlock_wrlock))                                         \
    X(RWLOCK, reader_ended, IN_ENDED(pthread_rwlock_rdlock))                                               \
    X(RWLOCK, writer_ended, IN_ENDED(pthread_rwlock_wrlock))                                               \
    X(RWLOCK, read_and_a_writer_waits, pthread_rwlock_rdlock(&c->rwlock), IN_OTHER(pthread_rwlock_rdlock), \
      pthread_rwlock_wrlock(&c->rwlock))                                                                   \
    X(RWLOCK, written_and_a_reader_waits, IN_OTHER(pthread_rwlock_wrlock),                                 \
      pthread_rwlock_rdlock(&c->rwlock))                                                                   \
    X(RWLOCK, destroyed, pthread_rwlock_destroy(&c->rwlock))                                               \
    X(RWLOCK, initialised_again, pthread_rwlock_destroy(&c->rwlock), init_rwlock(c))                       \
    X(SPIN, free, (void)0)                                                                                 \
    X(SPIN, mine, pthread_spin_lock(&c->spin))                                                             \
    X(SPIN, anothers, IN_OTHER(pthread_spin_lock))                                                         \
    X(SPIN, destroyed, pthread_spin_destroy(&c->spin))                                                     \
    X(SEM, zero, (void)0)                                                                                  \
    X(SEM, one, sem_post(&c->sem))                                                                         \
    X(SEM, two, sem_post(&c->sem), IN_OTHER(sem_post))                                                     \
    X(SEM, highest, sem_init(&c->sem, c->type, SEM_VALUE_MAX))                                             \
    X(SEM, waited_for, sem_wait(&c->sem))                                                                  \
    X(SEM, waited_for_and_posted, LEAVING(sem_wait), sem_post(&c->sem))                                    \
    X(SEM, destroyed, sem_destroy(&c->sem))                                                                \
    X(BARRIER, of_two, (void)0)                                                                            \
    X(BARRIER, of_two_with_one_there, pthread_barrier_wait(&c->barrier))                                   \
    X(BARRIER, of_one, init_barrier(c, 1))                                                                 \
    X(BARRIER, of_none, init_barrier(c, 0))                                                                \
    X(ONCE, new, (void)0)                                                                                  \
    X(ONCE, done, pthread_once(&c->once, routine), call_once(&c->flag, routine))                           \
    X(ONCE, done_by_another, IN_ENDED(pthread_once), IN_ENDED(call_once))                                  \
    X(ONCE, in_progress, routine = blocks, LEAVING(pthread_once), LEAVING(call_once), routine = runs)      \
    X(THREAD, runs, begin_thread(c, lives, PTHREAD_CREATE_JOINABLE))                                       \
    X(THREAD, has_ended, begin_thread(c, ends, PTHREAD_CREATE_JOINABLE), await_end(c))                     \
    X(THREAD, is_detached, begin_thread(c, lives, PTHREAD_CREATE_DETACHED))                                \
    X(THREAD, is_being_joined, begin_thread(c, lives, PTHREAD_CREATE_JOINABLE),                            \
      pthread_join(c->thread, NULL))                                                                       \
    X(THREAD, is_me, c->thread = pthread_self())

/* What is asked of the object afterwards: X(family, expression). Ten or so, each an answer. */
#define LOCK_AFTERWARDS(X)                                                   \
    X(MUTEX, pthread_mutex_trylock(&c->mutex))                               \
    X(MUTEX, pthread_mutex_unlock(&c->mutex))                                \
    X(MUTEX, pthread_mutex_unlock(&c->mutex))                                \
    X(MUTEX, pthread_mutex_lock(&c->mutex))                                  \
    X(MUTEX, pthread_mutex_timedlock(&c->mutex, &past))                      \
    X(MUTEX, pthread_mutex_consistent(&c->mutex))                            \
    X(MUTEX, pthread_mutex_unlock(&c->mutex))                                \
    X(MUTEX, pthread_mutex_clocklock(&c->mutex, CLOCK_MONOTONIC, &past))     \
    X(MUTEX, pthread_cond_timedwait(&c->cond, &c->mutex, &past))             \
    X(MUTEX, pthread_mutex_unlock(&c->mutex))                                \
    X(MUTEX, pthread_mutex_destroy(&c->mutex))                               \
    X(COND, pthread_cond_signal(&c->cond))                                   \
    X(COND, pthread_mutex_lock(&c->mutex))                                   \
    X(COND, pthread_cond_timedwait(&c->cond, &c->mutex, &past))              \
    X(COND, pthread_cond_broadcast(&c->cond))                                \
    X(COND, pthread_cond_wait(&c->cond, &c->mutex))                          \
    X(COND, pthread_cond_destroy(&c->cond))                                  \
    X(MTX, mtx_trylock(&c->mtx))                                             \
    X(MTX, mtx_unlock(&c->mtx))                                              \
    X(MTX, mtx_unlock(&c->mtx))                                              \
    X(MTX, mtx_lock(&c->mtx))                                                \
    X(MTX, mtx_timedlock(&c->mtx, &past))                                    \
    X(MTX, cnd_timedwait(&c->cnd, &c->mtx, &past))                           \
    X(MTX, mtx_lock(&c->mtx))                                                \
    X(MTX, mtx_unlock(&c->mtx))                                              \
    X(MTX, mtx_trylock(&c->mtx))                                             \
    X(MTX, mtx_unlock(&c->mtx))                                              \
    X(CND, cnd_signal(&c->cnd))                                              \
    X(CND, mtx_lock(&c->mtx))                                                \
    X(CND, cnd_timedwait(&c->cnd, &c->mtx, &past))                           \
    X(CND, cnd_wait(&c->cnd, &c->mtx))                                       \
    X(RWLOCK, pthread_rwlock_tryrdlock(&c->rwlock))                          \
    X(RWLOCK, pthread_rwlock_trywrlock(&c->rwlock))                          \
    X(RWLOCK, pthread_rwlock_timedwrlock(&c->rwlock, &past))                 \
    X(RWLOCK, pthread_rwlock_unlock(&c->rwlock))                             \
    X(RWLOCK, pthread_rwlock_rdlock(&c->rwlock))                             \
    X(RWLOCK, pthread_rwlock_unlock(&c->rwlock))                             \
    X(RWLOCK, pthread_rwlock_wrlock(&c->rwlock))                             \
    X(RWLOCK, pthread_rwlock_clockrdlock(&c->rwlock, CLOCK_REALTIME, &past)) \
    X(RWLOCK, pthread_rwlock_unlock(&c->rwlock))                             \
    X(RWLOCK, pthread_rwlock_trywrlock(&c->rwlock))                          \
    X(RWLOCK, pthread_rwlock_destroy(&c->rwlock))                            \
    X(SPIN, pthread_spin_trylock(&c->spin))                                  \
    X(SPIN, pthread_spin_unlock(&c->spin))                                   \
    X(SPIN, pthread_spin_lock(&c->spin))                                     \
    X(SPIN, pthread_spin_trylock(&c->spin))                                  \
    X(SPIN, pthread_spin_unlock(&c->spin))                                   \
    X(SEM, (sem_getvalue(&c->sem, &c->code), c->code))                       \
    X(SEM, sem_trywait(&c->sem))                                             \
    X(SEM, sem_post(&c->sem))                                                \
    X(SEM, sem_wait(&c->sem))                                                \
    X(SEM, sem_timedwait(&c->sem, &past))                                    \
    X(SEM, sem_clockwait(&c->sem, CLOCK_MONOTONIC, &past))                   \
    X(SEM, sem_post(&c->sem))                                                \
    X(SEM, sem_trywait(&c->sem))                                             \
    X(SEM, sem_wait(&c->sem))                                                \
    X(SEM, (sem_getvalue(&c->sem, &c->code), c->code))                       \
    X(BARRIER, pthread_barrier_wait(&c->barrier))                            \
    X(BARRIER, pthread_barrier_wait(&c->barrier))                            \
    X(BARRIER, pthread_barrier_wait(&c->barrier))                            \
    X(ONCE, pthread_once(&c->once, routine))                                 \
    X(ONCE, (call_once(&c->flag, routine), 0))                               \
    X(ONCE, runs_counted)                                                    \
    X(THREAD, (long)c->value)                                                \
    X(THREAD, c->gone ? -1 : pthread_tryjoin_np(c->thread, NULL))            \
    X(THREAD, c->gone ? -1 : pthread_timedjoin_np(c->thread, NULL, &past))   \
    X(THREAD, c->gone ? -1 : pthread_detach(c->thread))

/* Half of them are supported. */
#define LOCK_CLOCKS(X)          \
    X(CLOCK_REALTIME)           \
    X(CLOCK_MONOTONIC)          \
    X(CLOCK_PROCESS_CPUTIME_ID) \
    X(CLOCK_BOOTTIME)           \
    X(9999)

/* X(name, pointer) */
#define LOCK_DEADLINES(X)                                \
    X(far, &far)                                         \
    X(past, &past)                                       \
    X(before_the_epoch, (&(struct timespec){-1, 0}))     \
    X(too_many_ns, (&(struct timespec){1, 1000000000}))  \
    X(negative_ns, (&(struct timespec){4000000000, -1})) \
    X(none, NULL)
