#include "recheck.h"

#include "arch/arch.h"
#include "caller.h"
#include "descriptor.h"
#include "interpose/dispositions.h"
#include "mappings.h"
#include "object.h"
#include "process.h"
#include "record/holds.h"
#include "rt/clock.h"
#include "rt/memory.h"
#include "rt/sys.h"
#include "signal_mask.h"
#include "unwind/unwind.h"
#include "wait_check.h"

struct recheck recheck_capacity(size_t threads) {
    struct recheck second = {.room = threads + 1};
    second.of = memory_map(second.room * sizeof *second.of);
    return second;
}

void recheck_add(struct recheck *second, struct lw_snapshot_thread *thread, const struct tasks *tasks,
                 size_t task, uint64_t moves, const struct kernel_state *kernel) {
    if (!second->of || second->count == second->room || (thread->flags & LW_THREAD_TIMED))
        return;
    second->of[second->count++] = (struct looked_at){.thread = thread,
                                                     .record = tasks->task[task].record,
                                                     .moves = moves,
                                                     .sp = kernel->sp,
                                                     .number = kernel->number,
                                                     .task = task};
}

static bool is_of_an_owner(const struct lw_snapshot_thread *thread) {
    switch (thread->kind) {
    case LW_WAIT_MUTEX:
    case LW_WAIT_RWLOCK_READ:
    case LW_WAIT_RWLOCK_WRITE:
    case LW_WAIT_JOIN:
    case LW_WAIT_ONCE:
    case LW_WAIT_GUARD:
    case LW_WAIT_SPIN:
    case LW_WAIT_STREAM:
    case LW_WAIT_LOADER:
        return true;
    default:
        return false;
    }
}

/* Is the owner, and what else a proof rests on, as it was? known: what has been read of the object just now, or NULL.
 * unsatisfied: it is known that the wait has not been satisfied, else the object must show it. */
static bool same_object(const struct lw_snapshot_thread *thread, const struct object *known,
                        bool unsatisfied) {
    struct object object = known ? *known : object_read((enum lw_wait_kind)thread->kind, thread->object);
    if (!object.known)
        return unsatisfied && !is_of_an_owner(thread);
    int32_t owner =
        object.owner != 0 && thread_was_initial(object.owner) && mapping_is_private(thread->object)
            ? process.pid
            : object.owner;
    if (is_of_an_owner(thread) && (owner != thread->owner || object.value[0] != thread->value[0] ||
                                   object.value[1] != thread->value[1]))
        return false;
    return unsatisfied || object.unsatisfied;
}

static bool is_there(const struct tasks *tasks, int tid) {
    return kernel_ask(tasks->directory, tid).state != KERNEL_GONE;
}

/* A thread is joined through its handle, and its record tells when it has ended. */
static bool same_target(const struct tasks *tasks, const struct lw_snapshot_thread *thread) {
    return thread->owner == 0 || is_there(tasks, thread->owner);
}

static bool has_not_moved(const struct looked_at *looked) {
    return (looked->record ? __atomic_load_n(&looked->record->moves, __ATOMIC_ACQUIRE) : 0) == looked->moves;
}

static bool has_not_run(const struct lw_snapshot_thread *thread) {
    return thread->cpu_ns != 0 && clock_of_thread(thread->tid) == thread->cpu_ns;
}

/* The wait that a thread's record tells, and the kernel does not contradict, is the one that it was found in among
 * others: a handler that interrupted it may wait for something by now. */
static bool same_wait(const struct looked_at *looked, const struct waiter_batches *batches,
                      const struct kernel_state *kernel) {
    const struct batched_waiter *member = batched_waiter(batches, looked->task);
    struct wait wait;
    return member && wait_check(looked->record, kernel, &wait) && wait.call == member->wait.call &&
           wait.started == member->wait.started && wait.on.object == member->wait.on.object;
}

static bool slept(const struct tasks *tasks, const struct waiter_batches *batches,
                  const struct looked_at *looked) {
    const struct lw_snapshot_thread *thread = looked->thread;
    if (!has_not_moved(looked))
        return false;
    if (thread->kind == LW_WAIT_SPIN) /* never sleeps; it has not left the wait */
        return true;
    struct kernel_state kernel = kernel_ask(tasks->directory, thread->tid);
    bool there = looked->sp != 0 ? kernel.number == looked->number && kernel.sp == looked->sp
                                 : same_wait(looked, batches, &kernel);
    /* That it has not moved is asked once more, behind the kernel's answer: it may have gone through a whole turn in
     * between, and where the host takes processors away a short turn can cost no CPU time (kernel:
     * kernel/sched/core.c, update_rq_clock_task). */
    return kernel.state == KERNEL_SLEEPS && there && has_not_run(thread) && has_not_moved(looked);
}

struct round {
    const struct tasks *tasks;
    struct waiter_batches *batches;
    const void *context;
};

static bool is_still(const struct round *round, const struct looked_at *looked) {
    const struct lw_snapshot_thread *thread = looked->thread;
    bool unsatisfied = true;
    if (thread->flags & LW_THREAD_CALLER) {
        struct kernel_state kernel = caller_state(round->context, looked->record);
        if (kernel.state != KERNEL_SLEEPS || caller_is_called_away(round->context))
            return false;
        unsatisfied = caller_would_sleep(thread, &kernel);
    } else if (!slept(round->tasks, round->batches, looked)) {
        return false;
    }
    return thread->kind == LW_WAIT_JOIN ? same_target(round->tasks, thread)
                                        : same_object(thread, NULL, unsatisfied);
}

static void put_gone(struct snapshot_writer *writer, const struct thread *record, int32_t tid) {
    struct lw_snapshot_gone *gone = snapshot_gone(writer);
    if (!gone)
        return;
    struct clock_reading now = clock_reading();
    gone->tid = tid;
    gone->flags = record->flags & THREAD_NOT_COPIED ? LW_GONE_NOT_COPIED : 0;
    gone->name = snapshot_string(writer, record->name);
    gone->creator_tid = record->notice.creator.tid;
    gone->creator_name = snapshot_string(writer, record->notice.creator.name);
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

static bool is_not_here(const struct tasks *tasks, int tid) {
    return !is_there(tasks, tid);
}

static void look_for_owner(const struct tasks *tasks, struct lw_snapshot_thread *thread) {
    int32_t owner = thread->owner;
    bool (*is_gone)(const struct tasks *, int) = is_nowhere;
    /* It may live in the parent, but what it locked was copied: nobody has it here. */
    bool not_copied = owner != 0 && thread_was_not_copied(owner) && mapping_is_private(thread->object);
    if (not_copied)
        is_gone = is_not_here;
    if ((thread->kind != LW_WAIT_MUTEX && thread->kind != LW_WAIT_RWLOCK_READ &&
         thread->kind != LW_WAIT_RWLOCK_WRITE) ||
        owner == 0 || !is_gone(tasks, owner) ||
        object_read((enum lw_wait_kind)thread->kind, thread->object).owner != owner || !is_gone(tasks, owner))
        return;
    thread->flags |= LW_THREAD_OWNER_GONE | (not_copied ? LW_THREAD_OWNER_NOT_COPIED : 0);
}

/* Of sockets, only those of this machine: a program that serves others need not be looked at twice. */
static bool may_end_inside(const struct lw_snapshot_thread *thread) {
    switch (thread->kind) {
    case LW_WAIT_SOCKET_READ:
    case LW_WAIT_SOCKET_WRITE:
    case LW_WAIT_ACCEPT:
        return descriptor_is_local((int)thread->fd);
    default:
        return lw_wait_traits(thread->kind) & W_INSIDE;
    }
}

/* Were all threads found blocked, in waits that may be for each other? One that was created since they were listed
 * may do anything: none_is_new is asked between the two rounds, at the moment that a proof is of. */
static bool all_blocked(const struct recheck *second, const struct snapshot_writer *writer) {
    for (size_t i = 0; i < second->count; i++)
        if (!may_end_inside(second->of[i].thread))
            return false;
    return second->count == writer->header->threads.count;
}

/* A main thread that has ended alone stays in the list as a zombie until the last of the others ends (pthread_exit(3), NOTES). Where it was
 * not found blocked with all the others, it has. */
static bool main_has_ended(const struct recheck *second) {
    for (size_t i = 0; i < second->count; i++)
        if (second->of[i].thread->tid == process.pid)
            return false;
    return true;
}

static bool none_is_new(const struct recheck *second, const struct tasks *tasks) {
    size_t now = tasks_now(tasks);
    return now == second->count + tasks_hidden() + main_has_ended(second);
}

static bool is_batched(const struct round *round, const struct looked_at *looked) {
    const struct batched_waiter *member =
        looked->sp == 0 ? batched_waiter(round->batches, looked->task) : NULL;
    return member && batched_object(round->batches, member);
}

/* Threads that sleep on one futex, after the kernel has been asked how many do. */
static bool is_still_in_batch(const struct round *round, const struct looked_at *looked) {
    const struct object *object =
        batched_object(round->batches, batched_waiter(round->batches, looked->task));
    return object && has_not_moved(looked) && same_object(looked->thread, object, true) &&
           has_not_run(looked->thread);
}

/* A thread that nobody counted on, on one of the batches' futexes, could stand for one of theirs. */
static void doubt_strangers(const struct recheck *second, const struct round *round) {
    for (size_t i = 0; i < second->count; i++) {
        const struct lw_snapshot_thread *thread = second->of[i].thread;
        if (thread->syscall_number == SYS_futex && !is_batched(round, &second->of[i]))
            batches_doubt_futex(round->batches, thread->syscall_args[0]);
    }
}

/* The signals that a thread has blocked for as long as it waits. Read before it is asked whether it has been still: then nothing has changed
 * it. */
static uint64_t blocked_signals(const struct round *round, const struct looked_at *looked) {
    uint64_t blocked;
    if (looked->thread->flags & LW_THREAD_CALLER)
        return caller_blocked_signals(round->context, looked->record);
    return signal_mask_read(round->tasks->directory, looked->thread->tid, &blocked) ? blocked : 0;
}

/* Have all threads been still? What is known at once comes first: the caller, who may make all else idle. */
static bool all_still(struct recheck *second, const struct round *round, struct lw_snapshot_header *header) {
    for (size_t i = 0; i < second->count; i++)
        if ((second->of[i].thread->flags & LW_THREAD_CALLER) && !is_still(round, &second->of[i]))
            return false;
    for (size_t i = 0; i < second->count; i++)
        if (second->of[i].thread->cpu_ns == 0)
            second->of[i].thread->cpu_ns = clock_of_thread(second->of[i].thread->tid);
    /* Up to here was the first round: the moment of the proof is now. */
    if (!none_is_new(second, round->tasks))
        return false;
    waiter_batches_again(round->batches, round->tasks);
    doubt_strangers(second, round);
    /* whoever ran before this moment may have set up one more */
    header->handlers |= dispositions_of_program();
    uint64_t handled = lw_waking_signals(header->handlers), heard = 0;
    for (size_t i = 0; i < second->count; i++) {
        const struct looked_at *looked = &second->of[i];
        if (heard != handled)
            heard |= handled & ~blocked_signals(round, looked);
        if (!(is_batched(round, looked) && is_still_in_batch(round, looked)) && !is_still(round, looked))
            return false;
    }
    if (handled && !heard)
        header->flags |= LW_PROCESS_SIGNALS_BLOCKED;
    return true;
}

void recheck(struct recheck *second, struct snapshot_writer *writer, const struct tasks *tasks,
             struct waiter_batches *batches, const void *context) {
    struct round round = {.tasks = tasks, .batches = batches, .context = context};
    if (!second->of)
        return;
    holds_forget();
    bool listed = tasks->directory >= 0;
    bool all = listed && all_blocked(second, writer) && all_still(second, &round, writer->header);
    /* CPU time that the first look has left out. All of it comes before any second look. */
    for (size_t i = 0; i < second->count; i++)
        if (second->of[i].thread->cpu_ns == 0 && is_of_an_owner(second->of[i].thread))
            second->of[i].thread->cpu_ns = clock_of_thread(second->of[i].thread->tid);
    for (size_t i = 0; i < second->count && listed; i++) {
        struct looked_at *looked = &second->of[i];
        if (all || (is_of_an_owner(looked->thread) && is_still(&round, looked)))
            looked->thread->flags |= LW_THREAD_STILL;
        if (is_of_an_owner(looked->thread))
            look_for_owner(tasks, looked->thread);
    }
    if (listed) {
        writer->header->flags |= LW_PROCESS_LISTED;
        look_for_left_locks(writer, tasks);
    }
    if (all)
        writer->header->flags |= LW_PROCESS_LOOKED_TWICE;
    memory_unmap(second->of, second->room * sizeof *second->of);
}
