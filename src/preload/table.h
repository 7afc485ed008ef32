/* The lock of the shim's tables, and uthash set up to live inside somebody else's program.
 *
 * The lock is held for a few dozen instructions with all signals blocked, so its holder can neither be
 * interrupted by a handler that wants it too, nor be jumped away from. Nothing that runs under it calls
 * into the program, libc's allocator or the loader. Readers that must not wait (the capture) do not take it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct table_guard {
    uint64_t signals;
};

/* Not cancellation points; leave errno alone. */
void table_lock(struct table_guard *guard);
void table_unlock(const struct table_guard *guard);
/* In a forked child, whose parent may have held it in a thread that does not exist here. */
void table_lock_reset(void);

/* Another lock of the same kind, for what lasts longer than a table look-up. */
struct gate {
    int word; /* 0 free, 1 held, 2 held and wanted */
};
void gate_enter(struct gate *gate);
int gate_try(struct gate *gate); /* 1 if entered */
void gate_leave(struct gate *gate);

void signals_block_all(uint64_t *before);
void signals_restore(const uint64_t *before);
