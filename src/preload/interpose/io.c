/* Reading, writing, sockets. A descriptor that does not block costs the same: what it is is found out when a
 * report is made, not here. */
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "record/writes.h"
#include "wrap.h"

#define READS (ROW_FD(UNSETTLED_READ, SYSCALL_READ))
WAITS(ssize_t, read, (int fd, void *buffer, size_t size), (fd, buffer, size), READS, (ON_FD(fd)))
WAITS(ssize_t, __read_chk, (int fd, void *buffer, size_t size, size_t room), (fd, buffer, size, room), READS,
      (ON_FD(fd)))
ALSO(__read, read)
WAITS(ssize_t, readv, (int fd, const struct iovec *parts, int count), (fd, parts, count),
      (ROW_FD(UNSETTLED_READ, SYS_readv)), (ON_FD(fd)))

#define READS_AT (ROW_FD(UNSETTLED_READ, SYS_pread64))
WAITS(ssize_t, pread, (int fd, void *buffer, size_t size, off_t at), (fd, buffer, size, at), READS_AT,
      (ON_FD(fd)))
WAITS(ssize_t, pread64, (int fd, void *buffer, size_t size, off64_t at), (fd, buffer, size, at), READS_AT,
      (ON_FD(fd)))
ALSO(__pread64, pread64)
WAITS(ssize_t, __pread_chk, (int fd, void *buffer, size_t size, off_t at, size_t room),
      (fd, buffer, size, at, room), READS_AT, (ON_FD(fd)))
WAITS(ssize_t, __pread64_chk, (int fd, void *buffer, size_t size, off64_t at, size_t room),
      (fd, buffer, size, at, room), READS_AT, (ON_FD(fd)))

#define READS_PARTS (ROW_FD(UNSETTLED_READ, SYS_preadv, SYS_preadv2))
WAITS(ssize_t, preadv, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at),
      READS_PARTS, (ON_FD(fd)))
WAITS(ssize_t, preadv64, (int fd, const struct iovec *parts, int count, off64_t at), (fd, parts, count, at),
      READS_PARTS, (ON_FD(fd)))
WAITS(ssize_t, preadv2, (int fd, const struct iovec *parts, int count, off_t at, int flags),
      (fd, parts, count, at, flags), READS_PARTS, (ON_FD(fd)))
WAITS(ssize_t, preadv64v2, (int fd, const struct iovec *parts, int count, off64_t at, int flags),
      (fd, parts, count, at, flags), READS_PARTS, (ON_FD(fd)))

/* What reaches a pipe or an eventfd is noted: who reads one may want to know (writes.h). */
#define WRITES(fn, parameters, arguments, row) \
    WAITS(ssize_t, fn, parameters, arguments, row, (ON_FD(fd)), if (result > 0) write_noted(fd, wait.started))
WRITES(write, (int fd, const void *buffer, size_t size), (fd, buffer, size),
       (ROW_FD(UNSETTLED_WRITE, SYS_write)))
ALSO(__write, write)
WRITES(writev, (int fd, const struct iovec *parts, int count), (fd, parts, count),
       (ROW_FD(UNSETTLED_WRITE, SYS_writev)))

#define WRITES_AT (ROW_FD(UNSETTLED_WRITE, SYS_pwrite64))
WAITS(ssize_t, pwrite, (int fd, const void *buffer, size_t size, off_t at), (fd, buffer, size, at), WRITES_AT,
      (ON_FD(fd)))
WAITS(ssize_t, pwrite64, (int fd, const void *buffer, size_t size, off64_t at), (fd, buffer, size, at),
      WRITES_AT, (ON_FD(fd)))
ALSO(__pwrite64, pwrite64)

#define WRITES_PARTS (ROW_FD(UNSETTLED_WRITE, SYS_pwritev, SYS_pwritev2))
WAITS(ssize_t, pwritev, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at),
      WRITES_PARTS, (ON_FD(fd)))
WAITS(ssize_t, pwritev64, (int fd, const struct iovec *parts, int count, off64_t at), (fd, parts, count, at),
      WRITES_PARTS, (ON_FD(fd)))
WAITS(ssize_t, pwritev2, (int fd, const struct iovec *parts, int count, off_t at, int flags),
      (fd, parts, count, at, flags), WRITES_PARTS, (ON_FD(fd)))
WAITS(ssize_t, pwritev64v2, (int fd, const struct iovec *parts, int count, off64_t at, int flags),
      (fd, parts, count, at, flags), WRITES_PARTS, (ON_FD(fd)))

#define RECEIVES (ROW_FD(SOCKET_READ, SYS_recvfrom))
WAITS(ssize_t, recv, (int fd, void *buffer, size_t size, int flags), (fd, buffer, size, flags), RECEIVES,
      (ON_FD(fd)))
WAITS(ssize_t, __recv_chk, (int fd, void *buffer, size_t size, size_t room, int flags),
      (fd, buffer, size, room, flags), RECEIVES, (ON_FD(fd)))
WAITS(ssize_t, recvfrom,
      (int fd, void *restrict buffer, size_t size, int flags, struct sockaddr *restrict from,
       socklen_t *restrict length),
      (fd, buffer, size, flags, from, length), RECEIVES, (ON_FD(fd)))
WAITS(ssize_t, __recvfrom_chk,
      (int fd, void *restrict buffer, size_t size, size_t room, int flags, struct sockaddr *restrict from,
       socklen_t *restrict length),
      (fd, buffer, size, room, flags, from, length), RECEIVES, (ON_FD(fd)))
WAITS(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags),
      (ROW_FD(SOCKET_READ, SYS_recvmsg)), (ON_FD(fd)))
WAITS(int, recvmmsg, (int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *span),
      (fd, messages, count, flags, span), (ROW_FD(SOCKET_READ, SYS_recvmmsg)),
      (ON_FD(fd), FOR_TIMESPEC(span)))

#define SENDS (ROW_FD(SOCKET_WRITE, SYS_sendto))
WAITS(ssize_t, send, (int fd, const void *buffer, size_t size, int flags), (fd, buffer, size, flags), SENDS,
      (ON_FD(fd)))
ALSO(__send, send)
WAITS(ssize_t, sendto,
      (int fd, const void *buffer, size_t size, int flags, const struct sockaddr *to, socklen_t length),
      (fd, buffer, size, flags, to, length), SENDS, (ON_FD(fd)))
WAITS(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags),
      (ROW_FD(SOCKET_WRITE, SYS_sendmsg)), (ON_FD(fd)))
WAITS(int, sendmmsg, (int fd, struct mmsghdr *messages, unsigned count, int flags),
      (fd, messages, count, flags), (ROW_FD(SOCKET_WRITE, SYS_sendmmsg)), (ON_FD(fd)))

WAITS(int, connect, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length),
      (ROW_FD(CONNECT, SYS_connect)), (ON_FD(fd)))
ALSO(__connect, connect)
WAITS(int, accept, (int fd, struct sockaddr *restrict address, socklen_t *restrict length),
      (fd, address, length), (ROW_FD(ACCEPT, SYS_accept)), (ON_FD(fd)))
WAITS(int, accept4, (int fd, struct sockaddr *restrict address, socklen_t *restrict length, int flags),
      (fd, address, length, flags), (ROW_FD(ACCEPT, SYS_accept4)), (ON_FD(fd)))
