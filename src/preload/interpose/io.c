/* Reading, writing, sockets. A descriptor that does not block costs the same: what it is is found out when a
 * report is made, not here. */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include "record/foreign.h"
#include "record/limits.h"
#include "record/writes.h"
#include "wrap.h"

/* Zeros and random bytes come in any number, unless a signal stops them (kernel: drivers/char/mem.c, read_iter_zero;
 * drivers/char/random.c, get_random_bytes_user). */
static bool reads_all(int fd) {
    enum { MEMORY = 1, ZERO = 5, RANDOM = 8, URANDOM = 9 };
    struct stat status;
    if (sys_call(SYS_fstat, fd, &status) != 0 || !S_ISCHR(status.st_mode) || major(status.st_rdev) != MEMORY)
        return false;
    unsigned device = minor(status.st_rdev);
    return device == ZERO || device == RANDOM || device == URANDOM;
}

#define READS (ROW_FD(UNSETTLED_READ, SYSCALL_READ))
TRANSFERS_BUFFER(read, (int fd, void *buffer, size_t size), (fd, buffer, size), READS, (ON_FD(fd)),
                 reads_all(fd), (fd, REST), (void)0)
TRANSFERS_BUFFER(__read_chk, (int fd, void *buffer, size_t size, size_t room), (fd, buffer, size, room),
                 READS, (ON_FD(fd)), reads_all(fd), (fd, REST, rest.now->iov_len), (void)0)
ALSO(__read, read)
TRANSFERS(readv, (int fd, const struct iovec *parts, int count), (fd, parts, count),
          (ROW_FD(UNSETTLED_READ, SYS_readv)), (ON_FD(fd)), reads_all(fd), parts, (size_t)count,
          (fd, rest.now, (int)rest.now_count), (void)0)

TRANSFERS_BUFFER(getrandom, (void *buffer, size_t size, unsigned flags), (buffer, size, flags),
                 (ROW_PLAIN(SYSCALL, SYS_getrandom)), (.object = 0), true, (REST, flags), (void)0)

/* Where zeros or random bytes come from is all the same. */
#define READS_AT (ROW_FD(UNSETTLED_READ, SYS_pread64))
TRANSFERS_BUFFER(pread, (int fd, void *buffer, size_t size, off_t at), (fd, buffer, size, at), READS_AT,
                 (ON_FD(fd)), reads_all(fd), (fd, REST, at), (void)0)
TRANSFERS_BUFFER(pread64, (int fd, void *buffer, size_t size, off64_t at), (fd, buffer, size, at), READS_AT,
                 (ON_FD(fd)), reads_all(fd), (fd, REST, at), (void)0)
ALSO(__pread64, pread64)
TRANSFERS_BUFFER(__pread_chk, (int fd, void *buffer, size_t size, off_t at, size_t room),
                 (fd, buffer, size, at, room), READS_AT, (ON_FD(fd)), reads_all(fd),
                 (fd, REST, at, rest.now->iov_len), (void)0)
TRANSFERS_BUFFER(__pread64_chk, (int fd, void *buffer, size_t size, off64_t at, size_t room),
                 (fd, buffer, size, at, room), READS_AT, (ON_FD(fd)), reads_all(fd),
                 (fd, REST, at, rest.now->iov_len), (void)0)

#define READS_PARTS (ROW_FD(UNSETTLED_READ, SYS_preadv, SYS_preadv2))
TRANSFERS(preadv, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at),
          READS_PARTS, (ON_FD(fd)), reads_all(fd), parts, (size_t)count,
          (fd, rest.now, (int)rest.now_count, at), (void)0)
TRANSFERS(preadv64, (int fd, const struct iovec *parts, int count, off64_t at), (fd, parts, count, at),
          READS_PARTS, (ON_FD(fd)), reads_all(fd), parts, (size_t)count,
          (fd, rest.now, (int)rest.now_count, at), (void)0)
TRANSFERS(preadv2, (int fd, const struct iovec *parts, int count, off_t at, int flags),
          (fd, parts, count, at, flags), READS_PARTS, (ON_FD(fd)), reads_all(fd), parts, (size_t)count,
          (fd, rest.now, (int)rest.now_count, at, flags), (void)0)
TRANSFERS(preadv64v2, (int fd, const struct iovec *parts, int count, off64_t at, int flags),
          (fd, parts, count, at, flags), READS_PARTS, (ON_FD(fd)), reads_all(fd), parts, (size_t)count,
          (fd, rest.now, (int)rest.now_count, at, flags), (void)0)

/* What reaches a pipe or an eventfd is noted: who reads one may want to know (writes.h). */
#define NOTES_WRITE \
    if (result > 0) \
    write_noted(fd, wait.started)
TRANSFERS_BUFFER(write, (int fd, const void *buffer, size_t size), (fd, buffer, size),
                 (ROW_FD(UNSETTLED_WRITE, SYS_write)), (ON_FD(fd)), true, (fd, REST), NOTES_WRITE)
ALSO(__write, write)
TRANSFERS(writev, (int fd, const struct iovec *parts, int count), (fd, parts, count),
          (ROW_FD(UNSETTLED_WRITE, SYS_writev)), (ON_FD(fd)), true, parts, (size_t)count,
          (fd, rest.now, (int)rest.now_count), NOTES_WRITE)

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
/* At -1, where the file stands: as writev. */
#define NEXT_AT at < 0 ? at : at + rest.moved
TRANSFERS(pwritev2, (int fd, const struct iovec *parts, int count, off_t at, int flags),
          (fd, parts, count, at, flags), WRITES_PARTS, (ON_FD(fd)), true, parts, (size_t)count,
          (fd, rest.now, (int)rest.now_count, NEXT_AT, flags), (void)0)
TRANSFERS(pwritev64v2, (int fd, const struct iovec *parts, int count, off64_t at, int flags),
          (fd, parts, count, at, flags), WRITES_PARTS, (ON_FD(fd)), true, parts, (size_t)count,
          (fd, rest.now, (int)rest.now_count, NEXT_AT, flags), (void)0)

/* A call for all that was asked for waits until it is there (recv(2)). What was only peeked at is there again. */
#define WANTS_ALL (flags & (MSG_WAITALL | MSG_PEEK)) == MSG_WAITALL
#define RECEIVES  (ROW_FD(SOCKET_READ, SYS_recvfrom))
TRANSFERS_BUFFER(recv, (int fd, void *buffer, size_t size, int flags), (fd, buffer, size, flags), RECEIVES,
                 (ON_FD(fd)), WANTS_ALL, (fd, REST, flags), (void)0)
TRANSFERS_BUFFER(__recv_chk, (int fd, void *buffer, size_t size, size_t room, int flags),
                 (fd, buffer, size, room, flags), RECEIVES, (ON_FD(fd)), WANTS_ALL,
                 (fd, REST, rest.now->iov_len, flags), (void)0)
TRANSFERS_BUFFER(recvfrom,
                 (int fd, void *restrict buffer, size_t size, int flags, struct sockaddr *restrict from,
                  socklen_t *restrict length),
                 (fd, buffer, size, flags, from, length), RECEIVES, (ON_FD(fd)), WANTS_ALL,
                 (fd, REST, flags, rest.moved ? NULL : from, rest.moved ? NULL : length), (void)0)
TRANSFERS_BUFFER(__recvfrom_chk,
                 (int fd, void *restrict buffer, size_t size, size_t room, int flags,
                  struct sockaddr *restrict from, socklen_t *restrict length),
                 (fd, buffer, size, room, flags, from, length), RECEIVES, (ON_FD(fd)), WANTS_ALL,
                 (fd, REST, rest.now->iov_len, flags, rest.moved ? NULL : from, rest.moved ? NULL : length),
                 (void)0)

/* Of a message of which some has been moved, only bytes are left; its name and its control data went with the first.
 * The header says of the call what the first part said. */
#define REST_MESSAGE           \
    (rest.moved == 0 ? message \
                     : &(struct msghdr){.msg_iov = (struct iovec *)rest.now, .msg_iovlen = rest.now_count})
TRANSFERS(recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags),
          (ROW_FD(SOCKET_READ, SYS_recvmsg)), (ON_FD(fd)), WANTS_ALL, message->msg_iov, message->msg_iovlen,
          (fd, REST_MESSAGE, flags), if (result >= 0) foreign_received(message))

#define SENDS (ROW_FD(SOCKET_WRITE, SYS_sendto))
TRANSFERS_BUFFER(send, (int fd, const void *buffer, size_t size, int flags), (fd, buffer, size, flags), SENDS,
                 (ON_FD(fd)), true, (fd, REST, flags), (void)0)
ALSO(__send, send)
TRANSFERS_BUFFER(
    sendto, (int fd, const void *buffer, size_t size, int flags, const struct sockaddr *to, socklen_t length),
    (fd, buffer, size, flags, to, length), SENDS, (ON_FD(fd)), true, (fd, REST, flags, to, length), (void)0)
TRANSFERS(sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags),
          (ROW_FD(SOCKET_WRITE, SYS_sendmsg)), (ON_FD(fd)), true, message->msg_iov, message->msg_iovlen,
          (fd, REST_MESSAGE, flags), (void)0)

/* Those that move many messages, and say how many. recvmmsg keeps the error that cut it short for the next call, and
 * forgets that this one is not for programs to see (net/socket.c, do_recvmmsg). */
enum { ERESTARTSYS = 512 };
#define MANY_MESSAGES(fn, parameters, arguments, row, waits_for, left, then)                       \
    CALL_ROW(int, fn, #fn, parameters, (UNPACK row, .counts = true))                               \
    EXPORTED int fn parameters {                                                                   \
        UNLESS_ASIDE(fn, arguments);                                                               \
        WAITING(fn, UNPACK waits_for);                                                             \
        int moved = 0, result = REAL(fn) arguments;                                                \
        while (wait_again(&wait, result) || (moved > 0 && result == -1 && errno == ERESTARTSYS)) { \
            then;                                                                                  \
            if (result > 0) {                                                                      \
                moved += result;                                                                   \
                messages += result, count -= (unsigned)result;                                     \
                if (count == 0)                                                                    \
                    return moved;                                                                  \
            }                                                                                      \
            left;                                                                                  \
            result = REAL(fn) arguments;                                                           \
        }                                                                                          \
        then;                                                                                      \
        if (result < 0 && moved > 0)                                                               \
            errno = wait.errno_before;                                                             \
        return result >= 0 ? moved + result : moved > 0 ? moved : result;                          \
    }
static void received_many(const struct mmsghdr *messages, int count) {
    for (int i = 0; i < count; i++)
        foreign_received(&messages[i].msg_hdr);
}
MANY_MESSAGES(recvmmsg, (int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *span),
              (fd, messages, count, flags, span), (ROW_FD(SOCKET_READ, SYS_recvmmsg)),
              (ON_FD(fd), FOR_TIMESPEC(span)), if (moved > 0 && (flags & MSG_WAITFORONE)) return moved,
              received_many(messages, result))
MANY_MESSAGES(sendmmsg, (int fd, struct mmsghdr *messages, unsigned count, int flags),
              (fd, messages, count, flags), (ROW_FD(SOCKET_WRITE, SYS_sendmmsg)), (ON_FD(fd)), (void)0,
              (void)0)

WAITS(int, connect, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length),
      (ROW_FD(CONNECT, SYS_connect)), (ON_FD(fd)))
ALSO(__connect, connect)
WAITS(int, accept, (int fd, struct sockaddr *restrict address, socklen_t *restrict length),
      (fd, address, length), (ROW_FD(ACCEPT, SYS_accept)), (ON_FD(fd)))
WAITS(int, accept4, (int fd, struct sockaddr *restrict address, socklen_t *restrict length, int flags),
      (fd, address, length, flags), (ROW_FD(ACCEPT, SYS_accept4)), (ON_FD(fd)))

/* Before the real call: a wait that begins at once may have the limit already. */
CALL_ROW(int, setsockopt, "setsockopt", (int, int, int, const void *, socklen_t), (.kind = LW_WAIT_NONE))
EXPORTED int setsockopt(int fd, int level, int name, const void *value, socklen_t size) {
    UNLESS_ASIDE(setsockopt, (fd, level, name, value, size));
    if (option_is_limit(level, name))
        limit_set();
    return REAL(setsockopt)(fd, level, name, value, size);
}
