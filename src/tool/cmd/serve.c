/* leakwatch serve: a program of its own, beside this one. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool/tool.h"

int command_serve(int count, char **arguments) {
    char path[PATH_MAX + 16];
    (void)count;
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
    char *slash = length > 0 ? memrchr(path, '/', (size_t)length) : NULL;
    if (slash) {
        strcpy(slash + 1, "leakwatch-serve");
        execv(path, arguments);
    }
    complain("serve: cannot run %s: %s", slash ? path : "leakwatch-serve", strerror(errno));
    return TOOL_FAILED;
}
