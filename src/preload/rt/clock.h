/* Clocks, read through the vDSO without passing libc: another preload may have put its own clock_gettime
 * there (libfaketime does, with locks and malloc), and each indirect branch less counts on the way into a
 * wait. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "arch/arch.h"

/* As clock_gettime(2), without errno. Async-signal-safe. */
extern int (*clock_read)(clockid_t clock, struct timespec *now) __attribute__((visibility("hidden")));

/* Finds the vDSO's function; until then the kernel is asked. From start_late: uses dlopen. */
void clock_setup(void);

static inline uint64_t clock_ns(clockid_t clock) {
    struct timespec now = {0};
    clock_read(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* CPU time of any thread of this process, by its tid, ns; 0 if there is no such thread (kernel:
 * include/linux/posix-timers_types.h, MAKE_THREAD_CPUCLOCK). One that has run, but where the machine's host counts that as
 * stolen (kernel/sched/core.c, update_rq_clock_task), has 1. */
static inline uint64_t clock_of_thread(int tid) {
    struct timespec ran;
    if (clock_read((clockid_t)((~(unsigned)tid << 3) | 6u), &ran) != 0)
        return 0;
    uint64_t ns = (uint64_t)ran.tv_sec * 1000000000u + (uint64_t)ran.tv_nsec;
    return ns != 0 ? ns : 1;
}

/* The beginning of a wait is marked with the processor's own counter: no call, and so no branch to be guessed
 * just after or before a system call, which costs more than the counter. What the marks mean is found out
 * when a report is made. Where the counter may stop or change its rate, a mark is the coarse monotonic
 * clock's nanoseconds. */
extern bool clock_counts __attribute__((visibility("hidden")));
/* Once, before the first mark. */
void clock_mark_setup(void);
/* The counter may not be read any more: the program forbade it (PR_SET_TSC). */
void clock_stop_counting(void);
static inline __attribute__((always_inline)) uint64_t clock_mark(void) {
    if (__builtin_expect(clock_counts, 1))
        return counter_read();
    return clock_ns(CLOCK_MONOTONIC_COARSE);
}

/* When that was, CLOCK_MONOTONIC ns. Asks the clock: for many marks at once, take one reading. */
struct clock_reading {
    uint64_t mark, ns;
};
struct clock_reading clock_reading(void);
uint64_t clock_of_mark(uint64_t mark, struct clock_reading now);
