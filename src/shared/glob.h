/* Globs as options and suppressions write them: * and ?, nothing else, whatever the locale. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Does the whole of `words` match? Async-signal-safe. */
static inline bool glob_matches(const char *pattern, const char *words) {
    const char *star = NULL, *retry = NULL;
    while (*words) {
        if (*pattern == '*') {
            star = pattern++;
            retry = words;
        } else if (*pattern == '?' || *pattern == *words) {
            pattern++;
            words++;
        } else if (star) {
            pattern = star + 1;
            words = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}
