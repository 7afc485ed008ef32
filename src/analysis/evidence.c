#include "evidence.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static void say(struct thread_finding *finding, const char *format,
                                                      ...) {
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

static void condition_evidence(const struct snapshot *snapshot, struct thread_finding *finding) {
    const struct lw_snapshot_header *header = snapshot->header;
    const struct lw_snapshot_condition *known = NULL;
    if (finding->thread->object == 0)
        return; /* an old-version condition: its signals are not seen */
    for (uint64_t i = 0; i < header->conditions.count && !known; i++)
        if (snapshot->conditions[i].address == finding->thread->object)
            known = &snapshot->conditions[i];
    if (!known) {
        if (header->condition_lost == 0)
            say(finding, "this condition was never signalled");
        else
            say(finding, "no signal of this condition is remembered (%u others were forgotten)",
                header->condition_lost);
        return;
    }
    double ago = known->last < header->monotonic ? (double)(header->monotonic - known->last) / 1e9 : 0;
    bool ended = known->last_tid != 0 && !thread_alive(snapshot, known->last_tid);
    const char *name = snapshot_words(snapshot, known->last_name);
    if (known->unheard == known->signals && known->signals == 1)
        say(finding, "signalled once while nobody waited, %.1fs ago by %s (%d)%s", ago, name, known->last_tid,
            ended ? ", which has ended" : "");
    else if (known->unheard == known->signals)
        say(finding, "signalled %llu times while nobody waited, last %.1fs ago by %s (%d)%s",
            (unsigned long long)known->signals, ago, name, known->last_tid, ended ? ", which has ended" : "");
    else
        say(finding, "last signalled %.1fs ago by %s (%d)%s", ago, name, known->last_tid,
            ended ? ", which has ended" : "");
}

static void pipe_evidence(const struct snapshot *snapshot, const struct facts *facts,
                          struct thread_finding *finding) {
    const char *target = snapshot_words(snapshot, finding->thread->target);
    bool reads = finding->thread->kind == LW_WAIT_PIPE_READ;
    for (size_t i = 0; i < facts->pipe_count; i++) {
        const struct pipe_fact *pipe = &facts->pipes[i];
        if (strcmp(pipe->target, target) != 0)
            continue;
        unsigned inside = reads ? pipe->writers_inside : pipe->readers_inside;
        unsigned outside = reads ? pipe->writers_outside : pipe->readers_outside;
        if (inside > 0 && outside == 0)
            say(finding, "every %s end is in this process%s", reads ? "write" : "read",
                pipe->unsure ? ", as far as other processes may be looked into" : "");
        return;
    }
}

static void owner_evidence(const struct snapshot *snapshot, struct thread_finding *finding) {
    int owner = finding->thread->owner;
    if (owner == 0)
        return;
    const struct lw_snapshot_thread *holder = thread_alive(snapshot, owner);
    if (owner == finding->thread->tid)
        say(finding, "held by the waiting thread itself");
    else if (!holder)
        say(finding, "its owner, thread %d, is no longer a thread of this process", owner);
    else
        say(finding, "held by %s (%d)", snapshot_words(snapshot, holder->name), owner);
}

void evidence_gather(const struct snapshot *snapshot, const struct facts *facts,
                     struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    bool from_inside = true; /* only a thread of this process could end the wait */
    switch (thread->kind) {
    case LW_WAIT_COND:
        condition_evidence(snapshot, finding);
        break;
    case LW_WAIT_PIPE_READ:
    case LW_WAIT_PIPE_WRITE:
        pipe_evidence(snapshot, facts, finding);
        from_inside = finding->evidence_count > 0;
        break;
    case LW_WAIT_MUTEX:
    case LW_WAIT_RWLOCK_READ:
    case LW_WAIT_RWLOCK_WRITE:
        owner_evidence(snapshot, finding);
        break;
    case LW_WAIT_JOIN:
    case LW_WAIT_BARRIER:
    case LW_WAIT_SEMAPHORE:
    case LW_WAIT_ONCE:
    case LW_WAIT_SPIN:
    case LW_WAIT_FUTEX:
        break;
    default:
        from_inside = false;
    }
    if (!from_inside) {
        finding->verdict = VERDICT_IDLE;
        return;
    }
    finding->verdict = finding->evidence_count > 0 ? VERDICT_SUSPECT : VERDICT_NONE;
}

void evidence_of_running(struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    say(finding, "used %.0f%% of a processor over %.0f ms", 100.0 * thread->look_cpu_us / thread->look_us,
        thread->look_us / 1000.0);
}
