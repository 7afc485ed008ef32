/* A stack as a report shows it: the shim's own frames and libc's below main left out. */
#pragma once

#include "symbols/symbols.h"

/* Calls show for each frame, innermost first. Returns how many there were. */
size_t stack_each(struct symbols *symbols, const uint64_t *frames, size_t count, bool first_is_exact,
                  void (*show)(const struct symbol_frame *frame, void *context), void *context);
