#include "rows.h"

#include <string.h>

#include "rt/memory.h"

enum { ROWS = 1 << 15, PROBES = 8 }; /* 512 KiB of address space, touched as it fills */

struct entry {
    uintptr_t pc;
    uint64_t row;
};

static struct entry *entries;

bool rows_setup(void) {
    _Static_assert(sizeof(struct row) == sizeof(uint64_t), "a row is stored in one word");
    entries = memory_map(ROWS * sizeof *entries);
    return entries != NULL;
}

static struct entry *slot(uintptr_t pc, unsigned probe) {
    uint64_t hash = pc * 0x9e3779b97f4a7c15u;
    return &entries[((hash >> 40) + probe) % ROWS];
}

bool rows_find(uintptr_t pc, struct row *row) {
    if (!entries)
        return false;
    for (unsigned probe = 0; probe < PROBES; probe++) {
        struct entry *entry = slot(pc, probe);
        uintptr_t kept = __atomic_load_n(&entry->pc, __ATOMIC_ACQUIRE);
        if (kept == 0)
            return false;
        if (kept != pc)
            continue;
        uint64_t word = __atomic_load_n(&entry->row, __ATOMIC_ACQUIRE);
        /* Cleared and filled again in between? */
        if (__atomic_load_n(&entry->pc, __ATOMIC_RELAXED) != pc)
            return false;
        memcpy(row, &word, sizeof *row);
        return true;
    }
    return false;
}

void rows_keep(uintptr_t pc, struct row row) {
    if (!entries)
        return;
    for (unsigned probe = 0; probe < PROBES; probe++) {
        struct entry *entry = slot(pc, probe);
        if (entry->pc == pc)
            return;
        if (entry->pc != 0)
            continue;
        uint64_t word;
        memcpy(&word, &row, sizeof word);
        __atomic_store_n(&entry->row, word, __ATOMIC_RELEASE);
        __atomic_store_n(&entry->pc, pc, __ATOMIC_RELEASE);
        return;
    }
}

void rows_clear(void) {
    for (unsigned i = 0; entries && i < ROWS; i++)
        if (entries[i].pc != 0)
            __atomic_store_n(&entries[i].pc, 0, __ATOMIC_RELEASE);
}
