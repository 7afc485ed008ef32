/* One report from trigger to text: capture, hand over to the tool, or list plainly without it. */
#pragma once

#include <stdbool.h>

#include "../snapshot/format.h"

struct report_result {
    bool made;  /* false: another report was being made, or none is wanted */
    int leaked; /* 1 if the tool found leaks, 0 if not, -1 if it did not say */
};

/* Makes a report on a stack of the shim's own, with all signals blocked. context: ucontext_t of what the
 * signal interrupted, or NULL. wait: come back only when it has been written. Async-signal-safe; keeps errno.
 */
struct report_result report_make(enum lw_trigger trigger, int signal, const void *context, bool wait);

/* Is there nothing to tell at exit: no thread but the caller's and none unjoined? Waits for the grace period.
 */
bool report_all_done(uint64_t grace_ns);

/* Waits until no report is being made. */
void report_await(void);

/* For the watcher: has any thread slept without a deadline for so long, and is any there but the caller? */
struct stillness {
    bool stalled, alone;
};
struct stillness report_look_for_stall(uint64_t ns);

void report_forked(void);
