/* A vfork child, as subprocess libraries make it, resets handlers in the parent's memory, and ends by _exit with the parent's
 * threads around: the parent's handlers stay what they were, and the child tells nothing.
 *
 * OPTIONS: signal=USR1
 * CHECK: leakwatch: 1 thread in {{.*}} on SIGUSR1
 * CHECK: leakwatch: 1 leaked thread in {{.*}} at exit; 2 live
 * CHECK: [pause
 * CHECK-NOT: leakwatch
 */
#include <signal.h>
#include <sys/wait.h>

#include "ends.h"

static volatile sig_atomic_t got;
static void handler(int signal) {
    got = signal;
}

int main(void) {
    struct sigaction seen, reset = {.sa_handler = SIG_DFL};
    int status;
    signal(SIGUSR1, handler);
    pid_t child = vfork();
    if (child == 0) {
        int right = sigaction(SIGUSR1, NULL, &seen) == 0 && seen.sa_handler == handler;
        for (int number = 1; number < 32; number++)
            sigaction(number, &reset, NULL);
        right &= sigaction(SIGUSR1, NULL, &seen) == 0 && seen.sa_handler == SIG_DFL;
        _exit(right ? 7 : 8);
    }
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 7)
        return 1;
    if (sigaction(SIGUSR1, NULL, &seen) != 0 || seen.sa_handler != handler ||
        sigaction(SIGTERM, NULL, &seen) != 0 || seen.sa_handler != SIG_DFL)
        return 2;
#ifndef FIXED
    raise(SIGUSR1);
    if (got != SIGUSR1)
        return 3;
    settle_report();
#endif
    leave_a_thread();
    usleep(20000);
    return 0;
}
