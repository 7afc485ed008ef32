/* Which descriptors a thread waits for in poll or select, read from where the call was told them. */
#pragma once

#include "proc/polled_set.h"
#include "target.h"

/* False of another call, or if its arguments cannot be read. */
bool polls_read(const struct target *target, int64_t number, const uint64_t argument[6],
                struct polled_set *set);
/* "fd 3 pipe:[1], fd 4 pipe:[2] and 8 more". Caller frees; NULL without memory. */
char *polls_words(const struct target *target, const struct polled_set *set);
