/* System calls by their numbers, of which younger processors of the kernel's lack those that a later call can do. */
#pragma once

#include <poll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static inline int poll_by_number(struct pollfd *fds, nfds_t count, int ms) {
#ifdef SYS_poll
    return (int)syscall(SYS_poll, fds, count, ms);
#else
    struct timespec span = {ms / 1000, ms % 1000 * 1000000};
    return (int)syscall(SYS_ppoll, fds, count, ms < 0 ? NULL : &span, NULL, 0);
#endif
}

static inline void pause_by_number(void) {
#ifdef SYS_pause
    syscall(SYS_pause);
#else
    poll_by_number(NULL, 0, -1);
#endif
}
