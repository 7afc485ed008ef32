/* System calls, and a child on a stack of its own: sys_call6, clone_on. */
#pragma once

#include <sys/syscall.h>

#if defined(__x86_64__)
#include "x86_64/syscall.h"
#elif defined(__aarch64__)
#include "aarch64/syscall.h"
#else
#error "no port to this processor yet: src/preload/arch"
#endif

/* The calls that the kernel no longer gives to a processor that it is ported to, for those that have them (kernel:
 * include/uapi/asm-generic/unistd.h, which has none of these): poll, select, epoll_wait, pause. */
#ifdef SYS_poll
#define OLD_CALLS(...) __VA_ARGS__
#else
#define OLD_CALLS(...)
#endif
