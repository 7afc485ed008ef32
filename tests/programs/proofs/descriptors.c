/* Everybody sleeps, one on other descriptors than pipes, or on several: nobody else has them, or somebody has. */
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "proofs.h"

static void two_rests_in(void *(*waits)(void *)) {
    start("two", waits, NULL);
    rest();
}
static void asleep_on_an_eventfd(void) {
    one_end = eventfd(0, 0);
    two_rests_in(reads_number);
}
static void *fills_number(void *unused) {
    uint64_t most = UINT64_MAX - 1;
    must(write(one_end, &most, sizeof most) == sizeof most);
    (void)!write(one_end, &most, sizeof most);
    return unused;
}
static void asleep_but_for_a_full_eventfd(void) {
    one_end = eventfd(0, 0);
    two_rests_in(fills_number);
}
static void asleep_but_for_a_childs_eventfd(void) {
    one_end = eventfd(0, 0);
    with_child();
    two_rests_in(reads_number);
}
static void asleep_on_an_eventfd_and_a_childs_other(void) {
    one_end = eventfd(0, 0);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(one_end);
        must(eventfd(0, 0) == one_end);
        stay();
    }
    settle();
    two_rests_in(reads_number);
}
static void asleep_but_for_a_ring(void) {
    struct io_uring_params params = {0};
    one_end = eventfd(0, 0);
    if (syscall(SYS_io_uring_setup, 4, &params) <
        0) { /* where there are none, another queue of the kernel's */
        aio_context_t queue = 0;
        must(syscall(SYS_io_setup, 4, &queue) == 0);
    }
    two_rests_in(reads_number);
}
static void asleep_but_for_a_queue(void) {
    aio_context_t queue = 0;
    one_end = eventfd(0, 0);
    must(syscall(SYS_io_setup, 4, &queue) == 0);
    two_rests_in(reads_number);
}
static void asleep_on_a_disarmed_timer(void) {
    one_end = timerfd_create(CLOCK_MONOTONIC, 0);
    two_rests_in(reads_number);
}
static void asleep_but_for_a_timerfd(void) {
    struct itimerspec when = {.it_value = {.tv_sec = 1000}};
    one_end = timerfd_create(CLOCK_MONOTONIC, 0);
    timerfd_settime(one_end, 0, &when, NULL);
    two_rests_in(reads_number);
}
static void asleep_but_for_the_clock(void) {
    struct itimerspec never_fires = {.it_value = {0}};
    one_end = timerfd_create(CLOCK_REALTIME, 0);
    must(timerfd_settime(one_end, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never_fires, NULL) == 0);
    two_rests_in(reads_number);
}
static void asleep_but_for_a_childs_timerfd(void) {
    one_end = timerfd_create(CLOCK_MONOTONIC, 0);
    with_child();
    two_rests_in(reads_number);
}
static void asleep_on_a_set(void) {
    make_set();
    two_rests_in(waits_for_set);
}
static void asleep_but_for_a_childs_socket(void) {
    make_set();
    leave_to_child(pair[1]);
    two_rests_in(waits_for_set);
}
static void asleep_but_for_a_childs_set(void) {
    make_set();
    leave_to_child(set);
    two_rests_in(waits_for_set);
}
static void asleep_but_for_an_inet_socket(void) {
    make_set();
    into_set(socket(AF_INET, SOCK_DGRAM, 0));
    two_rests_in(waits_for_set);
}
static void asleep_but_for_a_member_of_that_number(void) {
    make_set();
    int fd = eventfd(0, 0), other = dup(fd);
    into_set(fd);
    must(dup2(eventfd(0, 0), fd) == fd && other >= 0);
    two_rests_in(waits_for_set);
}
static void asleep_polling_a_pipe(void) {
    must(pipe(ends) == 0);
    one_end = ends[0];
    two_rests_in(polls_one);
}
static void asleep_polling_three(void) {
    make_three();
    two_rests_in(polls_three);
}
static void asleep_but_polling_a_childs_third(void) {
    make_three();
    leave_to_child(one_end);
    two_rests_in(polls_three);
}
static void asleep_but_polling_a_childs_pipe(void) {
    must(pipe(ends) == 0);
    one_end = ends[0];
    with_child();
    two_rests_in(polls_one);
}
static void asleep_polling_an_inet_socket(void) {
    one_end = socket(AF_INET, SOCK_DGRAM, 0);
    two_rests_in(polls_one);
}
/* An end of the pipe lies in a socket that a child has, and in nobody's table of descriptors. */
static void send_away(int fd) {
    char byte = 'x', room[CMSG_SPACE(sizeof fd)];
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    memset(room, 0, sizeof room);
    *CMSG_FIRSTHDR(&message) =
        (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof fd);
    must(sendmsg(pair[0], &message, 0) == 1);
}
static void begin_with_a_socket_of_a_child(void) {
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    with_child();
    must(pipe(ends) == 0);
}
static void asleep_on_a_pipe_beside_a_socket(void) {
    begin_with_a_socket_of_a_child();
    two_rests_in(reads_pipe);
}
static void asleep_but_for_an_end_on_its_way(void) {
    begin_with_a_socket_of_a_child();
    send_away(ends[1]);
    close(pair[0]);
    close(pair[1]);
    two_rests_in(reads_pipe);
}
static void asleep_but_for_an_eventfd_on_its_way(void) {
    begin_with_a_socket_of_a_child();
    one_end = eventfd(0, 0);
    send_away(one_end);
    close(pair[0]);
    close(pair[1]);
    two_rests_in(reads_number);
}
static void asleep_but_for_one_of_two_on_its_way(void) {
    begin_with_a_socket_of_a_child();
    one_end = eventfd(0, 0);
    send_away(one_end);
    close(pair[0]);
    close(pair[1]);
    start("three", reads_pipe, NULL);
    two_rests_in(reads_number);
}

/* clang-format off */
const struct scenario of_descriptors[] = {
    SCENARIO(asleep_on_an_eventfd) SCENARIO(asleep_but_for_a_full_eventfd) SCENARIO(asleep_but_for_a_childs_eventfd)
    SCENARIO(asleep_on_an_eventfd_and_a_childs_other) SCENARIO(asleep_but_for_a_ring)
    SCENARIO(asleep_but_for_a_queue) SCENARIO(asleep_on_a_disarmed_timer) SCENARIO(asleep_but_for_a_timerfd)
    SCENARIO(asleep_but_for_the_clock) SCENARIO(asleep_but_for_a_childs_timerfd) SCENARIO(asleep_on_a_set)
    SCENARIO(asleep_but_for_a_childs_socket) SCENARIO(asleep_but_for_a_childs_set)
    SCENARIO(asleep_but_for_an_inet_socket) SCENARIO(asleep_but_for_a_member_of_that_number)
    SCENARIO(asleep_polling_a_pipe) SCENARIO(asleep_but_polling_a_childs_pipe)
    SCENARIO(asleep_polling_an_inet_socket) SCENARIO(asleep_on_a_pipe_beside_a_socket)
    SCENARIO(asleep_but_for_an_end_on_its_way) SCENARIO(asleep_but_for_an_eventfd_on_its_way) SCENARIO(asleep_but_for_one_of_two_on_its_way)
    SCENARIO(asleep_polling_three) SCENARIO(asleep_but_polling_a_childs_third)
    {NULL, NULL},
};
