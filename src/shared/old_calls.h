/* The calls that the kernel no longer gives to a processor that it is ported to, for those that have them (kernel:
 * include/uapi/asm-generic/unistd.h, which has none of these): poll, select, epoll_wait, pause. */
#pragma once

#include <sys/syscall.h>

#ifdef SYS_poll
#define OLD_CALLS(...) __VA_ARGS__
#else
#define OLD_CALLS(...)
#endif
