/* glibc's malloc, read from outside (malloc/malloc.c, malloc/arena.c; 2.26 to 2.41). What does not check out to the last byte is
 * not believed: then the memory is one node. */
#pragma once

#include "nodes.h"

struct arenas {
    uint64_t at[64]; /* addresses, main_arena first; none if that was not found */
    uint64_t top[64];
    size_t count;
};

/* Finds main_arena in libc's data by its shape, for no symbol tells it, and the others through it. Takes it out of the image:
 * what malloc remembers of free memory leads nowhere. */
struct arenas heap_arenas(struct image *image, const struct snapshot *snapshot);

/* Adds the blocks in [start, end) of the main heap, of one of an arena's heaps, or of what was mapped for single blocks. Returns
 * where what it understood ends; start: nothing. */
uint64_t heap_blocks(struct nodes *nodes, const struct image *image, const struct arenas *arenas,
                     const struct area *area, uint64_t start, uint64_t end);
/* Blocks that threads keep for their next malloc (tcache) become free. */
void heap_free_cached(struct nodes *nodes, const struct image *image);
/* Is there a heap of an arena at this address? */
bool heap_begins(const struct image *image, const struct arenas *arenas, uint64_t address);
