#include "run_clock.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "proc/words.h"

/* se.exec_start of /proc/PID/task/TID/sched, in ms with six decimals (kernel: kernel/sched/debug.c). */
static uint64_t scheduler_time(int tasks, const char *path) {
    char words[640];
    if (proc_words(tasks, path, words, sizeof words) <= 0)
        return 0;
    const char *at = strstr(words, "se.exec_start");
    at = at ? strchr(at, ':') : NULL;
    unsigned long long ms, rest;
    return at && sscanf(at + 1, " %llu.%llu", &ms, &rest) == 2 ? ms * 1000000 + rest : 0;
}

static uint64_t monotonic_now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

/* Where this process may not go, the clock of the processor that it is on must do. */
static void ask(struct run_clock *clock, int processor) {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(processor, &only);
    sched_setaffinity(0, sizeof only, &only);
    clock->of[processor].tried = 1;
    clock->of[processor].scheduler = scheduler_time(AT_FDCWD, "/proc/thread-self/sched");
    clock->of[processor].monotonic = monotonic_now();
}

uint64_t run_clock_last_ran(struct run_clock *clock, int tasks, int tid, int processor) {
    char path[48];
    if (processor < 0 || processor >= CLOCK_PROCESSORS || processor >= CPU_SETSIZE)
        return 0;
    if (!clock->of[processor].tried)
        ask(clock, processor);
    snprintf(path, sizeof path, "%d/sched", tid);
    uint64_t then = scheduler_time(tasks, path), now = clock->of[processor].scheduler;
    if (now == 0 || then == 0)
        return 0;
    uint64_t ago = now > then ? now - then : 0, monotonic = clock->of[processor].monotonic;
    return ago < monotonic ? monotonic - ago : 0;
}

void run_clock_end(const struct run_clock *clock) {
    cpu_set_t all;
    (void)clock;
    memset(&all, 0xff, sizeof all);
    sched_setaffinity(0, sizeof all, &all);
}
