#include "evidence.h"

#include "proof.h"

static uint64_t ago(const struct analysis *analysis, uint64_t when) {
    uint64_t now = analysis->snapshot->header->monotonic;
    return when < now ? now - when : 0;
}

/* Somebody did something; name 0: what a living thread is called. */
static void add_deed(const struct analysis *analysis, struct thread_finding *finding,
                     struct evidence evidence, uint64_t when, int tid, uint32_t name) {
    const struct lw_snapshot_thread *thread = thread_alive(analysis, tid);
    evidence.tid = tid;
    evidence.name = name == 0 && thread ? thread->name : name;
    evidence.ended = tid != 0 && !thread;
    evidence.ns = ago(analysis, when);
    finding_add(finding, evidence);
}

#define DEED(id, ...)     ((struct evidence){.kind = EVIDENCE_##id, __VA_ARGS__})
#define OF_THREAD(thread) .tid = (thread)->tid, .name = (thread)->name

static void wake_evidence(const struct analysis *analysis, struct thread_finding *finding) {
    const struct lw_snapshot_header *header = analysis->snapshot->header;
    bool posted = finding->thread->kind == LW_WAIT_SEMAPHORE;
    bool shared = finding->thread->flags & LW_THREAD_SHARED;
    if (finding->thread->object == 0)
        return; /* an old-version condition, a semaphore of System V: what wakes those is not seen */
    const struct lw_snapshot_wake *wake = finding->wake =
        index_wake(&analysis->index, finding->thread->object);
    if (shared)
        FINDING_ADD(finding, MAY_BE_SHARED);
    if (!wake && (header->flags & LW_PROCESS_OUTSIDE))
        return; /* nobody noted them */
    if (!wake) {
        static const enum evidence_kind never[2][2] = {
            {EVIDENCE_NEVER_SIGNALLED, EVIDENCE_NEVER_SIGNALLED_HERE},
            {EVIDENCE_NEVER_POSTED, EVIDENCE_NEVER_POSTED_HERE}};
        if (header->wakes_lost == 0)
            finding_add(finding, (struct evidence){.kind = never[posted][shared]});
        else
            finding_add(finding,
                        (struct evidence){.kind = posted ? EVIDENCE_NO_POST_KEPT : EVIDENCE_NO_SIGNAL_KEPT,
                                          .count = header->wakes_lost});
        return;
    }
    struct evidence last = {.kind = posted ? EVIDENCE_LAST_POSTED : EVIDENCE_LAST_SIGNALLED,
                            .count = (int64_t)wake->count};
    if (wake->no_waiter == wake->count)
        last.kind = wake->count == 1 ? EVIDENCE_SIGNALLED_TO_NOBODY_ONCE : EVIDENCE_SIGNALLED_TO_NOBODY;
    add_deed(analysis, finding, last, wake->last, wake->last_tid, wake->last_name);
    if (wake->no_waiter != wake->count && wake->no_waiter > 0)
        FINDING_ADD(finding, SIGNALS_LOST, .count = (int64_t)wake->no_waiter, .of = (int64_t)wake->count);
}

/* What the children that it waits for are doing. */
static void child_evidence(const struct analysis *analysis, const struct facts *facts,
                           struct thread_finding *finding) {
    static const enum evidence_kind kinds[] = {
        [CHILD_RUNS] = EVIDENCE_CHILD_RUNS,
        [CHILD_SLEEPS] = EVIDENCE_CHILD_SLEEPS,
        [CHILD_WRITES_HERE] = EVIDENCE_CHILD_WRITES_HERE,
        [CHILD_READS_HERE] = EVIDENCE_CHILD_READS_HERE,
        [CHILD_STOPPED] = EVIDENCE_CHILD_STOPPED,
        [CHILD_ENDED] = EVIDENCE_CHILD_ENDED,
    };
    size_t thread = (size_t)(finding->thread - analysis->snapshot->threads);
    for (size_t i = 0; i < facts->children.count; i++) {
        const struct child_fact *child = &facts->children.child[i];
        if (child->thread == thread)
            finding_add(finding, (struct evidence){.kind = kinds[child->doing],
                                                   .text = child->name,
                                                   .more = child->pipe[0] ? child->pipe : child->in});
    }
}

static enum verdict pipe_evidence(const struct analysis *analysis, const struct facts *facts,
                                  struct thread_finding *finding) {
    bool reads = finding->thread->kind == LW_WAIT_PIPE_READ;
    const struct pipe_fact *pipe = pipe_of(analysis->snapshot, facts, finding->thread);
    enum verdict verdict = VERDICT_IDLE;
    if (!pipe)
        return verdict;
    unsigned inside = reads ? pipe->writers_inside : pipe->readers_inside;
    unsigned outside = reads ? pipe->writers_outside : pipe->readers_outside;
    if (outside > 0) {
        finding_add(finding, (struct evidence){.kind = reads ? EVIDENCE_WRITE_END_ELSEWHERE
                                                             : EVIDENCE_READ_END_ELSEWHERE,
                                               .text = pipe->other});
    } else if (inside > 0) {
        static const enum evidence_kind all[2][2] = {
            {EVIDENCE_READ_ENDS_INSIDE, EVIDENCE_READ_ENDS_INSIDE_MAYBE},
            {EVIDENCE_WRITE_ENDS_INSIDE, EVIDENCE_WRITE_ENDS_INSIDE_MAYBE}};
        finding_add(finding, (struct evidence){.kind = all[reads][pipe->unsure]});
        verdict = VERDICT_SUSPECT;
    }
    if (reads && pipe->written != 0)
        add_deed(analysis, finding, DEED(LAST_WRITTEN), pipe->written, pipe->writer, 0);
    return verdict;
}

/* The signals in whose handlers a thread is; one that handlers interrupt may be in several. */
static uint64_t handled_signals(const struct snapshot *snapshot, const struct lw_snapshot_thread *thread) {
    uint64_t signals = 0;
    for (uint32_t i = 0; i < thread->stack_count; i++) {
        uint64_t frame = snapshot->frames[thread->stack_first + i];
        if (lw_frame_is_signal(frame) && frame > LW_FRAME_SIGNAL && frame <= LW_FRAME_SIGNAL + 64)
            signals |= 1ull << (frame - LW_FRAME_SIGNAL - 1);
    }
    return signals;
}

static void itself_evidence(const struct analysis *analysis, struct thread_finding *finding) {
    uint64_t signals = handled_signals(analysis->snapshot, finding->thread);
    FINDING_ADD(finding, HELD_BY_ITSELF);
    if (signals)
        FINDING_ADD(finding, WAITS_IN_HANDLER, .signals = signals);
}

static void owner_evidence(const struct analysis *analysis, const struct facts *facts,
                           struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    int owner = thread->owner;
    if (owner == 0)
        return;
    const struct lw_snapshot_thread *holder = thread_alive(analysis, owner);
    finding->hold = index_hold_by(&analysis->index, owner, thread->object);
    if (owner == thread->tid)
        itself_evidence(analysis, finding);
    else if (holder)
        FINDING_ADD(finding, HELD_BY, OF_THREAD(holder));
    else if (thread->flags & LW_THREAD_SHARED)
        FINDING_ADD(finding, HELD_ELSEWHERE, .tid = owner);
    else if (!(thread->flags & LW_THREAD_OWNER_GONE))
        FINDING_ADD(finding, OWNER_NOT_FOUND, .tid = owner);
    else if (thread->flags & LW_THREAD_ROBUST)
        FINDING_ADD(finding, ROBUST_OWNER_ENDED, .tid = owner, .ended = true);
    if (facts->other_wakers.owns && (thread->flags & LW_THREAD_STILL))
        FINDING_ADD(finding, OWNER_MAY_DIFFER);
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
            FINDING_ADD(finding, READ_BY, OF_THREAD(reader));
        finding->hold = hold;
    }
    if (known == 0 || known > 2 || thread->value[0] > (int64_t)known)
        FINDING_ADD(finding, READ_TIMES, .count = thread->value[0]);
    if (thread->kind == LW_WAIT_RWLOCK_READ && thread->value[1] > 0)
        FINDING_ADD(finding, WRITER_WAITS);
}

static void initialiser_evidence(const struct analysis *analysis, struct thread_finding *finding) {
    const struct lw_snapshot_hold *hold;
    for (size_t at = index_holds(&analysis->index, finding->thread->object);
         (hold = index_hold(&analysis->index, at, finding->thread->object)); at++) {
        const struct lw_snapshot_thread *runs = thread_alive(analysis, hold->tid);
        if (runs && hold->kind == LW_HOLD_ONCE)
            FINDING_ADD(finding, INITIALISED_BY, OF_THREAD(runs));
    }
}

static void eventfd_evidence(const struct analysis *analysis, struct thread_finding *finding) {
    for (uint64_t i = 0; i < analysis->snapshot->header->writes.count; i++) {
        const struct lw_snapshot_write *write = &analysis->snapshot->writes[i];
        if (write->fd != finding->thread->fd)
            continue;
        add_deed(analysis, finding, DEED(WRITTEN_THROUGH, .count = write->fd), write->when, write->tid, 0);
        return;
    }
    if (!(analysis->snapshot->header->flags & LW_PROCESS_OUTSIDE))
        FINDING_ADD(finding, NEVER_WRITTEN_THROUGH);
}

static enum verdict timer_evidence(struct thread_finding *finding) {
    int64_t left = finding->thread->value[0];
    if (left == 0)
        FINDING_ADD(finding, TIMER_DISARMED);
    else if (left > 0)
        FINDING_ADD(finding, TIMER_FIRES, .ns = (uint64_t)left);
    return left == 0 ? VERDICT_SUSPECT : VERDICT_IDLE;
}

static enum verdict set_evidence(struct thread_finding *finding) {
    int64_t descriptors = finding->thread->value[0];
    bool epoll = finding->thread->kind == LW_WAIT_EPOLL;
    if (descriptors == 0)
        finding_add(finding,
                    (struct evidence){.kind = epoll ? EVIDENCE_EPOLL_EMPTY : EVIDENCE_NO_DESCRIPTOR});
    else if (descriptors > 0 && epoll)
        FINDING_ADD(finding, EPOLL_MEMBERS, .count = descriptors);
    return descriptors == 0 ? VERDICT_SUSPECT : VERDICT_IDLE;
}

static void socket_evidence(struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    if (thread->value[0] >= 0 && thread->kind == LW_WAIT_SOCKET_READ)
        FINDING_ADD(finding, NO_DATA, .ns = (uint64_t)thread->value[0]);
    if (thread->value[1] == 0)
        FINDING_ADD(finding, NO_KEEPALIVE);
}

static void barrier_evidence(struct thread_finding *finding) {
    const int64_t *value = finding->thread->value;
    if (value[0] > 0 && value[1] >= 0)
        FINDING_ADD(finding, BARRIER_REACHED, .count = value[1], .of = value[0]);
}

/* A word that has changed, and nobody woke who waits for that, speaks for a wait that lasts. */
static enum verdict word_evidence(struct thread_finding *finding) {
    int64_t word = finding->thread->value[0], from = finding->thread->value[1];
    if (word < 0 || from < 0)
        return VERDICT_NONE;
    /* most take it for an int */
    struct evidence evidence = {.kind = word == from ? EVIDENCE_WORD_UNCHANGED : EVIDENCE_WORD_CHANGED,
                                .count = (int32_t)word,
                                .of = (int32_t)from};
    finding_add(finding, evidence);
    return word == from ? VERDICT_NONE : VERDICT_SUSPECT;
}

static void creator_evidence(const struct analysis *analysis, struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    if (thread->creator_tid != 0 && !thread_alive(analysis, thread->creator_tid))
        FINDING_ADD(finding, CREATOR_ENDED);
}

/* Python's own lock: who wants it waits for some ms, again and again. */
static void gil_evidence(const struct analysis *analysis, const struct facts *facts,
                         struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    for (size_t i = 0; i < facts->gil_count; i++) {
        const struct gil_fact *gil = &facts->gils[i];
        const struct lw_snapshot_thread *holder = thread_alive(analysis, gil->holder);
        if (thread->object >= gil->start && thread->object < gil->end && holder && holder != thread)
            FINDING_ADD(finding, WAITS_FOR_GIL, .tid = gil->holder, .name = holder->name);
    }
}

static void nap_evidence(const struct analysis *analysis, const struct facts *facts,
                         struct thread_finding *finding) {
    enum { LOOKS_ENOUGH = 3 };
    size_t thread = (size_t)(finding->thread - analysis->snapshot->threads);
    if (!facts->naps || facts->naps[thread].rate == 0)
        return;
    const struct nap_fact *nap = &facts->naps[thread];
    finding->polls = true;
    if (nap->several)
        FINDING_ADD(finding, WAKES_IN_SEVERAL, .count = nap->rate);
    else if (nap->same >= LOOKS_ENOUGH)
        FINDING_ADD(finding, WAKES_IN_ONE_PLACE, .count = nap->rate, .of = nap->same);
    else
        FINDING_ADD(finding, WAKES_OFTEN, .count = nap->rate);
}

void evidence_of_waiting(const struct analysis *analysis, const struct facts *facts,
                         struct thread_finding *finding) {
    finding->verdict = VERDICT_IDLE;
    gil_evidence(analysis, facts, finding);
    nap_evidence(analysis, facts, finding);
}

/* Of what is in memory, and tells who has it or who could wake the thread. */
static void object_evidence(const struct analysis *analysis, const struct facts *facts,
                            struct thread_finding *finding) {
    switch (finding->thread->kind) {
    case LW_WAIT_COND:
    case LW_WAIT_SEMAPHORE:
        wake_evidence(analysis, finding);
        break;
    case LW_WAIT_RWLOCK_READ:
    case LW_WAIT_RWLOCK_WRITE:
        reader_evidence(analysis, finding);
        owner_evidence(analysis, facts, finding);
        break;
    case LW_WAIT_MUTEX:
    case LW_WAIT_SPIN:
    case LW_WAIT_STREAM:
    case LW_WAIT_LOADER:
        owner_evidence(analysis, facts, finding);
        break;
    case LW_WAIT_ONCE:
    case LW_WAIT_GUARD:
        initialiser_evidence(analysis, finding);
        break;
    case LW_WAIT_BARRIER:
        barrier_evidence(finding);
        break;
    }
}

/* Another process that has what it waits for; NULL if none does, or that was not looked for. */
static const char *other_of(const struct analysis *analysis, const struct facts *facts,
                            const struct lw_snapshot_thread *thread) {
    const char *other =
        facts->inside.other ? facts->inside.other[thread - analysis->snapshot->threads] : NULL;
    return other && other[0] ? other : NULL;
}

/* What is gathered, and what it makes of the thread if there is any. */
static enum verdict evidence_by_kind(const struct analysis *analysis, const struct facts *facts,
                                     struct thread_finding *finding) {
    switch (finding->thread->kind) {
    case LW_WAIT_PIPE_READ:
    case LW_WAIT_PIPE_WRITE:
        return pipe_evidence(analysis, facts, finding);
    case LW_WAIT_EVENTFD_READ:
        eventfd_evidence(analysis, finding);
        return other_of(analysis, facts, finding->thread) ? VERDICT_IDLE : VERDICT_SUSPECT;
    case LW_WAIT_TIMERFD_READ:
        return timer_evidence(finding);
    case LW_WAIT_EPOLL:
    case LW_WAIT_POLL:
    case LW_WAIT_SELECT:
        return set_evidence(finding);
    case LW_WAIT_SOCKET_READ:
    case LW_WAIT_SOCKET_WRITE:
        socket_evidence(finding);
        return VERDICT_IDLE;
    case LW_WAIT_CHILD:
        child_evidence(analysis, facts, finding);
        return VERDICT_IDLE;
    case LW_WAIT_FUTEX:
        return word_evidence(finding);
    }
    if (!(lw_wait_traits(finding->thread->kind) & (W_OBJECT | W_OWNED)))
        return VERDICT_IDLE;
    object_evidence(analysis, facts, finding);
    return VERDICT_SUSPECT;
}

void evidence_gather(const struct analysis *analysis, const struct facts *facts,
                     struct thread_finding *finding) {
    enum verdict verdict = evidence_by_kind(analysis, facts, finding);
    const char *other = other_of(analysis, facts, finding->thread);
    if (other)
        FINDING_ADD(finding, IN_OTHER_PROCESS, .text = other);
    if (verdict == VERDICT_SUSPECT && finding->evidence_count == 0)
        verdict = VERDICT_NONE;
    if (verdict == VERDICT_SUSPECT)
        creator_evidence(analysis, finding);
    finding->verdict = verdict;
}

void evidence_of_running(const struct analysis *analysis, const struct facts *facts,
                         struct thread_finding *finding) {
    const struct lw_snapshot_thread *thread = finding->thread;
    nap_evidence(analysis, facts, finding);
    if (finding->polls)
        finding->verdict = VERDICT_IDLE;
    if (thread->look_us > 0)
        FINDING_ADD(finding, PROCESSOR_USED,
                    .count = (int64_t)(100.0 * thread->look_cpu_us / thread->look_us + 0.5),
                    .ns = thread->look_us * 1000u, .of = (int64_t)thread->cpu_ns);
}
