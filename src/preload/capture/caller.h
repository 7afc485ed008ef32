/* The thread that takes the snapshot. It does not sleep: it runs the capture. It counts as one that sleeps if a signal came
 * out of the system call of its wait, and that call, made again at this moment, would sleep: nothing that it waits for has
 * come since. What its registers show is also what a thread shows that was about to make the call, so it is never asked
 * whether it did sleep. */
#pragma once

#include <stdbool.h>

#include "kernel_state.h"
#include "record/thread.h"
#include "shared/snapshot.h"

/* What the signal interrupted, as the kernel would tell it of another thread (kernel_state_of_context), or of a write
 * that it cut short, the write of what is left. context: ucontext_t, or NULL. record: the caller's, or NULL. */
struct kernel_state caller_state(const void *context, const struct thread *record);

/* Is the call that it was in one that is made again, with these arguments, when the handler returns? */
bool caller_goes_on(const struct kernel_state *kernel);

/* Would it sleep again at this moment, in the wait that the thread's entry tells? Asks what is not an object of memory:
 * futex words and descriptors. */
bool caller_would_sleep(const struct lw_snapshot_thread *thread, const struct kernel_state *kernel);

/* The signals that it has blocked while it waits: those that the handler found blocked, or what the call that it was in was given for
 * them, as it is made again. */
uint64_t caller_blocked_signals(const void *context, const struct thread *record);

/* Will a signal end the wait once the handler returns? With pthread_cancel(3) one comes too. It is pending only because the
 * handler blocks it: of a thread that sleeps, none is. */
bool caller_is_called_away(const void *context);
