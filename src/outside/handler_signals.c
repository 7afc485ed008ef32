#include "handler_signals.h"

#include "signals_blocked.h"

/* A handler runs with its own signal blocked, and those of its sa_mask (sigaction(2)). What was blocked before, the kernel keeps in the frame, at the end of
 * the ucontext that the stack pointer is at (kernel: arch/x86/include/asm/sigframe.h). One more is the handler's own. */
void handler_signals_put(const struct target *target, const struct target_thread *thread,
                         struct unwound *stack) {
    enum { MASK_AT = 296, NOT_KNOWN = 1 };
    uint64_t blocked = 0, before;
    bool asked = false;
    for (size_t i = 0; i < stack->count; i++) {
        if (!stack->signal[i])
            continue;
        if ((!asked && !signals_blocked(target, thread, &blocked)) ||
            !target_has(target, stack->base[i] + MASK_AT, &before, sizeof before))
            return;
        asked = true;
        uint64_t more = blocked & ~before;
        bool handled = !target->handlers_known || (target->handlers & more);
        if (stack->signal[i] == NOT_KNOWN && __builtin_popcountll(more) == 1 && handled)
            stack->signal[i] = (uint8_t)(NOT_KNOWN + 1 + __builtin_ctzll(more));
        blocked = before;
    }
}
