#include "wakes.h"

#include <string.h>

#include "rt/clock.h"
#include "rt/sys.h"
#include "thread.h"

static struct wake table[WAKES];
static uint64_t lost;

enum { PROBES = 4 };

static struct wake *entry_of(uintptr_t address) {
    size_t home = (address * 0x9e3779b97f4a7c15u) >> 52;
    struct wake *oldest = NULL;
    for (unsigned probe = 0; probe < PROBES; probe++) {
        struct wake *entry = &table[(home + probe) % WAKES];
        uintptr_t there = __atomic_load_n(&entry->address, __ATOMIC_RELAXED);
        if (there == address)
            return entry;
        if (there == 0 && __atomic_compare_exchange_n(&entry->address, &there, address, false,
                                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return entry;
        if (there == address)
            return entry;
        if (!oldest || entry->last < oldest->last)
            oldest = entry;
    }
    __atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&oldest->address, address, __ATOMIC_RELAXED);
    oldest->count = oldest->no_waiter = 0;
    return oldest;
}

void wake_noted(const void *object, bool no_waiter, const void *site) {
#ifdef PLANTED_NO_SIGNAL_NOTE
    return;
#endif
    struct wake *entry = entry_of((uintptr_t)object);
    struct thread *self = thread_self();
    __atomic_fetch_add(&entry->count, 1, __ATOMIC_RELAXED);
    if (no_waiter)
        __atomic_fetch_add(&entry->no_waiter, 1, __ATOMIC_RELAXED);
    entry->last = clock_mark();
    entry->site = (uintptr_t)site;
    if (self) {
        entry->last_tid = self->tid;
        memcpy(entry->last_name, self->name, sizeof entry->last_name);
    }
}

bool wake_read(size_t index, struct wake *entry) {
    *entry = table[index];
    entry->last_name[sizeof entry->last_name - 1] = '\0';
    return entry->address != 0 && entry->count != 0;
}

uint64_t wakes_lost(void) {
    return lost;
}

void wakes_forked(void) {
    memset(table, 0, sizeof table);
    lost = 0;
}
