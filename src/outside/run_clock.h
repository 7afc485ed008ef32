/* When a thread that sleeps ran last, by the scheduler's clock. */
#pragma once

#include <stdint.h>

enum { CLOCK_PROCESSORS = 1024 };

/* Each processor has a clock of its own, which stands still while the host has taken the processor away: it is read off this
 * process, which goes to each once to ask. */
struct run_clock {
    struct {
        uint64_t scheduler, monotonic; /* at one moment, ns; 0: not asked */
        int tried;
    } of[CLOCK_PROCESSORS];
};

/* CLOCK_MONOTONIC ns; 0 if that cannot be told. tasks: of /proc/PID/task; processor: where it ran last. */
uint64_t run_clock_last_ran(struct run_clock *clock, int tasks, int tid, int processor);
/* Lets this process run everywhere again. */
void run_clock_end(const struct run_clock *clock);
