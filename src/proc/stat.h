/* The line that the kernel has of each process (proc(5), /proc/PID/stat). */
#pragma once

#include <stdbool.h>

enum { PROC_KERNEL_THREAD = 0x00200000 }; /* among the flags: PF_KTHREAD */

/* Of /proc/PID/stat; times in clock ticks. False if that cannot be read: the state is then '?'. */
struct proc_stat {
    char state;
    char name[16]; /* of its program; the kernel keeps no more */
    int parent;
    unsigned flags; /* PF_ of the kernel's include/linux/sched.h */
    unsigned threads;
    unsigned long long user, system, started;
    int processor; /* that it is on, or was last */
};
bool proc_stat(int pid, struct proc_stat *stat);
/* Of what is called so in a directory that is open: /proc, or the tasks of a process. */
bool proc_stat_of(int directory, int number, struct proc_stat *stat);

/* By whose number a process's memory and descriptors are found: its own, or, once its main thread has ended, that of another. */
int living_thread(int pid);

/* The kernel's own threads have no descriptors, and let nobody but root see that. */
bool is_kernel_thread(int pid);
