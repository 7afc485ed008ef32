#include "proof.h"

#include <stdlib.h>
#include <string.h>

#include "graph.h"

const struct pipe_fact *pipe_of(const struct snapshot *snapshot, const struct facts *facts,
                                const struct lw_snapshot_thread *thread) {
    uint32_t number = facts->pipes.of_thread ? facts->pipes.of_thread[thread - snapshot->threads] : 0;
    return number != 0 ? &facts->pipes.pipe[number - 1] : NULL;
}

/* What stands in the way of the proof that all threads are asleep: nothing, too much to speak of, or one fact. */
enum obstacle { NO_OBSTACLE, MANY_OBSTACLES, ONE_OBSTACLE };

static enum obstacle fact(struct evidence *why, const struct lw_snapshot_thread *thread,
                          enum evidence_kind kind) {
    *why = (struct evidence){.kind = kind, .tid = thread->tid, .name = thread->name};
    return ONE_OBSTACLE;
}

static enum obstacle restless_fact(struct evidence *why, const struct lw_snapshot_thread *thread,
                                   const char *process) {
    fact(why, thread, EVIDENCE_UNPROVED_RESTLESS);
    why->text = process;
    return ONE_OBSTACLE;
}

/* A pipe whose other ends are this process's. */
static enum obstacle pipe_obstacle(const struct pipe_fact *pipe, const struct lw_snapshot_thread *thread,
                                   struct evidence *why) {
    bool reads = thread->kind == LW_WAIT_PIPE_READ;
    if (!pipe || (reads ? pipe->writers_inside : pipe->readers_inside) == 0 ||
        (reads ? pipe->writers_outside : pipe->readers_outside) > 0)
        return MANY_OBSTACLES;
    bool restless = pipe->restless[0] != '\0';
    if (pipe->named + pipe->unsure + pipe->stirred + pipe->travels + restless > 1)
        return MANY_OBSTACLES;
    if (restless)
        return restless_fact(why, thread, pipe->restless);
    return pipe->named     ? fact(why, thread, EVIDENCE_UNPROVED_PIPE_NAMED)
           : pipe->unsure  ? fact(why, thread, EVIDENCE_UNPROVED_PIPE_HIDDEN)
           : pipe->stirred ? fact(why, thread, EVIDENCE_UNPROVED_PIPE_STIRRED)
           : pipe->travels ? fact(why, thread, EVIDENCE_UNPROVED_PIPE_TRAVELS)
                           : NO_OBSTACLE;
}

/* A wait on an eventfd, a timer, or a set of descriptors. */
static enum obstacle descriptor_obstacle(const struct snapshot *snapshot, const struct facts *facts,
                                         const struct lw_snapshot_thread *thread, struct evidence *why) {
    static const enum evidence_kind kinds[] = {
        [INSIDE_NAMED] = EVIDENCE_UNPROVED_NAMED,          [INSIDE_MANY] = EVIDENCE_UNPROVED_MANY,
        [INSIDE_SENDS] = EVIDENCE_UNPROVED_SENDS,          [INSIDE_HIDDEN] = EVIDENCE_UNPROVED_ENDS_HIDDEN,
        [INSIDE_TRAVELS] = EVIDENCE_UNPROVED_ENDS_TRAVEL,  [INSIDE_STRANGE] = EVIDENCE_UNPROVED_ENDS_STRANGE,
        [INSIDE_STIRRED] = EVIDENCE_UNPROVED_ENDS_STIRRED,
    };
    enum inside inside =
        facts->inside.of_thread ? facts->inside.of_thread[thread - snapshot->threads] : INSIDE_UNKNOWN;
    if (inside == INSIDE_RESTLESS)
        return restless_fact(why, thread, facts->inside.restless);
    return inside == INSIDE_ONLY      ? NO_OBSTACLE
           : inside == INSIDE_UNKNOWN ? MANY_OBSTACLES
                                      : fact(why, thread, kinds[inside]);
}

/* A read or write of a socket, which may have a time limit that nothing tells. */
static enum obstacle socket_obstacle(const struct snapshot *snapshot, const struct facts *facts,
                                     const struct lw_snapshot_thread *thread, struct evidence *why) {
    enum obstacle found = descriptor_obstacle(snapshot, facts, thread, why);
    if (!(thread->flags & LW_THREAD_LIMITED))
        return found;
    return found == NO_OBSTACLE ? fact(why, thread, EVIDENCE_UNPROVED_LIMIT) : MANY_OBSTACLES;
}

/* Could only a thread of this process end this wait? */
static enum obstacle inside_obstacle(const struct snapshot *snapshot, const struct facts *facts,
                                     const struct lw_snapshot_thread *thread, struct evidence *why) {
    switch (thread->kind) {
    case LW_WAIT_SEMAPHORE: /* those of System V have no address */
        if (thread->object == 0)
            return fact(why, thread, EVIDENCE_UNPROVED_SYSTEM_V);
        __attribute__((fallthrough));
    case LW_WAIT_COND:
    case LW_WAIT_MUTEX:
    case LW_WAIT_RWLOCK_READ:
    case LW_WAIT_RWLOCK_WRITE:
    case LW_WAIT_BARRIER:
    case LW_WAIT_FUTEX:
    case LW_WAIT_ONCE:
    case LW_WAIT_GUARD:
    case LW_WAIT_STREAM:
    case LW_WAIT_LOADER:
        return thread->object == 0                ? fact(why, thread, EVIDENCE_UNPROVED_ADDRESS)
               : thread->flags & LW_THREAD_SHARED ? fact(why, thread, EVIDENCE_UNPROVED_SHARED)
                                                  : NO_OBSTACLE;
    case LW_WAIT_JOIN:
        return thread->owner != 0 ? NO_OBSTACLE : MANY_OBSTACLES;
    case LW_WAIT_PIPE_READ:
    case LW_WAIT_PIPE_WRITE:
        return pipe_obstacle(pipe_of(snapshot, facts, thread), thread, why);
    case LW_WAIT_POLL:
    case LW_WAIT_SELECT:
        return thread->value[0] == 0 ? NO_OBSTACLE : descriptor_obstacle(snapshot, facts, thread, why);
    case LW_WAIT_SOCKET_READ:
    case LW_WAIT_SOCKET_WRITE:
        return socket_obstacle(snapshot, facts, thread, why);
    case LW_WAIT_MQ_RECEIVE:
    case LW_WAIT_MQ_SEND: /* those of System V have no descriptor */
        return thread->fd < 0 ? fact(why, thread, EVIDENCE_UNPROVED_SYSTEM_V)
                              : descriptor_obstacle(snapshot, facts, thread, why);
    case LW_WAIT_FILE_WRITE:
        return strcmp(snapshot_words(snapshot, thread->target), "anon_inode:[eventfd]") == 0
                   ? fact(why, thread, EVIDENCE_UNPROVED_EVENTFD_FULL)
                   : MANY_OBSTACLES;
    case LW_WAIT_ACCEPT:
    case LW_WAIT_EPOLL:
    case LW_WAIT_EVENTFD_READ:
    case LW_WAIT_TIMERFD_READ:
        return descriptor_obstacle(snapshot, facts, thread, why);
    default:
        return MANY_OBSTACLES;
    }
}

/* A process that is hidden, or a descriptor on its way, is one obstacle to waits for pipes and for other descriptors. */
static enum evidence_kind cause(enum evidence_kind kind) {
    return kind == EVIDENCE_UNPROVED_PIPE_HIDDEN    ? EVIDENCE_UNPROVED_ENDS_HIDDEN
           : kind == EVIDENCE_UNPROVED_PIPE_TRAVELS ? EVIDENCE_UNPROVED_ENDS_TRAVEL
                                                    : kind;
}

/* Could somebody wake a thread who is none of the process's? A ring has been told already where it is one of the strange things that may write
 * to descriptors. */
static enum obstacle waker_obstacle(const struct other_wakers *others, enum obstacle found,
                                    struct evidence *why) {
    bool told = found == ONE_OBSTACLE && why->kind == EVIDENCE_UNPROVED_ENDS_STRANGE;
    unsigned count = others->shares_memory + others->own_files + (others->ring && !told) + others->timer;
    if (others->unknown)
        return MANY_OBSTACLES;
    if (count == 0)
        return found;
    if (count > 1 || found != NO_OBSTACLE)
        return MANY_OBSTACLES;
    *why = (struct evidence){.kind = others->shares_memory ? EVIDENCE_UNPROVED_MEMORY
                                     : others->own_files   ? EVIDENCE_UNPROVED_FILES
                                     : others->ring        ? EVIDENCE_UNPROVED_RING
                                                           : EVIDENCE_UNPROVED_TIMER};
    return ONE_OBSTACLE;
}

/* Does every thread of the process sleep until another of them wakes it? */
static enum obstacle asleep_obstacle(const struct analysis *analysis, const struct facts *facts,
                                     struct evidence *why) {
    const struct snapshot *snapshot = analysis->snapshot;
    const struct lw_snapshot_header *header = snapshot->header;
    size_t sleepers = 0;
    enum obstacle found = NO_OBSTACLE;
    if (!(header->flags & LW_PROCESS_LOOKED_TWICE))
        return MANY_OBSTACLES;
    if (!(header->flags & LW_PROCESS_LISTED)) {
        *why = (struct evidence){.kind = EVIDENCE_UNPROVED_UNLISTED};
        found = ONE_OBSTACLE;
    }
    for (size_t i = 0; i < analysis->finding_count; i++) {
        const struct lw_snapshot_thread *thread = analysis->findings[i].thread;
        if (thread->state == LW_STATE_FINISHED)
            continue;
        if (thread->state != LW_STATE_BLOCKED || !(thread->flags & LW_THREAD_STILL) ||
            (thread->flags & LW_THREAD_TIMED))
            return MANY_OBSTACLES;
        struct evidence here;
        enum obstacle obstacle = inside_obstacle(snapshot, facts, thread, &here);
        if (obstacle == MANY_OBSTACLES ||
            (obstacle == ONE_OBSTACLE && found == ONE_OBSTACLE && cause(here.kind) != cause(why->kind)))
            return MANY_OBSTACLES;
        if (obstacle == ONE_OBSTACLE) {
            found = ONE_OBSTACLE;
            *why = here;
        }
        sleepers++;
    }
    found = waker_obstacle(&facts->other_wakers, found, why);
    if (found == MANY_OBSTACLES)
        return MANY_OBSTACLES;
    uint64_t handlers = lw_handlers_that_wake(header);
    bool unknown = header->flags & LW_PROCESS_HANDLERS_UNKNOWN;
    if (sleepers == 0 || ((handlers || unknown) && found != NO_OBSTACLE))
        return MANY_OBSTACLES;
    if (unknown) {
        *why = (struct evidence){.kind = EVIDENCE_UNPROVED_HANDLERS_UNKNOWN};
        return ONE_OBSTACLE;
    }
    if (handlers) {
        *why = (struct evidence){.kind = EVIDENCE_UNPROVED_HANDLERS, .signals = handlers};
        found = ONE_OBSTACLE;
    }
    return found;
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
        finding_add(&analysis->findings[first],
                    (struct evidence){.kind = analysis->findings[first].thread->kind == LW_WAIT_JOIN
                                                  ? EVIDENCE_WAITS_FOR_OWN_END
                                                  : EVIDENCE_WAITS_FOR_OWN_LOCK});
    for (size_t i = 0; i < deadlock->count && deadlock->count > 1; i++)
        FINDING_ADD(&analysis->findings[deadlock->members[i]], IN_CYCLE, .count = (int64_t)deadlock->count);
}

static void add_dead_owner(struct analysis *analysis, size_t member) {
    struct thread_finding *finding = &analysis->findings[member];
    const struct lw_snapshot_gone *gone = index_gone(&analysis->index, finding->thread->owner);
    if (finding->thread->flags & LW_THREAD_OWNER_NOT_COPIED) {
        FINDING_ADD(finding, OWNER_NOT_COPIED, .tid = finding->thread->owner, .name = gone ? gone->name : 0);
        return;
    }
    if (!gone) {
        FINDING_ADD(finding, OWNER_ENDED, .tid = finding->thread->owner, .ended = true);
        return;
    }
    const struct lw_snapshot_header *header = analysis->snapshot->header;
    struct evidence evidence = {
        .kind = EVIDENCE_OWNER_ENDED, .tid = gone->tid, .name = gone->name, .ended = true};
    if (gone->ended != 0 && gone->ended < header->monotonic) {
        evidence.kind = EVIDENCE_OWNER_ENDED_AGO;
        evidence.ns = header->monotonic - gone->ended;
    }
    finding_add(finding, evidence);
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
        add_dead_owner(analysis, member);
    }
}

static void judge_stranded(struct analysis *analysis, size_t i) {
    const struct node *node = &analysis->graph->nodes[i];
    analysis->findings[i].verdict = VERDICT_STRANDED;
    for (size_t k = 0; k < node->edge_count; k++) {
        size_t to = node->edges[k].to;
        if (!analysis->graph->nodes[to].stuck)
            continue;
        bool joins = analysis->findings[i].thread->kind == LW_WAIT_JOIN;
        const struct lw_snapshot_thread *owner = analysis->findings[to].thread;
        finding_add(&analysis->findings[i],
                    (struct evidence){.kind = joins ? EVIDENCE_WILL_NEVER_END : EVIDENCE_WILL_NEVER_RELEASE,
                                      .tid = owner->tid,
                                      .name = owner->name});
        return;
    }
}

static void put_all_asleep(struct analysis *analysis) {
    struct deadlock *deadlock = deadlock_begin(analysis, DEADLOCK_ALL_ASLEEP);
    for (size_t i = 0; i < analysis->finding_count; i++) {
        struct thread_finding *finding = &analysis->findings[i];
        if (finding->thread->state == LW_STATE_FINISHED || finding->verdict >= VERDICT_STRANDED)
            continue;
        FINDING_ADD(finding, ALL_ASLEEP);
        deadlock_add(analysis, deadlock, i);
    }
    if (deadlock->count == 0)
        analysis->deadlock_count--;
}

/* All conditions of the proof but one hold: that one is evidence too. */
static void suspect_all_asleep(struct analysis *analysis, const struct evidence *why) {
    for (size_t i = 0; i < analysis->finding_count; i++) {
        struct thread_finding *finding = &analysis->findings[i];
        if (finding->thread->state == LW_STATE_FINISHED || finding->verdict >= VERDICT_STRANDED)
            continue;
        finding->verdict = VERDICT_SUSPECT;
        finding_add(finding, *why);
    }
}

/* What was found in a frozen image: nobody that may still run can come to what it waits for; or how somebody can. */
static void judge_reach(struct analysis *analysis, const struct reach_facts *reach) {
    for (size_t i = 0; i < analysis->finding_count && reach->of_thread; i++) {
        struct thread_finding *finding = &analysis->findings[i];
        const struct reach_fact *fact = &reach->of_thread[finding->thread - analysis->snapshot->threads];
        if (finding->verdict >= VERDICT_STRANDED)
            continue;
        if (fact->verdict == REACH_STRANDED) {
            finding->verdict = VERDICT_STRANDED;
            FINDING_ADD(finding, UNREACHABLE, .reach = fact);
        } else if (fact->verdict == REACH_LIVE) {
            FINDING_ADD(finding, REACHABLE, .reach = fact);
        } else if (fact->verdict == REACH_CANCELLED) {
            FINDING_ADD(finding, CANCELLABLE, .reach = fact);
        } else if (fact->verdict == REACH_HANDLED) {
            FINDING_ADD(finding, ENDED_BY_HANDLER);
        }
    }
}

bool proof_find(struct analysis *analysis, const struct facts *facts) {
    size_t count = analysis->finding_count;
    analysis->graph = graph_build(&analysis->index, !facts->other_wakers.owns);
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
    struct evidence why;
    enum obstacle obstacle = asleep_obstacle(analysis, facts, &why);
    if (obstacle == NO_OBSTACLE)
        put_all_asleep(analysis);
    else if (obstacle == ONE_OBSTACLE)
        suspect_all_asleep(analysis, &why);
    judge_reach(analysis, &facts->reach);
    analysis->counts.deadlocks = analysis->deadlock_count;
    return true;
}
