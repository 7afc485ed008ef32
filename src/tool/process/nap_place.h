/* Is a thread that takes naps found in the stack that the report shows of it? Told without stopping it: by the system call that it sleeps in, and
 * by where on its stack the return addresses lie that the snapshot has. */
#pragma once

#include "shared/snapshot_reader.h"

enum { NAP_FRAMES = 8, NAP_SLOTS = 4 };

/* What the first look at it in that stack has found. */
struct nap_place {
    bool known;
    int64_t number;
    uint64_t sp, pc;
    uint32_t slots[NAP_FRAMES]
                  [NAP_SLOTS]; /* for each frame, words from sp on that are its address; 0 ends them */
};

enum nap_look { NAP_UNKNOWN, NAP_SAME, NAP_OTHER };

/* Unknown: it runs, or may not be looked into, or its stack has no frames to compare. pid: its process, as it is called here. *span: how long the call
 * that it sleeps in may last, ns; -1: it sleeps in none, or in one without an end. */
enum nap_look nap_place_look(struct nap_place *place, const struct snapshot *snapshot,
                             const struct lw_snapshot_thread *thread, int pid, int64_t *span);
