/* What the kernel says of a thread: /proc/self/task/TID/syscall (proc(5)), which says whether it really
 * sleeps, in which system call, with which arguments, and where its stack and program counter stand. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kernel_activity {
    KERNEL_SILENT,  /* not to be had: no /proc, not permitted */
    KERNEL_GONE,    /* no such thread (any more) */
    KERNEL_RUNNING, /* on a processor or ready for one */
    KERNEL_SLEEPS,  /* in a system call, or (number -1) in a page fault */
};

struct kernel_state {
    enum kernel_activity state;
    int64_t number;
    uint64_t argument[6];
    uint64_t sp, pc;
};

/* task_directory: descriptor of /proc/self/task, or negative. Async-signal-safe. */
struct kernel_state kernel_ask(int task_directory, int tid);

/* The same of the calling thread, from what a signal that came to it interrupted: it sleeps if the kernel
 * broke off a system call for the signal, with number -1 where the registers do not tell which. Else it is
 * silent. context: ucontext_t, or NULL. */
struct kernel_state kernel_state_of_context(const void *context);

/* Reads /proc/self/task/TID/name ("/comm") whole into buffer and terminates it. Its length, or -errno. */
long kernel_read_of(int task_directory, int tid, const char *name, char *buffer, size_t size);

/* Opens it instead. The descriptor, or -errno. */
int kernel_open_of(int task_directory, int tid, const char *name);

/* The scheduler's clock and the monotonic one at the same moment, ns. Zeroed, it is read when first needed.
 */
struct scheduler_clock {
    uint64_t scheduler, monotonic;
};

/* When a thread last ran, CLOCK_MONOTONIC ns: for one whose wait no wrapper saw. It comes from the
 * scheduler's clock, which may differ between processors by the time they gave to interrupts: "about". 0 if
 * not known. */
uint64_t kernel_last_ran(int task_directory, int tid, struct scheduler_clock *now);
