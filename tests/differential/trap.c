#include "trap.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "../programs/older_libc.h"

/* The registers of a system call's arguments and of its result (syscall(2)). */
#if defined(__x86_64__)
#define REGISTERS(context) ((context)->uc_mcontext.gregs)
enum { ARG_1 = REG_RDI, ARG_2 = REG_RSI, ARG_3 = REG_RDX, ARG_4 = REG_R10, RESULT = REG_RAX };
#elif defined(__aarch64__)
#define REGISTERS(context) ((context)->uc_mcontext.regs)
enum { ARG_1 = 0, ARG_2 = 1, ARG_3 = 2, ARG_4 = 3, RESULT = 0 };
#else
#error "say where a system call has its arguments"
#endif

/* FUTEX_WAIT has four arguments: with this as the sixth, it passes the filter. */
#define PASSES 0x6c65616bu

static _Thread_local struct trap {
    bool armed;
    sigjmp_buf back;
    const struct timespec *until;
    clockid_t clock;
    int deadline;
    int calls, ticks;
} trap;

static int real_wait(uint32_t *word, uint32_t value, bool is_private) {
    int op = FUTEX_WAIT | (is_private ? FUTEX_PRIVATE_FLAG : 0);
    return syscall(SYS_futex, word, op, value, NULL, NULL, PASSES) == 0 ? 0 : -errno;
}

/* FUTEX_LOCK_PI takes the time of CLOCK_REALTIME, whatever its flags (futex(2)). */
static clockid_t clock_of(int op) {
    return (op & FUTEX_CMD_MASK) == FUTEX_LOCK_PI || op & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME
                                                                               : CLOCK_MONOTONIC;
}

static int timed_out(int op, const struct timespec *until) {
    if (until->tv_sec < 0 || until->tv_nsec < 0 || until->tv_nsec >= 1000000000)
        return -EINVAL;
    bool as_asked = trap.until && until->tv_sec == trap.until->tv_sec &&
                    until->tv_nsec == trap.until->tv_nsec && (trap.clock < 0 || clock_of(op) == trap.clock);
    trap.deadline = as_asked ? AS_ASKED : NOT_AS_ASKED;
    return -ETIMEDOUT;
}

static void on_trapped_futex(int signal, siginfo_t *info, void *context) {
    enum { MANY = 20 };
    (void)signal, (void)info;
    int saved_errno = errno, result;
    uint32_t *word = (uint32_t *)REGISTERS((ucontext_t *)context)[ARG_1];
    int op = (int)REGISTERS((ucontext_t *)context)[ARG_2];
    uint32_t value = (uint32_t)REGISTERS((ucontext_t *)context)[ARG_3];
    const struct timespec *until = (const struct timespec *)REGISTERS((ucontext_t *)context)[ARG_4];
    bool locks = (op & FUTEX_CMD_MASK) == FUTEX_LOCK_PI || (op & FUTEX_CMD_MASK) == FUTEX_LOCK_PI2;
    bool sleeps;
    if (locks) {
        /* Takes it, or says why not, as FUTEX_LOCK_PI does before it sleeps. */
        result = syscall(SYS_futex, word, FUTEX_TRYLOCK_PI | (op & FUTEX_PRIVATE_FLAG)) == 0 ? 0 : -errno;
        sleeps = result == -EWOULDBLOCK;
    } else if (trap.armed) {
        result = -EAGAIN;
        sleeps = __atomic_load_n(word, __ATOMIC_SEQ_CST) == value;
    } else {
        result = real_wait(word, value, op & FUTEX_PRIVATE_FLAG);
        sleeps = false;
    }
    if (sleeps && !until)
        siglongjmp(trap.back, BLOCKED);
    if (sleeps)
        result = timed_out(op, until);
    if (trap.armed && ++trap.calls == MANY)
        siglongjmp(trap.back, SPUN); /* glibc makes some calls that the kernel refuses again for ever */
    REGISTERS((ucontext_t *)context)[RESULT] = (greg_t)result;
    errno = saved_errno;
}

static void on_outcome(int signal) {
    enum { TICKS = 3 };
    if (signal == SIGVTALRM && (!trap.armed || ++trap.ticks < TICKS))
        return;
    if (!trap.armed)
        _exit(71);
    siglongjmp(trap.back, signal == SIGVTALRM ? SPUN : signal == SIGABRT ? ABORTED : FAULTED);
}

void trap_install(void) {
    struct sigaction on_trap = {.sa_sigaction = on_trapped_futex, .sa_flags = SA_SIGINFO | SA_NODEFER};
    struct sigaction on_end = {.sa_handler = on_outcome, .sa_flags = SA_NODEFER | SA_RESTART};
    sigaction(SIGSYS, &on_trap, NULL);
    sigaction(SIGSEGV, &on_end, NULL);
    sigaction(SIGABRT, &on_end, NULL);
    sigaction(SIGVTALRM, &on_end, NULL);
    /* A call that spins uses time of its own. */
    setitimer(ITIMER_VIRTUAL, &(struct itimerval){{0, 10000}, {0, 10000}}, NULL);
#define LOAD(field)                  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define WHEN(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)
    struct sock_filter program[] = {
        LOAD(nr),
        WHEN(SYS_futex, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        LOAD(args[5]),
        WHEN(PASSES, 6, 0),
        LOAD(args[1]),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (unsigned)FUTEX_CMD_MASK),
        WHEN(FUTEX_WAIT, 4, 0),
        WHEN(FUTEX_WAIT_BITSET, 3, 0),
        WHEN(FUTEX_LOCK_PI, 2, 0),
        WHEN(FUTEX_LOCK_PI2, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
    };
    struct sock_fprog filter = {sizeof program / sizeof *program, program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter) != 0) {
        perror("seccomp");
        _exit(70);
    }
}

void trap_pause(bool paused) {
    trap.armed = !paused;
}

struct answer trap_attempt(long (*call)(void *), void *argument, const struct timespec *until,
                           clockid_t clock) {
    struct answer answer = {.error = UNTOUCHED};
    struct trap outer = trap;
    trap.until = until;
    trap.clock = clock;
    trap.deadline = NOT_TIMED;
    trap.calls = trap.ticks = 0;
    int outcome = sigsetjmp(trap.back, 0);
    if (outcome == RETURNED) {
        trap.armed = true;
        errno = UNTOUCHED;
        long result = call(argument);
        trap.armed = false;
        answer.error = errno;
        answer.result = result;
    }
    answer.outcome = (enum outcome)outcome;
    answer.deadline = trap.deadline;
    trap = outer;
    return answer;
}

const char *trap_say(struct answer answer, char text[static 64]) {
    static const char *const outcomes[] = {"", "blocks", "spins", "faults", "aborts"},
                             *const deadlines[] = {"", " at its deadline", " at another deadline"};
    const char *name = answer.result > 0 ? strerrorname_np((int)answer.result) : NULL;
    if (answer.outcome != RETURNED)
        snprintf(text, 64, "%s", outcomes[answer.outcome]);
    else if (name)
        snprintf(text, 64, "%s%s", name, deadlines[answer.deadline]);
    else
        snprintf(text, 64, "%ld%s", answer.result, deadlines[answer.deadline]);
    if (answer.outcome == RETURNED && answer.error != UNTOUCHED) {
        const char *error = strerrorname_np(answer.error);
        size_t length = strlen(text);
        snprintf(text + length, 64 - length, " errno %s", error ? error : "0");
    }
    return text;
}
