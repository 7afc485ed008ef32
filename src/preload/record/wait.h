/* The wait record: built by a wrapper in its own stack frame around one call in which the thread may sleep.
 *
 * Entering costs a handful of stores to the waiting thread's own stack. Nobody else ever writes to a
 * record except the snapshot signal's handler, on the same thread. The capture copies it with
 * process_vm_readv and believes it only if the thread's move count stood still and the kernel agrees:
 * a handler that siglongjmps out of a call leaves its record behind, so a record is a claim, not a fact. */
#pragma once

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "arch/arch.h"
#include "interpose/call.h"
#include "rt/clock.h"
#include "rt/sys.h"
#include "shared/sleeping_calls.h"
#include "shared/snapshot.h"
#include "thread.h"

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
    uintptr_t
        excuse; /* set when the snapshot signal alone interrupted the call: where its mark is (wait.c) */
    int errno_before; /* the call, then */
    struct registers registers;
};

/* Begins a wait; what it waits for must be filled in already. Inline, so that the registers are the
 * wrapper's. */
static inline __attribute__((always_inline)) void wait_begin(struct wait *wait, const struct call *call) {
    struct thread *self = thread_self();
    wait->call = call;
    wait->thread = self;
    wait->excuse = 0;
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
    stores_in_order(); /* the next record may lie in the same place */
}

#define WAIT_ENDS __attribute__((cleanup(wait_end)))

/* Notes, in the snapshot signal's handler, that the call which the signal interrupted is to go on. info: the handler's
 * own, in the signal's frame. */
void wait_excuse(struct wait *wait, siginfo_t *info, int errno_before);

/* When the snapshot signal last came to the process, not to one thread: the kernel wakes a thread for it, and another may
 * take it first, and then a call has been interrupted for nothing. CLOCK_MONOTONIC ns; 0: not lately. */
extern uint64_t wait_snapshot_at;
void wait_snapshot_taken(void);

/* Should a call that returned this be made again? Yes if the snapshot signal alone has made it return; errno is then
 * what it was before. */
bool wait_goes_on(struct wait *wait, long result);
static inline __attribute__((always_inline)) bool wait_may_be_excused(const struct wait *wait) {
    return wait->excuse != 0 || wait_snapshot_at != 0;
}
/* Besides: calls that failed in one of the ways to say that they were interrupted. */
static inline __attribute__((always_inline)) bool wait_again(struct wait *wait, long result) {
    return __builtin_expect(wait_may_be_excused(wait) || result == -1 || result == EINTR || result == -EINTR,
                            0) &&
           wait_goes_on(wait, result);
}

/* What is left at this moment of a span that was ns long when the wait began. */
uint64_t wait_left_ns(const struct wait *wait, uint64_t ns);
int wait_left_ms(const struct wait *wait, int ms);
/* Both return `left`, filled, or NULL when span is NULL. */
struct timespec *wait_left_timespec(const struct wait *wait, const struct timespec *span,
                                    struct timespec *left);
