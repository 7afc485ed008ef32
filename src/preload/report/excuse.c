#include "excuse.h"

#include <stdbool.h>

#include "arch/arch.h"
#include "interpose/dispositions.h"
#include "record/thread.h"
#include "record/wait.h"
#include "rt/sys.h"
#include "rt/table.h"

/* The real functions take little of the stack themselves. What lies deeper runs in a handler of the program's, which the
 * kernel has put below them: a call of the handler's own, not the one that the record is of. */
enum { DEPTH_OF_CALLS = 1024 };

/* The record of the call that the signal came out of; NULL if it came out of none. A handler that jumped out of a call has
 * left its record behind: what lies below the stack pointer is none. */
static struct wait *wait_around(const void *context) {
    struct thread *self = thread_current;
    struct wait *wait = self ? self->wait : NULL;
    struct registers registers;
    registers_of_context(context, &registers);
    return wait && (uintptr_t)wait - registers.sp <= DEPTH_OF_CALLS && call_is_known(wait->call) &&
                   wait->thread == self
               ? wait
               : NULL;
}

/* Has the signal come out of the system call that the wait is of, with a result that only a signal gives it? */
static bool is_interrupted(const struct wait *wait, const void *context) {
    unsigned char code[SYSTEM_CALL_CODE];
    int64_t result = context_result(context);
    if (result != -EINTR && !(wait->call->counts && result > 0))
        return false;
    return sys_peek(CONTEXT_CODE(context), code, sizeof code) == sizeof code && code_is_system_call(code);
}

void excuse_interrupted_call(siginfo_t *info, const void *context, int errno_before) {
    struct wait *wait = wait_around(context);
    /* One that has been excused already stays so: its mark lay where this signal's frame is now. */
    if (!wait || (wait->excuse == 0 && !is_interrupted(wait, context)))
        return;
    /* If the program handles the signal too, only what it wanted blocked is (dispositions.c). */
    uint64_t before;
    signals_block_all(&before);
    if (disposition_waits_to_be_heard(context_signal_mask(context)))
        wait->excuse = 0;
    else
        wait_excuse(wait, info, errno_before);
}
