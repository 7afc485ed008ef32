/* The life of threads: creation, ends of every kind, joining, names, keys, stacks, limits. */
#include <limits.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <threads.h>

#include "../programs/settle.h"
#include "scenario.h"

static void *returns(void *argument) {
    return argument;
}

static int depth_of_exit;
static void exits_nested(void *value, volatile int depth) {
    if (depth == 0)
        pthread_exit(value);
    if (depth > 0)
        exits_nested(value, depth - 1);
    depth_of_exit = depth;
}
static void *exits(void *value) {
    exits_nested(value, 20);
    return NULL;
}
static void say_clean(void *what) {
    SAY("cleaned up %s", (const char *)what);
}
static void *cleans_up(void *value) {
    pthread_cleanup_push(say_clean, "outer");
    pthread_cleanup_push(say_clean, "inner");
    exits_nested(value, 3);
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return NULL;
}
SCENARIO(ways_to_end) {
    void *(*const routines[])(void *) = {returns, exits, cleans_up};
    for (size_t i = 0; i < 3; i++) {
        void *result = NULL;
        TELL(pthread_join(begin_thread(routines[i], &depth_of_exit), &result));
        SAY("the result is the argument: %d; not returned to: %d", result == &depth_of_exit,
            depth_of_exit == 0);
    }
}

static volatile bool can_be_cancelled;
static void calls_nothing(void) {
    volatile unsigned long spin = 0;
    can_be_cancelled = true;
    for (;;)
        spin++;
}
static void *cancelled_asynchronously(void *unused) {
    (void)unused;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    pthread_cleanup_push(say_clean, "an asynchronous one");
    calls_nothing();
    pthread_cleanup_pop(0);
    return NULL;
}
static void *cancelled_asynchronously_in_a_wait(void *semaphore) {
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    pthread_cleanup_push(say_clean, "an asynchronous one in a wait");
    can_be_cancelled = true;
    pthread_mutex_lock(semaphore);
    pthread_cleanup_pop(0);
    return NULL;
}
static void *defers(void *semaphore) {
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    sem_wait(semaphore);
    SAY("not cancelled while disabled");
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    pthread_testcancel();
    SAY("never");
    return NULL;
}
static void await_cancellable(void) {
    while (!can_be_cancelled)
        pass_ms(1);
    can_be_cancelled = false;
    pass_ms(20);
}
SCENARIO(cancellation) {
    void *result;
    pthread_t thread = begin_thread(cancelled_asynchronously, NULL);
    await_cancellable();
    pthread_cancel(thread);
    TELL(pthread_join(thread, &result));
    SAY("cancelled: %d", result == PTHREAD_CANCELED);
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&mutex);
    thread = begin_thread(cancelled_asynchronously_in_a_wait, &mutex);
    await_cancellable();
    pthread_cancel(thread);
    TELL(pthread_join(thread, &result));
    SAY("cancelled: %d", result == PTHREAD_CANCELED);
    sem_t sem;
    sem_init(&sem, 0, 0);
    thread = begin_thread(defers, &sem);
    settle(); /* into sem_wait */
    pthread_cancel(thread);
    sem_post(&sem);
    TELL(pthread_join(thread, &result));
    SAY("cancelled: %d", result == PTHREAD_CANCELED);
}

static pthread_key_t key, second_key;
static void key_ends(void *rounds) {
    int *left = rounds;
    SAY("destructor, %d left", *left);
    if ((*left)-- > 0)
        pthread_setspecific(key, left);
}
static void key_exits(void *value) {
    SAY("a destructor that exits");
    pthread_exit(value);
}
static void *has_keys(void *rounds) {
    pthread_setspecific(key, rounds);
    return rounds;
}
static void *has_second_key(void *value) {
    pthread_setspecific(second_key, value);
    return NULL;
}
SCENARIO(keys_have_their_numbers_and_destructors) {
    pthread_key_t zero = 0;
    SAY("nothing is kept yet: %d", pthread_getspecific(zero) == NULL);
    TELL(pthread_key_create(&key, key_ends));
    SAY("the first key is %u", key);
    TELL(pthread_key_create(&second_key, key_exits));
    SAY("the second key is %u", second_key);
    int rounds = 2;
    pthread_join(begin_thread(has_keys, &rounds), NULL);
    rounds = 100; /* more than the iterations there are */
    pthread_join(begin_thread(has_keys, &rounds), NULL);
    void *result = NULL;
    pthread_join(begin_thread(has_second_key, &rounds), &result);
    SAY("result of the destructor's exit: %d", result == &rounds);
    unsigned made = 0;
    pthread_key_t more;
    while (made < 2000 && pthread_key_create(&more, NULL) == 0)
        made++;
    SAY("%u more keys of %d", made, PTHREAD_KEYS_MAX);
}

static void *waits_in_a_small_stack(void *sem) {
    struct timespec until;
    int ends[2];
    clock_gettime(CLOCK_REALTIME, &until);
    if (pipe(ends) != 0 || write(ends[1], "x", 1) != 1)
        return NULL;
    sem_wait(sem);
    sem_timedwait(sem, &until);
    usleep(100);
    char byte;
    return read(ends[0], &byte, 1) == 1 && close(ends[0]) == 0 && close(ends[1]) == 0 ? sem : NULL;
}
SCENARIO(smallest_stacks) {
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    TELL(pthread_attr_setstacksize(&attr, (size_t)PTHREAD_STACK_MIN));
    sem_t sem;
    sem_init(&sem, 0, 0);
    pthread_t threads[20];
    for (int i = 0; i < 20; i++)
        if (pthread_create(&threads[i], &attr, waits_in_a_small_stack, &sem) != 0)
            SAY("no thread %d", i);
    for (int i = 0; i < 40; i++) /* each may take two */
        sem_post(&sem);
    for (int i = 0; i < 20; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        if (result != &sem)
            SAY("wrong result %d", i);
    }
    SAY("20 threads");
}

SCENARIO(creation_that_fails) {
    pthread_t thread;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
    setrlimit(RLIMIT_RTPRIO, &(struct rlimit){0, 0});
    if (setresuid(65534, 65534, 65534) == 0)
        TELL(pthread_create(&thread, &attr, returns, NULL));
    pthread_attr_setinheritsched(&attr, PTHREAD_INHERIT_SCHED);
    pthread_attr_setstacksize(&attr, (size_t)1 << 46);
    TELL(pthread_create(&thread, &attr, returns, NULL));
    TELL(pthread_create(&thread, NULL, returns, NULL));
    TELL(pthread_join(thread, NULL));
}

static sem_t release;
static void *lives(void *unused) {
    sem_wait(&release);
    return unused;
}
SCENARIO(joining_and_detaching) {
    sem_init(&release, 0, 0);
    pthread_t thread = begin_thread(lives, NULL);
    void *result;
    TELL(pthread_tryjoin_np(thread, &result));
    struct timespec past = {0, 0};
    TELL(pthread_timedjoin_np(thread, &result, &past));
    TELL(pthread_detach(thread));
    TELL(pthread_detach(thread));
    TELL(pthread_join(thread, &result));
    sem_post(&release);
    TELL(pthread_join(pthread_self(), &result));
    for (int i = 0; i < 2000; i++) {
        pthread_t brief = begin_thread(returns, NULL);
        if (i % 2 ? pthread_detach(brief) : pthread_join(brief, NULL))
            SAY("wrong %d", i);
    }
    thrd_t c11;
    int value;
    TELL(thrd_create(&c11, (thrd_start_t)(void *)thrd_yield, NULL));
    TELL(thrd_join(c11, &value));
}

static void *says_its_name(void *unused) {
    char name[32];
    TELL(pthread_getname_np(pthread_self(), name, sizeof name));
    SAY("%s", name);
    TELL(pthread_setname_np(pthread_self(), "fifteen letters"));
    TELL(pthread_setname_np(pthread_self(), "sixteen letters!"));
    prctl(PR_SET_NAME, "by prctl");
    TELL(pthread_getname_np(pthread_self(), name, sizeof name));
    SAY("%s", name);
    return unused;
}
SCENARIO(names) {
    prctl(PR_SET_NAME, "creator");
    pthread_join(begin_thread(says_its_name, NULL), NULL);
    TELL(pthread_setname_np(pthread_self(), "main"));
}

static void *outlives(void *unused) {
    pass_ms(50);
    SAY("after main");
    return unused;
}
SCENARIO(main_leaves_first) {
    begin_thread(outlives, NULL);
    pthread_exit(NULL);
}

SCENARIO(errno_is_kept) {
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
    pthread_once_t once = PTHREAD_ONCE_INIT;
    struct timespec past = {0, 0};
    sem_init(&release, 0, 0);
    pthread_mutex_init(&mutex, NULL);
    errno = 77;
    pthread_mutex_lock(&mutex);
    pthread_cond_signal(&cond);
    pthread_cond_timedwait(&cond, &mutex, &past);
    pthread_mutex_timedlock(&mutex, &past);
    pthread_mutex_unlock(&mutex);
    pthread_rwlock_wrlock(&rwlock);
    pthread_rwlock_timedrdlock(&rwlock, &past);
    pthread_once(&once, (void (*)(void))sched_yield);
    pthread_join(pthread_self(), NULL);
    pthread_t thread;
    pthread_create(&thread, NULL, lives, NULL);
    sem_post(&release);
    pthread_join(thread, NULL);
    SAY("errno %d", errno);
}

static void *creates_more(void *depth) {
    if (depth)
        pthread_join(begin_thread(creates_more, (char *)depth - 1), NULL);
    return NULL;
}
SCENARIO(threads_of_threads) {
    pthread_join(begin_thread(creates_more, (void *)50), NULL);
    SAY("51 threads");
}
