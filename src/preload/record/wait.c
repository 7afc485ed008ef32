#include "wait.h"

uint64_t wait_left_ns(const struct wait *wait, uint64_t ns) {
    struct clock_reading now = clock_reading();
    uint64_t gone = now.ns - clock_of_mark(wait->started, now);
    return gone >= ns ? 0 : ns - gone;
}

int wait_left_ms(const struct wait *wait, int ms) {
    return ms < 0 ? ms : (int)(wait_left_ns(wait, (uint64_t)ms * 1000000u) / 1000000u);
}

struct timespec *wait_left_timespec(const struct wait *wait, const struct timespec *span,
                                    struct timespec *left) {
    if (!span)
        return NULL;
    uint64_t ns = wait_left_ns(wait, (uint64_t)span->tv_sec * 1000000000u + (uint64_t)span->tv_nsec);
    left->tv_sec = (time_t)(ns / 1000000000u);
    left->tv_nsec = (long)(ns % 1000000000u);
    return left;
}
