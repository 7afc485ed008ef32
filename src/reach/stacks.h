/* The stacks that libc made: each a mapping of its own, at whose end the thread's block lies (nptl/allocatestack.c). */
#pragma once

#include "image.h"

struct stack_extent {
    uint64_t start, end; /* with its guard */
    bool in_use;         /* of a thread; else libc keeps it for the next one */
    uint64_t handle;     /* of that thread */
};

struct stack_extents {
    struct stack_extent *of;
    size_t count, room;
    bool failed; /* no memory */
};

/* Those that are sure, by address. What is not known of a stack makes it ordinary memory. */
struct stack_extents stacks_find(const struct image *image, const struct snapshot *snapshot);
