#include "stack_copy.h"

#include <string.h>

#include "capture/mappings.h"
#include "options.h"
#include "process.h"
#include "rt/sys.h"
#include "unwind.h"

/* A window of another thread's stack, copied through the kernel; moved when a word outside is wanted. A copy
 * that was made when the thread ran is the only window there is: what lies above it may have changed since.
 */
struct window {
    struct stack_memory memory;
    uintptr_t start;
    size_t size;
    const char *at;
    bool fixed;
    uintptr_t from, highest; /* the stack pointer, and the highest address that was asked for */
    uintptr_t words[512];
};

static bool window_word(struct stack_memory *memory, uintptr_t address, uintptr_t *value) {
    struct window *window = (struct window *)memory;
    if (address > window->highest)
        window->highest = address;
    if (address - window->start >= window->size || window->size - (address - window->start) < sizeof *value) {
        if (window->fixed)
            return false;
        window->at = (const char *)window->words;
        window->start = address;
        window->size = sys_peek(address, window->words, sizeof window->words);
        if (window->size < sizeof *value)
            return false;
    }
    memcpy(value, window->at + (address - window->start), sizeof *value);
    return true;
}

void stack_put(struct snapshot_writer *writer, struct lw_snapshot_thread *thread,
               const struct registers *from, enum stack_registers known, struct stack_copy *copy) {
    /* Work space too large for a frame each: captures are one at a time (report.c). */
    static struct window window = {.memory = {.word = window_word, .is_code = mapping_is_code}};
    static uintptr_t frames[UNWIND_DEPTH_MAX];
    if (!process.stacks)
        return;
    window.start = window.from = window.highest = from->sp; /* nothing below it is asked for */
    window.fixed = copy && copy->only;
    window.at = copy ? copy->bytes : (const char *)window.words;
    window.size = copy ? copy->size : sys_peek(from->sp, window.words, sizeof window.words);
    size_t depth = (size_t)options.depth, first = 0;
    if (known != STACK_OF_CALLER) {
        frames[first++] = from->pc;
        thread->flags |= LW_THREAD_EXACT;
    }
    struct unwound unwound =
        unwind(from, known != STACK_SP_PC_ONLY, &window.memory, frames + first, depth - first);
    thread->stack_count = (uint32_t)(first + unwound.count);
    thread->stack_first = snapshot_frames(writer, frames, &thread->stack_count);
    if (unwound.cut)
        thread->flags |= LW_THREAD_CUT;
    if (unwound.by_frame_pointer)
        thread->flags |= LW_THREAD_FRAME_POINTERS;
    if (unwound.broken)
        thread->flags |= LW_THREAD_BROKEN;
    if (copy)
        copy->used = window.highest - window.from + sizeof(uintptr_t);
}
