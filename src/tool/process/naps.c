#include "naps.h"

#include <stdlib.h>

#include "monotonic.h"
#include "proc_status.h"

/* A timeout of no more is a nap; two in this time are a habit. */
enum { NAP_NS = 50000000, SPAN_NS = 100000000, HABIT = 2, LOOKED_AT = 1000 };

static bool takes_nap(const struct lw_snapshot_thread *thread) {
    return thread->state == LW_STATE_WAITING && (thread->flags & LW_THREAD_TIMED) &&
           thread->timeout_ns >= 0 && thread->timeout_ns <= NAP_NS;
}

/* How often it has gone to sleep. False if it has ended. */
static bool sleeps_of(int pid, int tid, uint64_t *count) {
    char words[32], *status = proc_status(pid, tid);
    bool found = proc_status_value(status, "voluntary_ctxt_switches", words, sizeof words);
    if (found)
        *count = strtoull(words, NULL, 10);
    free(status);
    return found;
}

unsigned *naps_look(const struct snapshot *snapshot, int watched) {
    uint64_t before[LOOKED_AT], now;
    size_t who[LOOKED_AT], count = 0;
    const struct lw_snapshot_header *header = snapshot->header;
    bool same_numbers = header->pid == watched; /* tids are of the process's own PID namespace */
    for (size_t i = 0; same_numbers && i < header->threads.count && count < LOOKED_AT; i++)
        if (takes_nap(&snapshot->threads[i]) && sleeps_of(watched, snapshot->threads[i].tid, &before[count]))
            who[count++] = i;
    unsigned *rates = count > 0 ? calloc(header->threads.count, sizeof *rates) : NULL;
    if (!rates)
        return NULL;
    uint64_t start = clock_now();
    clock_rest_until(start + SPAN_NS);
    for (size_t i = 0; i < count; i++) {
        if (!sleeps_of(watched, snapshot->threads[who[i]].tid, &now) || now < before[i] + HABIT)
            continue;
        rates[who[i]] = (unsigned)((now - before[i]) * 1000000000u / (clock_now() - start));
    }
    return rates;
}
