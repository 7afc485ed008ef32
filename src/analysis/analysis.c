#include "analysis.h"

#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "graph.h"
#include "groups.h"
#include "proof.h"

static void judge(struct analysis *analysis, const struct facts *facts, struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    bool finished = thread->state == LW_STATE_FINISHED;
    analysis->counts.by_state[thread->state]++;
    if (finished)
        analysis->counts.unjoined++;
    else
        analysis->counts.threads++;
    if (thread->state == LW_STATE_BLOCKED || thread->kind == LW_WAIT_SPIN)
        evidence_gather(analysis, facts, finding);
    else if (thread->state == LW_STATE_WAITING)
        evidence_of_waiting(analysis, facts, finding);
    else if (thread->state == LW_STATE_RUNNING || thread->state == LW_STATE_SPINNING)
        evidence_of_running(analysis, facts, finding);
    analysis->counts.polling += finding->polls;
    uint64_t least = analysis->snapshot->header->min_wait;
    finding->hidden =
        least > 0 && thread->kind != LW_WAIT_NONE && finding_duration(analysis, finding) < least;
    bool counts =
        analysis->judges && !finding->hidden && !(thread->flags & (LW_THREAD_MAIN | LW_THREAD_CALLER));
    bool in_scope =
        !(analysis->snapshot->header->flags & LW_PROCESS_SCOPED) || (thread->flags & LW_THREAD_IN_SCOPE);
    counts = counts && in_scope;
    finding->suppressed = facts->suppressed && facts->suppressed[thread - analysis->snapshot->threads];
    finding->leaked = counts && !finding->suppressed;
    analysis->counts.leaked += finding->leaked;
    analysis->counts.suppressed += counts && finding->suppressed;
}

struct analysis *analyse(const struct snapshot *snapshot, const struct facts *facts) {
    const struct lw_snapshot_header *header = snapshot->header;
    struct analysis *analysis = calloc(1, sizeof *analysis);
    if (!analysis)
        return NULL;
    analysis->snapshot = snapshot;
    analysis->suppressions = facts->suppressions;
    analysis->reach = &facts->reach;
    analysis->positions = facts->positions ? facts->positions : snapshot->frames;
    analysis->judges = lw_trigger_judges(header->trigger);
    bool made = index_make(&analysis->index, snapshot) &&
                (analysis->findings = calloc(header->threads.count + 1, sizeof *analysis->findings));
    analysis->finding_count = made ? header->threads.count : 0;
    for (size_t i = 0; i < analysis->finding_count; i++) {
        analysis->findings[i].thread = &snapshot->threads[i];
        judge(analysis, facts, &analysis->findings[i]);
    }
    if (made && proof_find(analysis, facts) && groups_form(analysis))
        return analysis;
    analysis_free(analysis);
    return NULL;
}

void analysis_free(struct analysis *analysis) {
    groups_free(analysis);
    if (analysis->graph)
        graph_free(analysis->graph);
    index_drop(&analysis->index);
    free(analysis->deadlocks);
    free(analysis->deadlock_members);
    free(analysis->findings);
    free(analysis);
}
