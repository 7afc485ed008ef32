/* Handlers that do not return to the wait: they end their thread, or jump. */
#include <setjmp.h>
#include <signal.h>

#include "places.h"

static void say_woken(void) {
    if (write(STDOUT_FILENO, "woken\n", 6) != 6)
        exit(3);
}
static void set_handler(void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaction(SIGUSR2, &action, NULL);
}

/* Sent to just the thread that is to end, by who has its pthread_t. */
#ifdef KILLS
static pthread_t stuck;
static void ends(int signal) {
    (void)signal;
    say_woken();
    pthread_exit(NULL);
}
static void killed_by_handle(struct box *box) {
    (void)box;
    set_handler(ends);
    stuck = start("taken", waits, box_new());
}
static struct box *kill_it(void) {
    pthread_kill(stuck, SIGUSR2);
    return NULL;
}
static void killed_by_nobody(struct box *box) {
    (void)box;
    set_handler(ends);
    start("taken", waits, box_new());
}

const struct place kills_places[] = {
    {"killed_by_handle", killed_by_handle, kill_it},
    {"killed_by_nobody", killed_by_nobody, NULL},
    {NULL, NULL, NULL},
};
#else
/* Sent to the process, in which one thread does not block it. */
static __thread sigjmp_buf own;
static sigjmp_buf *known, back;
static void jumps_to_its_own(int signal) {
    (void)signal;
    siglongjmp(own, 1);
}
static void jumps_to_what_is_known(int signal) {
    (void)signal;
    siglongjmp(*known, 1);
}
static void take_signals(void) {
    sigset_t signals;
    sigemptyset(&signals);
    pthread_sigmask(SIG_SETMASK, &signals, NULL);
}
static void *jumps_in_storage(void *box) {
    take_signals();
    if (sigsetjmp(own, 1) == 0)
        waits(box);
    say_woken();
    return NULL;
}
static void *jumps_on_its_stack(void *box) {
    sigjmp_buf buffer;
    take_signals();
    known = &buffer;
    if (sigsetjmp(buffer, 1) == 0)
        waits(box);
    say_woken();
    return NULL;
}
static void jump_in_storage(struct box *box) {
    (void)box;
    set_handler(jumps_to_its_own);
    start("taken", jumps_in_storage, box_new());
}
static void jump_on_a_stack(struct box *box) {
    (void)box;
    set_handler(jumps_to_what_is_known);
    start("taken", jumps_on_its_stack, box_new());
}
/* Where main would come back to, which is not in that thread. */
static void jump_elsewhere(struct box *box) {
    (void)box;
    if (sigsetjmp(back, 1) != 0)
        exit(3);
    known = &back;
    set_handler(jumps_to_what_is_known);
    start("taken", waits, box_new());
}
static struct box *send_it(void) {
    kill(getpid(), SIGUSR2);
    return NULL;
}

const struct place jumps_places[] = {
    {"jump_in_storage", jump_in_storage, send_it},
    {"jump_on_a_stack", jump_on_a_stack, send_it},
    {"jump_elsewhere", jump_elsewhere, NULL},
    {NULL, NULL, NULL},
};
#endif
