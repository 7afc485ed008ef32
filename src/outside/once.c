#include "once.h"

#include "calls.h"
#include "shared/libc_objects.h"

void once_note(struct once_calls *once, struct unwinder *unwinder, int tid, const struct unwound *stack) {
    /* the first few are the wait itself */
    enum { WAIT = 1 };
    size_t depth = 0;
    const struct known_call *waits = calls_find(unwinder, stack, false, &depth);
    for (size_t i = waits ? depth + 1 : WAIT; i + 1 < stack->count && once->count < ONCE_CALLS; i++) {
        if (!calls_runs_once(unwinder_name(unwinder, stack->frame[i], true).name))
            continue;
        once->of[once->count].tid = tid;
        once->of[once->count].start = stack->base[i];
        once->of[once->count++].end = stack->base[i + 1];
    }
}

/* libc's function has what undoes it, should the thread be cancelled, in its frame: with the address of the control
 * (nptl/pthread_once.c, clear_once_control). */
static bool frame_has(const struct target *target, uint64_t start, uint64_t end, uint64_t control) {
    enum { LARGEST = 4096 };
    uint64_t word;
    for (uint64_t at = start; at + sizeof word <= end && at - start < LARGEST; at += sizeof word)
        if (target_has(target, at, &word, sizeof word) && word == control)
            return true;
    return false;
}

static bool is_under_way(const struct target *target, uint64_t control) {
    char bytes[OBJECT_BYTES];
    return target_has(target, control, bytes, object_size(LW_WAIT_ONCE)) &&
           object_of(LW_WAIT_ONCE, bytes, CONDITION_UNKNOWN).unsatisfied;
}

static void put_runner(const struct once_calls *once, struct snapshot_writer *writer, uint64_t control) {
    for (size_t k = 0; k < once->count; k++) {
        if (!frame_has(once->target, once->of[k].start, once->of[k].end, control) ||
            !is_under_way(once->target, control))
            continue;
        struct lw_snapshot_hold *hold = snapshot_hold(writer);
        if (hold)
            *hold = (struct lw_snapshot_hold){.lock = control, .tid = once->of[k].tid, .kind = LW_HOLD_ONCE};
        return;
    }
}

void once_put(const struct once_calls *once, struct snapshot_writer *writer) {
    const struct lw_snapshot_thread *threads =
        (const void *)((const char *)writer->base + writer->header->threads.offset);
    uint64_t put[ONCE_CALLS], count = 0;
    for (uint64_t i = 0; i < writer->header->threads.count && count < ONCE_CALLS; i++) {
        bool known = threads[i].kind != LW_WAIT_ONCE;
        for (uint64_t k = 0; k < count; k++)
            known |= put[k] == threads[i].object;
        if (known)
            continue;
        put[count++] = threads[i].object;
        put_runner(once, writer, threads[i].object);
    }
}
