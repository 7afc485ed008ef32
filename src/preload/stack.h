/* A thread's stack, unwound into the snapshot. */
#pragma once

#include <stddef.h>

#include "../snapshot/writer.h"
#include "arch.h"

enum stack_registers {
    STACK_OF_CALLER,  /* of a wrapper: the stack is that of its callers */
    STACK_SP_PC_ONLY, /* the kernel's word */
    STACK_ALL,        /* of interrupted code */
};

/* Unwinds from `from` and puts the frames into the thread's entry. copy: `size` bytes that lay from the stack
 * pointer upwards, NULL to read the thread's stack itself. One caller at a time. */
void stack_put(struct snapshot_writer *writer, struct lw_snapshot_thread *thread,
               const struct registers *from, enum stack_registers known, const void *copy, size_t size);
