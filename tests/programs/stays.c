/* Preloaded: a program that is about to end stays, with the threads that it has left, until it is killed. So a report of it can be made by
 * whoever wants to compare some. Its children end as ever. */
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

static pid_t program;

static void stay(void) {
    for (;;)
        pause();
}

/* One that has itself ended by SIGTERM stays too. */
__attribute__((constructor)) static void begin(void) {
    sigset_t ends;
    program = getpid();
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
}

__attribute__((destructor)) static void at_exit(void) {
    stay();
}

static _Noreturn void end(int status) {
    if (getpid() == program)
        stay();
    for (;;)
        syscall(SYS_exit_group, status);
}

_Noreturn void _exit(int status) {
    end(status);
}

_Noreturn void _Exit(int status) {
    end(status);
}

_Noreturn void quick_exit(int status) {
    end(status);
}
