/* syscall(): how C++'s atomic waits and semaphores, Rust, and abseil reach futex, for which libc has no
 * function.
 *
 * It must be as if it were not there: a system call that cannot sleep is jumped to without a frame of ours,
 * for it may be one that returns twice (clone, vfork), or one whose caller counts its stack. */
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <unistd.h>

#include "capture/wait_check.h"
#include "process.h"
#include "record/limits.h"
#include "wrap.h"

typedef long syscall_type(long, ...);
static void *syscall_real HOT __attribute__((used));
static struct call syscall_call IN_TABLE = {
    .real = &syscall_real, .name = "syscall", .kind = LW_WAIT_SYSCALL, .object = OBJECT_SYSCALL};

enum { CALLS_KNOWN = 512 };
static const uint8_t looked_at[CALLS_KNOWN] __attribute__((used)) = {
#define X(call, ...) [SYS_##call] = 1,
    SLEEPING_CALLS(X)
#undef X
        [SYS_seccomp] = 1, /* does not sleep, but is to be seen (process.h) */
    [SYS_setsockopt] = 1,  /* likewise (record/limits.h) */
    [SYS_set_tid_address] = 1,
    [SYS_set_robust_list] = 1,
};
DISPATCH_SYSCALL("syscall", "looked_at", "512", "calls_stand_aside", "syscall_real", "syscall_looked_at")

/* Where the kernel puts what is left of a sleep (sleeps.c). 0: the call has no such argument. */
static int rest_argument(long number, const long argument[6]) {
    return number == SYS_nanosleep                                           ? 1
           : number == SYS_clock_nanosleep && !(argument[1] & TIMER_ABSTIME) ? 3
                                                                             : 0;
}

/* Makes the arguments what is left of the timeout, when the snapshot signal alone has ended the call. */
static void set_what_is_left(const struct wait *wait, const struct sleeping_call *call, long argument[6],
                             struct timespec *left) {
    if (wait->on.timeout_form == TIMEOUT_MS)
        argument[call->timeout_argument] = wait_left_ms(wait, (int)wait->on.timeout);
    else if (wait->on.timeout_form == TIMEOUT_TIMESPEC && call->number != SYS_ppoll &&
             call->number != SYS_pselect6)
        argument[call->timeout_argument] =
            (long)wait_left_timespec(wait, (const struct timespec *)wait->on.timeout, left);
}

static bool is_requeue(int operation) {
    operation &= FUTEX_CMD_MASK;
    return operation == FUTEX_REQUEUE || operation == FUTEX_CMP_REQUEUE || operation == FUTEX_CMP_REQUEUE_PI;
}

/* What the proof by reachability must know of what the program arranges with the kernel. */
static void note_arrangement(long number, long b) {
    if ((number == SYS_futex && is_requeue((int)b)) || number == SYS_set_tid_address ||
        number == SYS_set_robust_list)
        process.arranges_wakes = true;
}

__attribute__((visibility("hidden"), used)) long syscall_looked_at(long number, long a, long b, long c,
                                                                   long d, long e, long f);
long syscall_looked_at(long number, long a, long b, long c, long d, long e, long f) {
    long argument[] = {a, b, c, d, e, f};
    const struct sleeping_call *call = sleeping_call_of(number, (const uint64_t *)argument);
    syscall_type *real = REAL(syscall);
    note_arrangement(number, b);
    if (!call) {
        if (number == SYS_setsockopt && option_is_limit((int)b, (int)c))
            limit_set();
        long result = real(number, a, b, c, d, e, f);
        if (number == SYS_seccomp && result == 0 &&
            (a == SECCOMP_SET_MODE_STRICT || a == SECCOMP_SET_MODE_FILTER))
            process.filtered = true;
        return result;
    }
    WAIT_ENDS struct wait wait;
    wait.on = wait_of_call(call, (const uint64_t *)argument);
    wait.on.object = (uintptr_t)number;
    wait.on.second = (uintptr_t)a;
    struct timespec left, own, before;
    int rest_at = rest_argument(number, argument);
    struct timespec *rest = rest_at ? (struct timespec *)argument[rest_at] : NULL, *to = rest;
    bool resumed = false;
    if (rest_at && (!rest || sys_peek((uintptr_t)rest, &before, sizeof before) != sizeof before))
        to = &own;
    if (rest_at)
        argument[rest_at] = (long)to;
    wait_begin(&wait, &syscall_call);
    long result = real(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
    while (wait_again(&wait, result)) {
        resumed = true;
        if (rest_at) {
            left = *to;
            argument[call->timeout_argument] = (long)&left;
        } else {
            set_what_is_left(&wait, call, argument, &left);
        }
        result = real(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
    }
    bool is_interrupted = result == -1 && errno == EINTR;
    if (resumed && rest && to == rest && !is_interrupted)
        *rest = before;
    if (rest && to != rest && is_interrupted)
        errno = EFAULT;
    return result;
}
