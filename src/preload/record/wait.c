#include "wait.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "interpose/dispositions.h"
#include "options.h"
#include "process.h"

/* The mark lies in the signal's frame, in the part of its siginfo_t that the kernel clears (kernel/signal.c,
 * copy_siginfo_to_user). A handler of the program's that runs once ours has returned gets a frame in the same place, and
 * the mark is gone: it is that handler which has interrupted the call, and the program must hear of it. Nothing else
 * writes there before the wrapper looks: the real function goes up the stack from where it was interrupted, and the
 * processor's state, more than 500 bytes, lies above the mark. */
static const uint64_t MARK = 0x6c77206578637573u;

void wait_excuse(struct wait *wait, siginfo_t *info, int errno_before) {
    volatile uint64_t *mark = (volatile uint64_t *)(info + 1) - 1;
    *mark = MARK;
    wait->errno_before = errno_before;
    wait->excuse = (uintptr_t)mark;
}

static bool is_interrupted(const struct call *call, long result) {
    if (call->counts && result > 0)
        return true;
    switch ((enum interruption)call->interrupted) {
    case INTERRUPTED_ERRNO:
        return result == -1 && errno == EINTR;
    case INTERRUPTED_BARE:
        return result == -1;
    case INTERRUPTED_RETURNED:
        return result == EINTR;
    case INTERRUPTED_NEGATED:
        return result == -EINTR;
    case INTERRUPTED_REST:
        return true;
    }
    return false;
}

uint64_t wait_snapshot_at;

void wait_snapshot_taken(void) {
    __atomic_store_n(&wait_snapshot_at, clock_ns(CLOCK_MONOTONIC), __ATOMIC_RELEASE);
}

static bool was_taken_lately(void) {
    enum { LATELY_NS = 100000000 };
    uint64_t at = __atomic_load_n(&wait_snapshot_at, __ATOMIC_ACQUIRE);
    if (at != 0 && clock_ns(CLOCK_MONOTONIC) - at > LATELY_NS) {
        __atomic_compare_exchange_n(&wait_snapshot_at, &at, 0, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
        at = 0;
    }
    return at != 0;
}

/* Has the call been interrupted by a snapshot signal that another thread took? It may as well be by a signal that the
 * program handles, if it ever had a handler. surely: the call says that it was interrupted, and in no other way than one
 * that means it: then the thread that took the signal may only not have come to its handler yet. Nothing else interrupts a
 * call in a program without handlers but a stop (signal(7)), after which a moment more does not count. */
static bool is_taken_elsewhere(bool surely) {
    enum { LOOKS = 40, PAUSE_NS = 500000 };
    if (options.signal == 0 || dispositions_could_interrupt())
        return false;
    bool taken = was_taken_lately();
    for (int i = 0; i < LOOKS && !taken && surely && !process.filtered; i++) {
        sys_sleep_ns(PAUSE_NS);
        taken = was_taken_lately();
    }
    return taken;
}

/* It lies below the stack pointer by now, where valgrind lets nobody read. */
static uint64_t mark_at(uintptr_t place) {
    uint64_t mark = 0;
    if (!process.emulated)
        return *(volatile uint64_t *)place;
    sys_peek(place, &mark, sizeof mark);
    return mark;
}

static bool take_excuse(struct wait *wait, bool surely) {
    bool alone;
    if (wait->excuse != 0)
        alone = mark_at(wait->excuse) == MARK;
    else if ((alone = is_taken_elsewhere(surely)))
        wait->errno_before = errno;
    wait->excuse = 0;
    return alone;
}

CALLS(int, real_ppoll, "ppoll", (struct pollfd *, nfds_t, const struct timespec *, const sigset_t *))

/* A socket's own timeout would begin anew with the call (socket(7), SO_RCVTIMEO); its rest is waited out here. False
 * with errno set if it is over, or if the program's signal ended it. */
static bool socket_has_time(struct wait *wait) {
    int fd = (int)wait->on.object;
    bool sends = wait->call->kind == LW_WAIT_SOCKET_WRITE || wait->call->kind == LW_WAIT_UNSETTLED_WRITE ||
                 wait->call->kind == LW_WAIT_CONNECT;
    struct timeval timeout = {0};
    socklen_t size = sizeof timeout;
    if (sys_call(SYS_getsockopt, fd, SOL_SOCKET, sends ? SO_SNDTIMEO : SO_RCVTIMEO, &timeout, &size) != 0 ||
        (timeout.tv_sec == 0 && timeout.tv_usec == 0))
        return true;
    for (;;) {
        struct timespec left, whole = {timeout.tv_sec, timeout.tv_usec * 1000};
        struct pollfd poll = {.fd = fd, .events = sends ? POLLOUT : POLLIN};
        int ready = REAL(real_ppoll)(&poll, 1, wait_left_timespec(wait, &whole, &left), NULL);
        if (ready > 0)
            return true;
        if (ready == 0)
            errno = wait->call->kind == LW_WAIT_CONNECT ? EINPROGRESS : EAGAIN;
        if (ready == 0 || !take_excuse(wait, errno == EINTR))
            return false;
    }
}

bool wait_goes_on(struct wait *wait, long result) {
    if (!is_interrupted(wait->call, result)) {
        wait->excuse = 0;
        return false;
    }
    bool surely = result < 0 || wait->call->interrupted == INTERRUPTED_RETURNED;
    if (!take_excuse(wait, surely))
        return false;
    if (wait->call->object == OBJECT_FD && result < 0 && !socket_has_time(wait))
        return false;
    errno = wait->errno_before;
    return true;
}

uint64_t wait_left_ns(const struct wait *wait, uint64_t ns) {
    struct clock_reading now = clock_reading();
    uint64_t gone = now.ns - clock_of_mark(wait->started, now);
    return gone >= ns ? 0 : ns - gone;
}

int wait_left_ms(const struct wait *wait, int ms) {
    return ms < 0 ? ms : (int)((wait_left_ns(wait, (uint64_t)ms * 1000000u) + 999999u) / 1000000u);
}

struct timespec *wait_left_timespec(const struct wait *wait, const struct timespec *span,
                                    struct timespec *left) {
    if (!span)
        return NULL;
    uint64_t ns = wait_left_ns(wait, (uint64_t)span->tv_sec * 1000000000u + (uint64_t)span->tv_nsec);
    left->tv_sec = (time_t)(ns / 1000000000u);
    left->tv_nsec = (long)(ns % 1000000000u);
    return left;
}
