#include "dispositions.h"

#include <string.h>

#include "call.h"
#include "process.h"
#include "rt/sys.h"
#include "rt/table.h"
#include "shared/snapshot.h"

CALLS(int, real_sigaction, "sigaction", (int, const struct sigaction *, struct sigaction *))

struct taken {
    void (*handler)(int, siginfo_t *, void *);
    bool ends;
    unsigned version;         /* odd while `program` changes */
    unsigned yields;          /* disposition_yield */
    struct sigaction program; /* as the program set it */
};

static struct taken taken[65];
static uint64_t all_taken; /* bit n - 1 is signal n */
static struct gate gate GATE;

bool disposition_has_handler(const struct sigaction *action) {
    return (action->sa_flags & SA_SIGINFO) ||
           (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN);
}

/* Of a stack on which the kernel's frame, with the processor's state in it, and our handler's few words have room: 4 KiB have it not. */
enum { SMALL_STACK = 8192 };
static bool stacks_are_small;

/* *program loses the flags that the kernel does not keep (SA_INTERRUPT since 5.11): it is what will be
 * answered. */
static int install_ours(int signal, struct sigaction *program) {
    struct taken *shared = &taken[signal];
    /* SA_ONSTACK: without an alternate stack it changes nothing, and Go insists on it. */
    struct sigaction ours = {.sa_flags = SA_SIGINFO | SA_RESTART | (stacks_are_small ? 0 : SA_ONSTACK)};
    /* Everything is blocked meanwhile: a signal of the program's that comes then must be pending when the
     * handler decides whether the call that it interrupted may go on (triggers.c). */
    memset(&ours.sa_mask, 0xff, sizeof ours.sa_mask);
    if (disposition_has_handler(program)) {
        ours.sa_flags = (program->sa_flags & ~SA_RESETHAND) | SA_SIGINFO;
        ours.sa_mask = program->sa_mask;
    }
    ours.sa_sigaction = shared->handler;
    int result = REAL(real_sigaction)(signal, &ours, NULL);
    struct sigaction kept;
    if (result == 0 && disposition_has_handler(program) && REAL(real_sigaction)(signal, NULL, &kept) == 0)
        program->sa_flags &= kept.sa_flags | ~ours.sa_flags;
    return result;
}

static void remember(struct taken *shared, const struct sigaction *program) {
    __atomic_fetch_add(&shared->version, 1, __ATOMIC_ACQ_REL);
    shared->program = *program;
    __atomic_fetch_add(&shared->version, 1, __ATOMIC_ACQ_REL);
}

void disposition_take(int signal, void (*handler)(int, siginfo_t *, void *), bool ends) {
    struct taken *shared = &taken[signal];
    if (REAL(real_sigaction)(signal, NULL, &shared->program) != 0)
        return;
    shared->handler = handler;
    shared->ends = ends;
    all_taken |= (uint64_t)1 << (signal - 1);
    /* Ignored from the start (nohup, a shell's background job): so it stays. */
    if (!disposition_has_handler(&shared->program) && shared->program.sa_handler == SIG_DFL)
        install_ours(signal, &shared->program);
}

void dispositions_leave_small_stacks(size_t size) {
    if (size >= SMALL_STACK || stacks_are_small || !process_is_ours())
        return;
    uint64_t signals;
    signals_block_all(&signals);
    gate_enter(&gate);
    stacks_are_small = true;
    for (int signal = 1; signal <= 64; signal++)
        if (disposition_is_taken(signal) && disposition_is_ours(signal) &&
            !disposition_has_handler(&taken[signal].program))
            install_ours(signal, &taken[signal].program);
    gate_leave(&gate);
    signals_restore(&signals);
}

static bool is_default(const struct sigaction *action) {
    return !disposition_has_handler(action) && action->sa_handler == SIG_DFL;
}

/* What the program knows as the signal's disposition: its own where ours stands in for it. The kernel is
 * asked, for libc has ways to set one past sigaction (sigset, siginterrupt). */
static int seen_by_program(int signal, struct sigaction *seen) {
    const struct taken *shared = &taken[signal];
    int result = REAL(real_sigaction)(signal, NULL, seen);
    bool ours = (seen->sa_flags & SA_SIGINFO) && seen->sa_sigaction == shared->handler;
    if (result == 0 && (ours || (shared->yields > 0 && is_default(seen))))
        *seen = shared->program;
    return result;
}

/* A signal that ends the program is ours at SIG_DFL only, the snapshot signal is unless it is ignored. */
static bool keeps_ours(const struct taken *shared, const struct sigaction *wanted) {
    bool handled = disposition_has_handler(wanted), ignored = !handled && wanted->sa_handler == SIG_IGN;
    return !ignored && (handled ? !shared->ends : shared->yields == 0);
}

bool disposition_is_taken(int signal) {
    return signal >= 1 && signal <= 64 && taken[signal].handler;
}

uint64_t dispositions_taken(void) {
    return all_taken;
}

bool disposition_is_ours(int signal) {
    struct sigaction now;
    return disposition_is_taken(signal) && REAL(real_sigaction)(signal, NULL, &now) == 0 &&
           (now.sa_flags & SA_SIGINFO) && now.sa_sigaction == taken[signal].handler;
}

bool disposition_seen(int signal, struct sigaction *seen) {
    return seen_by_program(signal, seen) == 0;
}

bool disposition_is_handled(int signal) {
    struct sigaction seen;
    return seen_by_program(signal, &seen) == 0 && disposition_has_handler(&seen);
}

uint64_t dispositions_of_program(void) {
    enum { SIGCANCEL = 32, SIGSETXID = 33 }; /* libc's own (nptl/pthreadP.h), which sigaction refuses */
    uint64_t handled = 0;
    for (int signal = 1; signal <= 64; signal++)
        if (signal != SIGCANCEL && signal != SIGSETXID && disposition_is_handled(signal))
            handled |= (uint64_t)1 << (signal - 1);
    return handled;
}

/* The kernel is asked about those that libc keeps for itself. */
static bool is_heard(int signal) {
    struct kernel_action action;
    if (disposition_is_taken(signal))
        return disposition_is_handled(signal);
    return sys_call(SYS_rt_sigaction, signal, NULL, &action, sizeof action.mask) == 0 &&
           action.handler != (uintptr_t)SIG_DFL && action.handler != (uintptr_t)SIG_IGN;
}

bool disposition_waits_to_be_heard(uint64_t blocked) {
    uint64_t pending = 0;
    sys_call(SYS_rt_sigpending, &pending, sizeof pending);
    for (pending &= ~blocked; pending; pending &= pending - 1)
        if (is_heard(__builtin_ctzll(pending) + 1))
            return true;
    return false;
}

static uint64_t ever_handled; /* bit n - 1 is signal n */

static void note_handler(int signal, const struct sigaction *action) {
    if (disposition_has_handler(action))
        __atomic_fetch_or(&ever_handled, (uint64_t)1 << (signal - 1), __ATOMIC_ACQ_REL);
}

bool dispositions_could_interrupt(void) {
    __atomic_fetch_or(&ever_handled, dispositions_of_program(), __ATOMIC_ACQ_REL);
    return lw_waking_signals(__atomic_load_n(&ever_handled, __ATOMIC_ACQUIRE));
}

int disposition_change(int signal, const struct sigaction *action, struct sigaction *before) {
    if (!disposition_is_taken(signal)) {
        int result = REAL(real_sigaction)(signal, action, before);
        if (result == 0 && action)
            note_handler(signal, action);
        return result;
    }
    struct taken *shared = &taken[signal];
    /* Copied first: a wild pointer must fault here, not under the gate. */
    struct sigaction wanted, previous;
    if (action)
        wanted = *action;
    uint64_t signals;
    signals_block_all(&signals);
    gate_enter(&gate);
    int result = seen_by_program(signal, &previous);
    if (action && result == 0) {
        /* A vfork child runs in the parent's memory with dispositions of its own: what it sets is not
         * remembered. */
        bool ours = process_is_ours(), keep = ours && keeps_ours(shared, &wanted);
        if (ours)
            remember(shared, &wanted);
        note_handler(signal, &wanted);
        result = keep ? install_ours(signal, &wanted) : REAL(real_sigaction)(signal, &wanted, NULL);
        if (keep)
            remember(shared, &wanted);
    }
    gate_leave(&gate);
    signals_restore(&signals);
    if (result == 0 && before)
        *before = previous;
    return result;
}

struct sigaction disposition_of_program(int signal) {
    struct taken *shared = &taken[signal];
    for (;;) {
        unsigned version = __atomic_load_n(&shared->version, __ATOMIC_ACQUIRE);
        struct sigaction program = shared->program;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (version % 2 == 0 && __atomic_load_n(&shared->version, __ATOMIC_RELAXED) == version) {
            if (program.sa_flags & SA_RESETHAND)
                shared->program.sa_handler = SIG_DFL;
            return program;
        }
    }
}

bool disposition_yield(int signal) {
    if (!disposition_is_taken(signal) || !process_is_ours())
        return false;
    struct taken *shared = &taken[signal];
    uint64_t signals;
    signals_block_all(&signals);
    gate_enter(&gate);
    bool yielded = is_default(&shared->program) && (shared->yields > 0 || disposition_is_ours(signal));
    if (yielded && shared->yields++ == 0)
        REAL(real_sigaction)(signal, &shared->program, NULL);
    gate_leave(&gate);
    signals_restore(&signals);
    return yielded;
}

void disposition_resume(int signal) {
    struct taken *shared = &taken[signal];
    struct sigaction now;
    uint64_t signals;
    signals_block_all(&signals);
    gate_enter(&gate);
    if (shared->yields > 0 && --shared->yields == 0 && REAL(real_sigaction)(signal, NULL, &now) == 0 &&
        is_default(&now) && is_default(&shared->program))
        install_ours(signal, &shared->program);
    gate_leave(&gate);
    signals_restore(&signals);
}

/* Other threads of the parent may have been in the middle of a change, or of a call to which a signal was
 * yielded. */
void dispositions_forked(void) {
    gate = (struct gate){0};
    for (int signal = 1; signal <= 64; signal++)
        if (taken[signal].yields > 0) {
            taken[signal].yields = 1;
            disposition_resume(signal);
        }
}

/* At once, not when the handler returns: what it interrupted may be a call that had let the signal in, such as
 * sigsuspend, and which blocks it again. */
void disposition_die_of(int signal) {
    struct sigaction fatal = {.sa_handler = SIG_DFL}, before;
    uint64_t only = (uint64_t)1 << (signal - 1);
    REAL(real_sigaction)(signal, &fatal, &before);
    sys_call(SYS_tgkill, sys_call(SYS_getpid), sys_call(SYS_gettid), signal);
    sys_call(SYS_rt_sigprocmask, SIG_UNBLOCK, &only, NULL, sizeof only);
    REAL(real_sigaction)(signal, &before, NULL);
}
