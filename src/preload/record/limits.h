/* When a socket was last given a time limit, or had one taken away (SO_RCVTIMEO, SO_SNDTIMEO, socket(7)): a call that waits on it has the
 * limit that there was when it began, which nothing tells later. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Is this option of a socket such a limit, of whichever size of time? */
bool option_is_limit(int level, int name);
/* Some socket's is about to be set. */
void limit_set(void);
/* Has one been set since that time, CLOCK_MONOTONIC ns, or shortly before? 0: at all? */
bool limit_was_set_since(uint64_t ns);
