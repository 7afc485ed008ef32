#include "describe.h"

#include <string.h>

#include "caller.h"
#include "describe_wait.h"
#include "ending.h"
#include "object.h"
#include "observation.h"
#include "process.h"
#include "recheck.h"
#include "record/holds.h"
#include "rt/clock.h"
#include "rt/sys.h"
#include "rt/table.h"
#include "rt/text.h"
#include "running.h"
#include "unwind/stack_copy.h"
#include "unwind/unwind.h"
#include "wait_check.h"

/* One capture's work. */
struct view {
    struct snapshot_writer *writer;
    struct tasks *tasks;
    const void *context; /* ucontext_t of what the caller was doing, or NULL */
    const struct scope *scope;
    int caller;
    struct clock_reading now;
    struct scheduler_clock scheduler;
    struct running running;
    struct recheck second;
    struct waiter_batches batches;
    bool terse;
    bool judges; /* the report says who is leaked */
    bool gone;   /* a thread that was listed was not there any more */
};

/* A thread that is alive: who it is, and what it was seen to do. */
struct subject {
    size_t index; /* among the tasks */
    int tid;
    const struct thread *record; /* NULL: nobody saw it start */
    bool is_caller;
    struct observation seen;
};

static void put_record(const struct view *view, struct lw_snapshot_thread *thread,
                       const struct thread *record) {
    struct snapshot_writer *writer = view->writer;
    uint32_t flags = __atomic_load_n(&record->flags, __ATOMIC_ACQUIRE);
    thread->created = clock_of_mark(record->created, view->now);
    thread->stack_size = record->stack_size;
    if (view->scope && scope_has(view->scope, record))
        thread->flags |= LW_THREAD_IN_SCOPE;
    if (flags & THREAD_MAIN)
        thread->flags |= LW_THREAD_MAIN;
    if (flags & THREAD_ADOPTED)
        thread->flags |= LW_THREAD_UNSEEN;
    else if (flags & THREAD_DETACHED)
        thread->flags |= flags & THREAD_MAIN ? 0 : LW_THREAD_DETACHED;
    thread->creator_tid = record->notice.creator.tid;
    if (record->notice.creator.tid)
        thread->creator_name = snapshot_string(writer, record->notice.creator.name);
    const struct stack *creation = record->creation;
    if (!creation)
        return;
    uint64_t frames[UNWIND_DEPTH_MAX];
    thread->creation_count = creation->count < UNWIND_DEPTH_MAX ? creation->count : UNWIND_DEPTH_MAX;
    for (uint32_t i = 0; i < thread->creation_count; i++)
        frames[i] = creation->frame[i];
    thread->creation_first = snapshot_frames(writer, frames, &thread->creation_count);
    if (creation->cut)
        thread->flags |= LW_THREAD_CREATION_CUT;
}

static void put_name(struct snapshot_writer *writer, struct lw_snapshot_thread *thread, int directory,
                     const struct thread *record) {
    char name[THREAD_NAME + 1];
    /* Names are followed from creation on, by wrappers; a thread that was not seen to start must be asked. */
    bool followed = record && !(record->flags & (THREAD_ADOPTED | THREAD_MAIN));
    long length = followed ? -1 : kernel_read_of(directory, thread->tid, "/comm", name, sizeof name);
    if (length > 0) {
        if (name[length - 1] == '\n')
            name[length - 1] = '\0';
        thread->name = snapshot_string(writer, name);
    } else if (record) {
        thread->name = snapshot_string(writer, record->name);
    }
}

/* Initialisations that a thread runs are among its outer waits: pthread_once calls the routine. */
static void put_initialised(struct snapshot_writer *writer, const struct thread *record, int tid,
                            const struct wait *believed) {
    uintptr_t once[4];
    size_t count = wait_outer_objects(record, believed, LW_WAIT_ONCE, once, sizeof once / sizeof *once);
    for (size_t i = 0; i < count; i++) {
        struct lw_snapshot_hold *hold =
            object_read(LW_WAIT_ONCE, once[i]).unsatisfied ? snapshot_hold(writer) : NULL;
        if (hold)
            *hold = (struct lw_snapshot_hold){.lock = once[i], .tid = tid, .kind = LW_HOLD_ONCE};
    }
}

static struct lw_snapshot_thread *begin_entry(struct snapshot_writer *writer, int tid) {
    struct lw_snapshot_thread *thread = snapshot_thread(writer);
    if (!thread)
        return NULL;
    thread->tid = tid;
    thread->fd = -1;
    thread->timeout_ns = -1;
    thread->syscall_number = -1;
    thread->value[0] = thread->value[1] = -1;
    return thread;
}

/* What the caller does now is take this snapshot; what it did is in its record, if a signal interrupted a wait. */
static void observe_caller(struct observation *seen, const void *context, const struct thread *record) {
    seen->kernel = caller_state(context, record);
    seen->by_record = record && wait_check(record, &seen->kernel, &seen->wait);
    seen->waits = seen->by_record || (seen->kernel.state == KERNEL_SLEEPS &&
                                      sleeping_call_of(seen->kernel.number, seen->kernel.argument));
}

static struct subject observe(const struct view *view, size_t index) {
    int tid = view->tasks->task[index].tid;
    struct subject who = {.index = index,
                          .tid = tid,
                          .record = tasks_record(view->tasks, index),
                          .is_caller = tid == view->caller};
    who.seen = observe_task(view->tasks, &view->batches, index, who.record);
    if (who.is_caller)
        observe_caller(&who.seen, view->context, who.record);
    return who;
}

static void put_identity(const struct view *view, struct lw_snapshot_thread *thread,
                         const struct subject *who) {
    const struct observation *seen = &who->seen;
    if (who->is_caller)
        thread->flags |= LW_THREAD_CALLER;
    if (who->tid == process.pid)
        thread->flags |= LW_THREAD_MAIN;
    else if (!who->record)
        thread->flags |= LW_THREAD_UNSEEN;
    if (who->record)
        put_record(view, thread, who->record);
    put_name(view->writer, thread, view->tasks->directory, who->record);
    thread->cpu_ns = seen->cpu_ns;
    if (seen->cpu_ns == 0 && (!view->terse || !seen->member))
        thread->cpu_ns = clock_of_thread(who->tid);
}

static void put_owned(struct snapshot_writer *writer, const struct subject *who) {
    if (!who->record)
        return;
    holds_put(writer, who->record, who->tid);
    put_initialised(writer, who->record, who->tid, who->seen.by_record ? &who->seen.wait : NULL);
}

/* Others that run are sampled when all have been described. */
static void put_running(struct view *view, struct lw_snapshot_thread *thread, const struct subject *who) {
    thread->state = LW_STATE_RUNNING;
    if (!who->is_caller) {
        running_add(&view->running, thread, who->record);
    } else if (view->context) {
        struct registers registers;
        registers_of_context(view->context, &registers);
        stack_put(view->writer, thread, &registers, STACK_ALL, NULL);
    }
}

/* A wait that no wrapper saw: when it began is when the thread ran last. The caller has run just now, to take this snapshot. */
static void put_kernel_wait(struct view *view, struct lw_snapshot_thread *thread, const struct subject *who) {
    thread->flags |= LW_THREAD_FROM_PROC;
    uint64_t since = who->is_caller ? 0 : kernel_last_ran(view->tasks->directory, who->tid, &view->scheduler);
    thread->wait_started = since != 0 && since < thread->created ? thread->created : since;
    describe_system_call(view->writer, thread, &who->seen.kernel);
}

static void put_wait(struct view *view, struct lw_snapshot_thread *thread, const struct subject *who) {
    const struct observation *seen = &who->seen;
    thread->syscall_number = seen->kernel.number;
    memcpy(thread->syscall_args, seen->kernel.argument, sizeof thread->syscall_args);
    if (seen->by_record)
        describe_recorded_wait(view->writer, thread, seen, view->now);
    else
        put_kernel_wait(view, thread, who);
    thread->state = thread->kind == LW_WAIT_SPIN      ? LW_STATE_SPINNING
                    : thread->flags & LW_THREAD_TIMED ? LW_STATE_WAITING
                                                      : LW_STATE_BLOCKED;
}

/* From the registers that the wrapper noted; else from the place that the system call was made from, which the caller of the
 * capture knows best of itself. */
static void put_stack(struct view *view, struct lw_snapshot_thread *thread, const struct subject *who) {
    const struct observation *seen = &who->seen;
    struct snapshot_writer *writer = view->writer;
    struct registers registers = {.sp = seen->kernel.sp, .pc = seen->kernel.pc};
    if (seen->by_record) {
        struct stack_copy copy = {0};
        if (seen->member)
            copy.bytes = batched_stack(&view->batches, who->index, &copy.size);
        stack_put(writer, thread, &seen->wait.registers, STACK_OF_CALLER, copy.size ? &copy : NULL);
        if (copy.used)
            batched_stack_used(&view->batches, copy.used);
    } else if (who->is_caller && view->context) {
        registers_of_context(view->context, &registers);
        stack_put(writer, thread, &registers, STACK_ALL, NULL);
    } else {
        stack_put(writer, thread, &registers, STACK_SP_PC_ONLY, NULL);
    }
}

/* For a gate of ours, as one that wants to leave by exit(3) while this report is made: it goes on when that is done. */
static bool waits_for_us(const struct subject *who) {
    const struct kernel_state *kernel = &who->seen.kernel;
    return kernel->state == KERNEL_SLEEPS && kernel->number == SYS_futex && gate_is_at(kernel->argument[0]);
}

static void put_on_its_way(struct lw_snapshot_thread *thread) {
    thread->state = LW_STATE_RUNNING;
    thread->kind = LW_WAIT_NONE;
    thread->object = thread->call = 0;
    thread->value[0] = thread->value[1] = -1;
    thread->wait_started = 0;
    thread->flags &= ~(uint32_t)LW_THREAD_FROM_PROC;
}

static bool has_moved(const struct subject *who) {
    return who->record && !who->is_caller &&
           __atomic_load_n(&who->record->moves, __ATOMIC_ACQUIRE) != who->seen.moves;
}

static void take_back_wait(struct lw_snapshot_thread *thread) {
    thread->state = LW_STATE_RUNNING;
    thread->kind = LW_WAIT_NONE;
    thread->stack_count = 0;
    thread->flags &= ~(uint32_t)(LW_THREAD_CUT | LW_THREAD_BROKEN | LW_THREAD_FRAME_POINTERS |
                                 LW_THREAD_TIMED | LW_THREAD_FROM_PROC);
}

/* A wait of the caller's that only its registers show, and that will not be made again when the handler returns, is no ground
 * for a proof. */
static bool can_be_proved(const struct subject *who) {
    return !who->is_caller || who->seen.by_record || caller_goes_on(&who->seen.kernel);
}

static void describe_live(struct view *view, size_t index) {
    struct subject who = observe(view, index);
    if (who.seen.kernel.state == KERNEL_GONE) {
        view->gone = true;
        return;
    }
    struct lw_snapshot_thread *thread = begin_entry(view->writer, who.tid);
    if (!thread)
        return;
    put_identity(view, thread, &who);
    put_owned(view->writer, &who);
    if (!who.seen.waits) {
        put_running(view, thread, &who);
        return;
    }
    put_wait(view, thread, &who);
    put_stack(view, thread, &who);
    if (waits_for_us(&who))
        put_on_its_way(thread);
    else if (has_moved(&who)) /* while its stack was copied: what was copied is no stack */
        take_back_wait(thread);
    else if (can_be_proved(&who))
        recheck_add(&view->second, thread, view->tasks, index, who.seen.moves, &who.seen.kernel);
}

static void describe_finished(const struct view *view, const struct thread *record) {
    struct lw_snapshot_thread *thread = begin_entry(view->writer, record->tid);
    if (!thread)
        return;
    thread->state = LW_STATE_FINISHED;
    thread->ended = record->ended ? clock_of_mark(record->ended, view->now) : 0;
    thread->name = snapshot_string(view->writer, record->name);
    put_record(view, thread, record);
}

static bool has_ended(const struct view *view, const struct thread *record) {
    return exit_notice_given(&record->notice) || (view->judges && ends_soon(view->tasks, record, view->now));
}

/* A tid whose record is over may have been given to a thread that the shim never met: then the kernel finds
 * it asleep in something else than its end. */
static bool was_given_again(const struct tasks *tasks, size_t index) {
    struct kernel_state kernel = kernel_ask(tasks->directory, tasks->task[index].tid);
    return kernel.state == KERNEL_SLEEPS && kernel.number >= 0 && kernel.number != SYS_exit &&
           kernel.number != SYS_madvise && kernel.number != SYS_munmap && kernel.number != SYS_futex;
}

void describe_threads(struct snapshot_writer *writer, struct tasks *tasks, const void *context,
                      const struct scope *scope, bool terse) {
    enum lw_trigger trigger = (enum lw_trigger)writer->header->trigger;
    struct view view = {.writer = writer,
                        .tasks = tasks,
                        .context = context,
                        .scope = scope,
                        .terse = terse,
                        .judges = trigger == LW_TRIGGER_EXIT || trigger == LW_TRIGGER_MONITOR ||
                                  trigger == LW_TRIGGER_API,
                        .caller = (int)sys_call(SYS_gettid),
                        .now = clock_reading(),
                        .second = recheck_capacity(tasks->count)};
    holds_forget();
    describe_wait_forget();
    view.batches = waiter_batches_find(tasks, view.caller, true);
    for (size_t i = 0; i < tasks->count || (view.gone && tasks_complete(tasks)); i++)
        if (tasks_has_exited(tasks, i) ? was_given_again(tasks, i)
                                       : !tasks->task[i].record || !has_ended(&view, tasks->task[i].record))
            describe_live(&view, i);
    running_look(&view.running, writer, tasks->directory);
    recheck(&view.second, writer, tasks, &view.batches, context);
    waiter_batches_drop(&view.batches);
    for (struct thread *record = thread_first(); record; record = record->next) {
        if (thread_is_joinable(record) && has_ended(&view, record))
            describe_finished(&view, record);
    }
}
