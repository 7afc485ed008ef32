/* Finds a moment at which each thread is held, or asleep in a wrapped call. */
#pragma once

#include "capture/observation.h"
#include "capture/tasks.h"
#include "kernel_held.h"
#include "shared/frozen.h"

struct frozen_work {
    struct lw_frozen frozen;
    struct tasks tasks;
    struct lw_frozen_end *end;
    struct lw_frozen_thread *threads; /* one for each of the tasks */
    uint64_t *moves;                  /* likewise: of those that sleep */
    struct held_words words;
    bool files_unknown; /* whether a thread has descriptors of its own */
    bool holds;         /* running threads are held; before that, those that sleep have been looked for */
    uint64_t held_since;
};

enum { TASK_GONE = -1 }; /* tid of one that has ended meanwhile */

/* Until it is so: LW_FROZEN_NONE; or why it cannot be. work->holds says whether threads are held by then. */
enum lw_frozen_refusal settle_all(struct frozen_work *work);
/* Nobody is restless any more. */
void settle_forget(void);

/* Has a sleeping thread stayed in the call that it was found in? If not, it is held the next time. */
bool settle_still_sleeps(const struct frozen_work *work, size_t i);
/* What it waits for, as the tool compares it; 0: that is no object. */
uint64_t settle_object(const struct observation *seen);
/* Where a held thread's registers are, and its stack begins. */
void settle_held(struct lw_frozen_thread *thread, const void *context, const struct thread *record);
