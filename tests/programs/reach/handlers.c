/* Places that signal handlers have. */
#include <signal.h>

#include "places.h"

static struct box *taken;
static __thread struct box *own;
static pthread_t stuck;
static void takes_its_own(int signal) {
    (void)signal;
    taken = own;
}
static void *knows_its_own(void *box) {
    own = box;
    return waits(box);
}
/* The handler is set up later, and runs in the thread that waits. */
static void hide_for_a_later_handler(struct box *box) {
    (void)box;
    pthread_create(&stuck, NULL, knows_its_own, box_new());
    pthread_setname_np(stuck, "taken");
}
static struct box *from_the_later_handler(void) {
    struct sigaction action = {.sa_handler = takes_its_own, .sa_flags = SA_RESTART};
    sigaction(SIGUSR2, &action, NULL);
    pthread_kill(stuck, SIGUSR2);
    while (!__atomic_load_n(&taken, __ATOMIC_ACQUIRE))
        usleep(1000);
    return taken;
}

/* A handler sleeps on a stack that lies above the frames that it has interrupted. */
static struct box *volatile passed;
static volatile bool pass;
static void sleeps_above(int signal) {
    (void)signal;
    while (!pass)
        usleep(1000);
}
static __attribute__((noinline)) void interrupted(struct box *box) {
    struct box *volatile kept[600] = {[5] = box};
    raise(SIGUSR2);
    passed = kept[5];
}
static void *has_a_stack_on_its_stack(void *box) {
    char above[65536];
    stack_t stack = {.ss_sp = above, .ss_size = sizeof above};
    struct sigaction action = {.sa_handler = sleeps_above, .sa_flags = SA_ONSTACK | SA_RESTART};
    sigaltstack(&stack, NULL);
    sigaction(SIGUSR2, &action, NULL);
    interrupted(box);
    return NULL;
}
static void hide_below_a_handler(struct box *box) {
    pthread_t thread;
    pthread_create(&thread, NULL, has_a_stack_on_its_stack, box);
    usleep(50000);
}
static struct box *from_below_the_handler(void) {
    pass = true;
    while (!passed)
        usleep(1000);
    return passed;
}

const struct place handler_places[] = {
    {"for_a_later_handler", hide_for_a_later_handler, from_the_later_handler},
    {"below_a_handler", hide_below_a_handler, from_below_the_handler},
    {NULL, NULL, NULL},
};
