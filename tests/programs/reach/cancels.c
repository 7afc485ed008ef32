/* Who has a thread's pthread_t may cancel it: the thread that is "taken" waits for what nobody else can come to, and main has its pthread_t
 * from just one place. */
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <threads.h>

#include "places.h"

static void says_so(void *unused) {
    (void)unused;
    if (write(STDOUT_FILENO, "woken\n", 6) != 6)
        exit(3);
}
static void *is_taken(void *box) {
    pthread_cleanup_push(says_so, NULL);
    waits(box);
    pthread_cleanup_pop(0);
    return NULL;
}
static pthread_t taken(void) {
    return start("taken", is_taken, box_new());
}

static pthread_t workers[4];
static void known_in_global(struct box *box) {
    (void)box;
    workers[2] = taken();
}
static struct box *cancel_in_global(void) {
    pthread_cancel(workers[2]);
    return NULL;
}
static void known_nowhere(struct box *box) {
    (void)box;
    taken();
}

/* As in a pool's list. */
struct worker {
    struct worker *next;
    pthread_t thread;
};
static struct worker *list;
static void known_in_a_block(struct box *box) {
    (void)box;
    for (int i = 0; i < 10; i++) {
        struct worker *worker = calloc(1, sizeof *worker);
        *worker = (struct worker){.next = list, .thread = i == 0 ? taken() : 0};
        list = worker;
    }
}
static struct box *cancel_in_a_block(void) {
    while (list->next)
        list = list->next;
    pthread_cancel(list->thread);
    return NULL;
}

/* With tags in it, of the thread that cancels. */
static __thread uintptr_t in_storage;
static void known_in_storage(struct box *box) {
    (void)box;
    in_storage = (uintptr_t)taken() | 3 | (uintptr_t)0x5a << 56;
}
static struct box *cancel_in_storage(void) {
    pthread_cancel((pthread_t)(in_storage & ~(uintptr_t)7 & ~((uintptr_t)0xff << 56)));
    return NULL;
}

static int set;
static void known_in_a_set(struct box *box) {
    (void)box;
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)taken()};
    set = epoll_create1(0);
    if (epoll_ctl(set, EPOLL_CTL_ADD, eventfd(1, EFD_NONBLOCK), &event) != 0)
        exit(3);
}
static struct box *cancel_in_a_set(void) {
    struct epoll_event event;
    if (epoll_wait(set, &event, 1, -1) == 1)
        pthread_cancel((pthread_t)event.data.u64);
    return NULL;
}

/* Another thread has it, that runs; or that waits itself for what main can come to, or for what nobody can. */
static volatile bool give;
static struct box *global;
static void *runs_with_it(void *other) {
    while (!give)
        usleep(1000);
    pthread_cancel((pthread_t)other);
    return NULL;
}
struct keeper {
    pthread_t other;
    struct box *box;
};
static void *waits_with_it(void *of) {
    struct keeper *keeper = of;
    pthread_mutex_lock(&keeper->box->mutex);
    while (!keeper->box->open)
        pthread_cond_wait(&keeper->box->changed, &keeper->box->mutex);
    pthread_mutex_unlock(&keeper->box->mutex);
    pthread_cancel(keeper->other);
    return NULL;
}
static struct box *keep(void) {
    struct keeper *keeper = calloc(1, sizeof *keeper);
    *keeper = (struct keeper){.other = taken(), .box = box_new()};
    start("keeper", waits_with_it, keeper);
    return keeper->box;
}
static void known_to_a_runner(struct box *box) {
    (void)box;
    start("runner", runs_with_it, (void *)taken());
}
static struct box *let_the_runner(void) {
    give = true;
    return NULL;
}
static void known_to_a_waiter(struct box *box) {
    (void)box;
    global = keep();
}
static struct box *let_the_waiter(void) {
    box_open(global);
    return NULL;
}
static void known_to_the_stranded(struct box *box) {
    (void)box;
    keep();
}

/* A thread of C11 has the same in its thrd_t. */
static thrd_t *eleven;
static int is_taken_too(void *box) {
    is_taken(box);
    return 0;
}
static void known_as_a_thrd(struct box *box) {
    (void)box;
    eleven = malloc(sizeof *eleven);
    thrd_create(eleven, is_taken_too, box_new());
    pthread_setname_np((pthread_t)*eleven, "taken");
}
static struct box *cancel_the_thrd(void) {
    pthread_cancel((pthread_t)*eleven);
    return NULL;
}

/* A lock is no cancellation point: what has it waits for ever, and nobody knows that one. */
struct lock {
    pthread_mutex_t mutex;
    struct box *box;
};
static void *has_the_lock(void *of) {
    struct lock *lock = of;
    pthread_mutex_lock(&lock->mutex);
    return waits(lock->box);
}
static void *wants_the_lock(void *of) {
    struct lock *lock = of;
#ifdef ANYWHERE
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
#endif
    pthread_cleanup_push(says_so, NULL);
    pthread_mutex_lock(&lock->mutex);
    pthread_cleanup_pop(0);
    return NULL;
}
static void known_of_a_locker(struct box *box) {
    (void)box;
    struct lock *lock = calloc(1, sizeof *lock);
    pthread_mutex_init(&lock->mutex, NULL);
    lock->box = box_new();
    start("owner", has_the_lock, lock);
    settle();
    workers[2] = start("taken", wants_the_lock, lock);
    lock = NULL;
}

const struct place cancels_places[] = {
    {"known_in_global", known_in_global, cancel_in_global},
    {"known_nowhere", known_nowhere, NULL},
    {"known_in_a_block", known_in_a_block, cancel_in_a_block},
    {"known_in_storage", known_in_storage, cancel_in_storage},
    {"known_in_a_set", known_in_a_set, cancel_in_a_set},
    {"known_to_a_runner", known_to_a_runner, let_the_runner},
    {"known_to_a_waiter", known_to_a_waiter, let_the_waiter},
    {"known_to_the_stranded", known_to_the_stranded, NULL},
    {"known_as_a_thrd", known_as_a_thrd, cancel_the_thrd},
    {"known_of_a_locker", known_of_a_locker, cancel_in_global},
    {NULL, NULL, NULL},
};
