/* Places in the kernel: what it will hand back. */
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

#include "places.h"

static int carrier[2];
static void hide_in_a_pipe(struct box *box) {
    if (pipe(carrier) != 0 || write(carrier[1], &box, sizeof box) != sizeof box)
        exit(3);
}
static void hide_in_a_socket(struct box *box) {
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, carrier) != 0 ||
        write(carrier[1], &box, sizeof box) != sizeof box)
        exit(3);
}
static struct box *from_the_carrier(void) {
    struct box *box;
    return read(carrier[0], &box, sizeof box) == sizeof box ? box : NULL;
}
static mqd_t queue;
static void hide_in_a_queue(struct box *box) {
    struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = sizeof box};
    queue = mq_open("/leakwatch-reach", O_CREAT | O_RDWR, 0600, &attr);
    mq_unlink("/leakwatch-reach");
    if (queue == (mqd_t)-1 || mq_send(queue, (char *)&box, sizeof box, 0) != 0)
        exit(3);
}
static struct box *from_the_queue(void) {
    struct box *box;
    return mq_receive(queue, (char *)&box, sizeof box, NULL) == sizeof box ? box : NULL;
}

static int set;
static void hide_in_a_set(struct box *box) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = box};
    int fd = eventfd(1, EFD_NONBLOCK);
    set = epoll_create1(0);
    if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) != 0)
        exit(3);
}
static struct box *from_the_set(void) {
    struct epoll_event event;
    return epoll_wait(set, &event, 1, -1) == 1 ? event.data.ptr : NULL;
}

/* The last of so many that what is noted of them takes more than a page. */
static void hide_in_a_large_set(struct box *box) {
    enum { OTHERS = 900 };
    struct epoll_event event = {.events = EPOLLIN};
    hide_in_a_set(box);
    for (int i = 0; i < OTHERS; i++)
        if (epoll_ctl(set, EPOLL_CTL_ADD, eventfd(0, EFD_NONBLOCK), &event) != 0)
            exit(3);
}

static timer_t timer;
static void hide_in_a_timer(struct box *box) {
    struct sigevent event = {
        .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 3, .sigev_value.sival_ptr = box};
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
        exit(3);
}
static struct box *from_the_signal(void) {
    siginfo_t info;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGRTMIN + 3);
    return sigwaitinfo(&signals, &info) > 0 ? info.si_value.sival_ptr : NULL;
}
static struct box *from_the_timer(void) {
    struct itimerspec soon = {.it_value.tv_nsec = 1000};
    timer_settime(timer, 0, &soon, NULL);
    return from_the_signal();
}
static void hide_in_a_signal(struct box *box) {
    sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_ptr = box});
}

const struct place kernel_places[] = {
    {"in_a_pipe", hide_in_a_pipe, from_the_carrier},
    {"in_a_socket", hide_in_a_socket, from_the_carrier},
    {"in_a_queue", hide_in_a_queue, from_the_queue},
    {"in_a_set", hide_in_a_set, from_the_set},
    {"in_a_large_set", hide_in_a_large_set, from_the_set},
    {"in_a_timer", hide_in_a_timer, from_the_timer},
    {"in_a_signal", hide_in_a_signal, from_the_signal},
    {NULL, NULL, NULL},
};
