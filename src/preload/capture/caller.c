#include "caller.h"

#include <linux/futex.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "arch/arch.h"
#include "descriptor.h"
#include "interpose/dispositions.h"
#include "polled.h"
#include "record/wait.h"
#include "rt/sys.h"
#include "wait_check.h"

/* A write to a pipe that a signal ends returns how much it has written, and the call is over: its number is lost, but the
 * record of the wait is there (pipe(7); kernel: fs/pipe.c, pipe_write). */
static bool is_cut_write(const unsigned char *code, const struct thread *record, uint64_t argument[6],
                         int64_t done) {
    struct wait wait;
    uintptr_t at = record ? (uintptr_t)__atomic_load_n(&record->wait, __ATOMIC_ACQUIRE) : 0;
    if (at == 0 || done <= 0 || (uint64_t)done >= argument[2] || !code_is_system_call(code) ||
        sys_peek(at, &wait, sizeof wait) != sizeof wait || !call_is_known(wait.call) ||
        wait.thread != record || !wait.call->counts || wait.call->object != OBJECT_FD ||
        wait.call->syscalls[0] != SYS_write)
        return false;
    if (!CONTEXT_KEEPS_FIRST)
        argument[0] = wait.on.object;
    return (int)wait.on.object == (int)argument[0];
}

/* A call that is over has its result where its first argument was (arch.h), but for that its registers are as they were: the wrapper's record has it, if it
 * agrees with them. The wrapper makes the call again, and the tool sees then with which arguments (proc/has_run.c). */
static void restore_first(const void *context, const struct thread *record, struct kernel_state *kernel) {
    struct wait wait;
    int64_t number = context_number(context);
    if (CONTEXT_KEEPS_FIRST || kernel->number >= 0 || !record || !wait_check(record, kernel, &wait))
        return;
    bool same = wait.call->object == OBJECT_FD ||
                (wait.call->object == OBJECT_POLLFDS && wait.on.second == kernel->argument[1]);
    bool sets = wait.call->kind == LW_WAIT_SELECT;
    for (int i = 0; (same || sets) && i < 2 && wait.call->syscalls[i] != 0; i++)
        if (number == wait.call->syscalls[i])
            kernel->argument[0] = sets ? wait.on.second : wait.on.object;
}

struct kernel_state caller_state(const void *context, const struct thread *record) {
    struct kernel_state kernel = kernel_state_of_context(context);
    if (context && kernel.state == KERNEL_SLEEPS)
        restore_first(context, record, &kernel);
    if (!context || kernel.state == KERNEL_SLEEPS)
        return kernel;
    uint64_t argument[6];
    int64_t done = context_result(context);
    unsigned char code[2 * SYSTEM_CALL_CODE];
    if (sys_peek(CONTEXT_CODE(context), code, sizeof code) != sizeof code)
        return kernel;
    context_call(context, code, argument);
    if (!is_cut_write(code, record, argument, done))
        return kernel;
    struct registers registers;
    registers_of_context(context, &registers);
    kernel = (struct kernel_state){
        .state = KERNEL_SLEEPS, .number = SYS_write, .sp = registers.sp, .pc = registers.pc};
    kernel.argument[0] = argument[0];
    kernel.argument[1] = argument[1] + (uint64_t)done;
    kernel.argument[2] = argument[2] - (uint64_t)done;
    return kernel;
}

bool caller_goes_on(const struct kernel_state *kernel) {
    return kernel->state == KERNEL_SLEEPS && kernel->number >= 0;
}

/* The kernel sleeps if the word is what the caller says it is, and else answers EAGAIN (futex(2)); who wakes somebody
 * changes it. A waiter that was woken in the moment of the signal has returned 0 and is not in the call any more
 * (kernel: kernel/futex/waitwake.c, futex_wait). */
static bool futex_would_wait(const uint64_t argument[6]) {
    uint32_t word;
    switch ((int)argument[1] & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        return sys_peek(argument[0], &word, sizeof word) == sizeof word && word == (uint32_t)argument[2];
    }
    return false;
}

enum { POLLOUT_ANY = POLLOUT | 0x100 | 0x200 }; /* POLLWRNORM, POLLWRBAND (poll(2)) */

static bool is_blocking(int fd) {
    long flags = sys_call(SYS_fcntl, fd, F_GETFL);
    return flags >= 0 && !(flags & O_NONBLOCK);
}

static bool is_ready(int fd, short events) {
    struct pollfd poll = {.fd = fd, .events = events};
    return sys_poll_now(&poll, 1) != 0;
}

static bool read_would_sleep(const struct kernel_state *kernel) {
    int fd = (int)kernel->argument[0];
    return kernel->number == SYS_read && kernel->argument[2] > 0 && is_blocking(fd) && !is_ready(fd, POLLIN);
}

/* What is beyond whole pages goes into the last page that is there, if there is room, even where the pipe has no page left
 * and is not said to be writable (kernel: fs/pipe.c, pipe_write). */
static bool write_would_sleep(const struct kernel_state *kernel) {
    enum { PAGE = 4096 };
    int fd = (int)kernel->argument[0], unread = 0;
    long size = sys_call(SYS_fcntl, fd, F_GETPIPE_SZ);
    uint64_t beyond = kernel->argument[2] % PAGE;
    return kernel->number == SYS_write && kernel->argument[2] > 0 && is_blocking(fd) && size > 0 &&
           sys_call(SYS_ioctl, fd, FIONREAD, &unread) == 0 && !is_ready(fd, POLLOUT) &&
           (beyond == 0 || (int64_t)beyond > size - unread);
}

/* Whether a socket could be written to by now, the tool cannot ask (tool/process/file_waits.c, file_is_unready). */
static bool may_be_polled(int fd, bool to_write) {
    struct stat status;
    return descriptor_is_local(fd) &&
           !(to_write && (sys_call(SYS_fstat, fd, &status) != 0 || S_ISSOCK(status.st_mode)));
}

/* A signal's handler ends the call for good, but our wrapper makes it again (wait.h); its arguments are still in the registers. */
static bool poll_would_sleep(const struct kernel_state *kernel) {
    struct pollfd fds[LW_POLLED];
    uint64_t count = kernel->argument[1];
    if (count == 0)
        return true;
    if (count > LW_POLLED || sys_peek(kernel->argument[0], fds, count * sizeof *fds) != count * sizeof *fds)
        return false;
    for (uint64_t i = 0; i < count; i++)
        if (fds[i].fd >= 0 && !may_be_polled(fds[i].fd, fds[i].events & POLLOUT_ANY))
            return false;
    return sys_poll_now(fds, count) == 0;
}

/* A select that a signal ends leaves its sets as they were (kernel: fs/select.c, core_sys_select). */
static bool select_would_sleep(const struct kernel_state *kernel) {
    enum { WORDS = FD_SETSIZE / 64 };
    uint64_t set[3][WORDS] = {0};
    struct timespec now = {0};
    struct polled polled;
    int count = (int)kernel->argument[0];
    size_t size = count > 0 ? ((size_t)count + 63) / 64 * sizeof(uint64_t) : 0;
    if (count > FD_SETSIZE || !polled_of_sets(kernel->argument + 1, count, &polled) ||
        polled.known != polled.count)
        return false;
    for (int i = 0; i < 3; i++)
        if (kernel->argument[1 + i] != 0 && sys_peek(kernel->argument[1 + i], set[i], size) != size)
            return false;
    for (size_t i = 0; i < polled.count; i++)
        if (!may_be_polled(polled.fd[i], set[1][polled.fd[i] / 64] >> polled.fd[i] % 64 & 1))
            return false;
    return sys_call(SYS_pselect6, count, set[0], set[1], set[2], &now, NULL) == 0;
}

static bool epoll_would_sleep(const struct kernel_state *kernel, int fd) {
    return (int)kernel->argument[2] > 0 && !is_ready(fd, POLLIN) &&
           descriptor_set_all(fd, descriptor_is_local);
}

static bool accept_would_sleep(const struct kernel_state *kernel) {
    int fd = (int)kernel->argument[0];
    return (kernel->number == SYS_accept || kernel->number == SYS_accept4) && descriptor_is_local(fd) &&
           is_blocking(fd) && !is_ready(fd, POLLIN);
}

/* Of one operation. The call is never restarted (signal(7)), so that its number is lost; only what stands in the way of a proof follows. */
static bool semop_would_sleep(const struct kernel_state *kernel) {
    enum { GETS_VALUE = 12 }; /* GETVAL (sys/sem.h) */
    struct {
        uint16_t number;
        int16_t add, flags;
    } operation;
    if (kernel->argument[2] != 1 ||
        sys_peek(kernel->argument[1], &operation, sizeof operation) != sizeof operation)
        return false;
    long value = sys_call(SYS_semctl, (int)kernel->argument[0], operation.number, GETS_VALUE, 0);
    return value >= 0 && (operation.add < 0 ? value + operation.add < 0 : operation.add == 0 && value != 0);
}

/* Of a UNIX socket's peer nobody but who has it can make it ready (tool/process/file_waits.c). With a time limit its number is lost
 * (signal(7)), and no proof follows. */
static bool receive_would_sleep(const struct lw_snapshot_thread *thread, const struct kernel_state *kernel) {
    int fd = (int)kernel->argument[0];
    if (kernel->number < 0)
        return (thread->flags & LW_THREAD_LIMITED) && descriptor_is_local((int)thread->fd) &&
               is_blocking((int)thread->fd) && !is_ready((int)thread->fd, POLLIN);
    if (kernel->number == SYS_read)
        return descriptor_is_local(fd) && read_would_sleep(kernel);
    return kernel->number == SYS_recvfrom && kernel->argument[2] > 0 &&
           !((int)kernel->argument[3] & MSG_DONTWAIT) && descriptor_is_local(fd) && is_blocking(fd) &&
           !is_ready(fd, POLLIN);
}

/* Queues can be polled (mq_overview(7)). */
static bool queue_would_sleep(const struct kernel_state *kernel, long number, short events) {
    int fd = (int)kernel->argument[0];
    return kernel->number == number && is_blocking(fd) && !is_ready(fd, events);
}

bool caller_would_sleep(const struct lw_snapshot_thread *thread, const struct kernel_state *kernel) {
    if (kernel->state != KERNEL_SLEEPS)
        return false;
    if (kernel->number == SYS_futex && futex_would_wait(kernel->argument))
        return true;
    switch (thread->kind) {
    case LW_WAIT_PIPE_READ:
        return read_would_sleep(kernel) && descriptor_has_end(thread->fd, O_WRONLY);
    case LW_WAIT_PIPE_WRITE:
        return write_would_sleep(kernel) && descriptor_has_end(thread->fd, O_RDONLY);
    case LW_WAIT_EVENTFD_READ:
    case LW_WAIT_TIMERFD_READ: /* fewer bytes than a number has are refused */
        return read_would_sleep(kernel) && kernel->argument[2] >= sizeof(uint64_t);
    case LW_WAIT_SOCKET_READ:
        return receive_would_sleep(thread, kernel);
    case LW_WAIT_ACCEPT:
        return accept_would_sleep(kernel);
    case LW_WAIT_SEMAPHORE:
        return thread->object == 0 && semop_would_sleep(kernel);
    case LW_WAIT_MQ_RECEIVE:
        return queue_would_sleep(kernel, SYS_mq_timedreceive, POLLIN);
    case LW_WAIT_MQ_SEND:
        return queue_would_sleep(kernel, SYS_mq_timedsend, POLLOUT);
    case LW_WAIT_EPOLL:
        return epoll_would_sleep(kernel, (int)thread->fd);
    case LW_WAIT_POLL:
        return poll_would_sleep(kernel);
    case LW_WAIT_SELECT:
        return select_would_sleep(kernel);
    default:
        return false;
    }
}

/* The argument that a set of signals is in, by the system call; -1: it has none. */
static int mask_argument(int64_t number) {
    switch (number) {
    case SYS_ppoll:
        return 3;
    case SYS_pselect6: /* of an address and a size (select(2)) */
        return 5;
    case SYS_epoll_pwait:
    case SYS_epoll_pwait2:
        return 4;
    default:
        return -1;
    }
}

/* The kernel keeps what is to be blocked after such a call in the signal's frame, not what is blocked during it (kernel: include/linux/sched/signal.h,
 * sigmask_to_save). Registers tell the call no more: it is never restarted. */
uint64_t caller_blocked_signals(const void *context, const struct thread *record) {
    struct wait wait;
    struct kernel_state kernel = caller_state(context, record);
    uint64_t blocked = context ? context_signal_mask(context) : 0, at;
    if (kernel.state != KERNEL_SLEEPS || !record || !wait_check(record, &kernel, &wait))
        return kernel.number >= 0 && mask_argument(kernel.number) < 0 ? blocked : 0;
    int64_t number = wait.call->object == OBJECT_SYSCALL ? (int64_t)wait.on.object
                     : wait.call->masks                  ? wait.call->syscalls[0]
                                                         : -1;
    if (mask_argument(number) < 0)
        return blocked;
    at = kernel.argument[mask_argument(number)];
    if (number == SYS_pselect6 && at != 0 && sys_peek(at, &at, sizeof at) != sizeof at)
        return 0;
    return at == 0 || sys_peek(at, &blocked, sizeof blocked) == sizeof blocked ? blocked : 0;
}

bool caller_is_called_away(const void *context) {
    return disposition_waits_to_be_heard(context_signal_mask(context));
}
