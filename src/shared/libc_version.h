/* Which versions of glibc the proof by reachability knows: how malloc keeps its blocks (reach/heap.h), what a thread's block leads to. Later ones are refused, not
 * guessed at: in 2.43 arenas and blocks that are mapped for themselves are others (malloc/malloc.c). */
#pragma once

#include <stdbool.h>

enum { REACH_KNOWS_FROM = 26, REACH_KNOWS_TO = 42 };

/* version: as gnu_get_libc_version(3) answers, "2.36". */
static inline bool reach_knows_libc(const char *version) {
    if (version[0] != '2' || version[1] != '.')
        return false;
    int minor = 0;
    for (const char *at = version + 2; *at >= '0' && *at <= '9' && minor < 1000; at++)
        minor = 10 * minor + (*at - '0');
    return minor >= REACH_KNOWS_FROM && minor <= REACH_KNOWS_TO;
}
