#include "freeze.h"

#include <link.h>
#include <linux/futex.h>
#include <string.h>

#include "capture/observation.h"
#include "capture/sleeping_calls.h"
#include "capture/tasks.h"
#include "capture/wait_check.h"
#include "hold.h"
#include "interpose/dispositions.h"
#include "kernel_held.h"
#include "options.h"
#include "process.h"
#include "rt/clock.h"
#include "rt/image.h"
#include "rt/memory.h"
#include "rt/sys.h"
#include "rt/text.h"

enum {
    GONE = -1,
    RED_ZONE = 128 /* System V ABI, AMD64 3.2.2 */,
    PATIENCE_NS = 20000000,
    PAUSE_NS = 50000,
    WORDS = 64 * 1024
};

/* Threads that woke while the others were being held: the next time they are held too, though they sleep. */
static struct {
    int tid[HOLD_MAX];
    size_t count;
} restless;

static bool is_restless(int tid) {
    for (size_t i = 0; i < restless.count; i++)
        if (restless.tid[i] == tid)
            return true;
    return false;
}

static void add_restless(int tid) {
    if (restless.count < HOLD_MAX && !is_restless(tid))
        restless.tid[restless.count++] = tid;
}

struct frozen_work {
    struct lw_frozen frozen;
    struct tasks tasks;
    struct lw_frozen_end *end;
    struct lw_frozen_thread *threads; /* one for each of the tasks */
    uint64_t *moves;                  /* likewise: of those that sleep */
    struct held_words words;
    bool holds; /* running threads are held; before that, those that sleep have been looked for */
    uint64_t held_since;
    int caller;
};

/* A raw futex wait is known by the kernel's arguments; any other by what its wrapper says. */
static uint64_t object_of(const struct observation *seen) {
    if (seen->wait.call->object == OBJECT_ADDRESS || seen->wait.call->object == OBJECT_HANDLE)
        return seen->wait.on.object;
    return seen->wait.call->object == OBJECT_SYSCALL && seen->kernel.number == SYS_futex
               ? seen->kernel.argument[0]
               : 0;
}

/* What the wrapper has noted, if it is the innermost one's; registers in it are the program's. */
static void put_record(struct lw_frozen_thread *thread, const struct thread *record,
                       const struct wait *believed) {
    struct wait innermost;
    uintptr_t at = (uintptr_t)__atomic_load_n(&record->wait, __ATOMIC_ACQUIRE);
    if (sys_peek(at, &innermost, sizeof innermost) != sizeof innermost ||
        memcmp(&innermost, believed, sizeof innermost) != 0)
        return;
    thread->record = at;
    thread->record_end = at + offsetof(struct wait, registers);
}

static void put_sleeper(struct frozen_work *work, size_t i, const struct observation *seen) {
    work->moves[i] = seen->moves;
    work->threads[i] = (struct lw_frozen_thread){
        .tid = work->tasks.task[i].tid,
        .flags = LW_FROZEN_ASLEEP | (wait_is_timed(&seen->wait.on) ? LW_FROZEN_TIMED : 0) |
                 (dispositions_could_interrupt() ? LW_FROZEN_HANDLED : 0),
        .sp = seen->wait.registers.sp,
        .handle = (uint64_t)work->tasks.task[i].record->handle,
        .object = object_of(seen)};
    put_record(&work->threads[i], work->tasks.task[i].record, &seen->wait);
}

/* Does it sleep for so short a time that it will have woken before all is done? */
static bool sleeps_briefly(const struct wait *wait) {
    enum { BRIEF_NS = 100000000 };
    struct clock_reading now = clock_reading();
    uint64_t started = clock_of_mark(wait->started, now);
    int64_t span = wait_is_timed(&wait->on) ? wait_timeout(&wait->on, started) : -1;
    return span >= 0 && span - (int64_t)(now.ns - started) < BRIEF_NS;
}

/* Where a held thread's registers are, and its stack begins. If what the signal interrupted is a wrapped call, no register but
 * those that it preserves means anything to the program, and its wrapper has saved these. */
static void put_held(struct lw_frozen_thread *thread, const void *context, const struct thread *record) {
    struct kernel_state kernel = kernel_state_of_context(context);
    struct registers registers;
    struct wait wait;
    registers_of_context(context, &registers);
    bool wrapped = kernel.state == KERNEL_SLEEPS && kernel.number >= 0 && wait_check(record, &kernel, &wait);
    thread->sp = wrapped ? wait.registers.sp : registers.sp - RED_ZONE;
    thread->context = wrapped ? 0 : (uintptr_t)context;
    if (wrapped)
        put_record(thread, record, &wait);
}

/* Finds a thread asleep in a wrapped call, or asks it to come. */
static enum lw_frozen_refusal settle(struct frozen_work *work, size_t i, bool *unknown) {
    const struct task *task = &work->tasks.task[i];
    const void *context;
    struct lw_frozen_thread *thread = &work->threads[i];
    switch (hold_state(task->tid, &context)) {
    case HOLD_HELD:
        *thread = (struct lw_frozen_thread){
            .tid = task->tid, .flags = LW_FROZEN_HELD, .handle = (uint64_t)task->record->handle};
        put_held(thread, context, task->record);
        return LW_FROZEN_NONE;
    case HOLD_DEAF:
        return LW_FROZEN_DEAF;
    case HOLD_ASKED:
        return LW_FROZEN_NONE;
    case HOLD_NOT_ASKED:
        break;
    }
    static const struct waiter_batches none;
    struct observation seen = observe_task(&work->tasks, &none, i, task->record);
    if (seen.kernel.state == KERNEL_GONE) {
        thread->tid = GONE;
    } else if (seen.kernel.state == KERNEL_SLEEPS && seen.by_record && !is_restless(task->tid) &&
               !sleeps_briefly(&seen.wait)) {
        put_sleeper(work, i, &seen);
    } else if (seen.kernel.state == KERNEL_SILENT) {
        return LW_FROZEN_NO_SYSTEM;
    } else if (seen.kernel.state == KERNEL_SLEEPS && seen.kernel.number >= 0 && !seen.by_record) {
        *unknown =
            true; /* in a call that no wrapper would make again if the signal ended it; it may be a short one */
    } else if (work->holds && !hold_ask(work->tasks.directory, task->tid)) {
        return LW_FROZEN_MANY;
    }
    return LW_FROZEN_NONE;
}

static bool still_sleeps(const struct frozen_work *work, size_t i) {
    const struct thread *record = work->tasks.task[i].record;
    return __atomic_load_n(&record->moves, __ATOMIC_ACQUIRE) == work->moves[i];
}

/* What one look at all threads has changed. */
struct looked {
    bool changed, asked, unknown;
};

/* Looks at those that are neither held nor asleep, or that have moved since they were found so. */
static enum lw_frozen_refusal look_at_all(struct frozen_work *work, struct looked *looked) {
    *looked = (struct looked){0};
    for (size_t i = 0; i < work->tasks.count; i++) {
        struct lw_frozen_thread *thread = &work->threads[i];
        bool asleep = thread->flags & LW_FROZEN_ASLEEP;
        if ((thread->tid != 0 && !asleep) || (asleep && still_sleeps(work, i)) ||
            tasks_has_exited(&work->tasks, i))
            continue;
        if (asleep)
            add_restless(thread->tid);
        *thread = (struct lw_frozen_thread){0};
        enum lw_frozen_refusal refusal = settle(work, i, &looked->unknown);
        if (refusal != LW_FROZEN_NONE)
            return refusal;
        looked->changed = true;
        looked->asked |= thread->tid == 0;
    }
    return LW_FROZEN_NONE;
}

/* Until each thread is held or asleep, and none that sleeps has moved since it was found so. Those that sleep are looked for first:
 * it is what takes longest. */
static enum lw_frozen_refusal settle_all(struct frozen_work *work) {
    struct looked looked;
    enum lw_frozen_refusal refusal = look_at_all(work, &looked);
    work->holds = true;
    work->held_since = clock_ns(CLOCK_MONOTONIC);
    while (refusal == LW_FROZEN_NONE) {
        refusal = look_at_all(work, &looked);
        if (refusal != LW_FROZEN_NONE || !looked.changed)
            break;
        if (clock_ns(CLOCK_MONOTONIC) - work->held_since > PATIENCE_NS)
            return looked.unknown ? LW_FROZEN_UNKNOWN : looked.asked ? LW_FROZEN_DEAF : LW_FROZEN_MOVED;
        if (looked.asked)
            sys_sleep_ns(PAUSE_NS);
    }
    return refusal;
}

/* The second number of /proc/self/statm is resident, the first is what is mapped, in pages. */
static uint64_t mapped_pages(void) {
    char words[128];
    const char *at = words;
    uint64_t pages;
    return sys_read_file(AT_FDCWD, "/proc/self/statm", words, sizeof words) > 0 && text_number(&at, &pages)
               ? pages
               : 0;
}

static struct frozen_work *work_new(struct freeze *freeze) {
    struct tasks tasks = tasks_list();
    size_t size =
        sizeof(struct frozen_work) + tasks.count * (sizeof(struct lw_frozen_thread) + sizeof(uint64_t));
    struct frozen_work *work = memory_map(size);
    size_t end_size = sizeof(struct lw_frozen_end) + tasks.count;
    struct lw_frozen_end *end = memory_map_shared(end_size);
    if (!work || !end) {
        if (work)
            memory_unmap(work, size);
        if (end)
            memory_unmap(end, end_size);
        tasks_drop(&tasks);
        return NULL;
    }
    work->tasks = tasks;
    work->end = end;
    end->refusal = LW_FROZEN_PENDING;
    work->threads = (void *)(work + 1);
    work->moves = (void *)(work->threads + tasks.count);
    work->words = (struct held_words){.word = work->moves + tasks.count, .room = WORDS};
    work->caller = (int)sys_call(SYS_gettid);
    freeze->work = work;
    freeze->work_size = size;
    return work;
}

static void describe(struct frozen_work *work, const struct memory_range *ranges) {
    for (size_t i = 0; i < work->tasks.count; i++)
        if (work->tasks.task[i].record && work->threads[i].tid > 0)
            work->threads[i].stack_size = work->tasks.task[i].record->stack_size;
    extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));
    work->frozen = (struct lw_frozen){.magic = LW_FROZEN_MAGIC,
                                      .requeues = process.requeues,
                                      .every_offset = options.reach > 1,
                                      .size = sizeof work->frozen,
                                      .end = (uintptr_t)work->end,
                                      .threads = (uintptr_t)work->threads,
                                      .thread_count = work->tasks.count,
                                      .ranges = (uintptr_t)ranges,
                                      .range_count = MEMORY_RANGES,
                                      .words = (uintptr_t)work->words.word,
                                      .word_count = work->words.count,
                                      .image_start = (uintptr_t)&__ehdr_start,
                                      .image_end = (uintptr_t)&__ehdr_start + image_size(&__ehdr_start)};
}

static bool put_caller(struct frozen_work *work, const void *context, uintptr_t sp) {
    for (size_t i = 0; i < work->tasks.count; i++) {
        if (work->tasks.task[i].tid != work->caller)
            continue;
        struct lw_frozen_thread *thread = &work->threads[i];
        *thread = (struct lw_frozen_thread){.tid = work->caller,
                                            .flags = LW_FROZEN_CALLER | LW_FROZEN_HELD,
                                            .sp = sp,
                                            .handle = (uint64_t)work->tasks.task[i].record->handle};
        if (context)
            put_held(thread, context, work->tasks.task[i].record);
        return thread->handle != 0;
    }
    return false;
}

/* A thread that sleeps makes no process: after the first look only those that were held are asked. */
static bool shares_memory(const struct frozen_work *work, bool only_held) {
    for (size_t i = 0; i < work->tasks.count; i++)
        if ((!only_held || (work->threads[i].flags & LW_FROZEN_HELD)) &&
            kernel_shares_memory(work->tasks.directory, work->tasks.task[i].tid))
            return true;
    return false;
}

/* What threads that are about to begin are given is in their records only. */
static bool put_arguments(struct held_words *words) {
    for (const struct thread *record = thread_first(); record; record = record->next) {
        if (!record->argument)
            continue;
        if (words->count == words->room)
            return false;
        words->word[words->count++] = (uintptr_t)record->argument;
    }
    return true;
}

static enum lw_frozen_refusal hold_all(struct frozen_work *work, const void *context, uintptr_t sp) {
    if (work->tasks.directory < 0)
        return LW_FROZEN_NO_SYSTEM;
    for (size_t i = 0; i < work->tasks.count; i++)
        if (!tasks_record(&work->tasks, i) && !tasks_has_exited(&work->tasks, i))
            return LW_FROZEN_UNKNOWN;
        else
            work->tasks.task[i].record = tasks_record(&work->tasks, i);
    if (!put_caller(work, context, sp))
        return LW_FROZEN_UNKNOWN;
    enum lw_frozen_refusal refusal = settle_all(work);
    if (refusal != LW_FROZEN_NONE)
        return refusal;
    if (tasks_now(&work->tasks) != work->tasks.count + (process.hidden_tid != 0))
        return LW_FROZEN_MOVED;
    if (!put_arguments(&work->words))
        return LW_FROZEN_MANY;
    return shares_memory(work, true) ? LW_FROZEN_SHARED : kernel_held(&work->words, work->tasks.directory);
}

static void begin(struct freeze *freeze) {
    struct frozen_work *work = work_new(freeze);
    const struct memory_range *ranges = memory_ranges();
    if (!work || !ranges)
        freeze->refusal = LW_FROZEN_MEMORY;
    else if (shares_memory(work, false))
        freeze->refusal = LW_FROZEN_SHARED;
    else if (!hold_begin())
        freeze->refusal = LW_FROZEN_SIGNAL;
    if (freeze->refusal != LW_FROZEN_NONE)
        return;
    freeze->holds = true;
    freeze->refusal = hold_all(work, freeze->context, freeze->sp);
    if (freeze->refusal == LW_FROZEN_NONE) {
        describe(work, ranges);
        freeze->frozen = &work->frozen;
    } else {
        freeze_release(freeze, false);
    }
}

static void give_back(struct freeze *freeze) {
    struct frozen_work *work = freeze->work;
    __atomic_store_n(&work->end->refusal, (uint32_t)freeze->refusal, __ATOMIC_RELEASE);
    memory_unmap(work->end, sizeof *work->end + work->tasks.count);
    tasks_drop(&work->tasks);
    memory_unmap(work, freeze->work_size);
    freeze->work = NULL;
}

/* What may be otherwise the next time. */
static bool may_pass(enum lw_frozen_refusal refusal) {
    return refusal == LW_FROZEN_MOVED || refusal == LW_FROZEN_UNKNOWN || refusal == LW_FROZEN_DEAF;
}

bool freeze_again(struct freeze *freeze) {
    while (may_pass(freeze->refusal) && freeze->work && ++freeze->attempts < FREEZE_ATTEMPTS) {
        give_back(freeze);
        *freeze = (struct freeze){.context = freeze->context, .sp = freeze->sp, .attempts = freeze->attempts};
        begin(freeze);
        if (freeze->frozen)
            return true;
    }
    return false;
}

struct freeze freeze_begin(const void *context, uintptr_t sp) {
    struct freeze freeze = {.refusal = LW_FROZEN_NONE, .context = context, .sp = sp};
    restless.count = 0;
    begin(&freeze);
    if (!freeze.frozen)
        freeze_again(&freeze);
    return freeze;
}

void freeze_measure(struct freeze *freeze) {
    freeze->frozen->pages = mapped_pages();
}

void freeze_release(struct freeze *freeze, bool copied) {
    struct frozen_work *work = freeze->work;
    if (!freeze->holds)
        return;
    freeze->holds = false;
    bool moved = false;
    for (size_t i = 0; i < work->tasks.count && freeze->frozen; i++)
        if ((work->threads[i].flags & LW_FROZEN_ASLEEP) && !still_sleeps(work, i)) {
            add_restless(work->threads[i].tid);
            moved = true;
        }
    moved |= !hold_end();
    work->end->held_ns = work->held_since ? clock_ns(CLOCK_MONOTONIC) - work->held_since : 0;
    if (freeze->refusal == LW_FROZEN_NONE)
        freeze->refusal = !copied ? LW_FROZEN_NO_COPY : moved ? LW_FROZEN_MOVED : LW_FROZEN_NONE;
}

/* One that had been woken by the moment of the copy is on its way out of its call, or has moved since: or it sleeps again, and
 * then nobody had anything for it. */
static void look_again(struct frozen_work *work) {
    static const struct waiter_batches none;
    for (size_t i = 0; i < work->tasks.count; i++) {
        const struct lw_frozen_thread *thread = &work->threads[i];
        if (!(thread->flags & LW_FROZEN_ASLEEP) || (thread->flags & LW_FROZEN_TIMED) || thread->object == 0)
            continue;
        struct observation seen = observe_task(&work->tasks, &none, i, work->tasks.task[i].record);
        work->end->asleep[i] = still_sleeps(work, i) && seen.by_record &&
                               seen.kernel.state == KERNEL_SLEEPS && seen.moves == work->moves[i] &&
                               object_of(&seen) == thread->object;
    }
}

void freeze_end(struct freeze *freeze) {
    struct frozen_work *work = freeze->work;
    if (!work)
        return;
    if (freeze->refusal == LW_FROZEN_NONE)
        look_again(work);
    give_back(freeze);
    *freeze = (struct freeze){.refusal = freeze->refusal};
}
