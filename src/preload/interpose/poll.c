/* Waiting for one of many descriptors. None of these is restarted by the kernel after a handler (signal(7)).
 */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "wrap.h"

#define POLLS        .kind = LW_WAIT_POLL, .object = OBJECT_POLLFDS, .syscalls = {OLD_CALLS(SYS_poll, ) SYS_ppoll}
#define POLLS_MASKED .kind = LW_WAIT_POLL, .object = OBJECT_POLLFDS, .syscalls = {SYS_ppoll}, .masks = true
#define ON_POLLFDS   .object = (uintptr_t)fds, .second = count

WAITS(int, poll, (struct pollfd * fds, nfds_t count, int ms), (fds, count, ms), (POLLS),
      (ON_POLLFDS, FOR_MS(ms)), LEFT_MS)
ALSO(__poll, poll)
WAITS(int, __poll_chk, (struct pollfd * fds, nfds_t count, int ms, size_t room), (fds, count, ms, room),
      (POLLS), (ON_POLLFDS, FOR_MS(ms)), LEFT_MS)

#define EPOLL (ROW_FD(EPOLL, OLD_CALLS(SYS_epoll_wait, ) SYS_epoll_pwait))
WAITS(int, epoll_wait, (int fd, struct epoll_event *events, int room, int ms), (fd, events, room, ms), EPOLL,
      (ON_FD(fd), FOR_MS(ms)), LEFT_MS)
WAITS(int, epoll_pwait, (int fd, struct epoll_event *events, int room, int ms, const sigset_t *mask),
      (fd, events, room, ms, mask), (ROW_FD(EPOLL, SYS_epoll_pwait), .masks = true), (ON_FD(fd), FOR_MS(ms)),
      LEFT_MS)

WAITS(int, epoll_pwait2,
      (int fd, struct epoll_event *events, int room, const struct timespec *span, const sigset_t *mask),
      (fd, events, room, span, mask), (ROW_FD(EPOLL, SYS_epoll_pwait2), .late = true, .masks = true),
      (ON_FD(fd), FOR_TIMESPEC(span)), LEFT_SPAN)
WAITS(int, ppoll, (struct pollfd * fds, nfds_t count, const struct timespec *span, const sigset_t *mask),
      (fds, count, span, mask), (POLLS_MASKED), (ON_POLLFDS, FOR_TIMESPEC(span)), LEFT_SPAN)
WAITS(int, __ppoll_chk,
      (struct pollfd * fds, nfds_t count, const struct timespec *span, const sigset_t *mask, size_t room),
      (fds, count, span, mask, room), (POLLS_MASKED), (ON_POLLFDS, FOR_TIMESPEC(span)), LEFT_SPAN)
WAITS(int, pselect,
      (int count, fd_set *restrict reads, fd_set *restrict writes, fd_set *restrict excepts,
       const struct timespec *restrict span, const sigset_t *restrict mask),
      (count, reads, writes, excepts, span, mask), (ROW_PLAIN(SELECT, SYS_pselect6), .masks = true),
      (.second = (uintptr_t)count, FOR_TIMESPEC(span)), LEFT_SPAN)

/* Linux's select itself writes the time that is left into its argument. */
WAITS(int, select,
      (int count, fd_set *restrict reads, fd_set *restrict writes, fd_set *restrict excepts,
       struct timeval *restrict span),
      (count, reads, writes, excepts, span), (ROW_PLAIN(SELECT, OLD_CALLS(SYS_select, ) SYS_pselect6)),
      (.second = (uintptr_t)count, FOR_TIMEVAL(span)))
ALSO(__select, select)
