/* The stack depot: every creation stack is kept once, however many threads were created there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rt/hash.h"

struct stack {
    UT_hash_handle hh;
    uint32_t count;
    uint32_t cut;      /* frames beyond these were left out */
    uintptr_t frame[]; /* return addresses, innermost first */
};

/* The depot's copy of a stack; NULL if there is no memory. Stays valid and unchanged for ever. */
const struct stack *depot_keep(const uintptr_t *frames, size_t count, bool cut);
