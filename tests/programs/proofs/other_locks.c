/* Cycles through joins, rwlocks, once, spin locks and the mutex of a condition, and what hangs on one. */

#include "proofs.h"

static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_spinlock_t spin;

static void *joins(void *thread) {
    pthread_join((pthread_t)thread, NULL);
    return NULL;
}

static void joins_stuck(void) {
    first = start("one", takes_two, &ab);
    start("two", takes_two, &ba);
    start("three", joins, (void *)first);
    settle();
    start("four", takes_two, &(struct two){&c, &a});
    settle();
    start("five", takes_two, &(struct two){&c, &b});
    ready();
    stay();
}

static void joins_sleeper(void) {
    first = start("one", sleeps, NULL);
    start("three", joins, (void *)first);
    ready();
    stay();
}

static void *locks_then_joins(void *unused) {
    pthread_mutex_lock(&a);
    settle();
    pthread_join(first, NULL);
    return unused;
}

static void *writes_then_locks(void *unused) {
    pthread_rwlock_wrlock(&table);
    settle();
    pthread_mutex_lock(&a);
    return unused;
}

static void *wants_to_read(void *unused) {
    settle();
    pthread_rwlock_rdlock(&table);
    return unused;
}

/* one joins three, three reads what two writes, two wants what one locked. */
static void cross_kinds(void) {
    first = start("three", wants_to_read, NULL);
    start("one", locks_then_joins, NULL);
    start("two", writes_then_locks, NULL);
    settle();
    start("four", takes_two, &(struct two){&b, &a});
    settle();
    ready();
    stay();
}

static void *reads_then_locks(void *unused) {
    pthread_rwlock_rdlock(&table);
    settle();
    pthread_mutex_lock(&a);
    return unused;
}

static void *locks_then_writes(void *unused) {
    pthread_mutex_lock(&a);
    settle();
    pthread_rwlock_wrlock(&table);
    return unused;
}

static void reader_cycle(void) {
    start("one", reads_then_locks, NULL);
    start("two", locks_then_writes, NULL);
    ready();
    stay();
}

static void *reads_and_sleeps(void *unused) {
    pthread_rwlock_rdlock(&table);
    stay();
    return unused;
}

/* The writer waits for a reader that only sleeps. */
static void reader_sleeps(void) {
    start("one", reads_and_sleeps, NULL);
    start("two", locks_then_writes, NULL);
    ready();
    stay();
}

static void initialise(void) {
    settle();
    pthread_mutex_lock(&a);
}
static void *locks_then_initialises(void *unused) {
    pthread_mutex_lock(&a);
    settle();
    pthread_once(&once, initialise);
    return unused;
}
static void *initialises(void *unused) {
    pthread_once(&once, initialise);
    return unused;
}
static void once_cycle(void) {
    start("one", initialises, NULL);
    start("two", locks_then_initialises, NULL);
    ready();
    stay();
}

static void *spins_then_locks(void *unused) {
    pthread_spin_lock(&spin);
    settle();
    pthread_mutex_lock(&a);
    return unused;
}
static void *locks_then_spins(void *unused) {
    pthread_mutex_lock(&a);
    settle();
    never_settles();
    pthread_spin_lock(&spin);
    return unused;
}
static void spin_cycle(void) {
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    start("one", spins_then_locks, NULL);
    start("two", locks_then_spins, NULL);
    ready();
    stay();
}

/* one is woken from its condition and must relock c, which two holds while it wants a, which one holds. */
static void *waits_in_cond(void *unused) {
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&c);
    sem_post(&step);
    pthread_cond_wait(&wanted, &c);
    return unused;
}
static void *holds_then_wants(void *wakes) {
    sem_wait(&step);
    pthread_mutex_lock(&c);
    if (wakes)
        pthread_cond_signal(&wanted);
    pthread_mutex_lock(&a);
    return NULL;
}
static void relocks_in_cond(void) {
    start("one", waits_in_cond, NULL);
    start("two", holds_then_wants, &a);
    ready();
    stay();
}
/* As one does whose time is over. */
static void *waits_in_timed_cond(void *unused) {
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_sec += 1;
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&c);
    sem_post(&step);
    pthread_cond_timedwait(&wanted, &c, &soon);
    return unused;
}
static void relocks_in_timed_cond(void) {
    start("one", waits_in_timed_cond, NULL);
    start("two", holds_then_wants, NULL);
    sleep(2);
    ready();
    stay();
}
static void sleeps_in_cond(void) {
    start("one", waits_in_cond, NULL);
    start("two", holds_then_wants, NULL);
    ready();
    stay();
}

/* clang-format off */
const struct scenario of_other_locks[] = {
    SCENARIO(joins_stuck) SCENARIO(joins_sleeper) SCENARIO(cross_kinds) SCENARIO(reader_cycle)
    SCENARIO(reader_sleeps) SCENARIO(once_cycle) SCENARIO(spin_cycle) SCENARIO(relocks_in_cond)
    SCENARIO(relocks_in_timed_cond) SCENARIO(sleeps_in_cond)
    {NULL, NULL},
};
