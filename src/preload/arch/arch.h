/* What depends on the processor. A port provides in arch/NAME all that is declared there for x86-64:
 *   arch.h     the registers that a call preserves and how they are saved, what a signal's context tells, the counter that
 *              times are marked with, a way to run on another stack, handlers and dispatchers in assembly, where a return address
 *              lies and what it bears besides, what follows a frame pointer, stores in order
 *   syscall.h  a system call, and clone(2) with a function to run
 *   libc.h     what glibc and the vDSO do otherwise there: versions of symbols, the value of a free spin lock
 *   unwind.h   libunwind's library and registers
 *   leakwatch.map  the versions of what is exported
 * docs/processors.md tells what is known of each, and how it is tested. */
#pragma once

#if defined(__x86_64__)
#include "x86_64/arch.h"
#elif defined(__aarch64__)
#include "aarch64/arch.h"
#else
#error "no port to this processor yet: src/preload/arch"
#endif
