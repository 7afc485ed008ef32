/* System calls, and a child on a stack of its own: sys_call6, clone_on. */
#pragma once

#include <sys/syscall.h>

#include "shared/old_calls.h"

#if defined(__x86_64__)
#include "x86_64/syscall.h"
#elif defined(__aarch64__)
#include "aarch64/syscall.h"
#else
#error "no port to this processor yet: src/preload/arch"
#endif
