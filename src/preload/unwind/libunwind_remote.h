/* libunwind's remote API over our own memory: the only place that knows libunwind.
 * It is loaded with dlopen(RTLD_LOCAL): as a DT_NEEDED of a preload, its _Unwind_* would take over C++
 * exceptions from libgcc_s. All functions but libunwind_ready need the caller to hold unwind.c's gate. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rows.h"
#include "unwound.h"

bool libunwind_load(void);
/* Is the calling thread inside libunwind? What that calls of libc may then not be done (loader.c). Async-signal-safe. */
bool libunwind_is_inside(void);
/* Says so, around every use of the functions below. With signals blocked. */
void libunwind_inside(bool inside);
bool libunwind_ready(void);
void libunwind_give_up(void);

/* The row of the return address pc. in_place: pc is on the caller's own stack, so that its module cannot be
 * unloaded meanwhile, and no system call is needed to read its tables. */
struct row libunwind_row(uintptr_t pc, bool in_place);

/* Unwinds with all registers; ends_at says which return address is beyond the outermost frame to keep;
 * asks: the kernel may be asked for what tells signals. */
void libunwind_whole(const struct registers *from, struct stack_memory *memory, uintptr_t *frames,
                     size_t room, bool (*ends_at)(uintptr_t pc), bool asks, struct unwound *result);

uintptr_t libunwind_function_start(uintptr_t pc, bool in_place);

/* Are tables looked for by way of system calls (listed_tables.h)? A filter that the program has set itself may kill it for them. */
bool libunwind_asks_kernel(void);
