/* How this libc lays out its conditions: tried, for no version tells it (shared/condition.h). */
#pragma once

#include <stddef.h>

/* Offset of the word in a condition that counts who waits for it; 0: not known. */
extern size_t conditions_waiters_at;

/* Notes it in `process`, after one wait on a condition of its own for a deadline that has passed. When main begins, or with the first thread. */
void conditions_setup(void);
