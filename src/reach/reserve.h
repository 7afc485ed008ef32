/* Room for an array whose end is not known: of what is reserved only what is written to takes memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

/* NULL: there is none. large: much of it will be written to, and the kernel may give out large pages. */
static inline void *reserve(size_t size, bool large) {
    void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room != MAP_FAILED && large)
        madvise(room, size, MADV_HUGEPAGE);
    return room != MAP_FAILED ? room : NULL;
}
