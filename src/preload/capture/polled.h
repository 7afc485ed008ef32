/* Which descriptors a thread waits for in poll or select, read from where the call was told them. Async-signal-safe. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel_state.h"
#include "shared/snapshot.h"

struct polled {
    size_t count; /* how many */
    size_t known; /* the first so many are below */
    int fd[LW_POLLED];
};

/* What poll has in an array; what has a negative number there is not waited for (poll(2)). Past so many as there is room for it is not
 * looked at which are. False if it cannot be read. */
struct pollfd;
bool polled_of_array(uintptr_t array, size_t count, struct polled *polled);
void polled_of_fds(const struct pollfd *fds, size_t count, struct polled *polled);
/* What select has in its sets, those for reading, writing and exceptions: each once. count: the call's first argument. */
bool polled_of_sets(const uint64_t sets[3], int count, struct polled *polled);
/* Of a system call, with these arguments; false also for another than poll and select. */
bool polled_of_call(const struct kernel_state *kernel, struct polled *polled);
