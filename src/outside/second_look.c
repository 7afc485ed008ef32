#include "second_look.h"

#include "live.h"
#include "signals_blocked.h"

void second_look_add(struct second_look *second, struct lw_snapshot_thread *thread,
                     const struct target_thread *from, bool inside) {
    if (thread->flags & LW_THREAD_TIMED)
        return;
    second->all_inside &= inside;
    second->of[second->count++] = (struct looked_at){.thread = thread, .from = from};
}

/* A core is of one moment, in which every thread stood where it has it. */
static bool has_slept(const struct second_look *second, const struct looked_at *looked) {
    return second->target->seen_as == 0 ? !second->target->spoilt
                                        : live_has_slept(second->target, looked->from);
}

/* Is a lock's memory this process's alone? What another process has too may be owned by a thread of that. */
static bool is_own_memory(const struct target *target, uint64_t address) {
    const struct mapping *mapping = target_mapping(target, address);
    return mapping && mapping->writable && !mapping->shared;
}

/* No thread of this number is anywhere, the lock names it all the same, and it was taken in this process: what was locked before a fork
 * bears the number of a thread of the parent's, and the child's only thread may have it. */
static void look_for_owner(const struct second_look *second, struct lw_snapshot_thread *thread) {
    const struct target *target = second->target;
    if ((thread->kind != LW_WAIT_MUTEX && thread->kind != LW_WAIT_RWLOCK_READ &&
         thread->kind != LW_WAIT_RWLOCK_WRITE) ||
        thread->owner == 0 || target->copied || target->partial || !is_own_memory(target, thread->object))
        return;
    bool live = target->seen_as != 0;
    if (live ? live_is_anywhere(target, thread->owner) : target_thread(target, thread->owner) != NULL)
        return;
    if (judge_is_same(second->judge, thread) && (!live || !live_is_anywhere(target, thread->owner)))
        thread->flags |= LW_THREAD_OWNER_GONE;
}

/* Of these signals, those that it would take while it waits. Asked before it is asked whether it has slept: then its mask has been the same
 * all the time. */
static uint64_t takes_of(const struct target *target, const struct target_thread *thread, uint64_t signals) {
    uint64_t blocked;
    return signals_blocked(target, thread, &blocked) ? signals & ~blocked : signals;
}

void second_look(struct second_look *second, struct snapshot_writer *writer) {
    const struct target *target = second->target;
    bool live = target->seen_as != 0;
    bool all = second->all_inside && second->count == writer->header->threads.count && second->count > 0 &&
               !target->partial;
    /* the moment of the proof is now: whoever was created since may do anything */
    all = all && (!live || live_has_same_threads(target));
    /* they were read after the first look at the last of the threads */
    uint64_t handled = lw_waking_signals(target->handlers), heard = live ? 0 : handled;
    for (size_t i = 0; i < second->count; i++) {
        struct lw_snapshot_thread *thread = second->of[i].thread;
        if (all && heard != handled)
            heard |= takes_of(target, second->of[i].from, handled);
        bool owned = lw_wait_traits(thread->kind) & W_OWNED;
        bool still =
            (all || owned) && has_slept(second, &second->of[i]) && judge_is_same(second->judge, thread);
        all &= still;
        if (still && owned)
            thread->flags |= LW_THREAD_STILL;
        if (owned)
            look_for_owner(second, thread);
    }
    for (size_t i = 0; all && i < second->count; i++)
        second->of[i].thread->flags |= LW_THREAD_STILL;
    writer->header->flags |= LW_PROCESS_LISTED | (all ? LW_PROCESS_LOOKED_TWICE : 0) |
                             (all && handled && !heard ? LW_PROCESS_SIGNALS_BLOCKED : 0);
}
