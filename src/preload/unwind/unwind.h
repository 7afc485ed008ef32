/* The unwinder: from saved registers to return addresses, over memory that is never trusted.
 *
 * libunwind reads the unwind tables; what it finds for a return address is remembered as a row ("the
 * caller's stack pointer is sp+72, its rbp was saved at -16 from there"), so that the second time an
 * address is met a step costs two loads. Frames that no row can express (signal frames, realigned stacks)
 * are unwound by libunwind itself, from the start, with all registers.
 *
 * Rows are obtained by asking libunwind to step from symbolic registers, and looking at what it read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/options.def"
#include "unwound.h"

enum { UNWIND_DEPTH_MAX = LW_DEPTH_MAX };

/* Loads libunwind (dlopen, local to us) and prepares it. Once, from the constructor. False if there is none:
 * then stacks have no frames, and the report says so. */
bool unwind_setup(void);

/* Fills frames with the return addresses above `from`, innermost first, stopping before thread_main.
 * bp_known: false if only sp and pc of `from` are known. Async-signal-safe; takes no lock of the loader.
 * Uses up to 12 KiB of stack when it meets an address for the first time. */
struct unwound unwind(const struct registers *from, bool bp_known, struct stack_memory *memory,
                      uintptr_t *frames, size_t room);

/* The same for the calling thread's own stack, from the caller's registers, on 300 bytes of it. */
struct unwound unwind_own(const struct registers *from, uintptr_t *frames, size_t room);

/* Where the function around pc begins, 0 if its module does not tell. */
uintptr_t unwind_function_start(uintptr_t pc);

/* Forgets all rows: code was unloaded. */
void unwind_forget(void);

/* In a forked child. */
void unwind_forked(void);
