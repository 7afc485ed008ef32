#include "findings.h"

#include <string.h>

const struct lw_snapshot_thread *thread_alive(const struct analysis *analysis, int tid) {
    long at = index_thread(&analysis->index, tid);
    return at < 0 ? NULL : &analysis->snapshot->threads[at];
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

bool evidence_same(const struct evidence *a, const struct evidence *b) {
    enum { TOLD_NS = 100000000 };
    return a->kind == b->kind && a->tid == b->tid && a->name == b->name && a->ended == b->ended &&
           (a->ns + TOLD_NS / 2) / TOLD_NS == (b->ns + TOLD_NS / 2) / TOLD_NS && a->count == b->count &&
           a->of == b->of && a->signals == b->signals &&
           (a->text == b->text || strcmp(a->text, b->text) == 0);
}

void finding_add(struct thread_finding *finding, struct evidence evidence) {
    if (finding->evidence_count < EVIDENCE_MAX)
        finding->evidence[finding->evidence_count++] = evidence;
}
