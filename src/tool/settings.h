/* What a report is to be made like: from the command line, and from the LEAKWATCH_OPTIONS of the watched
 * program, whose own keys the shim has looked at already. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct words {
    char **words;
    size_t count;
};

enum answers { ANSWERS_NOT, ANSWERS_TOO, ANSWERS_ONLY };

struct settings {
    const char *format, *log, *snapshot;
    const char *directory; /* what relative paths mean; NULL: the current one */
    bool watched;          /* started by the shim */
    enum answers answers;  /* for a caller of the API */
    struct words suppressions, suppress;
    bool default_suppressions;
    char *baseline, *write_suppressions; /* paths; NULL: none */
    bool update_baseline;
};

/* Returns -1, or the status to end with: help was asked for, or something is wrong, which has been said. */
int settings_parse(struct settings *settings, int count, char **arguments);
void settings_drop(struct settings *settings);
