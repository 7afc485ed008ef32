#include "supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "end_tree.h"
#include "junit.h"
#include "tool/process/monotonic.h"
#include "tool/process/turns.h"
#include "tool/tool.h"

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

/* What no preload reaches is read from outside when its time is over, by a child of this process's, which is no ancestor of the program's: where Yama lets only those look into it, the program
 * says that this process and what it makes may too (prctl(2), PR_SET_PTRACER; kept over execve(2); kernel: Documentation/admin-guide/LSM/Yama.rst). Without Yama that is refused, and not needed. */
static void let_look_into(pid_t supervisor) {
    prctl(PR_SET_PTRACER, supervisor, 0, 0, 0);
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
    struct child child = {0};
    sigset_t before;
    child_prepare(&child, &before);
    /* where it is ignored, children leave no status behind (wait(2)) */
    struct sigaction by_default = {.sa_handler = SIG_DFL}, on_child;
    sigaction(SIGCHLD, &by_default, &on_child);
    uint64_t start = clock_now();
    if (how->timeout_ns) {
        /* what is to be ended must be found, also a process that has left its parent, session and group */
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        turns_make();
    }
    pid_t self = getpid();
    child.pid = fork();
    if (child.pid < 0) {
        complain("run: cannot make a process: %s", strerror(errno));
        return TOOL_FAILED;
    }
    if (child.pid == 0) {
        if (how->timeout_ns)
            let_look_into(self);
        _exit(run(arguments, &before, &on_child));
    }
    bool hung = !child_wait_until(&child, how->timeout_ns ? start + how->timeout_ns : 0);
    if (hung) {
        complain("run: %s has not ended within %.1f s", arguments[0], (double)how->timeout_ns / 1e9);
        end_tree(&child, how->settings);
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
