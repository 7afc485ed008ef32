#include "settle.h"

#include <stddef.h>
#include <string.h>

#include "capture/wait_check.h"
#include "hold.h"
#include "rt/clock.h"
#include "rt/sys.h"

enum { RED_ZONE = 128 /* System V ABI, AMD64 3.2.2 */, PATIENCE_NS = 20000000, PAUSE_NS = 50000 };

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

void settle_forget(void) {
    restless.count = 0;
}

/* A raw futex wait is known by the kernel's arguments; any other by what its wrapper says. */
uint64_t settle_object(const struct observation *seen) {
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
        .flags = LW_FROZEN_ASLEEP | (wait_is_timed(&seen->wait.on) ? LW_FROZEN_TIMED : 0),
        .sp = seen->wait.registers.sp,
        .handle = (uint64_t)work->tasks.task[i].record->handle,
        .object = settle_object(seen)};
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

/* What of the alternate stack that our handler runs on is nobody's but ours (sigaltstack(2)): up to the signal's frame if the registers in it are
 * asked for, else up to what was interrupted there, or to its end. */
static void put_alternate_stack(struct lw_frozen_thread *thread, const ucontext_t *context) {
    uintptr_t start = (uintptr_t)context->uc_stack.ss_sp, end = start + context->uc_stack.ss_size;
    if ((context->uc_stack.ss_flags & SS_DISABLE) || (uintptr_t)context < start || (uintptr_t)context >= end)
        return;
    thread->alternate_start = start;
    thread->alternate_live = thread->context != 0                      ? thread->context
                             : thread->sp >= start && thread->sp < end ? (uintptr_t)context
                                                                       : end;
}

/* Where a held thread's registers are, and its stack begins. If what the signal interrupted is a wrapped call, no register but
 * those that it preserves means anything to the program, and its wrapper has saved these. */
void settle_held(struct lw_frozen_thread *thread, const void *context, const struct thread *record) {
    struct kernel_state kernel = kernel_state_of_context(context);
    struct registers registers;
    struct wait wait;
    registers_of_context(context, &registers);
    bool wrapped = kernel.state == KERNEL_SLEEPS && kernel.number >= 0 && wait_check(record, &kernel, &wait);
    thread->sp = wrapped ? wait.registers.sp : registers.sp - RED_ZONE;
    thread->context = wrapped ? 0 : (uintptr_t)context;
    if (wrapped)
        put_record(thread, record, &wait);
    put_alternate_stack(thread, context);
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
        settle_held(thread, context, task->record);
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
        thread->tid = TASK_GONE;
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

bool settle_still_sleeps(const struct frozen_work *work, size_t i) {
    const struct task *task = &work->tasks.task[i];
    if (__atomic_load_n(&task->record->moves, __ATOMIC_ACQUIRE) == work->moves[i])
        return true;
    add_restless(task->tid);
    return false;
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
        if ((thread->tid != 0 && !asleep) || (asleep && settle_still_sleeps(work, i)) ||
            tasks_has_exited(&work->tasks, i))
            continue;
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
enum lw_frozen_refusal settle_all(struct frozen_work *work) {
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
