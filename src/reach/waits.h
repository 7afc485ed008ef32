/* What a thread's wait is to the proof by reachability: who has what it waits for, and what else may end it. */
#pragma once

#include "mark.h"
#include "program.h"

struct wait_view {
    const struct marking *marking;
    const struct program *program;
};

/* Is it a wait that only a thread of this process can end, who must come to its object for that? */
bool waits_in_memory(const struct wait_view *view, const struct lw_snapshot_thread *thread);
/* Who has a lock, or ends; 0: nobody is known. */
int32_t waits_owner(const struct image *image, const struct lw_snapshot_thread *thread);

/* A handler of the program's may run in this thread: there is one, or one may come and the signal for it be sent. */
bool waits_is_handled(const struct wait_view *view, const struct lw_frozen_thread *frozen);
/* One may end the wait, or the thread. */
bool waits_end_by_handler(const struct wait_view *view, const struct lw_frozen_thread *frozen,
                          const struct lw_snapshot_thread *thread);
/* Where in live memory its pthread_t is, if whoever has that may cancel it; else NULL. */
const struct end_place *waits_canceller(const struct wait_view *view, const struct lw_frozen_thread *frozen,
                                        const struct lw_snapshot_thread *thread);
