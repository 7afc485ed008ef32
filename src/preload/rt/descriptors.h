/* The calling thread's descriptors, by /proc. Async-signal-safe. */
#pragma once

#include <stdbool.h>

/* Calls visit for each, its number in digits too, until that is false: also for the one by which they are listed. False if it was, or if they cannot
 * be listed. */
bool each_descriptor(bool (*visit)(void *, int fd, const char *name), void *context);
