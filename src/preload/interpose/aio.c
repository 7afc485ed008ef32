/* Asynchronous input and output: POSIX's, made of threads by glibc, and the kernel's, which libaio calls. */
#include <aio.h>

#include "wrap.h"

/* glibc waits in a futex of its own (sysdeps/pthread/aio_suspend.c). */
#define AIO (ROW_PLAIN(FUTEX, SYS_futex))
#define SUSPENDS(fn, type)                                                                             \
    WAITS(int, fn, (const struct type *const list[], int count, const struct timespec *restrict span), \
          (list, count, span), AIO, (FOR_TIMESPEC(span)), LEFT_SPAN)
SUSPENDS(aio_suspend, aiocb)
SUSPENDS(aio_suspend64, aiocb64)

/* libaio's answers a negative error number. It is not libc's: where the library is missing, so is the call.
 */
CALL_ROW(int, io_getevents, "io_getevents", (void *, long, long, void *, struct timespec *),
         (ROW_PLAIN(SYSCALL, SYS_io_getevents), .late = true, .interrupted = INTERRUPTED_NEGATED,
          .counts = true))
EXPORTED int io_getevents(void *context, long least, long room, void *events, struct timespec *span);
EXPORTED int io_getevents(void *context, long least, long room, void *events, struct timespec *span) {
    enum { EVENT_SIZE = 32 }; /* struct io_event (kernel: include/uapi/linux/aio_abi.h) */
    if ((void *)REAL(io_getevents) == (void *)call_missing)
        return -ENOSYS;
    UNLESS_ASIDE(io_getevents, (context, least, room, events, span));
    WAITING(io_getevents, FOR_TIMESPEC(span));
    struct timespec left;
    int done = 0, result;
    while (wait_again(&wait, result = REAL(io_getevents)(context, least, room, events, span))) {
        if (result > 0) {
            done += result, least -= result, room -= result;
            events = (char *)events + (size_t)result * EVENT_SIZE;
            if (least <= 0)
                return done;
        }
        span = wait_left_timespec(&wait, (const struct timespec *)wait.on.timeout, &left);
    }
    return result >= 0 ? done + result : done > 0 ? done : result;
}
