/* Everybody sleeps, and main, which takes the signal, in each kind of wait that nobody is left to end. */
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "proofs.h"

static void main_in_a_condition(void) {
    main_rests_in();
    pthread_mutex_lock(&a);
    pthread_cond_wait(&wanted, &a);
}
static void main_in_a_barrier(void) {
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 3);
    main_rests_in();
    pthread_barrier_wait(&barrier);
}
static void main_in_a_join(void) {
    first = start("one", waits_for_cond, NULL);
    ready();
    pthread_join(first, NULL);
}
static uint32_t word;
static void main_in_a_futex(void) {
    main_rests_in();
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}
/* Not said to be private, in memory that is. */
static void main_in_a_futex_of_private_memory(void) {
    main_rests_in();
    syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
}
static void main_in_a_shared_futex(void) {
    void *shared = make_shared_mutex();
    main_rests_in();
    syscall(SYS_futex, shared, FUTEX_WAIT, 0, NULL, NULL, 0);
}
/* Nobody wakes main, but its call made again finds that the word is another. */
static void *changes_word(void *unused) {
    settle();
    word = 1;
    return waits_for_cond(unused);
}
static void *says_ready(void *unused) {
    ready();
    return waits_for_cond(unused);
}
static void main_in_a_futex_that_changed(void) {
    start("two", changes_word, NULL);
    start("one", says_ready, NULL);
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    stay();
}
static void main_in_a_lock(void) {
    start("one", takes_two, &(struct two){&a, &a});
    ready();
    pthread_mutex_lock(&a);
}
static void main_in_poll(void) {
    main_rests_in();
    poll(NULL, 0, -1);
}
static void main_reads_a_pipe(void) {
    if (pipe(ends) != 0)
        exit(3);
    main_rests_in();
    reads_pipe(NULL);
}
static void main_reads_a_stream(void) {
    char line[16];
    if (pipe(ends) != 0)
        exit(3);
    main_rests_in();
    FILE *file = fdopen(ends[0], "r");
    fgets(line, sizeof line, file);
}
static void *writes_pipe(void *unused) {
    static char bytes[1 << 20];
    if (write(ends[1], bytes, sizeof bytes) < 0)
        exit(3);
    return unused;
}
static void main_writes_a_pipe(void) {
    if (pipe(ends) != 0)
        exit(3);
    main_rests_in();
    writes_pipe(NULL);
}
static void main_reads_what_a_child_writes(void) {
    if (pipe(ends) != 0)
        exit(3);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        stay();
    }
    main_rests_in();
    reads_pipe(NULL);
}
static void main_writes_what_a_child_reads(void) {
    if (pipe(ends) != 0)
        exit(3);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        stay();
    }
    main_rests_in();
    writes_pipe(NULL);
}
static void main_in_poll_for_a_time(void) {
    main_rests_in();
    poll(NULL, 0, 1000000);
}
static void main_polls_three(void) {
    make_three();
    main_rests_in();
    polls_three(NULL);
}
static void main_reads_an_eventfd(void) {
    one_end = eventfd(0, 0);
    main_rests_in();
    reads_number(NULL);
}
static void main_waits_for_a_set(void) {
    make_set();
    main_rests_in();
    waits_for_set(NULL);
}
static void main_waits_for_a_set_of_a_child(void) {
    make_set();
    with_child();
    main_rests_in();
    waits_for_set(NULL);
}
static void main_polls_a_pipe(void) {
    must(pipe(ends) == 0);
    one_end = ends[0];
    main_rests_in();
    polls_one(NULL);
}
static void main_polls_an_inet_socket(void) {
    one_end = socket(AF_INET, SOCK_DGRAM, 0);
    main_rests_in();
    polls_one(NULL);
}

/* What alone stands in the way is told also where main waits for it. */
static void main_accepts(void) {
    struct sockaddr_un any = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    must(bind(listener, (struct sockaddr *)&any, sizeof any.sun_family) == 0 && listen(listener, 1) == 0);
    main_rests_in();
    accept(listener, NULL, NULL);
}
static void main_reads_for_a_time(void) {
    struct timeval limit = {.tv_sec = 1000};
    char byte;
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 &&
         setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    main_rests_in();
    must(read(pair[0], &byte, 1) == 1);
}
/* clang-format off */
const struct scenario of_main_asleep[] = {
    SCENARIO(main_in_a_condition) SCENARIO(main_in_a_barrier) SCENARIO(main_in_a_join)
    SCENARIO(main_in_a_futex) SCENARIO(main_in_a_shared_futex) SCENARIO(main_in_a_futex_of_private_memory) SCENARIO(main_accepts)
    SCENARIO(main_reads_for_a_time) SCENARIO(main_in_a_futex_that_changed)
    SCENARIO(main_in_a_lock) SCENARIO(main_in_poll) SCENARIO(main_in_poll_for_a_time)
    SCENARIO(main_reads_a_pipe) SCENARIO(main_reads_a_stream) SCENARIO(main_writes_a_pipe)
    SCENARIO(main_reads_what_a_child_writes) SCENARIO(main_writes_what_a_child_reads)
    SCENARIO(main_reads_an_eventfd) SCENARIO(main_waits_for_a_set) SCENARIO(main_waits_for_a_set_of_a_child)
    SCENARIO(main_polls_a_pipe) SCENARIO(main_polls_three) SCENARIO(main_polls_an_inet_socket)
    {NULL, NULL},
};
