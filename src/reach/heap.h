/* glibc's malloc, read from outside (malloc/malloc.c, malloc/arena.c; 2.26 to 2.42). What does not check out to the last byte is
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

/* Adds the blocks in [start, end) of the main heap, or of one of an arena's heaps, in the area that was entered. Returns where what it understood ends; start:
 * nothing. */
uint64_t heap_blocks(struct nodes *nodes, struct edges *edges, const struct arenas *arenas,
                     const struct area *area, uint64_t start, uint64_t end);
/* Is there a heap of an arena at this address? */
bool heap_begins(const struct image *image, const struct arenas *arenas, uint64_t address);
/* Where a block ends that was mapped for itself, if one looks to begin here; start: none does. */
uint64_t heap_mapped_block(const struct image *image, uint64_t start, uint64_t end);

struct mapped_blocks {
    uint64_t count, bytes;
};
/* Does malloc say that it has mapped just these? */
bool heap_has_mapped(const struct image *image, const struct snapshot *snapshot,
                     const struct mapped_blocks *blocks);
/* Blocks that threads keep for their next malloc (tcache) become free. */
void heap_free_cached(struct nodes *nodes, const struct image *image, const struct snapshot *snapshot);
