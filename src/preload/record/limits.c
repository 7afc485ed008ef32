#include "limits.h"

#include <asm/socket.h>
#include <sys/socket.h>

#include "rt/clock.h"

static uint64_t last_set;

bool option_is_limit(int level, int name) {
    if (level != SOL_SOCKET)
        return false;
    switch (name) {
    case SO_RCVTIMEO_OLD:
    case SO_SNDTIMEO_OLD:
    case SO_RCVTIMEO_NEW:
    case SO_SNDTIMEO_NEW:
        return true;
    }
    return false;
}

void limit_set(void) {
    __atomic_store_n(&last_set, clock_ns(CLOCK_MONOTONIC), __ATOMIC_RELEASE);
}

/* The beginning of a wait may be off by what clock_mark is (rt/clock.h). */
bool limit_was_set_since(uint64_t ns) {
    enum { COARSE_NS = 20000000 };
    uint64_t last = __atomic_load_n(&last_set, __ATOMIC_ACQUIRE);
    return last != 0 && last + COARSE_NS >= ns;
}
