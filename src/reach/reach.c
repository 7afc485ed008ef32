#include "reach.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "divide.h"
#include "mark.h"
#include "program.h"
#include "storage.h"

/* Fields of glibc's locks: __owner of a mutex, its __kind; __cur_writer of a read-write lock (nptl/pthreadP.h). */
enum { MUTEX_OWNER = 8, MUTEX_KIND = 16, RWLOCK_WRITER = 24 };
enum { MUTEX_ROBUST = 0x10, MUTEX_PI = 0x20, MUTEX_PP = 0x40, MUTEX_SHARED = 0x80 };
enum { NO_THREAD = UINT32_MAX };

struct look {
    const struct snapshot *snapshot;
    struct image image;
    struct program program;
    struct nodes nodes;
    struct marking marking;
    uint32_t *of_snapshot; /* by thread of the image: that of the snapshot, or NO_THREAD */
    const struct lw_snapshot_thread *
        *waiter; /* by thread of the image: it is blocked, and may be shown to be for ever; or NULL */
    bool *live;
};

static int32_t owner_of(const struct look *look, const struct lw_snapshot_thread *thread) {
    switch (thread->kind) {
    case LW_WAIT_MUTEX:
        return (int32_t)(image_word(&look->image, thread->object + MUTEX_OWNER) & UINT32_MAX);
    case LW_WAIT_RWLOCK_READ:
    case LW_WAIT_RWLOCK_WRITE:
        return (int32_t)(image_word(&look->image, thread->object + RWLOCK_WRITER) & UINT32_MAX);
    case LW_WAIT_JOIN:
        return thread->owner;
    default:
        return 0;
    }
}

/* Is it a wait that only a thread of this process can end, who must come to its object for that? */
static bool is_of_memory(const struct look *look, const struct lw_snapshot_thread *thread) {
    if (thread->flags & (LW_THREAD_SHARED | LW_THREAD_ROBUST | LW_THREAD_TIMED | LW_THREAD_FROM_PROC))
        return false;
    switch (thread->kind) {
    case LW_WAIT_MUTEX: /* the kernel hands a robust one on, and one that inherits priorities */
        return !(image_word(&look->image, thread->object + MUTEX_KIND) &
                 (MUTEX_ROBUST | MUTEX_PI | MUTEX_PP | MUTEX_SHARED));
    case LW_WAIT_COND:
    case LW_WAIT_RWLOCK_READ:
    case LW_WAIT_RWLOCK_WRITE:
    case LW_WAIT_SEMAPHORE:
    case LW_WAIT_BARRIER:
        return thread->object != 0;
    case LW_WAIT_FUTEX: /* the kernel wakes who waits for the word of a thread that ends */
        return thread->object != 0 && !look->image.frozen.arranges_wakes &&
               !is_in_a_handle(&look->marking, thread->object);
    case LW_WAIT_JOIN:
        return thread->owner != 0;
    default:
        return false;
    }
}

/* A handler of the program's may run in this thread: there is one, or one may come and the signal for it be sent. */
static bool is_handled(const struct look *look, const struct lw_frozen_thread *frozen) {
    return (frozen->flags & LW_FROZEN_HANDLED) || look->program.signals_threads;
}

/* A handler without SA_RESTART ends these; conditions and locks of glibc sleep on (signal(7)). */
static bool ends_by_handler(const struct look *look, const struct lw_frozen_thread *frozen,
                            const struct lw_snapshot_thread *thread) {
    return is_handled(look, frozen) && (thread->kind == LW_WAIT_SEMAPHORE || thread->kind == LW_WAIT_FUTEX);
}

static const struct lw_snapshot_thread *waiter(const struct look *look, size_t i) {
    const struct lw_frozen_thread *frozen = &look->image.threads[i];
    if (look->of_snapshot[i] == NO_THREAD || !(frozen->flags & LW_FROZEN_ASLEEP) ||
        (frozen->flags & LW_FROZEN_TIMED) || !look->image.asleep[i])
        return NULL;
    const struct lw_snapshot_thread *thread = &look->snapshot->threads[look->of_snapshot[i]];
    bool is_join = thread->kind == LW_WAIT_JOIN;
    return thread->state == LW_STATE_BLOCKED && (is_join || thread->object == frozen->object) &&
                   is_of_memory(look, thread) && !ends_by_handler(look, frozen, thread)
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
        if (is_handled(look, &look->image.threads[i]))
            storage_mark(&look->marking, &look->image.threads[i], size);
}

static size_t thread_of(const struct look *look, int32_t tid) {
    for (size_t i = 0; i < look->image.frozen.thread_count; i++)
        if (look->image.threads[i].tid == tid)
            return i;
    return look->image.frozen.thread_count;
}

static bool has_live_owner(const struct look *look, size_t i) {
    int32_t owner = owner_of(look, look->waiter[i]);
    size_t k = owner > 0 ? thread_of(look, owner) : look->image.frozen.thread_count;
    return k < look->image.frozen.thread_count ? look->live[k] : look->waiter[i]->kind == LW_WAIT_JOIN;
}

static bool can_be_woken(const struct look *look, size_t i) {
    return has_live_owner(look, i) ||
           (look->waiter[i]->kind != LW_WAIT_JOIN && mark_reaches(&look->marking, look->waiter[i]->object));
}

static void make_live(struct look *look, size_t i) {
    look->live[i] = true;
    mark_from_thread(&look->marking, &look->image.threads[i]);
}

static void find_fixed_point(struct look *look) {
    size_t count = look->image.frozen.thread_count;
    mark_from_roots(&look->marking);
    mark_handled(look);
    for (size_t i = 0; i < count; i++)
        if (!look->waiter[i] && look->image.threads[i].tid > 0)
            make_live(look, i);
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < count; i++)
            if (!look->live[i] && look->waiter[i] && can_be_woken(look, i)) {
                make_live(look, i);
                changed = true;
            }
    }
}

/* Whose stack or thread-local storage a node is; the count of threads: nobody's. */
static size_t whose(const struct look *look, uint32_t number) {
    size_t i = 0;
    for (; i < look->image.frozen.thread_count; i++) {
        const struct lw_frozen_thread *thread = &look->image.threads[i];
        if (thread->tid > 0 &&
            (number == node_at(&look->nodes, thread->sp) || number == node_at(&look->nodes, thread->handle)))
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

/* Where live memory begins that no thread must run for. */
static struct reach_place root_of(uint64_t at) {
    return (struct reach_place){.kind = at == 0 ? PLACE_KERNEL : PLACE_GLOBAL, .address = at};
}

static bool is_live_stack(const struct look *look, const struct reach_place *place) {
    size_t thread =
        place->kind == PLACE_STACK ? thread_of(look, place->tid) : look->image.frozen.thread_count;
    return thread < look->image.frozen.thread_count && look->live[thread];
}

/* From the object back to what is live; then turned round. */
static void find_path(const struct look *look, uint64_t object, struct reach_fact *fact) {
    struct reach_place steps[REACH_PATH], root;
    size_t count = 0, in_all = 0;
    uint64_t at = object;
    for (uint32_t number = node_at(&look->nodes, object);; number = look->nodes.node[number].from) {
        if (number == NO_NODE || look->nodes.node[number].marked != look->marking.round ||
            in_all > look->nodes.count) {
            root = root_of(at);
            break;
        }
        root = place_of(look, number, at);
        if (is_live_stack(look, &root))
            break;
        in_all++;
        if (count < REACH_PATH - 1)
            steps[count++] = root;
        at = look->nodes.node[number].at;
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

static void judge(struct look *look, struct reach_facts *facts) {
    enum { FEW = 64 };
    size_t stranded = 0;
    for (size_t i = 0; i < look->image.frozen.thread_count; i++) {
        const struct lw_snapshot_thread *thread = look->waiter[i];
        if (look->of_snapshot[i] == NO_THREAD)
            continue;
        struct reach_fact *fact = &facts->of_thread[look->of_snapshot[i]];
        if (!thread) {
            thread = &look->snapshot->threads[look->of_snapshot[i]];
            fact->verdict =
                ends_by_handler(look, &look->image.threads[i], thread) ? REACH_HANDLED : REACH_UNKNOWN;
            continue;
        }
        if (look->live[i] && has_live_owner(look, i)) {
            fact->verdict = REACH_OWNER;
        } else if (look->live[i]) {
            fact->verdict = REACH_LIVE;
            find_path(look, thread->object, fact);
        } else {
            fact->verdict = REACH_STRANDED;
            stranded++;
            uint32_t number = thread->kind == LW_WAIT_JOIN ? NO_NODE : node_at(&look->nodes, thread->object);
            if (number != NO_NODE)
                fact->path[fact->length++] = place_of(look, number, thread->object);
        }
    }
    if (stranded > 0 && stranded <= FEW)
        find_referrers(look, facts);
}

static enum lw_frozen_refusal look_through(struct look *look, struct reach_facts *facts, uint64_t at) {
    enum lw_frozen_refusal refusal = image_read(&look->image, look->snapshot, at);
    look->program = program_look(look->snapshot, &look->image.frozen);
    if (refusal == LW_FROZEN_NONE)
        refusal = look->program.refusal;
    facts->held_ns = look->image.held_ns;
    if (refusal != LW_FROZEN_NONE)
        return refusal;
    if (!divide(&look->nodes, &look->image, look->snapshot, look->program.keeps_frames) ||
        !marking_begin(&look->marking, &look->image, &look->nodes, look->image.frozen.every_offset) ||
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

/* The child's memory goes with it. */
static void look_in_child(const struct snapshot *snapshot, uint64_t at, struct told *told) {
    enum { LONGEST_S = 120 };
    struct look look = {.snapshot = snapshot};
    struct reach_facts facts = {.of_thread = told->of_thread};
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
