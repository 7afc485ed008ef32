#include "wait_check.h"

#include <sys/time.h>

#include "rt/clock.h"
#include "rt/sys.h"
#include "unwind/unwind.h"

enum { NESTING_MAX = 16, FRAME_REACH = 256 * 1024 };

/* Is a futex part of the object (or, for a condition, of its mutex) that the record names? A thread is joined
 * through a word of the block that its handle points to. */
static bool is_futex_of(const struct wait *wait, uint64_t futex) {
    enum { OBJECT_SIZE = 64, ONCE_SIZE = 4, GUARD_SIZE = 8, THREAD_BLOCK_SIZE = 4096 };
    uint64_t size = wait->call->object == OBJECT_HANDLE ? THREAD_BLOCK_SIZE
                    : wait->call->kind == LW_WAIT_ONCE  ? ONCE_SIZE
                    : wait->call->kind == LW_WAIT_GUARD ? GUARD_SIZE
                                                        : OBJECT_SIZE;
    if (wait->on.object == 0 || futex - wait->on.object < size)
        return true;
    return wait->call->object == OBJECT_ADDRESS && wait->on.second != 0 &&
           futex - wait->on.second < OBJECT_SIZE;
}

/* A lock of a mutex with priority inheritance that the kernel refuses, for it would close a cycle or its owner has ended, is waited for for
 * ever on a word of glibc's own frame (nptl/pthread_mutex_lock.c, "Delay the thread indefinitely"). */
static bool is_for_ever(const struct wait *wait, const struct kernel_state *kernel) {
    uint64_t word = kernel->argument[0];
    return wait->call->kind == LW_WAIT_MUTEX && word >= kernel->sp && word < wait->registers.sp;
}

/* Could a thread with this record be where the kernel says it is? */
static bool agrees(const struct wait *wait, const struct kernel_state *kernel) {
    if (kernel->state == KERNEL_SILENT)
        return true;
    const struct call *call = wait->call;
    if (kernel->state == KERNEL_RUNNING)
        return call->kind == LW_WAIT_SPIN;
    if (kernel->state != KERNEL_SLEEPS)
        return false;
    /* The call's own frames lie below the record's; far below is another stack or another call. Code that no
     * module has is an emulator's (valgrind), whose stack says nothing. */
    bool below = kernel->sp <= wait->registers.sp && wait->registers.sp - kernel->sp <= FRAME_REACH;
    if (!below && unwind_function_start(kernel->pc) != 0)
        return false;
    if (kernel->number < 0)
        return true; /* a page fault inside the call */
    if (call->object == OBJECT_SYSCALL)
        return kernel->number == (int64_t)wait->on.object && kernel->argument[0] == wait->on.second;
    bool listed = kernel->number == SYS_restart_syscall; /* goes on with whichever it was */
    for (int i = 0; i < 2 && call->syscalls[i] != 0; i++)
        listed |= kernel->number == (call->syscalls[i] == SYSCALL_READ ? SYS_read : call->syscalls[i]);
    if (!listed)
        return false;
    if (kernel->number == SYS_futex && !is_futex_of(wait, kernel->argument[0]) && !is_for_ever(wait, kernel))
        return false;
    return call->object != OBJECT_FD || (int)kernel->argument[0] == (int)wait->on.object;
}

/* A library's own call of syscall() within another of ours: libstdc++ waits so for a guard. The outer one says more. */
static void prefer_guard(const struct thread *record, const struct kernel_state *kernel, struct wait *wait) {
    struct wait outer;
    if (wait->call->object == OBJECT_SYSCALL &&
        sys_peek((uintptr_t)wait->outer, &outer, sizeof outer) == sizeof outer && call_is_known(outer.call) &&
        outer.thread == record && outer.call->kind == LW_WAIT_GUARD && kernel->number == SYS_futex &&
        agrees(&outer, kernel))
        *wait = outer;
}

bool wait_check(const struct thread *record, const struct kernel_state *kernel, struct wait *wait) {
    uintptr_t at = (uintptr_t)__atomic_load_n(&record->wait, __ATOMIC_ACQUIRE);
    for (int nested = 0; at != 0 && nested < NESTING_MAX; nested++) {
        if (sys_peek(at, wait, sizeof *wait) != sizeof *wait || !call_is_known(wait->call) ||
            wait->thread != record)
            return false;
        if (agrees(wait, kernel)) {
            prefer_guard(record, kernel, wait);
            return true;
        }
        at = (uintptr_t)wait->outer;
    }
    return false;
}

size_t wait_outer_objects(const struct thread *record, const struct wait *believed, enum lw_wait_kind kind,
                          uintptr_t *objects, size_t room) {
    struct wait wait;
    size_t count = 0;
    uintptr_t at =
        believed ? (uintptr_t)believed->outer : (uintptr_t)__atomic_load_n(&record->wait, __ATOMIC_ACQUIRE);
    for (int nested = 0; at != 0 && nested < NESTING_MAX && count < room; nested++) {
        if (sys_peek(at, &wait, sizeof wait) != sizeof wait || !call_is_known(wait.call) ||
            wait.thread != record)
            break;
        if (wait.call->kind == kind)
            objects[count++] = wait.on.object;
        at = (uintptr_t)wait.outer;
    }
    return count;
}

static bool peek_timespec(uintptr_t at, int64_t scale, int64_t *ns) {
    int64_t pair[2]; /* seconds, and nano- or microseconds by scale */
    if (sys_peek(at, pair, sizeof pair) != sizeof pair)
        return false;
    return !__builtin_mul_overflow(pair[0], 1000000000, ns) &&
           !__builtin_add_overflow(*ns, pair[1] * scale, ns);
}

struct waited_for wait_of_call(const struct sleeping_call *call, const uint64_t argument[6]) {
    return (struct waited_for){.timeout = argument[call->timeout_argument],
                               .timeout_form = sleeping_call_timeout_form(call, argument)};
}

bool wait_is_timed(const struct waited_for *on) {
    switch (on->timeout_form) {
    case TIMEOUT_NONE:
        return false;
    case TIMEOUT_MS:
        return (int)on->timeout >= 0;
    case TIMEOUT_TIMESPEC:
    case TIMEOUT_TIMEVAL:
    case TIMEOUT_AT:
        return on->timeout != 0;
    default:
        return true;
    }
}

int64_t wait_timeout(const struct waited_for *on, uint64_t started) {
    int64_t ns;
    if (!wait_is_timed(on))
        return -1;
    switch (on->timeout_form) {
    case TIMEOUT_MS:
        return (int64_t)(int)on->timeout * 1000000;
    case TIMEOUT_SECONDS:
        return (int64_t)on->timeout * 1000000000;
    case TIMEOUT_US:
        return (int64_t)on->timeout * 1000;
    case TIMEOUT_TIMESPEC:
        return peek_timespec(on->timeout, 1, &ns) ? ns : -1;
    case TIMEOUT_TIMEVAL:
        return peek_timespec(on->timeout, 1000, &ns) ? ns : -1;
    case TIMEOUT_AT:
        if (!peek_timespec(on->timeout, 1, &ns) || started == 0)
            return -1;
        /* Which clock the deadline is of depends on the object. No machine has been up for thirty years, and
         * no real-time clock shows a date before 2001. */
        if (ns > 1000000000ll * 1000000000ll)
            ns -= (int64_t)(clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC));
        return ns > (int64_t)started ? ns - (int64_t)started : 0;
    }
    return -1;
}
