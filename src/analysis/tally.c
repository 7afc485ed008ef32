#include "tally.h"

bool tally_is_suspicious(const struct thread_finding *finding) {
    return finding->verdict >= VERDICT_SUSPECT || finding->thread->state == LW_STATE_FINISHED;
}

struct tally tally_make(const struct analysis *analysis) {
    struct tally tally = {0};
    for (size_t i = 0; i < analysis->finding_count; i++) {
        const struct thread_finding *finding = &analysis->findings[i];
        const struct lw_snapshot_thread *thread = finding->thread;
        bool is_main = thread->flags & LW_THREAD_MAIN;
        tally.stacks += thread->stack_size;
        tally.suspicious += tally_is_suspicious(finding);
        if (thread->state == LW_STATE_FINISHED)
            continue;
        tally.by_verdict[finding->verdict]++;
        if (thread->kind != LW_WAIT_NONE)
            tally.by_kind[thread->kind]++;
        uint64_t waited = finding_duration(analysis, finding);
        if (thread->state == LW_STATE_BLOCKED && !is_main && waited > tally.longest)
            tally.longest = waited;
    }
    uint64_t known = analysis->snapshot->header->created + 1;
    tally.ended = known > analysis->counts.threads ? known - analysis->counts.threads : 0;
    return tally;
}
