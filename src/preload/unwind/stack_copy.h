/* A thread's stack, unwound into the snapshot. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "arch/arch.h"
#include "shared/snapshot_writer.h"

enum stack_registers {
    STACK_OF_CALLER,  /* of a wrapper: the stack is that of its callers */
    STACK_SP_PC_ONLY, /* only what the kernel says */
    STACK_ALL,        /* of interrupted code */
};

/* What lay on a stack from its stack pointer upwards. */
struct stack_copy {
    const void *bytes;
    size_t size;
    bool only;   /* the thread has run since: what is not in the copy is not to be had */
    size_t used; /* set: how much of a stack was asked for */
};

/* Unwinds from `from` and puts the frames into the thread's entry. copy: NULL to read the thread's stack
 * itself. One caller at a time. */
void stack_put(struct snapshot_writer *writer, struct lw_snapshot_thread *thread,
               const struct registers *from, enum stack_registers known, struct stack_copy *copy);
