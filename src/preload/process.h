/* What holds for the whole watched process: who it is, and whether this still is it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "shared/condition.h"

struct process {
    int32_t pid;        /* of the process that is watched */
    uint32_t user;      /* real, when it began */
    uint64_t started;   /* CLOCK_MONOTONIC ns */
    char exe[1024];     /* path, as the kernel gives it */
    char program[256];  /* argv[0]; the file's name for a program that is called /proc/self/exe */
    char **environment; /* a copy for the tool, without what would watch it too */
    bool stacks;        /* libunwind is there */
    enum condition_form
        conditions;     /* how this libc lays them out; UNKNOWN until main begins or a thread is created */
    int32_t hidden_tid; /* of the shim's own thread (watcher.h), 0 if there is none */
    bool hidden_ends;   /* that one is about to end, or has: it is not to be reckoned with any more */
    bool emulated;      /* by valgrind, which looks at what is given to the kernel */
    bool
        arranges_wakes; /* waiters of a futex may be woken otherwise than at its word: it has moved some to another (FUTEX_REQUEUE), or told the kernel of words that it wakes when a thread ends (set_tid_address(2)) */
    bool filtered;      /* it set itself a seccomp filter, which may kill it for what we ask of the kernel:
                           no report from then on */
};

extern struct process process;

void process_setup(int argc, char **argv, char **envp);
void process_forked(void);

/* Is the caller in the watched process itself? False in a vfork child, which shares our memory, and in a
 * child made by a raw clone, of which we know nothing. */
bool process_is_ours(void);
/* The same, whether it can still be reported of or not. */
bool process_is_the_watched(void);

/* Has the caller asked for a PID namespace (unshare(2)) that nobody is in yet? Its first process is the program's to make: with its end
 * no other can be made (pid_namespaces(7)). */
bool process_makes_first(void);

/* Last part of `program`. */
const char *process_name(void);
