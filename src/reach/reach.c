#include "reach.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "divide.h"
#include "mark.h"
#include "peek.h"
#include "program.h"
#include "random_state.h"
#include "storage.h"
#include "waits.h"

enum { NO_THREAD = UINT32_MAX };

/* Why a thread may ever run again. */
enum cause { CAUSE_NONE, CAUSE_RUNS, CAUSE_OWNER, CAUSE_REACHED, CAUSE_CANCEL, CAUSE_HANDLER };

struct look {
    const struct snapshot *snapshot;
    struct image image;
    struct program program;
    struct edges edges;
    struct nodes nodes;
    struct marking marking;
    struct wait_view view; /* of the two */
    uint32_t *of_snapshot; /* by thread of the image: that of the snapshot, or NO_THREAD */
    const struct lw_snapshot_thread *
        *waiter; /* by thread of the image: it is blocked, and may be shown to be for ever; or NULL */
    enum cause *live;
};

static const struct lw_snapshot_thread *waiter(const struct look *look, size_t i) {
    const struct lw_frozen_thread *frozen = &look->image.threads[i];
    if (look->of_snapshot[i] == NO_THREAD || !(frozen->flags & LW_FROZEN_ASLEEP) ||
        (frozen->flags & LW_FROZEN_TIMED) || !look->image.asleep[i])
        return NULL;
    const struct lw_snapshot_thread *thread = &look->snapshot->threads[look->of_snapshot[i]];
    bool is_join = thread->kind == LW_WAIT_JOIN;
    return thread->state == LW_STATE_BLOCKED && (is_join || thread->object == frozen->object) &&
                   waits_in_memory(&look->view, thread)
               ? thread
               : NULL;
}

static bool prepare(struct look *look) {
    size_t count = look->image.frozen.thread_count;
    look->of_snapshot = calloc(count + 1, sizeof *look->of_snapshot);
    look->waiter = calloc(count + 1, sizeof *look->waiter);
    look->live = calloc(count + 1, sizeof *look->live);
    if (!look->of_snapshot || !look->waiter || !look->live)
        return false;
    for (size_t i = 0; i < count; i++) {
        look->of_snapshot[i] = NO_THREAD;
        for (uint64_t k = 0; k < look->snapshot->header->threads.count; k++)
            if (look->snapshot->threads[k].tid == look->image.threads[i].tid &&
                look->snapshot->threads[k].state != LW_STATE_FINISHED)
                look->of_snapshot[i] = (uint32_t)k;
        look->waiter[i] = waiter(look, i);
    }
    return true;
}

/* A handler of the program's may run in a thread that is blocked for ever, and use what is that thread's own. */
static void mark_handled(struct look *look) {
    uint64_t size = storage_size(&look->image, look->snapshot);
    for (size_t i = 0; i < look->image.frozen.thread_count; i++)
        if (waits_is_handled(&look->view, &look->image.threads[i]))
            storage_mark(&look->marking, &look->image.threads[i], size);
}

static size_t thread_of(const struct look *look, int32_t tid) {
    for (size_t i = 0; i < look->image.frozen.thread_count; i++)
        if (look->image.threads[i].tid == tid)
            return i;
    return look->image.frozen.thread_count;
}

static bool has_live_owner(const struct look *look, size_t i) {
    int32_t owner = waits_owner(&look->image, look->waiter[i]);
    size_t k = owner > 0 ? thread_of(look, owner) : look->image.frozen.thread_count;
    return k < look->image.frozen.thread_count ? look->live[k] : look->waiter[i]->kind == LW_WAIT_JOIN;
}

static enum cause cause_to_wake(const struct look *look, size_t i) {
    if (has_live_owner(look, i))
        return CAUSE_OWNER;
    return look->waiter[i]->kind != LW_WAIT_JOIN && mark_reaches(&look->marking, look->waiter[i]->object)
               ? CAUSE_REACHED
               : CAUSE_NONE;
}

static enum cause cause_to_be_cancelled(const struct look *look, size_t i) {
    return waits_canceller(&look->view, &look->image.threads[i], look->waiter[i]) ? CAUSE_CANCEL : CAUSE_NONE;
}

static enum cause cause_to_be_interrupted(const struct look *look, size_t i) {
    return waits_end_by_handler(&look->view, &look->image.threads[i], look->waiter[i]) ? CAUSE_HANDLER
                                                                                       : CAUSE_NONE;
}

static void make_live(struct look *look, size_t i, enum cause cause) {
    look->live[i] = cause;
    mark_from_thread(&look->marking, &look->image.threads[i]);
}

/* Those that have such a cause. */
static bool make_some_live(struct look *look, enum cause (*cause_of)(const struct look *, size_t)) {
    bool changed = false;
    for (size_t i = 0; i < look->image.frozen.thread_count; i++) {
        enum cause cause = !look->live[i] && look->waiter[i] ? cause_of(look, i) : CAUSE_NONE;
        if (cause != CAUSE_NONE)
            make_live(look, i, cause);
        changed |= cause != CAUSE_NONE;
    }
    return changed;
}

/* What says most of a thread is found first. */
static void find_fixed_point(struct look *look) {
    mark_from_roots(&look->marking);
    mark_handled(look);
    for (size_t i = 0; i < look->image.frozen.thread_count; i++)
        if (!look->waiter[i] && look->image.threads[i].tid > 0)
            make_live(look, i, CAUSE_RUNS);
    while (make_some_live(look, cause_to_wake) || make_some_live(look, cause_to_be_cancelled) ||
           make_some_live(look, cause_to_be_interrupted))
        ;
}

/* Whose stack or thread-local storage a node is; the count of threads: nobody's. */
static size_t whose(const struct look *look, uint32_t number) {
    size_t i = 0;
    for (; i < look->image.frozen.thread_count; i++) {
        const struct lw_frozen_thread *thread = &look->image.threads[i];
        struct node_range own = nodes_of_handle(&look->nodes, thread->handle);
        if (thread->tid > 0 &&
            (number == node_at(&look->nodes, thread->sp) || (number >= own.first && number < own.end)))
            break;
    }
    return i;
}

static struct reach_place place_of(const struct look *look, uint32_t number, uint64_t address) {
    const struct node *node = &look->nodes.node[number];
    size_t thread = node->kind == NODE_BLOCK ? look->image.frozen.thread_count : whose(look, number);
    if (thread < look->image.frozen.thread_count)
        return (struct reach_place){
            .kind = PLACE_STACK, .address = address, .tid = look->image.threads[thread].tid};
    return (struct reach_place){.kind = node->kind == NODE_BLOCK ? PLACE_BLOCK : PLACE_MAPPING,
                                .address = address,
                                .size = node->end - node->start};
}

/* Where live memory begins that no thread must run for: also the storage of one that a handler may run in. */
static struct reach_place root_of(const struct look *look, uint64_t at) {
    uint32_t number = at != 0 ? node_at(&look->nodes, at) : NO_NODE;
    if (number != NO_NODE && whose(look, number) < look->image.frozen.thread_count)
        return place_of(look, number, at);
    return (struct reach_place){.kind = at == 0 ? PLACE_KERNEL : PLACE_GLOBAL, .address = at};
}

/* Where a path begins; but what one thread may be woken by is not to be found through its own stack alone. */
static bool is_live_stack(const struct look *look, const struct reach_place *place, size_t but) {
    size_t thread =
        place->kind == PLACE_STACK ? thread_of(look, place->tid) : look->image.frozen.thread_count;
    return thread < look->image.frozen.thread_count && thread != but && look->live[thread];
}

/* From an address in a node back to what is live; then turned round. of: the thread that it is asked for. */
static void find_path(const struct look *look, size_t of, uint32_t number, uint64_t at,
                      struct reach_fact *fact) {
    struct reach_place steps[REACH_PATH], root;
    size_t count = 0, in_all = 0;
    for (;;) {
        if (number == NO_NODE || !mark_is_on(&look->marking, number) || in_all > look->nodes.count) {
            root = root_of(look, at);
            break;
        }
        root = place_of(look, number, at);
        if (is_live_stack(look, &root, of))
            break;
        in_all++;
        if (count < REACH_PATH - 1)
            steps[count++] = root;
        struct mark mark = mark_of(&look->marking, number);
        at = mark.at;
        number = mark.from;
    }
    fact->cut = in_all > count;
    fact->path[fact->length++] = root;
    while (count > 0)
        fact->path[fact->length++] = steps[--count];
}

/* Whose stacks lead to it, of those that are stranded. */
static void find_referrers(struct look *look, struct reach_facts *facts) {
    for (size_t i = 0; i < look->image.frozen.thread_count; i++) {
        if (!look->waiter[i] || look->live[i])
            continue;
        mark_anew(&look->marking);
        mark_from_thread(&look->marking, &look->image.threads[i]);
        for (size_t k = 0; k < look->image.frozen.thread_count; k++) {
            if (!look->waiter[k] || look->live[k] || look->waiter[k]->kind == LW_WAIT_JOIN)
                continue;
            struct reach_fact *fact = &facts->of_thread[look->of_snapshot[k]];
            if (!mark_reaches(&look->marking, look->waiter[k]->object))
                continue;
            if (fact->referrers < REACH_REFERRERS)
                fact->referrer[fact->referrers] = look->image.threads[i].tid;
            fact->referrers++;
        }
    }
}

static void put_path(const struct look *look, size_t i, struct reach_fact *fact) {
    const struct lw_snapshot_thread *thread = look->waiter[i];
    const struct end *end = ends_of(&look->marking.ends, look->image.threads[i].handle);
    uint32_t number = thread->kind == LW_WAIT_JOIN ? NO_NODE : node_at(&look->nodes, thread->object);
    if (look->live[i] == CAUSE_REACHED)
        find_path(look, i, number, thread->object, fact);
    else if (look->live[i] == CAUSE_CANCEL && end)
        find_path(look, i, end->known.from, end->known.at, fact);
    else if (look->live[i] == CAUSE_NONE && number != NO_NODE)
        fact->path[fact->length++] = place_of(look, number, thread->object);
}

static void judge(struct look *look, struct reach_facts *facts) {
    enum { FEW = 64 };
    size_t stranded = 0;
    for (size_t i = 0; i < look->image.frozen.thread_count; i++) {
        const struct lw_snapshot_thread *thread = look->waiter[i];
        if (look->of_snapshot[i] == NO_THREAD)
            continue;
        struct reach_fact *fact = &facts->of_thread[look->of_snapshot[i]];
        static const enum reach_verdict verdicts[] = {
            [CAUSE_NONE] = REACH_STRANDED, [CAUSE_RUNS] = REACH_UNKNOWN,     [CAUSE_OWNER] = REACH_OWNER,
            [CAUSE_REACHED] = REACH_LIVE,  [CAUSE_CANCEL] = REACH_CANCELLED, [CAUSE_HANDLER] = REACH_HANDLED};
        if (!thread)
            continue;
        fact->verdict = verdicts[look->live[i]];
        stranded += fact->verdict == REACH_STRANDED;
        put_path(look, i, fact);
    }
    if (stranded > 0 && stranded <= FEW)
        find_referrers(look, facts);
}

/* Reads all of the program's memory: then it is known what there is, and what leads to what. */
static enum lw_frozen_refusal find_edges(struct look *look) {
    bool makes_code = look->program.makes_code;
    if (!edges_begin(&look->edges, &look->image, look->image.frozen.every_offset || makes_code, makes_code))
        return LW_FROZEN_MEMORY;
    bool divided =
        divide(&look->nodes, &look->edges, &look->image, look->snapshot, look->program.keeps_frames);
    if (image_is_unreadable(&look->image))
        return LW_FROZEN_UNREADABLE;
    if (look->edges.too_many)
        return LW_FROZEN_LARGE;
    return divided && !look->edges.no_memory ? LW_FROZEN_NONE : LW_FROZEN_MEMORY;
}

static enum lw_frozen_refusal look_through(struct look *look, struct reach_facts *facts, uint64_t at) {
    enum lw_frozen_refusal refusal = image_read(&look->image, look->snapshot, at);
    if (refusal == LW_FROZEN_NONE && !random_state_is_all(&look->image, look->snapshot))
        refusal = LW_FROZEN_NO_FORK;
    look->program = program_look(look->snapshot, &look->image.frozen);
    if (refusal == LW_FROZEN_NONE)
        refusal = look->program.refusal;
    facts->held_ns = look->image.held_ns;
    if (refusal != LW_FROZEN_NONE)
        return refusal;
    look->view = (struct wait_view){.marking = &look->marking, .program = &look->program};
    refusal = find_edges(look);
    if (refusal != LW_FROZEN_NONE)
        return refusal;
    if (!marking_begin(&look->marking, &look->image, &look->nodes, &look->edges) ||
        (program_may_end_waits(&look->program) &&
         !ends_begin(&look->marking.ends, &look->image, &look->nodes)) ||
        !prepare(look))
        return LW_FROZEN_MEMORY;
    find_fixed_point(look);
    judge(look, facts);
    return LW_FROZEN_NONE;
}

/* What a child has found: a program's memory may be anything, and no report is to be lost over it. */
struct told {
    uint64_t held_ns;
    uint32_t refusal;
    struct reach_fact of_thread[];
};

static size_t told_size(size_t threads) {
    return sizeof(struct told) + threads * sizeof(struct reach_fact);
}

/* Where memory runs out, this is killed before the program is (proc(5)); where that cannot be said, it is as it is. */
static void be_first_to_go(void) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, "1000", 4) == 4)
        close(fd);
}

/* The child's memory goes with it. */
static void look_in_child(const struct snapshot *snapshot, uint64_t at, struct told *told) {
    enum { LONGEST_S = 120 };
    struct look look = {.snapshot = snapshot};
    struct reach_facts facts = {.of_thread = told->of_thread};
    be_first_to_go();
    close(STDERR_FILENO); /* who awaits the program's last word there is not to wait for this */
    alarm(LONGEST_S);
    told->refusal = look_through(&look, &facts, at);
    told->held_ns = facts.held_ns;
    _exit(0);
}

struct reach_facts reach_look(const struct snapshot *snapshot, uint64_t at) {
    struct reach_facts facts = {.asked = true, .refusal = LW_FROZEN_NO_PROCESS};
    size_t threads = snapshot->header->threads.count;
    struct told *told =
        mmap(NULL, told_size(threads), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told == MAP_FAILED) {
        facts.refusal = LW_FROZEN_MEMORY;
        return facts;
    }
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        look_in_child(snapshot, at, told);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (child > 0)
        facts.refusal = status == 0 ? told->refusal : LW_FROZEN_LOST;
    facts.held_ns = told->held_ns;
    if (facts.refusal == LW_FROZEN_NONE && (facts.of_thread = calloc(threads + 1, sizeof *facts.of_thread))) {
        memcpy(facts.of_thread, told->of_thread, threads * sizeof *facts.of_thread);
        facts.thread_count = threads;
    } else if (facts.refusal == LW_FROZEN_NONE) {
        facts.refusal = LW_FROZEN_MEMORY;
    }
    munmap(told, told_size(threads));
    return facts;
}

void reach_name(struct reach_facts *facts, struct symbols *symbols) {
    for (size_t i = 0; i < facts->thread_count; i++)
        for (size_t k = 0; k < facts->of_thread[i].length; k++) {
            struct reach_place *place = &facts->of_thread[i].path[k];
            if (place->kind == PLACE_GLOBAL && !place->name)
                place->name = symbols_field(symbols, place->address);
        }
}

void reach_drop(struct reach_facts *facts) {
    for (size_t i = 0; i < facts->thread_count; i++)
        for (size_t k = 0; k < facts->of_thread[i].length; k++)
            free(facts->of_thread[i].path[k].name);
    free(facts->of_thread);
    facts->of_thread = NULL;
    facts->thread_count = 0;
}
