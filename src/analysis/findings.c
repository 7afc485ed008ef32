#include "findings.h"

const struct lw_snapshot_thread *thread_alive(const struct snapshot *snapshot, int tid) {
    for (uint64_t i = 0; i < snapshot->header->threads.count; i++)
        if (snapshot->threads[i].tid == tid && snapshot->threads[i].state != LW_STATE_FINISHED)
            return &snapshot->threads[i];
    return NULL;
}

bool finding_is_shown(const struct analysis *analysis, const struct thread_finding *finding) {
    return !finding->hidden && (!analysis->judges || finding->leaked);
}

uint64_t finding_duration(const struct analysis *analysis, const struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    uint64_t since = thread->state == LW_STATE_FINISHED ? thread->ended : thread->wait_started;
    uint64_t now = analysis->snapshot->header->monotonic;
    return since == 0 || since > now ? 0 : now - since;
}
