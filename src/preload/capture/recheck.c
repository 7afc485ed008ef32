#include "recheck.h"

#include "arch/arch.h"
#include "object.h"
#include "process.h"
#include "record/holds.h"
#include "rt/clock.h"
#include "rt/memory.h"
#include "rt/sys.h"
#include "unwind/unwind.h"
#include "wait_check.h"

struct recheck recheck_capacity(size_t threads) {
    struct recheck second = {.room = threads + 1};
    second.of = memory_map(second.room * sizeof *second.of);
    return second;
}

void recheck_add(struct recheck *second, struct lw_snapshot_thread *thread, const struct task *task,
                 uint64_t moves, const struct kernel_state *kernel) {
    if (!second->of || second->count == second->room || (thread->flags & LW_THREAD_TIMED))
        return;
    second->of[second->count++] = (struct looked_at){
        .thread = thread, .record = task->record, .moves = moves, .sp = kernel->sp, .number = kernel->number};
}

static bool is_of_an_owner(const struct lw_snapshot_thread *thread) {
    switch (thread->kind) {
    case LW_WAIT_MUTEX:
    case LW_WAIT_RWLOCK_READ:
    case LW_WAIT_RWLOCK_WRITE:
    case LW_WAIT_JOIN:
    case LW_WAIT_ONCE:
    case LW_WAIT_SPIN:
        return true;
    default:
        return false;
    }
}

/* Is the owner, and what else a proof rests on, as it was? */
static bool same_object(const struct lw_snapshot_thread *thread, bool caller) {
    struct object object = object_read((enum lw_wait_kind)thread->kind, thread->object);
    if (!object.known)
        return !caller && !is_of_an_owner(thread);
    int32_t owner = object.owner != 0 && thread_was_initial(object.owner) ? process.pid : object.owner;
    if (is_of_an_owner(thread) && (owner != thread->owner || object.value[0] != thread->value[0] ||
                                   object.value[1] != thread->value[1]))
        return false;
    return object.unsatisfied || !caller;
}

static bool is_there(const struct tasks *tasks, int tid) {
    return kernel_ask(tasks->directory, tid).state != KERNEL_GONE;
}

/* A thread is joined through its handle, and its record tells when it has ended. */
static bool same_target(const struct tasks *tasks, const struct lw_snapshot_thread *thread) {
    return thread->owner == 0 || is_there(tasks, thread->owner);
}

static bool slept(const struct tasks *tasks, const struct looked_at *looked) {
    const struct lw_snapshot_thread *thread = looked->thread;
    uint64_t moves = looked->record ? __atomic_load_n(&looked->record->moves, __ATOMIC_ACQUIRE) : 0;
    if (moves != looked->moves)
        return false;
    if (thread->kind == LW_WAIT_SPIN) /* never sleeps; it has not left the wait */
        return true;
    struct kernel_state kernel = kernel_ask(tasks->directory, thread->tid);
    struct wait wait;
    bool there = looked->sp != 0
                     ? kernel.number == looked->number && kernel.sp == looked->sp
                     : wait_check(looked->record, &kernel, &wait) && wait.on.object == thread->object;
    return kernel.state == KERNEL_SLEEPS && there && thread->cpu_ns != 0 &&
           clock_of_thread(thread->tid) == thread->cpu_ns;
}

/* The caller does not sleep: it runs this. It did until its signal, if the kernel says so in its registers,
 * and will again if what it waits for has not come since. */
static bool caller_slept(const void *context) {
    return kernel_state_of_context(context).state == KERNEL_SLEEPS;
}

static bool is_still(const struct tasks *tasks, const struct looked_at *looked, const void *context) {
    const struct lw_snapshot_thread *thread = looked->thread;
    bool caller = thread->flags & LW_THREAD_CALLER;
    if (caller ? !caller_slept(context) : !slept(tasks, looked))
        return false;
    return thread->kind == LW_WAIT_JOIN ? same_target(tasks, thread) : same_object(thread, caller);
}

static void put_gone(struct snapshot_writer *writer, const struct thread *record, int32_t tid) {
    struct lw_snapshot_gone *gone = snapshot_gone(writer);
    if (!gone)
        return;
    struct clock_reading now = clock_reading();
    gone->tid = tid;
    gone->name = snapshot_string(writer, record->name);
    gone->creator_tid = record->creator_tid;
    gone->creator_name = snapshot_string(writer, record->creator_name);
    gone->created = clock_of_mark(record->created, now);
    gone->ended = record->ended ? clock_of_mark(record->ended, now) : 0;
    if (!record->creation)
        return;
    uint64_t frames[UNWIND_DEPTH_MAX];
    gone->creation_count =
        record->creation->count < UNWIND_DEPTH_MAX ? record->creation->count : UNWIND_DEPTH_MAX;
    for (uint32_t i = 0; i < gone->creation_count; i++)
        frames[i] = record->creation->frame[i];
    gone->creation_first = snapshot_frames(writer, frames, &gone->creation_count);
}

/* Threads that are remembered and ended with a lock: whether somebody waits for it or not, nobody will ever
 * have it. */
static void look_for_left_locks(struct snapshot_writer *writer, const struct tasks *tasks) {
    for (const struct thread *record = thread_first(); record; record = record->next) {
        int32_t tid = record->tid;
        if (tid == 0 || !thread_has_exited(record) || holds_put(NULL, record, tid) == 0 ||
            thread_that_ended(tid) != record || is_there(tasks, tid) || thread_was_initial(tid))
            continue;
        holds_put(writer, record, tid);
        put_gone(writer, record, tid);
    }
}

/* Is no thread of this number anywhere? One of another process may own a lock in memory that both have, and
 * that was not said to be shared. kill(2) finds threads too, though proc(5) does not list them. */
static bool is_nowhere(const struct tasks *tasks, int tid) {
    return !is_there(tasks, tid) && sys_call(SYS_kill, tid, 0) == -ESRCH;
}

static void look_for_owner(const struct tasks *tasks, struct lw_snapshot_thread *thread) {
    int32_t owner = thread->owner;
    if ((thread->kind != LW_WAIT_MUTEX && thread->kind != LW_WAIT_RWLOCK_READ &&
         thread->kind != LW_WAIT_RWLOCK_WRITE) ||
        owner == 0 || !is_nowhere(tasks, owner) ||
        object_read((enum lw_wait_kind)thread->kind, thread->object).owner != owner ||
        !is_nowhere(tasks, owner))
        return;
    thread->flags |= LW_THREAD_OWNER_GONE;
}

/* Were all threads that there are now found blocked, in waits that may be for each other? One that was
 * created since they were listed may do anything: this is asked between the two rounds, at the moment that a
 * proof is of. */
static bool all_blocked(const struct recheck *second, const struct snapshot_writer *writer,
                        const struct tasks *tasks) {
    size_t ours = process.hidden_tid != 0;
    for (size_t i = 0; i < second->count; i++)
        if (!(lw_wait_traits(second->of[i].thread->kind) & W_INSIDE))
            return false;
    return second->count == writer->header->threads.count && tasks_now(tasks) == second->count + ours;
}

void recheck(struct recheck *second, struct snapshot_writer *writer, const struct tasks *tasks,
             const void *context) {
    if (!second->of)
        return;
    holds_forget();
    bool all = all_blocked(second, writer, tasks);
    /* CPU time that the first look has left out. All of it comes before any second look. */
    for (size_t i = 0; i < second->count; i++)
        if (second->of[i].thread->cpu_ns == 0 && (all || is_of_an_owner(second->of[i].thread)))
            second->of[i].thread->cpu_ns = clock_of_thread(second->of[i].thread->tid);
    for (size_t i = 0; i < second->count && tasks->directory >= 0; i++) {
        struct looked_at *looked = &second->of[i];
        if (!all && !is_of_an_owner(looked->thread))
            continue;
        if (is_still(tasks, looked, context))
            looked->thread->flags |= LW_THREAD_STILL;
        look_for_owner(tasks, looked->thread);
    }
    if (tasks->directory >= 0) {
        writer->header->flags |= LW_PROCESS_LISTED;
        look_for_left_locks(writer, tasks);
    }
    if (all)
        writer->header->flags |= LW_PROCESS_LOOKED_TWICE;
    memory_unmap(second->of, second->room * sizeof *second->of);
}
