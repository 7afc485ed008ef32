/* Locks in the states in which trying one differs from locking it: each call must answer what it answers
 * without the preload, and leave the lock as it leaves it. */
#include <limits.h>
#include <sys/mman.h>
#include <threads.h>

#include "scenario.h"

static const struct timespec long_ago = {1, 0}, no_time = {1, 1000000000};

static void *locks_and_ends(void *mutex) {
    return (void *)(intptr_t)pthread_mutex_lock(mutex);
}

static void make_robust(pthread_mutex_t *mutex, int type, int protocol, int shared) {
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_settype(&attr, type);
    pthread_mutexattr_setprotocol(&attr, protocol);
    pthread_mutexattr_setpshared(&attr, shared);
    pthread_mutex_init(mutex, &attr);
    pthread_mutexattr_destroy(&attr);
}

static void lose_owner(pthread_mutex_t *mutex) {
    void *result;
    pthread_join(begin_thread(locks_and_ends, mutex), &result);
    SAY("its owner took it: %ld", (long)result);
}

/* Every way to lock it, twice over: a call that keeps something of the lock shows in the next one. */
static void ask_unrecoverable(pthread_mutex_t *mutex) {
    for (int round = 0; round < 2; round++) {
        TELL(pthread_mutex_lock(mutex));
        TELL(pthread_mutex_timedlock(mutex, &long_ago));
        TELL(pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &long_ago));
        TELL(pthread_mutex_clocklock(mutex, CLOCK_PROCESS_CPUTIME_ID, &long_ago));
        TELL(pthread_mutex_consistent(mutex));
        TELL(pthread_mutex_unlock(mutex));
    }
}

SCENARIO(a_robust_mutex_that_is_not_recoverable) {
    alarm(30); /* one that hangs must end */
    for (int protocol = 0; protocol < 2; protocol++)
        for (int type = PTHREAD_MUTEX_NORMAL; type <= PTHREAD_MUTEX_ERRORCHECK; type++)
            for (int shared = 0; shared < 2; shared++) {
                pthread_mutex_t mutex;
                SAY("type %d, protocol %d, shared %d", type, protocol, shared);
                make_robust(&mutex, type, protocol ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE, shared);
                lose_owner(&mutex);
                TELL(pthread_mutex_lock(&mutex));
                TELL(pthread_mutex_unlock(&mutex)); /* without making it consistent */
                ask_unrecoverable(&mutex);
                TELL(pthread_mutex_destroy(&mutex));
                make_robust(&mutex, type, PTHREAD_PRIO_NONE, shared);
                TELL(pthread_mutex_lock(&mutex));
                TELL(pthread_mutex_unlock(&mutex));
            }
}

SCENARIO(a_robust_mutex_whose_owner_died) {
    alarm(30);
    for (int way = 0; way < 3; way++) {
        pthread_mutex_t mutex;
        make_robust(&mutex, PTHREAD_MUTEX_RECURSIVE, PTHREAD_PRIO_NONE, 0);
        lose_owner(&mutex);
        if (way == 0)
            TELL(pthread_mutex_lock(&mutex));
        else if (way == 1)
            TELL(pthread_mutex_timedlock(&mutex, &long_ago));
        else
            TELL(pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &no_time));
        TELL(pthread_mutex_lock(&mutex)); /* again, before it is consistent */
        TELL(pthread_mutex_consistent(&mutex));
        TELL(pthread_mutex_unlock(&mutex));
        TELL(pthread_mutex_unlock(&mutex));
        TELL(pthread_mutex_unlock(&mutex));
        lose_owner(&mutex);
    }
}

static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_TAI, -1};
static const struct timespec *const times[] = {&long_ago, &no_time};

/* On a lock that is free, and on one that is held: the clock is looked at in one case, the time in another. */
SCENARIO(clocks_and_times_that_are_refused) {
    pthread_mutex_t free_mutex = PTHREAD_MUTEX_INITIALIZER, held_mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_rwlock_t free_lock = PTHREAD_RWLOCK_INITIALIZER, held_lock = PTHREAD_RWLOCK_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    sem_t full, empty;
    sem_init(&full, 0, 1000);
    sem_init(&empty, 0, 0);
    pthread_mutex_lock(&held_mutex);
    pthread_rwlock_wrlock(&held_lock);
    for (size_t i = 0; i < 2; i++) {
        TELL(pthread_mutex_timedlock(&held_mutex, times[i]));
        TELL(pthread_mutex_timedlock(&free_mutex, times[i]));
        TELL(pthread_mutex_unlock(&free_mutex));
        TELL(pthread_rwlock_timedrdlock(&free_lock, times[i]));
        TELL(pthread_rwlock_timedwrlock(&free_lock, times[i]));
        pthread_rwlock_unlock(&free_lock);
        pthread_rwlock_init(&free_lock, NULL);
        TELL(pthread_rwlock_timedwrlock(&free_lock, times[i]));
        TELL(pthread_rwlock_timedrdlock(&held_lock, times[i]));
        pthread_rwlock_init(&free_lock, NULL);
        TELL(sem_timedwait(&full, times[i]));
        TELL(sem_timedwait(&empty, times[i]));
        TELL(pthread_cond_timedwait(&cond, &held_mutex, times[i]));
        for (size_t clock = 0; clock < sizeof clocks / sizeof *clocks; clock++) {
            SAY("clock %d, time %zu", clocks[clock], i);
            TELL(pthread_mutex_clocklock(&held_mutex, clocks[clock], times[i]));
            TELL(pthread_mutex_clocklock(&free_mutex, clocks[clock], times[i]));
            pthread_mutex_init(&free_mutex, NULL);
            TELL(pthread_rwlock_clockrdlock(&free_lock, clocks[clock], times[i]));
            pthread_rwlock_init(&free_lock, NULL);
            TELL(pthread_rwlock_clockwrlock(&free_lock, clocks[clock], times[i]));
            pthread_rwlock_init(&free_lock, NULL);
            TELL(pthread_rwlock_clockwrlock(&held_lock, clocks[clock], times[i]));
            TELL(sem_clockwait(&full, clocks[clock], times[i]));
            TELL(sem_clockwait(&empty, clocks[clock], times[i]));
            TELL(pthread_cond_clockwait(&cond, &held_mutex, clocks[clock], times[i]));
            TELL(pthread_clockjoin_np(pthread_self(), NULL, clocks[clock], times[i]));
        }
    }
}

SCENARIO(counts_that_run_over) {
    pthread_mutex_t mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    TELL(pthread_mutex_lock(&mutex));
    mutex.__data.__count = UINT_MAX;
    TELL(pthread_mutex_lock(&mutex));
    TELL(pthread_mutex_timedlock(&mutex, &no_time));
    TELL(pthread_mutex_trylock(&mutex));
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    lock.__data.__readers = UINT_MAX / 2 & ~7u;
    TELL(pthread_rwlock_rdlock(&lock));
    TELL(pthread_rwlock_tryrdlock(&lock));
    SAY("readers %#x", lock.__data.__readers);
}

/* glibc says so with an assertion, on stderr, which is not compared. */
SCENARIO(a_free_mutex_that_names_an_owner) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(3);
        pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
        mutex.__data.__owner = 1;
        _exit(pthread_mutex_lock(&mutex));
    }
    int status = 0;
    waitpid(child, &status, 0);
    say_end("the one that locks it", status);
}

/* One that was destroyed is refused as if it were of no kind; made again, it is as new. */
SCENARIO(locks_destroyed_and_made_again) {
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    for (int round = 0; round < 2; round++) {
        TELL(pthread_mutex_lock(&mutex));
        TELL(pthread_mutex_destroy(&mutex));
        TELL(pthread_mutex_unlock(&mutex));
        TELL(pthread_mutex_destroy(&mutex));
        TELL(pthread_mutex_lock(&mutex));
        TELL(pthread_mutex_timedlock(&mutex, &long_ago));
        TELL(pthread_mutex_clocklock(&mutex, CLOCK_TAI, &long_ago));
        TELL(pthread_mutex_init(&mutex, NULL));
    }
    mtx_t c11;
    TELL(mtx_init(&c11, mtx_timed | mtx_recursive));
    TELL(mtx_lock(&c11));
    TELL(mtx_timedlock(&c11, &no_time));
    TELL(mtx_unlock(&c11));
    TELL(mtx_unlock(&c11));
    mtx_destroy(&c11);
    TELL(mtx_lock(&c11));
    TELL(mtx_timedlock(&c11, &long_ago));
}

static void *asks_for_ceilings(void *unused) {
    for (int type = PTHREAD_MUTEX_NORMAL; type <= PTHREAD_MUTEX_ERRORCHECK; type++) {
        pthread_mutexattr_t attr;
        pthread_mutex_t mutex;
        pthread_mutexattr_init(&attr);
        pthread_mutexattr_settype(&attr, type);
        pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_PROTECT);
        TELL(pthread_mutexattr_setprioceiling(&attr, 50));
        TELL(pthread_mutex_init(&mutex, &attr));
        TELL(pthread_mutex_lock(&mutex));
        TELL(pthread_mutex_timedlock(&mutex, &long_ago));
        TELL(pthread_mutex_unlock(&mutex));
        TELL(pthread_mutex_clocklock(&mutex, CLOCK_TAI, &long_ago));
    }
    return unused;
}
SCENARIO(priority_ceilings) {
    alarm(30);
    pthread_join(begin_thread(asks_for_ceilings, NULL), NULL);
}
