/* A thread in each wait that is judged from outside, for a process that nobody prepared. usage: unprepared stuck | free [ROOT]
 *
 * stuck: two threads wait for each other's lock, the rest for what never comes; main for the end of one of the two. free: the same waits, but
 * a thread that takes naps may end each, so that nothing is proved; and the locks of the two have owners that sleep for a time.
 * ROOT: that is its root from the beginning on. */
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER,
                       own = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t written = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_barrier_t met, taken, three;
static sem_t tokens;
static int ends[2], pair[2], event, set;
static bool is_free;
static atomic_int arrived; /* threads that are about to wait for what never comes */

static void arrive(void) {
    atomic_fetch_add(&arrived, 1);
}

static void *naps(void *unused) {
    for (;;)
        usleep(20000);
    return unused;
}

static void lock_both(pthread_mutex_t *mine, pthread_mutex_t *other) {
    pthread_mutex_lock(mine);
    pthread_barrier_wait(&taken);
    arrive();
    if (is_free)
        sleep(3600);
    pthread_mutex_lock(other);
}

static void *left(void *unused) {
    lock_both(&first, &second);
    return unused;
}

static void *right(void *unused) {
    lock_both(&second, &first);
    return unused;
}

static void *third(void *unused) {
    pthread_barrier_wait(&taken);
    arrive();
    pthread_mutex_lock(&first);
    return unused;
}

static void *conditional(void *unused) {
    arrive();
    pthread_mutex_lock(&own);
    pthread_cond_wait(&never, &own);
    return unused;
}

static void *reader(void *unused) {
    arrive();
    pthread_rwlock_rdlock(&written);
    return unused;
}

static void *writer(void *unused) {
    arrive();
    pthread_rwlock_wrlock(&written);
    return unused;
}

static void *semaphore(void *unused) {
    arrive();
    sem_wait(&tokens);
    return unused;
}

static void *barrier(void *unused) {
    arrive();
    pthread_barrier_wait(&three);
    return unused;
}

static void initialise(void) {
    pthread_barrier_wait(&met);
    arrive();
    pthread_mutex_lock(&first);
}

static void *runs(void *unused) {
    pthread_once(&once, initialise);
    return unused;
}

static void *waits(void *unused) {
    pthread_barrier_wait(&met);
    arrive();
    pthread_once(&once, initialise);
    return unused;
}

static void *pipes(void *unused) {
    char byte;
    arrive();
    if (read(ends[0], &byte, 1) != 1)
        return NULL;
    return unused;
}

static void *sockets(void *unused) {
    char byte;
    arrive();
    recv(pair[0], &byte, 1, 0);
    return unused;
}

static void *events(void *unused) {
    uint64_t count;
    arrive();
    if (read(event, &count, sizeof count) < 0)
        return NULL;
    return unused;
}

static void *polls(void *unused) {
    struct pollfd both[] = {{ends[0], POLLIN, 0}, {event, POLLIN, 0}};
    arrive();
    poll(both, 2, -1);
    return unused;
}

static void *epolls(void *unused) {
    struct epoll_event got;
    arrive();
    epoll_wait(set, &got, 1, -1);
    return unused;
}

static void *seconds(void *unused) {
    arrive();
    sleep(3600);
    return unused;
}

static const struct {
    const char *name;
    void *(*run)(void *);
} threads[] = {{"left", left},     {"right", right},   {"third", third},      {"condition", conditional},
               {"reader", reader}, {"writer", writer}, {"tokens", semaphore}, {"barrier", barrier},
               {"runs", runs},     {"waits", waits},   {"pipes", pipes},      {"sockets", sockets},
               {"events", events}, {"polls", polls},   {"epolls", epolls},    {"seconds", seconds}};

int main(int count, char **arguments) {
    pthread_t thread, joined = 0;
    if (count > 2 && (chroot(arguments[2]) != 0 || chdir("/") != 0))
        return 1;
    is_free = count > 1 && strcmp(arguments[1], "free") == 0;
    pthread_barrier_init(&taken, NULL, 3);
    pthread_barrier_init(&three, NULL, 3);
    pthread_barrier_init(&met, NULL, 2);
    sem_init(&tokens, 0, 0);
    pthread_rwlock_wrlock(&written);
    if (pipe(ends) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return 1;
    event = eventfd(0, 0);
    set = epoll_create1(0);
    struct epoll_event added = {.events = EPOLLIN};
    epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &added);
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        pthread_create(&thread, NULL, threads[i].run, NULL);
        pthread_setname_np(thread, threads[i].name);
        joined = i == 0 ? thread : joined;
        /* the others want the locks of the first three */
        while (i == 2 && atomic_load(&arrived) < 3)
            usleep(1000);
    }
    if (is_free)
        pthread_create(&thread, NULL, naps, NULL);
    while (atomic_load(&arrived) < (int)(sizeof threads / sizeof *threads))
        usleep(1000);
    puts("up");
    fflush(stdout);
    pthread_join(joined, NULL);
    return 0;
}
