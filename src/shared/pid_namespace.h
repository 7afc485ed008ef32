/* The first PID namespace, whose /proc shows every process: it has a fixed number (kernel: include/linux/proc_ns.h, PROC_PID_INIT_INO). */
#pragma once

#include <stdbool.h>
#include <string.h>

#define LW_PID_NAMESPACE       "/proc/self/ns/pid"
#define LW_FIRST_PID_NAMESPACE "pid:[4026531836]"

/* Is this what the link above leads to? length: as readlink(2) gives it. */
static inline bool lw_is_first_pid_namespace(const char *link, long length) {
    return length == sizeof LW_FIRST_PID_NAMESPACE - 1 &&
           memcmp(link, LW_FIRST_PID_NAMESPACE, sizeof LW_FIRST_PID_NAMESPACE - 1) == 0;
}
