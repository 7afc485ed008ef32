#include "conditions.h"

#include <string.h>

#include "clock.h"
#include "sys.h"
#include "thread.h"

static struct condition table[CONDITIONS];
static uint64_t lost;

enum { PROBES = 4 };

static struct condition *entry_of(uintptr_t address) {
    size_t home = (address * 0x9e3779b97f4a7c15u) >> 52;
    struct condition *oldest = NULL;
    for (unsigned probe = 0; probe < PROBES; probe++) {
        struct condition *entry = &table[(home + probe) % CONDITIONS];
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
    oldest->signals = oldest->unheard = 0;
    return oldest;
}

void condition_signalled(const void *condition, bool unheard) {
#ifdef PLANTED_NO_SIGNAL_NOTE
    return;
#endif
    struct condition *entry = entry_of((uintptr_t)condition);
    struct thread *self = thread_self();
    struct timespec now;
    clock_read(CLOCK_MONOTONIC_COARSE, &now);
    __atomic_fetch_add(&entry->signals, 1, __ATOMIC_RELAXED);
    if (unheard)
        __atomic_fetch_add(&entry->unheard, 1, __ATOMIC_RELAXED);
    entry->last = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    if (self) {
        entry->last_tid = self->tid;
        memcpy(entry->last_name, self->name, sizeof entry->last_name);
    }
}

bool condition_read(size_t index, struct condition *entry) {
    *entry = table[index];
    entry->last_name[sizeof entry->last_name - 1] = '\0';
    return entry->address != 0 && entry->signals != 0;
}

uint64_t condition_lost(void) {
    return lost;
}

void conditions_forked(void) {
    memset(table, 0, sizeof table);
    lost = 0;
}
