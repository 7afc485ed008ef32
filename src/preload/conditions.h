/* Who last signalled a condition: a fixed-size, lossy, lock-free table keyed by the condition's address. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct condition {
    uintptr_t address;
    uint64_t last; /* CLOCK_MONOTONIC_COARSE ns */
    uint32_t signals, unheard;
    int32_t last_tid;
    char last_name[16];
};

enum { CONDITIONS = 4096 };

/* Called for each signal or broadcast; a few ns. unheard: nobody was waiting. */
void condition_signalled(const void *condition, bool unheard);
/* Copies the index-th entry; false if it is empty or was being changed. */
bool condition_read(size_t index, struct condition *entry);
/* Entries that were given up for another condition. */
uint64_t condition_lost(void);
void conditions_forked(void);
