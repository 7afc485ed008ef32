/* Memory for the shim: taken from the kernel in slabs, never given back, so that anything ever published
 * in it stays readable from a signal handler. No malloc, hence no meeting with the program's allocator. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Bytes of zeroed memory straight from mmap, for large or sparse things. NULL when there is none. */
void *memory_map(size_t size);
/* A stack of `size` bytes, never unmapped, with 4 MiB of nothing on either side: an overflow faults, and
 * valgrind takes a change of stacks for one only if it goes that far (its --max-stackframe). */
void *memory_map_stack(size_t size);
/* Memory that a child shares even where what should be a vfork is made a fork (valgrind, qemu). */
void *memory_map_shared(size_t size);
void memory_unmap(void *at, size_t size);

/* All that is mapped by these, so that what the shim remembers of a program is not taken for the program's own: MEMORY_RANGES
 * places, those with start 0 free. NULL if there were more. Fit to be read only where no other thread maps anything. */
enum { MEMORY_RANGES = 1024 };
struct memory_range {
    uintptr_t start;
    size_t size;
};
const struct memory_range *memory_ranges(void);

/* Zeroed, 16-byte aligned memory for small things; sizes are rounded up to a power of two. NULL when there is
 * none. Both must be called under the table lock (table.h). */
void *memory_take(size_t size);
void memory_give(void *at, size_t size);
