/* Moving bytes from one descriptor to another. Which of the two holds the call up is found out when a report
 * is made. */
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include "wrap.h"

/* The kernel's arguments of splice are (in, offset, out, ...), those of tee (in, out, ...). */
#define BETWEEN ON_FD(in), .second = (uintptr_t)out
WAITS(ssize_t, splice, (int in, off64_t *in_at, int out, off64_t *out_at, size_t size, unsigned flags),
      (in, in_at, out, out_at, size, flags),
      (.kind = LW_WAIT_UNSETTLED_READ, .object = OBJECT_FDS, .syscalls = {SYS_splice}), (BETWEEN))
WAITS(ssize_t, tee, (int in, int out, size_t size, unsigned flags), (in, out, size, flags),
      (.kind = LW_WAIT_UNSETTLED_READ, .object = OBJECT_FDS, .syscalls = {SYS_tee}), (BETWEEN))
WAITS(ssize_t, vmsplice, (int fd, const struct iovec *parts, size_t count, unsigned flags),
      (fd, parts, count, flags), (ROW_FD(UNSETTLED_WRITE, SYS_vmsplice)), (ON_FD(fd)))

#define SENDS_FILE (ROW_FD(UNSETTLED_WRITE, SYS_sendfile))
/* The kernel moves what is pointed to, or the files' own places. */
#define NO_BUFFER (&(struct iovec){.iov_len = size})
TRANSFERS(sendfile, (int out, int in, off_t *at, size_t size), (out, in, at, size), SENDS_FILE, (ON_FD(out)),
          true, NO_BUFFER, 1, (out, in, at, rest.now->iov_len), (void)0)
TRANSFERS(sendfile64, (int out, int in, off64_t *at, size_t size), (out, in, at, size), SENDS_FILE,
          (ON_FD(out)), true, NO_BUFFER, 1, (out, in, at, rest.now->iov_len), (void)0)
TRANSFERS(copy_file_range, (int in, off64_t *in_at, int out, off64_t *out_at, size_t size, unsigned flags),
          (in, in_at, out, out_at, size, flags), (ROW_FD(UNSETTLED_READ, SYS_copy_file_range)), (ON_FD(in)),
          true, NO_BUFFER, 1, (in, in_at, out, out_at, rest.now->iov_len, flags), (void)0)
