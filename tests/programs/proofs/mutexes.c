/* Mutexes: cycles of them, of every type and protocol, and owners that sleep, run, have ended or are elsewhere. */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "proofs.h"

static void cycle_timed(void) {
    start("one", takes_two, &ab);
    start("two", takes_two_timed, &ba);
    ready();
    stay();
}

static void owner_sleeps(void) {
    start("two", holds, &c);
    start("one", takes_two, &bc);
    ready();
    stay();
}

static volatile int running = 1;
static void *holds_and_runs(void *mutex) {
    pthread_mutex_lock(mutex);
    never_settles();
    while (running)
        ;
    return NULL;
}

static void owner_runs(void) {
    start("two", holds_and_runs, &c);
    start("one", takes_two, &bc);
    ready();
    stay();
}

/* Each in turn holds its lock, and then waits a moment for the other's: never both at once. A look that takes
 * a while, for all the threads between them, sees each wait for the other, at different moments. */
static void *takes_turns(void *argument) {
    struct two *two = argument;
    never_settles();
    for (;;) {
        pthread_mutex_lock(two->has);
        usleep(300);
        pthread_mutex_unlock(two->has);
        pthread_mutex_lock(two->wants);
        pthread_mutex_unlock(two->wants);
    }
    return NULL;
}

static void in_between(void) {
    start("one", takes_turns, &ab);
    for (int i = 0; i < 200; i++)
        start("between", waits_for_cond, NULL);
    start("two", takes_turns, &ba);
    ready();
    stay();
}

/* A mutex in memory that a child shares, locked by the child. */
static void shared_elsewhere(void) {
    pthread_mutex_t *shared = make_shared_mutex();
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pthread_mutex_lock(shared);
        stay();
    }
    settle_process(child);
    start("one", takes_two, &(struct two){&a, shared});
    ready();
    stay();
}

/* The same by mistake: nobody told libc that the mutex is shared. */
static void shared_unsaid(void) {
    pthread_mutex_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutex_init(shared, NULL);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pthread_mutex_lock(shared);
        stay();
    }
    settle_process(child);
    start("one", takes_two, &(struct two){&a, shared});
    ready();
    stay();
}

static void shared_cycle(void) {
    pthread_mutex_t *shared = make_shared_mutex();
    start("one", takes_two, &(struct two){&a, shared});
    start("two", takes_two, &(struct two){shared, &a});
    ready();
    stay();
}

static void with_type(int type, int robust, int protocol) {
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, type);
    pthread_mutexattr_setrobust(&attr, robust);
    pthread_mutexattr_setprotocol(&attr, protocol);
    pthread_mutex_init(&a, &attr);
    pthread_mutex_init(&b, &attr);
}

static void cycle_recursive(void) {
    with_type(PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
    cycle();
}
static void cycle_checking(void) {
    with_type(PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
    cycle();
}
static void cycle_adaptive(void) {
    with_type(PTHREAD_MUTEX_ADAPTIVE_NP, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
    cycle();
}
static void cycle_robust(void) {
    with_type(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE);
    cycle();
}
/* The kernel looks for cycles of its own locks and answers EDEADLK, on which glibc waits for ever on purpose
 * (nptl/pthread_mutex_lock.c), so a normal mutex ends up in pause-like sleep. */
static void cycle_inheriting(void) {
    with_type(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_INHERIT);
    start("one", takes_two, &ab);
    start("two", holds, &b);
    ready();
    stay();
}

static void cycle_inheriting_both(void) {
    with_type(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_INHERIT);
    cycle();
}

static void *relocks(void *unused) {
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&a);
    return unused;
}

static void relock(void) {
    start("one", relocks, NULL);
    ready();
    stay();
}

static void *relocks_and_sleeps(void *unused) {
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&a);
    stay();
    return unused;
}

static void relock_recursive(void) {
    with_type(PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
    start("two", relocks_and_sleeps, NULL);
    settle();
    start("one", takes_two, &ba);
    ready();
    stay();
}

static void *ends_with(void *mutex) {
    pthread_mutex_lock(mutex);
    return NULL;
}

static void owner_gone(void) {
    pthread_join(start("culprit", ends_with, &b), NULL);
    start("one", takes_two, &ab);
    ready();
    stay();
}

static void *waits_for_robust(void *mutex) {
    if (pthread_mutex_lock(mutex) == EOWNERDEAD)
        stay();
    return NULL;
}

static void owner_gone_robust(void) {
    with_type(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE);
    pthread_join(start("culprit", ends_with, &b), NULL);
    start("one", waits_for_robust, &b);
    ready();
    stay();
}

/* After a fork the child's only thread still owns what its maker held, under the old number. */
static void owner_forked(void) {
    pthread_mutex_lock(&b);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        start("one", takes_two, &ab);
        ready();
        stay();
    }
    stay();
}

/* clang-format off */
const struct scenario of_mutexes[] = {
    SCENARIO(cycle) SCENARIO(cycle_timed) SCENARIO(owner_sleeps) SCENARIO(owner_runs) SCENARIO(in_between)
    SCENARIO(shared_elsewhere) SCENARIO(shared_unsaid) SCENARIO(shared_cycle) SCENARIO(cycle_recursive)
    SCENARIO(cycle_checking) SCENARIO(cycle_adaptive) SCENARIO(cycle_robust) SCENARIO(cycle_inheriting) SCENARIO(cycle_inheriting_both)
    SCENARIO(relock) SCENARIO(relock_recursive) SCENARIO(owner_gone) SCENARIO(owner_gone_robust)
    SCENARIO(owner_forked)
    {NULL, NULL},
};
