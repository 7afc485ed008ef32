#include "child.h"

#include <errno.h>
#include <stddef.h>
#include <sys/wait.h>
#include <time.h>

#include "tool/process/monotonic.h"

static const int passed_on[] = {SIGTERM, SIGINT,  SIGHUP,  SIGQUIT, SIGUSR1,
                                SIGUSR2, SIGALRM, SIGCONT, SIGWINCH};

void child_prepare(struct child *child, sigset_t *before) {
    sigemptyset(&child->signals);
    sigaddset(&child->signals, SIGCHLD);
    for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++)
        sigaddset(&child->signals, passed_on[i]);
    sigprocmask(SIG_BLOCK, &child->signals, before);
}

static void reap(struct child *child) {
    int status;
    pid_t reaped;
    while ((reaped = waitpid(-1, &status, WNOHANG)) > 0)
        if (reaped == child->pid) {
            child->status = status;
            child->ended = true;
        }
    child->ended |= reaped < 0 && errno == ECHILD;
}

void child_rest_until(struct child *child, uint64_t moment) {
    uint64_t now = clock_now(), left = moment > now ? moment - now : 0;
    struct timespec span = {(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
    siginfo_t info;
    int signal = sigtimedwait(&child->signals, &info, &span);
    /* A terminal sends its signals to the child too. */
    if (signal > 0 && signal != SIGCHLD && info.si_code != SI_KERNEL && !child->ended)
        kill(child->pid, signal);
    reap(child);
}

bool child_wait_until(struct child *child, uint64_t moment) {
    while (!child->ended) {
        uint64_t now = clock_now();
        if (moment != 0 && now >= moment)
            return false;
        child_rest_until(child, moment != 0 ? moment : now + 3600000000000u);
    }
    return true;
}
