/* A JUnit file about one program that was run. */
#pragma once

#include <stdbool.h>

struct junit_case {
    const char *name;
    double seconds;
    bool hung;
    int status;      /* as waitpid(2) tells */
    int leak_status; /* the exit status that says that threads leaked */
};

/* Writes it to path, in place of what was there; report: path of the text of what was reported. False, and a
 * line on stderr, if it cannot be written. */
bool junit_write(const char *path, const struct junit_case *result, const char *report);
