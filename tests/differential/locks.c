/* Plays every call of lock_rows.h on every type of its object, in every state, with every deadline, and
 * prints what it answers and what the next calls on the object do: to be compared with and without the
 * preload. usage: locks [calls: list the calls] */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <threads.h>
#include <unistd.h>

#include "lock_objects.h"
#include "lock_rows.h"
#include "trap.h"

static struct timespec far;
static const struct timespec past = {1, 0};
enum { ANY_CLOCK = -1 };

static int runs_counted;
static sem_t never;
static void runs(void) {
    runs_counted++;
}
static void blocks(void) {
    sem_wait(&never);
}
static void (*routine)(void) = runs;

/* The calls, as functions of the cell. */
#define X(call, family, deadline, expression) \
    static long call_##call(void *argument) { \
        struct cell *c = argument;            \
        return (long)(expression);            \
    }
LOCK_CALLS(X)
#undef X

/* Who holds what is another's. It was made before the filter, and lives on. */
static struct {
    pthread_t thread;
    sem_t asked, done;
    long (*call)(void *);
    void *argument;
} other;

static void *obeys(void *unused) {
    for (;;) {
        while (sem_wait(&other.asked) != 0)
            ;
        other.call(other.argument);
        sem_post(&other.done);
    }
    return unused;
}
static void in_other(long (*call)(void *), struct cell *c) {
    trap_pause(true);
    other.call = call;
    other.argument = c;
    sem_post(&other.asked);
    while (sem_wait(&other.done) != 0)
        ;
    trap_pause(false);
}

static void *calls_once(void *unused) {
    other.call(other.argument);
    return unused;
}
static void in_ended(long (*call)(void *), struct cell *c) {
    pthread_t thread;
    trap_pause(true);
    other.call = call;
    other.argument = c;
    if (pthread_create(&thread, NULL, calls_once, NULL) != 0)
        _exit(72);
    pthread_join(thread, NULL);
    trap_pause(false);
}

static void *lives(void *argument) {
    struct cell *c = argument;
    c->tid = (pid_t)syscall(SYS_gettid);
    for (;;)
        pause();
    return argument;
}
static void *ends(void *argument) {
    struct cell *c = argument;
    c->tid = (pid_t)syscall(SYS_gettid);
    return (void *)5;
}
static void begin_thread(struct cell *c, void *(*start)(void *), int state) {
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, state);
    pthread_attr_setstacksize(&attr, 65536);
    trap_pause(true);
    if (pthread_create(&c->thread, &attr, start, c) != 0)
        _exit(73);
    while (c->tid == 0)
        sched_yield();
    trap_pause(false);
}
/* A join that finds the thread still ending would be taken for one that blocks. */
static void await_end(struct cell *c) {
    while (syscall(SYS_tgkill, getpid(), c->tid, 0) == 0)
        sched_yield();
    c->ended = true;
}

/* The states, as functions of the cell. */
#define IN_OTHER(call) in_other(call_##call, c)
#define IN_ENDED(call) in_ended(call_##call, c)
#define LEAVING(call)  trap_attempt(call_##call, c, NULL, 0)
#define X(family, state, ...)                              \
    static long bring_##family##_##state(void *argument) { \
        struct cell *c = argument;                         \
        (void)c, __VA_ARGS__;                              \
        return 0;                                          \
    }
LOCK_STATES(X)
#undef X

/* What is asked afterwards, a function each. */
enum { AFTERWARDS_BASE = __COUNTER__ + 1 };
static long afterwards(struct cell *c, unsigned number) {
    switch (number) {
#define X(family, expression)           \
    case __COUNTER__ - AFTERWARDS_BASE: \
        return (long)(expression);
        LOCK_AFTERWARDS(X)
#undef X
    }
    return 0;
}
static const struct {
    enum family family;
    const char *call;
} afterwards_rows[] = {
#define X(family, expression) {family, #expression},
    LOCK_AFTERWARDS(X)
#undef X
};
static unsigned asked_afterwards;
static long call_afterwards(void *argument) {
    return afterwards(argument, asked_afterwards);
}

enum deadline { NEVER, UNTIL, BY_CLOCK };
static const struct row {
    const char *name;
    enum family family;
    enum deadline deadline;
    long (*call)(void *);
} calls[] = {
#define X(call, family, deadline, expression) {#call, family, deadline, call_##call},
    LOCK_CALLS(X)
#undef X
};
static const struct state {
    const char *name;
    enum family family;
    long (*bring)(void *);
} states[] = {
#define X(family, state, ...) {#state, family, bring_##family##_##state},
    LOCK_STATES(X)
#undef X
};
static const struct {
    const char *name;
    clockid_t clock;
} clocks[] = {
#define X(clock) {#clock, clock},
    LOCK_CLOCKS(X)
#undef X
};
static const int types_of[] = {
#define X(family, types) types,
    LOCK_FAMILIES(X)
#undef X
};

/* Cells are never used again: a lock that its thread holds still is in a list of the thread's. */
static struct cell *new_cell(void) {
    enum { MANY = 1024 };
    static struct cell *cells;
    static unsigned left;
    if (left == 0) {
        cells = mmap(NULL, MANY * sizeof *cells, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (cells == MAP_FAILED)
            _exit(74);
        left = MANY;
    }
    return &cells[--left];
}

static void play(const struct row *row, int type, const struct state *state, clockid_t clock,
                 const char *clock_name, const struct timespec *until, const char *until_name) {
    char text[64];
    struct cell *c = new_cell();
    *c = (struct cell){.type = type, .clock = clock, .until = until, .value = (void *)-1};
    runs_counted = 0;
    init_objects(c, row->family);
    struct answer answer = trap_attempt(state->bring, c, NULL, 0);
    routine = runs;
    printf("%s, ", row->name);
    say_type(row->family, type);
    printf(", %s%s%s%s%s: ", state->name, *clock_name ? ", " : "", clock_name, *until_name ? ", " : "",
           until_name);
    answer = trap_attempt(row->call, c, until, clock);
    c->gone = c->ended && answer.outcome == RETURNED && answer.result == 0;
    printf("%s;", trap_say(answer, text));
    for (unsigned i = 0; i < sizeof afterwards_rows / sizeof *afterwards_rows; i++) {
        if (afterwards_rows[i].family != row->family)
            continue;
        asked_afterwards = i;
        answer = trap_attempt(call_afterwards, c, &past, ANY_CLOCK);
        c->gone |= c->ended && answer.outcome == RETURNED && answer.result == 0;
        printf(" %s,", trap_say(answer, text));
    }
    putchar('\n');
}

static void play_clocks(const struct row *row, int type, const struct state *state,
                        const struct timespec *until, const char *until_name) {
    if (row->deadline != BY_CLOCK)
        play(row, type, state, CLOCK_REALTIME, "", until, until_name);
    else
        for (unsigned i = 0; i < sizeof clocks / sizeof *clocks; i++)
            play(row, type, state, clocks[i].clock, clocks[i].name, until, until_name);
}

static void play_deadlines(const struct row *row, int type, const struct state *state) {
    if (row->deadline == NEVER) {
        play(row, type, state, 0, "", NULL, "");
        return;
    }
#define X(name, pointer) play_clocks(row, type, state, pointer, #name);
    LOCK_DEADLINES(X)
#undef X
}

/* Mutexes with a ceiling can be locked by threads of a real-time policy only (pthread_mutex_lock(3p)); who
 * may not have one sees what those say then. */
static void schedule(bool real_time) {
    int policy = real_time ? SCHED_FIFO : SCHED_OTHER;
    struct sched_param parameters = {.sched_priority = real_time};
    pthread_setschedparam(other.thread, policy, &parameters);
    pthread_setschedparam(pthread_self(), policy, &parameters);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "calls") == 0) {
        for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
            puts(calls[i].name);
        return 0;
    }
    alarm(100);
    clock_gettime(CLOCK_REALTIME, &far);
    far.tv_sec += 1000000000; /* by any clock */
    sem_init(&never, 0, 0);
    sem_init(&other.asked, 0, 0);
    sem_init(&other.done, 0, 0);
    if (pthread_create(&other.thread, NULL, obeys, NULL) != 0)
        return 1;
    trap_install();
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
        for (int type = 0; type < types_of[calls[i].family]; type++) {
            bool real_time =
                calls[i].family == MUTEX && protocols[protocol_of(type)].value == PTHREAD_PRIO_PROTECT;
            if (real_time)
                schedule(true);
            for (unsigned state = 0; state < sizeof states / sizeof *states; state++)
                if (states[state].family == calls[i].family)
                    play_deadlines(&calls[i], type, &states[state]);
            if (real_time)
                schedule(false);
        }
    fflush(stdout);
    _exit(0);
}
