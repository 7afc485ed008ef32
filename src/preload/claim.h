/* A wait record is a claim. Here it is read from the waiter's stack and held against the kernel's word. */
#pragma once

#include <stdbool.h>

#include "kernel_word.h"
#include "wait.h"

/* Copies the innermost wait record of a thread that the kernel's word does not contradict, following the
 * nested ones outward. False if there is none. */
bool claim_read(const struct thread *record, const struct kernel_word *word, struct wait *wait);

/* Nanoseconds from the start of the wait to its deadline, -1 if it has none. */
int64_t claim_timeout(const struct wait *wait);
/* Has the wait a deadline? */
bool claim_timed(const struct wait *wait);
