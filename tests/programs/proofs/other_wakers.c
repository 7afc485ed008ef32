/* Everybody sleeps on memory, and somebody who is no thread of the process may come to it, or may not. */
#include <aio.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../by_number.h"
#include "proofs.h"

static int child_stays(void *unused) {
    (void)unused;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
        pause_by_number();
    return 0;
}
static void rests_beside_child(int flags) {
    static char stack[65536] __attribute__((aligned(16)));
    must(clone(child_stays, stack + sizeof stack, flags | SIGCHLD, NULL) > 0);
    rest();
}
static void asleep_but_for_a_process_in_memory(void) {
    rests_beside_child(CLONE_VM);
}
static void asleep_beside_a_child_with_memory_of_its_own(void) {
    rests_beside_child(0);
}

static void asleep_but_for_a_timed_request(void) {
    struct io_uring_params params = {0};
    must(syscall(SYS_io_uring_setup, 4, &params) >= 0);
    rest();
}

/* What a ring has registered, no process's table has. */
static void asleep_but_for_a_registered_end(void) {
    must(pipe(ends) == 0);
    if (fork() == 0) {
        struct io_uring_params params = {0};
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int ring = (int)syscall(SYS_io_uring_setup, 4, &params);
        must(ring >= 0 && syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &ends[1], 1) == 0);
        close(ends[0]);
        close(ends[1]);
        stay();
    }
    settle();
    start("two", reads_pipe, NULL);
    rest();
}

static void *polls_input(void *unused) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    must(poll(&input, 1, -1) == 1);
    return unused;
}
static void asleep_on_its_input(void) {
    start("two", polls_input, NULL);
    rest();
}

static void *has_own_files(void *unused) {
    must(unshare(CLONE_FILES) == 0);
    return reads_pipe(unused);
}
/* The number means something else there: what it does is not looked at. */
static void asleep_but_for_own_descriptors(void) {
    must(pipe(ends) == 0);
    start("two", has_own_files, NULL);
    rest();
}
/* A process that has the other end in a thread's table only. */
static void *keeps_end(void *unused) {
    must(unshare(CLONE_FILES) == 0);
    sem_post(&step);
    stay();
    return unused;
}
static void asleep_but_for_an_end_of_a_thread(void) {
    must(pipe(ends) == 0);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        start("keeps", keeps_end, NULL);
        sem_wait(&step);
        close(ends[0]);
        close(ends[1]);
        pause_by_number();
    }
    settle();
    start("two", reads_pipe, NULL);
    rest();
}

/* Two processes hand an end to and fro, and neither keeps it. Who has it first: end; the other: -1. */
static void hand_on(int to, int from, int end) {
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control;
    char byte = 0;
    struct iovec part = {&byte, 1};
    for (;;) {
        struct msghdr message = {.msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = control.bytes,
                                 .msg_controllen = sizeof control.bytes};
        if (end < 0) {
            must(recvmsg(from, &message, 0) == 1);
            memcpy(&end, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof end);
        }
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        *header = (struct cmsghdr){
            .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof end)};
        memcpy(CMSG_DATA(header), &end, sizeof end);
        must(sendmsg(to, &message, 0) == 1);
        close(end);
        end = -1;
    }
}
/* has: one of them has an end. */
static void beside_two_that_could_hand_on(bool has) {
    must(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(ends[0]);
            close(pair[1 - i]);
            if (i == 1 || !has)
                close(ends[1]);
            hand_on(pair[i], pair[i], i == 0 && has ? ends[1] : -1);
        }
    close(pair[0]);
    close(pair[1]);
    settle();
    start("two", reads_pipe, NULL);
    rest();
}
static void asleep_but_for_an_end_handed_to_and_fro(void) {
    beside_two_that_could_hand_on(true);
}
static void asleep_but_for_an_end_that_one_sends_to_itself(void) {
    must(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        hand_on(pair[0], pair[1], ends[1]);
    }
    close(pair[0]);
    close(pair[1]);
    settle();
    start("two", reads_pipe, NULL);
    rest();
}
static void asleep_beside_two_that_could_hand_on(void) {
    beside_two_that_could_hand_on(false);
}
/* socket: one that it has. Those of the pair this process has too, which sleeps. */
static void beside_a_busy_one(int socket) {
    must(pipe(ends) == 0);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        close(ends[1]);
        close(socket == pair[0] ? pair[1] : -1);
        for (;;)
            ;
    }
    close(socket);
    settle();
    start("two", reads_pipe, NULL);
    rest();
}
/* Whoever may sends to its socket. */
static void asleep_but_for_a_restless_process(void) {
    beside_a_busy_one(socket(AF_UNIX, SOCK_DGRAM, 0));
}
static void asleep_beside_a_busy_process(void) {
    beside_a_busy_one(-1);
}
static void asleep_beside_a_busy_process_that_is_connected(void) {
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    beside_a_busy_one(pair[0]);
}

/* It waits in a word of glibc's, for one of its threads, which reads from the pipe. */
static void *suspends(void *unused) {
    static char byte;
    struct aiocb request = {.aio_fildes = ends[0], .aio_buf = &byte, .aio_nbytes = 1};
    const struct aiocb *all[] = {&request};
    must(aio_read(&request) == 0);
    must(aio_suspend(all, 1, NULL) == 0);
    return unused;
}
static void asleep_but_for_aio(void) {
    must(pipe(ends) == 0);
    start("two", suspends, NULL);
    rest();
}

/* A thread that no library knows, and that will go on. */
static int sleeps_for_a_time(void *unused) {
    struct timespec span = {.tv_sec = 1000};
    syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &span, NULL);
    return unused != NULL;
}
static void asleep_but_for_a_clone_that_sleeps_for_a_time(void) {
    static char stack[65536] __attribute__((aligned(16)));
    must(clone(sleeps_for_a_time, stack + sizeof stack,
               CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, NULL) > 0);
    settle();
    rest();
}

static void rests_beside_timer(int number) {
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = number};
    struct itimerspec when = {.it_value = {.tv_sec = 1000}};
    timer_t timer;
    signal(SIGTRAP, nothing);
    must(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && timer_settime(timer, 0, &when, NULL) == 0);
    rest();
}
static void asleep_but_for_a_timer_of_a_fault(void) {
    rests_beside_timer(SIGTRAP);
}
static void asleep_beside_a_timer_of_no_handler(void) {
    rests_beside_timer(SIGTERM);
}

/* clang-format off */
const struct scenario of_other_wakers[] = {
    SCENARIO(asleep_but_for_a_process_in_memory) SCENARIO(asleep_beside_a_child_with_memory_of_its_own)
    SCENARIO(asleep_but_for_a_timed_request) SCENARIO(asleep_but_for_a_timer_of_a_fault)
    SCENARIO(asleep_but_for_aio) SCENARIO(asleep_but_for_a_registered_end) SCENARIO(asleep_on_its_input) SCENARIO(asleep_but_for_own_descriptors)
    SCENARIO(asleep_but_for_an_end_of_a_thread) SCENARIO(asleep_but_for_an_end_handed_to_and_fro) SCENARIO(asleep_but_for_an_end_that_one_sends_to_itself)
    SCENARIO(asleep_beside_two_that_could_hand_on) SCENARIO(asleep_but_for_a_restless_process) SCENARIO(asleep_beside_a_busy_process) SCENARIO(asleep_beside_a_busy_process_that_is_connected)
    SCENARIO(asleep_but_for_a_clone_that_sleeps_for_a_time) SCENARIO(asleep_beside_a_timer_of_no_handler)
    {NULL, NULL},
};
