/* Who last wrote through a descriptor: a fixed-size, lossy, lock-free table by the descriptor's number. What
 * that is now (which pipe) is looked up when a report is made; the hot path asks the kernel nothing. */
#pragma once

#include <stdint.h>

#include "thread.h"

struct write {
    uint64_t when; /* clock_mark; 0: none yet */
    int32_t fd;
    int32_t tid;
};

enum { WRITES = 1024 };
extern struct write writes[WRITES];

/* Bytes were written through fd by the calling thread; when: clock_mark. */
static inline __attribute__((always_inline)) void write_noted(int fd, uint64_t when) {
    struct thread *self = thread_current;
    if (!self)
        return;
    writes[(unsigned)fd % WRITES] = (struct write){when, fd, self->tid};
}
