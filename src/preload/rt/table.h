/* The lock of the shim's tables.
 *
 * It is held for a few dozen instructions, in which nothing of the program's, of libc's allocator or of the
 * loader runs. Signals are not blocked for it: two system calls would cost more than all the rest. A handler
 * of the program's that interrupts its holder and comes here itself is told so and goes without; glibc's own
 * lock of the stack cache (nptl/allocatestack.c) asks for as much. Readers that must not wait (the capture)
 * do not take it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes it. False if this very thread has it already, further down its stack: then nothing may be touched.
 * Not a cancellation point; leaves errno alone. */
bool table_lock(void);
void table_unlock(void);
/* In a forked child, whose parent may have held it in a thread that does not exist here. */
void table_lock_reset(void);

/* Another lock of the same kind, for what lasts longer than a table look-up. */
struct gate {
    int word; /* 0 free, 1 held, 2 held and wanted */
};
/* What every gate is put with: a thread that waits for one waits for us, and goes on by itself. */
#define GATE __attribute__((section("leakwatch_gates")))
bool gate_is_at(uint64_t address);
void gate_enter(struct gate *gate);
int gate_try(struct gate *gate); /* 1 if entered */
void gate_leave(struct gate *gate);

void signals_block_all(uint64_t *before);
void signals_restore(const uint64_t *before);
