/* Threads stopped for their registers, one after the other, each for some microseconds (ptrace(2), PTRACE_SEIZE and PTRACE_INTERRUPT). */
#pragma once

#include <stddef.h>

#include "target.h"

struct halted {
    int tid;    /* as it is called here */
    bool slept; /* in a system call, which it goes on with */
    struct known_registers registers;
};

/* Caller frees; NULL if none could be stopped. */
struct halted *halt_all(const int *tids, size_t count, size_t *halted);
/* What a thread had when it was stopped: NULL if it was not. near: where it is looked for first. */
const struct halted *halt_of(const struct halted *list, size_t count, size_t near, int tid);
