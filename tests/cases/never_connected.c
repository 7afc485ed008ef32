/* A queue whose initialisation a false condition skipped: its reader waits on a private default that nobody else has.
 * Also a poll of nothing, an empty epoll set, a semaphore that nobody posts and an eventfd that nobody writes.
 *
 * CHECK: leakwatch: 5 leaked threads in {{.*}} at exit; 6 live{{$}}
 * CHECK-DAG: 1 thread [cond wait, {{[0-9.]+}}s] suspect: this condition was never signalled{{$}}
 * CHECK-DAG: 1 thread [poll, {{[0-9.]+}}s] suspect: it waits for no descriptor{{$}}
 * CHECK-DAG: 1 thread [epoll wait, {{[0-9.]+}}s] suspect: the epoll set is empty{{$}}
 * CHECK-DAG: 1 thread [semaphore wait, {{[0-9.]+}}s] suspect: this semaphore was never posted{{$}}
 * CHECK-DAG: 1 thread [eventfd read, {{[0-9.]+}}s] suspect: nothing was written through this descriptor{{$}}
 * CHECK-DAG: waiting on fd {{[0-9]+}} anon_inode:[eventpoll]
 * CHECK-NOT: deadlock
 * JSON: 1 cond wait suspect, 1 epoll wait suspect, 1 eventfd read suspect, 1 poll suspect, 1 semaphore wait suspect;
 */
#include <poll.h>
#include <semaphore.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "queue.h"

static struct queue *results;
static sem_t posted;
static int event, set;

static void *drains(void *unused) {
    int value;
    struct queue *source = results ? results : queue_new(4);
    while (queue_receive(source, &value))
        ;
    return unused;
}

static void *polls(void *unused) {
    struct pollfd one = {.fd = event, .events = POLLIN};
    poll(&one, results ? 1 : 0, -1);
    return unused;
}

static void *waits_for_events(void *unused) {
    struct epoll_event event_of, wanted = {.events = EPOLLIN};
    if (results)
        epoll_ctl(set, EPOLL_CTL_ADD, event, &wanted);
    epoll_wait(set, &event_of, 1, -1);
    return unused;
}

static void *waits_for_post(void *unused) {
    sem_wait(&posted);
    return unused;
}

static void *reads_event(void *unused) {
    uint64_t count;
    return read(event, &count, sizeof count) == sizeof count ? NULL : unused;
}

int main(void) {
    void *(*const routines[])(void *) = {drains, polls, waits_for_events, waits_for_post, reads_event};
    pthread_t thread[5];
    sem_init(&posted, 0, 0);
    event = eventfd(0, EFD_SEMAPHORE);
    set = epoll_create1(0);
#ifdef FIXED
    uint64_t many = 100;
    results = queue_new(4);
    queue_close(results);
    sem_post(&posted);
    if (write(event, &many, sizeof many) != sizeof many)
        return 1;
#endif
    for (int i = 0; i < 5; i++) {
        pthread_create(&thread[i], NULL, routines[i], NULL);
        pthread_detach(thread[i]);
    }
    settle();
    return 0;
}
