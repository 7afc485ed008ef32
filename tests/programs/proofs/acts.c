/* What several scenarios do: their threads, and how they come to rest. */
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "proofs.h"

void ready(void) {
    settle_all();
    say_ready();
}

void *takes_two(void *argument) {
    struct two *two = argument;
    pthread_mutex_lock(two->has);
    sem_post(&step);
    settle();
    pthread_mutex_lock(two->wants);
    return NULL;
}

void *takes_two_timed(void *argument) {
    struct two *two = argument;
    struct timespec until;
    pthread_mutex_lock(two->has);
    settle();
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1000;
    pthread_mutex_timedlock(two->wants, &until);
    return NULL;
}

void cycle(void) {
    start("one", takes_two, &ab);
    start("two", takes_two, &ba);
    ready();
    stay();
}

void *holds(void *mutex) {
    pthread_mutex_lock(mutex);
    stay();
    return NULL;
}

void *waits_for_cond(void *unused) {
    pthread_mutex_lock(&c);
    pthread_cond_wait(&wanted, &c);
    return unused;
}

void *sleeps(void *unused) {
    stay();
    return unused;
}

void nothing(int signal) {
    (void)signal;
}

void rest(void) {
    start("one", waits_for_cond, NULL);
    ready();
    sem_wait(&never);
}

void *reads_pipe(void *unused) {
    char byte;
    if (read(ends[0], &byte, 1) < 0)
        exit(3);
    return unused;
}
void main_rests_in(void) {
    start("one", waits_for_cond, NULL);
    ready();
}
void must(int done) {
    if (!done)
        exit(3);
}
void into_set(int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    must(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0);
}
void with_child(void) {
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        stay();
    }
}
void *reads_number(void *unused) {
    uint64_t number;
    must(read(one_end, &number, sizeof number) == sizeof number);
    return unused;
}
void *waits_for_set(void *unused) {
    struct epoll_event event;
    must(epoll_wait(set, &event, 1, -1) > 0);
    return unused;
}
void *polls_one(void *unused) {
    struct pollfd one = {.fd = one_end, .events = POLLIN};
    must(poll(&one, 1, -1) > 0);
    return unused;
}
void make_set(void) {
    set = epoll_create1(0);
    must(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    into_set(ends[0]);
    into_set(pair[0]);
    into_set(eventfd(0, 0));
    into_set(timerfd_create(CLOCK_MONOTONIC, 0));
}
void *polls_three(void *unused) {
    struct pollfd three[] = {{.fd = ends[0], .events = POLLIN},
                             {.fd = pair[0], .events = POLLIN},
                             {.fd = one_end, .events = POLLIN}};
    must(poll(three, 3, -1) > 0);
    return unused;
}
void make_three(void) {
    must(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    one_end = eventfd(0, 0);
}
