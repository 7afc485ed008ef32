/* Which words are this process's alone: what a futex that was not said to be private may be waited for in. */
#pragma once

#include <stdbool.h>

#include "shared/snapshot_writer.h"
#include "target.h"

/* Is a sleeper on this futex found by this process alone? The kernel cannot be asked for that from outside, so that memory must have lain there
 * all the time: a module's data, the heap that brk(2) extends, the initial thread's stack. modules: a snapshot that has them already. */
bool own_words_have(const struct target *target, const struct snapshot_writer *modules, uint64_t futex);
