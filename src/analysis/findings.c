#include "findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const struct lw_snapshot_thread *thread_alive(const struct analysis *analysis, int tid) {
    long at = index_thread(&analysis->index, tid);
    return at < 0 ? NULL : &analysis->snapshot->threads[at];
}

bool trigger_judges(enum lw_trigger trigger) {
    return trigger == LW_TRIGGER_EXIT || trigger == LW_TRIGGER_MONITOR || trigger == LW_TRIGGER_API;
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

void finding_say(struct thread_finding *finding, const char *format, ...) {
    char *words;
    va_list rest;
    va_start(rest, format);
    int length = vasprintf(&words, format, rest);
    va_end(rest);
    if (length < 0)
        return;
    if (finding->evidence_count == EVIDENCE_MAX)
        free(words);
    else
        finding->evidence[finding->evidence_count++] = words;
}
