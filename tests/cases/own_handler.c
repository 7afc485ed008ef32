/* The program handles SIGUSR1 itself: its handler is called too, with what it asked for, and is what it is told about.
 *
 * OPTIONS: at_exit=0
 * BOTH
 * CHECK: leakwatch: 1 thread in {{.*}} on SIGUSR1; 1 running
 * CHECK-NOT: leakwatch
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t got, masked;

static void handler(int signal, siginfo_t *info, void *context) {
    sigset_t now;
    sigprocmask(SIG_SETMASK, NULL, &now);
    masked = sigismember(&now, SIGUSR2) && sigismember(&now, SIGUSR1);
    got += signal == SIGUSR1 && info->si_pid == getpid() && context;
    errno = 77;
}

static void simple(int signal) {
    got += signal;
}

int main(void) {
    struct sigaction mine = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO}, seen;
    sigaddset(&mine.sa_mask, SIGUSR2);
    if (sigaction(SIGUSR1, &mine, NULL) != 0 || sigaction(SIGUSR1, NULL, &seen) != 0)
        return 1;
    if (seen.sa_sigaction != handler || seen.sa_flags & SA_RESTART || !sigismember(&seen.sa_mask, SIGUSR2))
        return 2;
    raise(SIGUSR1);
    if (got != 1 || !masked || errno != 77)
        return 3;
    if (signal(SIGUSR1, SIG_IGN) != (void (*)(int))(void *)handler || raise(SIGUSR1) != 0 || got != 1)
        return 4; /* ignored: by us too */
    if (signal(SIGUSR1, simple) != SIG_IGN || signal(SIGUSR1, SIG_DFL) != simple)
        return 5;
    if (signal(SIGKILL, simple) != SIG_ERR || errno != EINVAL || signal(0, simple) != SIG_ERR ||
        errno != EINVAL)
        return 6;
    return 0;
}
