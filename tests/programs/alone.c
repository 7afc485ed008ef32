/* alone SCENARIO: a program that never makes a thread says "ready" and waits, in some scenarios for what only it itself could
 * do, in others for what may come. The tests end it and look at what is told. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scenarios.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wanted = PTHREAD_COND_INITIALIZER;
static int ends[2];
static char bytes[1 << 20];

static void must(int done) {
    if (!done)
        exit(3);
}

/* A child that has all descriptors, and does nothing until its standard input says so: then it writes and ends. */
static void with_child(void) {
    if (fork() != 0)
        return;
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    must(read(STDIN_FILENO, &byte, 1) == 1 && write(ends[1], "x", 1) == 1);
    _exit(0);
}

static void nothing(int signal) {
    (void)signal;
}

static void relock(void) {
    pthread_mutex_lock(&lock);
    say_ready();
    pthread_mutex_lock(&lock);
}
static void relock_with_a_handler(void) {
    signal(SIGUSR2, nothing);
    relock();
}
static void relock_of_a_shared_one(void) {
    pthread_mutex_t *shared = make_shared_mutex();
    int locked[2];
    must(pipe(locked) == 0);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pthread_mutex_lock(shared);
        must(write(locked[1], "x", 1) == 1);
        for (;;)
            pause();
    }
    must(read(locked[0], bytes, 1) == 1);
    say_ready();
    pthread_mutex_lock(shared);
}

static void condition(void) {
    pthread_mutex_lock(&lock);
    say_ready();
    pthread_cond_wait(&wanted, &lock);
}
static void condition_with_fault_handlers(void) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        signal(faults[i], nothing);
    condition();
}
static void condition_with_a_handler(void) {
    signal(SIGUSR2, nothing);
    condition();
}
static void condition_that_is_shared(void) {
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&wanted, &attr);
    condition();
}
static void condition_for_a_time(void) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1000;
    pthread_mutex_lock(&lock);
    say_ready();
    pthread_cond_timedwait(&wanted, &lock, &until);
}
static void barrier_of_two(void) {
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 2);
    say_ready();
    pthread_barrier_wait(&barrier);
}
static void semaphore(void) {
    sem_t never;
    sem_init(&never, 0, 0);
    say_ready();
    sem_wait(&never);
}
static void semaphore_that_is_shared(void) {
    sem_t never;
    sem_init(&never, 1, 0);
    say_ready();
    sem_wait(&never);
}
static void raw_futex(void) {
    static uint32_t word = 7;
    say_ready();
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 7, NULL, NULL, 0);
}
static void raw_futex_that_is_shared(void) {
    static uint32_t word = 7;
    say_ready();
    syscall(SYS_futex, &word, FUTEX_WAIT, 7, NULL, NULL, 0);
}

static void own_pipe(void) {
    must(pipe(ends) == 0);
    say_ready();
    must(read(ends[0], bytes, 1) >= 0);
}
static void own_pipe_inside_libc(void) {
    must(pipe(ends) == 0);
    FILE *file = fdopen(ends[0], "r");
    say_ready();
    fgets(bytes, sizeof bytes, file);
}
static void pipe_of_a_child_too(void) {
    must(pipe(ends) == 0);
    with_child();
    say_ready();
    must(read(ends[0], bytes, 1) >= 0);
    must(read(ends[0], bytes, 1) >= 0);
}
static void pipe_of_a_child(void) {
    must(pipe(ends) == 0);
    with_child();
    close(ends[1]);
    say_ready();
    must(read(ends[0], bytes, 1) >= 0);
}
static void pipe_with_a_name(void) {
    must(mkfifo("pipe", 0600) == 0 && (ends[0] = open("pipe", O_RDWR)) >= 0);
    say_ready();
    must(read(ends[0], bytes, 1) >= 0);
}
static void own_full_pipe(void) {
    must(pipe(ends) == 0);
    say_ready();
    must(write(ends[1], bytes, sizeof bytes) > 0);
}
static void own_full_pipe_of_pages(void) {
    must(pipe(ends) == 0);
    say_ready();
    for (;;)
        must(write(ends[1], bytes, 4096) == 4096);
}
static void own_full_pipe_of_bytes(void) {
    must(pipe(ends) == 0);
    say_ready();
    for (;;)
        must(write(ends[1], "x", 1) == 1);
}
static void full_pipe_of_a_child_too(void) {
    must(pipe(ends) == 0);
    with_child();
    say_ready();
    must(write(ends[1], bytes, sizeof bytes) > 0);
}

static void own_eventfd(void) {
    uint64_t number;
    int fd = eventfd(0, 0);
    say_ready();
    must(read(fd, &number, sizeof number) > 0);
}
static void eventfd_of_a_child_too(void) {
    must(pipe(ends) == 0);
    uint64_t number;
    int fd = eventfd(0, 0);
    with_child();
    say_ready();
    must(read(fd, &number, sizeof number) > 0);
}
static void own_set(void) {
    struct epoll_event event = {.events = EPOLLIN};
    int set = epoll_create1(0);
    must(epoll_ctl(set, EPOLL_CTL_ADD, eventfd(0, 0), &event) == 0);
    say_ready();
    epoll_wait(set, &event, 1, -1);
}
static void set_with_input(void) {
    struct epoll_event event = {.events = EPOLLIN};
    int set = epoll_create1(0);
    must(epoll_ctl(set, EPOLL_CTL_ADD, eventfd(0, 0), &event) == 0);
    must(epoll_ctl(set, EPOLL_CTL_ADD, STDIN_FILENO, &event) == 0);
    say_ready();
    epoll_wait(set, &event, 1, -1);
}
static void poll_of_nothing(void) {
    say_ready();
    poll(NULL, 0, -1);
}
static void own_poll(void) {
    struct pollfd both[3] = {{.fd = eventfd(0, 0), .events = POLLIN}, {.fd = -1}, {.events = POLLIN}};
    must(pipe(ends) == 0);
    both[2].fd = ends[0];
    say_ready();
    poll(both, 3, -1);
}
static void poll_of_a_child_too(void) {
    struct pollfd both[2] = {{.fd = eventfd(0, 0), .events = POLLIN}, {.events = POLLIN}};
    must(pipe(ends) == 0);
    both[1].fd = ends[0];
    with_child();
    say_ready();
    poll(both, 2, -1);
}
static void own_select(void) {
    fd_set readable, writable;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    must(pipe(ends) == 0);
    FD_SET(ends[0], &readable);
    must(pipe(ends) == 0);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    while (write(ends[1], bytes, sizeof bytes) > 0)
        ;
    FD_SET(ends[1], &writable);
    say_ready();
    select(ends[1] + 1, &readable, &writable, NULL, NULL);
}
static void poll_of_input(void) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    say_ready();
    poll(&input, 1, -1);
}
static void input(void) {
    say_ready();
    must(read(STDIN_FILENO, bytes, 1) >= 0);
}
static void no_signal(void) {
    say_ready();
    pause();
}
static void time_to_pass(void) {
    say_ready();
    sleep(1000);
}
static void never_still(void) {
    say_ready();
    for (;;)
        must(getppid() > 0);
}

/* clang-format off */
static const struct scenario scenarios[] = {
    SCENARIO(relock) SCENARIO(relock_with_a_handler) SCENARIO(relock_of_a_shared_one) SCENARIO(condition)
    SCENARIO(condition_with_fault_handlers) SCENARIO(condition_with_a_handler)
    SCENARIO(condition_that_is_shared) SCENARIO(condition_for_a_time) SCENARIO(barrier_of_two)
    SCENARIO(semaphore) SCENARIO(semaphore_that_is_shared) SCENARIO(raw_futex)
    SCENARIO(raw_futex_that_is_shared) SCENARIO(own_pipe) SCENARIO(own_pipe_inside_libc)
    SCENARIO(pipe_of_a_child_too) SCENARIO(pipe_of_a_child) SCENARIO(pipe_with_a_name) SCENARIO(own_full_pipe)
    SCENARIO(own_full_pipe_of_pages) SCENARIO(own_full_pipe_of_bytes) SCENARIO(full_pipe_of_a_child_too)
    SCENARIO(poll_of_nothing) SCENARIO(own_eventfd) SCENARIO(eventfd_of_a_child_too) SCENARIO(own_set)
    SCENARIO(set_with_input) SCENARIO(own_poll) SCENARIO(poll_of_a_child_too) SCENARIO(own_select)
    SCENARIO(poll_of_input) SCENARIO(input) SCENARIO(no_signal)
    SCENARIO(time_to_pass) SCENARIO(never_still)
    {NULL, NULL},
};
/* clang-format on */

int main(int count, char **arguments) {
    const struct scenario *list = scenarios;
    return play_one(&list, 1, count, arguments);
}
