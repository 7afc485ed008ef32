/* What a wait to read from a descriptor is for, by what its link in /proc/PID/fd leads to (proc(5)). Pipes and sockets are told apart
 * before. */
#pragma once

#include <string.h>

#include "snapshot.h"

static inline enum lw_wait_kind file_read_kind(const char *target) {
    static const struct {
        const char *start;
        enum lw_wait_kind kind;
    } kinds[] = {
        {"anon_inode:[eventfd]", LW_WAIT_EVENTFD_READ},
        {"anon_inode:[timerfd]", LW_WAIT_TIMERFD_READ},
        {"anon_inode:[signalfd]", LW_WAIT_SIGNALFD_READ},
        {"anon_inode:inotify", LW_WAIT_INOTIFY_READ},
        {"/dev/pts/", LW_WAIT_TERMINAL_READ},
        {"/dev/tty", LW_WAIT_TERMINAL_READ},
        {"/dev/console", LW_WAIT_TERMINAL_READ},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strncmp(target, kinds[i].start, strlen(kinds[i].start)) == 0)
            return kinds[i].kind;
    return LW_WAIT_FILE_READ;
}
