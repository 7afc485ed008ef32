#include "evidence.h"

#include <stdio.h>
#include <string.h>

#include "proof.h"

static double seconds_ago(const struct analysis *analysis, uint64_t when) {
    uint64_t now = analysis->snapshot->header->monotonic;
    return when < now ? (double)(now - when) / 1e9 : 0;
}

/* "3.0s ago by worker (4244), which has ended"; name 0: what a living thread is called. */
static void say_when(const struct analysis *analysis, char words[160], uint64_t when, int tid,
                     uint32_t name) {
    const struct lw_snapshot_thread *thread = thread_alive(analysis, tid);
    int length = snprintf(words, 160, "%.1fs ago", seconds_ago(analysis, when));
    if (tid == 0)
        return;
    if (name == 0 && thread)
        name = thread->name;
    snprintf(words + length, 160 - (size_t)length, " by %s (%d)%s",
             name ? snapshot_words(analysis->snapshot, name) : "thread", tid,
             thread ? "" : ", which has ended");
}

static void wake_evidence(const struct analysis *analysis, struct thread_finding *finding) {
    const struct lw_snapshot_header *header = analysis->snapshot->header;
    bool posted = finding->thread->kind == LW_WAIT_SEMAPHORE;
    const char *verb = posted ? "posted" : "signalled", *what = posted ? "semaphore" : "condition";
    char when[160];
    if (finding->thread->object == 0)
        return; /* an old-version condition, a semaphore of System V: what wakes those is not seen */
    const struct lw_snapshot_wake *wake = finding->wake =
        index_wake(&analysis->index, finding->thread->object);
    if (finding->thread->flags & LW_THREAD_SHARED)
        finding_say(finding, "it may be shared with other processes");
    if (!wake) {
        if (header->wakes_lost == 0)
            finding_say(finding, "this %s was never %s%s", what, verb,
                        finding->thread->flags & LW_THREAD_SHARED ? " by this process" : "");
        else
            finding_say(finding, "no %s of this %s is remembered (%u others were forgotten)",
                        posted ? "post" : "signal", what, header->wakes_lost);
        return;
    }
    say_when(analysis, when, wake->last, wake->last_tid, wake->last_name);
    if (wake->no_waiter == wake->count && wake->count == 1)
        finding_say(finding, "%s once while nobody waited, %s", verb, when);
    else if (wake->no_waiter == wake->count)
        finding_say(finding, "%s %llu times while nobody waited, last %s", verb,
                    (unsigned long long)wake->count, when);
    else
        finding_say(finding, "last %s %s", verb, when);
    if (wake->no_waiter != wake->count && wake->no_waiter > 0)
        finding_say(finding, "%llu of %llu signals found nobody waiting", (unsigned long long)wake->no_waiter,
                    (unsigned long long)wake->count);
}

static enum verdict pipe_evidence(const struct analysis *analysis, const struct facts *facts,
                                  struct thread_finding *finding) {
    bool reads = finding->thread->kind == LW_WAIT_PIPE_READ;
    const struct pipe_fact *pipe = pipe_of(analysis->snapshot, facts, finding->thread);
    enum verdict verdict = VERDICT_IDLE;
    char when[160];
    if (!pipe)
        return verdict;
    unsigned inside = reads ? pipe->writers_inside : pipe->readers_inside;
    unsigned outside = reads ? pipe->writers_outside : pipe->readers_outside;
    if (outside > 0) {
        finding_say(finding, "%s has a %s end", pipe->other, reads ? "write" : "read");
    } else if (inside > 0) {
        finding_say(finding, "every %s end is in this process%s", reads ? "write" : "read",
                    pipe->unsure ? ", as far as other processes may be looked into" : "");
        verdict = VERDICT_SUSPECT;
    }
    if (reads && pipe->written != 0) {
        say_when(analysis, when, pipe->written, pipe->writer, 0);
        finding_say(finding, "last written %s", when);
    }
    return verdict;
}

static void owner_evidence(const struct analysis *analysis, struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    int owner = thread->owner;
    if (owner == 0)
        return;
    const struct lw_snapshot_thread *holder = thread_alive(analysis, owner);
    finding->hold = index_hold_by(&analysis->index, owner, thread->object);
    if (owner == thread->tid)
        finding_say(finding, "held by the waiting thread itself");
    else if (holder)
        finding_say(finding, "held by %s (%d)", snapshot_words(analysis->snapshot, holder->name), owner);
    else if (thread->flags & LW_THREAD_SHARED)
        finding_say(finding, "held by thread %d, of another process", owner);
    else if (!(thread->flags & LW_THREAD_OWNER_GONE))
        finding_say(finding, "held by thread %d, which was not found", owner);
    else if (thread->flags & LW_THREAD_ROBUST)
        finding_say(finding, "its owner, thread %d, has ended; the kernel hands a robust mutex on", owner);
}

static void reader_evidence(const struct analysis *analysis, struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    const struct lw_snapshot_hold *hold;
    size_t known = 0;
    if (thread->owner != 0 || thread->value[0] <= 0)
        return;
    for (size_t at = index_holds(&analysis->index, thread->object);
         (hold = index_hold(&analysis->index, at, thread->object)); at++) {
        const struct lw_snapshot_thread *reader = thread_alive(analysis, hold->tid);
        if (!reader || hold->kind != LW_HOLD_READ)
            continue;
        if (known++ < 2)
            finding_say(finding, "held for reading by %s (%d)",
                        snapshot_words(analysis->snapshot, reader->name), hold->tid);
        finding->hold = hold;
    }
    if (known == 0 || known > 2 || thread->value[0] > (int64_t)known)
        finding_say(finding, "held for reading %lld times in all", (long long)thread->value[0]);
    if (thread->kind == LW_WAIT_RWLOCK_READ && thread->value[1] > 0)
        finding_say(finding, "a thread waits for it for writing");
}

static void initialiser_evidence(const struct analysis *analysis, struct thread_finding *finding) {
    const struct lw_snapshot_hold *hold;
    for (size_t at = index_holds(&analysis->index, finding->thread->object);
         (hold = index_hold(&analysis->index, at, finding->thread->object)); at++) {
        const struct lw_snapshot_thread *runs = thread_alive(analysis, hold->tid);
        if (runs && hold->kind == LW_HOLD_ONCE)
            finding_say(finding, "being done by %s (%d)", snapshot_words(analysis->snapshot, runs->name),
                        hold->tid);
    }
}

static void eventfd_evidence(const struct analysis *analysis, struct thread_finding *finding) {
    char when[160];
    for (uint64_t i = 0; i < analysis->snapshot->header->writes.count; i++) {
        const struct lw_snapshot_write *write = &analysis->snapshot->writes[i];
        if (write->fd != finding->thread->fd)
            continue;
        say_when(analysis, when, write->when, write->tid, 0);
        finding_say(finding, "last written through fd %d %s", write->fd, when);
        return;
    }
    finding_say(finding, "nothing was written through this descriptor");
}

static enum verdict timer_evidence(struct thread_finding *finding) {
    int64_t left = finding->thread->value[0];
    if (left == 0)
        finding_say(finding, "the timer is disarmed");
    else if (left > 0)
        finding_say(finding, "the timer fires in %.1fs", (double)left / 1e9);
    return left == 0 ? VERDICT_SUSPECT : VERDICT_IDLE;
}

static enum verdict set_evidence(struct thread_finding *finding) {
    int64_t descriptors = finding->thread->value[0];
    bool epoll = finding->thread->kind == LW_WAIT_EPOLL;
    if (descriptors == 0)
        finding_say(finding, epoll ? "the epoll set is empty" : "it waits for no descriptor");
    else if (descriptors > 0 && epoll)
        finding_say(finding, "%lld descriptor%s in the set", (long long)descriptors,
                    descriptors == 1 ? "" : "s");
    return descriptors == 0 ? VERDICT_SUSPECT : VERDICT_IDLE;
}

static void socket_evidence(struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    if (thread->value[0] >= 0 && thread->kind == LW_WAIT_SOCKET_READ)
        finding_say(finding, "no data for %.1fs", (double)thread->value[0] / 1e9);
    if (thread->value[1] == 0)
        finding_say(finding, "keepalive is off: a peer that vanishes is not noticed");
}

static void barrier_evidence(struct thread_finding *finding) {
    const int64_t *value = finding->thread->value;
    if (value[0] > 0 && value[1] >= 0)
        finding_say(finding, "a barrier of %lld with %lld there", (long long)value[0], (long long)value[1]);
}

static void creator_evidence(const struct analysis *analysis, struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    if (thread->creator_tid != 0 && !thread_alive(analysis, thread->creator_tid))
        finding_say(finding, "the thread that created it has ended");
}

void evidence_gather(const struct analysis *analysis, const struct facts *facts,
                     struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    enum verdict verdict = VERDICT_SUSPECT; /* if there is evidence */
    switch (thread->kind) {
    case LW_WAIT_COND:
    case LW_WAIT_SEMAPHORE:
        wake_evidence(analysis, finding);
        break;
    case LW_WAIT_PIPE_READ:
    case LW_WAIT_PIPE_WRITE:
        verdict = pipe_evidence(analysis, facts, finding);
        break;
    case LW_WAIT_RWLOCK_READ:
    case LW_WAIT_RWLOCK_WRITE:
        reader_evidence(analysis, finding);
        owner_evidence(analysis, finding);
        break;
    case LW_WAIT_MUTEX:
    case LW_WAIT_SPIN:
        owner_evidence(analysis, finding);
        break;
    case LW_WAIT_ONCE:
        initialiser_evidence(analysis, finding);
        break;
    case LW_WAIT_BARRIER:
        barrier_evidence(finding);
        break;
    case LW_WAIT_EVENTFD_READ:
        eventfd_evidence(analysis, finding);
        break;
    case LW_WAIT_TIMERFD_READ:
        verdict = timer_evidence(finding);
        break;
    case LW_WAIT_EPOLL:
    case LW_WAIT_POLL:
    case LW_WAIT_SELECT:
        verdict = set_evidence(finding);
        break;
    case LW_WAIT_SOCKET_READ:
    case LW_WAIT_SOCKET_WRITE:
        socket_evidence(finding);
        verdict = VERDICT_IDLE;
        break;
    case LW_WAIT_JOIN:
    case LW_WAIT_FUTEX:
        break;
    default:
        verdict = VERDICT_IDLE;
    }
    if (verdict == VERDICT_SUSPECT && finding->evidence_count == 0)
        verdict = VERDICT_NONE;
    if (verdict == VERDICT_SUSPECT)
        creator_evidence(analysis, finding);
    finding->verdict = verdict;
}

void evidence_of_running(struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    finding_say(finding, "used %.0f%% of a processor over %.0f ms, %.1fs of its time in all",
                100.0 * thread->look_cpu_us / thread->look_us, thread->look_us / 1000.0,
                (double)thread->cpu_ns / 1e9);
}
