/* Everybody sleeps, and the program handles a signal, SIGUSR2, that all of them have blocked meanwhile, or not all. */
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "proofs.h"

static sigset_t of_usr2(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR2);
    return signals;
}
static void mask(int how) {
    sigset_t signals = of_usr2();
    pthread_sigmask(how, &signals, NULL);
}
/* Threads inherit the mask (pthread_create(3)). */
static void all_block(void) {
    signal(SIGUSR2, nothing);
    mask(SIG_BLOCK);
}
static void handler_blocked_by_all(void) {
    all_block();
    rest();
}
static void handler_blocked_by_all_but_main(void) {
    all_block();
    start("one", waits_for_cond, NULL);
    mask(SIG_UNBLOCK);
    ready();
    sem_wait(&never);
}
static void *lets_in(void *unused) {
    mask(SIG_UNBLOCK);
    return waits_for_cond(unused);
}
static void handler_blocked_by_all_but_one(void) {
    all_block();
    start("two", lets_in, NULL);
    rest();
}
static void one_of_two_handlers_blocked(void) {
    signal(SIGPROF, nothing);
    handler_blocked_by_all();
}
/* It stays pending. */
static void blocked_handler_and_a_pending_signal(void) {
    all_block();
    kill(getpid(), SIGUSR2);
    pthread_kill(pthread_self(), SIGUSR2);
    rest();
}
static void blocked_handler_and_a_timer(void) {
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
    struct itimerspec when = {.it_value = {.tv_nsec = 1}, .it_interval = {.tv_sec = 1}};
    timer_t timer;
    all_block();
    must(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && timer_settime(timer, 0, &when, NULL) == 0);
    rest();
}
/* Blocked by all, and one waits for just that. */
static void *awaits(void *unused) {
    sigset_t signals = of_usr2();
    int number;
    must(sigwait(&signals, &number) == 0);
    return unused;
}
static void blocked_handler_but_for_sigwait(void) {
    all_block();
    start("two", awaits, NULL);
    rest();
}

/* In a call that has signals of its own blocked. */
static const sigset_t *in_the_call;
static sigset_t signals_of_the_call;
static void blocks_in_the_call(int blocks) {
    sigemptyset(&signals_of_the_call);
    if (blocks)
        sigaddset(&signals_of_the_call, SIGUSR2);
    in_the_call = &signals_of_the_call;
}
static void *polls_masked(void *unused) {
    struct pollfd one = {.fd = ends[0], .events = POLLIN};
    must(ppoll(&one, 1, NULL, in_the_call) > 0);
    return unused;
}
static void *selects_masked(void *unused) {
    fd_set reads;
    FD_ZERO(&reads);
    FD_SET(ends[0], &reads);
    must(pselect(ends[0] + 1, &reads, NULL, NULL, NULL, in_the_call) > 0);
    return unused;
}
static void *waits_for_set_masked(void *unused) {
    struct epoll_event event;
    must(epoll_pwait(set, &event, 1, -1, in_the_call) > 0);
    return unused;
}
static void masked(void) {
    all_block();
    must(pipe(ends) == 0);
    set = epoll_create1(0);
    into_set(ends[0]);
}
static void handler_let_in_by_a_call(void) {
    masked();
    blocks_in_the_call(0);
    start("two", polls_masked, NULL);
    rest();
}
static void handler_blocked_by_a_call_alone(void) {
    masked();
    mask(SIG_UNBLOCK);
    blocks_in_the_call(1);
    start("two", polls_masked, NULL);
    mask(SIG_BLOCK);
    rest();
}
static void main_in(void *(*call)(void *), int blocks) {
    masked();
    blocks_in_the_call(blocks);
    if (blocks < 0)
        in_the_call = NULL;
    main_rests_in();
    call(NULL);
}
static void main_lets_in_by_ppoll(void) {
    main_in(polls_masked, 0);
}
static void main_blocks_in_ppoll(void) {
    main_in(polls_masked, 1);
}
static void main_lets_in_by_pselect(void) {
    main_in(selects_masked, 0);
}
static void main_in_pselect_without_a_mask(void) {
    main_in(selects_masked, -1);
}
static void main_lets_in_by_epoll_pwait(void) {
    main_in(waits_for_set_masked, 0);
}
static void main_in_poll_with_a_blocked_handler(void) {
    masked();
    one_end = ends[0];
    main_rests_in();
    polls_one(NULL);
}

/* A thread that no library knows. */
static uint32_t futex_word;
static int clone_unblocks;
static int sleeps_on_word(void *unused) {
    uint64_t signals = (uint64_t)1 << (SIGUSR2 - 1);
    if (clone_unblocks)
        syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &signals, NULL, sizeof signals);
    for (;;)
        syscall(SYS_futex, &futex_word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    return unused != NULL;
}
static void beside_a_clone(int unblocks) {
    static char stack[65536] __attribute__((aligned(16)));
    all_block();
    clone_unblocks = unblocks;
    must(clone(sleeps_on_word, stack + sizeof stack,
               CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, NULL) > 0);
    rest();
}
static void handler_blocked_by_a_clone_too(void) {
    beside_a_clone(0);
}
static void handler_blocked_by_all_but_a_clone(void) {
    beside_a_clone(1);
}

/* clang-format off */
const struct scenario of_blocked_signals[] = {
    SCENARIO(handler_blocked_by_all) SCENARIO(handler_blocked_by_all_but_main) SCENARIO(handler_blocked_by_all_but_one)
    SCENARIO(one_of_two_handlers_blocked) SCENARIO(blocked_handler_and_a_pending_signal) SCENARIO(blocked_handler_and_a_timer)
    SCENARIO(blocked_handler_but_for_sigwait) SCENARIO(handler_let_in_by_a_call) SCENARIO(handler_blocked_by_a_call_alone)
    SCENARIO(main_lets_in_by_ppoll) SCENARIO(main_blocks_in_ppoll) SCENARIO(main_lets_in_by_pselect)
    SCENARIO(main_in_pselect_without_a_mask) SCENARIO(main_lets_in_by_epoll_pwait) SCENARIO(main_in_poll_with_a_blocked_handler)
    SCENARIO(handler_blocked_by_a_clone_too) SCENARIO(handler_blocked_by_all_but_a_clone)
    {NULL, NULL},
};
