/* Scopes: whose thread a thread is. A mark of the API opens one for the marking thread; the threads that it
 * creates inherit it, and theirs. Scopes nest. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "thread.h"

struct scope {
    uint32_t id;
    bool everyone;    /* threads count whatever their scope */
    uint64_t created; /* thread_latest_serial when it was opened */
};

/* Opens a scope within the calling thread's; its number, from 1. */
uint32_t scope_open(uint32_t outer);
/* Was this thread created in the scope, or in one within it? */
bool scope_has(const struct scope *scope, const struct thread *record);
/* Threads of the scope that have not ended, or ended and were not joined. */
unsigned scope_left(const struct scope *scope);
