#include "signal_frames.h"

#include "arch/arch.h"
#include "interpose/dispositions.h"
#include "rt/sys.h"

bool is_signal_frame(uintptr_t pc) {
    unsigned char code[SIGNAL_RETURN_CODE];
    return sys_peek(pc, code, sizeof code) == sizeof code && code_returns_from_signal(code);
}

/* The kernel writes the number for handlers with SA_SIGINFO alone (setup_rt_frame in arch/x86/kernel/signal_64.c, arch/arm64/kernel/signal.c); without it something older may lie
 * there. */
int signal_of_handler(uintptr_t handler, uint32_t said) {
    uint64_t handled = dispositions_of_program();
    int only = 0, count = 0;
    bool written = true, is_one = false;
    for (int signal = 1; signal <= 64 && handler != 0; signal++) {
        struct sigaction action;
        if (!(handled >> (signal - 1) & 1) || !disposition_seen(signal, &action) ||
            (uintptr_t)action.sa_sigaction != handler)
            continue;
        only = signal;
        count++;
        written &= (action.sa_flags & SA_SIGINFO) || disposition_is_taken(signal);
        is_one |= said == (uint32_t)signal;
    }
    return count == 1 ? only : count > 1 && written && is_one ? (int)said : 0;
}
