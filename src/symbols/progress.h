/* Progress of work that takes over a second: one line on stderr, written over and over, if that is a
 * terminal. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
    uint64_t began; /* CLOCK_MONOTONIC ns of the first step; 0: none yet */
    bool shown;
};

/* What is begun now. */
__attribute__((format(printf, 2, 3))) void progress_step(struct progress *progress, const char *format, ...);
/* The line is cleared. */
void progress_end(struct progress *progress);
