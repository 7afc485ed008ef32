/* The program's own use of signals, of those most of all that the shim uses too. */
#include <setjmp.h>
#include <sys/signalfd.h>

#include "../programs/older_libc.h"
#include "../programs/settle.h"
#include "scenario.h"

static volatile sig_atomic_t handled, last_code;
static void counts(int number) {
    handled += number;
}
static void counts_more(int number, siginfo_t *info, void *context) {
    handled += context ? number : 0;
    last_code = info->si_code;
}

static void say_action(const char *when, int number) {
    struct sigaction action;
    sigset_t all;
    sigfillset(&all);
    if (sigaction(number, NULL, &action) != 0)
        return;
    int blocked = 0;
    for (int i = 1; i < 65; i++)
        blocked += sigismember(&action.sa_mask, i) == 1;
    SAY("%s: signal %d %s, flags %#x, %d in its mask", when, number,
        action.sa_flags & SA_SIGINFO   ? action.sa_sigaction == counts_more ? "counts_more" : "other"
        : action.sa_handler == SIG_DFL ? "default"
        : action.sa_handler == SIG_IGN ? "ignored"
        : action.sa_handler == counts  ? "counts"
                                       : "other",
        action.sa_flags & ~0x04000000, blocked);
}

SCENARIO(handlers_are_queried_and_restored) {
    static const int numbers[] = {SIGUSR1, SIGTERM, SIGINT, SIGALRM, SIGUSR2, 40};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int number = numbers[i];
        struct sigaction before, wanted = {.sa_sigaction = counts_more, .sa_flags = SA_SIGINFO | SA_RESTART};
        sigaddset(&wanted.sa_mask, SIGHUP);
        say_action("at start", number);
        TELL(sigaction(number, &wanted, &before));
        say_action("with a handler", number);
        raise(number);
        SAY("handled %d, code %d", (int)handled, (int)last_code);
        TELL(signal(number, counts) == SIG_ERR);
        say_action("by signal", number);
        raise(number);
        TELL(sysv_signal(number, counts) == counts);
        say_action("by sysv_signal", number);
        raise(number);
        say_action("after it ran", number);
        TELL(sigset(number, counts) == SIG_DFL);
        say_action("by sigset", number);
        TELL(sigset(number, SIG_HOLD) == counts);
        raise(number);
        SAY("held %d", (int)handled);
        TELL(sigset(number, counts) == SIG_HOLD);
        SAY("released %d", (int)handled);
        TELL(siginterrupt(number, 1));
        say_action("after siginterrupt", number);
        TELL(signal(number, counts) == counts);
        say_action("by signal after siginterrupt", number);
        TELL(siginterrupt(number, 0));
        TELL(sigignore(number));
        raise(number);
        say_action("ignored", number);
        TELL(sigaction(number, &before, NULL));
        say_action("restored", number);
    }
    TELL(sigaction(0, NULL, NULL));
    TELL(sigaction(SIGKILL, &(struct sigaction){.sa_handler = counts}, NULL));
    TELL(sigaction(65, &(struct sigaction){.sa_handler = counts}, NULL));
    TELL(signal(SIGKILL, SIG_IGN) == SIG_ERR);
    TELL(sigset(SIGSTOP, SIG_IGN) == SIG_ERR);
}

SCENARIO(usr1_is_blocked_and_fetched) {
    sigset_t set, old;
    int number;
    siginfo_t info;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    TELL(sigprocmask(SIG_BLOCK, &set, &old));
    SAY("blocked before: %d", sigismember(&old, SIGUSR1));
    raise(SIGUSR1);
    TELL(sigpending(&old));
    SAY("pending: %d", sigismember(&old, SIGUSR1));
    TELL(sigwait(&set, &number));
    SAY("fetched %d", number);
    sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 77});
    TELL(sigwaitinfo(&set, &info));
    SAY("code %d, value %d", info.si_code, info.si_value.sival_int);
    int fd = signalfd(-1, &set, 0);
    sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 78});
    struct signalfd_siginfo got;
    TELL(read(fd, &got, sizeof got));
    SAY("signal %u, code %d, value %d", got.ssi_signo, got.ssi_code, got.ssi_int);
    TELL(sigtimedwait(&set, &info, &(struct timespec){0, 1000000}));
}

/* A value such as the shim's own questions have must reach the program's handler. */
SCENARIO(usr1_with_a_value) {
    struct sigaction wanted = {.sa_sigaction = counts_more, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &wanted, NULL);
    for (int i = 0; i < 3; i++)
        sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = i});
    SAY("handled %d, code %d", (int)handled, (int)last_code);
}

static sigjmp_buf back;
static void jumps(int number) {
    siglongjmp(back, number);
}
SCENARIO(a_handler_jumps_out_of_waits) {
    int ends[2];
    char byte;
    sem_t never;
    sem_init(&never, 0, 0);
    TELL(pipe(ends));
    signal(SIGALRM, jumps);
    for (volatile int i = 0; i < 3; i++) {
        if (sigsetjmp(back, 1) == 0) {
            ualarm(20000, 0);
            if (i == 0)
                TELL(read(ends[0], &byte, 1));
            else if (i == 1)
                TELL(sem_wait(&never));
            else
                TELL(pause());
        }
        SAY("jumped out %d", i);
    }
}

static void waits_inside(int number) {
    struct timespec span = {0, 30000000};
    sem_t never;
    sem_init(&never, 0, 0);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec = (until.tv_nsec + 20000000) % 1000000000;
    until.tv_sec++;
    SAY("in the handler of %d: nanosleep %d", number, nanosleep(&span, NULL));
    TELL(sem_timedwait(&never, &until));
}
SCENARIO(a_handler_waits_inside_a_wait) {
    struct sigaction wanted = {.sa_handler = waits_inside};
    sigaction(SIGALRM, &wanted, NULL);
    ualarm(20000 * slower(), 0);
    TELL(pause());
    int ends[2];
    char byte;
    TELL(pipe(ends));
    wanted.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &wanted, NULL);
    sigaction(SIGUSR2, &(struct sigaction){.sa_handler = counts}, NULL);
    ualarm(20000 * slower(), 0);
    pid_t child = fork();
    if (child == 0) {
        pass_ms(1500);
        _exit(write(ends[1], "x", 1) != 1);
    }
    TELL(read(ends[0], &byte, 1));
    waitpid(child, NULL, 0);
}

static char *volatile alternate_low, *volatile alternate_high;
static void on_alternate(int number) {
    char here;
    SAY("on the alternate stack: %d", &here >= alternate_low && &here < alternate_high);
    handled += number;
}
SCENARIO(handlers_on_alternate_stacks) {
    size_t size = (size_t)sysconf(_SC_MINSIGSTKSZ) + 4096;
    stack_t stack = {.ss_sp = malloc(size), .ss_size = size};
    alternate_low = stack.ss_sp;
    alternate_high = alternate_low + size;
    TELL(sigaltstack(&stack, NULL));
    for (int i = 0; i < 2; i++) {
        int number = i ? SIGUSR2 : SIGUSR1;
        sigaction(number, &(struct sigaction){.sa_handler = on_alternate, .sa_flags = SA_ONSTACK}, NULL);
        raise(number);
    }
    stack_t now;
    TELL(sigaltstack(NULL, &now));
    SAY("unchanged: %d", now.ss_sp == stack.ss_sp && now.ss_size == stack.ss_size);
}

static volatile int received;
static void *receives(void *set) {
    for (int i = 0; i < 3; i++) {
        int number = 0;
        int result = sigwait(set, &number);
        SAY("sigwait = %d, signal %d", result, number);
        received = i + 1;
    }
    return NULL;
}
static void await_received(int count) {
    while (received < count)
        pass_ms(1);
}
SCENARIO(a_thread_receives_all_signals) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_t thread = begin_thread(receives, &set);
    kill(getpid(), SIGTERM);
    await_received(1);
    kill(getpid(), SIGUSR1);
    await_received(2);
    kill(getpid(), SIGALRM);
    TELL(pthread_join(thread, NULL));
}

static void ends_by(int number) {
    pid_t child = fork();
    if (child == 0) {
        raise(number);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    say_end("a child that raises its default action", status);
}
SCENARIO(default_actions_end_the_process) {
    ends_by(SIGTERM);
    ends_by(SIGINT);
    ends_by(SIGALRM);
    ends_by(SIGUSR2);
    ends_by(SIGABRT);
    ends_by(SIGSEGV);
}

static void on_termination(int number) {
    SAY("terminated by %d", number);
    exit(3);
}
SCENARIO(exit_from_a_handler) {
    signal(SIGTERM, on_termination);
    kill(getpid(), SIGTERM);
    pause();
}

/* What the real-time signals above libc's own are is no business of the shim's. */
SCENARIO(real_time_signals) {
    SAY("%d to %d", SIGRTMIN, SIGRTMAX);
    sigaction(SIGRTMIN, &(struct sigaction){.sa_sigaction = counts_more, .sa_flags = SA_SIGINFO}, NULL);
    for (int i = 0; i < 5; i++)
        sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i});
    SAY("handled %d", (int)handled);
}
