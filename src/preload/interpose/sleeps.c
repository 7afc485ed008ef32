/* Sleeping, and waiting for a signal. */
#include <errno.h>
#include <signal.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "dispositions.h"
#include "process.h"
#include "wrap.h"

#define SLEEPS (ROW_PLAIN(SLEEP, SYS_clock_nanosleep, SYS_nanosleep))

/* How long there is left to sleep is asked of the kernel, which knows it best. It puts that where the program wants it
 * before a handler of the program's runs, and there it must be then; it may be the very place that the span is in (Rust's
 * std, and most loops of C). If only snapshots came, the place is made what it was. It is looked at first, not followed: if
 * it cannot be had, only the program's own signal is to end the sleep with that error. */
#define SLEEPS_ON(call, is_interrupted, bad_place)                                   \
    struct timespec own, before, next, *to = rest;                                   \
    bool resumed = false;                                                            \
    if (!rest || sys_peek((uintptr_t)rest, &before, sizeof before) != sizeof before) \
        to = &own;                                                                   \
    int result = call(span, to);                                                     \
    while (wait_again(&wait, result)) {                                              \
        resumed = true;                                                              \
        next = *to;                                                                  \
        result = call(&next, to);                                                    \
    }                                                                                \
    if (resumed && to == rest && !(is_interrupted))                                  \
        *rest = before;                                                              \
    if (to != rest && rest && (is_interrupted))                                      \
        bad_place;                                                                   \
    return result;

CALL_ROW(int, nanosleep, "nanosleep", (const struct timespec *, struct timespec *), SLEEPS)
EXPORTED int nanosleep(const struct timespec *span, struct timespec *rest) {
    UNLESS_ASIDE(nanosleep, (span, rest));
    WAITING(nanosleep, FOR_TIMESPEC(span));
    SLEEPS_ON(REAL(nanosleep), result == -1 && errno == EINTR, errno = EFAULT)
}
ALSO(__nanosleep, nanosleep)

CALL_ROW(int, thrd_sleep, "thrd_sleep", (const struct timespec *, struct timespec *),
         (UNPACK SLEEPS, .interrupted = INTERRUPTED_BARE))
/* Answers -1 if it was interrupted, and another negative number for an error; errno is left alone. */
EXPORTED int thrd_sleep(const struct timespec *span, struct timespec *rest) {
    UNLESS_ASIDE(thrd_sleep, (span, rest));
    WAITING(thrd_sleep, FOR_TIMESPEC(span));
    SLEEPS_ON(REAL(thrd_sleep), result == -1, result = -2)
}

CALL_ROW(int, clock_nanosleep, "clock_nanosleep",
         (clockid_t, int, const struct timespec *, struct timespec *),
         (UNPACK SLEEPS, .interrupted = INTERRUPTED_RETURNED))
#define ON_CLOCK(span, to) REAL(clock_nanosleep)(clock, flags, span, to)
/* Answers an error number. Until an absolute time there is no rest. */
EXPORTED int clock_nanosleep(clockid_t clock, int flags, const struct timespec *span, struct timespec *rest) {
    UNLESS_ASIDE(clock_nanosleep, (clock, flags, span, rest));
    WAITING(clock_nanosleep, .timeout = (uintptr_t)span,
            .timeout_form = flags & TIMER_ABSTIME ? TIMEOUT_AT : TIMEOUT_TIMESPEC);
    if (flags & TIMER_ABSTIME) {
        int result;
        do
            result = REAL(clock_nanosleep)(clock, flags, span, rest);
        while (wait_again(&wait, result));
        return result;
    }
    SLEEPS_ON(ON_CLOCK, result == EINTR, result = EFAULT)
}

WAITS(int, usleep, (useconds_t span), (span), SLEEPS, (.timeout = span, .timeout_form = TIMEOUT_US),
      if (again) span = (useconds_t)((wait_left_ns(&wait, wait.on.timeout * 1000u) + 999u) / 1000u))

CALL_ROW(unsigned, sleep, "sleep", (unsigned), (UNPACK SLEEPS, .interrupted = INTERRUPTED_REST))
/* Answers the seconds that were not slept, without an error. */
EXPORTED unsigned sleep(unsigned seconds) {
    UNLESS_ASIDE(sleep, (seconds));
    WAITING(sleep, .timeout = seconds, .timeout_form = TIMEOUT_SECONDS);
    unsigned rest = REAL(sleep)(seconds);
    /* What is left is cut to whole seconds, so 0 may mean that most of one is missing. */
    while (wait_again(&wait, rest)) {
        uint64_t ns = wait_left_ns(&wait, (uint64_t)seconds * 1000000000u);
        struct timespec left = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)}, unslept = {0};
        int saved_errno = errno;
        if (REAL(nanosleep)(&left, &unslept) == 0) {
            errno = saved_errno;
            return 0; /* it has slept it all, whatever has come meanwhile */
        }
        rest = (unsigned)unslept.tv_sec;
    }
    return rest;
}

WAITS(int, pause, (void), (), (ROW_PLAIN(PAUSE, OLD_CALLS(SYS_pause, ) SYS_ppoll)), (.object = 0))

#define WAITS_FOR_SIGNAL (ROW_PLAIN(SIGNAL_WAIT, SYS_rt_sigtimedwait))

/* A signal that is waited for but not blocked ends the process if its default action is to, and is fetched if
 * it has a handler (kernel: kernel/signal.c, complete_signal). Those that have ours are given back meanwhile;
 * the answer says which. */
static uint64_t yield_unblocked(const sigset_t *signals) {
    uint64_t wanted = 0, blocked = 0, yielded = 0;
    if (process.filtered || sys_peek((uintptr_t)signals, &wanted, sizeof wanted) != sizeof wanted)
        return 0;
    int saved_errno = errno;
    wanted &= dispositions_taken();
    if (wanted != 0 && sys_call(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &blocked, sizeof blocked) == 0)
        for (uint64_t rest = wanted & ~blocked; rest != 0; rest &= rest - 1)
            if (disposition_yield(__builtin_ctzll(rest) + 1))
                yielded |= rest & -rest;
    errno = saved_errno;
    return yielded;
}
static void resume(const uint64_t *yielded) {
    int saved_errno = errno;
    for (uint64_t rest = *yielded; rest != 0; rest &= rest - 1)
        disposition_resume(__builtin_ctzll(rest) + 1);
    errno = saved_errno;
}

#define FETCHES(fn, parameters, arguments, waits_for, ...)                                    \
    CALL_ROW(int, fn, #fn, parameters, WAITS_FOR_SIGNAL)                                      \
    EXPORTED int fn parameters {                                                              \
        UNLESS_ASIDE(fn, arguments);                                                          \
        WAITING(fn, UNPACK waits_for);                                                        \
        uint64_t yielded __attribute__((cleanup(resume), unused)) = yield_unblocked(signals); \
        struct timespec left __attribute__((unused));                                         \
        int result;                                                                           \
        bool again;                                                                           \
        do {                                                                                  \
            result = REAL(fn) arguments;                                                      \
            again = !entered.never_eintr && wait_again(&wait, result);                        \
            __VA_ARGS__;                                                                      \
        } while (again);                                                                      \
        return result;                                                                        \
    }
FETCHES(sigwait, (const sigset_t *restrict signals, int *restrict got), (signals, got), (NEVER_EINTR))
FETCHES(sigwaitinfo, (const sigset_t *restrict signals, siginfo_t *restrict info), (signals, info),
        (.object = 0))
FETCHES(sigtimedwait,
        (const sigset_t *restrict signals, siginfo_t *restrict info, const struct timespec *restrict span),
        (signals, info, span), (FOR_TIMESPEC(span)), LEFT_SPAN)

#define SUSPENDS ROW_PLAIN(SIGNAL_WAIT, SYS_rt_sigsuspend)
WAITS(int, sigsuspend, (const sigset_t *mask), (mask), (SUSPENDS), (.object = 0))
ALSO(__sigsuspend, sigsuspend)
/* BSD's takes a mask; the X/Open one takes a signal, and is what <signal.h> calls sigpause (sigpause(3)). */
int bsd_sigpause(int mask) __asm__("sigpause");
WAITS(int, bsd_sigpause, (int mask), (mask), (SUSPENDS, .name = "sigpause"), (.object = 0))
WAITS(int, sigpause, (int signal), (signal), (SUSPENDS, .name = "__xpg_sigpause"), (.object = 0))
int __sigpause(int signal_or_mask, int is_signal);
WAITS(int, __sigpause, (int signal_or_mask, int is_signal), (signal_or_mask, is_signal), (SUSPENDS),
      (.object = 0))
