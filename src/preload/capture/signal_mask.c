#include "signal_mask.h"

#include <string.h>

#include "kernel_state.h"
#include "rt/sys.h"

static uint64_t mask_of(const char *at) {
    uint64_t mask = 0;
    for (; (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'f'); at++)
        mask = mask << 4 | (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
    return mask;
}

/* Reads a piece at a time: the signal's handler, which asks too, may be on a small alternate stack of the program's. */
static bool find(int fd, uint64_t *blocked) {
    enum { LINE = 40 };
    static const char name[] = "\nSigBlk:\t";
    char window[256];
    size_t held = 0;
    for (long count; (count = sys_call(SYS_read, fd, window + held, sizeof window - 1 - held)) > 0;) {
        held += (size_t)count;
        window[held] = '\0';
        const char *at = strstr(window, name);
        if (strstr(window, "\nState:\tZ"))
            return false;
        if (at && strchr(at + 1, '\n')) {
            *blocked = mask_of(at + sizeof name - 1);
            return true;
        }
        if (held > LINE) {
            memmove(window, window + held - LINE, LINE);
            held = LINE;
        }
    }
    return false;
}

bool signal_mask_read(int task_directory, int tid, uint64_t *blocked) {
    int fd = kernel_open_of(task_directory, tid, "/status");
    bool found = fd >= 0 && find(fd, blocked);
    if (fd >= 0)
        sys_call(SYS_close, fd);
    return found;
}
