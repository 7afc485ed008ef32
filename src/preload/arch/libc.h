/* What glibc and the kernel's vDSO have of their own on each processor. */
#pragma once

#if defined(__x86_64__)
#include "x86_64/libc.h"
#elif defined(__aarch64__)
#include "aarch64/libc.h"
#else
#error "no port to this processor yet: src/preload/arch"
#endif
