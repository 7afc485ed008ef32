/* What an unwinder is given, besides registers, and what it returns. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/arch.h"

/* How the words of the stack are read. */
struct stack_memory {
    /* Reads the word at address. False if it cannot be read. */
    bool (*word)(struct stack_memory *memory, uintptr_t address, uintptr_t *value);
    /* Is there code at address? NULL where that is not to be asked: then no frame pointer is followed. */
    bool (*is_code)(uintptr_t address);
};

struct unwound {
    size_t count;
    bool cut;              /* there were more frames than room */
    bool broken;           /* ended at a frame without unwind information, or with an impossible one */
    bool by_frame_pointer; /* some caller was found by what rbp pointed to, not by unwind information */
};
