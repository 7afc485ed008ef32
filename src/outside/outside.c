#include "outside.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core.h"
#include "live.h"
#include "produce.h"
#include "shared/older_headers.h"

enum { CHILD_DONE = 0, CHILD_SAYS_WHY = 1, CHILD_IS_REFUSED = 3 };

/* What this process has open is not for the child, which may outlive a client's connection by a while (close_range(2), Linux 5.9; before that it
 * has them). */
static void close_others(int kept) {
    enum { FIRST = 3 };
    if (kept > FIRST)
        syscall(SYS_close_range, FIRST, kept - 1, 0);
    syscall(SYS_close_range, kept + 1, ~0u, 0);
}

static bool begin(struct outside *outside) {
    *outside = (struct outside){.memory = memfd_create("leakwatch-outside", MFD_CLOEXEC)};
    pid_t parent = getpid();
    outside->child = outside->memory < 0 ? -1 : fork();
    if (outside->child < 0) {
        int error = errno;
        outside->child = 0;
        outside_end(outside);
        errno = error;
        return false;
    }
    if (outside->child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(CHILD_SAYS_WHY);
    }
    return true;
}

/* opened: there is a target to make a snapshot of; else `why` says why not. */
_Noreturn static void make_in_child(const struct outside *outside, bool opened, struct target *target,
                                    const struct symbol_places *places, char why[256]) {
    if (opened && produce(target, places, outside->memory, why))
        _exit(CHILD_DONE);
    if (ftruncate(outside->memory, 0) != 0 || pwrite(outside->memory, why, strlen(why), 0) < 0)
        _exit(CHILD_DONE); /* an empty snapshot, which is said to be none */
    _exit(target->refused ? CHILD_IS_REFUSED : CHILD_SAYS_WHY);
}

/* While a process becomes another program (execve(2)) it has neither mappings nor, for a moment, a system call. */
static bool open_live(struct target *target, int pid, bool halts, char why[256]) {
    enum { TRIES = 10, PAUSE_NS = 1000000 };
    for (int i = 1; !live_open(target, pid, halts, why); i++) {
        if (!target->changes || i == TRIES)
            return false;
        target_drop(target);
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
    return true;
}

bool outside_begin(struct outside *outside, int pid, bool halts, const struct symbol_places *places) {
    struct target target;
    char why[256];
    if (!begin(outside))
        return false;
    if (outside->child == 0) {
        close_others(outside->memory);
        make_in_child(outside, open_live(&target, pid, halts, why), &target, places, why);
    }
    return true;
}

bool outside_begin_core(struct outside *outside, const char *core, const char *exe,
                        const struct symbol_places *places) {
    struct target target;
    char why[256];
    if (!begin(outside))
        return false;
    if (outside->child == 0)
        make_in_child(outside, core_open(&target, core, exe, places, why), &target, places, why);
    return true;
}

static void read_why(int memory, char why[256]) {
    ssize_t length = pread(memory, why, 255, 0);
    why[length > 0 ? length : 0] = '\0';
}

enum outside_state outside_look(struct outside *outside, struct snapshot *snapshot, char why[256]) {
    int status;
    if (outside->child == 0)
        return OUTSIDE_FAILED;
    if (waitpid(outside->child, &status, WNOHANG) == 0)
        return OUTSIDE_PENDING;
    outside->child = 0;
    if (WIFSIGNALED(status)) {
        snprintf(why, 256, "what looked at it was ended by signal %d", WTERMSIG(status));
        return OUTSIDE_FAILED;
    }
    outside->refused = WEXITSTATUS(status) == CHILD_IS_REFUSED;
    if (outside->refused || WEXITSTATUS(status) == CHILD_SAYS_WHY) {
        read_why(outside->memory, why);
        return OUTSIDE_FAILED;
    }
    const char *wrong = snapshot_copy(snapshot, outside->memory, why);
    if (!wrong)
        return OUTSIDE_DONE;
    if (wrong != why)
        snprintf(why, 256, "%s", wrong);
    return OUTSIDE_FAILED;
}

void outside_end(struct outside *outside) {
    if (outside->child > 0) {
        kill(outside->child, SIGKILL);
        waitpid(outside->child, NULL, 0);
    }
    if (outside->memory >= 0)
        close(outside->memory);
    *outside = (struct outside){.memory = -1};
}
