/* marks MODE: the API, acted out. Each line on stdout is what a test found; tests/api_tests.py compares. */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../src/leakwatch.h"

static void *finishes(void *unused) {
    usleep(20000);
    return unused;
}
static sem_t let;
static void *finishes_when_let(void *unused) {
    sem_wait(&let);
    return unused;
}
static void *leaks_in_cond(void *unused) {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    pthread_mutex_lock(&mutex);
    for (;;)
        pthread_cond_wait(&never, &mutex);
    return unused;
}
static void *ends(void *unused) {
    return unused;
}
static void start(void *(*routine)(void *), void *argument) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, routine, argument) != 0)
        exit(3);
    pthread_detach(thread);
}
static void *makes_another(void *unused) {
    start(leaks_in_cond, NULL);
    return unused;
}

static int quietly(leakwatch_mark_t mark) {
    leakwatch_options_t options = LEAKWATCH_OPTIONS;
    options.quiet = 1;
    return leakwatch_verify(mark, &options);
}

static void attribution(void) {
    printf("active %d\n", leakwatch_active());
    printf("version %s\n", leakwatch_version() ? leakwatch_version() : "none");
    start(leaks_in_cond, NULL);
    leakwatch_mark_t mark = leakwatch_mark();
    printf("nothing %d\n", quietly(mark));
    mark = leakwatch_mark();
    start(finishes, NULL);
    printf("finishes %d\n", quietly(mark));
    mark = leakwatch_mark();
    start(leaks_in_cond, NULL);
    printf("leaks %d\n", quietly(mark));
    mark = leakwatch_mark();
    printf("after %d\n", quietly(mark));
    mark = leakwatch_mark();
    start(makes_another, NULL);
    printf("descendant %d\n", quietly(mark));
    leakwatch_mark_t outer = leakwatch_mark(), inner = leakwatch_mark();
    start(leaks_in_cond, NULL);
    int in_inner = quietly(inner);
    start(leaks_in_cond, NULL);
    printf("nested %d %d\n", in_inner, quietly(outer));
    mark = leakwatch_mark();
    pthread_t unjoined;
    pthread_create(&unjoined, NULL, ends, NULL);
    printf("unjoined %d\n", quietly(mark));
    pthread_join(unjoined, NULL);
    printf("live %u\n", leakwatch_live());
}

static void print_leak(const leakwatch_leak_t *leak, void *context) {
    const char *file = strrchr(leak->file, '/');
    printf("%s %s, %s, %s, %s %s:%s created by %s\n", (const char *)context, leak->name, leak->state,
           leak->wait, leak->verdict, leak->function, file ? file + 1 : leak->file, leak->creator_function);
}

struct call {
    pthread_mutex_t mutex;
    pthread_cond_t answered;
};
static void *calls(void *of) {
    struct call *call = of;
    pthread_mutex_lock(&call->mutex);
    for (;;)
        pthread_cond_wait(&call->answered, &call->mutex);
    return of;
}
static __attribute__((noinline)) void leak_a_call(struct call **kept) {
    struct call *call = calloc(1, sizeof *call);
    if (kept)
        *kept = call;
    start(calls, call);
}
static __attribute__((noinline)) void overwrite_stack(void) {
    volatile char bytes[32768];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = 0;
}
/* What nobody knows any more, and what somebody does. */
static void reach(void) {
    static struct call *kept;
    leakwatch_options_t options = LEAKWATCH_OPTIONS;
    options.quiet = 1;
    options.each = print_leak;
    options.context = (void *)"leak:";
    for (unsigned reach = 0; reach <= 1; reach++)
        for (int keeps = 0; keeps <= 1; keeps++) {
            leakwatch_mark_t mark = leakwatch_mark();
            options.reach = reach;
            leak_a_call(keeps ? &kept : NULL);
            overwrite_stack();
            printf("%d\n", leakwatch_verify(mark, &options));
        }
}

static void callback(void) {
    leakwatch_options_t options = LEAKWATCH_OPTIONS;
    leakwatch_mark_t mark = leakwatch_mark();
    options.quiet = 1;
    options.each = print_leak;
    options.context = (void *)"leak:";
    start(leaks_in_cond, NULL);
    printf("%d\n", leakwatch_verify(mark, &options));
    static const char *const ignored[][2] = {{"top:leaks_in_cond"}, {"any:leaks_*"},  {"creator:callback"},
                                             {"name:mark?"},        {"module:marks"}, {"top:other"}};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
        mark = leakwatch_mark();
        start(leaks_in_cond, NULL);
        options.ignore = ignored[i];
        options.each = NULL;
        printf("%s %d\n", ignored[i][0], leakwatch_verify(mark, &options));
    }
    /* within its attempts: one look is not enough for a thread that takes longer */
    mark = leakwatch_mark();
    options.ignore = NULL;
    options.attempts = 1;
    start(finishes_when_let, NULL);
    printf("one attempt %d\n", leakwatch_verify(mark, &options));
    sem_post(&let);
    fflush(stdout);
    start(leaks_in_cond, NULL);
    printf("report %d\n", leakwatch_report("json", STDERR_FILENO));
    printf("no such format %d\n", leakwatch_report("gif", STDERR_FILENO));
}

/* Eight tests at a time, each with its own leaks: number i leaks i % 3 threads. */
enum { TESTS = 24, AT_ONCE = 8 };
static atomic_int next_test, wrong;

static void *runs_tests(void *unused) {
    for (int i; (i = next_test++) < TESTS;) {
        leakwatch_mark_t mark = leakwatch_mark();
        for (int k = 0; k < 3; k++)
            start(finishes, NULL);
        for (int k = 0; k < i % 3; k++)
            start(k % 2 ? makes_another : leaks_in_cond, NULL);
        wrong += quietly(mark) != i % 3;
    }
    return unused;
}

static void parallel(void) {
    pthread_t thread[AT_ONCE];
    for (int i = 0; i < AT_ONCE; i++)
        pthread_create(&thread[i], NULL, runs_tests, NULL);
    for (int i = 0; i < AT_ONCE; i++)
        pthread_join(thread[i], NULL);
    printf("wrong %d\n", wrong);
}

static double microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* What a clean test costs, with a hundred threads of others alive: the median of many. */
static int ascending(const void *a, const void *b) {
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}
static void cost(void) {
    enum { TIMES = 1001 };
    static double took[TIMES];
    for (int i = 0; i < 100; i++)
        start(leaks_in_cond, NULL);
    for (int i = 0; i < TIMES; i++) {
        leakwatch_mark_t mark = leakwatch_mark();
        pthread_t thread;
        pthread_create(&thread, NULL, ends, NULL);
        pthread_join(thread, NULL);
        double start_of = microseconds();
        if (leakwatch_verify(mark, NULL) != 0)
            exit(4);
        took[i] = microseconds() - start_of;
    }
    qsort(took, TIMES, sizeof *took, ascending);
    printf("%.2f\n", took[TIMES / 2]);
}

int main(int count, char **arguments) {
    static const struct {
        const char *name;
        void (*act)(void);
    } modes[] = {{"attribution", attribution},
                 {"callback", callback},
                 {"parallel", parallel},
                 {"cost", cost},
                 {"reach", reach}};
    for (size_t i = 0; count == 2 && i < sizeof modes / sizeof *modes; i++)
        if (strcmp(arguments[1], modes[i].name) == 0)
            modes[i].act();
    fflush(stdout);
    _exit(0);
}
