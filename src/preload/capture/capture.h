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
/* Could a proof be found in it, if all that is outside the process allows one? */
bool captured_may_prove(const struct captured *captured);
/* Does the caller wait, among threads that are all asleep, on a descriptor? Then what came through that while the snapshot
 * was looked at cannot be told by the caller's having run, for it runs in any case: it is to be held. */
bool captured_needs_caller(const struct captured *captured);
/* Does a thread wait, without a deadline, for an object that it may be shown nobody can come to? */
bool captured_may_strand(const struct captured *captured);
/* Has the tool left its answer, so that the caller need not be held any more? If it has a question meanwhile (LW_ANSWER_ASKS), that is answered. */
bool captured_is_looked_at(const struct captured *captured);
/* Sets a flag in the header (enum lw_process_flag). */
void captured_mark(const struct captured *captured, uint32_t flag);
void captured_drop(struct captured *captured);
