/* Clocks, read through the vDSO without passing libc: another preload may have put its own clock_gettime
 * there (libfaketime does, with locks and malloc), and each indirect branch less counts on the way into a
 * wait. */
#pragma once

#include <stdint.h>
#include <time.h>

/* As clock_gettime(2), without errno. Async-signal-safe. */
extern int (*clock_read)(clockid_t clock, struct timespec *now);

/* Finds the vDSO's function; until then the kernel is asked. From start_late: uses dlopen. */
void clock_setup(void);

static inline uint64_t clock_ns(clockid_t clock) {
    struct timespec now = {0};
    clock_read(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
