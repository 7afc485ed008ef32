/* Who last signalled a condition or posted a semaphore, and where from: a fixed-size, lossy, lock-free table
 * keyed by the object's address. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wake {
    uintptr_t address;
    uintptr_t site; /* return address of the latest */
    uint64_t last;  /* clock_mark of the latest */
    uint32_t count, no_waiter;
    int32_t last_tid;
    char last_name[16];
};

enum { WAKES = 4096 };

/* Called before each signal, broadcast or post; a few ns. no_waiter: nobody was waiting. Async-signal-safe.
 */
void wake_noted(const void *object, bool no_waiter, const void *site);
/* Copies the index-th entry; false if it is empty. */
bool wake_read(size_t index, struct wake *entry);
/* Entries that were given up for another object. */
uint64_t wakes_lost(void);
void wakes_forked(void);
