#include "ending.h"

#include "kernel_state.h"
#include "libc_locks.h"
#include "rt/sys.h"

bool ends_soon(const struct tasks *tasks, const struct thread *record, struct clock_reading now) {
    if (!thread_is_ending(record, now, THREAD_ENDS_WITHIN))
        return false;
    struct kernel_state kernel = kernel_ask(tasks->directory, record->tid);
    if (kernel.state != KERNEL_SLEEPS || kernel.number < 0)
        return true;
    switch (kernel.number) {
    case SYS_exit:
    case SYS_madvise: /* of its stack (nptl/allocatestack.c) */
    case SYS_munmap:
        return true;
    case SYS_futex:
        return libc_uses_futex(kernel.argument[0], (uintptr_t)record->handle);
    default:
        return false;
    }
}
