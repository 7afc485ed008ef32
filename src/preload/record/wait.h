/* The wait record: built by a wrapper in its own stack frame around one call in which the thread may sleep.
 *
 * Entering costs a handful of stores to the waiting thread's own stack. Nobody else ever writes to a
 * record except the snapshot signal's handler, on the same thread. The capture copies it with
 * process_vm_readv and believes it only if the thread's move count stood still and the kernel agrees:
 * a handler that siglongjmps out of a call leaves its record behind, so a record is a claim, not a fact. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "arch/arch.h"
#include "interpose/call.h"
#include "rt/clock.h"
#include "rt/sys.h"
#include "shared/snapshot.h"
#include "thread.h"

/* How a call's timeout is given. Pointers are not followed by a wrapper: they may be wild, and the kernel or
 * libc, not we, must be the one to find out. */
enum timeout_form {
    TIMEOUT_NONE,
    TIMEOUT_MS, /* int, negative for none */
    TIMEOUT_SECONDS,
    TIMEOUT_US,
    TIMEOUT_TIMESPEC, /* pointer to a span, NULL for none */
    TIMEOUT_TIMEVAL,  /* likewise */
    TIMEOUT_AT,       /* pointer to an absolute time */
    TIMEOUT_UNKNOWN,  /* there is one */
};

/* What a call waits for: the part of a wait record that its wrapper fills in. */
struct waited_for {
    uintptr_t object, second;
    uint64_t timeout; /* a value or a pointer, as timeout_form says */
    uint32_t timeout_form;
    bool never_eintr; /* it cannot fail so: looked at by the wrapper only */
};

struct wait {
    const struct call *call;
    struct wait *outer;
    struct thread *thread;
    uint64_t started; /* clock_mark */
    struct waited_for on;
    uint32_t interrupted; /* by the snapshot signal, and by nothing that the program should hear of */
    struct registers registers;
};

/* Begins a wait; what it waits for must be filled in already. Inline, so that the registers are the
 * wrapper's. */
static inline __attribute__((always_inline)) void wait_begin(struct wait *wait, const struct call *call) {
    struct thread *self = thread_self();
    wait->call = call;
    wait->thread = self;
    wait->interrupted = 0;
    wait->started = clock_mark();
    registers_save(&wait->registers);
    if (__builtin_expect(self == NULL, 0))
        return;
    wait->outer = self->wait;
    self->moves++;
    __atomic_store_n(&self->wait, wait, __ATOMIC_RELEASE);
}

/* Ends it: on return, and as a cleanup when the thread is cancelled or exits out of the call. */
static inline __attribute__((always_inline)) void wait_end(struct wait *wait) {
    struct thread *self = wait->thread;
    if (__builtin_expect(self == NULL, 0))
        return;
    __atomic_store_n(&self->wait, wait->outer, __ATOMIC_RELEASE);
    self->moves++;
}

#define WAIT_ENDS __attribute__((cleanup(wait_end)))

/* Should a call that failed be made again? Yes if it failed with EINTR only because of the snapshot signal.
 */
static inline bool wait_again(struct wait *wait, bool failed) {
    if (__builtin_expect(!failed, 1) || errno != EINTR || !wait->interrupted)
        return false;
    wait->interrupted = 0;
    return true;
}

/* What is left at this moment of a span that was ns long when the wait began. */
uint64_t wait_left_ns(const struct wait *wait, uint64_t ns);
int wait_left_ms(const struct wait *wait, int ms);
/* Both return `left`, filled, or NULL when span is NULL. */
struct timespec *wait_left_timespec(const struct wait *wait, const struct timespec *span,
                                    struct timespec *left);
