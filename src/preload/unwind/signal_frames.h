/* Frames that the kernel makes to call a handler: which signal that was. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Is pc what a handler returns to? */
bool is_signal_frame(uintptr_t pc);

/* The signal whose handler is the function that begins at `handler`; said: what lies where its number is, if the kernel wrote
 * it. 0 if more than one could be meant, or none. */
int signal_of_handler(uintptr_t handler, uint32_t said);
