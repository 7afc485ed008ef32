/* What a proof by reachability must know of a program: what it is made of, and which functions it uses. */
#pragma once

#include <stdbool.h>

#include "shared/frozen.h"
#include "shared/snapshot_reader.h"

struct program {
    enum lw_frozen_refusal refusal; /* NONE: it may be looked at */
    bool keeps_frames; /* a thread may run elsewhere on its own stack, above frames that it comes back to */
    bool signals_threads;   /* it can send its threads signals that it handles, or will: by their pthread_t */
    bool signals_by_number; /* or by other names of theirs */
    bool cancels;
    bool makes_code;       /* perhaps, of memory that is not executable yet */
    bool cancels_anywhere; /* not in cancellation points alone */
    bool ends_threads;     /* a handler may end the thread that it runs in */
    bool jumps;            /* one may jump out of the wait that it was called in */
};

static inline bool program_may_end_waits(const struct program *program) {
    return program->cancels || program->jumps || (program->signals_threads && program->ends_threads);
}

struct program program_look(const struct snapshot *snapshot, const struct lw_frozen *frozen);
