/* libunwind on each processor. */
#pragma once

#if defined(__x86_64__)
#include "x86_64/unwind.h"
#elif defined(__aarch64__)
#include "aarch64/unwind.h"
#else
#error "no port to this processor yet: src/preload/arch"
#endif
