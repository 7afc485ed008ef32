#include "freeze.h"

#include <link.h>
#include <string.h>

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
#include "settle.h"

enum { WORDS = 64 * 1024 };

/* The second number of /proc/self/statm is resident, the first is what is mapped, in pages. */
static uint64_t mapped_pages(void) {
    char words[128];
    const char *at = words;
    uint64_t pages;
    return sys_read_file(AT_FDCWD, "/proc/thread-self/statm", words, sizeof words) > 0 &&
                   text_number(&at, &pages)
               ? pages
               : 0;
}

static struct frozen_work *work_new(struct freeze *freeze) {
    struct tasks tasks = tasks_list();
    size_t size = sizeof(struct frozen_work) + WORDS * sizeof(uint64_t) +
                  tasks.count * (sizeof(struct lw_frozen_thread) + sizeof(uint64_t));
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
    freeze->work = work;
    freeze->work_size = size;
    return work;
}

static void describe(struct frozen_work *work, const struct memory_range *ranges, bool every_offset) {
    bool handled = dispositions_could_interrupt(); /* as it is for all of them, now that nothing runs */
    for (size_t i = 0; i < work->tasks.count; i++) {
        if (handled && (work->threads[i].flags & LW_FROZEN_ASLEEP))
            work->threads[i].flags |= LW_FROZEN_HANDLED;
        const struct thread *record = work->tasks.task[i].record;
        if (record && work->threads[i].tid > 0 && !(record->flags & (THREAD_GIVEN_STACK | THREAD_MAIN)))
            work->threads[i].stack_size = record->stack_size;
    }
    extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));
    work->frozen = (struct lw_frozen){.magic = LW_FROZEN_MAGIC,
                                      .arranges_wakes = process.arranges_wakes,
                                      .files_unknown = work->files_unknown,
                                      .every_offset = every_offset,
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
    int caller = (int)sys_call(SYS_gettid);
    for (size_t i = 0; i < work->tasks.count; i++) {
        if (work->tasks.task[i].tid != caller)
            continue;
        struct lw_frozen_thread *thread = &work->threads[i];
        *thread = (struct lw_frozen_thread){.tid = caller,
                                            .flags = LW_FROZEN_HELD,
                                            .sp = sp,
                                            .handle = (uint64_t)work->tasks.task[i].record->handle};
        if (context)
            settle_held(thread, context, work->tasks.task[i].record);
        return thread->handle != 0;
    }
    return false;
}

/* A thread that sleeps makes no process, and keeps its descriptors: after the first look only those that were held are asked. */
static enum lw_frozen_refusal what_is_shared(struct frozen_work *work, bool only_held) {
    for (size_t i = 0; i < work->tasks.count; i++) {
        int tid = work->tasks.task[i].tid;
        if (only_held && !(work->threads[i].flags & LW_FROZEN_HELD))
            continue;
        if (kernel_shares_memory(work->tasks.directory, tid))
            return LW_FROZEN_SHARED;
        enum kernel_answer own = tasks_has_exited(&work->tasks, i) ? KERNEL_NO : kernel_has_own_files(tid);
        if (own == KERNEL_YES)
            return LW_FROZEN_FILES;
        work->files_unknown |= own == KERNEL_UNKNOWN;
    }
    return LW_FROZEN_NONE;
}

/* What threads that are about to begin are given is in their records only. */
static bool put_arguments(struct held_words *words) {
    for (const struct thread *record = thread_first(); record; record = record->next) {
        uint32_t flags = __atomic_load_n(&record->flags, __ATOMIC_ACQUIRE);
        bool is_over = !(flags & THREAD_USED) || (flags & THREAD_ENDING);
        if (is_over || !record->argument)
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
    for (size_t i = 0; i < work->tasks.count; i++) {
        struct task *task = &work->tasks.task[i];
        task->record = tasks_record(&work->tasks, i);
        if (!task->record && !tasks_has_exited(&work->tasks, i))
            return LW_FROZEN_UNKNOWN;
    }
    if (!put_caller(work, context, sp))
        return LW_FROZEN_UNKNOWN;
    enum lw_frozen_refusal refusal = settle_all(work);
    if (refusal != LW_FROZEN_NONE)
        return refusal;
    size_t now = tasks_now(&work->tasks);
    if (now != work->tasks.count + tasks_hidden())
        return LW_FROZEN_MOVED;
    if (!put_arguments(&work->words))
        return LW_FROZEN_MANY;
    refusal = what_is_shared(work, true);
    return refusal != LW_FROZEN_NONE ? refusal : kernel_held(&work->words, work->tasks.directory);
}

static void begin(struct freeze *freeze) {
    struct frozen_work *work = work_new(freeze);
    const struct memory_range *ranges = memory_ranges();
    if (!work || !ranges)
        freeze->refusal = LW_FROZEN_MEMORY;
    else
        freeze->refusal = what_is_shared(work, false);
    if (freeze->refusal == LW_FROZEN_NONE && !hold_begin())
        freeze->refusal = LW_FROZEN_SIGNAL;
    if (freeze->refusal != LW_FROZEN_NONE)
        return;
    freeze->holds = true;
    freeze->refusal = hold_all(work, freeze->context, freeze->sp);
    if (freeze->refusal == LW_FROZEN_NONE) {
        describe(work, ranges, freeze->every_offset);
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
        *freeze = (struct freeze){.context = freeze->context,
                                  .sp = freeze->sp,
                                  .every_offset = freeze->every_offset,
                                  .attempts = freeze->attempts};
        begin(freeze);
        if (freeze->frozen)
            return true;
    }
    return false;
}

struct freeze freeze_begin(const void *context, uintptr_t sp, bool every_offset) {
    struct freeze freeze = {
        .refusal = LW_FROZEN_NONE, .context = context, .sp = sp, .every_offset = every_offset};
    settle_forget();
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
        if ((work->threads[i].flags & LW_FROZEN_ASLEEP) && !settle_still_sleeps(work, i))
            moved = true;
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
        work->end->asleep[i] = settle_still_sleeps(work, i) && seen.by_record &&
                               seen.kernel.state == KERNEL_SLEEPS && seen.moves == work->moves[i] &&
                               settle_object(&seen) == thread->object;
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
