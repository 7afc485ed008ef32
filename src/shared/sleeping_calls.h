/* The system calls in which a thread can sleep, and what their arguments say of it: for waits that only the
 * kernel saw, those made through syscall(), and processes that are looked at from outside. Calls that are not here can sleep too (open, fsync), and
 * are reported by their names; these are the ones of which more is known. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "old_calls.h"
#include "snapshot.h"

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

/* How a call's timeout is given. Pointers are not followed by a wrapper: they may be wild, and the kernel or
 * libc, not we, must be the one to find out. */
enum timeout_form {
    TIMEOUT_NONE,
    TIMEOUT_MS, /* int, negative for none */
    TIMEOUT_SECONDS,
    TIMEOUT_US,
    TIMEOUT_TIMESPEC, /* pointer to a span, NULL for none */
    TIMEOUT_TIMEVAL,  /* likewise */
    TIMEOUT_AT,       /* pointer to an absolute time */
    TIMEOUT_UNKNOWN,  /* there is one */
};

/* What the first argument is. */
enum first_argument { FIRST_OTHER, FIRST_FD, FIRST_ADDRESS, FIRST_OF_FDS };

/* X(call, wait kind, first argument, form of the timeout, the argument it is in)
 * restart_syscall goes on with a call that has a deadline, after a stop or the kernel's own interruption.
 * The kernel itself writes what is left into the timeouts of select, pselect6 and ppoll (select(2)). */
#define SLEEPING_CALLS(X)                               \
    X(futex, FUTEX, ADDRESS, TIMESPEC, 3)               \
    X(read, UNSETTLED_READ, FD, NONE, 0)                \
    X(readv, UNSETTLED_READ, FD, NONE, 0)               \
    X(pread64, UNSETTLED_READ, FD, NONE, 0)             \
    X(preadv, UNSETTLED_READ, FD, NONE, 0)              \
    X(preadv2, UNSETTLED_READ, FD, NONE, 0)             \
    X(recvfrom, SOCKET_READ, FD, NONE, 0)               \
    X(recvmsg, SOCKET_READ, FD, NONE, 0)                \
    X(recvmmsg, SOCKET_READ, FD, TIMESPEC, 4)           \
    X(write, UNSETTLED_WRITE, FD, NONE, 0)              \
    X(writev, UNSETTLED_WRITE, FD, NONE, 0)             \
    X(pwrite64, UNSETTLED_WRITE, FD, NONE, 0)           \
    X(pwritev, UNSETTLED_WRITE, FD, NONE, 0)            \
    X(pwritev2, UNSETTLED_WRITE, FD, NONE, 0)           \
    X(sendto, SOCKET_WRITE, FD, NONE, 0)                \
    X(sendmsg, SOCKET_WRITE, FD, NONE, 0)               \
    X(sendmmsg, SOCKET_WRITE, FD, NONE, 0)              \
    X(accept, ACCEPT, FD, NONE, 0)                      \
    X(accept4, ACCEPT, FD, NONE, 0)                     \
    X(connect, CONNECT, FD, NONE, 0)                    \
    X(splice, UNSETTLED_READ, OF_FDS, NONE, 0)          \
    X(tee, UNSETTLED_READ, OF_FDS, NONE, 0)             \
    X(vmsplice, UNSETTLED_WRITE, FD, NONE, 0)           \
    X(sendfile, UNSETTLED_WRITE, FD, NONE, 0)           \
    X(copy_file_range, UNSETTLED_READ, FD, NONE, 0)     \
    OLD_CALLS(X(poll, POLL, OTHER, MS, 2))              \
    X(ppoll, POLL, OTHER, TIMESPEC, 2)                  \
    OLD_CALLS(X(select, SELECT, OTHER, TIMEVAL, 4))     \
    X(pselect6, SELECT, OTHER, TIMESPEC, 4)             \
    OLD_CALLS(X(epoll_wait, EPOLL, FD, MS, 3))          \
    X(epoll_pwait, EPOLL, FD, MS, 3)                    \
    X(epoll_pwait2, EPOLL, FD, TIMESPEC, 3)             \
    X(nanosleep, SLEEP, OTHER, TIMESPEC, 0)             \
    X(clock_nanosleep, SLEEP, OTHER, TIMESPEC, 2)       \
    OLD_CALLS(X(pause, PAUSE, OTHER, NONE, 0))          \
    X(rt_sigsuspend, SIGNAL_WAIT, OTHER, NONE, 0)       \
    X(rt_sigtimedwait, SIGNAL_WAIT, OTHER, TIMESPEC, 2) \
    X(wait4, CHILD, OTHER, NONE, 0)                     \
    X(waitid, CHILD, OTHER, NONE, 0)                    \
    X(semop, SEMAPHORE, OTHER, NONE, 0)                 \
    X(semtimedop, SEMAPHORE, OTHER, TIMESPEC, 3)        \
    X(flock, FILE_LOCK, FD, NONE, 0)                    \
    X(fcntl, FILE_LOCK, FD, NONE, 0)                    \
    X(mq_timedreceive, MQ_RECEIVE, FD, AT, 4)           \
    X(mq_timedsend, MQ_SEND, FD, AT, 4)                 \
    X(msgrcv, MQ_RECEIVE, OTHER, NONE, 0)               \
    X(msgsnd, MQ_SEND, OTHER, NONE, 0)                  \
    X(restart_syscall, SYSCALL, OTHER, UNKNOWN, 0)      \
    X(io_getevents, SYSCALL, OTHER, TIMESPEC, 4)        \
    X(getrandom, SYSCALL, OTHER, NONE, 0)

struct sleeping_call {
    int16_t number;
    uint8_t kind;  /* enum lw_wait_kind, maybe unsettled */
    uint8_t first; /* enum first_argument */
    uint8_t timeout_form;
    uint8_t timeout_argument;
    const char *name;
};

/* NULL for one that is not listed, or that cannot sleep with these arguments. */
const struct sleeping_call *sleeping_call_of(long number, const uint64_t argument[6]);

/* The form of its timeout (enum timeout_form), which for some calls depends on another argument. */
uint32_t sleeping_call_timeout_form(const struct sleeping_call *call, const uint64_t argument[6]);

/* Does a futex call with these arguments wait for its word to change from the third? Others wait for a lock (futex(2)). */
bool sleeping_call_compares(const uint64_t argument[6]);
