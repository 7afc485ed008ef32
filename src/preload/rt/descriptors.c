#include "descriptors.h"

#include <fcntl.h>
#include <stdint.h>

#include "sys.h"
#include "text.h"

bool each_descriptor(bool (*visit)(void *, int fd, const char *name), void *context) {
    char entries[4096];
    long size = 0,
         directory = sys_call(SYS_openat, AT_FDCWD, "/proc/thread-self/fd", OWN_FLAGS | O_DIRECTORY);
    bool goes_on = directory >= 0;
    while (goes_on && (size = sys_call(SYS_getdents64, directory, entries, sizeof entries)) > 0)
        for (long at = 0; at < size && goes_on;) {
            const struct kernel_entry *entry = (const void *)(entries + at);
            const char *digits = entry->name;
            uint64_t fd;
            if (text_number(&digits, &fd))
                goes_on = visit(context, (int)fd, entry->name);
            at += entry->length;
        }
    if (directory >= 0)
        sys_call(SYS_close, directory);
    return goes_on && size == 0;
}
