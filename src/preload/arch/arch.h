/* What depends on the processor. A port provides arch/NAME/arch.h with all that is declared there for x86-64:
 * the registers that a call preserves and how they are saved, the counter that times are marked with, system
 * calls, and a way to run on another stack. */
#pragma once

#if defined(__x86_64__)
#include "x86_64/arch.h"
#else
#error "no port to this processor yet: src/preload/arch"
#endif
