/* What the kernel keeps for the program and may hand to it later: addresses may be among it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/frozen.h"

/* Addresses that the kernel has for the program: what epoll_ctl(2) was given as data, and timer_create(2) as value. */
struct held_words {
    uint64_t *word;
    size_t count, room;
};

/* Fills in `words`; what the kernel has and does not tell is a refusal. While no thread of the program runs. */
enum lw_frozen_refusal kernel_held(struct held_words *words, int task_directory);
enum kernel_answer { KERNEL_NO, KERNEL_YES, KERNEL_UNKNOWN };
/* Has this thread left the others' table of descriptors (unshare(2))? */
enum kernel_answer kernel_has_own_files(int tid);
/* Has this thread made a process that runs in the memory of this one? */
bool kernel_shares_memory(int task_directory, int tid);
