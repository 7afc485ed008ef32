/* A look at the threads that writes nothing: how many are left, and whether they still do anything. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "record/scope.h"

/* How far the process is from its end, for the grace period. */
struct liveness {
    uint32_t others;           /* threads alive besides the caller and an ended main */
    uint32_t unmoved;          /* of those, threads that sleep without a deadline */
    uint32_t waiting;          /* and with one */
    uint32_t unjoined;         /* ended, and not joined or detached */
    uint64_t longest;          /* ns: the longest that one of those has slept */
    uint64_t longest_but_main; /* the same of those that are not the main thread */
    uint64_t digest;           /* changes when any thread's wait does */
};
/* Does the caller know, by one question and no memory, that it is the only thread that there is or was? A child of fork that ends at
 * once is spared the look. */
bool liveness_alone(void);
/* scope: of its threads alone; NULL: of all. */
struct liveness liveness_look(const struct scope *scope);
