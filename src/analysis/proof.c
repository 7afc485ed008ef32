#include "proof.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"

const struct pipe_fact *pipe_of(const struct snapshot *snapshot, const struct facts *facts,
                                const struct lw_snapshot_thread *thread) {
    const char *target = snapshot_words(snapshot, thread->target);
    for (size_t i = 0; i < facts->pipe_count; i++)
        if (strcmp(facts->pipes[i].target, target) == 0)
            return &facts->pipes[i];
    return NULL;
}

/* Could only a thread of this process end this wait? */
static bool ends_from_inside(const struct snapshot *snapshot, const struct facts *facts,
                             const struct lw_snapshot_thread *thread) {
    const struct pipe_fact *pipe;
    switch (thread->kind) {
    case LW_WAIT_COND:
    case LW_WAIT_MUTEX:
    case LW_WAIT_RWLOCK_READ:
    case LW_WAIT_RWLOCK_WRITE:
    case LW_WAIT_BARRIER:
    case LW_WAIT_SEMAPHORE: /* those of System V have no address */
    case LW_WAIT_FUTEX:
    case LW_WAIT_ONCE:
        return thread->object != 0 && !(thread->flags & LW_THREAD_SHARED);
    case LW_WAIT_JOIN:
        return thread->owner != 0;
    case LW_WAIT_PIPE_READ:
    case LW_WAIT_PIPE_WRITE:
        pipe = pipe_of(snapshot, facts, thread);
        if (!pipe || pipe->unsure || pipe->stirred || pipe->travels)
            return false;
        return thread->kind == LW_WAIT_PIPE_READ ? pipe->writers_inside > 0 && pipe->writers_outside == 0
                                                 : pipe->readers_inside > 0 && pipe->readers_outside == 0;
    case LW_WAIT_POLL:
    case LW_WAIT_SELECT:
        return thread->value[0] == 0;
    default:
        return false;
    }
}

enum asleep { NOT_ASLEEP, ASLEEP_BUT_FOR_SIGNALS, ALL_ASLEEP };

/* Does every thread of the process sleep until another of them wakes it? */
static enum asleep all_asleep(const struct analysis *analysis, const struct facts *facts) {
    const struct snapshot *snapshot = analysis->snapshot;
    const uint32_t needed = LW_PROCESS_LISTED | LW_PROCESS_LOOKED_TWICE;
    size_t sleepers = 0;
    if ((snapshot->header->flags & needed) != needed)
        return NOT_ASLEEP;
    for (size_t i = 0; i < analysis->finding_count; i++) {
        const struct lw_snapshot_thread *thread = analysis->findings[i].thread;
        if (thread->state == LW_STATE_FINISHED)
            continue;
        if (thread->state != LW_STATE_BLOCKED || !(thread->flags & LW_THREAD_STILL) ||
            (thread->flags & LW_THREAD_TIMED) || !ends_from_inside(snapshot, facts, thread))
            return NOT_ASLEEP;
        sleepers++;
    }
    if (sleepers == 0)
        return NOT_ASLEEP;
    return snapshot->header->handlers ? ASLEEP_BUT_FOR_SIGNALS : ALL_ASLEEP;
}

/* A deadlock with room for all threads that are left; its members are put by deadlock_add. */
static struct deadlock *deadlock_begin(struct analysis *analysis, enum deadlock_kind kind) {
    size_t used = 0;
    for (size_t i = 0; i < analysis->deadlock_count; i++)
        used += analysis->deadlocks[i].count;
    struct deadlock *deadlock = &analysis->deadlocks[analysis->deadlock_count++];
    *deadlock = (struct deadlock){.kind = kind, .members = analysis->deadlock_members + used};
    return deadlock;
}

static void deadlock_add(struct analysis *analysis, struct deadlock *deadlock, size_t member) {
    deadlock->members[deadlock->count++] = member;
    analysis->findings[member].verdict = VERDICT_DEADLOCK;
}

static const char *name_of(const struct analysis *analysis, size_t finding) {
    return snapshot_words(analysis->snapshot, analysis->findings[finding].thread->name);
}

/* Members in the order in which they wait for each other, as far as the cycle is a simple one. */
static void put_cycle(struct analysis *analysis, size_t cycle, size_t first) {
    const struct node *nodes = analysis->graph->nodes;
    struct deadlock *deadlock = deadlock_begin(analysis, DEADLOCK_CYCLE);
    for (size_t at = first;;) {
        size_t next = first;
        deadlock_add(analysis, deadlock, at);
        for (size_t i = 0; i < nodes[at].edge_count && next == first; i++) {
            size_t to = nodes[at].edges[i].to;
            if (nodes[to].cycle == cycle && analysis->findings[to].verdict != VERDICT_DEADLOCK)
                next = to;
        }
        if (next == first)
            break;
        at = next;
    }
    for (size_t i = first; i < analysis->finding_count; i++)
        if (nodes[i].cycle == cycle && analysis->findings[i].verdict != VERDICT_DEADLOCK)
            deadlock_add(analysis, deadlock, i);
    if (deadlock->count == 1)
        finding_say(&analysis->findings[first], "%s",
                    analysis->findings[first].thread->kind == LW_WAIT_JOIN
                        ? "it waits for its own end"
                        : "it waits for what it holds itself");
    for (size_t i = 0; i < deadlock->count && deadlock->count > 1; i++)
        finding_say(&analysis->findings[deadlock->members[i]], "in a cycle of %zu threads", deadlock->count);
}

static void say_gone(struct analysis *analysis, size_t member) {
    struct thread_finding *finding = &analysis->findings[member];
    const struct lw_snapshot_gone *gone = index_gone(&analysis->index, finding->thread->owner);
    if (!gone) {
        finding_say(finding, "its owner, thread %d, has ended", finding->thread->owner);
        return;
    }
    const struct lw_snapshot_header *header = analysis->snapshot->header;
    char when[48] = "";
    if (gone->ended != 0 && gone->ended < header->monotonic)
        snprintf(when, sizeof when, " %.1fs ago", (double)(header->monotonic - gone->ended) / 1e9);
    finding_say(finding, "its owner, %s (%d), has ended%s", snapshot_words(analysis->snapshot, gone->name),
                gone->tid, when);
}

/* One deadlock for each lock whose owner is gone. */
static void put_orphaned(struct analysis *analysis, size_t first) {
    const struct node *nodes = analysis->graph->nodes;
    struct deadlock *deadlock = deadlock_begin(analysis, DEADLOCK_OWNER_GONE);
    const struct lw_snapshot_thread *thread;
    uint64_t lock = analysis->findings[first].thread->object;
    for (size_t at = index_waiters(&analysis->index, lock);
         (thread = index_waiter(&analysis->index, at, lock)); at++) {
        size_t member = (size_t)(thread - analysis->snapshot->threads);
        if (!nodes[member].owner_gone)
            continue;
        deadlock_add(analysis, deadlock, member);
        say_gone(analysis, member);
    }
}

static void judge_stranded(struct analysis *analysis, size_t i) {
    const struct node *node = &analysis->graph->nodes[i];
    analysis->findings[i].verdict = VERDICT_STRANDED;
    for (size_t k = 0; k < node->edge_count; k++) {
        size_t to = node->edges[k].to;
        if (!analysis->graph->nodes[to].stuck)
            continue;
        finding_say(&analysis->findings[i], "%s (%d) will never %s", name_of(analysis, to),
                    analysis->findings[to].thread->tid,
                    analysis->findings[i].thread->kind == LW_WAIT_JOIN ? "end" : "let go of it");
        return;
    }
}

static void put_all_asleep(struct analysis *analysis) {
    struct deadlock *deadlock = deadlock_begin(analysis, DEADLOCK_ALL_ASLEEP);
    for (size_t i = 0; i < analysis->finding_count; i++) {
        struct thread_finding *finding = &analysis->findings[i];
        if (finding->thread->state == LW_STATE_FINISHED || finding->verdict >= VERDICT_STRANDED)
            continue;
        finding_say(finding, "all threads are asleep");
        deadlock_add(analysis, deadlock, i);
    }
    if (deadlock->count == 0)
        analysis->deadlock_count--;
}

/* "SIGINT, SIGHUP": whose handlers might wake a thread. */
static void say_signals(uint64_t handlers, char *words, size_t room) {
    size_t length = 0;
    words[0] = '\0';
    for (int signal = 1; signal <= 64 && length < room - 16; signal++) {
        if (!(handlers >> (signal - 1) & 1))
            continue;
        const char *name = sigabbrev_np(signal);
        if (name)
            length += (size_t)snprintf(words + length, room - length, "%sSIG%s", length ? ", " : "", name);
        else
            length +=
                (size_t)snprintf(words + length, room - length, "%ssignal %d", length ? ", " : "", signal);
    }
}

static void suspect_all_asleep(struct analysis *analysis) {
    char signals[200];
    say_signals(analysis->snapshot->header->handlers, signals, sizeof signals);
    for (size_t i = 0; i < analysis->finding_count; i++) {
        struct thread_finding *finding = &analysis->findings[i];
        if (finding->thread->state == LW_STATE_FINISHED || finding->verdict >= VERDICT_STRANDED)
            continue;
        finding->verdict = VERDICT_SUSPECT;
        finding_say(finding, "all threads are asleep; only a handler (%s) could wake one", signals);
    }
}

bool proof_find(struct analysis *analysis, const struct facts *facts) {
    size_t count = analysis->finding_count;
    analysis->graph = graph_build(&analysis->index);
    analysis->deadlocks = calloc(count + 2, sizeof *analysis->deadlocks);
    analysis->deadlock_members = calloc(count + 1, sizeof *analysis->deadlock_members);
    if (!analysis->graph || !analysis->deadlocks || !analysis->deadlock_members)
        return false;
    const struct node *nodes = analysis->graph->nodes;
    for (size_t i = 0; i < count; i++)
        if (nodes[i].cycle != 0 && analysis->findings[i].verdict != VERDICT_DEADLOCK)
            put_cycle(analysis, nodes[i].cycle, i);
    for (size_t i = 0; i < count; i++)
        if (nodes[i].owner_gone && analysis->findings[i].verdict != VERDICT_DEADLOCK)
            put_orphaned(analysis, i);
    for (size_t i = 0; i < count; i++)
        if (nodes[i].stuck && analysis->findings[i].verdict != VERDICT_DEADLOCK)
            judge_stranded(analysis, i);
    switch (all_asleep(analysis, facts)) {
    case ALL_ASLEEP:
        put_all_asleep(analysis);
        break;
    case ASLEEP_BUT_FOR_SIGNALS:
        suspect_all_asleep(analysis);
        break;
    case NOT_ASLEEP:
        break;
    }
    analysis->counts.deadlocks = analysis->deadlock_count;
    return true;
}
