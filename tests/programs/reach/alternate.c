/* What is on an alternate stack, while a thread runs that has one: of a handler that is there, and of one that has been. */
#include <signal.h>
#include <sys/mman.h>

#include "places.h"

enum { SIZE = 65536, DEPTH = 12000 };

static struct box *given, *volatile found;
static volatile bool stays, asked;
static void *page;
struct beside {
    char stack[SIZE];
    struct box *box;
};
static struct beside *beside;

static void leaves_or_stays(int signal) {
    (void)signal;
    struct box *volatile kept[DEPTH / sizeof(struct box *)] = {[0 ... 99] = given};
    given = NULL;
    while (stays)
        if (asked)
            found = kept[7];
    mprotect(page, 4096, PROT_READ);
}

static void *faults_and_runs(void *stack) {
    stack_t alternate = {.ss_sp = stack, .ss_size = SIZE};
    struct sigaction action = {.sa_handler = leaves_or_stays, .sa_flags = SA_ONSTACK};
    page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaltstack(&alternate, NULL);
    sigaction(SIGSEGV, &action, NULL);
    (void)*(volatile char *)page;
    while (!found)
        if (asked && beside)
            found = beside->box;
    return NULL;
}

static void run_on(void *stack, struct box *box) {
    pthread_t thread;
    given = box;
    pthread_create(&thread, NULL, faults_and_runs, stack);
    pthread_detach(thread);
    while (given)
        usleep(1000);
}
static void *mapped(void) {
    return mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void leave_it_there(struct box *box) {
    run_on(mapped(), box);
}
static void leave_it_in_a_block(struct box *box) {
    run_on(malloc(SIZE), box);
}
static void stay_there(struct box *box) {
    stays = true;
    run_on(mapped(), box);
}
static void stay_in_a_block(struct box *box) {
    stays = true;
    run_on(malloc(SIZE), box);
}
/* Who has the address of the stack's lowest byte has the block's. */
static void keep_it_beside(struct box *box) {
    beside = calloc(1, sizeof *beside);
    beside->box = box;
    run_on(beside->stack, box);
}
static struct box *from_who_runs(void) {
    asked = true;
    while (!found)
        usleep(1000);
    return found;
}

const struct place alternate_places[] = {
    {"left_by_a_handler", leave_it_there, NULL},
    {"left_by_a_handler_in_a_block", leave_it_in_a_block, NULL},
    {"in_a_handler_of_a_fault", stay_there, from_who_runs},
    {"in_a_handler_in_a_block", stay_in_a_block, from_who_runs},
    {"beside_an_alternate_stack", keep_it_beside, from_who_runs},
    {NULL, NULL, NULL},
};
