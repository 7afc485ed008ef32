/* Code without unwind information (generated at run time; Chromium's) most often keeps a frame pointer. */
#pragma once

#include "unwound.h"

/* Where execution is in a function, and in its caller. */
struct place {
    uintptr_t pc, sp, bp;
};

/* From a function to its caller by the frame pointer, if that holds: it points into the stack above sp, and what lies there is an
 * address behind a call. False, and nothing changed, if not. pc is 0 where the function has no caller. */
bool frame_pointer_step(struct place *place, struct stack_memory *memory);
