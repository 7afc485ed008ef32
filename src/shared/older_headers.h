/* Numbers of the kernel's that headers of older systems have not (glibc 2.31 with those of Linux 5.10, as in Debian 11); the same on every processor
 * (kernel: include/uapi/asm-generic/unistd.h, include/uapi/linux/futex.h). A kernel that does not know them answers ENOSYS. */
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif
