/* sets SCENARIO: all threads come to rest, some in a wait for many descriptors at once, says "ready", and stays there. The tests
 * ask whether somebody else could end that. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "by_number.h"
#include "scenarios.h"
#include "settle.h"

enum { MANY = 100 };

/* The descriptors that are waited for: wanted of them; child: what a child has as well, or 0. */
static int fds[MANY], wanted, child;
static sem_t never;

static void must(int done) {
    if (!done)
        exit(3);
}

static void want(int fd) {
    must(fd >= 0 && wanted < MANY);
    fds[wanted++] = fd;
}

static int read_end(void) {
    int ends[2];
    must(pipe(ends) == 0);
    return ends[0];
}

static int end_of_pair(void) {
    int pair[2];
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    return pair[0];
}

static int inet_socket(void) {
    return socket(AF_INET, SOCK_DGRAM, 0);
}

static int armed_timer(void) {
    struct itimerspec when = {.it_value = {.tv_sec = 1000}};
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    must(timerfd_settime(fd, 0, &when, NULL) == 0);
    return fd;
}

/* So many, of every kind that only the process itself has. */
static void want_inside(int count) {
    for (int i = 0; i < count; i++)
        want(i % 4 == 0   ? read_end()
             : i % 4 == 1 ? end_of_pair()
             : i % 4 == 2 ? eventfd(0, 0)
                          : timerfd_create(CLOCK_MONOTONIC, 0));
}

static int set_of(int first, int count) {
    int set = epoll_create1(0);
    for (int i = first; i < first + count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fds[i]};
        must(epoll_ctl(set, EPOLL_CTL_ADD, fds[i], &event) == 0);
    }
    return set;
}

/* What is wanted from here on: one set of all that was, so that a wait is for nothing but that. */
static void want_set_of_all(void) {
    int set = set_of(0, wanted);
    wanted = 0;
    want(set);
}

static void *polls(void *unused) {
    struct pollfd all[MANY];
    for (int i = 0; i < wanted; i++)
        all[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    must(poll(all, (nfds_t)wanted, -1) > 0);
    return unused;
}

static void *polls_with_mask(void *unused) {
    struct pollfd all[MANY];
    sigset_t none;
    sigemptyset(&none);
    for (int i = 0; i < wanted; i++)
        all[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    must(ppoll(all, (nfds_t)wanted, NULL, &none) > 0);
    return unused;
}

/* Where no wrapper sees it. */
static void *polls_unseen(void *unused) {
    struct pollfd all[MANY];
    for (int i = 0; i < wanted; i++)
        all[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    must(poll_by_number(all, (nfds_t)wanted, -1) > 0);
    return unused;
}

/* By turns among those to be read, to be written to, and exceptions: the last are never there. */
static int fill_sets(fd_set set[3]) {
    int top = 0;
    for (int i = 0; i < 3; i++)
        FD_ZERO(&set[i]);
    for (int i = 0; i < wanted; i++) {
        FD_SET(fds[i], &set[i % 2 == 0 ? 0 : 2]);
        top = fds[i] >= top ? fds[i] + 1 : top;
    }
    return top;
}

static void *selects(void *unused) {
    fd_set set[3];
    int top = fill_sets(set);
    must(select(top, &set[0], NULL, &set[2], NULL) > 0);
    return unused;
}

static void *selects_with_mask(void *unused) {
    fd_set set[3];
    int top = fill_sets(set);
    sigset_t none;
    sigemptyset(&none);
    must(pselect(top, &set[0], NULL, &set[2], NULL, &none) > 0);
    return unused;
}

static void *selects_to_write(void *unused) {
    static char bytes[4096];
    int ends[2];
    fd_set set;
    must(pipe2(ends, O_NONBLOCK) == 0);
    while (write(ends[1], bytes, sizeof bytes) > 0)
        ;
    FD_ZERO(&set);
    FD_SET(ends[1], &set);
    must(select(ends[1] + 1, NULL, &set, NULL, NULL) > 0);
    return unused;
}

static void *waits_for_set(void *unused) {
    struct epoll_event event;
    must(epoll_wait(fds[0], &event, 1, -1) > 0);
    return unused;
}

static void fork_child(void) {
    if (child == 0)
        return;
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int fd = 3; fd < 2 * MANY; fd++)
            if (fd != child)
                close(fd);
        stay();
    }
    settle();
}

static void *waits_for_post(void *unused) {
    sem_wait(&never);
    return unused;
}

/* Another thread than main waits so, or main does, to which the signal comes. */
static void other_rests_in(void *(*waits)(void *)) {
    fork_child();
    start("two", waits, NULL);
    settle_all();
    say_ready();
    sem_wait(&never);
}
static void main_rests_in(void *(*waits)(void *)) {
    fork_child();
    start("two", waits_for_post, NULL);
    settle_all();
    say_ready();
    waits(NULL);
}

static void selects_one(void) {
    want_inside(1);
    other_rests_in(selects);
}
static void selects_many(void) {
    want_inside(30);
    other_rests_in(selects);
}
static void selects_many_with_mask(void) {
    want_inside(30);
    other_rests_in(selects_with_mask);
}
static void selects_for_room(void) {
    other_rests_in(selects_to_write);
}
static void selects_a_childs(void) {
    want_inside(30);
    child = fds[29];
    other_rests_in(selects);
}
static void selects_an_inet_socket(void) {
    want_inside(5);
    want(inet_socket());
    other_rests_in(selects);
}
static void selects_a_timer(void) {
    want_inside(5);
    want(armed_timer());
    other_rests_in(selects);
}
static void main_selects(void) {
    want_inside(30);
    main_rests_in(selects);
}
static void main_selects_a_childs(void) {
    want_inside(30);
    child = fds[10];
    main_rests_in(selects);
}
static void main_selects_an_inet_socket(void) {
    want_inside(5);
    want(inet_socket());
    main_rests_in(selects);
}
static void polls_many(void) {
    want_inside(64);
    other_rests_in(polls);
}
static void polls_many_with_mask(void) {
    want_inside(20);
    other_rests_in(polls_with_mask);
}
static void polls_many_unseen(void) {
    want_inside(20);
    other_rests_in(polls_unseen);
}
static void polls_too_many(void) {
    want_inside(65);
    other_rests_in(polls);
}
static void polls_a_childs(void) {
    want_inside(20);
    child = fds[17];
    other_rests_in(polls);
}
static void polls_a_childs_unseen(void) {
    want_inside(20);
    child = fds[17];
    other_rests_in(polls_unseen);
}
static void polls_a_timer(void) {
    want_inside(20);
    want(armed_timer());
    other_rests_in(polls);
}
static void polls_some_that_are_none(void) {
    want_inside(10);
    fds[3] = fds[5] = -1;
    other_rests_in(polls);
}
static void polls_none_at_all(void) {
    want_inside(2);
    fds[0] = fds[1] = -7;
    other_rests_in(polls);
}
static void main_polls(void) {
    want_inside(20);
    main_rests_in(polls);
}
static void main_polls_a_childs(void) {
    want_inside(20);
    child = fds[10];
    main_rests_in(polls);
}
static void polls_a_set(void) {
    want_inside(8);
    want_set_of_all();
    other_rests_in(polls);
}
static void polls_a_set_of_an_inet_socket(void) {
    want_inside(8);
    want(inet_socket());
    want_set_of_all();
    other_rests_in(polls);
}
static void main_polls_a_set_of_an_inet_socket(void) {
    want_inside(8);
    want(inet_socket());
    want_set_of_all();
    main_rests_in(polls);
}
static void polls_a_set_among_others_of_a_childs(void) {
    want_inside(8);
    child = fds[2];
    want_set_of_all();
    want_inside(3);
    other_rests_in(polls);
}
static void set_in_set(void) {
    want_inside(8);
    want_set_of_all();
    want_inside(3);
    want_set_of_all();
    other_rests_in(waits_for_set);
}
/* One descriptor in both the outer and the inner set is one wait of each. */
static void set_in_set_with_the_same(void) {
    want_inside(4);
    want(set_of(0, 4));
    want_set_of_all();
    other_rests_in(waits_for_set);
}
static void set_in_set_of_a_childs(void) {
    want_inside(8);
    child = fds[5];
    want_set_of_all();
    want_inside(3);
    want_set_of_all();
    other_rests_in(waits_for_set);
}
static void set_in_set_of_an_inet_socket(void) {
    want_inside(8);
    want(inet_socket());
    want_set_of_all();
    want_inside(3);
    want_set_of_all();
    other_rests_in(waits_for_set);
}
/* The inner set's number is another set's by now, which has nothing of others in it. */
static void set_in_set_that_was_another(void) {
    want(inet_socket());
    int inner = set_of(0, 1);
    wanted = 0;
    want(inner);
    want_set_of_all();
    int kept = dup(inner), other = epoll_create1(0);
    must(kept >= 0 && dup2(other, inner) == inner);
    other_rests_in(waits_for_set);
}
static void main_waits_for_set_in_set(void) {
    want_inside(8);
    want_set_of_all();
    want_inside(3);
    want_set_of_all();
    main_rests_in(waits_for_set);
}

/* clang-format off */
#define SCENARIOS(X) \
    X(selects_one) X(selects_many) X(selects_many_with_mask) X(selects_for_room) X(selects_a_childs) X(selects_an_inet_socket) \
    X(selects_a_timer) X(main_selects) X(main_selects_a_childs) X(main_selects_an_inet_socket) X(polls_many) \
    X(polls_many_with_mask) X(polls_many_unseen) X(polls_too_many) X(polls_a_childs) X(polls_a_childs_unseen) X(polls_a_timer) \
    X(polls_some_that_are_none) X(polls_none_at_all) X(main_polls) X(main_polls_a_childs) X(polls_a_set) X(polls_a_set_of_an_inet_socket) \
    X(main_polls_a_set_of_an_inet_socket) X(polls_a_set_among_others_of_a_childs) X(set_in_set) X(set_in_set_with_the_same) X(set_in_set_of_a_childs) \
    X(set_in_set_of_an_inet_socket) X(set_in_set_that_was_another) X(main_waits_for_set_in_set)
/* clang-format on */

int main(int count, char **arguments) {
    static const struct scenario scenarios[] = {
#define X(name) {#name, name},
        SCENARIOS(X){NULL, NULL},
#undef X
    };
    sem_init(&never, 0, 0);
    const struct scenario *const list = scenarios;
    return play_one(&list, 1, count, arguments);
}
