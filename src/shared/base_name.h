/* The last part of a path. */
#pragma once

#include <string.h>

/* Within path, behind its last '/'; all of it if there is none. NULL of NULL. */
static inline const char *base_name(const char *path) {
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path;
}
