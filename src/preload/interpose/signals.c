/* The program's own handling of the signals that the shim uses: see dispositions.h. */
#include <pthread.h>
#include <signal.h>

#include "dispositions.h"
#include "options.h"
#include "process.h"
#include "wrap.h"

EXPORTED int sigaction(int signal, const struct sigaction *restrict action,
                       struct sigaction *restrict before) {
    return disposition_change(signal, action, before);
}
ALSO(__sigaction, sigaction)

/* Signals for which siginterrupt asked that calls be interrupted; libc keeps those that are not ours. */
static uint64_t interrupting;

static __sighandler_t set_handler(int signal, __sighandler_t handler, int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags}, before;
    if (!(flags & SA_NODEFER))
        sigaddset(&action.sa_mask, signal);
    if (flags & SA_RESTART && __atomic_load_n(&interrupting, __ATOMIC_RELAXED) >> (signal - 1) & 1)
        action.sa_flags &= ~SA_RESTART;
    return disposition_change(signal, &action, &before) == 0 ? before.sa_handler : SIG_ERR;
}

/* BSD's signal restarts calls and keeps the handler; System V's does neither (signal(2)). */
#define SETS_HANDLER(fn, flags)                                                      \
    CALL_ROW(__sighandler_t, fn, #fn, (int, __sighandler_t), (.kind = LW_WAIT_NONE)) \
    EXPORTED __sighandler_t fn(int signal, __sighandler_t handler);                  \
    EXPORTED __sighandler_t fn(int signal, __sighandler_t handler) {                 \
        if (!disposition_is_taken(signal) || handler == SIG_ERR)                     \
            return REAL(fn)(signal, handler);                                        \
        return set_handler(signal, handler, flags);                                  \
    }
SETS_HANDLER(signal, SA_RESTART)
SETS_HANDLER(bsd_signal, SA_RESTART)
SETS_HANDLER(ssignal, SA_RESTART)
SETS_HANDLER(sysv_signal, SA_RESETHAND | SA_NODEFER | SA_INTERRUPT)
SETS_HANDLER(__sysv_signal, SA_RESETHAND | SA_NODEFER | SA_INTERRUPT)

CALL_ROW(int, siginterrupt, "siginterrupt", (int, int), (.kind = LW_WAIT_NONE))
EXPORTED int siginterrupt(int signal, int interrupts) {
    struct sigaction action;
    if (!disposition_is_taken(signal))
        return REAL(siginterrupt)(signal, interrupts);
    uint64_t bit = 1ull << (signal - 1);
    if (interrupts)
        __atomic_fetch_or(&interrupting, bit, __ATOMIC_RELAXED);
    else
        __atomic_fetch_and(&interrupting, ~bit, __ATOMIC_RELAXED);
    if (disposition_change(signal, NULL, &action) != 0)
        return -1;
    action.sa_flags = interrupts ? action.sa_flags & ~SA_RESTART : action.sa_flags | SA_RESTART;
    return disposition_change(signal, &action, NULL);
}

/* System V's (sigset(3)): sets the handler and unblocks the signal, or with SIG_HOLD only blocks it. */
CALL_ROW(__sighandler_t, sigset, "sigset", (int, __sighandler_t), (.kind = LW_WAIT_NONE))
EXPORTED __sighandler_t sigset(int signal, __sighandler_t handler) {
    if (!disposition_is_taken(signal) || handler == SIG_ERR)
        return REAL(sigset)(signal, handler);
    struct sigaction action = {.sa_handler = handler}, before;
    sigset_t one, mask;
    sigemptyset(&one);
    sigaddset(&one, signal);
    bool holds = handler == SIG_HOLD;
    if (disposition_change(signal, holds ? NULL : &action, &before) != 0 ||
        sigprocmask(holds ? SIG_BLOCK : SIG_UNBLOCK, &one, &mask) != 0)
        return SIG_ERR;
    return sigismember(&mask, signal) ? SIG_HOLD : before.sa_handler;
}

EXPORTED int sigignore(int signal) {
    struct sigaction action = {.sa_handler = SIG_IGN};
    return disposition_change(signal, &action, NULL);
}

CALL_ROW(int, sigaltstack, "sigaltstack", (const stack_t *, stack_t *), (.kind = LW_WAIT_NONE))
EXPORTED int sigaltstack(const stack_t *restrict stack, stack_t *restrict before) {
    if (stack && !(stack->ss_flags & SS_DISABLE))
        dispositions_leave_small_stacks(stack->ss_size);
    return REAL(sigaltstack)(stack, before);
}

/* Sending. The kernel ends a process of a signal whose default action is to, before the sender comes back; a
 * handler that ends it would let the sender go on for a while, if another thread is the one to run it. So a
 * snapshot signal to the process itself is sent with the default action in place. */
static bool yields_to(bool own) {
    return own && !options.signal_named && disposition_yield(options.signal);
}
static void sent(void) {
    int saved_errno = errno;
    disposition_resume(options.signal);
    errno = saved_errno;
}

/* What one thread sends another is for the program's own handler (rustc interrupts a thread's read so), and asks for no report. */
#define SENDS(fn, parameters, arguments, own, handle, tid)         \
    CALL_ROW(int, fn, #fn, parameters, (.kind = LW_WAIT_NONE))     \
    EXPORTED int fn parameters {                                   \
        bool yielded = number == options.signal && yields_to(own); \
        if (number == options.signal && (own) && (handle || tid))  \
            thread_signalled(handle, tid);                         \
        int result = REAL(fn) arguments;                           \
        if (yielded)                                               \
            sent();                                                \
        return result;                                             \
    }
#define IS_OWN_GROUP(group) ((group) == 0 || (group) == (pid_t)sys_call(SYS_getpgid, 0))
SENDS(kill, (pid_t pid, int number), (pid, number), pid == process.pid || (pid <= 0 && IS_OWN_GROUP(-pid)), 0,
      0)
SENDS(killpg, (pid_t group, int number), (group, number), IS_OWN_GROUP(group), 0, 0)
SENDS(sigqueue, (pid_t pid, int number, const union sigval value), (pid, number, value), pid == process.pid,
      0, 0)
SENDS(tgkill, (pid_t pid, pid_t tid, int number), (pid, tid, number), pid == process.pid, 0, tid)
SENDS(pthread_kill, (pthread_t thread, int number), (thread, number), true, thread, 0)
SENDS(pthread_sigqueue, (pthread_t thread, int number, const union sigval value), (thread, number, value),
      true, thread, 0)
