/* The capture: one look at every thread of the process, written as a snapshot. Stops nobody, signals nobody,
 * allocates nothing; may run in a signal handler. Needs about 40 KiB of stack: give it one of the shim's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/scope.h"
#include "shared/snapshot.h"

struct capture_request {
    enum lw_trigger trigger;
    int signal;
    unsigned requests; /* how many such signals it answers together */
    uint32_t sequence;
    const void *context;       /* ucontext_t of what the signal interrupted, or NULL */
    const struct scope *scope; /* judge only threads of this; NULL: all */
    bool terse;                /* what a report as text does not tell may be left out */
};

struct captured {
    int fd;     /* memfd holding the snapshot; -1 if none could be made: then the memory is all there is */
    void *base; /* the snapshot in memory; NULL if not even that could be had */
    size_t size;
    size_t mapped;
};

struct captured capture(const struct capture_request *request);
void captured_drop(struct captured *captured);

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
/* scope: of its threads alone; NULL: of all. */
struct liveness capture_liveness(const struct scope *scope);
