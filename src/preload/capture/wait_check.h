/* A wait record is a claim. Here it is read from the waiter's stack and checked against what the kernel says.
 */
#pragma once

#include <stdbool.h>

#include "kernel_state.h"
#include "record/wait.h"

/* Copies the innermost wait record of a thread that the kernel does not contradict, following the
 * nested ones outward. False if there is none. */
bool wait_check(const struct thread *record, const struct kernel_state *kernel, struct wait *wait);

/* The objects of the waits of this kind that lie outside of the one believed, or of all if that is NULL; at
 * most `room`. Returns how many. */
size_t wait_outer_objects(const struct thread *record, const struct wait *believed, enum lw_wait_kind kind,
                          uintptr_t *objects, size_t room);

/* What a system call with these arguments waits for, of which only the deadline is told. */
struct waited_for wait_of_call(const struct sleeping_call *call, const uint64_t argument[6]);
/* Has what is waited for a deadline? */
bool wait_is_timed(const struct waited_for *on);
/* Nanoseconds from the start of the wait (0 if that is not known) to its deadline, -1 if it has none. */
int64_t wait_timeout(const struct waited_for *on, uint64_t started);
