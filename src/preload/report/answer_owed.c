#include "answer_owed.h"

#include "options.h"
#include "owed.h"
#include "report.h"
#include "rt/clock.h"

/* wait: for a report that is being made. True too if nothing is owed. */
static bool answer(enum owed_to to, const void *context, bool wait) {
    uint32_t what = owed_take(to);
    if (what == 0)
        return true;
    struct report_request request = {.trigger = LW_TRIGGER_SIGNAL, .context = context, .wait = wait};
    if (to == OWED_PERSON)
        request.signal = options.signal, request.requests = what;
    else
        request.token = what;
    uint64_t began = clock_ns(CLOCK_MONOTONIC);
    bool made = report_make(&request).made;
    if (made)
        owed_answered(to, began);
    else
        owed_put_back(to, what);
    return made;
}

void answer_owed(const void *context) {
    enum owed_to to;
    uint64_t at;
    while (owed_next(&to, &at)) {
        if (clock_ns(CLOCK_MONOTONIC) < at) {
            owed_wait(at, context != NULL);
            return;
        }
        /* Whoever makes the report that is in the way calls owed_wake when it has ended; if that was just now, go on. */
        if (!answer(to, context, false) && report_is_being_made())
            return;
    }
}

/* Once: signals that come faster than reports are made must not keep the program from ending. */
void answer_owed_at_end(void) {
    answer(OWED_PERSON, NULL, true);
    for (int i = 0; i < OWED_TOKENS; i++)
        answer(OWED_TOOL, NULL, true);
}
