/* Orphans come back to a subreaper, as they do to PID 1: the tool must not be one of them.
 *
 * OPTIONS: signal=USR1:at_exit=0
 * BOTH
 * CHECK: leakwatch: 1 thread in {{.*}} on SIGUSR1; 1 running
 * CHECK: leakwatch: 1 thread in {{.*}} on SIGUSR1; 1 running
 */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t children;
static void on_child(int signal) {
    children += signal != 0;
}

int main(void) {
    signal(SIGCHLD, on_child);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int i = 0; i < 2; i++) {
        raise(SIGUSR1);
        for (int k = 0; k < 30; k++) {
            if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
                return 1;
            usleep(10000 * slower());
        }
    }
    return children;
}
