/* What programs of the tests use and headers of older systems have not, as far back as glibc 2.31 (Debian 11). */
#pragma once

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef FUTEX_LOCK_PI2 /* Linux 5.14 */
#define FUTEX_LOCK_PI2 13
#endif

#ifndef SYS_pidfd_getfd /* Linux 5.6 */
#define SYS_pidfd_getfd 438
#endif

#if !__GLIBC_PREREQ(2, 35)
static inline int epoll_pwait2(int set, struct epoll_event *events, int most, const struct timespec *span,
                               const sigset_t *mask) {
    return epoll_pwait(set, events, most, span ? (int)(span->tv_sec * 1000 + span->tv_nsec / 1000000) : -1,
                       mask);
}
#endif

#if !__GLIBC_PREREQ(2, 34)
#define _SC_MINSIGSTKSZ _SC_PAGESIZE /* larger than MINSIGSTKSZ was then */
#endif

#if !__GLIBC_PREREQ(2, 33)
#define mallinfo2 mallinfo
#endif

#if !__GLIBC_PREREQ(2, 32)
#define __libc_single_threaded (-1)
static inline const char *strerrorname_np(int error) {
    return strerror(error);
}
#else
#include <sys/single_threaded.h>
#endif
