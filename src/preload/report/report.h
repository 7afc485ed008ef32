/* One report from trigger to text: capture, hand over to the tool, or list plainly without it. */
#pragma once

#include <stdbool.h>

#include "capture/liveness.h"
#include "launch.h"
#include "record/scope.h"
#include "shared/snapshot.h"

struct report_request {
    enum lw_trigger trigger;
    int signal;                         /* that asked for it, 0 if none did */
    const void *context;                /* ucontext_t of what the signal interrupted, or NULL */
    bool wait;                          /* come back only when it has been written */
    bool only_proved;                   /* say nothing but what is proved */
    const struct scope *scope;          /* judge only these threads; NULL: all */
    const struct report_wishes *wishes; /* of the API; NULL: as the options say */
    unsigned requests;                  /* how many signals it answers together */
    uint32_t token; /* of a request (request.h): the snapshot itself is the answer; 0: none */
};

struct report_result {
    bool made;                 /* or it was said why not; false: another report was being made */
    int leaked;                /* 1 if the tool found leaks, 0 if not, -1 if it did not say */
    struct tool_answer answer; /* if it was wished for; to be given back by report_answer_drop */
};

/* Makes a report on a stack of the shim's own, with all signals blocked. Async-signal-safe; keeps errno. */
struct report_result report_make(const struct report_request *request);
void report_answer_drop(struct tool_answer *answer);

/* Is there nothing to tell at exit: no thread but the caller's and none unjoined? Waits for the grace period.
 */
bool report_all_done(uint64_t grace_ns);

/* Waits for the threads of a scope in the same way, looking at most so many times (0: no matter). True if
 * none is left. */
bool report_scope_done(const struct scope *scope, uint64_t grace_ns, unsigned attempts);

/* Waits until no report is being made. */
void report_await(void);

bool report_is_being_made(void);

/* One look at all threads but the caller, for the watcher. */
struct liveness report_look(void);

void report_forked(void);
