#include "supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "junit.h"
#include "tool/process/monotonic.h"
#include "tool/tool.h"

static const int passed_on[] = {SIGTERM, SIGINT,  SIGHUP,  SIGQUIT, SIGUSR1,
                                SIGUSR2, SIGALRM, SIGCONT, SIGWINCH};

struct child {
    pid_t pid;
    int status;
    bool ended;
};

/* Waits until the child has ended or the moment has come, passing signals on. False at the moment. */
static bool wait_until(struct child *child, uint64_t moment, const sigset_t *signals) {
    while (!child->ended) {
        uint64_t now = clock_now();
        if (moment != 0 && now >= moment)
            return false;
        uint64_t left = moment != 0 ? moment - now : 3600000000000u;
        struct timespec span = {(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
        siginfo_t info;
        int signal = sigtimedwait(signals, &info, &span);
        /* A terminal sends its signals to the child too. */
        if (signal > 0 && signal != SIGCHLD && info.si_code != SI_KERNEL)
            kill(child->pid, signal);
        pid_t reaped = waitpid(child->pid, &child->status, WNOHANG);
        child->ended = reaped == child->pid || (reaped < 0 && errno == ECHILD);
    }
    return true;
}

/* SIGTERM makes a report and ends a program that has no handler for it. One that has is asked for a report
 * before it is killed. */
static void end_hung(struct child *child, const sigset_t *signals) {
    enum { PATIENCE_S = 5, REPORT_S = 1 };
    kill(child->pid, SIGTERM);
    if (wait_until(child, clock_now() + PATIENCE_S * 1000000000u, signals))
        return;
    kill(child->pid, SIGUSR1);
    if (wait_until(child, clock_now() + REPORT_S * 1000000000u, signals))
        return;
    kill(child->pid, SIGKILL);
    wait_until(child, 0, signals);
}

static void die_of(int signal) {
    struct rlimit none = {0};
    setrlimit(RLIMIT_CORE, &none); /* the program's own core is enough */
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, signal);
    struct sigaction fatal = {.sa_handler = SIG_DFL};
    sigaction(signal, &fatal, NULL);
    raise(signal);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
}

static int run(char **arguments, const sigset_t *before, const struct sigaction *on_child) {
    sigaction(SIGCHLD, on_child, NULL);
    sigprocmask(SIG_SETMASK, before, NULL);
    execvp(arguments[0], arguments);
    int status = errno == ENOENT ? 127 : 126; /* as a shell has it */
    complain("run: %s: %s", arguments[0], strerror(errno));
    return status;
}

int supervise(const struct supervision *how, char **arguments) {
    char copy[4096];
    const char *directory = getenv("TMPDIR");
    snprintf(copy, sizeof copy, "%s/leakwatch.XXXXXX", directory && directory[0] ? directory : "/tmp");
    int fd = how->junit ? mkstemp(copy) : -1;
    if (how->junit && fd < 0) {
        complain("run: cannot make %s: %s", copy, strerror(errno));
        return TOOL_FAILED;
    }
    if (fd >= 0) {
        close(fd);
        setenv("LEAKWATCH_REPORT_COPY", copy, 1);
    }
    sigset_t signals, before;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++)
        sigaddset(&signals, passed_on[i]);
    sigprocmask(SIG_BLOCK, &signals, &before);
    /* where it is ignored, children leave no status behind (wait(2)) */
    struct sigaction by_default = {.sa_handler = SIG_DFL}, on_child;
    sigaction(SIGCHLD, &by_default, &on_child);
    uint64_t start = clock_now();
    struct child child = {.pid = fork()};
    if (child.pid < 0) {
        complain("run: cannot make a process: %s", strerror(errno));
        return TOOL_FAILED;
    }
    if (child.pid == 0)
        _exit(run(arguments, &before, &on_child));
    bool hung = !wait_until(&child, how->timeout_ns ? start + how->timeout_ns : 0, &signals);
    if (hung) {
        complain("run: %s has not ended within %.1f s", arguments[0], (double)how->timeout_ns / 1e9);
        end_hung(&child, &signals);
    }
    struct junit_case result = {.name = arguments[0],
                                .seconds = (double)(clock_now() - start) / 1e9,
                                .hung = hung,
                                .leak_status = how->leak_status,
                                .status = child.status};
    bool written = !how->junit || junit_write(how->junit, &result, copy);
    if (how->junit)
        unlink(copy);
    if (hung)
        return SUPERVISE_TIMED_OUT;
    if (!written)
        return TOOL_FAILED;
    if (WIFSIGNALED(child.status))
        die_of(WTERMSIG(child.status));
    return WEXITSTATUS(child.status);
}
