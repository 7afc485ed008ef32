#include "halt.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>

enum { MOST_TRIES = 2000, LEAST_TRIES = 20 };

/* One that sleeps in the kernel and cannot be interrupted does not stop: it is let go when this process ends. */
static bool await_stop(int tid, int tries) {
    enum { PAUSE_NS = 20000 };
    for (int i = 0; i < tries; i++) {
        int status;
        if (waitpid(tid, &status, __WALL | WNOHANG) == tid)
            return WIFSTOPPED(status);
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
    return false;
}

static bool halt(int tid, int tries, struct halted *halted) {
    struct user_regs_struct from;
    *halted = (struct halted){.tid = tid};
    if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) != 0)
        return false;
    bool read = ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) == 0 && await_stop(tid, tries) &&
                ptrace(PTRACE_GETREGS, tid, NULL, &from) == 0;
    ptrace(PTRACE_DETACH, tid, NULL, NULL);
    if (read) {
        registers_of_user(&halted->registers, &from);
        halted->slept = (int64_t)from.orig_rax >= 0;
    }
    return read;
}

struct halted *halt_all(const int *tids, size_t count, size_t *halted) {
    struct halted *list = calloc(count + 1, sizeof *list);
    *halted = 0;
    int tries = MOST_TRIES;
    for (size_t i = 0; list && i < count; i++) {
        bool stopped = halt(tids[i], tries, &list[*halted]);
        *halted += stopped;
        /* where one waits for a disk or a server that does not answer, many may */
        if (!stopped && tries > LEAST_TRIES)
            tries /= 2;
    }
    return list;
}

const struct halted *halt_of(const struct halted *list, size_t count, size_t near, int tid) {
    for (size_t i = 0; list && i < count; i++)
        if (list[(near + i) % count].tid == tid)
            return &list[(near + i) % count];
    return NULL;
}
