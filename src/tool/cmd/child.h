/* A program that is run as a child: waiting for its end, passing signals on to it, and seeing to processes that came to be this one's
 * children when their parents ended. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child {
    pid_t pid;
    int status;
    bool ended;
    sigset_t signals; /* that are blocked, and looked for: SIGCHLD, and those that are passed on */
};

/* Blocks the signals. before: the mask until now. */
void child_prepare(struct child *child, sigset_t *before);
/* Waits until the child has ended or the moment has come, passing signals on; 0: no moment. False at the moment. */
bool child_wait_until(struct child *child, uint64_t moment);
/* Until the moment, whether the child has ended or not; sooner where any child has ended. */
void child_rest_until(struct child *child, uint64_t moment);
