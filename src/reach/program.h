/* What a proof by reachability must know of a program: what it is made of, and which functions it uses. */
#pragma once

#include <stdbool.h>

#include "shared/frozen.h"
#include "shared/snapshot_reader.h"

struct program {
    enum lw_frozen_refusal refusal; /* NONE: it may be looked at */
    bool keeps_frames; /* a thread may run elsewhere on its own stack, above frames that it comes back to */
    bool signals_threads; /* it can send its threads signals that it handles, or will */
};

struct program program_look(const struct snapshot *snapshot, const struct lw_frozen *frozen);
