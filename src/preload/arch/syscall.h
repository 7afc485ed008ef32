/* System calls, and a child on a stack of its own: sys_call6, clone_on. */
#pragma once

#if defined(__x86_64__)
#include "x86_64/syscall.h"
#else
#error "no port to this processor yet: src/preload/arch"
#endif
